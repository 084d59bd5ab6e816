"""A sequence model played from left to right in NumPy: the same numbers as the network's, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, VOCABULARY
from musegen.models.base import Batch, Select
from musegen.models.causal import (
    AttentionPlay,
    CausalConvolution,
    ConvolutionPlay,
    Floats,
    gelu,
    normalise,
)
from musegen.models.context import bad_leaps, interval_motion, parallel_classes
from musegen.models.history import AGES, BARS_BACK, match_bucket, nearest, over_bass
from musegen.models.home_key import shift_home, transpose_logits, transpose_tokens
from musegen.models.layers import LaneEmbedding
from musegen.models.seq2seq_examples import inputs
from musegen.models.wishes import held_lean, lean_of, log_sum, mixed

Tokens = NDArray[np.int16]
_CLASSES = np.arange(12)
_PITCHES = np.arange(REST)
_CLASS_OF_PITCH = _PITCHES % 12


class Player:
    """Fills the MASK cells of contexts [n, steps, lanes] in time order; see ``Seq2Seq.play``.

    Music in two styles at once (see wishes.py) is played twice side by side, n rows in the one and n in the other: each
    pair of rows draws the same tokens, from the mixture of what the two say.
    """

    def __init__(self, network: Any, encode: Callable[..., Any], context: Tokens, conditions: Batch) -> None:
        self.share = conditions.get("share")
        if self.share is not None:
            context, conditions = _twice(context, conditions)
        c = self.config = network.config
        self.conditions, self.network = conditions, network
        self.present = conditions["present"].astype(bool)
        self.shift = shift_home(conditions["key"])
        lean = lean_of(conditions, context.shape)
        if lean is not None:
            lean = np.stack([np.roll(row, shift, axis=-1) for row, shift in zip(lean, self.shift, strict=True)])
        self.lean = lean
        x = inputs(context, context, conditions)  # nothing of the past is read here, only what is given
        self.given: Tokens = x["context"].astype(np.int16)
        self.given_sounding, self.following = x["context_sounding"], x["references"][..., -1]
        parts = [np.asarray(part) for part in encode(x)]
        self.condition, self.places, self.heard, self.heard_beats = parts
        n, steps, lanes = context.shape
        onsets = np.where(self.given < REST, np.arange(steps)[:, None], steps)
        self.next_onset = np.minimum.accumulate(onsets[:, ::-1], axis=1)[:, ::-1]  # given; steps = none
        self.n, self.steps, self.lanes = n, steps, lanes
        self.tokens = np.full((n, steps, lanes), MASK, np.int16)
        self.sounds = np.full((n, steps, lanes), MASK, np.int16)
        self.runs = np.zeros((n, lanes, len(BARS_BACK)), np.int64)
        self.age = np.zeros((n, lanes), np.int64)
        self.last = np.full((n, lanes), MASK, np.int64)

        def play(layer: Any, longest: int) -> Any:
            kind = ConvolutionPlay if isinstance(layer, CausalConvolution) else AttentionPlay
            return kind(layer, self.condition, longest)

        beats = steps // c.steps_per_beat
        self.entry = [play(layer, steps) for layer in network.entry]
        self.deep = [play(layer, beats) for layer in network.deep]
        self.exit = [play(layer, steps) for layer in network.exit]
        self.embed = _EmbedPlay(network.embed)
        self.age_table = network.age_table.numpy().reshape(lanes, AGES, -1)
        self.to_beats, self.to_steps = _dense(network.to_beats), _dense(network.to_steps)
        self.to_lanes = _dense(network.to_lanes)
        self.exit_scale, self.exit_shift = network.exit_norm.gamma.numpy(), network.exit_norm.beta.numpy()
        told = network.decided_table.numpy().reshape(lanes, 2 * VOCABULARY, lanes, c.lane_width)
        self.told = told * network.earlier.T[:, None, :, None]
        self.over_bass_table = network.over_bass_table.numpy()
        self.lane_kernel, self.lane_bias = network.lane_kernel.numpy(), network.lane_bias.numpy()
        self.logit_table, self.logit_bias = network.logit_table.numpy(), network.logit_bias.numpy()
        self.interval_kernel = network.intervals.kernel.numpy()
        self.interval_motion = network.intervals.motion.numpy()
        self.directed = [(layer.kernel.numpy(), layer.bias.numpy()) for layer in network.directed]
        self.copy_kernel, self.copy_table = network.copy_kernel.numpy(), network.copy_table.numpy()
        self.bans = network.bans

    def play(
        self,
        *,
        seed: int,
        temperature: float,
        ranges: Sequence[tuple[int, int]] | None,
        strictness: float,
        density: float,
        no_rest: int,
        select: Select | None,
        progress: Callable[[float], None] | None,
    ) -> Tokens:
        """The whole music, given cells as they were; see ``sampling.compose`` for the arguments."""
        beat = self.config.steps_per_beat
        limits = self._limits(ranges)
        # The largest of log p - log(exponential) is a draw from p (the Gumbel-max trick).
        shape = (self.steps, self.lanes, VOCABULARY)
        asked = self.n if self.share is None else self.n // 2
        rngs = [np.random.default_rng([seed, row]) for row in range(asked)]
        chance = np.stack([rng.standard_exponential(shape, dtype=np.float32) for rng in rngs], axis=1)
        luck = -np.log(np.maximum(chance, 1e-30))
        if self.share is not None:
            luck = np.concatenate([luck, luck], axis=1)
        upper = self._upper(np.zeros((self.n, self.config.beat_width), np.float32))
        recent: list[Floats] = []
        for step in range(self.steps):
            low = self._entry(step)
            recent.append(low)
            high = low + upper[:, step % beat] + self.heard[:, step]
            for block in self.exit:
                high = block(high)
            self._decide(step, high, limits, luck[step], temperature, strictness, density, step < no_rest)
            if step % beat == beat - 1:
                state = np.concatenate(recent, axis=-1) @ self.to_beats[0] + self.to_beats[1]
                state = state + self.heard_beats[:, step // beat]
                for block in self.deep:
                    state = block(state)
                upper, recent = self._upper(state), []
                if select and (rows := select(self._as_asked()[:asked], step + 1)) is not None:
                    rows = rows if self.share is None else np.concatenate([rows, rows + asked])
                    self._select(rows)
                    upper = upper[rows]
                if progress:
                    progress((step + 1) / self.steps)
        return self._as_asked()[:asked]

    def _as_asked(self) -> Tokens:
        """The tokens so far in the key that was asked for."""
        return transpose_tokens(self.tokens, -self.shift)

    def _select(self, rows: NDArray[np.intp]) -> None:
        """Goes on from these rows' pasts; a row may only take the place of one with the same context."""
        for name in ("tokens", "sounds", "runs", "age", "last"):
            setattr(self, name, getattr(self, name)[rows])
        for block in (*self.entry, *self.deep, *self.exit):
            block.select(rows)

    def _upper(self, state: Floats) -> Floats:
        return (state @ self.to_steps[0] + self.to_steps[1]).reshape(self.n, self.config.steps_per_beat, -1)

    def _limits(self, ranges: Sequence[tuple[int, int]] | None) -> Floats:
        """[n, lanes, 131] in the home key: -1e9 where a token may not stand."""
        limits = np.broadcast_to(self.bans, (self.n, self.lanes, VOCABULARY)).copy()
        outside = np.zeros((self.n, self.lanes, VOCABULARY), np.float32)
        for lane, (lowest, highest) in enumerate(ranges or ()):
            outside[:, lane, :lowest] = -1e9
            outside[:, lane, highest + 1 : REST] = -1e9
        return limits + transpose_logits(outside, self.shift)

    def _entry(self, step: int) -> Floats:
        if step:
            before, sounds = self.tokens[:, step - 1], self.sounds[:, step - 1]
        else:
            before = sounds = np.full((self.n, self.lanes), MASK, np.int16)
        x = self.embed(before, sounds) + self.places[:, step]
        ages = np.minimum(self.age, AGES - 1)
        for lane in range(self.lanes):
            x = x + self.age_table[lane, ages[:, lane]]
        for block in self.entry:
            x = block(x)
        return np.asarray(x, np.float32)

    def _decide(
        self,
        step: int,
        high: Floats,
        limits: Floats,
        luck: Floats,
        temperature: float,
        strictness: float,
        density: float,
        no_rest: bool,
    ) -> None:
        wide = (normalise(high) * self.exit_scale + self.exit_shift) @ self.to_lanes[0] + self.to_lanes[1]
        wide = wide.reshape(self.n, self.lanes, -1)
        before = self.sounds[:, step - 1] if step else np.full((self.n, self.lanes), MASK, np.int16)
        now = self.given_sounding[:, step].copy()
        copies, runs = self._copies(step)
        buckets = match_bucket(runs)
        twice = self._said_twice(step)
        for lane in self.network.order:
            given = self.given[:, step, lane]
            token = given.copy()
            if (free := (given == MASK) & self.present[:, lane]).any():
                logits = self._logits(lane, wide[:, lane], before, now, step, copies[:, lane], buckets[:, lane])
                if self.share is not None:
                    one, two = np.split(logits, 2)
                    both = mixed(one, two, self.share)
                    logits = np.concatenate([both, both])
                scores = logits + limits[:, lane]
                scores[:, HOLD] -= np.where(before[:, lane] < REST, 0.0, 1e9)
                if no_rest:
                    scores[:, REST] -= 1e9
                pitches = scores[:, :REST]
                if strictness:
                    again = twice & (copies[:, lane] < REST)
                    faults = self._faults(lane, before, now, step)
                    faults[np.nonzero(again)[0], copies[:, lane][again]] = True
                    pitches = pitches - strictness * faults
                if self.lean is not None:
                    lean = self.lean[:, step, lane]
                    pitches = pitches + lean[:, _CLASS_OF_PITCH]
                    if step % self.config.steps_per_beat == 0:  # a note that is held is chosen anew on every beat
                        scores[:, HOLD] += held_lean(before[:, lane], lean)
                # Strictness and temperature choose which note; whether one begins stays as it was learnt, but for
                # density. Else both would thin out the music: holding is never a fault, and mostly the likeliest.
                change = density + log_sum(scores[:, :REST]) - log_sum(pitches / temperature)
                scores[:, :REST] = pitches / temperature + change
                drawn = (scores + luck[:, lane]).argmax(axis=-1)
                token = np.where(free, drawn, given).astype(np.int16)
            self.tokens[:, step, lane] = token
            now[:, lane] = sound = np.where(token == HOLD, before[:, lane], token)
            self.sounds[:, step, lane] = sound
            wide = wide + self.told[lane, token] + self.told[lane, VOCABULARY + sound]
        tokens = self.tokens[:, step]
        self.runs = np.where((copies == tokens[..., None]) & (copies != MASK), runs + 1, 0)
        self.age = np.where(tokens == HOLD, self.age + 1, 1)
        self.last = np.where(tokens < REST, tokens, self.last)

    def _said_twice(self, step: int) -> NDArray[np.bool_]:
        """[n, 4] where the last 1, 2, 4 and 8 bars were the same, note by note, as those before: a third time tires."""
        runs = np.where(self.present[..., None], self.runs, np.iinfo(np.int64).max).min(axis=1)
        return np.asarray(runs >= np.array(BARS_BACK) * self.conditions["bar_length"][:, step, None].astype(np.int64))

    def _copies(self, step: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """What stood so many bars before, [n, lanes, 4], and for how many steps the music has agreed with it."""
        copies = np.full((self.n, self.lanes, len(BARS_BACK)), MASK, np.int16)
        for k, bars in enumerate(BARS_BACK):
            source = step - bars * self.conditions["bar_length"][:, step].astype(np.int64)
            there = np.flatnonzero(source >= 0)
            copies[there, :, k] = self.tokens[there, source[there]]
        return copies, self.runs

    def _references(
        self, lane: int, before: NDArray[Any], now: NDArray[Any], step: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        other = np.arange(self.lanes) != lane
        sounding = np.where(other, now, MASK)
        motion = interval_motion(before[:, lane, None], before, sounding)
        own = [self.last[:, lane, None], self.following[:, step, lane, None]]
        references = np.concatenate([sounding, np.where(other, before, MASK), *own], axis=-1)
        nothing = np.full((self.n, self.lanes + 2), 12)
        return references, np.concatenate([motion, nothing], axis=-1)

    def _logits(
        self,
        lane: int,
        wide: Floats,
        before: NDArray[Any],
        now: NDArray[Any],
        step: int,
        copies: NDArray[Any],
        buckets: NDArray[Any],
    ) -> Floats:
        references, motion = self._references(lane, before, now, step)
        wide = wide + over_bass(references[:, : self.lanes]) @ self.over_bass_table[lane]
        for kernel, bias in zip(self.lane_kernel[:, lane], self.lane_bias[:, lane], strict=True):
            wide = wide + gelu(normalise(wide) @ kernel + bias)
        h = normalise(wide)
        logits = h @ self.logit_table[lane] + self.logit_bias[lane]
        classes = (h @ self.interval_kernel[lane]).reshape(self.n, -1, 12)
        classes = classes + self.interval_motion[lane, np.arange(motion.shape[1]), motion]
        classes = np.take_along_axis(classes, (_CLASSES - references[..., None]) % 12, axis=-1)
        classes = np.where(references[..., None] < REST, classes, 0.0).sum(axis=1)
        logits[:, :REST] += classes[:, _CLASS_OF_PITCH]
        sounding = np.broadcast_to(references[:, None, : self.lanes], (self.n, self.lanes, self.lanes))
        around = [nearest(sounding, self.lanes, way)[:, lane] for way in (-1, 1)]
        pitches = (references[:, -2], references[:, -1], *around)
        for (kernel, bias), pitch in zip(self.directed, pitches, strict=True):
            wanted = h @ kernel[lane] + bias[lane]
            turned = np.take_along_axis(wanted, (_PITCHES - pitch[:, None]) % REST, axis=-1)
            logits[:, :REST] += np.where(pitch[:, None] < REST, turned, 0.0)
        gates = h @ self.copy_kernel[lane] + self.copy_table[lane, np.arange(len(BARS_BACK)), buckets]
        np.add.at(logits, (np.arange(self.n)[:, None], copies), gates)
        return np.asarray(logits, np.float32)

    def _faults(self, lane: int, before: NDArray[Any], now: NDArray[Any], step: int) -> NDArray[np.bool_]:
        """Pitches [n, 128] of one lane that would make parallels or leaps that no choir likes."""
        references, motion = self._references(lane, before, now, step)
        shape = (self.n, 1, self.lanes, references.shape[-1])
        x: dict[str, NDArray[Any]] = {
            "context": self.given[:, step : step + 1],
            "references": np.full(shape, MASK),
            "motion": np.full(shape, 12),
        }
        x["references"][:, 0, lane], x["motion"][:, 0, lane] = references, motion
        self._lead(x, lane, now, step)
        parallels = parallel_classes(x)[:, 0, lane][:, _CLASS_OF_PITCH]
        return np.asarray(parallels | bad_leaps(x)[:, 0, lane])

    def _lead(self, x: dict[str, NDArray[Any]], lane: int, now: NDArray[Any], step: int) -> None:
        """Adds how the other lanes go on into this lane's next given note, where that comes within a beat.

        Those that are decided are taken to sound till then; the next one to move hears it anew.
        """
        onset = self.next_onset[:, step, lane]
        near = (onset - step <= self.config.steps_per_beat) & (onset < self.steps)
        then = self.given_sounding[np.arange(self.n), np.minimum(onset, self.steps - 1)]
        other = near[:, None] & (np.arange(self.lanes) != lane)
        part = slice(self.lanes, 2 * self.lanes)
        x["references"][:, 0, lane, part] = np.where(other, now, MASK)
        motion = interval_motion(self.following[:, step, lane, None], then, now)
        x["motion"][:, 0, lane, part] = np.where(other, motion, 12)


def _twice(context: Tokens, conditions: Batch) -> tuple[Tokens, dict[str, NDArray[Any]]]:
    """The same rows twice, the second time in the other style."""
    each = {name: value for name, value in conditions.items() if len(np.atleast_1d(value)) == len(context)}
    rows = {name: np.concatenate([value, value]) for name, value in each.items()}
    if "lean" in conditions:  # one for all rows, or one for each
        lean = np.broadcast_to(conditions["lean"], (len(context), *np.shape(conditions["lean"])[1:]))
        rows["lean"] = np.concatenate([lean, lean])
    rows["style"] = np.concatenate([conditions["style"], conditions["other_style"]])
    return np.concatenate([context, context]), rows


class _EmbedPlay:
    """A ``LaneEmbedding`` of single steps: tokens and sounding pitches [n, lanes] -> [n, width]."""

    def __init__(self, layer: LaneEmbedding) -> None:
        self.table = layer.table.numpy().reshape(layer.lanes, 2 * VOCABULARY, -1)
        self.chroma = np.concatenate([layer.chroma.numpy(), np.zeros((1, layer.width), np.float32)])
        self.intervals = layer.intervals.numpy().reshape(-1, 13, layer.width)
        self.upper, self.lower = layer.upper, layer.lower

    def __call__(self, tokens: NDArray[Any], sounds: NDArray[Any]) -> Floats:
        lanes = np.arange(tokens.shape[1])
        x = self.table[lanes, tokens].sum(axis=1) + self.table[lanes, VOCABULARY + sounds].sum(axis=1)
        x = x + self.chroma[np.where(sounds < REST, sounds % 12, 12)].sum(axis=1)
        if self.upper:
            high, low = sounds[:, self.upper], sounds[:, self.lower]
            interval = np.where((high < REST) & (low < REST), (high - low) % 12, 12)
            x = x + self.intervals[np.arange(len(self.upper)), interval].sum(axis=1)
        return np.asarray(x, np.float32)


def _dense(layer: Any) -> tuple[Floats, Floats]:
    return layer.kernel.numpy(), layer.bias.numpy()
