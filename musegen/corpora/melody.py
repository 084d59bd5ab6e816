"""Melodies of one voice: from ABC tune books, and out of scores for several instruments."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from musegen.corpora import abc_text
from musegen.corpora.bars import PrintedBar, bar_map
from musegen.errors import ScoreError
from musegen.lanes import LaneCodec
from musegen.score import Key, Note, Score, Track
from musegen.theory import key_of

LOWEST, HIGHEST = 36, 96
"""Pitches that a melody may have."""
FEWEST_BARS, MOST_BARS = 4, 64
"""A shorter melody is left out, a longer one is cut."""
_GRID = 24  # steps to a quarter note: 32nds and triplets
_SILENCE = 2  # empty bars after which another stretch of melody begins


def read_tune(tune: abc_text.Tune) -> Score:
    """A melody of one voice from a tune book, once through: last endings, no repeats, no ornaments.

    Raises:
        ScoreError: It has several voices, or bars that don't fit the metre, or can't be read.
    """
    if "V" in tune.fields or "[V:" in tune.music:
        raise ScoreError("several voices")
    score, irregular = read_line(tune)
    if irregular:
        raise ScoreError("bars that don't fit the metre")
    return fitting(score)


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


def read_line(tune: abc_text.Tune) -> tuple[Score, int]:
    """The single line of an ABC tune, and how many of its bars don't fit the metre.

    Raises:
        ScoreError: It has no metre, no notes, or can't be read.
    """
    from music21 import converter

    if tune.first("M") in ("", "none"):
        raise ScoreError("no metre")
    try:
        part = converter.parse(tune.plain(), format="abc").parts[0]
    except Exception as error:  # music21 raises anything on ABC that it can't follow
        raise ScoreError(f"music21 can't read it ({type(error).__name__})") from error
    resolution = 480
    bars: list[PrintedBar] = []
    notes: list[Note] = []
    metre = (4, 4)
    start = Fraction(0)
    open_tie = False
    for measure in part.getElementsByClass("Measure"):
        if measure.timeSignature:
            metre = (measure.timeSignature.numerator, measure.timeSignature.denominator)
        length = Fraction(0)
        for element in measure.notesAndRests:
            duration = Fraction(element.quarterLength)
            if element.isNote or element.isChord:
                pitch = max(p.midi for p in element.pitches)
                onset = round((start + Fraction(element.offset)) * resolution)
                span = round(duration * resolution)
                if span:
                    if open_tie and notes[-1].pitch == pitch and notes[-1].end == onset:
                        notes[-1] = Note(notes[-1].onset, pitch, notes[-1].duration + span)
                    else:
                        notes.append(Note(onset, pitch, span))
                    open_tie = bool(element.tie and element.tie.type in ("start", "continue"))
            length = max(length, Fraction(element.offset) + duration)
        if length:
            bars.append(PrintedBar(start, length, *metre))
            start += length
    if not notes:
        raise ScoreError("no notes")
    found = bar_map(bars, resolution)
    stated = part.flatten().getElementsByClass("KeySignature")
    fifths = stated[0].sharps if len(stated) else 0
    mode = getattr(stated[0], "mode", "") if len(stated) else ""
    score = Score(
        notes=tuple(notes),
        tracks=(Track("Melody", 0),),
        resolution=resolution,
        metres=found.metres,
        pickup=found.pickup,
        key=Key(fifths, mode if mode in ("major", "minor") else ""),
        title=tune.first("T"),
    )
    return score.replace(key=key_of(score)), found.irregular
