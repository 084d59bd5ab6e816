"""A variational autoencoder of four bars: music as points of a space (Kingma & Welling, 2014; Roberts et al., 2018).

    log p(x) >= E[log p(x | z)] - KL(q(z | x) || p(z)),    q(z | x) = N(mean(x), exp log_variance(x)),    p(z) = N(0, 1)

Everything happens in the key on C. The decoder says cell after cell, step by step, what comes: from z, from what was
said in this beat, and from the ``memory`` beats before, but no further back. What goes beyond that can only be known
from z, and so z is used (Chen et al., 2017, "Variational Lossy Autoencoder"). Free bits (Kingma et al., 2016, eq. 15)
keep it so from the beginning. The likelihood of a window is exact given z: no cell sees itself or what is after it.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import HOLD, REST, VOCABULARY
from musegen.models.averages import Averaged, Averages
from musegen.models.base import Batch
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.layers import Tensor
from musegen.models.sampling import Conditions
from musegen.models.seen import SeenConditions
from musegen.models.vae_network import Decoder, Encoder, Inputs, VAEConfig, heard

_BAR = 16
_BY_STEP = ("position", "bar_length")


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp log_variance) || N(0, 1)) of every dimension, in nats (Kingma & Welling, 2014, appendix B)."""
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0)


def free_bits(kl: Tensor, free_nats: float) -> Tensor:
    """What ``kl`` [batch, latent] costs: the sum over dimensions of max(free_nats, batch mean) (Kingma, eq. 15)."""
    return ops.sum(ops.maximum(ops.mean(kl, axis=0), free_nats))


class VAE(Averaged):
    """The model; see ``Model`` and ``LatentModel`` in base.py for the verbs."""

    def __init__(self, config: VAEConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config = config
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.encoder.build()
        self.decoder.build()
        variables = self.encoder.trainable_variables + self.decoder.trainable_variables
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            max(config.schedule - config.warmup, 1),
            0.05,
            warmup_target=config.learning_rate,
            warmup_steps=config.warmup,
        )
        self.optimizer = keras.optimizers.AdamW(
            rate, weight_decay=config.weight_decay, beta_2=0.99, global_clipnorm=1.0
        )
        self.optimizer.build(variables)
        self.averages = Averages(variables, config.averaging)
        self.seen = SeenConditions(config.styles)

        @tf.function
        def step(x: Inputs, noise: Tensor) -> dict[str, Tensor]:
            done = ops.cast(self.optimizer.iterations, "float32")
            with tf.GradientTape() as tape:
                nats, kl = self._bound(x, noise, training=True)
                cells = ops.maximum(ops.sum(x["weight"]), 1.0)
                weight = ops.minimum(1.0, (done + 1.0) / max(config.kl_warmup, 1))
                cost = ops.sum(nats) + weight * free_bits(kl, config.free_nats) * ops.shape(kl)[0]
                loss = cost / cells
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            self.averages.update(self.optimizer.iterations)
            return _summary(nats, kl, cells)

        self._step = step
        self._test = tf.function(
            lambda x, noise: _summary(*self._bound(x, noise, training=False), ops.sum(x["weight"])),
            reduce_retracing=True,
        )
        self._encode = tf.function(lambda x: self.encoder(x, training=False), reduce_retracing=True)
        self._plan = tf.function(lambda x, z: self.decoder.plan(x, z, training=False), reduce_retracing=True)
        self._cells = tf.function(lambda x, plan: self.decoder(x, plan, training=False))

    def _bound(self, x: Inputs, noise: Tensor, *, training: bool) -> tuple[Tensor, Tensor]:
        """Nats of each window given z [batch], and the KL divergence [batch, latent]."""
        mean, log_variance = self.encoder(x, training=training)
        z = mean + ops.exp(0.5 * log_variance) * noise
        logits = self.decoder(x, self.decoder.plan(x, z, training=training), training=training)
        chosen = ops.sum(ops.one_hot(x["tokens"], VOCABULARY) * ops.log_softmax(logits, axis=-1), axis=-1)
        return -ops.sum(chosen * x["weight"], axis=(1, 2)), kl_to_standard_normal(mean, log_variance)

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """See ``validation_step``; the KL divergence is weighted (warm-up, free bits) in what is minimised only."""
        self.averages.use(averaged=False)
        losses = {k: float(v) for k, v in self._step(self._inputs(batch), self._noise(batch)).items()}
        self.seen.update(batch, int(self.optimizer.iterations.numpy()))
        return losses

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """The evidence lower bound with one draw of z a window, by the averaged weights.

        "reconstruction" and "kl" are nats a window, "cross_entropy" their sum in nats a cell: an upper bound of the
        token nats that the other models report.
        """
        self.averages.use(averaged=True)
        return {k: float(v) for k, v in self._test(self._inputs(batch), self._noise(batch)).items()}

    def _noise(self, batch: Batch) -> NDArray[np.float32]:
        rng = np.random.default_rng([int(batch["seed"]), 4])
        return rng.standard_normal((len(batch["tokens"]), self.config.latent)).astype(np.float32)

    def _inputs(self, batch: Batch) -> Inputs:
        """The first ``steps`` steps of a batch of windows, in the key on C."""
        steps = self.config.steps
        tokens = transpose_tokens(batch["tokens"][:, :steps].astype(np.int16), shift_home(batch["key"]))
        known = batch["valid"][:, :steps, None] & batch["present"][:, None, :]
        return {**self._given(batch), **heard(tokens), "weight": known.astype(np.float32)}

    def _given(self, conditions: Batch) -> Inputs:
        whole = {name: np.asarray(conditions[name], np.int32) for name in ("style", "key", "present")}
        return whole | {n: np.asarray(conditions[n][:, : self.config.steps], np.int32) for n in _BY_STEP}

    # --- making music -------------------------------------------------------------------------

    def encode(self, tokens: NDArray[np.int16], conditions: Batch) -> NDArray[np.float32]:
        """The mean of q(z | x), [n, latent], of windows [n, steps, lanes] under their conditions (see ``Windows``)."""
        self.averages.use(averaged=True)
        home = transpose_tokens(tokens[:, : self.config.steps].astype(np.int16), shift_home(conditions["key"]))
        return np.asarray(self._encode({**self._given(conditions), **heard(home)})[0])

    def sample(
        self, n: int, *, seed: int, style: int | None = None, temperature: float | None = None
    ) -> NDArray[np.int16]:
        """``n`` new pieces of 4/4 as tokens [n, steps, lanes]; the same seed gives the same notes.

        Args:
            n: How many.
            seed: Of z, of style and key (drawn as they were met in training), and of every note.
            style: Index of the style that is wanted; None = any.
            temperature: Of the draws of notes; None = that of the config.
        """
        rng = np.random.default_rng(seed)
        conditions = self.seen.draw(n, rng, bars=self.config.steps // _BAR, style=style)
        z = rng.standard_normal((n, self.config.latent)).astype(np.float32)
        return self.decode(z, conditions, rng=rng, temperature=temperature or self.config.temperature)

    def decode(
        self,
        z: NDArray[np.float32],
        conditions: Conditions | None = None,
        *,
        rng: np.random.Generator | None = None,
        temperature: float = 1.0,
    ) -> NDArray[np.int16]:
        """Tokens [n, steps, lanes] of latent points [n, latent].

        Args:
            z: Points.
            conditions: As ``Windows`` makes them; None = 4/4 in the style and key that were met most.
            rng: Draws every cell from its distribution; None = the likeliest token, cell after cell.
            temperature: Of the draws.
        """
        c = self.config
        self.averages.use(averaged=True)
        conditions = conditions or self.seen.likeliest(len(z), bars=c.steps // _BAR)
        x = self._given(conditions)
        plan = np.asarray(self._plan(x, z))
        present = np.asarray(conditions["present"], bool)
        tokens = np.full((len(z), c.steps, c.lanes), REST, np.int16)
        beats = c.steps // c.steps_per_beat
        span = min(c.memory + 1, beats)  # beats that are looked at: as many each time, so that one graph serves
        for step in range(c.steps):
            first = min(max(step // c.steps_per_beat - c.memory, 0), beats - span)
            part = slice(first * c.steps_per_beat, (first + span) * c.steps_per_beat)
            for lane in range(c.lanes):
                past = {k: v[:, part] for k, v in heard(tokens).items()}
                now = {k: v[:, part] if k in _BY_STEP else v for k, v in x.items()} | past
                logits = np.array(self._cells(now, plan[:, first : first + span])[:, step - part.start, lane])
                if step == 0:
                    logits[:, HOLD] = -1e9
                if rng is not None:
                    # The largest of log p - log(exponential) is a draw from p (the Gumbel-max trick).
                    chance = rng.standard_exponential(logits.shape, dtype=np.float32)
                    logits = logits / temperature - np.log(np.maximum(chance, 1e-30))
                tokens[:, step, lane] = np.where(present[:, lane], logits.argmax(axis=-1), REST)
        return transpose_tokens(tokens, -shift_home(conditions["key"]))

    # --- state --------------------------------------------------------------------------------

    def _named(self) -> dict[str, Any]:
        return {v.path: v for v in self.averages.variables} | {"seen": self.seen.shares}

    def _everything(self) -> dict[str, Any]:
        named = {f"network/{v.path}": v for n in (self.encoder, self.decoder) for v in n.variables}
        named |= self.averages.named() | {"seen": self.seen.shares}
        return named | {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}


def _summary(nats: Tensor, kl: Tensor, cells: Tensor) -> dict[str, Tensor]:
    windows = ops.cast(ops.shape(nats)[0], "float32")
    total, divergence = ops.sum(nats), ops.sum(kl)
    return {
        "cross_entropy": (total + divergence) / cells,
        "reconstruction": total / windows,
        "kl": divergence / windows,
    }
