"""Making music better by doubting it: score the notes, hide the worst, make them anew, keep what is not worse.

As in Token-Critic (Lezama et al., 2022), but over whole notes and beats, and never going back: what the critic likes
less is not kept. Hiding by chance, and hiding what the generator was least sure of (Chang et al., 2022), are there to
be compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, VOCABULARY, sounding
from musegen.models.base import Batch, MaskedModel
from musegen.models.sampling import BEAT, GUIDANCE, Conditions, Tokens, draw, heeding_logits, token_bans

Floats = NDArray[np.floating]
FIRST, LAST = 0.5, 0.05  # shares of the beats that are made anew, in the first and in the last round
RULES = 0.15  # what one broken rule in a hundred chord changes costs, in nats of the critic's verdict


class Fill(Protocol):
    """Fills every MASK of a context [n, steps, lanes]: ``partial(compose, model, passes=2)``, for one."""

    def __call__(self, context: Tokens, conditions: Conditions, *, seed: int, temperature: float) -> Tokens:
        """Tokens without MASK; what was given as it was."""


class Score(Protocol):
    """How much each cell of music is to be trusted; ``by_critic``, for one."""

    def __call__(self, tokens: Tokens, conditions: Conditions) -> Floats:
        """[n, steps, lanes], low where the music is doubtful."""


@runtime_checkable
class Judge(Protocol):
    """What ``merit`` asks of a critic."""

    def judge(self, tokens: Tokens, conditions: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits of realism: of cells [n, steps, lanes], and of whole pieces [n]."""


def refine(
    fill: Fill,
    score: Score,
    context: Tokens,
    conditions: Conditions,
    *,
    seed: int,
    temperature: float = 1.0,
    rounds: int = 8,
    keep_better: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Tokens:
    """Fills every MASK of a context, then makes the most doubtful notes anew, fewer in each round.

    Args:
        fill: Makes music; asked 1 + ``rounds`` times.
        score: Tells which notes are doubtful. ``by_chance`` and ``OnePass.confidence`` are what to compare with.
        context: [n, steps, lanes] with MASK where music is wanted.
        conditions: As ``compose`` takes them; for a model with a z it should be in there (``with_z``), or every round
            draws another.
        seed: Same seed, same notes.
        temperature: Of ``fill``.
        rounds: How often notes are made anew: ``FIRST`` of the free beats in the first round, ``LAST`` in the last.
        keep_better: A piece stays as it was where the mean score of its free cells would fall.
        progress: Called with the share done, 0-1.

    Returns:
        [n, steps, lanes] without MASK; cells that were given are exactly as they were.
    """
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), context.shape)
    free = (context == MASK) & present
    count = np.maximum(free.sum(axis=(1, 2)), 1)
    tokens = fill(context, conditions, seed=seed, temperature=temperature)
    scores = score(tokens, conditions)
    for number in range(rounds):
        share = FIRST * (LAST / FIRST) ** (number / max(rounds - 1, 1))
        hidden = most_doubtful(tokens, scores, free, share)
        asked = np.where(hidden | ~present, MASK, tokens).astype(np.int16)
        tried = fill(asked, conditions, seed=seed + 7919 * (number + 1), temperature=temperature)
        new = score(tried, conditions)
        better = np.ones(len(tokens), bool)
        if keep_better:
            better = (new * free).sum(axis=(1, 2)) / count >= (scores * free).sum(axis=(1, 2)) / count
        tokens = np.where(better[:, None, None], tried, tokens)
        scores = np.where(better[:, None, None], new, scores)
        if progress:
            progress((number + 1) / rounds)
    given = (context != MASK) & present
    assert np.array_equal(tokens[given], context[given])
    return tokens


def most_doubtful(
    tokens: Tokens, scores: Floats, free: NDArray[np.bool_], share: float, unit: int = BEAT
) -> NDArray[np.bool_]:
    """Cells [n, steps, lanes] of the beats of single lanes with the lowest mean scores, and all of their notes.

    Args:
        tokens: Music without MASK.
        scores: Of its cells.
        free: Cells that may be chosen.
        share: Of each piece's beats with free cells, 0-1; at least one is chosen.
        unit: Steps of what is called a beat here.
    """
    n, steps, lanes = tokens.shape
    pad = ((0, 0), (0, -steps % unit), (0, 0))
    shape = (n, -1, unit, lanes)
    inside = np.pad(free, pad).reshape(shape)
    total = (np.pad(np.where(free, scores, 0.0), pad).reshape(shape)).sum(axis=2)
    size = inside.sum(axis=2)
    means = np.where(size > 0, total / np.maximum(size, 1), np.inf).reshape(n, -1)
    wanted = np.maximum(np.round(share * (size.reshape(n, -1) > 0).sum(axis=1)), 1)
    ranks = np.argsort(np.argsort(means, axis=1, kind="stable"), axis=1)
    chosen = ((ranks < wanted[:, None]) & np.isfinite(means)).reshape(n, -1, lanes)
    hidden = np.repeat(chosen, unit, axis=1)[:, :steps] & free
    # A note is an onset with the HOLDs after it: number the notes of each lane, and hide all cells of those touched.
    numbers = np.cumsum(tokens != HOLD, axis=1) + (steps + 1) * np.arange(n * lanes).reshape(n, 1, lanes)
    touched = np.zeros((steps + 1) * n * lanes, bool)
    touched[numbers[hidden]] = True
    return np.asarray(touched[numbers] & free)


def by_critic(critic: Judge) -> Score:
    """A critic's verdict on every cell."""
    return lambda tokens, conditions: critic.judge(tokens, conditions)[0]


def by_chance(seed: int) -> Score:
    """A score that says nothing: what is made anew is a matter of chance."""
    rng = np.random.default_rng([seed, 2])

    def score(tokens: Tokens, conditions: Conditions) -> Floats:
        return rng.random(tokens.shape)

    return score


class OnePass:
    """A ``Fill`` that asks a masked model once and draws all cells at once; it knows how sure the model was.

    Args:
        model: The model.
        ranges: As for ``compose``.
        strictness: As for ``compose``.
        density: As for ``compose``.
        no_rest: As for ``compose``.
        guidance: As for ``compose``.
    """

    def __init__(
        self,
        model: MaskedModel,
        *,
        ranges: Sequence[tuple[int, int]] | None = None,
        strictness: float = 0.0,
        density: float = 0.0,
        no_rest: int = 0,
        guidance: float = GUIDANCE,
    ) -> None:
        self.model, self.ranges, self.no_rest = model, ranges, no_rest
        self.strictness, self.density, self.guidance = strictness, density, guidance
        self._sure: NDArray[np.float32] | None = None

    def __call__(self, context: Tokens, conditions: Conditions, *, seed: int, temperature: float) -> Tokens:
        """See ``Fill``."""
        logits = heeding_logits(
            self.model, context, conditions, guidance=self.guidance, strictness=self.strictness
        ) + token_bans(context.shape[1:], self.ranges, self.no_rest)
        logits[..., :REST] += self.density
        logits = logits / temperature
        present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), context.shape)
        tokens = np.where(present, context, REST).astype(np.int16)
        if self._sure is None or self._sure.shape != context.shape:
            self._sure = np.zeros(context.shape, np.float32)
        for i in range(len(context)):
            cells = np.flatnonzero((context[i] == MASK) & present[i])
            scores = logits[i].reshape(-1, VOCABULARY)[cells]
            drawn = draw(scores, np.random.default_rng([seed, i]))
            scores = scores - scores.max(axis=-1, keepdims=True)
            logs = scores[np.arange(len(cells)), drawn] - np.log(np.exp(scores).sum(axis=-1))
            tokens[i].reshape(-1)[cells] = drawn
            self._sure[i].reshape(-1)[cells] = logs
        return tokens

    def confidence(self, tokens: Tokens, conditions: Conditions) -> Floats:
        """A ``Score``: log probability of every cell when it was drawn last; 0 where it was given."""
        if self._sure is None:
            return np.zeros(tokens.shape)
        return self._sure.copy()


def best_of(make: Callable[[int], Tokens], value: Callable[[Tokens], Floats], *, tries: int, seed: int) -> Tokens:
    """For each row the best of several tries.

    Args:
        make: Tokens [n, steps, lanes] of a seed.
        value: [n] of tokens, high = good; see ``merit``.
        tries: At least 1.
        seed: Of the first try; the others follow from it.
    """
    best = make(seed)
    worth = value(best)
    for number in range(1, tries):
        tokens = make(seed + 104_729 * number)
        new = value(tokens)
        best = np.where((new > worth)[:, None, None], tokens, best)
        worth = np.maximum(new, worth)
    return best


def merit(
    critic: Judge,
    tokens: Tokens,
    conditions: Conditions,
    *,
    rules: float = RULES,
    copied: Callable[[Tokens], Floats] | None = None,
) -> Floats:
    """[n] what a piece is worth: the critic's verdict on the whole and on its cells, less broken rules and copying.

    Args:
        critic: The critic.
        tokens: [n, steps, lanes] without MASK.
        conditions: As for ``Critic.realism``.
        rules: Cost in nats of a broken rule in a hundred chord changes, see ``broken_rules``.
        copied: [n] cost in nats of what is copied from the music that was learnt from; None = not asked.
    """
    cells, pieces = critic.judge(tokens, conditions)
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), tokens.shape)
    mean = (cells * present).sum(axis=(1, 2)) / np.maximum(present.sum(axis=(1, 2)), 1)
    worth = pieces + mean - rules * broken_rules(np.where(present, tokens, REST).astype(np.int16))
    return np.asarray(worth if copied is None else worth - copied(tokens))


def broken_rules(tokens: Tokens) -> NDArray[np.float64]:
    """[n] parallel fifths, octaves and unisons in a hundred chord changes; 0 for one voice.

    Counted as ``evaluation.rules.parallels`` does: both voices move, in the same direction, from one perfect interval
    into the same one, without exchanging their places.

    Args:
        tokens: [n, steps, lanes]; absent lanes REST.
    """
    heights = sounding(tokens)
    changes = (heights[:, :-1] != heights[:, 1:]).any(axis=2).sum(axis=1)
    broken = sum((found.sum(axis=1) for _, _, found in parallels(tokens)), np.zeros(len(tokens), np.int64))
    return np.asarray(100.0 * broken / np.maximum(changes, 1))


def parallels(tokens: Tokens) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Of every two lanes of [n, steps, lanes] where they go in parallel, as ``broken_rules`` counts: [n, steps - 1]."""
    heights = sounding(tokens).astype(np.int64)
    before, after = heights[:, :-1], heights[:, 1:]
    motion = np.where((before < REST) & (after < REST), np.sign(after - before), 0)
    for i, j in combinations(range(tokens.shape[2]), 2):
        first, second = before[..., i] - before[..., j], after[..., i] - after[..., j]
        together = (motion[..., i] == motion[..., j]) & (motion[..., i] != 0)
        fifths = (abs(first) % 12 == 7) & (abs(second) % 12 == 7) & (np.sign(first) == np.sign(second))
        octaves = (first % 12 == 0) & (second % 12 == 0)
        yield i, j, together & (fifths | octaves)
