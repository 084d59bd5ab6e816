"""What a run is asked to do: a model with its settings, its diet, its loop; and the presets, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from musegen.errors import TrainingError
from musegen.models.base import config_from_dict
from musegen.training.loop import LoopConfig

_SMALL_COMPOSER = {"step_width": 64, "beat_width": 96, "blocks": 6, "lane_width": 32}
_SMALL_VAE = {"step_width": 48, "beat_width": 96, "blocks": 3, "cell_width": 48, "latent": 32}
_KNOWING = {"home_key": True, "phrases": True, "latent": 32}
PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "full": {
        "composer": {
            "settings": {"steps": 13_000, **_KNOWING},
            "loop": {"steps": 13_000},
            "weights": {"chorale": 2.0},
        },
        "critic": {"settings": {}, "loop": {"steps": 5000}, "weights": {"chorale": 3.0}},
        "seq2seq": {
            "settings": {"steps": 9000},
            "loop": {"steps": 9000, "batch_size": 8, "validate_every": 500},
            "weights": {},
            "window_steps": 256,
        },
        "vae": {
            "settings": {"schedule": 2500},
            "loop": {"steps": 2500, "validate_every": 250},
            "weights": {"chorale": 2.0},
        },
        "wgan-gp": {
            "settings": {},
            "loop": {"steps": 4000, "batch_size": 80, "validate_every": 250},
            "weights": {"chorale": 2.0},
        },
        "classic-gan": {
            "settings": {},
            "loop": {"steps": 4000, "batch_size": 32, "validate_every": 250},
            "weights": {},
        },
    },
    "class": {  # minutes on two cores
        "composer": {
            "settings": {**_SMALL_COMPOSER, **_KNOWING, "steps": 2000, "warmup": 100, "learning_rate": 2e-3},
            "loop": {"steps": 2000, "report_every": 25, "validate_every": 250},
            "weights": {},
        },
        "vae": {
            "settings": {**_SMALL_VAE, "schedule": 1500, "kl_warmup": 400, "warmup": 100},
            "loop": {"steps": 1500, "report_every": 25, "validate_every": 250},
            "weights": {},
        },
        "wgan-gp": {
            "settings": {"step_width": 32, "beat_width": 96},
            "loop": {"steps": 1000, "batch_size": 80, "report_every": 25, "validate_every": 250},
            "weights": {},
        },
        "classic-gan": {
            "settings": {"width": 256},
            "loop": {"steps": 2000, "batch_size": 32, "report_every": 25, "validate_every": 250},
            "weights": {},
        },
    },
    "onward": {  # from the weights of a composer: home key, phrases and z
        "composer": {
            "settings": {**_KNOWING, "steps": 6000, "warmup": 200, "learning_rate": 6e-4},
            "loop": {"steps": 6000},
            "weights": {"chorale": 2.0},
            "start": "composer",
        },
    },
    "adversarial": {  # from the weights of a composer with a z; needs a start
        "composer": {
            "settings": {
                **_KNOWING,
                "stage": "adversarial",
                "z_dropout": 0.5,
                "steps": 4000,
                "warmup": 100,
                "learning_rate": 1e-4,
                "averaging": 0.998,
            },
            "loop": {"steps": 4000, "validate_every": 250},
            "weights": {"chorale": 3.0},
            "tolerance": 0.03,
        },
    },
}
"""By preset and model: settings, loop, family weights, and where they differ the other fields of ``RunConfig``."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a run does.

    Attributes:
        model: Name in ``musegen.models.MODELS`` or ``JUDGES``.
        corpora: Names of corpora, or folders of music.
        seed: All chance of the run comes from it.
        settings: Of the model's config; "styles" is filled in from the corpora.
        loop: See ``LoopConfig``.
        window_steps: Steps of a window.
        weights: How often each family of styles is drawn.
        start: Checkpoint whose weights are begun from where they fit: a folder, or a name; "" = from chance.
        generator: Checkpoint of the generator that a critic learns to tell.
        pool: File of windows made beforehand that a critic learns from, see ``models.critic.Fakes``.
        tolerance: The run ends when validation cross-entropy is more than this share above its value at the start, and
            the best is the last checkpoint within it; 0 = no such limit.
    """

    model: str = "composer"
    corpora: tuple[str, ...] = ("chorale", "folk")
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    loop: LoopConfig = field(default_factory=LoopConfig)
    window_steps: int = 128
    weights: Mapping[str, float] = field(default_factory=dict)
    start: str = ""
    generator: str = ""
    pool: str = ""
    tolerance: float = 0.0

    @classmethod
    def preset(cls, name: str, model: str, corpora: tuple[str, ...], seed: int) -> RunConfig:
        """The settings of a preset (see ``PRESETS``) for a model.

        Raises:
            TrainingError: No such preset for this model.
        """
        if name not in PRESETS or model not in PRESETS[name]:
            raise TrainingError(
                "There is no preset “{name}” for “{model}”. Presets: {known}.",
                name=name,
                model=model,
                known=", ".join(PRESETS),
            )
        chosen = PRESETS[name][model]
        return cls(model, corpora, seed, **{**chosen, "loop": LoopConfig(**chosen["loop"])})

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """The opposite of ``to_dict``. Raises CheckpointError for a key it doesn't know."""
        loop = config_from_dict(LoopConfig, values.get("loop", {}))
        return config_from_dict(cls, {**values, "loop": loop})
