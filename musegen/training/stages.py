"""How a run begins from what another one learnt: from its weights, from its music, and until its likelihood suffers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musegen.checkpoint import Checkpoint, load_checkpoint, read_arrays
from musegen.errors import TrainingError
from musegen.models import JUDGES
from musegen.models.base import Model
from musegen.models.start import adopt
from musegen.places import CHECKPOINTS


def checkpoint_at(name: str) -> Checkpoint:
    """A checkpoint by its folder, or by its name among those that came with the app.

    Raises:
        CheckpointError: There is none.
    """
    folder = Path(name)
    return load_checkpoint(folder if folder.is_dir() else CHECKPOINTS / name)


def start_from(model: Model, name: str, styles: Sequence[str]) -> None:
    """Gives a model the weights of a checkpoint where names and shapes fit; the others stay as they are.

    Args:
        model: The model.
        name: See ``checkpoint_at``.
        styles: Names of the model's styles.
    """
    checkpoint = checkpoint_at(name)
    given = read_arrays(checkpoint.path / "weights.npz")
    model.load_weights(adopt(model.weights(), given, styles, checkpoint.styles))


def give_opponent(model: Model, generator: str, pool: str) -> None:
    """Gives a critic what it learns from.

    Args:
        model: A critic, see ``Critic``.
        generator: Checkpoint of the generator, see ``checkpoint_at``; "" = none.
        pool: Path of an .npz file of windows made beforehand, see ``Fakes``; "" = none.

    Raises:
        TrainingError: The model is no judge of music, or it is given neither.
    """
    if model.config.model not in JUDGES:
        if generator or pool:
            raise TrainingError(
                "“{model}” makes music; only {known} learns from a generator.",
                model=model.config.model,
                known=", ".join(JUDGES),
            )
        return
    if not (generator or pool):
        raise TrainingError("A critic learns from the work of a generator: name one, or a pool of what it made.")
    critic: Any = model
    critic.generator = checkpoint_at(generator).model if generator else None
    critic.pool = read_arrays(Path(pool)) if pool else None


def worth(validation: Mapping[str, float], step: int, limit: float) -> float:
    """What a checkpoint is chosen by: the least is best.

    Its cross-entropy; for a model without a likelihood, how far its music is from held-out music, or else the later the
    better. With a limit on cross-entropy, the latest within it.
    """
    if limit < math.inf:
        return -float(step) if validation["cross_entropy"] <= limit else math.inf
    return validation.get("cross_entropy", validation.get("feature_distance", -float(step)))
