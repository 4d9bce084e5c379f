"""3 Dataset: shape the examples, look at them, check them against the trainer's rules."""

import orjson
import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.examples import Example
from core.figures.dataset import audience_figure, hours_figure, length_figure
from core.formats import example_to_chat
from core.languages import language_shares
from core.privacy import mask_titles
from core.recipes import RECIPES
from core.split import usual_validation
from core.statistics import audiences, hours, percentiles
from core.tokens import count_answers, count_examples
from core.turns import turn_table
from core.ui import frame, state
from core.ui.bubbles import Bubble, chat
from core.ui.cards import figures
from core.ui.dataset_check import check
from core.ui.dataset_edit import edit
from core.ui.dataset_files import files
from core.ui.dataset_labels import labels_box
from core.ui.dataset_shape import shape
from core.ui.dataset_trace import every_message

PLAIN = {"displayModeBar": False}
#: Languages named; an archive hardly has more.
MOST_LANGUAGES = 6


def totals(made: Dataset) -> None:
    used = made.receipt.kept + made.receipt.merged
    figures(
        ("Training", f"{len(made.training):,}", "Examples that the model learns from."),
        ("Validation", f"{len(made.validation):,}", "Examples that find the best checkpoint."),
        ("Held out", f"{len(made.held_out):,}", "Examples that no model sees before Compare."),
        (
            "Messages used",
            f"{used:,}",
            f"Of {made.receipt.raw:,}; what became of each is under Every message.",
        ),
    )
    titles = [RECIPES[key].title for key in made.recipe.split(" + ") if key in RECIPES]
    said = [f"Recipe: {', '.join(titles)}."] if titles else []
    st.caption(" ".join([*said, shares(made)]))


def shares(made: Dataset) -> str:
    """How the examples were divided, in words."""
    held, rest = len(made.held_out), len(made.training) + len(made.validation)
    if not rest:
        return ""
    training = round(100 * len(made.training) / rest)
    kept = (
        f"{held:,} of {held + rest:,} examples are held out to judge the voice; the other {rest:,}"
        if held
        else f"The {rest:,} examples"
    )
    like = ""
    of_rest = made.settings.validation_share is None and usual_validation(made.settings)[1]
    if of_rest and training == 80:
        like = ", as in the project that this recipe comes from"
    if not made.validation:
        return f"{kept} are all for training." if rest > 1 else "The only example is for training."
    return f"{kept} are split {training}/{100 - training} into training and validation{like}."


def bubbles(example: Example) -> list[Bubble]:
    sides = {"system": "note", "user": "other", "assistant": "me"}
    names = {"system": "", "user": "prompt", "assistant": "you, earlier"}
    last = len(example.messages) - 1
    return [
        Bubble(
            sides[message.role],
            "answer to learn" if place == last else message.name or names[message.role],
            message.content or "(blank prompt)",
        )
        for place, message in enumerate(example.messages)
    ]


def draw(example: Example) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        chat(bubbles(example), height=420)
    raw = orjson.dumps(example_to_chat(example), option=orjson.OPT_INDENT_2).decode()
    # The container scrolls, not the code in it, which a keyboard would not reach.
    with right.container(height=420 if len(raw) > 700 else "content", border=False):
        st.code(raw, language="json", wrap_lines=True)


def look(made: Dataset) -> None:
    parts = {"Training": made.training, "Validation": made.validation, "Held out": made.held_out}
    part = st.segmented_control("Show", list(parts), default="Training", required=True, key="part")
    examples = parts[part]
    if not examples:
        st.write("There are no examples in this part.")
        return
    key = f"example_{part}"
    if key not in st.session_state:  # a blank prompt says little to somebody who looks first
        prompted = (i for i, one in enumerate(examples, 1) if one.prompt and one.prompt[-1].content)
        st.session_state[key] = next(prompted, 1)
    st.session_state[key] = min(st.session_state[key], len(examples))
    number = st.slider("Example", 1, len(examples), key=key) if len(examples) > 1 else 1
    draw(examples[number - 1])


def statistics(mine: state.Session, made: Dataset) -> None:
    safe, archive = state.masked(), mine.archive
    assert archive is not None

    def compute() -> tuple[dict, str]:
        people = audiences(turn_table(safe.frame), made.me)
        mine_, others = int(people["mine"].sum()), int(people["others"].sum())
        share = f", {mine_ / (mine_ + others):.0%} of them yours" if others else ", all yours"
        many = f" in {len(people):,} conversations" if len(people) > 1 and others else ""
        lengths = pd.DataFrame(
            {
                "side": "answers to learn",
                "tokens": count_answers(made.training),
            }
        )
        drawn = {
            "How long your answers are": length_figure(lengths, "tokens"),
            "When you write": hours_figure(hours(safe.frame, made.me)),
        }
        if people["others"].any():  # posts are written to nobody in particular
            titles = mask_titles(archive.titles, archive.frame(), safe)
            drawn["Who you write to"] = audience_figure(people, titles)
        return drawn, f"{mine_ + others:,} turns in the archive{many}{share}."

    drawn, turns = mine.remember("dataset:figures", id(made), compute)
    for column, (name, figure) in zip(st.columns(len(drawn)), drawn.items(), strict=True):
        with column.container(border=True):
            st.markdown(f"**{name}**")
            st.plotly_chart(figure, key=f"figure_{name}", config=PLAIN, alt=name)
    size = mine.remember(
        "dataset:sizes", id(made), lambda: percentiles(count_examples(made.training))
    )
    st.caption(turns)
    st.caption(
        f"Tokens per training example: {size['median']:,.0f} in the middle, {size['p95']:,.0f} at "
        f"95 %, {size['greatest']:,.0f} at most; {size['sum']:,.0f} altogether."
    )
    spoken = mine.remember("dataset:languages", id(safe), lambda: language_shares(safe.frame))
    total = int(spoken["messages"].sum())
    shares = [
        f"{row.language} {row.messages / total:.0%}"
        for row in spoken.head(MOST_LANGUAGES).itertuples()
        if row.messages * 200 >= total
    ]
    st.caption(f"Languages, by conversation: {', '.join(shares)}." if total else "")


mine = frame.enter()
frame.title(
    "Dataset", "Turn your messages into examples: what the model sees, and what you answered."
)
frame.need_archive()
frame.need_name()

with frame.problems_shown():
    with st.container(border=True):
        st.header("1 Shape", anchor=False)
        places = shape(mine)
    with st.spinner("Making examples…", show_time=True):
        made = state.dataset()
    for box, sentences in made.advice.items():
        for sentence in sentences:
            places[box].warning(sentence, icon=":material/warning:")
    st.header("2 Look", anchor=False)
    totals(made)
    labels_box(mine, made)
    look_tab, edit_tab, numbers_tab, receipt_tab = st.tabs(
        ["Examples", "Edit", "Numbers", "Every message"], key="dataset_tab", on_change="rerun"
    )
    if look_tab.open:
        with look_tab:
            look(made)
    if edit_tab.open:
        with edit_tab:
            edit(mine, made)
    if numbers_tab.open:
        with numbers_tab, st.spinner("Counting…"):
            statistics(mine, made)
    if receipt_tab.open:
        with receipt_tab:
            every_message(made, draw)
    st.header("3 Check", anchor=False)
    check(mine, made)
    files(mine, made)
    frame.next_step("pages/cost.py", "See tokens and cost")
    state.load_tokenizer()
