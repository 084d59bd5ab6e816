"""Hymns in four parts: four voices of an ABC file, or a MIDI file of four parts or of two staves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from math import lcm

from musegen.corpora import abc_text
from musegen.corpora.melody import read_line
from musegen.errors import ScoreError
from musegen.formats import read_score
from musegen.score import Key, Note, Score, Tempo, Track
from musegen.theory import key_of

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
CHOIR = 52
"""General MIDI program "Choir Aahs"."""
_TRACKS = tuple(Track(name, CHOIR) for name in VOICES)
_QPM = 100.0  # where a hymn states no tempo
GRID = 12
"""Steps to a quarter note that typeset MIDI files are put on."""
_UPPER = ("upper", "up:", "top", "treb")
_LOWER = ("lower", "down:", "bottom", "bass")
_DOUBLED = 0.1  # share of second notes in one voice from which a file is not in four voices


def read_abc_hymn(tune: abc_text.Tune) -> Score:
    """A hymn of the Open Hymnal: four inline voices; its key signature says nothing of the mode.

    Raises:
        ScoreError: It is not in four voices, or they don't end together.
    """
    lines = [read_line(voice)[0] for voice in tune.voices().values()]
    if len(lines) != 4:
        raise ScoreError(f"{len(lines)} parts, not four voices")
    resolution = lcm(*(line.resolution for line in lines))
    lines = [line.with_resolution(resolution) for line in lines]
    if len({line.end for line in lines}) > 1:
        raise ScoreError("voices of different lengths")
    notes = tuple(replace(note, track=voice) for voice, line in enumerate(lines) for note in line.notes)
    tempo = re.search(r"Q:\s*(\d+)/(\d+)\s*=\s*(\d+)", tune.first("Q") or tune.music)
    qpm = 4.0 * int(tempo[1]) * int(tempo[3]) / int(tempo[2]) if tempo else _QPM
    key = Key(lines[0].key.fifths) if lines[0].key else None
    score = lines[0].replace(notes=notes, tracks=_TRACKS, tempos=(Tempo(0, qpm),), key=key)
    return _with_key(_single_lines(score))


def read_staves(data: bytes, pickup: float) -> Score:
    """A hymn on two staves from MIDI.

    Args:
        data: A MIDI file whose two tracks (of several: those named as staves) hold two voices each.
        pickup: Length of the pick-up in quarter notes; MIDI does not state it.

    Raises:
        ScoreError: It is not in four voices.
    """
    score = on_grid(read_score(data).score)
    score = score.select_tracks([i for i in range(len(score.tracks)) if score.track_notes(i)])
    if len(score.tracks) > 2:
        score = score.select_tracks(_staves(score))
    if len(score.tracks) != 2:
        raise ScoreError(f"{len(score.tracks)} parts, not two staves")
    voices = [voice for staff in (0, 1) for voice in _two_voices(score.track_notes(staff))]
    score = score.replace(
        notes=tuple(replace(n, velocity=80, track=voice) for voice, line in enumerate(voices) for n in line),
        tracks=_TRACKS,
        key=Key(score.key.fifths) if score.key else None,  # here, too, the signature says nothing of the mode
        pickup=round(pickup * score.resolution),
        provenance={},
    )
    return _with_key(_single_lines(score))


def four_parts(score: Score) -> Score:
    """A score whose parts are soprano, alto, tenor and bass.

    Raises:
        ScoreError: It has not exactly four parts of one note at a time.
    """
    if len(score.tracks) != 4:
        raise ScoreError(f"{len(score.tracks)} parts, not four voices")
    return _with_key(_single_lines(score.replace(tracks=_TRACKS)))


def _two_voices(notes: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """Upper and lower voice of a staff: a single note that nothing sounds against is a unison of both."""
    upper: list[Note] = []
    lower: list[Note] = []
    for onset, group in groupby(notes, key=lambda note: note.onset):
        chord = list(group)  # from low to high
        if len(chord) > 1:
            lower.append(chord[0])
            upper.append(chord[-1])
            continue
        above, below = (bool(voice) and voice[-1].end > onset for voice in (upper, lower))
        if not above:
            upper += chord
        if not below:
            lower += chord
        if above and below:  # a third voice for a moment: it goes where the pitch is nearer
            nearer = abs(upper[-1].pitch - chord[0].pitch) <= abs(lower[-1].pitch - chord[0].pitch)
            (upper if nearer else lower).append(chord[0])
    return upper, lower


def _with_key(score: Score) -> Score:
    if min(len(score.track_notes(voice)) for voice in range(4)) * 3 < len(score.track_notes(0)):
        raise ScoreError("a voice that is silent most of the time")
    return score.replace(key=key_of(score))


def on_grid(score: Score) -> Score:
    """Notes, metre and tempo of a typeset file on the grid of ``GRID`` steps to a quarter note."""
    score = score.quantise(GRID)
    step = score.resolution // GRID

    def near(tick: int) -> int:
        return (tick + step // 2) // step * step

    return score.replace(
        metres=tuple(replace(metre, tick=near(metre.tick)) for metre in score.metres),
        tempos=tuple(replace(tempo, tick=near(tempo.tick)) for tempo in score.tempos),
    )


def _staves(score: Score) -> list[int]:
    """The two staves of a file that has an introduction, a reduction or the like beside them."""
    names = [track.name.lower() for track in score.tracks]
    upper = [i for i, name in enumerate(names) if name.startswith(_UPPER)]
    lower = [i for i, name in enumerate(names) if name.startswith(_LOWER)]
    return [upper[0], lower[0]] if upper and lower else list(range(len(names)))


def _single_lines(score: Score) -> Score:
    """Each part as one line: of two notes on one onset the outer one, and every note cut at the next."""
    kept: list[Note] = []
    for voice in range(4):
        notes = score.track_notes(voice)
        lines = [list(group) for _, group in groupby(notes, key=lambda note: note.onset)]
        if len(notes) - len(lines) > _DOUBLED * len(notes):
            raise ScoreError("chords inside a voice")
        line = [group[0] if voice == 3 else group[-1] for group in lines]
        ends = [note.onset for note in line[1:]] + [score.end]
        kept += [replace(n, duration=min(n.end, end) - n.onset) for n, end in zip(line, ends, strict=True)]
    return score.replace(notes=tuple(kept))
