"""Sequence to sequence: note after note in time order, with an exact likelihood.

An encoder reads what is given, all of it at once; a decoder looks back over what was played and says, lane by lane
within a step, what comes (Sutskever et al., 2014, with convolutions and attention at beat resolution instead of one
state). Every verb is a mask here too: what is given is not drawn but heard. The chain rule makes the sum of the cells'
cross-entropies the exact negative log likelihood of the hidden music given the rest.

Three things are handed to the network instead of left to be learnt: all music is in one key (home_key.py); pitches are
also judged by their interval to what sounds, to the voices above and below, and to where their own voice was and is to
go (``IntervalLogits``, ``DirectedLogits``); and what came 1, 2, 4 and 8 bars before may be taken up again (a pointer as
in See et al., 2017), which is where form comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import MASK, REST, VOCABULARY
from musegen.models.base import Batch, State, assign
from musegen.models.causal import CausalAttention, CausalConvolution
from musegen.models.history import AGES, BARS_BACK, LANE_ORDER, MATCHES, history
from musegen.models.home_key import shift_home, transpose_tokens
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
from musegen.models.masks import draw_mask
from musegen.models.trunk import EDGE, KEYS, PLACES

PHRASE = 17  # beats to the last note of the phrase: 0-15, 16 unknown
CONDITIONS = ("style", "key", "present", "position", "bar_length", "from_start", "to_end", "to_phrase_end")
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


class Seq2Seq:
    """The model that the loop trains and the studio asks. See ``Model`` in base.py for the verbs."""

    def __init__(self, config: Seq2SeqConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config = config
        self.network = Seq2SeqNetwork(config)
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
        def step(x: dict[str, Tensor], weight: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                loss = mean_nats(self.network(x, training=True), x["tokens"], weight)
            variables = self.network.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            done = tf.cast(self.optimizer.iterations, tf.float32)
            keep = tf.minimum(config.averaging, (1.0 + done) / (10.0 + done))
            for average, variable in zip(self.average, variables, strict=True):
                average.assign(keep * average + (1.0 - keep) * variable.value)
            return loss

        self._step = step
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)
        self._encode = tf.function(self._encoded, reduce_retracing=True)

    def _encoded(self, x: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        condition, places = self.network.condition(x), self.network.places(x)
        return condition, places, *self.network.encode(x, condition, places)

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Cross-entropy of the hidden cells, in nats a cell."""
        x, weight = training_example(batch, self.config)
        self._use(averaged=False)
        return {"cross_entropy": float(self._step(x, weight))}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """Exact nats a cell by the averaged weights: all hidden, and all but the first lane.

        "cross_entropy" is the mean of the two (of the first for melodies).
        """
        present = np.broadcast_to(batch["present"][:, None, :], batch["tokens"].shape)
        counted = present & batch["valid"][..., None]
        losses = {"all": self._mean(batch, np.full(batch["tokens"].shape, MASK, np.int16), counted)}
        below = counted.copy()
        below[..., 0] = False
        if below.any():
            context = np.full(batch["tokens"].shape, MASK, np.int16)
            context[..., 0] = batch["tokens"][..., 0]
            losses["harmonise"] = self._mean(batch, context, below)
        return {"cross_entropy": float(np.mean(list(losses.values()))), **losses}

    def _mean(self, batch: Batch, context: NDArray[np.int16], counted: NDArray[np.bool_]) -> float:
        logits = self.sequence_logits(batch["tokens"], context, batch)[counted].astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        tokens = transpose_tokens(batch["tokens"], shift_home(batch["key"]))[counted]
        chosen = logits[np.arange(len(logits)), tokens] - np.log(np.exp(logits).sum(axis=-1))
        return float(-chosen.mean())

    # --- making music -------------------------------------------------------------------------

    def sequence_logits(
        self, tokens: NDArray[np.int16], context: NDArray[np.int16], conditions: Batch
    ) -> NDArray[np.float32]:
        """Logits [batch, steps, lanes, 131] of every cell given all that is decided before it, **in the home key**.

        Args:
            tokens: [batch, steps, lanes] the whole music; steps is a multiple of the steps of a beat.
            context: What is given, MASK elsewhere.
            conditions: As ``Windows`` makes them.
        """
        self._use(averaged=True)
        return np.asarray(self._forward(inputs(tokens, context, conditions)))

    def play(
        self,
        context: NDArray[np.int16],
        conditions: Batch,
        *,
        seed: int,
        temperature: float = 1.0,
        ranges: Sequence[tuple[int, int]] | None = None,
        strictness: float = 0.0,
        no_rest: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.int16]:
        """Fills every MASK of a context from left to right; see ``sampling.compose`` for the arguments."""
        from musegen.models.play import Player

        self._use(averaged=True)
        player = Player(self.network, self._encode, context, conditions)
        return player.play(
            seed=seed,
            temperature=temperature,
            ranges=ranges,
            strictness=strictness,
            no_rest=no_rest,
            progress=progress,
        )

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
        named = {f"network/{v.path}": v for v in self.network.trainable_variables}
        # Drop-out's states are named after how many the process has built: here they go by their order.
        named |= {f"chance/{i:03d}": v for i, v in enumerate(self.network.non_trainable_variables)}
        named |= {f"average/{p}": a for p, a in zip(self._named(), self.average, strict=True)}
        return named | {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}

    def state(self) -> State:
        """See ``Model.state``."""
        return {name: v.numpy() for name, v in self._everything().items()}

    def load_state(self, state: State) -> None:
        """See ``Model.load_state``."""
        assign(self._everything(), state, "training state")


def mean_nats(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean negative log likelihood, in nats a cell, of ``target`` [b, t, l] where ``weight`` is not 0."""
    chosen = ops.sum(ops.one_hot(target, VOCABULARY) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * weight) / ops.maximum(ops.sum(weight), 1.0)


def inputs(tokens: NDArray[np.int16], context: NDArray[np.int16], conditions: Batch) -> dict[str, NDArray[Any]]:
    """What the network is called with: everything moved to the home key, absent lanes MASK.

    "offset" [batch] among the conditions moves the music so many semitones off the home key.
    """
    offset = np.asarray(conditions.get("offset", np.zeros(len(tokens))), np.int64)
    shift = shift_home(conditions["key"]) + offset
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), tokens.shape)
    tokens = transpose_tokens(np.where(present, tokens, MASK).astype(np.int16), shift)
    context = transpose_tokens(np.where(present, context, MASK).astype(np.int16), shift)
    x = history(tokens, context, conditions["bar_length"])
    x["offset"] = (offset % 12).astype(np.int32)
    return x | {name: np.asarray(conditions[name], np.int32) for name in CONDITIONS}


def training_example(batch: Batch, config: Seq2SeqConfig) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32]]:
    """A batch of windows -> (inputs, loss weights): masks drawn, conditions dropped; chance from ``batch["seed"]``."""
    rng = np.random.default_rng([int(batch["seed"]), 1])
    tokens, present = batch["tokens"], batch["present"]
    count, steps, _lanes = tokens.shape
    mask = np.zeros(tokens.shape, bool)
    for i in range(count):
        there = np.flatnonzero(present[i])
        if rng.random() < config.whole:
            mask[i][:, there] = True
        else:
            mask[i][:, there] = draw_mask(rng, steps, len(there), config.steps_per_beat)
    known = present[:, None, :] & batch["valid"][..., None]
    weight = (mask & known).astype(np.float32)
    # The key stays known: at sampling there is always one, drawn or found.
    conditions = {name: np.array(batch[name], np.int32) for name in CONDITIONS}
    unknown = {"style": 0, "from_start": EDGE - 1, "to_end": EDGE - 1, "to_phrase_end": PHRASE - 1}
    for name, value in unknown.items():
        often = 0.5 if name == "to_phrase_end" else config.condition_dropout
        conditions[name][rng.random(count) < often] = value
    conditions["offset"] = np.where(rng.random(count) < config.wandering, rng.integers(-6, 6, count), 0)
    x = inputs(tokens, np.where(mask, MASK, tokens).astype(np.int16), conditions)
    beats = (count, steps // config.steps_per_beat, tokens.shape[2])
    forgotten = rng.random(beats) < rng.uniform(0, config.forgetting, (count, 1, 1))
    forgotten = np.repeat(forgotten, config.steps_per_beat, axis=1)
    for name in ("previous", "previous_sounding"):
        x[name] = np.where(forgotten, MASK, x[name]).astype(np.int32)
    return x, weight
