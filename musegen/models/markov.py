"""A Markov model of variable order over lane tokens: what usually comes next, in ever closer circumstances.

A cell is foretold from circumstances in a chain from coarse to fine: the place in the beat; what the lanes already
known at this step do; the intervals to them; what all other lanes sounded a step before; the lane's own last moves. For
every link of the chain the model counts what came; where fine circumstances have been seen seldom, coarser ones speak
(interpolation after Witten & Bell, 1991). All pitches are counted from the lane's own last pitch, so that all
transpositions are alike. Where the key is known, the degree of the scale on which that pitch lies is a circumstance,
too: of a single melody in its chain, of several lanes in a second chain, and what the two say is averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.errors import TrainingError
from musegen.lanes import HOLD, REST, Tokens, sounding
from musegen.models.repeat import SOUNDING, Floats, Ints, before, check, homes

Hashes = NDArray[np.uint64]
Conditions = Mapping[str, NDArray[np.integer]]
"""What is known of a piece beside its tokens, by the names that the composer has for it; each may be left out.
"position": [steps] steps since the bar line (else a bar is taken to be one beat long); "key": 1 + 2 * tonic + minor, or
0, of each step or of all."""

_SYMBOLS = 257  # HOLD, REST, and moves of -127 to 127 semitones
_HELD, _RESTED, _UNISON = 0, 1, 129
_ABSENT = 99  # stands for an interval where there is none
_LONGEST = 9  # steps since the last onset that are told apart


@dataclass(frozen=True)
class _Link:
    """Counts in one kind of circumstances: of each that was met, and of each with what came then; sorted by hash."""

    circumstances: Hashes
    totals: Ints
    kinds: Ints
    pairs: Hashes
    counts: Ints


class Markov:
    """Variable-order Markov model of grids of any number of lanes.

    ``fit`` only keeps the grids; counts are made when first needed, for each lane and set of lanes known at the same
    step. So the model can generate (outer lanes first, then the inner ones) and harmonise (the given lane is known
    first). It looks at the past and the present step only, never ahead. See ``repeat`` for the units of likelihood.

    Args:
        beat: Steps to a beat.
        history: How many of its own last moves a lane remembers.
        shrink: How much coarser circumstances weigh; found on the validation set of the standard chorale split.
    """

    def __init__(self, beat: int = 4, history: int = 3, shrink: float = 6.0) -> None:
        self.beat, self.history, self.shrink = beat, history, shrink
        self._grids: list[tuple[Tokens, Conditions]] = []
        self._homes: Ints = np.zeros(0, np.int64)
        self._ranges: list[tuple[int, int]] = []
        self._chains: dict[tuple[int, tuple[int, ...]], list[list[_Link]]] = {}

    def fit(self, grids: Sequence[Tokens], conditions: Sequence[Conditions] | None = None) -> None:
        """Learns from grids [steps, lanes] of tokens.

        Args:
            grids: Whole pieces, each once: transposed copies would teach nothing and make the counts look surer than
                they are.
            conditions: What is known of each.

        Raises:
            TrainingError: The grids are none, or unlike, or masked.
        """
        self._homes = homes(grids, check(grids))
        onsets = [np.concatenate([g[g[:, lane] < REST, lane] for g in grids]) for lane in range(len(self._homes))]
        self._ranges = [(int(p.min()), int(p.max())) if len(p) else (0, 127) for p in onsets]
        self._grids = list(zip(grids, conditions or [{}] * len(grids), strict=True))
        self._chains = {}

    def nll(self, grid: Tokens, conditions: Conditions | None = None) -> Floats:
        """[steps, lanes] nats of every cell, given all steps before and the lanes before it in the order."""
        lanes = self._lanes(grid.shape[1])
        result = np.zeros(grid.shape)
        for index, lane in enumerate(lanes):
            known = tuple(lanes[:index])
            columns = self._columns(grid, conditions or {}, lane)
            result[:, lane] = -np.log(self._probability(lane, known, columns, columns["symbol"][:, None])[:, 0])
        return result

    def sample(
        self,
        steps: int,
        lanes: int,
        seed: int,
        given: Tokens | None = None,
        given_mask: NDArray[np.bool_] | None = None,
        *,
        temperature: float = 1.0,
        conditions: Conditions | None = None,
    ) -> Tokens:
        """New music of ``steps`` x ``lanes``; where ``given_mask`` is true, the cells of ``given``.

        Args:
            steps: Length.
            lanes: Number of lanes, as in training.
            seed: The same seed gives the same notes.
            given: [steps, lanes] tokens to keep.
            given_mask: [steps, lanes] where to keep them.
            temperature: Below 1 the likely is likelier still; above 1 all is more even.
            conditions: What is known of the piece.
        """
        rng = np.random.default_rng(seed)
        keep = np.zeros((steps, lanes), np.bool_) if given is None or given_mask is None else given_mask
        grid = np.where(keep, given if given is not None else REST, REST).astype(np.int16)
        order = self._lanes(lanes)
        for step in range(steps):
            known = [lane for lane in order if keep[step, lane]]
            for lane in [lane for lane in order if not keep[step, lane]]:
                chances, tokens = self._chances(grid[: step + 1], conditions or {}, lane, tuple(known))
                chances = chances ** (1 / temperature)
                grid[step, lane] = rng.choice(tokens, p=chances / chances.sum())
                known = [other for other in order if other in (*known, lane)]
        return grid

    def _chances(self, grid: Tokens, conditions: Conditions, lane: int, known: tuple[int, ...]) -> tuple[Floats, Ints]:
        """Of the last cell of a lane: how likely each token is, and the tokens; pitches in the lane's range only."""
        columns = {name: column[-1:] for name, column in self._columns(grid, conditions, lane).items()}
        low, high = self._ranges[lane]
        tokens = np.array([*range(low, high + 1), REST, *([HOLD] if columns["state"][0] == SOUNDING else [])])
        symbols = _symbols(tokens, columns["last"])
        return self._probability(lane, known, columns, symbols[None])[0], tokens

    # --- circumstances ----------------------------------------------------------------------

    def _lanes(self, lanes: int) -> list[int]:
        """The order in which the lanes of a step are decided: the outer ones first."""
        if lanes != len(self._homes):
            raise TrainingError(
                "This model has learnt {known} lanes, not {lanes}.", known=len(self._homes), lanes=lanes
            )
        return [*dict.fromkeys([0, lanes - 1]), *range(1, lanes - 1)]

    def _links(self, lane: int, known: tuple[int, ...]) -> list[list[list[str]]]:
        """The chains: from coarse to fine the names of the columns that make up the circumstances."""
        base = ["beat", "state"]
        if len(self._homes) == 1:
            chains = [[[], base, [*base, "place"], [*base, "place", "degree"], [*base, "place", "degree", "length"]]]
        else:
            intervals = [f"is {other}" for other in known]
            was = [f"was {other}" for other in self._lanes(len(self._homes)) if other != lane]
            chains = []
            for degree in ([], ["degree"]):
                now = [*base, *(f"does {other}" for other in known), *degree]
                chains.append([[], base, now, now + intervals[:1], now + intervals, now + intervals + was])
        for chain in chains:
            for k in range(self.history):
                chain.append([*chain[-1], f"move {k}"])
        return [[link for i, link in enumerate(chain) if link not in chain[:i]] for chain in chains]

    def _columns(self, grid: Tokens, conditions: Conditions, lane: int) -> dict[str, Ints]:
        """[steps] numbers that circumstances are made of, and what came (``symbol``)."""
        steps = np.arange(len(grid))
        lasts, states = before(grid)
        last = np.where(lasts[:, lane] >= 0, lasts[:, lane], self._homes[lane])
        own = grid[:, lane].astype(np.int64)
        heard = sounding(grid).astype(np.int64)
        onsets = np.flatnonzero(own < REST)
        count = np.searchsorted(onsets, steps)  # onsets before each step
        moves = np.concatenate([np.zeros(self.history + 1, np.int64), np.diff(own[onsets])])
        place = np.asarray(conditions.get("position", steps % self.beat), np.int64)[: len(grid)]
        key = np.asarray(conditions.get("key", 0), np.int64)
        key = key[: len(grid)] if key.ndim else np.full(len(grid), key)
        columns = {
            "beat": place % self.beat,
            "place": place,
            "degree": np.where(key > 0, (last - (key - 1) // 2) % 12 * 2 + (key - 1) % 2, _ABSENT),
            "state": states[:, lane],
            "last": last,
            "length": np.minimum(steps - np.where(count > 0, np.append(onsets, 0)[count - 1], 0), _LONGEST),
            "symbol": _symbols(own, last),
        }
        for k in range(self.history):
            columns[f"move {k}"] = moves[np.maximum(count - 1 - k, 0) + self.history] * (count - 1 - k > 0)
        for other in range(grid.shape[1]):
            token, pitch = grid[:, other], heard[:, other]
            earlier = np.concatenate([[REST], pitch[:-1]])
            columns[f"does {other}"] = np.select([token < REST, token == REST], [1, 2], 0)
            columns[f"is {other}"] = np.where(pitch < REST, (pitch - last) % 12, _ABSENT)
            columns[f"was {other}"] = np.where(earlier < REST, (earlier - last) % 12, _ABSENT)
        return columns

    # --- counts -----------------------------------------------------------------------------

    def _chain(self, lane: int, known: tuple[int, ...]) -> list[list[_Link]]:
        if (lane, known) not in self._chains:
            columns = [self._columns(grid, conditions, lane) for grid, conditions in self._grids]
            joined = {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
            self._chains[lane, known] = [
                [_count(_hash(joined, link), joined["symbol"]) for link in chain] for chain in self._links(lane, known)
            ]
        return self._chains[lane, known]

    def _probability(self, lane: int, known: tuple[int, ...], columns: dict[str, Ints], symbols: Ints) -> Floats:
        """How likely each of the symbols [n, k] was in the n circumstances: the mean of the chains."""
        result = np.zeros(symbols.shape)
        chains = self._chain(lane, known)
        for chain, links in zip(chains, self._links(lane, known), strict=True):
            p = np.full(symbols.shape, 1 / _SYMBOLS)
            here, done = np.zeros(len(symbols), np.uint64), 0
            for counted, link in zip(chain, links, strict=True):  # each goes on from the names of the one before
                here, done = _hash(columns, link[done:], here), len(link)
                total = _look_up(counted.circumstances, counted.totals, here)[:, None]
                if not total.any():  # nor has any finer one been seen
                    break
                kinds = self.shrink * _look_up(counted.circumstances, counted.kinds, here)[:, None]
                came = _look_up(counted.pairs, counted.counts, _mix(here[:, None], symbols))
                p = np.where(total > 0, (came + kinds * p) / np.maximum(total + kinds, 1), p)
            result += p / len(chains)
        return result


def _symbols(tokens: NDArray[np.integer], last: Ints) -> Ints:
    moves = tokens.astype(np.int64) - last + _UNISON
    return np.select([tokens == HOLD, tokens == REST], [_HELD, _RESTED], moves).astype(np.int64)


def _count(circumstances: Hashes, symbols: Ints) -> _Link:
    pairs, first, counts = np.unique(_mix(circumstances, symbols), return_index=True, return_counts=True)
    met, totals = np.unique(circumstances, return_counts=True)
    kinds = np.bincount(np.searchsorted(met, circumstances[first]), minlength=len(met))
    return _Link(met, totals, kinds, pairs, counts)


def _look_up(keys: Hashes, values: Ints, wanted: Hashes) -> Ints:
    """The value of every wanted key, 0 where it is not there."""
    index = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[index] == wanted, values[index], 0)


def _hash(columns: dict[str, Ints], names: list[str], mixed: Hashes | None = None) -> Hashes:
    """A number for the values of all these columns, beginning with one for others."""
    mixed = np.zeros(len(columns["symbol"]), np.uint64) if mixed is None else mixed
    for name in names:
        mixed = _mix(mixed, columns[name])
    return mixed


def _mix(hashes: Hashes, values: Ints) -> Hashes:
    mixed = (hashes + (values + 1000).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(mixed ^ (mixed >> np.uint64(29)))
