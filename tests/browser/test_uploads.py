"""Files through the real drop zone, a path, and forgetting it all again."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from core.samples import sample

from .conftest import Server, assert_healthy, settle

MB = 1024 * 1024


def open_upload(page: Page, server: Server) -> None:
    page.goto(server.url)
    settle(page)


def drop(page: Page, *files: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(list(files))


def is_read(page: Page) -> None:
    expect(page.get_by_text("Which of these names are you?")).to_be_visible(timeout=30_000)
    settle(page)
    assert_healthy(page)


def test_several_files_become_one_archive(page: Page, shared_server: Server) -> None:
    open_upload(page, shared_server)
    drop(page, *(sample(key).path for key in ("odile", "nan", "concierge")))
    is_read(page)
    expect(page.get_by_text("Several sources")).to_be_visible()
    for key in ("odile", "nan", "concierge"):
        expect(page.get_by_text(sample(key).file_name).first).to_be_visible()


def test_file_over_the_limit_is_refused_before_it_is_sent(
    page: Page, shared_server: Server, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as hole:
        hole.truncate(201 * MB)
    open_upload(page, shared_server)
    drop(page, huge)
    expect(page.get_by_role("alert")).to_contain_text("must be 200.0MB or smaller", timeout=20_000)
    settle(page)
    assert_healthy(page)
    drop(page, sample("concierge").path)
    is_read(page)


def test_long_chat_is_read_and_paged(page: Page, shared_server: Server, tmp_path: Path) -> None:
    chat = tmp_path / "WhatsApp Chat with Bo.txt"
    lines = (
        f"{1 + n // 1440 % 28:02}/{1 + n // 40320:02}/2023, {n // 60 % 24:02}:{n % 60:02} - "
        f"{'Ann' if n % 3 else 'Bo'}: message number {n}"
        for n in range(20_000)
    )
    chat.write_text("\n".join(lines), encoding="utf-8")
    open_upload(page, shared_server)
    drop(page, chat)
    is_read(page)
    expect(page.get_by_text("20,000").first).to_be_visible()
    bubbles = page.locator(".sa-bubble")
    expect(bubbles).to_have_count(60)
    expect(bubbles.first).to_contain_text(re.compile(r"message number 0$"))
    page.get_by_role("button", name=re.compile(r"page 2\b", re.I)).click()
    expect(bubbles.first).to_contain_text(re.compile(r"message number 60$"), timeout=20_000)
    assert_healthy(page)


def test_ticked_conversation_opens(page: Page, shared_server: Server) -> None:
    open_upload(page, shared_server)
    page.locator(".st-key-sample_odile button").click()
    is_read(page)
    page.get_by_role("tab", name="All conversations").click()
    settle(page)
    table = page.locator(".st-key-conversations")
    expect(table.locator("canvas").first).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)  # the canvas is painted a moment after it is there
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 18, box["y"] + 35 * 2.5)
    expect(page.get_by_role("tab", name="Read a conversation")).to_have_attribute(
        "aria-selected", "true", timeout=20_000
    )
    settle(page)
    expect(page.locator(".sa-bubble")).to_have_count(5)
    assert_healthy(page)


def test_path_on_the_visitors_own_machine(
    page: Page, shared_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "posts.txt").write_text("first post\nsecond post\n", encoding="utf-8")
    open_upload(page, shared_server)
    field = page.get_by_role("textbox", name="Or a path on this machine")
    field.fill(str(tmp_path / "posts.txt"))
    field.press("Enter")
    is_read(page)
    expect(page.get_by_text("Plain text").first).to_be_visible()


def test_forgetting_gives_the_browser_another_token(page: Page, shared_server: Server) -> None:
    open_upload(page, shared_server)
    page.locator(".st-key-sample_concierge button").click()
    is_read(page)
    before = page.context.cookies()
    page.locator('a[data-testid="stTopNavLink"][href$="/cleanup"]').click()
    settle(page)
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Yes, forget everything").click()
    expect(page.get_by_text("Everything here is forgotten.")).to_be_visible(timeout=20_000)
    settle(page)
    name = "soundalike_visitor"
    tokens = [
        next(c["value"] for c in some if c["name"] == name)
        for some in (before, page.context.cookies())
    ]
    assert tokens[0] != tokens[1]
    page.reload()
    settle(page)
    assert next(c["value"] for c in page.context.cookies() if c["name"] == name) == tokens[1]
    page.locator('a[data-testid="stTopNavLink"][href$="/privacy"]').click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible(timeout=20_000)
    assert_healthy(page)
