"""Tokens <-> piano rolls with one track a lane: what the convolutional GAN sees and makes.

A roll tells which pitch sounds on a step, not where a note begins: notes repeated without a pause become one long note,
and come back from a roll as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, REST, sounding


def roll_of_tokens(tokens: NDArray[Any], low: int, pitches: int) -> NDArray[np.float32]:
    """[n, steps, lanes] -> [n, steps, lanes, pitches], 1 where a pitch sounds, else 0.

    Row 0 is the pitch ``low``; a pitch outside the roll is moved by octaves until it is inside.
    """
    pitch = sounding(tokens.astype(np.int16)).astype(np.int64)
    below, above = np.maximum(low - pitch, 0), np.maximum(pitch - (low + pitches - 1), 0)
    inside = pitch + 12 * -(-below // 12) - 12 * -(-above // 12)
    rows = np.where(pitch < REST, inside - low, pitches)
    return np.eye(pitches + 1, dtype=np.float32)[rows][..., :pitches]


def tokens_of_pitches(sounds: NDArray[Any]) -> NDArray[np.int16]:
    """What sounds in each cell [n, steps, lanes], a pitch or REST -> tokens: equal neighbours in time are one note."""
    goes_on = np.zeros(sounds.shape, bool)
    goes_on[:, 1:] = (sounds[:, 1:] == sounds[:, :-1]) & (sounds[:, 1:] < REST)
    return np.where(goes_on, HOLD, sounds).astype(np.int16)
