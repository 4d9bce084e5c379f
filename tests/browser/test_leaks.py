"""Marked secrets go in at the top; nothing that leaves the app may hold any of them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.core.tiny_model import make_tiny_model
from tests.loopback_provider import LoopbackProvider

from .conftest import Server, assert_healthy, choose_option, new_context, settle
from .test_journey import follow_next
from .test_providers import KEY, choose_provider

#: Strings that a person would not want to find anywhere else.
SECRETS = (
    "Marguerite",
    "Quillfeather",
    "Thaddeus",
    "Okonjo-Brandt",
    "447911123456",
    "7911 123456",
    "marguerite.q@private.example",
    "GB33BUKB20201555555555",
    "4111 1111 1111 1111",
    "hunter2-swordfish",
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
)
TALK = (
    ("Thaddeus Okonjo-Brandt", "hi Marguerite, are you coming on saturday?"),
    ("Marguerite Quillfeather", "Certainly! Ring me on +44 7911 123456 before noon."),
    ("Thaddeus Okonjo-Brandt", "ok. what is your mail again"),
    ("Marguerite Quillfeather", "It is marguerite.q@private.example, as ever, Thaddeus."),
    ("Thaddeus Okonjo-Brandt", "and the account for the cake money?"),
    ("Marguerite Quillfeather", "GB33BUKB20201555555555, and do say it is for the cake!"),
    ("Thaddeus Okonjo-Brandt", "card works too?"),
    ("Marguerite Quillfeather", "The shop has mine: 4111 1111 1111 1111, would you believe."),
    ("Thaddeus Okonjo-Brandt", "the password for the guest list?"),
    ("Marguerite Quillfeather", "My password is hunter2-swordfish, do not tell Mr Okonjo-Brandt."),
    ("Thaddeus Okonjo-Brandt", "your robot thing stopped working"),
    (
        "Marguerite Quillfeather",
        "Its key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789, try that one.",
    ),
)


WORDS = [
    "tea",
    "rain",
    "bus",
    "hat",
    "soup",
    "choir",
    "moss",
    "kite",
    "lamp",
    "drawer",
    "marmalade",
    "bicycle",
    "ferry",
    "pigeon",
    "cushion",
    "garden",
    "spoon",
    "whistle",
    "carpet",
    "puddle",
    "ladder",
    "onion",
    "trombone",
    "biscuit",
    "window",
    "pebble",
    "scarf",
    "lantern",
    "radish",
]


def chat() -> bytes:
    """A WhatsApp export with the talk again and again, each time with other words around it."""
    dice = random.Random(7)
    lines = []
    for day in range(1, 25):
        for minute, (author, text) in enumerate(TALK):
            stamp = f"{day:02d}/03/2024, {9 + minute // 4:02d}:{minute % 4 * 15:02d}"
            before = " ".join(dice.sample(WORDS, 12))
            lines.append(f"{stamp} - {author}: Between {before}. {text}")
    return "\n".join(lines).encode()


#: Downloads that hold the real words on purpose, and say so: the way back, and the file as it came.
MEANT_TO = ("Download the list of real and made-up names", "Save as conversation CSV")
CHAT = ("POST", "chat/completions")


def test_no_secret_leaves_the_app(browser, own_server: Server) -> None:
    """Every page and tab: files, labels, moderation, training, answers, judge, game, history."""
    with LoopbackProvider(key=KEY, step_per_look=5000) as provider:
        mine, theirs = new_context(browser), new_context(browser)
        page = mine.new_page()
        page.set_default_timeout(20_000)
        files: dict[str, bytes] = {}
        upload(page, own_server)
        choose_provider(page, provider.url)
        files |= downloads(page)
        follow_next(page, "Check what is private", "Privacy")
        the_map = download(page, page.get_by_role("button", name=MEANT_TO[0]))
        assert b"Quillfeather" in the_map, "only this list leads back"
        follow_next(page, "Shape the data set", "Dataset")
        ask_moderation_and_labels(page, provider)
        files |= downloads(page)
        follow_next(page, "See tokens and cost", "Tokens & cost")
        files |= downloads(page)
        follow_next(page, "Train", "Train")
        files |= downloads(page)
        page.get_by_role("button", name="Train now").click()
        page.get_by_role("dialog").get_by_role("button", name="Send and train").click()
        expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
        settle(page)
        files |= downloads(page)
        page.get_by_role("button", name="Compare").last.click()
        expect(page.get_by_role("button", name="Ask both")).to_be_visible(timeout=20_000)
        settle(page)
        files |= compare(page, provider)
        page.get_by_test_id("stTopNavLink").filter(has_text="Clean up").click()
        settle(page)
        page.get_by_role("button", name="Look what is there").click()
        settle(page)
        files |= downloads(page)
        assert_healthy(page)
        other = theirs.new_page()
        other.goto(f"{own_server.url}/privacy")
        settle(other)
        places = {
            "addresses asked for": " ".join(seen.path for seen in provider.seen).encode(),
            "the server's log": log_of(own_server),
            "files on disk": on_disk(own_server),
            "another visitor's page": other.content().encode(),
            "the address bar": page.url.encode(),
        } | {f"the download {name}": content for name, content in files.items()}
        sent = {f"{seen.method} {seen.path}": b"" for seen in provider.seen}
        for seen in provider.seen:
            sent[f"{seen.method} {seen.path}"] += seen.body
        mine.close()
        theirs.close()
    assert len(files) >= 10, list(files)
    assert b"ftjob-" in places["files on disk"]  # the project's notes
    assert b"cake" in b"".join(sent.values())
    training = next(content for name, content in files.items() if "training JSONL" in name)
    assert training.count(b"Say this: ") > 5, "what the chat model wrote is learnt"
    assert any(b"cake" in content for content in files.values())
    assert_clean(places | sent)
    for where, content in (places | sent).items():
        assert KEY.encode() not in content, f"the key is in {where}"


def test_forgetting_everything_clears_the_session_and_the_disk(
    page: Page, own_server: Server
) -> None:
    upload(page, own_server)
    follow_next(page, "Check what is private", "Privacy")
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    settle(page)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
    settle(page)
    kept = on_disk(own_server)
    assert b"marmalade" in kept, "the trained model is made of these words"
    files = downloads(page)
    assert any(".soundalike" in name for name in files), list(files)
    assert_clean({"the disk": kept, "the log": log_of(own_server)} | files)
    forget_everything(page)
    assert b"marmalade" not in on_disk(own_server)
    page.get_by_test_id("stTopNavLink").filter(has_text="Privacy").click()
    settle(page)
    text = page.content()
    assert not [secret for secret in SECRETS if secret in text]
    assert_healthy(page)


def test_open_weights_and_their_exports_hold_no_secret(
    page: Page, own_server: Server, tmp_path_factory
) -> None:
    """LoRA on a tiny model, its folder for Ollama, and that forgetting takes the rest."""
    folder = tmp_path_factory.mktemp("open")
    base = make_tiny_model(folder / "tiny")
    upload(page, own_server)
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    settle(page)
    box = page.get_by_role("combobox", name="Start from", exact=True)
    box.fill(str(base))
    box.press("Enter")
    settle(page)
    for name, number in (("Epochs", "1"), ("Batch size", "16")):
        page.get_by_role("spinbutton", name=name).fill(number)
        page.get_by_role("spinbutton", name=name).press("Enter")
        settle(page)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=180_000)
    settle(page)
    page.get_by_text("Take it with you").click()
    settle(page)
    page.get_by_role("textbox", name="Write it to").fill(str(folder / "out"))
    page.get_by_role("textbox", name="Write it to").press("Enter")
    settle(page)
    page.get_by_role("button", name="Write and check it").click()
    expect(page.get_by_text("Written to")).to_be_visible(timeout=120_000)
    settle(page)
    written = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert any(path.name == "Modelfile" for path in written)
    kept = on_disk(own_server)
    assert b"marmalade" in kept, "what it was trained on is kept until it is forgotten"
    files = {str(path): path.read_bytes() for path in written}
    assert_clean({"the disk": kept, "the log": log_of(own_server)} | files | downloads(page))
    forget_everything(page)
    assert b"marmalade" not in on_disk(own_server)
    assert not list(own_server.home.rglob("*.safetensors"))


def assert_clean(places: dict[str, bytes]) -> None:
    """No secret in any of these: where -> content."""
    for where, content in places.items():
        low = content.lower()
        found = [secret for secret in SECRETS if secret.lower().encode() in low]
        assert not found, f"{found} in {where}"


def forget_everything(page: Page) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text="Clean up").click()
    settle(page)
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Yes, forget everything").click()
    settle(page)


def log_of(server: Server) -> bytes:
    """Everything the app has written to its output."""
    return (server.home / "server.log").read_bytes()


def upload(page: Page, server: Server) -> None:
    page.goto(server.url)
    settle(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {
            "name": "WhatsApp Chat with Thaddeus Okonjo-Brandt.txt",
            "mimeType": "text/plain",
            "buffer": chat(),
        }
    )
    expect(page.get_by_text("Which of these names are you?")).to_be_visible(timeout=20_000)
    settle(page)


def ask_moderation_and_labels(page: Page, provider: LoopbackProvider) -> None:
    """A chat model's topics and instructions for the texts, and the moderation of every answer.

    The data set is a mix of all recipes that learn a voice, so that every later step has replies
    with their context, topics and instructions.
    """
    provider.reply_to = quoting_labels
    page.get_by_text("Mix several recipes or archives").click()
    settle(page)
    for recipe in ("Replies with context", "Topics as the prompt", "Instructions"):
        choose_option(page, "Recipes to mix", recipe)
    kinds = page.get_by_test_id("stButtonGroup").get_by_role("radio", name="topics and names")
    for _ in range(3):  # a box opened within the page's last run is closed by it
        page.get_by_text(re.compile("^Better .* from a chat model")).click()
        settle(page)
        if kinds.is_visible():
            break
    for kind in ("topics and names", "instructions"):
        page.get_by_test_id("stButtonGroup").get_by_role("radio", name=kind).click()
        settle(page)
        page.get_by_text(re.compile("^Send these texts to")).click()
        settle(page)
        before = len(provider.requests(*CHAT))
        page.get_by_role("button", name="Write them").click()
        settle(page)
        asked = provider.requests(*CHAT)[before:]
        assert asked and all(b"response_format" in seen.body for seen in asked), kind
    page.get_by_role("button", name="Send and look").click()
    settle(page)
    assert [seen for seen in provider.seen if seen.path.endswith("/moderations")]


def quoting_labels(body: dict[str, Any]) -> str:
    """Labels as a chat model gives them that quotes all it was sent."""
    lines = [json.loads(line) for line in body["messages"][-1]["content"].split("\n")]
    names = [re.findall(r"[A-Z]\w+", line["text"]) for line in lines]
    items = [
        {
            "i": line["i"],
            "topics": [" ".join(words[:4])],
            "entities": [{"text": word, "type": "person"} for word in words],
            "kind": "post",
            "instruction": f"Say this: {line['text'][-200:]}",
        }
        for line, words in zip(lines, names, strict=True)
    ]
    return json.dumps({"items": items})


def compare(page: Page, provider: LoopbackProvider) -> dict[str, bytes]:
    """Answers to a prompt with secrets, drafts, a judge run, the game; all that can be saved."""
    tuned = [name for name in provider.models if name.startswith("ft:")]
    provider.words_of = dict.fromkeys(tuned, ("Something", " else", ".")) | {"gpt-6-luna": ("A",)}
    page.get_by_text("My own prompt").click()
    settle(page)
    page.get_by_role("textbox", name="Your prompt").fill(
        "Marguerite, send GB33BUKB20201555555555 the cake money"
    )
    page.get_by_role("textbox", name="Your prompt").press("Control+Enter")
    settle(page)
    page.get_by_role("button", name="Ask both").click()
    for side in ("left", "right"):
        expect(page.locator(f".st-key-answer_{side}")).to_contain_text("tokens", timeout=30_000)
    settle(page)
    files = downloads(page)
    page.get_by_role("tab", name="Write").click()
    settle(page)
    before = len(provider.requests(*CHAT))
    page.get_by_role("button", name="Write", exact=True).click()
    settle(page)
    assert len(provider.requests(*CHAT)) > before
    page.get_by_role("button", name="Keep", exact=True).first.click()
    settle(page)
    files |= downloads(page)
    page.get_by_role("tab", name="Evidence").click()
    settle(page)
    page.get_by_role("button", name="Run the judge").click()
    expect(page.get_by_role("button", name="Download the report")).to_be_visible(timeout=90_000)
    settle(page)
    page.get_by_text("A language model as a judge").click()
    settle(page)
    choose_option(page, "Model", "gpt-6-luna")
    before = len(provider.requests(*CHAT))
    page.get_by_role("button", name="Send and ask the judge").click()
    settle(page)
    assert len(provider.requests(*CHAT)) > before, "the judge was asked"
    files |= downloads(page)
    page.get_by_role("tab").last.click()
    settle(page)
    return files | downloads(page)


def downloads(page: Page) -> dict[str, bytes]:
    """Everything that can be downloaded here: the button's words -> bytes, zips unpacked."""
    closed = page.locator("details:not([open]) > summary").filter(visible=True)
    for _ in range(20):
        if not closed.count():
            break
        closed.first.click()
        settle(page)
    assert not closed.count(), "everything on the page is open"
    found = {}
    for button in page.get_by_test_id("stDownloadButton").get_by_role("button").all():
        name = button.inner_text().strip().split("\n")[-1]
        if not button.is_visible() or not button.is_enabled() or name in MEANT_TO:
            continue
        content = download(page, button)
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                content = b"\n".join(packed.read(member) for member in packed.namelist())
        found[f"{page.url.rpartition('/')[2].partition('?')[0]}: {name}"] = content
    return found


def download(page: Page, button: Locator) -> bytes:
    with page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path()).read_bytes()


def on_disk(server: Server) -> bytes:
    """Every file of the app's folder, its log left out, packed ones unpacked."""
    pieces = []
    for path in sorted(server.home.rglob("*")):
        if path.is_file() and path.name != "server.log":
            data = path.read_bytes()
            pieces += [str(path.name).encode(), data]
            for unpack in (gzip.decompress, zlib.decompress):
                with contextlib.suppress(OSError, EOFError, zlib.error):
                    pieces.append(unpack(data))
    return b"\n".join(pieces)
