"""Conversations as a model reads them, by its own chat template, and which tokens are learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.engine.conversation import text_of
from core.problems import Problem

#: For models without a chat template: names and texts, as in a play.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] }}{{ '\\n\\n' }}"
    "{% else %}{{ message['role'] | capitalize }}: {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token or '' }}{% endif %}{{ '\\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
#: Roles of OpenAI's messages that templates know by another name.
ROLE_OF = {"developer": "system"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row to train on: token ids, and for each whether its loss counts."""

    ids: tuple[int, ...]
    learnt: tuple[bool, ...]


class Template:
    """A tokenizer's chat template with what was found out about it by trying.

    Attributes:
        plain: the model has no template and a plain one is used.
        end: the token that ends an answer; ``ends`` are all that do.
        folds_system: the template takes no system message; it goes into the first user message.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Raises:
        Problem: the template cannot be used at all.
        """
        self.tokenizer = tokenizer
        self.plain = not tokenizer.chat_template
        if self.plain:
            tokenizer.chat_template = PLAIN_TEMPLATE
        self.folds_system = False
        user = [{"role": "user", "content": "a"}]
        self.text(user, reply=True)
        try:
            said = self.text([{"role": "system", "content": "qxz"}, *user], reply=True)
            self.folds_system = "qxz" not in said
        except Problem:
            self.folds_system = True
        self.end = self._end()
        self.ends = frozenset({self.end, tokenizer.eos_token_id} - {None})

    @property
    def backend(self) -> Any:
        """The tokenizer of the ``tokenizers`` library underneath."""
        return self.tokenizer.backend_tokenizer

    def text(self, messages: Sequence[Mapping[str, Any]], *, reply: bool) -> str:
        """The messages as text; with ``reply``, up to where the answer begins.

        Raises:
            Problem: the template refuses these messages.
        """
        prepared = self._prepare(messages)
        try:
            return self.tokenizer.apply_chat_template(
                prepared, tokenize=False, add_generation_prompt=reply, enable_thinking=False
            )
        except Exception as error:  # jinja2 raises what the template's author wrote, and its own
            raise Problem(
                "The model's chat template does not take this conversation: "
                f"{', '.join(message['role'] for message in prepared)[:200]}.",
                "Most want user and assistant to take turns, with the user first.",
            ) from error

    def _prepare(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        made = []
        for message in messages:
            role = ROLE_OF.get(message["role"], message["role"])
            made.append({"role": role, "content": _whole(text_of(message))})
        if self.folds_system and made and made[0]["role"] == "system":
            system = made.pop(0)["content"]
            if made and made[0]["role"] == "user":
                made[0] = {"role": "user", "content": f"{system}\n\n{made[0]['content']}".strip()}
            else:
                made.insert(0, {"role": "user", "content": system})
        return made

    def prompt_ids(self, messages: Sequence[Mapping[str, Any]]) -> list[int]:
        """What the model is given to answer."""
        return self.encode(self.text(messages, reply=True))

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, without marks around it."""
        return self.tokenizer(_whole(text), add_special_tokens=False)["input_ids"]

    def _end(self) -> int | None:
        """The token that ends an answer: what the template writes after one, or the tokenizer's."""
        special = set(self.tokenizer.all_special_ids)
        answer = {"role": "assistant", "content": "qxz"}
        whole = self.text([{"role": "user", "content": "a"}, answer], reply=False)
        after = self.encode(whole.rpartition("qxz")[2])
        return next((token for token in after if token in special), self.tokenizer.eos_token_id)

    def sequences(self, messages: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Rows that teach every assistant message whose weight is not 0, and nothing else.

        An answer is what the template adds after the prompt that it writes before an answer, up
        to and with the token that ends it. Usually that is one row; templates that write earlier
        turns differently (without their thoughts, say) give a row for each answer.

        Raises:
            Problem: the prompt is not how the conversation with its answer begins, so no token can
                be told to belong to the answer.
        """
        turns = [
            place
            for place, message in enumerate(messages)
            if message["role"] == "assistant" and message.get("weight") != 0 and text_of(message)
        ]
        if not turns:
            return []
        whole = self.text(messages[: turns[-1] + 1], reply=False)
        spans = []
        for place in turns:
            before = self.text(messages[:place], reply=True)
            until = self.text(messages[: place + 1], reply=False)
            if not until.startswith(before):
                raise Problem(
                    "The model's chat template rewrites the prompt once it is answered, so the "
                    "answer cannot be told from it.",
                    "Choose another model.",
                )
            spans.append((before, until))
        if all(whole.startswith(until) for _, until in spans):
            return [self._row(whole, [(len(before), len(until)) for before, until in spans])]
        return [self._row(until, [(len(before), len(until))]) for before, until in spans]

    def _row(self, text: str, spans: list[tuple[int, int]]) -> Row:
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = found["input_ids"], found["offset_mapping"]
        learnt = [False] * len(ids)
        for start, end in spans:
            inside = [
                place for place, (first, last) in enumerate(offsets) if start <= first < last <= end
            ]
            closing = [place for place in inside if ids[place] in self.ends]
            for place in inside:
                learnt[place] = not closing or place <= closing[-1]
        return Row(tuple(ids), tuple(learnt))


def _whole(text: str) -> str:
    """Text without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def cut(row: Row, most: int) -> Row:
    """A row of at most ``most`` tokens: the beginning goes first, so that the answer stays.

    Where an answer alone is longer, its end is cut; what cannot be seen cannot be learnt.
    """
    if len(row.ids) <= most:
        return row
    first = row.learnt.index(True)
    start = min(len(row.ids) - most, max(0, first - most // 4))
    return Row(row.ids[start : start + most], row.learnt[start : start + most])
