"""Little pieces for the tests of harmony."""

from __future__ import annotations

from musegen.score import Key, Metre, Note, Score, Track

NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def choir(*columns: tuple, key: Key | None = None, pickup: int = 0, metre: tuple[int, int] = (4, 4)) -> Score:
    """Chords from the top down, a quarter each; a last number that is a float is their length in quarters.

    A pitch that is 0 is a rest.
    """
    notes, tick = [], 0
    for column in columns:
        *pitches, last = column
        length = int(480 * last) if isinstance(last, float) else 480
        pitches = pitches if isinstance(last, float) else [*pitches, last]
        notes += [Note(tick, pitch, length, 80, part) for part, pitch in enumerate(pitches) if pitch]
        tick += length
    parts = max(note.track for note in notes) + 1
    tracks = tuple(Track(NAMES[i] if parts == 4 else f"Part {i + 1}", 52) for i in range(parts))
    return Score(tuple(notes), tracks, 480, metres=(Metre(0, *metre),), key=key, pickup=pickup)


C, A_MINOR = Key(0, "major"), Key(0, "minor")
CADENCE = ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48, 4.0))
"""I IV V I in C major."""
