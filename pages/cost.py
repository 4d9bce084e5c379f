"""3 Tokens & cost: exact counts, and what training would cost, before anybody pays."""

import numpy as np
import streamlit as st

from core.costs import Usage, cost_table, money
from core.figures.cost import token_histogram
from core.tokens import count_examples
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.models import prices

EXAMPLE_OVERHEAD = (
    "Counted with each model's own tokenizer, on this machine: the text plus four tokens per "
    "message, as OpenAI bills it. Validation tokens are free."
)


def counts() -> tuple[np.ndarray, np.ndarray]:
    """Tokens per training and validation example."""
    made = state.dataset()
    return state.session().remember(
        "token_counts",
        id(made),
        lambda: (count_examples(made.training), count_examples(made.validation)),
    )


mine = frame.enter()
frame.title("Tokens & cost", "How much there is to learn from, and what that costs where.")
frame.need_archive()
with frame.problems_shown():
    made = state.dataset()
    training, validation = counts()
    figures(
        ("Training tokens", f"{training.sum():,}"),
        ("Validation tokens", f"{validation.sum():,}"),
        ("Median example", f"{np.median(training):,.0f} tokens"),
        ("Longest example", f"{training.max():,} tokens"),
    )
    st.caption(EXAMPLE_OVERHEAD)
    with st.container(border=True):
        st.header("Tokens per example", anchor=False)
        st.plotly_chart(
            token_histogram(training, validation),
            key="histogram",
            config={"displayModeBar": False},
            alt="Histogram of tokens per training example",
        )
    with st.container(border=True):
        st.header("What training costs", anchor=False)
        left, right = st.columns(2)
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
        budget = right.number_input(
            "Budget in US dollars",
            0.0,
            None,
            None,
            1.0,
            placeholder="no limit",
            help="Models that would cost more are marked.",
            key="budget",
            persist_state="session",
        )
        answers = [len(example.completion) for example in made.training]
        mean = float(training.mean())
        usage = Usage(prompt_tokens=mean / 2, completion_tokens=mean / 2) if answers else None
        profiles = state.profiles()
        table = cost_table(
            prices(),
            {"o200k_base": training},
            epochs=int(epochs) if epochs else "auto",
            auto_epochs_of={key: p.auto_epochs for key, p in profiles.items()},
            usage=usage,
            budget=budget,
        )
        shown = table.assign(
            provider=[profiles[key].name if key in profiles else key for key in table["provider"]],
            training=[
                "free, on this machine" if free else money(cost)
                for free, cost in zip(table["free"], table["training_cost"], strict=True)
            ],
            state=[
                "no longer trains" if not can else "over budget" if not within else "open"
                for can, within in zip(table["can_train"], table["within_budget"], strict=True)
            ],
        )
        st.dataframe(
            shown[
                ["provider", "model", "training", "epochs", "trained_tokens", "state",
                 "per_1000_generations", "days_left", "as_of", "source"]
            ],
            hide_index=True,
            column_config={
                "provider": "Provider",
                "model": "Model",
                "training": st.column_config.TextColumn("Training", width=150),
                "epochs": "Epochs",
                "trained_tokens": st.column_config.NumberColumn("Billed tokens", format="localized"),
                "state": "State",
                "per_1000_generations": st.column_config.NumberColumn(
                    "1,000 answers", format="dollar"
                ),
                "days_left": st.column_config.NumberColumn("Days left"),
                "as_of": st.column_config.DateColumn("Price as of"),
                "source": "Source",
            },
            key="costs",
            alt="Cost per model",
        )  # fmt: skip
        st.caption("The embedded engine is **free, on this machine**: it trains on the processor.")
    frame.next_step("pages/train.py", "Train")
