"""E-mail: mbox (Takeout, Thunderbird, Apple), .eml and .emlx files, Maildir folders.

Quoted text, forwards and signatures are cut. Where the mail that was answered is not in the
mailbox, the quotation below the answer takes its place, under the name of who wrote it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.mail_parts import (
    Headers,
    decoded,
    mail_date,
    people,
    readable_text,
    sender,
    split_mail,
)
from core.readers.mail_quotes import closing, take_apart, unwrapped
from core.readers.mailbox_files import is_mail, is_mbox, likely_files, mails
from core.readers.rows import Options, Rows

SOURCE = "mail"
TITLE = "E-mail"
ORDER = 30

_SENT = re.compile(
    r"\bsent\b|gesendet|enviad|envoyé|inviat|verzonden|verstuurd|skickat|sendt|lähetetyt|wysłane|odeslan"
    r"|отправлен|надіслан|gönderil|elküldött|trimis|απεσταλμένα|已发送|已傳送|寄件|送信済|보낸편지함|보낸 편지함",
    re.IGNORECASE,
)
_DRAFT = re.compile(
    r"\bdrafts?\b|entwürfe|borrador|brouillon|rascunho|bozze|concepten|чернов", re.I
)
_UNWANTED = re.compile(r"\b(?:spam|junk)\b", re.IGNORECASE)
_ROBOT = re.compile(
    r"^(?:no-?_?reply|do-?not-?reply|mailer-daemon|postmaster|notifications?|bounces?)[^@]*@"
)
_FORWARD_SUBJECT = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd|转发|轉寄)\s*:", re.IGNORECASE
)
_REPLY_SUBJECT = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|odp|r|rif|ynt|vs|回复|回覆|答复|fwd?|wg|tr|rv)(?:\[\d+\])?\s*[:：])+\s*",
    re.IGNORECASE,
)
_ID = re.compile(r"<([^<>\s]+)>")
#: Files whose start is looked at when a format is recognised.
MOST_LOOKED_AT = 50
#: An author's last paragraph is a signature when it closes so many of their mails.
SIGNATURE_REPEATS = 3


@dataclass
class Mail:
    """What is kept of a mail until everything is read."""

    id: str
    address: str
    name: str
    recipients: list[tuple[str, str]]
    sent_at: int | None
    subject: str
    parents: list[str]
    thread: str
    own: str
    quoted: str
    quoted_author: str
    forwarded: bool
    attachments: int
    bulk: bool
    sent_label: bool
    delivered_to: str
    member: Member


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = next(
        (m for m in likely_files(members)[:MOST_LOOKED_AT] if is_mbox(m) or is_mail(m)), None
    )
    if found is None:
        return None
    return f"a mailbox ({found.basename})" if is_mbox(found) else "an e-mail"


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; rows are in the order of the dates."""
    rows = Rows()
    files = likely_files(members)
    total = sum(m.size for m in files) or 1
    before = raw = 0
    found: list[Mail] = []
    seen: set[str] = set()
    for member in files:
        folder_sent = _SENT.search(member.path.replace("_", " ")) is not None
        try:
            for data, done in mails(member):
                if not data.strip():
                    continue
                raw += 1
                mail = _mail(data, f"mail {raw}", member, folder_sent, rows)
                if mail is None:
                    continue
                if mail.id in seen:
                    rows.merge("the same mail in two folders")
                    continue
                seen.add(mail.id)
                found.append(mail)
                if raw % 200 == 0:
                    options.report((before + done) / total)
        except Problem as problem:
            if not found:
                raise
            rows.note("warning", f"{problem.message} What was before that place was read")
        before += member.size
    return _archive(found, raw, rows)


def _mail(
    data: bytes, fallback_id: str, member: Member, folder_sent: bool, rows: Rows
) -> Mail | None:
    """One mail, or None after counting why it is left out."""
    headers, body = split_mail(data)
    if not headers or ("from" not in headers and "date" not in headers):
        rows.leave_out("pieces of a mailbox that are no mail")
        return None
    labels = decoded(headers.get("x-gmail-labels", ""))
    if _DRAFT.search(labels):
        rows.leave_out("drafts")
        return None
    if _UNWANTED.search(labels):
        rows.leave_out("spam")
        return None
    address, name = sender(headers)
    text = readable_text(headers, body)
    if text.odd:
        what = "calendar invitations" if "calendar" in text.odd else "delivery reports"
        rows.leave_out(what)
        return None
    subject = decoded(headers.get("subject", "")).strip()
    parts = take_apart(text.plain, _FORWARD_SUBJECT.match(subject) is not None)
    parents = _ID.findall(headers.get("in-reply-to", ""))[:1]
    parents += [p for p in reversed(_ID.findall(headers.get("references", ""))) if p not in parents]
    ids = _ID.findall(headers.get("message-id", ""))
    recipients = [one for key in ("to", "cc") for one in people(headers.get(key, ""))]
    delivered = people(headers.get("delivered-to", "") or headers.get("x-original-to", ""))
    return Mail(
        id=ids[0] if ids else fallback_id,
        address=address or name.lower() or "unknown",
        name=name,
        recipients=recipients,
        sent_at=mail_date(headers.get("date", "")),
        subject=subject,
        parents=parents[:30],
        thread=headers.get("x-gm-thrid", ""),
        own=unwrapped(parts.own),
        quoted=unwrapped(parts.quoted),
        quoted_author=parts.quoted_author,
        forwarded=parts.forwarded,
        attachments=text.attachments,
        bulk=_is_bulk(headers, address),
        sent_label=folder_sent or _SENT.search(labels) is not None,
        delivered_to=delivered[0][0] if delivered else "",
        member=member,
    )


def _is_bulk(headers: Headers, address: str) -> bool:
    if "list-unsubscribe" in headers or "list-id" in headers or "feedback-id" in headers:
        return True
    if headers.get("precedence", "").lower() in ("bulk", "list", "junk"):
        return True
    if headers.get("auto-submitted", "no").lower().split(";")[0].strip() != "no":
        return True
    return _ROBOT.match(address) is not None


def _archive(found: list[Mail], raw: int, rows: Rows) -> Archive:
    mine, reason = _my_addresses(found)
    names = _names(found)
    kept = []
    for mail in found:
        if mail.bulk and mail.address not in mine:
            rows.leave_out("newsletters, lists and automatic mails")
        else:
            kept.append(mail)
    kept.sort(key=lambda mail: mail.sent_at if mail.sent_at is not None else 2**62)
    _cut_signatures(kept, rows)
    threads = _threads(kept)
    ids = {mail.id for mail in kept}
    quoted_ids: set[str] = set()
    for mail in kept:
        rows.reading(mail.member)
        conversation = threads[mail.id]
        title = _REPLY_SUBJECT.sub("", mail.subject).strip() or "(no subject)"
        rows.titles.setdefault(conversation, title)
        parent = next((p for p in mail.parents if p in ids), None)
        if parent is None and mail.quoted and not mail.forwarded and mail.own:
            parent = mail.parents[0] if mail.parents else f"{mail.id}/quoted"
            if parent not in quoted_ids:
                quoted_ids.add(parent)
                raw += 1
                author = _quoted_author(mail, names)
                rows.add(parent, conversation, None, author, mail.quoted)
                rows.note(
                    "repaired", "mails that are missing, taken from the quotation in the answer"
                )
        kind = "message"
        if not mail.own:
            kind = "repost" if mail.forwarded or mail.quoted else "media"
        author = names.get(mail.address, mail.address)
        rows.add(mail.id, conversation, mail.sent_at, author, mail.own, kind, parent)
    return rows.archive(SOURCE, raw, me=_owner(mine, reason, names, rows))


def _my_addresses(found: Sequence[Mail]) -> tuple[list[str], str]:
    """(my addresses, the most used first, and the evidence)."""
    sent = Counter(mail.address for mail in found if mail.sent_label)
    if sent:
        most = sent.most_common(1)[0][1]
        usual = [address for address, count in sent.most_common() if count >= 0.05 * most]
        return usual, "these mails lie in the folder of sent mail"
    delivered = Counter(mail.delivered_to for mail in found if mail.delivered_to)
    if delivered:
        address, count = delivered.most_common(1)[0]
        if count >= 0.5 * sum(delivered.values()) and any(m.address == address for m in found):
            return [address], "the mailbox belongs to this address"
    if len(found) < 3:
        return [], ""
    present: Counter[str] = Counter()
    for mail in found:
        present.update({mail.address, *(address for address, _ in mail.recipients)})
    ranked = present.most_common(2)
    address, count = ranked[0]
    alone = len(ranked) < 2 or ranked[1][1] < count
    if alone and count >= 0.7 * len(found) and any(mail.address == address for mail in found):
        return [address], f"this address is in {count} of {len(found)} mails"
    return [], ""


def _names(found: Sequence[Mail]) -> dict[str, str]:
    """One name per address; addresses that go by the same full name are one person."""
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for mail in found:
        shown[mail.address][mail.name] += 1000  # how people write their own name counts more
        for address, name in mail.recipients:
            shown[address][name] += 1
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for address, counts in shown.items():
        name = next((n for n, _ in counts.most_common() if n), "")
        if " " not in name and name and taken.get(name.casefold(), address) != address:
            name = f"{name} ({address})"
        taken.setdefault(name.casefold(), address)
        names[address] = name or address
    return names


def _quoted_author(mail: Mail, names: dict[str, str]) -> str:
    """Who wrote what is quoted: as the quotation says, else to whom the answer goes."""
    if mail.quoted_author:
        return names.get(mail.quoted_author, mail.quoted_author)
    others = [address for address, _ in mail.recipients if address != mail.address]
    return names.get(others[0], others[0]) if others else "Unknown"


def _cut_signatures(found: Sequence[Mail], rows: Rows) -> None:
    """Cut last paragraphs that look like a signature and close several of an author's mails."""
    closings: dict[tuple[str, str], list[Mail]] = defaultdict(list)
    for mail in found:
        last = closing(mail.own)
        if last:
            closings[mail.address, last].append(mail)
    for (_, last), users in closings.items():
        if len(users) >= SIGNATURE_REPEATS:
            for mail in users:
                mail.own = mail.own.rstrip().removesuffix(last).rstrip()
            rows.note("repaired", "signatures cut that close several mails", count=len(users))


def _threads(found: Sequence[Mail]) -> dict[str, str]:
    """Conversation of each mail: everything linked by answers and by Gmail's thread numbers."""
    root: dict[str, str] = {}

    def find(node: str) -> str:
        root.setdefault(node, node)
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for mail in found:
        linked = [*mail.parents, *([f"thread {mail.thread}"] if mail.thread else [])]
        for other in linked:
            root[find(mail.id)] = find(other)
    names: dict[str, str] = {}
    return {mail.id: names.setdefault(find(mail.id), mail.id) for mail in found}


def _owner(mine: list[str], reason: str, names: dict[str, str], rows: Rows) -> Owner | None:
    present = set(rows.authors)
    found = list(dict.fromkeys(names[a] for a in mine if a in names and names[a] in present))
    return Owner(found[0], reason, tuple(found[1:])) if found else None
