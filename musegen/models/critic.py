"""The critic: it hears which notes of a piece a generator made, and so which ones are worth making anew.

The generator is frozen. Some cells of real music are replaced by what it draws, by the very sampling that makes its
music, and the critic is trained to tell which (as in ELECTRA, Clark et al., 2020, and Token-Critic, Lezama et al.,
2022). A second head tells whole windows: real, or wholly made.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.errors import TrainingError
from musegen.lanes import MASK, REST, sounding
from musegen.models.averages import Averaged, Averages
from musegen.models.base import Batch, MaskedModel, SequenceModel
from musegen.models.critic_network import CriticConfig, CriticNetwork, critic_inputs
from musegen.models.examples import CONDITIONS, Arrays, at_home, hide_conditions, inputs
from musegen.models.layers import Tensor
from musegen.models.masks import draw_mask
from musegen.models.sampling import GUIDANCE, compose

__all__ = ["Critic", "CriticConfig", "Fakes", "make_fakes"]

POOL = (*CONDITIONS, "tokens", "valid", "made", "whole")
_LONGEST, _HOP = 160, 64  # steps that are heard at once, and between windows of longer pieces
_DENSITIES = 0.0, 0.6  # a critic that hears nothing but too few notes would be of little help
_PASSES, _ODDS = (1, 2, 4, 8), (0.4, 0.3, 0.2, 0.1)
Fakes = Arrays
"""A batch of windows, some of them made: the names of ``POOL``. "made" [batch, steps, lanes] is 1 where the music is
not the real one; "whole" [batch] is 1 for a real window, 0 for one made wholly (or but for one lane), -1 for others."""


class Critic(Averaged):
    """The model that the loop trains and ``refine`` asks; see ``Model`` in base.py for the verbs.

    Attributes:
        generator: Whose work it learns to tell; set before training, unless there is a pool.
        pool: Windows made beforehand, see ``Fakes``.
    """

    def __init__(self, config: CriticConfig, seed: int = 0) -> None:
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        self.config = config
        self.generator: MaskedModel | SequenceModel | None = None
        self.pool: Fakes | None = None
        self.network = CriticNetwork(config)
        self.network.build()
        variables = self.network.trainable_variables
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
        self.optimizer.build(variables)
        self.averages = Averages(variables, config.averaging)

        @tf.function(jit_compile=True)
        def step(x: dict[str, Tensor], made: Tensor, weight: Tensor, whole: Tensor) -> dict[str, Tensor]:
            with tf.GradientTape() as tape:
                cells, pieces = self.network(x, training=True)
                cell_loss, piece_loss = verdict_losses(cells, pieces, made, weight, whole)
                loss = cell_loss + config.piece_weight * piece_loss
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            self.averages.update(self.optimizer.iterations)
            return {"cross_entropy": cell_loss, "piece_loss": piece_loss}

        self._step = step
        self._forward = tf.function(lambda x: self.network(x, training=False), reduce_retracing=True)

    # --- training -----------------------------------------------------------------------------

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Binary cross-entropy, in nats: of cells (real or made), and of whole windows.

        Raises:
            TrainingError: There is neither a generator nor a pool.
        """
        rng = np.random.default_rng([int(batch["seed"]), 6])
        fakes = self._fakes(batch, rng)
        x = inputs(fakes, phrases=False)
        hide_conditions(x, rng, self.config.condition_dropout)
        self.averages.use(averaged=False)
        losses = self._step(*self._example(fakes, x))
        return {name: float(value) for name, value in losses.items()}

    def validation_step(self, batch: Batch) -> dict[str, float]:
        """The losses of the averaged weights, and how well made is told from real: "cell_auc", "piece_auc", 0.5-1.

        Where there is a generator it works on the batch anew: a pool was made of music that may have been trained on.
        """
        fakes = self._fakes(batch, np.random.default_rng([int(batch["seed"]), 7]), pooled=self.generator is None)
        self.averages.use(averaged=True)
        x, made, weight, whole = self._example(fakes, inputs(fakes, phrases=False))
        cells, pieces = (np.asarray(logits) for logits in self._forward(x))
        cell_loss, piece_loss = verdict_losses(cells, pieces, made, weight, whole)
        losses = {"cross_entropy": float(cell_loss), "piece_loss": float(piece_loss)}
        asked = weight > 0
        losses["cell_auc"] = area_under_curve(cells[asked], made[asked] == 0)
        losses["piece_auc"] = area_under_curve(pieces[whole >= 0], whole[whole >= 0] > 0)
        return losses

    def _fakes(self, batch: Batch, rng: np.random.Generator, *, pooled: bool = True) -> Fakes:
        count = len(batch["tokens"])
        taken = (
            0
            if self.pool is None or not pooled
            else count
            if self.generator is None
            else int(count * self.config.pool_share)
        )
        if taken == 0 and self.generator is None:
            raise TrainingError("A critic learns from a generator, or from a pool of its work; this one has neither.")
        fakes: list[Fakes] = []
        if taken < count and self.generator is not None:
            fresh = {name: array[: count - taken] for name, array in batch.items() if np.ndim(array)}
            fakes.append(make_fakes(self.generator, fresh, rng, self.config))
        if taken and self.pool is not None:
            rows = rng.choice(len(self.pool["tokens"]), taken)
            fakes.append({name: self.pool[name][rows] for name in POOL})
        return {name: np.concatenate([part[name] for part in fakes]) for name in POOL}

    def _example(self, fakes: Fakes, x: Arrays) -> tuple[Arrays, NDArray[Any], NDArray[Any], NDArray[Any]]:
        tokens, _ = at_home(fakes["tokens"], x["key"], self.config.home_key)
        x = critic_inputs(_silenced(tokens, x["present"]), {**x, "valid": fakes["valid"].astype(np.int32)})
        weight = fakes["present"][:, None, :].astype(bool) & fakes["valid"].astype(bool)[..., None]
        return x, fakes["made"].astype(np.float32), weight.astype(np.float32), fakes["whole"].astype(np.float32)

    # --- judging ------------------------------------------------------------------------------

    def realism(self, tokens: NDArray[np.int16], conditions: Batch) -> NDArray[np.float32]:
        """How real every cell is: [batch, steps, lanes] logits, above 0 = rather real than made.

        Args:
            tokens: [batch, steps, lanes] without MASK in present lanes; steps is a multiple of the steps of a beat.
            conditions: As ``Windows`` makes them; "valid" tells padding from music, if there is any.
        """
        return self.judge(tokens, conditions)[0]

    def piece_score(self, tokens: NDArray[np.int16], conditions: Batch) -> NDArray[np.float32]:
        """How real whole pieces are: [batch] logits, means over the windows of a long piece; see ``realism``."""
        return self.judge(tokens, conditions)[1]

    def judge(self, tokens: NDArray[np.int16], conditions: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(``realism``, ``piece_score``) of one hearing."""
        self.averages.use(averaged=True)
        steps = tokens.shape[1]
        named = {**inputs(conditions, phrases=False)}
        named["valid"] = np.asarray(conditions.get("valid", np.ones(tokens.shape[:2])), np.int32)
        moved, _ = at_home(tokens, named["key"], self.config.home_key)
        x = critic_inputs(_silenced(moved, named["present"]), named)
        if steps <= _LONGEST:
            begins, length = [0], steps
        else:
            begins, length = [*range(0, steps - 2 * _HOP, _HOP), steps - 2 * _HOP], 2 * _HOP
        total, heard, pieces = np.zeros(tokens.shape, np.float32), np.zeros((1, steps, 1), np.float32), []
        for begin in begins:
            part = slice(begin, begin + length)
            window = {k: v[:, part] if v.ndim > 1 and k != "present" else v for k, v in x.items()}
            cells, piece = (np.asarray(logits) for logits in self._forward(window))
            total[:, part] += cells
            heard[:, part] += 1
            pieces.append(piece)
        return total / heard, np.mean(pieces, axis=0)

    # --- state --------------------------------------------------------------------------------

    def _everything(self) -> dict[str, Any]:
        named = {f"network/{v.path}": v for v in self.network.variables}
        named |= self.averages.named()
        return named | {f"optimizer/{i:03d}": v for i, v in enumerate(self.optimizer.variables)}


def verdict_losses(cells: Tensor, pieces: Tensor, made: Tensor, weight: Tensor, whole: Tensor) -> tuple[Tensor, Tensor]:
    """Binary cross-entropies in nats of cells (by ``weight``) and of windows (those whose ``whole`` is not -1)."""
    of_cells = ops.softplus(cells) - (1.0 - made) * cells
    judged = ops.cast(whole >= 0, "float32")
    of_pieces = ops.softplus(pieces) - whole * pieces
    cell_loss = ops.sum(of_cells * weight) / ops.maximum(ops.sum(weight), 1.0)
    return cell_loss, ops.sum(of_pieces * judged) / ops.maximum(ops.sum(judged), 1.0)


def area_under_curve(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """How often a positive scores above a negative, ties counting half; 0.5 where either is missing."""
    high, low = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(high) or not len(low):
        return 0.5
    below = np.searchsorted(low, high, "left").sum() + np.searchsorted(low, high, "right").sum()
    return float(below / (2 * len(high) * len(low)))


def make_fakes(
    generator: MaskedModel | SequenceModel,
    batch: Batch,
    rng: np.random.Generator,
    config: CriticConfig,
    passes: int | None = None,
) -> Fakes:
    """Windows in which a generator made some notes anew, by its own sampling.

    Many of them, put together name by name and written as an .npz file, are a pool.

    A cell counts as made where its token, or the note that sounds through it, is not the real one.

    Args:
        generator: Frozen.
        batch: Real windows, see ``Windows``; "seed" is not needed.
        rng: All chance comes from it.
        config: Shares of the kinds of rows.
        passes: Of the sampling; None = 1-8, drawn.
    """
    real = batch["tokens"].astype(np.int16)
    count, steps, _ = real.shape
    known = batch["present"][:, None, :] & batch["valid"][..., None]
    asked, again = np.zeros(real.shape, bool), np.zeros(real.shape, bool)
    whole = np.full(count, -1, np.int64)
    for i in range(count):
        kind = rng.random()
        there = np.flatnonzero(batch["present"][i])
        if kind < config.real_share:
            whole[i] = 1
        elif kind < config.real_share + config.whole_share:
            asked[i][:, there] = True
            if len(there) > 1 and rng.random() < 0.5:
                # All lanes but one are made once more, to go with that one. To go with a lane of the real music a
                # generator that learnt this very piece would write it down from memory: that is not what it makes of
                # a melody that it has not met.
                again[i][:, there[there != (0 if rng.random() < 0.7 else rng.choice(there))]] = True
            whole[i] = 0
        else:
            asked[i][:, there] = draw_mask(rng, steps, len(there), config.steps_per_beat)
    conditions = {name: batch[name] for name in (*CONDITIONS, "to_phrase_end") if name in batch}
    absent = ~np.broadcast_to(batch["present"][:, None, :].astype(bool), real.shape)
    how = _sampling(rng, passes)
    context = np.where(asked | absent, MASK, real).astype(np.int16)
    tokens = compose(generator, context, conditions, seed=int(rng.integers(2**31)), **how)
    if (rows := np.flatnonzero(again.any(axis=(1, 2)))).size:
        context = np.where(again | absent, MASK, tokens).astype(np.int16)[rows]
        theirs = {name: value[rows] for name, value in conditions.items()}
        tokens[rows] = compose(generator, context, theirs, seed=int(rng.integers(2**31)), **how)
    tokens = np.where(known, tokens, real).astype(np.int16)
    made = known & ((tokens != real) | (sounding(tokens) != sounding(real)))
    return {
        **{name: np.asarray(batch[name]) for name in (*CONDITIONS, "valid")},
        "tokens": tokens,
        "made": made,
        "whole": whole,
    }


def _sampling(rng: np.random.Generator, passes: int | None) -> dict[str, Any]:
    """How a batch is sampled, drawn: about as the studio does."""
    return {
        "temperature": float(rng.uniform(0.75, 1.1)),
        "passes": passes or int(rng.choice(_PASSES, p=_ODDS)),
        "strictness": float(rng.choice([0.0, 4.0, 4.0])),
        "density": float(rng.uniform(*_DENSITIES)),
        "guidance": float(rng.choice([0.0, GUIDANCE])),
    }


def _silenced(tokens: NDArray[np.int16], present: NDArray[Any]) -> NDArray[np.int16]:
    """Absent lanes at rest."""
    return np.where(np.asarray(present, bool)[:, None, :], tokens, REST).astype(np.int16)
