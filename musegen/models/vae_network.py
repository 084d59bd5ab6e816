"""The two networks of the variational autoencoder, and what the decoder hears before each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import MASK, REST, VOCABULARY, sounding
from musegen.models.context import interval_motion
from musegen.models.layers import (
    FiLM,
    IntervalLogits,
    LaneEmbedding,
    ResidualConvolution,
    Tensor,
    allowed_tokens,
    table_lookup,
)
from musegen.models.seen import KEYS

PLACES = 64  # steps of a bar that are told apart; longer bars share the last
_CONDITION = 96  # width of the vector of style, key and voices
Inputs = dict[str, Any]


@dataclass(frozen=True)
class VAEConfig:
    """Shape and schedule.

    Attributes:
        styles: Names of the styles; index 0 is "any".
        lanes: Voices.
        steps: Steps of a window, a multiple of 16; of longer windows the beginning is taken.
        steps_per_beat: Grid steps of a beat.
        latent: Size of z.
        step_width: Channels at step resolution.
        beat_width: Channels at beat resolution.
        blocks: Residual convolutions over beats, in the encoder and in the decoder.
        memory: Beats before the present one that the decoder remembers.
        cell_width: Channels of a cell (one step of one lane).
        token_width: Channels by which a cell is known to the later cells of its beat.
        dropout: Rate in the residual branches and of the decoder's memory.
        free_nats: A dimension of z costs nothing up to so many nats (mean of a batch).
        kl_warmup: Steps in which the weight of the KL divergence rises from 0 to 1.
        learning_rate: Peak of AdamW's rate, reached after ``warmup`` steps, then a cosine to its twentieth.
        warmup: Steps.
        schedule: Optimiser steps until the rate is lowest.
        weight_decay: AdamW's.
        averaging: Decay of the running average of the weights; the average is what ships.
        temperature: Of the draws in ``sample``, where none is given.
    """

    model: ClassVar[str] = "vae"
    styles: tuple[str, ...] = ("any", "chorale", "folk")
    lanes: int = 4
    steps: int = 64
    steps_per_beat: int = 4
    latent: int = 64
    step_width: int = 64
    beat_width: int = 192
    blocks: int = 4
    memory: int = 2
    cell_width: int = 64
    token_width: int = 24
    dropout: float = 0.25
    free_nats: float = 0.25
    kl_warmup: int = 800
    learning_rate: float = 1.2e-3
    warmup: int = 200
    schedule: int = 2500
    weight_decay: float = 0.05
    averaging: float = 0.998
    temperature: float = 0.85


class _Conditioned(keras.Model):
    """What encoder and decoder share: tables of style, key, voices and of the place in the bar."""

    def __init__(self, config: VAEConfig, name: str) -> None:
        super().__init__(name=name)
        self.config = config
        self.beats = config.steps // config.steps_per_beat

    def build(self, input_shape: Any = None) -> None:
        c = self.config
        unit = keras.initializers.RandomNormal(stddev=0.3)
        rows = {"style": len(c.styles), "key": KEYS, "present": c.lanes}
        self.tables = {n: self.add_weight(shape=(r, _CONDITION), initializer=unit, name=n) for n, r in rows.items()}
        self.place = self.add_weight(shape=(PLACES, c.step_width), initializer=unit, name="place")
        self.length = self.add_weight(shape=(PLACES + 1, c.step_width), initializer=unit, name="length")
        self.built = True

    def condition(self, x: Inputs) -> Tensor:
        of = table_lookup(x["style"], self.tables["style"]) + table_lookup(x["key"], self.tables["key"])
        return ops.gelu(of + ops.matmul(ops.cast(x["present"], "float32"), self.tables["present"]))

    def places(self, x: Inputs) -> Tensor:
        return table_lookup(x["position"], self.place) + table_lookup(x["bar_length"], self.length)

    def by_beats(self, h: Tensor) -> Tensor:
        """[batch, steps, width] -> [batch, beats, steps of a beat x width]."""
        steps, width = h.shape[1], h.shape[2]
        return ops.reshape(h, (-1, steps // self.config.steps_per_beat, self.config.steps_per_beat * width))


class Encoder(_Conditioned):
    """A window and its conditions -> mean and log variance of q(z | x), [batch, latent] each."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config, "encoder")
        c = config
        self.embed = LaneEmbedding(c.lanes, c.step_width, name="embed")
        self.entry = ResidualConvolution(c.step_width, dropout=c.dropout, name="entry")
        self.to_beats = keras.layers.Dense(c.beat_width, name="to_beats")
        self.deep = [
            ResidualConvolution(c.beat_width, dilation=(1, 2, 4)[i % 3], dropout=c.dropout, name=f"beat_{i}")
            for i in range(c.blocks)
        ]
        self.norm = FiLM(name="norm")
        self.to_bars = keras.layers.Conv1D(c.beat_width, 4, strides=4, activation="gelu", name="to_bars")
        self.to_z = keras.layers.Dense(
            2 * c.latent, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02), name="to_z"
        )

    def build(self, input_shape: Any = None) -> None:
        super().build()
        c = self.config
        wide, beats = (None, _CONDITION), (None, self.beats, c.beat_width)
        self.embed.build((None, c.steps, c.lanes))
        self.entry.build((None, c.steps, c.step_width), wide)
        self.to_beats.build((None, self.beats, c.steps_per_beat * c.step_width))
        blocks: list[Any] = [*self.deep, self.norm]
        for block in blocks:
            block.build(beats, wide)
        self.to_bars.build(beats)
        self.to_z.build((None, self.beats // 4 * c.beat_width))

    def call(self, x: Inputs, training: bool = False) -> tuple[Tensor, Tensor]:
        condition = self.condition(x)
        h = self.embed(x["tokens"], x["sounding"]) + self.places(x)
        h = self.to_beats(self.by_beats(self.entry(h, condition, training=training)))
        for block in self.deep:
            h = block(h, condition, training=training)
        bars = self.to_bars(self.norm(h, condition))
        mean, log_variance = ops.split(self.to_z(ops.reshape(bars, (-1, bars.shape[1] * bars.shape[2]))), 2, axis=-1)
        return mean, ops.clip(log_variance, -10.0, 4.0)


class Decoder(_Conditioned):
    """z and conditions -> a ``plan`` of every beat; the plan and what was said so far -> logits of every cell."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config, "decoder")
        c = config
        self.from_z = keras.layers.Dense(self.beats // 4 * c.beat_width, activation="gelu", name="from_z")
        self.from_bars = keras.layers.Conv1DTranspose(c.beat_width, 4, strides=4, name="from_bars")
        self.from_places = keras.layers.Dense(c.beat_width, name="from_places")
        self.deep = [
            ResidualConvolution(c.beat_width, dilation=(1, 2, 4)[i % 3], dropout=c.dropout, name=f"beat_{i}")
            for i in range(c.blocks)
        ]
        self.embed = LaneEmbedding(c.lanes, c.step_width, name="embed")
        self.from_memory = keras.layers.Dense(c.beat_width, name="from_memory")
        self.forget = keras.layers.Dropout(c.dropout, name="forget")
        # With a kernel of one beat nothing flows between beats here.
        self.join = [ResidualConvolution(c.beat_width, kernel=1, dropout=c.dropout, name=f"join_{i}") for i in range(2)]
        self.norm = FiLM(name="norm")
        self.cells = c.steps_per_beat * c.lanes
        self.to_cells = keras.layers.Dense(self.cells * c.cell_width, name="to_cells")
        self.mix = keras.layers.Dense(c.cell_width, name="mix")
        self.cell_norm = keras.layers.LayerNormalization(name="cell_norm", epsilon=1e-5)
        self.intervals = IntervalLogits(2 * c.lanes, name="interval_logits")
        self.spread = np.array([[p < REST and p % 12 == k for p in range(VOCABULARY)] for k in range(12)], np.float32)
        self.bans = np.where(allowed_tokens(), 0.0, -1e9).astype(np.float32)
        pitches = np.arange(REST)
        self.leap_of = pitches[None, :] - pitches[:, None] + REST - 1
        order = np.arange(self.cells)  # step by step, from the highest voice down
        self.earlier = (order[:, None] < order[None, :]).astype(np.float32)[:, None, :, None]

    def build(self, input_shape: Any = None) -> None:
        super().build()
        c = self.config
        wide, beats = (None, _CONDITION), (None, self.beats, c.beat_width)
        small = keras.initializers.RandomNormal(stddev=0.05)
        self.token_table = self.add_weight(
            shape=(c.lanes, 2 * VOCABULARY, c.token_width), initializer=keras.initializers.RandomNormal(stddev=0.3),
            name="token_table",
        )  # fmt: skip
        self.within = self.add_weight(
            shape=(self.cells, c.token_width, self.cells, c.cell_width), initializer=small, name="within"
        )
        self.logit_table = self.add_weight(
            shape=(c.lanes, c.cell_width, VOCABULARY), initializer=small, name="logit_table"
        )
        self.logit_bias = self.add_weight(shape=(c.lanes, VOCABULARY), initializer="zeros", name="logit_bias")
        self.leaps = self.add_weight(shape=(c.lanes, 2 * REST - 1), initializer="zeros", name="leaps")
        self.from_z.build((None, c.latent + _CONDITION))
        self.from_bars.build((None, self.beats // 4, c.beat_width))
        self.from_places.build((None, self.beats, c.steps_per_beat * c.step_width))
        self.embed.build((None, c.steps, c.lanes))
        self.from_memory.build((None, self.beats, c.memory * c.steps_per_beat * c.step_width))
        blocks: list[Any] = [*self.deep, *self.join, self.norm]
        for block in blocks:
            block.build(beats, wide)
        self.to_cells.build(beats)
        cells = (None, c.steps, c.lanes, c.cell_width)
        self.mix.build(cells)
        self.cell_norm.build(cells)
        self.intervals.build(cells)

    def plan(self, x: Inputs, z: Tensor, training: bool = False) -> Tensor:
        """What z and the conditions say of every beat, [batch, beats, beat_width]."""
        c, condition = self.config, self.condition(x)
        h = self.from_z(ops.concatenate([z, condition], axis=-1))
        h = self.from_bars(ops.reshape(h, (-1, self.beats // 4, c.beat_width)))
        h += self.from_places(self.by_beats(self.places(x)))
        for block in self.deep:
            h = block(h, condition, training=training)
        return h

    def call(self, x: Inputs, plan: Tensor, training: bool = False) -> Tensor:
        """Logits [batch, steps, lanes, 131]; ``x`` and ``plan`` may be a stretch of whole beats of the window."""
        c, condition = self.config, self.condition(x)
        beats, steps = plan.shape[1], x["tokens"].shape[1]
        said = self.by_beats(self.embed(x["tokens"], x["sounding"]))
        before = [ops.pad(said[:, : max(beats - k, 0)], ((0, 0), (min(k, beats), 0), (0, 0)))
                  for k in range(1, c.memory + 1)]  # fmt: skip
        h = plan + self.from_memory(self.forget(ops.concatenate(before, axis=-1), training=training))
        for block in self.join:
            h = block(h, condition, training=training)
        both = [ops.one_hot(x[name], VOCABULARY) for name in ("tokens", "sounding")]
        known = ops.einsum("btlv,lvw->btlw", ops.concatenate(both, axis=-1), self.token_table)
        known = ops.reshape(known, (-1, beats, self.cells * c.token_width))
        kernel = ops.reshape(self.within * self.earlier, (self.cells * c.token_width, self.cells * c.cell_width))
        cells = self.to_cells(self.norm(h, condition)) + ops.matmul(known, kernel)
        cells = ops.reshape(cells, (-1, steps, c.lanes, c.cell_width))
        cells = self.cell_norm(cells + self.mix(ops.gelu(cells)))
        logits = ops.einsum("btlw,lwv->btlv", cells, self.logit_table) + self.logit_bias
        logits += ops.matmul(self.intervals(cells, x["references"], x["motion"]), self.spread)
        return logits + self.melodic(x["references"]) + self.bans

    def melodic(self, references: Tensor) -> Tensor:
        """What the leap from the lane's own last pitch adds to every token [batch, steps, lanes, 131].

        Classes of intervals cannot tell a step from a ninth; this does, alike for all pitches.
        """
        own = ops.stack([references[:, :, lane, self.config.lanes + lane] for lane in range(self.config.lanes)], axis=2)
        table = ops.pad(ops.take(self.leaps, self.leap_of, axis=1), ((0, 0), (0, 0), (0, VOCABULARY - REST)))
        return ops.einsum("btlr,lrp->btlp", ops.one_hot(own, VOCABULARY)[..., :REST], table)


def heard(tokens: NDArray[np.int16]) -> dict[str, NDArray[np.int32]]:
    """What the decoder hears before each cell of [batch, steps, lanes], and the tokens themselves.

    "references" [batch, steps, lanes, 2 * lanes] are what sounds now in the lanes above (MASK for the others), and what
    sounded in every lane just before; "motion" is that of context.py for the first half, where the interval before
    and whether the other lane moves are known, and 12 (unknown) elsewhere.
    """
    batch, _, lanes = tokens.shape
    sounds = sounding(tokens)
    before = np.concatenate([np.full((batch, 1, lanes), MASK, np.int16), sounds[:, :-1]], axis=1)
    above = np.tri(lanes, k=-1, dtype=bool)  # [lane, other lane]
    now = np.where(above, sounds[:, :, None, :], MASK)
    then = np.broadcast_to(before[:, :, None, :], now.shape)
    motion = np.where(above, interval_motion(before[..., None], before[:, :, None, :], now), 12)
    return {
        "tokens": tokens.astype(np.int32),
        "sounding": sounds.astype(np.int32),
        "references": np.concatenate([now, then], axis=-1).astype(np.int32),
        "motion": np.concatenate([motion, np.full_like(motion, 12)], axis=-1).astype(np.int32),
    }
