"""A score cut wherever its harmony could change: what sounds in each slice, and how each note is come to and left.

Times are counted in sixteenths (*steps*), as by the measures of ``musegen.evaluation``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import STEPS_PER_QUARTER, Sampled, sample
from musegen.score import Bar, Score

NOBODY = -1
"""In place of a note's index where a part is silent, or where there is no note before or after."""
_AWAY = 2 * STEPS_PER_QUARTER  # a rest of a half note parts two notes of a line


@dataclass(frozen=True, eq=False)
class Slices:
    """A score, cut at every onset and end of a note; drums left out. Made by ``slices``.

    Attributes:
        score: The score as it was given; indices of notes are places in ``score.notes``.
        sampled: The same as the measures hear it.
        starts: [slices] first steps, silent stretches left out.
        stops: [slices] steps after the last.
        sounding: For each slice, indices of the notes that sound in it.
        begins: [notes] first steps of all notes.
        ends: [notes] steps after the last.
        before: [notes] index of the note that each is come to from in its part, or ``NOBODY``.
        after: [notes] index of the note that follows it in its part, or ``NOBODY``.
    """

    score: Score
    sampled: Sampled
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    sounding: tuple[tuple[int, ...], ...]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def tick(self, step: int) -> int:
        """The tick of a step, to the nearest."""
        return (2 * step * self.score.resolution + STEPS_PER_QUARTER) // (2 * STEPS_PER_QUARTER)

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """All bars of the score."""
        return self.score.bars()

    @cached_property
    def _bar_starts(self) -> list[int]:
        return [bar.start for bar in self.bars]

    def bar(self, tick: int) -> Bar:
        """The bar that a tick lies in."""
        return self.bars[max(bisect_right(self._bar_starts, tick) - 1, 0)]

    def beat(self, tick: int) -> float:
        """Place in its bar: 1 on the first beat, 2.5 an eighth after the second in 4/4; a pick-up ends its bar."""
        bar = self.bar(tick)
        metre = bar.metre
        whole = 4 * self.score.resolution
        missing = whole * metre.numerator // metre.denominator - bar.length if bar.number == 0 else 0
        return 1 + (tick - bar.start + missing) / (whole * self._beat_of(bar) / (4 * STEPS_PER_QUARTER))

    @staticmethod
    def _beat_of(bar: Bar) -> int:
        """Steps of a beat: a quarter in 4/4, a dotted quarter in 6/8, as the measures have it; at least one."""
        metre = bar.metre
        compound = metre.denominator >= 8 and metre.numerator % 3 == 0 and metre.numerator > 3
        return max(4 * STEPS_PER_QUARTER * (3 if compound else 1) // metre.denominator, 1)

    @cached_property
    def beat_steps(self) -> NDArray[np.int64]:
        """[slices] steps of a beat where each slice begins."""
        return np.array([self._beat_of(self.bar(self.tick(int(s)))) for s in self.starts], np.int64)

    @cached_property
    def strength(self) -> NDArray[np.int64]:
        """[slices] where each begins: 3 on a bar line, 2 on another beat, 1 halfway between beats, 0 elsewhere."""
        beats = self.sampled.beats
        lines = {start for start, _, bar in self.sampled.bars if bar.number > 0}
        result = np.zeros(len(self), np.int64)
        for i, start in enumerate(int(s) for s in self.starts):
            last = int(np.searchsorted(beats, start, "right")) - 1
            since = start - int(beats[last]) if last >= 0 else start
            length = int(self.beat_steps[i])
            result[i] = 3 if start in lines else 2 if since == 0 else 1 if 2 * since == length else 0
            if length == 6 and since in (2, 4):  # the eighths of 6/8
                result[i] = 1
        return result

    @cached_property
    def voices(self) -> NDArray[np.int64]:
        """[steps, parts] index of the note that each part is heard with, or ``NOBODY``; as ``sampled.pitches``."""
        parts = sorted({n.track for n in self.score.notes if not self.score.tracks[n.track].is_drum})
        column = {track: i for i, track in enumerate(parts)}
        grid = np.full(self.sampled.pitches.shape, NOBODY, np.int64)
        order = sorted(range(len(self.score.notes)), key=lambda i: (self.score.notes[i].pitch, self.begins[i]))
        for i in order:
            note = self.score.notes[i]
            if note.track in column:
                grid[self.begins[i] : self.ends[i], column[note.track]] = i
        return grid

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Tracks of the score that the columns of ``voices`` are."""
        return tuple(sorted({n.track for n in self.score.notes if not self.score.tracks[n.track].is_drum}))

    @cached_property
    def single(self) -> bool:
        """Whether never more than one note sounds at a time, but for a slur's overlap."""
        several = sum(int(b - a) for a, b, s in zip(self.starts, self.stops, self.sounding, strict=True) if len(s) > 1)
        return several <= 0.05 * max(int((self.stops - self.starts).sum()), 1)

    @cached_property
    def chordal(self) -> tuple[int, ...]:
        """Tracks that sound several notes at once for more than a twentieth of their time: no single voices."""
        busy = dict.fromkeys(self.parts, 0)
        total = dict.fromkeys(self.parts, 0)
        for a, b, notes in zip(self.starts, self.stops, self.sounding, strict=True):
            tracks = [self.score.notes[i].track for i in notes]
            for track in set(tracks):
                total[track] += int(b - a)
                busy[track] += int(b - a) * (tracks.count(track) > 1)
        return tuple(track for track in self.parts if busy[track] > 0.05 * total[track])


def slices(score: Score) -> Slices:
    """Cuts a score; an empty one, or one of drums only, has no slices."""
    notes = score.notes
    unit = score.resolution

    def step(tick: int) -> int:
        return (2 * tick * STEPS_PER_QUARTER + unit) // (2 * unit)

    begins = np.array([step(n.onset) for n in notes], np.int64)
    ends = np.array([max(step(n.end), step(n.onset) + 1) for n in notes], np.int64)
    pitched = [i for i, n in enumerate(notes) if not score.tracks[n.track].is_drum]
    marks = sorted({int(begins[i]) for i in pitched} | {int(ends[i]) for i in pitched})
    inside: list[list[int]] = [[] for _ in marks]
    for i in pitched:
        for place in range(bisect_left(marks, begins[i]), bisect_left(marks, ends[i])):
            inside[place].append(i)
    kept = [i for i, sounding in enumerate(inside) if sounding]
    before, after = _neighbours(score, pitched, begins, ends)
    return Slices(
        score,
        sample(score),
        np.array([marks[i] for i in kept], np.int64),
        np.array([marks[i + 1] for i in kept], np.int64),
        tuple(tuple(inside[i]) for i in kept),
        begins,
        ends,
        before,
        after,
    )


def _neighbours(
    score: Score, pitched: list[int], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of every note the nearest in pitch among those of its part that begin next before it, and next after it."""
    before, after = np.full((2, len(score.notes)), NOBODY, np.int64)
    columns: dict[int, dict[int, list[int]]] = {}
    for i in pitched:
        columns.setdefault(score.notes[i].track, {}).setdefault(int(begins[i]), []).append(i)
    for part in columns.values():
        groups = [part[start] for start in sorted(part)]
        for earlier, later in pairwise(groups):
            for i in later:
                nearest = min(earlier, key=lambda j: abs(score.notes[j].pitch - score.notes[i].pitch))
                if begins[i] - ends[nearest] < _AWAY:
                    before[i] = nearest
            for j in earlier:
                nearest = min(later, key=lambda i: abs(score.notes[j].pitch - score.notes[i].pitch))
                if begins[nearest] - ends[j] < _AWAY:
                    after[j] = nearest
    return before, after
