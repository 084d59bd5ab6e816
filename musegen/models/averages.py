"""A running average of a network's weights: steadier than the weights themselves, and what ships."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from musegen.models.base import State, assign
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

    def named(self) -> dict[str, Any]:
        """The averages, by "average/" and the path of their variable."""
        return {f"average/{v.path}": a for v, a in zip(self.variables, self.averages, strict=True)}


class Averaged(ABC):
    """The half of ``Model`` that gives and takes weights, for models whose averaged weights ship.

    Attributes:
        averages: Of the variables that training changes.
    """

    averages: Averages

    def _named(self) -> dict[str, Any]:
        """What ships, by name: the averaged variables, and with them whatever else a model needs to make music."""
        return {v.path: v for v in self.averages.variables}

    @abstractmethod
    def _everything(self) -> dict[str, Any]:
        """All that a run goes on from, by name, the averages not in use."""

    def weights(self) -> State:
        """The averaged weights, by variable path. See ``Model.weights``."""
        self.averages.use(averaged=True)
        return {path: v.numpy() for path, v in self._named().items()}

    def load_weights(self, weights: State) -> None:
        """Weights for making music; they become the current and the averaged ones. See ``Model.load_weights``."""
        self.averages.use(averaged=False)
        assign(self._named(), weights)
        self.averages.restart()

    def state(self) -> State:
        """See ``Model.state``."""
        self.averages.use(averaged=False)
        return {name: v.numpy() for name, v in self._everything().items()}

    def load_state(self, state: State) -> None:
        """See ``Model.load_state``."""
        self.averages.use(averaged=False)
        assign(self._everything(), state)
