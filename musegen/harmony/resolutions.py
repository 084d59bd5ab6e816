"""Notes with a duty: leading notes and sevenths, which chord they are in and where they go.

A leading note is the third of a dominant, or the root of a leading-note chord, applied ones among them (where a
doubling is a matter of taste: the third of V/IV is that of I). It may not be doubled, less so for a quarter or longer.
Where the chord goes to its tonic it rises by a semitone, but in an inner voice it may fall a third: Bach does, for the
sake of a full chord. The seventh of a chord falls by step, stays where it is a member of the next chord, and in V43-I6
may rise with the bass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import STEPS_PER_QUARTER
from musegen.harmony.candidates import BY_NAME
from musegen.harmony.chord import Chord
from musegen.harmony.slices import NOBODY, Slices

_LEADING = ("diminished", "half-diminished-seventh", "diminished-seventh")
_DOMINANT = ("major", "dominant-seventh")
_FALLS = (-3, -4)


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that was not done; see ``fault.Fault``, for columns of voices and steps."""

    kind: str
    level: str
    step: int
    stop: int
    columns: tuple[int, ...]
    notes: tuple[int, ...]
    facts: Mapping[str, int] = field(default_factory=dict)


def leading_note(chord: Chord) -> int | None:
    """Pitch class of the chord's leading note; None if it has none."""
    degree = (chord.root - chord.key.tonic) % 12
    if chord.quality in _DOMINANT and (degree == 7 or "/" in chord.numeral):
        return (chord.root + 4) % 12
    if chord.quality in _LEADING and (degree == 11 or "/" in chord.numeral):
        return chord.root
    return None


def leading_notes(
    piece: Slices, chords: Sequence[Chord], notes: NDArray[np.int64], ends: Sequence[int]
) -> Iterator[Duty]:
    """Leading notes that are doubled, or not resolved; what a phrase ends on need not resolve into the next.

    Args:
        piece: The piece.
        chords: Its chords.
        notes: [steps, voices] indices of notes, from the top down.
        ends: Indices of the melody notes that end phrases.
    """
    for place, chord in enumerate(chords):
        tone = leading_note(chord)
        if tone is None:
            continue
        begin, stop = _steps(piece, chord)
        own = (tone + 1 - chord.key.tonic) % 12 == 0
        yield from _doubled(piece, notes, begin, stop, tone, own=own)
        following = chords[place + 1] if place + 1 < len(chords) else None
        if following is None or following.root != (tone + 1) % 12 or following.start > chord.end:
            continue
        if _closes(piece, ends, begin, stop):
            continue
        for column, note, after in _leaving(piece, notes, stop, tone):
            size = piece.score.notes[after].pitch - piece.score.notes[note].pitch
            if size in (0, 1) or (column > 0 and size in _FALLS):
                continue
            level = "warning" if column == 0 and own else "taste"
            yield Duty("leading_note_unresolved", level, stop, stop + 1, (column,), (note, after), {"resolution": size})


def _doubled(piece: Slices, notes: NDArray[np.int64], begin: int, stop: int, tone: int, *, own: bool) -> Iterator[Duty]:
    seen: set[tuple[int, ...]] = set()
    for step in range(begin, min(stop, len(notes))):
        columns = [c for c, n in enumerate(notes[step]) if n != NOBODY and piece.score.notes[n].pitch % 12 == tone]
        two = tuple(int(notes[step, c]) for c in columns)
        together = min(piece.ends[n] for n in two) - max(piece.begins[n] for n in two) if len(two) > 1 else 0
        if together < STEPS_PER_QUARTER // 2 or two in seen:  # sixteenths in passing are no doubling
            continue
        seen.add(two)
        last = min(int(piece.ends[n]) for n in two)
        level = "error" if own and together >= STEPS_PER_QUARTER else "taste"
        yield Duty("leading_note_doubled", level, step, last, tuple(columns), two)


def sevenths(piece: Slices, chords: Sequence[Chord], notes: NDArray[np.int64], ends: Sequence[int]) -> Iterator[Duty]:
    """Sevenths that are not resolved; see ``leading_notes``."""
    for chord, following in pairwise(chords):
        tones = BY_NAME[chord.quality].tones
        if len(tones) < 4 or following.root == chord.root or following.start > chord.end:
            continue
        tone = (chord.root + tones[3]) % 12
        begin, stop = _steps(piece, chord)
        if _closes(piece, ends, begin, stop):
            continue
        for column, note, after in _leaving(piece, notes, stop, tone):
            size = piece.score.notes[after].pitch - piece.score.notes[note].pitch
            if size in (0, -1, -2):
                continue
            rising = 0 < size <= 2 and chord.inversion == 2 and following.inversion == 1
            level = "taste" if rising else "warning"
            yield Duty("seventh_unresolved", level, stop, stop + 1, (column,), (note, after), {"resolution": size})


def _closes(piece: Slices, ends: Sequence[int], begin: int, stop: int) -> bool:
    """Whether a phrase ends on a chord."""
    return any(begin <= piece.begins[note] < stop for note in ends)


def _steps(piece: Slices, chord: Chord) -> tuple[int, int]:
    unit = piece.score.resolution
    return (8 * chord.start + unit) // (2 * unit), (8 * chord.end + unit) // (2 * unit)


def _leaving(piece: Slices, notes: NDArray[np.int64], stop: int, tone: int) -> Iterator[tuple[int, int, int]]:
    """(voice, note, next note) of the voices that leave a pitch class as a chord ends."""
    if not 0 < stop < len(notes):
        return
    for column in range(notes.shape[1]):
        note, after = int(notes[stop - 1, column]), int(notes[stop, column])
        if NOBODY not in (note, after) and note != after and piece.score.notes[note].pitch % 12 == tone:
            yield column, note, after
