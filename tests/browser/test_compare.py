"""Compare in a real browser: columns of several providers, faults of one side, a judge run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.loopback_provider import LoopbackProvider

from .conftest import Server, assert_healthy, choose_option, settle
from .test_journey import follow_next, open_app, train, try_sample
from .test_providers import KEY, choose_provider

JUDGE = "gpt-6-luna"
BASE, TUNED = "gpt-4.1-mini-2025-04-14", "ft:gpt-4.1-mini-2025-04-14:me:odile:abc123"


@pytest.fixture
def provider() -> Iterator[LoopbackProvider]:
    with LoopbackProvider(key=KEY) as running:
        running.models[TUNED] = {**running.models[BASE], "id": TUNED, "owned_by": "me"}
        yield running


def open_compare(page: Page, server: Server, provider: LoopbackProvider) -> None:
    try_sample(page, server)
    choose_provider(page, provider.url)
    page.get_by_test_id("stTopNavLink").filter(has_text="Compare").click()
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible(timeout=20_000)
    settle(page)


def open_evidence(page: Page) -> None:
    """The Evidence tab with as few prompts as it takes."""
    page.get_by_role("tab", name="Evidence").click()
    settle(page)
    page.get_by_role("slider", name="Prompts").press("Home")
    settle(page)


def add_column(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Side by side").click()
    page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    settle(page)


def test_four_columns_and_one_of_them_fails(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    provider.pause_between_words = 0.05
    open_compare(page, shared_server, provider)
    assert not provider.requests("POST", "chat/completions"), "nothing is sent before the button"
    expect(page.get_by_text("at most $0.00").first).to_be_visible()
    add_column(page, f"{BASE} + ten examples")
    provider.fault("POST", "chat/completions", "status", status=500)
    page.get_by_role("button", name="Ask all").click()
    expect(page.get_by_text("trouble of its own")).to_have_count(1, timeout=20_000)
    settle(page)
    places = [page.locator(f".st-key-answer_{place}") for place in ("left", "right", "third")]
    texts = [place.inner_text() for place in places]
    assert sum("Well, that is me." in text for text in texts) == 2
    assert sum("first after" in text and "$0.0" in text for text in texts) == 2
    failed = next(p for p, text in zip(places, texts, strict=True) if "trouble" in text)
    failed.get_by_role("button", name="Again").click()
    expect(failed).to_contain_text("Well, that is me.", timeout=20_000)
    settle(page)
    assert len(provider.requests("POST", "chat/completions")) == 4
    shown = [len(seen.json["messages"]) for seen in provider.requests("POST", "chat/completions")]
    assert max(shown) >= min(shown) + 20, "ten examples stand in one prompt"
    page.locator(".st-key-answer_real").get_by_role("button", name="Show it").click()
    expect(page.locator(".st-key-answer_real")).to_contain_text("really written", timeout=20_000)
    page.get_by_text("Mark what differs").click()
    settle(page)
    assert_healthy(page)


def test_stop_keeps_what_has_come(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    provider.words = tuple(f" word{n}" for n in range(200))
    provider.pause_between_words = 0.05
    open_compare(page, shared_server, provider)
    page.get_by_role("button", name="Ask both").click()
    expect(page.locator(".st-key-answer_left")).to_contain_text("word5", timeout=20_000)
    expect(page.locator(".st-key-answer_right")).to_contain_text("word5", timeout=20_000)
    page.get_by_role("button", name="Stop").click()
    for place in ("left", "right"):
        expect(page.locator(f".st-key-answer_{place}")).to_contain_text(
            "stopped early", timeout=20_000
        )
    settle(page)
    text = page.locator(".st-key-answer_left").inner_text()
    assert "word5" in text and "word110" not in text
    assert provider.stream_closed_early.wait(10)
    assert_healthy(page)


def test_judge_run_with_faults_counts_them_and_fetches_the_rest(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    open_compare(page, shared_server, provider)
    open_evidence(page)
    expect(page.get_by_text(re.compile(r"go to OpenAI.*about \$0\.\d"))).to_be_visible()
    assert not provider.requests("POST", "chat/completions")
    chat = ("POST", "chat/completions")
    provider.fault(*chat, "status", status=429, times=2, headers={"retry-after": "0"})
    provider.fault(*chat, "status", status=500)
    provider.fault(*chat, "cut")
    provider.fault(*chat, "html")
    page.get_by_role("button", name="Run the judge").click()
    missing = page.get_by_role("button", name=re.compile("Fetch the 3 missing answers"))
    expect(missing).to_be_visible(timeout=60_000)
    expect(page.get_by_text("57 of 60 answers are there")).to_be_visible()
    expect(page.get_by_text("answers failed").first).to_be_visible()
    before = len(provider.requests(*chat))
    missing.click()
    expect(page.get_by_text("60 of 60 answers are there")).to_be_visible(timeout=60_000)
    settle(page)
    assert len(provider.requests(*chat)) == before + 3
    expect(page.get_by_text("answers failed")).to_have_count(0)
    assert KEY not in page.content()
    assert_healthy(page)


def test_judge_run_survives_reload_and_restart(page: Page, own_server: Server) -> None:
    try_sample(page, own_server)
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    settle(page)
    train(page)
    follow_next(page, "Compare", "Compare")
    open_evidence(page)
    page.get_by_role("button", name="Run the judge").click()
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 60 answers"))).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Write").click()  # the page can be used meanwhile
    expect(page.get_by_role("button", name="Write", exact=True)).to_be_visible(timeout=10_000)
    own_server.stop(kill=True)
    own_server.start()
    open_app(page, own_server, "compare")
    page.get_by_role("tab", name="Evidence").click()
    settle(page)
    again = page.get_by_role("button", name=re.compile(r"Fetch the \d+ missing answers"))
    expect(again).to_be_visible(timeout=30_000)
    again.click()
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 60 answers"))).to_be_visible(timeout=30_000)
    page.reload()
    settle(page)
    page.get_by_role("tab", name="Evidence").click()
    expect(page.get_by_text("60 of 60 answers are there")).to_be_visible(timeout=90_000)
    settle(page)
    expect(page.get_by_role("button", name="Download the report")).to_be_visible(timeout=60_000)
    assert_healthy(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Clean up").click()
    settle(page)
    page.get_by_role("button", name="Delete the judge run").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_role("button", name="Delete the judge run")).to_have_count(0)
    assert not [f for f in (own_server.home / "judge").rglob("*") if f.is_file()]


def test_a_language_model_as_a_judge_asks_first(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    provider.words_of = {TUNED: ("Something", " else", "."), JUDGE: ("A",)}
    open_compare(page, shared_server, provider)
    open_evidence(page)
    page.get_by_text("Also the base with ten examples").click()
    settle(page)
    page.get_by_role("button", name="Run the judge").click()
    expect(page.get_by_text("40 of 40 answers are there")).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_text("A language model as a judge").click()
    settle(page)
    choose_option(page, "Model", JUDGE)
    expect(
        page.get_by_text(re.compile(r"Sends 40 questions.*tokens, (about|price)"))
    ).to_be_visible()
    chat = ("POST", "chat/completions")
    assert len(provider.requests(*chat)) == 40, "nothing is sent before the button"
    page.get_by_role("button", name="Send and ask the judge").click()
    expect(page.get_by_text("In 20 pairs the two orders disagreed")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("What stood first won in 100%")).to_be_visible()
    assert len(provider.requests(*chat)) == 80
    assert_healthy(page)
