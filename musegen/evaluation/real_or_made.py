"""The two-sample test: can a fresh classifier tell generated music from real music?

Windows of 64 sixteenths (four bars of 4/4) of half of the pieces of each kind train a logistic regression on counts of
what happens in them; the windows of the other pieces test it, then the halves change places. The area under the curve
(AUC) is 0.5 where the two can't be told apart and 1 where they always can. Five divisions into halves, by piece, are
averaged; what was made from a real piece's melody (the same first part) goes into the same half as that piece, or the
test would hear melodies that it has learnt to call real.

**It is a floor**: a stronger classifier, or one that looks at longer stretches, may tell more. So two rows are always
reported beside it: real against real, which should be near 0.5, and real against real whose voices come from
different pieces (music of one part: whose bars do), which should be near 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.features import features
from musegen.evaluation.sampling import SILENT, Sampled

WINDOW = 64
_SHORTEST = 32  # a piece shorter than a window is one window, down to this
_BAR = 16
_FEWEST = 4  # pieces of a kind
_PENALTY = (
    1.0  # of half the squared weights, against the mean log loss; chosen on JS Fakes against Bach's validation set
)

Window = NDArray[np.int16]
"""[2, steps, parts]: the pitch that sounds (or ``SILENT``), and 1 where a note begins."""


@dataclass(frozen=True)
class Auc:
    """The area under the curve.

    Attributes:
        mean: Over the seeds; 0.5-1, or a little below 0.5 by chance.
        deviation: Standard deviation over the seeds (they share their pieces, so the true uncertainty is larger).
        by_seed: One value a seed.
        windows: How many windows of the two kinds there were.
    """

    mean: float
    deviation: float
    by_seed: tuple[float, ...]
    windows: tuple[int, int]


@dataclass(frozen=True)
class RealOrMade:
    """The test and its two calibrations; None where there are too few pieces (four of a kind are needed).

    Attributes:
        generated: Real against generated.
        real: Real against real: half of the reference against the other half.
        swapped: Real against real with voices (or bars) from different pieces.
    """

    generated: Auc | None
    real: Auc | None
    swapped: Auc | None


def real_or_made(
    generated: Sequence[Sampled],
    reference: Sequence[Sampled],
    *,
    seed: int,
    repeats: int = 5,
    repeated_notes: bool = False,
) -> RealOrMade:
    """The two-sample test of two sets of pieces.

    Args:
        generated: Pieces that were made.
        reference: Pieces that are real; of about the same length and number of parts, or those give it away.
        seed: Of the divisions into halves.
        repeats: How many divisions; the AUC is their mean.
        repeated_notes: Whether the test may look at repeated notes. Only where both sets write them the same way:
            otherwise the way of writing is what it learns.
    """
    made, real, parts = windows_of(generated, reference, repeated_notes)
    rng = np.random.default_rng([seed, 0])
    music = features_of(real, parts)
    swapped = features_of(_swap(real, rng), parts)
    halves = [_halve(music, rng) for _ in range(repeats)]
    return RealOrMade(
        _auc([(music, features_of(made, parts))] * repeats, seed, _originals(real, made)),
        _auc(halves, seed),
        _auc([(music, swapped)] * repeats, seed),
    )


def windows_of(
    generated: Sequence[Sampled], reference: Sequence[Sampled], repeated_notes: bool
) -> tuple[list[list[Window]], list[list[Window]], int]:
    """The windows of every piece that is long enough, made and real, and the greatest number of parts."""
    made, real = ([_windows(piece, repeated_notes) for piece in kind] for kind in (generated, reference))
    made, real = [w for w in made if w], [w for w in real if w]
    return made, real, max((window.shape[2] for piece in (*made, *real) for window in piece), default=1)


def _windows(piece: Sampled, repeated_notes: bool) -> list[Window]:
    """The piece from its first bar line on, cut up."""
    first = next((start for start, _, bar in piece.bars if bar.number > 0), 0)
    moved = (np.diff(piece.pitches, axis=0, prepend=SILENT) != 0) & piece.sounds
    music = np.stack([piece.pitches, piece.onsets if repeated_notes else moved]).astype(np.int16)[:, first:]
    steps = music.shape[1]
    if _SHORTEST <= steps < WINDOW:
        return [music]
    return [music[:, start : start + WINDOW] for start in range(0, steps - WINDOW + 1, WINDOW)]


def _swap(pieces: list[list[Window]], rng: np.random.Generator) -> list[list[Window]]:
    """As many windows, each put together from different pieces: voice by voice, or bar by bar in one-part music."""

    def swapped(window: Window) -> Window:
        _, steps, parts = window.shape
        count = parts if parts > 1 else -(-steps // _BAR)
        chosen = np.resize(rng.permutation(len(pieces)), count)  # all different, where there are enough
        donors = [pieces[i][rng.integers(len(pieces[i]))] for i in chosen]
        if parts == 1:
            bars = [donor[:, i * _BAR : (i + 1) * _BAR, :1] for i, donor in enumerate(donors)]
            return np.concatenate(bars, axis=1)
        common = min(donor.shape[1] for donor in donors)
        voices = [donor[:, :common, [min(i, donor.shape[2] - 1)]] for i, donor in enumerate(donors)]
        return np.concatenate(voices, axis=2)

    return [[swapped(window) for window in piece] for piece in pieces]


# --- the classifier -----------------------------------------------------------------------------

Pieces = list[NDArray[np.float64]]
"""[windows, features] of every piece of one kind."""


def _originals(real: list[list[Window]], made: list[list[Window]]) -> list[int]:
    """For every made piece the real one with the same first part (of the first window, in any key), or -1."""

    def tune(piece: list[Window]) -> bytes:
        line = piece[0][0, :, 0]
        return np.where(line == SILENT, SILENT, line - line.max() + 1000).tobytes()

    known = {tune(piece): i for i, piece in enumerate(real) if piece[0].shape[2] > 1}
    return [known.get(tune(piece), -1) if piece[0].shape[2] > 1 else -1 for piece in made]


def features_of(pieces: list[list[Window]], parts: int) -> Pieces:
    """[windows, features] of every piece; missing parts are silent."""

    def padded(window: Window) -> Window:
        return np.pad(window, ((0, 0), (0, 0), (0, parts - window.shape[2])), constant_values=SILENT)

    return [np.stack([features(*padded(window)) for window in piece]) for piece in pieces]


def _halve(pieces: Pieces, rng: np.random.Generator) -> tuple[Pieces, Pieces]:
    first, second = _halves(len(pieces), rng)
    return [pieces[i] for i in first], [pieces[i] for i in second]


def _halves(count: int, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    order = rng.permutation(count).tolist()
    return order[::2], order[1::2]


def _halves_of(
    real: Pieces, other: Pieces, originals: Sequence[int], rng: np.random.Generator
) -> list[tuple[Pieces, Pieces]]:
    """(real, other) of both halves."""
    reals, others = _halves(len(real), rng), _halves(len(other), rng)
    if any(original >= 0 for original in originals):
        first = set(reals[0])
        side = [int(original not in first) if original >= 0 else -1 for original in originals]
        moved = [
            [i for i in half if side[i] < 0] + [i for i, wanted in enumerate(side) if wanted == number]
            for number, half in enumerate(others)
        ]
        others = (moved[0], moved[1]) if all(moved) else others  # all of one melody can't be divided
    return [([real[i] for i in a], [other[i] for i in b]) for a, b in zip(reals, others, strict=True)]


def _auc(kinds: list[tuple[Pieces, Pieces]], seed: int, originals: Sequence[int] = ()) -> Auc | None:
    """The test of (real, other), once for each; both halves of the pieces train and test in turn.

    ``originals`` has for every other piece the real one that it must share its half with, or -1.
    """
    values = []
    for repeat, (real, other) in enumerate(kinds):
        if min(len(real), len(other)) < _FEWEST:
            return None
        rng = np.random.default_rng([seed, 1, repeat])
        halves = _halves_of(real, other, originals, rng)
        for train, test in (halves, halves[::-1]):
            judge = fit(np.concatenate(train[0]), np.concatenate(train[1]))
            values.append(area_under_curve(judge(np.concatenate(test[0])), judge(np.concatenate(test[1]))))
    by_seed = np.reshape(values, (-1, 2)).mean(axis=1)
    windows = (sum(map(len, kinds[0][0])), sum(map(len, kinds[0][1])))
    return Auc(float(by_seed.mean()), float(by_seed.std()), tuple(by_seed.tolist()), windows)


@dataclass(frozen=True, eq=False)
class Judge:
    """A fitted classifier.

    Attributes:
        mean: Of every feature.
        deviation: Likewise; infinite where a feature never varies, so that it has no say.
        weights: Of the standardised features.
        bias: The log odds of a window that is average in everything.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log odds of "other": [windows, features] -> [windows]."""
        return np.asarray((rows - self.mean) / self.deviation @ self.weights + self.bias)


def fit(real: NDArray[np.float64], other: NDArray[np.float64]) -> Judge:
    """A ridge-penalised logistic regression on standardised features, [windows, features] of each kind."""
    from scipy.optimize import minimize  # here, since a page that measures nothing need not wait for it

    both = np.concatenate([real, other])
    mean, deviation = both.mean(axis=0), both.std(axis=0)
    deviation[deviation < 1e-9] = np.inf
    inputs = (both - mean) / deviation
    sign = np.repeat([-1.0, 1.0], [len(real), len(other)])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope = weights[:-1]
        margin = sign * (inputs @ slope + weights[-1])
        pull = -sign * 0.5 * (1 - np.tanh(margin / 2)) / len(sign)
        value = np.logaddexp(0, -margin).mean() + _PENALTY / 2 * slope @ slope
        return float(value), np.append(inputs.T @ pull + _PENALTY * slope, pull.sum())

    weights = minimize(loss, np.zeros(inputs.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Judge(mean, deviation, weights[:-1], float(weights[-1]))


def area_under_curve(low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """The share of pairs in which ``high``'s value is the greater, ties counting half."""
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, side="left") + np.searchsorted(ordered, high, side="right")
    return float(below.mean() / 2 / len(low))
