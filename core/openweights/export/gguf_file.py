"""A model as one GGUF file, as llama.cpp and Ollama read it. Imports torch and gguf: workers only.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Names of tensors and keys
come from the ``gguf`` package. A Llama's query and key weights are reordered: there llama.cpp turns
neighbouring pairs of a head's rows, transformers the first half against the second.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from core.openweights.export.tokens import pre_tokenizer_name
from core.problems import Problem

ELSE = "Take the merged weights: llama.cpp's converter may know them."
#: Architectures that are written here: llama.cpp's name, and whether query and key rows move.
#: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py does the same.
WRITTEN = {
    "LlamaForCausalLM": (gguf.MODEL_ARCH.LLAMA, True),
    "Qwen2ForCausalLM": (gguf.MODEL_ARCH.QWEN2, False),
    "Qwen3ForCausalLM": (gguf.MODEL_ARCH.QWEN3, False),
}

Told = Callable[[float], None]


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows of query or key weights in llama.cpp's order."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def write_gguf(
    model: Any, tokenizer_folder: Path, target: Path, quantised: bool, name: str, told: Told
) -> None:
    """Write a model of an architecture in ``WRITTEN`` and its tokenizer.

    Args:
        model: merged, on the CPU.
        tokenizer_folder: with tokenizer.json, its configuration and chat template.
        quantised: Q8_0 instead of F16.
        told: is given the share that is done, 0 to 1.

    Raises:
        Problem: a rope or a tokenizer that is not written here.
    """
    config = model.config
    architecture, moves = WRITTEN[type(model).__name__]
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[architecture])
    file_type = gguf.LlamaFileType.MOSTLY_Q8_0 if quantised else gguf.LlamaFileType.MOSTLY_F16
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_shape(writer, config)
    _add_tokenizer(writer, tokenizer_folder, config.vocab_size)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    tensors = dict(model.named_parameters())
    for number, (own, tensor) in enumerate(tensors.items()):
        found = names.get_name(own, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise Problem(f"The weights {own} have no place in a GGUF file.", ELSE)
        values = tensor.detach().to(torch.float32).numpy()
        if moves and ".q_proj." in own:
            values = permute(values, config.num_attention_heads)
        if moves and ".k_proj." in own:
            values = permute(values, config.num_key_value_heads)
        _add_tensor(writer, found, values, quantised)
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


def _add_tensor(writer: gguf.GGUFWriter, name: str, values: np.ndarray, quantised: bool) -> None:
    if values.ndim == 1:
        writer.add_tensor(name, np.ascontiguousarray(values))
    elif quantised and values.shape[-1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, values.astype(np.float16))
