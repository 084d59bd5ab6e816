"""Where phrases end, in a score that does not say so: no file format that we read keeps fermatas.

Each note of the melody is weighed as the last of a phrase: long, held in all parts, a triad in root position come to
by a fifth in the bass, a rest after it. The weights are those of a logistic regression on the training chorales of
"bach-chorales"; then phrases of two bars, or two and a half, are preferred, and the best division is found by dynamic
programming. ``benchmarks/harmony.json`` says how many ends it finds.
"""

from __future__ import annotations

from statistics import median

import numpy as np

from musegen.evaluation.sampling import SILENT, STEPS_PER_QUARTER
from musegen.harmony.slices import NOBODY, Slices

_TRIADS = frozenset(
    frozenset((root + tone) % 12 for tone in tones)
    for root in range(12)
    for tones in ((0, 4, 7), (0, 3, 7), (0, 4), (0, 3))
)
_BIAS = -7.0
_REST, _LENGTH, _LONGER, _SHORTER, _STILL = 1.0, 1.8, 0.5, -0.8, 2.8
_TRIAD, _ROOT, _FIFTH, _ON_LINE, _BEFORE_LINE, _QUARTER, _HALF = 0.8, 1.7, 1.2, -1.4, -0.8, 1.0, 1.0
_USUAL = {2.0: 1.1, 2.5: 0.6, 1.5: 0.4, 4.0: 0.2, 1.0: 0.0, 3.0: 0.0, 1.75: 0.0, 2.25: 0.0}
"""Bars from end to end -> worth; any other length costs ``_UNUSUAL``."""
_UNUSUAL, _TOO_LONG, _MOST_BARS = -0.8, -5.0, 8.25
_FIRST_BARS, _TOO_SOON = 0.75, -4.0  # the first phrase


def melody(piece: Slices) -> tuple[int, ...]:
    """Indices of the notes of the part that lies highest, in order; of a part's chords the top notes."""
    voices = piece.voices
    if not voices.size:
        return ()
    pitches = piece.sampled.pitches
    means = [pitches[:, i][pitches[:, i] != SILENT].mean() if (voices[:, i] != NOBODY).any() else -1.0
             for i in range(voices.shape[1])]  # fmt: skip
    line: list[int] = []
    for note in voices[:, int(np.argmax(means))].tolist():
        if note != NOBODY and (not line or line[-1] != note):
            line.append(note)
    return tuple(line)


def phrase_ends(piece: Slices) -> tuple[int, ...]:
    """Indices of the melody notes that end a phrase, the last of the piece among them; none for an empty score."""
    line = melody(piece)
    if not line:
        return ()
    worth = _worth(piece, line)
    begins = [int(piece.begins[i]) for i in line]
    bar = median(length for _, length, _ in piece.sampled.bars)
    soon = [begin - begins[0] < _FIRST_BARS * bar for begin in begins]
    best, back = [value + _TOO_SOON * early for value, early in zip(worth, soon, strict=True)], [-1] * len(line)
    for j in range(len(line)):
        for i in range(j - 1, -1, -1):
            bars = round((begins[j] - begins[i]) / bar * 4) / 4
            length = _USUAL.get(bars, _UNUSUAL) if bars <= _MOST_BARS else _TOO_LONG
            if best[i] + worth[j] + length > best[j]:
                best[j], back[j] = best[i] + worth[j] + length, i
            if bars > _MOST_BARS:
                break
    path = [len(line) - 1]
    while back[path[-1]] >= 0:
        path.append(back[path[-1]])
    return tuple(line[i] for i in reversed(path))


def _worth(piece: Slices, line: tuple[int, ...]) -> list[float]:
    """For each note of the melody the log odds that it ends a phrase."""
    attacks, pitches = piece.sampled.onsets, piece.sampled.pitches.astype(int)
    lines = {start for start, _, bar in piece.sampled.bars if bar.number > 0}
    begins = [int(piece.begins[i]) for i in line]
    lengths = [int(piece.ends[i]) - begin for i, begin in zip(line, begins, strict=True)]
    middle = median(lengths)
    result = []
    for k, (begin, length) in enumerate(zip(begins, lengths, strict=True)):
        following = k + 1 < len(line)
        heard = sorted(int(p) for p in pitches[begin] if p != SILENT)
        classes = frozenset(p % 12 for p in heard)
        bass = heard[0] % 12
        earlier = [int(p) for p in pitches[begin - 1] if p != SILENT] if begin else []
        value = _BIAS + _LENGTH * float(np.clip(np.log2(length / middle), -2, 2))
        value += _REST * (following and begins[k + 1] > begin + length)
        value += _LONGER * (following and length > lengths[k + 1]) + _SHORTER * (following and length < lengths[k + 1])
        value += _STILL * (not attacks[begin + 1 : begin + length].any())
        value += _TRIAD * (classes in _TRIADS) + _ROOT * _is_root(bass, classes)
        value += _FIFTH * (bool(earlier) and (bass - min(earlier)) % 12 == 5)
        value += _ON_LINE * (begin in lines) + _BEFORE_LINE * (following and begins[k + 1] in lines)
        value += _QUARTER * (length >= STEPS_PER_QUARTER) + _HALF * (length >= 2 * STEPS_PER_QUARTER)
        result.append(value)
    return result


def _is_root(bass: int, classes: frozenset[int]) -> bool:
    """Whether the bass may be the root: there is a fifth above it, or a third and neither sixth nor fourth."""

    def has(*intervals: int) -> bool:
        return any((bass + interval) % 12 in classes for interval in intervals)

    return has(7) or (has(3, 4) and not has(5, 8, 9))
