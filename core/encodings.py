"""OpenAI's tokenizers from bundled rank files: no network, no look-ahead, no crash.

The rank files are OpenAI's own, byte for byte (their SHA-256 is the one in the tiktoken
package). The split patterns are those of ``tiktoken_ext.openai_public`` 0.14 (MIT) without their
one look-ahead, ``\\s+(?!\\S)``: it makes tiktoken use a backtracking matcher that is half as fast
and overflows its stack on a million blanks. What it does is done here instead: of a run of two or
more blanks before a word, the last blank belongs to the word.
"""

from __future__ import annotations

import binascii
import gzip
import hashlib
import itertools
import re
import threading
import zlib
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tiktoken

from core.problems import Problem

RANK_FOLDER = Path(__file__).parent / "rank_files"

#: SHA-256 of the unpacked rank files, as in ``tiktoken_ext.openai_public``.
RANK_SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}

END_OF_TEXT = "<|endoftext|>"
END_OF_PROMPT = "<|endofprompt|>"

SPECIAL_TOKENS = {
    "o200k_base": {END_OF_TEXT: 199999, END_OF_PROMPT: 200018},
    "cl100k_base": {
        END_OF_TEXT: 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        END_OF_PROMPT: 100276,
    },
}

PATTERNS = {
    "o200k_base": "|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+",
        )
    ),
    "cl100k_base": "|".join(
        (
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?\p{L}+",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n]*",
            r"\s+$",
            r"\s*[\r\n]",
            r"\s+",
        )
    ),
}

# White space as the patterns mean it (Unicode's White_Space; Python's \s has four more).
_BLANKS = "\t\x0b\x0c \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_BLANK, _WORD = f"[{_BLANKS}]", f"[^\r\n{_BLANKS}]"

# Several blanks before a word. Each run is looked at once, however long it is.
_RUN = f"{_BLANK}(?<!{_BLANK}{_BLANK}){_BLANK}++(?={_WORD})"
_BLANKS_BEFORE_WORD = re.compile(_RUN)
_BLANKS_BEFORE_WORD_IN_JOINED = re.compile(_RUN + f"(?!{re.escape(END_OF_TEXT)})")

# Tokens that lie wholly inside a run of blanks: whole blanks, with parts of one at the ends.
_BLANK_BYTES = (
    rb"[\t\x0b\x0c\r\n ]|\xc2[\x85\xa0]|\xe1\x9a\x80|"
    rb"\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
_BLANK_ENDS = rb"[\x9a\x80\x81]?[\x80-\x8a\xa8\xa9\xaf\x85\xa0\x9f]"
_BLANK_STARTS = rb"\xc2|\xe1\x9a?|\xe2[\x80\x81]?|\xe3\x80?"
_BLANK_FIRST_BYTES = frozenset(
    b"\t\x0b\x0c\r\n \xc2\xe1\xe2\xe3\x9a\x85\xa0\x9f\xa8\xa9\xaf" + bytes(range(0x80, 0x8B))
)
_BLANK_TOKEN = re.compile(
    rb"(?:%s)?(?:%s)*(?:%s)?" % (_BLANK_ENDS, _BLANK_BYTES, _BLANK_STARTS), re.DOTALL
)


class Encoding(tiktoken.Encoding):
    """A tiktoken encoding whose pattern has no look-ahead; same tokens as the original.

    Special tokens are never encoded from text: somebody's chat may spell one out. ``blanks``
    (uint8) says by token id which tokens lie inside a run of blanks: 1 for those of one byte, 3
    for longer ones, 0 for all others.
    """

    blanks: np.ndarray

    def encode_ordinary(self, text: str) -> list[int]:
        """Token ids; what looks like a special token is encoded as the text it is."""
        parts = _parts(text, _BLANKS_BEFORE_WORD)
        return [token for part in parts for token in super(Encoding, self).encode_ordinary(part)]

    def encode(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = frozenset(),
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[int]:
        """Token ids; as in tiktoken, a ValueError for special tokens that are not allowed.

        Raises:
            NotImplementedError: special tokens are to be encoded.
        """
        if allowed_special:
            raise NotImplementedError("use encode_ordinary and add special tokens yourself")
        refused = self.special_tokens_set if disallowed_special == "all" else disallowed_special
        if found := next((special for special in refused if special in text), None):
            raise ValueError(f"the text spells out the special token {found}")
        return self.encode_ordinary(text)

    def encode_to_numpy(self, text: str, **options: Any) -> np.ndarray:
        """``encode`` as a numpy array of uint32."""
        return np.array(self.encode(text, **options), np.uint32)

    def encode_with_unstable(self, text: str, **options: Any) -> Any:
        """Not offered: it needs the original pattern."""
        raise NotImplementedError

    def encode_marked(self, text: str) -> np.ndarray:
        """Token ids (uint32) of a text that is cut by END_OF_TEXT and END_OF_PROMPT.

        What lies between is encoded as it is, each part on its own. A part in which two blank
        tokens meet or one is long (see ``blanks``) may need ``cut_joined`` first; any other part
        has the tokens of ``encode_ordinary``.
        """
        marks = {END_OF_TEXT, END_OF_PROMPT}
        try:
            return super().encode_to_numpy(text, allowed_special=marks, disallowed_special=())
        except UnicodeEncodeError:  # half of a surrogate pair
            text = repair_surrogates(text)
            return super().encode_to_numpy(text, allowed_special=marks, disallowed_special=())


def cut_joined(joined: str) -> str:
    """Texts joined by END_OF_TEXT, with END_OF_PROMPT wherever the original pattern looks ahead.

    Then every part has the tokens of ``encode_ordinary``.
    """
    return END_OF_PROMPT.join(_parts(joined, _BLANKS_BEFORE_WORD_IN_JOINED))


def _parts(text: str, runs: re.Pattern[str]) -> list[str]:
    """``text`` cut where the original pattern always does but ours does not.

    That is in front of the last of several blanks before a word. (What is left of the blanks then
    ends its part, which in cl100k_base puts a line break before them into one piece with them;
    no token of it goes on from a line break to blanks at its end, so the tokens are the same.)
    """
    cuts = [run.end() - 1 for run in runs.finditer(text)]
    return [text[start:end] for start, end in itertools.pairwise([0, *cuts, len(text)])]


def repair_surrogates(text: str) -> str:
    """Join split surrogate pairs and replace lone halves, as tiktoken does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_encodings: dict[str, Encoding] = {}
_encodings_lock = threading.Lock()


def get_encoding(name: str) -> Encoding:
    """The encoding ``name`` ("o200k_base" or "cl100k_base"), built without a network.

    Raises:
        Problem: the encoding is not bundled, or its file is missing or damaged.
    """
    with _encodings_lock:
        if name not in _encodings:
            _encodings[name] = build_encoding(name, read_rank_file(name))
        return _encodings[name]


def read_rank_file(name: str, folder: Path = RANK_FOLDER) -> bytes:
    """The unpacked bytes of a bundled rank file, after its SHA-256 has been checked.

    Raises:
        Problem: not bundled, missing or damaged.
    """
    if name not in RANK_SHA256:
        known = " and ".join(RANK_SHA256)
        raise Problem(f"The encoding {name!r} is not part of this app.", f"Use {known}.")
    file = folder / f"{name}.tiktoken.gz"
    try:
        ranks = gzip.decompress(file.read_bytes())
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise Problem(
            f"The tokenizer file {file.name} is missing or cannot be read.",
            "Restore core/rank_files from the repository.",
        ) from error
    if hashlib.sha256(ranks).hexdigest() != RANK_SHA256[name]:
        raise Problem(
            f"The tokenizer file {file.name} is not the original one.",
            "Restore core/rank_files from the repository.",
        )
    return ranks


def build_encoding(name: str, ranks: bytes) -> Encoding:
    """An encoding from the bytes of its rank file: lines of base64 token, space, rank."""
    fields = ranks.split()
    mergeable = dict(
        zip(map(binascii.a2b_base64, fields[0::2]), map(int, fields[1::2]), strict=True)
    )
    encoding = Encoding(
        name,
        pat_str=PATTERNS[name],
        mergeable_ranks=mergeable,
        special_tokens=SPECIAL_TOKENS[name],
    )
    encoding.blanks = _blank_tokens(mergeable, encoding.n_vocab)
    encoding._mergeable_ranks = {}  # a second copy of the vocabulary that only pickling reads
    return encoding


def _blank_tokens(ranks: dict[bytes, int], size: int) -> np.ndarray:
    """``Encoding.blanks``. Tokens of line breaks only do not count: what follows them does."""
    blanks = np.zeros(size, np.uint8)
    for token, rank in ranks.items():
        inside = token[0] in _BLANK_FIRST_BYTES and _BLANK_TOKEN.fullmatch(token)
        if inside and token.strip(b"\r\n"):
            blanks[rank] = 1 if len(token) == 1 else 3
    return blanks
