"""Generator and critic of the convolutional GAN over the piano roll; see wgan_gp.py for how they are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
from keras import ops

from musegen.models.layers import Tensor
from musegen.models.seen import KEYS

_CONDITION = 48


@dataclass(frozen=True)
class WGANGPConfig:
    """Shape and schedule.

    Attributes:
        styles: Names of the styles; index 0 is "any".
        lanes: Tracks.
        steps: Steps of a window, a multiple of 16; of longer windows the beginning is taken.
        steps_per_beat: Grid steps of a beat.
        low: Lowest pitch of the roll, after the music is moved to the key on C.
        pitches: Rows of the roll.
        latent: Size of z; half is shared by all tracks, the rest is divided among them.
        step_width: Channels of a track's branch at step resolution.
        beat_width: Channels of the shared trunk, and of the critic.
        critic_steps: Steps of the critic for one of the generator; each takes its share of the batch.
        penalty: Weight of the gradient penalty.
        learning_rate: Adam's, for both.
        averaging: Decay of the running average of the generator's weights, which makes the music.
    """

    model: ClassVar[str] = "wgan-gp"
    styles: tuple[str, ...] = ("any", "chorale", "folk")
    lanes: int = 4
    steps: int = 64
    steps_per_beat: int = 4
    low: int = 28
    pitches: int = 64
    latent: int = 128
    step_width: int = 64
    beat_width: int = 160
    critic_steps: int = 5
    penalty: float = 10.0
    learning_rate: float = 3e-4
    averaging: float = 0.995


class Generator(keras.Model):
    """(z [n, latent], style [n], key [n]) -> shares of pitches, then silence: [n, steps, lanes, pitches + 1]."""

    def __init__(self, config: WGANGPConfig) -> None:
        super().__init__(name="generator")
        c = self.config = config
        self.beats, self.private = c.steps // c.steps_per_beat, c.latent // 2 // c.lanes
        self.condition = keras.layers.Dense(_CONDITION, name="condition")
        self.bars = keras.layers.Dense(self.beats // 4 * c.beat_width, name="bars")
        self.to_beats = keras.layers.Conv1DTranspose(c.beat_width, 4, strides=4, name="to_beats")
        self.trunk = [keras.layers.Conv1D(c.beat_width, 3, padding="same", name=f"trunk_{i}") for i in range(3)]
        self.norms = [keras.layers.LayerNormalization(name=f"norm_{i}") for i in range(4)]
        lanes = range(c.lanes)
        half = c.beat_width // 2
        self.own = [keras.layers.Dense(half, activation="relu", name=f"own_{i}") for i in lanes]
        self.to_steps = [keras.layers.Conv1DTranspose(c.step_width, 4, strides=4, name=f"to_steps_{i}") for i in lanes]
        self.step_norms = [keras.layers.LayerNormalization(name=f"step_norm_{i}") for i in lanes]
        self.smooth = [
            keras.layers.Conv1D(c.step_width, 5, padding="same", activation="relu", name=f"smooth_{i}") for i in lanes
        ]
        self.out = [keras.layers.Dense(c.pitches + 1, name=f"out_{i}") for i in lanes]

    def call(self, z: Tensor, style: Tensor, key: Tensor) -> Tensor:
        c = self.config
        condition = self.condition(one_hot_conditions(style, key, c))
        h = self.bars(ops.concatenate([z[:, : c.latent // 2], condition], axis=-1))
        h = self.to_beats(ops.reshape(h, (-1, self.beats // 4, c.beat_width)))
        for norm, layer in zip(self.norms, self.trunk, strict=False):
            h = h + layer(ops.relu(norm(h)))
        h = ops.relu(self.norms[-1](h))
        tracks = []
        for lane in range(c.lanes):
            first = c.latent // 2 + lane * self.private
            own = ops.repeat(z[:, None, first : first + self.private], self.beats, axis=1)
            branch = self.to_steps[lane](self.own[lane](ops.concatenate([h, own], axis=-1)))
            tracks.append(self.out[lane](self.smooth[lane](ops.relu(self.step_norms[lane](branch)))))
        return ops.softmax(ops.stack(tracks, axis=2), axis=-1)


class Critic(keras.Model):
    """(roll [n, steps, lanes, pitches], style [n], key [n]) -> how real it is, [n], on no particular scale."""

    def __init__(self, config: WGANGPConfig) -> None:
        super().__init__(name="critic")
        c = self.config = config
        self.condition = keras.layers.Dense(_CONDITION, name="condition")
        self.own = [keras.layers.Dense(c.beat_width // 4, name=f"own_{lane}") for lane in range(c.lanes)]
        self.shared = keras.layers.Dense(c.beat_width // 2, name="shared")
        self.chroma = keras.layers.Dense(c.beat_width // 2, name="chroma")
        self.onsets = keras.layers.Dense(c.beat_width // 4, name="onsets")
        self.merge = keras.layers.Dense(c.beat_width, name="merge")
        self.deep = keras.layers.Conv1D(c.beat_width, 3, padding="same", name="deep")
        self.to_half_bars = keras.layers.Conv1D(c.beat_width, 4, strides=2, padding="same", name="to_half_bars")
        self.to_bars = keras.layers.Conv1D(c.beat_width, 4, strides=2, padding="same", name="to_bars")
        self.verdict = keras.layers.Dense(1, name="verdict")
        rows = np.arange(c.pitches)
        self.classes = ((rows[:, None] + c.low) % 12 == np.arange(12)).astype(np.float32)

    def call(self, roll: Tensor, style: Tensor, key: Tensor) -> Tensor:
        c = self.config
        condition = self.condition(one_hot_conditions(style, key, c))
        before = ops.concatenate([ops.zeros_like(roll[:, :1]), roll[:, :-1]], axis=1)
        begun = ops.sum(roll * (1.0 - before), axis=-1)
        streams = [layer(by_beats(roll[:, :, lane], c)) for lane, layer in enumerate(self.own)]
        streams += [self.shared(by_beats(roll, c)), self.chroma(by_beats(ops.matmul(roll, self.classes), c))]
        streams += [self.onsets(by_beats(begun, c))]
        streams += [ops.repeat(condition[:, None], c.steps // c.steps_per_beat, axis=1)]
        h = _leaky(self.merge(_leaky(ops.concatenate(streams, axis=-1))))
        h = _leaky(self.to_half_bars(h + _leaky(self.deep(h))))
        h = _leaky(self.to_bars(h))
        return self.verdict(ops.reshape(h, (-1, h.shape[1] * h.shape[2])))[:, 0]


def one_hot_conditions(style: Tensor, key: Tensor, config: WGANGPConfig) -> Tensor:
    """Style and key side by side, [n, styles + keys]."""
    return ops.concatenate([ops.one_hot(style, len(config.styles)), ops.one_hot(key, KEYS)], axis=-1)


def by_beats(x: Tensor, config: WGANGPConfig) -> Tensor:
    """[n, steps, ...] -> [n, beats, everything of a beat]."""
    wide = int(np.prod(x.shape[2:])) * config.steps_per_beat
    return ops.reshape(x, (-1, config.steps // config.steps_per_beat, wide))


def _leaky(x: Tensor) -> Tensor:
    return ops.leaky_relu(x, 0.2)
