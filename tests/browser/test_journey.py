"""The journeys of real visitors, in a real browser, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.samples import sample

from .conftest import Server, assert_healthy, new_context, settle

ADDRESSES = ("upload", "privacy", "dataset", "cost", "train", "compare", "cleanup")


def open_app(page: Page, server: Server, address: str = "") -> None:
    page.goto(f"{server.url}/{address}")
    settle(page)


def try_sample(page: Page, server: Server) -> None:
    open_app(page, server)
    page.get_by_role("button", name="Try the sample").click()
    expect(page.get_by_text("Which of these names are you?")).to_be_visible(timeout=20_000)
    settle(page)


def follow_next(page: Page, label: str, heading: str) -> None:
    page.get_by_role("button", name=label).click()
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=20_000)
    settle(page)
    assert_healthy(page)


def train(page: Page) -> None:
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(page)


def test_from_sample_to_two_answers(page: Page, shared_server: Server) -> None:
    try_sample(page, shared_server)
    follow_next(page, "Check what is private", "Privacy")
    follow_next(page, "Shape the data set", "Dataset")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download training JSONL").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) > 100
    follow_next(page, "See tokens and cost", "Tokens & cost")
    expect(page.get_by_text("Training with the embedded engine")).to_be_visible()
    follow_next(page, "Train", "Train")
    train(page)
    assert re.search(r"job=ftjob-", page.url)
    page.wait_for_function(
        """() => {
            const plot = document.querySelector(".js-plotly-plot");
            const points = t => t._length || 0;
            return plot && plot._fullData && plot._fullData.map(points).reduce((a, b) => a + b, 0) > 20;
        }""",
        timeout=20_000,
    )
    follow_next(page, "Compare", "Compare")
    page.get_by_role("button", name="Ask both").click()
    for side in ("left", "right"):
        answer = page.locator(f".st-key-answer_{side}")
        expect(answer).to_contain_text(re.compile(r"tokens"), timeout=30_000)
    expect(page.get_by_text("Which sounds most like you?").first).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Again").first.click()
    settle(page)
    assert_healthy(page)


@pytest.mark.parametrize("address", ADDRESSES)
def test_cold_server_opens_a_deep_link(page: Page, own_server: Server, address: str) -> None:
    open_app(page, own_server, address)
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible(timeout=20_000)
    assert_healthy(page)
    if address == "upload":  # the first page, which has no address of its own
        expect(page.get_by_role("button", name="Try the sample")).to_be_visible(timeout=20_000)
    else:
        assert page.url.rstrip("/").endswith(address)
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_upload_of_a_file(page: Page, shared_server: Server) -> None:
    open_app(page, shared_server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(sample("nan").path)
    expect(page.get_by_text("WhatsApp").first).to_be_visible(timeout=20_000)
    settle(page)
    assert_healthy(page)


def test_wrong_file_gets_a_sentence(page: Page, shared_server: Server) -> None:
    open_app(page, shared_server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {
            "name": "picture.bin",
            "mimeType": "application/octet-stream",
            "buffer": bytes(range(256)) * 40,
        }
    )
    expect(page.get_by_test_id("stAlert").first).to_be_visible(timeout=20_000)
    settle(page)
    assert_healthy(page)


def test_reload_keeps_the_job(page: Page, shared_server: Server) -> None:
    try_sample(page, shared_server)
    follow_next(page, "Check what is private", "Privacy")
    follow_next(page, "Shape the data set", "Dataset")
    follow_next(page, "See tokens and cost", "Tokens & cost")
    follow_next(page, "Train", "Train")
    train(page)
    page.reload()
    settle(page)
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=20_000)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=20_000)
    assert_healthy(page)


def test_two_visitors_see_only_their_own(browser, shared_server: Server) -> None:
    mine, theirs = new_context(browser), new_context(browser)
    try:
        page, other = mine.new_page(), theirs.new_page()
        try_sample(page, shared_server)
        open_app(other, shared_server)
        expect(other.get_by_role("button", name="Try the sample")).to_be_visible()
        expect(other.get_by_text("odile", exact=False)).to_have_count(1)  # the sample's own card
        other.goto(f"{shared_server.url}/train")
        settle(other)
        expect(other.get_by_text("succeeded")).to_have_count(0)
        assert_healthy(other)
    finally:
        mine.close()
        theirs.close()


def test_killed_server_finishes_the_job_after_a_restart(page: Page, own_server: Server) -> None:
    try_sample(page, own_server)
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    settle(page)
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("25")
    epochs.press("Enter")
    settle(page)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text(re.compile(r"Step \d+ of"))).to_be_visible(timeout=60_000)
    own_server.stop(kill=True)
    own_server.start()
    page.reload()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=120_000)
    settle(page)
    assert_healthy(page)
