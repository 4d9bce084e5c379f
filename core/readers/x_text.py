"""The text of a post as its author saw it: links expanded, entities unescaped, mentions cut."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_LEFT_LINK = re.compile(r"\s{0,3}https?://t\.co/\w*…?")
_LEADING = re.compile(r"\s*@(\w{1,20})")
_STATUS = re.compile(r"https?://(?:mobile\.|www\.)?(?:twitter|x)\.com/[^/]+/status/(\d+)")


def _first_day(month: str) -> int:
    """Days since 1970 of the first of ``Aug 2023``."""
    return date(int(month[4:]), _MONTHS[month[:3]], 1).toordinal() - 719_163


_FIRST_DAYS = {
    f"{name} {year}": _first_day(f"{name} {year}") for name in _MONTHS for year in range(2006, 2041)
}


def tweet_ms(text: object) -> int | None:
    """Milliseconds since 1970 UTC of ``Sat Aug 12 16:10:37 +0000 2023``, else None.

    The name of the weekday is not looked at: exporters get it wrong.
    """
    if not isinstance(text, str) or len(text) != 30:
        return None
    try:
        day = int(text[8:10])
        if not 1 <= day <= 31:
            return None
        month = text[4:8] + text[26:30]
        days = (_FIRST_DAYS.get(month) or _first_day(month)) + day - 1
        seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
        if text[20:25] != "+0000":
            sign = -1 if text[20] == "+" else 1
            seconds += sign * (int(text[21:23]) * 3600 + int(text[23:25]) * 60)
    except (ValueError, KeyError):
        return None
    return (days * 86_400 + seconds) * 1000


def tweet_text(tweet: dict[str, Any], raw: str) -> str:
    """``raw`` with links expanded, links to its own media removed, entities unescaped.

    Indices count code points of the raw text before unescaping, so links are replaced from the
    right and entities are unescaped afterwards. A quoted post's link is removed: it is an
    attachment, not words.
    """
    if "t.co/" in raw:
        raw = _links_replaced(tweet, raw)
    if "&" in raw:
        raw = html.unescape(raw)
    return raw.strip()


def _links_replaced(tweet: dict[str, Any], raw: str) -> str:
    entities = tweet.get("entities")
    if not isinstance(entities, dict):
        entities = {}
    spans: list[tuple[int, int, str]] = []
    seen: set[tuple[int, int]] = set()
    for name in ("media", "urls"):
        items = entities.get(name)
        for item in items if isinstance(items, list) else ():
            span = _span(item, raw)
            if span is None or span in seen:
                continue
            seen.add(span)
            expanded = item.get("expanded_url")
            keep = name == "urls" and isinstance(expanded, str) and not _STATUS.match(expanded)
            spans.append((*span, str(expanded) if keep else ""))
    for start, end, new in sorted(spans, reverse=True):
        raw = raw[:start] + new + raw[end:] if new else raw[:start].rstrip(" ") + raw[end:]
    # What is left could not be resolved: old, truncated or written by a third program.
    return _LEFT_LINK.sub("", raw) if "t.co/" in raw else raw


def _span(item: object, raw: str) -> tuple[int, int] | None:
    """Where a link stands: by its indices if they point at it, else by looking for it."""
    if not isinstance(item, dict):
        return None
    url = item.get("url")
    indices = item.get("indices")
    if not isinstance(url, str) or not url:
        return None
    if isinstance(indices, list) and len(indices) == 2:
        try:
            start, end = int(indices[0]), int(indices[1])
        except (TypeError, ValueError):
            start = end = -1
        if 0 <= start < end and raw[start:end] == url:
            return start, end
    start = raw.find(url)
    return (start, start + len(url)) if start >= 0 else None


def without_leading_mentions(text: str, tweet: dict[str, Any]) -> str:
    """A reply without the ``@a @b `` in front, which the app writes, not the author."""
    entities = tweet.get("entities")
    mentions = entities.get("user_mentions") if isinstance(entities, dict) else None
    names = {
        str(m.get("screen_name")).lower()
        for m in (mentions if isinstance(mentions, list) else ())
        if isinstance(m, dict)
    }
    names.add(str(tweet.get("in_reply_to_screen_name")).lower())
    position = 0
    while found := _LEADING.match(text, position):
        if found.group(1).lower() not in names:
            break
        position = found.end()
    return text[position:].lstrip() if position else text
