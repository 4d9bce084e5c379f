"""Every page in both themes and on a phone: no traceback, nothing cut off, nothing inaccessible."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .conftest import Server, assert_healthy, new_context, settle

LOOKS = (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390))
TWO_LOOKS = (LOOKS[0], LOOKS[3])
#: What Streamlit itself does and no app can change: the rule and what its element looks like.
UPSTREAM = (
    ("presentation-role-conflict", r"stFileUploaderDropzone"),
    ("svg-img-alt", r"stMetricChart|role=\"graphics"),
    # The theme has one accent: white text stands on it and it is text itself. On a dark page no
    # colour is far enough from both, so these two, which are text in the accent, stay below.
    ("color-contrast", r"data-variant=\"(segmented_control|pills)\"|stSliderThumbValue"),
)
AXE = Axe()


@pytest.fixture(scope="module")
def visitor(browser: Browser, shared_server: Server) -> Iterator[Page]:
    """One visitor for the whole module, who walks from page to page with a sample."""
    context = new_context(browser)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(shared_server.url)
    settle(page)
    yield page
    context.close()


def go(page: Page, address: str) -> None:
    end = "/" if address == "upload" else f"/{address}"
    page.locator(f'a[data-testid="stTopNavLink"][href$="{end}"]').click()
    settle(page)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    settle(page)


def violations(page: Page) -> list[str]:
    """What axe finds, less what is named above."""
    found = []
    for rule in AXE.run(page).response["violations"]:
        for node in rule["nodes"]:
            around = page.locator(node["target"][-1]).first.evaluate(
                "n => [n, n.parentElement, n.closest('button, [data-testid]'), "
                "n.closest('[data-variant]'), n.closest('[data-testid=stSliderThumbValue]')]"
                ".map(e => e ? e.cloneNode(false).outerHTML : '').join(' ')"
            )
            if not any(rule["id"] == one and re.search(mark, around) for one, mark in UPSTREAM):
                found.append(f"{rule['id']}: {node['html'][:150]}")
    return found


def check(page: Page, looks=LOOKS) -> None:
    """Look at the page as it is in several themes and widths."""
    problems = []
    for theme, width in looks:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(120)  # colours change in a short transition
        assert_healthy(page)
        wide = page.evaluate(
            "document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"
        )
        if wide > 1:
            problems.append(f"{theme} {width}: {wide} pixels too wide")
        found = violations(page)
        if found:  # on a busy machine colours may still be changing
            page.wait_for_timeout(1_500)
            found = violations(page)
        problems += [f"{theme} {width}: {one}" for one in found]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not problems, "\n".join(problems)


def test_upload_empty(visitor: Page) -> None:
    check(visitor)


def test_error(visitor: Page) -> None:
    noise = {"name": "x.bin", "mimeType": "x/y", "buffer": bytes(range(256)) * 20}
    visitor.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(noise)
    expect(visitor.get_by_test_id("stAlert")).to_be_visible(timeout=20_000)
    settle(visitor)
    check(visitor, TWO_LOOKS)
    visitor.reload()
    settle(visitor)


@pytest.mark.parametrize("address", ["privacy", "dataset", "cost", "train", "compare", "cleanup"])
def test_page_without_an_archive(visitor: Page, address: str) -> None:
    go(visitor, address)
    check(visitor, TWO_LOOKS)


def test_upload_with_a_sample(visitor: Page) -> None:
    go(visitor, "upload")
    visitor.locator(".st-key-sample_nan button").click()
    expect(visitor.get_by_text("Which of these names are you?")).to_be_visible(timeout=20_000)
    settle(visitor)
    check(visitor)


@pytest.mark.parametrize("tab", ["All messages", "What was left out"])
def test_tabs_of_upload(visitor: Page, tab: str) -> None:
    open_tab(visitor, tab)
    check(visitor, TWO_LOOKS)


@pytest.mark.parametrize("address", ["privacy", "dataset", "cost", "compare"])
def test_page_with_a_sample(visitor: Page, address: str) -> None:
    go(visitor, address)
    check(visitor)


@pytest.mark.parametrize(
    "tab", ["How many", "Before and after", "Other people", "Leave messages out"]
)
def test_tabs_of_privacy(visitor: Page, tab: str) -> None:
    if not visitor.url.endswith("/privacy"):
        go(visitor, "privacy")
    open_tab(visitor, tab)
    check(visitor, TWO_LOOKS)


def test_trained(visitor: Page) -> None:
    go(visitor, "train")
    epochs = visitor.get_by_role("spinbutton", name="Epochs")
    epochs.fill("1")
    epochs.press("Enter")
    settle(visitor)
    check(visitor, TWO_LOOKS)
    visitor.get_by_role("button", name="Train now").click()
    expect(visitor.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(visitor)
    check(visitor)


@pytest.mark.parametrize("address", ["compare", "cleanup"])
def test_page_with_a_model(visitor: Page, address: str) -> None:
    go(visitor, address)
    if address == "cleanup":
        visitor.get_by_role("button", name="Look what is there").click()
        settle(visitor)
    check(visitor, TWO_LOOKS)
