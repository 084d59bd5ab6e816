"""The baseline "repeat or step": it holds the note, repeats it, rests, or moves, by how likely that is on this beat.

Units of likelihood, of this baseline and of every model:

* **note-wise nats**: the mean negative log likelihood of a cell (voice x sixteenth), in nats, of the *sounding* grid: a
  note that goes on and a note struck anew on the same pitch are the same thing there. This is the unit of the
  literature on the standard chorale split, whose grid knows no repeated notes. ``held`` turns such a grid into tokens
  whose likelihood is this number: HOLD stands for "the same pitch again".
* **token nats**: the same mean over our own tokens, where a repeated note is an onset. It is the larger of the two on
  the same music, and can't be compared with the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.errors import TrainingError
from musegen.lanes import HOLD, MASK, REST, Tokens, sounding

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NOTHING, RESTING, SOUNDING = range(3)
"""What a lane is doing before a step: no note so far, a rest after a note, a note."""

_HELD, _AGAIN, _RESTED, _STEPPED = range(4)
_ALPHA = 0.1  # a pseudo-count for every event and every step


def held(pitches: NDArray[np.integer]) -> Tokens:
    """Tokens of a grid of sounding pitches [steps, lanes] (negative: silence): equal neighbours are one note."""
    rests = np.where((pitches < 0) | (pitches >= REST), REST, pitches)
    same = np.zeros(rests.shape, np.bool_)
    same[1:] = (rests[1:] == rests[:-1]) & (rests[1:] != REST)
    return np.where(same, HOLD, rests).astype(np.int16)


def note_wise(tokens: Tokens) -> Tokens:
    """The tokens [steps, lanes] of the same music without repeated notes, whose likelihood is in note-wise nats."""
    return held(sounding(tokens))


def before(tokens: Tokens) -> tuple[Ints, Ints]:
    """What stands before each cell of a grid [steps, lanes]: the lane's last pitch (-1: none yet), and its state."""
    steps = np.arange(len(tokens))[:, None]
    onset = np.maximum.accumulate(np.where(tokens < REST, steps, -1), axis=0)
    onset = np.concatenate([np.full((1, tokens.shape[1]), -1), onset[:-1]])
    last = np.where(onset >= 0, np.take_along_axis(tokens, np.maximum(onset, 0), axis=0), -1)
    heard = np.concatenate([np.full((1, tokens.shape[1]), REST), sounding(tokens)[:-1]])
    state = np.where(last < 0, NOTHING, np.where(heard < REST, SOUNDING, RESTING))
    return last.astype(np.int64), state.astype(np.int64)


def homes(grids: Sequence[Tokens], lanes: int) -> Ints:
    """[lanes] the middle pitch of every lane, from which its first note is counted."""
    pitches = [np.concatenate([grid[grid[:, lane] < REST, lane] for grid in grids]) for lane in range(lanes)]
    return np.array([int(np.median(p)) if len(p) else 60 for p in pitches], np.int64)


def check(grids: Sequence[Tokens]) -> int:
    """The number of lanes that all grids have.

    Raises:
        TrainingError: There are none, they differ in lanes, or a cell is masked.
    """
    lanes = {int(grid.shape[1]) for grid in grids}
    if len(lanes) != 1:
        raise TrainingError(
            "A baseline learns from grids of one number of lanes; these have {lanes}.", lanes=sorted(lanes)
        )
    if any((grid == MASK).any() for grid in grids):
        raise TrainingError("A baseline learns from whole grids; one of these has masked cells.")
    return int(lanes.pop())


class RepeatOrStep:
    """Every cell by itself: what happens depends on the lane, the place in the beat and what sounded before.

    The event (hold, repeat, rest, move) has a probability for every lane, step of the beat and state (``before``); a
    move's size has one distribution for all lanes. Both are counts with a small pseudo-count.

    Args:
        beat: Steps to a beat.
    """

    def __init__(self, beat: int = 4) -> None:
        self.beat = beat
        self._events: Floats = np.zeros((0, 0, 0, 0))
        self._moves: Floats = np.zeros(0)
        self._homes: Ints = np.zeros(0, np.int64)

    def fit(self, grids: Sequence[Tokens]) -> None:
        """Counts in grids [steps, lanes] of tokens that begin at a bar line.

        Raises:
            TrainingError: The grids are none, or unlike, or masked.
        """
        lanes = check(grids)
        self._homes = homes(grids, lanes)
        events = np.full((lanes, self.beat, 3, 4), _ALPHA)
        moves = np.full(255, _ALPHA)
        moves[127] = 0  # to stay is no move
        for grid in grids:
            where, event, move = self._read(grid)
            np.add.at(events, (*where, event), 1)
            np.add.at(moves, move[event == _STEPPED] + 127, 1)
        self._events = events / events.sum(axis=-1, keepdims=True)
        self._moves = moves / moves.sum()

    def nll(self, grid: Tokens) -> Floats:
        """[steps, lanes] nats of every cell, given all steps before it. See the module on the unit of their mean."""
        where, event, move = self._read(grid)
        p = self._events[(*where, event)]
        stepped = event == _STEPPED
        p[stepped] *= self._moves[move[stepped] + 127]
        return np.asarray(-np.log(p))

    def sample(
        self,
        steps: int,
        lanes: int,
        seed: int,
        given: Tokens | None = None,
        given_mask: NDArray[np.bool_] | None = None,
    ) -> Tokens:
        """New music of ``steps`` x ``lanes``; where ``given_mask`` is true, the cells of ``given``."""
        rng = np.random.default_rng(seed)
        grid = np.full((steps, lanes), REST, np.int16)
        last, state = np.full(lanes, -1), np.full(lanes, NOTHING)
        for step in range(steps):
            for lane in range(lanes):
                if given is not None and given_mask is not None and given_mask[step, lane]:
                    grid[step, lane] = given[step, lane]
                else:
                    grid[step, lane] = self._draw(rng, lane, step, int(last[lane]), int(state[lane]))
                token = int(grid[step, lane])
                if token < REST:
                    last[lane], state[lane] = token, SOUNDING
                elif token == REST and state[lane] == SOUNDING:
                    state[lane] = RESTING
        return grid

    def _draw(self, rng: np.random.Generator, lane: int, step: int, last: int, state: int) -> int:
        chances = self._events[lane, step % self.beat, state].copy()
        if state != SOUNDING:
            chances[_HELD] = 0
        event = rng.choice(4, p=chances / chances.sum())
        if event in (_HELD, _RESTED):
            return HOLD if event == _HELD else REST
        home = last if last >= 0 else int(self._homes[lane])
        if event == _AGAIN:
            return home
        moves = self._moves[127 - home : 255 - home]  # those that lead to 0-127
        return int(rng.choice(128, p=moves / moves.sum()))

    def _read(self, grid: Tokens) -> tuple[tuple[Ints, Ints, Ints], Ints, Ints]:
        """(lane, place in the beat, state), event and size of move of every cell."""
        last, state = before(grid)
        home = np.where(last >= 0, last, self._homes)
        move = np.where(grid < REST, grid - home, 0)
        event = np.select([grid == HOLD, grid == REST, move == 0], [_HELD, _RESTED, _AGAIN], _STEPPED)
        steps, lanes = np.arange(grid.shape[0])[:, None], np.arange(grid.shape[1])
        return (lanes, steps % self.beat, state), event.astype(np.int64), move.astype(np.int64)
