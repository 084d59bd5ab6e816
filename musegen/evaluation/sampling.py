"""A score as the measures hear it: which pitch each part sounds on every sixteenth, and where notes begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musegen.score import Bar, Key, Score
from musegen.theory import key_of

SILENT = -1
STEPS_PER_QUARTER = 4


class Ratio(NamedTuple):
    """``events`` in so many ``places`` where they could have been; no places where a measure does not apply."""

    events: float
    places: float


NONE = Ratio(0.0, 0.0)


@dataclass(frozen=True)
class Measure:
    """One number about a piece or a set of pieces.

    A piece gives a ``Ratio``; a set's value is ``scale`` times the sum of its events over the sum of its places: a long
    piece weighs more where events are counted, and all weigh the same where there is one place each (a plain mean).

    Attributes:
        name: Unique, in snake_case.
        unit: What the value is given in, in words.
        scale: 100 for a share in %, 1 for a plain mean.
        count: The measure itself.
        published: The same as published code has it, where that differs from its own definition; None elsewhere.
    """

    name: str
    unit: str
    scale: float
    count: Callable[[Sampled], Ratio]
    published: Callable[[Sampled], Ratio] | None = None

    def of(self, piece: Sampled) -> float | None:
        """Its value for one piece; None where it does not apply."""
        events, places = self.count(piece)
        return self.scale * events / places if places else None


@dataclass(frozen=True, eq=False)
class Sampled:
    """A score on sixteenths, without its drums; made by ``sample``.

    Attributes:
        source: The score as it was given: drums, triplets and all.
        score: The score, quantised to sixteenths, with its sounding pitched parts only.
        pitches: [steps, parts] MIDI pitch or ``SILENT``; of several notes in a part the highest.
        onsets: [steps, parts] whether what sounds begins here.
    """

    source: Score
    score: Score
    pitches: NDArray[np.int16]
    onsets: NDArray[np.bool_]

    @property
    def sounds(self) -> NDArray[np.bool_]:
        """[steps, parts] whether the part sounds."""
        return np.not_equal(self.pitches, SILENT)

    @cached_property
    def changes(self) -> NDArray[np.intp]:
        """The steps (from 1 on) on which some part sounds another pitch than before, or begins or ends."""
        return np.flatnonzero((self.pitches[1:] != self.pitches[:-1]).any(axis=1)) + 1

    @cached_property
    def chords(self) -> NDArray[np.int16]:
        """[chords, parts] what sounds, without immediate repetitions, and without general rests."""
        if not len(self.pitches):
            return self.pitches
        rows = self.pitches[np.concatenate([[0], self.changes]).astype(int)]
        return np.asarray(rows[(rows != SILENT).any(axis=1)])

    @cached_property
    def lines(self) -> list[NDArray[np.int64]]:
        """For every part the pitches of its notes, in order."""
        return [p[o].astype(np.int64) for p, o in zip(self.pitches.T, self.onsets.T, strict=True)]

    @cached_property
    def bars(self) -> list[tuple[int, int, Bar]]:
        """First step, length in steps, and the bar itself; a bar shorter than half a sixteenth is left out."""
        marks = [(self._step(bar.start), self._step(bar.end) - self._step(bar.start), bar) for bar in self.score.bars()]
        return [mark for mark in marks if mark[1] > 0]

    @cached_property
    def beats(self) -> NDArray[np.intp]:
        """Steps on which a beat begins: a quarter in 4/4, an eighth in 3/8 and 5/8, a dotted quarter in 6/8."""
        beats = []
        for _, _, bar in self.bars:
            metre = bar.metre
            whole = 4 * self.score.resolution
            compound = metre.denominator >= 8 and metre.numerator % 3 == 0 and metre.numerator > 3
            beat = whole * (3 if compound else 1) // metre.denominator
            # A pick-up is the end of a bar, so its beats count from where that bar would have begun.
            first = bar.end - whole * metre.numerator // metre.denominator if bar.number == 0 else bar.start
            beats += [self._step(tick) for tick in range(first, bar.end, beat) if tick >= bar.start]
        steps = np.unique(np.array(beats, np.intp))
        return steps[steps < len(self.pitches)]

    @cached_property
    def key(self) -> Key:
        """The key that the score states, or the likeliest."""
        return key_of(self.score)

    def _step(self, tick: int) -> int:
        return (2 * tick * STEPS_PER_QUARTER + self.score.resolution) // (2 * self.score.resolution)


def sample(score: Score) -> Sampled:
    """The score on sixteenths; an empty score, or one of drums only, has no steps."""
    sounding = {n.track for n in score.notes}
    parts = [i for i, track in enumerate(score.tracks) if i in sounding and not track.is_drum]
    source = score
    score = score.select_tracks(parts).quantise(STEPS_PER_QUARTER)
    step = score.resolution // STEPS_PER_QUARTER
    pitches = np.full((score.end // step, len(parts)), SILENT, np.int16)
    attacks = np.zeros(pitches.shape, np.bool_)
    for note in sorted(score.notes, key=lambda n: (n.pitch, n.onset)):  # the highest comes last, and stays
        start, stop = note.onset // step, note.end // step
        pitches[start:stop, note.track] = note.pitch
        attacks[start:stop, note.track] = False
        attacks[start, note.track] = True
    moved = np.diff(pitches, axis=0, prepend=SILENT) != 0  # a lower note comes out from under a higher one
    return Sampled(source, score, pitches, (attacks | moved) & (pitches != SILENT))
