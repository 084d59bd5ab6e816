"""How likely real music is to a masked model: exact, cell by cell, in a stated order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, sounding
from musegen.models.base import Batch, MaskedModel


def chronological_nats(model: MaskedModel, batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Negative log likelihood of every cell, given all earlier steps and the lanes above it at its own step.

    The chain rule makes the sum of all cells the exact negative log likelihood of the window under this order, given
    the conditions (style, key, place in the bar and in the piece).

    Args:
        model: The model.
        batch: A batch of windows, see ``Windows``.

    Returns:
        Two arrays [batch, steps, lanes], nan where a cell is absent or padding: *token nats* of our own tokens, where a
        repeated note is an onset, and *note-wise nats* of what sounds, where holding a pitch and striking it again
        are the same thing, as in the literature on the standard chorale split.
    """
    tokens = batch["tokens"].astype(np.int16)
    sounds = sounding(tokens)
    before = np.concatenate([np.full_like(sounds[:, :1], REST), sounds[:, :-1]], axis=1)
    count, steps, _lanes = tokens.shape
    of_tokens = np.full(tokens.shape, np.nan)
    of_sounds = np.full(tokens.shape, np.nan)
    rows = np.arange(count)
    for lane in np.flatnonzero(batch["present"].any(axis=0)):
        for step in range(steps):
            counted = batch["valid"][:, step] & batch["present"][:, lane]
            if not counted.any():
                continue
            context = np.full_like(tokens, MASK)
            context[:, :step] = tokens[:, :step]
            context[:, step, :lane] = tokens[:, step, :lane]
            context = np.where(batch["present"][:, None, :], context, MASK)
            logits = model.logits(context, batch)[:, step, lane].astype(np.float64)
            logits -= logits.max(axis=-1, keepdims=True)
            chances = np.exp(logits)
            chances /= chances.sum(axis=-1, keepdims=True)
            token, sound, last = tokens[:, step, lane], sounds[:, step, lane], before[:, step, lane]
            held = np.where(sound == last, chances[:, HOLD], 0.0)
            of_tokens[:, step, lane] = np.where(counted, -np.log(chances[rows, token]), np.nan)
            of_sounds[:, step, lane] = np.where(counted, -np.log(chances[rows, sound] + held), np.nan)
    return of_tokens, of_sounds
