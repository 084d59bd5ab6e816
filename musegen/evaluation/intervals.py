"""A value of a set of pieces with its 95 % interval: the percentile bootstrap, whole pieces drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import Ratio

_RESAMPLES = 2000


@dataclass(frozen=True)
class Value:
    """A measure of a set of pieces.

    Attributes:
        value: None where the measure applies to none of the pieces.
        low: Lower end of the 95 % interval (bootstrap over pieces); None with fewer than two pieces.
        high: Upper end.
        n: Number of pieces that the measure applies to.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        interval = f" [{self.low:.2f}, {self.high:.2f}]" if self.low is not None else ""
        return f"{self.value:.2f}{interval}"


NOTHING = Value(None, None, None, 0)


def pooled(ratios: Iterable[Ratio], scale: float, seed: int) -> Value:
    """``scale`` times all events over all places, of the pieces that have places."""
    known = np.array([ratio for ratio in ratios if ratio.places > 0], np.float64).reshape(-1, 2)
    return bootstrap(known, lambda sums: scale * sums[..., 0] / sums[..., 1], seed)


def mean(values: Iterable[float], seed: int) -> Value:
    """The plain mean of one number a piece."""
    return pooled((Ratio(value, 1) for value in values), 1, seed)


def bootstrap(
    counts: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]], seed: int
) -> Value:
    """A statistic of what all pieces have together, and its interval.

    Args:
        counts: [pieces, numbers].
        statistic: Of sums over pieces, [..., numbers] -> [...].
        seed: Of the draws.
    """
    n = len(counts)
    if not n:
        return NOTHING
    value = float(statistic(counts.sum(axis=0)))
    if n == 1:
        return Value(value, None, None, 1)
    low, high = np.nanquantile(statistic(resampled(counts, seed)), [0.025, 0.975])
    return Value(value, float(low), float(high), n)


def resampled(counts: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """[2000, numbers]: the sums of [pieces, numbers] over as many pieces, drawn with replacement."""
    return np.asarray(_draws(len(counts), seed) @ counts)


@lru_cache(maxsize=4)
def _draws(n: int, seed: int) -> NDArray[np.int64]:
    """[2000, n] how often each of n pieces is drawn; the same for all measures of a set."""
    return np.random.default_rng([seed, n]).multinomial(n, np.full(n, 1 / n), _RESAMPLES)
