"""The textbook GAN (Goodfellow et al., 2014): two dense networks over a small piano roll.

    G(z) = tanh(W h(W_G h(W_Z z + b_Z) + b_G) + b)        D(x) = sigmoid(w h(W_D h(W_X x + b_X) + b_D) + b)

h is LeakyReLU with drop-out. G's loss is the non-saturating one, -log D(G(z)). It is where the lessons begin, and
what collapses on demand; nobody should expect music worth hearing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import HOLD, REST, sounding
from musegen.models.base import Batch, State, assign
from musegen.models.layers import Tensor


@dataclass(frozen=True)
class ClassicGANConfig:
    """Shape and schedule.

    Attributes:
        styles: Kept for the loop; the classic GAN has no conditions.
        steps: Steps of the roll, from the start of a window.
        low: Lowest pitch of the roll.
        pitches: Rows of the roll.
        lanes: Voices that a sample is read into.
        latent: Size of z.
        width: Hidden units.
        dropout: Rate.
        learning_rate: Adam's, for G and D alike.
    """

    model: ClassVar[str] = "classic-gan"
    styles: tuple[str, ...] = ("any",)
    steps: int = 32
    low: int = 36
    pitches: int = 48
    lanes: int = 4
    latent: int = 64
    width: int = 512
    dropout: float = 0.2
    learning_rate: float = 2e-4


def _dense(config: ClassicGANConfig, inputs: int, outputs: int, name: str) -> keras.Model:
    layers: list[Any] = [keras.layers.Input((inputs,))]
    for i in range(2):
        layers += [keras.layers.Dense(config.width, name=f"{name}_hidden_{i}"), keras.layers.LeakyReLU(0.2)]
        layers += [keras.layers.Dropout(config.dropout)]
    return keras.Sequential([*layers, keras.layers.Dense(outputs, name=f"{name}_out")], name=name)


def adversarial_losses(real_logit: Tensor, fake_logit: Tensor) -> tuple[Tensor, Tensor]:
    """(D's loss, G's loss) in nats: binary cross-entropy, and -log D(G(z)) for G (Goodfellow et al., 2014, sec. 3)."""
    d_loss = ops.mean(ops.softplus(-real_logit)) + ops.mean(ops.softplus(fake_logit))
    return d_loss, ops.mean(ops.softplus(-fake_logit))


class ClassicGAN:
    """The model; see ``Model`` in base.py for the verbs."""

    def __init__(self, config: ClassicGANConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config = config
        self.generator = _dense(config, config.latent, config.steps * config.pitches, "generator")
        self.discriminator = _dense(config, config.steps * config.pitches, 1, "discriminator")
        self.g_optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=0.5)
        self.g_optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

        @tf.function
        def step(real: Tensor, z: Tensor) -> dict[str, Tensor]:
            with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
                fake = ops.tanh(self.generator(z, training=True))
                real_logit = self.discriminator(real, training=True)
                fake_logit = self.discriminator(fake, training=True)
                d_loss, g_loss = adversarial_losses(real_logit, fake_logit)
            g, d = self.generator.trainable_variables, self.discriminator.trainable_variables
            self.d_optimizer.apply(d_tape.gradient(d_loss, d), d)
            self.g_optimizer.apply(g_tape.gradient(g_loss, g), g)
            return {
                "d_loss": d_loss, "g_loss": g_loss,
                "d_real": ops.mean(ops.sigmoid(real_logit)), "d_fake": ops.mean(ops.sigmoid(fake_logit)),
            }  # fmt: skip

        self._step = step

    def train_step(self, batch: Batch) -> dict[str, float]:
        """d_loss, g_loss (nats) and D's mean verdict on real and fake (probability of being real)."""
        rng = np.random.default_rng([int(batch["seed"]), 2])
        real = roll_of_tokens(batch["tokens"][:, : self.config.steps], self.config)
        z = rng.standard_normal((len(real), self.config.latent)).astype(np.float32)
        return {name: float(value) for name, value in self._step(real, z).items()}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """D's verdict on held-out music and on new samples, and how far their note densities differ.

        "density_gap" is |mean share of cells that sound, made - real|; there is no likelihood to validate by.
        """
        rng = np.random.default_rng([int(batch["seed"]), 3])
        real = roll_of_tokens(batch["tokens"][:, : self.config.steps], self.config)
        z = rng.standard_normal((len(real), self.config.latent)).astype(np.float32)
        fake = np.tanh(np.asarray(self.generator(z, training=False)))
        verdicts = [np.asarray(ops.sigmoid(self.discriminator(x, training=False))).mean() for x in (real, fake)]
        gap = abs(float((fake > 0).mean() - (real > 0).mean()))
        return {"d_real": float(verdicts[0]), "d_fake": float(verdicts[1]), "density_gap": gap}

    def sample(self, n: int, *, seed: int) -> NDArray[np.int16]:
        """``n`` new pieces as tokens [n, steps, lanes]; the same seed gives the same notes."""
        z = np.random.default_rng(seed).standard_normal((n, self.config.latent)).astype(np.float32)
        return self.decode(z)

    def decode(self, z: NDArray[np.float32]) -> NDArray[np.int16]:
        """Tokens [n, steps, lanes] of latent points [n, latent]."""
        rolls = np.tanh(np.asarray(self.generator(z, training=False)))
        return tokens_of_roll(rolls.reshape(len(z), self.config.steps, self.config.pitches), self.config)

    def _everything(self, *, training: bool) -> dict[str, Any]:
        networks = (self.generator, self.discriminator)
        named = {
            f"{n.name}/{i:02d}": v
            for n in networks
            for i, v in enumerate(n.variables if training else n.trainable_variables)
        }
        if training:
            for label, optimizer in (("g_optimizer", self.g_optimizer), ("d_optimizer", self.d_optimizer)):
                named |= {f"{label}/{i:02d}": v for i, v in enumerate(optimizer.variables)}
        return named

    def weights(self) -> State:
        """Weights of G and D."""
        return {name: v.numpy() for name, v in self._everything(training=False).items()}

    def load_weights(self, weights: State) -> None:
        """See ``Model.load_weights``."""
        assign(self._everything(training=False), weights)

    def state(self) -> State:
        """See ``Model.state``."""
        return {name: v.numpy() for name, v in self._everything(training=True).items()}

    def load_state(self, state: State) -> None:
        """See ``Model.load_state``."""
        assign(self._everything(training=True), state)


def roll_of_tokens(tokens: NDArray[Any], config: ClassicGANConfig) -> NDArray[np.float32]:
    """Tokens [n, steps, lanes] -> flat piano rolls [n, steps * pitches], +1 where a pitch sounds, else -1."""
    pitch = sounding(tokens.astype(np.int16)).astype(np.int64) - config.low
    inside = (pitch >= 0) & (pitch < config.pitches) & (pitch + config.low < REST)
    n, s, lane = np.nonzero(inside)
    roll = np.full((len(tokens), config.steps, config.pitches), -1.0, np.float32)
    roll[n, s, pitch[n, s, lane]] = 1.0
    return roll.reshape(len(tokens), -1)


def tokens_of_roll(rolls: NDArray[np.float32], config: ClassicGANConfig) -> NDArray[np.int16]:
    """Rolls [n, steps, pitches] in -1..1 -> tokens: at each step the strongest pitches above 0, from high to low."""
    tokens = np.full((*rolls.shape[:2], config.lanes), REST, np.int16)
    for n, roll in enumerate(rolls):
        before: list[int] = []
        for s, row in enumerate(roll):
            strongest = [int(p) for p in np.argsort(-row, kind="stable")[: config.lanes] if row[p] > 0]
            now = sorted((p + config.low for p in strongest), reverse=True)
            for lane, pitch in enumerate(now):
                held = lane < len(before) and before[lane] == pitch
                tokens[n, s, lane] = HOLD if held else pitch
            before = now
    return tokens
