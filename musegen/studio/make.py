"""From a context with MASK to music: filled, drafted and refined as asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.models.base import MaskedModel, SequenceModel
from musegen.models.refine import Fill, Judge, OnePass, Score, by_chance, by_critic, refine
from musegen.models.sampling import GUIDANCE, Conditions, Tokens, compose
from musegen.studio.ask import Ask
from musegen.studio.drafts import Drafted, Ending
from musegen.studio.voices import lane_ranges


def make(
    checkpoint: Checkpoint,
    ask: Ask,
    context: Tokens,
    conditions: Conditions,
    *,
    no_rest: int = 0,
    ending: Ending | None = None,
) -> Tokens:
    """Fills every MASK of a context, by the means that the model and its critic offer.

    A model that plays writes drafts and the best goes on; a model that fills all over passes over the music. With
    rounds, what is most doubtful is then made anew (see ``refine``).

    Args:
        checkpoint: The composer.
        ask: What was asked; one row of the context for each alternative.
        context: [n, steps, lanes] with MASK where music is wanted, and in absent lanes.
        conditions: As ``Windows`` makes them, n rows each, and what is wished for, see models/wishes.py.
        no_rest: So many first steps may not be silent.
        ending: What a good ending is; None = on the tonic.

    Returns:
        [n, steps, lanes] without MASK; cells that were given are exactly as they were.

    Raises:
        ScoreError: The model can't be asked so, or nobody is there to doubt.
    """
    model = checkpoint.model
    if not isinstance(model, MaskedModel | SequenceModel):
        raise ScoreError("“{name}” can't be used for this: it only makes music from noise.", name=checkpoint.path.name)
    choir = int(conditions["present"][0].sum()) > 1
    # Of melodies alone the critic can't tell well enough (its card says so): rules, originality and endings choose.
    critic = checkpoint.critic if choir and ask.critic else None
    ranges = lane_ranges(ask.style, ask.ranges, context.shape[-1])
    density = ask.density + checkpoint.density(ask.style)
    temperature = ask.temperature * checkpoint.temperature
    refined = ask.rounds > 0
    fill: Fill
    if isinstance(model, MaskedModel) and refined:
        fill = OnePass(model, ranges=ranges, strictness=ask.strictness, density=density, no_rest=no_rest)
    else:
        fill = partial(
            compose,
            model,
            passes=ask.passes,
            ranges=ranges,
            strictness=ask.strictness,
            density=density,
            no_rest=no_rest,
            guidance=GUIDANCE if ask.passes > 1 else 0.0,  # to heed the key more, a model is asked twice a pass
            progress=_stages(ask, 1 + ask.rounds),
        )
        if isinstance(model, SequenceModel) and ask.drafts > 1:
            fill = Drafted(fill, critic, ask.drafts, ending)
    if not refined:
        return np.asarray(fill(context, conditions, seed=ask.seed, temperature=temperature), np.int16)
    return refine(
        fill,
        _doubt(ask, fill, critic, checkpoint.path.name),
        context,
        conditions,
        seed=ask.seed,
        temperature=temperature,
        rounds=ask.rounds,
        keep_better=ask.doubt == "critic",
        progress=ask.progress if isinstance(fill, OnePass) else None,
    )


def _stages(ask: Ask, stages: int) -> Callable[[float], None] | None:
    """The progress of one of several stages, told as that of all; a stage begins where the share done falls."""
    if ask.progress is None or stages == 1:
        return ask.progress
    tell, done, last = ask.progress, 0, 0.0

    def step(share: float) -> None:
        nonlocal done, last
        done += share < last
        last = share
        tell((done + share) / stages)

    return step


def _doubt(ask: Ask, fill: Fill, critic: Judge | None, name: str) -> Score:
    """Who says what is doubtful. Raises ScoreError where nobody of that kind is there."""
    if ask.doubt == "chance":
        return by_chance(ask.seed)
    if ask.doubt == "confidence":
        if not isinstance(fill, OnePass):
            raise ScoreError(
                "“{name}” plays note after note and keeps no confidence. Let the critic or chance doubt.", name=name
            )
        return fill.confidence
    if critic is None and not ask.critic:
        raise ScoreError(
            "The critic is switched off, so it can't doubt. Let it help, let chance doubt, or ask for 0 rounds."
        )
    if critic is None:
        raise ScoreError(
            "“{name}” has no critic for this music. Let confidence or chance doubt, or ask for 0 rounds.", name=name
        )
    return by_critic(critic)
