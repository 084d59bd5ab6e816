"""A running average of a network's weights: steadier than the weights themselves, and what ships."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from musegen.models.layers import Tensor


class Averages:
    """Exponential averages of variables, and a switch between the two (Polyak & Juditsky, 1992, with decay).

    Attributes:
        averages: A variable for each variable; while ``use(averaged=True)`` holds, the two have changed places.
    """

    def __init__(self, variables: Sequence[Any], decay: float) -> None:
        self.variables, self.decay = list(variables), decay
        self.averages = [keras.Variable(v.numpy(), trainable=False, name=f"average_{v.name}") for v in variables]
        self._averaged = False

    def update(self, done: Tensor) -> None:
        """Moves the averages towards the weights after ``done`` steps, at first by more, to forget the start."""
        done = ops.cast(done, "float32")
        keep = ops.minimum(self.decay, (1.0 + done) / (10.0 + done))
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(keep * average.value + (1.0 - keep) * variable.value)

    def use(self, *, averaged: bool) -> None:
        """Puts the averages in the variables' place, or back."""
        if averaged != self._averaged:
            for average, variable in zip(self.averages, self.variables, strict=True):
                current = variable.numpy()
                variable.assign(average.value)
                average.assign(current)
            self._averaged = averaged

    def restart(self) -> None:
        """The variables as they are become their own averages."""
        self.use(averaged=False)
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(variable.value)
