"""What lies on a person's desk in Create: a piece, the alternatives to it, locks, and the way there and back.

A ``Desk`` is a value: every action gives a new one, and the old one stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from musegen.errors import ScoreError
from musegen.score import Note, Score
from musegen.studio import Piece, Recipe

MOST_STEPS = 50
"""How far one can walk back."""
STROKES = 20
"""How many changes by hand, one after the other, are steps of their own."""
OFFERS = 8
"""Of how many of the last steps the alternatives stay."""
_Place = tuple[int, int, int]


@dataclass(frozen=True)
class Locks:
    """What no verb may change.

    Attributes:
        notes: Single notes as (onset in ticks, pitch, part).
        bars: Bars by number as printed, whole.
        voices: Parts from 0, whole.
    """

    notes: frozenset[_Place] = frozenset()
    bars: frozenset[int] = frozenset()
    voices: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.notes or self.bars or self.voices)

    def moved(self, old: Score, new: Score) -> Locks:
        """The locks as they stand in a changed piece: those of notes that are no longer there go."""
        scaled = {(onset * new.resolution // old.resolution, pitch, part) for onset, pitch, part in self.notes}
        there = {_place(note) for note in new.notes} if scaled else set()
        parts = frozenset(voice for voice in self.voices if voice < len(new.tracks))
        return Locks(frozenset(scaled & there), self.bars, parts)

    def indices(self, score: Score) -> list[int]:
        """Which of ``score.notes`` are locked."""
        spans = [(bar.start, bar.end) for bar in score.bars() if bar.number in self.bars] if self.bars else []
        return [
            index
            for index, note in enumerate(score.notes)
            if note.track in self.voices
            or (note.onset, note.pitch, note.track) in self.notes
            or any(start <= note.onset < end for start, end in spans)
        ]


@dataclass(frozen=True)
class Offer:
    """Alternatives that a verb made.

    Attributes:
        pieces: The alternatives.
        verb: Its name.
        new: Whether they are music of its own (generate), not made from the piece on the desk.
    """

    pieces: tuple[Piece, ...]
    verb: str
    new: bool = False

    @property
    def made(self) -> tuple[str, ...]:
        """Names of its music, piece by piece."""
        return tuple(piece.score.fingerprint for piece in self.pieces)


@dataclass(frozen=True)
class Step:
    """One state of the piece, and what was offered to go on from it.

    Attributes:
        score: The piece.
        how: How it came to be: "example", "upload", "draw", "sing", "play", "link", "edit", or a verb.
        recipe: Of a piece that a machine made.
        source: What that recipe worked on, if anything.
        other: The second piece of a blend.
        locks: What may not be changed.
        offer: Alternatives, None before any were asked for.
    """

    score: Score
    how: str
    recipe: Recipe | None = None
    source: Score | None = None
    other: Score | None = None
    locks: Locks = Locks()
    offer: Offer | None = None

    def same(self, other: Step) -> bool:
        """Whether it is the same piece, made in the same way, with the same alternatives if both have some."""
        if self.offer and other.offer and self.offer.made != other.offer.made:
            return False
        return self._way == other._way

    @property
    def _way(self) -> tuple[object, ...]:
        return (self.score.fingerprint, self.score.title, self.how, self.recipe and self.recipe.to_json())


@dataclass(frozen=True)
class Desk:
    """All that lies on one person's desk.

    Attributes:
        past: The steps so far, at least one; the last is what lies on the desk now.
        future: Steps that were taken back, the next one first.
        settings: What the page's controls say, as JSON values.
    """

    past: tuple[Step, ...]
    future: tuple[Step, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> Step:
        """The step that lies on the desk."""
        return self.past[-1]

    @property
    def score(self) -> Score:
        """The piece that lies on the desk."""
        return self.now.score

    @property
    def root(self) -> Step | None:
        """The step that what lies here was made from; None where that is so long ago that it is gone."""
        return next((step for step in reversed(self.past) if step.how != "edit" and step.source is None), None)

    # --- the piece ----------------------------------------------------------------------------

    def open(self, score: Score, how: str) -> Desk:
        """Another piece; the one before stays in the history. The same piece again changes nothing."""
        if score == self.score and score.title == self.score.title:
            return self
        return self._go_on(Step(score, how))

    def open_instead(self, score: Score, how: str) -> Desk:
        """Another piece in the place of this one; a step back where it is the one before."""
        if len(self.past) < 2:
            return replace(self, past=(Step(score, how),), future=())
        return replace(self, past=self.past[:-1], future=()).open(score, how)

    def edit(self, score: Score) -> Desk:
        """The piece as changed by hand. What was offered for it no longer fits; locks go with their notes."""
        if score == self.score:
            return self
        kept = self.now.locks.moved(self.score, score)
        return self._go_on(Step(score.replace(provenance=_by_hand(score)), "edit", locks=kept))

    def offered(self, pieces: Iterable[Piece], verb: str, *, new: bool = False, other: Score | None = None) -> Desk:
        """Alternatives to what lies here, in place of those before."""
        step = replace(self.now, offer=Offer(tuple(pieces), verb, new), other=other)
        return replace(self, past=(*self.past[:-1], step))

    def keep(self, index: int) -> Desk:
        """An alternative becomes the piece.

        Raises:
            ScoreError: There is no such alternative.
        """
        offer = self.now.offer
        if offer is None or not 0 <= index < len(offer.pieces):
            raise ScoreError("There is no alternative {number} to keep. Make some first.", number=index + 1)
        piece = offer.pieces[index]
        locks = Locks() if offer.new else self.now.locks.moved(self.score, piece.score)
        source = None if offer.new else self.score
        return self._go_on(Step(piece.score, offer.verb, piece.recipe, source, self.now.other, locks))

    # --- history ------------------------------------------------------------------------------

    def undo(self) -> Desk:
        """One step back, if there is one."""
        if len(self.past) < 2:
            return self
        return replace(self, past=self.past[:-1], future=(self.past[-1], *self.future))

    def redo(self) -> Desk:
        """One step forth again, if there is one."""
        if not self.future:
            return self
        return replace(self, past=(*self.past, self.future[0]), future=self.future[1:])

    def walk_to(self, index: int) -> Desk:
        """To a step of the whole way, from 0: ``(*past, *future)[index]``."""
        way = (*self.past, *self.future)
        index = min(max(index, 0), len(way) - 1)
        return replace(self, past=way[: index + 1], future=way[index + 1 :])

    def after(self, earlier: Desk) -> Desk:
        """This desk with the way of an earlier one before its own, in place of the example that it began with.

        Steps that stand in both are there once; what lies here stays the last.
        """
        own = self.past[1:] if len(self.past) > 1 and self.past[0].how == "example" else self.past
        before = [step for step in earlier.past if not step.same(self.now)]
        new = [step for step in own[:-1] if not any(step.same(old) for old in before)]
        return replace(self, past=(*before, *new, self.now)[-MOST_STEPS:])

    def _go_on(self, step: Step) -> Desk:
        past = [*(replace(old, offer=None) for old in self.past[:-OFFERS]), *self.past[-OFFERS:], step]
        strokes = next((n for n, old in enumerate(reversed(past)) if old.how != "edit"), len(past))
        if strokes > STROKES:  # of an evening of drawing the first strokes go, not what was there before
            del past[len(past) - strokes]
        return replace(self, past=tuple(past[-MOST_STEPS:]), future=())

    # --- locks --------------------------------------------------------------------------------

    def lock(self, *, notes: Iterable[int] = (), bars: Iterable[int] = (), voices: Iterable[int] = ()) -> Desk:
        """Locks notes (indices into the piece's), bars and voices, beside those that are locked."""
        places = {_place(self.score.notes[index]) for index in notes}
        old = self.now.locks
        return self._relock(Locks(old.notes | places, old.bars | set(bars), old.voices | set(voices)))

    def lock_region(self, bars: tuple[int, int] | None, voices: Iterable[int] | None) -> Desk:
        """Locks what a selection marks: bars of all voices, voices of all bars, or the notes where both meet."""
        parts = None if voices is None or set(voices) >= set(range(len(self.score.tracks))) else set(voices)
        if bars is None:
            return self.lock(voices=range(len(self.score.tracks)) if parts is None else parts)
        if parts is None:
            return self.lock(bars=range(bars[0], bars[1] + 1))
        return self.lock(notes=_inside(self.score, bars, parts))

    def unlock_region(self, bars: tuple[int, int] | None, voices: Iterable[int] | None) -> Desk:
        """Unlocks what a selection marks; what else a bar or a voice held locked stays so, note by note."""
        if bars is None and voices is None:
            return self._relock(Locks())
        parts = set(range(len(self.score.tracks))) if voices is None else set(voices)
        span = bars or (self.score.bars()[0].number, self.score.bars()[-1].number)
        return self.unlock(_inside(self.score, span, parts))

    def unlock(self, notes: Iterable[int]) -> Desk:
        """Unlocks notes (indices into the piece's); what else a bar or a voice held locked stays so, note by note."""
        freed = set(notes)
        left = [index for index in self.now.locks.indices(self.score) if index not in freed]
        return self._relock(Locks(frozenset(_place(self.score.notes[index]) for index in left)))

    def _relock(self, locks: Locks) -> Desk:
        return replace(self, past=(*self.past[:-1], replace(self.now, locks=locks)))


def _place(note: Note) -> _Place:
    return note.onset, note.pitch, note.track


def _inside(score: Score, bars: tuple[int, int], parts: Iterable[int]) -> list[int]:
    chosen = [bar for bar in score.bars() if bars[0] <= bar.number <= bars[1]]
    if not chosen:
        return []
    start, end, parts = chosen[0].start, chosen[-1].end, set(parts)
    return [i for i, note in enumerate(score.notes) if start <= note.onset < end and note.track in parts]


def _by_hand(score: Score) -> dict[str, str]:
    """The provenance of a piece that a person changed: a recipe would no longer give these notes."""
    return {name: text for name, text in score.provenance.items() if name != "recipe"}
