"""Bars and grid: from times in ticks to places on paper.

Times here are integer *units*, ``UNIT`` to a quarter note: small enough for 64ths and for triplet 32nds. A bar is cut
into windows (a quarter note, or an eighth in 6/8 and its like); each window of each voice gets the coarsest grid that
fits what happens in it: sixteenths, eighth triplets, 32nds or sixteenth triplets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from musegen.score import Metre, Score

UNIT = 96
BAR_GRID = UNIT // 8
"""Bar lines stand on 32nds."""
WHOLE = 4 * UNIT


@dataclass(frozen=True, slots=True)
class Measure:
    """A bar on paper, in units: number, first unit, length, metre, and how much of the metre a pick-up leaves out."""

    number: int
    start: int
    length: int
    metre: Metre
    offset: int = 0

    @property
    def end(self) -> int:
        """First unit after the bar."""
        return self.start + self.length

    @property
    def is_full(self) -> bool:
        """Whether the bar is as long as its metre says."""
        return self.length == _metre_length(self.metre)


@dataclass(frozen=True, slots=True)
class Event:
    """Some notes (indices into ``Score.notes``) that begin and end together; units."""

    start: int
    end: int
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tuplet:
    """Stretch of a bar that is written ``number`` in the time of two thirds as many; units."""

    start: int
    end: int
    number: int


def measures(score: Score) -> list[Measure]:
    """The bars of a score on paper; bar lines between 32nds are moved to the nearest."""
    scale = UNIT / score.resolution
    found: list[Measure] = []
    for bar in score.bars():
        start = found[-1].end if found else 0
        length = round(bar.end * scale / BAR_GRID) * BAR_GRID - start
        if length < BAR_GRID:  # a hair's breadth before a change of metre, as some MIDI files have it, is no bar
            continue
        offset = (_metre_length(bar.metre) - length) // BAR_GRID * BAR_GRID if bar.number == 0 else 0
        found.append(Measure(bar.number, start, length, bar.metre, max(offset, 0)))
    if not found:
        bar = score.bars()[0]
        return [Measure(bar.number, 0, BAR_GRID, bar.metre)]
    last = found[-1]
    if last.offset == 0 and found[0].offset and score.end * scale <= last.end - found[0].length:
        found[-1] = replace(last, length=last.length - found[0].length)  # the pick-up fills the last bar
    return found


def _metre_length(metre: Metre) -> int:
    return max(WHOLE * metre.numerator // metre.denominator, 1)


def quantise(
    events: Sequence[tuple[float, float, tuple[int, ...]]], bars: Sequence[Measure]
) -> tuple[list[Event], dict[int, list[Tuplet]]]:
    """Put one voice on the grid.

    Args:
        events: (start, end, notes) in units with fractions, sorted; an overlap is cut, one onset becomes one chord.
        bars: The bars, in order.

    Returns:
        Events that do not overlap, and the tuplets by index of the bar.
    """
    events = _held(events)
    starts = [bar.start for bar in bars]
    windows: list[list[tuple[int, int]]] = [_windows(bar) for bar in bars]

    def place(at: float) -> tuple[int, int]:
        bar = max(bisect_right(starts, at + 1e-6) - 1, 0)
        return bar, max(bisect_right(windows[bar], (at + 1e-6, 10**12)) - 1, 0)

    points: dict[tuple[int, int], tuple[list[float], list[float]]] = {}
    for start, end, _ in events:
        for at, kind in ((start, 0), (end, 1)):
            bar, window = place(at)
            points.setdefault((bar, window), ([], []))[kind].append(at - windows[bar][window][0])

    def fits(bar: int, window: int) -> bool:
        first, length = windows[bar][window]
        return bars[bar].start <= first and first + length <= bars[bar].end

    grids = {
        (bar, window): _best_grid(onsets, ends, windows[bar][window][1], triplets=fits(bar, window))
        for (bar, window), (onsets, ends) in points.items()
    }

    def step_at(at: float) -> int:
        bar, window = place(at)
        length = windows[bar][window][1]
        return length // grids.get((bar, window), _plain(length))

    def window_end(at: float) -> int:
        bar, window = place(at)
        return min(sum(windows[bar][window]), bars[bar].end)

    def snap(at: float) -> int:
        bar, window = place(at)
        first, step = windows[bar][window][0], step_at(at)
        return max(starts[bar], min(first + round((at - first) / step) * step, window_end(at)))

    result: list[Event] = []
    for start, end, notes in events:
        begin, stop = snap(start), snap(end)
        if begin >= bars[-1].end:  # the last onset may round up to the final bar line
            begin = bars[-1].end - step_at(start)
        if result and result[-1].start == begin:
            before = result.pop()
            result.append(Event(begin, max(before.end, stop), (*before.notes, *notes)))
            continue
        if result and result[-1].end > begin:
            result[-1] = Event(result[-1].start, begin, result[-1].notes)
        result.append(Event(begin, max(stop, min(begin + step_at(begin), window_end(begin))), notes))
    result = [Event(a.start, min(a.end, b.start), a.notes) for a, b in pairwise(result)] + result[-1:]
    return result, _tuplets(result, bars, windows, grids)


def _held(events: Sequence[tuple[float, float, tuple[int, ...]]]) -> list[tuple[float, float, tuple[int, ...]]]:
    """Players let go early: a note that ends at no grid's line, a little before the next one, lasts until then."""
    result = []
    for place, (start, end, notes) in enumerate(events):
        following = events[place + 1][0] if place + 1 < len(events) else end
        on_line = any(abs(end - round(end / step) * step) < 0.05 for step in (UNIT // 8, UNIT // 3))
        if not on_line and 0 < following - end <= min(0.35 * (following - start), UNIT / 2):
            end = following
        result.append((start, end, notes))
    return result


def _windows(bar: Measure) -> list[tuple[int, int]]:
    """(first unit, full length) of each window; the first of a pick-up may begin before the bar."""
    length = min(WHOLE // bar.metre.denominator, UNIT)
    length = max(length, BAR_GRID)
    first = bar.start - bar.offset % length
    return [(start, length) for start in range(first, bar.end, length)]


def _plain(length: int) -> int:
    """Sixteenths in a window, at least one."""
    return max(length // (UNIT // 4), 1)


def _best_grid(onsets: list[float], ends: list[float], length: int, *, triplets: bool) -> int:
    """Into how many steps to divide a window: the first that fits exactly, else the least cost of error and finesse."""
    plain = _plain(length)
    choices = [(plain, 0.0)]
    if triplets and length >= UNIT // 2:
        choices.append((3, 0.03))
    if length >= 2 * BAR_GRID:
        choices.append((2 * plain, 0.04))
    if triplets and length == UNIT:
        choices.append((6, 0.05))

    def error(at: float, steps: int) -> float:
        step = length / steps
        return abs(at - round(at / step) * step)

    for steps, _ in choices:
        if all(error(at, steps) < 0.51 for at in (*onsets, *ends)):
            return steps

    def cost(steps: int, price: float) -> float:
        worst = max((error(at, steps) for at in onsets), default=0.0)
        # Players let go early: where a note ends says little about the grid.
        ending = sum(error(at, steps) for at in ends) / max(len(ends), 1)
        return (worst + ending / 4) / UNIT + price

    return min(choices, key=lambda choice: cost(*choice))[0]


def _tuplets(
    events: list[Event],
    bars: Sequence[Measure],
    windows: list[list[tuple[int, int]]],
    grids: dict[tuple[int, int], int],
) -> dict[int, list[Tuplet]]:
    """Windows that hold a point no plain value reaches; two neighbours of quarter triplets become one."""
    points = sorted({at for event in events for at in (event.start, event.end)})
    found: dict[int, list[Tuplet]] = {}
    for (bar, window), steps in sorted(grids.items()):
        first, length = windows[bar][window]
        if steps % 3:
            continue
        inside = points[bisect_right(points, first) : bisect_right(points, first + length - 1)]
        if all((at - first) % BAR_GRID == 0 for at in inside):
            continue
        number = 3 if all((at - first) % (length // 3) == 0 for at in inside) else 6
        tuplets = found.setdefault(bar, [])
        before = tuplets[-1] if tuplets else None
        pair = before and before.end == first and before.end - before.start == length
        # Quarter triplets begin on the first or third quarter; in 6/8 and its like eighth triplets begin anywhere.
        in_place = before and (length < UNIT or (before.start - bars[bar].start + bars[bar].offset) % (2 * UNIT) == 0)
        if pair and before and in_place:
            both = points[bisect_right(points, before.start) : bisect_right(points, first + length - 1)]
            if all((at - before.start) % (2 * length // 3) == 0 for at in both):
                tuplets[-1] = Tuplet(before.start, first + length, 3)
                continue
        tuplets.append(Tuplet(first, first + length, number))
    return found
