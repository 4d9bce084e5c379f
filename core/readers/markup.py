"""HTML to plain text, as a person reads it. Links keep their words, quotes get ``> ``."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SKIPPED = {"head", "style", "script", "title", "template", "noscript", "svg", "object"}
_VOID = {
    "br", "img", "hr", "meta", "input", "link", "area", "base", "col", "embed", "source", "wbr",
}  # fmt: skip
_LINE = {
    "div",
    "tr",
    "table",
    "li",
    "section",
    "article",
    "header",
    "footer",
    "dt",
    "dd",
    "address",
}
_PARAGRAPH = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "dl"}
_SIGNATURES = re.compile(
    r"gmail_signature|moz-signature|mobile-signature|^Signature$", re.IGNORECASE
)


#: Comments, and elements whose content is no text; an unclosed one reaches to the end.
_DROPPED = re.compile(
    r"<!--.*?(?:-->|\Z)|<(style|script)\b[^<>]{0,2000}+>.*?(?:</\1\s{0,9}>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
#: A ``<`` that begins no tag. The standard library's parser looks for the end of each one anew.
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z!?](?:[^<>\"']++|\"[^\"]{0,3000}+\"|'[^']{0,3000}+'|[\"'])*+>)")


class _Reader(HTMLParser):
    """Collects text pieces; line breaks are counted and written before the next word."""

    def __init__(self, hidden_classes: frozenset[str], quote_mark: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden_classes = hidden_classes
        self._mark = quote_mark
        self._skipped: list[str] = []
        self._quotes = self._last_quotes = 0
        self._breaks = 0
        self._space = False
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            if tag not in _VOID:
                self._skipped.append(tag)
            return
        values = dict(attrs)
        classes = set((values.get("class") or "").split())
        if tag in _SKIPPED or classes & self._hidden_classes:
            if tag not in _VOID:
                self._skipped.append(tag)
            return
        if self._mark and _SIGNATURES.search(
            f"{values.get('class') or ''} {values.get('id') or ''}".strip()
        ):
            self._break(1)
            self._write("-- ")
            self._breaks = 1
        if tag == "br":
            self._breaks += 1
            self._space = False
        elif tag in _LINE or tag == "hr":
            self._break(1)
        elif tag in _PARAGRAPH:
            self._break(2)
            self._pre += tag == "pre"
        elif tag == "blockquote":
            self._break(1)
            self._quotes += 1
            self._break(1)
        elif tag == "td" and self.pieces:
            self._space = True
        if tag == "li":
            self._write("- ")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
            return
        if tag in _LINE:
            self._break(1)
        elif tag in _PARAGRAPH:
            self._break(2)
            if tag == "pre" and self._pre:
                self._pre -= 1
        elif tag == "blockquote" and self._quotes:
            self._break(1)
            self._quotes -= 1

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._pre:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self._breaks += 1
                if line:
                    self._write(line)
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        if words.startswith(" "):
            self._space = True
        stripped = words.strip(" ")
        if stripped:
            self._write(stripped)
            self._space = words.endswith(" ")

    def _break(self, count: int) -> None:
        self._breaks = max(self._breaks, count)
        self._space = False

    def _flush_breaks(self) -> None:
        if self._breaks > 1 and self.pieces:
            self.pieces.append("\n" + self._mark * min(self._quotes, self._last_quotes))
        if self._breaks and self.pieces:
            self.pieces.append("\n")
        self.pieces.append(self._mark * self._quotes)
        self._last_quotes = self._quotes

    def _write(self, text: str) -> None:
        if self._breaks or not self.pieces:
            self._flush_breaks()
        elif self._space:
            self.pieces.append(" ")
        self._breaks = 0
        self._space = False
        self.pieces.append(text)


def html_to_text(
    html: str, *, hidden_classes: frozenset[str] = frozenset(), quote_mark: str = ""
) -> str:
    """Plain text of an HTML fragment or page; broken HTML gives what can be read.

    Args:
        html: the markup. Without a single tag or entity it comes back unchanged.
        hidden_classes: elements with one of these classes are left out.
        quote_mark: goes before each line inside ``blockquote``, once per level; with one given,
            a known signature element gets the line ``-- `` before it.
    """
    if "<" not in html and "&" not in html:
        return html
    reader = _Reader(hidden_classes, quote_mark)
    try:
        reader.feed(_NO_TAG.sub("&lt;", _DROPPED.sub(" ", html)))
        reader.close()
    except (AssertionError, ValueError):  # a few malformed declarations
        reader.pieces.append(re.sub(r"<[^>]*>", " ", html))
    lines = "".join(reader.pieces).split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines).strip("\n")
