"""Times to written rhythm: which voice a note is written in, and as which note values, dots, tuplets, ties and beams.

Times are integers in *divisions*, ``unit`` of them to a quarter note; ``unit`` is a multiple of 192.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import gcd, lcm

from musegen.formats.paper import Printed, lead
from musegen.score import Bar

TYPES = (
    "1024th",
    "512th",
    "256th",
    "128th",
    "64th",
    "32nd",
    "16th",
    "eighth",
    "quarter",
    "half",
    "whole",
    "breve",
    "long",
)
_QUARTER = TYPES.index("quarter")


@dataclass(slots=True)
class Chord:
    """Notes that begin and end together in one voice; a rest if there are none."""

    start: int
    end: int
    notes: list[Printed] = field(default_factory=list)


@dataclass(slots=True)
class Symbol:
    """One printed note value: a chord, a piece of one (tied), or a rest.

    Attributes:
        start: Where it begins.
        length: How long it is.
        chord: What it shows.
        type: Note value by MusicXML's name; "" for a whole bar's rest.
        dots: 0-2.
        tuplet: (actual, normal), as (3, 2) for a triplet; None outside one.
        opens: A tuplet begins with it.
        closes: A tuplet ends with it.
        beams: One word for each beam: "begin", "continue", "end", "forward hook", "backward hook".
    """

    start: int
    length: int
    chord: Chord
    type: str = ""
    dots: int = 0
    tuplet: tuple[int, int] | None = None
    opens: bool = False
    closes: bool = False
    beams: list[str] = field(default_factory=list)

    @property
    def end(self) -> int:
        """First division after it."""
        return self.start + self.length


def beat_of(bar: Bar, unit: int) -> int:
    """Length of a beat for beams and ties: a dotted quarter in 6/8, 9/8, 12/8 (and their like), else a quarter."""
    metre = bar.metre
    if metre.denominator >= 8 and metre.numerator % 3 == 0:
        return max(3 * 4 * unit // metre.denominator, 1)
    return unit


def into_voices(notes: Iterable[Printed]) -> list[list[Chord]]:
    """As few voices as hold the notes without overlap; high notes go to the first."""
    voices: list[list[Chord]] = []
    free: list[int] = []  # voices that are silent, the first on top
    busy: list[tuple[int, int]] = []  # (end, voice) of the others, the next to end on top
    latest: dict[tuple[int, int], Chord] = {}  # by start and end
    for note in sorted(notes, key=lambda n: (n.start, -n.pitch, n.end, n.index)):
        chord = latest.get((note.start, note.end))
        if chord is not None and chord.notes[-1].pitch != note.pitch:  # the notes come from the highest down
            chord.notes.append(note)
            continue
        while busy and busy[0][0] <= note.start:
            heappush(free, heappop(busy)[1])
        if not free:
            voices.append([])
        place = heappop(free) if free else len(voices) - 1
        voices[place].append(Chord(note.start, note.end, [note]))
        latest[note.start, note.end] = voices[place][-1]
        heappush(busy, (note.end, place))
    return voices


def write_bar(chords: Sequence[Chord], bar: Bar, unit: int) -> list[Symbol]:
    """The symbols of one voice in one bar, gaps filled with rests.

    Args:
        chords: What sounds in the bar, in order; may begin before it and end after it.
        bar: The bar, in divisions.
        unit: Divisions of a quarter note.
    """
    spans: list[tuple[int, int, Chord]] = []
    now = bar.start
    for chord in chords:
        start, end = max(chord.start, bar.start), min(chord.end, bar.end)
        if start > now:
            spans.append((now, start, Chord(now, start)))
        spans.append((start, end, chord))
        now = end
    whole = bar.length * bar.metre.denominator == 4 * unit * bar.metre.numerator
    if not spans and whole:  # in a pick-up, readers take this sign for a rest as long as the metre
        return [Symbol(bar.start, bar.length, Chord(bar.start, bar.end))]
    if now < bar.end:
        spans.append((now, bar.end, Chord(now, bar.end)))
    parts = _parts_of_beats(spans, bar, unit)
    symbols = [symbol for span in spans for symbol in _write_span(*span, bar, unit, parts)]
    _mark_tuplets(symbols, bar, unit)
    _beam(symbols, bar, unit)
    return symbols


def _parts_of_beats(spans: Iterable[tuple[int, int, Chord]], bar: Bar, unit: int) -> dict[int, int]:
    """Start of each quarter note: into how many equal parts this voice splits it."""
    origin = bar.start - lead(bar, unit)
    common: dict[int, int] = {}
    for start, end, _ in spans:
        for time in (start, end):
            beat = origin + (time - origin) // unit * unit
            common[beat] = gcd(common.get(beat, unit), time - beat)
    return {beat: unit // step for beat, step in common.items()}


def _write_span(start: int, end: int, chord: Chord, bar: Bar, unit: int, parts: dict[int, int]) -> list[Symbol]:
    origin = bar.start - lead(bar, unit)
    symbols: list[Symbol] = []
    while start < end:
        beat = origin + (start - origin) // unit * unit
        count = parts.get(beat, 1)
        if _is_tuplet(count) and not (start == beat and end >= beat + unit):
            stop = min(end, beat + unit)
            symbols += _values(start, stop, chord, unit, count)
        else:
            stop, finest = _plain_until(start, end, origin, unit, parts)
            symbols += _plain(start, stop, chord, bar, unit, finest)
        start = stop
    return symbols


def _plain_until(start: int, end: int, origin: int, unit: int, parts: dict[int, int]) -> tuple[int, int]:
    """How far from ``start`` on no tuplet is entered, and the finest split of a quarter note on the way."""
    finest, stop = 1, start
    while stop < end:
        beat = origin + (stop - origin) // unit * unit
        count = parts.get(beat, 1)
        covered = stop == beat and end >= beat + unit
        if _is_tuplet(count) and not covered:
            break
        if not covered:
            finest = max(finest, count)
        stop = min(end, beat + unit)
    return stop, finest


def _is_tuplet(count: int) -> bool:
    return count & (count - 1) != 0


def _plain(start: int, end: int, chord: Chord, bar: Bar, unit: int, finest: int) -> list[Symbol]:
    """Values without tuplets: one where that reads well, else split at the beat."""
    beat = beat_of(bar, unit)
    finest = lcm(finest, unit // gcd(unit, beat))
    origin = bar.start - (-bar.length % beat if bar.number == 0 else 0)
    symbols: list[Symbol] = []
    while start < end:
        late = (start - origin) % beat
        stop = end
        following = start - late + beat
        if late and end > following:
            syncopated = chord.notes and beat == unit and 2 * late == beat and end - start == beat
            if not syncopated:
                stop = following
        symbols += _values(start, stop, chord, unit, finest)
        start = stop
    return symbols


def _values(start: int, end: int, chord: Chord, unit: int, parts: int) -> list[Symbol]:
    """Note values from ``start`` to ``end``, counted in parts of a quarter note."""
    normal = 1 << (parts.bit_length() - 1)
    tuplet = (parts, normal) if parts != normal else None
    symbols = []
    while start < end:
        count = (end - start) * parts // unit
        value, dots = _largest(count, 16 * normal)
        length = value * unit // parts
        base = value * 2**dots // (2 ** (dots + 1) - 1)
        place = _QUARTER + base.bit_length() - normal.bit_length()
        symbols.append(Symbol(start, length, chord, TYPES[max(place, 0)], dots, tuplet))
        start += length
    return symbols


def _largest(count: int, long: int) -> tuple[int, int]:
    """The largest note value within ``count`` steps, and its dots (two only where it then fits at once)."""
    base = min(1 << (count.bit_length() - 1), long)
    if base >= 4 and count == base * 7 // 4:
        return count, 2
    return (base * 3 // 2, 1) if base >= 2 and count >= base * 3 // 2 else (base, 0)


def _mark_tuplets(symbols: Sequence[Symbol], bar: Bar, unit: int) -> None:
    origin = bar.start - lead(bar, unit)
    previous: Symbol | None = None
    for symbol in symbols:
        together = previous and previous.tuplet and (previous.start - origin) // unit == (symbol.start - origin) // unit
        if previous and previous.tuplet and not together:
            previous.closes = True
        if symbol.tuplet and not together:
            symbol.opens = True
        previous = symbol
    if previous and previous.tuplet:
        previous.closes = True


def _beam(symbols: Sequence[Symbol], bar: Bar, unit: int) -> None:
    """Beams what is shorter than a quarter within a beat, unbroken by rests."""
    beat = beat_of(bar, unit)
    origin = bar.start - (-bar.length % beat if bar.number == 0 else 0)
    run: list[Symbol] = []
    for symbol in [*symbols, None]:
        fits = symbol is not None and bool(symbol.chord.notes) and _flags(symbol) > 0
        if run and (not fits or symbol is None or (symbol.start - origin) // beat != (run[0].start - origin) // beat):
            _beam_run(run)
            run = []
        if fits and symbol is not None:
            run.append(symbol)


def _flags(symbol: Symbol) -> int:
    return _QUARTER - TYPES.index(symbol.type) if symbol.type else 0


def _beam_run(run: Sequence[Symbol]) -> None:
    if len(run) < 2:
        return
    for place, symbol in enumerate(run):
        for level in range(1, min(_flags(symbol), 8) + 1):
            before = place > 0 and _flags(run[place - 1]) >= level
            after = place + 1 < len(run) and _flags(run[place + 1]) >= level
            if before and after:
                word = "continue"
            elif before or after:
                word = "end" if before else "begin"
            else:
                word = "backward hook" if place else "forward hook"
            symbol.beams.append(word)
