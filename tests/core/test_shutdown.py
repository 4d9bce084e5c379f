"""The shutdown clock tells the days that a voice has left."""

from __future__ import annotations

from datetime import date

import pytest

from core import shutdown
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]
TODAY = date(2026, 11, 20)
END = date(2027, 1, 14)


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("ft:gpt-4.1-mini-2025-04-14:org:me:id", "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4o-2024-08-06:org::id:ckpt-step-9", "gpt-4o-2024-08-06"),
        ("gpt-4.1-2025-04-14.ft-0123", "gpt-4.1-2025-04-14"),
        ("gpt-6-luna", "gpt-6-luna"),
    ],
)
def test_base_of_a_tuned_model(model, base):
    assert shutdown.base_model(model) == base


@pytest.mark.parametrize(
    ("model", "provider", "reported", "day", "replacement"),
    [
        ("gpt-4.1-mini-2025-04-14", "openai", None, END, "gpt-6-luna"),
        ("ft:gpt-4o-mini-2024-07-18:o::i", "openai", None, END, "gpt-6-luna"),
        ("ft:gpt-4.1-nano-2025-04-14:o::i", "openai", None, date(2026, 10, 23), ""),
        ("ft:gpt-4.1-mini-2025-04-14:o::i", "openai", "2027-02-01", date(2027, 2, 1), "gpt-6-luna"),
        ("new", "openai", "2028-05-06", date(2028, 5, 6), ""),
        ("gpt-4.1-2025-04-14", "azure", None, date(2027, 10, 14), ""),
        ("gpt-4o-mini-2024-07-18.ft-1", "azure", "nonsense", date(2027, 10, 1), ""),
    ],
)
def test_day_of_the_end(model, provider, reported, day, replacement):
    found = shutdown.shutdown_of(model, provider, reported)
    assert (found.day, found.replacement) == (day, replacement) and found.source


@pytest.mark.parametrize(
    ("model", "provider"), [("soundalike-base", "embedded"), ("gpt-6-luna", "openai")]
)
def test_models_without_an_end(model, provider):
    assert shutdown.shutdown_of(model, provider) is None


@pytest.mark.parametrize(
    ("today", "trained", "said"),
    [
        (TODAY, False, "would live 55 days"),
        (TODAY, True, "lives 55 days more"),
        (date(2027, 1, 13), False, "would live 1 day:"),
        (END, False, "was switched off on 14 Jan 2027"),
    ],
)
def test_what_the_clock_says(today, trained, said):
    end = shutdown.shutdown_of("gpt-4.1-mini-2025-04-14", "openai")
    assert said in shutdown.shutdown_sentence(end, today, trained=trained)


def test_no_end_is_said_so():
    assert "No end" in shutdown.shutdown_sentence(None, TODAY)


def test_the_price_list_and_the_table_agree():
    from core.prices import load_prices

    for price in load_prices():
        listed = shutdown.shutdown_of(price.model, price.provider)
        assert price.shutdown_date == (listed.day if listed else None), price.model


def test_openais_three_dates_are_there_word_for_word():
    dates = shutdown.load_milestones("openai")
    assert [m.day for m in dates] == [date(2026, 5, 7), date(2026, 7, 2), date(2027, 1, 6)]
    assert all(m.source and m.as_of and m.what.endswith(".") for m in dates)
    assert shutdown.load_milestones("embedded") == []


def test_the_provider_is_asked_for_its_dates():
    with LoopbackProvider() as server:
        client = open_client(OPENAI, server.key, base_url=server.url, max_retries=0)
        dates = shutdown.model_dates(client, OPENAI)
        assert dates["gpt-4.1-mini-2025-04-14"] == "2027-01-14" and dates["gpt-6-luna"] is None
        server.fault("GET", "/models", "html")
        with pytest.raises(Problem, match="web page"):
            shutdown.model_dates(client, OPENAI)
        asked = len(server.seen)
        assert shutdown.model_dates(client, load_profiles()["custom"]) == {}
        assert len(server.seen) == asked
