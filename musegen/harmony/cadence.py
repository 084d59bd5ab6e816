"""Cadences: how phrases end.

The kinds are those of the textbooks (Aldwell & Schachter; Kostka & Payne). A cadence stands where a phrase ends
(``phrases``), in the key that the phrase has gone to, or that its last chord but one is the dominant of (V7/IV to
IV); a phrase that ends otherwise has none. Its kind:

=====================  =================================================================================
perfect-authentic      V or V7 to I, both in root position, the tonic on top at the end
imperfect-authentic    V to I otherwise, or viio to I
half                   to V, whatever comes before
phrygian-half          iv6 to V in minor
plagal                 IV to I
deceptive              V to vi (VI in minor)
=====================  =================================================================================
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from musegen.harmony.chord import Chord
from musegen.harmony.slices import Slices
from musegen.score import Key

KINDS = ("perfect-authentic", "imperfect-authentic", "half", "phrygian-half", "plagal", "deceptive")
_TRIADS = ("major", "minor")
_DOMINANTS = ("major", "dominant-seventh")
_LEADING = ("diminished", "half-diminished-seventh", "diminished-seventh")


@dataclass(frozen=True, slots=True)
class Cadence:
    """One cadence.

    Attributes:
        kind: One of ``KINDS``.
        tick: Where its last chord begins.
        bar: Number of that bar, as printed.
        beat: Place in the bar, 1 = the first beat.
        key: The key that it is in.
        chords: Places of its two chords in the list of chords.
        notes: Indices into ``score.notes`` of what sounds in the two.
        modulating: Whether that key is not the key of the whole.
    """

    kind: str
    tick: int
    bar: int
    beat: float
    key: Key
    chords: tuple[int, int]
    notes: tuple[int, ...]
    modulating: bool


def find_cadences(piece: Slices, chords: Sequence[Chord], ends: Sequence[int], home: Key) -> tuple[Cadence, ...]:
    """The cadences of a piece, in order.

    Args:
        piece: The piece.
        chords: Its chords.
        ends: Indices of the melody notes that end phrases.
        home: The key of the whole.
    """
    starts = [chord.start for chord in chords]
    result: list[Cadence] = []
    for note in ends:
        onset = piece.tick(int(piece.begins[note]))
        stop = piece.tick(int(piece.ends[note]))
        here = [i for i in range(max(bisect_right(starts, onset) - 1, 0), len(chords)) if starts[i] < stop]
        pairs = []
        for last in reversed(here):
            first = last
            while first > 0 and chords[first].root == chords[last].root:
                first -= 1
            kind = cadence_kind(chords[first], chords[last], piece.score.notes[note].pitch % 12) if first < last else ""
            if kind:
                pairs.append((kind, first, last))
        if not pairs:
            continue
        # A note held over several chords: the end is the last of them that makes a close, an open end the last of all.
        kind, first, last = next((pair for pair in pairs if "half" not in pair[0]), pairs[0])
        while last > first + 1 and chords[last - 1].root == chords[last].root:
            last -= 1
        chord = chords[last]
        key = _key_at(chords[first], chord, kind)
        if result and (result[-1].tick, result[-1].kind) == (chord.start, kind):
            continue  # two phrases' ends over one chord
        result.append(
            Cadence(
                kind=kind,
                tick=chord.start,
                bar=chord.bar,
                beat=chord.beat,
                key=key,
                chords=(first, last),
                notes=tuple(sorted({*chords[first].notes, *chord.notes})),
                modulating=(key.tonic, key.mode) != (home.tonic, home.mode),
            )
        )
    return tuple(result)


def _key_at(before: Chord, last: Chord, kind: str) -> Key:
    """The key that a cadence is in: the chords' own, or that of the chord that an applied dominant leads to."""
    if "authentic" not in kind or last.root == last.key.tonic:
        return last.key
    mode = "minor" if last.quality == "minor" else "major"
    fifths = (7 * last.root - (9 * 7 if mode == "minor" else 0)) % 12
    return Key(min((fifths - 12, fifths), key=lambda f: abs(f - last.key.fifths)), mode)


def cadence_kind(before: Chord, last: Chord, soprano: int) -> str:
    """Which cadence two chords make at a phrase's end, "" for none.

    Args:
        before: The last chord of another root.
        last: The chord that the phrase ends on; its key counts.
        soprano: Pitch class of the highest voice at the end.
    """
    key = last.key
    tonic, minor = key.tonic, key.mode == "minor"
    to, came = (last.root - tonic) % 12, (before.root - tonic) % 12
    if to == 0 and last.quality in _TRIADS and last.inversion == 0:
        if came == 7 and before.quality in _DOMINANTS:
            whole = before.inversion == 0 and soprano == tonic
            return "perfect-authentic" if whole else "imperfect-authentic"
        if came == 11 and before.quality in _LEADING:
            return "imperfect-authentic"
        return "plagal" if came == 5 and before.inversion == 0 else ""
    if "/" in before.numeral and to != 7 and last.quality in _TRIADS and last.inversion == 0:
        if (last.root - before.root) % 12 == 5:
            return "perfect-authentic" if before.inversion == 0 and soprano == last.root else "imperfect-authentic"
        return "imperfect-authentic" if (last.root - before.root) % 12 == 1 else ""
    if to == (8 if minor else 9) and last.quality in _TRIADS and came == 7 and before.quality in _DOMINANTS:
        return "deceptive" if last.inversion == 0 else ""
    if to == 7 and last.quality in _DOMINANTS and last.inversion == 0:
        phrygian = minor and came == 5 and before.inversion == 1 and before.quality in ("minor", "minor-seventh")
        return "phrygian-half" if phrygian else "half"
    return ""
