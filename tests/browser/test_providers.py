"""A hosted provider through the real pages, played by a server on loopback."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.loopback_provider import LoopbackProvider

from .conftest import Server, assert_healthy, settle
from .test_journey import follow_next, try_sample

KEY = "sk-made-up-for-this-test"


@pytest.fixture
def provider() -> Iterator[LoopbackProvider]:
    with LoopbackProvider(key=KEY, step_per_look=5000) as running:
        yield running


def choose_provider(page: Page, address: str, name: str = "OpenAI") -> None:
    """Pick a provider in the sidebar, at another address, with a key."""
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    page.get_by_role("option", name=name, exact=True).click()
    settle(page)
    other = page.get_by_test_id("stSidebar").get_by_text("Another address")
    if other.count():  # else the provider has no address of its own
        other.click()
    field = page.get_by_role("textbox", name="Server address")
    field.fill(address)
    field.press("Enter")
    settle(page)
    field = page.get_by_role("textbox", name="API key")
    field.fill(KEY)
    field.press("Enter")
    expect(page.get_by_text("key kept for this session")).to_be_visible(timeout=20_000)
    settle(page)


def open_train(page: Page, server: Server, provider: LoopbackProvider) -> None:
    try_sample(page, server)
    choose_provider(page, provider.url)
    follow_next(page, "Check what is private", "Privacy")
    follow_next(page, "Shape the data set", "Dataset")
    follow_next(page, "See tokens and cost", "Tokens & cost")
    follow_next(page, "Train", "Train")


def test_paid_job_asks_first_and_is_created_once(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    open_train(page, shared_server, provider)
    page.get_by_role("button", name="Train now").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Cost.*\$\d+\.\d\d", re.S))
    assert provider.creates == 0
    dialog.get_by_role("button", name="Send and train").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(page)
    assert provider.creates == 1
    assert KEY not in page.content()
    assert_healthy(page)
    everything_goes_only_by_its_name(page, provider)


def everything_goes_only_by_its_name(page: Page, provider: LoopbackProvider) -> None:
    """Clean up: a stranger's things are out of reach until the account's own name is typed."""
    theirs = provider.add_file("holiday.jsonl", b'{"messages": []}\n' * 12)
    job = provider.add_job(theirs, suffix="theirs")
    running = provider.add_job(theirs, status="running")
    page.get_by_role("link", name="Clean up").click()
    page.get_by_role("button", name="Look what is there").click()
    expect(page.get_by_text("were not made with this app: not shown")).to_be_visible(timeout=20_000)
    page.get_by_text("Everything in this account, not only").click()
    name = page.get_by_role("textbox", name="Account name")
    name.fill("org-loop")
    name.press("Enter")
    expect(page.get_by_text("That is not the name of the account")).to_be_visible()
    assert not page.get_by_text("Tick everything in the account").count()
    name.fill("org-loopback")
    name.press("Enter")
    page.get_by_text("Tick everything in the account").click()
    settle(page)
    page.get_by_role("button", name="Show what would be deleted").click()
    expect(page.get_by_text("This is what will be done, in this order")).to_be_visible()
    settle(page)
    assert theirs in provider.files and job["fine_tuned_model"] in provider.models  # a dry run
    page.get_by_role("button", name="Delete now").click()
    expect(page.get_by_text(re.compile(r"All \d+ are gone"))).to_be_visible(timeout=30_000)
    settle(page)
    assert not provider.files and not [m for m in provider.models if m.startswith("ft:")]
    assert provider.jobs[running["id"]]["status"] == "cancelled"
    assert_healthy(page)


def test_azure_and_nebius_get_bodies_of_their_own(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    names = {
        "Azure (Microsoft Foundry)": "gpt-4.1-2025-04-14",
        "Nebius Token Factory": "meta-llama/Llama-3.1-8B-Instruct",
    }
    for model in names.values():
        provider.models[model] = dict(provider.models["gpt-6-luna"], id=model)
    open_train(page, shared_server, provider)
    for number, name in enumerate(names, 1):
        choose_provider(page, provider.url, name)
        page.get_by_role("button", name="Train now").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(name)
        dialog.get_by_role("button", name="Send and train").click()
        expect(page.get_by_text("succeeded").nth(number - 1)).to_be_visible(timeout=90_000)
        settle(page)
        assert_healthy(page)
    azure, nebius = (one.json for one in provider.requests("POST", "/fine_tuning/jobs"))
    assert azure["trainingType"] == "GlobalStandard" and "method" in azure
    assert nebius["hyperparameters"]["lora"] is True and "method" not in nebius
    assert not {"metadata"} & (set(azure) | set(nebius))


def test_clicks_tabs_and_reloads_pay_once(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    create = provider._create

    def slow_create(body):
        time.sleep(2)
        return create(body)

    provider._create = slow_create  # type: ignore[method-assign]
    provider.step_per_look = 1
    open_train(page, shared_server, provider)
    second = page.context.new_page()
    open_train(second, shared_server, provider)
    for tab in (page, second):
        tab.bring_to_front()
        tab.get_by_role("button", name="Train now").click()
        expect(tab.get_by_role("dialog")).to_contain_text("Cost", timeout=20_000)
        settle(tab)
    page.bring_to_front()
    page.get_by_role("dialog").get_by_role("button", name="Send and train").dblclick()
    page.wait_for_timeout(700)
    page.reload()  # while the job is being created
    settle(page)
    second.bring_to_front()
    second.get_by_role("dialog").get_by_role("button", name="Send and train").click()
    expect(second.get_by_role("dialog")).to_contain_text("under way already", timeout=20_000)
    settle(second)
    assert second.get_by_role("dialog").get_by_role("button", name="Send and train").is_disabled()
    second.wait_for_timeout(2500)
    assert len(provider.requests("POST", "/fine_tuning/jobs")) == provider.creates == 1
    open_train(page, shared_server, provider)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_role("dialog")).to_contain_text("under way already", timeout=20_000)
    assert_healthy(page)
    second.close()


def test_closed_organisation_trains_here_instead(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    provider.closed = True
    open_train(page, shared_server, provider)
    page.get_by_role("button", name="Train now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send and train").click()
    expect(
        page.get_by_role("button", name="Train the same data set on this machine")
    ).to_be_visible(timeout=30_000)
    assert_healthy(page)
    page.get_by_role("button", name="Train the same data set on this machine").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(page)
    assert_healthy(page)


def test_wrong_key_is_a_sentence(
    page: Page, shared_server: Server, provider: LoopbackProvider
) -> None:
    provider.key = "sk-another-one"
    open_train(page, shared_server, provider)
    expect(page.get_by_test_id("stAlert").first).to_be_visible(timeout=20_000)
    assert KEY not in page.content()
    assert_healthy(page)
