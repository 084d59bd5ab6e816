"""Whether an accompaniment belongs to its melody: chord agreement, as it is and with other pieces' melodies.

A harmoniser that ignores what it is given makes chords that suit any melody of the key. So each accompaniment is heard
once more beneath melodies of other pieces, moved to its key, laid bar line on bar line, and cut to the shorter. What
agreement falls by is the *gap*; a harmoniser is measured by the share of the gap that real music has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.intervals import Value, bootstrap, resampled
from musegen.evaluation.rules import TERTIAN
from musegen.evaluation.sampling import SILENT, Ratio, Sampled

_SWAPS = 8  # other melodies a piece


def chord_agreement(melody: NDArray[np.integer], others: NDArray[np.integer]) -> Ratio:
    """Sixteenths on which the melody belongs to the chord: together they are a chord of thirds (``rules.tertian``).

    Whether the melody's note is also sung below tells nothing: real sopranos double another part on a third of the
    sixteenths, strangers to the key's chords as often.

    Args:
        melody: [steps] pitches; negative = silent.
        others: [steps, parts] likewise.

    Returns:
        Those sixteenths, of all on which the melody sounds and the others sound at least two pitch classes.
    """
    bits = np.where(others < 0, 0, 1 << (others.astype(np.int64) % 12))
    chord = np.bitwise_or.reduce(bits, axis=1)
    note = np.where(melody < 0, 0, 1 << (melody.astype(np.int64) % 12))
    places = (note > 0) & (chord & (chord - 1) > 0)
    return Ratio(int((places & TERTIAN[chord | note]).sum()), int(places.sum()))


@dataclass(frozen=True)
class Swap:
    """Chord agreement of a set's pairs of melody and accompaniment, in % of sixteenths.

    Attributes:
        matched: Each accompaniment with its own melody.
        swapped: With melodies of other pieces.
        gap: The difference, in percentage points.
    """

    matched: Value
    swapped: Value
    gap: Value


@dataclass(frozen=True)
class MelodyFit:
    """How far the accompaniment heeds the melody, beside real music.

    Attributes:
        made: Of what was made; None where a set has no pairs to swap.
        real: Of real music.
        share: The made gap as a percentage of the real one.
    """

    made: Swap | None
    real: Swap | None
    share: Value


def melody_fit(made: Sequence[Sampled], real: Sequence[Sampled], *, seed: int) -> MelodyFit:
    """The swap test of two sets; the melody is the first part, the others accompany it.

    Args:
        made: Harmonisations of given melodies.
        real: Real music of the same kind, at best with the same melodies.
        seed: Of the swaps and of the bootstrap.
    """
    counts = [_counts(kind, seed) for kind in (made, real)]
    swaps = [_swap(kind, seed) if len(kind) else None for kind in counts]
    share = Value(None, None, None, min(map(len, counts)))
    if share.n and _gap(counts[1].sum(axis=0)) > 0:
        ratio = 100 * float(_gap(counts[0].sum(axis=0)) / _gap(counts[1].sum(axis=0)))
        low = high = None
        if share.n > 1:
            gaps = [_gap(resampled(kind, seed + i)) for i, kind in enumerate(counts)]  # drawn independently
            low, high = np.nanquantile(100 * gaps[0] / gaps[1], [0.025, 0.975]).tolist()
        share = Value(ratio, low, high, share.n)
    return MelodyFit(swaps[0], swaps[1], share)


def _gap(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3])


def _swap(counts: NDArray[np.float64], seed: int) -> Swap:
    return Swap(
        bootstrap(counts, lambda sums: 100 * sums[..., 0] / sums[..., 1], seed),
        bootstrap(counts, lambda sums: 100 * sums[..., 2] / sums[..., 3], seed),
        bootstrap(counts, lambda sums: 100 * _gap(sums), seed),
    )


def _counts(pieces: Sequence[Sampled], seed: int) -> NDArray[np.float64]:
    """[pieces, (agreeing and all places matched, the same swapped)], of the pieces that have both.

    The swapped sixteenths of a piece are weighted to be as many as its own, however many melodies could be found.
    """
    pieces = [piece for piece in pieces if piece.pitches.shape[1] > 1]
    first = [next((start for start, _, bar in piece.bars if bar.number > 0), 0) for piece in pieces]
    music = [piece.pitches[start:].astype(np.int64) for piece, start in zip(pieces, first, strict=True)]
    melodies = [_in_c(rows[:, 0], piece.key.tonic) for rows, piece in zip(music, pieces, strict=True)]
    others = [_in_c(rows[:, 1:], piece.key.tonic) for rows, piece in zip(music, pieces, strict=True)]
    kinds = [(piece.score.metres[0].numerator, piece.score.metres[0].denominator, piece.key.mode) for piece in pieces]
    rng = np.random.default_rng([seed, 3])
    rows = []
    for i, kind in enumerate(kinds):
        own = chord_agreement(melodies[i], others[i])
        alike = [j for j in range(len(pieces)) if kinds[j] == kind and not _same(melodies[i], melodies[j])]
        swapped = np.zeros(2)
        for j in rng.permutation(alike)[:_SWAPS]:
            steps = min(len(melodies[j]), len(others[i]))
            swapped += chord_agreement(melodies[j][:steps], others[i][:steps])
        if own.places and swapped[1]:
            rows.append([*own, *(swapped * own.places / swapped[1])])
    return np.array(rows, np.float64).reshape(-1, 4)


def _in_c(pitches: NDArray[np.int64], tonic: int) -> NDArray[np.int64]:
    return np.where(pitches == SILENT, SILENT, (pitches - tonic) % 12)


def _same(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    steps = min(len(first), len(second))
    return bool((first[:steps] == second[:steps]).all())
