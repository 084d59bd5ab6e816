"""The single voices of a piece: parts that sound one note at a time, from the top down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import SILENT
from musegen.harmony.slices import Slices

_KEYBOARDS_AND_VOICES = frozenset((*range(8), *range(16, 24), 52, 53, 54, 91))  # General MIDI programs
_DOUBLING = 0.3  # share of the common moves of two parts in octaves, from which they are one part, doubled
_FEW_MOVES, _MOST_VOICES = 8, 6
_HIGHER = 5.0  # semitones by which a part lies higher, on average, than one that stands above it in the score


@dataclass(frozen=True, eq=False)
class Voices:
    """The single voices of a piece, on sixteenths.

    Attributes:
        piece: The piece.
        tracks: Which parts of the score they are, from the top down.
        pitches: [steps, voices] MIDI pitch or ``SILENT``.
        notes: [steps, voices] index of the note that sounds, or ``NOBODY``.
        doubled: Pairs of voices that go along in octaves on purpose.
        choir: Whether they can be judged as a choir: two to six, sung or played on a keyboard but for the highest.
    """

    piece: Slices
    tracks: tuple[int, ...]
    pitches: NDArray[np.int64]
    notes: NDArray[np.int64]
    doubled: frozenset[tuple[int, int]]
    choir: bool

    def changes(self) -> list[int]:
        """Steps (from 1 on) on which some voice sounds another pitch than before."""
        moved = (self.pitches[1:] != self.pitches[:-1]).any(axis=1)
        return [int(step) + 1 for step in np.flatnonzero(moved)]

    def moves(self, i: int, j: int, step: int) -> tuple[int, int, int, int] | None:
        """Pitches of voice i before and at a step, then of voice j; None where not both move."""
        a, b = (int(x) for x in self.pitches[step - 1 : step + 1, i])
        c, d = (int(x) for x in self.pitches[step - 1 : step + 1, j])
        return (a, b, c, d) if SILENT not in (a, b, c, d) and a != b and c != d else None

    def four(self, i: int, j: int, step: int) -> tuple[int, ...]:
        """Indices of the notes of voice i before and at a step, then of voice j."""
        return (*self.notes[step - 1 : step + 1, i].tolist(), *self.notes[step - 1 : step + 1, j].tolist())

    def stop(self, step: int, *columns: int) -> int:
        """Step after the first of the voices' notes to end."""
        return min(int(self.piece.ends[self.notes[step, c]]) for c in columns)

    def runs(self, wrong: NDArray[np.bool_], *columns: int) -> Iterator[tuple[int, int]]:
        """(first step, step after the last) of stretches in which the same notes are wrong together."""
        begin = None
        for step in range(len(wrong) + 1):
            going = step < len(wrong) and bool(wrong[step])
            if begin is not None and (not going or (self.notes[step, columns] != self.notes[step - 1, columns]).any()):
                yield begin, step
                begin = None
            if going and begin is None:
                begin = step


def voices(piece: Slices) -> Voices:
    """The voices of a piece; parts that hold chords are left out."""
    score = piece.score
    every = piece.sampled.pitches.astype(np.int64)
    single = [i for i, track in enumerate(piece.parts) if track not in piece.chordal]
    means = {i: float(every[:, i][every[:, i] != SILENT].mean()) for i in single if (every[:, i] != SILENT).any()}
    columns = list(means)  # in the order of the score, unless that is plainly not from the top down
    if any(means[lower] > means[upper] + _HIGHER for upper, lower in pairwise(columns)):
        columns.sort(key=lambda i: -means[i])
    tracks = tuple(piece.parts[i] for i in columns)
    pitches, notes = every[:, columns], piece.voices[:, columns]
    programs = {score.tracks[track].program for track in tracks[1:]}  # a flute may lead
    choir = not piece.chordal and 2 <= len(tracks) <= _MOST_VOICES and programs <= _KEYBOARDS_AND_VOICES
    pairs = combinations(range(len(columns)), 2)
    doubled = frozenset((i, j) for i, j in pairs if _doubled(pitches[:, i], pitches[:, j]))
    return Voices(piece, tracks, pitches, notes, doubled, choir)


def _doubled(upper: NDArray[np.int64], lower: NDArray[np.int64]) -> bool:
    """Whether two voices mostly move from octave to octave."""
    heard = (upper != SILENT) & (lower != SILENT)
    both = heard[1:] & heard[:-1] & (upper[1:] != upper[:-1]) & (lower[1:] != lower[:-1])
    octaves = (upper - lower) % 12 == 0
    return int(both.sum()) >= _FEW_MOVES and float((octaves[1:] & octaves[:-1])[both].mean()) > _DOUBLING
