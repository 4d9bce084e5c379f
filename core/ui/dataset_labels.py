"""Topics, names and instructions from a chat model: asked for, priced, and never by default."""

from __future__ import annotations

import time

import openai
import pandas as pd
import streamlit as st

from core.chat_labels import Want, estimate, label_texts
from core.dataset import Dataset
from core.providers import Profile, explain_error
from core.recipes.base import Labels
from core.ui import frame, state
from core.ui.models import prices

WANTS: dict[str, Want] = {
    "topics": "topics",
    "entities": "topics",
    "back_translation": "instructions",
}
TITLES: dict[Want, str] = {
    "topics": "topics and names",
    "instructions": "instructions",
}

#: Seconds after which what a chat model has written so far is kept on disk.
SAVE_EVERY = 10


def labels_box(mine: state.Session, made: Dataset) -> None:
    """The offer to have a chat model write what the rules find, where a recipe needs it."""
    wants = list(dict.fromkeys(WANTS[key] for key in made.recipe.split(" + ") if key in WANTS))
    if not wants:
        return
    profile = state.profile()
    things = " and ".join(TITLES[want] for want in wants)
    if profile.is_embedded:
        st.caption(
            f"The {things} were found by rules on this machine. With another provider in the "
            "sidebar, a chat model can write better ones."
        )
        return
    with st.expander(f"Better {things} from a chat model", on_change="rerun", key="labels") as box:
        if box.open:
            want = wants[0]
            if len(wants) > 1:
                want = st.segmented_control(
                    "Write",
                    wants,
                    default=want,
                    required=True,
                    format_func=TITLES.__getitem__,
                    key="label_want",
                )
            _offer(mine, made, profile, want)


def _offer(mine: state.Session, made: Dataset, profile: Profile, want: Want) -> None:
    known = state.labels()
    safe = state.masked()
    texts = mine.remember("labels:texts", (id(made), want), lambda: _texts(safe.frame, made, want))
    todo = {one: text for one, text in texts.items() if not _has(known.get(one), want)}
    listed = {price.model: price for price in prices() if price.provider == profile.key}
    offered = [name for name, price in listed.items() if price.input is not None] or list(listed)
    model = st.selectbox(
        "Chat model",
        offered,
        index=0 if offered else None,
        accept_new_options=True,
        placeholder="Name of a chat model",
        help="Any chat model of the provider; type its name if it is not in the list.",
        key=f"label_model_{profile.key}",
    )
    if len(todo) < len(texts):
        st.caption(f"{len(texts) - len(todo):,} of {len(texts):,} texts have them already.")
        if st.button("Forget them", key="forget_labels"):
            state.set_labels({})
            state.keep_edits()
            st.rerun()
    if not todo:
        return
    size = mine.remember(
        "labels:size",
        (id(made), want, len(todo)),
        lambda: estimate(list(todo.values()), want),
    )
    price = listed.get(model or "")
    cost = "at a price that is not in the price list"
    if price is not None and price.input is not None and price.output is not None:
        dollars = (size.input_tokens * price.input + size.output_tokens * price.output) / 1e6
        cost = mine.about(dollars)
    how = "unmasked, with the real names" if mine.privacy.mode == "off" else "masked as shown here"
    st.write(
        f"This sends **{len(todo):,} of your texts, {how}**, to "
        f"**{profile.name}** in {size.calls:,} calls: about {size.input_tokens:,} tokens there and "
        f"{size.output_tokens:,} back, {cost}."
    )
    agreed = st.checkbox(f"Send these texts to {profile.name}", key=f"label_consent_{profile.key}")
    if st.button("Write them", type="primary", disabled=not (agreed and model), key="label"):
        _write(profile, str(model), todo, want)


def _write(profile: Profile, model: str, todo: dict[str, str], want: Want) -> None:
    """Ask batch by batch; what came before an error or a stop is kept."""
    bar = st.progress(0.0, "Waiting for the first answer…")
    done = written = 0
    saved = time.monotonic()
    try:
        for batch in label_texts(state.client(), model, todo, want):
            known = dict(state.labels())
            for one, label in batch.labels.items():
                known[one] = _joined(known.get(one, Labels()), label)
            state.set_labels(known)
            if time.monotonic() - saved > SAVE_EVERY:
                state.keep_edits()
                saved = time.monotonic()
            done += len(batch.labels) + len(batch.missing)
            written += len(batch.labels)
            bar.progress(done / len(todo), f"{done:,} of {len(todo):,}")
    except openai.OpenAIError as error:
        bar.empty()
        frame.show_problem(explain_error(error, profile))
        st.caption(f"{written:,} of {len(todo):,} were written; rules find the rest.")
        return
    finally:
        state.keep_edits()
    st.toast(f"{written:,} of {len(todo):,} written; rules find the rest.")
    st.rerun()


def _has(label: Labels | None, want: Want) -> bool:
    if label is None:
        return False
    return (label.topics if want == "topics" else label.instruction) is not None


def _joined(known: Labels, new: Labels) -> Labels:
    """What is known, with what is new; names corrected by hand stay."""
    if new.instruction is not None:
        return known._replace(instruction=new.instruction)
    entities = new.entities if known.entities is None else known.entities
    return known._replace(topics=new.topics, entities=entities)


def _texts(table: pd.DataFrame, made: Dataset, want: Want) -> dict[str, str]:
    """What would be sent: my masked answers of the recipes concerned, by first message id."""
    examples = [
        example
        for part in (made.training, made.validation, made.held_out)
        for example in part
        if WANTS.get(example.recipe) == want and example.answer_ids
    ]
    if all(example.recipe != "entities" for example in examples):
        return {example.answer_ids[0]: example.completion for example in examples}
    ids = {one for example in examples for one in example.answer_ids}
    rows = table[table["id"].isin(ids)]
    said = dict(zip(rows["id"].tolist(), rows["text"].fillna("").tolist(), strict=True))
    said |= {one: text for one, text in made.settings.filters.edits if one in said}
    joiner = made.settings.joiner
    return {
        example.answer_ids[0]: joiner.join(said[one] for one in example.answer_ids)
        for example in examples
    }
