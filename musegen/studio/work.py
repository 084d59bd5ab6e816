"""A given score made ready for the model: one part a column of the grid, the caller's own ticks kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from math import lcm

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, REST, LaneCodec, LaneGrid, one_at_a_time, sounding
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
        home: For every column the part of ``given`` that takes what is composed there; empty where the result has the
            parts of ``score`` instead of those that were given.
        columned: With ``home``, every note of ``given`` and its column; -1 = not worked on.
    """

    score: Score
    grid: LaneGrid
    lanes: tuple[int, ...]
    given: Score
    ratio: int
    parts: tuple[int, ...]
    home: tuple[int, ...] = ()
    columned: tuple[tuple[Note, int], ...] = ()

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
        existing = (self.given if self.home else self.score).bars()
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

    def beyond(self, parts: Sequence[int], steps: int) -> NDArray[np.bool_]:
        """Cells [steps, columns] of parts of ``given`` that are not among these."""
        cells = np.zeros((steps, len(self.lanes)), bool)
        if self.parts:
            cells[:, [column for column, part in enumerate(self.parts) if part not in parts]] = True
            return cells
        tokens = self.tokens(steps)
        for note, column in self.columned:
            step = self.place(note, steps)
            if column >= 0 and note.track not in parts and tokens[step, column] == note.pitch:
                cells[step, column] = True
        return cells


def prepare(checkpoint: Checkpoint, score: Score) -> Work:
    """Keeps the parts as they are where each holds one note at a time; else folds them into four lanes.

    Raises:
        ScoreError: No pitched notes.
    """
    resolution = score.resolution
    score = with_steps(score, checkpoint.codec.steps_per_quarter)
    pitched = pitched_parts(checkpoint, score)
    codec = LaneCodec(min(max(len(pitched), 1), checkpoint.codec.lanes), checkpoint.codec.steps_per_quarter)
    if len(pitched) == 1 and _polyphonic(score.track_notes(pitched[0])):
        codec = checkpoint.codec
    grid = codec.encode(score)
    folded = any(what == "folded" for what, _ in grid.remarks)
    own = codec.decode(grid) if folded else score.select_tracks(pitched)
    return Work(
        own, grid, LANES_FOR[codec.lanes], score, score.resolution // resolution, () if folded else tuple(pitched)
    )


def prepare_bars(
    checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, parts: Sequence[int] | None = None
) -> Work:
    """As ``prepare``, for a verb that may change some bars only: what is outside them comes back as it was given.

    A part is a voice where it holds one note at a time in these bars; elsewhere the grid follows one of its notes.
    Where the parts that may change are no more than the model has lanes, and voices all, the columns are these, and
    up to as many others beside them for context. Else all parts are folded, and what is composed goes to the parts
    that most notes of each lane came from. Only where no part is named and all bars may change the result has the
    folded voices.

    Args:
        checkpoint: The composer.
        score: What is to be worked on.
        bars: First and last bar that may change, as printed; None = all.
        parts: Numbers, from 0, of the parts that may change; None = all.

    Raises:
        ScoreError: No pitched notes, or a part that has no pitches.
    """
    for part in parts or ():
        if not 0 <= part < len(score.tracks) or score.tracks[part].is_drum:
            raise ScoreError("Part {part} can't be written anew: there is none, or it is a drum part.", part=part + 1)
    if parts is None and _all_of(score, bars):
        return prepare(checkpoint, score)
    resolution, spq = score.resolution, checkpoint.codec.steps_per_quarter
    given = with_steps(score, spq)
    columns = _columns(checkpoint, given, bars, parts)
    if not columns:
        return _folded(checkpoint, given, bars, parts, given.resolution // resolution)
    own = given.select_tracks(columns)
    line = own
    if len(columns) > 1 or _polyphonic(own.notes):
        # Of notes that sound together the grid has one; the others are neither seen nor changed.
        lines = (one_at_a_time(own.track_notes(column))[0] for column in range(len(columns)))
        line = own.replace(notes=tuple(chain.from_iterable(lines)))
    grid = LaneCodec(len(columns), spq).encode(line)
    column_of = {part: column for column, part in enumerate(columns)}
    columned = tuple((note, column_of.get(note.track, -1)) for note in given.notes)
    ratio = given.resolution // resolution
    return Work(own, grid, LANES_FOR[len(columns)], given, ratio, columns, columns, columned)


def laid_out(
    checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, parts: Sequence[int] | None = None
) -> str:
    """What becomes of a score that a verb works on, for people to know beforehand; see ``prepare_bars``.

    Returns:
        "" = its parts stay parts, "bars" = these bars are dealt out to four voices and given back to the parts,
        "whole" = all of it becomes four voices.
    """
    if parts is None and _all_of(score, bars):
        return "" if prepare(checkpoint, score).parts else "whole"
    return "" if _columns(checkpoint, score, bars, parts) else "bars"


def _all_of(score: Score, bars: tuple[int, int] | None) -> bool:
    existing = score.bars()
    return bars is None or not existing or (bars[0] <= existing[0].number and bars[1] >= existing[-1].number)


def _region(score: Score, bars: tuple[int, int] | None) -> tuple[int, int]:
    """First tick, and the one after the last, of bars; all of the score where it has none of these."""
    existing = score.bars()
    chosen = [bar for bar in existing if bars is None or bars[0] <= bar.number <= bars[1]] or existing
    return chosen[0].start, chosen[-1].end


def _columns(
    checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, parts: Sequence[int] | None
) -> tuple[int, ...]:
    """The parts that are the columns; none where they have to be folded."""
    most, (start, stop) = checkpoint.codec.lanes, _region(score, bars)
    start = max(start - score.resolution // (2 * checkpoint.codec.steps_per_quarter), 0)  # what is rounded into them
    pitched = pitched_parts(checkpoint, score)
    here = {
        i: [n for n in score.track_notes(i) if n.onset < stop and n.end > start] for i in {*pitched, *(parts or ())}
    }
    single = [i for i in sorted(here) if not _chords(here[i])]
    if len(pitched) == 1 and not _polyphonic(score.track_notes(pitched[0])):
        single = sorted({*single, *pitched})  # a tune with a chord or two is one, see ``prepare``
    chosen = pitched if parts is None else sorted(set(parts))
    if not 1 <= len(chosen) <= most or not set(chosen) <= set(single):
        return ()
    if len(single) == len(here) <= most:  # the parts of a choir stand as they do in the whole
        return tuple(sorted(here))

    def height(part: int) -> float:
        return float(np.mean([n.pitch for n in here[part] or score.track_notes(part)] or [0]))

    others = sorted((i for i in single if i not in chosen and here[i]), key=height)
    context = [*others[:1], *others[:0:-1]][: most - len(chosen)]  # the bass, then from the top
    return tuple(sorted([*chosen, *context], key=lambda part: (-height(part), part)))


def _chords(notes: Sequence[Note]) -> bool:
    """Whether notes of a part sound together; a slur's overlap is none."""
    return any(a.end - b.onset > a.duration // 2 for a, b in pairwise(notes))


def _folded(
    checkpoint: Checkpoint, given: Score, bars: tuple[int, int] | None, parts: Sequence[int] | None, ratio: int
) -> Work:
    """Parts folded into the model's lanes, every note of theirs with the lane that it came to or is next to."""
    codec = checkpoint.codec
    dealt = [i for i, t in enumerate(given.tracks) if not t.is_drum and given.track_notes(i)]
    if parts is not None and len(set(dealt) - set(parts)) > 1:  # a tune is heard too; many parts would leave no room
        dealt = [part for part in dealt if part in parts]
    grid = codec.encode(given.select_tracks(dealt))
    grid = replace(grid, remarks=tuple((what, count) for what, count in grid.remarks if what == "folded"))
    work = Work(codec.decode(grid), grid, LANES_FOR[codec.lanes], given, ratio, ())
    tokens, steps = work.tokens(), len(grid.tokens)
    heard = sounding(tokens)
    start, stop = _region(given, bars)
    columned = []
    weights = np.zeros((codec.lanes, len(given.tracks)), np.int64)  # notes of every part in every lane
    for note in given.notes:
        column = -1
        if note.track in dealt:
            step = work.place(note, steps)
            # Its own onset before what sounds there anyhow; else the voice that is nearest.
            apart = np.abs(heard[step].astype(int) - note.pitch) + np.where(heard[step] < REST, 0, 1000)
            column = int(np.argmin(2 * apart + (tokens[step] != note.pitch)))
            if parts is None or note.track in parts:
                weights[column, note.track] += len(given.notes) if start <= note.onset < stop else 1
        columned.append((note, column))
    home = [int(row.argmax()) if row.any() else -1 for row in weights]
    known = [part for part in home if part >= 0]
    home = [part if part >= 0 else known[min(column, len(known) - 1)] for column, part in enumerate(home)]
    return replace(work, home=tuple(home), columned=tuple(columned))


def pitched_parts(checkpoint: Checkpoint, score: Score) -> list[int]:
    """Numbers, from 0, of the parts that can be worked on: no drums, and silent ones only in a whole choir."""
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum]
    if len(pitched) == checkpoint.codec.lanes and score.notes:
        return pitched
    playing = {note.track for note in score.notes}
    return [i for i in pitched if i in playing]


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
