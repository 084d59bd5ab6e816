"""``analyse``: chords, keys, cadences and faults of a score, worked out once and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen.harmony.cadence import Cadence, find_cadences
from musegen.harmony.chord import Chord, find_chords
from musegen.harmony.fault import Fault, Unjudged, find_faults, unjudged
from musegen.harmony.phrases import phrase_ends
from musegen.harmony.slices import Slices, slices
from musegen.harmony.voices import voices
from musegen.score import Key, Score
from musegen.theory import key_of


@dataclass(frozen=True, slots=True)
class KeyRegion:
    """A stretch in one key.

    Attributes:
        start: First tick.
        end: First tick after it.
        bar: Number of the bar that it begins in.
        key: The key.
    """

    start: int
    end: int
    bar: int
    key: Key


@dataclass(frozen=True, slots=True)
class Analysis:
    """What can be said of a score's harmony and voice-leading.

    Attributes:
        key: The key of the whole, as stated or found.
        stated: Whether the score states it, mode and all.
        keys: Where which key is heard; empty where there are no chords.
        chords: In order.
        phrase_ends: Indices into ``score.notes`` of the melody notes that end phrases.
        cadences: In order.
        faults: In order.
        unjudged: What could not be judged, and why.
    """

    key: Key
    stated: bool
    keys: tuple[KeyRegion, ...]
    chords: tuple[Chord, ...]
    phrase_ends: tuple[int, ...]
    cadences: tuple[Cadence, ...]
    faults: tuple[Fault, ...]
    unjudged: tuple[Unjudged, ...]


def analyse(score: Score, phrases: Sequence[int] = ()) -> Analysis:
    """Chords, keys, cadences and faults of any score.

    Args:
        score: Any score; drums are passed over.
        phrases: Onsets in ticks of the last melody note of each phrase, where they are known (``CorpusPiece``);
            otherwise they are found.
    """
    piece = slices(score)
    ends, home, chords = _chords(piece, phrases)
    lines = voices(piece)
    return Analysis(
        key=home,
        stated=bool(score.key and score.key.mode),
        keys=_regions(chords),
        chords=chords,
        phrase_ends=ends,
        cadences=find_cadences(piece, chords, ends, home),
        faults=find_faults(lines, chords, ends),
        unjudged=unjudged(lines, chords),
    )


def chords(score: Score, phrases: Sequence[int] = ()) -> list[Chord]:
    """The chords of a score in order; none where a single line sounds. See ``analyse``."""
    return list(_chords(slices(score), phrases)[2])


def cadences(score: Score, phrases: Sequence[int] = ()) -> list[Cadence]:
    """The cadences of a score in order; none where there are no chords. See ``analyse``."""
    piece = slices(score)
    ends, home, found = _chords(piece, phrases)
    return list(find_cadences(piece, found, ends, home))


def faults(score: Score) -> list[Fault]:
    """The faults of voice-leading of a score, in order. See ``analyse``."""
    piece = slices(score)
    ends, _, found = _chords(piece, ())
    return list(find_faults(voices(piece), found, ends))


def _chords(piece: Slices, phrases: Sequence[int]) -> tuple[tuple[int, ...], Key, tuple[Chord, ...]]:
    ends = _known(piece, phrases) if phrases else phrase_ends(piece)
    home = key_of(piece.score)
    return ends, home, find_chords(piece, ends, home)


def _known(piece: Slices, phrases: Sequence[int]) -> tuple[int, ...]:
    """The highest notes that begin on the given ticks."""
    notes = piece.score.notes
    found = []
    for tick in sorted(set(phrases)):
        here = [i for i, n in enumerate(notes) if n.onset == tick and not piece.score.tracks[n.track].is_drum]
        if here:
            found.append(max(here, key=lambda i: notes[i].pitch))
    return tuple(found)


def _regions(found: Sequence[Chord]) -> tuple[KeyRegion, ...]:
    regions: list[KeyRegion] = []
    for chord in found:
        if regions and regions[-1].key == chord.key:
            last = regions[-1]
            regions[-1] = KeyRegion(last.start, chord.end, last.bar, last.key)
        else:
            regions.append(KeyRegion(chord.start, chord.end, chord.bar, chord.key))
    return tuple(regions)
