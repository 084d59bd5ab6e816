"""What the sequence model is shown: music in the home key with its history; windows with masks drawn to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import MASK
from musegen.models.base import Batch
from musegen.models.history import history
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.masks import draw_mask
from musegen.models.seq2seq_network import PHRASE, Seq2SeqConfig
from musegen.models.trunk import EDGE

CONDITIONS = ("style", "key", "present", "position", "bar_length", "from_start", "to_end", "to_phrase_end")


def inputs(tokens: NDArray[np.int16], context: NDArray[np.int16], conditions: Batch) -> dict[str, NDArray[Any]]:
    """What the network is called with: everything moved to the home key, absent lanes MASK.

    "offset" [batch] among the conditions moves the music so many semitones off the home key.
    """
    offset = np.asarray(conditions.get("offset", np.zeros(len(tokens))), np.int64)
    shift = shift_home(conditions["key"]) + offset
    present = np.broadcast_to(conditions["present"][:, None, :].astype(bool), tokens.shape)
    tokens = transpose_tokens(np.where(present, tokens, MASK).astype(np.int16), shift)
    context = transpose_tokens(np.where(present, context, MASK).astype(np.int16), shift)
    x = history(tokens, context, conditions["bar_length"])
    x["offset"] = (offset % 12).astype(np.int32)
    return x | {name: np.asarray(conditions[name], np.int32) for name in CONDITIONS}


def training_example(batch: Batch, config: Seq2SeqConfig) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32]]:
    """A batch of windows -> (inputs, loss weights): masks drawn, conditions dropped; chance from ``batch["seed"]``."""
    rng = np.random.default_rng([int(batch["seed"]), 1])
    tokens, present = batch["tokens"], batch["present"]
    count, steps, _lanes = tokens.shape
    mask = np.zeros(tokens.shape, bool)
    for i in range(count):
        there = np.flatnonzero(present[i])
        if rng.random() < config.whole:
            mask[i][:, there] = True
        else:
            mask[i][:, there] = draw_mask(rng, steps, len(there), config.steps_per_beat)
    known = present[:, None, :] & batch["valid"][..., None]
    weight = (mask & known).astype(np.float32)
    # The key stays known: at sampling there is always one, drawn or found.
    conditions = {name: np.array(batch[name], np.int32) for name in CONDITIONS}
    unknown = {"style": 0, "from_start": EDGE - 1, "to_end": EDGE - 1, "to_phrase_end": PHRASE - 1}
    for name, value in unknown.items():
        often = 0.5 if name == "to_phrase_end" else config.condition_dropout
        conditions[name][rng.random(count) < often] = value
    conditions["offset"] = np.where(rng.random(count) < config.wandering, rng.integers(-6, 6, count), 0)
    x = inputs(tokens, np.where(mask, MASK, tokens).astype(np.int16), conditions)
    beats = (count, steps // config.steps_per_beat, tokens.shape[2])
    forgotten = rng.random(beats) < rng.uniform(0, config.forgetting, (count, 1, 1))
    forgotten = np.repeat(forgotten, config.steps_per_beat, axis=1)
    for name in ("previous", "previous_sounding"):
        x[name] = np.where(forgotten, MASK, x[name]).astype(np.int32)
    return x, weight
