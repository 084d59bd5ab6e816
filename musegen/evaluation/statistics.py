"""What music is like, of any number of parts: pitch, rhythm, form. The reference is real music; higher is not better.

Measures take a ``Sampled`` and return a ``Ratio``; distributions return counts per bin. Drums are not counted. Where a
measure is MusPy's (Dong et al. 2020), the difference is said: MusPy counts on ticks, this on sixteenths.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.sampling import NONE, SILENT, STEPS_PER_QUARTER, Measure, Ratio, Sampled

_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)  # a natural minor scale has the notes of its relative major
_STEP, _LEAP = 2, 5


def _pitch_classes(piece: Sampled) -> NDArray[np.int64]:
    return np.bincount([n.pitch % 12 for n in piece.score.notes], minlength=12)


def pitch_class_entropy(piece: Sampled) -> Ratio:
    """Shannon entropy of the pitch classes, each note counting once: 0 (one) to 3.58 bits (all alike). As MusPy."""
    counts = _pitch_classes(piece)
    if not counts.any():
        return NONE
    p = counts[counts > 0] / counts.sum()
    return Ratio(float(-(p * np.log2(p)).sum()), 1)


def scale_consistency(piece: Sampled) -> Ratio:
    """The share of notes that lie in the major or natural minor scale that holds most of them. As MusPy."""
    counts = _pitch_classes(piece)
    if not counts.any():
        return NONE
    inside = max(counts[[(root + step) % 12 for step in _MAJOR_SCALE]].sum() for root in range(12))
    return Ratio(float(inside / counts.sum()), 1)


def _bar_onsets(piece: Sampled) -> list[NDArray[np.bool_]]:
    """[steps, parts] where notes begin, for every complete bar; the last is filled up with nothing."""
    rows = []
    for start, length, bar in piece.bars:
        if bar.number > 0:
            rows.append(np.zeros((length, piece.onsets.shape[1]), np.bool_))
            heard = piece.onsets[start : start + length]
            rows[-1][: len(heard)] = heard
    return rows


def groove_consistency(piece: Sampled) -> Ratio:
    """One minus the mean share of sixteenths at which neighbouring bars differ in whether a note begins.

    Source: Wu & Yang 2020, as in MusPy; but MusPy compares ticks (``published_groove``), which makes nearly all music
    99 % consistent, and needs one metre throughout. Here neighbours of unlike length are passed over; so is a pick-up.
    """
    rhythms = [np.asarray(bar.any(axis=1)) for bar in _bar_onsets(piece)]
    pairs = [(a, b) for a, b in pairwise(rhythms) if len(a) == len(b)]
    return Ratio(1 - float(np.mean([(a != b).mean() for a, b in pairs])), 1) if pairs else NONE


def published_groove(piece: Sampled) -> Ratio:
    """Groove consistency as MusPy computes it: on ticks, in bars of the first metre from the first tick on.

    Its value rises with the number of ticks to a quarter; a piece that ends on a bar line gets one more, empty bar.
    """
    source = piece.source
    bar = 4 * source.resolution * source.metres[0].numerator // source.metres[0].denominator
    patterns: list[set[int]] = [set() for _ in range(source.end // bar + 1)]
    for note in source.notes:
        patterns[note.onset // bar].add(note.onset % bar)
    places = bar * (len(patterns) - 1)
    return Ratio(1 - sum(len(a ^ b) for a, b in pairwise(patterns)) / places, 1) if places else NONE


def notes_per_bar(piece: Sampled) -> Ratio:
    """Notes of all parts, by the bars' length: a pick-up or a cut bar counts for its share of a bar."""
    last = piece.bars[-1][2]
    whole = 4 * piece.score.resolution * last.metre.numerator / last.metre.denominator
    return Ratio(len(piece.score.notes), piece.score.end / whole) if piece.score.notes else NONE


def pitch_range(piece: Sampled) -> Ratio:
    """Semitones from the lowest to the highest note."""
    pitches = [n.pitch for n in piece.score.notes]
    return Ratio(max(pitches) - min(pitches), 1) if pitches else NONE


def _intervals(piece: Sampled) -> NDArray[np.int64]:
    """Semitones between successive notes of each part, rests between them or not; all parts in a row."""
    return np.concatenate([np.diff(line) for line in piece.lines] or [np.zeros(0, np.int64)])


def interval_size(piece: Sampled) -> Ratio:
    """Mean size of the intervals between successive notes of a part, repeated notes left out."""
    size = abs(_intervals(piece))
    return Ratio(int(size.sum()), int((size > 0).sum()))


def stepwise(piece: Sampled) -> Ratio:
    """Semitones and whole tones, of all intervals between successive notes that are not repeated ones."""
    size = abs(_intervals(piece))
    return Ratio(int(((size > 0) & (size <= _STEP)).sum()), int((size > 0).sum()))


def leaps(piece: Sampled) -> Ratio:
    """Fourths and wider, of all intervals between successive notes that are not repeated ones."""
    size = abs(_intervals(piece))
    return Ratio(int((size >= _LEAP).sum()), int((size > 0).sum()))


def repeated_notes(piece: Sampled) -> Ratio:
    """Notes of the same pitch as the note before in their part, of all notes but the first of each part.

    It depends on the source: a grid of sounding pitches holds none.
    """
    intervals = _intervals(piece)
    return Ratio(int((intervals == 0).sum()), len(intervals))


def rests(piece: Sampled) -> Ratio:
    """Silent sixteenths of all parts, from the beginning to the end of the last note of the piece."""
    return Ratio(int((~piece.sounds).sum()), piece.sounds.size)


def _final(piece: Sampled, degrees: tuple[int, ...], lowest: bool) -> Ratio:
    pitches = [int(p) for p in piece.pitches[-1] if p != SILENT] if len(piece.pitches) else []
    if not pitches:
        return NONE
    final = min(pitches) if lowest else max(pitches)
    return Ratio(float((final - piece.key.tonic) % 12 in degrees), 1)


def ends_on_tonic(piece: Sampled) -> Ratio:
    """Whether the lowest of the notes that end the piece is the tonic.

    Where the score does not state its key, ``theory.key_of`` finds it, and leans a little towards the last bass note.
    """
    return _final(piece, (0,), lowest=True)


def ends_in_tonic_chord(piece: Sampled) -> Ratio:
    """Whether the highest of the notes that end the piece lies in the tonic triad, major or (Picardy) minor."""
    return _final(piece, (0, 3, 4, 7), lowest=False)


def _repeats(keys: list[bytes | None]) -> Ratio:
    """Of the bars that have something to compare and an earlier one beside them, those that an earlier one equals."""
    known = [key for key in keys if key is not None]
    seen: set[bytes] = set()
    count = 0
    for key in known:
        count += key in seen
        seen.add(key)
    return Ratio(count, len(known) - 1) if len(known) > 1 else NONE


def repeated_rhythms(piece: Sampled) -> Ratio:
    """Bars whose rhythm (where notes begin, by part) an earlier bar has had; bars without an onset are left out."""
    return _repeats([bar.tobytes() if bar.any() else None for bar in _bar_onsets(piece)])


def repeated_bars(piece: Sampled) -> Ratio:
    """Bars that sound like an earlier bar, pitch by pitch; silent bars are left out."""
    keys: list[bytes | None] = []
    for start, length, bar in piece.bars:
        heard = piece.pitches[start : start + length]
        if bar.number > 0:
            keys.append(heard.tobytes() if (heard != SILENT).any() else None)
    return _repeats(keys)


def empty_bars(piece: Sampled) -> Ratio:
    """Bars in which nothing sounds, of all bars."""
    silent = [not piece.sounds[start : start + length].any() for start, length, _ in piece.bars]
    return Ratio(sum(silent), len(silent))


def published_empty_bars(piece: Sampled) -> Ratio:
    """Early code of MusPy counts a bar when it finds a note in it, and so gives the share of the *full* ones."""
    silent, bars = empty_bars(piece)
    return Ratio(bars - silent, bars)


MEASURES = (
    Measure("pitch_class_entropy", "bits", 1, pitch_class_entropy),
    Measure("scale_consistency", "% of notes", 100, scale_consistency),
    Measure("groove_consistency", "% of sixteenths", 100, groove_consistency, published_groove),
    Measure("notes_per_bar", "notes", 1, notes_per_bar),
    Measure("pitch_range", "semitones", 1, pitch_range),
    Measure("interval_size", "semitones", 1, interval_size),
    Measure("stepwise", "% of intervals", 100, stepwise),
    Measure("leaps", "% of intervals", 100, leaps),
    Measure("repeated_notes", "% of notes", 100, repeated_notes),
    Measure("rests", "% of sixteenths", 100, rests),
    Measure("ends_on_tonic", "% of pieces", 100, ends_on_tonic),
    Measure("ends_in_tonic_chord", "% of pieces", 100, ends_in_tonic_chord),
    Measure("repeated_rhythms", "% of bars", 100, repeated_rhythms),
    Measure("repeated_bars", "% of bars", 100, repeated_bars),
    Measure("empty_bars", "% of bars", 100, empty_bars, published_empty_bars),
)


# --- distributions ------------------------------------------------------------------------------


def _degree_counts(piece: Sampled) -> NDArray[np.int64]:
    return np.roll(_pitch_classes(piece), -piece.key.tonic)


def _interval_counts(piece: Sampled) -> NDArray[np.int64]:
    return np.bincount(np.clip(_intervals(piece), -12, 12) + 12, minlength=25)


def _duration_counts(piece: Sampled) -> NDArray[np.int64]:
    step = piece.score.resolution // STEPS_PER_QUARTER
    return np.bincount([min(n.duration // step, 17) - 1 for n in piece.score.notes], minlength=17)


def _onset_counts(piece: Sampled) -> NDArray[np.int64]:
    counts = np.zeros(24, np.int64)
    for bar in _bar_onsets(piece):
        here = bar.sum(axis=1)
        counts[: len(here)] += here[:24]
    return counts


DISTRIBUTIONS: dict[str, tuple[tuple[str, ...], Callable[[Sampled], NDArray[np.int64]]]] = {
    "degree": (tuple(str(i) for i in range(12)), _degree_counts),
    "interval": (("≤-12", *(str(i) for i in range(-11, 12)), "≥12"), _interval_counts),
    "duration": ((*(str(i) for i in range(1, 17)), ">16"), _duration_counts),
    "onset": (tuple(str(i) for i in range(24)), _onset_counts),
}
"""Name -> (names of the bins, counts of one piece): semitones above the tonic of every note; semitones from note to
note of a part; length in sixteenths; sixteenth of the (complete) bar on which notes begin."""
