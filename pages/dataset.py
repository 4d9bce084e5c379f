"""2 Dataset: shape the examples, look at them, check them against the trainer's rules."""

from dataclasses import replace

import orjson
import pandas as pd
import streamlit as st

from core.checks import Limits, check_examples
from core.dataset import Dataset
from core.examples import Example
from core.formats import example_to_chat, to_chat_jsonl
from core.recipes import RECIPES
from core.ui import frame, state
from core.ui.bubbles import Bubble, chat
from core.ui.cards import figures

SPLITS = {"conversation": "by conversation", "time": "by time: train on the past"}
SELECTIONS = {
    "all": "examples spread over the whole time",
    "first": "the oldest examples",
    "latest": "the latest examples",
    "random": "examples picked at random",
}


def shape(mine: state.Session) -> None:
    settings = mine.settings
    recipes = ["auto", *(key for key in RECIPES if key != "ready")]
    left, right = st.columns(2, gap="large")
    with left:
        recipe = st.selectbox(
            "Recipe",
            recipes,
            index=recipes.index(settings.recipe) if settings.recipe in recipes else 0,
            format_func=lambda key: "Choose for me" if key == "auto" else RECIPES[key].title,
            help="How a training example is made from your messages.",
            key="recipe",
        )
        buffer_size = st.slider(
            "Exchanges in each prompt (buffer_size)",
            0,
            20,
            settings.buffer_size,
            help="How much of the conversation the model sees before your reply. 1: only the message you answered. 0: nothing.",
            key="buffer_size",
        )
        system_prompt = st.text_area(
            "System prompt (optional)",
            settings.system_prompt,
            help="Goes in front of every example, and Compare sends the same one.",
            height=80,
            key="system_prompt",
        )
    with right:
        split_by = st.segmented_control(
            "Split",
            list(SPLITS),
            default=settings.split_by,
            required=True,
            format_func=SPLITS.__getitem__,
            help="Which examples are kept for validation. Parts of one conversation never land on both sides.",
            key="split_by",
        )
        held_out = st.slider(
            "Held out to judge the voice (%)",
            5,
            40,
            round(settings.held_out_share * 100),
            5,
            help="Writing that no model sees in training, kept apart to compare with at the end.",
            key="held_out",
        )
        validation = st.slider(
            "Validation (%)",
            0,
            30,
            round(settings.validation_share * 100),
            5,
            help="Measured during training to find the best checkpoint; not learnt from.",
            key="validation",
        )
        with st.expander("Bursts, silences, size"):
            merge_gap = st.number_input(
                "Merge messages sent within (seconds)",
                0,
                3600,
                int(settings.merge_gap),
                help="Several messages in a row by one person become one turn.",
                key="merge_gap",
            )
            gap_hours = st.number_input(
                "A silence of this many hours starts a new conversation (0: choose for me)",
                0.0,
                240.0,
                (settings.conversation_gap or 0) / 3600,
                0.5,
                key="conversation_gap",
            )
            selection = st.selectbox(
                "If there are too many, keep",
                list(SELECTIONS),
                index=list(SELECTIONS).index(settings.selection),
                format_func=SELECTIONS.__getitem__,
                key="selection",
            )
            most = st.number_input(
                "Most examples (0: no limit)", 0, 100_000, settings.max_examples or 0, key="most"
            )
            seed = st.number_input("Seed", 0, 2**31 - 1, settings.seed, key="dataset_seed")
    mine.settings = replace(
        settings,
        recipe=recipe,
        buffer_size=buffer_size,
        system_prompt=system_prompt.strip(),
        split_by=split_by,
        held_out_share=held_out / 100,
        validation_share=validation / 100,
        merge_gap=float(merge_gap),
        conversation_gap=gap_hours * 3600 or None,
        selection=selection,
        max_examples=int(most) or None,
        seed=int(seed),
    )


def totals(made: Dataset) -> None:
    used = f"{made.receipt.kept + made.receipt.merged:,} of {made.receipt.raw:,}"
    figures(
        ("Training", f"{len(made.training):,}", "Examples that the model learns from."),
        ("Validation", f"{len(made.validation):,}", "Examples that find the best checkpoint."),
        ("Held out", f"{len(made.held_out):,}", "Examples that no model sees before Compare."),
        ("Messages used", used),
    )


def bubbles(example: Example) -> list[Bubble]:
    sides = {"system": "note", "user": "other", "assistant": "me"}
    names = {"system": "", "user": "prompt", "assistant": "answer to learn"}
    return [
        Bubble(
            sides[message.role],
            message.name or names[message.role],
            message.content or "(blank prompt)",
        )
        for message in example.messages
    ]


def look(made: Dataset) -> None:
    parts = {
        "Training": made.training,
        "Validation": made.validation,
        "Held out": made.held_out,
    }
    part = st.segmented_control("Show", list(parts), default="Training", required=True, key="part")
    examples = parts[part]
    if not examples:
        st.write("There are no examples in this part.")
        return
    number = (
        st.slider("Example", 1, len(examples), 1, key=f"example_{part}") if len(examples) > 1 else 1
    )
    example = examples[number - 1]
    left, right = st.columns(2, gap="large")
    with left:
        chat(bubbles(example), height=420)
    with right:
        raw = orjson.dumps(example_to_chat(example), option=orjson.OPT_INDENT_2).decode()
        st.code(raw, language="json", wrap_lines=True, height=420)


def receipt(made: Dataset) -> None:
    paper = made.receipt
    st.write(
        f"{paper.raw:,} items in the archive = {paper.kept:,} used + {paper.merged:,} merged into "
        f"a neighbour + {sum(paper.left_out.values()):,} left out."
    )
    rows = pd.DataFrame(
        sorted(paper.left_out.items(), key=lambda item: -item[1]), columns=["Why", "Messages"]
    )
    if rows.empty:
        st.write("Nothing was left out.")
    else:
        st.dataframe(rows, hide_index=True, key="receipt")


def check(made: Dataset) -> None:
    for warning in made.warnings:
        st.warning(warning)
    profile = state.profile()
    limits = Limits(
        min_examples=profile.min_examples,
        max_file_bytes=profile.max_file_bytes or Limits.max_file_bytes,
    )
    findings = check_examples(made.training, made.validation, limits)
    icons = {
        "error": ":material/error:",
        "warning": ":material/warning:",
        "info": ":material/info:",
    }
    shows = {"error": st.error, "warning": st.warning, "info": st.info}
    for finding in findings:
        words = f"{finding.where}: {finding.message} {finding.fix or ''}"
        shows[finding.level](words, icon=icons[finding.level])
    if not any(finding.level == "error" for finding in findings):
        st.success("The trainer takes this data set.", icon=":material/check_circle:")


mine = frame.enter()
frame.title(
    "Dataset", "Turn your messages into examples: what the model sees, and what you answered."
)
frame.need_archive()
if not mine.me:
    st.warning("Say first which name is yours.")
    frame.next_step("pages/upload.py", "Choose your name")
    st.stop()

with st.container(border=True):
    st.header("Shape", anchor=False)
    shape(mine)
with frame.problems_shown():
    made = state.dataset()
    totals(made)
    look_tab, check_tab, receipt_tab = st.tabs(
        ["Look", "Check", "What became of every message"], key="dataset_tab", on_change="rerun"
    )
    if look_tab.open:
        with look_tab:
            look(made)
    if check_tab.open:
        with check_tab:
            check(made)
    if receipt_tab.open:
        with receipt_tab:
            receipt(made)
    with st.container(horizontal=True):
        st.download_button(
            "Download training JSONL",
            lambda: to_chat_jsonl(made.training),
            "training.jsonl",
            "application/jsonl",
            on_click="ignore",
            icon=":material/download:",
            key="download_training",
        )
        st.download_button(
            "Download validation JSONL",
            lambda: to_chat_jsonl(made.validation),
            "validation.jsonl",
            "application/jsonl",
            on_click="ignore",
            icon=":material/download:",
            disabled=not made.validation,
            key="download_validation",
        )
    frame.next_step("pages/cost.py", "See tokens and cost")
