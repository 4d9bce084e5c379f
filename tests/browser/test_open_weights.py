"""Open weights in a real browser: a folder as base, training, answers of both, an Ollama folder."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.core.ollama_modelfile import parse_modelfile
from tests.core.tiny_model import WHY, make_tiny_model

from .conftest import Server, assert_healthy, settle
from .test_journey import follow_next, try_sample


def test_from_a_folder_to_a_voice_in_ollama(page: Page, shared_server: Server, tmp_path) -> None:
    pytest.importorskip("torch", reason=WHY)
    pytest.importorskip("gguf", reason=WHY)
    base = make_tiny_model(tmp_path / "tiny-llama")
    try_sample(page, shared_server)
    page.get_by_role("link", name="Train").first.click()
    settle(page)
    box = page.get_by_role("combobox", name="Start from", exact=True)
    box.fill(str(base))
    box.press("Enter")
    expect(page.get_by_text("100,288 weights")).to_be_visible(timeout=20_000)
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Epochs", exact=True).press("Enter")
    settle(page)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=120_000)
    page.get_by_text("Take it with you").click()
    page.get_by_role("textbox", name="Write it to").fill(str(tmp_path / "out"))
    page.get_by_role("textbox", name="Write it to").press("Enter")
    settle(page)
    page.get_by_role("button", name="Write and check it").click()
    expect(page.get_by_text("Written to").first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("ollama create").first).to_be_visible()
    (folder,) = (tmp_path / "out").iterdir()
    said = dict(parse_modelfile((folder / "Modelfile").read_text()))
    assert (folder / said["model"]).read_bytes()[:4] == b"GGUF"
    follow_next(page, "Compare", "Compare")
    for side in ("left", "right"):  # the base has to be loaded first
        answer = page.locator(f".st-key-answer_{side}")
        expect(answer).to_contain_text(re.compile(r"\d tokens"), timeout=90_000)
    assert_healthy(page)
