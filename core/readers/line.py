"""LINE's chat history: ``[LINE] ...`` and lines of time, name and text, one file a chat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.people import shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_text, without_marks
from core.readers.written_dates import read_times, split_time, written_stamp

SOURCE = "line"
TITLE = "LINE"
ORDER = 30

_CLOCK = r"(?:(?:上午|下午|午前|午後|오전|오후|AM|PM)\s?)?\d{1,2}:\d{2}(?:\s?(?:AM|PM|am|pm))?"
_TABBED = re.compile(rf"^({_CLOCK})\t([^\t]*)(?:\t(.*))?$")
_SPACED = re.compile(rf"^({_CLOCK}) (\S.*)$")
_SAVED = re.compile(
    r"^(?:Saved on|保存日時|儲存日期|保存日期|저장한 날짜|บันทึกเมื่อ|Gespeichert|Guardado|Disimpan)[^\n]{0,10}[:：]"
)
#: Who the chat is with, by language of the first line.
_WITH = (
    re.compile(r"^\[LINE\] ?(?:Chat history (?:with|in)|Chat in) (.+)$"),
    re.compile(r"^\[LINE\] ?(.+?)(?:との|の)トーク(?:履歴)?$"),
    re.compile(r"^\[LINE\] ?[與与](.+?)的聊[天記记][錄录]?記?[錄录]?(?:記錄)?$"),
    re.compile(r"^\[LINE\] ?(.+?)(?:님)?과의 대화.*$"),
    re.compile(r"^\[LINE\] ?(?:ประวัติการแชทกับ|การแชทกับ) ?(.+)$"),
    re.compile(r"^\[LINE\] ?(.+?)(?:\.txt)?$"),
)
_MEDIA = re.compile(
    r"\[(?:Sticker|Photo|Photos|Video|Videos|Voice message|File|Location|Contact|Album|Music|Gift|GIF|Link"
    r"|スタンプ|写真|動画|ボイスメッセージ|ファイル|位置情報|連絡先|アルバム|ノート|プレゼント"
    r"|貼圖|照片|圖片|影片|語音訊息|檔案|位置訊息|聯絡資訊|相簿|贴图|图片|视频"
    r"|스티커|사진|동영상|음성 메시지|파일|위치|สติกเกอร์|รูป|วิดีโอ)\](?:[^\n]{0,80})?"
)
_CALL = re.compile(
    r"^☎|^(?:Call time|通話時間|Missed call|Canceled call|No answer|不在着信|未接來電|取消通話|통화시간)"
)
_UNSENT = re.compile(
    r"unsent a message|メッセージの送信を取り消しました|已收回訊息|收回訊息|메시지를 보내기 취소|ยกเลิกข้อความ",
    re.I,
)


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return (
        "LINE's chat history"
        if any(map(_is_history, with_suffix(members, ".txt", "")[:FEW]))
        else None
    )


def _is_history(member: Member) -> bool:
    lines = without_marks(head_text(member, 16 * 1024)).split("\n")
    if lines[0].startswith("[LINE]"):
        return True
    tabbed = sum(1 for line in lines if _TABBED.match(line))
    return tabbed >= 3 and any(_SAVED.match(line) for line in lines[:4])


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is local time."""
    rows = Rows()
    raw = 0
    others: list[str] = []
    files = [m for m in with_suffix(members, ".txt", "") if _is_history(m)]
    for done, member in enumerate(files):
        rows.reading(member)
        raw += _read_chat(member, options, rows, others)
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem("This LINE history holds no message.", "Export the chat again from its menu.")
    return rows.archive(SOURCE, raw, me=_owner(rows, others))


def _owner(rows: Rows, others: Sequence[str]) -> Owner | None:
    authors = {author for author in rows.authors if author}
    named = authors & set(others)
    if named and len(authors - named) == 1:
        me = next(iter(authors - named))
        return Owner(me, "the chats are named after the others")
    return shared_owner(rows)


def _read_chat(member: Member, options: Options, rows: Rows, others: list[str]) -> int:
    text, notes = read_text(member, options.encoding)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    lines = text.split("\n")
    name = _with_whom(without_marks(lines[0]))
    if name:
        others.append(name)
    title = name or re.sub(r"\.txt$", "", member.basename)
    conversation = title if title not in rows.titles else f"{title} ({len(rows.titles) + 1})"
    rows.titles[conversation] = title
    tabs = any(_TABBED.match(without_marks(line)) for line in lines)
    names = [] if tabs else _spaced_names(lines, name)
    raw = 0
    day = ""
    found: list[tuple[str, str, str | None, list[str]]] = []
    for number, line in enumerate(lines):
        bare = without_marks(line)
        if number < 3 and (bare.startswith("[LINE]") or _SAVED.match(bare)):
            continue
        match = _TABBED.match(bare) if tabs else _SPACED.match(bare)
        if match and (day or not tabs):
            rest = line[line.index(match[1]) + len(match[1]) + 1 :]
            who, said = _who_said(rest, match, names, tabs)
            found.append((f"{day} {match[1]}", day, who, [said]))
        elif _is_day(bare, options):
            day = bare.strip()
        elif found:
            found[-1][3].append(line)
        elif bare.strip():
            raw += 1
            rows.leave_out("lines before the first message")
    times = read_times([entry[0] for entry in found], options, rows, member.label)
    people = {who for _, _, who, _ in found if who}
    for (_, _, who, said_lines), sent_at in zip(found, times, strict=True):
        raw += 1
        if who is None:  # a notice; of a message taken back it begins with the name
            who = next((name for name in people if _takes_back(said_lines[0], name)), None)
        _add(rows, conversation, sent_at, who, "\n".join(said_lines))
    return raw


def _with_whom(first_line: str) -> str:
    for pattern in _WITH:
        match = pattern.match(first_line.strip())
        if match:
            return match[1].strip()
    return ""


def _is_day(line: str, options: Options) -> bool:
    """A line that is nothing but a date: ``2015/12/25 Fri``, ``Sun, 26/04/2026``, ``2023/1/5(木)``."""
    bare = line.strip()
    if not 8 <= len(bare) <= 40 or not re.search(r"\d{4}|\d{1,2}[./]\d{1,2}[./]\d{2}", bare):
        return False
    words = re.sub(r"[\d\s./,()年月日년월일星期週曜요-]", "", bare)
    return len(words) <= 20 and not split_time(bare)[1] and written_stamp(bare) is not None


def _spaced_names(lines: Sequence[str], other: str) -> list[str]:
    """Names in a file of old iPhones, where a blank and no tab ends the name."""
    found = [match for line in lines if (match := _SPACED.match(without_marks(line)))]
    firsts = Counter(match[2].split(" ", 1)[0] for match in found)
    usual = [name for name, count in firsts.most_common(12) if count >= 2]
    return [*([other] if other else []), *usual]


def _who_said(
    rest: str, match: re.Match[str], names: Sequence[str], tabs: bool
) -> tuple[str | None, str]:
    if tabs:
        name, tab, said = rest.partition("\t")
        return (name.strip() or None, said) if tab else (None, rest)
    for name in names:
        if rest == name or rest.startswith(name + " "):
            return name, rest[len(name) + 1 :]
    return None, rest


def _add(rows: Rows, conversation: str, sent_at: int | None, who: str | None, said: str) -> None:
    text = said.rstrip()
    if text.startswith('"') and text.endswith('"') and "\n" in text:
        text = text[1:-1].replace('""', '"')
    kind = "message"
    if _UNSENT.search(text) and len(text) < 80:
        kind = "deleted"
    elif who is None:
        kind = "system"
    elif _CALL.match(text):
        kind = "call"
    elif not text.strip() or _MEDIA.fullmatch(text.strip()):
        kind = "media"
    rows.add(f"{conversation}/{len(rows)}", conversation, sent_at, who, text, kind)


def _takes_back(notice: str, name: str) -> bool:
    return notice.startswith(name) and _UNSENT.search(notice) is not None
