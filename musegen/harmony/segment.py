"""Which chord sounds when: the best way of cutting a piece into chords, by dynamic programming.

Every stretch of slices up to two bars may be one chord of the ``candidates``. A stretch is worth what its notes say for
the chord, less what speaks against it: notes that don't belong to it (little, where they pass by step or are
suspended), members that are missing, a bass that is none of them, a rare quality, a change on a weak place, and a
chord that is strange to the key. The cut whose stretches are worth most in sum is found exactly, as by Pardo &
Birmingham (2002, "Algorithms for chordal analysis"), whose scores know neither key nor how a note is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.harmony.candidates import COSTS, MEMBERS, TONES
from musegen.harmony.slices import NOBODY, Slices

_LONGEST = 24  # slices of one stretch; fewer in scores so long that this would be more than ``_STRETCHES``
_SHORTEST, _STRETCHES = 6, 100_000
_BLOCK, _NOTHING = 2048, 1e-9
_STEP, _BEAT = 2, 4.0  # semitones of a step; sixteenths that a weight of 1 stands for


@dataclass(frozen=True)
class Weights:
    """What is paid for what; one voice sounding for a quarter is worth 1. Found on nine chorales (docs/decisions)."""

    passing: float = 0.1
    accented: float = 1.0
    suspended: float = 0.3
    leaning: float = 1.0
    foreign: float = 1.7
    missing: tuple[float, ...] = (0.9, 0.7, 0.25, 3.0)  # root, third, fifth, seventh
    bass: tuple[float, ...] = (0.0, 0.6, 1.35, 0.95)
    bass_foreign: float = 0.8
    change: tuple[float, ...] = (2.6, 0.7, 0.2, 0.35)  # on a sixteenth, half a beat, a beat, a bar line
    key: float = 1.0


WEIGHTS = Weights()


def passing_costs(piece: Slices, weights: Weights = WEIGHTS) -> list[list[float]]:
    """For every slice, what each of its notes costs a quarter if it is no member of the chord."""
    notes, result = piece.score.notes, []
    for i, sounding in enumerate(piece.sounding):
        begin, strong = int(piece.starts[i]), piece.strength[i] >= 2
        row = []
        for n in sounding:
            pitch = notes[n].pitch
            before, after = int(piece.before[n]), int(piece.after[n])
            came = pitch - notes[before].pitch if before != NOBODY else None
            left = notes[after].pitch - pitch if after != NOBODY else None
            by_step = came is not None and 0 < abs(came) <= _STEP
            to_step = left is not None and 0 < abs(left) <= _STEP
            held = int(piece.begins[n]) < begin or came == 0
            if held and strong and left in (-1, -2, 1):
                row.append(weights.suspended)
            elif by_step and to_step:
                row.append(weights.accented if strong and not held else weights.passing)
            elif left == 0 and by_step and not strong:
                row.append(weights.suspended)  # an anticipation
            elif by_step or to_step:
                row.append(weights.leaning)
            else:
                row.append(weights.foreign)
        result.append(row)
    return result


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the slices say, before any chord is chosen.

    Attributes:
        stop: [stretches] slice after the last of each stretch that may be a chord.
        start: [stretches] its first slice.
        worth: [stretches, candidates] what each candidate is worth, the key left out.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    worth: NDArray[np.float32]


def evidence(piece: Slices, weights: Weights = WEIGHTS) -> Evidence:
    """What every stretch is worth as every chord."""
    n = len(piece)
    inside, outside = np.zeros((2, n + 1, 12))
    bass = np.zeros(n, np.int64)
    costs = passing_costs(piece, weights)
    for i, sounding in enumerate(piece.sounding):
        length = (piece.stops[i] - piece.starts[i]) / _BEAT
        pitches = [piece.score.notes[note].pitch for note in sounding]
        share = length * 4 / max(len(pitches), 4)  # a thick texture says no more than four voices
        for pitch, cost in zip(pitches, costs[i], strict=True):
            inside[i + 1, pitch % 12] += share
            outside[i + 1, pitch % 12] += share * cost
        bass[i] = min(pitches) % 12
    inside, outside = inside.cumsum(axis=0), outside.cumsum(axis=0)
    start, stop = _stretches(piece)
    missing = np.tensordot(np.array(weights.missing), MEMBERS, axes=1)
    standing = np.tensordot(np.array(weights.bass), MEMBERS, axes=1).T + weights.bass_foreign * (1 - TONES.T)
    change = np.array(weights.change)[piece.strength]
    worth = np.empty((len(start), len(COSTS)), np.float32)
    for part in _blocks(len(start)):
        first, last = start[part], stop[part]
        has, against = inside[last] - inside[first], outside[last] - outside[first]
        value = _product(has + against, TONES.T) - against.sum(axis=1, keepdims=True)
        value -= missing.sum(axis=1) - _product((has > _NOTHING).astype(float), missing.T)
        value -= standing[bass[first]] + COSTS + change[first][:, None]
        worth[part] = value
    return Evidence(start, stop, worth)


def _blocks(n: int) -> Iterator[slice]:
    """Rows, a few at a time: all at once, those of a long score would need a gigabyte."""
    return (slice(i, i + _BLOCK) for i in range(0, n, _BLOCK))


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their matrix product, without the threads that a library would start for it: these are too small for threads."""
    return np.asarray(np.einsum("st,tc->sc", a, np.ascontiguousarray(b)))


def _stretches(piece: Slices) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First slice and the one after the last, of all stretches up to two bars without a silence in them."""
    n = len(piece)
    gap = np.concatenate([[0], np.cumsum(piece.starts[1:] > piece.stops[:-1])])
    most = max(_SHORTEST, min(_LONGEST, _STRETCHES // max(n, 1)))
    first, size = np.divmod(np.arange(n * most), most)
    last = np.minimum(first + size, n - 1)
    bars = [bar.length for bar in piece.bars]
    longest = 2 * max(bars) / piece.score.resolution * _BEAT
    fits = (first + size < n) & (gap[first] == gap[last])
    fits &= (piece.stops[last] - piece.starts[first] <= longest) | (size == 0)
    return first[fits], last[fits] + 1


def cut(piece: Slices, found: Evidence, fit: NDArray[np.float32] | None = None) -> list[tuple[int, int, int]]:
    """The best cut: (first slice, slice after the last, candidate) of every chord, in order.

    Args:
        piece: The piece.
        found: Its ``evidence``.
        fit: [slices, candidates] how well a chord that begins here goes with the key; None = no key known.
    """
    chosen, value = np.zeros(len(found.worth), np.int64), np.zeros(len(found.worth))
    for part in _blocks(len(found.worth)):
        worth = found.worth[part]
        if fit is not None:
            worth = worth + fit[found.start[part]]
        chosen[part] = worth.argmax(axis=1)
        value[part] = worth.max(axis=1)
    best = np.full(len(piece) + 1, -np.inf)
    best[0], back = 0.0, np.full(len(piece) + 1, -1)
    starts, stops = found.start.tolist(), found.stop.tolist()
    for row, (start, stop, gain) in enumerate(zip(starts, stops, value.tolist(), strict=True)):  # by first slice
        if best[start] + gain > best[stop]:
            best[stop], back[stop] = best[start] + gain, row
    path, place = [], len(piece)
    while place > 0:
        row = int(back[place])
        path.append((starts[row], stops[row], int(chosen[row])))
        place = starts[row]
    return path[::-1]
