"""Blocks that look back only: what is said of a step never depends on what comes after it.

Each block has two faces that give the same numbers: ``call`` for whole windows (training), and a ``*Play`` class in
NumPy that is fed one position after another and remembers what it needs (van den Oord et al., 2016, and the fast
generation of Le Paine et al., 2016): sampling costs one position at a time, not the whole window again.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.models.layers import FiLM, Shape, Tensor

Floats = NDArray[np.float32]
_EPSILON = 1e-5


class CausalConvolution(keras.layers.Layer):
    """``x + W2 gelu(conv(FiLM(x)))`` with a convolution over this position and earlier ones, [batch, time, width]."""

    def __init__(self, width: int, *, kernel: int = 3, dilation: int = 1, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.taps, self.dilation = kernel, dilation
        self.norm = FiLM(name="norm")
        self.convolution = keras.layers.Conv1D(
            width, kernel, padding="causal", dilation_rate=dilation, name="convolution"
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


class CausalAttention(keras.layers.Layer):
    """``x + attention(FiLM(x))`` over this position and up to ``reach`` earlier ones, with a learnt bias a distance.

    [batch, time, width]; no limit on time.
    """

    def __init__(self, width: int, *, heads: int = 4, reach: int = 64, dropout: float = 0.0, **kwargs: Any) -> None:
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
        self.bias = self.add_weight(shape=(self.reach, self.heads), initializer="zeros", name="distance_bias")

    def call(self, x: Tensor, condition: Tensor, training: bool = False) -> Tensor:
        batch, time = ops.shape(x)[0], ops.shape(x)[1]
        size = self.width // self.heads
        projected = ops.reshape(self.project(self.norm(x, condition)), (batch, time, 3, self.heads, size))
        query, key, value = projected[:, :, 0], projected[:, :, 1], projected[:, :, 2]
        places = ops.arange(time)
        distance = places[:, None] - places[None]
        seen = (distance >= 0) & (distance < self.reach)
        # A product with one-hot rows instead of a gather: its gradient is a product too, which is faster on a CPU.
        rows = ops.one_hot(ops.clip(distance, 0, self.reach - 1), self.reach, dtype=self.compute_dtype)
        bias = ops.transpose(ops.matmul(rows, self.bias), (2, 0, 1))[None]
        scores = ops.einsum("bqhd,bkhd->bhqk", query, key) / size**0.5 + bias
        weights = ops.softmax(ops.where(seen[None, None], scores, -1e9), axis=-1)
        mixed = ops.reshape(ops.einsum("bhqk,bkhd->bqhd", weights, value), (batch, time, self.width))
        return x + self.dropout(self.mix(mixed), training=training)


def gelu(x: Floats) -> Floats:
    """The exact Gaussian error linear unit, as ``keras.ops.gelu`` with its default (tanh approximation)."""
    inner = x * (0.7978845608 + 0.0356774081 * x * x)
    return np.asarray(0.5 * x * (1.0 + np.tanh(inner)), np.float32)


def normalise(x: Floats) -> Floats:
    """Layer normalisation over the last axis, without scale and shift."""
    x = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + _EPSILON), np.float32)


class FilmPlay:
    """``FiLM`` under one condition a row: call with [batch, width]."""

    def __init__(self, layer: FiLM, condition: Floats) -> None:
        affine = condition @ layer.affine.kernel.numpy() + layer.affine.bias.numpy()
        scale, self.shift = np.split(affine, 2, axis=-1)
        self.scale = 1 + scale

    def __call__(self, x: Floats) -> Floats:
        return np.asarray(normalise(x) * self.scale + self.shift, np.float32)


class ConvolutionPlay:
    """A ``CausalConvolution`` fed position after position: call with [batch, width]."""

    def __init__(self, layer: CausalConvolution, condition: Floats, longest: int) -> None:
        self.norm = FilmPlay(layer.norm, condition)
        kernel = layer.convolution.kernel.numpy()
        self.back = (layer.taps - 1 - np.arange(layer.taps)) * layer.dilation
        self.kernel, self.bias = kernel.reshape(-1, kernel.shape[-1]), layer.convolution.bias.numpy()
        self.mix, self.mix_bias = layer.mix.kernel.numpy(), layer.mix.bias.numpy()
        self.before = int(self.back[0])
        self.seen = np.zeros((self.before + longest, len(condition), kernel.shape[1]), np.float32)
        self.now = 0

    def select(self, rows: NDArray[np.intp]) -> None:
        """Goes on from these rows' pasts, row by row; their conditions must be the same."""
        self.seen[: self.before + self.now] = self.seen[: self.before + self.now, rows]

    def __call__(self, x: Floats) -> Floats:
        place = self.now + self.before
        self.seen[place] = self.norm(x)
        taps = self.seen[place - self.back].transpose(1, 0, 2).reshape(len(x), -1)
        self.now += 1
        return np.asarray(x + gelu(taps @ self.kernel + self.bias) @ self.mix + self.mix_bias, np.float32)


class AttentionPlay:
    """A ``CausalAttention`` fed position after position: call with [batch, width]."""

    def __init__(self, layer: CausalAttention, condition: Floats, longest: int) -> None:
        self.norm = FilmPlay(layer.norm, condition)
        self.project, self.mix, self.mix_bias = (
            layer.project.kernel.numpy(),
            layer.mix.kernel.numpy(),
            layer.mix.bias.numpy(),
        )
        self.heads, self.reach, self.bias = layer.heads, layer.reach, layer.bias.numpy()
        size = layer.width // layer.heads
        self.keys = np.zeros((len(condition), layer.heads, longest, size), np.float32)
        self.values = np.zeros_like(self.keys)
        self.now = 0

    def select(self, rows: NDArray[np.intp]) -> None:
        """Goes on from these rows' pasts, row by row; their conditions must be the same."""
        self.keys[:, :, : self.now] = self.keys[rows, :, : self.now]
        self.values[:, :, : self.now] = self.values[rows, :, : self.now]

    def __call__(self, x: Floats) -> Floats:
        batch, _, _, size = self.keys.shape
        query, key, value = (self.norm(x) @ self.project).reshape(batch, 3, self.heads, size).transpose(1, 0, 2, 3)
        self.keys[:, :, self.now], self.values[:, :, self.now] = key, value
        first, stop = max(0, self.now + 1 - self.reach), self.now + 1
        scores = (self.keys[:, :, first:stop] @ query[..., None])[..., 0] / size**0.5
        scores += self.bias[: stop - first][::-1].T
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights[:, :, None] @ self.values[:, :, first:stop])[:, :, 0].reshape(batch, -1)
        self.now += 1
        return np.asarray(x + mixed @ self.mix + self.mix_bias, np.float32)
