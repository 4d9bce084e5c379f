"""The Dataset page in a real browser: what no simulated run can click."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, assert_healthy, new_context, settle


def open_dataset(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".st-key-sample_nan button").click()
    expect(page.get_by_text("Which of these names are you?")).to_be_visible(timeout=20_000)
    page.locator('a[data-testid="stTopNavLink"][href$="/dataset"]').click()
    expect(page.get_by_text("3 Check")).to_be_visible(timeout=20_000)
    settle(page)


def test_a_bar_of_the_funnel_opens_its_messages(browser: Browser, shared_server: Server) -> None:
    context = new_context(browser)
    page = context.new_page()
    open_dataset(page, shared_server.url)
    page.get_by_role("tab", name="Every message", exact=True).click()
    bars = page.locator(".st-key-funnel .bars .point path")
    settle(page)
    bars.nth(1).evaluate("bar => bar.scrollIntoView({block: 'center'})")  # not under the menu
    bars.nth(1).click(force=True)  # the greatest loss; a layer for dragging lies above it
    reason = page.get_by_role("combobox", name="Messages that are")
    expect(reason).to_have_value("a picture, video or file without words (13)")
    settle(page)
    assert_healthy(page)
    context.close()


def test_what_was_taken_out_stays_out_after_a_reload(
    browser: Browser, shared_server: Server
) -> None:
    context = new_context(browser)
    page = context.new_page()
    open_dataset(page, shared_server.url)
    page.get_by_role("tab", name="Edit", exact=True).click()
    settle(page)
    grid = page.locator("[data-testid=stDataFrame] canvas").first
    grid.evaluate("grid => grid.scrollIntoView({block: 'center'})")  # not under the menu
    page.wait_for_timeout(400)  # the table draws itself, and the page says nothing of it
    place = grid.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 43, place["y"] + 52)  # the first tick
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Use these changes").click()
    expect(page.get_by_text("1 taken out by hand")).to_be_visible(timeout=20_000)
    settle(page)
    page.reload()
    open_dataset(page, shared_server.url)
    page.get_by_role("tab", name="Edit", exact=True).click()
    expect(page.get_by_text("1 taken out by hand")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Undo every correction").click()
    expect(page.get_by_text("1 taken out by hand")).to_have_count(0)
    settle(page)
    assert_healthy(page)
    context.close()
