"""Plays a page through once: a ``Sheet`` becomes a ``Score``, repeats written out, ties joined, tempos mapped."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.report import Imported, Remarks, check_length, report_on
from musegen.formats.sheet import Sheet, SheetNote, Time
from musegen.formats.sheet_bars import Played, lay_out, metre_map, order_of
from musegen.score import Note, Score, Tempo

_ROUNDED_RESOLUTION = 10_080


def assemble(sheet: Sheet, format: str) -> Imported:
    """Plays the page through, as a score with its report.

    Raises:
        ScoreError: No notes, or more of something than the limits allow.
    """
    order, turns = order_of(sheet)
    remarks = Remarks()
    played = lay_out(sheet, order)
    ticks = _Ticks(sheet, played)
    rows = _play_notes(sheet, played, ticks)
    if not rows:
        raise refuse("no_notes", format=format)
    pickup, metres = metre_map(sheet, played, ticks.at, remarks)
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


class _Ticks:
    """Times of the page to ticks: exact where the resolution allows it, else rounded and counted."""

    def __init__(self, sheet: Sheet, played: Sequence[Played]) -> None:
        times = {one.start for one in played}
        for measure in sheet.measures:
            times.update(note.offset for note in measure.notes)
            times.update(note.duration for note in measure.notes)
            times.update(note.attack for note in measure.notes)
            times.update(note.release for note in measure.notes)
            times.update(measure.tempos)
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
        exact: Time = time * self._scale
        if exact.denominator == 1:
            return int(exact)
        self.rounded += 1
        return round(exact)


def _play_notes(sheet: Sheet, played: Sequence[Played], ticks: _Ticks) -> list[list[int]]:
    """Rows of [onset, pitch, end, velocity, voice, line], ties joined."""
    rows: list[list[int]] = []
    sounding: dict[
        tuple[int, int, Time], list[list[int]]
    ] = {}  # (part, pitch, printed end): rows that a tie leads out of
    for one in played:
        for note in sorted(sheet.measures[one.index].notes, key=lambda n: n.offset):
            start = one.start + note.offset
            part = sheet.voices[note.voice].part
            row = _tied_row(sounding.get((part, note.pitch, start)), note) if note.continues else None
            end = ticks.at(start + note.duration + note.release)
            if row is None:
                onset = max(ticks.at(start + note.attack), 0)
                row = [onset, note.pitch, max(end, onset + 1), note.velocity, note.voice, note.line]
                rows.append(row)
                if len(rows) > LIMITS.notes:
                    raise refuse("notes", count=len(rows), limit=LIMITS.notes)
            else:
                row[2] = max(end, row[0] + 1)
            if note.tied:
                sounding.setdefault((part, note.pitch, start + note.duration), []).append(row)
    return rows


def _tied_row(candidates: list[list[int]] | None, note: SheetNote) -> list[int] | None:
    """Takes the row whose tie leads into ``note`` out of ``candidates``: of its own line if there is one."""
    if not candidates:
        return None
    return candidates.pop(next((i for i, row in enumerate(candidates) if row[5] == note.line), 0))


def _tempo_map(sheet: Sheet, played: Sequence[Played], ticks: _Ticks, remarks: Remarks) -> tuple[Tempo, ...]:
    """Tempos as played: after a jump back, the tempo that the page has there."""
    in_force: list[float | None] = []
    current: float | None = None
    for measure in sheet.measures:
        in_force.append(current)
        for _, qpm in sorted(measure.tempos.items()):
            current = qpm
    tempos: list[Tempo] = []
    previous = -1
    for one in played:
        before = in_force[one.index]
        if one.index != previous + 1 and before:
            tempos.append(Tempo(ticks.at(one.start), before))
        for offset, qpm in sorted(sheet.measures[one.index].tempos.items()):
            if 0 < qpm < 10_000:
                tempos.append(Tempo(ticks.at(one.start + offset), qpm))
            else:
                remarks.add("bad_tempo", ticks.at(one.start))
        previous = one.index
    return tuple(tempos)
