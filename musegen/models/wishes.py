"""What may be wished for while a model makes music, beside what it is told: nats for pitch classes, a second style.

Wishes travel with the conditions, a row for each piece, so that whoever repeats, cuts or chooses rows takes them along:

* "lean" [n or 1, steps, lanes or 1, 12]: nats added to every pitch class at each step, in the key that is played.
* "other_style" [n] and "share" [n]: the style of a second expert, and how much it counts, more than 0 and less than 1.
  What stands in a cell is drawn from p(cell | style)^(1 - share) * p(cell | other style)^share, normalised: a product
  of experts (Hinton, 2002), the geometric mixture of the two conditional distributions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, REST, sounding
from musegen.models.base import Batch

Floats = NDArray[np.floating[Any]]
_CLASS_OF_PITCH = np.arange(REST) % 12


def lean_of(conditions: Batch, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """The "lean" of these conditions as [n, steps, lanes, 12], for music of a shape [n, steps, lanes]; None = none."""
    if "lean" not in conditions:
        return None
    return np.broadcast_to(np.asarray(conditions["lean"], np.float32), (*shape, 12))


def leaning(logits: Floats, context: NDArray[np.int16], conditions: Batch, beat: int) -> Floats:
    """Logits [n, steps, lanes, 131] that lean as the conditions wish; as they were where nothing is wished.

    A lean chooses among the pitches: whether a note begins stays as likely as it was. A note that is held is chosen
    anew on every beat, where it is known which one that is: there its HOLD gets the nats of its pitch class.

    Args:
        logits: What the model says.
        context: [n, steps, lanes] with MASK.
        conditions: See the module.
        beat: Steps of a beat.
    """
    lean = lean_of(conditions, context.shape)
    if lean is None:
        return logits
    logits = np.array(logits)
    pitches = logits[..., :REST] + lean[..., _CLASS_OF_PITCH]
    logits[..., :REST] = pitches + log_sum(logits[..., :REST]) - log_sum(pitches)
    held = sounding(context)[:, :-1]
    logits[:, 1:, :, HOLD] += held_lean(held, lean[:, 1:]) * (np.arange(1, context.shape[1]) % beat == 0)[:, None]
    return logits


def held_lean(held: NDArray[Any], lean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nats [...] for holding what sounds [...] on, by the lean [..., 12] of this step; 0 where no pitch is known."""
    nats = np.take_along_axis(lean, (held.astype(np.int64) % 12)[..., None], axis=-1)[..., 0]
    return np.where(held < REST, nats, np.float32(0.0))


def mixed(first: Floats, second: Floats, share: NDArray[Any]) -> Floats:
    """Log probabilities, but for a constant, of the geometric mixture of two distributions.

    Args:
        first: Logits [n, ..., tokens].
        second: The other expert's.
        share: [n] its share.
    """
    share = np.asarray(share, np.float32).reshape(-1, *[1] * (first.ndim - 1))
    return (1 - share) * (first - log_sum(first)) + share * (second - log_sum(second))


def log_sum(x: Floats) -> NDArray[np.float32]:
    """Log of the sum of the exponentials of the last axis, which is kept."""
    highest = x.max(axis=-1, keepdims=True)
    return np.asarray(highest + np.log(np.exp(x - highest).sum(axis=-1, keepdims=True)), np.float32)
