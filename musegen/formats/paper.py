"""Where played notes stand on paper: exactly where they can be printed, else at the nearest sixteenth or triplet.

Times are integers in *divisions*, ``unit`` of them to a quarter note; ``unit`` is a multiple of 24.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

from musegen.score import Bar

_SUBDIVISIONS = frozenset((1, 2, 4, 8, 16, 3, 6, 12, 5, 10, 7, 14, 9, 11, 13))
"""Into how many equal parts a quarter note may be split in print; anything else is played rhythm, printed at the
nearest sixteenth or triplet with its exact time beside."""


@dataclass(slots=True)
class Printed:
    """A note on paper: where it is printed, and how much later it is played (``attack``) and ends (``release``)."""

    index: int
    pitch: int
    start: int
    end: int
    attack: int = 0
    release: int = 0


def place_on_paper(notes: Iterable[Printed], bars: Sequence[Bar], unit: int) -> list[Printed]:
    """Moves what can't be printed as it is to the nearest sixteenth or triplet; the rest stays."""
    notes = list(notes)
    starts = [bar.start for bar in bars]

    def beat(time: int) -> tuple[int, Bar]:
        """The start of the quarter note in which ``time`` lies, and its bar."""
        bar = bars[min(bisect_right(starts, time) - 1, len(bars) - 1)]
        origin = bar.start - lead(bar, unit)
        return origin + (time - origin) // unit * unit, bar

    offsets: dict[int, tuple[set[int], set[int]]] = {}
    for note in notes:
        for kind, time in enumerate((note.start, note.end)):
            start, _ = beat(time)
            offsets.setdefault(start, (set(), set()))[kind].add(time - start)
    steps = {start: _rough_steps(*places, unit) for start, places in offsets.items()}
    for note in notes:
        onset, end = note.start, note.end
        note.start, note.end = (_nearest(time, *beat(time), steps, kind) for kind, time in enumerate((onset, end)))
        if note.end <= note.start:
            note.end = note.start + unit // 4
        note.attack, note.release = onset - note.start, end - note.end
    return notes


def _nearest(time: int, beat: int, bar: Bar, steps: dict[int, tuple[int, int]], kind: int) -> int:
    """``time`` on the grid of its beat, within its bar; ``kind`` 0 for onsets, 1 for ends."""
    step = steps[beat][kind]
    if not step:
        return time
    near = beat + (2 * (time - beat) + step) // (2 * step) * step
    return max(min(near, bar.end) if time < bar.end else near, bar.start)


def _rough_steps(onsets: Iterable[int], ends: Iterable[int], unit: int) -> tuple[int, int]:
    """The grid on which onsets and ends of a quarter note are printed, as steps; 0 where they stay as they are.

    Ends finer than sixteenths and triplets, where no onset is, mean touch (staccato, legato) rather than rhythm.
    """
    parts = unit // gcd(unit, *onsets)
    if parts not in _SUBDIVISIONS:
        step = unit // 6 if _miss(onsets, unit // 6) < 0.7 * _miss(onsets, unit // 4) else unit // 4
        return step, step
    both = unit // gcd(unit // parts, *ends)
    if both == parts or both in (1, 2, 3, 4, 6, 12):
        return 0, 0
    return 0, unit // (4 if parts in (1, 2) else 6 if parts == 3 else parts)


def _miss(offsets: Iterable[int], step: int) -> int:
    return sum(abs((offset + step // 2) // step * step - offset) for offset in offsets)


def lead(bar: Bar, unit: int) -> int:
    """How much of its first quarter note a pick-up bar lacks."""
    return -bar.length % unit if bar.number == 0 else 0
