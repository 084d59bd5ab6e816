"""Making music with a masked model: fill what is masked, a few beats at a time, then doubt and mend it.

The filling passes draw the cells in a random order, a few at first and more as more is known (order-agnostic sampling:
Uria et al., 2014; Chang et al., 2022). The sweeps that follow hide some cells again and draw them anew given all the
rest: block Gibbs sampling (Huang et al., 2017, sec. 4.2). What was given never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, VOCABULARY
from musegen.models.base import LatentModel, MaskedModel, Model, Select, SequenceModel
from musegen.models.context import bad_leaps, parallel_classes, with_references
from musegen.models.wishes import leaning, mixed

Tokens = NDArray[np.int16]
Conditions = dict[str, NDArray[Any]]
LONGEST = 160  # steps that are seen at once; longer pieces are composed window by window
_HOP = 64
_CLASS_OF_PITCH = np.arange(REST) % 12
BEAT = 4  # steps of the units that are hidden and drawn together
GUIDANCE = 1.0  # how far beyond the plain condition the key is heeded (classifier-free guidance, Ho & Salimans, 2022)
FILLING = 0.4  # share of the passes that fill; the others sweep over the piece, beat by beat, lane by lane


def compose(
    model: MaskedModel | SequenceModel,
    context: Tokens,
    conditions: Conditions,
    *,
    seed: int,
    temperature: float = 1.0,
    passes: int = 28,
    ranges: Sequence[tuple[int, int]] | None = None,
    strictness: float = 0.0,
    density: float = 0.0,
    no_rest: int = 0,
    select: Select | None = None,
    guidance: float = GUIDANCE,
    progress: Callable[[float], None] | None = None,
) -> Tokens:
    """Fills every MASK of a context.

    Args:
        model: Gives the logits, or plays by itself from left to right.
        context: [n, steps, lanes]; steps is a multiple of the model's steps a beat. Absent lanes hold MASK too.
        conditions: As ``Windows`` makes them, each with n rows; "z" is drawn from the prior where it is not given.
            What is wished for stands among them, see wishes.py: "lean", "other_style" and "share".
        seed: Row i draws its chance from (seed, i).
        temperature: Above 1 more surprising, below 1 more usual; greater than 0.
        passes: How often a masked model is asked; the first fill, the others mend. A sequence model passes once.
        ranges: Lowest and highest pitch for each lane; given notes may lie outside.
        strictness: Nats taken from a pitch that would make parallel fifths or octaves, or a leap that no choir likes;
            see ``parallel_classes`` and ``bad_leaps``. A sequence model also shuns saying a third time, note by note,
            what it has just said twice.
        density: Nats added to the odds that a note begins; above 0 livelier, below 0 calmer.
        no_rest: So many first steps may not be silent where they are free.
        select: Asked while a sequence model plays, see ``Select``; a masked model doesn't ask.
        guidance: How far beyond the plain condition a masked model heeds the key; 0 = as learnt, in half the time.
        progress: Called with the share done, 0-1.

    Returns:
        [n, steps, lanes] without MASK, REST in absent lanes; cells that were given are exactly as they were.
    """
    count, steps, _ = context.shape
    tokens = context.copy()
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), context.shape)
    free = (context == MASK) & present
    given = (context != MASK) & present
    if isinstance(model, SequenceModel):
        tokens = model.play(
            context,
            conditions,
            seed=seed,
            temperature=temperature,
            ranges=ranges,
            strictness=strictness,
            density=density,
            no_rest=no_rest,
            select=select,
            progress=progress,
        )
        tokens[~present] = REST
        assert np.array_equal(tokens[given], context[given])
        return tokens
    rngs = [np.random.default_rng([seed, i]) for i in range(count)]
    conditions = with_z(model, conditions, seed)
    begins = [0] if steps <= LONGEST else [*range(0, steps - 2 * _HOP, _HOP), steps - 2 * _HOP]
    for number, begin in enumerate(begins):
        stop = steps if steps <= LONGEST else begin + 2 * _HOP
        part = slice(begin, stop)
        window = {k: v[:, part] if v.ndim > 1 and k not in ("present", "z") else v for k, v in conditions.items()}
        undecided = free[:, part] & (tokens[:, part] == MASK)

        def tell(share: float, number: int = number) -> None:
            if progress:
                progress((number + share) / len(begins))

        tokens[:, part] = _fill_and_mend(
            model,
            tokens[:, part],
            undecided,
            window,
            rngs,
            temperature,
            passes,
            ranges,
            strictness,
            density,
            no_rest if begin == 0 else -1,
            guidance,
            tell,
        )
    tokens[~present] = REST
    assert np.array_equal(tokens[given], context[given])
    return tokens


def _fill_and_mend(
    model: MaskedModel,
    tokens: Tokens,
    free: NDArray[np.bool_],
    conditions: Conditions,
    rngs: Sequence[np.random.Generator],
    temperature: float,
    passes: int,
    ranges: Sequence[tuple[int, int]] | None,
    strictness: float,
    density: float,
    no_rest: int,
    guidance: float,
    tell: Callable[[float], None],
) -> Tokens:
    tokens = tokens.copy()
    bans = token_bans(tokens.shape[1:], ranges, no_rest).reshape(-1, VOCABULARY)
    bans[:, :REST] += density
    orders = [_sweep_order(rng, mask) for rng, mask in zip(rngs, free, strict=True)]
    ranks = np.stack([_ranks(rng, tokens.shape[1:]) for rng in rngs])
    filling = max(1, round(FILLING * passes))
    for number in range(passes):
        if number < filling:
            hidden = free & (ranks >= _revealed(number / filling))
            drawn = hidden & (ranks < _revealed((number + 1) / filling))
        else:
            drawn = hidden = free & np.stack([_sweep(order, number - filling, tokens.shape[1]) for order in orders])
        context = np.where(hidden, MASK, tokens)
        logits = heeding_logits(model, context, conditions, guidance=guidance, strictness=strictness)
        for i, rng in enumerate(rngs):
            cells = np.flatnonzero(drawn[i])
            scores = (logits[i].reshape(-1, VOCABULARY)[cells] + bans[cells]) / temperature
            tokens[i].reshape(-1)[cells] = draw(scores, rng)
        tell((number + 1) / passes)
    return tokens


def with_z(model: MaskedModel, conditions: Conditions, seed: int) -> Conditions:
    """Conditions with "z" [n, latent] from the prior, row i by (seed, i), where the model has a z and none is given."""
    latent = getattr(model.config, "latent", 0)
    if not latent or "z" in conditions:
        return conditions
    rows = [np.random.default_rng([seed, i, 1]).standard_normal(latent) for i in range(len(conditions["key"]))]
    return {**conditions, "z": np.stack(rows).astype(np.float32)}


def heeding_logits(
    model: MaskedModel, context: Tokens, conditions: Conditions, *, guidance: float, strictness: float
) -> NDArray[np.float32]:
    """A model's logits that heed the key, the rules of voice leading and all wishes more; see ``compose``."""
    logits = _styled_logits(model, context, conditions)
    if guidance and np.any(conditions["key"]):
        key_open = {**conditions, "key": np.zeros_like(conditions["key"])}
        logits = logits + guidance * (logits - _styled_logits(model, context, key_open))
    if strictness:
        logits = logits.copy()
        x = with_references(context, {})
        logits[..., :REST] -= strictness * (parallel_classes(x)[..., _CLASS_OF_PITCH] | bad_leaps(x))
    return np.asarray(leaning(logits, context, conditions, BEAT), np.float32)


def _styled_logits(model: MaskedModel, context: Tokens, conditions: Conditions) -> NDArray[np.float32]:
    """What a model says in its style, or in two at once."""
    logits = model.logits(context, conditions)
    if "other_style" not in conditions:
        return logits
    other = model.logits(context, {**conditions, "style": conditions["other_style"]})
    return np.asarray(mixed(logits, other, conditions["share"]), np.float32)


def draw(scores: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.intp]:
    """A token for each row of unnormalised log probabilities [cells, 131].

    The largest of log p - log(exponential) is a draw from p (the Gumbel-max trick).
    """
    noise = rng.standard_exponential(scores.shape, dtype=np.float32)
    return np.asarray((scores - np.log(np.maximum(noise, 1e-30))).argmax(-1))


def _ranks(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """When each cell [steps, lanes] is filled, 0 (first) to 1: a random order of the beats of all lanes."""
    steps, lanes = shape
    return np.repeat(rng.random((-(-steps // BEAT), lanes)), BEAT, axis=0)[:steps]


def _revealed(share: float) -> float:
    """Rank up to which cells stand after a share of the filling passes: few at first, when little is known yet."""
    return 2.0 if share >= 1 else float(share**1.5)


def _sweep_order(rng: np.random.Generator, free: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each half beat, the lanes in a random order, those with free cells first: [half beats, lanes].

    The halves of a beat share their order, so that a sweep by beats and one by halves go the same way.
    """
    steps, lanes = free.shape
    padded = np.pad(free, ((0, -steps % BEAT), (0, 0)))
    some = padded.reshape(-1, BEAT, lanes).any(axis=1)
    return np.repeat(np.argsort(rng.random(some.shape) - some, axis=1), 2, axis=0)


def _sweep(order: NDArray[np.intp], number: int, steps: int) -> NDArray[np.bool_]:
    """Every other beat, or in every second sweep every third half beat, of one lane each.

    Cells that hardly depend on one another may be drawn at once. Two (three) passes a lane see every cell once.
    """
    halves, lanes = order.shape
    coarse = lanes * 2
    turn, within = divmod(number, coarse + lanes * 3)
    by_beats = within < coarse
    place = np.arange(halves)
    chosen = (place // 2) % 2 == within % 2 if by_beats else place % 3 == (within - coarse) % 3
    lane = (within // 2 if by_beats else (within - coarse) // 3) + turn
    hidden = np.zeros((halves, lanes), bool)
    hidden[place[chosen], order[chosen, lane % lanes]] = True
    return np.repeat(hidden, BEAT // 2, axis=0)[:steps]


def token_bans(shape: tuple[int, ...], ranges: Sequence[tuple[int, int]] | None, no_rest: int) -> NDArray[np.float32]:
    """-1e9 where a token may not stand: MASK, pitches out of range, a HOLD at the very start (``no_rest`` >= 0)."""
    bans = np.zeros((*shape, VOCABULARY), np.float32)
    bans[..., MASK] = -1e9
    if no_rest >= 0:
        bans[0, :, HOLD] = -1e9
        bans[:no_rest, :, REST] = -1e9
    for lane, (lowest, highest) in enumerate(ranges or ()):
        bans[:, lane, :lowest] = -1e9
        bans[:, lane, highest + 1 : REST] = -1e9
    return bans


def blank_conditions(
    n: int, *, bars: int, bar_length: int = 16, style: int = 0, key: int = 0, lanes: int = 4, present: int = 4
) -> Conditions:
    """Conditions for ``n`` whole new pieces of ``bars`` bars in one metre, with phrases of unknown lengths."""
    steps = np.arange(bars * bar_length)
    bar = steps // bar_length
    rows = {
        "position": np.minimum(steps % bar_length, 63),
        "bar_length": np.full_like(steps, min(bar_length, 64)),
        "from_start": np.minimum(bar, 8),
        "to_end": np.minimum(bars - 1 - bar, 8),
        "to_phrase_end": np.full_like(steps, 16),  # unknown
        "present": np.arange(lanes) < present,
        "style": np.array(style),
        "key": np.array(key),
    }
    return {name: np.repeat(np.asarray(row)[None], n, axis=0) for name, row in rows.items()}


def sample_grids(model: Model, *, seed: int, n: int = 4) -> dict[str, Tokens]:
    """``n`` pieces of every family of styles that the model knows ("any" if it knows none), from fixed seeds.

    Returns:
        Tokens [n, steps, lanes] by family: eight bars of 4/4 from a masked model.
    """
    if isinstance(model, LatentModel):
        return {"any": model.sample(n, seed=seed)}
    if not isinstance(model, MaskedModel | SequenceModel):
        raise TypeError(f"{type(model).__name__} can't make music")
    config = model.config
    families = sorted({style.split("/")[0] for style in config.styles[1:]}) or ["any"]
    result = {}
    for family in families:
        style = next((i for i, s in enumerate(config.styles) if s.startswith(family)), 0)
        present = 1 if family == "folk" else config.lanes
        conditions = blank_conditions(n, bars=8, style=style, lanes=config.lanes, present=present)
        context = np.full((n, 128, config.lanes), MASK, np.int16)
        result[family] = compose(model, context, conditions, seed=seed, passes=16, no_rest=16)
    return result
