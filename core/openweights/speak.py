"""The serving process: one base in memory, its adapters switched per answer. Imports torch.

All answers advance a token at a time in turn, each with its own cache, so base and tuned model
write side by side and nobody waits for another to finish.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

import torch
from peft import PeftModel
from tokenizers.decoders import DecodeStream

from core.engine.decoding import Writer
from core.openweights.bases import find_base
from core.openweights.lora import (
    can_pack,
    choose_device,
    choose_dtype,
    groups,
    load_base,
    load_tokenizer,
    score_rows,
)
from core.openweights.render import Row, Template
from core.problems import Problem

Say = Callable[[dict[str, Any]], None]

#: How byte-level tokenizers spell bytes: printable ones as they are, others from U+0100 on.
_PLAIN = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_OTHER = [byte for byte in range(256) if byte not in _PLAIN]
BYTE_OF = {chr(byte): byte for byte in _PLAIN} | {
    chr(0x100 + place): byte for place, byte in enumerate(_OTHER)
}

#: Adapters kept ready; one takes some megabytes.
ADAPTERS = 8
#: Answers that are written at the same time; further ones wait.
AT_A_TIME = 16
#: Tokens of one scoring pass.
SCORED_AT_ONCE = 512


class Speaker:
    """A base model with the adapters that were asked for."""

    def __init__(self, name: str) -> None:
        base = find_base(name)
        if base.folder is None:
            raise Problem(f"{name} is not on this machine.", "Training with it downloads it once.")
        device = choose_device()
        self.template = Template(load_tokenizer(base.folder))
        self.model: Any = load_base(base.folder, device, choose_dtype(device))
        self.device, self.context = device, base.context or 2048
        self.bytewise = "ByteLevel" in str(self.template.backend.decoder)
        self.adapters: OrderedDict[str, str] = OrderedDict()
        self.current: str | None = None
        self.numbers = 0
        self.packs: bool | None = None

    def use(self, folder: str | None) -> None:
        """Put on the adapter of a folder, or take all off (None)."""
        if folder == self.current:
            return
        if folder is None:
            self.model.base_model.disable_adapter_layers()
            self.current = None
            return
        if folder not in self.adapters:
            self._load(folder)
        self.adapters.move_to_end(folder)
        self.model.base_model.enable_adapter_layers()
        self.model.set_adapter(self.adapters[folder])
        self.current = folder

    def _load(self, folder: str) -> None:
        self.numbers += 1
        name = f"adapter{self.numbers}"
        try:
            if isinstance(self.model, PeftModel):
                self.model.load_adapter(folder, name)
            else:
                self.model = PeftModel.from_pretrained(self.model, folder, adapter_name=name)
        except (OSError, ValueError, RuntimeError) as error:
            raise Problem(
                f"The adapter cannot be loaded ({type(error).__name__}).", "Train it again."
            ) from error
        self.model.eval()
        self.adapters[folder] = name
        while len(self.adapters) > ADAPTERS:
            _, old = self.adapters.popitem(last=False)
            self.model.delete_adapter(old)

    def token_bytes(self, token: int) -> bytes:
        """The bytes of a token; the end of an answer has none."""
        if token in self.template.ends:
            return b""
        name = self.template.backend.id_to_token(token) or ""
        if self.bytewise and all(letter in BYTE_OF for letter in name):
            return bytes(BYTE_OF[letter] for letter in name)
        return self.template.tokenizer.decode([token]).encode()

    def ids_of(self, given: str | list[int]) -> list[int]:
        """Token ids of a text, or the ids that were given.

        Raises:
            Problem: the model has no such token.
        """
        if isinstance(given, str):
            return self.template.encode(given)
        known = self.model.get_input_embeddings().num_embeddings
        if any(token >= known for token in given):
            raise Problem(
                f"A token id of 'prompt' is not below {known:,}.", "Give the model's own token ids."
            )
        return given

    def score(self, task: dict[str, Any]) -> list[list[list[Any]]]:
        """For each text, its tokens as [bytes, ln P, likeliest others], the end of the answer last."""
        self.use(task["adapter"])
        prompt = self.template.prompt_ids(task["messages"]) if task["messages"] else []
        end = [] if self.template.end is None else [self.template.end]
        rows = []
        for text in task["texts"]:
            ids = [*self.ids_of(text), *end]
            ids = ids[: max(1, self.context - len(prompt))]
            rows.append(Row((*prompt, *ids), (False,) * len(prompt) + (True,) * len(ids)))
        if self.packs is None and len(rows) > 1:
            self.packs = can_pack(self.model, rows)
        parts = groups(rows, SCORED_AT_ONCE if self.packs else 0)
        found: list[list[list[Any]]] = []
        for part in parts:
            scored = score_rows(self.model, [rows[place] for place in part])
            losses = scored.loss.tolist()
            for place in part:
                row = rows[place]
                others = self._others(row, task["top"])
                found.append(
                    [
                        [self.text_of(token), -losses.pop(0) if at else None, others[at]]
                        for at, token in enumerate(row.ids)
                        if row.learnt[at]
                    ]
                )
        return found

    def _others(self, row: Row, top: int) -> list[list[list[Any]]]:
        """The likeliest tokens at each place of a row, as [bytes, ln P]; none at its first."""
        if not top:
            return [[] for _ in row.ids]
        ids = torch.tensor([row.ids], device=self.device)
        logs = torch.log_softmax(self.model(input_ids=ids, use_cache=False).logits[0].float(), 1)
        return [[], *(self.likeliest(line, top) for line in logs[:-1])]

    def likeliest(self, logs: torch.Tensor, top: int) -> list[list[Any]]:
        """The likeliest tokens, as [bytes, ln P]."""
        values, places = logs.topk(min(top, len(logs)))
        found = zip(places.tolist(), values.tolist(), strict=True)
        return [[self.text_of(place), value] for place, value in found]

    def text_of(self, token: int) -> str:
        """The bytes of a token, as JSON carries them."""
        return self.token_bytes(token).decode("latin-1")


class Answering:
    """Some answers to one conversation, all under way together."""

    def __init__(self, speaker: Speaker, task: dict[str, Any]) -> None:
        """Read the conversation.

        Raises:
            Problem: it is longer than the model reads.
        """
        self.speaker, self.adapter = speaker, task["adapter"]
        self.how = task["decoding"]
        template = speaker.template
        prompt = template.prompt_ids(task["messages"]) if task["messages"] else []
        prompt = [*prompt, *speaker.ids_of(task["begun"])]
        if not prompt:
            prompt = [template.tokenizer.bos_token_id or template.end or 0]
        self.prompt_tokens = len(prompt)
        if len(prompt) >= speaker.context:
            raise Problem(
                f"The conversation has {len(prompt):,} tokens; this model reads "
                f"{speaker.context:,}.",
                "Make it shorter.",
            )
        self.left = min(self.how["max_tokens"], speaker.context - len(prompt))
        count, seed = task["count"], self.how["seed"]
        self.rows = list(range(count))
        self.random = [
            torch.Generator().manual_seed((abs(seed) * 1009 + row) % 2**63)
            if seed is not None
            else torch.Generator().manual_seed(torch.seed() % 2**63)
            for row in range(count)
        ]
        self.writers = [Writer(tuple(self.how["stop"])) for _ in range(count)]
        self.decoders = [DecodeStream(skip_special_tokens=True) for _ in range(count)]
        self.used: list[dict[int, int]] = [{} for _ in range(count)]
        speaker.use(self.adapter)
        out = speaker.model(
            input_ids=torch.tensor([prompt], device=speaker.device),
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = out.past_key_values
        if count > 1:
            self.cache.batch_repeat_interleave(count)
        self.logits = out.logits[:, -1].float().cpu().repeat(count, 1)

    def step(self) -> list[list[Any]]:
        """One token for every answer that is not finished: [answer, text, drawn, finish]."""
        said, going, tokens = [], [], []
        self.left -= 1
        for place, row in enumerate(self.rows):
            token, drawn = self._draw(self.logits[place], row)
            writer = self.writers[row]
            if token in self.speaker.template.ends:
                said.append([row, writer.rest(), [drawn], "stop"])
                continue
            self.used[row][token] = self.used[row].get(token, 0) + 1
            piece = self.decoders[row].step(self.speaker.template.backend, token) or ""
            text, stopped = writer.add(piece.encode("utf-8", "replace"))
            if stopped:
                said.append([row, text, [drawn], "stop"])
                continue
            if self.left <= 0:
                said.append([row, text + writer.rest(), [drawn], "length"])
                continue
            said.append([row, text, [drawn], None])
            going.append(place)
            tokens.append(token)
        self.rows = [self.rows[place] for place in going]
        if self.rows:
            self._advance(going, tokens, len(going) < len(self.logits))
        return said

    def _advance(self, going: list[int], tokens: list[int], fewer: bool) -> None:
        speaker = self.speaker
        speaker.use(self.adapter)
        if fewer:
            self.cache.batch_select_indices(torch.tensor(going, device=speaker.device))
        out = speaker.model(
            input_ids=torch.tensor(tokens, device=speaker.device)[:, None],
            past_key_values=self.cache,
            use_cache=True,
        )
        self.logits = out.logits[:, -1].float().cpu()

    def _draw(self, logits: torch.Tensor, row: int) -> tuple[int, list[Any]]:
        """A token, and [bytes, ln P before decoding changed anything, likeliest others]."""
        how = self.how
        logs = torch.log_softmax(logits, 0)
        weights = logits.clone()
        if self.used[row] and (how["frequency_penalty"] or how["presence_penalty"]):
            tokens = torch.tensor(list(self.used[row]))
            times = torch.tensor(list(self.used[row].values()), dtype=torch.float32)
            weights[tokens] -= how["frequency_penalty"] * times + how["presence_penalty"]
        for token, value in how["logit_bias"]:
            if token < len(weights):
                weights[token] += value
        if how["temperature"] <= 0.01:
            token = int(weights.argmax())
        else:
            chances = torch.softmax(weights / how["temperature"], 0)
            chances[chances < how["min_p"] * chances.max()] = 0
            if how["top_p"] < 1:
                ordered, order = chances.sort(descending=True, stable=True)
                beyond = ordered.cumsum(0) - ordered > how["top_p"] * ordered.sum()
                chances[order[beyond]] = 0
            token = int(torch.multinomial(chances, 1, generator=self.random[row]))
        top = self.speaker.likeliest(logs, how["top_logprobs"]) if how["top_logprobs"] else []
        return token, [token, self.speaker.text_of(token), float(logs[token]), top]


def serve(lines: TextIO, say: Say) -> None:
    """Load the base that the first line names, then answer until the input closes.

    Raises:
        Problem: the base cannot be loaded.
    """
    speaker = Speaker(json.loads(lines.readline())["name"])
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        for line in lines:
            inbox.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    say({"ready": True})
    waiting: OrderedDict[int, dict[str, Any]] = OrderedDict()
    going: dict[int, Answering] = {}
    with torch.inference_mode():
        while True:
            while not inbox.empty() or not (waiting or going):
                task = inbox.get()
                if task["do"] == "cancel":
                    waiting.pop(task["id"], None)
                    going.pop(task["id"], None)
                else:
                    waiting[task["id"]] = task
            if waiting and len(going) < AT_A_TIME:
                number, task = waiting.popitem(last=False)
                _guarded(say, number, partial(_begin, speaker, number, task, going, say))
            for number, answering in list(going.items()):
                if not _guarded(say, number, partial(_step, number, answering, going, say)):
                    going.pop(number, None)


def _begin(
    speaker: Speaker, number: int, task: dict[str, Any], going: dict[int, Answering], say: Say
) -> None:
    if task["do"] == "score":
        say({"id": number, "scores": speaker.score(task)})
        return
    going[number] = Answering(speaker, task)
    say({"id": number, "begun": going[number].prompt_tokens})


def _step(number: int, answering: Answering, going: dict[int, Answering], say: Say) -> None:
    said = answering.step()
    if not answering.rows:
        del going[number]
    say({"id": number, "pieces": said})


def _guarded(say: Say, number: int, do: Callable[[], None]) -> bool:
    """Do something for one request; what goes wrong is told to it and ends nobody else."""
    try:
        do()
    except Problem as problem:
        said = str(problem)
    except torch.OutOfMemoryError:
        said = "The memory ran out."
    except Exception as error:
        said = f"The model could not do that ({type(error).__name__})."
    else:
        return True
    say({"id": number, "fault": said})
    return False
