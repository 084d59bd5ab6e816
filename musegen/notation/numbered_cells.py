"""What numbered notation writes: rows of cells (digits, rests, dashes), bar by bar; not where they stand.

A digit is a degree of the major scale of the key signature (movable do; in minor 6 is the tonic). A quarter note is a
plain digit, each further quarter a dash behind it, each halving a line below; rests repeat the 0 instead of the dash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from musegen.notation.grid import UNIT, Event, Measure, Tuplet
from musegen.notation.layout import PERCUSSION, Group, Staff
from musegen.notation.mei import on_grid
from musegen.notation.rhythm import Symbol, beat_of, write_bar
from musegen.score import Key, Score
from musegen.theory import spell

_LOW_DRUMS = frozenset((35, 36, 41, 43, 45, 61, 64, 66))
_HIGH_DRUMS = frozenset((42, 44, 46, 49, 51, 52, 53, 54, 55, 56, 57, 59, 69, 70, 80, 81, 82))
_SHORT = {"Soprano": "S", "Alto": "A", "Tenor": "T", "Bass": "B"}
_SHORT |= {"女高音": "女高", "女低音": "女低", "男高音": "男高", "男低音": "男低"}
_DRUMS = {"en": ("Bass drum", "Snare, toms", "Cymbals"), "zh": ("低音鼓", "军鼓、通鼓", "镲")}
_DOTTED_QUARTER = 3 * UNIT // 2


@dataclass(frozen=True, slots=True)
class Head:
    """A digit: the notes that it stands for, its text, accidental (None: none), octave dots (> 0 above).

    ``ids`` name the piece of each note: from the second piece on it is tied to the one before.
    """

    ids: tuple[str, ...]
    text: str
    accidental: int | None
    octave: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one row: a digit or a stack of them from the lowest up, a rest, or a dash (heads as its note).

    Attributes:
        start: Where it stands, in units.
        kind: "note", "rest" or "dash".
        heads: Digits; of a dash, those it prolongs.
        lines: Lines below.
        dotted: A dot behind.
        tied: A tie leads here from the row's cell before that is a note.
        beat: Lines of cells with one value join; None: no lines.
        tuplet: The tuplet it is part of.
    """

    start: int
    kind: str
    heads: tuple[Head, ...] = ()
    lines: int = 0
    dotted: bool = False
    tied: bool = False
    beat: tuple[int, Tuplet | None] | None = None
    tuplet: Tuplet | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of numbers: a voice.

    Attributes:
        labels: Its name; the short one for the later systems, "" for none.
        bars: Its cells, by index of the bars shown.
        silent: By the same index, whether the row has no notes there.
        group: Number of the player or choir it belongs to.
        staff: Number of the staff that it would stand on: of its rows, silent ones may be left out.
        shift: Octaves that it is written higher than it sounds.
    """

    labels: tuple[str, str]
    bars: list[list[Cell]]
    silent: list[bool]
    group: int
    staff: int
    shift: int


def rows_of(
    score: Score,
    key: Key,
    groups: Sequence[Group],
    bars: Sequence[Measure],
    shown: Sequence[int],
    prefix: str,
    zh: bool,
) -> list[Row]:
    """All rows from top to bottom.

    Args:
        score: Whose notes are written.
        key: For spelling and degrees.
        groups: The score's layout on staves: each voice of a staff becomes a row.
        bars: All bars.
        shown: Indices of those to write.
        prefix: Begins every id.
        zh: Names in Chinese.
    """
    rows: list[Row] = []
    number = 0
    choir = _is_choir(score, groups)
    for player, group in enumerate(groups):
        for place, staff in enumerate(group.staves):
            number += 1
            names = _names(staff, group.label if place == 0 else "")
            if staff.clef == PERCUSSION:
                staff, names = _kit(score, staff, zh)
            for name, (events, tuplets) in zip(names, on_grid(score, staff, list(bars)).voices, strict=True):
                pitches = [score.notes[i].pitch for event in events for i in event.notes]
                shift = (0, 0, 1, 1)[len(rows)] if choir else None
                writer = _RowWriter(score, key, prefix, pitches, staff.clef == PERCUSSION, shift)
                written = [writer.bar(events, tuplets.get(i, ()), bars[i]) for i in shown]
                silent = [not any(cell.kind == "note" for cell in cells) for cells in written]
                rows.append(Row(_labels(name, writer.shift, choir, zh), written, silent, player, number, writer.shift))
    if len(rows) == 1:  # a tune needs no name beside it
        return [replace(rows[0], labels=_labels("", rows[0].shift, False, zh))]
    return rows


def _is_choir(score: Score, groups: Sequence[Group]) -> bool:
    """Whether the rows are soprano, alto, tenor and bass, or a tune of any name above the other three.

    Their octaves follow from the voice alone, so that the dots of voices and of pieces can be compared.
    """
    staves = [staff for group in groups for staff in group.staves]
    if all(staff.fixed for staff in staves):
        return True
    sounding = sorted({note.track for note in score.notes})
    names = [score.tracks[track].name.strip().lower() for track in sounding]
    return names[1:] == ["alto", "tenor", "bass"] and [len(staff.voices) for staff in staves] == [1] * 4


def _names(staff: Staff, player: str) -> tuple[str, ...]:
    """Of the rows of a staff: of each singer, else of the first row only."""
    if staff.fixed:
        return staff.labels
    first = next((label for label in staff.labels if label), player)
    return (first, *[""] * (len(staff.voices) - 1))


def _kit(score: Score, staff: Staff, zh: bool) -> tuple[Staff, tuple[str, ...]]:
    """A drum kit as a row for each kind of sound, what sounds highest above; with their names."""
    chords = staff.voices[0]
    kinds = sorted({_drum(score.notes[i].pitch) for _, _, notes in chords for i in notes}, reverse=True)
    voices = []
    for kind in kinds:
        some = [(a, b, tuple(i for i in notes if _drum(score.notes[i].pitch) == kind)) for a, b, notes in chords]
        voices.append([chord for chord in some if chord[2]])
    if len(kinds) < 2:
        return staff, _names(staff, "")
    words = _DRUMS["zh" if zh else "en"]
    return Staff(staff.clef, staff.labels, voices), tuple(words[kind] for kind in kinds)


def _labels(name: str, shift: int, singer: bool, zh: bool) -> tuple[str, str]:
    """The name in full, with how far the row sounds from what is written, and short."""
    short = _SHORT.get(name, "") if singer else ""
    short = short or _abbreviated(name)
    if not shift:
        return name, short
    if zh:
        distance = "八度" if abs(shift) == 1 else f"{' 两三'[abs(shift) - 1]}个八度"
        return f"{name}（{'低' if shift > 0 else '高'}{distance}）", short
    return f"{name} ({7 * abs(shift) + 1}{'vm'[abs(shift) > 1]}{'b' if shift > 0 else 'a'})".strip(), short


def _abbreviated(name: str) -> str:
    """A name for the later systems: "Voi. 2", "R.H.", "Bass"; the first word, and the number behind it."""
    if hand := re.search(r"\b(right|left) hand\b", name, re.IGNORECASE):
        return f"{hand[1][0].upper()}.H."
    first, *rest = re.split(r"[\s,、，]+", name.strip()) or [""]
    if first and ord(first[0]) > 0x2E00:
        first = first if len(first) <= 4 else first[:2]
    elif len(first) > 4:
        first = f"{first[:3]}."
    return f"{first} {rest[-1]}" if rest and rest[-1].isdigit() else first


class _RowWriter:
    """Writes bar after bar of one row; remembers the pieces of held notes."""

    def __init__(
        self, score: Score, key: Key, prefix: str, pitches: Sequence[int], drums: bool, shift: int | None
    ) -> None:
        self._score, self._prefix, self._fifths = score, prefix, key.fifths
        self._drums = drums
        self._spelt = {pitch: spell(pitch, key) for pitch in set(pitches)}
        self._pieces: dict[int, int] = {}
        self._altered: dict[tuple[int, int], int] = {}
        self._at = 0
        self.shift = 0 if drums else self._best_shift(pitches) if shift is None else shift

    def _degree(self, pitch: int) -> tuple[int, int, int]:
        """(degree 0-6, alteration against the signature, octaves above that of the tonic in C4-B4)."""
        letter, alteration, octave = self._spelt[pitch]
        tonic = 4 * self._fifths % 7
        place = (2 * letter + 1) % 7 - 1  # of the letter on the line of fifths
        steps = 7 * (octave - 4) + letter - tonic
        return steps % 7, alteration - (self._fifths + 5 - place) // 7, steps // 7

    def _best_shift(self, pitches: Sequence[int]) -> int:
        """How many octaves the row is written higher than it sounds, so that not every digit has dots.

        Men's parts and basses are, as is usual; high parts only where most digits would have two dots.
        """
        octaves = [self._degree(pitch)[2] for pitch in pitches]

        def dots(shift: int) -> float:
            return sum(abs(octave + shift) for octave in octaves) + len(octaves) * (
                0.5 * shift if shift > 0 else -shift
            )

        return min(range(-3, 4), key=lambda shift: (dots(shift), abs(shift)))

    def bar(self, events: Sequence[Event], tuplets: Sequence[Tuplet], bar: Measure) -> list[Cell]:
        """The cells of one bar."""
        while self._at < len(events) and events[self._at].end <= bar.start:
            self._at += 1
        last = self._at
        while last < len(events) and events[last].start < bar.end:
            last += 1
        self._altered.clear()
        compound = bar.metre.denominator >= 8 and bar.metre.numerator % 3 == 0
        symbols = write_bar(events[self._at : last], bar, tuplets)
        if self._drums:
            symbols = [_only_struck(symbol) for symbol in symbols]
        cells: list[Cell] = []
        for run in _runs(symbols, bar, compound):
            cells += self._cells(run, bar, compound)
        return cells

    def _cells(self, run: list[Symbol], bar: Measure, compound: bool) -> Iterator[Cell]:
        """One value: a digit with its dashes; in compound time, beats of dotted quarters."""
        first = run[0]
        length = sum(symbol.written for symbol in run)
        if compound and length > _DOTTED_QUARTER and length % _DOTTED_QUARTER == 0:
            step, dotted, count = _DOTTED_QUARTER, True, length // _DOTTED_QUARTER
        elif length >= UNIT and length % UNIT == 0:
            step, dotted, count = UNIT, False, length // UNIT
        else:
            step, dotted, count = length, bool(first.dots), 1
        plain = step * 2 // 3 if dotted else step
        lines = max((UNIT // plain).bit_length() - 1, 0)
        beat = (beat_of(bar, first.start), first.tuplet) if lines else None
        stretch = (run[-1].end - first.start) // count
        heads: tuple[Head, ...] = ()
        for number in range(count):
            start = first.start + number * stretch
            if first.event is None:
                yield Cell(start, "rest", (), lines, dotted, False, beat, first.tuplet)
            elif number and not dotted:
                yield Cell(start, "dash", heads, tuplet=first.tuplet)
            else:
                tied = any(index in self._pieces for index in first.event.notes)
                heads = self._heads(first.event)
                yield Cell(start, "note", heads, lines, dotted, tied, beat, first.tuplet)

    def _heads(self, event: Event) -> tuple[Head, ...]:
        """The digits of an event, the lowest first; notes that look the same share one."""
        indices = sorted(event.notes, key=lambda i: self._score.notes[i].pitch)
        if self._drums:
            return (Head(tuple(map(self._name, indices)), "X", None, 0),)
        heads = []
        for pitch, same in groupby(indices, key=lambda i: self._score.notes[i].pitch):
            notes = tuple(same)
            degree, alteration, octave = self._degree(pitch)
            accidental = None
            if not any(i in self._pieces for i in notes) and self._altered.get((degree, octave), 0) != alteration:
                accidental = self._altered[degree, octave] = alteration
            ids = tuple(map(self._name, notes))
            heads.append(Head(ids, str(degree + 1), accidental, octave + self.shift))
        return tuple(heads)

    def _name(self, index: int) -> str:
        piece = self._pieces[index] = self._pieces.get(index, 0) + 1
        return f"{self._prefix}n{index}" + (f"-{piece}" if piece > 1 else "")


def _drum(pitch: int) -> int:
    """Of a kit: 0 what sounds low, 1 between, 2 metal and what sounds high."""
    return 0 if pitch in _LOW_DRUMS else 2 if pitch in _HIGH_DRUMS else 1


def _only_struck(symbol: Symbol) -> Symbol:
    """Strokes are not held: what is tied to one is a rest."""
    held = symbol.event is not None and symbol.start > symbol.event.start
    return Symbol(symbol.start, symbol.end, symbol.duration, symbol.dots, None, symbol.tuplet) if held else symbol


def _runs(symbols: Sequence[Symbol], bar: Measure, compound: bool) -> list[list[Symbol]]:
    """Symbols, those of one note together that are whole quarters on quarters: dashes need no ties."""
    runs: list[list[Symbol]] = []
    for symbol in symbols:
        before = runs[-1][-1] if runs else None
        joined = (
            before is not None
            and symbol.event is not None
            and before.event == symbol.event
            and not compound
            and all(s.tuplet is None and (s.end - s.start) % UNIT == 0 for s in (before, symbol))
            and (runs[-1][0].start - bar.start + bar.offset) % UNIT == 0
        )
        if joined:
            runs[-1].append(symbol)
        else:
            runs.append([symbol])
    return runs
