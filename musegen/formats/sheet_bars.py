"""The bars of a page as they are played: their order, where they begin, and the metre map that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.repeats import play_order
from musegen.formats.report import Remarks
from musegen.formats.sheet import Sheet, Time
from musegen.score import Metre


@dataclass(slots=True)
class Played:
    """A measure where it is played: its index on the page, start, length and metre."""

    index: int
    start: Time
    length: Time
    metre: tuple[int, int]
    prints_metre: bool


def order_of(sheet: Sheet) -> tuple[list[int], list[tuple[str, str]]]:
    """The measures in the order of playing, section by section where the page states an order of sections."""
    signs = [measure.signs for measure in sheet.measures]
    if not sheet.section_order or not set(sheet.section_order) <= set(sheet.sections):
        order, turns = play_order(signs)
        return order, turns + [("parts_order", " ".join(sheet.section_order))] * bool(sheet.section_order)
    starts = sorted({*sheet.sections.values(), len(signs)})
    order, turns = list(range(min(sheet.sections.values()))), [("sections", " ".join(sheet.section_order))]
    for label in sheet.section_order:
        start = sheet.sections[label]
        end = starts[starts.index(start) + 1]
        part, inner = (list(range(end - start)), []) if sheet.sections_plain else play_order(signs[start:end])
        order += [start + index for index in part]
        turns += inner
        if len(order) > LIMITS.bars:
            raise refuse("bars", count=len(order), limit=LIMITS.bars)
    return order, turns


def lay_out(sheet: Sheet, order: Sequence[int]) -> list[Played]:
    """Where each measure of ``order`` begins, and the metre that is in force there on the page."""
    metre, in_force = (4, 4), []
    for measure in sheet.measures:
        metre = measure.metre or metre
        in_force.append(metre)
    played: list[Played] = []
    start: Time = 0
    for index in order:
        length = sheet.measures[index].length or _bar_length(in_force[index], sheet.resolution)
        prints = bool(played) and in_force[index] != played[-1].metre
        played.append(Played(index, start, length, in_force[index], prints))
        start += length
    return played


def _bar_length(metre: tuple[int, int], resolution: int) -> Time:
    length = Fraction(4 * resolution * metre[0], metre[1])
    return int(length) if length.denominator == 1 else length


def metre_map(
    sheet: Sheet, played: Sequence[Played], at: Callable[[Time], int], remarks: Remarks
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
        pickup, place = at(played[0].length), 1
    while place < len(played):
        one = played[place]
        nominal = _bar_length(one.metre, sheet.resolution)
        count = _filling(played, place, nominal)
        tick = at(one.start)
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


def _filling(played: Sequence[Played], place: int, nominal: Time) -> int:
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
