"""The composer: a masked generator over lanes. Every verb is a mask, one network answers them all.

Stage A (this file) is likelihood: cross-entropy on the masked cells, as in masked language models and Coconet
(Huang et al., 2017, eq. 2), with most of the weights at beat resolution. The network sees tokens and sounding
pitches of the context, where each step lies in its bar and in its piece, the style and the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import MASK, REST, VOCABULARY
from musegen.models.base import Batch, State, assign
from musegen.models.context import with_references
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
from musegen.models.masks import draw_mask

KEYS = 25  # 0 unknown, then 1 + 2 * tonic + minor
PLACES = 64  # steps of a bar that are told apart; longer bars share the last
EDGE = 10  # bars from the start and to the end of the piece: 0-8 (8 = or more), 9 unknown
CONDITIONS = ("style", "key", "present", "position", "bar_length", "from_start", "to_end")


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

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        steps, beats, wide = (None, 64, c.step_width), (None, 16, c.beat_width), (None, 96)
        unit = keras.initializers.RandomNormal(stddev=0.3)
        for name, rows, width in (
            ("style_table", len(c.styles), 96),
            ("key_table", KEYS, 96),
            ("place_table", PLACES, c.step_width),
            ("length_table", PLACES + 1, c.step_width),
            ("start_table", EDGE, c.step_width),
            ("end_table", EDGE, c.step_width),
        ):
            setattr(self, name, self.add_weight(shape=(rows, width), initializer=unit, name=name))
        self.present_table = self.add_weight(shape=(c.lanes, 96), initializer=unit, name="present_table")
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
        self.built = True

    def call(self, x: dict[str, Tensor], training: bool = False) -> Tensor:
        c = self.config
        batch, steps = ops.shape(x["context"])[0], ops.shape(x["context"])[1]
        condition = table_lookup(x["style"], self.style_table) + table_lookup(x["key"], self.key_table)
        condition = ops.gelu(condition + ops.matmul(ops.cast(x["present"], "float32"), self.present_table))
        h = self.embed(x["context"], x["sounding"])
        h += table_lookup(x["position"], self.place_table) + table_lookup(x["bar_length"], self.length_table)
        h += table_lookup(x["from_start"], self.start_table) + table_lookup(x["to_end"], self.end_table)
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


def masked_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean negative log likelihood, in nats a cell, of ``target`` [b, t, l] where ``weight`` is not 0."""
    chosen = ops.sum(ops.one_hot(target, VOCABULARY) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * weight) / ops.maximum(ops.sum(weight), 1.0)


class Composer:
    """The model that the loop trains and the studio asks. See ``Model`` in base.py for the verbs."""

    def __init__(self, config: ComposerConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config = config
        self.network = ComposerNetwork(config)
        self.network.build()
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0,
            max(config.steps - config.warmup, 1),
            0.05,
            warmup_target=config.learning_rate,
            warmup_steps=config.warmup,
        )
        self.optimizer = keras.optimizers.AdamW(
            schedule, weight_decay=config.weight_decay, beta_2=0.99, global_clipnorm=1.0
        )
        self.optimizer.build(self.network.trainable_variables)
        self.average = [tf.Variable(v.value) for v in self.network.trainable_variables]
        self._averaged = False

        @tf.function(jit_compile=True)
        def step(x: dict[str, Tensor], target: Tensor, weight: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                loss = masked_cross_entropy(self.network(x, training=True), target, weight)
            variables = self.network.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            done = tf.cast(self.optimizer.iterations, tf.float32)
            keep = tf.minimum(config.averaging, (1.0 + done) / (10.0 + done))
            for average, variable in zip(self.average, variables, strict=True):
                average.assign(keep * average + (1.0 - keep) * variable.value)
            return loss

        self._step = step
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Cross-entropy of masked cells, in nats a cell."""
        x, target, weight = training_example(batch, self.config)
        self._use(averaged=False)
        return {"cross_entropy": float(self._step(x, target, weight))}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """Cross-entropy of whole tasks by the averaged weights: all lanes hidden, all but the first, half the beats."""
        self._use(averaged=True)
        losses = {}
        for task, kept in (("all", None), ("harmonise", 0), ("half", -1)):
            mask = np.broadcast_to(batch["present"][:, None, :], batch["tokens"].shape).copy()
            if kept == 0:
                mask[..., 0] = False
            elif kept == -1:
                rng = np.random.default_rng(int(batch["seed"]))
                beats = rng.random((mask.shape[0], mask.shape[1] // 4, mask.shape[2])) < 0.5
                mask &= np.repeat(beats, 4, axis=1)
            mask &= batch["valid"][..., None]
            if mask.any():
                logits = self.logits(np.where(mask | ~batch["present"][:, None, :], MASK, batch["tokens"]), batch)
                losses[task] = _nats(logits, batch["tokens"], mask)
        losses["cross_entropy"] = float(np.mean(list(losses.values())))
        return losses

    # --- making music -------------------------------------------------------------------------

    def logits(self, context: NDArray[Any], conditions: Batch) -> NDArray[np.float32]:
        """Unnormalised log probabilities [batch, steps, lanes, 131] of every cell, given a context with MASK."""
        self._use(averaged=True)
        x = {name: np.asarray(conditions[name], np.int32) for name in CONDITIONS}
        return np.asarray(self._forward(with_references(context, x)))

    def _use(self, *, averaged: bool) -> None:
        """Swaps the averaged weights into the network, or back out of it."""
        if averaged != self._averaged:
            for average, variable in zip(self.average, self.network.trainable_variables, strict=True):
                current = variable.numpy()
                variable.assign(average)
                average.assign(current)
            self._averaged = averaged

    # --- state --------------------------------------------------------------------------------

    def _named(self) -> dict[str, Any]:
        return {v.path: v for v in self.network.trainable_variables}

    def weights(self) -> State:
        """The averaged weights, by variable path."""
        self._use(averaged=True)
        return {path: v.numpy() for path, v in self._named().items()}

    def load_weights(self, weights: State) -> None:
        """Weights for making music; they become the current and the averaged ones."""
        self._use(averaged=False)
        assign(self._named(), weights, "weights")
        for average, variable in zip(self.average, self.network.trainable_variables, strict=True):
            average.assign(variable.value)

    def _everything(self) -> dict[str, Any]:
        self._use(averaged=False)
        named = {f"network/{v.path}": v for v in self.network.variables}
        named |= {f"average/{p}": a for p, a in zip(self._named(), self.average, strict=True)}
        return named | {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}

    def state(self) -> State:
        """See ``Model.state``."""
        return {name: v.numpy() for name, v in self._everything().items()}

    def load_state(self, state: State) -> None:
        """See ``Model.load_state``."""
        assign(self._everything(), state, "training state")


def training_example(
    batch: Batch, config: ComposerConfig
) -> tuple[dict[str, NDArray[Any]], NDArray[Any], NDArray[Any]]:
    """A batch of windows -> (inputs, target tokens, loss weights): masks drawn, conditions dropped, wrong notes set.

    All chance comes from ``batch["seed"]``.
    """
    rng = np.random.default_rng([int(batch["seed"]), 1])
    tokens, present, valid = batch["tokens"], batch["present"], batch["valid"]
    count, steps, lanes = tokens.shape
    mask = np.zeros(tokens.shape, bool)
    for i in range(count):
        there = np.flatnonzero(present[i])
        mask[i][:, there] = draw_mask(rng, steps, len(there), config.steps_per_beat)
    known = present[:, None, :] & valid[..., None]
    weight = mask & known
    context = np.where(mask | ~present[:, None, :], MASK, tokens)
    for row in np.flatnonzero(rng.random(count) < config.wrong_notes):
        i = int(row)
        wrong = (rng.random((steps, lanes)) < rng.uniform(0.02, 0.2)) & (context[i] < REST) & known[i]
        context[i] = np.where(wrong, np.clip(context[i] + rng.integers(-4, 5, (steps, lanes)), 0, 127), context[i])
        weight[i] |= wrong
    x: dict[str, NDArray[Any]] = {name: np.asarray(batch[name], np.int32) for name in CONDITIONS}
    for name, unknown in (("style", 0), ("key", 0), ("from_start", EDGE - 1), ("to_end", EDGE - 1)):
        x[name] = x[name].copy()
        x[name][rng.random(count) < config.condition_dropout] = unknown
    return with_references(context, x), tokens.astype(np.int32), weight.astype(np.float32)


def _nats(logits: NDArray[np.float32], target: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    chosen = logits[mask].astype(np.float64)
    chosen -= chosen.max(axis=-1, keepdims=True)
    logs = chosen - np.log(np.exp(chosen).sum(axis=-1, keepdims=True))
    return float(-logs[np.arange(len(logs)), target[mask]].mean())
