"""A convolutional GAN over the piano roll, the MuseGAN way: the public machine that a composer has to beat.

    critic:    E[D(made)] - E[D(real)] + penalty E[(|grad D(between)| - 1)^2]        generator:    -E[D(made)]

(Wasserstein GAN with gradient penalty: Gulrajani et al., 2017, algorithm 1.) After MuseGAN (Dong et al., 2018) there is
noise that all tracks share and noise of each track, a shared trunk of transposed convolutions over time, and a branch a
track; after its successor (Dong & Yang, 2018, "Convolutional GANs with binary neurons") the critic has a stream a
track, a shared one, one of pitch classes and one of onsets. Every kernel spans all pitches, since all music is moved to
the key on C.

The rolls of MuseGAN are binary, made so by a threshold after the training. Here a track is a voice, which sings one
pitch or none: the generator ends in a softmax over pitches and silence, the critic is shown those shares of each
pitch, and music is read off by the deterministic threshold that fits: the largest share is 1, the others are 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.evaluation.features import features
from musegen.lanes import REST
from musegen.models.averages import Averaged, Averages
from musegen.models.base import Batch
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.layers import Tensor
from musegen.models.piano_roll import roll_of_tokens, tokens_of_pitches
from musegen.models.sampling import Conditions
from musegen.models.seen import SeenConditions
from musegen.models.wgan_network import Critic, Generator, WGANGPConfig

_BAR = 16
_MADE = 128  # windows that are made for a validation


def gradient_penalty(critic: Callable[[Tensor], Tensor], between: Tensor) -> Tensor:
    """E[(|grad D(x)| - 1)^2] at points x [n, ...], with the norm over all of x (Gulrajani et al., 2017, eq. 3)."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(between)
        verdict = critic(between)
    gradient = tape.gradient(verdict, between)
    squares = ops.sum(ops.square(gradient), axis=tuple(range(1, len(between.shape))))
    return ops.mean(ops.square(ops.sqrt(squares + 1e-12) - 1.0))


class WGANGP(Averaged):
    """The model; see ``Model`` and ``LatentModel`` in base.py for the verbs."""

    def __init__(self, config: WGANGPConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        c = self.config = config
        self.generator, self.critic = Generator(config), Critic(config)
        none = np.zeros(1, np.int32)
        roll = self.generator(np.zeros((1, c.latent), np.float32), none, none)
        self.critic(roll[..., : c.pitches], none, none)
        g, d = self.generator.trainable_variables, self.critic.trainable_variables
        self.g_optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=0.5, beta_2=0.9)
        self.d_optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=0.5, beta_2=0.9)
        self.g_optimizer.build(g)
        self.d_optimizer.build(d)
        self.averages = Averages(g, config.averaging)
        self.seen = SeenConditions(config.styles)

        @tf.function(jit_compile=True)
        def critic_step(real: Tensor, style: Tensor, key: Tensor, z: Tensor, mix: Tensor) -> dict[str, Tensor]:
            made = self.generator(z, style, key)[..., : c.pitches]
            between = mix * real + (1.0 - mix) * made
            with tf.GradientTape() as tape:
                real_verdict, made_verdict = self.critic(real, style, key), self.critic(made, style, key)
                gap = ops.mean(real_verdict) - ops.mean(made_verdict)
                penalty = gradient_penalty(lambda x: self.critic(x, style, key), between)
                loss = c.penalty * penalty - gap
            self.d_optimizer.apply(tape.gradient(loss, d), d)
            return {"critic_loss": loss, "critic_gap": gap, "gradient_penalty": penalty}

        @tf.function(jit_compile=True)
        def generator_step(style: Tensor, key: Tensor, z: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                loss = -ops.mean(self.critic(self.generator(z, style, key)[..., : c.pitches], style, key))
            self.g_optimizer.apply(tape.gradient(loss, g), g)
            self.averages.update(self.g_optimizer.iterations)
            return loss

        self._critic_step, self._generator_step = critic_step, generator_step
        self._shares = tf.function(self.generator, reduce_retracing=True)
        self._verdict = tf.function(self.critic, reduce_retracing=True)

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """``critic_steps`` steps of the critic, each on its share of the batch, then one of the generator.

        Returns:
            "critic_gap", the mean verdict on real music less that on made music (an estimate of the Wasserstein
            distance, falling as the two come together); "gradient_penalty"; "critic_loss", the penalty with its
            weight less the gap; "g_loss".
        """
        self.averages.use(averaged=False)
        c = self.config
        rng = np.random.default_rng([int(batch["seed"]), 5])
        roll, style, key = self._real(batch)
        size = -(-len(batch["tokens"]) // c.critic_steps)
        order = np.resize(rng.permutation(len(roll)), (c.critic_steps, size))
        found = []
        for rows in order:
            z, mix = self._noise(rng, size), rng.random((size, 1, 1, 1)).astype(np.float32)
            found.append(self._critic_step(roll[rows], style[rows], key[rows], z, mix))
        rows = order[0]
        g_loss = float(self._generator_step(style[rows], key[rows], self._noise(rng, size)))
        self.seen.update(batch, int(self.g_optimizer.iterations.numpy()))
        losses = {name: float(np.mean([float(f[name]) for f in found])) for name in found[0]}
        return {**losses, "g_loss": g_loss}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """How far made music is from held-out music: as the critic sees it, and as counts of what happens in it.

        "critic_gap" as in training, by the averaged generator. "feature_distance" is the sum of the differences,
        halved, between the mean shares of intervals, note lengths, sonorities, ... (``musegen.evaluation.features``)
        of held-out and of as many made windows: what a run is chosen by, since there is no likelihood.
        """
        self.averages.use(averaged=True)
        rng = np.random.default_rng([int(batch["seed"]), 6])
        roll, style, key = self._real(batch)
        rows = np.resize(np.arange(len(roll)), _MADE)
        shares = np.asarray(self._shares(self._noise(rng, _MADE), style[rows], key[rows]))
        made = shares[..., : self.config.pitches]
        gap = np.mean(self._verdict(roll, style, key)) - np.mean(self._verdict(made, style[rows], key[rows]))
        distance = np.abs(_mean_features(self._sounds(shares)) - _mean_features(self._sounds(_with_silence(roll))))
        return {"critic_gap": float(gap), "feature_distance": float(distance.sum() / 2)}

    def _real(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
        """Rolls, styles and keys of the windows that are whole bars of 4/4; of all windows if there are none."""
        c = self.config
        fit = batch["valid"][:, : c.steps].all(axis=1) & (batch["bar_length"][:, : c.steps] == _BAR).all(axis=1)
        fit = fit if fit.any() else np.ones_like(fit)
        key = np.asarray(batch["key"], np.int32)[fit]
        tokens = transpose_tokens(batch["tokens"][fit, : c.steps].astype(np.int16), shift_home(key))
        return roll_of_tokens(tokens, c.low, c.pitches), np.asarray(batch["style"], np.int32)[fit], key

    def _noise(self, rng: np.random.Generator, n: int) -> NDArray[np.float32]:
        return rng.standard_normal((n, self.config.latent)).astype(np.float32)

    # --- making music -------------------------------------------------------------------------

    def sample(self, n: int, *, seed: int, style: int | None = None) -> NDArray[np.int16]:
        """``n`` new pieces of 4/4 as tokens [n, steps, lanes]; the same seed gives the same notes.

        Args:
            n: How many.
            seed: Of z, and of style and key, which are drawn as they were met in training.
            style: Index of the style that is wanted; None = any.
        """
        rng = np.random.default_rng(seed)
        conditions = self.seen.draw(n, rng, bars=self.config.steps // _BAR, style=style)
        return self.decode(self._noise(rng, n), conditions)

    def decode(self, z: NDArray[np.float32], conditions: Conditions | None = None) -> NDArray[np.int16]:
        """Tokens [n, steps, lanes] of latent points [n, latent].

        Args:
            z: Points.
            conditions: "style" and "key" [n] as ``Windows`` makes them; None = the pair that was met most.
        """
        self.averages.use(averaged=True)
        conditions = conditions or self.seen.likeliest(len(z), bars=self.config.steps // _BAR)
        style, key = (np.asarray(conditions[name], np.int32) for name in ("style", "key"))
        sounds = self._sounds(np.asarray(self._shares(np.asarray(z, np.float32), style, key)))
        return transpose_tokens(tokens_of_pitches(sounds), -shift_home(key))

    def _sounds(self, shares: NDArray[np.float32]) -> NDArray[np.int16]:
        """[n, steps, lanes, pitches + 1] -> the pitch with the largest share, or REST."""
        row = shares.argmax(axis=-1)
        return np.where(row == self.config.pitches, REST, row + self.config.low).astype(np.int16)

    # --- state --------------------------------------------------------------------------------

    def _named(self) -> dict[str, Any]:
        networks = (self.generator, self.critic)
        return {v.path: v for network in networks for v in network.variables} | {"seen": self.seen.shares}

    def _everything(self) -> dict[str, Any]:
        named = self._named() | self.averages.named()
        for label, optimizer in (("g_optimizer", self.g_optimizer), ("d_optimizer", self.d_optimizer)):
            named |= {f"{label}/{i:03d}": v for i, v in enumerate(optimizer.variables)}
        return named


def _with_silence(roll: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([roll, 1.0 - roll.sum(axis=-1, keepdims=True)], axis=-1)


def _mean_features(sounds: NDArray[np.int16]) -> NDArray[np.float64]:
    """Mean over windows [n, steps, lanes] of the shares that ``features`` counts."""
    silent = np.where(sounds == REST, -1, sounds)
    begun = (tokens_of_pitches(sounds) < REST).astype(np.int16)
    return np.asarray(np.mean([features(*window) for window in zip(silent, begun, strict=True)], axis=0))
