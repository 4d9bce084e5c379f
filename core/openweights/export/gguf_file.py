"""A Llama as one GGUF file, as llama.cpp reads it. Imports torch and gguf: workers only.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Names of tensors and keys
come from the ``gguf`` package. Query and key weights are reordered: llama.cpp turns neighbouring
pairs of a head's rows, transformers the first half against the second.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from core.problems import Problem

ELSE = "Take the Ollama folder instead: Ollama converts it by itself."
#: The regular expressions by which llama.cpp's pre-tokenizers of these names cut a text, as
#: tokenizer.json of the models spells them.
SPLITS = {
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": "llama-bpe",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": "qwen2",
}

Told = Callable[[float], None]


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
    raise Problem("Its tokenizer is of a kind that is not written to GGUF here.", ELSE)


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows of query or key weights in llama.cpp's order."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def write_gguf(
    model: Any, tokenizer_folder: Path, target: Path, quantised: bool, name: str, told: Told
) -> None:
    """Write a LlamaForCausalLM and its tokenizer.

    Args:
        model: merged, on the CPU.
        tokenizer_folder: with tokenizer.json, its configuration and chat template.
        quantised: Q8_0 instead of F16.
        told: is given the share that is done, 0 to 1.

    Raises:
        Problem: a rope or a tokenizer that is not written here.
    """
    config = model.config
    writer = gguf.GGUFWriter(target, "llama")
    file_type = gguf.LlamaFileType.MOSTLY_Q8_0 if quantised else gguf.LlamaFileType.MOSTLY_F16
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_shape(writer, config)
    _add_tokenizer(writer, tokenizer_folder, config.vocab_size)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    tensors = dict(model.named_parameters())
    for number, (own, tensor) in enumerate(tensors.items()):
        found = names.get_name(own, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise Problem(f"The weights {own} have no place in a GGUF file of a Llama.", ELSE)
        _add_tensor(writer, found, own, tensor, config, quantised)
        told(0.8 * (number + 1) / len(tensors))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    told(1.0)


def _add_shape(writer: gguf.GGUFWriter, config: Any) -> None:
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") != "default":
        raise Problem(f"Its rope ({rope['rope_type']}) is not written to GGUF here.", ELSE)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10_000.0)))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(head)
    writer.add_key_length(head)
    writer.add_value_length(head)


def _add_tokenizer(writer: gguf.GGUFWriter, folder: Path, size: int) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    pre = pre_tokenizer_name(tokenizer)
    tokens = [f"[PAD{number}]" for number in range(size)]
    types = [gguf.TokenType.UNUSED] * size
    for text, number in tokenizer["model"]["vocab"].items():
        tokens[number], types[number] = text, gguf.TokenType.NORMAL
    for added in tokenizer.get("added_tokens", []):
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]], types[added["id"]] = added["content"], kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    gguf.SpecialVocab(folder, load_merges=True, n_vocab=size).add_to_gguf(writer, quiet=True)


def _add_tensor(
    writer: gguf.GGUFWriter, name: str, own: str, tensor: Any, config: Any, quantised: bool
) -> None:
    values = tensor.detach().to(torch.float32).numpy()
    if ".q_proj." in own:
        values = permute(values, config.num_attention_heads)
    if ".k_proj." in own:
        values = permute(values, config.num_key_value_heads)
    if values.ndim == 1:
        writer.add_tensor(name, np.ascontiguousarray(values))
    elif quantised and values.shape[-1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, values.astype(np.float16))
