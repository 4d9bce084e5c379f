"""WeChat, as CSV: WeChatMsg (MemoTrace), WeClone's input, and chatlog."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.csv_rows import Table, cell, header_of, read_csv
from core.readers.people import People, shared_owner
from core.readers.rows import Options, Rows
from core.readers.written_dates import read_times

SOURCE = "wechat"
TITLE = "WeChat"
ORDER = 20

ME = "我"
_MSG = {"localid", "talkerid", "issender", "createtime", "strcontent"}
_CLONE = {"msgsvrid", "type_name", "is_sender", "talker", "msg"}
_LOG = {"time", "sendername", "sender", "talker", "content"}
#: Type numbers of WeChatMsg; everything else carries no typed words.
_TEXT_TYPES = {"1": "message", "10000": "system", "10002": "system", "50": "call"}
_TEXT_NAMES = {"文本": "message", "text": "message", "系统通知": "system", "音视频通话": "call"}
_MARKUP = re.compile(r"^\s*<(?:\?xml|msg|sysmsg|appmsg|voipmsg)\b")
_PLACEHOLDER = re.compile(
    r"\[(?:图片|视频|语音|表情|动画表情|文件|位置|链接|名片|红包|转账|音乐|小程序|拍一拍|引用|合并转发)\]?[^\n]{0,200}"
)
_RECALLED = re.compile(r"撤回了一条消息|recalled a message")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = next((kind for m in with_suffix(members, ".csv")[:FEW] if (kind := _kind(m))), "")
    return f"WeChat messages ({found})" if found else None


def _kind(member: Member) -> str:
    columns = set(header_of(member))
    for names, kind in ((_MSG, "WeChatMsg"), (_CLONE, "WeClone"), (_LOG, "chatlog")):
        if names <= columns:
            return kind
    return ""


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC from seconds, else local time."""
    rows, people = Rows(), People()
    raw = 0
    files = [(m, kind) for m in with_suffix(members, ".csv") if (kind := _kind(m))]
    seen: set[str] = set()
    for done, (member, kind) in enumerate(files):
        rows.reading(member)
        table = read_csv(member, options, rows)
        raw += len(table.rows)
        when = table.place("createtime", "time")
        times = read_times([cell(row, when) for row in table.rows], options, rows, member.label)
        for row, sent_at in zip(table.rows, times, strict=True):
            _add(table, row, sent_at, kind, member.basename, rows, people, seen)
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem("This WeChat export holds no message.", "Export the chat again as CSV.")
    owner = Owner(ME, "the export marks what was sent") if ME in set(rows.authors) else None
    return rows.archive(SOURCE, raw, me=owner or shared_owner(rows))


def _add(
    table: Table,
    row: list[str],
    sent_at: int | None,
    kind: str,
    file: str,
    rows: Rows,
    people: People,
    seen: set[str],
) -> None:
    def value(*names: str) -> str:
        return cell(row, table.place(*names)).strip()

    number = value("msgsvrid") or value("localid", "id")
    id = f"{file}/{number}" if number else f"{file}/row {len(rows)}"
    if id in seen:
        rows.merge("the same message twice")
        return
    seen.add(id)
    chat = value("talkerid", "room_name") if kind != "chatlog" else value("talker")
    chat = chat or value("talker") or file
    text = cell(row, table.place("strcontent", "msg", "content")).strip()
    sent = value("issender", "is_sender")
    if sent == "1":
        author = ME
    elif kind == "WeChatMsg":
        account = value("sender") or value("nickname") or chat
        author = people.name(account, value("remark") or value("nickname") or account)
    elif kind == "WeClone":
        author = people.name(value("talker") or chat, value("talker"))
    else:
        author = people.name(value("sender") or value("sendername"), value("sendername"))
    title = value("talkername") or value("room_name")
    if kind == "WeChatMsg" and sent != "1":
        title = author
    if title or chat not in rows.titles:
        rows.titles[chat] = title or rows.titles.get(chat) or chat
    row_kind = _row_kind(value("type"), value("type_name"), text)
    who = None if row_kind == "system" else author
    rows.add(id, chat, sent_at, who, text if row_kind != "media" else "", row_kind)


def _row_kind(number: str, name: str, text: str) -> str:
    if _RECALLED.search(text) and len(text) < 80:
        return "deleted"
    kind = "message"
    if number:
        kind = _TEXT_TYPES.get(number, "media")
    elif name:
        kind = _TEXT_NAMES.get(name.lower(), "media")
    if kind == "message" and (not text or _MARKUP.match(text) or _PLACEHOLDER.fullmatch(text)):
        return "media"
    return kind
