"""A language model of a few hundred kilobytes, made from scratch in a tenth of a second.

It is a real one to every library: a folder with a Llama, a tokenizer and a chat template, which
``AutoModelForCausalLM`` and ``AutoTokenizer`` load as they load any other. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

WHY = "open weights are an extra: pip install -r requirements-local.txt"

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = (
    "The kettle sulks before noon, as usual. Noted, with thanks. Carry on!",
    "My bicycle wobbles in the drizzle and hums like a duke; alas, twice.",
    "You write like Ada. Write a post about the tide and this bakery.",
    "system user assistant Grüße, café, naïve 🙂 … “quotes”",
)


def make_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    template: str | None = CHATML,
    texts: Sequence[str] = TEXTS,
    hidden: int = 64,
    layers: int = 2,
    tied: bool = True,
    kind: str = "Llama",
) -> Path:
    """Write a Llama (about 110,000 weights), its tokenizer and template; the folder.

    Args:
        template: chat template; None leaves it out, as in models that are not for chat.
        texts: what the tokenizer learns its merges from; any text can be encoded.
        kind: of transformers' model classes, such as Qwen3.
    """
    torch = pytest.importorskip("torch", reason=WHY)
    transformers = pytest.importorskip("transformers", reason=WHY)
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=512,
            special_tokens=marks,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    tokenizer.chat_template = template
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=tied,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, f"{kind}ForCausalLM")(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
