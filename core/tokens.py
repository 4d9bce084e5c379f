"""Exact token counts, offline, and one fast way to count many short texts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.encodings import END_OF_PROMPT, END_OF_TEXT, Encoding, cut_joined, get_encoding
from core.examples import Example
from core.exchanges import Exchanges
from core.window_examples import WindowExamples

__all__ = [
    "TOKENS_PER_MESSAGE",
    "count_examples",
    "count_texts",
    "encode",
    "encoding_name_for",
    "get_encoding",
]

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

#: Pieces that a long list of texts is counted in: enough to keep two threads busy to the end.
CHUNKS = 16

#: Texts that are looked at to find out whether there are many repeats.
SAMPLE = 10_000


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
    texts: Iterable[str], encoding: str = "o200k_base", *, threads: int = 2
) -> np.ndarray:
    """Tokens of each text: int64, the length of ``encode_ordinary`` of every text, exactly.

    Texts that occur more than once are counted once, if a look at the first ones says that there
    are many. Text that looks like a special token is counted as the ordinary text it is.
    """
    tokenizer = get_encoding(encoding)
    texts = texts if isinstance(texts, list) else list(texts)
    first = texts[:SAMPLE]
    if len(set(first)) > 0.9 * len(first):  # finding the repeats would cost more than it saves
        return _count(texts, tokenizer, threads)
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    where = np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))
    return _count(list(places), tokenizer, threads)[where]


def _count(texts: list[str], encoding: Encoding, threads: int) -> np.ndarray:
    """Counts of many texts: joined into a few long ones, in threads (tiktoken lets go of the GIL).

    The encoder looks for special tokens first and encodes what lies between them on its own, so
    joining by a special token changes no count, and one call costs less than thousands.
    """
    pieces = max(1, min(CHUNKS, len(texts) // 500))
    edges = np.linspace(0, len(texts), pieces + 1).astype(int)
    chunks = [texts[start:end] for start, end in itertools.pairwise(edges)]
    if len(chunks) == 1:
        return _count_chunk(texts, encoding)
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(lambda chunk: _count_chunk(chunk, encoding), chunks)))


def _count_chunk(texts: list[str], encoding: Encoding) -> np.ndarray:
    if not texts:
        return np.zeros(0, np.int64)
    joined = END_OF_TEXT.join(texts)
    if joined.count(END_OF_TEXT) >= len(texts) or END_OF_PROMPT in joined:
        return np.array([len(encoding.encode_ordinary(text)) for text in texts])
    counts, unsure = _count_parts(joined, encoding)
    again = np.flatnonzero(unsure).tolist()
    if again:
        cut = cut_joined(END_OF_TEXT.join([texts[i] for i in again]))
        counts[again], _ = _count_parts(cut, encoding)
    return counts


def _count_parts(joined: str, encoding: Encoding) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of each part between END_OF_TEXT, and which parts may have to be cut first."""
    tokens = encoding.encode_marked(joined)
    ends = np.flatnonzero(tokens == encoding.eot_token)
    blank = encoding.blanks[tokens]
    hits = blank == 3
    hits[1:] |= (blank[1:] & blank[:-1]) != 0
    unsure = np.zeros(len(ends) + 1, bool)
    unsure[np.searchsorted(ends, np.flatnonzero(hits))] = True
    counts = np.diff(ends, prepend=-1, append=len(tokens)) - 1
    if END_OF_PROMPT in joined:
        marks = np.flatnonzero(tokens == encoding.encode_single_token(END_OF_PROMPT))
        counts -= np.bincount(np.searchsorted(ends, marks), minlength=len(counts))
    return counts, unsure


def count_examples(examples: Iterable[Example], encoding: str = "o200k_base") -> np.ndarray:
    """Tokens of each example as it is billed: int64, one per example.

    A message costs its content, three special tokens and the role word; a name costs its own
    tokens and one more. This equals the figure on OpenAI's dashboard for text-only chat.
    """
    if isinstance(examples, WindowExamples):
        asked, said = _kept_counts(examples.exchanges, encoding)
        lines = [[message.content for message in system] for system in examples.systems]
        costs = count_texts(itertools.chain(*lines), encoding) + TOKENS_PER_MESSAGE
        ends = np.cumsum([0, *map(len, lines)])
        systems = np.diff(np.r_[0, np.cumsum(costs)][ends])
        return examples.sums(asked + TOKENS_PER_MESSAGE, said + TOKENS_PER_MESSAGE, systems)
    examples = list(examples)
    messages = [message for example in examples for message in example.messages]
    costs = count_texts([message.content for message in messages], encoding) + TOKENS_PER_MESSAGE
    named = [i for i, message in enumerate(messages) if message.name]
    names = [messages[i].name or "" for i in named]
    costs[named] += count_texts(names, encoding) + 1
    owners = np.repeat(np.arange(len(examples)), [len(e.messages) for e in examples])
    return np.bincount(owners, weights=costs, minlength=len(examples)).astype(np.int64)


def count_answers(examples: Sequence[Example], encoding: str = "o200k_base") -> np.ndarray:
    """Tokens of the answer that each example ends with (int64)."""
    if isinstance(examples, WindowExamples):
        return _kept_counts(examples.exchanges, encoding)[1][examples.chosen]
    return count_texts([example.completion for example in examples], encoding)


def _kept_counts(of: Exchanges, encoding: str) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of every prompt and of every answer; kept as long as the exchanges are."""
    if encoding not in of.token_counts:
        asked, said = count_texts(of.prompts, encoding), count_texts(of.answers, encoding)
        of.token_counts[encoding] = asked, said
    return of.token_counts[encoding]


def encode(text: str, encoding: str = "o200k_base") -> list[int]:
    """Token ids of one text; what looks like a special token is encoded as the text it is."""
    return get_encoding(encoding).encode_ordinary(text)
