"""Exact token counts, offline: bundled rank files and one fast way to count many short texts.

The rank files are OpenAI's own, byte for byte (their SHA-256 is the one in the tiktoken
package); the split patterns are those of ``tiktoken_ext.openai_public`` 0.14 (MIT).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import re
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tiktoken

from core.examples import Example
from core.problems import Problem

RANK_FOLDER = Path(__file__).parent / "rank_files"

#: SHA-256 of the unpacked rank files, as in ``tiktoken_ext.openai_public``.
RANK_SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}

END_OF_TEXT = "<|endoftext|>"

SPECIAL_TOKENS = {
    "o200k_base": {END_OF_TEXT: 199999, "<|endofprompt|>": 200018},
    "cl100k_base": {
        END_OF_TEXT: 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
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
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
}

#: Model name prefixes and their encoding, longest first where one contains another. tiktoken's
#: own table calls "ft:gpt-4.1..." cl100k_base; stripping "ft:" first gives the right answer.
MODEL_PREFIXES = (
    ("soundalike", "o200k_base"),
    ("gpt-4o", "o200k_base"),
    ("gpt-4.1", "o200k_base"),
    ("gpt-4.5", "o200k_base"),
    ("chatgpt-4o", "o200k_base"),
    ("gpt-5", "o200k_base"),
    ("gpt-oss", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-3.5", "cl100k_base"),
    ("gpt-35", "cl100k_base"),
    ("davinci-002", "cl100k_base"),
    ("babbage-002", "cl100k_base"),
)

#: Three specials (<|im_start|>, <|im_sep|>, <|im_end|>) and the role word, one token each.
TOKENS_PER_MESSAGE = 4

#: tiktoken's splitter overflows its stack on white space runs of some hundred thousand
#: characters; texts with runs beyond this go the slow way.
LONG_BLANK = 100_000
LONG_BLANK_RUN = re.compile(rf"(?<!\s)\s{{{LONG_BLANK}}}")

_encodings: dict[str, tiktoken.Encoding] = {}
_encodings_lock = threading.Lock()


def get_encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding ``name`` ("o200k_base" or "cl100k_base"), built without a network.

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
    except (OSError, EOFError, ValueError) as error:
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


def build_encoding(name: str, ranks: bytes) -> tiktoken.Encoding:
    """An encoding from the bytes of its rank file: lines of base64 token, space, rank."""
    fields = ranks.split()
    mergeable = dict(zip(map(base64.b64decode, fields[0::2]), map(int, fields[1::2]), strict=True))
    return tiktoken.Encoding(
        name,
        pat_str=PATTERNS[name],
        mergeable_ranks=mergeable,
        special_tokens=SPECIAL_TOKENS[name],
    )


def encoding_name_for(model: str) -> tuple[str, bool]:
    """The encoding of a model name, and whether it is only assumed.

    Fine-tuned names ("ft:gpt-4.1-mini-...:org:suffix:id", Azure's "...ft-id") follow their base
    model. A name that is not OpenAI's gets o200k_base, assumed: then counts are an estimate.
    """
    base = model.strip().lower().removeprefix("ft:")
    for prefix, name in MODEL_PREFIXES:
        if base.startswith(prefix):
            return name, False
    return "o200k_base", True


def count_texts(
    texts: Sequence[str], encoding: str = "o200k_base", *, threads: int = 2
) -> np.ndarray:
    """Tokens of each text: int64, the length of ``encode_ordinary`` of every text, exactly.

    Texts that occur more than once are counted once. Text that looks like a special token is
    counted as the ordinary text it is.
    """
    places: dict[str, int] = {}
    where = np.fromiter(
        (places.setdefault(text, len(places)) for text in texts), np.int64, len(texts)
    )
    return _count_unique(list(places), get_encoding(encoding), threads)[where]


def _count_unique(texts: list[str], encoding: tiktoken.Encoding, threads: int) -> np.ndarray:
    """Counts of texts, joined by the end-of-text token into a few long ones, in threads.

    The encoder looks for special tokens first and splits what lies between them on its own, so
    joining by a special token changes no count, and one call costs less than thousands.
    """
    odd = [i for i, text in enumerate(texts) if END_OF_TEXT in text or _has_long_blank(text)]
    counts = np.zeros(len(texts), np.int64)
    plain = np.ones(len(texts), bool)
    plain[odd] = False
    for i in odd:
        counts[i] = _count_odd(texts[i], encoding)
    joinable = [texts[i] for i in np.flatnonzero(plain)] if odd else texts
    if not joinable:
        return counts
    pieces = max(1, min(8 * threads, len(joinable) // 500))
    edges = np.linspace(0, len(joinable), pieces + 1).astype(int)
    chunks = [joinable[start:end] for start, end in itertools.pairwise(edges)]
    if len(chunks) == 1:
        counts[plain] = _count_joined(chunks[0], encoding)
        return counts
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda chunk: _count_joined(chunk, encoding), chunks))
    counts[plain] = np.concatenate(parts)
    return counts


def _count_joined(texts: list[str], encoding: tiktoken.Encoding) -> np.ndarray:
    joined = END_OF_TEXT.join(texts)
    allowed = {END_OF_TEXT}
    try:
        tokens = encoding.encode_to_numpy(joined, allowed_special=allowed, disallowed_special=())
    except UnicodeEncodeError:  # half of a surrogate pair; repaired as encode_ordinary does
        joined = _repair_surrogates(joined)
        tokens = encoding.encode_to_numpy(joined, allowed_special=allowed, disallowed_special=())
    ends = np.flatnonzero(tokens == encoding.eot_token)
    return np.diff(ends, prepend=-1, append=len(tokens)) - 1


def _repair_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _has_long_blank(text: str) -> bool:
    return len(text) >= LONG_BLANK and LONG_BLANK_RUN.search(text) is not None


def _count_odd(text: str, encoding: tiktoken.Encoding) -> int:
    """Tokens of a text that cannot be joined: it spells out the separator or is mostly blank."""
    if not _has_long_blank(text):
        return len(encoding.encode_ordinary(text))
    import regex  # here because hardly any archive needs it

    pieces = regex.finditer(PATTERNS[encoding.name], _repair_surrogates(text))
    return sum(len(encoding._encode_single_piece(piece.group())) for piece in pieces)


def count_examples(examples: Iterable[Example], encoding: str = "o200k_base") -> np.ndarray:
    """Tokens of each example as it is billed: int64, one per example.

    A message costs its content, three special tokens and the role word; a name costs its own
    tokens and one more. This equals the figure on OpenAI's dashboard for text-only chat.
    """
    examples = list(examples)
    messages = [message for example in examples for message in example.messages]
    costs = count_texts([message.content for message in messages], encoding) + TOKENS_PER_MESSAGE
    named = [i for i, message in enumerate(messages) if message.name]
    names = [messages[i].name or "" for i in named]
    costs[named] += count_texts(names, encoding) + 1
    owners = np.repeat(np.arange(len(examples)), [len(e.messages) for e in examples])
    return np.bincount(owners, weights=costs, minlength=len(examples)).astype(np.int64)


def encode(text: str, encoding: str = "o200k_base") -> list[int]:
    """Token ids of one text, special tokens as ordinary text, million-blank runs included."""
    tokenizer = get_encoding(encoding)
    if not _has_long_blank(text):
        return tokenizer.encode_ordinary(text)
    import regex

    pieces = regex.finditer(PATTERNS[encoding], _repair_surrogates(text))
    return [token for piece in pieces for token in tokenizer._encode_single_piece(piece.group())]
