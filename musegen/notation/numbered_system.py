"""A system of numbered notation: where its rows, bars and cells stand, and their SVG.

Lengths are pixels. A system's rows share their columns; the space behind a column grows with the time to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from xml.sax.saxutils import escape

from musegen.notation.grid import Measure
from musegen.notation.mei import TempoMark, plain_text
from musegen.notation.numbered_cells import Cell, Head, Row
from musegen.notation.numbered_ink import (
    CAP,
    EM,
    TIE,
    accidental_sign,
    arc,
    area,
    bracket,
    circle,
    metre_sign,
    rect,
    side_bracket,
    sign_width,
    tempo_mark,
    text,
)
from musegen.notation.numbered_spacing import DOT, HALF, LINE, METRE, Spacing, Stack, stack

_TUPLET = 12.0
_ROW_GAP = 16.0
_TOP = 19.0  # for the bar's number
_BRACKET = 10.0


class System:
    """One system: some bars of all rows, justified to a width.

    Args:
        rows: All rows.
        bars: The bars shown on all systems.
        first: Index of this system's first one.
        count: How many it has.
        spacings: Of the bars shown.
        place: (left edge, width): of the system, behind the labels.
        marks: Tempo marks by index of the bars shown.
        metres: Indices of bars that show their metre.
        final: A final bar line ends it.
        stretch: Fill the width, however wide; else only if it is nearly full.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        bars: Sequence[Measure],
        first: int,
        count: int,
        spacings: Sequence[Spacing],
        place: tuple[float, float],
        marks: dict[int, TempoMark],
        metres: set[int],
        *,
        final: bool,
        stretch: bool,
    ) -> None:
        self._bars, self._first, self._count, self._final = bars, first, count, final
        self._indices = range(first, first + count)
        self._rows = [row for row in rows if self._is_shown(row, rows)]
        self._marks, self._metres = marks, metres
        self._left = place[0]
        natural = sum(spacings[i].width for i in self._indices)
        fixed = sum(spacings[i].lead for i in self._indices)
        full = stretch or natural > 0.6 * place[1]
        grow = (
            (place[1] - fixed) / max(natural - fixed, 1.0) if full else min(1.3, (place[1] - fixed) / (natural - fixed))
        )
        self._x: dict[tuple[int, int], float] = {}
        self._edges = [self._left]
        for i in self._indices:
            space, edge = spacings[i], self._edges[-1]
            for unit, x in space.columns.items():
                self._x[i, unit] = edge + space.lead + (x - space.lead) * grow
            self._edges.append(edge + space.lead + (space.width - space.lead) * grow)
        self._stacks = [
            {(i, n): stack(c) for i in self._indices for n, c in enumerate(row.bars[i])} for row in self._rows
        ]
        self._tops = [self._top(number) for number in range(len(self._rows))]
        bottoms = [max((s.bottom for s in stacks.values()), default=0.0) + 4 for stacks in self._stacks]
        y = _TOP + (16.0 if any(i in marks for i in self._indices) else 0.0)
        self._head = y
        self._lines: list[float] = []
        for top, bottom in zip(self._tops, bottoms, strict=True):
            self._lines.append(y + top)
            y += top + bottom + _ROW_GAP
        self.height = y - _ROW_GAP

    def _is_shown(self, row: Row, rows: Sequence[Row]) -> bool:
        """A voice that is silent here is left out where another one of its staff is shown."""
        others = [other for other in rows if other.staff == row.staff]
        sounding = [other for other in others if not all(other.silent[i] for i in self._indices)]
        return row in sounding or (not sounding and row is others[0])

    def _top(self, number: int) -> float:
        """How far a row reaches up, with its ties and brackets."""
        row, stacks = self._rows[number], self._stacks[number]
        top = CAP
        for i in self._indices:
            held = i + 1 < len(row.bars) and bool(row.bars[i + 1]) and row.bars[i + 1][0].tied
            tied = held or any(cell.tied for cell in row.bars[i])
            for n, cell in enumerate(row.bars[i]):
                top = max(top, -stacks[i, n].top + (TIE if tied else 0.0) + (_TUPLET if cell.tuplet else 0.0))
        return top

    def draw(self, y: float, name: str, prefix: str, *, labels: bool, numbered: bool) -> str:
        """The system as SVG.

        Args:
            y: Its upper edge.
            name: Its id.
            prefix: Of the ids of bars.
            labels: Names in full, else short.
            numbered: Show the number of the first bar.
        """
        lines = [y + line for line in self._lines]
        parts = [f'<g id="{name}" class="system">']
        if numbered and self._bars[self._first].number > 0:
            parts.append(text(self._left, y + 8, str(self._bars[self._first].number), 10, "start"))
        for i in self._indices:
            parts.append(f'<g id="{prefix}b{self._bars[i].number}" class="bar">')
            left, right = self._edges[i - self._first], self._edges[i - self._first + 1]
            parts.append(area(left, y, right - left, self.height))
            if i in self._marks:
                mark = self._marks[i]
                unit = max((u for j, u in self._x if j == i and u <= mark.at), default=self._bars[i].start)
                parts.append(tempo_mark(self._x[i, unit] - HALF, y + self._head - 5, mark, 12))
            for number, line in enumerate(lines):
                parts += self._bar(number, i, line)
            parts.append("</g>")
        for number, line in enumerate(lines):
            parts += self._ties(number, line)
        parts += self._frame(lines, labels=labels)
        parts.append("</g>")
        return "".join(parts)

    # --- a bar of a row -----------------------------------------------------------------------

    def _bar(self, number: int, i: int, line: float) -> Iterator[str]:
        cells, stacks = self._rows[number].bars[i], self._stacks[number]
        if i in self._metres:
            yield metre_sign(self._edges[i - self._first] + 0.5 * METRE + 4, line, self._bars[i])
        for n, cell in enumerate(cells):
            yield from _cell(cell, stacks[i, n], self._x[i, cell.start], line)
        for beat, together in groupby(cells, key=lambda cell: cell.beat):
            if beat is not None:
                yield from self._beat_lines(list(together), i, line)
        for tuplet, numbered in groupby(enumerate(cells), key=lambda pair: pair[1].tuplet):
            if tuplet is not None:
                run = list(numbered)
                top = min(stacks[i, n].top for n, _ in run) - (TIE if any(c.tied for _, c in run) else 0.0)
                first, last = self._x[i, run[0][1].start], self._x[i, run[-1][1].start]
                yield bracket(first - HALF, last + HALF, line + top - 3, tuplet)
        edge = self._edges[i - self._first + 1]
        top, height = line - CAP - 3, CAP + 8
        if self._final and i == self._indices[-1]:
            yield rect(edge - 7, top, 1.2, height) + rect(edge - 3.5, top, 3.5, height)
        else:
            yield rect(edge - 1.2, top, 1.2, height)

    def _beat_lines(self, cells: list[Cell], i: int, line: float) -> Iterator[str]:
        """Lines below the cells of a beat, each as long as what needs it."""
        for level in range(1, max(cell.lines for cell in cells) + 1):
            runs = [[cells[0]]]
            for before, cell in pairwise(cells):
                if (before.lines >= level) == (cell.lines >= level):
                    runs[-1].append(cell)
                else:
                    runs.append([cell])
            for some in runs:
                if some[0].lines >= level:
                    left = self._x[i, some[0].start] - HALF
                    right = self._x[i, some[-1].start] + HALF + (5.0 if some[-1].dotted else 0.0)
                    yield rect(left, line + LINE * level - 0.6, right - left, 1.3)

    # --- what joins bars and rows -------------------------------------------------------------

    def _ties(self, number: int, line: float) -> Iterator[str]:
        row, stacks = self._rows[number], self._stacks[number]
        before: tuple[float, float] | None = None
        for i in self._indices:
            for n, cell in enumerate(row.bars[i]):
                if cell.kind != "note":
                    continue
                x, top = self._x[i, cell.start], line + stacks[i, n].top - 2
                if cell.tied:
                    from_x, from_top = before or (max(x - 26, self._left - 4), top)
                    yield arc(from_x, x, min(top, from_top))
                before = (x, top)
        after = self._first + self._count
        if before and after < len(row.bars) and row.bars[after] and row.bars[after][0].tied:
            yield arc(before[0], self._edges[-1] + 2, before[1])

    def _frame(self, lines: list[float], *, labels: bool) -> Iterator[str]:
        """The line that begins a system, brackets, and the names of the rows."""
        several = len(self._rows) > 1
        top, bottom = lines[0] - CAP - 3, lines[-1] + 5
        if several:
            yield rect(self._left - 0.6, top, 1.2, bottom - top)
            place = 0
            for _, members in groupby(self._rows, key=lambda row: row.group):
                count = len(list(members))
                if count > 1:
                    yield side_bracket(self._left - 6, lines[place] - CAP - 5, lines[place + count - 1] + 7)
                place += count
        for row, line in zip(self._rows, lines, strict=True):
            name = row.labels[0] if labels else row.labels[1]
            if name:
                yield text(self._left - _BRACKET - 3, line - 2, escape(plain_text(name, 30)), 13, "end")


def label_width(rows: Sequence[Row], *, full: bool) -> float:
    """Room for the names beside the rows, and for brackets."""
    names = [plain_text(row.labels[0] if full else row.labels[1], 30) for row in rows]
    widest = max(sum(13.0 if ord(c) > 0x2E00 else 7.4 for c in name) for name in names)
    return widest + (_BRACKET + 6 if len(rows) > 1 or widest else 0.0)


def _cell(cell: Cell, stack: Stack, x: float, line: float) -> Iterator[str]:
    if cell.kind == "rest":
        yield text(x, line, "0", EM)
        if cell.dotted:
            yield circle(x + HALF + 3.5, line - 0.36 * CAP, 1.7)
        return
    for head, y in zip(cell.heads, stack.digits, strict=True):
        if cell.kind == "dash":
            yield rect(x - 0.27 * EM, line + y - 0.42 * CAP, 0.54 * EM, 1.5)
        else:
            yield _head(cell, head, x, line + y)


def _head(cell: Cell, head: Head, x: float, y: float) -> str:
    """A digit with its accidental and dots, in a group for each note that it stands for."""
    parts = [text(x, y, head.text, EM)]
    if head.accidental is not None:
        parts.append(accidental_sign(x - HALF - sign_width(head.accidental), y - CAP, head.accidental))
    if cell.dotted:
        parts.append(circle(x + HALF + 3.5, y - 0.36 * CAP, 1.7))
    under = y + (cell.lines * LINE if head is cell.heads[0] else 0.0)
    parts += [circle(x, y - CAP - 3.8 - DOT * n, 1.8) for n in range(head.octave)]
    parts += [circle(x, under + 4.2 + DOT * n, 1.8) for n in range(-head.octave)]
    for name in head.ids:
        parts = [f'<g id="{name}" class="note">', *parts, "</g>"]
    return "".join(parts)
