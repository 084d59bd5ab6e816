"""How likely real music is to a masked model: exact, cell by cell, in a stated order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, sounding
from musegen.models.base import Batch, MaskedModel, SequenceModel
from musegen.models.home_key import shift_home, transpose_logits


def chronological_nats(
    model: MaskedModel | SequenceModel, batch: Batch
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Negative log likelihood of every cell, given all earlier steps and some lanes at its own step.

    Those lanes are the ones above it for a masked model, the ones before it in its own order for a sequence model. The
    chain rule makes the sum of all cells the exact negative log likelihood of the window under either order, given
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
    says = _played(model, batch) if isinstance(model, SequenceModel) else _asked(model, batch)
    for lane in np.flatnonzero(batch["present"].any(axis=0)):
        for step in range(steps):
            counted = batch["valid"][:, step] & batch["present"][:, lane]
            if not counted.any():
                continue
            logits = says(int(lane), step).astype(np.float64)
            logits -= logits.max(axis=-1, keepdims=True)
            chances = np.exp(logits)
            chances /= chances.sum(axis=-1, keepdims=True)
            token, sound, last = tokens[:, step, lane], sounds[:, step, lane], before[:, step, lane]
            held = np.where(sound == last, chances[:, HOLD], 0.0)
            of_tokens[:, step, lane] = np.where(counted, -np.log(chances[rows, token]), np.nan)
            of_sounds[:, step, lane] = np.where(counted, -np.log(chances[rows, sound] + held), np.nan)
    return of_tokens, of_sounds


def _asked(model: MaskedModel, batch: Batch) -> Callable[[int, int], NDArray[np.float32]]:
    tokens = batch["tokens"].astype(np.int16)

    def says(lane: int, step: int) -> NDArray[np.float32]:
        context = np.full_like(tokens, MASK)
        context[:, :step] = tokens[:, :step]
        context[:, step, :lane] = tokens[:, step, :lane]
        context = np.where(batch["present"][:, None, :], context, MASK)
        return model.logits(context, batch)[:, step, lane]

    return says


def _played(model: SequenceModel, batch: Batch) -> Callable[[int, int], NDArray[np.float32]]:
    tokens = batch["tokens"].astype(np.int16)
    logits = model.sequence_logits(tokens, np.full_like(tokens, MASK), batch)
    logits = transpose_logits(logits, -shift_home(batch["key"]))
    return lambda lane, step: logits[:, step, lane]
