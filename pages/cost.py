"""4 Tokens & cost: exact counts, and what training would cost, before anybody pays."""

import numpy as np
import streamlit as st

from core.costs import Usage, resolve_epochs
from core.engine.base_text import read_texts
from core.figures.cost import token_histogram
from core.figures.voice import curve_figure
from core.problems import Problem
from core.tokens import count_answers, count_examples
from core.ui import frame, open_weights, state
from core.ui.cards import figures
from core.ui.cost_table import (
    access_words,
    budget_words,
    choose_numbers,
    clock,
    edit_prices,
    encodings,
    epochs_words,
    show_table,
    table,
)
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


def counts(mine: state.Session) -> tuple[dict[str, np.ndarray], np.ndarray, Usage]:
    """Tokens per training example by encoding, per validation example, and the mean size of
    question and answer."""
    made, needed = state.dataset(), encodings()

    def count() -> tuple[dict[str, np.ndarray], np.ndarray, Usage]:
        training = {name: count_examples(made.training, name) for name in needed}
        validation = count_examples(made.validation)
        answers = count_answers(made.training)
        mean = float(answers.mean()) if len(answers) else 0.0
        whole = training["o200k_base"]
        prompt = max(0.0, float(whole.mean()) - mean - 4) if len(whole) else 0.0
        return training, validation, Usage(prompt_tokens=prompt, completion_tokens=mean)

    return mine.remember("token_counts", (id(made), tuple(needed)), count)


def longest_read(mine: state.Session) -> int:
    """Tokens after which the chosen provider cuts an example off; 0 where no limit is known."""
    limits = [p.max_example_tokens for p in prices() if p.provider == mine.provider]
    return min((limit for limit in limits if limit), default=0)


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
frame.need_name()
with frame.problems_shown():
    by_encoding, validation, usage = counts(mine)
    training = by_encoding["o200k_base"]
    figures(
        ("Training tokens", f"{training.sum():,}"),
        ("Validation tokens", f"{validation.sum():,}"),
        ("Median example", f"{np.median(training):,.0f} tokens"),
        ("Longest example", f"{training.max():,} tokens"),
    )
    st.caption(HOW_COUNTED)
    with st.container(border=True):
        st.header("Tokens per example", anchor=False)
        limit = longest_read(mine)
        st.plotly_chart(
            mine.remember(
                "histogram",
                (id(training), limit),
                lambda: token_histogram(training, validation, limit=limit),
            ),
            key="histogram",
            config={"displayModeBar": False},
            alt="Histogram of tokens per training example",
        )
        if limit:
            cut = int((training > limit).sum())
            many = f"{cut:,} are longer and get cut" if cut else "none is longer"
            st.caption(f"Models read {limit:,} tokens of an example there: {many}.")
    with st.container(border=True):
        st.header("What training costs", anchor=False)
        epochs, examples = choose_numbers(mine, len(training))
        st.caption(epochs_words(examples, epochs))
        part = {name: tokens[:examples] for name, tokens in by_encoding.items()}
        show_table(mine, table(mine, part, usage, epochs))
        st.caption(
            "Training with the embedded engine is **free, on this machine**. ≈: counted with "
            "OpenAI's tokenizer, the model's own may differ. Every price has a day and a source "
            "and can be edited."
        )
        access_words()
        times = resolve_epochs(epochs or "auto", examples)
        open_weights.draw_times(int(part["o200k_base"].sum()) * times, examples * times)
        budget_words(mine, training, epochs)
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
