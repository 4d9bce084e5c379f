"""What training costs: the controls, the table of every model, the price list to edit."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.costs import Usage, affordable_examples, auto_epochs, cost_table
from core.money import CURRENCIES, DOLLARS, Currency
from core.prices import prices_from_frame, prices_to_frame
from core.shutdown import load_milestones
from core.tokens import encoding_name_for
from core.ui import state
from core.ui.models import prices

EDITABLE = ["provider", "model", "training", "input", "output", "idle_per_hour", "as_of", "source"]

#: Text of a row that cannot be chosen: readable on light and dark grounds, and clearly weaker.
GREY = "color: #80808c"


def encodings() -> list[str]:
    """Encodings of the models in the price list, the usual one first."""
    found = {encoding_name_for(price.model)[0] for price in prices()}
    return ["o200k_base", *sorted(found - {"o200k_base"})]


def choose_currency(mine: state.Session) -> None:
    """Currency and exchange rate; amounts stay in dollars until the person gave a rate."""
    code = st.selectbox(
        "Currency",
        list(CURRENCIES),
        index=list(CURRENCIES).index(mine.currency.code),
        format_func=lambda code: f"{code}, {CURRENCIES[code][0]}",
        key="currency",
    )
    chosen = DOLLARS
    if code != DOLLARS.code:
        per_dollar = st.number_input(
            f"{code} for one dollar",
            0.0001,
            100_000.0,
            mine.currency.per_dollar if mine.currency.code == code else None,
            format="%.4g",
            placeholder="today's rate",
            help="From your bank or a newspaper: nothing is fetched. Until it is given, amounts "
            "are in dollars.",
            key=f"rate_{code}",
        )
        if per_dollar:
            chosen = Currency(CURRENCIES[code][1], float(per_dollar), code)
    if chosen != mine.currency:
        mine.currency = chosen
        state.keep_notes(mine)


def choose_numbers(mine: state.Session, most: int) -> tuple[int | None, int]:
    """Epochs (None: each provider's rule) and how many examples to reckon with."""
    left, middle, right = st.columns(3)
    epochs = left.number_input(
        "Epochs",
        1,
        50,
        None,
        placeholder="auto",
        help="How often every example is read. Empty: each provider's own rule, mostly 3.",
        key="cost_epochs",
        persist_state="session",
    )
    with right:
        choose_currency(mine)
    rate, code = mine.currency.per_dollar, mine.currency.code
    budget = middle.number_input(
        f"Budget in {code}",
        0.0,
        None,
        None if mine.budget is None else round(mine.budget * rate, 2),
        1.0,
        placeholder="no limit",
        help="For all trainings of this project together. What would go beyond it turns grey, and "
        "is refused when you press Train.",
        key=f"budget_{code}_{rate}",
    )
    dollars = None if budget is None else budget / rate
    both = mine.budget is not None and dollars is not None
    moved = abs((mine.budget or 0.0) - (dollars or 0.0)) * rate > 0.006
    if dollars != mine.budget and (moved or not both):  # not by the rounding of another currency
        mine.budget = dollars
        state.keep_notes(mine)
    examples = most
    if most > 10:
        examples = st.slider("What would fewer examples cost?", 10, most, most, key="what_if")
    return (int(epochs) if epochs else None), examples


def epochs_words(examples: int, epochs: int | None) -> str:
    """How many epochs are reckoned with, and by which rule."""
    if epochs:
        return f"{examples:,} examples, {epochs} times each."
    times = auto_epochs(examples)
    return (
        f"{examples:,} examples, {times} {'time' if times == 1 else 'times'} each: that is what "
        "OpenAI's auto comes to, which wants 100 to 25,000 readings in all. Providers with a rule "
        "of their own are reckoned with theirs."
    )


def table(
    mine: state.Session, counts: dict[str, np.ndarray], usage: Usage, epochs: int | None
) -> pd.DataFrame:
    """``cost_table`` for the session: profiles, budget left, dates that providers reported."""
    profiles = state.profiles()
    listed = [
        dataclasses.replace(p, shutdown_date=mine.model_days.get((p.provider, p.model)))
        if mine.model_days.get((p.provider, p.model))
        else p
        for p in prices()
    ]
    listed.sort(key=lambda p: p.provider != mine.provider)
    found = cost_table(
        listed,
        counts,
        epochs=epochs or "auto",
        auto_epochs_of={key: profile.auto_epochs for key, profile in profiles.items()},
        usage=usage,
        budget=None if mine.budget is None else max(0.0, mine.budget - mine.spent),
    )
    found["access"] = [profiles[k].access if k in profiles else "" for k in found["provider"]]
    found["provider"] = [profiles[k].name if k in profiles else k for k in found["provider"]]
    return found


def shown(mine: state.Session, found: pd.DataFrame) -> pd.DataFrame:
    """The table in words: amounts in the chosen currency, what cannot be chosen and why."""

    def amount(dollars: float, free: bool = False) -> str:
        if free:
            return "free"
        words = mine.money(dollars).replace("\\", "")
        return "nothing" if words == "free" else words

    table = pd.DataFrame(
        {
            "provider": found["provider"],
            "model": found["model"],
            "training": [
                "free" if free else ("≈ " if guess else "") + amount(cost)
                for free, guess, cost in zip(
                    found["free"],
                    found["estimated"] & found["training_cost"].notna(),
                    found["training_cost"],
                    strict=True,
                )
            ],
            "answers": [
                amount(c, f)
                for c, f in zip(found["per_1000_generations"], found["free"], strict=True)
            ],
            "idle": [
                amount(c, f) for c, f in zip(found["idle_per_month"], found["free"], strict=True)
            ],
            "days": ["no end yet" if pd.isna(d) else f"{d:,} days" for d in found["days_left"]],
            "state": [
                "no longer trains"
                if not can
                else (access or "open")
                if within
                else "price unknown"
                if np.isnan(cost)
                else "over budget"
                for can, within, cost, access in zip(
                    found["can_train"],
                    found["within_budget"],
                    found["training_cost"],
                    found["access"],
                    strict=True,
                )
            ],
        }
    )
    return table.join(
        found[["epochs", "trained_tokens", "smallest", "biggest", "cut", "as_of", "source", "note"]]
    )


def show_table(mine: state.Session, found: pd.DataFrame) -> None:
    """Every trainable model; grey where it cannot be chosen."""
    words = shown(mine, found)
    weak = ~found["can_train"] | ~found["within_budget"]
    names: dict[str, Any] = {
        "training": "Training",
        "model": "Model",
        "provider": "Where",
        "answers": st.column_config.TextColumn(
            "1,000 answers", help="Of the mean length of yours, to prompts like yours."
        ),
        "idle": st.column_config.TextColumn(
            "Idle, a month", help="What the tuned model costs while nobody asks it."
        ),
        "days": st.column_config.TextColumn(
            "Lives", help="Until the provider switches the model off, as far as announced."
        ),
        "state": "Now",
    }
    more: dict[str, Any] = {
        "epochs": "Epochs",
        "trained_tokens": st.column_config.NumberColumn("Billed tokens", format="localized"),
        "smallest": "Smallest example",
        "biggest": "Biggest example",
        "cut": st.column_config.NumberColumn("Cut examples", help="Longer than the model reads."),
        "as_of": st.column_config.DateColumn("Price as of"),
        "source": "Source",
        "note": "Note",
    }
    details = st.toggle("More columns: tokens, sources, notes", key="cost_details")
    columns = [*names, *(more if details else ())]
    styled = words.style.apply(lambda row: [GREY if weak[row.name] else ""] * len(row), axis=1)
    st.dataframe(
        styled,
        hide_index=True,
        height="content",
        column_order=columns,
        column_config=names | more,
        key="costs",
        alt="Cost per model",
    )
    st.download_button(
        "Download as CSV",
        lambda: found.to_csv(index=False).encode(),
        "costs.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="All columns, amounts in US dollars.",
        key="download_costs",
    )


def access_words() -> None:
    """What is behind a "Now" that is neither open nor closed."""
    listed = {price.provider for price in prices()}
    told = state.session().provider if load_milestones(state.session().provider) else ""
    for profile in state.profiles().values():  # of the chosen one, ``clock`` tells more
        if profile.access and profile.key in listed - {told}:
            st.caption(f"{profile.name}, {profile.access}: {profile.note}".replace("$", "\\$"))


def budget_words(mine: state.Session, training: np.ndarray, epochs: int | None) -> None:
    """What was spent, and how many examples what is left of the budget buys."""
    if mine.spent:
        of = f" of {mine.money(mine.budget)}" if mine.budget is not None else ""
        st.caption(f"Spent on this project so far: {mine.money(mine.spent)}{of}.")
    if mine.budget is None:
        return
    left, profile = max(0.0, mine.budget - mine.spent), state.profile()
    for price in prices():
        if price.provider != mine.provider or not price.training:
            continue
        enough = affordable_examples(
            training, price, left, epochs or "auto", auto=profile.auto_epochs
        )
        if enough < len(training):
            st.caption(
                f"{price.model}: what is left buys {enough:,} of {len(training):,} examples."
            )


def clock(mine: state.Session) -> None:
    """The dates that the chosen provider announced, and what they mean."""
    milestones = load_milestones(mine.provider)
    if not milestones:
        return
    today = datetime.date.today()
    name = state.profile().name
    lines = []
    for milestone in milestones:
        left = (milestone.day - today).days
        when = f"in {left} days" if left > 0 else "passed"
        lines.append(f"- **{milestone.day:%d %b %Y}** ({when}): {milestone.what}")
    st.markdown(f"**{name} is closing its training**, in its own words:\n\n" + "\n".join(lines))
    st.caption(
        "So only organisations that used a tuned model in the last 60 days can still start a job, "
        "and every voice trained there stops with its base model: see the column Lives. Nobody is "
        "told beforehand whether an account may train; the answer comes when the job is started, "
        f"before anything is billed. As of {milestones[0].as_of:%d %b %Y}, {milestones[0].source}"
    )


def edit_prices(mine: state.Session) -> None:
    """The price list as a table to correct or extend."""
    st.write("Prices change. Correct them here, in US dollars; they are kept for your next visit.")
    rows = prices_to_frame(prices())
    edited = st.data_editor(
        rows,
        column_order=EDITABLE,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "provider": "Where",
            "model": "Model",
            "training": st.column_config.NumberColumn("Training, $ per 1M tokens"),
            "input": st.column_config.NumberColumn("Input, $ per 1M"),
            "output": st.column_config.NumberColumn("Output, $ per 1M"),
            "idle_per_hour": st.column_config.NumberColumn("Idle, $ per hour"),
            "as_of": st.column_config.DateColumn("As of"),
            "source": "Source",
        },
        key="price_editor",
        alt="Price list",
    )
    with st.container(horizontal=True):
        if st.button("Use these prices", key="use_prices", disabled=edited.equals(rows)):
            mine.prices = tuple(prices_from_frame(edited))
            state.keep_notes(mine)
            st.rerun()
        if mine.prices is not None and st.button(
            "Back to the app's own list", key="own_prices", type="tertiary"
        ):
            mine.prices = None
            state.keep_notes(mine)
            st.rerun()
