"""What llama.cpp and Ollama call the way a tokenizer cuts texts. Plain JSON, no torch."""

from __future__ import annotations

from typing import Any

from core.problems import Problem

#: The regular expressions by which llama.cpp's pre-tokenizers of these names cut a text, as
#: tokenizer.json of the models spells them.
SPLITS = {
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": "llama-bpe",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": "qwen2",
}


def pre_tokenizer_name(tokenizer: dict[str, Any]) -> str:
    """llama.cpp's name for the way a tokenizer.json cuts texts before it merges.

    Raises:
        Problem: it is none of the ways that are known here.
    """
    steps = tokenizer.get("pre_tokenizer") or {}
    listed = steps.get("pretokenizers", [steps])
    kinds = [step.get("type") for step in listed]
    byte_level = bool(listed) and kinds[-1] == "ByteLevel"
    whole = byte_level and not listed[-1].get("add_prefix_space", False)
    if tokenizer.get("model", {}).get("type") == "BPE" and whole:
        cuts_itself = listed[-1].get("use_regex", True)
        if kinds == ["ByteLevel"] and cuts_itself:
            return "gpt-2"
        if kinds == ["Digits", "ByteLevel"] and cuts_itself and listed[0].get("individual_digits"):
            return "smollm"
        if kinds == ["Split", "ByteLevel"] and not cuts_itself:
            found = SPLITS.get(listed[0].get("pattern", {}).get("Regex", ""))
            if found:
                return found
    raise Problem(
        "Its tokenizer is of a kind that is not written to GGUF here.",
        "Take the merged weights: llama.cpp's converter may know it.",
    )
