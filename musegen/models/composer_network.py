"""The composer's networks: from a context, conditions and z to logits, and from music back to z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from musegen.errors import CheckpointError
from musegen.lanes import REST, VOCABULARY
from musegen.models.layers import (
    FiLM,
    IntervalLogits,
    LaneEmbedding,
    RelativeAttention,
    ResidualConvolution,
    Tensor,
    allowed_tokens,
    table_lookup,
)
from musegen.models.trunk import EDGE, KEYS, PLACES, WIDE, Trunk

PHRASE = 17  # beats to the last note of the phrase: 0-15, 16 unknown


@dataclass(frozen=True)
class ComposerConfig:
    """Shape and schedule of a composer.

    Attributes:
        styles: Names of the styles; index 0 is "any", which training uses for dropped conditions.
        lanes: Voices.
        steps_per_beat: Grid steps that share one position of the deep part.
        step_width: Channels at step resolution.
        beat_width: Channels at beat resolution, where most weights are.
        blocks: Residual convolutions at beat resolution; every third is followed by attention.
        lane_width: Channels of a lane within a step.
        dropout: Rate in the residual branches.
        condition_dropout: How often each condition is hidden in training.
        wrong_notes: How often some of what is given is wrong, so that the composer learns to mend.
        learning_rate: Peak of AdamW's rate, reached after ``warmup`` steps, then a cosine to a twentieth at ``steps``.
        warmup: Steps.
        steps: Length of the schedule in steps.
        weight_decay: AdamW's.
        averaging: Decay of the running average of the weights; the average is what ships.
        home_key: Whether music in a known key is moved to the key on C, see home_key.py.
        phrases: Whether the composer is told how far the end of the phrase is ("to_phrase_end").
        latent: Size of z; 0 = none.
        free_bits: Nats that each number of z may tell about the music at no cost (Kingma et al., 2016, eq. 15).
        kl_weight: Weight of what z tells beyond that; 1 is the bound on the likelihood.
        z_dropout: How often z says nothing of the music: half of these are drawn from the prior, half are 0.
        stage: "likelihood", or "adversarial": the terms below are added.
        adversarial_weight: Weight of the adversary's verdict beside the cross-entropy's 1; 0 = no adversary.
        ramp: Steps in which that weight grows from 0.
        pairing: "relativistic" (real and made completion of the same mask side by side) or "non-saturating".
        relaxation: "straight-through" (notes forwards, probabilities backwards) or "soft" (probabilities both ways).
        softness: Temperature of the probabilities that gradients go through.
        r1: Weight of the gradient penalty on real music.
        r2: Weight of the gradient penalty on made music.
        penalty_noise: Standard deviation of the noise by which the penalties are measured.
        penalty_share: Share of the windows that they are measured on.
        note_weight: Weight of the adversary's verdict on single cells beside that on patches of two bars.
        adversary_width: Channels of the adversary at beat resolution.
        adversary_rate: Peak of the adversary's learning rate.
    """

    model: ClassVar[str] = "composer"
    styles: tuple[str, ...] = ("any", "chorale", "folk")
    lanes: int = 4
    steps_per_beat: int = 4
    step_width: int = 128
    beat_width: int = 256
    blocks: int = 9
    lane_width: int = 64
    dropout: float = 0.1
    condition_dropout: float = 0.1
    wrong_notes: float = 0.08
    learning_rate: float = 1e-3
    warmup: int = 300
    steps: int = 13_000
    weight_decay: float = 0.01
    averaging: float = 0.9985
    home_key: bool = False
    phrases: bool = False
    latent: int = 0
    free_bits: float = 0.5
    kl_weight: float = 1.0
    z_dropout: float = 0.3
    stage: str = "likelihood"
    adversarial_weight: float = 0.1
    ramp: int = 1000
    pairing: str = "relativistic"
    relaxation: str = "straight-through"
    softness: float = 1.0
    r1: float = 0.005
    r2: float = 0.005
    penalty_noise: float = 0.03
    penalty_share: float = 0.25
    note_weight: float = 0.5
    adversary_width: int = 192
    adversary_rate: float = 4e-4

    def __post_init__(self) -> None:
        for name, known in (
            ("stage", ("likelihood", "adversarial")),
            ("pairing", ("relativistic", "non-saturating")),
            ("relaxation", ("straight-through", "soft")),
        ):
            if getattr(self, name) not in known:
                raise CheckpointError(
                    "“{value}” is no {name}. There are: {known}.",
                    value=getattr(self, name),
                    name=name,
                    known=", ".join(known),
                )


class Posterior(keras.layers.Layer):
    """q(z | music): (mean, logarithm of the variance), each [batch, latent], of z that this music would come from.

    Call with tokens and sounding pitches [batch, steps, lanes], the weight of each step [batch, steps], and the
    condition [batch, 96].
    """

    def __init__(self, config: ComposerConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        width, self.beat = config.step_width // 2, config.steps_per_beat
        self.embed = LaneEmbedding(config.lanes, width, name="embed")
        beat_width = config.beat_width // 2
        self.trunk = Trunk(width, beat_width, blocks=3, steps_per_beat=self.beat, back=False, name="trunk")
        self.norm = keras.layers.LayerNormalization(name="norm", epsilon=1e-5)
        self.mean = keras.layers.Dense(config.latent, name="mean")
        self.log_variance = keras.layers.Dense(config.latent, kernel_initializer="zeros", name="log_variance")

    def build(self, input_shape: Any = None) -> None:
        self.embed.build((None, 64, self.embed.lanes))
        self.trunk.build((None, 64, self.trunk.width), (None, WIDE))
        pooled = (None, self.trunk.beat_width)
        for layer in (self.norm, self.mean, self.log_variance):
            layer.build(pooled)

    def call(self, tokens: Tensor, sounding: Tensor, weight: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        _, beats = self.trunk(self.embed(tokens, sounding), condition)
        weight = weight[:, :: self.beat, None]
        pooled = ops.sum(beats * weight, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1.0)
        pooled = self.norm(pooled)
        return self.mean(pooled), self.log_variance(pooled)


class ComposerNetwork(keras.Model):
    """Context and conditions -> logits [batch, steps, lanes, 131]; steps is a multiple of ``steps_per_beat``."""

    def __init__(self, config: ComposerConfig) -> None:
        super().__init__(name="composer")
        c = self.config = config
        self.embed = LaneEmbedding(c.lanes, c.step_width, name="embed")
        self.entry = [ResidualConvolution(c.step_width, dropout=c.dropout, name=f"entry_{i}") for i in range(2)]
        self.to_beats = keras.layers.Dense(c.beat_width, name="to_beats")
        self.deep: list[Any] = []
        for i in range(c.blocks):
            name, dilation = f"beat_{i}", (1, 2, 4)[i % 3]
            self.deep.append(ResidualConvolution(c.beat_width, dilation=dilation, dropout=c.dropout, name=name))
            if i % 3 == 2:
                self.deep.append(RelativeAttention(c.beat_width, dropout=c.dropout, name=f"attention_{i}"))
        self.to_steps = keras.layers.Dense(c.steps_per_beat * c.step_width, name="to_steps")
        self.exit = [ResidualConvolution(c.step_width, dropout=c.dropout, name=f"exit_{i}") for i in range(2)]
        self.exit_norm = FiLM(name="exit_norm")
        self.to_lanes = keras.layers.Dense(c.lanes * c.lane_width, name="to_lanes")
        self.across = keras.layers.Dense(c.lanes * c.lane_width, name="across_lanes", activation="gelu")
        self.lane_norm = keras.layers.LayerNormalization(name="lane_norm", epsilon=1e-5)
        self.intervals = IntervalLogits(2 * c.lanes + 2, name="interval_logits")
        # Pitch p belongs to pitch class p mod 12; REST, HOLD and MASK to none.
        self.spread = np.array([[p < REST and p % 12 == c for p in range(VOCABULARY)] for c in range(12)], np.float32)
        self.bans = np.where(allowed_tokens(), 0.0, -1e9).astype(np.float32)
        if c.latent:
            self.posterior = Posterior(c, name="posterior")
            # No z has any say at first, so that weights learnt without z go on as they were.
            self.from_z = keras.layers.Dense(WIDE, use_bias=False, kernel_initializer="zeros", name="from_z")

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        steps, beats, wide = (None, 64, c.step_width), (None, 16, c.beat_width), (None, WIDE)
        unit = keras.initializers.RandomNormal(stddev=0.3)
        for name, rows, width in (
            ("style_table", len(c.styles), WIDE),
            ("key_table", KEYS, WIDE),
            ("place_table", PLACES, c.step_width),
            ("length_table", PLACES + 1, c.step_width),
            ("start_table", EDGE, c.step_width),
            ("end_table", EDGE, c.step_width),
        ):
            setattr(self, name, self.add_weight(shape=(rows, width), initializer=unit, name=name))
        self.present_table = self.add_weight(shape=(c.lanes, WIDE), initializer=unit, name="present_table")
        self.logit_table = self.add_weight(
            shape=(c.lanes, c.lane_width, VOCABULARY),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
            name="logit_table",
        )
        self.logit_bias = self.add_weight(shape=(c.lanes, VOCABULARY), initializer="zeros", name="logit_bias")
        self.embed.build((None, 64, c.lanes))
        for block in (*self.entry, *self.exit):
            block.build(steps, wide)
        self.to_beats.build((None, 16, c.steps_per_beat * c.step_width))
        for block in self.deep:
            block.build(beats, wide)
        self.to_steps.build(beats)
        self.exit_norm.build(steps, wide)
        self.to_lanes.build(steps)
        self.across.build((None, 64, c.lanes * c.lane_width))
        self.lane_norm.build((None, 64, c.lanes, c.lane_width))
        self.intervals.build((None, 64, c.lanes, c.lane_width))
        if c.phrases:
            self.phrase_table = self.add_weight(shape=(PHRASE, c.step_width), initializer="zeros", name="phrase_table")
        if c.latent:
            self.posterior.build()
            self.from_z.build((None, c.latent))
        self.built = True

    def condition(self, x: dict[str, Tensor]) -> Tensor:
        """[batch, 96] what style, key and present lanes say, before the bend."""
        named = table_lookup(x["style"], self.style_table) + table_lookup(x["key"], self.key_table)
        return named + ops.matmul(ops.cast(x["present"], "float32"), self.present_table)

    def encode(self, x: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean and log variance [batch, latent] of z, for "music" and its "music_sounding" among the inputs."""
        condition = ops.gelu(self.condition(x))
        weight = ops.cast(x["valid"], "float32")
        mean, log_variance = self.posterior(x["music"], x["music_sounding"], weight, condition)
        return mean, log_variance

    def call(self, x: dict[str, Tensor], training: bool = False) -> Tensor:
        c = self.config
        batch, steps = ops.shape(x["context"])[0], ops.shape(x["context"])[1]
        condition = self.condition(x)
        condition = ops.gelu(condition + self.from_z(x["z"]) if c.latent else condition)
        h = self.embed(x["context"], x["sounding"])
        h += table_lookup(x["position"], self.place_table) + table_lookup(x["bar_length"], self.length_table)
        h += table_lookup(x["from_start"], self.start_table) + table_lookup(x["to_end"], self.end_table)
        if c.phrases:
            h += table_lookup(x["to_phrase_end"], self.phrase_table)
        for block in self.entry:
            h = block(h, condition, training=training)
        beats = self.to_beats(ops.reshape(h, (batch, steps // c.steps_per_beat, c.steps_per_beat * c.step_width)))
        for block in self.deep:
            beats = block(beats, condition, training=training)
        h += ops.reshape(self.to_steps(beats), (batch, steps, c.step_width))
        for block in self.exit:
            h = block(h, condition, training=training)
        lanes = self.to_lanes(self.exit_norm(h, condition))
        lanes = ops.reshape(lanes + self.across(lanes), (batch, steps, c.lanes, c.lane_width))
        lanes = self.lane_norm(lanes)
        logits = ops.einsum("btlw,lwv->btlv", lanes, self.logit_table) + self.logit_bias
        return logits + ops.matmul(self.intervals(lanes, x["references"], x["motion"]), self.spread) + self.bans
