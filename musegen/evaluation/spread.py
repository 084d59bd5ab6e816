"""Whether a set of pieces is spread as real music is: intra-set and inter-set distances, after Yang & Lerch (2020).

Every piece is described by a number, a histogram or a matrix; the Euclidean distances between any two real pieces
(intra-set) and between each made and each real piece (inter-set) are two densities, compared by their overlapping area
(1 = alike) and by the Kullback-Leibler divergence (0 = alike). The overlap falls both where the made pieces lie
elsewhere and where they are all the same.

The published code cuts the overlap off at the smallest and the largest distance, and reads the two densities whose
divergence it takes on two *different* grids; here both stand on one grid that holds them whole. ``published=True``
gives the other. Three features are changed so that they tell of music, not of length or key: pitch classes are counted
from the tonic, transitions are shares, onsets that coincide are one. The number of notes is left out: it is the length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import Sampled

Floats = NDArray[np.float64]

_POINTS = 1025  # of the grid; odd, so that a kernel has a middle
_SAMPLES = 1000  # of the published divergence
_FLOOR = 1e-3  # share of a uniform density that is mixed in, so that the divergence is finite
_LENGTHS = (4, 2, 1, 1 / 2, 1 / 4, 3, 3 / 2, 3 / 4, 3 / 8, 4 / 3, 2 / 3, 1 / 3)
"""Yang & Lerch's note lengths in quarters: whole to 16th, dotted half to dotted 16th, triplet half to triplet 8th."""


# --- features -----------------------------------------------------------------------------------


def pitch_count(piece: Sampled) -> Floats:
    """How many different pitches there are."""
    return np.array([len({note.pitch for note in piece.score.notes})], np.float64)


def pitches_per_bar(piece: Sampled) -> Floats:
    """How many different pitches begin in a bar, mean of the bars."""
    notes = piece.score.notes
    starts = [bar.start for bar in piece.score.bars()]
    bars = np.searchsorted(starts, [note.onset for note in notes], side="right")
    return np.array([len(set(zip(bars.tolist(), (n.pitch for n in notes), strict=True))) / len(starts)])


def notes_per_bar(piece: Sampled) -> Floats:
    """How many notes begin in a bar, mean of the bars."""
    return np.array([len(piece.score.notes) / len(piece.score.bars())])


def pitch_classes(piece: Sampled) -> Floats:
    """[12] shares of the sounding time, from the tonic up."""
    notes = piece.score.notes
    weights = np.bincount([n.pitch % 12 for n in notes], [n.duration for n in notes], minlength=12)
    return np.roll(_shares(weights.astype(np.float64)), -piece.key.tonic)


def pitch_class_transitions(piece: Sampled) -> Floats:
    """[12, 12] shares of the steps from note to note within the parts, from the tonic up."""
    matrix = np.zeros((12, 12))
    for line in piece.lines:
        classes = (line - piece.key.tonic) % 12
        np.add.at(matrix, (classes[:-1], classes[1:]), 1)
    return _shares(matrix)


def pitch_range(piece: Sampled) -> Floats:
    """Semitones from the lowest to the highest note."""
    return np.array([np.ptp([note.pitch for note in piece.score.notes])], np.float64)


def pitch_interval(piece: Sampled) -> Floats:
    """Mean size in semitones of the intervals from note to note within the parts, repeated notes included."""
    moves = np.concatenate([abs(np.diff(line)) for line in piece.lines])
    return np.array([moves.mean() if len(moves) else 0.0])


def inter_onset_interval(piece: Sampled) -> Floats:
    """Mean time in quarters from one onset, of whatever part, to the next."""
    onsets = sorted({note.onset for note in piece.score.notes})
    return np.array([(onsets[-1] - onsets[0]) / max(len(onsets) - 1, 1) / piece.score.resolution])


def note_lengths(piece: Sampled) -> Floats:
    """[12] shares of notes by the nearest of the lengths, as given (triplets are not quantised away)."""
    return _shares(np.bincount(np.concatenate(_length_lines(piece)), minlength=12).astype(np.float64))


def note_length_transitions(piece: Sampled) -> Floats:
    """[12, 12] shares of the steps from length to length within the parts."""
    matrix = np.zeros((12, 12))
    for line in _length_lines(piece):
        np.add.at(matrix, (line[:-1], line[1:]), 1)
    return _shares(matrix)


def _length_lines(piece: Sampled) -> list[NDArray[np.intp]]:
    source = piece.source
    lines = []
    for part, track in enumerate(source.tracks):
        notes = () if track.is_drum else source.track_notes(part)
        lengths = np.array([note.duration / source.resolution for note in notes]).reshape(-1, 1)
        lines.append(abs(lengths - np.array(_LENGTHS)).argmin(axis=1))
    return lines


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / max(counts.sum(), 1e-12))


FEATURES: dict[str, tuple[str, Callable[[Sampled], Floats]]] = {
    "pitch_count": ("pitches", pitch_count),
    "pitches_per_bar": ("pitches", pitches_per_bar),
    "notes_per_bar": ("notes", notes_per_bar),
    "pitch_classes": ("shares", pitch_classes),
    "pitch_class_transitions": ("shares", pitch_class_transitions),
    "pitch_range": ("semitones", pitch_range),
    "pitch_interval": ("semitones", pitch_interval),
    "inter_onset_interval": ("quarters", inter_onset_interval),
    "note_lengths": ("shares", note_lengths),
    "note_length_transitions": ("shares", note_length_transitions),
}
"""Name -> (unit of its distances, what it is of one piece that has notes)."""


# --- distances ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """How the pieces of a set lie among real pieces, by one feature.

    Attributes:
        name: As in ``FEATURES``.
        unit: Of the distances.
        overlap: Overlapping area of intra-set (real) and inter-set distances, 0-1.
        divergence: Kullback-Leibler divergence of the first from the second, in nats.
        within_made: Mean distance between two made pieces; far below ``within_real``: they are all alike.
        within_real: Mean distance between two real pieces.
        between: Mean distance between a made and a real piece.
        published_overlap: As the published code has it on the same distances.
        published_divergence: Likewise; infinite (None) where a density vanishes.
    """

    name: str
    unit: str
    overlap: float
    divergence: float
    within_made: float
    within_real: float
    between: float
    published_overlap: float
    published_divergence: float | None


def spreads(made: Sequence[Sampled], real: Sequence[Sampled]) -> tuple[Spread, ...]:
    """All features of two sets; nothing with fewer than three pieces of either that have notes."""
    made, real = ([piece for piece in kind if piece.score.notes] for kind in (made, real))
    if min(len(made), len(real)) < 3:
        return ()
    rows = []
    for name, (unit, feature) in FEATURES.items():
        first, second = (np.array([feature(piece).ravel() for piece in kind]) for kind in (made, real))
        within_made, within_real = _within(first), _within(second)
        between = _distances(first, second).ravel()
        divergence = kl_divergence(within_real, between, published=True)
        rows.append(
            Spread(
                name,
                unit,
                overlapping_area(within_real, between),
                kl_divergence(within_real, between),
                float(within_made.mean()),
                float(within_real.mean()),
                float(between.mean()),
                overlapping_area(within_real, between, published=True),
                divergence if np.isfinite(divergence) else None,
            )
        )
    return tuple(rows)


def spread_overlap(made: Floats, real: Floats) -> float | None:
    """The overlapping area for a measure with one value a piece: [made pieces], [real pieces] -> 0-1.

    None with fewer than 3 pieces of either.
    """
    if min(len(made), len(real)) < 3:
        return None
    return overlapping_area(_within(real[:, None]), _distances(made[:, None], real[:, None]).ravel())


def _distances(first: Floats, second: Floats) -> Floats:
    """[n, m] Euclidean distances of [n, numbers] and [m, numbers]."""
    if first.shape[1] == 1:
        return np.asarray(abs(first - second.T))
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def _within(vectors: Floats) -> Floats:
    return np.asarray(_distances(vectors, vectors)[np.triu_indices(len(vectors), 1)])


def overlapping_area(first: Floats, second: Floats, *, published: bool = False) -> float:
    """The area under the lower of two densities (Gaussian kernels, Scott's width) on one common grid; 0-1."""
    points, densities = _densities(first, second)
    lower = np.minimum(*densities)
    if published:
        lower = lower[(points >= min(first.min(), second.min())) & (points <= max(first.max(), second.max()))]
    return float(min(lower.sum(), 1.0))


def kl_divergence(first: Floats, second: Floats, *, published: bool = False) -> float:
    """Kullback-Leibler divergence of two densities, in nats, on the same grid as their overlap.

    A thousandth of each is spread evenly, so that it stays finite (below 14) where the densities do not meet.
    Published: each is read between its own smallest and largest value, so that unlike places are compared.
    """
    points, densities = _densities(first, second)
    if published:
        places = [np.linspace(x.min(), x.max(), _SAMPLES) for x in (first, second)]
        p, q = (np.interp(place, points, density) for place, density in zip(places, densities, strict=True))
    else:
        p, q = ((1 - _FLOOR) * density / density.sum() + _FLOOR / len(points) for density in densities)
    p, q = p / max(p.sum(), 1e-300), q / max(q.sum(), 1e-300)
    with np.errstate(divide="ignore"):
        logs = np.log(p, where=p > 0, out=np.zeros_like(p)) - np.where(p > 0, np.log(q), 0)
    return float(max((p * logs).sum(), 0.0))


def _densities(first: Floats, second: Floats) -> tuple[Floats, list[Floats]]:
    """Middles of the grid's cells, and both densities' share of each."""
    widths = [float(x.std(ddof=1)) * len(x) ** -0.2 for x in (first, second)]
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    margin = 4 * max(*widths, (high - low) / _POINTS, 1e-12)
    edges = np.linspace(low - margin, high + margin, _POINTS + 1)
    step = edges[1] - edges[0]
    densities = []
    for x, width in zip((first, second), widths, strict=True):
        offsets = np.arange(-(_POINTS // 2), _POINTS // 2 + 1) * step
        kernel = np.exp(-0.5 * (offsets / max(width, step)) ** 2)
        densities.append(np.convolve(np.histogram(x, edges)[0] / len(x), kernel / kernel.sum(), mode="same"))
    return (edges[:-1] + edges[1:]) / 2, densities
