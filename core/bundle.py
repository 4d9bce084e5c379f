"""Everything about a data set in one archive: files, settings, data card, receipt, hashes.

The same data set gives the same bytes, so a bundle can be compared by its hash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

import orjson

from core.dataset import Dataset
from core.examples import Example
from core.formats import Form, to_training_jsonl
from core.receipt import Receipt
from core.recipes import RECIPES
from core.saved import recipe_to_json
from core.settings import DatasetSettings

#: What the data card says about the answers that are learnt.
LEARNT: dict[Form, str] = {
    "weights": "Answers with weight 0 are shown and not learnt; the trainer has to obey weights.",
    "plain": "There is no weight field: a trainer learns every answer of an example.",
    "completions": "Every line is a prompt and a completion; only the completion is learnt (TRL).",
}
#: Zip stores a time for every file; this one is the earliest it knows.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def bundle_files(made: Dataset, *, bom: bool = False, form: Form = "weights") -> dict[str, bytes]:
    """The files of a bundle by name, the data card last (it holds the others' hashes).

    Args:
        made: the data set.
        bom: a byte-order mark in the JSONL files.
        form: how the files say which answers are learnt.
    """
    parts = {"training": made.training, "validation": made.validation, "held_out": made.held_out}
    files = {
        **{
            f"{name}.jsonl": to_training_jsonl(part, form, bom=bom) if part else b""
            for name, part in parts.items()
        },
        "settings.json": recipe_to_json(made.settings, made.labels),
        "receipt.json": receipt_json(made.receipt),
    }
    files = {name: data for name, data in files.items() if data}
    files["data_card.md"] = data_card(made, files, form).encode()
    return files


def to_bundle(made: Dataset, *, bom: bool = False, form: Form = "weights") -> bytes:
    """A zip of ``bundle_files``; the same data set gives the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in bundle_files(made, bom=bom, form=form).items():
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def receipt_json(receipt: Receipt) -> bytes:
    """The receipt's sums as JSON; no text and no ids."""
    sums = {
        "raw": receipt.raw,
        "kept": receipt.kept,
        "merged": receipt.merged,
        "learnt": receipt.learnt,
        "left_out": receipt.left_out,
    }
    return orjson.dumps(sums, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def data_card(made: Dataset, files: Mapping[str, bytes], form: Form = "weights") -> str:
    """A description in Markdown: counts, recipe, split, receipt, hashes. Holds no message."""
    receipt = made.receipt
    parts = {
        "training": made.training,
        "validation": made.validation,
        "held out": made.held_out,
    }
    lines = [
        "# Data card",
        "",
        f"Made with Soundalike from {receipt.raw:,} items of a private archive. The texts were "
        "written by private people: do not publish them, and ask those who are quoted.",
        "",
        "## Parts",
        "",
        "| Part | Examples | Answer, median characters | From | To |",
        "|---|---|---|---|---|",
        *(_part_row(name, part) for name, part in parts.items()),
        "",
        "Held-out examples are for judging the voice; never train on them.",
        "",
        "## Recipe",
        "",
        *_recipe_lines(made),
        "",
        "## What became of every message",
        "",
        f"{receipt.raw:,} = {receipt.kept:,} used + {receipt.merged:,} merged into a neighbour + "
        f"{sum(receipt.left_out.values()):,} left out; {receipt.learnt:,} of those used are in "
        "answers, the others are context.",
        "",
        "| Left out because | Messages |",
        "|---|---|",
        *(
            f"| {_plain(reason)} | {count:,} |"
            for reason, count in sorted(receipt.left_out.items(), key=lambda one: (-one[1], one[0]))
        ),
        "",
        "## Files",
        "",
        LEARNT[form],
        "",
        "| File | Bytes | SHA-256 |",
        "|---|---|---|",
        *(
            f"| {name} | {len(data):,} | {hashlib.sha256(data).hexdigest()} |"
            for name, data in files.items()
        ),
        "",
        "settings.json can be loaded again on the Dataset page: the same archive and the same "
        "settings give the same files.",
    ]
    if made.warnings:
        lines += ["", "## To know", "", *(f"* {_plain(warning)}" for warning in made.warnings)]
    return "\n".join(lines) + "\n"


def _part_row(name: str, part: Sequence[Example]) -> str:
    lengths = sorted(len(example.completion) for example in part)
    middle = f"{lengths[len(lengths) // 2]:,}" if lengths else "-"
    times = sorted(example.sent_at for example in part if example.sent_at is not None)
    first, last = (f"{times[0]:%Y-%m-%d}", f"{times[-1]:%Y-%m-%d}") if times else ("-", "-")
    return f"| {name} | {len(part):,} | {middle} | {first} | {last} |"


def _recipe_lines(made: Dataset) -> list[str]:
    settings = made.settings
    titles = [RECIPES[key].title for key in made.recipe.split(" + ") if key in RECIPES]
    usual = DatasetSettings()
    lines = [f"* Recipe: {', '.join(titles)}"]
    if "replies" in made.recipe:
        lines.append(f"* Context: {settings.buffer_size} exchanges, the current one included")
    if settings.merge_gap is None:
        lines.append("* Messages are not merged")
    else:
        lines.append(f"* Messages within {settings.merge_gap:g} seconds are merged")
    if made.conversation_gap is not None:
        hours = made.conversation_gap / 3600
        lines.append(f"* A silence of {hours:.1f} hours begins a new conversation")
    lines.append(f"* Split by {settings.split_by}, seed {settings.seed}")
    if settings.max_examples is not None:
        lines.append(f"* At most {settings.max_examples:,} examples ({settings.selection})")
    if settings.filters != usual.filters:
        lines.append("* Filters differ from the usual ones; see settings.json")
    return lines


def _plain(text: str) -> str:
    """Text that cannot break a Markdown table."""
    return " ".join(text.replace("|", "/").split())
