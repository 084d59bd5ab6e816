"""Rhythm on paper: which notes, rests, dots, ties and beams show what happens in a bar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from musegen.notation.grid import BAR_GRID, UNIT, WHOLE, Event, Measure, Tuplet

_SHORTEST = UNIT // 16
# Length in units: (MEI duration, dots).
_VALUES = {WHOLE >> k: (str(2**k), 0) for k in range(7)} | {3 * (WHOLE >> k) // 2: (str(2**k), 1) for k in range(6)}
_VALUES |= {2 * WHOLE: ("breve", 0), 3 * WHOLE: ("breve", 1)}


@dataclass(frozen=True, slots=True)
class Symbol:
    """One written note, chord or rest: where it stands (units), its value, the event it belongs to (None: rest)."""

    start: int
    end: int
    duration: str
    dots: int
    event: Event | None
    tuplet: Tuplet | None

    @property
    def written(self) -> int:
        """Its value in units, triplets as they are written."""
        return (self.end - self.start) * 3 // 2 if self.tuplet else self.end - self.start


def write_bar(
    events: Sequence[Event], bar: Measure, tuplets: Sequence[Tuplet], rest_edges: Collection[int] = ()
) -> list[Symbol]:
    """The symbols that fill a bar: notes cut where the eye needs the beat, rests between them.

    Args:
        events: Those that sound in the bar, not overlapping.
        bar: The bar.
        tuplets: Its tuplets.
        rest_edges: Where rests are cut, too.
    """
    rest_edges = [e for e in rest_edges if not any(t.start < e < t.end for t in tuplets)]
    stretches: list[tuple[int, int, Event | None]] = []
    at = bar.start
    for event in [*events, Event(bar.end, bar.end, ())]:
        start, end = max(event.start, bar.start), min(event.end, bar.end)
        edges = [at, *sorted(edge for edge in rest_edges if at < edge < start), start]
        stretches += [(a, b, None) for a, b in pairwise(edges) if a < b]
        if event.notes:
            stretches.append((start, end, event))
        at = end
    edges = sorted({edge for tuplet in tuplets for edge in (tuplet.start, tuplet.end)})
    symbols = []
    for start, end, owner in stretches:
        cuts = [start, *(edge for edge in edges if start < edge < end), end]
        for a, b in pairwise(cuts):
            tuplet = next((t for t in tuplets if t.start <= a < t.end), None)
            if tuplet and (a, b) != (tuplet.start, tuplet.end):
                parts: Sequence[tuple[int, int]] = _split_tuplet(
                    a - tuplet.start, b - tuplet.start, (tuplet.end - tuplet.start) // 2
                )
                zero = tuplet.start
            else:
                zero, tuplet = bar.start - bar.offset, None
                shape = _shape(bar.metre.numerator, bar.metre.denominator)
                parts = _split(shape, a - zero, b - zero, owner is None)
            for first, last in parts:
                value = (last - first) * 3 // 2 if tuplet else last - first
                symbols.append(Symbol(zero + first, zero + last, *_VALUES[value], owner, tuplet))
    return symbols


def _split_tuplet(start: int, end: int, middle: int) -> list[tuple[int, int]]:
    if (end - start) * 3 // 2 in _VALUES:
        return [(start, end)]
    cut = middle if start < middle < end else start + (end - start) // 2
    return _split_tuplet(start, cut, middle) + _split_tuplet(cut, end, middle)


@dataclass(frozen=True)
class _Shape:
    """How a bar divides: boundaries by level from the bar lines down, each level holding those above it.

    Attributes:
        levels: Boundaries in units.
        strict: Levels that a note may cross only from one of their boundaries to another (dotted or unequal beats).
        beams: Boundaries that no beam crosses.
    """

    levels: tuple[frozenset[int], ...]
    strict: tuple[bool, ...]
    beams: tuple[int, ...]


@lru_cache(maxsize=64)
def _shape(numerator: int, denominator: int) -> _Shape:
    beat = max(WHOLE // denominator, BAR_GRID)
    total = beat * numerator
    ternary = numerator % 3 == 0 and numerator > 3
    if ternary:
        groups = [3] * (numerator // 3)
    elif numerator in (5, 7):
        groups = [3, 2] if numerator == 5 else ([2, 2, 3] if denominator >= 8 else [4, 3])
    elif numerator % 2 == 0 and numerator > 2:
        groups = [2] * (numerator // 2)
    else:
        groups = [numerator] if denominator >= 8 and numerator <= 3 else [1] * numerator
    grouped = list(accumulate((beat * size for size in groups), initial=0))
    partitions = [[0, total]]
    if len(groups) % 2 == 0 and len(groups) > 2:
        partitions.append([0, total // 2, total])
    partitions += [grouped, [*range(0, total, beat), total]]
    while beat % 2 == 0 and beat // 2 >= _SHORTEST:
        beat //= 2
        partitions.append([*range(0, total, beat), total])
    uneven = ternary or numerator in (5, 7)
    levels: list[frozenset[int]] = []
    strict: list[bool] = []
    for boundaries in partitions:
        level = frozenset(boundaries) | (levels[-1] if levels else frozenset())
        if not levels or level != levels[-1]:
            levels.append(level)
            strict.append(uneven and level <= frozenset(grouped))
    by_beat = not uneven and denominator < 8
    beams = range(0, total, max(UNIT, WHOLE // denominator)) if by_beat else grouped
    return _Shape(tuple(levels), tuple(strict), tuple(beams))


@lru_cache(maxsize=4096)
def _split(shape: _Shape, start: int, end: int, rest: bool) -> tuple[tuple[int, int], ...]:
    """Cut at the strongest boundary that a value may not hide, into as few values as can be."""
    crossed = next((i for i, level in enumerate(shape.levels) if any(start < b < end for b in level)), None)
    if (end - start) in _VALUES and (crossed is None or _may_cross(shape, crossed, start, end, rest)):
        return ((start, end),)
    if crossed is None:  # an odd remainder: the largest value first
        cut = start + max(v for v in _VALUES if v < end - start)
        return ((start, cut), *_split(shape, cut, end, rest))
    cuts = sorted(b for b in shape.levels[crossed] if start < b < end)
    ways = [(*_split(shape, start, b, rest), *_split(shape, b, end, rest)) for b in cuts]
    return min(ways, key=lambda way: (len(way), -max(b - a for a, b in way)))


def _may_cross(shape: _Shape, level: int, start: int, end: int, rest: bool) -> bool:
    """Whether a value may hide boundaries of ``level``, the strongest that it crosses."""
    here = shape.levels[level]
    above = shape.levels[max(level - 1, 0)]
    if rest:
        return start in above and end in above
    if shape.strict[level]:
        return start in here and end in here
    if start in here or end in here:
        return True
    below = shape.levels[min(level + 1, len(shape.levels) - 1)]
    # A syncopation of one beat between two half beats reads well; longer ones don't.
    spacing = min(b - a for a, b in pairwise(sorted(here)))
    return start in below and end in below and end - start <= spacing


def beat_of(bar: Measure, at: int) -> int:
    """Number of the beat (as beams show it) that a unit of a bar belongs to, from 1."""
    beams = _shape(bar.metre.numerator, bar.metre.denominator).beams
    return bisect_right(beams, at - bar.start + bar.offset)


def beam_groups(symbols: Sequence[Symbol], bar: Measure, *, broad: bool) -> list[list[Symbol]]:
    """Symbols in order, those under one beam (or alone) in one list; a tuplet's symbols are never split from it.

    Args:
        symbols: Of one bar and voice.
        bar: The bar.
        broad: Beam plain eighths over two beats of 2/4 and 4/4 and over a bar of 3/4.
    """
    shape = _shape(bar.metre.numerator, bar.metre.denominator)
    zero = bar.start - bar.offset
    limits = [zero + b for b in shape.beams]
    if broad and bar.metre.denominator in (2, 4) and bar.metre.numerator in (2, 3, 4):
        size = 3 * UNIT if bar.metre.numerator == 3 else 2 * UNIT
        for first in range(zero, bar.end, size):
            inside = [s for s in symbols if first <= s.start < first + size]
            if all(s.event and s.end - s.start == UNIT // 2 for s in inside):
                limits = [b for b in limits if not first < b < first + size]
    groups: list[list[Symbol]] = []
    for symbol in symbols:
        before = groups[-1][-1] if groups else None
        together = (
            before is not None
            and before.tuplet == symbol.tuplet
            and _beamable(before)
            and _beamable(symbol)
            and bisect_right(limits, before.start) == bisect_right(limits, symbol.start)
        )
        if together:
            groups[-1].append(symbol)
        else:
            groups.append([symbol])
    return groups


def _beamable(symbol: Symbol) -> bool:
    return symbol.event is not None and symbol.written < UNIT
