"""MuseGAN's measures of several tracks: EB, UPC, QN, PP, DP and TD, as they were meant and as they were published.

Source: Dong, Hsiao, Yang & Yang, "MuseGAN" (2018), section 5.1; tonal distance: Harte, Sandler & Gasser, "Detecting
harmonic change in musical audio" (2006), eqs. 1-3. The published code computes some of them otherwise than its paper
defines them. Here the definition counts; ``published=True`` gives what the code gives on the same music, to set old
tables beside new ones. Tracks are the parts of a score that sound at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.intervals import Value, pooled
from musegen.evaluation.sampling import NONE, Measure, Ratio, Sampled
from musegen.score import Note

_FINE = 24  # MuseGAN's steps to a quarter
_LOWEST, _HIGHEST = 24, 107  # MuseGAN's 84 pitches
_NEAR = 0.1  # what a drum beside the sixteenth counts for, in the published mask

_OCTAVES = np.equal.outer(np.arange(128) % 12, np.arange(12)).astype(np.float64)
_NEIGHBOURS = np.equal.outer((np.arange(128) - _LOWEST) // 7, np.arange(12)).astype(np.float64)
"""[pitch, class]: the right chroma, and the published one, which adds up seven neighbouring semitones to a "class"."""

_ANGLES = np.pi * np.outer((7 / 6, 3 / 2, 2 / 3), np.arange(12))
_RADII = np.array([[1.0], [1.0], [0.5]])
_TONAL = np.concatenate([_RADII * np.sin(_ANGLES), _RADII * np.cos(_ANGLES)])
"""[6, class]: places on Harte's circles of fifths, minor thirds and major thirds."""


def _roll(piece: Sampled) -> NDArray[np.bool_]:
    """[parts, steps, 128] what sounds on every sixteenth, all notes of a part."""
    steps, parts = piece.pitches.shape
    roll = np.zeros((parts, steps, 128), np.bool_)
    step = piece.score.resolution // 4
    for note in piece.score.notes:
        roll[note.track, note.onset // step : note.end // step, note.pitch] = True
    return roll


def empty_part_bars(piece: Sampled, *, published: bool = False) -> Ratio:
    """EB: bars in which a part is silent, of the bars of all parts.

    A part that never sounds is not counted. Published: the share of the bars that are *not* empty.
    """
    heard = [piece.sounds[start : start + length].any(axis=0) for start, length, _ in piece.bars]
    if not piece.sounds.size:
        return NONE
    sounding = int(np.sum(heard))
    count = len(heard) * piece.sounds.shape[1]
    return Ratio(sounding if published else count - sounding, count)


def used_pitch_classes(piece: Sampled, *, published: bool = False) -> Ratio:
    """UPC: different pitch classes that sound in a bar of a part, mean of the bars that are not empty; 1-12.

    Published: "classes" are groups of seven neighbouring semitones.
    """
    if not piece.sounds.size:
        return NONE
    chroma = _roll(piece) @ (_NEIGHBOURS if published else _OCTAVES)
    used = np.array([(chroma[:, i : i + n] > 0).any(axis=1).sum(axis=1) for i, n, _ in piece.bars])
    return Ratio(int(used.sum()), int((used > 0).sum()))


def qualified_notes(piece: Sampled, *, published: bool = False) -> Ratio:
    """QN: notes of at least a 32nd, of all pitched notes; lengths as given, not quantised.

    On a grid of sixteenths every note qualifies by construction, so there it is no merit. Published: at least two steps
    of 24 to a quarter (a 48th), and notes of one pitch that touch are one note.
    """
    source = piece.source
    notes = [n for n in source.notes if not source.tracks[n.track].is_drum]
    if not published:
        return Ratio(sum(8 * n.duration >= source.resolution for n in notes), len(notes))
    lengths = _merged_lengths(notes, source.resolution)
    return Ratio(sum(length >= 2 for length in lengths), len(lengths))


def _merged_lengths(notes: Sequence[Note], resolution: int) -> list[int]:
    """Lengths in fine steps of what is one stretch of a binary roll."""
    lengths: list[int] = []
    last: tuple[int, int, int] | None = None  # part, pitch, end
    for note in sorted(notes, key=lambda n: (n.track, n.pitch, n.onset)):
        start = _fine(note.onset, resolution)
        end = max(_fine(note.end, resolution), start + 1)
        if last and last[:2] == (note.track, note.pitch) and start <= last[2]:
            lengths[-1] += max(end - last[2], 0)
            end = max(end, last[2])
        else:
            lengths.append(end - start)
        last = (note.track, note.pitch, end)
    return lengths


def _fine(tick: int, resolution: int) -> int:
    return (2 * tick * _FINE + resolution) // (2 * resolution)


def polyphonic_rate(piece: Sampled, *, published: bool = False) -> Ratio:
    """PP: sixteenths on which a part sounds two pitches or more, of all sixteenths of all parts.

    Published: three or more (the code says "more than" its threshold of two).
    """
    if not piece.sounds.size:
        return NONE
    return Ratio(int((_roll(piece).sum(axis=2) >= (3 if published else 2)).sum()), piece.sounds.size)


def drum_pattern(piece: Sampled, *, published: bool = False) -> Ratio:
    """DP: drum strokes on the sixteenths of 4/4 bars; a stroke a 96th of a bar beside counts a tenth.

    Bars of other metres are left out; music without drums has no value. Published: not strokes are counted, but all
    the steps through which their notes last, so that long notes count more, and mostly as off the pattern.
    """
    source = piece.source
    bars = source.bars()
    starts = [bar.start for bar in bars]
    weight, count = 0.0, 0
    for note in source.notes:
        if not source.tracks[note.track].is_drum:
            continue
        bar = bars[bisect_right(starts, note.onset) - 1]
        if (bar.metre.numerator, bar.metre.denominator) != (4, 4):
            continue
        origin = bar.start if bar.number else bar.end
        place = _fine(note.onset - origin, source.resolution)
        length = max(_fine(note.end - origin, source.resolution) - place, 1) if published else 1
        marks = np.arange(place, place + length) % 6
        weight += float((marks == 0).sum() + _NEAR * np.isin(marks, (1, 5)).sum())
        count += length
    return Ratio(weight, count)


# --- tonal distance -----------------------------------------------------------------------------


def tonal_distance(piece: Sampled, *, published: bool = False) -> Ratio:
    """TD: distance of two parts' tonal centroids, mean of all pairs of parts and all beats on which both sound.

    A part's chroma of a beat (each sixteenth of each note counts one), made to add up to 1, is placed on the circles of
    fifths, minor thirds and major thirds (radii 1, 1, 1/2); the distance is Euclidean: 0 for the same pitch classes,
    1.74 for a fifth, 2.55 for a semitone, 2.83 for a tritone. Music of one part has none. Published: the
    chroma adds up seven neighbouring semitones (and the code gives no number where a part is silent for a beat).
    """
    return _distances(_beat_chroma(piece, _NEIGHBOURS if published else _OCTAVES))


def _beat_chroma(piece: Sampled, classes: NDArray[np.float64]) -> NDArray[np.float64]:
    """[parts, beats, 12]; what comes before the first beat counts as one more."""
    if not piece.sounds.size:
        return np.zeros((0, 0, 12))
    beats = np.union1d([0], piece.beats)
    return np.asarray(np.add.reduceat(_roll(piece) @ classes, beats, axis=1))


def _distances(chroma: NDArray[np.float64]) -> Ratio:
    total = chroma.sum(axis=2, keepdims=True)
    centroids = chroma / np.maximum(total, 1) @ _TONAL.T
    heard = total[..., 0] > 0
    distance, count = 0.0, 0
    for i, j in combinations(range(len(chroma)), 2):
        both = heard[i] & heard[j]
        distance += float(np.linalg.norm(centroids[i] - centroids[j], axis=1)[both].sum())
        count += int(both.sum())
    return Ratio(distance, count)


@dataclass(frozen=True)
class TonalCheck:
    """Whether tonal distance can tell tracks that belong together from tracks that don't.

    Attributes:
        matched: Of the pieces as they are.
        shuffled: Of as many, each part from another piece; greater than ``matched`` where the measure works.
        separation: How often a shuffled piece has a greater distance than a matched one, 0-1; 0.5 = it can't tell.
    """

    matched: Value
    shuffled: Value
    separation: float


def tonal_check(pieces: Sequence[Sampled], *, seed: int, published: bool = False) -> TonalCheck | None:
    """The measure's own check, on pieces with as many parts as most have; None with fewer pieces than parts.

    The parts are not brought into one key: that is the check of MuseGAN's authors, and an easy one.
    """
    sizes = np.bincount([piece.pitches.shape[1] for piece in pieces], minlength=2)
    parts = int(sizes.argmax())
    if parts < 2 or sizes[parts] < parts:
        return None
    classes = _NEIGHBOURS if published else _OCTAVES
    chroma = [_beat_chroma(piece, classes) for piece in pieces if piece.pitches.shape[1] == parts]
    rng = np.random.default_rng([seed, 2])
    mixed = []
    for _ in chroma:
        four = [chroma[i] for i in rng.choice(len(chroma), parts, replace=False)]
        beats = min(one.shape[1] for one in four)
        mixed.append(np.stack([one[part, :beats] for part, one in enumerate(four)]))
    matched, shuffled = ([_distances(one) for one in kind] for kind in (chroma, mixed))
    means = [np.array([r.events / r.places for r in kind if r.places]) for kind in (matched, shuffled)]
    separation = float(np.mean(np.less.outer(*means) + np.equal.outer(*means) / 2))
    return TonalCheck(pooled(matched, 1, seed), pooled(shuffled, 1, seed), separation)


MEASURES = tuple(
    Measure(name, unit, scale, count, partial(count, published=True))
    for name, unit, scale, count in (
        ("empty_part_bars", "% of bars of parts", 100, empty_part_bars),
        ("used_pitch_classes", "classes in a bar of a part", 1, used_pitch_classes),
        ("qualified_notes", "% of notes", 100, qualified_notes),
        ("polyphonic_rate", "% of sixteenths", 100, polyphonic_rate),
        ("drum_pattern", "% of drum strokes", 100, drum_pattern),
        ("tonal_distance", "0-2.83", 1, tonal_distance),
    )
)
