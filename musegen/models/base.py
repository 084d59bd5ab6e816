"""What every model is: a few verbs on arrays. Tensors stay inside; NumPy at the wall."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from musegen.errors import CheckpointError

Batch = Mapping[str, NDArray[Any]]
State = dict[str, NDArray[Any]]
Select = Callable[[NDArray[np.int16], int], NDArray[np.intp] | None]
"""Asked after every beat of a sequence that is played, with the tokens so far [n, steps, lanes] and the number of steps
that are done: the rows [n] whose pasts to go on from, or None to go on as it is. A row may only take the place of one
that has the same context and conditions."""
_Config = TypeVar("_Config")


@runtime_checkable
class Model(Protocol):
    """A model that the training loop can train and a checkpoint can hold.

    ``config`` is a frozen dataclass with a class attribute ``model``: the model's name in the registry.
    """

    config: Any

    def train_step(self, batch: Batch) -> dict[str, float]:
        """One step of every optimiser on a batch of windows; the losses by name."""

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """The losses of a batch, nothing learnt; averaged weights are used where there are any."""

    def state(self) -> State:
        """Everything needed to go on training as if never stopped: weights, averages, optimiser slots, counters."""

    def load_state(self, state: State) -> None:
        """The opposite of ``state``. Raises CheckpointError if the arrays don't fit."""

    def weights(self) -> State:
        """Only what is needed to make music: this is what ships."""

    def load_weights(self, weights: State) -> None:
        """The opposite of ``weights``. Raises CheckpointError if the arrays don't fit."""


@runtime_checkable
class MaskedModel(Protocol):
    """A model that can tell what may stand in masked cells: enough for every verb, see sampling.py."""

    config: Any

    def logits(self, context: NDArray[Any], conditions: Batch) -> NDArray[np.float32]:
        """Unnormalised log probabilities [batch, steps, lanes, 131] of every cell of a context with MASK."""


@runtime_checkable
class SequenceModel(Protocol):
    """A model that plays from left to right, one cell after another: enough for every verb, too."""

    config: Any

    def play(
        self,
        context: NDArray[np.int16],
        conditions: Batch,
        *,
        seed: int,
        temperature: float = 1.0,
        ranges: Sequence[tuple[int, int]] | None = None,
        strictness: float = 0.0,
        density: float = 0.0,
        no_rest: int = 0,
        select: Select | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.int16]:
        """Fills every MASK of a context [n, steps, lanes]; see ``sampling.compose`` for the arguments.

        What is wished for stands among the conditions, see wishes.py.
        """

    def sequence_logits(
        self, tokens: NDArray[np.int16], context: NDArray[np.int16], conditions: Batch
    ) -> NDArray[np.float32]:
        """Logits [n, steps, lanes, 131] of every cell given all that is decided before it, in the home key."""


@runtime_checkable
class LatentModel(Protocol):
    """A model that makes music from points of a latent space."""

    config: Any

    def sample(self, n: int, *, seed: int) -> NDArray[np.int16]:
        """``n`` new pieces as tokens [n, steps, lanes]; the same seed gives the same notes."""

    def decode(self, z: NDArray[np.float32]) -> NDArray[np.int16]:
        """Tokens [n, steps, lanes] of latent points [n, latent]."""


def config_from_dict(kind: type[_Config], values: Mapping[str, Any]) -> _Config:
    """A config dataclass from JSON values; lists become tuples.

    Raises:
        CheckpointError: A key that the config doesn't know.
    """
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise CheckpointError(
            "Unknown settings for {kind}: {unknown}. Known: {known}.",
            kind=kind.__name__,
            unknown=", ".join(unknown),
            known=", ".join(sorted(known)),
        )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def assign(variables: Mapping[str, Any], values: State) -> None:
    """Puts arrays into backend variables of the same names and shapes.

    The generators of drop-out are told apart by their order: Keras numbers them through the whole process, so their
    numbers depend on how many models were built before.

    Raises:
        CheckpointError: A name is missing or a shape differs.
    """
    values = values | {
        own: values[other] for own, other in zip(_generators(variables), _generators(values), strict=False)
    }
    for name, variable in variables.items():
        if name not in values:
            raise CheckpointError("What was saved doesn't fit this model: “{name}” is missing.", name=name)
        if tuple(values[name].shape) != tuple(variable.shape):
            raise CheckpointError(
                "What was saved doesn't fit this model: “{name}” is {found}, not {wanted}.",
                name=name,
                found=tuple(values[name].shape),
                wanted=tuple(variable.shape),
            )
    for name, variable in variables.items():
        variable.assign(np.asarray(values[name], dtype=np.float32 if "float" in str(variable.dtype) else None))


def _generators(named: Mapping[str, Any]) -> list[str]:
    """The names of the states of random generators, in the order in which they were made."""
    found = ((name, re.search(r"seed_generator(?:_(\d+))?/", name)) for name in named)
    return [name for _, name in sorted((int(match[1] or 0), name) for name, match in found if match)]
