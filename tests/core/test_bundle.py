"""A bundle holds everything, is the same every time, and says nothing it should not."""

from __future__ import annotations

import hashlib
import io
import zipfile

import orjson

from core.bundle import bundle_files, to_bundle
from core.dataset import DatasetSettings, build_dataset
from core.formats import BOM, read_chat_jsonl
from core.messages import Note
from core.settings import settings_from_json
from tests.core.test_dataset import chat_frame, post_frame


def made(**changes):
    notes = [Note("left_out", "odd | reason", 2)]
    return build_dataset(chat_frame(80), ["me"], DatasetSettings(**changes), notes=notes)


def test_files_and_round_trips():
    dataset = made(system_prompt="Be me.", max_examples=40)
    with zipfile.ZipFile(io.BytesIO(to_bundle(dataset))) as packed:
        assert packed.testzip() is None
        files = {name: packed.read(name) for name in packed.namelist()}
    assert list(files)[-1] == "data_card.md"
    assert [e.messages for e in read_chat_jsonl(files["training.jsonl"])] == [
        e.messages for e in dataset.training
    ]
    assert settings_from_json(files["settings.json"]) == dataset.settings
    again = build_dataset(chat_frame(80), ["me"], settings_from_json(files["settings.json"]))
    assert again.training == dataset.training
    receipt = orjson.loads(files["receipt.json"])
    assert receipt["raw"] == receipt["kept"] + receipt["merged"] + sum(receipt["left_out"].values())


def test_the_same_choices_give_the_same_bytes():
    assert to_bundle(made()) == to_bundle(made())
    assert to_bundle(made()) != to_bundle(made(seed=1))


def test_the_card_has_counts_and_hashes_and_no_message():
    dataset = made()
    files = bundle_files(dataset)
    card = files["data_card.md"].decode()
    for name in ("training.jsonl", "settings.json"):
        assert hashlib.sha256(files[name]).hexdigest() in card
    assert f"| training | {len(dataset.training)} |" in card
    assert "odd / reason" in card
    assert not any(example.completion in card for example in dataset.training)


def test_variants_and_empty_parts():
    files = bundle_files(made(), bom=True, form="plain")
    assert files["training.jsonl"].startswith(BOM)
    assert b"weight" not in files["training.jsonl"]
    few = build_dataset(post_frame(12), ["me"], DatasetSettings(validation_share=0.0))
    assert "validation.jsonl" not in bundle_files(few)
