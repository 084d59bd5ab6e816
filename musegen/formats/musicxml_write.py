"""A score as MusicXML 4.0, one part a track; ``musicxml.read_musicxml`` reads it back equal.

What can't be printed exactly (played rhythm) is printed at the nearest sixteenth or triplet; MusicXML's ``attack`` and
``release`` attributes keep when it sounds. Velocities stand in ``dynamics`` attributes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from math import gcd, lcm
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from musegen.formats.limits import LIMITS
from musegen.formats.musicxml_head import OWN_FIELD
from musegen.formats.musicxml_note import Accidentals, PartStyle, add_note
from musegen.formats.paper import Printed, place_on_paper
from musegen.formats.refusal import refuse
from musegen.formats.rhythm import Chord, Symbol, into_voices, write_bar
from musegen.formats.text import clean
from musegen.score import Bar, Note, Score, Track
from musegen.theory import key_of

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile full-path="score.musicxml" '
    'media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
)
_KEYBOARDS = (*range(8), *range(16, 24), 46)
_TEMPOS_SHOWN = 12
_MOST_VOICES = 128
"""Of one part at once; as many as MIDI has pitches."""


def write_mxl(score: Score) -> bytes:
    """``score`` as compressed MusicXML; the same score gives the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("META-INF/container.xml", _CONTAINER.encode()),
            ("score.musicxml", write_musicxml(score)),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def write_musicxml(score: Score) -> bytes:
    """``score`` as the bytes of a MusicXML document.

    Raises:
        ScoreError: It has more bars than the limit, or hundreds of notes of one part overlap.
    """
    score = _in_divisions(score)
    bars = _bars(score)
    root = Element("score-partwise", version="4.0")
    _write_head(root, score)
    parts = [_Part(score, index, bars) for index in range(len(score.tracks))]
    longest = max(parts, key=lambda part: part.end)
    while longest.end > bars[-1].end:  # a note moved on paper past the last bar line
        metre = bars[-1].metre
        length = 4 * score.resolution * metre.numerator // metre.denominator
        bars.append(Bar(bars[-1].number + 1, bars[-1].end, length, metre))
    part_list = SubElement(root, "part-list")
    for part in parts:
        part_list.append(part.style.head())
    for part in parts:
        root.append(part.write(bars))
    indent(root, " ")
    return (_DOCTYPE + tostring(root, encoding="unicode") + "\n").encode()


def _in_divisions(score: Score) -> Score:
    """The score at the coarsest resolution that holds it exactly and that note values can be counted in."""
    unit = score.resolution
    ticks = [score.pickup, *(m.tick for m in score.metres), *(t.tick for t in score.tempos)]
    ticks += [time for note in score.notes for time in (note.onset, note.duration)]
    return score.with_resolution(lcm(unit // gcd(unit, *ticks), 192))


def _bars(score: Score) -> list[Bar]:
    """The score's bars, on to the last change of tempo or metre."""
    last = max(score.end, score.tempos[-1].tick + 1, score.metres[-1].tick + 1)
    longer = score if last == score.end else score.replace(notes=(*score.notes, Note(last - 1, 0, 1)))
    bars = []
    for bar in longer._iter_bars():
        bars.append(bar)
        if len(bars) > LIMITS.bars:
            raise refuse("bars", count=len(bars), limit=LIMITS.bars)
    return bars


def _write_head(root: Element, score: Score) -> None:
    if clean(score.title):
        SubElement(SubElement(root, "work"), "work-title").text = clean(score.title)
    identification = SubElement(root, "identification")
    if clean(score.composer):
        SubElement(identification, "creator", type="composer").text = clean(score.composer)
    SubElement(SubElement(identification, "encoding"), "software").text = "musegen"
    facts = {"provenance": dict(score.provenance), "names": [track.name for track in score.tracks]}
    own = SubElement(SubElement(identification, "miscellaneous"), "miscellaneous-field", name=OWN_FIELD)
    own.text = json.dumps(facts)


class _Part:
    """One track on paper."""

    def __init__(self, score: Score, index: int, bars: Sequence[Bar]) -> None:
        self.score, self.index, self.unit = score, index, score.resolution
        self.notes = score.track_notes(index)
        printed = [Printed(i, note.pitch, note.onset, note.end) for i, note in enumerate(self.notes)]
        place_on_paper(printed, bars, self.unit)
        self.staves = self._split(score.tracks[index], printed)
        self.end = max((note.end for note in printed), default=0)
        self.style = PartStyle(score.tracks[index], index, [[note.pitch for note in staff] for staff in self.staves])
        self.voices = [(number, voice) for number, staff in enumerate(self.staves, 1) for voice in into_voices(staff)]
        self.accidentals = Accidentals(key_of(score))
        if len(self.voices) > _MOST_VOICES:
            raise refuse("page_out", name=score.tracks[index].name, count=len(self.voices), limit=_MOST_VOICES)

    @staticmethod
    def _split(track: Track, printed: list[Printed]) -> list[list[Printed]]:
        """One staff, or two at middle C for a keyboard that plays far above and far below it."""
        pitches = sorted(note.pitch for note in printed)
        tenth = len(pitches) // 10
        wide = bool(pitches) and pitches[tenth] < 53 and pitches[-1 - tenth] > 67
        if track.is_drum or track.program not in _KEYBOARDS or not wide:
            return [printed]
        return [[note for note in printed if note.pitch >= 60], [note for note in printed if note.pitch < 60]]

    def write(self, bars: Sequence[Bar]) -> Element:
        part = Element("part", id=self.style.id)
        places = [0] * len(self.voices)
        for number, bar in enumerate(bars):
            first = number == 0
            measure = SubElement(part, "measure", number=str(bar.number))
            if bar.number == 0:
                measure.set("implicit", "yes")
            self._write_attributes(measure, bar, first or bar.metre != bars[number - 1].metre, first)
            if self.index == 0:
                self._write_tempos(measure, bar)
            self._write_voices(measure, bar, places)
        barline = SubElement(part[-1], "barline", location="right")
        SubElement(barline, "bar-style").text = "light-heavy"
        return part

    def _write_attributes(self, measure: Element, bar: Bar, new_metre: bool, first: bool) -> None:
        if not (new_metre or first):
            return
        attributes = SubElement(measure, "attributes")
        key = self.score.key
        if first:
            SubElement(attributes, "divisions").text = str(self.unit)
            if key:
                element = SubElement(attributes, "key")
                SubElement(element, "fifths").text = str(key.fifths)
                if key.mode:
                    SubElement(element, "mode").text = key.mode
        time = SubElement(attributes, "time")
        SubElement(time, "beats").text = str(bar.metre.numerator)
        SubElement(time, "beat-type").text = str(bar.metre.denominator)
        if first:
            self.style.add_clefs(attributes)

    def _write_tempos(self, measure: Element, bar: Bar) -> None:
        tempos = self.score.tempos
        for tempo in tempos:
            if not bar.start <= tempo.tick < bar.end:
                continue
            offset = tempo.tick - bar.start
            _move(measure, "forward", offset)
            value = _plain_tempo(tempo.qpm)
            if len(tempos) <= _TEMPOS_SHOWN:
                direction = SubElement(measure, "direction", placement="above")
                metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
                SubElement(metronome, "beat-unit").text = "quarter"
                SubElement(metronome, "per-minute").text = f"{tempo.qpm:.4g}"
                SubElement(direction, "sound", tempo=value)
            else:
                SubElement(measure, "sound", tempo=value)
            _move(measure, "backup", offset)

    def _write_voices(self, measure: Element, bar: Bar, places: list[int]) -> None:
        """Each voice in turn, with a step back between them; a further voice only where it has notes."""
        lines: list[tuple[int, int, list[Symbol]]] = []
        written: set[int] = set()
        for number, (staff, voice) in enumerate(self.voices):
            chords = _within(voice, bar, places, number)
            if chords or staff not in written:
                written.add(staff)
                lines.append((number, staff, write_bar(chords, bar, self.unit)))
        silent = [staff for staff in range(1, len(self.staves) + 1) if staff not in written]
        lines += [(len(self.voices) + staff, staff, write_bar([], bar, self.unit)) for staff in silent]
        self.accidentals.begin_bar([(symbol, staff) for _, staff, symbols in lines for symbol in symbols])
        seen: set[int] = set()
        for count, (number, staff, symbols) in enumerate(lines):
            if count:
                _move(measure, "backup", bar.length)
            for symbol in symbols:
                self._write_symbol(measure, symbol, str(number + 1), staff, hidden=staff in seen)
            seen.add(staff)

    def _write_symbol(self, measure: Element, symbol: Symbol, voice: str, staff: int, hidden: bool) -> None:
        for place, printed in enumerate(symbol.chord.notes or [None]):
            velocity = self.notes[printed.index].velocity if printed else 0
            element = add_note(measure, symbol, printed, place, voice, self.style, self.accidentals, velocity)
            if len(self.staves) > 1:
                _insert_staff(element, staff)
            if hidden and printed is None:
                element.set("print-object", "no")


def _within(voice: Sequence[Chord], bar: Bar, places: list[int], number: int) -> list[Chord]:
    """The chords of a voice that sound in a bar; ``places`` remembers how far each voice is written."""
    place = places[number]
    while place < len(voice) and voice[place].end <= bar.start:
        place += 1
    places[number] = place
    result = []
    for chord in voice[place:]:
        if chord.start >= bar.end:
            break
        result.append(chord)
    return result


def _plain_tempo(qpm: float) -> str:
    """A tempo as a number without needless digits: MIDI's 666,666 microseconds are 90, not 90.00009."""
    near = round(qpm)
    return str(near) if near and abs(qpm - near) < 0.002 else f"{round(qpm, 6):f}".rstrip("0").rstrip(".")


def _move(measure: Element, direction: str, duration: int) -> None:
    if duration:
        SubElement(SubElement(measure, direction), "duration").text = str(duration)


def _insert_staff(note: Element, staff: int) -> None:
    """Puts <staff> where the schema wants it: before beams and notations."""
    later = {"beam", "notations"}
    place = next((i for i, child in enumerate(note) if child.tag in later), len(note))
    element = Element("staff")
    element.text = str(staff)
    note.insert(place, element)
