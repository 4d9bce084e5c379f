"""Take the README's pictures, and the same pages in every width and theme to look at.

    python -m docs.take_screenshots [folder]

Walks from the sample to two answers on a server of its own. Without a folder only the README's
pictures are written.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import QUIET, Server, find_chromium, new_context, settle

IMAGES = Path(__file__).with_name("images")
#: Pictures that the README shows.
SHOWN = ("0_empty", "1_upload", "2_privacy", "2_dataset", "3_cost", "5_train", "6_compare")
PAGES = ("upload", "privacy", "dataset", "cost", "train", "compare", "cleanup")
MENU = {
    "upload": "Upload", "privacy": "Privacy", "dataset": "Dataset", "cost": "Cost", "train": "Train",
    "compare": "Compare", "cleanup": "Clean up",
}  # fmt: skip


def go(page: Page, address: str) -> None:
    """Change pages the way a visitor does, inside the session."""
    if page.viewport_size and page.viewport_size["width"] < 800:
        page.goto(page.url.split("?")[0].rsplit("/", 1)[0] + f"/{address}")
    else:
        page.get_by_test_id("stTopNavLink").filter(has_text=MENU[address]).first.click()
    settle(page)
    page.wait_for_timeout(600)


def journey(page: Page, url: str, shoot) -> None:
    """Sample, data set, cost, training, comparison; a picture of each."""
    page.goto(url)
    settle(page)
    shoot("0_empty")
    page.get_by_role("button", name="Try the sample").click()
    expect(page.get_by_text("Which of these names are you?")).to_be_visible(timeout=20_000)
    settle(page)
    page.wait_for_timeout(1500)
    shoot("1_upload")
    steps = (
        ("Check what is private", "Privacy", "2_privacy"),
        ("Shape the data set", "Dataset", "2_dataset"),
        ("See tokens and cost", "Tokens & cost", "3_cost"),
        ("Train", "Train", "4_train_before"),
    )
    for button, heading, name in steps:
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=20_000)
        settle(page)
        page.wait_for_timeout(1500)
        shoot(name)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(page)
    page.wait_for_timeout(1500)
    shoot("5_train")
    page.get_by_role("button", name="Compare").last.click()
    expect(page.get_by_role("button", name="Ask both")).to_be_visible(timeout=20_000)
    settle(page)
    page.get_by_role("button", name="Ask both").click()
    for side in ("left", "right"):
        expect(page.locator(f".st-key-answer_{side}")).to_contain_text("tokens", timeout=30_000)
    settle(page)
    page.wait_for_timeout(800)
    shoot("6_compare")
    go(page, "cleanup")
    shoot("7_cleanup")


def main(folder: Path | None) -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as play:
        server = Server(Path(home))
        server.start()
        browser = play.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        try:
            looks = [("light", 1280)]
            if folder:
                looks += [("dark", 1280), ("light", 390), ("dark", 390)]
            for theme, width in looks:
                context = new_context(
                    browser, viewport={"width": width, "height": 900}, color_scheme=theme
                )
                page = context.new_page()

                def shoot(name: str, page=page, theme=theme, width=width) -> None:
                    if theme == "light" and width == 1280 and name in SHOWN:
                        IMAGES.mkdir(exist_ok=True)
                        page.screenshot(path=IMAGES / f"{name}.png")
                    if folder:
                        folder.mkdir(parents=True, exist_ok=True)
                        height = page.evaluate(
                            "document.querySelector('[data-testid=stMain]').scrollHeight"
                        )
                        page.set_viewport_size({"width": width, "height": min(height + 80, 3000)})
                        page.wait_for_timeout(300)
                        page.screenshot(path=folder / f"{name}_{theme}_{width}.png")
                        page.set_viewport_size({"width": width, "height": 900})

                journey(page, server.url, shoot)
                context.close()
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
