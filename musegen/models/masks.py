"""Which cells of a window the composer has to find: every verb of the studio is one of these masks.

All functions return boolean arrays [steps, lanes], True = to be found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

MIXTURE = {
    "harmonise": 0.30,  # keep one lane; most of all at first: random masks alone teach to ignore the melody
    "everything": 0.10,
    "suffix": 0.10,
    "span": 0.08,
    "block": 0.12,
    "beats": 0.10,
    "sweep": 0.12,
    "random": 0.08,
}


def draw_mask(rng: np.random.Generator, steps: int, lanes: int, beat: int = 4) -> Mask:
    """A mask for training, drawn from ``MIXTURE``; never empty.

    Args:
        rng: Source of chance.
        steps: Steps of the window.
        lanes: Lanes that are present in this piece.
        beat: Steps of a beat; spans and blocks begin and end on beats.
    """
    kind = rng.choice(list(MIXTURE), p=list(MIXTURE.values()))
    mask = np.zeros((steps, lanes), bool)
    beats = max(steps // beat, 1)
    if kind == "harmonise" and lanes > 1:
        mask[:] = True
        # The melody is what people bring; now and then it is the bass, or an inner voice, or two voices.
        kept = 0 if rng.random() < 0.7 else int(rng.integers(lanes))
        mask[:, kept] = False
        if rng.random() < 0.3:
            mask[:, int(rng.integers(lanes))] = False
        if not mask.any():
            mask[:, (kept + 1) % lanes] = True
        if rng.random() < 0.4:  # part of the answer is there already, as in the later passes of sampling
            mask &= _cells(rng, steps, lanes, beat, rng.uniform(0.2, 1.0))
    elif kind == "suffix":
        mask[int(rng.integers(0, beats)) * beat :] = True
    elif kind == "span":
        start = int(rng.integers(0, beats))
        mask[start * beat : (start + int(rng.integers(1, max(beats // 2, 2)))) * beat] = True
    elif kind == "block":
        start, length = int(rng.integers(0, beats)), int(rng.integers(1, beats + 1))
        chosen = rng.permutation(lanes)[: int(rng.integers(1, lanes + 1))]
        mask[start * beat : (start + length) * beat, chosen] = True
    elif kind == "beats":
        mask = _cells(rng, steps, lanes, beat, rng.uniform(0.05, 1.0))
    elif kind == "sweep":  # every other beat of one lane: what the mending passes of sampling ask
        lane = rng.integers(lanes, size=beats)
        lane[int(rng.integers(2)) :: 2] = -1
        mask = np.repeat(lane[:, None] == np.arange(lanes), beat, axis=0)
        mask = np.pad(mask, ((0, steps - len(mask)), (0, 0)))
    elif kind == "random":
        mask = rng.random((steps, lanes)) < rng.uniform(0.05, 1.0)
    if kind in ("everything",) or not mask.any():
        mask[:] = True
    return mask


def _cells(rng: np.random.Generator, steps: int, lanes: int, beat: int, rate: float) -> Mask:
    """Beats of single lanes, each chosen with probability ``rate``; half the time whole half-bars (two beats)."""
    size = beat * int(rng.choice([1, 1, 2, 4]))
    chosen = rng.random((-(-steps // size), lanes)) < rate
    return np.repeat(chosen, size, axis=0)[:steps]
