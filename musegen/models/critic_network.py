"""The critic's network: whole music in, how real every cell is, and the whole window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import REST
from musegen.models.context import bad_leaps, parallel_classes, with_references
from musegen.models.layers import LaneEmbedding, Tensor
from musegen.models.trunk import WIDE, Conditions, Trunk

_SIGNS = 2  # for each cell: makes parallels, leaps badly
_CLASS_OF_PITCH = np.arange(REST) % 12


@dataclass(frozen=True)
class CriticConfig:
    """Shape and schedule of a critic.

    Attributes:
        styles: Names of the styles; index 0 is "any", which training uses for dropped conditions.
        lanes: Voices.
        steps_per_beat: Grid steps of a beat.
        home_key: Whether music in a known key is moved to the key on C, see home_key.py.
        width: Channels at step resolution.
        beat_width: Channels at beat resolution.
        blocks: Residual convolutions at beat resolution; attention follows the last.
        dropout: Rate in the residual branches.
        condition_dropout: How often each condition is hidden in training.
        real_share: Rows of a batch that stay as they are.
        whole_share: Rows that the generator makes wholly, or but for one lane; others are masked as in its training.
        pool_share: Rows that come from the pool, where there is one.
        piece_weight: Weight of the verdict on whole windows beside that on cells.
        learning_rate: Peak of AdamW's rate, reached after ``warmup`` steps, then a cosine to a twentieth at ``steps``.
        warmup: Steps.
        steps: Length of the schedule in steps.
        weight_decay: AdamW's.
        averaging: Decay of the running average of the weights; the average is what ships.
    """

    model: ClassVar[str] = "critic"
    styles: tuple[str, ...] = ("any", "chorale", "folk")
    lanes: int = 4
    steps_per_beat: int = 4
    home_key: bool = True
    width: int = 96
    beat_width: int = 160
    blocks: int = 4
    dropout: float = 0.1
    condition_dropout: float = 0.1
    real_share: float = 0.25
    whole_share: float = 0.35
    pool_share: float = 0.5
    piece_weight: float = 0.5
    learning_rate: float = 7e-4
    warmup: int = 200
    steps: int = 5000
    weight_decay: float = 0.01
    averaging: float = 0.998


class CriticNetwork(keras.Model):
    """(realism of cells [batch, steps, lanes], of windows [batch]) as logits: above 0 means rather real.

    Call with what ``critic_inputs`` makes and the conditions; "valid" [batch, steps] tells music from padding.
    """

    def __init__(self, config: CriticConfig) -> None:
        super().__init__(name="critic")
        c = self.config = config
        self.conditions = Conditions(len(c.styles), c.lanes, c.width, name="conditions")
        self.embed = LaneEmbedding(c.lanes, c.width, name="embed")
        self.signs = keras.layers.Dense(c.width, use_bias=False, name="signs")
        self.trunk = Trunk(
            c.width,
            c.beat_width,
            blocks=c.blocks,
            steps_per_beat=c.steps_per_beat,
            attention=True,
            dropout=c.dropout,
            name="trunk",
        )
        self.step_norm = keras.layers.LayerNormalization(name="step_norm", epsilon=1e-5)
        self.step_hidden = keras.layers.Dense(2 * c.width, activation="gelu", name="step_hidden")
        self.cell = keras.layers.Dense(c.lanes, name="cell")
        self.beat_norm = keras.layers.LayerNormalization(name="beat_norm", epsilon=1e-5)
        self.beat_hidden = keras.layers.Dense(c.beat_width, activation="gelu", name="beat_hidden")
        self.piece = keras.layers.Dense(1, name="piece")

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        self.conditions.build()
        self.embed.build((None, 64, c.lanes))
        self.signs.build((None, 64, _SIGNS * c.lanes))
        self.trunk.build((None, 64, c.width), (None, WIDE))
        for layer, width in (
            (self.step_norm, c.width), (self.step_hidden, c.width), (self.cell, 2 * c.width),
            (self.beat_norm, c.beat_width), (self.beat_hidden, c.beat_width), (self.piece, c.beat_width),
        ):  # fmt: skip
            layer.build((None, 64, width))
        self.built = True

    def call(self, x: dict[str, Tensor], training: bool = False) -> tuple[Tensor, Tensor]:
        condition, places = self.conditions(x)
        h = places + self.embed(x["context"], x["sounding"]) + self.signs(x["signs"])
        h, beats = self.trunk(h, condition, training=training)
        cells = self.cell(self.step_hidden(self.step_norm(h)))
        weight = ops.cast(x["valid"], "float32")[:, :: self.config.steps_per_beat, None]
        heard = self.beat_hidden(self.beat_norm(beats)) * weight
        pooled = ops.sum(heard, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1.0)
        return cells, self.piece(pooled)[:, 0]


def critic_inputs(tokens: NDArray[np.int16], x: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Adds to the conditions what the critic hears: tokens, what sounds, and which notes break the plainest rules."""
    x = with_references(tokens, x)
    onset = tokens < REST
    pitch = np.where(onset, tokens, 0).astype(np.int64)[..., None]
    parallel = np.take_along_axis(parallel_classes(x), _CLASS_OF_PITCH[pitch], axis=-1)[..., 0]
    leap = np.take_along_axis(bad_leaps(x), pitch, axis=-1)[..., 0]
    x["signs"] = np.concatenate([parallel & onset, leap & onset], axis=-1).astype(np.float32)
    del x["references"], x["motion"]
    return x
