"""The verbs that write some of a score anew: fill, vary, refine. What is locked comes back to the tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import Remark
from musegen.models.refine import most_doubtful
from musegen.score import Score
from musegen.studio.ask import Ask, Asked
from musegen.studio.job import Job
from musegen.studio.locks import Choice, Locked
from musegen.studio.recipe import Piece
from musegen.studio.work import prepare_bars

BY_CHANCE: Remark = ("by_chance", 1)
"""The remark of ``refine`` where no critic is trusted with this music."""


def fill(
    checkpoint: Checkpoint,
    score: Score,
    *,
    bars: tuple[int, int],
    voices: Sequence[int | str] | None = None,
    locked: Sequence[Locked] = (),
    locked_bars: Sequence[int] = (),
    locked_voices: Sequence[int | str] = (),
    parts: Sequence[int] | None = None,
    **asked: Unpack[Asked],
) -> list[Piece]:
    """New music in some bars of some voices; all else stays.

    A note that begins before the bars and sounds into them stays whole; a note that begins in them goes whole.

    Args:
        checkpoint: The composer.
        score: What to fill.
        bars: First and last bar, as printed, inclusive; 0 is a pick-up.
        voices: Numbers of parts from 0, or names ("alto"); None = all.
        locked: Notes that stay all the same, each as (onset in ticks of the score, pitch, number of its part).
        locked_bars: Bars as printed in which all stays.
        locked_voices: Voices of which all stays.
        parts: Numbers, from 0, of the parts that may change, as the score counts them, however many it has; None = all.
        **asked: See ``Ask``; a cadence asked for comes at the end of the bars.

    Raises:
        ScoreError: No such bars, voices or notes, or everything is locked.
    """
    work = prepare_bars(checkpoint, score, bars, parts)
    ask = Ask(**asked).settled(work.style)
    choice = Choice(voices, locked, locked_bars, locked_voices, parts)
    free = choice.free(work, bars)
    job = Job(checkpoint, "fill", ask, work.lanes, {"bars": list(bars)} | choice.settings())
    return job.rewrite(work, [free] * ask.n, score, stop=work.span(bars)[1])


def vary(
    checkpoint: Checkpoint,
    score: Score,
    *,
    amount: float = 0.4,
    bars: tuple[int, int] | None = None,
    voices: Sequence[int | str] | None = None,
    locked: Sequence[Locked] = (),
    locked_bars: Sequence[int] = (),
    locked_voices: Sequence[int | str] = (),
    parts: Sequence[int] | None = None,
    **asked: Unpack[Asked],
) -> list[Piece]:
    """The given score with some of it written anew, here and there.

    Args:
        checkpoint: The composer.
        score: What to vary.
        amount: Share of the half-note stretches that may change, from 0 (close to mine; more than 0) to 1 (surprising).
        bars: Which bars may change, see ``fill``; None = all.
        voices: Which voices may change, see ``fill``; None = all.
        locked: Notes that stay, see ``fill``.
        locked_bars: Bars that stay, see ``fill``.
        locked_voices: Voices that stay, see ``fill``.
        parts: Which parts may change, see ``fill``.
        **asked: See ``Ask``.

    Raises:
        ScoreError: No such bars, voices or notes, everything is locked, or an amount outside 0-1.
    """
    work = prepare_bars(checkpoint, score, bars, parts)
    ask = Ask(**asked).settled(work.style)
    _check(amount)
    choice = Choice(voices, locked, locked_bars, locked_voices, parts)
    free, columns = choice.free(work, bars), work.columns(voices)
    stretch = _stretch(checkpoint)
    some = _stretches(free, stretch, columns if bars is None and not choice.locks else None)
    places = np.flatnonzero(some.any(axis=1))
    masks = []
    for index in range(ask.n):
        rng = np.random.default_rng([ask.seed, index, 7])
        chosen = np.zeros(some.shape, bool)
        chosen[:, columns] = rng.random((len(some), len(columns))) < amount
        if not (chosen & some).any():
            chosen[places[int(rng.integers(len(places)))], columns] = True
        masks.append(np.repeat(chosen, stretch, axis=0)[: len(free)] & free)
    settings = {"amount": amount, "bars": bars and list(bars)} | choice.settings()
    return Job(checkpoint, "vary", ask, work.lanes, settings).rewrite(work, masks, score)


def refine(
    checkpoint: Checkpoint,
    score: Score,
    *,
    amount: float = 0.25,
    bars: tuple[int, int] | None = None,
    voices: Sequence[int | str] | None = None,
    locked: Sequence[Locked] = (),
    locked_bars: Sequence[int] = (),
    locked_voices: Sequence[int | str] = (),
    parts: Sequence[int] | None = None,
    **asked: Unpack[Asked],
) -> list[Piece]:
    """The given score with only that written anew which the critic doubts most; every alternative draws it differently.

    No critic is trusted with a melody alone: there chance decides what is written anew, for each alternative by
    itself, and the remark ``BY_CHANCE`` says so.

    Args:
        checkpoint: The composer, whose critic is asked.
        score: What to refine.
        amount: Share of the half-note stretches of single voices that are written anew, more than 0, up to 1; of those
            that may change.
        bars: Which bars may change, see ``fill``; None = all.
        voices: Which voices may change, see ``fill``; None = all.
        locked: Notes that stay, see ``fill``.
        locked_bars: Bars that stay, see ``fill``.
        locked_voices: Voices that stay, see ``fill``.
        parts: Which parts may change, see ``fill``.
        **asked: See ``Ask``.

    Raises:
        ScoreError: No such bars, voices or notes, everything is locked, or an amount outside 0-1.
    """
    work = prepare_bars(checkpoint, score, bars, parts)
    ask = Ask(**asked).settled(work.style)
    _check(amount)
    choice = Choice(voices, locked, locked_bars, locked_voices, parts)
    free = choice.free(work, bars)
    settings = {"amount": amount, "bars": bars and list(bars)} | choice.settings()
    job = Job(checkpoint, "refine", ask, work.lanes, settings)
    realism = job.realism(work, score, free)
    if realism is None:
        scores = np.stack([np.random.default_rng([ask.seed, index, 13]).random(free.shape) for index in range(ask.n)])
    else:
        scores = np.repeat(realism[None], ask.n, axis=0)
    tokens = np.repeat(work.tokens(len(free))[None], ask.n, axis=0)
    masks = most_doubtful(tokens, scores, np.repeat(free[None], ask.n, axis=0), amount, _stretch(checkpoint))
    return job.rewrite(work, list(masks), score, remarks=(BY_CHANCE,) if realism is None else ())


def _check(amount: float) -> None:
    if not 0 < amount <= 1:
        raise ScoreError("The amount of variation lies between 0 and 1, not {amount}.", amount=amount)


def _stretch(checkpoint: Checkpoint) -> int:
    """Steps of a half note."""
    return 2 * checkpoint.codec.steps_per_quarter


def _stretches(free: NDArray[np.bool_], stretch: int, columns: Sequence[int] | None) -> NDArray[np.bool_]:
    """[stretches, columns] where some cell is free; with ``columns`` all of these."""
    padded = np.pad(free, ((0, -len(free) % stretch), (0, 0)))
    some: NDArray[np.bool_] = np.asarray(padded.reshape(-1, stretch, free.shape[1]).any(axis=1))
    if columns is not None:
        some[:, columns] = True
    return some
