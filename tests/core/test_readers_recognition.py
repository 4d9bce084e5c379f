"""Each app's export is taken for what it is, however it was packed, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from core.problems import Problem
from core.readers import FORMATS, SOURCES, read_archive
from core.readers.containers import open_containers
from tests.readers_account_exports import (
    LINKEDIN,
    REDDIT,
    bluesky_records,
    car_of,
    mail_text,
    mastodon_archive,
    mbox_of,
)
from tests.readers_chat_exports import (
    chatgpt_export,
    discord_channel,
    discord_package,
    google_chat_takeout,
    meta_clean_thread,
    meta_thread,
    misread,
    slack_export,
    telegram_account,
    telegram_chat,
)
from tests.readers_chat_texts import (
    IMESSAGE,
    KAKAO_CSV,
    KAKAO_PC,
    LINE_EN,
    LINE_JA,
    SIGNAL_BACKUP,
    SIGNAL_JSON,
    SIGNAL_MD,
    WECHAT_LOG,
    WECHAT_MSG,
)
from tests.readers_checks import as_bytes, assert_whole, zip_of

EXPORTS: list[tuple[str, dict[str, Any]]] = [
    ("telegram", {"result.json": telegram_chat(5)}),
    ("telegram", {"result.json": telegram_account(2, 5), "photos/a.jpg": b"x"}),
    ("meta", {"your_facebook_activity/messages/inbox/zoe_1/message_1.json": misread(meta_thread(5))}),
    ("meta", {"messages/Zoë_1.json": meta_clean_thread(5), "messages/Odo_2.json": meta_clean_thread(5, 2)}),
    ("threads", {"your_instagram_activity/threads/threads_and_replies.json": {
        "text_post_app_text_posts": [{"media": [{"title": "hi", "creation_timestamp": 1700000000}]}]}}),
    ("discord", {"Attic - general.json": discord_channel(5)}),
    ("discord", discord_package()),
    ("slack", slack_export()),
    ("mail", {"Takeout/Mail/Sent.mbox": mbox_of(mail_text("hi"))}),
    ("mail", {"a.eml": mail_text("hi"), "b.eml": mail_text("ho", id="<b@x>")}),
    ("mastodon", mastodon_archive()),
    ("bluesky", {"repo.car": car_of(*bluesky_records())}),
    ("reddit", REDDIT),
    ("linkedin", LINKEDIN),
    ("google_chat", google_chat_takeout()),
    ("chatgpt", {"conversations.json": chatgpt_export(), "user.json": {"id": "x"}}),
    ("signal", {"Mara/chat.md": SIGNAL_MD}),
    ("signal", {"Mara/data.json": SIGNAL_JSON}),
    ("signal", {"main.jsonl": SIGNAL_BACKUP, "metadata.json": {"version": 1}, "files/ab/x.jpg": b"x"}),
    ("imessage", {"+15550100.txt": IMESSAGE}),
    ("line", {"[LINE]マラ.txt": LINE_JA}),
    ("line", {"line.txt": LINE_EN}),
    ("kakaotalk", {"KakaoTalk.txt": KAKAO_PC}),
    ("kakaotalk", {"KakaoTalk.csv": KAKAO_CSV}),
    ("wechat", {"mara.csv": WECHAT_MSG}),
    ("wechat", {"mara.csv": WECHAT_LOG}),
    ("ready", {"train.jsonl": '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'}),
]  # fmt: skip
#: Formats that hold another's grammar and are asked before it.
LOOK_ALIKES = {"threads": {"meta"}, "signal": {"whatsapp"}}
IDS = [f"{source}-{number}" for number, (source, _) in enumerate(EXPORTS)]


@pytest.mark.parametrize(("source", "files"), EXPORTS, ids=IDS)
def test_as_the_app_makes_it_and_packed_again(source, files):
    plain = read_archive(zip_of(files), name="export.zip")
    again = {f"my stuff/{path}": data for path, data in files.items()}
    junk = {"__MACOSX/my stuff/._a": b"\0\0", "my stuff/.DS_Store": b"Bud1"}
    packed = read_archive(zip_of(again | junk), name="again.zip")
    assert plain.source == packed.source == source
    assert_whole(plain)
    assert plain.frame()["text"].tolist() == packed.frame()["text"].tolist()
    assert plain.recognised


@pytest.mark.parametrize(("source", "files"), EXPORTS, ids=IDS)
def test_no_other_format_claims_it(source, files):
    with open_containers(zip_of(files), "export.zip") as (containers, _):
        claims = [f.SOURCE for f in FORMATS if f.ORDER < 60 and f.sniff(containers[0].members)]
    assert claims[0] == source and set(claims[1:]) <= LOOK_ALIKES.get(source, set())


SINGLE = [(s, f) for s, f in EXPORTS if len(f) == 1 and s not in ("threads",)]


@pytest.mark.parametrize(("source", "files"), SINGLE, ids=[s for s, _ in SINGLE])
def test_a_bare_file_of_any_name(source, files):
    (data,) = files.values()
    name = "x.md" if source == "signal" and isinstance(data, str) and data.startswith("[") else "x"
    assert read_archive(as_bytes(data), name=name).source == source


@pytest.mark.parametrize(("source", "files"), EXPORTS, ids=IDS)
def test_every_member_cut_in_half_gives_what_is_whole_or_a_sentence(source, files):
    cut = {path: as_bytes(data)[: len(as_bytes(data)) // 2] for path, data in files.items()}
    try:
        assert_whole(read_archive(zip_of(cut), name="export.zip"))
    except Problem as problem:
        assert problem.message.endswith(".") and problem.hint


def test_every_source_has_a_name_for_people():
    assert {source for source, _ in EXPORTS} <= set(SOURCES)


def test_two_apps_agree_on_the_author_they_share():
    chat = "".join(
        f"18/03/2022, 21:0{i} - {['Ann', 'Bo', 'Cy'][i % 3]}: hi {i}\n" for i in range(6)
    )
    table = "text,author\nhello,Ann\nhello back,Dee\nwell,Ann\n"
    archive = read_archive([("chat.txt", chat.encode()), ("t.csv", table.encode())])
    assert archive.me is not None and archive.me.name == "Ann"
    assert archive.me.reason == "the only name in all 2 sources"


def test_exports_of_two_apps_become_one_archive():
    archive = read_archive(
        [
            ("result.json", as_bytes(telegram_chat(5))),
            ("mara.csv", WECHAT_MSG.encode()),
        ]
    )
    assert archive.source == "several" and len(archive) == 10
    assert_whole(archive)


REFUSED = [
    ("m.html", "<!DOCTYPE html><title>Exported Data</title>", "Machine-readable JSON"),
    ("d.html", "<!DOCTYPE html><div class=chatlog__message-group>", "format JSON"),
    ("d.txt", "=" * 62 + "\nGuild: Attic\nChannel: general\n" + "=" * 62 + "\n", "format JSON"),
    (
        "message_1.html",
        "<html><head><title>Mara</title></head>Messenger</html>",
        "choose the format JSON",
    ),
    ("a.html", "<!DOCTYPE html><body>Mastodon", "request your archive"),
    ("a.pst", b"!BDN" + b"\0" * 600, ".mbox"),
    ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".eml"),
    ("a.docx", zip_of({"word/document.xml": "<w/>"}), "plain text"),
]


@pytest.mark.parametrize(("name", "data", "advice"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_the_wrong_form_is_refused_with_the_right_one(name, data, advice):
    with pytest.raises(Problem) as caught:
        read_archive(as_bytes(data), name=name)
    assert advice in caught.value.hint and caught.value.message.count(".") <= 2
