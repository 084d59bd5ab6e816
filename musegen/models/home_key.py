"""All music in one key: what a model need not learn twelve times.

A window in a known key is moved so that its tonic is C; what the model says is moved back. Major and minor stay apart
by the key condition, which also tells how far the music was moved, and so where the voices' ranges lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import REST


def shift_home(key: NDArray[Any]) -> NDArray[np.int64]:
    """Semitones, -6..5, from each key index (see ``key_index``) to the key on C; 0 for an unknown key."""
    key = np.asarray(key, np.int64)
    return np.where(key > 0, (6 - (key - 1) // 2) % 12 - 6, 0)


def transpose_tokens(tokens: NDArray[np.int16], semitones: NDArray[np.int64]) -> NDArray[np.int16]:
    """Tokens [batch, ...] with every pitch moved by its row's semitones; REST, HOLD and MASK stay.

    Pitches that would leave 0-127 come to stand an octave off.
    """
    moved = tokens + semitones.reshape(-1, *[1] * (tokens.ndim - 1))
    moved = np.where(moved < 0, moved + 12, np.where(moved >= REST, moved - 12, moved))
    return np.where(tokens < REST, moved, tokens).astype(np.int16)


def transpose_logits(logits: NDArray[np.float32], semitones: NDArray[np.int64]) -> NDArray[np.float32]:
    """Logits [batch, ..., tokens] whose entry for pitch p is that of p - semitones, wrapped round at the ends."""
    moved = logits.copy()
    for row, shift in enumerate(semitones):
        moved[row, ..., :REST] = np.roll(logits[row, ..., :REST], int(shift), axis=-1)
    return moved
