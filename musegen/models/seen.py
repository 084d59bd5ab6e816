"""Which styles and keys a model met in training: what music from nothing is drawn from."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from musegen.models.base import Batch
from musegen.models.sampling import Conditions, blank_conditions

KEYS = 25
"""Key indices: 0 unknown, then 1 + 2 * tonic + minor."""
_MEMORY = 0.999
_RARE = 1e-3


class SeenConditions:
    """A running share of every pair of style and key, kept with the weights.

    Attributes:
        shares: Variable [styles, keys], sums to 1; before any training all of it lies on "any" in an unknown key.
    """

    def __init__(self, styles: tuple[str, ...]) -> None:
        self.styles = styles
        start = np.zeros((len(styles), KEYS), np.float32)
        start[0, 0] = 1.0
        self.shares = keras.Variable(start, trainable=False, name="seen")

    def update(self, batch: Batch, done: int) -> None:
        """Takes in the styles and keys of a batch, the ``done``-th of the training."""
        found = np.zeros(self.shares.shape, np.float32)
        np.add.at(found, (batch["style"], batch["key"]), 1.0 / len(batch["style"]))
        keep = min(_MEMORY, (1.0 + done) / (10.0 + done))
        self.shares.assign(keep * self.shares.numpy() + (1.0 - keep) * found)

    def draw(self, n: int, rng: np.random.Generator, *, bars: int, style: int | None = None) -> Conditions:
        """Conditions for ``n`` pieces of ``bars`` bars of 4/4: style and key as they were met in training.

        Args:
            n: How many.
            rng: Source of chance.
            bars: Length.
            style: Index of the one style that is wanted; None = any, as often as it was met.
        """
        shares = self._shares(style)
        chosen = rng.choice(shares.size, size=n, p=shares.ravel())
        return self._conditions(n, bars, *np.divmod(chosen, KEYS))

    def likeliest(self, n: int, *, bars: int) -> Conditions:
        """The same for the one pair of style and key that was met most."""
        chosen = np.full(n, int(self._shares(None).argmax()))
        return self._conditions(n, bars, *np.divmod(chosen, KEYS))

    def _shares(self, style: int | None) -> NDArray[np.float64]:
        shares = self.shares.numpy().astype(np.float64)
        if style is not None:
            row = shares[style]
            if row.sum() < _RARE:  # hardly ever met: the keys of all music
                row = shares.sum(axis=0)
            shares = np.zeros_like(shares)
            shares[style] = row
        return np.asarray(shares / shares.sum())

    def _conditions(self, n: int, bars: int, style: NDArray[np.int64], key: NDArray[np.int64]) -> Conditions:
        one_voice = np.array([name.startswith("folk") for name in self.styles])[style]
        conditions = blank_conditions(n, bars=bars)
        voices = conditions["present"].shape[1]
        conditions["present"] = np.arange(voices) < np.where(one_voice, 1, voices)[:, None]
        return {**conditions, "style": style, "key": key}
