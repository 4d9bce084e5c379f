"""The training loop: LoRA on rows of text, or on pairs of them (DPO). Imports torch.

The same seed, data and number of threads give the same weights on a CPU. The order of an epoch
depends on seed and epoch alone, so that a run that goes on from a saved state takes the very
steps that an undisturbed one would have taken.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn import functional

from core.openweights.lora import Scored, can_pack, groups, score_rows
from core.openweights.render import Row

#: AdamW's rate at multiplier 1, for examples and for preferences.
RATE = {"supervised": 2e-4, "dpo": 5e-5}
WARM_UP = 0.05
MOST_NORM = 1.0
#: How often a sample of the validation file is looked at in a run, and how many examples it has;
#: the whole file, up to a limit, is looked at after every epoch.
VALIDATIONS, VALIDATION_SAMPLE, VALIDATION_MOST = 12, 16, 200
#: Seconds between two saved states: what a crash or a pause can cost.
SAVE_SECONDS = 20.0

#: An example: the rows that teach it. A pair: the preferred row and the other one.
Example = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done; ``tokens_at_once`` bounds the memory of a step."""

    method: str
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    seed: int
    tokens_at_once: int
    checkpointing: bool
    beta: float = 0.1


@dataclass
class Progress:
    """How far a run is; what ``state.pt`` holds beside the weights."""

    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Run:
    """One training of one adapter, from its beginning or from a saved state."""

    def __init__(
        self,
        model: Any,
        training: Sequence[Example],
        validation: Sequence[Example],
        plan: Plan,
        folder: Path,
        save: Callable[[Path, int], None],
    ) -> None:
        """``save(folder, step)`` writes a checkpoint; ``folder`` is where state is kept."""
        self.model, self.plan = model, plan
        self.training, self.validation = training, validation[:VALIDATION_MOST]
        self.state, self.save = folder / "state.pt", save
        self.batches = -(-len(training) // plan.batch_size)
        self.total = self.batches * plan.n_epochs
        self.progress = Progress()
        self.weights = [one for one in model.parameters() if one.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=0.0, weight_decay=0.0)
        rows = [row for example in training for row in example]
        self.packs = can_pack(model, rows)
        if plan.checkpointing:
            model.activation_checkpointing_enable({"use_reentrant": False})
        if self.state.exists():
            self._restore()

    # -- state -----------------------------------------------------------------------------

    def _restore(self) -> None:
        kept = torch.load(self.state, map_location="cpu", weights_only=True)
        set_peft_model_state_dict(self.model, kept["adapter"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.progress = Progress(**kept["progress"])

    def keep(self) -> None:
        """Write the state down, so that a run can go on from here; whole or not at all."""
        draft = self.state.with_name(f"state.{os.getpid()}.tmp")
        torch.save(
            {
                "adapter": get_peft_model_state_dict(self.model, save_embedding_layers=False),
                "optimizer": self.optimizer.state_dict(),
                "progress": {
                    name: getattr(self.progress, name) for name in Progress.__dataclass_fields__
                },
            },
            draft,
        )
        draft.replace(self.state)

    # -- losses ----------------------------------------------------------------------------

    def _parts(self, examples: Sequence[Example]) -> list[list[int]]:
        """Places of examples that go through the model together."""
        if not self.packs:
            return [[place] for place in range(len(examples))]
        joined = [
            Row(
                tuple(token for row in example for token in row.ids),
                tuple(flag for row in example for flag in row.learnt),
            )
            for example in examples
        ]
        return groups(joined, self.plan.tokens_at_once)

    def _scored(self, examples: Sequence[Example]) -> Iterator[tuple[Scored, list[int]]]:
        """Scores part by part, and for each row of a part the place of its example."""
        for part in self._parts(examples):
            rows = [row for place in part for row in examples[place]]
            owners = [place for place in part for _ in examples[place]]
            if self.packs:
                yield score_rows(self.model, rows), owners
                continue
            scores = [score_rows(self.model, [row]) for row in rows]
            yield (
                Scored(
                    torch.cat([one.loss for one in scores]),
                    torch.cat([one.row + number for number, one in enumerate(scores)]),
                    torch.cat([one.right for one in scores]),
                ),
                owners,
            )

    def _logs(self, examples: Sequence[Example]) -> Iterator[tuple[torch.Tensor, Scored]]:
        """For pairs, part by part: ln P of the rows, (pairs, 2), and the scores behind them."""
        for scored, owners in self._scored(examples):
            sums = torch.zeros(len(owners), device=scored.loss.device)
            yield -sums.index_add(0, scored.row, scored.loss).view(-1, 2), scored

    def learn(self, examples: Sequence[Example], reference: torch.Tensor | None) -> dict[str, Any]:
        """One step: gradients of all parts are summed, then divided once, then applied."""
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        if reference is None:
            found = self._learn_texts(examples)
        else:
            found = self._learn_pairs(examples, reference)
        torch.nn.utils.clip_grad_norm_(self.weights, MOST_NORM)
        done = (self.progress.step + 0.5) / self.total
        rise = min(1.0, done / WARM_UP)
        rate = RATE[self.plan.method] * self.plan.learning_rate_multiplier
        for group in self.optimizer.param_groups:
            group["lr"] = rate * rise * (1 - done)
        self.optimizer.step()
        return found

    def _learn_texts(self, examples: Sequence[Example]) -> dict[str, Any]:
        count = sum(sum(row.learnt[1:]) for example in examples for row in example)
        total, right = 0.0, 0
        for scored, _ in self._scored(examples):
            (scored.loss.sum() / count).backward()
            total += float(scored.loss.detach().sum())
            right += int(scored.right.sum())
        return {"train_loss": total / count, "train_mean_token_accuracy": right / count}

    def _learn_pairs(self, examples: Sequence[Example], reference: torch.Tensor) -> dict[str, Any]:
        total, told, place, right, count = 0.0, 0, 0, 0, 0
        for logs, scored in self._logs(examples):
            part = reference[place : place + len(logs)]
            place += len(logs)
            loss, better = self._preference(logs, part)
            (loss.sum() / len(examples)).backward()
            total += float(loss.detach().sum())
            told += int(better.sum())
            preferred = scored.row % 2 == 0
            right += int(scored.right[preferred].sum())
            count += int(preferred.sum())
        return {
            "train_loss": total / len(examples),
            "train_mean_token_accuracy": right / max(1, count),
            "train_reward_accuracy": told / len(examples),
        }

    def _preference(
        self, logs: torch.Tensor, reference: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """DPO's loss of each pair (Rafailov et al. 2023, eq. 7), and whether it is told apart."""
        risen = logs - reference.to(logs)
        margin = self.plan.beta * (risen[:, 0] - risen[:, 1])
        return -functional.logsigmoid(margin), margin > 0

    @torch.no_grad()
    def measure(
        self, examples: Sequence[Example], reference: torch.Tensor | None = None
    ) -> tuple[float, float]:
        """Loss and token accuracy, without learning."""
        self.model.eval()
        total, right, count, place = 0.0, 0, 0, 0
        if reference is not None:
            for logs, scored in self._logs(examples):
                loss, _ = self._preference(logs, reference[place : place + len(logs)])
                place += len(logs)
                preferred = scored.row % 2 == 0
                total += float(loss.sum())
                right += int(scored.right[preferred].sum())
                count += int(preferred.sum())
            return total / len(examples), right / max(1, count)
        for scored, _ in self._scored(examples):
            total += float(scored.loss.sum())
            right += int(scored.right.sum())
            count += len(scored.right)
        return total / max(1, count), right / max(1, count)

    @torch.no_grad()
    def reference_of(self, examples: Sequence[Example]) -> torch.Tensor:
        """ln P of both rows of each pair under the model as it stands, (pairs, 2).

        Taken before the first step: an untrained adapter changes nothing, so this is the base, or
        the earlier model that training goes on from.
        """
        self.model.eval()
        found = [logs.cpu() for logs, _ in self._logs(examples)]
        return torch.cat(found) if found else torch.zeros(0, 2)

    # -- the loop --------------------------------------------------------------------------

    def steps(self, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Train; yields what each step brought, those before a saved state included.

        Ends early, with the state saved, once ``stopped()``.
        """
        plan, progress = self.plan, self.progress
        reference = held = None
        if plan.method == "dpo":
            if not progress.step:
                both = [*self.training, *self.validation]
                progress.reference = self.reference_of(both).flatten().tolist()
            known = torch.tensor(progress.reference).view(-1, 2)
            reference, held = known[: len(self.training)], known[len(self.training) :]
        yield from progress.history
        sample = np.random.default_rng(plan.seed).permutation(len(self.validation))
        sample = np.sort(sample[:VALIDATION_SAMPLE])
        look_every = max(1, self.total // VALIDATIONS)
        began = time.monotonic() - progress.seconds
        saved_at = time.monotonic()
        order, ordered = np.arange(0), -1
        while progress.step < self.total:
            if stopped():
                self.keep()
                return
            epoch, batch = divmod(progress.step, self.batches)
            if epoch != ordered:
                order = np.random.default_rng([plan.seed, epoch]).permutation(len(self.training))
                ordered = epoch
            torch.manual_seed((plan.seed + progress.step) % 2**31)  # dropout, where a base has it
            chosen = order[batch * plan.batch_size : (batch + 1) * plan.batch_size]
            examples = [self.training[place] for place in chosen]
            found = self.learn(examples, None if reference is None else reference[chosen])
            progress.step += 1
            ends = batch == self.batches - 1
            if len(self.validation) and (ends or progress.step % look_every == 0):
                some = [self.validation[place] for place in sample]
                loss, accuracy = self.measure(some, None if held is None else held[sample])
                found |= {"valid_loss": loss, "valid_mean_token_accuracy": accuracy}
            if len(self.validation) and ends:
                loss, accuracy = self.measure(self.validation, held)
                found |= {"full_valid_loss": loss, "full_valid_mean_token_accuracy": accuracy}
            if ends:
                name = f"step-{progress.step}"
                self.save(self.state.parent / name, progress.step)
                found["checkpoint"] = name
            progress.seconds = time.monotonic() - began
            said = {
                "step": progress.step,
                "total_steps": self.total,
                **found,
                "tokens": sum(len(row.ids) for example in examples for row in example),
                "seconds": round(progress.seconds, 3),
            }
            progress.history.append(said)
            if ends or time.monotonic() - saved_at > SAVE_SECONDS:
                self.keep()
                saved_at = time.monotonic()
            yield said
        with contextlib.suppress(OSError):
            self.state.unlink()
