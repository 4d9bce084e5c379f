"""Recognition by content, containers, several files together, and everything that is refused."""

import bz2
import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from core.readers import FORMATS, SOURCES, read_archive
from core.samples import SAMPLES
from tests.core.reading import make_zip, read, read_or_problem, reasons, texts

CHAT = "18/03/2022, 21:05 - Anna: hi\n18/03/2022, 21:06 - Ben: ho\n"
CSV = "Anna;Ben\nhi;ho\n###;\nyes;no\n"
TWEETS = 'window.YTD.tweets.part0 = [{"tweet":{"id_str":"1","full_text":"hi"}}]'
PLAIN = "one post\nanother post\n"
EACH = {"whatsapp": CHAT, "conversation_csv": CSV, "x": TWEETS, "plain": PLAIN}


@pytest.mark.parametrize(("source", "text"), EACH.items())
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.js", "a.dat", "a", None])
def test_content_counts_not_the_name(source: str, text: str, name: str | None) -> None:
    assert read(text, name).source == source


def test_every_format_is_complete() -> None:
    keys = [f.SOURCE for f in FORMATS]
    assert len(set(keys)) == len(keys)
    assert {"whatsapp", "x", "conversation_csv", "plain", "table"} <= set(SOURCES)
    assert "unsupported" not in SOURCES and all(SOURCES.values())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.key)
def test_the_samples_open(sample) -> None:
    archive = read(sample.path)
    assert archive.me is not None and len(archive) > 50


# --- ways to give a file -------------------------------------------------------------------


def test_paths_streams_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "WhatsApp Chat with Anna.txt"
    path.write_text(CHAT, encoding="utf-8")
    named = io.BytesIO(CHAT.encode())
    named.name = "x/WhatsApp Chat with Anna.txt"
    with path.open("rb") as stream:
        ways = [path, stream, named, (path.name, CHAT.encode())]
        archives = [read(way) for way in ways]
        assert not stream.closed
        archives.append(read_archive(str(path)))
    archives.append(read(bytearray(CHAT.encode()), path.name))
    for archive in archives:
        assert texts(archive) == ["hi", "ho"]
        assert archive.me is not None and archive.me.name == "Ben"


def test_a_stream_that_cannot_seek() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.left = CHAT.encode()

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            piece, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
            buffer[: len(piece)] = piece
            return len(piece)

    assert texts(read(io.BufferedReader(Pipe()))) == ["hi", "ho"]


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tweets.js").write_text(TWEETS)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "link").symlink_to("/etc/hostname")
    assert read(tmp_path).source == "x"


@pytest.mark.parametrize("source", [42, None, [], [None], "/no/such/file", ("a", 1), object()])
def test_what_is_no_file(source: object) -> None:
    with pytest.raises(Problem):
        read_archive(source)


def test_unknown_options_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        read_archive(CHAT.encode(), colour=True)


def test_the_owner_can_be_given() -> None:
    archive = read(CHAT, me="Anna")
    assert archive.me is not None and archive.me.name == "Anna"


def test_progress_only_grows() -> None:
    seen: list[float] = []
    read(
        [("a.txt", CHAT.encode()), ("b.js", TWEETS.encode()), ("c.csv", CSV.encode())],
        progress=seen.append,
    )
    assert seen == sorted(seen) and seen[-1] == 1.0 and seen[0] >= 0.0


# --- several files ---------------------------------------------------------------------------


def test_different_sources_become_one_archive() -> None:
    archive = read(
        [
            ("WhatsApp Chat with Anna.txt", CHAT.encode()),
            ("c.csv", CSV.encode()),
            ("t.js", TWEETS.encode()),
        ]
    )
    assert archive.source == "several" and len(archive) == 2 + 4 + 1
    assert archive.me is not None and "Ben" in archive.me.names
    assert all(":" in key for key in archive.frame()["conversation"].unique())
    assert set(archive.titles) <= set(archive.frame()["conversation"].unique())


def test_one_bad_file_does_not_spoil_the_others() -> None:
    archive = read([("a.txt", CHAT.encode()), ("b.bin", bytes(range(256)) * 9), ("c.txt", b"")])
    assert archive.source == "whatsapp"
    warnings = " ".join(reasons(archive, "warning"))
    assert "b.bin" in warnings and "c.txt" in warnings


def test_several_zips_of_one_person() -> None:
    one = make_zip({"_chat.txt": CHAT})
    two = make_zip({"_chat.txt": CHAT.replace("Anna", "Cleo")})
    archive = read([("WhatsApp Chat - Anna.zip", one), ("WhatsApp Chat - Cleo.zip", two)])
    assert sorted(archive.titles.values()) == ["Anna", "Cleo"]
    assert archive.me is not None and archive.me.name == "Ben"


# --- containers ------------------------------------------------------------------------------


def make_tar(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar(mode: str) -> None:
    data = make_tar({"./top/data/tweets.js": TWEETS.encode(), "top/._x": b"\0"}, mode)
    assert read(data, "a.tar.gz").source == "x"


def test_a_single_file_in_gzip() -> None:
    assert texts(read(gzip.compress(CHAT.encode()), "chat.txt.gz")) == ["hi", "ho"]


def test_paths_inside_archives_are_never_used() -> None:
    data = make_zip({"../../etc/_chat.txt": CHAT, "/abs/x.jpg": b"x", "C:\\win\\y.jpg": b"y"})
    assert texts(read(data)) == ["hi", "ho"]


def encrypted() -> bytes:
    data = bytearray(make_zip({"_chat.txt": CHAT}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + place
        data[at : at + 2] = struct.pack("<H", struct.unpack("<H", data[at : at + 2])[0] | 1)
    return bytes(data)


def bomb() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("_chat.txt", "w") as member,
    ):
        member.write(CHAT.encode())
        for _ in range(300):
            member.write(bytes(2**20))
    return out.getvalue()


def lying_bomb() -> bytes:
    data = bytearray(bomb())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 1000)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.txt", "empty"),
        (encrypted(), "a.zip", "password"),
        (bomb(), "a.zip", "no real export"),
        (gzip.compress(bytes(300 * 2**20)), "a.gz", "any real export|not text"),
        (make_zip({"a.zip": make_zip({"_chat.txt": CHAT})}), "b.zip", "another zip"),
        (make_zip({}), "a.zip", "no files"),
        (make_zip({"__MACOSX/._a": b"x"}), "a.zip", "no files"),
        (make_zip({"a.jpg": b"\xff\xd8", "b.opus": b"OggS"}), "a.zip", "media only"),
        (make_zip({"_chat.txt": CHAT})[:45], "a.zip", "cut off"),
        (bytes(range(256)) * 40, "a.bin", "not text"),
        (b"\x7fELF" + bytes(5000), "a", "not text"),
        (b"%PDF-1.7 ...", "a.pdf", "PDF"),
        (b"!BDN" + bytes(600), "mail.pst", "Outlook"),
        (b"Rar!\x1a\x07" + bytes(99), "a.rar", "RAR"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "a.7z", "7-Zip"),
        (b"SQLite format 3\x00" + bytes(99), "msgstore.db", "database"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "a.jpg", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "old Office"),
        (b"garbage" * 99, "a.crypt15", "encrypted backup"),
        (b"{\\rtf1 hello}", "a.rtf", "word-processor"),
        (b"<?xml version='1.0'?><smses><sms/></smses>", "a.xml", "XML"),
        (make_zip({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "a.docx", "word-processor"),
        (make_zip({"content.xml": "<x/>", "mimetype": "x"}), "a.odt", "word-processor"),
        (make_zip({"content.xml": "<x/>", "mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "a.ods", "spreadsheet"),
        (b"<!DOCTYPE html><title>Exported Data</title>", "messages.html", "Telegram"),
        (b"<html><div class='chatlog__message-group'>", "x.html", "Discord"),
        (b"<html><body class='_5vb_ _2yq _a7o5'>Facebook", "message_1.html", "Messenger"),
        (b"<html><head><title>Mastodon</title>", "x.html", "Mastodon"),
        (b"<html><p>hello", "x.html", "web page"),
        (make_zip({"messages.html": "<!DOCTYPE html><title>Exported Data</title>", "css/style.css": "a"}), "e.zip", "Telegram"),
        (make_zip({"your_facebook_activity/messages/inbox/a/message_1.html": "<html>facebook</html>"}), "f.zip", "JSON"),
        (b"\x00", "a.txt", "not text"),
        (b"\n \n", "a.txt", "no format"),
    ],
)  # fmt: skip
def test_each_refusal_is_one_sentence_with_a_hint(data: bytes, name: str, says: str) -> None:
    with pytest.raises(Problem, match=says) as caught:
        read_archive(data, name=name)
    assert caught.value.message.endswith(".") and caught.value.hint.endswith(".")


def test_a_zip_that_lies_about_its_size() -> None:
    result = read_or_problem(lying_bomb(), "a.zip")
    assert isinstance(result, Problem) or len(result) <= 3


def test_a_member_that_cannot_be_unpacked() -> None:
    data = bytearray(make_zip({"data/tweets.js": TWEETS * 50}))
    data[60] ^= 0xFF
    assert isinstance(read_or_problem(bytes(data), "x.zip"), Problem)
    bz = bz2.compress(CHAT.encode())
    assert isinstance(read_or_problem(bz, "x.bz2"), Problem)


def test_half_a_text_is_read_to_its_end() -> None:
    assert texts(read(CHAT.encode()[:-3])) == ["hi", ""]


def test_a_nul_byte_is_no_obstacle() -> None:
    assert len(read(CHAT.replace("hi", "h\x00i"))) == 2


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.zip", "a.txt", "a.csv", "a.json", "a.js", ""]))
def test_any_bytes_raise_only_problems(data: bytes, name: str) -> None:
    read_or_problem(data, name)


ZIP = make_zip({"data/tweets.js": TWEETS, "data/account.js": "window.YTD.account.part0 = []"})
TAR = make_tar({"data/tweets.js": TWEETS.encode()})


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([ZIP, TAR]),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=8),
    st.integers(0, 500),
)
def test_spoiled_archives_raise_only_problems(
    data: bytes, place: int, noise: bytes, cut: int
) -> None:
    spoiled = data[:place] + noise + data[place + len(noise) :]
    read_or_problem(spoiled[: len(spoiled) - cut], "a.zip")
