"""From the bars of a source to pick-up and metre map, so that every bar line falls where the print has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from musegen.score import Metre


@dataclass(frozen=True)
class PrintedBar:
    """One bar as the source has it: start and true length in quarter notes, and the metre that is stated for it."""

    start: Fraction
    length: Fraction
    numerator: int
    denominator: int

    @property
    def nominal(self) -> Fraction:
        """Length in quarter notes that the metre asks for."""
        return Fraction(4 * self.numerator, self.denominator)


@dataclass(frozen=True)
class BarMap:
    """Pick-up in ticks, metre map, and how many bars inside the piece are longer or shorter than their metre."""

    pickup: int
    metres: tuple[Metre, ...]
    irregular: int


def bar_map(bars: Sequence[PrintedBar], resolution: int) -> BarMap:
    """Pick-up and metre map of a piece.

    A short first bar is the pick-up. Short bars that follow each other and make one whole bar (at a repeat sign, or
    a bar split by a double line) are one bar; a short last bar is left as it is. Any other bar of a wrong length
    gets a metre of its own for its length, so that the bars after it keep their places.

    Args:
        bars: In order, without gaps.
        resolution: Ticks to a quarter note.
    """
    first = bars[0]
    short = first.length < first.nominal and len(bars) > 1
    pickup = first.length if short else Fraction(0)
    metres: list[Metre] = []
    irregular = 0
    rest = list(bars[1:] if short else bars)
    if short and rest and rest[0].length == rest[0].nominal - pickup and len(rest) > 1:
        # not a pick-up but a first bar that is split in two
        rest[0] = PrintedBar(first.start, first.nominal, first.numerator, first.denominator)
        pickup = Fraction(0)
    if pickup:
        metres.append(Metre(0, first.numerator, first.denominator))
    while rest:
        bar = rest.pop(0)
        while rest and bar.length < bar.nominal and bar.length + rest[0].length <= bar.nominal:
            bar = PrintedBar(bar.start, bar.length + rest.pop(0).length, bar.numerator, bar.denominator)
        numerator, denominator = bar.numerator, bar.denominator
        if bar.length != bar.nominal and rest:
            irregular += 1
            whole = bar.length / 4
            denominator = max(denominator, whole.denominator)
            if denominator & (denominator - 1):  # a triplet's length: no metre has it
                numerator, denominator = bar.numerator, bar.denominator
            else:
                numerator = int(whole * denominator)
        metres.append(Metre(round(bar.start * resolution), numerator, denominator))
    return BarMap(round(pickup * resolution), tuple(metres), irregular)
