"""Stand-ins: one stable made-up name per real name, and the way back.

Names are replaced word by word, so "Anna", "Schmidt" and "Anna Schmidt" keep fitting together.
Which made-up name somebody gets depends on the order in which names appear and on the seed,
never on the real name, so the map cannot be guessed from the outside.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import word_list
from core.privacy.name_lists import name_lists, pools, script_of
from core.privacy.participants import WORD, name_words, split_unspaced
from core.privacy.spans import fold
from core.problems import Problem

_UNSPACED_SCRIPTS = ("CJK", "HANGUL", "THAI")
_PARTICLES = word_list("name_particles")
_FORMAT_VERSION = 1


@dataclass
class StandIns:
    """The reversible map: real name word as written -> made-up word.

    ``words`` is keyed by the folded real word and holds (real word as written, made-up word);
    ``authors`` maps an author's whole name to its made-up name. It belongs to the person's
    session or to a file they download, never into a data set.
    """

    words: dict[str, tuple[str, str]] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)


class NamePicker:
    """Hands out made-up words, each once, in an order that ``seed`` shuffles.

    ``used`` are folded words that must not be handed out: everything the archive contains.
    """

    def __init__(self, seed: int, used: Container[str], kept: Iterable[str] = ()) -> None:
        self._seed = seed
        self._used = used
        self._given = {fold(word) for word in kept}
        self._queues: dict[tuple[str, str], list[str]] = {}

    def pick(self, real: str, *, surname: bool) -> str:
        """A made-up word in the script of ``real`` (folded), of the same sex where known."""
        script = script_of(real)
        lists = name_lists()
        kind = "last" if surname else "male" if real in lists.male else "female"
        if not surname and real not in lists.male and real not in lists.female:
            kind = "male" if len(self._given) % 2 else "female"
        for candidate in self._candidates(script, kind):
            folded = fold(candidate)
            if folded == real or (len(real) > 1 and (folded in real or real in folded)):
                continue
            if folded not in self._given and folded not in self._used:
                self._given.add(folded)
                return candidate
        raise AssertionError("the candidates never end")

    def take(self, word: str) -> bool:
        """Whether ``word`` can be handed out; if so, it is."""
        folded = fold(word)
        if not word or folded in self._given or folded in self._used:
            return False
        self._given.add(folded)
        return True

    def _candidates(self, script: str, kind: str) -> Iterable[str]:
        key = (script, kind)
        if key not in self._queues:
            self._queues[key] = _shuffled(script, kind, self._seed)
        queue = self._queues[key]
        while queue:
            yield queue.pop()
        # Ten thousand people are more than any list has: join two names to a third.
        names = [name for name in getattr(pools(script), kind) if len(name) < 8]
        shuffle = random.Random(f"{self._seed}/{script}/{kind}/{len(self._given)}")
        for attempt in itertools.count():
            # A short list has few pairs, so the names grow longer until one is free.
            parts = [shuffle.choice(names) for _ in range(2 + attempt // 200)]
            yield parts[0] + fold("".join(parts[1:]))


def _shuffled(script: str, kind: str, seed: int) -> list[str]:
    """The pool with its best-known names on top (at the end), each tier shuffled."""
    names = list(getattr(pools(script), kind))
    top, rest = names[:600], names[600:]
    for tier in (top, rest):
        random.Random(f"{seed}/{script}/{kind}").shuffle(tier)
    return rest + top


def stand_in_words(
    found: str, base: Callable[[str], str], made_up: StandIns, picker: NamePicker
) -> str:
    """``found`` with every name word replaced, in the letter case of the original.

    ``base`` leads from a folded form to the folded name it is a form of.
    """
    result = []
    position = 0
    first = True
    for match in WORD.finditer(found):
        result.append(found[position : match.start()])
        pieces = split_unspaced(match.group())
        for index, piece in enumerate(pieces):
            if (fold(piece) in _PARTICLES and not first) or piece.isdigit():
                result.append(piece)
                continue
            if len(piece) == 1 and script_of(piece) not in _UNSPACED_SCRIPTS:
                # "Anna S." keeps an initial, but another one; "Anna's" keeps its s.
                after_apostrophe = found[: match.start()][-1:] in ("'", "’")
                letter = (
                    piece if after_apostrophe else _one(piece, fold(piece), True, made_up, picker)
                )
                result.append(like(piece, letter[:1]))
                continue
            surname = index == 0 if len(pieces) > 1 else not first
            result.append(_one(piece, base(fold(piece)), surname, made_up, picker))
        first = False
        position = match.end()
    result.append(found[position:])
    return "".join(result)


def _one(written: str, real: str, surname: bool, made_up: StandIns, picker: NamePicker) -> str:
    if not real:
        return written
    if real not in made_up.words:
        shown = written if fold(written) == real else real
        if script_of(real) not in _UNSPACED_SCRIPTS:
            capital = shown[0].upper() + shown[1:]
            shown = capital if fold(capital) == real else shown
        made_up.words[real] = (shown, picker.pick(real, surname=surname))
    return like(written, made_up.words[real][1])


def like(written: str, word: str) -> str:
    """``word`` in the letter case of ``written``."""
    if len(written) > 1 and written.isupper():
        return word.upper()
    return word.lower() if written[:1].islower() else word


def handle_for(words: Iterable[str], made_up: StandIns, picker: NamePicker) -> str:
    """A made-up user name out of the stand-ins of ``words`` (folded name words)."""
    parts = [_one(word, word, i > 0, made_up, picker) for i, word in enumerate(words)]
    return "".join(part.lower() for part in parts)


def author_name(
    name: str, base: Callable[[str], str], made_up: StandIns, picker: NamePicker
) -> str:
    """The made-up name of an author; different authors get different names.

    Emoji and punctuation around a name can give it away, so only name words are kept.
    """
    if name in made_up.authors:
        return made_up.authors[name]
    words = [w for w in name_words(name) if any(c.isalpha() for c in w)]
    joint = "" if all(script_of(w) in ("CJK", "HANGUL") for w in words) else " "
    whole = any(len(w) > 1 or script_of(w) in _UNSPACED_SCRIPTS for w in words)
    new = stand_in_words(joint.join(words), base, made_up, picker) if whole else ""
    taken = set(made_up.authors.values())
    while new in taken or not new:
        new = f"{new} {picker.pick('', surname=True)}".strip()
    made_up.authors[name] = new
    return new


def restore(text: str, made_up: StandIns) -> str:
    """``text`` with the real names back in place of the made-up ones.

    Made-up names are never words of the archive, so nothing else is touched.
    """
    whole = {new: real for real, new in made_up.authors.items()}
    back = {fold(new): real for real, new in made_up.words.values()}
    back |= {
        fold(new): real
        for new, real in whole.items()
        if len(WORD.findall(new)) == 1 and fold(new) not in back
    }
    for new in sorted(whole, key=len, reverse=True):
        real_words = " ".join(name_words(whole[new]))
        if new in text and fold(real_words) != fold(_words_back(new, back)):
            bounded = rf"(?<![\p{{L}}\p{{N}}]){regex.escape(new)}(?![\p{{L}}\p{{N}}])"
            text = regex.sub(bounded, whole[new].replace("\\", r"\\"), text)
    return _words_back(text, back)


def _words_back(text: str, back: Mapping[str, str]) -> str:
    lengths = sorted({len(k) for k in back if script_of(k) in _UNSPACED_SCRIPTS}, reverse=True)

    def put_back(match: regex.Match[str]) -> str:
        written = match.group()
        real = back.get(fold(written))
        if real is not None:
            return like(written, real) if written != real else real
        if lengths and script_of(written) in _UNSPACED_SCRIPTS:
            return _pieces_back(written, back, lengths)
        return written

    return regex.sub(r"[\p{L}\p{M}\p{N}_]+", put_back, text)


def _pieces_back(run: str, back: Mapping[str, str], lengths: list[int]) -> str:
    result = []
    position = 0
    while position < len(run):
        for length in lengths:
            piece = run[position : position + length]
            if len(piece) == length and length > 1 and fold(piece) in back:
                result.append(back[fold(piece)])
                position += length
                break
        else:
            result.append(run[position])
            position += 1
    return "".join(result)


def to_json(made_up: StandIns) -> bytes:
    """The map as a file to keep: JSON, UTF-8."""
    value = {
        "version": _FORMAT_VERSION,
        "words": dict(made_up.words.values()),
        "authors": made_up.authors,
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def from_json(data: bytes) -> StandIns:
    """The map that ``to_json`` wrote.

    Raises:
        Problem: the file is not such a map.
    """
    try:
        value = json.loads(data)
        words, authors = value["words"], value["authors"]
        if value["version"] != _FORMAT_VERSION:
            raise ValueError
        pairs = [*words.items(), *authors.items()]
        if not all(isinstance(a, str) and isinstance(b, str) and a and b for a, b in pairs):
            raise TypeError
        return StandIns({fold(real): (real, new) for real, new in words.items()}, dict(authors))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Problem(
            "This file is not a list of real and made-up names.",
            "Choose real-and-made-up-names.json, as it was downloaded at the end of this page.",
        ) from None
