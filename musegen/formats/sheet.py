"""The written page between a notation file and a ``Score``: measures with their notes, repeats not yet played.

The readers of MusicXML, ABC and Humdrum fill a ``Sheet``; ``assemble`` plays it through once: repeats written out, ties
joined, incomplete measures put together, metre and tempo maps made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.repeats import Signs, play_order
from musegen.formats.report import Imported, Remarks, check_length, report_on
from musegen.score import Key, Metre, Note, Score, Tempo, Track

Time = int | Fraction
"""A time on the page in the sheet's unit, of which ``Sheet.resolution`` make a quarter note."""
_ROUNDED_RESOLUTION = 10_080


@dataclass(slots=True)
class SheetNote:
    """A note as printed.

    Attributes:
        voice: Index into ``Sheet.voices``.
        offset: Start, from the start of its measure.
        duration: Printed length; longer than 0.
        pitch: MIDI note number as it sounds.
        velocity: 1-127.
        continues: A tie leads into it.
        tied: A tie leads out of it.
        attack: How much later it is played than printed.
        release: How much later it ends than printed.
        line: Which line of a part it is written in; of several ties on one pitch, those of one line belong together.
    """

    voice: int
    offset: Time
    duration: Time
    pitch: int
    velocity: int = 80
    continues: bool = False
    tied: bool = False
    attack: Time = 0
    release: Time = 0
    line: int = 0


@dataclass(slots=True)
class Measure:
    """What stands between two bar lines, in all voices.

    Attributes:
        notes: In any order.
        length: Length as written; 0 where nothing says, then it is as long as its metre.
        metre: Metre printed here, (numerator, denominator); None where none is.
        tempos: (offset, quarter notes a minute).
        signs: Repeat signs.
        pickup: Whether this, as the first measure, is a pick-up; None where only its length can tell.
    """

    notes: list[SheetNote] = field(default_factory=list)
    length: Time = 0
    metre: tuple[int, int] | None = None
    tempos: list[tuple[Time, float]] = field(default_factory=list)
    signs: Signs = field(default_factory=Signs)
    pickup: bool | None = None


@dataclass(slots=True)
class Voice:
    """One part-to-be: its track, and which printed part it belongs to (ties may cross the voices of a part)."""

    track: Track
    part: int = 0


@dataclass(slots=True)
class Sheet:
    """A page of music."""

    voices: list[Voice] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    resolution: int = 1
    key: Key | None = None
    title: str = ""
    composer: str = ""
    provenance: dict[str, str] = field(default_factory=dict)
    keep_empty: bool = False
    sections: dict[str, int] = field(default_factory=dict)  # label: its first measure
    section_order: list[str] = field(default_factory=list)
    remarks: list[tuple[str, int | None, int, str]] = field(default_factory=list)

    def remark(self, kind: str, measure: int | None = None, *, count: int = 1, text: str = "") -> None:
        """Notes for the report that ``kind`` happened in a measure (index), or in the file at large."""
        if count:
            self.remarks.append((kind, measure, count, text))


@dataclass(slots=True)
class _Played:
    """A measure where it is played: its index on the page, start, length and metre."""

    index: int
    start: Time
    length: Time
    metre: tuple[int, int]
    prints_metre: bool


def assemble(sheet: Sheet, format: str) -> Imported:
    """Plays the page through, as a score with its report.

    Raises:
        ScoreError: No notes, or more of something than the limits allow.
    """
    order, turns = _order(sheet)
    remarks = Remarks()
    played = _lay_out(sheet, order)
    ticks = _Ticks(sheet, played)
    rows = _play_notes(sheet, played, ticks)
    if not rows:
        raise refuse("no_notes", format=format)
    pickup, metres = _metre_map(sheet, played, ticks, remarks)
    used = sorted({row[4] for row in rows}) if not sheet.keep_empty else list(range(len(sheet.voices)))
    place = {voice: index for index, voice in enumerate(used)}
    score = Score(
        notes=tuple(Note(o, p, e - o, v, place[voice]) for o, p, e, v, voice, _ in sorted(rows)),
        tracks=tuple(sheet.voices[voice].track for voice in used),
        resolution=ticks.resolution,
        tempos=_tempo_map(sheet, played, ticks, remarks),
        metres=metres,
        key=sheet.key,
        pickup=pickup,
        title=sheet.title,
        composer=sheet.composer,
        provenance=sheet.provenance,
    )
    check_length(score)
    for kind, text in turns:
        remarks.add(kind, text=text)
    unplayed = sum(bool(m.notes) for m in sheet.measures) - sum(bool(sheet.measures[i].notes) for i in set(order))
    if unplayed:
        remarks.add("unplayed", count=unplayed)
    if ticks.rounded:
        remarks.add("rounded", count=ticks.rounded)
    first = {one.index: ticks.at(one.start) for one in reversed(played)}
    for kind, measure, count, text in sheet.remarks:
        remarks.add(kind, None if measure is None else first.get(measure), count=count, text=text)
    return Imported(score, report_on(score, format, remarks))


def _order(sheet: Sheet) -> tuple[list[int], list[tuple[str, str]]]:
    """The measures in the order of playing, section by section where the page states an order of sections."""
    signs = [measure.signs for measure in sheet.measures]
    if not sheet.section_order or not set(sheet.section_order) <= set(sheet.sections):
        order, turns = play_order(signs)
        return order, turns + [("parts_order", "".join(sheet.section_order))] * bool(sheet.section_order)
    starts = sorted({*sheet.sections.values(), len(signs)})
    order, turns = list(range(min(sheet.sections.values()))), [("sections", "".join(sheet.section_order))]
    for label in sheet.section_order:
        start = sheet.sections[label]
        part, inner = play_order(signs[start : starts[starts.index(start) + 1]])
        order += [start + index for index in part]
        turns += inner
        if len(order) > LIMITS.bars:
            raise refuse("bars", count=len(order), limit=LIMITS.bars)
    return order, turns


def _lay_out(sheet: Sheet, order: Sequence[int]) -> list[_Played]:
    """Where each measure of ``order`` begins, and the metre that is in force there on the page."""
    metre, in_force = (4, 4), []
    for measure in sheet.measures:
        metre = measure.metre or metre
        in_force.append(metre)
    played: list[_Played] = []
    start: Time = 0
    for index in order:
        length = sheet.measures[index].length or _bar_length(in_force[index], sheet.resolution)
        prints = bool(played) and in_force[index] != played[-1].metre
        played.append(_Played(index, start, length, in_force[index], prints))
        start += length
    return played


class _Ticks:
    """Times of the page to ticks: exact where the resolution allows it, else rounded and counted."""

    def __init__(self, sheet: Sheet, played: Sequence[_Played]) -> None:
        times = {one.start for one in played}
        for measure in sheet.measures:
            times.update(note.offset for note in measure.notes)
            times.update(note.duration for note in measure.notes)
            times.update(note.attack for note in measure.notes)
            times.update(note.release for note in measure.notes)
            times.update(offset for offset, _ in measure.tempos)
        scale = 1
        for denominator in {time.denominator for time in times}:
            scale = lcm(scale, denominator)
            if scale * sheet.resolution > LIMITS.resolution:
                break
        self.resolution = sheet.resolution * scale
        self._scale: Time = scale
        self.rounded = 0
        if self.resolution > LIMITS.resolution:
            self.resolution = _ROUNDED_RESOLUTION
            self._scale = Fraction(_ROUNDED_RESOLUTION, sheet.resolution)

    def at(self, time: Time) -> int:
        exact = time * self._scale
        if exact.denominator == 1:
            return int(exact)
        self.rounded += 1
        return round(exact)


def _play_notes(sheet: Sheet, played: Sequence[_Played], ticks: _Ticks) -> list[list[int]]:
    """Rows of [onset, pitch, end, velocity, voice, line], ties joined."""
    rows: list[list[int]] = []
    sounding: dict[tuple[int, int], list[list[int]]] = {}  # (part, pitch): rows that a tie leads out of
    printed_end: dict[int, Time] = {}
    for one in played:
        for note in sorted(sheet.measures[one.index].notes, key=lambda n: n.offset):
            start = one.start + note.offset
            key = (sheet.voices[note.voice].part, note.pitch)
            row = _tied_row(sounding.get(key, ()), printed_end, start, note) if note.continues else None
            end = ticks.at(start + note.duration + note.release)
            if row is None:
                onset = max(ticks.at(start + note.attack), 0)
                row = [onset, note.pitch, max(end, onset + 1), note.velocity, note.voice, note.line]
                rows.append(row)
                if len(rows) > LIMITS.notes:
                    raise refuse("notes", count=len(rows), limit=LIMITS.notes)
            else:
                sounding[key].remove(row)
                row[2] = max(end, row[0] + 1)
            if note.tied:
                sounding.setdefault(key, []).append(row)
                printed_end[id(row)] = start + note.duration
    return rows


def _tied_row(
    candidates: Sequence[list[int]], printed_end: dict[int, Time], start: Time, note: SheetNote
) -> list[int] | None:
    """The row whose tie leads into ``note``, of its own line if there is one."""
    fitting = [row for row in candidates if printed_end[id(row)] == start]
    return next((row for row in fitting if row[5] == note.line), fitting[0] if fitting else None)


def _tempo_map(sheet: Sheet, played: Sequence[_Played], ticks: _Ticks, remarks: Remarks) -> tuple[Tempo, ...]:
    """Tempos as played: after a jump back, the tempo that the page has there."""
    in_force: list[float | None] = []
    current: float | None = None
    for measure in sheet.measures:
        in_force.append(current)
        for _, qpm in sorted(measure.tempos):
            current = qpm
    tempos: list[Tempo] = []
    previous = -1
    for one in played:
        before = in_force[one.index]
        if one.index != previous + 1 and before:
            tempos.append(Tempo(ticks.at(one.start), before))
        for offset, qpm in sorted(sheet.measures[one.index].tempos):
            if 0 < qpm < 10_000:
                tempos.append(Tempo(ticks.at(one.start + offset), qpm))
            else:
                remarks.add("bad_tempo", ticks.at(one.start))
        previous = one.index
    return tuple(tempos)


def _bar_length(metre: tuple[int, int], resolution: int) -> Time:
    length = Fraction(4 * resolution * metre[0], metre[1])
    return int(length) if length.denominator == 1 else length


def _metre_map(
    sheet: Sheet, played: Sequence[_Played], ticks: _Ticks, remarks: Remarks
) -> tuple[int, tuple[Metre, ...]]:
    """The pick-up in ticks, and the metre map.

    Incomplete measures that follow each other and fill a bar (before and behind a repeat sign) count as that bar;
    other measures longer or shorter than their metre get a metre of their own, and a remark.
    """
    metres = [Metre(0, *played[0].metre)]
    pickup, place = 0, 0
    nominal = _bar_length(played[0].metre, sheet.resolution)
    stated = sheet.measures[played[0].index].pickup
    likely = len(played) > 1 and not played[1].prints_metre if stated is None else stated
    if played[0].length < nominal and likely:
        pickup, place = ticks.at(played[0].length), 1
    while place < len(played):
        one = played[place]
        nominal = _bar_length(one.metre, sheet.resolution)
        count = _filling(played, place, nominal)
        tick = ticks.at(one.start)
        following = played[place + 1] if place + 1 < len(played) else None
        ends_here = following is None or following.prints_metre  # the music, or a new metre, cuts the bar short anyway
        if count or one.length % nominal == 0 or (one.length < nominal and ends_here):
            metres.append(Metre(tick, *one.metre))
        else:
            remarks.add("irregular_bars", tick)
            own = _metre_of(one.length, one.metre[1], sheet.resolution)
            metres.append(Metre(tick, *(own or one.metre)))
        place += count or 1
    return pickup, tuple(metres)


def _filling(played: Sequence[_Played], place: int, nominal: Time) -> int:
    """How many incomplete measures from ``place`` on together make one bar; 0 if they don't."""
    total: Time = 0
    for count, one in enumerate(played[place:], 1):
        if one.length >= nominal or (count > 1 and one.prints_metre):
            return 0
        total += one.length
        if total == nominal:
            return count
        if total > nominal:
            return 0
    return 0


def _metre_of(length: Time, denominator: int, resolution: int) -> tuple[int, int] | None:
    """The metre of a bar of the given length, in the given denominator or a finer one."""
    while denominator <= 64:
        beats = Fraction(length) * denominator / (4 * resolution)
        if beats.denominator == 1:
            return int(beats), denominator
        denominator *= 2
    return None
