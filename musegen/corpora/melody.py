"""Melodies of one voice: from ABC tune books, and out of scores for several instruments."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from musegen.corpora import abc_text
from musegen.corpora.phrases import plausible
from musegen.errors import ScoreError
from musegen.formats import read_score
from musegen.score import Key, Score, Track
from musegen.theory import key_of

LOWEST, HIGHEST = 36, 96
"""Pitches that a melody may have."""
FEWEST_BARS, MOST_BARS = 4, 64
"""A shorter melody is left out, a longer one is cut."""
_METRES = {"C": "4/4", "C|": "2/2"}
_GRID = 24  # steps to a quarter note: 32nds and triplets
_SIXTEENTHS = 4  # to a quarter note
_SILENCE = 2  # empty bars after which another stretch of melody begins


def read_tune(tune: abc_text.Tune) -> Score:
    """A melody of one voice from a tune book, once through: last endings, no repeats, no ornaments.

    Raises:
        ScoreError: It has several voices, or bars that don't fit the metre, or can't be read.
    """
    if "V" in tune.fields or "[V:" in tune.music:
        raise ScoreError("several voices")
    score, strays = read_line(tune)
    if strays:
        raise ScoreError("bars that don't fit the metre")
    return fitting(highest(score))


def read_phrases(tune: abc_text.Tune) -> Score:
    """A melody of the Essen collection, whose lines are phrases and don't show the bar line at their end.

    Songs that change the metre state only the first; up to half of the bars may be of another length, and keep it.

    Raises:
        ScoreError: As ``read_tune``.
    """
    score, strays = read_line(replace(tune, music=re.sub(r"[ |]*\n", " |\n", tune.music)))
    if 2 * strays > len(score.bars()):
        raise ScoreError("bars that don't fit the metre")
    if score.key and "m" not in tune.first("K"):  # K: is a signature only
        score = score.replace(key=Key(score.key.fifths))
    return fitting(highest(score))


def melody_of(score: Score, highest_part: bool = False) -> Score:
    """The melody of a score for several instruments: its longest stretch without two empty bars.

    Args:
        score: Any score; of chords the highest note is taken.
        highest_part: Follow the part that lies highest (of those with at least half as many notes as the busiest), as
            in dances for piano or band; otherwise the first part, as in songs.

    Raises:
        ScoreError: There is no melody of the right length and range.
    """
    line = highest(score.select_tracks([_highest_part(score) if highest_part else _first_part(score)]).quantise(_GRID))
    line = line.replace(provenance={})
    if sum(note.onset * _SIXTEENTHS % line.resolution == 0 for note in line.notes) < len(line.notes) / 2:
        raise ScoreError("most notes lie off the sixteenths")
    stretches: list[list[int]] = []
    for bar in line.bars():
        if any(bar.start <= note.onset < bar.end for note in line.notes):
            if stretches and bar.number - stretches[-1][-1] <= _SILENCE:
                stretches[-1].append(bar.number)
            else:
                stretches.append([bar.number])
    best = max(stretches, key=lambda stretch: stretch[-1] - stretch[0])
    return fitting(line.slice_bars(best[0], best[-1]))


def breaths(score: Score) -> tuple[int, ...]:
    """Onsets in ticks of the notes after which a singer has time to breathe (an eighth or more), and of the last.

    In 150 of the art songs 76 % of these notes have a punctuation mark in the text under them, and 78 % of the full
    stops, semicolons and the like stand under one of them. Empty where two are too far apart to be a phrase's ends.
    """
    notes = score.track_notes(0)
    ends = [note.onset for note, after in pairwise(notes) if 2 * (after.onset - note.end) >= score.resolution]
    return plausible([*ends, notes[-1].onset], score.resolution)


def _pitches(score: Score) -> list[list[int]]:
    """Pitches of each part; none of drum parts."""
    parts: list[list[int]] = [[] for _ in score.tracks]
    for note in score.notes:
        if not score.tracks[note.track].is_drum:
            parts[note.track].append(note.pitch)
    if not any(parts):
        raise ScoreError("no pitched notes")
    return parts


def _first_part(score: Score) -> int:
    return next(part for part, pitches in enumerate(_pitches(score)) if pitches)


def _highest_part(score: Score) -> int:
    parts = _pitches(score)
    enough = max(map(len, parts)) / 2
    return max((sum(p) / len(p), -part) for part, p in enumerate(parts) if p and len(p) >= enough)[1] * -1


def fitting(score: Score) -> Score:
    """The melody cut to ``MOST_BARS``, with its key.

    Raises:
        ScoreError: It is too short, or leaves the range of a melody.
    """
    bars = score.bars()
    if len(bars) > MOST_BARS:
        score = score.slice_bars(bars[0].number, bars[MOST_BARS - 1].number)
    if len(bars) < FEWEST_BARS:
        raise ScoreError(f"fewer than {FEWEST_BARS} bars")
    if not all(LOWEST <= note.pitch <= HIGHEST for note in score.notes):
        raise ScoreError("notes beyond the range of a melody")
    return score.replace(key=key_of(score))


def read_line(tune: abc_text.Tune) -> tuple[Score, int]:
    """The notes of an ABC tune of one voice (chords as they stand), and how many bars are not in a stated metre.

    Raises:
        ScoreError: It has no metre, no notes, or can't be read.
    """
    if tune.first("M") in ("", "none"):
        raise ScoreError("no metre")
    stated = {_METRES.get(text, text) for text in re.findall(r"M:\s*([^\s\]]+)", f"M:{tune.first('M')}\n{tune.music}")}
    score = read_score(tune.plain().encode()).score.replace(provenance={})
    return score, sum(str(bar.metre) not in stated for bar in score.bars())


def highest(score: Score) -> Score:
    """The first part as one line: the highest note at each onset, cut where the next begins."""
    best = {note.onset: note for note in score.track_notes(0)}  # notes are sorted: the last one is the highest
    ends = [*list(best)[1:], score.end]
    notes = [replace(n, duration=min(n.end, end) - n.onset) for n, end in zip(best.values(), ends, strict=True)]
    return score.replace(notes=tuple(notes), tracks=(Track("Melody"),))
