"""Masking: the frame that everything downstream works on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from urllib.parse import urlsplit

import pandas as pd

from core.messages import Note
from core.privacy.doubt import doubt_test, find_long_numbers
from core.privacy.find import Scan, author_names, normal, scan_frame
from core.privacy.mentions import base_word, base_words
from core.privacy.name_lists import name_lists, script_of
from core.privacy.other_scripts import in_letters_of
from core.privacy.participants import name_words
from core.privacy.settings import Settings
from core.privacy.spans import KINDS, NAMED_KINDS, TAGS, Span, fold, merge
from core.privacy.stand_ins import NamePicker, StandIns, author_name, handle_for, stand_in_words
from core.privacy.words import find_own_words, looks_like_a_name, own_words

STRICT_REASON = "may still hold something personal (strict masking)"


@dataclass(frozen=True)
class Masked:
    """The masked archive.

    ``frame`` has the columns of the original; texts and authors are masked, in strict mode
    doubtful messages are gone. ``me`` are the owner's masked names. ``notes`` count what was
    left out. ``map`` leads back to the real names. ``counts``: kind -> finds masked;
    ``by_conversation`` and ``by_file``: one row a conversation or a file, one column a kind.
    ``changed``: ids of messages whose text was changed; ``removed``: ids of those left out.
    """

    frame: pd.DataFrame
    me: tuple[str, ...]
    notes: list[Note]
    map: StandIns = field(repr=False)
    counts: dict[str, int]
    by_conversation: pd.DataFrame
    by_file: pd.DataFrame
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def mask_frame(
    frame: pd.DataFrame,
    me: Sequence[str],
    settings: Settings,
    *,
    scan: Scan | None = None,
    known: StandIns | None = None,
    files: pd.Categorical | None = None,
) -> Masked:
    """Mask the authors and texts of an archive's frame.

    ``scan`` is what ``scan_frame`` found in this frame or in one that contains it; without it
    the frame is scanned. ``known`` is an earlier map whose stand-ins are kept. ``files`` names the
    file each row came from.
    """
    if settings.mode == "off":
        return Masked(frame, tuple(me), [], StandIns(), {}, _counted({}), _counted({}), (), ())
    scan = scan or scan_frame(frame, me, settings)
    masker = Masker(scan, settings, known)
    authors = {name: masker.author(name) for name in author_names(frame, me)}
    doubtful = doubt_test(scan) if settings.mode == "strict" else None

    texts: list[str] = []
    conversations = frame["conversation"].astype("str").tolist()
    ids = frame["id"].astype("str").tolist()
    kept: list[bool] = []
    changed: list[str] = []
    removed: list[str] = []
    tallies: dict[str, Counter[str]] = {}
    file_tallies: dict[str, Counter[str]] = {}
    names = [] if files is None else files.categories.tolist()
    places = repeat(-1) if files is None else files.codes.tolist()
    for text, conversation, message_id, place in zip(
        frame["text"].fillna("").tolist(), conversations, ids, places, strict=False
    ):
        masked, kinds = masker.text(text)
        keep = doubtful is None or not doubtful(masked)
        texts.append(masked)
        kept.append(keep)
        if not keep:
            removed.append(message_id)
        elif kinds:
            changed.append(message_id)
        if kinds and keep:
            tallies.setdefault(conversation, Counter()).update(kinds)
            if place >= 0:
                file_tallies.setdefault(names[place], Counter()).update(kinds)

    result = frame.assign(
        text=pd.Series(texts, index=frame.index, dtype="str"),
        author=frame["author"].astype("str").map(authors).astype("category"),
    )
    if removed:
        result = result[pd.Series(kept, index=frame.index)].reset_index(drop=True)
    notes = []
    if removed:
        notes.append(Note("left_out", STRICT_REASON, len(removed), tuple(removed[:5])))
    table = _counted(tallies)
    counts = {str(kind): int(table[kind].sum()) for kind in table.columns}
    masked_me = tuple(dict.fromkeys(authors[name] for name in me if name in authors))
    by_file = _counted(file_tallies)
    return Masked(
        result, masked_me, notes, masker.map, counts, table, by_file, tuple(changed), tuple(removed)
    )


def _counted(tallies: Mapping[str, Counter[str]]) -> pd.DataFrame:
    """One row a key, one column a kind that was found."""
    kinds = [kind for kind in KINDS if any(kind in tally for tally in tallies.values())]
    return pd.DataFrame(
        [[tally[kind] for kind in kinds] for tally in tallies.values()],
        index=pd.Index(tallies, dtype="str"),
        columns=kinds,
    )


class Masker:
    """Replaces one text or author after the other, with what was replaced so far in memory."""

    def __init__(self, scan: Scan, settings: Settings, known: StandIns | None = None) -> None:
        self.map = StandIns(dict(known.words), dict(known.authors)) if known else StandIns()
        self._scan = scan
        self._base = partial(base_word, people=scan.people)
        self._allowed = {fold(word).strip() for word in settings.allowed}
        self._ticked = {fold(word).strip() for word in settings.ticked}
        self._replacements = {fold(a).strip(): b for a, b in settings.replacements}
        self._own = own_words(settings.words)
        self._strict = settings.mode == "strict"
        self._keep_domain = settings.keep_domain
        for real, new in settings.replacements:
            self._keep_chosen_name(real, new)
        kept = [new for _, new in self.map.words.values()]
        self._picker = NamePicker(settings.seed, scan.evidence.words, kept)
        self._done: dict[str, tuple[str, Counter[str]]] = {}
        self._names: dict[tuple[str, str], str] = {}
        # In the order of the archive, so that ticking a doubtful find renames nobody else.
        for name in scan.authors:
            self.author(name)
        self._keep_across_scripts()
        for text, spans in scan.spans.items():
            for span in spans:
                if span.sure and span.kind in NAMED_KINDS:
                    self.replacement(text[span.start : span.end], span)

    def _keep_chosen_name(self, real: str, new: str) -> None:
        """A made-up name that the person chose holds for every form of the real one."""
        words, chosen = name_words(real), name_words(new)
        people, lists = self._scan.people, name_lists()
        known = [w for w in map(fold, words) if w in people.single or w in lists.first]
        if words and len(words) == len(chosen) and known:
            pairs = zip(words, chosen, strict=True)
            self.map.words.update({self._base(fold(w)): (w, to) for w, to in pairs})
            self._replacements.pop(fold(real).strip(), None)

    def _keep_across_scripts(self) -> None:
        """Whoever is "Anna" for "Maria" is "Анна" for "Мария" where that can be written."""
        for form, real in self._scan.people.same_as.items():
            if form in self.map.words:
                continue
            kept = self.map.words.get(real)
            new = in_letters_of(kept[1], script_of(form)) if kept else ""
            if not self._picker.take(new):
                new = self._picker.pick(form, surname=False)
            self.map.words[form] = (form[0].upper() + form[1:], new)

    def author(self, name: str) -> str:
        """The made-up name of an author."""
        return author_name(name, self._base, self.map, self._picker)

    def spans(self, text: str) -> list[Span]:
        """What is masked in ``text`` (in NFC) under the settings, in text order."""
        found = [
            span
            for span in self._scan.spans.get(text, ())
            if self._is_active(span, text[span.start : span.end])
        ]
        if self._own:
            found += find_own_words(text, self._own)
        if self._strict:
            found += find_long_numbers(text)
        return merge(found) if found else found

    def text(self, text: str) -> tuple[str, Counter[str]]:
        """``text`` masked, and how many finds of each kind that were."""
        done = self._done.get(text)
        if done is None:
            done = self._done[text] = self._mask(normal(text))
        return done

    def replacement(self, found: str, span: Span) -> str:
        """What stands in for ``found``: the person's choice, a made-up name or a tag."""
        chosen = self._replacements.get(fold(found).strip()) if self._replacements else None
        if chosen is not None:
            return chosen
        if span.kind == "word" and looks_like_a_name(found):
            return stand_in_words(found, self._base, self.map, self._picker)
        if span.kind not in NAMED_KINDS:
            return self._tag(found, span.kind)
        new = self._names.get((found, span.kind))
        if new is None:
            new = self._names[found, span.kind] = self._made_up(found, span)
        return new

    def _made_up(self, found: str, span: Span) -> str:
        at = "@" if found[:1] in "@＠" else ""
        bare = found[1:] if at else found
        if at or span.kind == "handle" or "_" in bare or any(c.isdigit() for c in bare):
            words = base_words(bare, self._scan.people) or (fold(bare),)
            return at + handle_for(words, self.map, self._picker)
        return stand_in_words(found, self._base, self.map, self._picker)

    def _is_active(self, span: Span, found: str) -> bool:
        if self._allowed and fold(found).strip() in self._allowed:
            return False
        return span.sure or self._strict or fold(found).strip() in self._ticked

    def _tag(self, found: str, kind: str) -> str:
        if kind == "url" and self._keep_domain:
            address = found if "://" in found else f"https://{found}"
            domain = (_host(address) or "").removeprefix("www.")
            people = self._scan.people
            parts = domain.replace("-", ".").split(".")
            if domain and not any(base_words(part, people) for part in parts):
                return domain
        return TAGS[kind]

    def _mask(self, text: str) -> tuple[str, Counter[str]]:
        spans = self.spans(text)
        if not spans:
            return text, Counter()
        pieces: list[str] = []
        kinds: Counter[str] = Counter()
        position = 0
        for span in spans:
            pieces.append(text[position : span.start])
            pieces.append(self.replacement(text[span.start : span.end], span))
            kinds[span.kind] += 1
            position = span.end
        pieces.append(text[position:])
        return "".join(pieces), kinds


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def mask_titles(titles: Mapping[str, str], frame: pd.DataFrame, masked: Masked) -> dict[str, str]:
    """Conversation titles with the authors' names replaced; other titles become numbered."""
    known = masked.map.authors
    conversations = frame["conversation"].astype("str").unique()
    return {
        key: known.get(titles.get(key, key), f"Conversation {number}")
        for number, key in enumerate(conversations, 1)
    }
