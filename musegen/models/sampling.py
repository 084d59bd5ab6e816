"""Making music with a masked model: fill what is masked, then doubt and mend it.

Annealed Gibbs sampling (Huang et al., 2017, sec. 4.2; Yao et al., 2014): every pass hides a random part of the free
cells again, less and less of them, and draws them anew given all the rest. What was given never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, VOCABULARY
from musegen.models.base import LatentModel, MaskedModel, Model
from musegen.models.context import bad_leaps, parallel_classes, with_references

Tokens = NDArray[np.int16]
Conditions = dict[str, NDArray[Any]]
LONGEST = 160  # steps that are seen at once; longer pieces are composed window by window
_HOP = 64
_CLASS_OF_PITCH = np.arange(REST) % 12
BEAT = 4  # steps of the units that are hidden and drawn together
ROUGH = 0.2  # share of the passes that anneal; the others sweep over the piece beat by beat, lane by lane


def compose(
    model: MaskedModel,
    context: Tokens,
    conditions: Conditions,
    *,
    seed: int,
    temperature: float = 1.0,
    passes: int = 28,
    ranges: Sequence[tuple[int, int]] | None = None,
    strictness: float = 0.0,
    progress: Callable[[float], None] | None = None,
) -> Tokens:
    """Fills every MASK of a context.

    Args:
        model: Gives the logits.
        context: [n, steps, lanes]; steps is a multiple of the model's steps a beat. Absent lanes hold MASK too.
        conditions: As ``Windows`` makes them, each with n rows.
        seed: Row i draws its chance from (seed, i).
        temperature: Above 1 more surprising, below 1 more usual; greater than 0.
        passes: How often the model is asked; the first fills, the others mend.
        ranges: Lowest and highest pitch for each lane; given notes may lie outside.
        strictness: Nats taken from a pitch that would make parallel fifths or octaves, or a leap that no choir likes;
            see ``parallel_classes`` and ``bad_leaps``.
        progress: Called with the share done, 0-1.

    Returns:
        [n, steps, lanes] without MASK, REST in absent lanes; cells that were given are exactly as they were.
    """
    count, steps, _ = context.shape
    tokens = context.copy()
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), context.shape)
    free = (context == MASK) & present
    rngs = [np.random.default_rng([seed, i]) for i in range(count)]
    begins = [0] if steps <= LONGEST else [*range(0, steps - 2 * _HOP, _HOP), steps - 2 * _HOP]
    for number, begin in enumerate(begins):
        stop = steps if steps <= LONGEST else begin + 2 * _HOP
        part = slice(begin, stop)
        window = {k: v[:, part] if v.ndim > 1 and k != "present" else v for k, v in conditions.items()}
        undecided = free[:, part] & (tokens[:, part] == MASK)

        def tell(share: float, number: int = number) -> None:
            if progress:
                progress((number + share) / len(begins))

        tokens[:, part] = _anneal(
            model, tokens[:, part], undecided, window, rngs, temperature, passes, ranges, strictness, begin == 0, tell
        )
    tokens[~present] = REST
    given = (context != MASK) & present
    assert np.array_equal(tokens[given], context[given])
    return tokens


def _anneal(
    model: MaskedModel,
    tokens: Tokens,
    free: NDArray[np.bool_],
    conditions: Conditions,
    rngs: Sequence[np.random.Generator],
    temperature: float,
    passes: int,
    ranges: Sequence[tuple[int, int]] | None,
    strictness: float,
    at_start: bool,
    tell: Callable[[float], None],
) -> Tokens:
    tokens = tokens.copy()
    bans = _bans(tokens.shape[1:], ranges, at_start).reshape(-1, VOCABULARY)
    orders = [_sweep_order(rng, mask) for rng, mask in zip(rngs, free, strict=True)]
    rough = max(1, round(ROUGH * passes))
    for number in range(passes):
        if number == 0:
            hidden = free
        elif number < rough:
            rate = 1.0 - number / rough
            hidden = free & np.stack([_patches(rng, tokens.shape[1:], rate) for rng in rngs])
        else:
            hidden = free & np.stack([_sweep(order, number - rough) for order in orders])
        context = np.where(hidden, MASK, tokens)
        logits = model.logits(context, conditions)
        if strictness:
            logits = logits.copy()
            x = with_references(context, {})
            logits[..., :REST] -= strictness * (parallel_classes(x)[..., _CLASS_OF_PITCH] | bad_leaps(x))
        for i, rng in enumerate(rngs):
            cells = np.flatnonzero(hidden[i])
            scores = (logits[i].reshape(-1, VOCABULARY)[cells] + bans[cells]) / temperature
            # The largest of log p - log(exponential) is a draw from p (the Gumbel-max trick).
            scores -= np.log(np.maximum(rng.standard_exponential(scores.shape, dtype=np.float32), 1e-30))
            tokens[i].reshape(-1)[cells] = scores.argmax(-1)
        tell((number + 1) / passes)
    return tokens


def _patches(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> NDArray[np.bool_]:
    """Half of the time whole beats of a lane, half of the time single cells, each hidden with chance ``rate``."""
    steps, lanes = shape
    if rng.random() < 0.5:
        return rng.random(shape) < rate
    return np.repeat(rng.random((-(-steps // BEAT), lanes)) < rate, BEAT, axis=0)[:steps]


def _sweep_order(rng: np.random.Generator, free: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each beat, its lanes in a random order, those with free cells first: [beats, lanes]."""
    steps, lanes = free.shape
    padded = np.pad(free, ((0, -steps % BEAT), (0, 0)))
    some = padded.reshape(-1, BEAT, lanes).any(axis=1)
    return np.argsort(rng.random(some.shape) - some, axis=1)


def _sweep(order: NDArray[np.intp], number: int) -> NDArray[np.bool_]:
    """Every other beat, one lane each: cells that hardly depend on one another may be drawn at once.

    Two passes a lane see every cell once.
    """
    beats, lanes = order.shape
    hidden = np.zeros((beats, lanes), bool)
    chosen = np.arange(number % 2, beats, 2)
    hidden[chosen, order[chosen, (number // 2) % lanes]] = True
    return np.repeat(hidden, BEAT, axis=0)


def _bans(shape: tuple[int, ...], ranges: Sequence[tuple[int, int]] | None, at_start: bool) -> NDArray[np.float32]:
    """-1e9 where a token may not stand: MASK, pitches out of range, a HOLD or REST at the start."""
    bans = np.zeros((*shape, VOCABULARY), np.float32)
    bans[..., MASK] = -1e9
    if at_start:  # a piece begins with a note, unless the rest before it is given
        bans[0, :, [REST, HOLD]] = -1e9
    for lane, (lowest, highest) in enumerate(ranges or ()):
        bans[:, lane, :lowest] = -1e9
        bans[:, lane, highest + 1 : REST] = -1e9
    return bans


def blank_conditions(
    n: int, *, bars: int, bar_length: int = 16, style: int = 0, key: int = 0, lanes: int = 4, present: int = 4
) -> Conditions:
    """Conditions for ``n`` whole new pieces of ``bars`` bars in one metre."""
    steps = np.arange(bars * bar_length)
    bar = steps // bar_length
    rows = {
        "position": np.minimum(steps % bar_length, 63),
        "bar_length": np.full_like(steps, min(bar_length, 64)),
        "from_start": np.minimum(bar, 8),
        "to_end": np.minimum(bars - 1 - bar, 8),
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
    if not isinstance(model, MaskedModel):
        raise TypeError(f"{type(model).__name__} can't make music")
    config = model.config
    families = sorted({style.split("/")[0] for style in config.styles[1:]}) or ["any"]
    result = {}
    for family in families:
        style = next((i for i, s in enumerate(config.styles) if s.startswith(family)), 0)
        present = 1 if family == "folk" else config.lanes
        conditions = blank_conditions(n, bars=8, style=style, lanes=config.lanes, present=present)
        context = np.full((n, 128, config.lanes), MASK, np.int16)
        result[family] = compose(model, context, conditions, seed=seed, passes=16)
    return result
