"""Take it with you: a trained model as a file for other programs, written and checked."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.engine.store import tenant_of
from core.openweights import HOW_TO_ADD, installed
from core.openweights.bases import MEGABYTE
from core.openweights.export.plan import KINDS, Offer, bytes_needed, offer, plain_name, what_to_do
from core.openweights.export.run import Export
from core.openweights.layout import adapter_of
from core.problems import Problem
from core.ui import frame, state
from core.ui.upload_local import runs_locally

RUN, DRAWN = "export_run:", "export_drawn"
#: Files up to this size can be handed over through the browser.
MOST_DOWNLOAD = 300 * MEGABYTE


def take_away(model: str) -> None:
    """The box under a finished job on this machine; nothing for a model that lives elsewhere.

    Args:
        model: name of the fine-tuned model.
    """
    label = "Take it with you: a file for other programs"
    with st.expander(label, on_change="rerun", key="take_away") as box:
        if not box.open:
            return
        with frame.problems_shown():
            engine, token = state.engine(), state.session().visitor
            found = adapter_of(engine.store, tenant_of(token), model)
            if found is not None:
                _open_weights(model, *found)
                return
            content = engine.model_file(token, model)
            if content is None:
                st.caption("This model is not on this machine any more.")
                return
            _embedded(model, content)


def short_name(model: str) -> str:
    """A name to call a model elsewhere: the suffix it was trained with, if it has one."""
    parts = model.split(":")
    return plain_name(parts[3]) if len(parts) > 4 and parts[3] else "my-voice"


def _embedded(model: str, content: bytes) -> None:
    name = short_name(model)
    st.write(
        "The whole model is one small file: the adapter, and the counts of your own word "
        "sequences. Whoever has the file can make it write like you."
    )
    st.download_button(
        f"Download {name}.soundalike ({len(content) / 1000:,.0f} kB)",
        content,
        f"{name}.soundalike",
        "application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
    )
    st.caption("On any machine with this app's code; then any OpenAI client can talk to it:")
    st.code(
        f"python -m core.engine serve ~/Downloads/{name}.soundalike\n"
        "curl http://127.0.0.1:8765/v1/chat/completions -H 'Authorization: Bearer me' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f'  -d \'{{"model": "{name}",\n       "messages": [{{"role": "user", "content": "Hello"}}]}}\'',
        language="bash",
    )


def _open_weights(model: str, base: str, adapter: Path) -> None:
    if not installed():
        st.info(HOW_TO_ADD)
        return
    if not runs_locally():
        st.info(
            "Models are written to a folder on the machine that runs the app, so this works only "
            "when you run the app yourself."
        )
        return
    run: Export | None = st.session_state.get(RUN + model)
    if run is not None:
        st.fragment(_watch, run_every=None if run.over else 0.7)(model, run)
        return
    offered = offer(base)
    _ask(model, base, adapter, offered)


def _ask(model: str, base: str, adapter: Path, offered: Offer) -> None:
    kind = st.radio(
        "As",
        [one.key for one in offered.kinds],
        format_func=lambda key: KINDS[key].label,
        captions=[
            f"{one.about} About {_size(bytes_needed(base, adapter, one.key))}."
            for one in offered.kinds
        ],
        key="take_away_kind",
    )
    if offered.remark:
        st.caption(offered.remark)
    left, right = st.columns(2)
    folder = left.text_input(
        "Write it to",
        str(Path.home() / "soundalike-models"),
        help="A folder on this machine; it is made if it is not there.",
        key="take_away_folder",
    )
    name = right.text_input(
        "Call it",
        short_name(model),
        max_chars=60,
        help="What Ollama or LM Studio will call it. Small letters, digits, dots and dashes.",
        key="take_away_name",
    )
    if st.button("Write and check it", type="primary", key="take_away_start"):
        if not folder.strip():
            raise Problem("No folder is named.", "Type one, say ~/soundalike-models.")
        system = state.dataset_settings().system_prompt if state.session().archive else ""
        st.session_state[RUN + model] = Export(base, adapter, kind, Path(folder), name, system)
        st.rerun()


def _watch(model: str, run: Export) -> None:
    if not run.over:
        st.session_state[DRAWN] = model
        st.progress(min(1.0, run.share), text=f"{run.doing} …")
        if st.button("Stop", key="take_away_stop", type="tertiary"):
            run.stop()
            st.rerun()
        return
    if st.session_state.pop(DRAWN, None) == model:
        st.rerun()  # the whole page once: it ends the timer
    if run.problem is not None:
        frame.show_problem(run.problem)
    elif run.written is not None:
        _written(run)
    if st.button("Write another", key="take_away_again", type="tertiary"):
        del st.session_state[RUN + model]
        st.rerun()


def _written(run: Export) -> None:
    assert run.written is not None
    st.success(
        f"{_size(run.written['bytes'])}. Loaded back and asked the same: the likeliest next word is "
        f"the same in {run.written['same']:.0%} of places, scores differ by "
        f"{'less than 0.1%' if run.written['off'] < 0.001 else format(run.written['off'], '.1%')}.",
        title=f"Written to {run.target}",
        icon=":material/check_circle:",
    )
    st.code("\n".join(what_to_do(run.kind, run.target, run.base)), language="bash")
    if run.kind.startswith(("ollama", "gguf")):
        st.caption(
            "Once it runs, it can be compared here too: choose Ollama or another local server in "
            "the sidebar."
        )
    if run.target.is_file() and run.written["bytes"] <= MOST_DOWNLOAD:
        with run.target.open("rb") as file:
            st.download_button(
                "Download it",
                file,
                run.target.name,
                "application/octet-stream",
                on_click="ignore",
                icon=":material/download:",
            )


def _size(count: int) -> str:
    if count < MEGABYTE:
        return f"{count / 1000:,.0f} kB"
    return f"{count / MEGABYTE:,.0f} MB" if count < 1000 * MEGABYTE else f"{count / 1e9:,.1f} GB"
