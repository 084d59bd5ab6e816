"""One bar of one staff as MEI: voices with stems, accidentals, beams, tuplets, rests, and the ties into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat

from musegen.notation.grid import UNIT, Event, Measure, Tuplet
from musegen.notation.layout import PERCUSSION, Staff
from musegen.notation.rhythm import Symbol, beam_groups, beat_of, write_bar
from musegen.score import Key, Score
from musegen.theory import spell

_STEPS = "cdefgab"
_SHARPS = (3, 0, 4, 1, 5, 2, 6)  # F C G D A E B, as steps above C
_ACCIDENTALS = {-2: "ff", -1: "f", 0: "n", 1: "s", 2: "x"}
# Where strokes of a drum kit stand, by General MIDI key: (half spaces above the bottom line, crossed head).
_DRUMS = {
    35: (1, False), 36: (1, False), 37: (5, True), 38: (5, False), 39: (5, True), 40: (5, False),
    41: (2, False), 43: (3, False), 45: (4, False), 47: (6, False), 48: (6, False), 50: (7, False),
    42: (9, True), 44: (-1, True), 46: (9, True), 49: (10, True), 57: (10, True), 52: (10, True), 55: (10, True),
    51: (8, True), 53: (8, True), 59: (8, True), 54: (7, True), 56: (8, True),
}  # fmt: skip
_OTHER_DRUM = (4, True)


@dataclass(frozen=True)
class StaffLines:
    """A staff with its voices on the grid: for each the events, and the tuplets by index of the bar."""

    staff: Staff
    voices: list[tuple[list[Event], dict[int, list[Tuplet]]]]


class BarWriter:
    """Writes bar after bar of all staves; remembers the last piece of each held note, to tie it on.

    Args:
        score: Whose notes are written.
        key: For spelling and accidentals.
        prefix: Begins every id.
    """

    def __init__(self, score: Score, key: Key, prefix: str) -> None:
        self._score, self._prefix = score, prefix
        self._spelt = {pitch: spell(pitch, key) for pitch in {note.pitch for note in score.notes}}
        sharps = _SHARPS[: key.fifths] if key.fifths > 0 else _SHARPS[7 + key.fifths :] if key.fifths else ()
        self._signature = dict.fromkeys(sharps, 1 if key.fifths > 0 else -1)
        self._pieces: dict[int, int] = {}
        self._ties: list[str] = []
        self._at: dict[int, int] = {}

    def take_ties(self) -> list[str]:
        """The ties that ended since the last call."""
        ties, self._ties = self._ties, []
        return ties

    def staff(self, lines: StaffLines, index: int, bar: Measure, *, opening: bool = False) -> str:
        """One bar (number ``index`` from 0) of one staff; the ``opening`` one is the first that is written."""
        heard = [self._sounding(events, bar) for events, _ in lines.voices]
        tuplets = [tuplets.get(index, ()) for _, tuplets in lines.voices]
        fixed, drums = lines.staff.fixed, lines.staff.clef == PERCUSSION
        if not any(heard):
            return f'<layer n="1">{_rest_bar(bar, write_bar((), bar, ()))}</layer>'
        edges: set[int] = set()
        if not fixed:
            active = [number for number, events in enumerate(heard) if events]
            if len(active) == 2 and self._crossed(heard[active[0]], heard[active[1]]):
                active.reverse()
            heard, tuplets = [heard[i] for i in active], [tuplets[i] for i in active]
            edges = {edge for events in heard for event in events for edge in (event.start, event.end)}
            edges = {edge for edge in edges if (edge - bar.start) % (UNIT // 8) == 0}  # not within another's triplet
        voices = [write_bar(*voice, edges) for voice in zip(heard, repeat(bar), tuplets)]
        shared = set.intersection(*({(s.start, s.end) for s in voice if not s.event} for voice in voices))
        accidentals = {} if drums else self._accidentals(voices, opening=opening)
        layers = []
        for number, voice in enumerate(voices):
            if not any(s.event for s in voice):
                content = _rest_bar(bar, voice)
            else:
                stem = "up" if drums else ("up", "down")[number % 2] if len(voices) > 1 else ""
                hidden = _hidden_rests(voice, bar, shared, fixed=fixed, first=number == 0) if len(voices) > 1 else set()
                style = _Style(stem, drums, len(voices) == 1, hidden, shared, accidentals)
                content = "".join(self._voice(voice, bar, style))
            layers.append(f'<layer n="{number + 1}">{content}</layer>')
        return "".join(layers)

    def _sounding(self, events: list[Event], bar: Measure) -> list[Event]:
        """Those of a voice that sound in the bar; bars are asked for in order, so the search goes on where it was."""
        at = self._at.get(id(events), 0)
        while at < len(events) and events[at].end <= bar.start:
            at += 1
        self._at[id(events)] = last = at
        while last < len(events) and events[last].start < bar.end:
            last += 1
        return events[at:last]

    def _crossed(self, upper: list[Event], lower: list[Event]) -> bool:
        """Whether, where two voices sound together, the upper one mostly lies lower."""

        def height(event: Event) -> float:
            return sum(self._score.notes[i].pitch for i in event.notes) / len(event.notes)

        return sum(height(a) - height(b) for a in upper for b in lower if a.start < b.end and b.start < a.end) < 0

    def _accidentals(self, voices: list[list[Symbol]], *, opening: bool) -> dict[int, str]:
        """Which notes of a bar need one, all voices of the staff read from left to right; tied-in notes never do."""
        state: dict[tuple[int, int], int] = {}
        result: dict[int, str] = {}
        begins = sorted(
            (s.start, number, i)
            for number, voice in enumerate(voices)
            for place, s in enumerate(voice)
            if s.event and (s.start == s.event.start or (opening and place == 0))
            for i in s.event.notes
        )
        for _, _, index in begins:
            letter, alteration, octave = self._spelt[self._score.notes[index].pitch]
            if state.get((letter, octave), self._signature.get(letter, 0)) != alteration:
                result[index] = _ACCIDENTALS[alteration]
                state[letter, octave] = alteration
        return result

    # --- one voice ----------------------------------------------------------------------------

    def _voice(self, voice: list[Symbol], bar: Measure, style: _Style) -> Iterator[str]:
        groups = beam_groups(voice, bar, broad=style.alone)
        for tuplet, run in groupby(groups, key=lambda group: group[0].tuplet):
            runs = list(run)
            if tuplet:
                bracket = "false" if len(runs) == 1 and len(runs[0]) > 1 else "true"
                base = tuplet.number * 2 // 3
                yield f'<tuplet num="{tuplet.number}" numbase="{base}" bracket.visible="{bracket}">'
            for group in runs:
                symbols = "".join(self._symbol(symbol, style) for symbol in group)
                yield f"<beam>{symbols}</beam>" if len(group) > 1 else symbols
            if tuplet:
                yield "</tuplet>"

    def _symbol(self, symbol: Symbol, style: _Style) -> str:
        value = f'dur="{symbol.duration}"' + (f' dots="{symbol.dots}"' if symbol.dots else "")
        if symbol.event is None or (style.drums and symbol.start > symbol.event.start):
            return style.rest(symbol, value)
        stem = f' stem.dir="{style.stem}"' if style.stem else ""
        heads: dict[object, str] = {}
        for index in sorted(symbol.event.notes, key=lambda i: self._score.notes[i].pitch):
            place = _DRUMS.get(self._score.notes[index].pitch, _OTHER_DRUM) if style.drums else None
            accidental = None if index in self._pieces else style.accidentals.get(index)
            head = self._stroke(place) if place else self._pitch(index, accidental)
            # Two notes on one place are drawn once.
            heads.setdefault(place or self._score.notes[index].pitch, f'<note xml:id="{self._name(index)}" {head}')
        if len(heads) == 1:
            return f"{next(iter(heads.values()))} {value}{stem}/>"
        return f"<chord {value}{stem}>{''.join(f'{head}/>' for head in heads.values())}</chord>"

    def _name(self, index: int) -> str:
        """The id of the next piece of a note; from the second piece on it is tied to the one before."""
        piece = self._pieces[index] = self._pieces.get(index, 0) + 1
        name = f"{self._prefix}n{index}" + (f"-{piece}" if piece > 1 else "")
        if piece > 1:
            before = f"{self._prefix}n{index}" + (f"-{piece - 1}" if piece > 2 else "")
            self._ties.append(f'<tie startid="#{before}" endid="#{name}"/>')
        return name

    def _pitch(self, index: int, accidental: str | None) -> str:
        letter, alteration, octave = self._spelt[self._score.notes[index].pitch]
        sign = ""
        if accidental:
            sign = f' accid="{accidental}"'
        elif alteration:
            sign = f' accid.ges="{_ACCIDENTALS[alteration]}"'
        return f'pname="{_STEPS[letter]}" oct="{octave}"{sign}'

    @staticmethod
    def _stroke(place: tuple[int, bool]) -> str:
        return f'loc="{place[0]}"' + (' head.shape="x"' if place[1] else "")


@dataclass(frozen=True)
class _Style:
    """How one voice of a bar is written.

    Attributes:
        stem: "up", "down" or "" (by pitch).
        drums: Strokes, not pitches.
        alone: No other voice stands on the staff.
        hidden: (start, end) of rests that leave a space.
        shared: (start, end) of rests that all voices have: written once, in the middle.
        accidentals: By note.
    """

    stem: str
    drums: bool
    alone: bool
    hidden: set[tuple[int, int]]
    shared: set[tuple[int, int]]
    accidentals: dict[int, str]

    def rest(self, symbol: Symbol, value: str) -> str:
        """A rest, or the space in its place."""
        span = (symbol.start, symbol.end)
        if span in self.hidden:
            return f"<space {value}/>"
        middle = ' loc="4"' if not self.alone and span in self.shared else ""
        return f"<rest {value}{middle}/>"


def _hidden_rests(
    voice: Sequence[Symbol], bar: Measure, shared: set[tuple[int, int]], *, fixed: bool, first: bool
) -> set[tuple[int, int]]:
    """Rests that the first voice shows already; and, unless a singer's, those that lead to no note in their beat."""
    hidden = set()
    coming = -1  # beat of the voice's next note
    for symbol in reversed(voice):
        if symbol.event:
            coming = beat_of(bar, symbol.start)
            continue
        span = (symbol.start, symbol.end)
        if span in shared:
            if not first:
                hidden.add(span)
        elif not fixed and beat_of(bar, symbol.start) != coming:
            hidden.add(span)
    return hidden


def _rest_bar(bar: Measure, symbols: Sequence[Symbol]) -> str:
    """A bar's rest; a bar that its metre does not fill shows the rests it holds."""
    if bar.is_full:
        return "<mRest/>"
    values = (f'dur="{s.duration}"' + (f' dots="{s.dots}"' if s.dots else "") for s in symbols)
    return "".join(f"<rest {value}/>" for value in values)
