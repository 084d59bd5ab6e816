"""Models: networks, losses and sampling on arrays. Nothing here knows a Score, a file or a page.

``build_model`` imports a model's module, and with it TensorFlow, only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from musegen.errors import CheckpointError
from musegen.models.backend import load_backend
from musegen.models.base import Model, config_from_dict

_ROOMS = {
    "composer": ("musegen.models.composer", "Composer", "ComposerConfig"),
    "seq2seq": ("musegen.models.seq2seq", "Seq2Seq", "Seq2SeqConfig"),
    "vae": ("musegen.models.vae", "VAE", "VAEConfig"),
    "wgan-gp": ("musegen.models.wgan_gp", "WGANGP", "WGANGPConfig"),
    "classic-gan": ("musegen.models.classic_gan", "ClassicGAN", "ClassicGANConfig"),
}
MODELS = tuple(_ROOMS)
"""Names of all models that the loop can train and that make music."""
SEQUENCE_MODELS = ("seq2seq",)
"""Those of them that play from left to right, see ``SequenceModel`` in base.py."""
_JUDGES = {"critic": ("musegen.models.critic", "Critic", "CriticConfig")}
JUDGES = tuple(_JUDGES)
"""Names of models that the loop can train and that judge music."""


def build_model(name: str, settings: Mapping[str, Any] | None = None, *, seed: int = 0) -> Model:
    """A new model by name, with settings of its config; those not given have their defaults.

    Raises:
        CheckpointError: No such model, or a setting it doesn't know.
    """
    rooms = _ROOMS | _JUDGES
    if name not in rooms:
        raise CheckpointError("There is no model “{name}”. There are: {known}.", name=name, known=", ".join(rooms))
    module, model, config = rooms[name]
    load_backend()
    room = import_module(module)
    built: Model = getattr(room, model)(config_from_dict(getattr(room, config), settings or {}), seed)
    return built
