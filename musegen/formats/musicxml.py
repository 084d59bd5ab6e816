"""MusicXML and .mxl in: each voice of each part becomes a track. ``musicxml_write`` is the way back.

A reader of its own, on expat: a chorale takes 7 ms, and what is left out is known bar by bar.
Source: W3C, MusicXML 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from musegen.formats.musicxml_head import (
    Head,
    PartHead,
    beats_a_minute,
    number,
    partwise,
    read_head,
    resolution_of,
    small_number,
)
from musegen.formats.musicxml_voices import Strands, add_voices
from musegen.formats.play import assemble
from musegen.formats.refusal import refuse
from musegen.formats.repeats import Signs
from musegen.formats.report import Imported
from musegen.formats.sheet import Measure, Sheet, SheetNote, Time
from musegen.formats.sniff import check_root
from musegen.formats.xml_tree import parse_xml
from musegen.score import Key

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_DYNAMICS = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126}
_MARKS = {"articulations", "slur", "fermata", "glissando", "slide", "arpeggiate", "technical"}
_SNARE = 38


def read_musicxml(data: bytes, format: str = "MusicXML") -> Imported:
    """Reads an (unpacked) MusicXML document, partwise or timewise.

    Raises:
        ScoreError: Damaged (with the line), not MusicXML, no notes, or past a limit.
    """
    root = parse_xml(data)
    if root.tag == "score-timewise":
        root = partwise(root)
    elif root.tag == "opus":
        raise refuse("timewise_opus")
    elif root.tag != "score-partwise":
        check_root(root.tag)
        raise refuse("xml_other", root=root.tag[:40])
    head = read_head(root)
    sheet = Sheet(
        resolution=resolution_of(root),
        title=head.title,
        composer=head.composer,
        provenance=head.provenance,
        keep_empty=head.own,
    )
    keys: list[tuple[bool, Key]] = []
    for index, part in enumerate(root.iterfind("part")):
        reader = _Part(sheet, index, head.parts.get(part.get("id", ""), PartHead()), head)
        reader.read(part)
        keys += [(reader.transposition != 0, key) for key in reader.keys[:1]]
    if keys:
        sheet.key = min(keys, key=lambda pair: pair[0])[1]
    return assemble(sheet, format)


@dataclass(slots=True)
class _Place:
    """Where the reader stands in a measure."""

    index: int
    measure: Measure
    cursor: Time = 0
    top: Time = 0
    onset: Time = 0  # of the last note, for chords
    strand: tuple[str, int] = ("1", 1)

    def move(self, duration: Time) -> None:
        self.cursor = max(self.cursor + duration, 0)
        self.top = max(self.top, self.cursor)


@dataclass(slots=True)
class _Part:
    """Reads one part into the sheet."""

    sheet: Sheet
    number: int
    part: PartHead
    head: Head
    factor: Time = 1
    transposition: int = 0
    velocity: int = 80
    ending: frozenset[int] = frozenset()
    keys: list[Key] = field(default_factory=list)
    strands: Strands = field(default_factory=dict)

    def read(self, part: Element) -> None:
        after_pickup = False
        for index, element in enumerate(part.iterfind("measure")):
            if index == len(self.sheet.measures):
                self.sheet.measures.append(Measure())
            place = _Place(index, self.sheet.measures[index])
            if index == 0:
                stated = element.get("implicit") == "yes" or element.get("number") == "0"
                place.measure.pickup = stated or (False if self.head.own else None)
            place.measure.signs.endings |= self.ending
            place.measure.signs.section = index > 0 and element.get("number") in ("0", "1") and not after_pickup
            after_pickup = element.get("number") == "0"
            for child in element:
                self._take(child, place)
            place.measure.length = max(place.measure.length, place.top)
        if self.transposition and any(self.strands):
            self.sheet.remark("transposing")
        for count, key in enumerate(self.keys[1:], 1):
            if key != self.keys[count - 1] and self.number == 0:
                self.sheet.remark("key_changes")
        add_voices(self.sheet, self.number, self.part, self.strands, own=self.head.own)

    def _take(self, element: Element, place: _Place) -> None:
        match element.tag:
            case "note":
                self._take_note(element, place)
            case "backup":
                place.move(-self._duration(element, place))
            case "forward":
                place.move(self._duration(element, place))
            case "attributes":
                self._take_attributes(element, place)
            case "direction":
                self._take_direction(element, place)
            case "sound":
                self._take_sound(element, place, place.cursor)
            case "barline":
                self._take_barline(element, place.measure.signs)
            case "harmony":
                self.sheet.remark("chord_symbols")
            case "figured-bass":
                self.sheet.remark("texts")

    def _duration(self, element: Element, place: _Place) -> Time:
        text = element.findtext("duration")
        value = number(text)
        if value < 0 or (value == 0 and (text or "").strip() not in ("0", "")):
            self.sheet.remark("unreadable", place.index, text="duration")
            return 0
        exact = value * self.factor
        if exact.denominator == 1:
            return int(exact)
        self.sheet.remark("rounded", place.index)
        return round(exact)

    # --- notes --------------------------------------------------------------------------------

    def _take_note(self, element: Element, place: _Place) -> None:
        sheet = self.sheet
        if element.find("grace") is not None:
            sheet.remark("grace", place.index)
            return
        duration = self._duration(element, place)
        chord = element.find("chord") is not None
        if not chord:
            place.onset = place.cursor
            place.strand = (element.findtext("voice", "1"), int(small_number(element.findtext("staff"), 1)))
            place.move(duration)
        sheet.remark("lyrics", count=len(element.findall("lyric")))
        if element.find("rest") is not None or duration == 0:
            return
        if element.find("cue") is not None:
            sheet.remark("cue", place.index)
            return
        pitch, unpitched = self._pitch(element, place)
        if not 0 <= pitch <= 127:
            sheet.remark("out_of_range", place.index)
            return
        ties = {tie.get("type") for tie in element.iterfind("tie")}
        ties |= {tie.get("type") for tie in element.iterfind("notations/tied")}
        self._remark_notations(element, place)
        note = SheetNote(
            0,
            place.onset,
            duration,
            pitch,
            self._velocity(element),
            "stop" in ties,
            "start" in ties,
            number(element.get("attack")) * self.factor if "attack" in element.attrib else 0,
            number(element.get("release")) * self.factor if "release" in element.attrib else 0,
        )
        sheet.add(place.measure, note)
        strand = self.strands.setdefault((*place.strand, unpitched), [])
        note.line = strand[0][1].line if strand else len(self.strands)
        strand.append((place.index, note))

    def _pitch(self, element: Element, place: _Place) -> tuple[int, bool]:
        pitch = element.find("pitch")
        if pitch is not None:
            step = _STEPS.get(pitch.findtext("step", "").strip().upper())
            if step is None:
                return -1, False
            alter = number(pitch.findtext("alter"))
            if alter.denominator != 1:
                self.sheet.remark("microtones", place.index)
            octave = small_number(pitch.findtext("octave"), 4)
            return 12 * (int(octave) + 1) + step + round(alter) + self.transposition, False
        instrument = element.find("instrument")
        name = instrument.get("id", "") if instrument is not None else ""
        drum = self.part.drums.get(name, next(iter(self.part.drums.values()), None) if not name else None)
        if drum is None:
            self.sheet.remark("unpitched", place.index)
        return _SNARE if drum is None else drum, True

    def _velocity(self, element: Element) -> int:
        dynamics = element.get("dynamics")
        return _as_velocity(number(dynamics)) if dynamics else self.velocity

    def _remark_notations(self, element: Element, place: _Place) -> None:
        for notation in element.iterfind("notations/*"):
            if notation.tag == "ornaments":
                self.sheet.remark("ornaments", place.index)
            elif notation.tag in _MARKS and notation.get("type") != "stop":
                self.sheet.remark("marks")

    # --- signs --------------------------------------------------------------------------------

    def _take_attributes(self, element: Element, place: _Place) -> None:
        divisions = number(element.findtext("divisions"))
        if divisions > 0:
            factor = Fraction(self.sheet.resolution) / divisions
            self.factor = int(factor) if factor.denominator == 1 else factor
        transpose = element.find("transpose")
        if transpose is not None:
            chromatic = int(number(transpose.findtext("chromatic")))
            self.transposition = chromatic + 12 * int(small_number(transpose.findtext("octave-change"), 0))
        fifths = element.findtext("key/fifths")
        if fifths is not None and -7 <= number(fifths) <= 7:
            mode = element.findtext("key/mode", "").strip()
            key = Key(int(number(fifths)), mode if mode in ("major", "minor") else "")
            self.keys.append(key.transpose(self.transposition))
        time = element.find("time")
        if time is not None and time.find("senza-misura") is None:
            self._take_metre(time, place)
        if element.find("measure-style/measure-repeat") is not None:
            self.sheet.remark("measure_repeats", place.index)

    def _take_metre(self, time: Element, place: _Place) -> None:
        total = Fraction(0)
        finest = 1
        for beats, unit in zip(time.iterfind("beats"), time.iterfind("beat-type"), strict=False):
            over = int(number(unit.text))
            count = sum(int(number(term)) for term in (beats.text or "").split("+"))
            if over not in (1, 2, 4, 8, 16, 32, 64) or not 0 < count < 1000:
                self.sheet.remark("bad_metre", place.index, text=f"{(beats.text or '')[:12]}/{(unit.text or '')[:12]}")
                return
            total, finest = total + Fraction(count, over), max(finest, over)
        if total:
            place.measure.metre = (int(total * finest), finest)

    def _take_direction(self, element: Element, place: _Place) -> None:
        offset = element.findtext("offset")
        at = max(place.cursor + (number(offset) * self.factor if offset else 0), 0)
        sound = element.find("sound")
        before = len(place.measure.tempos)
        for kind in element.iterfind("direction-type/*"):
            match kind.tag:
                case "dynamics" if len(kind):
                    self.velocity = _DYNAMICS.get(kind[0].tag, self.velocity)
                case "words" | "rehearsal" if (kind.text or "").strip():
                    self.sheet.remark("texts")
                case "wedge" | "pedal" | "octave-shift" if kind.get("type") not in ("stop", "continue"):
                    self.sheet.remark("marks", count=kind.tag != "octave-shift")
                case "segno" | "coda" if sound is None:
                    place.measure.signs.marks.add(kind.tag)
        if sound is not None:
            self._take_sound(sound, place, at)
        metronome = element.find("direction-type/metronome")
        if metronome is not None and len(place.measure.tempos) == before:
            qpm = beats_a_minute(metronome)
            if qpm:
                self._add_tempo(place, at, qpm)

    def _take_sound(self, sound: Element, place: _Place, at: Time) -> None:
        if "tempo" in sound.attrib:
            self._add_tempo(place, at, float(number(sound.get("tempo"))))
        if "dynamics" in sound.attrib:
            self.velocity = _as_velocity(number(sound.get("dynamics")))
        names = {"segno": "segno", "coda": "coda", "tocoda": "to coda", "dalsegno": "dal segno"}
        place.measure.signs.marks.update(mark for name, mark in names.items() if sound.get(name))
        names = {"dacapo": "da capo", "fine": "fine"}
        place.measure.signs.marks.update(
            mark for name, mark in names.items() if sound.get(name, "no").strip() not in ("no", "")
        )

    def _take_barline(self, element: Element, signs: Signs) -> None:
        repeat, ending = element.find("repeat"), element.find("ending")
        if ending is not None and ending.get("type") == "start":
            passes = (ending.get("number") or "").replace(",", " ").split()
            self.ending = frozenset(int(p) for p in passes if p.isdecimal() and 0 < int(p) < 100)
            signs.endings |= self.ending
        elif ending is not None:
            self.ending = frozenset()
        if repeat is not None and repeat.get("direction") == "forward":
            signs.forward = True
        elif repeat is not None:
            signs.backward = max(int(small_number(repeat.get("times"), 2)), 2)
            self.ending = frozenset()

    def _add_tempo(self, place: _Place, at: Time, qpm: float) -> None:
        place.measure.tempos[at] = qpm


def _as_velocity(percent: Time) -> int:
    """MusicXML states loudness in percent of a forte of velocity 90."""
    return min(max(round(percent * 9 / 10), 1), 127)
