"""Single lines of ABC tune books as scores."""

from __future__ import annotations

from fractions import Fraction

from musegen.corpora import abc_text
from musegen.corpora.bars import PrintedBar, bar_map
from musegen.errors import ScoreError
from musegen.score import Key, Note, Score, Track
from musegen.theory import key_of


def read_tune(tune: abc_text.Tune) -> Score:
    """A melody of one voice.

    Raises:
        ScoreError: It has several voices, or bars that don't fit the metre, or can't be read.
    """
    if "V" in tune.fields or "[V:" in tune.music:
        raise ScoreError("several voices")
    score, irregular = read_line(tune)
    if irregular:
        raise ScoreError("bars that don't fit the metre")
    return score


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
    bars, notes = [], []
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
