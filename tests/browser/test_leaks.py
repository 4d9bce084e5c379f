"""Marked secrets go in at the top; nothing that leaves the app may hold any of them."""

from __future__ import annotations

import random
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.loopback_provider import LoopbackProvider

from .conftest import Server, assert_healthy, new_context, settle
from .test_journey import follow_next
from .test_providers import KEY, choose_openai

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


def test_no_secret_leaves_the_app(browser, own_server: Server) -> None:
    with LoopbackProvider(key=KEY, step_per_look=5000) as provider:
        mine, theirs = new_context(browser), new_context(browser)
        page = mine.new_page()
        page.goto(own_server.url)
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
        choose_openai(page, provider.url)
        follow_next(page, "Check what is private", "Privacy")
        follow_next(page, "Shape the data set", "Dataset")
        downloads = [
            download(page, f"Download {part} JSONL") for part in ("training", "validation")
        ]
        follow_next(page, "See tokens and cost", "Tokens & cost")
        follow_next(page, "Train", "Train")
        page.get_by_role("button", name="Train now").click()
        page.get_by_role("dialog").get_by_role("button", name="Send and train").click()
        expect(page.get_by_text("succeeded").first).to_be_visible(timeout=90_000)
        settle(page)
        page.get_by_role("button", name="Compare").last.click()
        expect(page.get_by_role("button", name="Ask both")).to_be_visible(timeout=20_000)
        settle(page)
        page.get_by_role("button", name="Ask both").click()
        for side in ("left", "right"):
            expect(page.locator(f".st-key-answer_{side}")).to_contain_text("tokens", timeout=30_000)
        settle(page)
        assert_healthy(page)
        other = theirs.new_page()
        other.goto(f"{own_server.url}/privacy")
        settle(other)
        places = {
            "sent to the provider": b"".join(seen.body for seen in provider.seen),
            "addresses asked for": " ".join(seen.path for seen in provider.seen).encode(),
            "downloads": b"".join(downloads),
            "the server's log": (own_server.home / "server.log").read_bytes(),
            "files on the server": b"".join(
                file.read_bytes() for file in own_server.home.rglob("*") if file.is_file()
            ),
            "another visitor's page": other.content().encode(),
            "the address bar": page.url.encode(),
        }
        mine.close()
        theirs.close()
    assert b"cake" in places["sent to the provider"]
    assert b"cake" in places["downloads"]
    assert b"ftjob-" in places["files on the server"]  # the project's notes
    for where, content in places.items():
        low = content.lower()
        found = [secret for secret in SECRETS if secret.lower().encode() in low]
        assert not found, f"{found} in {where}"
        if where != "sent to the provider":
            assert KEY.encode() not in content, f"the key is in {where}"


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    return Path(waiting.value.path()).read_bytes()
