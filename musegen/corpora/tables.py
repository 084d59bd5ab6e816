"""Chorales that come as tables: DCML's notes (tab-separated, a row a note) and the standard grids of sixteenths."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from typing import Any

from musegen.corpora.bars import PrintedBar, bar_map
from musegen.errors import ScoreError
from musegen.score import Key, Note, Score, Tempo, Track
from musegen.theory import key_of

_RESOLUTION = 480
_VOICES = {("1", "1"): 0, ("1", "2"): 1, ("2", "1"): 2, ("2", "2"): 3}  # (staff, voice)
_TRACKS = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))  # 52: General MIDI "Choir Aahs"
_CHORALE_QPM = 84.0  # the tables state no tempo

Row = dict[str | Any, str | Any]


def read_grids(data: bytes) -> Iterator[tuple[str, int, Score]]:
    """The pieces of the standard chorale split: JSON {side: [piece: [step: [S, A, T, B]]]}, -1 = silence.

    A repeated pitch is one held note: the grid can't tell the two apart. It states no metre, key or pick-up.

    Yields:
        ("train", "valid" or "test"; index; score).

    Raises:
        ScoreError: The file is not of this form.
    """
    try:
        table = json.loads(data)
        for side, pieces in table.items():
            for index, steps in enumerate(pieces):
                notes = [note for voice in range(4) for note in _grid_notes([step[voice] for step in steps], voice)]
                yield side, index, Score(tuple(notes), _TRACKS, 4, (Tempo(0, _CHORALE_QPM),), title=f"{side} {index}")
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise ScoreError(f"The table of grids can't be read: {error}. It needs four pitches a step.") from None


def _grid_notes(line: list[int], voice: int) -> Iterator[Note]:
    start = 0
    for pitch, group in groupby(line):
        stop = start + len(list(group))
        if pitch >= 0:
            yield Note(start, pitch, stop - start, 80, voice)
        start = stop


def read_note_table(data: bytes, fifths: int | None, title: str = "") -> Score:
    """A four-part chorale from its note table.

    Repeats are not expanded; of two endings the last is taken, as ``quarterbeats`` counts. Tied notes become one, grace
    notes are left out. A bar of another length than its metre gets a metre of its own.

    Args:
        data: The table with the columns mc, quarterbeats, mc_onset, mn_onset, timesig, staff, voice, tied, midi.
        fifths: Key signature from the table's metadata, None where it is not known.
        title: Title.

    Raises:
        ScoreError: A column is missing, a value is no number, or there are no notes.
    """
    rows = [r for r in csv.DictReader(io.StringIO(data.decode("utf-8")), delimiter="\t") if r.get("quarterbeats")]
    if not rows:
        raise ScoreError("The note table has no rows with a value in “quarterbeats”; it needs one row a note.")
    try:
        notes = _notes(rows)
        bars = bar_map(_bars(rows), _RESOLUTION)
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise ScoreError(f"The note table can't be read: {error}. It needs the columns of a DCML note table.") from None
    score = Score(
        notes=tuple(notes),
        tracks=_TRACKS,
        resolution=_RESOLUTION,
        tempos=(Tempo(0, _CHORALE_QPM),),
        metres=bars.metres,
        pickup=bars.pickup,
        title=title,
        key=None if fifths is None else Key(fifths),
    )
    return score.replace(key=key_of(score))


def _notes(rows: list[Row]) -> list[Note]:
    """Notes with ties joined; of two notes of one voice on one onset the outer one stays."""
    best: dict[tuple[int, Fraction], tuple[int, Fraction, str]] = {}
    for row in rows:
        if not Fraction(row["duration"]):  # a grace note
            continue
        voice = _VOICES.get((row["staff"], row["voice"]), 1)  # a third voice on the upper staff is a divided alto
        place = (voice, Fraction(row["quarterbeats"]))
        pitch = int(row["midi"])
        rival = best.get(place)
        outer = rival is None or (pitch < rival[0] if voice == 3 else pitch > rival[0])
        if outer:
            best[place] = (pitch, Fraction(row["duration"]) * 4, row["tied"])
    notes: list[Note] = []
    last: dict[int, int] = {}  # voice -> index of its last note
    for (voice, start), (pitch, length, tied) in sorted(best.items(), key=lambda item: (item[0][1], item[0][0])):
        onset, end = round(start * _RESOLUTION), round((start + length) * _RESOLUTION)
        before = notes[last[voice]] if voice in last else None
        if tied in ("0", "-1") and before and before.pitch == pitch and before.end == onset:
            notes[last[voice]] = Note(before.onset, pitch, end - before.onset, 80, voice)
            continue
        last[voice] = len(notes)
        notes.append(Note(onset, pitch, end - onset, 80, voice))
    return notes


def _bars(rows: list[Row]) -> list[PrintedBar]:
    """Bars as printed: a row's bar begins ``mn_onset`` before the row itself."""
    metres: dict[Fraction, str] = {}
    end = Fraction(0)
    for row in rows:
        onset = Fraction(row["quarterbeats"])
        metres.setdefault(max(onset - 4 * Fraction(row["mn_onset"]), Fraction(0)), row["timesig"])
        end = max(end, onset + 4 * Fraction(row["duration"]))
    bars = []
    starts = sorted(metres)
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        numerator, denominator = (int(part) for part in metres[start].split("/"))
        whole = Fraction(4 * numerator, denominator)
        while stop - start > whole and not (stop - start) % whole:  # a bar of rests has no row of its own
            bars.append(PrintedBar(start, whole, numerator, denominator))
            start += whole
        bars.append(PrintedBar(start, stop - start, numerator, denominator))
    return bars
