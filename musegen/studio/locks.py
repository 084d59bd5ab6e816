"""What may change in a given score, and what is locked: bars, voices, single notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import lane_notes
from musegen.score import Score
from musegen.studio.work import Work, nearest_step, prepare_bars, whole_notes

Locked = Sequence[int]
"""A note that must stay: its onset in ticks of the given score, its pitch, the number of its part from 0."""


@dataclass(frozen=True)
class Choice:
    """Which part of a score may change.

    Attributes:
        voices: Numbers of parts from 0, or names ("alto"); None = all.
        locked: Notes that stay though they lie in the free region, to the tick, see ``Locked``.
        locked_bars: Bars as printed in which all stays that sounds, silence too.
        locked_voices: Voices of which all stays.
        parts: Numbers, from 0, of the parts that may change, as the given score counts them; None = all.
    """

    voices: Sequence[int | str] | None = None
    locked: Sequence[Locked] = ()
    locked_bars: Sequence[int] = ()
    locked_voices: Sequence[int | str] = ()
    parts: Sequence[int] | None = None

    @property
    def locks(self) -> bool:
        """Whether anything is locked."""
        return bool(self.locked or self.locked_bars or self.locked_voices or self.parts is not None)

    def settings(self) -> dict[str, Any]:
        """The same as JSON values, for the recipe."""
        return {
            "voices": None if self.voices is None else list(self.voices),
            "locked": [list(note) for note in self.locked],
            "locked_bars": list(self.locked_bars),
            "locked_voices": list(self.locked_voices),
        } | ({} if self.parts is None else {"parts": list(self.parts)})

    def free(self, work: Work, bars: tuple[int, int] | None) -> NDArray[np.bool_]:
        """Cells [steps, columns] of the grid that may change, in these bars (as printed; None = all).

        Raises:
            ScoreError: There is no such bar, voice or note, or all of it is locked.
        """
        start, stop = (work.grid.lead, len(work.grid.tokens)) if bars is None else work.span(bars)
        steps = max(stop, len(work.grid.tokens))
        free = np.zeros((steps, len(work.lanes)), bool)
        free[start:stop, work.columns(self.voices)] = True
        if not self.locks:
            return free
        free &= ~self._locked_cells(work, steps)
        if not whole_notes(work.tokens(steps), free).any():
            if bars is None:
                raise ScoreError(
                    "Everything that was chosen is locked: nothing is left to write anew. Unlock some of it, or choose "
                    "other voices."
                )
            raise ScoreError(
                "Everything in bars {first}-{last} that was chosen is locked: nothing is left to write anew. Unlock "
                "some of it, or choose other bars or voices.",
                first=bars[0],
                last=bars[1],
            )
        return free

    def _locked_cells(self, work: Work, steps: int) -> NDArray[np.bool_]:
        """Cells [steps, columns] that stay: those of every note of which a cell is locked, all of them."""
        tokens = work.tokens(steps)
        cells = np.zeros(tokens.shape, bool)
        if self.parts is not None:
            cells |= work.beyond(self.parts, steps)
        if self.locked_voices:
            cells[:, work.columns(self.locked_voices)] = True
        for number in self.locked_bars:
            start, stop = work.span((number, number))
            cells[start:stop] = True
        for note in self.locked:
            step, column = _find(work, note, steps)
            if column >= 0:  # else it stays anyhow
                cells[step, column] = True
        for column in range(tokens.shape[1]):
            for start, stop, _ in lane_notes(tokens[:, column]):
                cells[start:stop, column] |= cells[start:stop, column].any()
        return cells


def check_free(checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, choice: Choice) -> None:
    """Refuses at once what the verbs that write some of a score anew would refuse when they are called.

    Raises:
        ScoreError: No pitched notes, no such bar, voice or note, or all of it is locked.
    """
    choice.free(prepare_bars(checkpoint, score, bars, choice.parts), bars)


def _find(work: Work, locked: Locked, steps: int) -> tuple[int, int]:
    """Step and column of a note of the given score.

    Raises:
        ScoreError: There is no such note, or it isn't worked on.
    """
    try:
        onset, pitch, part = (int(value) for value in locked)
    except (TypeError, ValueError) as error:
        raise ScoreError(
            "A locked note is named by its onset in ticks, its pitch and the number of its part."
        ) from error
    tick = onset * work.ratio
    if not any((n.onset, n.pitch, n.track) == (tick, pitch, part) for n in work.given.notes):
        raise ScoreError(
            "There is no note of pitch {pitch} at tick {onset} in part {part} to lock.",
            pitch=pitch,
            onset=onset,
            part=part + 1,
        )
    step = nearest_step(tick, work.step) + work.grid.lead
    if work.home:
        place = next(c for n, c in work.columned if (n.onset, n.pitch, n.track) == (tick, pitch, part))
        return min(step, steps - 1), place
    if part in work.parts:
        return min(step, steps - 1), work.parts.index(part)
    if not work.parts:  # the parts were folded: the note is in whatever voice it was dealt out to
        for note in work.score.notes:
            if note.pitch == pitch and work.place(note, steps) == step:
                return step, note.track
    raise ScoreError(
        "The note of pitch {pitch} at tick {onset} in part {part} was left out, so it can't be locked.",
        pitch=pitch,
        onset=onset,
        part=part + 1,
    )
