"""The voices of an ABC tune while it is read, and what the fields in its header and between its notes say of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from musegen.formats.abc_fields import (
    FIELD,
    part_sequence,
    read_key,
    read_metre,
    read_tempo,
    read_unit,
    signature_of,
    transposition,
)
from musegen.formats.instruments import CHOIR, program_for
from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.sheet import Measure, Sheet, SheetNote, Time, Voice
from musegen.formats.text import clean
from musegen.score import Track

_LONGEST = 300  # of a field: what is longer says nothing more
_BODY_FIELDS = "IKLMNPQRTUVWmrsw"
_PROVENANCE = {"O": "origin", "R": "rhythm", "B": "book", "S": "heard from", "N": "notes", "Z": "transcribed by"}


@dataclass(slots=True)
class Line:
    """One voice while it is read; times in quarter notes.

    Attributes:
        voice: Index of the sheet's voice that notes go to now; ``home`` but for overlays.
        shift: Semitones added to every pitch.
        measure: Index of the measure being filled; ``cursor`` is the place in it, ``top`` the furthest reached.
        altered: Accidentals of this bar, by letter (ABC: they hold in all octaves).
        last: What was read last: its start, length, and notes with their (letter, octave).
        ending_start: Measure in which the ending began; ``first_ending``: how many measures the first one had.
        tied: (letter, octave): pitch of the notes that a tie leads out of.
        broken: Factor for the next length, behind > or <.
        tuplet: Factor, and how many notes it still holds for.
    """

    home: int
    unit: Fraction
    signature: dict[str, int]
    metre: tuple[int, int] | None
    shift: int = 0
    voice: int = 0
    velocity: int = 80
    measure: int = 0
    cursor: Time = 0
    top: Time = 0
    altered: dict[str, int] = field(default_factory=dict)
    last: tuple[Time, Time, list[tuple[SheetNote, tuple[str, int]]]] | None = None
    tied: dict[tuple[str, int], int] = field(default_factory=dict)
    broken: Fraction | None = None
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    endings: frozenset[int] = frozenset()
    ending_start: int = 0
    first_ending: int = 0
    overlay: int = 0


class Voices:
    """The state of a tune: its sheet, its voices by name, and the settings of its header."""

    def __init__(self, reference: str) -> None:
        self.sheet = Sheet(provenance={"tune": reference} if reference else {})
        self.lines: dict[str, Line] = {}
        self.in_header = True
        self._current = ""
        self._unit: Fraction | None = None
        self._metre: tuple[int, int] | None = None
        self._signature: dict[str, int] = {}
        self._shift = 0
        self._shifts: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._programs: dict[str, int] = {}
        self._overlays: dict[tuple[int, int], int] = {}

    def take_line(self, line: str) -> bool:
        """Reads a line that is a field or a directive; False for a line of music."""
        if line.startswith("%%"):
            self._take_directive(line[2:_LONGEST])
            return True
        match = FIELD.match(line)
        if match and (self.in_header or match[1] in _BODY_FIELDS) and not match[2].startswith(("|", ":")):
            self.take_field(match[1], match[2])
            return True
        if self.in_header and "|" in line:  # music without the K: field that should end the header
            self._end_header()
        return self.in_header

    def take_field(self, name: str, text: str) -> None:
        """Reads one field, from a line of its own or in brackets between notes."""
        sheet = self.sheet
        if name == "w":
            sheet.remark("lyrics", count=len(text.split()))
        text = text[:_LONGEST]
        match name:
            case "T":
                sheet.title = sheet.title or clean(text)
            case "C":
                if not sheet.composer or clean(text).lower().startswith("music"):  # hymnals name the poet first
                    sheet.composer = clean(text)
            case "O" | "R" | "B" | "S" | "N" | "Z" if self.in_header and clean(text):
                sheet.provenance.setdefault(_PROVENANCE[name], clean(text))
            case "L":
                self._set_unit(text)
            case "M":
                self._set_metre(text)
            case "K":
                self._set_key(text)
            case "Q":
                self._set_tempo(text)
            case "V":
                self._set_voice(text)
            case "I":
                self._take_directive(text)
            case "W":
                sheet.remark("texts", count=int(bool(text.strip())))
            case "P":
                self._set_part(text)
            case "m":
                sheet.remark("unreadable", text=f"macro {clean(text, 20)}")

    def line(self) -> Line:
        """The voice that is being read; without a V: field, the first."""
        if self._current not in self.lines:
            if self.lines:
                self._current = next(iter(self.lines))
            else:
                self._add_line(self._current)
        return self.lines[self._current]

    def measure(self, line: Line) -> Measure:
        """The measure that a voice is in; made when missing."""
        while len(self.sheet.measures) <= line.measure:
            self.sheet.measures.append(Measure())
        return self.sheet.measures[line.measure]

    def overlay_voice(self, line: Line, number: int) -> int:
        """Index of the sheet's voice for the ``number``-th overlay (&) of a voice."""
        key = (line.home, number)
        if key not in self._overlays:
            self._overlays[key] = len(self.sheet.voices)
            self.sheet.voices.append(Voice(Track(), line.home))
        return self._overlays[key]

    def name_voices(self) -> None:
        """Gives each voice its track: by its name, or its V: label where that says something."""
        choir = len(self.lines) > 1 and all(name.lower() in CHOIR for name in self.lines)
        for name, line in self.lines.items():
            label = CHOIR[name.lower()] if choir else "" if name.isdecimal() else name
            shown = self._names.get(name) or label or (f"Voice {line.home + 1}" if len(self.lines) > 1 else "")
            program = self._programs.get(name, self._programs.get("", program_for(shown)))
            self.sheet.voices[line.home].track = Track(shown, program)
        for (home, number), index in self._overlays.items():
            track = self.sheet.voices[home].track
            title = f"{track.name}, voice {number + 1}" if track.name else f"Voice {number + 1}"
            self.sheet.voices[index].track = Track(title, track.program)

    # --- one field each -----------------------------------------------------------------------

    def _take_directive(self, text: str) -> None:
        program = re.match(r"\s*MIDI\s+program\s+(?:\d+\s+)?(\d{1,3})\b", text)
        if program and int(program[1]) < 128:
            self._programs.setdefault(self._current, int(program[1]))
        shift = re.match(r"\s*MIDI\s+transpose\s+([+-]?\d{1,2})\b", text)
        if shift and self.in_header:
            self._shift += int(shift[1])
        elif shift:
            self.line().shift = int(shift[1])

    def _set_unit(self, text: str) -> None:
        unit = read_unit(text)
        if unit is None:
            self.sheet.remark("unreadable", text=f"L:{clean(text, 20)}")
        elif self.in_header:
            self._unit = unit
        else:
            self.line().unit = unit

    def _set_metre(self, text: str) -> None:
        metre = read_metre(text)
        if metre is None and text.strip() not in ("none", ""):
            self.sheet.remark("bad_metre", text=clean(text, 20))
        elif self.in_header:
            self._metre = metre
        else:
            line = self.line()
            line.metre = self.measure(line).metre = metre

    def _set_key(self, text: str) -> None:
        shift = transposition(text)
        if not self.in_header:
            line = self.line()
            line.shift = line.shift if shift is None else shift
            key = read_key(text)
            if key is not None:
                line.signature = signature_of(text)
                if line.home == 0 and key != self.sheet.key:
                    self.sheet.remark("key_changes", line.measure)
            return
        self._shift += shift or 0
        self._signature = signature_of(text)
        self.sheet.key = read_key(text)
        self._end_header()

    def _end_header(self) -> None:
        self.in_header = False
        if self._unit is None:
            small = self._metre is not None and Fraction(*self._metre) < Fraction(3, 4)
            self._unit = Fraction(1, 4) if small else Fraction(1, 2)
        for name in list(self._shifts):
            self._add_line(name)

    def _set_part(self, text: str) -> None:
        """In the header the order of parts ("AABB"), later the label of the part that begins."""
        labels = part_sequence(text)
        if self.in_header and len(labels) > 1:
            self.sheet.section_order = labels
        elif not self.in_header and len(labels) == 1:
            line = self.line()
            self.sheet.sections.setdefault(labels[0], line.measure + bool(line.cursor))

    def _set_tempo(self, text: str) -> None:
        qpm = read_tempo(text)
        if not qpm:
            if '"' not in text:
                self.sheet.remark("unreadable", text=f"Q:{clean(text, 20)}")
        elif self.in_header:
            self.sheet.measures = [Measure(tempos={0: qpm})]
        else:
            line = self.line()
            self.measure(line).tempos[line.cursor] = qpm

    def _set_voice(self, text: str) -> None:
        match = re.match(r"\s*(\S+)\s*(.*)", text)
        if not match or match[1] == "*":
            return
        name = match[1]
        stated = re.search(r'\b(?:name|nm)=(?:"([^"]*)"|(\S+))', match[2])
        if stated:
            self._names[name] = clean((stated[1] or stated[2] or "").replace("\\n", " "))
        shift = transposition(match[2])
        if self.in_header:
            self._shifts[name] = shift or 0
            return
        self._current = name
        if name not in self.lines:
            self._shifts[name] = shift or 0
            self._add_line(name)
        elif shift is not None:
            self.lines[name].shift = shift

    def _add_line(self, name: str) -> None:
        if len(self.lines) >= LIMITS.tracks:
            raise refuse("tracks", count=len(self.lines) + 1, limit=LIMITS.tracks)
        home = len(self.sheet.voices)
        line = Line(home, self._unit or Fraction(1, 2), dict(self._signature), self._metre, voice=home)
        line.shift = self._shift + self._shifts.get(name, 0)
        self.lines[name] = line
        self.sheet.voices.append(Voice(Track(), home))
        first = self.measure(line)
        first.metre = first.metre or self._metre
