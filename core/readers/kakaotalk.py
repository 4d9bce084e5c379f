"""KakaoTalk's chat text, as phones and computers write it, and the CSV of the Mac."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.csv_rows import cell, header_of, read_csv
from core.readers.people import shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_text, without_marks
from core.readers.written_dates import read_times

SOURCE = "kakaotalk"
TITLE = "KakaoTalk"
ORDER = 28

ME = "회원님"
LONGEST_NOTICE = 200
_SUFFIXES = (".txt", ".csv", ".eml", "")
_CLOCK = r"(?:(?:오전|오후|AM|PM)\s?)?\d{1,2}:\d{2}(?:\s?(?:AM|PM))?"
_DATE = (
    r"\d{4}(?:년|\.)\s?\d{1,2}(?:월|\.)\s?\d{1,2}(?:일|\.)|[A-Z][a-z]{2,8} \d{1,2}, \d{4}(?:,| at)?"
)
_PHONE = re.compile(rf"^({_DATE}) ({_CLOCK}), (.{{1,80}}?) : (.*)$")
_PHONE_NOTICE = re.compile(rf"^({_DATE}) ({_CLOCK})(?:: (.*)|, (?!.* : )(.*))$")
_COMPUTER = re.compile(rf"^\[(.{{1,80}}?)\] \[({_CLOCK})\] (.*)$")
_RULER = re.compile(r"^-{5,}\s*(\S.*?\d.*?)\s*-{5,}$")
_DAY_LINE = re.compile(
    rf"^(?:(?:{_DATE})(?: \S+요일)?(?: {_CLOCK})?|[A-Z]\w+day, [A-Z]\w+ \d{{1,2}}, \d{{4}})$"
)
_HEADER = re.compile(
    r"^(?:(.+?) 님과 카카오톡 대화|(.+?)(?: \d+)? ?카카오톡 대화|KakaoTalk Chats with (.+?)|Talk_.*)\s*$"
)
_SAVED = re.compile(r"^(?:저장한 날짜|Date Saved)\s?:")
_NOTICE = re.compile(
    r"^.{1,120}(?:님이 (?:들어왔습니다|나갔습니다|.{1,60}(?:초대했습니다|초대하였습니다|내보냈습니다))"
    r"|(?:joined|left) this chatroom|invited .{1,80} to (?:this|the) chatroom)\.?(?:운영정책을.*)?$"
)
_MEDIA = re.compile(
    r"(?:사진|동영상|이모티콘|음성메시지|연락처|지도|Photo|Video|Emoticons?|Voice (?:Note|Message))(?: \d+장| \d+)?"
    r"|(?:사진|photos?) \d+(?:장)?|(?:파일|File)\s?: .+|<(?:사진|동영상) 읽지 않음>",
    re.IGNORECASE,
)
_DELETED = re.compile(
    r"(?:삭제된 메시지입니다|메시지가 삭제되었습니다|This message was deleted)\.?"
)
_CALL = re.compile(
    r"(?:보이스톡|페이스톡|그룹콜|Voice Call|Video Call|VoiceTalk|FaceTalk)(?:\s.{0,40})?"
)


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    few = with_suffix(members, *_SUFFIXES)[:FEW]
    if any(_is_text(m) for m in few):
        return "KakaoTalk's chat text"
    if any(_is_table(m) for m in few):
        return "KakaoTalk's CSV"
    return None


def _is_text(member: Member) -> bool:
    if member.suffix == ".csv":
        return False
    lines = without_marks(head_text(member, 16 * 1024)).split("\n")[:120]
    messages = sum(1 for line in lines if _PHONE.match(line) or _COMPUTER.match(line))
    named = any(_HEADER.match(line) or _SAVED.match(line) for line in lines[:4] if len(line) < 200)
    korean = any("오전" in line or "오후" in line or "년 " in line for line in lines)
    rulers = any(_RULER.match(line) for line in lines if len(line) <= LONGEST_NOTICE)
    return messages >= 1 and (named or (messages >= 2 and (korean or rulers)))


def _is_table(member: Member) -> bool:
    return header_of(member) == ("date", "user", "message")


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is local time."""
    rows = Rows()
    raw = 0
    others: list[str] = []
    files = [m for m in with_suffix(members, *_SUFFIXES) if _is_text(m) or _is_table(m)]
    for done, member in enumerate(files):
        rows.reading(member)
        stem = re.sub(r"\.\w{3}$", "", member.basename)
        conversation = stem if stem not in rows.titles else f"{stem} ({len(rows.titles) + 1})"
        rows.titles[conversation] = stem
        if _is_table(member):
            raw += _read_table(member, conversation, options, rows)
        else:
            raw += _read_text(member, conversation, options, rows, others)
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem(
            "This KakaoTalk export holds no message.", "Export the chat again from its menu."
        )
    return rows.archive(SOURCE, raw, me=_owner(rows, others))


def _owner(rows: Rows, others: Sequence[str]) -> Owner | None:
    authors = {author for author in rows.authors if author}
    if ME in authors:
        return Owner(ME, "KakaoTalk calls the owner so")
    named = authors & set(others)
    if named and len(authors - named) == 1:
        return Owner(next(iter(authors - named)), "the chats are named after the others")
    return shared_owner(rows)


def _read_table(member: Member, conversation: str, options: Options, rows: Rows) -> int:
    table = read_csv(member, options, rows)
    times = read_times([cell(row, 0) for row in table.rows], options, rows, member.label)
    for row, sent_at in zip(table.rows, times, strict=True):
        _add(rows, conversation, sent_at, cell(row, 1).strip() or None, cell(row, 2))
    return len(table.rows)


def _read_text(
    member: Member, conversation: str, options: Options, rows: Rows, others: list[str]
) -> int:
    text, notes = read_text(member, options.encoding)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    raw = 0
    day = ""
    found: list[tuple[str, str | None, list[str]]] = []
    for number, line in enumerate(text.split("\n")):
        bare = without_marks(line)
        header = _HEADER.match(bare[:LONGEST_NOTICE]) if number < 3 else None
        if header:
            name = header[1] or header[2] or header[3] or ""
            rows.titles[conversation] = name or rows.titles[conversation]
            others.append(name)
            continue
        if number < 4 and _SAVED.match(bare):
            continue
        entry = _entry(bare, day)
        short = bare if len(bare) <= LONGEST_NOTICE else ""
        ruler = _RULER.match(short)
        if entry:
            found.append(entry)
        elif ruler or _DAY_LINE.match(short):
            day = ruler[1] if ruler else day
        elif _NOTICE.match(short):
            found.append((found[-1][0] if found else day, None, [bare]))
        elif found and found[-1][1] is not None:
            found[-1][2].append(line)
        elif bare.strip():
            raw += 1
            rows.leave_out("lines outside of messages")
    times = read_times([entry[0] for entry in found], options, rows, member.label)
    for (_, who, lines), sent_at in zip(found, times, strict=True):
        raw += 1
        _add(rows, conversation, sent_at, who, "\n".join(lines))
    return raw


def _entry(line: str, day: str) -> tuple[str, str | None, list[str]] | None:
    """(date and time, author or None for a notice, first line) of a line that starts a message."""
    phone = _PHONE.match(line)
    if phone:
        return f"{phone[1]} {phone[2]}", phone[3].strip(), [phone[4]]
    computer = _COMPUTER.match(line) if day else None
    if computer:
        return f"{day} {computer[2]}", computer[1].strip(), [computer[3]]
    notice = _PHONE_NOTICE.match(line)
    if notice:
        return f"{notice[1]} {notice[2]}", None, [notice[3] or notice[4] or ""]
    return None


def _add(rows: Rows, conversation: str, sent_at: int | None, who: str | None, said: str) -> None:
    text = said.rstrip()
    kind = "message"
    if who is None:
        kind = "system"
    elif _DELETED.fullmatch(text):
        kind = "deleted"
    elif _CALL.fullmatch(text):
        kind = "call"
    elif not text.strip() or _MEDIA.fullmatch(text):
        kind = "media"
    rows.add(f"{conversation}/{len(rows)}", conversation, sent_at, who, text, kind)
