"""What a sequence model is told of the past, for every step: what was played, how long ago, and what came bars before.

All arrays are NumPy's and follow from tokens alone. "Decided" are the earlier steps, at a step itself the lanes that
stand before in ``LANE_ORDER``, and whatever was given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, sounding
from musegen.models.context import interval_motion

LANE_ORDER = (0, 3, 1, 2)
"""Within a step: soprano, then bass, then the inner voices, as harmony is taught."""
AGES = 34
BARS_BACK = (1, 2, 4, 8)
MATCHES = 8
"""Buckets of how long the music has been going as it went bars before: 0, 1, 2, 3-4, 5-8, 9-16, 17-32, more."""
Arrays = dict[str, NDArray[Any]]


def history(tokens: NDArray[np.int16], context: NDArray[np.int16], bar_length: NDArray[Any]) -> Arrays:
    """Everything that the decoder sees besides its own states.

    Args:
        tokens: [batch, steps, lanes], all known; MASK in absent lanes.
        context: The same where it was given, MASK elsewhere.
        bar_length: [batch, steps] steps of the bar.

    Returns:
        previous, previous_sounding, age [batch, steps, lanes]: the last step's tokens (MASK at the start), what
        sounded, and for how many steps; above, below: what sounds now in the nearest decided lane on either side, MASK
        where none does; over_bass [batch, steps, lanes, 12]: how many of the decided voices lie at each interval class
        over the bass, where that is decided; copies, match [batch, steps, lanes, 4]: the token ``BARS_BACK`` bars
        earlier at the same place, and how long the lane has gone as it did then (see ``MATCHES``); references, motion
        [batch, steps, lanes, 2 * lanes + 2]: as in context.py, what sounds in the other lanes now where that is
        decided, what sounded in them before, and the lane's own last and next given pitch; context,
        context_sounding, tokens, sounding.
    """
    batch, steps, lanes = tokens.shape
    edge = np.full((batch, 1, lanes), MASK, np.int16)
    sounds = sounding(tokens)
    previous = np.concatenate([edge, tokens[:, :-1]], axis=1)
    before = np.concatenate([edge, sounds[:, :-1]], axis=1)
    given = sounding(context)
    places = np.arange(steps)[None, :, None]
    begun = np.maximum.accumulate(np.where(tokens != HOLD, places, 0), axis=1)
    age = np.concatenate([np.zeros((batch, 1, lanes), np.int64), (places - begun + 1)[:, :-1]], axis=1)
    onsets = context < REST
    after = np.minimum.accumulate(np.where(onsets, places, steps)[:, ::-1], axis=1)[:, ::-1]
    after = np.concatenate([after[:, 1:], np.full((batch, 1, lanes), steps)], axis=1)
    following = np.take_along_axis(np.concatenate([context, edge], axis=1), after, axis=1)

    copies = np.full((batch, steps, lanes, len(BARS_BACK)), MASK, np.int16)
    match = np.zeros((batch, steps, lanes, len(BARS_BACK)), np.int64)
    for k, bars in enumerate(BARS_BACK):
        source = np.arange(steps)[None] - bars * np.asarray(bar_length, np.int64)
        copy = np.take_along_axis(tokens, np.maximum(source, 0)[..., None], axis=1)
        copies[..., k] = np.where(source[..., None] >= 0, copy, MASK)
        agrees = (copies[..., k] == tokens) & (copies[..., k] != MASK)
        broken = np.maximum.accumulate(np.where(agrees, -1, places), axis=1)
        run = np.concatenate([np.zeros((batch, 1, lanes), np.int64), (places - broken)[:, :-1]], axis=1)
        match[..., k] = match_bucket(run)

    rank = np.argsort(LANE_ORDER[:lanes] if lanes == len(LANE_ORDER) else range(lanes))
    decided = rank[None, :] < rank[:, None]  # [lane, other lane]
    now = np.where(decided, sounds[:, :, None, :], given[:, :, None, :])
    other = ~np.eye(lanes, dtype=bool)
    now = np.where(other, now, MASK)
    motion = interval_motion(before[..., None], before[:, :, None, :], now)
    nothing = np.full((batch, steps, lanes, lanes + 2), 12)
    then = np.where(other, before[:, :, None, :], MASK)
    struck = np.maximum.accumulate(np.where(tokens < REST, places, -1), axis=1)
    struck = np.concatenate([np.full((batch, 1, lanes), -1), struck[:, :-1]], axis=1)
    last = np.where(struck >= 0, np.take_along_axis(tokens, np.maximum(struck, 0), axis=1), MASK)
    return {
        "context": context.astype(np.int32),
        "context_sounding": given.astype(np.int32),
        "tokens": tokens.astype(np.int32),
        "sounding": sounds.astype(np.int32),
        "previous": previous.astype(np.int32),
        "previous_sounding": before.astype(np.int32),
        "above": nearest(now, lanes, -1).astype(np.int32),
        "below": nearest(now, lanes, +1).astype(np.int32),
        "over_bass": over_bass(now).astype(np.float32),
        "age": np.minimum(age, AGES - 1).astype(np.int32),
        "copies": copies.astype(np.int32),
        "match": match.astype(np.int32),
        "references": np.concatenate([now, then, last[..., None], following[..., None]], axis=-1).astype(np.int32),
        "motion": np.concatenate([motion, nothing], axis=-1).astype(np.int32),
    }


def match_bucket(run: NDArray[Any]) -> NDArray[np.int64]:
    """Lengths of agreement in steps -> buckets, see ``MATCHES``."""
    return np.searchsorted([1, 2, 3, 5, 9, 17, 33], run, side="right")


def nearest(now: NDArray[Any], lanes: int, way: int) -> NDArray[Any]:
    """What sounds in the nearest lane above (way -1) or below (+1) in which a pitch is known; MASK without one.

    Args:
        now: [..., lane, other lane] what sounds in the other lanes.
        lanes: How many.
        way: -1 or +1.
    """
    found = np.full(now.shape[:-1], MASK, now.dtype)
    for lane in range(lanes):
        others = range(0, lane) if way < 0 else range(lanes - 1, lane, -1)
        for other in others:  # the farthest first, so that the nearest has the last word
            pitch = now[..., lane, other]
            found[..., lane] = np.where(pitch < REST, pitch, found[..., lane])
    return found


def over_bass(now: NDArray[Any]) -> NDArray[np.int64]:
    """[..., lane, 12] how many voices lie at each interval class over the last lane; 0 where nothing sounds there.

    Args:
        now: [..., lane, other lane] what sounds in the other lanes, the lane itself unknown.
    """
    bass, upper = now[..., -1:], now[..., :-1]
    classes = np.where((bass < REST) & (upper < REST), (upper - bass) % 12, 12)
    return np.asarray((classes[..., None] == np.arange(12)).sum(axis=-2))
