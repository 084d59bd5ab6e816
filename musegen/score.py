"""The one musical value: ``Score``, made of frozen ``Note``, ``Track``, ``Tempo``, ``Metre`` and ``Key``.

Times are integer *ticks*, ``Score.resolution`` of them to a quarter note; every other unit is a suffix
(``_s`` seconds, ``_bars``, ``_steps``). Tick 0 is where the music on the page begins: with a pick-up
(``Score.pickup`` > 0) that is the start of an incomplete first bar of ``pickup`` ticks. Bars are counted
from 1 at the first *complete* bar; the pick-up bar is bar 0, as musicians and MusicXML count.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any, TypeVar

from musegen.errors import ScoreError

DEFAULT_RESOLUTION = 480
_Event = TypeVar("_Event", "Tempo", "Metre")
_LETTERS = ("F", "C", "G", "D", "A", "E", "B")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One sounding note.

    Attributes:
        onset: Start in ticks, >= 0.
        pitch: MIDI note number, 0-127 (60 = middle C); on a drum track the General MIDI drum.
        duration: Length in ticks, >= 1.
        velocity: How loud, 1-127.
        track: Index into ``Score.tracks``.
    """

    onset: int
    pitch: int
    duration: int
    velocity: int = 80
    track: int = 0

    @property
    def end(self) -> int:
        """First tick after the note."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Track:
    """One part: a name, a General MIDI program (0-127), and whether it is a drum part."""

    name: str = ""
    program: int = 0
    is_drum: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Tempo:
    """From ``tick`` on, ``qpm`` quarter notes a minute."""

    tick: int
    qpm: float


@dataclass(frozen=True, slots=True, order=True)
class Metre:
    """From ``tick`` on, ``numerator``/``denominator``; the denominator is a power of two."""

    tick: int
    numerator: int
    denominator: int

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key signature: ``fifths`` sharps (negative: flats), -7..7, and the mode if it is known.

    ``mode`` is "major", "minor" or "" where the source states a signature only.
    """

    fifths: int
    mode: str = ""

    @property
    def tonic(self) -> int:
        """Pitch class 0-11 of the tonic (of the major key where the mode is unknown)."""
        return (self.fifths * 7 + (9 if self.mode == "minor" else 0)) % 12

    @property
    def name(self) -> str:
        """The key in words, as in "D minor", "E-flat major", or "2 flats" where the mode is unknown."""
        if not self.mode:
            count = abs(self.fifths)
            kind = "sharp" if self.fifths > 0 else "flat"
            return f"{count} {kind}{'' if count == 1 else 's'}" if count else "no sharps or flats"
        place = self.fifths + 1 + (3 if self.mode == "minor" else 0)
        sign = {-2: "-double-flat", -1: "-flat", 0: "", 1: "-sharp", 2: "-double-sharp"}[place // 7]
        return f"{_LETTERS[place % 7]}{sign} {self.mode}"

    def transpose(self, semitones: int) -> Key:
        """The key ``semitones`` higher, spelt with the fewest sharps or flats (-5..6)."""
        fifths = (self.fifths + 7 * semitones + 5) % 12 - 5
        return Key(self.fifths if semitones % 12 == 0 else fifths, self.mode)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a score: its number as printed, first tick, length in ticks, and metre."""

    number: int
    start: int
    length: int
    metre: Metre

    @property
    def end(self) -> int:
        """First tick after the bar."""
        return self.start + self.length


@dataclass(frozen=True, eq=False)
class Score:
    """A piece of music; immutable, sorted and validated on construction.

    ``a == b`` is musical equality: the same notes at the same times (whatever the resolution), parts,
    tempo, metre, key and pick-up. Title, composer and provenance don't count.

    Attributes:
        notes: Sorted by (onset, pitch, duration, velocity, track).
        tracks: Parts from top to bottom; at least one.
        resolution: Ticks per quarter note.
        tempos: Tempo map, the first at tick 0 (120 when none is given).
        metres: Metre map, the first at tick 0 (4/4 when none is given).
        key: Key signature, or None where the source states none.
        pickup: Length in ticks of an incomplete first bar; 0 = none.
        title: Title, free text.
        composer: Composer, free text.
        provenance: Where it came from: text by name ("source", "sha256", "recipe", ...).

    Raises:
        ScoreError: A value is out of range.
    """

    notes: tuple[Note, ...]
    tracks: tuple[Track, ...] = (Track(),)
    resolution: int = DEFAULT_RESOLUTION
    tempos: tuple[Tempo, ...] = (Tempo(0, 120.0),)
    metres: tuple[Metre, ...] = (Metre(0, 4, 4),)
    key: Key | None = None
    pickup: int = 0
    title: str = ""
    composer: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("notes", tuple(sorted(self.notes)))
        put("tracks", tuple(self.tracks) or (Track(),))
        put("tempos", _normal_map(self.tempos, Tempo(0, 120.0)))
        put("metres", _normal_map(self.metres, Metre(0, 4, 4)))
        self._validate()
        if self.pickup and self.pickup >= self._bar_length(self.metres[0]):
            put("pickup", 0)

    def _validate(self) -> None:
        if self.resolution < 1:
            raise ScoreError(
                "A score needs at least 1 tick per quarter note, not {resolution}.", resolution=self.resolution
            )
        for note in self.notes:
            if not (0 <= note.pitch <= 127 and note.onset >= 0 and note.duration >= 1):
                raise ScoreError(
                    "A note is out of range: {note}. Pitch is 0-127, onset >= 0, duration >= 1.", note=note
                )
            if not (1 <= note.velocity <= 127 and 0 <= note.track < len(self.tracks)):
                raise ScoreError(
                    "A note is out of range: {note}. Velocity is 1-127, track 0-{most}.",
                    note=note,
                    most=len(self.tracks) - 1,
                )
        for track in self.tracks:
            if not 0 <= track.program <= 127:
                raise ScoreError(
                    "Program {program} of part “{name}” is not one of 0-127.", program=track.program, name=track.name
                )
        for tempo in self.tempos:
            if not 0 < tempo.qpm < 10_000:
                raise ScoreError("A tempo of {tempo} quarter notes a minute can't be played.", tempo=tempo.qpm)
        for metre in self.metres:
            power_of_two = metre.denominator > 0 and metre.denominator & (metre.denominator - 1) == 0
            if metre.numerator < 1 or not power_of_two or (4 * self.resolution * metre.numerator) % metre.denominator:
                raise ScoreError(
                    "{metre} is not a metre that fits {resolution} ticks per quarter note.",
                    metre=metre,
                    resolution=self.resolution,
                )
        if self.key and not (-7 <= self.key.fifths <= 7 and self.key.mode in ("", "major", "minor")):
            raise ScoreError("{key} is not a key: -7..7 fifths, mode major, minor or empty.", key=self.key)
        if self.pickup < 0:
            raise ScoreError("A pick-up of {pickup} ticks is not possible.", pickup=self.pickup)

    # --- equality -----------------------------------------------------------------------------

    def _music(self) -> tuple[Any, ...]:
        unit = self.resolution
        for value in (self.pickup, *(m.tick for m in self.metres), *(t.tick for t in self.tempos)):
            unit = gcd(unit, value)
        for note in self.notes:
            if unit == 1:
                break
            unit = gcd(gcd(unit, note.onset), note.duration)
        return (
            self.resolution // unit,
            tuple((n.onset // unit, n.pitch, n.duration // unit, n.velocity, n.track) for n in self.notes),
            self.tracks,
            tuple((t.tick // unit, round(t.qpm, 2)) for t in self.tempos),
            tuple((m.tick // unit, m.numerator, m.denominator) for m in self.metres),
            self.key,
            self.pickup // unit,
        )

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return self._music() == other._music() if isinstance(other, Score) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._music())

    @cached_property
    def fingerprint(self) -> str:
        """A name for exactly this music: 16 hexadecimal digits, the same for equal scores."""
        return hashlib.sha256(repr(self._music()).encode()).hexdigest()[:16]

    # --- time ---------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """First tick after the last note; 0 for an empty score."""
        return max((note.end for note in self.notes), default=0)

    def _bar_length(self, metre: Metre) -> int:
        return 4 * self.resolution * metre.numerator // metre.denominator

    def bars(self) -> tuple[Bar, ...]:
        """All bars that hold music, in order: bar 0 is the pick-up if there is one. Never empty."""
        return tuple(self._iter_bars())

    def _iter_bars(self) -> Iterator[Bar]:
        end, start, number = max(self.end, 1), 0, 1
        if self.pickup:
            yield Bar(0, 0, self.pickup, self.metres[0])
            start = self.pickup
        ticks = [metre.tick for metre in self.metres]
        while start < end:
            metre = self.metres[bisect_right(ticks, start) - 1]
            length = self._bar_length(metre)
            following = bisect_right(ticks, start)
            if following < len(ticks):  # a change of metre inside a bar cuts the bar short
                length = min(length, ticks[following] - start)
            yield Bar(number, start, length, metre)
            start += length
            number += 1

    def seconds(self, tick: int) -> float:
        """Time of ``tick`` in seconds from the start, by the tempo map."""
        total = 0.0
        for tempo, following in zip(self.tempos, (*self.tempos[1:], None), strict=True):
            stop = tick if following is None else min(tick, following.tick)
            total += max(stop - tempo.tick, 0) / self.resolution * 60.0 / tempo.qpm
        return total

    @property
    def duration_s(self) -> float:
        """Length in seconds to the end of the last note."""
        return self.seconds(self.end)

    # --- what one does with music -------------------------------------------------------------

    def replace(self, **changes: Any) -> Score:  # noqa: ANN401 - whatever the attribute's type is
        """A copy with the given attributes changed (validated again)."""
        return replace(self, **changes)

    def transpose(self, semitones: int) -> Score:
        """Every pitched part ``semitones`` higher, key signature with it; drums stay.

        Raises:
            ScoreError: A note would leave 0-127.
        """
        notes = tuple(n if self.tracks[n.track].is_drum else replace(n, pitch=n.pitch + semitones) for n in self.notes)
        return self.replace(notes=notes, key=self.key.transpose(semitones) if self.key else None)

    def with_resolution(self, resolution: int) -> Score:
        """The same music in other ticks; times that don't fit are rounded to the nearest tick."""
        if resolution == self.resolution:
            return self

        def scale(tick: int) -> int:
            return round(Fraction(tick * resolution, self.resolution))

        return self.replace(
            resolution=resolution,
            notes=tuple(
                replace(n, onset=scale(n.onset), duration=max(1, scale(n.end) - scale(n.onset))) for n in self.notes
            ),
            tempos=tuple(replace(t, tick=scale(t.tick)) for t in self.tempos),
            metres=tuple(replace(m, tick=scale(m.tick)) for m in self.metres),
            pickup=scale(self.pickup),
        )

    def quantise(self, steps_per_quarter: int = 4) -> Score:
        """Onsets and ends moved to the nearest grid line (halves go up); no note gets shorter than a step."""

        def near(tick: int) -> int:
            return (2 * tick * steps_per_quarter + self.resolution) // (2 * self.resolution)

        if self.resolution % steps_per_quarter:
            return self.with_resolution(lcm(self.resolution, steps_per_quarter)).quantise(steps_per_quarter)
        step = self.resolution // steps_per_quarter
        notes = []
        for n in self.notes:
            start = near(n.onset)
            notes.append(replace(n, onset=start * step, duration=max(1, near(n.end) - start) * step))
        return self.replace(notes=tuple(notes))

    def slice_bars(self, first: int, last: int) -> Score:
        """Bars ``first`` to ``last`` inclusive (numbers as printed), moved to tick 0.

        Notes that begin before are left out; notes that sound past the end are cut there. Tempo and metre in
        force at the start are kept.

        Raises:
            ScoreError: The score has no such bars.
        """
        chosen = [bar for bar in self.bars() if first <= bar.number <= last]
        if not chosen:
            numbers = [bar.number for bar in self.bars()]
            raise ScoreError(
                "There are no bars {first}-{last}: the score has bars {lowest}-{highest}.",
                first=first,
                last=last,
                lowest=numbers[0],
                highest=numbers[-1],
            )
        start, end = chosen[0].start, chosen[-1].end
        return self.replace(
            notes=tuple(
                replace(n, onset=n.onset - start, duration=min(n.end, end) - n.onset)
                for n in self.notes
                if start <= n.onset < end
            ),
            tempos=tuple(Tempo(max(t.tick - start, 0), t.qpm) for t in self.tempos if t.tick < end),
            metres=tuple(replace(m, tick=max(m.tick - start, 0)) for m in self.metres if m.tick < end),
            pickup=self.pickup if chosen[0].number == 0 else 0,
        )

    def track_notes(self, track: int) -> tuple[Note, ...]:
        """The notes of one part, in order."""
        return tuple(n for n in self.notes if n.track == track)

    def select_tracks(self, tracks: Iterable[int]) -> Score:
        """Only the given parts, in the given order.

        Raises:
            ScoreError: There is no such part.
        """
        order = list(tracks)
        if any(not 0 <= t < len(self.tracks) for t in order):
            raise ScoreError(
                "There are no parts {order}: the score has parts 0-{most}.", order=order, most=len(self.tracks) - 1
            )
        place = {old: new for new, old in enumerate(order)}
        return self.replace(
            tracks=tuple(self.tracks[t] for t in order),
            notes=tuple(replace(n, track=place[n.track]) for n in self.notes if n.track in place),
        )

    def merge(self, other: Score) -> Score:
        """Both scores at once: ``other``'s parts below mine; tempo, metre, key and pick-up are mine."""
        resolution = lcm(self.resolution, other.resolution)
        mine, theirs = self.with_resolution(resolution), other.with_resolution(resolution)
        shift = len(mine.tracks)
        return mine.replace(
            tracks=mine.tracks + theirs.tracks,
            notes=mine.notes + tuple(replace(n, track=n.track + shift) for n in theirs.notes),
        )


def _normal_map(events: Iterable[_Event], default: _Event) -> tuple[_Event, ...]:
    """Sorted by tick, one event a tick (the last wins), no event that changes nothing, one at tick 0."""
    by_tick = {event.tick: event for event in events}
    if any(tick < 0 for tick in by_tick):
        raise ScoreError("A tempo or metre can't begin before the music (its tick is negative).")
    by_tick.setdefault(0, default)
    result: list[_Event] = []
    for tick in sorted(by_tick):
        event = by_tick[tick]
        if not result or replace(result[-1], tick=0) != replace(event, tick=0):
            result.append(event)
    return tuple(result)
