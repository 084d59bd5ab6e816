"""What a classifier looks at in a window of music: shares of intervals, rhythms, motions and sonorities."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import SILENT

_BUCKETS = 128  # for the sonorities; twice as many for the progressions


def features(pitches: NDArray[np.int16], onsets: NDArray[np.int16]) -> NDArray[np.float64]:
    """Shares of what happens in a window: pitches and onsets, [steps, parts] each -> [features].

    For every part: intervals, pairs of intervals, note lengths, onsets within the quarter. For every pair of parts:
    intervals on all sixteenths and on quarters, relative motion, parallel perfect intervals. For all: sonorities above
    the lowest part and their progressions, in hashed buckets; density and range. Nothing depends on the key.
    """
    wide = pitches.astype(np.int64)
    sounds = wide != SILENT
    changes = np.flatnonzero((wide[1:] != wide[:-1]).any(axis=1)) + 1
    chords = np.concatenate([[0], changes])
    found: list[NDArray[np.float64]] = []
    for part in range(wide.shape[1]):
        found += _part_features(wide[:, part], np.flatnonzero(onsets[:, part] == 1))
    for upper, lower in combinations(range(wide.shape[1]), 2):
        found += _pair_features(wide, sounds[:, upper] & sounds[:, lower], chords, upper, lower)
    bass = np.where(sounds, wide, 999).min(axis=1)
    above = np.where(sounds, 1 << ((wide - bass[:, None]) % 12), 0)
    sonorities = np.bitwise_or.reduce(above, axis=1)
    here, there = sonorities[chords[:-1]], sonorities[chords[1:]]
    motion = (bass[chords[1:]] - bass[chords[:-1]]) % 12
    heard = wide[sounds]
    found += [
        _shares(_bucket(sonorities, _BUCKETS), _BUCKETS),
        _shares(_bucket(sonorities[::4], _BUCKETS), _BUCKETS),
        _shares(_bucket((here * 4096 + there) * 12 + motion, 2 * _BUCKETS), 2 * _BUCKETS),
        np.array([np.ptp(heard) / 12 if len(heard) else 0.0, len(chords) / len(wide), (~sounds).mean()]),
    ]
    return np.concatenate(found)


def _part_features(line: NDArray[np.int64], starts: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    moves = np.diff(line[starts])
    small = np.clip(moves, -3, 3) + 3
    lengths = np.diff(np.append(starts, len(line)))
    return [
        _shares(np.clip(moves, -12, 12) + 12, 25),
        _shares(small[:-1] * 7 + small[1:], 49),
        _shares(np.clip(lengths, 1, 16) - 1, 16),
        _shares(starts % 4, 4) * len(starts) / len(line),
    ]


def _pair_features(
    wide: NDArray[np.int64], both: NDArray[np.bool_], chords: NDArray[np.intp], upper: int, lower: int
) -> list[NDArray[np.float64]]:
    distance = wide[:, upper] - wide[:, lower]
    ways = np.sign(np.diff(wide[chords][:, [upper, lower]], axis=0))
    interval = distance[chords] % 12
    parallel = (ways[:, 0] == ways[:, 1]) & (ways[:, 0] != 0) & (interval[1:] == interval[:-1]) & both[chords[1:]]
    perfect = [float((parallel & (interval[1:] == kind)).sum()) / len(wide) for kind in (0, 7)]
    return [
        _shares(distance[both] % 12, 12),
        _shares(distance[::4][both[::4]] % 12, 12),
        _shares((ways[:, 0] + 1) * 3 + ways[:, 1] + 1, 9),
        np.array([*perfect, (both & (distance < 0)).mean(), distance[both].mean() / 12 if both.any() else 0.0]),
    ]


def _shares(values: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    return np.bincount(values, minlength=bins) / max(len(values), 1)


def _bucket(values: NDArray[np.int64], buckets: int) -> NDArray[np.int64]:
    """Knuth's multiplicative hash."""
    return (values * 2654435761 % (1 << 32)) * buckets >> 32
