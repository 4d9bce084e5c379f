"""Recall and precision of the privacy rules on labelled messages, beside other tools.

    python -m benchmarks.privacy [--file ninth|eighth|...|third|unseen|second|tuning] [--misses]

presidio (patterns only), scrubadub and datafog are measured where they are installed, on the
same messages, and named as absent where they are not. Found means: every letter and digit of
the item is hidden. Right means: at least half of what a tool hides belongs to an item.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import regex

from core.messages import make_frame
from core.privacy import Settings, mask_frame, scan_frame
from core.privacy.apply import Masker
from core.readers import read_archive
from core.samples import SAMPLES

FOLDER = Path(__file__).parents[1] / "tests" / "data"
FILES = {
    "ninth": FOLDER / "privacy_labelled_ninth.txt",
    "eighth": FOLDER / "privacy_labelled_eighth.txt",
    "seventh": FOLDER / "privacy_labelled_seventh.txt",
    "sixth": FOLDER / "privacy_labelled_sixth.txt",
    "fifth": FOLDER / "privacy_labelled_fifth.txt",
    "fourth": FOLDER / "privacy_labelled_fourth.txt",
    "second": FOLDER / "privacy_labelled_second.txt",
    "unseen": FOLDER / "privacy_labelled_unseen.txt",
    "third": FOLDER / "privacy_labelled_third.txt",
    "tuning": FOLDER / "privacy_labelled_tuning.txt",
}
_ITEM = regex.compile(r"\{(?P<kind>[a-z_]+)\|(?P<text>[^}]*)\}")

Interval = tuple[int, int]


class Item(NamedTuple):
    """A labelled stretch of a message."""

    start: int
    end: int
    kind: str


class Labelled(NamedTuple):
    """One labelled message."""

    locale: str
    text: str
    items: tuple[Item, ...]


@dataclass
class Score:
    """Counts over a set of messages; ``items`` and ``found`` per kind."""

    items: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    right: int = 0
    holding: int = 0
    touched: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)

    def recall(self, without: Sequence[str] = ()) -> float:
        """Share of the items that are hidden entirely."""
        kinds = [kind for kind in self.items if kind not in without]
        return sum(self.found[k] for k in kinds) / max(1, sum(self.items[k] for k in kinds))

    @property
    def precision(self) -> float:
        """Share of what was hidden that had to be."""
        return self.right / max(1, self.hidden)


def read_labelled(path: Path) -> tuple[list[str], list[Labelled]]:
    """The archive's people and the labelled messages of one file; ``\\n`` is a line break."""
    people: list[str] = []
    messages: list[Labelled] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        head, _, rest = line.partition("\t")
        if head == "@people":
            people = rest.split("; ")
        elif rest and not head.startswith("#"):
            messages.append(_parse(head, rest.replace("\\n", "\n")))
    return people, messages


def _parse(locale: str, marked: str) -> Labelled:
    plain: list[str] = []
    items: list[Item] = []
    position = length = 0
    for match in _ITEM.finditer(marked):
        before = marked[position : match.start()]
        start = length + len(before)
        length = start + len(match["text"])
        plain += [before, match["text"]]
        items.append(Item(start, length, match["kind"]))
        position = match.end()
    plain.append(marked[position:])
    return Labelled(locale, "".join(plain), tuple(items))


def score(
    messages: Sequence[Labelled], hidden: Sequence[Sequence[Interval]], seconds: float = 0.0
) -> Score:
    """Compare the intervals that a tool hides in each message with the labels."""
    result = Score(seconds=seconds)
    for message, intervals in zip(messages, hidden, strict=True):
        covered = {i for start, end in intervals for i in range(start, end)}
        wanted = {i for item in message.items for i in range(item.start, item.end)}
        for item in message.items:
            letters = [i for i in range(item.start, item.end) if message.text[i].isalnum()]
            result.items[item.kind] += 1
            if all(i in covered for i in letters):
                result.found[item.kind] += 1
            else:
                result.misses.append(f"missed {item.kind}: {_shown(message, item.start, item.end)}")
        for start, end in intervals:
            letters = [i for i in range(start, end) if message.text[i].isalnum()]
            right = 2 * sum(i in wanted for i in letters) >= len(letters)
            result.hidden += 1
            result.right += right
            if not right:
                result.misses.append(f"false alarm: {_shown(message, start, end)}")
        if message.items:
            result.holding += 1
            result.touched += bool(intervals)
    return result


def _shown(message: Labelled, start: int, end: int) -> str:
    text = message.text
    return f"{message.locale} {text[:start]}>>{text[start:end]}<<{text[end:]}"


def frame_of(people: Sequence[str], texts: Sequence[str]):
    """An archive's frame in which every person wrote at least one message."""
    rows = [(name, "ok") for name in people]
    rows += [(people[i % len(people)], text) for i, text in enumerate(texts)]
    count = len(rows)
    return make_frame(
        {
            "id": [str(i) for i in range(count)],
            "conversation": ["chat"] * count,
            "sent_at": [None] * count,
            "author": [row[0] for row in rows],
            "text": [row[1] for row in rows],
            "kind": ["message"] * count,
            "reply_to": [None] * count,
        }
    )


def ours(people: Sequence[str], messages: Sequence[Labelled], settings: Settings) -> Score:
    """Score of this package, every language an archive of its own, as archives are.

    Strict mode counts a message left out as hidden entirely.
    """
    total = Score()
    for language in dict.fromkeys(message.locale[:2] for message in messages):
        group = [message for message in messages if message.locale.startswith(language)]
        result = _one_archive(people, group, settings)
        total.items += result.items
        total.found += result.found
        for name in ("hidden", "right", "holding", "touched"):
            setattr(total, name, getattr(total, name) + getattr(result, name))
        total.misses += result.misses
    return total


def _one_archive(people: Sequence[str], messages: Sequence[Labelled], settings: Settings) -> Score:
    frame = frame_of(people, [message.text for message in messages])
    scan = scan_frame(frame, [], settings)
    masked = mask_frame(frame, [], settings, scan=scan)
    masker = Masker(scan, settings)
    removed = {int(i) - len(people) for i in masked.removed}
    hidden: list[list[Interval]] = []
    for index, message in enumerate(messages):
        if index in removed:
            hidden.append(
                [(item.start, item.end) for item in message.items] or [(0, len(message.text))]
            )
        else:
            hidden.append([(span.start, span.end) for span in masker.spans(message.text)])
    return score(messages, hidden)


def presidio_default() -> Callable[[str], list[Interval]]:
    """presidio's recognisers that need no model, every score counted."""
    analyzer = importlib.import_module("presidio_analyzer")
    nlp = importlib.import_module("presidio_analyzer.nlp_engine")
    nothing = nlp.NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nothing.load()
    engine = analyzer.AnalyzerEngine(nlp_engine=nothing, supported_languages=["en"])
    return lambda text: [
        (r.start, r.end) for r in engine.analyze(text, language="en", score_threshold=0)
    ]


def scrubadub_default() -> Callable[[str], list[Interval]]:
    """scrubadub with its default detectors."""
    scrubber = importlib.import_module("scrubadub").Scrubber()
    return lambda text: [(f.beg, f.end) for f in scrubber.iter_filth(text)]


def datafog_regex() -> Callable[[str], list[Interval]]:
    """datafog's regex engine."""
    annotator = importlib.import_module(
        "datafog.processing.text_processing.regex_annotator"
    ).RegexAnnotator()

    def find(text: str) -> list[Interval]:
        _, result = annotator.annotate_with_spans(text)
        return [(span.start, span.end) for span in result.spans]

    return find


RIVALS: dict[str, tuple[str, Callable[[], Callable[[str], list[Interval]]]]] = {
    "presidio, patterns only": ("presidio_analyzer", presidio_default),
    "scrubadub": ("scrubadub", scrubadub_default),
    "datafog, regex": ("datafog", datafog_regex),
}
PACKAGES = {"presidio_analyzer": "presidio-analyzer"}


def merged(intervals: Sequence[Interval]) -> list[Interval]:
    """Overlapping intervals joined, so that no tool is charged twice for one mistake."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def rival(
    make: Callable[[], Callable[[str], list[Interval]]], messages: Sequence[Labelled]
) -> Score:
    """Score of another tool."""
    find = make()
    find("warm up")
    started = time.process_time()
    hidden = [merged(find(message.text)) for message in messages]
    return score(messages, hidden, time.process_time() - started)


def many(messages: Sequence[Labelled], count: int) -> list[str]:
    """``count`` different texts out of the labelled ones, each with two letters at its end."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    ends = (a + b + c for a in letters for b in letters for c in letters)
    pairs = zip(ends, itertools.cycle(messages), strict=False)
    return [f"{message.text} {end}" for end, message in itertools.islice(pairs, count)]


def our_speed(people: Sequence[str], messages: Sequence[Labelled], settings: Settings) -> float:
    """Messages per second for scan and masking of 10,000 messages in one archive."""
    mask_frame(frame_of(people, ["warm up"]), [], settings)
    frame = frame_of(people, many(messages, 10_000))
    started = time.process_time()
    mask_frame(frame, [], settings)
    return len(frame) / (time.process_time() - started)


def ordinary() -> list[Labelled]:
    """The texts of the bundled sample archives: chats and posts with little to hide."""
    frames = [read_archive(sample.path).frame() for sample in SAMPLES]
    texts = [text for frame in frames for text in frame["text"] if text]
    return [Labelled("en", text, ()) for text in texts]


def line(name: str, result: Score, speed: float) -> str:
    """One row of the table."""
    people = ("person", "name")
    return (
        f"| {name} | {result.recall():.0%} | {result.recall(people):.0%} | {result.precision:.0%} | "
        f"{result.touched} of {result.holding} | {speed:,.0f} |"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", choices=sorted(FILES), default="ninth")
    parser.add_argument("--misses", action="store_true", help="list every miss and false alarm")
    options = parser.parse_args(arguments)
    people, messages = read_labelled(FILES[options.file])
    items = sum(len(message.items) for message in messages)
    locales = len({message.locale for message in messages})
    print(f"{options.file}: {items} items in {len(messages)} messages of {locales} locales\n")
    print("| tool | recall | without names | precision | messages with PII touched | messages/s |")
    print("|---|---|---|---|---|---|")
    standard = ours(people, messages, Settings())
    print(line("this app, standard", standard, our_speed(people, messages, Settings())))
    strict = Settings(mode="strict")
    print(
        line(
            "this app, strict", ours(people, messages, strict), our_speed(people, messages, strict)
        )
    )
    for name, (module, make) in RIVALS.items():
        if importlib.util.find_spec(module) is None:
            print(f"| {name} | not installed | | | | |")
            continue
        version = importlib.metadata.version(PACKAGES.get(module, module))
        result = rival(make, messages)
        print(line(f"{name} {version}", result, len(messages) / result.seconds))
    for settings in (Settings(), strict):
        speed = our_speed(people, ordinary(), settings)
        print(f"\nthe bundled samples' messages, {settings.mode}: {speed:,.0f} a second")
    print("\n| kind | found, standard |\n|---|---|")
    for kind, count in standard.items.most_common():
        print(f"| {kind} | {standard.found[kind]} of {count} |")
    if options.misses:
        print("\n" + "\n".join(standard.misses))


if __name__ == "__main__":
    main()
