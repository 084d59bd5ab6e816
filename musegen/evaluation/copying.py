"""How much of a piece stands, note for note, in the music that a model was trained on.

Compared is what sounds on every sixteenth, all parts together, at any transposition: a window is found when some
training piece has the same pitches, shifted by one interval, at the same distances in time. Held and repeated notes are
not told apart. Real music copies too: the reference value beside it says how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import NONE, SILENT, Measure, Ratio, Sampled, sample
from musegen.score import Score

WINDOWS = (8, 16, 32)
"""Lengths in sixteenths that are reported: two, four and eight quarters."""

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2 ** 64
_LONGEST = 1 << 32  # more steps than any piece has
_RUN = 12  # intervals of a tune
_REST = 1000  # stands for silence among pitches relative to another


@dataclass(frozen=True)
class SharedRun:
    """The longest stretch of a piece that a training piece has too.

    Attributes:
        steps: Its length in sixteenths; 0 = nothing is shared.
        start: Where it begins in the piece, in sixteenths.
        piece: Index of the training piece.
        title: That piece's title.
        piece_start: Where it begins there, in sixteenths.
    """

    steps: int
    start: int = 0
    piece: int = -1
    title: str = ""
    piece_start: int = 0


class TrainingIndex:
    """The music to look for copies of, made ready to be searched.

    Args:
        training: The training pieces.
    """

    def __init__(self, training: Sequence[Score]) -> None:
        self._pieces = [sample(score) for score in training]
        self._titles = [score.title for score in training]
        self._found: dict[tuple[int, int], tuple[NDArray[np.uint64], NDArray[np.int64]]] = {}

    def share(self, piece: Sampled, steps: int) -> Ratio:
        """Windows of ``steps`` sixteenths, at every offset, that are found; silent windows are left out."""
        places = self._places(piece, steps)[_heard(piece.pitches, steps)]
        return Ratio(int((places >= 0).sum()), len(places)) if len(places) else NONE

    def longest(self, piece: Sampled) -> SharedRun:
        """The longest shared stretch that is not silent; of several the first."""
        low, high = 0, 1  # what is shared at some length is shared at all shorter ones
        while high <= len(piece.pitches) and self.share(piece, high).events:
            low, high = high, 2 * high
        high = min(high, len(piece.pitches) + 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.share(piece, middle).events else (low, middle)
        if not low:
            return SharedRun(0)
        places = self._places(piece, low)
        start = int(np.flatnonzero((places >= 0) & _heard(piece.pitches, low))[0])
        index, piece_start = divmod(int(places[start]), _LONGEST)
        return SharedRun(low, start, index, self._titles[index], piece_start)

    def tune_share(self, piece: Sampled) -> float:
        """How much of a piece's tune one training piece has; from about 0.3 on two chorales have the same hymn tune.

        Compared are runs of twelve intervals between successive pitches of the first part, each run counted once:
        neither key nor rhythm nor repeated notes matter.

        Returns:
            The largest share over the training pieces, 0-1; 0 for a shorter tune.
        """
        runs = _interval_runs(piece)
        return max((len(runs & other) / len(runs) for other in self._tunes), default=0.0) if runs else 0.0

    @cached_property
    def _tunes(self) -> list[frozenset[bytes]]:
        return [_interval_runs(piece) for piece in self._pieces]

    def measures(self) -> tuple[Measure, ...]:
        """The copying measures against this music."""
        windows = [
            Measure(f"copied_{steps}", f"% of windows of {steps} sixteenths", 100, partial(self.share, steps=steps))
            for steps in WINDOWS
        ]
        return (*windows, Measure("longest_copy", "sixteenths", 1, lambda piece: Ratio(self.longest(piece).steps, 1)))

    def _places(self, piece: Sampled, steps: int) -> NDArray[np.int64]:
        """[windows] where each window of the piece is first found (training piece * _LONGEST + step), or -1."""
        hashes = window_hashes(piece.pitches, steps)
        known, places = self._known(piece, steps)
        if not len(known):
            return np.full(len(hashes), -1)
        nearest = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return np.where(known[nearest] == hashes, places[nearest], -1)

    def _known(self, like: Sampled, steps: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Sorted hashes of all windows of that many steps and parts, and where each is first found."""
        parts = like.pitches.shape[1]
        if (parts, steps) not in self._found:
            hashes, places = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
            for index, piece in enumerate(self._pieces):
                if piece.pitches.shape[1] == parts and len(piece.pitches) >= steps:
                    hashes.append(window_hashes(piece.pitches, steps))
                    places.append(index * _LONGEST + np.arange(len(hashes[-1])))
            known, first = np.unique(np.concatenate(hashes), return_index=True)
            self._found[parts, steps] = known, np.concatenate(places)[first]
        return self._found[parts, steps]


def _interval_runs(piece: Sampled) -> frozenset[bytes]:
    line = piece.pitches[:, 0].astype(np.int64) if piece.pitches.size else np.zeros(0, np.int64)
    starts = (np.diff(line, prepend=SILENT) != 0) & (line != SILENT)
    moves = np.diff(line[starts]).astype(np.int8)
    return frozenset(moves[i : i + _RUN].tobytes() for i in range(len(moves) - _RUN + 1))


def window_hashes(pitches: NDArray[np.int16], steps: int) -> NDArray[np.uint64]:
    """[windows] a number for every window; equal where windows are transpositions of each other.

    A window is told by its first row's pitches relative to their highest, and after that by each row's pitches relative
    to the highest of the row before.
    """
    count = len(pitches) - steps + 1
    if count < 1 or steps < 1 or not pitches.shape[1]:
        return np.zeros(0, np.uint64)
    top = pitches.max(axis=1).astype(np.int64)
    sounding = np.flatnonzero(top != SILENT)
    if len(sounding):  # a general rest hands on the highest pitch before it (after it, at the beginning)
        top = top[sounding[np.maximum(np.searchsorted(sounding, np.arange(len(top)), side="right") - 1, 0)]]
    opening, rest = _row_hashes(pitches, top), _row_hashes(pitches, np.concatenate([top[:1], top[:-1]]))
    # Modulo 2 ** 64: sums[k] = the sum of rest[i] * base ** i over i < k, so that a difference of two, divided by a
    # power of the base, is the same wherever the window stands.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(rest * _powers(_BASE, len(rest)), dtype=np.uint64)])
    starts = np.arange(count)
    inner = (sums[starts + steps] - sums[starts + 1]) * _powers(pow(_BASE, -1, 1 << 64), count)
    return np.asarray(opening[:count] + inner)


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.asarray(np.cumprod(factors, dtype=np.uint64))


def _row_hashes(pitches: NDArray[np.int16], relative_to: NDArray[np.int64]) -> NDArray[np.uint64]:
    shape = np.where(pitches != SILENT, pitches - relative_to[:, None], _REST)
    mixed = np.zeros(len(pitches), np.uint64)
    for column in shape.T:
        mixed = (mixed + (column + 2048).astype(np.uint64)) * np.uint64(_BASE)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _heard(pitches: NDArray[np.int16], steps: int) -> NDArray[np.bool_]:
    """[windows] whether anything sounds in the window."""
    count = max(len(pitches) - steps + 1, 0)
    sums = np.concatenate([[0], np.cumsum((pitches != SILENT).any(axis=1))])
    return np.asarray(sums[steps : steps + count] > sums[:count])
