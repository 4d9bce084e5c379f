"""How long the Dataset page takes to redraw after each of its controls was moved.

    python -m benchmarks.redraw                  # 50,000 messages

The real app runs in Streamlit's own test runner, so the figures are the server's: CPU seconds from a
control's change to the finished page, without the browser.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import streamlit.runtime.pages_manager
from streamlit.testing.v1 import AppTest

from benchmarks.dataset import made_frame
from core.messages import Archive, Owner
from core.ui.state import SESSION_KEY

APP = str(Path(__file__).parents[1] / "streamlit_app.py")

#: Kind of control, its key, the value it is set to; "state" opens a box or a tab.
STEPS = (
    ("slider", "buffer_size", 3),
    ("selectbox", "shape", "conversations"),
    ("selectbox", "shape", "pairs"),
    ("selectbox", "speaker_names", "always"),
    ("toggle", "context_weight", False),
    ("selectbox", "destination_embedded", "together"),
    ("text_area", "system_prompt", "Be me."),
    ("toggle", "audience", True),
    ("slider", "held_out", 10),
    ("toggle", "own_validation", True),
    ("slider", "validation", 20),
    ("number_input", "dataset_seed", 4),
    ("segmented_control", "split_by", "time"),
    ("date_input", "split_at", date(2013, 1, 1)),
    ("segmented_control", "split_by", "conversation"),
    ("state", "gaps_box", True),
    ("number_input", "merge_gap", 60),
    ("number_input", "conversation_gap", 2.0),
    ("selectbox", "threads", "separate"),
    ("selectbox", "joiner", " "),
    ("number_input", "max_turn_chars", 200),
    ("selectbox", "follow_ups", "join"),
    ("toggle", "openers", False),
    ("toggle", "follow_replies", False),
    ("state", "gaps_box", False),
    ("number_input", "min_chars", 3),
    ("number_input", "max_chars", 300),
    ("number_input", "max_repeats", 3),
    ("slider", "filter_hours", (8, 20)),
    ("toggle", "near_copies", False),
    ("toggle", "unseen_replies", True),
    ("toggle", "link_only", True),
    ("toggle", "forwarded", True),
    ("toggle", "momentary", False),
    ("number_input", "most", 5000),
    ("selectbox", "selection", "most_like_me"),
    ("number_input", "most", None),
    ("selectbox", "recipe", "blank_prompt"),
    ("selectbox", "recipe", "entities"),
    ("selectbox", "recipe", "back_translation"),
    ("selectbox", "recipe", "topics"),
    ("slider", "topic_count", (2, 2)),
    ("slider", "empty_prompts", 30),
    ("toggle", "topicless", False),
    ("state", "mix_box", True),
    ("multiselect", "mix", ["replies", "topics"]),
    ("slider", "mix_replies", 90),
    ("state", "dataset_tab", "Numbers"),
    ("state", "dataset_tab", "Every message"),
    ("slider", "held_out", 15),
    ("state", "dataset_tab", "Edit"),
)


def open_app(count: int) -> AppTest:
    """The Dataset page with an archive of ``count`` made-up messages."""
    os.environ["SOUNDALIKE_HOME"] = tempfile.mkdtemp()
    # Without this the runner is in the older multipage mode, without the entry script.
    hidden: Any = streamlit.runtime.pages_manager
    hidden.Path = lambda path: SimpleNamespace(parent=Path(path).parent, exists=lambda: False)
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.switch_page("pages/upload.py").run()
    app.button(key="sample_nan").click().run()
    mine = app.session_state[SESSION_KEY]
    frame = made_frame(count)
    mine.archive = Archive("whatsapp", frame, Owner("me", "made up"), [], len(frame))
    mine.me = ("me",)
    mine.cache.clear()
    return app.switch_page("pages/dataset.py").run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    app = open_app(parser.parse_args().messages)
    taken = []
    for kind, key, value in STEPS:
        if kind == "state":
            app.session_state[key] = value
        else:
            getattr(app, kind)(key=key).set_value(value)
        start = time.process_time()
        app.run()
        taken.append(time.process_time() - start)
        wrong = [one.value for one in (*app.exception, *app.error)]
        print(f"{taken[-1]:6.2f} s  {key} = {value!r} {wrong or ''}")
    taken.sort()
    print(f"median {taken[len(taken) // 2]:.2f} s, slowest {taken[-1]:.2f} s")


if __name__ == "__main__":
    main()
