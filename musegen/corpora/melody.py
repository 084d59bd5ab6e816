"""Melodies of one voice: from ABC tune books, and out of scores for several instruments."""

from __future__ import annotations

import re
from dataclasses import replace

from musegen.corpora import abc_text
from musegen.errors import ScoreError
from musegen.formats.abc import read_abc
from musegen.lanes import LaneCodec
from musegen.score import Score, Track
from musegen.theory import key_of

LOWEST, HIGHEST = 36, 96
"""Pitches that a melody may have."""
FEWEST_BARS, MOST_BARS = 4, 64
"""A shorter melody is left out, a longer one is cut."""
_METRES = {"C": "4/4", "C|": "2/2"}
_GRID = 24  # steps to a quarter note: 32nds and triplets
_SILENCE = 2  # empty bars after which another stretch of melody begins


def read_tune(tune: abc_text.Tune) -> Score:
    """A melody of one voice from a tune book, once through: last endings, no repeats, no ornaments.

    Raises:
        ScoreError: It has several voices, or bars that don't fit the metre, or can't be read.
    """
    if "V" in tune.fields or "[V:" in tune.music:
        raise ScoreError("several voices")
    score, fits = read_line(tune)
    if not fits:
        raise ScoreError("bars that don't fit the metre")
    return fitting(highest(score))


def melody_of(score: Score) -> Score:
    """The melody of a score for several instruments: its longest stretch without two empty bars.

    The part is chosen, and chords are thinned to their highest note, as ``LaneCodec(1)`` does.

    Raises:
        ScoreError: There is no melody of the right length and range.
    """
    line = LaneCodec(1, _GRID).fold(score)[0]
    line = line.replace(tracks=(replace(line.tracks[0], name="Melody"),), provenance={})
    stretches: list[list[int]] = []
    sounding = {bar.number for bar in line.bars() if any(n.onset < bar.end and n.end > bar.start for n in line.notes)}
    for number in sorted(sounding):
        if stretches and number - stretches[-1][-1] <= _SILENCE:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    best = max(stretches, key=lambda stretch: stretch[-1] - stretch[0])
    return fitting(line.slice_bars(best[0], best[-1]))


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


def read_line(tune: abc_text.Tune) -> tuple[Score, bool]:
    """The notes of an ABC tune of one voice (chords as they stand), and whether all its bars fit the metre.

    Raises:
        ScoreError: It has no metre, no notes, or can't be read.
    """
    stated = {_METRES.get(text, text) for text in re.findall(r"M:\s*([^\s\]]+)", f"M:{tune.first('M')}\n{tune.music}")}
    if tune.first("M") in ("", "none"):
        raise ScoreError("no metre")
    score = read_abc(tune.plain().encode(), first_only=True)[0].score.replace(provenance={})
    return score, {str(metre) for metre in score.metres} <= stated


def highest(score: Score) -> Score:
    """The first part as one line: the highest note at each onset, cut where the next begins."""
    best = {note.onset: note for note in score.track_notes(0)}  # notes are sorted: the last one is the highest
    ends = [*list(best)[1:], score.end]
    notes = [replace(n, duration=min(n.end, end) - n.onset) for n, end in zip(best.values(), ends, strict=True)]
    return score.replace(notes=tuple(notes), tracks=(Track("Melody"),))
