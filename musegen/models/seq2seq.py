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
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.lanes import MASK, VOCABULARY
from musegen.models.averages import Averaged, Averages
from musegen.models.base import Batch, Select
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.layers import Tensor
from musegen.models.seq2seq_examples import inputs, training_example
from musegen.models.seq2seq_network import Seq2SeqConfig, Seq2SeqNetwork

__all__ = ["Seq2Seq", "Seq2SeqConfig"]


class Seq2Seq(Averaged):
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
        self.averages = Averages(self.network.trainable_variables, config.averaging)

        @tf.function(jit_compile=True)
        def step(x: dict[str, Tensor], weight: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                loss = mean_nats(self.network(x, training=True), x["tokens"], weight)
            variables = self.network.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            self.averages.update(self.optimizer.iterations)
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
        self.averages.use(averaged=False)
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
        self.averages.use(averaged=True)
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
        density: float = 0.0,
        no_rest: int = 0,
        select: Select | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.int16]:
        """Fills every MASK of a context from left to right; see ``sampling.compose`` for the arguments."""
        from musegen.models.play import Player

        self.averages.use(averaged=True)
        player = Player(self.network, self._encode, context, conditions)
        return player.play(
            seed=seed,
            temperature=temperature,
            ranges=ranges,
            strictness=strictness,
            density=density,
            no_rest=no_rest,
            select=select,
            progress=progress,
        )

    def _everything(self) -> dict[str, Any]:
        named = {f"network/{v.path}": v for v in self.network.trainable_variables}
        # Drop-out's states are named after how many the process has built: here they go by their order.
        named |= {f"chance/{i:03d}": v for i, v in enumerate(self.network.non_trainable_variables)}
        named |= self.averages.named()
        return named | {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}


def mean_nats(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean negative log likelihood, in nats a cell, of ``target`` [b, t, l] where ``weight`` is not 0."""
    chosen = ops.sum(ops.one_hot(target, VOCABULARY) * ops.log_softmax(logits, axis=-1), axis=-1)
    return -ops.sum(chosen * weight) / ops.maximum(ops.sum(weight), 1.0)
