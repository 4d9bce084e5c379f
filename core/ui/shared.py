"""What all visitors of this process share: the embedded engine, and who spent what.

Nothing personal is held here; the engine keeps visitors apart by their visitor token.
"""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import streamlit as st

from core import collector
from core.encodings import get_encoding
from core.engine import Engine
from core.spending import Ledger
from core.voice.background import Runs


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The embedded engine of this process, its files in a folder of its own."""
    return Engine(engine_folder())


@st.cache_resource(show_spinner=False)
def judge_runs() -> Runs:
    """The judge runs under way in this process; they hold counts, no texts."""
    return Runs()


def engine_folder() -> Path:
    """Where the embedded engine keeps its files: SOUNDALIKE_HOME, else a folder in the home."""
    folder = Path(os.environ.get("SOUNDALIKE_HOME") or Path.home() / ".soundalike")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="soundalike-"))
    return folder


@st.cache_resource(show_spinner=False)
def ledger() -> Ledger:
    """What a host's key has spent, by everybody who uses this process."""
    return Ledger(engine_folder() / "host_key_spent.json")


@st.cache_resource(show_spinner=False)
def freeze_imports() -> None:
    """Move everything imported so far out of the garbage collector's sight, once per process."""
    collector.freeze()


@st.cache_resource(show_spinner=False)
def load_tokenizer() -> None:
    """Read the tokenizer in the background, once per process: the first count need not wait for it."""
    threading.Thread(target=get_encoding, args=("o200k_base",), daemon=True).start()
