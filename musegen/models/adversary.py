"""The composer's adversary: D sees a real and a made completion of the same mask side by side, and says which is which.

The pairing loss is relativistic (Jolicoeur-Martineau, 2018), with both zero-centred gradient penalties, R1 on real and
R2 on made music, as in R3GAN (Huang et al., 2024, eq. 2 and 4). The penalties are taken as finite differences on noised
inputs (Lin et al., 2025), which needs no second back-propagation. D hears before it judges: HOLD is resolved by a
differentiable recurrence, and the intervals between the voices are named.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.lanes import HOLD, REST, VOCABULARY
from musegen.models.composer_network import ComposerConfig
from musegen.models.layers import Tensor
from musegen.models.trunk import WIDE, Conditions, Trunk

PATCH = 8  # beats that share one verdict: two bars of 4/4
_STEP_WIDTH = 96
_PITCH_WIDTH = 24


def sounding_roll(onsets: Tensor, hold: Tensor) -> Tensor:
    """What sounds at each step: s_t = onset_t + hold_t * s_(t-1), and nothing before the first step.

    Computed by doubling: after k rounds a step knows of the 2^k steps up to itself. The recurrence is linear in the
    onsets, so they may be whole one-hot pitches or any linear features of them.

    Args:
        onsets: [batch, steps, lanes, features] of the notes that begin.
        hold: [batch, steps, lanes] how surely the note before goes on, 0-1.

    Returns:
        [batch, steps, lanes, features].
    """
    value, keep, reach = onsets, hold[..., None], 1
    while reach < onsets.shape[1]:
        before = ((0, 0), (reach, 0), (0, 0), (0, 0))
        value += keep * ops.pad(value[:, :-reach], before)
        keep *= ops.pad(keep[:, :-reach], before)
        reach *= 2
    return value


def relaxed_sample(logits: Tensor, gumbel: Tensor, *, kind: str, softness: float) -> Tensor:
    """Tokens drawn from logits [..., tokens] so that gradients pass (Jang et al., 2017; Maddison et al., 2017).

    Args:
        logits: Unnormalised log probabilities.
        gumbel: Noise of the same shape, -log(-log(uniform)).
        kind: "soft" gives the relaxed sample softmax((logits + gumbel) / softness); "straight-through" gives its
            largest entry as a one-hot row, with the relaxed sample's gradient.
        softness: Temperature of the relaxed sample, greater than 0.
    """
    soft = ops.softmax((logits + gumbel) / softness, axis=-1)
    if kind == "soft":
        return soft
    hard = ops.one_hot(ops.argmax(soft, axis=-1), soft.shape[-1], dtype="float32")
    return ops.stop_gradient(hard - soft) + soft


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Mean of ``values`` by ``weight`` of the same shape; 0 where there is no weight."""
    return ops.sum(values * weight) / ops.maximum(ops.sum(weight), 1.0)


def pair_losses(real: Tensor, made: Tensor, weight: Tensor, pairing: str) -> tuple[Tensor, Tensor]:
    """(D's loss, G's loss) in nats, means by ``weight``, of the logits of paired real and made music.

    "relativistic": D: softplus(-(real - made)), G: softplus(real - made) (R3GAN, eq. 2, with f = -softplus(-t)).
    "non-saturating": D: softplus(-real) + softplus(made), G: softplus(-made) (Goodfellow et al., 2014, sec. 3).
    """
    if pairing == "relativistic":
        gap = real - made
        return weighted_mean(ops.softplus(-gap), weight), weighted_mean(ops.softplus(gap), weight)
    d_loss = weighted_mean(ops.softplus(-real) + ops.softplus(made), weight)
    return d_loss, weighted_mean(ops.softplus(-made), weight)


def difference_penalty(plain: Tensor, noised: Tensor, weight: Tensor, deviation: float) -> Tensor:
    """Mean of ((D(x + noise) - D(x)) / deviation)^2 by ``weight``.

    For small Gaussian noise of that standard deviation its expectation is the squared norm of D's gradient.
    """
    return weighted_mean(ops.square((noised - plain) / deviation), weight)


class Discriminator(keras.Model):
    """Tokens and what is known -> (realism of patches [batch, patches], of cells [batch, steps, lanes]) as logits.

    Call with ``tokens`` [batch, steps, lanes, 131] (one-hot rows, or soft ones), ``mask`` [batch, steps, lanes], 1
    where the composer was asked, and the composer's inputs (conditions).
    """

    def __init__(self, config: ComposerConfig) -> None:
        super().__init__(name="discriminator")
        self.config = config
        self.pairs = list(combinations(range(config.lanes), 2))
        # turn[12 * l + h, i] = 1 where pitch class h lies i semitones above pitch class l.
        turn = np.zeros((12, 12, 12), np.float32)
        for low, step in product(range(12), range(12)):
            turn[low, (low + step) % 12, step] = 1.0
        self.turn = turn.reshape(144, 12)
        width, beat_width = _STEP_WIDTH, config.adversary_width
        self.conditions = Conditions(len(config.styles), config.lanes, width, name="conditions")
        self.written = keras.layers.Dense(width, name="written")
        self.heard = keras.layers.Dense(width, name="heard")
        self.trunk = Trunk(width, beat_width, blocks=4, steps_per_beat=config.steps_per_beat, name="trunk")
        self.beat_norm = keras.layers.LayerNormalization(name="beat_norm", epsilon=1e-5)
        self.step_norm = keras.layers.LayerNormalization(name="step_norm", epsilon=1e-5)
        self.patch = keras.layers.Dense(1, name="patch")
        self.cell = keras.layers.Dense(config.lanes, name="cell")

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        self.conditions.build()
        self.pitches = self.add_weight(
            shape=(REST, _PITCH_WIDTH), initializer=keras.initializers.RandomNormal(stddev=0.3), name="pitches"
        )
        self.written.build((None, 64, c.lanes * (VOCABULARY + 1)))
        self.heard.build((None, 64, c.lanes * (_PITCH_WIDTH + 12) + 12 + 12 * len(self.pairs)))
        self.trunk.build((None, 64, _STEP_WIDTH), (None, WIDE))
        for layer, width in (
            (self.beat_norm, c.adversary_width), (self.patch, c.adversary_width),
            (self.step_norm, _STEP_WIDTH), (self.cell, _STEP_WIDTH),
        ):  # fmt: skip
            layer.build((None, 64, width))
        self.built = True

    def call(self, tokens: Tensor, mask: Tensor, x: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        lanes, (batch, steps) = self.config.lanes, ops.shape(tokens)[:2]
        condition, h = self.conditions(x)
        written = ops.reshape(ops.concatenate([tokens, mask[..., None]], axis=-1), (batch, steps, -1))
        onsets = tokens[..., :REST]
        # The classes of pitches 0-127; 120-127 are C to G once more.
        classes = ops.sum(ops.reshape(onsets[..., :120], (batch, steps, lanes, 10, 12)), axis=3)
        classes += ops.pad(onsets[..., 120:], ((0, 0), (0, 0), (0, 0), (0, 4)))
        begins = ops.concatenate([ops.matmul(onsets, self.pitches), classes], axis=-1)
        sounds = sounding_roll(begins, tokens[..., HOLD])
        chroma = sounds[..., _PITCH_WIDTH:]
        heard = [ops.reshape(sounds, (batch, steps, lanes * (_PITCH_WIDTH + 12))), ops.sum(chroma, axis=2)]
        if self.pairs:
            high = ops.take(chroma, [upper for upper, _ in self.pairs], axis=2)
            low = ops.take(chroma, [lower for _, lower in self.pairs], axis=2)
            both = ops.reshape(low[..., :, None] * high[..., None, :], (batch, steps, len(self.pairs), 144))
            heard.append(ops.reshape(ops.matmul(both, self.turn), (batch, steps, 12 * len(self.pairs))))
        h += self.written(written) + self.heard(ops.concatenate(heard, axis=-1))
        h, beats = self.trunk(h, condition)
        beats = ops.gelu(self.beat_norm(beats))
        patches = ops.mean(ops.reshape(beats, (batch, -1, self.patch_beats(steps), beats.shape[-1])), axis=2)
        return self.patch(patches)[..., 0], self.cell(ops.gelu(self.step_norm(h)))

    def patch_beats(self, steps: int) -> int:
        """Beats of a patch: ``PATCH``, or the whole window where that doesn't divide it."""
        beats = steps // self.config.steps_per_beat
        return beats if beats % PATCH else PATCH


def adversarial_losses(
    network: Discriminator, real: Tensor, made: Tensor, mask: Tensor, x: dict[str, Tensor], noise: Tensor
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """(D's loss with its penalties, G's loss, what to report) of paired completions.

    Args:
        network: D.
        real: [batch, steps, lanes, 131] one-hot; absent lanes all 0.
        made: The same, with the cells of ``mask`` from G.
        mask: [batch, steps, lanes], 1 where G was asked; only there can the two differ.
        x: Conditions.
        noise: [rows, steps, lanes, 131] Gaussian noise of unit variance; the penalties are taken on so many rows.
    """
    c, rows = network.config, noise.shape[0]
    some = mask[:rows]
    spread = noise * some[..., None] * c.penalty_noise
    # Real and made music are heard in two calls, so that the made half's gradients need not pass through the other.
    noised = [ops.stop_gradient(shown)[:rows] + spread for shown, on in ((real, c.r1), (made, c.r2)) if on]
    repeated = {name: ops.concatenate([x[name], *[x[name][:rows]] * len(noised)]) for name in network.conditions.sizes}
    masks = ops.concatenate([mask, *[some] * len(noised)])
    patches, cells = network(ops.concatenate([real, *noised]), masks, repeated)
    made_patches, made_cells = network(made, mask, x)
    count = real.shape[0]
    real_patches, real_cells = patches[:count], cells[:count]
    asked = ops.reshape(mask, (count, made_patches.shape[1], -1))
    asked = ops.cast(ops.any(asked > 0, axis=-1), "float32")

    d_loss, g_loss = pair_losses(real_patches, made_patches, asked, c.pairing)
    d_cells, g_cells = pair_losses(real_cells, made_cells, mask, c.pairing)
    parts = {
        "d_loss": d_loss,
        "g_adversarial": g_loss,
        "d_real": weighted_mean(real_patches, asked),
        "d_fake": weighted_mean(made_patches, asked),
        "d_cells": d_cells,
    }
    d_loss, g_loss = d_loss + c.note_weight * d_cells, g_loss + c.note_weight * g_cells
    begin = count
    for name, weight, plain, plain_cells in (
        ("r1", c.r1, real_patches, real_cells),
        ("r2", c.r2, made_patches, made_cells),
    ):
        if weight:
            part = slice(begin, begin + rows)
            penalty = difference_penalty(plain[:rows], patches[part], asked[:rows], c.penalty_noise)
            penalty += c.note_weight * difference_penalty(plain_cells[:rows], cells[part], some, c.penalty_noise)
            parts[name] = penalty
            d_loss += 0.5 * weight * penalty
            begin += rows
    return d_loss, g_loss, parts
