"""The same model before and after it was taught: likelihood of music held out, and measures of what it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from musegen.corpora.windows import Windows
from musegen.evaluation import Report
from musegen.evaluation.real_or_made import Auc
from musegen.models.base import Model

_MOST_WINDOWS = 64
_FEWEST = 8  # windows: from fewer the bootstrap can't tell chance
_RESAMPLES = 2000
Losses = dict[str, list[float]]
"""By task, in nats a hidden cell: one value a window of the held-out music."""


@dataclass(frozen=True)
class Change:
    """A mean before and after on the same windows.

    Attributes:
        before: Mean before.
        after: Mean after.
        low: Lower end of the 95 % interval of after - before (bootstrap over windows).
        high: Upper end.
        n: Windows.
    """

    before: float
    after: float
    low: float
    high: float
    n: int

    @property
    def surely_less(self) -> bool:
        """Whether the value fell beyond doubt: the interval says so, and rests on enough windows to mean anything."""
        return self.high < 0 and self.n >= _FEWEST


@dataclass(frozen=True)
class MeasureChange:
    """A measure of what was made before and after, beside music held out; see ``evaluation.compare.Value``.

    Attributes:
        name: As ``Measure.name``.
        unit: As ``Measure.unit``.
        before: Value; None where the measure doesn't apply.
        after: The same afterwards.
        real: The same of the held-out music.
        low: Lower ends of the intervals, in the order before, after, real.
        high: Upper ends.
    """

    name: str
    unit: str
    before: float | None
    after: float | None
    real: float | None
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]

    @property
    def closer(self) -> bool | None:
        """Whether it lies closer to real music than before; None where that can't be said."""
        if self.before is None or self.after is None or self.real is None or self.before == self.after:
            return None
        return abs(self.after - self.real) < abs(self.before - self.real)


@dataclass(frozen=True)
class AdaptResult:
    """What came of teaching a model.

    Attributes:
        name: Of the new checkpoint.
        style: That it was taught, or that most of the music has.
        start: Name of the checkpoint that was taught.
        start_style: The style that the new one began as.
        start_weights: SHA-256 of its weights.
        weights: SHA-256 of the new ones; "" where nothing was gained and nothing kept.
        title: Of the music.
        licence: Of the music.
        credit: Whom to name.
        terms: As ``CorpusInfo.terms``.
        notice: What whoever uses the weights must know.
        pieces: How many pieces were on each side.
        left_out: How many were not used.
        step: At which step of ``steps`` the best weights were found.
        steps: How many were done.
        seconds: How long it took, measuring included.
        likelihood: By task, "cross_entropy" for their mean: nats a hidden cell of music held out. Lower is better.
        measures: Of what was made, beside the held-out music.
        auc: "before", "after" (real or made?) and "real" (real against real): 0.5 where a classifier can't tell; None
            with too few pieces.
        heard: Names of the files in ``before/`` and ``after/``, from the same seeds.
    """

    name: str
    style: str
    start: str
    start_style: str
    start_weights: str
    weights: str
    title: str
    licence: str
    credit: str
    terms: str
    notice: str
    pieces: dict[str, int]
    left_out: int
    step: int
    steps: int
    seconds: float
    likelihood: dict[str, Change]
    measures: tuple[MeasureChange, ...]
    auc: dict[str, float | None]
    heard: tuple[str, ...]

    @property
    def improved(self) -> bool:
        """Whether there are new weights."""
        return bool(self.weights)

    @property
    def closer(self) -> tuple[int, int]:
        """How many measures came closer to real music, and of how many that can be said."""
        known = [row.closer for row in self.measures if row.closer is not None]
        return sum(known), len(known)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AdaptResult:
        """The opposite of ``dataclasses.asdict``, by way of JSON. Raises TypeError or KeyError for something else."""
        rows = [{**row, "low": tuple(row["low"]), "high": tuple(row["high"])} for row in values["measures"]]
        return cls(
            **{f.name: values[f.name] for f in fields(cls) if f.name not in ("likelihood", "measures", "heard")},
            likelihood={task: Change(**change) for task, change in values["likelihood"].items()},
            measures=tuple(MeasureChange(**row) for row in rows),
            heard=tuple(values["heard"]),
        )


def window_losses(model: Model, windows: Windows, side: str = "test", most: int = _MOST_WINDOWS) -> Losses:
    """The validation losses of single windows of a side, always the same ones.

    A task that a window doesn't have (harmonising a melody that is alone) is not among them, unless no window has it.
    """
    found: Losses = {}
    for family in windows.families:
        for batch in windows.fixed(side, family, 1, most):
            for task, value in model.validation_step(batch).items():
                found.setdefault(task, []).append(value)
    return found


def change(before: Sequence[float], after: Sequence[float], *, seed: int) -> Change:
    """Means and the bootstrap interval of their difference, window by window.

    Args:
        before: [n] values, at least one.
        after: [n] values of the same windows in the same order.
        seed: Of the bootstrap.
    """
    first, second = np.asarray(before, np.float64), np.asarray(after, np.float64)
    n = len(first)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _RESAMPLES) @ (second - first) / n
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Change(float(first.mean()), float(second.mean()), float(low), float(high), n)


def changes(before: Losses, after: Losses, *, seed: int) -> dict[str, Change]:
    """``change`` for every task."""
    return {task: change(values, after[task], seed=seed) for task, values in before.items() if task in after}


@dataclass(frozen=True)
class Side:
    """What was found on one side, fit for JSON.

    Attributes:
        losses: See ``window_losses``.
        measures: For each measure its unit, and "made" and "real" as [value, low, high].
        auc: "made" and "real", see ``real_or_made``.
    """

    losses: Losses
    measures: dict[str, dict[str, Any]]
    auc: dict[str, float | None]

    @classmethod
    def of(cls, losses: Losses, report: Report) -> Side:
        """From a report on what was made beside music held out."""
        rows = {
            row.name: {
                "unit": row.unit,
                "made": [row.generated.value, row.generated.low, row.generated.high],
                "real": [row.reference.value, row.reference.low, row.reference.high],
            }
            for row in report.rows
        }
        test = report.real_or_made
        return cls(losses, rows, {"made": _mean(test.generated), "real": _mean(test.real)})

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def _mean(auc: Auc | None) -> float | None:
    return None if auc is None else float(auc.mean)


def measure_changes(before: Side, after: Side) -> tuple[MeasureChange, ...]:
    """The measures of both sides, in the order of the first."""
    rows = []
    for name, row in before.measures.items():
        second = after.measures.get(name, {"made": [None] * 3, "real": row["real"]})
        values = (row["made"], second["made"], row["real"])
        first, later, real = (value[0] for value in values)
        low, high = (tuple(value[i] for value in values) for i in (1, 2))
        rows.append(MeasureChange(name, row["unit"], first, later, real, low, high))
    return tuple(rows)
