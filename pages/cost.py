"""4 Tokens & cost: exact counts, and what training would cost, before anybody pays."""

import datetime

import numpy as np
import pandas as pd
import streamlit as st

from core.costs import (
    Usage,
    affordable_examples,
    cost_by_examples,
    cost_table,
    money,
    prices_from_frame,
    prices_to_frame,
)
from core.engine.base_text import read_texts
from core.figures.cost import token_histogram
from core.figures.voice import curve_figure
from core.problems import Problem
from core.shutdown import load_milestones
from core.tokens import count_examples, count_texts
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.models import prices
from core.voice.embedded_loss import embedded_loss
from core.voice.forecast import forecast, learning_curve
from core.voice.people import others_by_person
from core.voice.score import make_scale

SHOW_OUTLOOK = {"good": st.success, "unsure": st.info, "poor": st.warning}
HOW_COUNTED = (
    "Counted with each model's own tokenizer, on this machine: the text plus four tokens per "
    "message, as OpenAI bills it. Validation tokens are free."
)
EDITABLE = ["provider", "model", "training", "input", "output", "idle_per_hour", "as_of", "source"]


def counts(mine: state.Session) -> tuple[np.ndarray, np.ndarray, Usage]:
    """Tokens per training and validation example, and the mean size of question and answer."""
    made = state.dataset()

    def count() -> tuple[np.ndarray, np.ndarray, Usage]:
        training, validation = count_examples(made.training), count_examples(made.validation)
        answers = count_texts([example.completion for example in made.training])
        mean = float(answers.mean()) if len(answers) else 0.0
        prompt = max(0.0, float(training.mean()) - mean - 4) if len(training) else 0.0
        return training, validation, Usage(prompt_tokens=prompt, completion_tokens=mean)

    return mine.remember("token_counts", id(made), count)


def choose_numbers(mine: state.Session, most: int) -> tuple[int | None, int]:
    """Epochs (None: each provider's rule) and how many examples to reckon with."""
    left, middle, right = st.columns(3)
    epochs = left.number_input(
        "Epochs",
        1,
        50,
        None,
        placeholder="auto",
        help="How often every example is read. Empty: each provider's own rule, about 3.",
        key="cost_epochs",
        persist_state="session",
    )
    mine.budget = middle.number_input(
        "Budget in US dollars",
        0.0,
        None,
        mine.budget,
        1.0,
        placeholder="no limit",
        help="Models that would cost more are marked, and a launch above it is refused.",
        key="budget",
    )
    examples = most
    if most > 10:
        examples = right.slider(
            "What if there were only so many examples?", 10, most, most, key="what_if"
        )
    return (int(epochs) if epochs else None), examples


def table(
    mine: state.Session, training: np.ndarray, usage: Usage, epochs: int | None
) -> pd.DataFrame:
    profiles = state.profiles()
    found = cost_table(
        prices(),
        {"o200k_base": training},
        epochs=epochs or "auto",
        auto_epochs_of={key: profile.auto_epochs for key, profile in profiles.items()},
        usage=usage,
        budget=mine.budget,
    )
    found["provider"] = [profiles[k].name if k in profiles else k for k in found["provider"]]
    found["training"] = [
        "free, on this machine" if free else money(cost)
        for free, cost in zip(found["free"], found["training_cost"], strict=True)
    ]
    found["state"] = [
        "no longer trains" if not can else "over budget" if not within else "open"
        for can, within in zip(found["can_train"], found["within_budget"], strict=True)
    ]
    return found


def show_table(found: pd.DataFrame) -> None:
    names = {
        "provider": "Provider",
        "model": "Model",
        "training": st.column_config.TextColumn("Training", width=150),
        "state": "State",
        "days_left": st.column_config.NumberColumn(
            "Days left", help="Until the provider switches the model off, as far as announced."
        ),
        "per_1000_generations": st.column_config.NumberColumn("1,000 answers", format="dollar"),
        "idle_per_month": st.column_config.NumberColumn("Idle, a month", format="dollar"),
        "epochs": "Epochs",
        "trained_tokens": st.column_config.NumberColumn("Billed tokens", format="localized"),
        "cut": st.column_config.NumberColumn("Cut examples", help="Longer than the model reads."),
        "as_of": st.column_config.DateColumn("Price as of"),
        "source": "Source",
        "note": "Note",
    }
    st.dataframe(
        found[list(names)],
        hide_index=True,
        column_config=names,
        key="costs",
        alt="Cost per model",
    )
    st.download_button(
        "Download as CSV",
        lambda: found.drop(columns=["training"]).to_csv(index=False).encode(),
        "costs.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="download_costs",
    )


def what_if(mine: state.Session, training: np.ndarray, epochs: int | None) -> None:
    """How many examples the budget buys at the cheapest and at the chosen provider."""
    if not mine.budget:
        return
    for price in prices():
        if price.provider != mine.provider or not price.training:
            continue
        enough = affordable_examples(training, price, mine.budget, epochs or "auto")
        whole = cost_by_examples(training, price, epochs or "auto")[-1]
        if whole > mine.budget:
            st.caption(f"{price.model}: your budget is enough for {enough:,} examples.")


def edit_prices(mine: state.Session) -> None:
    st.write("Prices change. Correct them here; your numbers stay in this session.")
    rows = prices_to_frame(prices())
    edited = st.data_editor(
        rows,
        column_order=EDITABLE,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "training": st.column_config.NumberColumn("Training, $ per 1M tokens"),
            "input": st.column_config.NumberColumn("Input, $ per 1M"),
            "output": st.column_config.NumberColumn("Output, $ per 1M"),
            "idle_per_hour": st.column_config.NumberColumn("Idle, $ per hour"),
        },
        key="price_editor",
    )
    if st.button("Use these prices", key="use_prices", disabled=edited.equals(rows)):
        mine.prices = tuple(prices_from_frame(edited))
        st.rerun()


def clock(mine: state.Session) -> None:
    today = datetime.date.today()
    for milestone in load_milestones(mine.provider):
        left = (milestone.day - today).days
        when = f"in {left} days" if left > 0 else "over"
        st.caption(f"{milestone.day:%d %b %Y} ({when}): {milestone.what}")


def will_it_work(mine: state.Session) -> None:
    """A learning curve from a few trial trainings on this machine, before anybody pays."""
    made = state.dataset()
    st.write(
        "A few short trial trainings on this machine show how much more examples would help. "
        "Nothing is sent anywhere."
    )
    pressed = st.button("Try it on this machine", icon=":material/insights:", key="forecast")
    found = mine.cache.get("forecast", (None, None))
    if pressed:
        bar = st.progress(0.0, text="Training on parts of the data…")
        loss = embedded_loss(made.training, made.held_out)
        curve = learning_curve(loss, len(made.training), progress=lambda share: bar.progress(share))
        bar.empty()
        safe = state.masked()
        try:
            others = others_by_person(safe.frame, safe.me)
            scale = make_scale(made.voice_mine, others, neutral=read_texts("en"))
        except Problem:
            scale = None
        texts = [example.completion for example in made.training]
        found = (id(made), forecast(curve, texts, scale))
        mine.cache["forecast"] = found
    if found[0] != id(made):
        return
    outlook = found[1]
    SHOW_OUTLOOK[outlook.outlook](" ".join(outlook.reasons), title=outlook.sentence)
    st.plotly_chart(
        curve_figure(outlook.curve),
        key="learning_curve",
        config={"displayModeBar": False},
        alt="Held-out loss by number of examples",
    )
    st.caption("The curve is the embedded engine's: an indicator for larger models, no promise.")


mine = frame.enter()
frame.title("Tokens & cost", "How much there is to learn from, and what that costs where.")
frame.need_archive()
with frame.problems_shown():
    training, validation, usage = counts(mine)
    figures(
        ("Training tokens", f"{training.sum():,}"),
        ("Validation tokens", f"{validation.sum():,}"),
        ("Median example", f"{np.median(training):,.0f} tokens"),
        ("Longest example", f"{training.max():,} tokens"),
    )
    st.caption(HOW_COUNTED)
    with st.container(border=True):
        st.header("Tokens per example", anchor=False)
        st.plotly_chart(
            mine.remember("histogram", id(training), lambda: token_histogram(training, validation)),
            key="histogram",
            config={"displayModeBar": False},
            alt="Histogram of tokens per training example",
        )
    with st.container(border=True):
        st.header("What training costs", anchor=False)
        epochs, examples = choose_numbers(mine, len(training))
        show_table(table(mine, training[:examples], usage, epochs))
        st.caption("Training with the embedded engine is **free, on this machine**.")
        what_if(mine, training, epochs)
        clock(mine)
        with st.expander("Edit the price list", on_change="rerun", key="price_box") as box:
            if box.open:
                with frame.problems_shown():
                    edit_prices(mine)
    with st.container(border=True):
        st.header("Will it work?", anchor=False)
        with frame.problems_shown():
            will_it_work(mine)
    frame.next_step("pages/train.py", "Train")
