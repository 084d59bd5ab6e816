"""The composer: a masked generator over lanes. Every verb is a mask, one network answers them all.

Stage "likelihood" learns by cross-entropy on the masked cells, as masked language models and Coconet do (Huang et al.,
2017, eq. 2). What a context leaves open is told by z, as in a variational autoencoder (Kingma & Welling, 2014): in
training q(z | music) tells a little of the answer, and pays for it; music is made with z from the prior. Stage
"adversarial" adds the verdict of an adversary (adversary.py) on one-pass completions.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.errors import CheckpointError
from musegen.lanes import MASK, VOCABULARY
from musegen.models.adversary import Discriminator, adversarial_losses, relaxed_sample
from musegen.models.averages import Averaged, Averages
from musegen.models.base import Batch
from musegen.models.composer_network import ComposerConfig, ComposerNetwork
from musegen.models.context import with_references
from musegen.models.examples import at_home, inputs, music_inputs, training_example
from musegen.models.home_key import transpose_logits
from musegen.models.layers import Tensor

__all__ = ["Composer", "ComposerConfig"]


def masked_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean negative log likelihood, in nats a cell, of ``target`` [b, t, l] where ``weight`` is not 0."""
    chosen = ops.sum(ops.one_hot(target, VOCABULARY) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * weight) / ops.maximum(ops.sum(weight), 1.0)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of every number, in nats (Kingma & Welling, 2014, appendix B)."""
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance)


def likelihood_loss(
    network: ComposerNetwork, x: dict[str, Tensor], target: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """The loss in nats a cell, the logits, and what to report.

    What z tells beyond the free bits is spread over the cells, so that with a KL weight of 1 and no free bits the loss
    bounds the negative log likelihood of the hidden cells.
    """
    c = network.config
    if not c.latent:
        logits = network(x, training=True)
        loss = masked_cross_entropy(logits, target, weight)
        return loss, logits, {"cross_entropy": loss}
    mean, log_variance = network.encode(x)
    known = x["z_known"][:, None]
    drawn = mean + ops.exp(0.5 * log_variance) * x["z_noise"]
    logits = network({**x, "z": known * drawn + (1.0 - known) * x["z"]}, training=True)
    cross_entropy = masked_cross_entropy(logits, target, weight)
    rows = ops.sum(known)
    told = ops.sum(divergence(mean, log_variance) * known, axis=0) / ops.maximum(rows, 1.0)
    paid = ops.sum(ops.maximum(told, c.free_bits)) * rows / ops.maximum(ops.sum(weight), 1.0)
    return cross_entropy + c.kl_weight * paid, logits, {"cross_entropy": cross_entropy, "kl": ops.sum(told)}


class Composer(Averaged):
    """The model that the loop trains and the studio asks. See ``Model`` in base.py for the verbs."""

    def __init__(self, config: ComposerConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config, self._seed = config, seed
        self.network = ComposerNetwork(config)
        self.network.build()
        self.optimizer = keras.optimizers.AdamW(
            _schedule(config, config.learning_rate), weight_decay=config.weight_decay, beta_2=0.99, global_clipnorm=1.0
        )
        self.optimizer.build(self.network.trainable_variables)
        self.averages = Averages(self.network.trainable_variables, config.averaging)
        self._adversary: tuple[Discriminator, Any] | None = None
        self._step: Any = None
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)
        self._posterior = tf.function(lambda x: self.network.encode(x), reduce_retracing=True)

    def _compile(self) -> None:
        """Builds what only training needs: the step, and the adversary where there is one."""
        import tensorflow as tf

        c, network, optimizer = self.config, self.network, self.optimizer
        if c.stage == "adversarial" and c.adversarial_weight and self._adversary is None:
            keras.utils.set_random_seed(self._seed + 1)
            judge = Discriminator(c)
            judge.build()
            d_optimizer = keras.optimizers.Adam(_schedule(c, c.adversary_rate), beta_1=0.0, beta_2=0.99)
            d_optimizer.build(judge.trainable_variables)
            self._adversary = (judge, d_optimizer)
        adversary = self._adversary

        @tf.function(jit_compile=True)
        def step(x: dict[str, Tensor], target: Tensor, weight: Tensor, seed: Tensor) -> dict[str, Tensor]:
            done = tf.cast(optimizer.iterations, tf.float32)
            with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
                loss, logits, parts = likelihood_loss(network, x, target, weight)
                if adversary:
                    uniform = tf.random.stateless_uniform(tf.shape(logits), seed, 1e-7, 1.0 - 1e-7)
                    rows = max(1, round(c.penalty_share * logits.shape[0]))
                    noise = tf.random.stateless_normal((rows, *logits.shape[1:]), seed + 1)
                    pair = completions(logits, target, weight, x["present"], -tf.math.log(-tf.math.log(uniform)), c)
                    d_loss, g_loss, more = adversarial_losses(adversary[0], *pair, weight, x, noise)
                    loss += c.adversarial_weight * tf.minimum(done / max(c.ramp, 1), 1.0) * g_loss
                    parts |= more
            variables = network.trainable_variables
            optimizer.apply(g_tape.gradient(loss, variables), variables)
            if adversary:
                judged = adversary[0].trainable_variables
                adversary[1].apply(d_tape.gradient(d_loss, judged), judged)
            self.averages.update(optimizer.iterations)
            return parts

        self._step = step

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Cross-entropy of masked cells, in nats a cell, and what else the stage has: see ``likelihood_loss``."""
        x, target, weight = training_example(batch, self.config)
        self.averages.use(averaged=False)
        if self._step is None:
            self._compile()
        seed = np.array([int(batch["seed"]) % 2**31, 4], np.int32)
        return {name: float(value) for name, value in self._step(x, target, weight, seed).items()}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """Cross-entropy of whole tasks by the averaged weights: all lanes hidden, all but the first, half the beats.

        z is 0, the mean of the prior. "all_with_z" is the first task with z from the music itself, and "kl" what that z
        tells, in nats a window: the two say whether z matters.
        """
        self.averages.use(averaged=True)
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
                context = np.where(mask | ~batch["present"][:, None, :], MASK, batch["tokens"])
                losses[task] = _nats(self.logits(context, batch), batch["tokens"], mask)
                if task == "all" and self.config.latent:
                    mean, log_variance = self._encode(batch["tokens"], batch)
                    told = _nats(self.logits(context, {**batch, "z": mean}), batch["tokens"], mask)
        losses["cross_entropy"] = float(np.mean(list(losses.values())))
        if self.config.latent:
            losses["all_with_z"] = told
            losses["kl"] = float(np.asarray(divergence(mean, log_variance)).sum(axis=-1).mean())
        return losses

    # --- making music -------------------------------------------------------------------------

    def logits(self, context: NDArray[Any], conditions: Batch) -> NDArray[np.float32]:
        """Unnormalised log probabilities [batch, steps, lanes, 131] of every cell, given a context with MASK.

        Conditions may hold "z" [batch, latent]; without it z is 0, the mean of the prior.
        """
        self.averages.use(averaged=True)
        x = inputs(conditions, self.config.phrases)
        if self.config.latent:
            z = conditions.get("z", np.zeros((len(context), self.config.latent)))
            x["z"] = np.asarray(z, np.float32)
        context, shift = at_home(context, x["key"], self.config.home_key)
        logits = np.asarray(self._forward(with_references(context, x)))
        return transpose_logits(logits, -shift) if np.any(shift) else logits

    def encode(self, tokens: NDArray[Any], conditions: Batch) -> NDArray[np.float32]:
        """The z [batch, latent] that says most about given music: the mean of q(z | music).

        Near z the music is varied; between the z of two pieces it is blended. Absent lanes and padding don't count.

        Args:
            tokens: [batch, steps, lanes] without MASK in present lanes.
            conditions: As for ``logits``; "valid" [batch, steps] tells padding from music, if there is any.

        Raises:
            CheckpointError: This composer has no z.
        """
        return self._encode(tokens, conditions)[0]

    def _encode(self, tokens: NDArray[Any], conditions: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if not self.config.latent:
            raise CheckpointError("This composer has no z: it was trained with latent = 0.")
        self.averages.use(averaged=True)
        x = inputs(conditions, self.config.phrases)
        tokens, _ = at_home(tokens, x["key"], self.config.home_key)
        valid = np.asarray(conditions.get("valid", np.ones(tokens.shape[:2], bool)))
        mean, log_variance = self._posterior({**x, **music_inputs(tokens, x["present"], valid)})
        return np.asarray(mean), np.asarray(log_variance)

    def _everything(self) -> dict[str, Any]:
        named = {f"network/{v.path}": v for v in self.network.variables}
        named |= self.averages.named()
        named |= {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}
        if self.config.stage == "adversarial" and self._step is None:
            self._compile()
        if self._adversary:
            judge, d_optimizer = self._adversary
            named |= {f"adversary/{v.path}": v for v in judge.variables}
            named |= {f"d_optimizer/{i:03d}": v for i, v in enumerate(d_optimizer.variables)}
        return named


def _schedule(config: ComposerConfig, rate: float) -> Any:
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(config.steps - config.warmup, 1), 0.05, warmup_target=rate, warmup_steps=config.warmup
    )


def completions(
    logits: Tensor, target: Tensor, weight: Tensor, present: Tensor, gumbel: Tensor, config: ComposerConfig
) -> tuple[Tensor, Tensor]:
    """The real and the made completion of one mask, as one-hot rows [batch, steps, lanes, 131]; absent lanes are 0."""
    real = ops.one_hot(target, VOCABULARY, dtype="float32") * ops.cast(present, "float32")[:, None, :, None]
    drawn = relaxed_sample(logits, gumbel, kind=config.relaxation, softness=config.softness)
    return real, ops.where(weight[..., None] > 0, drawn, real)


def _nats(logits: NDArray[np.float32], target: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    chosen = logits[mask].astype(np.float64)
    chosen -= chosen.max(axis=-1, keepdims=True)
    logs = chosen - np.log(np.exp(chosen).sum(axis=-1, keepdims=True))
    return float(-logs[np.arange(len(logs)), target[mask]].mean())
