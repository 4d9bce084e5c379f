"""The bundled everyday text that the base model is counted from.

It was written for this project and is dedicated to the public domain (CC0); see
``base_text/README.md``. One folder per language; posts one a line, chats as ``A:``/``B:`` lines
with a blank line between conversations, mails apart by a line that is ``%``.
"""

from __future__ import annotations

import gzip
import re
import threading
from pathlib import Path

from core.engine.language_model import LanguageModel, build_language_model
from core.engine.ngrams import make_stream
from core.tokens import get_encoding

FOLDER = Path(__file__).parent / "base_text"
KINDS = ("posts", "chats", "mails")

#: The text is not personal, so all sessions of a process may share what was built from it.
_models: dict[tuple[str, ...], LanguageModel] = {}
_lock = threading.Lock()


def languages(folder: Path = FOLDER) -> list[str]:
    """Codes of the bundled languages, English first."""
    found = sorted(path.name for path in folder.iterdir() if any(path.glob("*.txt.gz")))
    return sorted(found, key=lambda code: code != "en")


def read_texts(language: str, folder: Path = FOLDER) -> list[str]:
    """All base texts of a language, one per post, chat message or mail."""
    texts: list[str] = []
    for kind in KINDS:
        file = folder / language / f"{kind}.txt.gz"
        if file.exists():
            texts += split_texts(kind, gzip.decompress(file.read_bytes()).decode("utf-8"))
    return texts


def split_texts(kind: str, content: str) -> list[str]:
    """Single texts of one base file: ``kind`` is "posts", "chats" or "mails"."""
    if kind == "mails":
        return [mail.strip() for mail in re.split(r"(?m)^%\s*$", content) if mail.strip()]
    lines = [line.strip() for line in content.splitlines()]
    if kind == "chats":
        lines = [re.sub(r"^[A-Z]: ?", "", line) for line in lines]
    return [line for line in lines if line]


def base_model(chosen: tuple[str, ...] = ("en",)) -> LanguageModel:
    """The frozen base over the texts of some languages; built once per process."""
    with _lock:
        if chosen not in _models:
            texts = [text for language in chosen for text in read_texts(language)]
            encoding = get_encoding("o200k_base")
            _models[chosen] = build_language_model(
                make_stream([encoding.encode_ordinary(text) for text in texts])
            )
        return _models[chosen]
