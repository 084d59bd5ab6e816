"""The rules of part writing: how often music of several parts breaks them, counted on sixteenths.

Every function takes a ``Sampled`` and returns a ``Ratio``; music of one part has no part writing, so all but
``bad_leaps`` then give 0 of 0. "Chord" means what sounds between two changes of it (``Sampled.chords``). Parts count
from the top. The definitions follow the common textbooks (Piston; Aldwell & Schachter; Kostka & Payne); where they
leave a choice, the one was taken that the known figures for Bach's chorales were counted with (docs/measures.md).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import NONE, SILENT, Measure, Ratio, Sampled

RANGES = ((60, 81), (53, 74), (48, 69), (38, 62))
"""Lowest and highest pitch of soprano, alto, tenor and bass: C4-A5, F3-D5, C3-A4, D2-D4."""

_TRIADS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))
_SEVENTHS = ((0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))
_WITHOUT_FIFTH = ((0, 4), (0, 3), (0, 4, 10), (0, 4, 11), (0, 3, 10))


def _mask(pitch_classes: tuple[int, ...], root: int) -> int:
    return sum(1 << (p + root) % 12 for p in pitch_classes)


TERTIAN = np.zeros(4096, np.bool_)
"""Of every set of pitch classes (a 12-bit number, bit 0 = C), whether it is a chord of thirds: see ``tertian``."""
TERTIAN[[_mask(c, root) for c in (*_TRIADS, *_SEVENTHS, *_WITHOUT_FIFTH) for root in range(12)]] = True


def parallels(piece: Sampled, interval: int) -> Ratio:
    """Pairs of parts that move in the same direction from one perfect interval into the same one again.

    Both parts must move: an octave leap in one part, a repeated chord, or what enters after a rest is no parallel. The
    two must keep their places: exchanging notes on the beat is none either. A fifth that goes to a diminished one
    is not counted, nor contrary motion (from a fifth to a twelfth).

    Args:
        piece: What sounds.
        interval: 7 for fifths and twelfths, 0 for unisons and octaves.

    Returns:
        Offending pairs, of changes of chord.
    """
    before, after = piece.pitches[:-1].astype(int), piece.pitches[1:].astype(int)
    heard = (before != SILENT) & (after != SILENT)
    motion = np.where(heard, np.sign(after - before), 0)
    count = 0
    for i, j in combinations(range(piece.pitches.shape[1]), 2):
        first, second = before[:, i] - before[:, j], after[:, i] - after[:, j]
        alike = (abs(first) % 12 == interval) & (abs(second) % 12 == interval)
        if interval:
            alike &= np.sign(first) == np.sign(second)
        count += int(((motion[:, i] == motion[:, j]) & (motion[:, i] != 0) & alike).sum())
    return Ratio(count, len(piece.changes)) if piece.pitches.shape[1] > 1 else NONE


def crossing(piece: Sampled) -> Ratio:
    """Chords in which a part lies above its upper neighbour, of all chords."""
    upper, lower = piece.chords[:, :-1], piece.chords[:, 1:]
    return _any_pair(piece, (upper < lower) & (upper != SILENT))


def spacing(piece: Sampled) -> Ratio:
    """Chords in which two neighbours are more than an octave apart, of all chords; the lowest two parts may be."""
    upper, lower = piece.chords[:, :-2], piece.chords[:, 1:-1]
    return _any_pair(piece, (upper - lower > 12) & (lower != SILENT)) if piece.pitches.shape[1] > 2 else NONE


def _any_pair(piece: Sampled, wrong: NDArray[np.bool_]) -> Ratio:
    return Ratio(int(wrong.any(axis=1).sum()), len(piece.chords)) if piece.pitches.shape[1] > 1 else NONE


def bad_leaps(piece: Sampled) -> Ratio:
    """Moves by a tritone, by a seventh, or by more than an octave, of all moves of all parts.

    A move is a change of pitch from one sixteenth to the next: repeated notes and notes after a rest are none. An
    augmented second can't be told from a minor third here.
    """
    before, after = piece.pitches[:-1].astype(int), piece.pitches[1:].astype(int)
    size = abs(after - before)[(before != SILENT) & (after != SILENT) & (before != after)]
    return Ratio(int((np.isin(size, (6, 10, 11)) | (size > 12)).sum()), len(size))


def pitch_class_sets(piece: Sampled) -> NDArray[np.int64]:
    """[steps] the pitch classes that sound, as a 12-bit number (bit 0 = C)."""
    bits = np.where(piece.sounds, 1 << (piece.pitches.astype(int) % 12), 0)
    return np.asarray(np.bitwise_or.reduce(bits, axis=1))


def tertian(piece: Sampled) -> Ratio:
    """Sixteenths that sound a chord of thirds, of those on which at least two parts sound.

    A chord of thirds is a major, minor, diminished or augmented triad, a dominant, major, minor, half-diminished or
    diminished seventh, or one of these (not the diminished) without its fifth; in any inversion.
    """
    several = piece.sounds.sum(axis=1) > 1
    return Ratio(int(TERTIAN[pitch_class_sets(piece)[several]].sum()), int(several.sum()))


def dissonant_beats(piece: Sampled) -> Ratio:
    """Beats with a dissonance, of the beats on which at least two different pitches sound.

    A dissonance is a second, a seventh or a tritone between any two parts, octaves added or not; a fourth is none.
    """
    count = of = 0
    for row in piece.pitches[piece.beats].astype(int):
        pitches = sorted({int(p) for p in row if p != SILENT})
        if len(pitches) > 1:
            of += 1
            count += any((high - low) % 12 in (1, 2, 6, 10, 11) for low, high in combinations(pitches, 2))
    return Ratio(count, of)


def out_of_range(piece: Sampled) -> Ratio:
    """Sounding sixteenths of the four parts that lie outside ``RANGES``; music of another number of parts has none."""
    if piece.pitches.shape[1] != len(RANGES):
        return NONE
    low, high = np.array(RANGES).T
    wrong = piece.sounds & ((piece.pitches < low) | (piece.pitches > high))
    return Ratio(int(wrong.sum()), int(piece.sounds.sum()))


MEASURES = (
    Measure("parallel_fifths", "per 100 chord changes", 100, lambda piece: parallels(piece, 7)),
    Measure("parallel_octaves", "per 100 chord changes", 100, lambda piece: parallels(piece, 0)),
    Measure("crossing", "% of chords", 100, crossing),
    Measure("spacing", "% of chords", 100, spacing),
    Measure("bad_leaps", "% of moves", 100, bad_leaps),
    Measure("tertian", "% of sixteenths", 100, tertian),
    Measure("dissonant_beats", "% of beats", 100, dissonant_beats),
    Measure("out_of_range", "% of sixteenths", 100, out_of_range),
)
