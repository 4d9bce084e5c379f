"""Cost and Train with a hosted provider, played by a server on loopback: money, keys, the wire."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from core.prices import load_prices
from core.ui import train_history
from core.ui.state import SESSION_KEY, ledger
from tests.loopback_provider import LoopbackProvider

from .test_pages import go, open_sample

KEY = "sk-made-up-for-this-test"


@pytest.fixture
def provider():
    with LoopbackProvider(key=KEY, step_per_look=5000) as running:
        yield running


def choose(app, provider, key="openai"):
    """Pick a provider at the loopback address, with a key."""
    app.selectbox(key="provider").set_value(key).run()
    app.text_input(key=f"address_{key}").set_value(provider.url).run()
    field = next(one for one in app.text_input if (one.key or "").startswith(f"key_{key} "))
    field.set_value(KEY).run()
    assert not app.exception, [e.value for e in app.exception]


def train(app, *, wait=True):
    """Press Train now and say yes, then follow the job to its end."""
    app.button(key="train").click().run()
    assert not app.exception, [e.value for e in app.exception]
    say_yes(app)
    mine = app.session_state[SESSION_KEY]
    deadline = time.monotonic() + 30
    while wait and time.monotonic() < deadline:
        app.run()
        seen = list(mine.snapshots.values())
        if seen and seen[-1].job.status in ("succeeded", "failed"):
            app.run()
            return
        time.sleep(0.05)


def say_yes(app):
    """Press the dialog's button; AppTest knows no fragments, so the one that opens it, too."""
    app.button(key="train").click()
    app.button(key="confirm_launch").click().run()
    assert not app.exception, [e.value for e in app.exception]


def posted(provider):
    return [request.json for request in provider.requests("POST", "/fine_tuning/jobs")]


def words(app) -> str:
    return " ".join(
        str(element.value) for kind in ("caption", "markdown", "error", "warning", "info")
        for element in getattr(app, kind)
    )  # fmt: skip


def test_a_paid_job_from_the_form_to_its_bill(app, provider):
    open_sample(app, "concierge")
    choose(app, provider)
    go(app, "train")
    assert "about \\$" in words(app) and not posted(provider)
    train(app)
    (sent,) = posted(provider)
    assert sent["metadata"]["made_by"] == "soundalike" and len(sent["metadata"]["launch"]) == 32
    assert "data_sha256" in sent["metadata"]
    assert "Expected \\$" in words(app) and "billed \\$" in words(app)
    (record,) = app.session_state[SESSION_KEY].history
    assert record.launch == sent["metadata"]["launch"] and record.status == "succeeded"
    app.button(key="train").click().run()  # exactly the same again: only when asked for
    assert app.button(key="confirm_launch").disabled
    assert "exactly this already" in str([w.proto for w in app.warning])
    app.checkbox(key="pay_again").check()
    app.button(key="train").click().run()
    say_yes(app)
    assert len(posted(provider)) == 2 and provider.creates == 2


@pytest.mark.parametrize(("place", "epochs"), [("openai", 2), ("embedded", None)])
def test_a_job_is_repeated_here_or_elsewhere(app, provider, monkeypatch, place, epochs):
    """AppTest cannot open a menu, so its choice is put where the menu leaves it."""
    open_sample(app, "concierge")
    choose(app, provider)
    go(app, "train")
    app.number_input(key="epochs").set_value(2).run()
    app.text_input(key="suffix").set_value("anna").run()
    train(app)
    mine = app.session_state[SESSION_KEY]
    (record,) = mine.history
    app.number_input(key="epochs").set_value(7).run()
    app.text_input(key="suffix").set_value("berta").run()
    values = {f"repeat_{record.job_id}": place}
    with monkeypatch.context() as inside:
        inside.setattr(train_history.state, "session", lambda: mine)
        inside.setattr(train_history.st, "session_state", values)
        train_history._repeat(record)
    for name, value in values.items():
        if not name.startswith("repeat_"):
            app.session_state[name] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert mine.provider == place and app.text_input(key="suffix").value == "anna"
    assert app.number_input(key="epochs").value == epochs
    assert f"Filled in from job {record.job_id}, with the same examples" in words(app)


def test_a_second_click_opens_the_job_of_the_first(app):
    open_sample(app, "odile")
    go(app, "train")
    app.number_input(key="epochs").set_value(1).run()
    app.button(key="train").click().run()
    app.button(key="train").click().run()
    mine = app.session_state[SESSION_KEY]
    assert len(mine.history) == 1 and "just started" in app.toast[0].value
    app.number_input(key="train_seed").set_value(3).run()
    app.button(key="train").click().run()
    assert not app.exception, [e.value for e in app.exception]
    assert len(mine.history) == 2  # another seed is another training


def test_a_past_model_goes_to_compare_in_one_click(app, provider):
    open_sample(app, "concierge")
    choose(app, provider)
    go(app, "train")
    old = provider.add_job(provider.add_file("old.jsonl"), suffix="older")
    provider.add_job(provider.add_file("new.jsonl"), suffix="newer")
    app.session_state[SESSION_KEY].jobs_seen.clear()
    app.run()
    app.button(key=f"compare_{old['id']}").click().run()
    assert not app.exception, [e.value for e in app.exception]
    chosen = next(m for m in app.multiselect if (m.key or "").startswith("columns_openai_"))
    assert any("older" in one for one in chosen.value)
    assert not any("newer" in one for one in chosen.value)


@pytest.mark.parametrize(
    ("key", "wants", "never"),
    [
        ("azure", {"trainingType": "GlobalStandard"}, ("metadata", "hyperparameters")),
        ("nebius", {"hyperparameters": {"n_epochs": 4, "lora": True}}, ("metadata", "method")),
    ],
)
def test_other_providers_get_their_own_kind_of_body(app, provider, key, wants, never):
    for model in ("gpt-4.1-2025-04-14", "meta-llama/Llama-3.1-8B-Instruct"):
        provider.models[model] = dict(provider.models["gpt-6-luna"], id=model)
    open_sample(app, "concierge")
    choose(app, provider, key)
    go(app, "train")
    app.number_input(key="epochs").set_value(4).run()
    train(app)
    (sent,) = posted(provider)
    assert wants.items() <= sent.items() and not set(never) & set(sent)
    first = provider.requests("POST", "/files")[0].body
    assert (b"\xef\xbb\xbf{" in first) == (key == "azure")
    assert len(app.session_state[SESSION_KEY].history) == 1


def test_preferences_are_learnt_with_dpo(app, provider):
    open_sample(app, "concierge")
    pair = {
        "input": {"messages": [{"role": "user", "content": "hi"}]},
        "preferred_output": [{"role": "assistant", "content": "hello"}],
        "non_preferred_output": [{"role": "assistant", "content": "what"}],
    }
    app.session_state[SESSION_KEY].preferences = (json.dumps(pair) + "\n").encode() * 12
    choose(app, provider)
    go(app, "train")
    next(one for one in app.segmented_control if one.key == "method").set_value("dpo").run()
    train(app)
    (sent,) = posted(provider)
    assert sent["method"]["type"] == "dpo" and "validation_file" not in sent
    assert provider.contents[sent["training_file"]].count(b"preferred_output") == 24


# ---- the host's key ----

LENT = {"api_key": KEY, "spending_cap": 0.5, "password": "open sesame"}


def lend(app, provider, **changes):
    app.secrets["soundalike"] = {"openai": {**LENT, "base_url": provider.url, **changes}}
    app.selectbox(key="provider").set_value("openai").run()


def unlock(app, password="open sesame"):
    app.text_input(key="host_password").set_value(password)
    next(one for one in app.button if one.label == "Use the host's key").click().run()
    assert not app.exception, [e.value for e in app.exception]


def test_a_job_on_the_hosts_key(app, provider):
    open_sample(app, "concierge")
    lend(app, provider)
    unlock(app)
    go(app, "train")
    assert "\\$0.50 of \\$0.50 is left" in words(app)
    train(app)
    (sent,) = posted(provider)
    assert sent["metadata"]["paid_by"] == "host"
    assert sent["method"]["supervised"]["hyperparameters"]["n_epochs"] >= 1  # never "auto"
    mine = app.session_state[SESSION_KEY]
    assert mine.history[0].paid_by_host and mine.spent == 0
    assert ledger().spent("openai") == pytest.approx(mine.history[0].cost)
    assert KEY not in words(app) and not mine.api_keys


@pytest.mark.parametrize("password", ["", "open", "OPEN SESAME"])
def test_a_wrong_password_opens_nothing(app, provider, password, monkeypatch):
    monkeypatch.setattr("core.ui.provider_box.unlock", lambda o, t: t == o.password)
    lend(app, provider)
    unlock(app, password)
    assert "not the password" in words(app)
    assert not app.session_state[SESSION_KEY].on_host_key and not provider.seen


def test_what_the_host_pays_does_not_depend_on_a_visitors_prices(app, provider):
    open_sample(app, "concierge")
    mine = app.session_state[SESSION_KEY]
    lend(app, provider, spending_cap=0.0001)
    unlock(app)
    go(app, "train")
    mine.prices = tuple(replace(p, training=0.0) for p in load_prices())
    mine.profiles = {
        key: replace(p, base_url="http://127.0.0.1:9/v1") if key == "openai" else p
        for key, p in (mine.profiles or {}).items()
    }
    app.run()
    app.button(key="train").click().run()
    say_yes(app)
    assert "key has less than" in str([e.proto for e in app.error])
    assert not provider.creates and not provider.files


@pytest.mark.parametrize("changes", [{"password": ""}, {"spending_cap": 0}])
def test_a_key_without_its_guards_is_not_offered(app, provider, changes):
    lend(app, provider, **changes)
    assert not [one for one in app.button if one.label == "Use the host's key"]
    assert not app.exception and "secrets" not in words(app)


def test_on_the_hosts_key_the_whole_account_stays_out_of_reach(app, provider):
    provider.add_file("diary.jsonl")
    lend(app, provider)
    unlock(app)
    go(app, "cleanup")
    app.button(key="look").click().run()
    assert not [one for one in app.text_input if "account_name" in (one.key or "")]
    assert "Nothing of yours" in words(app)


# ---- cost ----


def test_amounts_in_another_currency_and_a_budget(app, provider):
    open_sample(app, "nan")
    go(app, "cost")
    app.selectbox(key="currency").set_value("EUR").run()
    cells = [str(cell) for cell in app.dataframe[0].value["training"]]
    assert any("$" in cell for cell in cells)  # no rate yet, and none is made up
    app.number_input(key="rate_EUR").set_value(0.5).run()
    table = app.dataframe[0].value
    assert any("€" in str(cell) for cell in table["training"])
    mine = app.session_state[SESSION_KEY]
    assert (mine.currency.code, mine.currency.per_dollar) == ("EUR", 0.5)
    app.number_input(key="budget_EUR_0.5").set_value(0.02).run()
    assert mine.budget == pytest.approx(0.04)
    states = app.dataframe[0].value["state"]
    assert "over budget" in set(states) and "open" in set(states)
    app.number_input(key="budget_EUR_0.5").set_value(None).run()
    assert "existing users" in set(app.dataframe[0].value["state"])
    assert "OpenAI, existing users: Training is closed" in words(app)
    app.number_input(key="budget_EUR_0.5").set_value(0.02).run()
    assert not app.exception, [e.value for e in app.exception]
    app.slider(key="what_if").set_value(10).run()
    assert "over budget" not in set(app.dataframe[0].value["state"][:2])


def test_a_launch_above_the_budget_is_refused(app, provider):
    open_sample(app, "nan")
    choose(app, provider)
    app.session_state[SESSION_KEY].budget = 0.0001
    go(app, "train")
    train(app, wait=False)
    assert not provider.creates and "budget" in str([e.proto for e in app.error])


def test_edited_prices_are_kept_and_the_apps_own_are_not(app, provider):
    open_sample(app, "concierge")
    go(app, "cost")
    mine = app.session_state[SESSION_KEY]
    app.selectbox(key="currency").set_value("EUR").run()
    app.number_input(key="rate_EUR").set_value(0.5).run()  # writes the notes
    app.session_state["price_box"] = True
    app.run()
    assert mine.prices is None and not [b for b in app.button if b.key == "own_prices"]
    mine.prices = tuple(replace(p, training=9.0) for p in load_prices())
    app.run()
    app.button(key="own_prices").click().run()
    assert mine.prices is None and not app.exception
