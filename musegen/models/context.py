"""What follows from a context for every cell: what sounds, which pitches are near, how the other voices move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import MASK, REST, VOCABULARY, sounding


def with_references(context: NDArray[Any], x: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Adds to the inputs what follows from the context [batch, steps, lanes]: tokens, what sounds, what is near.

    "references" [batch, steps, lanes, 2 * lanes + 2] are the pitches that a cell is heard against, MASK where there is
    none: what sounds in each other lane now; what sounds in each just before this lane's next known note; and the
    lane's own last and next known pitch. "motion", of the same shape, names for the first two kinds the interval
    class that the two lanes form before this step, or at that next note (12 unknown), plus 13 if the other lane moves.
    """
    tokens = context.astype(np.int16)
    sounds = sounding(tokens)
    batch, steps, lanes = tokens.shape
    edge = np.full((batch, 1, lanes), MASK, np.int16)
    onsets = tokens < REST
    places = np.arange(steps)[None, :, None]
    before = np.maximum.accumulate(np.where(onsets, places, -1), axis=1)
    before = np.concatenate([np.full((batch, 1, lanes), -1), before[:, :-1]], axis=1)
    after = np.minimum.accumulate(np.where(onsets, places, steps)[:, ::-1], axis=1)[:, ::-1]
    after = np.concatenate([after[:, 1:], np.full((batch, 1, lanes), steps)], axis=1)
    padded = np.concatenate([tokens, edge], axis=1)  # index -1 and index steps both find the edge: unknown
    last = np.take_along_axis(padded, before % (steps + 1), axis=1)
    following = np.take_along_axis(padded, after, axis=1)

    earlier = np.concatenate([edge, sounds[:, :-1]], axis=1)
    later = np.concatenate([sounds, edge], axis=1)
    now = np.broadcast_to(sounds[:, :, None, :], (batch, steps, lanes, lanes))
    rows = np.arange(batch)[:, None, None]
    at_next, until_next = later[rows, after], later[rows, after - 1]  # [batch, steps, lane, other lane]
    other = ~np.eye(lanes, dtype=bool)
    motion_now = interval_motion(earlier[..., None], earlier[:, :, None, :], sounds[:, :, None, :])
    motion_next = interval_motion(following[..., None], at_next, until_next)
    nothing = np.full((batch, steps, lanes, 2), 12)
    x["context"], x["sounding"] = tokens.astype(np.int32), sounds.astype(np.int32)
    near = [np.where(other, now, MASK), np.where(other, until_next, MASK), last[..., None], following[..., None]]
    x["references"] = np.concatenate(near, axis=-1).astype(np.int32)
    x["motion"] = np.concatenate([motion_now, motion_next, nothing], axis=-1).astype(np.int32)
    return x


def interval_motion(mine: NDArray[Any], theirs: NDArray[Any], theirs_across: NDArray[Any]) -> NDArray[Any]:
    """Interval class of ``mine`` above ``theirs`` (12 unknown), + 13 where theirs is another pitch across the step."""
    interval = np.where((mine < REST) & (theirs < REST), (mine - theirs) % 12, 12)
    moves = (theirs < REST) & (theirs_across < REST) & (theirs != theirs_across)
    return np.asarray(interval + 13 * moves)


def parallel_classes(x: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Pitch classes that would make parallel fifths, octaves or unisons: [batch, steps, lanes, 12].

    For an onset in a cell: a pitch class is named if another lane moves here from a perfect fifth, octave or unison
    with this lane, and the pitch class lies at that same interval from where the other lane moves to; and likewise
    towards this lane's next known note.

    Args:
        x: What ``with_references`` made.
    """
    lanes = x["context"].shape[2]
    others, motion = x["references"][..., : 2 * lanes], x["motion"][..., : 2 * lanes]
    # A fifth is 7 semitones above a lower voice, and 7 below, of class 5, a higher one; lanes go from high to low.
    higher = np.tile(np.arange(lanes)[None, :] < np.arange(lanes)[:, None], 2)  # [lane, other lane, twice]
    perfect = ((motion == 13) | (motion == 13 + np.where(higher, 5, 7))) & (others < REST)
    target = (others + motion - 13) % 12
    return np.asarray((perfect[..., None] & (target[..., None] == np.arange(12))).any(axis=3))


def _bad_leaps() -> NDArray[np.bool_]:
    pitches = np.arange(REST)
    leap = np.abs(pitches[:, None] - pitches)
    bad = np.zeros((VOCABULARY, REST), bool)  # nothing is bad beside a rest
    bad[:REST] = (leap == 6) | (leap == 10) | (leap == 11) | (leap > 12)
    return bad


_BAD_LEAPS = _bad_leaps()


def bad_leaps(x: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Pitches that no choir likes to leap to, or from: [batch, steps, lanes, 128].

    A tritone, a seventh, or more than an octave away from the lane's own last or next known pitch.

    Args:
        x: What ``with_references`` made.
    """
    before, after = x["references"][..., -2], x["references"][..., -1]
    return np.asarray(_BAD_LEAPS[before] | _BAD_LEAPS[after])
