"""``train()``: an iterator of reports. It knows no model, no file and no page; stopping is not pulling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from musegen.corpora.windows import Windows
from musegen.errors import TrainingError
from musegen.models.base import Batch, Model


@dataclass(frozen=True)
class LoopConfig:
    """How a model is trained.

    Attributes:
        steps: Optimiser steps in all.
        batch_size: Windows a step.
        report_every: Steps between reports; losses are means over that stretch.
        validate_every: Steps between validations, a multiple of ``report_every``.
    """

    steps: int = 20_000
    batch_size: int = 16
    report_every: int = 50
    validate_every: int = 500

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size, self.report_every, self.validate_every) < 1:
            raise TrainingError("Steps, batch size and the distance of reports must be at least 1.")
        if self.validate_every % self.report_every:
            raise TrainingError("validate_every must be a multiple of report_every.")


@dataclass(frozen=True)
class Report:
    """Where training stands after ``step`` steps: mean losses since the last report, validation if it was due.

    ``last`` is set where training ends with this report.
    """

    step: int
    losses: Mapping[str, float]
    validation: Mapping[str, float] = field(default_factory=dict)
    last: bool = False


def train(
    model: Model, windows: Windows, config: LoopConfig, *, start: int = 0, stop: Callable[[], bool] | None = None
) -> Iterator[Report]:
    """Trains from step ``start``; batch k is the same whether or not training stopped on the way.

    Args:
        model: What learns.
        windows: What it learns from.
        config: How.
        start: Steps that were done before.
        stop: Asked after every step; when it says yes, the report of that step is the last.

    Raises:
        TrainingError: A loss is not finite; the message names the loss and the step.
    """
    sums: dict[str, float] = {}
    held_out = {f: windows.fixed("valid", f, config.batch_size) for f in windows.families}
    with ThreadPoolExecutor(1) as ahead:  # the next batch is made while the model is busy
        following = ahead.submit(windows.batch, start, config.batch_size)
        for step in range(start + 1, config.steps + 1):
            batch = following.result()
            following = ahead.submit(windows.batch, step, config.batch_size)
            for name, value in model.train_step(batch).items():
                if not math.isfinite(value):
                    raise TrainingError(
                        "At step {step} the loss “{name}” overflowed. "
                        "Go back to an earlier checkpoint, or halve the learning rate.",
                        step=step,
                        name=name,
                    )
                sums[name] = sums.get(name, 0.0) + value
            last = step == config.steps or (stop is not None and stop())
            if step % config.report_every == 0 or last:
                count = config.report_every if step % config.report_every == 0 else step % config.report_every
                losses = {name: total / min(count, step - start) for name, total in sums.items()}
                due = step % config.validate_every == 0 or step == config.steps
                yield Report(step, losses, validate(model, held_out) if due else {}, last)
                sums = {}
            if last:
                return


def validate(model: Model, held_out: Mapping[str, Sequence[Batch]]) -> dict[str, float]:
    """Mean validation losses, by "family/loss", over fixed batches weighted by their windows; and by "loss" alone."""
    result: dict[str, float] = {}
    names: dict[str, list[float]] = {}
    for family, batches in held_out.items():
        totals: dict[str, tuple[float, int]] = {}
        for batch in batches:
            size = len(batch["tokens"])
            for name, value in model.validation_step(batch).items():
                total, count = totals.get(name, (0.0, 0))
                totals[name] = (total + value * size, count + size)
        for name, (total, count) in totals.items():
            result[f"{family}/{name}"] = total / count
            names.setdefault(name, []).append(total / count)
    result |= {name: sum(values) / len(values) for name, values in names.items()}
    return result
