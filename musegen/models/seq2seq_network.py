"""The sequence model's networks: an encoder of what is given, a causal decoder, and what happens within a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from musegen.lanes import REST, VOCABULARY
from musegen.models.causal import CausalAttention, CausalConvolution
from musegen.models.history import AGES, BARS_BACK, LANE_ORDER, MATCHES
from musegen.models.layers import (
    DirectedLogits,
    IntervalLogits,
    LaneEmbedding,
    RelativeAttention,
    ResidualConvolution,
    Tensor,
    allowed_tokens,
    table_lookup,
)
from musegen.models.trunk import EDGE, KEYS, PLACES

PHRASE = 17  # beats to the last note of the phrase: 0-15, 16 unknown
PLACE_TABLES = {
    "position": PLACES,
    "bar_length": PLACES + 1,
    "from_start": EDGE,
    "to_end": EDGE,
    "to_phrase_end": PHRASE,
}


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Shape and schedule.

    Attributes:
        styles: Names of the styles; index 0 is "any", which training uses for dropped conditions.
        lanes: Voices.
        steps_per_beat: Grid steps that share one position of the deep parts.
        step_width: Channels at step resolution.
        encoder_width: Channels of the encoder at beat resolution.
        encoder_blocks: Convolutions of the encoder; every second is followed by attention.
        beat_width: Channels of the decoder at beat resolution.
        beat_blocks: Causal convolutions there; every second is followed by attention.
        lane_width: Channels of a lane within a step.
        lane_layers: Layers within a lane, after it has heard the lanes decided before it.
        dropout: Rate in the residual branches.
        condition_dropout: How often each condition is hidden in training.
        whole: Share of the training windows of which nothing is given.
        forgetting: Up to this share of the past is hidden from the decoder's memory in training, in beats of single
            lanes, so that it does not learn pieces by heart.
        wandering: Share of the training windows that are not in the home key but up to a tritone off, and say so.
        learning_rate: Peak of AdamW's rate, reached after ``warmup`` steps, then a cosine to a twentieth at ``steps``.
        warmup: Steps.
        steps: Length of the schedule in steps.
        weight_decay: AdamW's.
        averaging: Decay of the running average of the weights; the average is what ships.
    """

    model: ClassVar[str] = "seq2seq"
    styles: tuple[str, ...] = ("any", "chorale", "folk")
    lanes: int = 4
    steps_per_beat: int = 4
    step_width: int = 128
    encoder_width: int = 128
    encoder_blocks: int = 4
    beat_width: int = 192
    beat_blocks: int = 6
    lane_width: int = 128
    lane_layers: int = 2
    dropout: float = 0.3
    condition_dropout: float = 0.1
    whole: float = 0.4
    forgetting: float = 0.3
    wandering: float = 0.0
    learning_rate: float = 1.2e-3
    warmup: int = 200
    steps: int = 4000
    weight_decay: float = 0.05
    averaging: float = 0.998


class Seq2SeqNetwork(keras.Model):
    """Everything known -> logits [batch, steps, lanes, 131] of every cell, given all that is decided before it."""

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__(name="seq2seq")
        c = self.config = config
        wide, drop = c.step_width, c.dropout
        self.embed_context = LaneEmbedding(c.lanes, wide, name="embed_context")
        self.encoder_entry = ResidualConvolution(wide, dropout=drop, name="encoder_entry")
        self.encoder_to_beats = keras.layers.Dense(c.encoder_width, name="encoder_to_beats")
        self.encoder: list[Any] = []
        for i in range(c.encoder_blocks):
            block = ResidualConvolution(c.encoder_width, dilation=(1, 2)[i % 2], dropout=drop, name=f"encoder_{i}")
            self.encoder.append(block)
            if i % 2:
                self.encoder.append(RelativeAttention(c.encoder_width, dropout=drop, name=f"encoder_attention_{i}"))
        self.encoder_to_steps = keras.layers.Dense(c.steps_per_beat * wide, name="encoder_to_steps")
        self.encoder_exit = ResidualConvolution(wide, dropout=drop, name="encoder_exit")
        self.encoder_beats = keras.layers.Dense(c.beat_width, name="encoder_beats")

        self.embed = LaneEmbedding(c.lanes, wide, name="embed")
        self.drop = keras.layers.Dropout(drop, name="drop")
        self.entry = [CausalConvolution(wide, kernel=4, dilation=d, dropout=drop, name=f"entry_{d}") for d in (1, 4)]
        self.to_beats = keras.layers.Dense(c.beat_width, name="to_beats")
        self.deep: list[Any] = []
        for i in range(c.beat_blocks):
            dilation = (1, 2, 4)[i % 3]
            self.deep.append(CausalConvolution(c.beat_width, dilation=dilation, dropout=drop, name=f"beat_{i}"))
            if i % 2:
                self.deep.append(CausalAttention(c.beat_width, dropout=drop, name=f"attention_{i}"))
        self.to_steps = keras.layers.Dense(c.steps_per_beat * wide, name="to_steps")
        self.exit = [CausalConvolution(wide, kernel=4, dropout=drop, name=f"exit_{i}") for i in range(2)]
        self.exit_norm = keras.layers.LayerNormalization(name="exit_norm", epsilon=1e-5)
        self.to_lanes = keras.layers.Dense(c.lanes * c.lane_width, name="to_lanes")
        self.lane_norm = keras.layers.LayerNormalization(name="lane_norm", epsilon=1e-5, center=False, scale=False)
        self.intervals = IntervalLogits(2 * c.lanes + 2, name="interval_logits")
        self.directed = [DirectedLogits(name=name) for name in ("from_last", "to_next", "from_above", "from_below")]
        order = LANE_ORDER if c.lanes == len(LANE_ORDER) else tuple(range(c.lanes))
        self.order = order
        rank = np.argsort(order)
        self.earlier = (rank[None, :] < rank[:, None]).astype(np.float32)  # [lane, other lane that is decided before]
        # Pitch p belongs to pitch class p mod 12; REST, HOLD and MASK to none.
        self.spread = np.array([[p < REST and p % 12 == k for p in range(VOCABULARY)] for k in range(12)], np.float32)
        self.bans = np.where(allowed_tokens(), 0.0, -1e9).astype(np.float32)

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        steps, beats, wide = (None, 64, c.step_width), (None, 16, c.beat_width), (None, 96)
        encoded = (None, 16, c.encoder_width)
        unit = keras.initializers.RandomNormal(stddev=0.3)
        small = keras.initializers.RandomNormal(stddev=0.05)

        def table(name: str, shape: tuple[int, ...], initializer: Any = unit) -> None:
            setattr(self, name, self.add_weight(shape=shape, initializer=initializer, name=name))

        table("style_table", (len(c.styles), 96))
        table("key_table", (KEYS, 96))
        table("present_table", (c.lanes, 96))
        table("offset_table", (12, 96))
        for name, rows in PLACE_TABLES.items():
            table(f"{name}_table", (rows, c.step_width))
        table("age_table", (c.lanes * AGES, c.step_width))
        table("decided_table", (c.lanes, 2 * VOCABULARY, c.lanes * c.lane_width), small)
        table("over_bass_table", (c.lanes, 12, c.lane_width), small)
        square = (c.lane_layers, c.lanes, c.lane_width, c.lane_width)
        table("lane_kernel", square, keras.initializers.RandomNormal(stddev=0.08))
        table("lane_bias", square[:3], "zeros")
        table("logit_table", (c.lanes, c.lane_width, VOCABULARY), small)
        table("logit_bias", (c.lanes, VOCABULARY), "zeros")
        table("copy_kernel", (c.lanes, c.lane_width, len(BARS_BACK)), keras.initializers.RandomNormal(stddev=0.02))
        table("copy_table", (c.lanes, len(BARS_BACK), MATCHES), "zeros")

        self.embed_context.build((None, 64, c.lanes))
        self.encoder_entry.build(steps, wide)
        self.encoder_to_beats.build((None, 16, c.steps_per_beat * c.step_width))
        for block in self.encoder:
            block.build(encoded, wide)
        self.encoder_to_steps.build(encoded)
        self.encoder_exit.build(steps, wide)
        self.encoder_beats.build(encoded)
        self.embed.build((None, 64, c.lanes))
        for block in (*self.entry, *self.exit):
            block.build(steps, wide)
        self.to_beats.build((None, 16, c.steps_per_beat * c.step_width))
        for block in self.deep:
            block.build(beats, wide)
        self.to_steps.build(beats)
        self.exit_norm.build(steps)
        self.to_lanes.build(steps)
        self.lane_norm.build((None, 64, c.lanes, c.lane_width))
        interval_layers: list[Any] = [self.intervals, *self.directed]
        for layer in interval_layers:
            layer.build((None, 64, c.lanes, c.lane_width))
        self.built = True

    def condition(self, x: dict[str, Tensor]) -> Tensor:
        """Style, key and voices as one vector [batch, 96]."""
        condition = table_lookup(x["style"], self.style_table) + table_lookup(x["key"], self.key_table)
        condition += table_lookup(x["offset"], self.offset_table)
        return ops.gelu(condition + ops.matmul(ops.cast(x["present"], "float32"), self.present_table))

    def places(self, x: dict[str, Tensor]) -> Tensor:
        """Where each step lies in its bar, its phrase and its piece: [batch, steps, step_width]."""
        rows = [table_lookup(x[name], getattr(self, f"{name}_table")) for name in PLACE_TABLES]
        return sum(rows[1:], rows[0])

    def encode(
        self, x: dict[str, Tensor], condition: Tensor, places: Tensor, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """What is given, read in both directions: [batch, steps, step_width] and [batch, beats, beat_width]."""
        c = self.config
        h = self.embed_context(x["context"], x["context_sounding"]) + places
        h = self.encoder_entry(h, condition, training=training)
        batch, steps = ops.shape(h)[0], ops.shape(h)[1]
        folded = (batch, steps // c.steps_per_beat, c.steps_per_beat * c.step_width)
        beats = self.encoder_to_beats(ops.reshape(h, folded))
        for block in self.encoder:
            beats = block(beats, condition, training=training)
        h += ops.reshape(self.encoder_to_steps(beats), (batch, steps, c.step_width))
        return self.encoder_exit(h, condition, training=training), self.encoder_beats(beats)

    def call(self, x: dict[str, Tensor], training: bool = False) -> Tensor:
        c = self.config
        batch, steps = ops.shape(x["tokens"])[0], ops.shape(x["tokens"])[1]
        condition, places = self.condition(x), self.places(x)
        heard, heard_beats = self.encode(x, condition, places, training=training)
        ages = x["age"] + np.arange(c.lanes) * AGES
        h = self.embed(x["previous"], x["previous_sounding"]) + places
        h += ops.matmul(ops.sum(ops.one_hot(ages, c.lanes * AGES), axis=2), self.age_table)
        h = self.drop(h, training=training)
        for block in self.entry:
            h = block(h, condition, training=training)
        beats = ops.reshape(h, (batch, steps // c.steps_per_beat, c.steps_per_beat * c.step_width))
        beats = self.to_beats(beats) + heard_beats
        for block in self.deep:
            beats = block(beats, condition, training=training)
        # A beat's steps hear of the beats before it only: the beat's own state knows of steps that are yet to come.
        beats = ops.pad(beats[:, :-1], ((0, 0), (1, 0), (0, 0)))
        h += ops.reshape(self.to_steps(beats), (batch, steps, c.step_width)) + heard
        for block in self.exit:
            h = block(h, condition, training=training)
        return self.decide(self.to_lanes(self.exit_norm(h)), x)

    def decide(self, lanes: Tensor, x: dict[str, Tensor]) -> Tensor:
        """Logits of every cell from what the steps know [batch, steps, lanes * lane_width] and the decided lanes."""
        c = self.config
        batch, steps = ops.shape(lanes)[0], ops.shape(lanes)[1]
        both = ops.concatenate([ops.one_hot(x["tokens"], VOCABULARY), ops.one_hot(x["sounding"], VOCABULARY)], axis=-1)
        # decided_table[j] holds what lane j tells each other lane; those decided later must not hear it.
        told = ops.reshape(self.decided_table, (c.lanes, 2 * VOCABULARY, c.lanes, c.lane_width))
        told = told * ops.transpose(ops.convert_to_tensor(self.earlier), (1, 0))[:, None, :, None]
        told = ops.reshape(told, (c.lanes * 2 * VOCABULARY, c.lanes * c.lane_width))
        lanes += ops.matmul(ops.reshape(both, (batch, steps, c.lanes * 2 * VOCABULARY)), told)
        lanes = ops.reshape(lanes, (batch, steps, c.lanes, c.lane_width))
        lanes += ops.einsum("btlc,lcw->btlw", x["over_bass"], self.over_bass_table)
        for kernel, bias in zip(ops.unstack(self.lane_kernel), ops.unstack(self.lane_bias), strict=True):
            lanes += ops.gelu(ops.einsum("btlw,lwv->btlv", self.lane_norm(lanes), kernel) + bias)
        lanes = self.lane_norm(lanes)
        logits = ops.einsum("btlw,lwv->btlv", lanes, self.logit_table) + self.logit_bias
        logits += ops.matmul(self.intervals(lanes, x["references"], x["motion"]), self.spread)
        pitches = (x["references"][..., -2], x["references"][..., -1], x["above"], x["below"])
        directed = sum(layer(lanes, pitch) for layer, pitch in zip(self.directed, pitches, strict=True))
        logits += ops.pad(directed, ((0, 0), (0, 0), (0, 0), (0, VOCABULARY - REST)))
        gates = ops.einsum("btlw,lwk->btlk", lanes, self.copy_kernel)
        gates += ops.einsum("btlkm,lkm->btlk", ops.one_hot(x["match"], MATCHES), self.copy_table)
        return logits + ops.einsum("btlk,btlkv->btlv", gates, ops.one_hot(x["copies"], VOCABULARY)) + self.bans
