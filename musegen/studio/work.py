"""A given score made ready for the model: one part a column of the grid, the caller's own ticks kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import lcm

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, REST, LaneCodec, LaneGrid
from musegen.score import Note, Score
from musegen.studio.voices import LANES_FOR, VOICES


@dataclass(frozen=True, eq=False)
class Work:
    """A given score, ready for the model: one part a column, its own ticks kept.

    Attributes:
        score: The parts that are worked on.
        grid: The same on the model's grid.
        lanes: Which of the model's lanes the columns of the grid are.
        given: What was given, all parts, in the ticks of ``score``.
        ratio: How many of these ticks are one of the caller's.
        parts: Which parts of it the columns are; empty where they were folded.
    """

    score: Score
    grid: LaneGrid
    lanes: tuple[int, ...]
    given: Score
    ratio: int
    parts: tuple[int, ...]

    @property
    def style(self) -> str:
        """The family that so many voices suggest."""
        return "folk" if len(self.lanes) == 1 else "chorale"

    @property
    def step(self) -> int:
        """Ticks of a grid step."""
        return self.score.resolution // self.grid.steps_per_quarter

    def tokens(self, steps: int = 0) -> NDArray[np.int16]:
        """The tokens of the grid, at rest up to so many steps."""
        short = max(steps - len(self.grid.tokens), 0)
        return np.pad(self.grid.tokens, ((0, short), (0, 0)), constant_values=REST)

    def place(self, note: Note, steps: int) -> int:
        """The step on which the grid of so many steps has a note of ``score``."""
        return min(nearest_step(note.onset, self.step) + self.grid.lead, steps - 1)

    def span(self, bars: tuple[int, int]) -> tuple[int, int]:
        """First step, and the one after the last, of bars as printed.

        Raises:
            ScoreError: The score has no such bars.
        """
        existing = self.score.bars()
        chosen = [bar for bar in existing if bars[0] <= bar.number <= bars[1]]
        if not chosen:
            raise ScoreError(
                "There are no bars {first}-{last}: the score has bars {lowest}-{highest}.",
                first=bars[0],
                last=bars[1],
                lowest=existing[0].number,
                highest=existing[-1].number,
            )
        return self.grid.lead + chosen[0].start // self.step, self.grid.lead - (-chosen[-1].end // self.step)

    def columns(self, voices: Sequence[int | str] | None) -> list[int]:
        """Columns of the grid for numbers or names of voices."""
        if voices is None:
            return list(range(len(self.lanes)))
        names = [track.name.lower() for track in self.score.tracks]
        choir = [VOICES[lane] for lane in self.lanes]
        found = []
        for voice in voices:
            if isinstance(voice, int) and 0 <= voice < len(names):
                found.append(voice)
            elif isinstance(voice, str) and voice.lower() in names:
                found.append(names.index(voice.lower()))
            elif isinstance(voice, str) and len(choir) > 1 and voice.lower() in choir:
                found.append(choir.index(voice.lower()))
            else:
                known = ", ".join(track.name or str(i) for i, track in enumerate(self.score.tracks))
                raise ScoreError(
                    "There is no voice “{voice}” in this score. Its voices: {known}.", voice=voice, known=known
                )
        return sorted(set(found))


def prepare(checkpoint: Checkpoint, score: Score) -> Work:
    """Keeps the parts as they are where each holds one note at a time; else folds them into four lanes.

    Raises:
        ScoreError: No pitched notes.
    """
    resolution = score.resolution
    score = with_steps(score, checkpoint.codec.steps_per_quarter)
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum]
    if len(pitched) != checkpoint.codec.lanes or not score.notes:  # of a whole choir silent voices count too
        pitched = [i for i in pitched if score.track_notes(i)]
    codec = LaneCodec(min(max(len(pitched), 1), checkpoint.codec.lanes), checkpoint.codec.steps_per_quarter)
    if len(pitched) == 1 and _polyphonic(score.track_notes(pitched[0])):
        codec = checkpoint.codec
    grid = codec.encode(score)
    folded = any(what == "folded" for what, _ in grid.remarks)
    own = codec.decode(grid) if folded else score.select_tracks(pitched)
    return Work(
        own, grid, LANES_FOR[codec.lanes], score, score.resolution // resolution, () if folded else tuple(pitched)
    )


def columns_of(checkpoint: Checkpoint, score: Score, parts: Sequence[int]) -> list[int] | None:
    """What the verbs call parts of a score: "voices" by number; silent parts are left out.

    Args:
        checkpoint: The composer.
        score: What is to be worked on.
        parts: Numbers of its parts, from 0.

    Returns:
        The numbers; None where the parts were folded into others, and none of them stands for itself.

    Raises:
        ScoreError: No pitched notes.
    """
    known = prepare(checkpoint, score).parts
    return [known.index(part) for part in parts if part in known] if known else None


def with_steps(score: Score, steps_per_quarter: int) -> Score:
    """The same score in ticks that make up whole grid steps."""
    return score.with_resolution(lcm(score.resolution, steps_per_quarter))


def _polyphonic(notes: Sequence[Note]) -> bool:
    """More than a few notes sound together with others; a slur's overlap is none."""
    overlaps = sum(a.end - b.onset > (a.duration // 2) for a, b in pairwise(notes))
    return overlaps > 0.02 * len(notes)


def whole_notes(tokens: NDArray[np.int16], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``free`` [steps, lanes] changed so that notes come and go whole.

    The held part of a note that begins outside is not free; the held part of a note that begins inside is.
    """
    free = free.copy()
    for step in range(1, len(tokens)):
        held = tokens[step] == HOLD
        free[step] = np.where(held, free[step - 1] & held, free[step])
    return free


def nearest_step(tick: int, step: int) -> int:
    """The grid step nearest to a tick; halves go up, as in ``Score.quantise``."""
    return (2 * tick + step) // (2 * step)
