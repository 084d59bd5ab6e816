"""How one note, one clef and one entry of the part list are written in MusicXML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from xml.etree.ElementTree import Element, SubElement

from musegen.formats.instruments import drum_name, instrument_name
from musegen.formats.paper import Printed
from musegen.formats.rhythm import Symbol
from musegen.formats.text import clean
from musegen.score import Key, Track
from musegen.theory import spell

_LETTERS = "CDEFGAB"
_SHARPS = (3, 0, 4, 1, 5, 2, 6)  # F C G D A E B as indices of _LETTERS
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_DRUM_PLACES = {35: "F4", 36: "F4", 37: "C5", 38: "C5", 40: "C5", 41: "A4", 43: "A4", 45: "B4", 47: "D5", 48: "E5",
                50: "E5", 42: "G5", 44: "D4", 46: "G5", 49: "A5", 51: "F5", 53: "F5", 57: "A5", 59: "F5"}  # fmt: skip
_CROSSES = (42, 44, 46, 49, 51, 52, 53, 55, 57, 59)


class PartStyle:
    """How a track looks on paper: its id, staves, clefs and instruments.

    Args:
        track: The track.
        index: Its place in the score.
        staves: The pitches on each of its staves.
    """

    def __init__(self, track: Track, index: int, staves: list[list[int]]) -> None:
        self.track = track
        self.id = f"P{index + 1}"
        self._staves = staves
        self._channel = 10 if track.is_drum else [c for c in range(1, 17) if c != 10][index % 15]
        self._drums = sorted({pitch for staff in staves for pitch in staff}) if track.is_drum else []

    def drum_id(self, pitch: int) -> str:
        """The id of one drum among the part's instruments."""
        return f"{self.id}-I{pitch + 1}"

    def head(self) -> Element:
        """The part's entry in the part list."""
        part = Element("score-part", id=self.id)
        SubElement(part, "part-name").text = clean(self.track.name)
        ids = [(self.drum_id(pitch), pitch) for pitch in self._drums] or [(f"{self.id}-I1", -1)]
        for name, pitch in ids:
            instrument = SubElement(part, "score-instrument", id=name)
            called = drum_name(pitch) if pitch >= 0 else instrument_name(self.track.program)
            SubElement(instrument, "instrument-name").text = called
        for name, pitch in ids:
            midi = SubElement(part, "midi-instrument", id=name)
            SubElement(midi, "midi-channel").text = str(self._channel)
            SubElement(midi, "midi-program").text = str(self.track.program + 1)
            if pitch >= 0:
                SubElement(midi, "midi-unpitched").text = str(pitch + 1)
        return part

    def add_clefs(self, attributes: Element) -> None:
        """Appends the number of staves and a clef that fits each one's range."""
        count = len(self._staves)
        if count > 1:
            SubElement(attributes, "staves").text = str(count)
        for number, pitches in enumerate(self._staves, 1):
            clef = SubElement(attributes, "clef")
            if count > 1:
                clef.set("number", str(number))
            sign, line, octave = self._clef(pitches)
            SubElement(clef, "sign").text = sign
            if line:
                SubElement(clef, "line").text = str(line)
            if octave:
                SubElement(clef, "clef-octave-change").text = str(octave)

    def _clef(self, pitches: list[int]) -> tuple[str, int, int]:
        """Sign, line and octave: the clef in whose middle the part's middle lies."""
        if self.track.is_drum:
            return "percussion", 0, 0
        middle = median(pitches) if pitches else 71
        if "tenor" in self.track.name.lower() and 50 <= middle < 66:
            return "G", 2, -1
        if middle >= 60:
            return "G", 2, 1 if middle > 88 else 0
        return "F", 4, -1 if middle < 34 else 0


@dataclass(slots=True)
class Accidentals:
    """Which accidentals a bar needs, staff by staff."""

    key: Key
    shown: set[tuple[int, int]] | None = None  # (id of symbol, index of note)

    def begin_bar(self, symbols: Iterable[tuple[Symbol, int]]) -> None:
        """Decides for all symbols of a bar, with their staves, in the order of time."""
        signature = dict.fromkeys(range(7), 0)
        for place in range(abs(self.key.fifths)):
            sharp = self.key.fifths > 0
            signature[_SHARPS[place] if sharp else _SHARPS[6 - place]] = 1 if sharp else -1
        in_force: dict[tuple[int, int, int], int] = {}
        self.shown = set()
        for symbol, staff in sorted(symbols, key=lambda pair: pair[0].start):
            for printed in symbol.chord.notes:
                if symbol.start > printed.start:
                    continue  # tied from before
                letter, alteration, octave = spell(printed.pitch, self.key)
                if in_force.get((staff, letter, octave), signature[letter]) != alteration:
                    self.shown.add((id(symbol), printed.index))
                    in_force[staff, letter, octave] = alteration

    def shows(self, symbol: Symbol, printed: Printed) -> bool:
        """Whether a note of a symbol gets its accidental printed."""
        return bool(self.shown) and (id(symbol), printed.index) in (self.shown or ())


def add_note(
    measure: Element,
    symbol: Symbol,
    printed: Printed | None,
    place: int,
    voice: str,
    style: PartStyle,
    accidentals: Accidentals,
    velocity: int,
) -> Element:
    """Appends one <note>: the ``place``-th note of a symbol's chord, or a rest (``printed`` None)."""
    note = SubElement(measure, "note")
    if printed is None:
        rest = SubElement(note, "rest")
        if not symbol.type:
            rest.set("measure", "yes")
        SubElement(note, "duration").text = str(symbol.length)
        _add_value(note, symbol, voice, "", None)
        return note
    ties = _ties(symbol, printed)
    note.set("dynamics", f"{velocity / 0.9:.2f}")
    if printed.attack and "stop" not in ties:
        note.set("attack", str(printed.attack))
    if printed.release and "start" not in ties:
        note.set("release", str(printed.release))
    if place:
        SubElement(note, "chord")
    accidental = ""
    if style.track.is_drum:
        where = _DRUM_PLACES.get(printed.pitch, "C5")
        unpitched = SubElement(note, "unpitched")
        SubElement(unpitched, "display-step").text = where[0]
        SubElement(unpitched, "display-octave").text = where[1]
    else:
        letter, alteration, octave = spell(printed.pitch, accidentals.key)
        pitch = SubElement(note, "pitch")
        SubElement(pitch, "step").text = _LETTERS[letter]
        if alteration:
            SubElement(pitch, "alter").text = str(alteration)
        SubElement(pitch, "octave").text = str(octave)
        accidental = _ACCIDENTALS[alteration] if accidentals.shows(symbol, printed) else ""
    SubElement(note, "duration").text = str(symbol.length)
    for kind in ties:
        SubElement(note, "tie", type=kind)
    if style.track.is_drum:
        SubElement(note, "instrument", id=style.drum_id(printed.pitch))
    _add_value(note, symbol, voice, accidental, printed if style.track.is_drum else None)
    if place == 0:
        for number, word in enumerate(symbol.beams, 1):
            SubElement(note, "beam", number=str(number)).text = word
    opens, closes = symbol.opens and place == 0, symbol.closes and place == 0
    if ties or opens or closes:
        notations = SubElement(note, "notations")
        for kind in ties:
            SubElement(notations, "tied", type=kind)
        _add_tuplet(notations, opens, closes)
    return note


def _ties(symbol: Symbol, printed: Printed) -> list[str]:
    return [
        kind for kind, holds in (("stop", symbol.start > printed.start), ("start", symbol.end < printed.end)) if holds
    ]


def _add_value(note: Element, symbol: Symbol, voice: str, accidental: str, drum: Printed | None) -> None:
    """Voice, type, dots, accidental, time modification and notehead, in the schema's order; a rest's tuplet too."""
    SubElement(note, "voice").text = voice
    if not symbol.type:
        return
    SubElement(note, "type").text = symbol.type
    for _ in range(symbol.dots):
        SubElement(note, "dot")
    if accidental:
        SubElement(note, "accidental").text = accidental
    if symbol.tuplet:
        modification = SubElement(note, "time-modification")
        SubElement(modification, "actual-notes").text = str(symbol.tuplet[0])
        SubElement(modification, "normal-notes").text = str(symbol.tuplet[1])
    if drum is not None and drum.pitch in _CROSSES:
        SubElement(note, "notehead").text = "x"
    if not symbol.chord.notes and (symbol.opens or symbol.closes):
        _add_tuplet(SubElement(note, "notations"), symbol.opens, symbol.closes)


def _add_tuplet(notations: Element, opens: bool, closes: bool) -> None:
    if opens:
        SubElement(notations, "tuplet", type="start", bracket="yes")
    if closes:
        SubElement(notations, "tuplet", type="stop")
