"""The Check tab: what the trainer would say, repairs, slurs, and a moderation pre-screen."""

from __future__ import annotations

from collections import Counter

import openai
import pandas as pd
import streamlit as st

from core.checks import check_examples
from core.dataset import Dataset
from core.leaks import find_leaks
from core.limits import Limits
from core.moderation import Screened, screen
from core.providers import Profile, explain_error
from core.simulate import Simulation, simulate_trainer
from core.slurs import texts_with_slurs
from core.tokens import count_examples
from core.ui import frame, state
from core.ui.dataset_edit import leave_out
from core.ui.destination import choose_destination
from core.window_examples import count_messages

SHOW = {"error": st.error, "warning": st.warning}
ICONS = {
    "error": ":material/error:",
    "warning": ":material/warning:",
}

#: Providers that have a moderation model at the same address.
MODERATED = ("openai",)


#: With more messages in examples than this the checks wait for a button: controls stay quick.
AT_ONCE = 12_000


def check(mine: state.Session, made: Dataset) -> None:
    """Findings, worst first, each with what would help; then what the trainer will really do."""
    choose_destination(mine)
    size = count_messages(made.training) + count_messages(made.validation)
    if size > AT_ONCE and mine.cache.get("dataset:checked", (None,))[0] != id(made):
        count = len(made.training) + len(made.validation)
        st.caption(f"{count:,} examples take a few seconds to check.")
        if st.button("Check them", icon=":material/fact_check:", key="check_now"):
            mine.remember("dataset:checked", id(made), lambda: True)
            st.rerun()
        return
    with st.spinner("Checking…", show_time=True):
        _findings(mine, made)


def _findings(mine: state.Session, made: Dataset) -> None:
    profile, target = state.profile(), state.destination()
    limits = target.limits
    leaks = mine.remember("dataset:leaks", id(made), lambda: find_leaks(made))
    findings = mine.remember(
        "dataset:checks",
        (id(made), limits),
        lambda: check_examples(made.training, made.validation, limits, count=count_examples),
    )
    findings = [*leaks.findings, *findings]
    wrong = any(finding.level == "error" for finding in findings)
    if not wrong:
        taker = limits.name[:1].upper() + limits.name[1:]
        st.success(f"{taker} takes this data set.", icon=":material/check_circle:")
    for finding in findings:
        words = f"{finding.where}: {finding.message} {finding.fix or ''}"
        if finding.level == "info":
            st.caption(words)
        else:
            SHOW[finding.level](words, icon=ICONS[finding.level])
    if leaks.clean:
        compared = ", ".join(f"{count:,} {part}" for part, count in leaks.compared.items())
        st.caption(
            f"Leak check: {compared} examples compared; no message, conversation, example or "
            "near copy of an answer is in more than one part."
        )
    if wrong or mine.repair:
        _repair(mine)
    outcome = mine.remember(
        "dataset:simulation", (id(made), limits), lambda: simulate_trainer(made.training, limits)
    )
    _really(outcome, len(made.training), limits)
    slurs = mine.remember(
        "dataset:slurs",
        id(made),
        lambda: len(texts_with_slurs([example.completion for example in made.training])),
    )
    if slurs:
        st.caption(
            f"{slurs:,} of your answers hold a slur. Nothing was removed; some trainers refuse "
            "files with many. You can take answers out under Edit."
        )
    if profile.key in MODERATED:
        _moderation(mine, made, profile)


def _really(outcome: Simulation, examples: int, limits: Limits) -> None:
    """What the trainer will really learn from, and whose rules these are."""
    dropped = sum(len(numbers) for numbers in outcome.dropped.values())
    about = "" if limits.exact_tokens else "about "
    st.caption(
        f"What the trainer will really learn from: {outcome.examples:,} of {examples:,} examples, "
        f"{about}{outcome.learnt_tokens:,} of {outcome.tokens:,} tokens; "
        f"{len(outcome.truncated):,} examples are cut, {dropped:,} dropped."
    )
    if outcome.sampled:
        st.warning(
            f"These are more answers than {limits.name} takes ({limits.max_learnt_tokens:,} "
            f"tokens): it will use a random sample of about {outcome.sampled:,} examples. Choose "
            "yourself which with “Most examples” above.",
            icon=":material/warning:",
        )
    if limits.source.startswith("http") or limits.as_of:
        day = f", as of {limits.as_of:%d %b %Y}" if limits.as_of else ""
        st.caption(f"These rules are from {limits.source}{day}.")


def _repair(mine: state.Session) -> None:
    fixed, done = state.repaired()
    if mine.repair:
        things = "; ".join(f"{count:,} × {what}" for what, count in done.items())
        st.caption(f"Repaired: {things or 'nothing was needed'}.")
        if st.button("Undo the repair", key="unrepair"):
            mine.repair = False
            st.rerun()
    elif done and fixed.training:
        things = "; ".join(f"{count:,} × {what.rstrip('.')}" for what, count in done.items())
        if st.button("Fix what can be fixed", icon=":material/build:", key="repair"):
            mine.repair = True
            st.rerun()
        st.caption(f"That would be: {things}. Whatever is left out stays in the receipt.")


def _moderation(mine: state.Session, made: Dataset, profile: Profile) -> None:
    examples = [*made.training, *made.validation]
    with st.container(border=True):
        st.markdown(f"**Ask {profile.name}'s moderation first**")
        how = "unmasked" if mine.privacy.mode == "off" else "masked"
        st.caption(
            f"Sends the {len(examples):,} {how} answers to {profile.name}; it costs nothing. "
            "What it flags is what gets training files refused."
        )
        if st.button("Send and look", key="screen"):
            try:
                found = _screen(mine, examples)
            except openai.OpenAIError as error:
                frame.show_problem(explain_error(error, profile))
                return
            mine.drop("dataset:screened")
            mine.remember("dataset:screened", id(made), lambda: found)
        kept = mine.cache.get("dataset:screened")
        if kept is None or kept[0] != id(made):
            return
        flagged = [one for one in kept[1] if one.flagged]
        if not flagged:
            st.success("Nothing was flagged.", icon=":material/check_circle:")
            return
        counts = Counter(one.category for one in flagged)
        table = pd.DataFrame(counts.most_common(), columns=["category", "answers"])
        st.dataframe(table, hide_index=True, key="flagged")
        st.caption("Keep them by doing nothing.")
        if st.button(f"Leave the {len(flagged):,} flagged answers out", key="drop_flagged"):
            leave_out(mine, [i for one in flagged for i in examples[one.position].answer_ids])
            st.rerun()


def _screen(mine: state.Session, examples: list) -> list[Screened]:
    """Verdicts of the provider, with a bar that moves."""
    bar = st.progress(0.0, "Sending…")
    found = []
    for one in screen(state.client(), [example.completion for example in examples]):
        found.append(one)
        if one.position % 32 == 31:
            bar.progress((one.position + 1) / len(examples), f"{one.position + 1:,} looked at")
    bar.empty()
    return found
