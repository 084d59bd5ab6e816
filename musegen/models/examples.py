"""What the composer is told and asked: conditions, music moved to the key on C, and the tasks of its training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import MASK, REST, sounding
from musegen.models.base import Batch
from musegen.models.composer_network import PHRASE, ComposerConfig
from musegen.models.context import with_references
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.masks import draw_mask
from musegen.models.trunk import EDGE

CONDITIONS = ("style", "key", "present", "position", "bar_length", "from_start", "to_end")
_UNKNOWN = {"style": 0, "key": 0, "from_start": EDGE - 1, "to_end": EDGE - 1, "to_phrase_end": PHRASE - 1}
Arrays = dict[str, NDArray[Any]]


def inputs(conditions: Batch, phrases: bool) -> Arrays:
    """The conditions that a network is told of; with ``phrases`` the phrase's end, unknown where nobody says it."""
    x = {name: np.asarray(conditions[name], np.int32) for name in CONDITIONS}
    if phrases:
        unknown = np.full_like(x["position"], PHRASE - 1)
        x["to_phrase_end"] = np.asarray(conditions.get("to_phrase_end", unknown), np.int32)
    return x


def at_home(tokens: NDArray[Any], key: NDArray[Any], wanted: bool) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Tokens moved to the key on C where that is wanted and the key is known, and by how many semitones."""
    shift = shift_home(key) if wanted else np.zeros(len(tokens), np.int64)
    return transpose_tokens(tokens.astype(np.int16), shift), shift


def hide_conditions(x: Arrays, rng: np.random.Generator, rate: float) -> None:
    """Makes each condition unknown in a share of the rows, in place."""
    for name, unknown in _UNKNOWN.items():
        if name in x:
            x[name] = x[name].copy()
            x[name][rng.random(len(x[name])) < rate] = unknown


def music_inputs(tokens: NDArray[np.int16], present: NDArray[Any], valid: NDArray[Any]) -> Arrays:
    """What the posterior hears: the music, MASK in absent lanes."""
    music = np.where(np.asarray(present, bool)[:, None, :], tokens, MASK).astype(np.int16)
    sounds = sounding(music).astype(np.int32)
    return {"music": music.astype(np.int32), "music_sounding": sounds, "valid": valid.astype(np.int32)}


def training_example(batch: Batch, config: ComposerConfig) -> tuple[Arrays, NDArray[Any], NDArray[Any]]:
    """A batch of windows -> (inputs, target tokens, loss weights): masks drawn, conditions dropped, wrong notes set.

    A window whose key is hidden stays where it is. All chance comes from ``batch["seed"]``.
    """
    rng = np.random.default_rng([int(batch["seed"]), 1])
    present, valid = batch["present"], batch["valid"]
    count, steps, lanes = batch["tokens"].shape
    x = inputs(batch, config.phrases)
    hide_conditions(x, rng, config.condition_dropout)
    tokens, _ = at_home(batch["tokens"], x["key"], config.home_key)
    mask = np.zeros(tokens.shape, bool)
    for i in range(count):
        there = np.flatnonzero(present[i])
        mask[i][:, there] = draw_mask(rng, steps, len(there), config.steps_per_beat)
    known = present[:, None, :] & valid[..., None]
    weight = mask & known
    context = np.where(mask | ~present[:, None, :], MASK, tokens)
    for row in np.flatnonzero(rng.random(count) < config.wrong_notes):
        i = int(row)
        wrong = (rng.random((steps, lanes)) < rng.uniform(0.02, 0.2)) & (context[i] < REST) & known[i]
        context[i] = np.where(wrong, np.clip(context[i] + rng.integers(-4, 5, (steps, lanes)), 0, 127), context[i])
        weight[i] |= wrong
    if config.latent:
        x |= music_inputs(tokens, present, valid)
        x["z_noise"], x["z"] = rng.standard_normal((2, count, config.latent), dtype=np.float32)
        x["z"][rng.random(count) < 0.5] = 0.0
        x["z_known"] = np.asarray(rng.random(count) >= config.z_dropout, np.float32)
    return with_references(context, x), tokens.astype(np.int32), weight.astype(np.float32)
