"""The originality report of a finished piece: what it shares with the training music, and how usual that is.

Compared is what sounds on every sixteenth, at any transposition (``evaluation/copying.py`` says how exactly). What is
not found may still stand in music that is not on the list: a report never says "original".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import log
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import STEPS_PER_QUARTER, Sampled, sample
from musegen.score import Score
from musegen.studio.originality.listing import CHOIR, WINDOW, Listing, Part, Searched, TrainingPiece, listing
from musegen.studio.originality.runs import Runs, find_runs

FURTHER = 5
"""Runs that are named beside the longest, at most."""
ENOUGH = 20
"""Real excerpts that a comparison needs, at least."""
_RARE = 0.05

Obstacle = Literal["no-list", "no-notes", "voices", "all-given", "too-short"]
"""Why nothing was compared: no list is shipped; nothing pitched sounds; the texture of so many voices is not on the
list; all these notes were given; what there is is shorter than a window."""


@dataclass(frozen=True)
class Match:
    """A run of a piece that a training piece has too.

    The run is at least so long: windows of the list begin every few sixteenths, so at either end 3 (texture) or 7
    (melody) more may be shared.

    Attributes:
        part: "texture" (all voices together) or "melody" (the first voice alone).
        piece: The training piece.
        steps: Length in sixteenths.
        beats: Length in beats of the metre (a dotted quarter in 6/8).
        bars_long: Length in bars of the metre.
        start: First tick in this score.
        end: First tick after it.
        bars: Numbers of the first and the last bar in this score.
        notes: Indices into ``score.notes`` of the notes that begin in it, of the voices that were compared.
        there: First sixteenth in the training piece, from its beginning, pick-up included.
        there_bars: Numbers of the first and the last bar there.
        transposition: Semitones that this piece lies above the training piece.
        also: How many other works on the list have all of this run too.
    """

    part: Part
    piece: TrainingPiece
    steps: int
    beats: float
    bars_long: float
    start: int
    end: int
    bars: tuple[int, int]
    notes: tuple[int, ...]
    there: int
    there_bars: tuple[int, int]
    transposition: int
    also: int


@dataclass(frozen=True)
class Usual:
    """How long the longest runs are that held-out real music of the kind shares with the training music.

    Attributes:
        kind: Whose: a style ("chorale/bach", "folk/irish"), or its family ("chorale", "folk").
        excerpts: How many real excerpts were measured.
        steps: Their length in sixteenths, as near to this piece's as there are enough.
        shorter: Share of them whose longest run is shorter than this piece's, 0-1.
        as_long: Share of them whose longest run is just as long.
        median: Their median, in sixteenths; 0 = nothing found.
        verdict: "nothing" (nothing was found here), "usual", or "unusual": at most one in twenty is as long or longer.
    """

    kind: str
    excerpts: int
    steps: int
    shorter: float
    as_long: float
    median: int
    verdict: Literal["nothing", "usual", "unusual"]


@dataclass(frozen=True)
class Comparison:
    """One way of comparing a piece with the training music.

    Attributes:
        part: "texture" or "melody".
        why: Why it could not be done; None = it was done.
        longest: The longest run; None = nothing was found.
        further: The next longest that lie elsewhere in this piece, or in another piece; at most ``FURTHER``.
        share: Share of what was made (sixteenths on which something new sounds) that lies in some run, 0-1.
        usual: The longest run beside real music's; None where real music was not measured.
        searched: What was looked through; None without a list.
    """

    part: Part
    why: Obstacle | None
    longest: Match | None = None
    further: tuple[Match, ...] = ()
    share: float = 0.0
    usual: Usual | None = None
    searched: Searched | None = None


@dataclass(frozen=True)
class OriginalityReport:
    """What a piece shares with the training music.

    Attributes:
        texture: All four voices together; of other numbers of voices its ``why`` is "voices".
        melody: The first voice alone.
    """

    texture: Comparison
    melody: Comparison

    @property
    def main(self) -> Comparison:
        """The one to show first: the texture where it was compared, else the melody."""
        return self.texture if self.texture.why is None else self.melody


def originality(score: Score, *, style: str | None = None, given: Collection[int] = ()) -> OriginalityReport:
    """The longest runs that a piece shares with the training music, and how usual such runs are.

    Args:
        score: The piece: of four voices from the top, or any music with its melody in the first part.
        style: Name of a style as the models know it ("chorale/hymn", "folk/irish"): what real music it is held against;
            None = chorales for four voices, else tunes.
        given: Indices into ``score.notes`` of the notes that somebody gave: what they alone share is nobody's copy.
            Runs are cut to the first and last sixteenth where something else sounds.

    Raises:
        CheckpointError: The list is damaged.
    """
    piece = sample(score)
    voices = piece.pitches.shape[1]
    family = "chorale" if voices == CHOIR else "folk"
    style = style if style and style.startswith(family) else family
    found = _Finder(score, piece, frozenset(given), style)
    return OriginalityReport(found.compare("texture"), found.compare("melody"))


class _Finder:
    """One piece at work."""

    def __init__(self, score: Score, piece: Sampled, given: frozenset[int], style: str) -> None:
        self.score, self.piece, self.given, self.style = score, piece, given, style
        heard = {note.track for note in score.notes}
        self.tracks = [i for i, track in enumerate(score.tracks) if i in heard and not track.is_drum]

    def compare(self, part: Part) -> Comparison:
        """The comparison of that part."""
        known = listing()
        if known is None:
            return Comparison(part, "no-list")
        searched = known.searched[part]
        pitches = self.piece.pitches if part == "texture" else self.piece.pitches[:, :1]
        made = self._made(pitches.shape[1])
        why: Obstacle | None = None
        if not self.piece.sounds.any():
            why = "no-notes"
        elif part == "texture" and pitches.shape[1] != CHOIR:
            why = "voices"
        elif not made.any():
            why = "all-given"
        elif len(pitches) < WINDOW:
            why = "too-short"
        if why:
            return Comparison(part, why, searched=searched)
        runs = find_runs(known.side(part), pitches, made)
        matches = [self._match(known, part, runs, row) for row in _apart(runs)]
        covered = np.zeros(len(pitches) + 1, np.int64)
        np.add.at(covered, runs.start, 1)
        np.add.at(covered, runs.stop, -1)
        share = float((made & (np.cumsum(covered)[:-1] > 0)).sum() / made.sum())
        longest = matches[0] if matches else None
        usual = usual_length(known.about["usual"].get(part, {}), self.style, int(made.sum()), longest)
        return Comparison(part, None, longest, tuple(matches[1:]), share, usual, searched)

    def _made(self, voices: int) -> NDArray[np.bool_]:
        """[steps] whether a note sounds in the first ``voices`` voices that was not given."""
        made = np.zeros(len(self.piece.pitches), bool)
        chosen = set(self.tracks[:voices])
        for index, note in enumerate(self.score.notes):
            if index not in self.given and note.track in chosen:
                first = self._step(note.onset)
                made[first : max(self._step(note.end), first + 1)] = True
        return made

    def _match(self, known: Listing, part: Part, runs: Runs, row: int) -> Match:
        start, stop, there = int(runs.start[row]), int(runs.stop[row]), int(runs.there[row])
        piece = known.piece(int(runs.piece[row]))
        ticks = self._tick(start), min(self._tick(stop), self.score.end)
        bars = [bar for bar in self.score.bars() if bar.start < ticks[1] and bar.end > ticks[0]]
        metre = bars[0].metre
        bar = 4 * STEPS_PER_QUARTER * metre.numerator / metre.denominator
        compound = metre.denominator >= 8 and metre.numerator % 3 == 0 and metre.numerator > 3
        beat = bar / (metre.numerator / 3 if compound else metre.numerator)
        chosen = set(self.tracks if part == "texture" else self.tracks[:1])
        return Match(
            part=part,
            piece=piece,
            steps=stop - start,
            beats=(stop - start) / beat,
            bars_long=(stop - start) / bar,
            start=ticks[0],
            end=ticks[1],
            bars=(bars[0].number, bars[-1].number),
            notes=tuple(
                index
                for index, note in enumerate(self.score.notes)
                if note.track in chosen and start <= self._step(note.onset) < stop
            ),
            there=there,
            there_bars=piece.bar_numbers(there, there + stop - start),
            transposition=int(runs.transposition[row]),
            also=_also(known, runs, row),
        )

    def _step(self, tick: int) -> int:
        """The sixteenth nearest to a tick, as ``Score.quantise`` rounds."""
        return (2 * tick * STEPS_PER_QUARTER + self.score.resolution) // (2 * self.score.resolution)

    def _tick(self, step: int) -> int:
        return step * self.score.resolution // STEPS_PER_QUARTER


def longest_run(known: Listing, part: Part, pitches: NDArray[np.int16]) -> int:
    """Sixteenths of the longest run of music [steps, voices]; 0 = nothing found."""
    runs = find_runs(known.side(part), pitches, np.ones(len(pitches), bool))
    return int(runs.steps[0]) if len(runs) else 0


def usual_length(table: dict[str, Any], style: str, steps: int, longest: Match | None) -> Usual | None:
    """A longest run beside the measured ones.

    Args:
        table: Style, length of the excerpts in sixteenths as text, [[length of the longest run, excerpts], ...].
        style: Style, or family of styles, which stands in where too little of the style was measured.
        steps: Sixteenths that were made.
        longest: The run, None = nothing found.
    """
    for kind in dict.fromkeys((style, style.split("/")[0])):
        enough = {int(n): rows for n, rows in table.get(kind, {}).items() if sum(c for _, c in rows) >= ENOUGH}
        if not enough:
            continue
        size = min(enough, key=lambda n: abs(log(n / max(steps, 1))))
        lengths = np.repeat(*np.array(enough[size]).T)
        own = longest.steps if longest else 0
        shorter, as_long = float((lengths < own).mean()), float((lengths == own).mean())
        verdict: Literal["nothing", "usual", "unusual"] = "unusual" if 1 - shorter <= _RARE else "usual"
        if not own:
            verdict = "nothing"
        return Usual(kind, len(lengths), size, shorter, as_long, int(np.median(lengths)), verdict)
    return None


def _apart(runs: Runs) -> list[int]:
    """Rows of the longest run and of the next ones that don't mostly lie within one that is named already.

    Of runs that are equally long and lie in one place one is named: of editions of a work that which more people have.
    """
    chosen: list[int] = []
    for row in range(len(runs)):
        start, stop = runs.start[row], runs.stop[row]
        shared = [min(stop, runs.stop[other]) - max(start, runs.start[other]) for other in chosen]
        if all(2 * common < stop - start for common in shared):
            chosen.append(row)
            if len(chosen) > FURTHER:
                break
    return chosen


def _also(known: Listing, runs: Runs, row: int) -> int:
    """Other works that have the whole of a run; another edition of its own work is none."""
    whole = (runs.start <= runs.start[row]) & (runs.stop >= runs.stop[row])
    twins = set(known.about["twins"])
    return len({int(piece) for piece in runs.piece[whole]} - {int(runs.piece[row])} - twins)
