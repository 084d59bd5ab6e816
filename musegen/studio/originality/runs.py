"""Searching a side of the list: the runs that a piece shares with training pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.copying import window_hashes
from musegen.studio.originality.listing import WINDOW, Part, Side, fingerprints, first_pitches, low_bytes

MOVES: Mapping[Part, int] = {"texture": 3, "melody": 5}
"""Changes of pitch that a run must have: held notes are everybody's, and so are four notes of a melody."""
_MOVES = 3  # a window that begins a search
_MOST = 100_000  # pairs of windows that are followed; of more, the windows that are found most often are left out


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs that a piece shares, one a row, the longest first; of equals the earliest, then the first on the list.

    Attributes:
        start: [runs] first step in the piece.
        stop: [runs] first step after it.
        piece: [runs] number of the training piece.
        there: [runs] first step in it.
        transposition: [runs] semitones that the piece lies above the training piece.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    piece: NDArray[np.int64]
    there: NDArray[np.int64]
    transposition: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def steps(self) -> NDArray[np.int64]:
        """[runs] lengths in sixteenths."""
        return np.asarray(self.stop - self.start)

    def sorted(self) -> Runs:
        """In the order that the class promises."""
        return self.take(np.lexsort((self.piece, self.start, -self.steps)))

    def take(self, rows: NDArray[np.intp]) -> Runs:
        """Only these, in this order."""
        return Runs(self.start[rows], self.stop[rows], self.piece[rows], self.there[rows], self.transposition[rows])


def find_runs(side: Side, pitches: NDArray[np.int16], made: NDArray[np.bool_]) -> Runs:
    """All runs of ``WINDOW`` sixteenths or more, cut to what was made.

    A run is a row of windows, one hop apart in the piece and in a training piece, all transposed alike. It is at least
    as long as it says: at either end up to a hop less one sixteenth may be shared too.

    Args:
        side: Where to look.
        pitches: [steps, voices] of the piece, as many voices as the side has.
        made: [steps] whether something new sounds; runs begin and end with such a step, shorter than a window too.
    """
    hashes = window_hashes(pitches, WINDOW)
    wanted = fingerprints(hashes)
    low = np.searchsorted(side.known, wanted, side="left")
    changes = np.concatenate([[0], np.cumsum((pitches[1:] != pitches[:-1]).any(axis=1))])
    telling = changes[WINDOW - 1 :][: len(hashes)] - changes[: len(hashes)] >= _MOVES
    counts = np.searchsorted(side.known, wanted, side="right") - low
    if counts.sum() > _MOST:
        rarest = np.argsort(counts, kind="stable")
        counts[rarest[np.cumsum(counts[rarest]) > _MOST]] = 0
    at = np.repeat(np.arange(len(hashes)), counts)
    rank = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    row = side.order[np.repeat(low, counts) + rank]
    theirs = (side.pads[row].astype(np.int64) - low_bytes(hashes)[at]) & 255
    move = first_pitches(pitches)[at] - theirs
    diagonal = side.places[row] - at
    # A held note is found in thousands of places: it is followed only where something more telling was found.
    real = telling[at] | np.isin(diagonal, np.unique(diagonal[telling[at]]))
    keep = np.flatnonzero(real & (theirs < 128))  # another pad: another window that has the same hash by chance
    keep = keep[np.lexsort((at[keep], diagonal[keep]))]
    at, row, move, diagonal = at[keep], row[keep], move[keep], diagonal[keep]
    goes_on = (np.diff(diagonal) == 0) & (np.diff(at) == side.hop) & (np.diff(move) == 0)
    first = np.flatnonzero(np.concatenate([np.ones(min(len(at), 1), bool), ~goes_on]))
    last = np.append(first[1:], len(at))[: len(first)] - 1
    start, stop = at[first], at[last] + WINDOW
    piece = np.searchsorted(side.starts, side.places[row[first]], side="right") - 1
    there = side.places[row[first]] - side.starts[piece]
    new = np.append(np.flatnonzero(made), len(made))
    inner = new[np.searchsorted(new, start)]
    before = np.concatenate([[0], np.flatnonzero(made) + 1])
    outer = before[np.searchsorted(before, stop, side="right") - 1]
    found = Runs(inner, np.minimum(outer, stop), piece, there + inner - start, move[first])
    moves = changes[stop - 1] - changes[start]
    return found.take(np.flatnonzero((found.steps > 0) & (moves >= MOVES[side.part]))).sorted()
