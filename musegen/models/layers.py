"""Building blocks of the networks, written with ``keras.ops`` alone so that any Keras backend can train them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.lanes import MASK, REST, VOCABULARY

Tensor = Any  # a backend tensor; the three backends share no type
Shape = tuple[Any, ...]  # None where a size is open
MOTIONS = 26  # interval class before (12: unknown), twice: the other voice stays, or moves


class FiLM(keras.layers.Layer):
    """Normalisation whose scale and shift come from a condition (Perez et al., 2018, with layer normalisation).

    Call with ``x`` [batch, time, width] and ``condition`` [batch, c]; starts as plain layer normalisation.
    """

    def build(self, input_shape: Shape, condition_shape: Shape | None = None) -> None:
        width = input_shape[-1]
        self.norm = keras.layers.LayerNormalization(center=False, scale=False, epsilon=1e-5)
        self.norm.build(input_shape)
        self.affine = keras.layers.Dense(2 * width, kernel_initializer="zeros", name="affine")
        self.affine.build(condition_shape)

    def call(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = ops.split(self.affine(condition)[:, None], 2, axis=-1)
        return self.norm(x) * (1 + scale) + shift


class ResidualConvolution(keras.layers.Layer):
    """``x + W2 gelu(conv(FiLM(x)))``: a dilated convolution over time and a mix of channels, [batch, time, width]."""

    def __init__(self, width: int, *, kernel: int = 3, dilation: int = 1, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm = FiLM(name="norm")
        self.convolution = keras.layers.Conv1D(
            width, kernel, padding="same", dilation_rate=dilation, name="convolution"
        )
        self.mix = keras.layers.Dense(
            width, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02), name="mix"
        )
        self.dropout = keras.layers.Dropout(dropout, name="dropout")

    def build(self, input_shape: Shape, condition_shape: Shape | None = None) -> None:
        self.norm.build(input_shape, condition_shape)
        self.convolution.build(input_shape)
        self.mix.build(input_shape)

    def call(self, x: Tensor, condition: Tensor, training: bool = False) -> Tensor:
        h = ops.gelu(self.convolution(self.norm(x, condition)))
        return x + self.dropout(self.mix(h), training=training)


class RelativeAttention(keras.layers.Layer):
    """``x + attention(FiLM(x))`` with a learnt bias for each distance in time (Shaw et al., 2018, as in T5).

    [batch, time, width]; distances beyond ``reach`` share the outermost bias, so that any length can be read.
    """

    def __init__(self, width: int, *, heads: int = 4, reach: int = 32, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.reach, self.width = heads, reach, width
        self.norm = FiLM(name="norm")
        self.project = keras.layers.Dense(3 * width, use_bias=False, name="project")
        self.mix = keras.layers.Dense(
            width, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02), name="mix"
        )
        self.dropout = keras.layers.Dropout(dropout, name="dropout")

    def build(self, input_shape: Shape, condition_shape: Shape | None = None) -> None:
        self.norm.build(input_shape, condition_shape)
        self.project.build(input_shape)
        self.mix.build(input_shape)
        self.bias = self.add_weight(shape=(2 * self.reach + 1, self.heads), initializer="zeros", name="distance_bias")

    def call(self, x: Tensor, condition: Tensor, training: bool = False) -> Tensor:
        batch, time = ops.shape(x)[0], ops.shape(x)[1]
        size = self.width // self.heads
        projected = ops.reshape(self.project(self.norm(x, condition)), (batch, time, 3, self.heads, size))
        query, key, value = projected[:, :, 0], projected[:, :, 1], projected[:, :, 2]
        places = ops.arange(time)
        distance = ops.clip(places[None] - places[:, None], -self.reach, self.reach) + self.reach
        # A product with one-hot rows instead of a gather: its gradient is a product too, which is faster on a CPU.
        bias = ops.matmul(ops.one_hot(distance, 2 * self.reach + 1, dtype=self.compute_dtype), self.bias)
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key) / size**0.5 + ops.transpose(bias, (2, 0, 1))[None]
        mixed = ops.einsum("bhqk,bkhd->bqhd", ops.softmax(scores, axis=-1), value)
        return x + self.dropout(self.mix(ops.reshape(mixed, (batch, time, self.width))), training=training)


class LaneEmbedding(keras.layers.Layer):
    """Tokens and sounding pitches of all lanes, seen together: [batch, steps, lanes] twice -> [batch, steps, width].

    Each lane has its own table of tokens and of sounding pitches; the pitch classes that sound in any lane are
    added up, and the interval classes between every two lanes named, so that the harmony is in plain view.
    """

    def __init__(self, lanes: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lanes, self.width = lanes, width

    def build(self, input_shape: Shape, sounding_shape: Shape | None = None) -> None:
        unit = keras.initializers.RandomNormal(stddev=0.5)
        self.table = self.add_weight(shape=(self.lanes * 2 * VOCABULARY, self.width), initializer=unit, name="table")
        self.chroma = self.add_weight(shape=(12, self.width), initializer=unit, name="chroma")
        pairs = [(i, j) for i in range(self.lanes) for j in range(i + 1, self.lanes)]
        self.upper, self.lower = [i for i, _ in pairs], [j for _, j in pairs]
        self.intervals = self.add_weight(
            shape=(max(len(pairs), 1) * 13, self.width), initializer=unit, name="intervals"
        )

    def call(self, tokens: Tensor, sounding: Tensor) -> Tensor:
        both = ops.concatenate([ops.one_hot(tokens, VOCABULARY), ops.one_hot(sounding, VOCABULARY)], axis=-1)
        batch, steps = ops.shape(tokens)[0], ops.shape(tokens)[1]
        flat = ops.reshape(both, (batch, steps, self.lanes * 2 * VOCABULARY))
        classes = ops.where(sounding < REST, sounding % 12, 12)
        chroma = ops.sum(ops.one_hot(classes, 13)[..., :12], axis=2)
        h = ops.matmul(flat, self.table) + ops.matmul(chroma, self.chroma)
        if self.upper:
            high, low = ops.take(sounding, self.upper, axis=2), ops.take(sounding, self.lower, axis=2)
            interval = ops.where((high < REST) & (low < REST), (high - low) % 12, 12)
            h += ops.matmul(
                ops.reshape(ops.one_hot(interval, 13), (batch, steps, len(self.upper) * 13)), self.intervals
            )
        return h


class IntervalLogits(keras.layers.Layer):
    """Logits of pitches by their interval to pitches that are known: the same in every key by construction.

    For each reference pitch r the layer predicts one number for each of the twelve interval classes c and adds it to
    all pitches p with (p - r) mod 12 = c; unknown references add nothing. The numbers come from the features of the
    cell, and from a table of the *motion* towards the reference (which interval there was before, and whether the
    other voice moves), so that a fifth after a fifth can be told from a fifth after a sixth: parallels.

    Call with ``lanes`` [batch, steps, lanes, width], ``references`` [batch, steps, lanes, r] (pitch, or >= 128 for
    unknown) and ``motion`` of the same shape (0-25); gives [batch, steps, lanes, 12]: what to add to a pitch class.
    """

    def __init__(self, references: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.references = references
        # turn[c, s, p] = 1 where pitch class p lies c semitones above pitch class s; s = 12 is unknown.
        turn = np.zeros((12, 13, 12), np.float32)
        for c in range(12):
            for s in range(12):
                turn[c, s, (s + c) % 12] = 1.0
        self.turn = turn

    def build(
        self, lanes_shape: Shape, references_shape: Shape | None = None, motion_shape: Shape | None = None
    ) -> None:
        small = keras.initializers.RandomNormal(stddev=0.02)
        lanes, width = lanes_shape[2], lanes_shape[3]
        self.kernel = self.add_weight(shape=(lanes, width, self.references * 12), initializer=small, name="kernel")
        self.motion = self.add_weight(shape=(lanes, self.references, MOTIONS, 12), initializer="zeros", name="motion")

    def call(self, lanes: Tensor, references: Tensor, motion: Tensor) -> Tensor:
        batch, steps, count = ops.shape(lanes)[0], ops.shape(lanes)[1], lanes.shape[2]
        wanted = ops.einsum("btlw,lwk->btlk", lanes, self.kernel)
        wanted = ops.reshape(wanted, (batch, steps, count, self.references, 12))
        wanted += ops.einsum("btlrm,lrmc->btlrc", ops.one_hot(motion, MOTIONS), self.motion)
        classes = ops.one_hot(ops.where(references < REST, references % 12, 12), 13)
        # Cells with the same reference class share a turn: gather what is wanted by class, then turn it.
        gathered = ops.einsum("btlrs,btlrc->btlsc", classes, wanted)
        flat = ops.reshape(ops.transpose(gathered, (0, 1, 2, 4, 3)), (batch, steps, count, 12 * 13))
        return ops.matmul(flat, ops.reshape(ops.convert_to_tensor(self.turn), (12 * 13, 12)))


class DirectedLogits(keras.layers.Layer):
    """Logits of pitches by how far up or down they lie from a pitch that is known: steps and leaps told apart.

    Where ``IntervalLogits`` knows interval classes, for which a seventh up is a second down, this knows the way a voice
    goes, and which of two voices is the higher. Call with ``lanes`` [batch, steps, lanes, width] and ``pitch`` [batch,
    steps, lanes] (>= 128 for unknown: nothing is added); gives [batch, steps, lanes, 128]. Intervals go round the 128
    pitches.
    """

    def build(self, lanes_shape: Shape, pitch_shape: Shape | None = None) -> None:
        lanes, width = lanes_shape[2], lanes_shape[3]
        self.kernel = self.add_weight(shape=(lanes, width, REST), initializer="zeros", name="kernel")
        self.bias = self.add_weight(shape=(lanes, REST), initializer="zeros", name="bias")

    def call(self, lanes: Tensor, pitch: Tensor) -> Tensor:
        wanted = ops.einsum("btlw,lwi->btli", lanes, self.kernel) + self.bias
        # Entry i is for a pitch i semitones higher: each row is turned by its pitch.
        return ops.where((pitch < REST)[..., None], turn_rows(wanted, pitch), 0.0)


def turn_rows(x: Tensor, places: Tensor) -> Tensor:
    """Each row of ``x`` [..., n] turned by so many places [...]: entry i comes to stand at i + places, modulo n.

    The gradient is the opposite turn, and said so: what is worked out by rule is a scatter, many times slower on a CPU.
    """
    size = x.shape[-1]
    rows = np.arange(size)

    @ops.custom_gradient
    def turn(x: Tensor) -> tuple[Tensor, Any]:
        def gradient(*args: Tensor, upstream: Tensor = None) -> Tensor:
            given = args[0] if upstream is None else upstream
            return ops.take_along_axis(given, (rows + places[..., None]) % size, axis=-1)

        return ops.take_along_axis(x, (rows - places[..., None]) % size, axis=-1), gradient

    return turn(x)


def table_lookup(index: Tensor, table: Tensor) -> Tensor:
    """Rows of ``table`` [n, width] for whole numbers ``index`` [...], as a product with one-hot rows."""
    return ops.matmul(ops.one_hot(index, table.shape[0], dtype=table.dtype), table)


def allowed_tokens() -> list[bool]:
    """Which of the 131 token values a model may write: all but MASK."""
    return [token != MASK for token in range(VOCABULARY)]
