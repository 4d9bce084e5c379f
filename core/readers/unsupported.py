"""Files that people drop and that cannot be read: which export to choose instead, and where.

Also a registered format (see the package's docstring): it claims exports in a form that holds
the right thing in the wrong shape, so that they are not mistaken for plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive
from core.problems import Problem
from core.readers.containers import Container, Member, find
from core.readers.rows import Options
from core.readers.text import head_text, looks_binary
from core.readers.xls import is_old_workbook

SOURCE = "unsupported"
TITLE = ""
ORDER = 60

_TELEGRAM = (
    "a Telegram export in HTML",
    "In Telegram Desktop choose Export chat history again and set the format to "
    "'Machine-readable JSON', then drop result.json.",
)
_DISCORD = (
    "a Discord chat export in HTML",
    "Run DiscordChatExporter again with the format JSON.",
)
_DISCORD_TEXT = (
    "a Discord chat export as text",
    "Run DiscordChatExporter again with the format JSON; the text does not tell messages apart.",
)
_OUTLOOK_MAIL = (
    "a mail in Outlook's own form",
    "In Outlook on the web, or in Thunderbird, save it as .eml and drop that.",
)
_META = (
    "a Facebook, Messenger or Instagram download in HTML",
    "Request the download again (Accounts Centre, Your information and permissions, Download "
    "your information) and choose the format JSON.",
)
_MASTODON = (
    "saved Mastodon web pages",
    "In Mastodon open Preferences, Import and export, request your archive and drop the zip.",
)
_HTML = (
    "a web page",
    "Export as JSON, CSV or text instead; most apps offer it next to HTML.",
)
_WORD = (
    "a word-processor document",
    "Open it and save it as plain text (.txt), then drop that.",
)
_SPREADSHEET = (
    "an OpenDocument or Numbers spreadsheet",
    "Open it and save it as .xlsx or as CSV UTF-8, then drop that.",
)
_OUTLOOK = (
    "an Outlook data file",
    "In Thunderbird import the mailbox and save it as .mbox or .eml, then drop that.",
)
_PDF = ("a PDF", "Copy its text into a .txt file, or export from the app that made it.")
_RAR = ("a RAR or 7-Zip archive", "Unpack it and pack it again as a zip.")
_DATABASE = (
    "a database",
    "Use the app's own chat export instead; a database copied from a phone is not read here.",
)
_PICTURE = ("a picture, sound or video", "Drop the export's text, not its media.")
_OLD_OFFICE = (
    "an old Office file",
    "Open it and save it as CSV UTF-8 (a table) or plain text (a document).",
)
_XML = (
    "an XML file",
    "Open it in a spreadsheet and save it as CSV with a header row.",
)
_BACKUP = (
    "an encrypted backup",
    "Open the chat in the app and use its own Export chat instead.",
)

_MAGIC: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"%PDF", _PDF),
    (b"!BDN", _OUTLOOK),
    (b"Rar!", _RAR),
    (b"7z\xbc\xaf", _RAR),
    (b"SQLite format 3", _DATABASE),
    (b"\xd0\xcf\x11\xe0", _OLD_OFFICE),
    (b"{\\rtf", _WORD),
    (b"\xff\xd8\xff", _PICTURE),
    (b"\x89PNG", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"RIFF", _PICTURE),
    (b"OggS", _PICTURE),
    (b"ID3", _PICTURE),
)
_PICTURES = {
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".mp4", ".mov", ".3gp", ".opus", ".m4a", ".mp3",
    ".heic", ".pdf",
}  # fmt: skip


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return "a form that cannot be read" if _verdict(members) else None


def read(members: Sequence[Member], options: Options) -> Archive:
    """Never reads: raises the Problem that says what to export instead."""
    what, hint = _verdict(members) or _HTML
    raise Problem(f"{members[0].file} is {what}.", hint)


def _verdict(members: Sequence[Member]) -> tuple[str, str] | None:
    if len(members) == 1:
        found = _one_file(members[0])
        if found:
            return found
    kinds = [m.head(200) for m in find(members, r"mimetype")]
    if any(b"spreadsheet" in kind for kind in kinds) or find(members, r"index/Tables/.*\.iwa"):
        return _SPREADSHEET
    if find(members, r"word/document\.xml|content\.xml|index/document\.iwa"):
        return _WORD
    if find(members, r"[^/]*\.pst|[^/]*\.ost"):
        return _OUTLOOK
    pages = [m for m in members if m.suffix in (".html", ".htm")]
    for page in pages[:20]:
        found = _web_page(page)
        if found and found is not _HTML:
            return found
    if pages and not any(m.suffix in (".txt", ".json", ".csv", ".js") for m in members):
        return _HTML
    return None


def _one_file(member: Member) -> tuple[str, str] | None:
    head = member.head(4096)
    if member.suffix == ".msg" and head.startswith(b"\xd0\xcf\x11\xe0"):
        return _OUTLOOK_MAIL
    for magic, verdict in _MAGIC:
        if head.startswith(magic):
            return None if verdict is _OLD_OFFICE and is_old_workbook(member) else verdict
    if head[4:8] == b"ftyp":
        return _PICTURE
    if re.fullmatch(r"\.crypt\d*", member.suffix):
        return _BACKUP
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        return _XML
    if re.match(r"={20,}\n(?:Guild|Server): .*\nChannel: ", head_text(member, 4096)):
        return _DISCORD_TEXT
    return _web_page(member)


def _web_page(member: Member) -> tuple[str, str] | None:
    text = head_text(member, 32 * 1024)
    start = text.lstrip()[:200].lower()
    if not start.startswith(("<!doctype html", "<html", "<head", "<meta")):
        return None
    if "Exported Data" in text or "message default clearfix" in text or "tgme" in text:
        return _TELEGRAM
    if "chatlog__" in text or "DiscordChatExporter" in text or "preamble__guild" in text:
        return _DISCORD
    if re.search(r"facebook|instagram|messenger|_a6-g|pam _3-95|_a706", text, re.IGNORECASE):
        return _META
    if "mastodon" in text.lower():
        return _MASTODON
    return _HTML


def explain(container: Container) -> Problem:
    """The sentence for a container that no format claimed."""
    name, members = container.name, container.members
    if container.lost:
        return Problem(
            f"{name} is cut off, and the part that is here holds no words that can be read.",
            "Download it again; a large archive often stops half way.",
        )
    for member in members[:50]:
        if member.size and not member.head(1):
            try:
                member.open().close()
            except Problem as problem:
                return problem
    packed = [m for m in members if m.head(4) == b"PK\x03\x04"]
    if container.packed and packed:
        return Problem(
            f"{name} holds another zip ({packed[0].basename}).",
            "Unpack it once and drop the zip inside.",
        )
    if not container.packed:
        if not members[0].head(1):
            return Problem(f"{name} cannot be read.", "Export or download it again.")
        if not members[0].head().strip():
            return Problem(
                f"{name} holds nothing but blanks, which is no format that is known here.",
                "Export it again, or choose another file.",
            )
        if looks_binary(members[0].head()):
            return Problem(
                f"{name} is not text, so it cannot be a chat or post export.",
                "Drop the export file (.txt, .json, .csv or .zip).",
            )
    if members and all(m.suffix in _PICTURES for m in members):
        return Problem(f"{name} holds media only.", "Drop the export that has the chat's text.")
    return Problem(
        f"{name} is in no format that is known here.",
        "Save it as plain text with one post a line, or as a table with a header row (CSV).",
    )
