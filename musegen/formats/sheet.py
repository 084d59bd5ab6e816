"""The written page between a notation file and a ``Score``: measures with their notes, repeats not yet played.

The readers of MusicXML, ABC and Humdrum fill a ``Sheet``; ``play.assemble`` makes a score of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.repeats import Signs
from musegen.score import Key, Track

Time = int | Fraction
"""A time on the page in the sheet's unit, of which ``Sheet.resolution`` make a quarter note."""


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
        tempos: Quarter notes a minute, by offset.
        signs: Repeat signs.
        pickup: Whether this, as the first measure, is a pick-up; None where only its length can tell.
    """

    notes: list[SheetNote] = field(default_factory=list)
    length: Time = 0
    metre: tuple[int, int] | None = None
    tempos: dict[Time, float] = field(default_factory=dict)
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
    count: int = 0
    sections: dict[str, int] = field(default_factory=dict)  # label: its first measure
    section_order: list[str] = field(default_factory=list)
    sections_plain: bool = False  # the order of sections says all; repeat signs only repeat it
    remarks: list[tuple[str, int | None, int, str]] = field(default_factory=list)

    def add(self, measure: Measure, note: SheetNote) -> None:
        """Puts a note into a measure.

        Raises:
            ScoreError: More notes than the limit.
        """
        measure.notes.append(note)
        self.count += 1
        if self.count > LIMITS.notes:
            raise refuse("notes", count=self.count, limit=LIMITS.notes)

    def remark(self, kind: str, measure: int | None = None, *, count: int = 1, text: str = "") -> None:
        """Notes for the report that ``kind`` happened in a measure (index), or in the file at large."""
        if count:
            self.remarks.append((kind, measure, count, text))
