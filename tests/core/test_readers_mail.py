"""E-mail: files of mails, their text, what is quoted in them, and who wrote to whom."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import mail, read_archive
from core.readers.mail_parts import decoded, mail_date, people, unflowed
from core.readers.mail_quotes import take_apart, unwrapped
from tests.readers_account_exports import mail_text, mbox_of
from tests.readers_checks import damaged, fuzz, only_problems, read_with, sentence, zip_of

ATTRIBUTIONS = [
    "On Mon, 3 May 2021 at 10:00, Mara Voss <mara@example.org> wrote:",
    "On Mon, 3 May 2021 at 10:00, Mara Voss\n<mara@example.org> wrote:",
    "On Mon, 3 May 2021 at 10:00, Mara Voss With A Long Name Indeed\n<mara@example.org>\nwrote:",
    "On 03.05.21 10:00, Mara Voss wrote:",
    "Am Mo., 3. Mai 2021 um 10:00 Uhr schrieb Mara Voss <\nmara@example.org>:",
    "Am 03.05.2021 um 10:00 schrieb Mara Voss:",
    "Mara Voss <mara@example.org> schrieb am Mo., 3. Mai 2021, 10:00:",
    "Le lun. 3 mai 2021 à 10:00, Mara Voss <mara@example.org> a écrit :",
    "El lun, 3 may 2021 a las 10:00, Mara Voss (<mara@example.org>) escribió:",
    "Em seg., 3 de mai. de 2021 às 10:00, Mara Voss <mara@example.org> escreveu:",
    "Il giorno lun 3 mag 2021 alle ore 10:00 Mara Voss <mara@example.org> ha scritto:",
    "Op ma 3 mei 2021 om 10:00 schreef Mara Voss <mara@example.org>:",
    "Den mån 3 maj 2021 kl 10:00 skrev Mara Voss <mara@example.org>:",
    "man. 3. maj 2021 kl. 10.00 skrev Mara Voss <mara@example.org>:",
    "ma 3. toukok. 2021 klo 10.00 Mara Voss (mara@example.org) kirjoitti:",
    "pon., 3 maj 2021 o 10:00 Mara Voss <mara@example.org> napisał(a):",
    "po 3. 5. 2021 v 10:00 odesílatel Mara Voss <mara@example.org> napsal:",
    "пн, 3 мая 2021 г. в 10:00, Mara Voss <mara@example.org>:",
    "3 мая 2021 г., в 10:00, Mara Voss <mara@example.org> написал(а):",
    "Mara Voss <mara@example.org>, 3 May 2021 Pzt, 10:00 tarihinde şunu yazdı:",
    "Mara Voss <mara@example.org> ezt írta (időpont: 2021. máj. 3., H, 10:00):",
    "Στις Δευ 3 Μαΐ 2021 στις 10:00 Mara Voss <mara@example.org> έγραψε:",
    "‫בתאריך יום ב׳, 3 במאי 2021 ב-10:00 מאת ‪Mara Voss‬‏ <‪mara@example.org‬‏>:‬",
    "2021年5月3日(月) 10:00 Mara Voss <mara@example.org>:",
    "Mara Voss <mara@example.org> 于2021年5月3日周一 10:00写道：",
    "2021년 5월 3일 (월) 오전 10:00, Mara Voss <mara@example.org>님이 작성:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_the_line_above_a_quotation(attribution, mark):
    parts = take_apart(f"Mine, in two\nlines.\n\n{attribution}\n\n{mark}Theirs\n{mark}too")
    assert parts.own == "Mine, in two\nlines."
    assert parts.quoted == "Theirs\ntoo"
    assert parts.quoted_author in ("mara@example.org", "Mara Voss")
    assert not parts.forwarded


HEADERS = [
    "-----Original Message-----\nFrom: Mara Voss <mara@example.org>\nSent: Monday, May 3, 2021 10:00\nTo: Ilse\nSubject: x\n",
    "________________________________\nFrom: Mara Voss <mara@example.org>\nSent: Monday, May 3\nTo: Ilse\nSubject: x\n",
    "Von: Mara Voss <mara@example.org>\nGesendet: Montag, 3. Mai 2021 10:00\nAn: Ilse\nBetreff: x\n",
    "*From:* Mara Voss <mara@example.org>\n*Sent:* Monday\n*To:* Ilse\n*Subject:* x\n",
    "De : Mara Voss <mara@example.org>\nEnvoyé : lundi 3 mai 2021 10:00\nÀ : Ilse\nObjet : x\n",
    "发件人: Mara Voss <mara@example.org>\n发送时间: 2021年5月3日 10:00\n收件人: Ilse\n主题: x\n",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_block_above_a_quotation(header):
    parts = take_apart(f"Mine.\n\n{header}\nTheirs.\n\nOn 2 May 2021 at 9:00, I wrote:\n> old")
    assert (parts.own, parts.quoted, parts.quoted_author) == (
        "Mine.",
        "Theirs.",
        "mara@example.org",
    )


FORWARDS = [
    "---------- Forwarded message ---------\nFrom: A <a@b.c>\nDate: Mon, 3 May 2021 at 10:00\nSubject: x\nTo: <d@e.f>\n",
    "-------- Weitergeleitete Nachricht --------\nVon: A <a@b.c>\nDatum: 3.5.2021\nBetreff: x\nAn: d@e.f\n",
]


@pytest.mark.parametrize("header", FORWARDS)
def test_what_is_passed_on_is_no_prompt(header):
    parts = take_apart(f"Look.\n\n{header}\nTheirs.")
    assert parts.own == "Look." and parts.forwarded


def test_answers_below_and_between_quotations_are_own_words():
    body = "Hi,\n\nOn 3 May 2021 at 10:00, Mara wrote:\n> one?\nyes\n> two?\n>> older\nno\n"
    parts = take_apart(body)
    assert parts.own == "Hi,\n\nyes\nno" and parts.quoted == "one?\ntwo?"


OWN_WORDS = [
    "Thanks, that was all.\nAnd one more thing.",
    "My list:\n- lemons\n- a kettle\nDone.",
    "As my father wrote:\nnever buy limes.",
    "I was born in 1984.\nLater my father wrote:\nnever.",
    "Best regards to your mother, she wrote me.",
    "From: nowhere",
    "    an indented line\nstays",
]


@pytest.mark.parametrize("text", OWN_WORDS)
def test_own_words_stay(text):
    assert take_apart(text).own == text


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("Hi\n\n-- \nIlse\nphone", "Hi"),
        ("Hi\n\nSent from my iPhone", "Hi"),
        ("Hi\n\nVon meinem iPhone gesendet", "Hi"),
        ("Hi\n\nEnviado desde mi Galaxy\n\n", "Hi"),
        ("Hi\n\nGet Outlook for iOS", "Hi"),
        ("Hi\n\n发自我的iPhone", "Hi"),
        ("Hi\n--\n" + "\n".join(f"line {i}" for i in range(40)), None),
    ],
)
def test_signatures(body, own):
    assert take_apart(body).own == (body if own is None else own)


def test_lines_broken_at_a_width_are_joined_and_others_not():
    wrapped = (
        "The kettle sings again and nobody answers, so I moved your bicycle\n"
        "under the stairs because rain was coming, and lemons are in the hall\n"
        "for tomorrow.\n\nShort\nlines\nstay."
    )
    assert unwrapped(wrapped).count("\n") == 4
    assert unwrapped("- " + "word " * 14 + "\n- next item").count("\n") == 1


def test_format_flowed():
    assert unflowed("one \ntwo\n> a \n> b\n-- \nx", False) == "one two\n> a b\n-- \nx"
    assert unflowed("日本 \n語", True) == "日本語"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("=?utf-8?q?Caf=C3=A9?= x", "Café x"),
        ("=?utf-8?b?8J+Niw==?=", "🍋"),
        ("=?nope?q?x?=", "x"),
        ("=?utf-8?b?!!!?=", None),
    ],
)
def test_encoded_headers(raw, expected):
    assert isinstance(decoded(raw), str) and (expected is None or decoded(raw) == expected)


def test_addresses_with_all_kinds_of_names():
    value = '"Voss, Mara" <Mara@Example.org>, =?utf-8?q?Zo=C3=AB?= <z@x.y>, bare@x.y'
    assert people(value) == [("mara@example.org", "Mara Voss"), ("z@x.y", "Zoë"), ("bare@x.y", "")]


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("Fri, 18 Mar 2022 21:05:12 +0100", 1647633912000),
        ("18 Mar 2022 21:05 GMT", 1647637500000),
        ("Fri, 18 Mar 2022 21:05:12 +0100 (CET)", 1647633912000),
        ("rubbish", None),
        ("Fri, 99 Mar 20220000 21:05:12 +0100", None),
    ],
)
def test_dates(value, ms):
    assert mail_date(value) == ms


ASKED = mail_text("Where is the kettle?", X_Gmail_Labels="Inbox")
ANSWERED = mail_text(
    "Under the stairs.\n\nOn Fri, 18 Mar 2022 at 21:05, Mara Voss <mara@example.org> wrote:\n> Where is the kettle?",
    sender="Ilse Kamp <ilse@example.org>",
    to="Mara Voss <mara@example.org>",
    subject="Re: Kettle",
    id="<m2@example.org>",
    date="Fri, 18 Mar 2022 22:00:00 +0100",
    In_Reply_To="<m1@example.org>",
    X_Gmail_Labels="Sent,=?UTF-8?Q?Ge=C3=B6ffnet?=",
)


def test_an_answer_is_linked_to_the_mail_it_answers():
    archive = read_with(mail, ("All mail.mbox", mbox_of(ANSWERED, ASKED)))
    frame = archive.frame()
    assert frame["text"].tolist() == ["Where is the kettle?", "Under the stairs."]
    assert frame["reply_to"][1] == frame["id"][0] == "m1@example.org"
    assert frame["conversation"].nunique() == 1 and list(archive.titles.values()) == ["Kettle"]
    assert str(frame["sent_at"][0]) == "2022-03-18 20:05:12"
    assert archive.me is not None and archive.me.name == "Ilse Kamp"


def test_a_missing_mail_is_taken_from_the_quotation():
    archive = read_with(mail, ("Sent.mbox", mbox_of(ANSWERED)))
    frame = archive.frame()
    assert frame["author"].tolist() == ["Mara Voss", "Ilse Kamp"]
    assert frame["text"].tolist() == ["Where is the kettle?", "Under the stairs."]
    assert frame["reply_to"][1] == frame["id"][0]
    assert archive.raw_count == 2 and any(n.kind == "repaired" for n in archive.notes)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"List_Unsubscribe": "<https://x>"}, "newsletters"),
        ({"Precedence": "bulk"}, "newsletters"),
        ({"Auto_Submitted": "auto-replied"}, "newsletters"),
        ({"sender": "noreply@example.org"}, "newsletters"),
        ({"X_Gmail_Labels": "Draft"}, "drafts"),
        ({"X_Gmail_Labels": "Spam"}, "spam"),
        ({"Content_Type": "text/calendar"}, "calendar"),
        ({"Content_Type": 'multipart/report; boundary="b"'}, "delivery"),
    ],
)
def test_what_nobody_wrote_is_left_out(headers, reason):
    odd = mail_text("x", id="<odd@x>", **headers)
    archive = read_with(mail, ("m.mbox", mbox_of(ASKED, ANSWERED, odd)))
    assert len(archive) == 2
    assert [n.count for n in archive.notes if reason in n.reason] == [1]


def test_the_same_mail_in_two_folders_counts_once():
    files = {
        "Takeout/Mail/Inbox.mbox": mbox_of(ASKED),
        "Takeout/Mail/Sent.mbox": mbox_of(ANSWERED, ASKED),
    }
    archive = read_with(mail, ("takeout.zip", zip_of(files)))
    assert len(archive) == 2 and archive.missing_rows == 1


def test_two_addresses_of_one_name_are_one_person():
    other = mail_text(
        "From work.", sender="Ilse Kamp <ik@work.example>", id="<m3@x>", X_Gmail_Labels="Sent"
    )
    archive = read_with(mail, ("m.mbox", mbox_of(ASKED, ANSWERED, other)))
    assert set(archive.frame()["author"]) == {"Ilse Kamp", "Mara Voss"}


def test_an_address_book_of_aliases_belongs_to_the_owner():
    alias = mail_text(
        "Me too.", sender="Kampi <kampi@example.org>", id="<m3@x>", X_Gmail_Labels="Sent"
    )
    owner = read_with(mail, ("m.mbox", mbox_of(ASKED, ANSWERED, alias))).me
    assert owner is not None and set(owner.names) == {"Ilse Kamp", "Kampi"}


def test_repeated_signatures_are_cut():
    mails = [
        mail_text(f"Number {i}.\n\nIlse Kamp\nPhone 030 1234567", id=f"<s{i}@x>") for i in range(3)
    ]
    frame = read_with(mail, ("m.mbox", mbox_of(*mails))).frame()
    assert frame["text"].tolist() == ["Number 0.", "Number 1.", "Number 2."]


MIME = """Content-Type: multipart/mixed; boundary="=out="
Content-Transfer-Encoding: 7bit
"""


def multipart(html: str, plain: str | None) -> bytes:
    """A mail with an alternative part, an attachment and a signature after them."""
    inner = ""
    if plain is not None:
        packed = base64.b64encode(plain.encode("cp1252")).decode()
        inner += f"--in\nContent-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: base64\n\n{packed}\n"
    inner += f"--in\nContent-Type: text/html; charset=utf-8\n\n{html}\n--in--\n"
    body = (
        'preamble\n--=out=\nContent-Type: multipart/alternative; boundary="in"\n\n'
        f"{inner}\n--=out=\nContent-Type: text/plain; name=a.txt\n"
        "Content-Disposition: attachment; filename=a.txt\n\nATTACHED\n--=out=--\n"
    )
    return mail_text(body, Content_Type='multipart/mixed; boundary="=out="')


def test_plain_text_is_preferred_and_attachments_are_not_read():
    frame = read_with(mail, ("a.eml", multipart("<p>html</p>", "Café – plain"))).frame()
    assert frame["text"][0] == "Café – plain"


def test_html_becomes_text_with_its_quotation():
    html = (
        "<style>x{}</style><div>Hi <b>you</b>,</div><div><br></div><div>line&nbsp;two</div>"
        '<div class="gmail_quote"><div class="gmail_attr">On Fri, 18 Mar 2022 at 21:05, Mara '
        '&lt;<a href="mailto:mara@example.org">mara@example.org</a>&gt; wrote:<br></div>'
        "<blockquote><div>Where is it?</div></blockquote></div>"
    )
    frame = read_with(mail, ("a.eml", multipart(html, None))).frame()
    assert frame["text"].tolist() == ["Where is it?", "Hi you,\n\nline two"]


@pytest.mark.parametrize(
    "charset", ["unknown-8bit", "cp-850", "x-unknown", "iso-8859-8-i", "utf-9", ""]
)
def test_wrong_charsets_do_not_stop_the_reader(charset):
    data = mail_text("caf\u00e9", Content_Type=f"text/plain; charset={charset}")
    assert read_with(mail, ("a.eml", data)).frame()["text"][0].startswith("caf")


def test_maildir_emlx_and_eml_in_a_zip():
    files = {
        "Mail/cur/1647.host:2,S": ASKED,
        "Mail/new/1648.host": mail_text("Two.", id="<two@x>"),
        "b.emlx": str(len(ANSWERED)).encode() + b"\n" + ANSWERED + b"<?xml version='1.0'?><plist/>",
        "picture.jpg": b"\xff\xd8\xff",
    }
    frame = read_with(mail, ("mails.zip", zip_of(files))).frame()
    assert sorted(frame["text"]) == ["Two.", "Under the stairs.", "Where is the kettle?"]


def test_lines_that_begin_with_from_are_no_separators():
    text = "From 10:00 on I waited.\nFrom the desk of 10:00:00\nNote: this\n\nFrom here"
    data = mbox_of(mail_text(text), mail_text("b", id="<b@x>"))
    frame = read_with(mail, ("m.mbox", data)).frame()
    assert frame["text"][0] == text and len(frame) == 2


def test_a_large_mailbox_is_cut_at_chunk_borders_in_the_right_places():
    rng = random.Random(3)
    mails = [
        mail_text(sentence(rng) + "\n\n" + "x" * rng.randint(1, 30_000), id=f"<{i}@x>")
        for i in range(150)
    ]
    frame = read_with(mail, ("m.mbox", mbox_of(*mails))).frame()
    assert frame["id"].tolist() == [f"{i}@x" for i in range(150)]


def test_empty_mails_with_an_attachment_are_media():
    body = "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=x.png\n\nAAAA\n--b--"
    data = mail_text(body, Content_Type='multipart/mixed; boundary="b"')
    assert read_with(mail, ("a.eml", data)).frame()["kind"][0] == "media"


def test_read_archive_recognises_it():
    assert read_archive(mbox_of(ASKED), name="x").source == "mail"
    assert read_archive(ASKED, name="x").source == "mail"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    whole = mbox_of(ASKED, multipart("<p>Hi<blockquote>x</blockquote>", "plain"), ANSWERED)
    name = data.draw(st.sampled_from(["m.mbox", "a.eml", "a.emlx"]))
    only_problems(mail, (name, damaged(data.draw, whole)))


@fuzz
@given(st.text(alphabet="> \n:-_OnAm wrote@<>1.FromSent", max_size=300))
def test_any_body_can_be_taken_apart(body):
    parts = take_apart(body)
    assert len(parts.own) <= len(body) and len(parts.quoted) <= len(body)
    unwrapped(body)


def test_a_mailbox_without_a_mail_still_counts_its_files() -> None:
    archive = only_problems(mail, ("m.mbox", b"From nobody\n\nno header at all\n"))
    assert archive is None or (archive.files is not None and len(archive.files) == 0)
