"""What a classifier looks at in a window of music: shares of intervals, rhythms, motions and sonorities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

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
    harmony = _harmony(wide, sounds)
    chords = harmony.chords
    found: list[NDArray[np.float64]] = []
    for part in range(wide.shape[1]):
        found += _part_features(wide[:, part], np.flatnonzero(onsets[:, part] == 1))
    for upper, lower in combinations(range(wide.shape[1]), 2):
        found += _pair_features(wide, sounds[:, upper] & sounds[:, lower], chords, upper, lower)
    heard = wide[sounds]
    found += [
        _shares(_bucket(harmony.sonorities, _BUCKETS), _BUCKETS),
        _shares(_bucket(harmony.sonorities[::4], _BUCKETS), _BUCKETS),
        _shares(_bucket(harmony.progressions, 2 * _BUCKETS), 2 * _BUCKETS),
        np.array([np.ptp(heard) / 12 if len(heard) else 0.0, len(chords) / len(wide), (~sounds).mean()]),
    ]
    return np.concatenate(found)


class _Harmony(NamedTuple):
    """Steps on which chords begin; the sonority of every step; every progression from chord to chord, with the bass."""

    chords: NDArray[np.int64]
    sonorities: NDArray[np.int64]
    progressions: NDArray[np.int64]


def _harmony(wide: NDArray[np.int64], sounds: NDArray[np.bool_]) -> _Harmony:
    changes = np.flatnonzero((wide[1:] != wide[:-1]).any(axis=1)) + 1
    chords = np.concatenate([[0], changes])
    bass = np.where(sounds, wide, 999).min(axis=1)
    above = np.where(sounds, 1 << ((wide - bass[:, None]) % 12), 0)
    sonorities = np.bitwise_or.reduce(above, axis=1)
    here, there = sonorities[chords[:-1]], sonorities[chords[1:]]
    motion = (bass[chords[1:]] - bass[chords[:-1]]) % 12
    return _Harmony(chords, sonorities, (here * 4096 + there) * 12 + motion)


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


# --- names --------------------------------------------------------------------------------------

_NUMBER = ("", "first", "second", "third", "fourth")
_WAY = ("down", "still", "up")


def feature_names(parts: int, pitches: Iterable[NDArray[np.int16]]) -> list[str]:
    """What each of the ``features`` is, in words.

    Args:
        parts: How many parts the windows have.
        pitches: [steps, parts] of the windows in question: a bucket is named after its commonest sonority there.
    """
    voices = ("soprano", "alto", "tenor", "bass") if parts == 4 else tuple(f"part {i + 1}" for i in range(parts))
    voices = ("melody",) if parts == 1 else voices
    names = [name for voice in voices for name in _part_names(voice)]
    for upper, lower in combinations(voices, 2):
        names += _pair_names(f"{upper} and {lower}")
    sonorities: Counter[int] = Counter()
    progressions: Counter[int] = Counter()
    for window in pitches:
        wide = window.astype(np.int64)
        harmony = _harmony(wide, wide != SILENT)
        sonorities.update(harmony.sonorities.tolist())
        progressions.update(harmony.progressions.tolist())
    chords = {code: _chord_name(code) for code in sonorities}
    steps = {code: _progression_name(code) for code in progressions}
    names += [f"sonority {name}" for name in _bucket_names(sonorities, chords, _BUCKETS)]
    names += [f"sonority {name} on quarters" for name in _bucket_names(sonorities, chords, _BUCKETS)]
    names += [f"progression {name}" for name in _bucket_names(progressions, steps, 2 * _BUCKETS)]
    return [*names, "range of all parts (octaves)", "changes of chord, of sixteenths", "silence of parts"]


def _part_names(voice: str) -> list[str]:
    sizes = {0: f"repeated notes in the {voice}"}
    moves = [sizes.get(i, f"moves of {_signed(i, 12)} semitones in the {voice}") for i in range(-12, 13)]
    pairs = [
        f"moves of {_signed(i, 3)} then {_signed(j, 3)} in the {voice}" for i in range(-3, 4) for j in range(-3, 4)
    ]
    lengths = [f"notes of {i}{' or more' if i == 16 else ''} sixteenths in the {voice}" for i in range(1, 17)]
    return [*moves, *pairs, *lengths, *(f"onsets on the {_NUMBER[i]} sixteenth in the {voice}" for i in range(1, 5))]


def _pair_names(pair: str) -> list[str]:
    distances = [f"{i} semitones between {pair}" for i in range(12)]
    motions = [f"{first} and {second}: motion of {pair}" for first in _WAY for second in _WAY]
    last = [f"parallel octaves of {pair}", f"parallel fifths of {pair}", f"crossing of {pair}"]
    return [*distances, *(f"{name} on quarters" for name in distances), *motions, *last, f"octaves between {pair}"]


def _signed(semitones: int, most: int) -> str:
    return f"{semitones:+d}{' or more' if abs(semitones) == most else ''}"


def _chord_name(code: int) -> str:
    return "-".join(str(i) for i in range(12) if code >> i & 1) or "of silence"


def _progression_name(code: int) -> str:
    chords, motion = divmod(code, 12)
    here, there = divmod(chords, 4096)
    return f"{_chord_name(here)} to {_chord_name(there)}, bass {(motion + 5) % 12 - 5:+d}"


def _bucket_names(counts: Counter[int], names: dict[int, str], buckets: int) -> list[str]:
    found = [""] * buckets
    for code, _ in counts.most_common():
        bucket = int(_bucket(np.array([code]), buckets)[0])
        found[bucket] = found[bucket] or names[code]
    return found
