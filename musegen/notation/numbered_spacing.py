"""The space that numbered notation takes: columns of a bar, bars on a line, digits in a stack. Lengths are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen.notation.grid import UNIT, Measure
from musegen.notation.numbered_cells import Cell
from musegen.notation.numbered_ink import CAP, EM, sign_width

HALF = 0.3 * EM
"""Half a digit's width."""
DOT = 5.4
"""The height that an octave dot takes."""
LINE = 3.6
"""The height that a line below takes."""
METRE = 20.0
"""The width of a change of metre."""
_STACK = 5.0  # between the digits of a chord


@dataclass(frozen=True, slots=True)
class Spacing:
    """Columns of a bar: x of each (by unit) from the bar's left edge when nothing is stretched, and the width."""

    columns: dict[int, float]
    lead: float
    width: float


def space_bar(rows: Sequence[Sequence[Cell]], bar: Measure, *, metre: bool) -> Spacing:
    """The narrowest that a bar may be.

    Args:
        rows: Its cells, row by row.
        bar: The bar.
        metre: Its metre is shown at its beginning.
    """
    left: dict[int, float] = {}
    right: dict[int, float] = {}
    for cell in (cell for cells in rows for cell in cells):
        signs = max((sign_width(head.accidental) for head in cell.heads if cell.kind == "note"), default=0.0)
        left[cell.start] = max(left.get(cell.start, 0.0), HALF + signs)
        right[cell.start] = max(right.get(cell.start, 0.0), HALF + (6.0 if cell.dotted else 0.0))
    starts = sorted(left)
    x = lead = max(left[starts[0]], HALF) + 7 + (METRE if metre else 0.0)
    columns = {}
    for start, following in zip(starts, [*starts[1:], bar.end], strict=True):
        columns[start] = x
        gap = EM * (0.5 + 1.2 * ((following - start) / UNIT) ** 0.75)
        x += (
            max(gap, right[start] + left.get(following, 3.0) + 4)
            if following in left
            else max(0.75 * gap, right[start] + 8)
        )
    return Spacing(columns, lead, x)


def break_lines(widths: Sequence[float], room: Sequence[float]) -> list[int]:
    """How many bars stand on each line: as few lines as can be, as evenly filled as can be.

    Args:
        widths: Of the bars.
        room: Of the first line, and of the others.
    """

    def fill(part: float) -> list[int]:
        counts, used = [0], 0.0
        for width in widths:
            limit = part * room[min(len(counts) - 1, 1)]
            if counts[-1] and used + width > limit:
                counts.append(0)
                used = 0.0
            counts[-1] += 1
            used += width
        return counts

    lines = len(fill(1.0))
    low, high = 0.0, 1.0
    for _ in range(9):
        middle = (low + high) / 2
        low, high = (low, middle) if len(fill(middle)) <= lines else (middle, high)
    return fill(high)


@dataclass(frozen=True, slots=True)
class Stack:
    """A cell's height: baselines of its digits, and how far it reaches up (< 0) and down from the row's baseline."""

    digits: list[float]
    top: float
    bottom: float


def stack(cell: Cell) -> Stack:
    """How high the digits of a cell are piled."""
    digits: list[float] = []
    above = 0
    for head in cell.heads:
        under = max(-head.octave, 0)
        digits.append(digits[-1] - CAP - _STACK - DOT * (above + under) if digits else 0.0)
        above = max(head.octave, 0)
    if not digits:
        return Stack([0.0], -CAP, cell.lines * LINE)
    if cell.kind == "dash":
        return Stack(digits, -CAP, 0.0)
    low = max(-cell.heads[0].octave, 0)
    return Stack(digits, digits[-1] - CAP - DOT * above, cell.lines * LINE + low * DOT)
