"""Where in time notes begin: the dips between equal notes, and the rise of a note's own partials.

The pitch track changes when a new tone has grown louder than the old one; with a slow attack, or where the old one
rings on, that is up to 0.1 s too late. The partials that the old tone lacks show when the new one began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from musegen.transcribe.pitch import HOP_S, Floats
from musegen.transcribe.recording import RATE, Samples

if TYPE_CHECKING:
    from musegen.transcribe.notes import Segment

_SHORT, _LONG = 512, 768  # windows in samples: for dips of a few hundredths of a second; for single partials
_TOP_HZ, _PARTIALS = 5_500.0, 12
_RANGE_DB = 40.0  # what lies further below the loudest is silence
_LOOK = 12  # frames to each side in which a dip's edges are looked for
_LEAST_DIP, _ROUGHNESS = 5.0, 2.0  # dB; a tone that beats by itself must dip deeper
_DIP_FRAMES = 3  # at half its depth: what is shorter is a fault of the recording
_BACK, _ON = 12, 15  # frames before and after a note's first one where its rise is looked for
_RISEN = 12.0  # dB under its height where a note begins
_BEATS = 5.0  # how far a note that has begun may fall back
_FASTEST_RISE_S = 0.01  # how late that is heard in a note that begins at once: the window, and the way to -12 dB
_APART_S = 0.06  # between two beginnings
_STRETCH = 1024  # frames at a time, for memory


def tone_level(samples: Samples, pitch: Floats) -> Floats:
    """[frames] Level in dB of the partials of a pitch, 0 = the loudest; between tones, of the pitches about.

    Args:
        samples: [samples] mono at ``RATE``.
        pitch: [frames] MIDI pitch every ``HOP_S``, nan where there is none; not all nan.
    """
    frames = np.arange(len(pitch))
    voiced = np.flatnonzero(~np.isnan(pitch))
    frequency = 440 * 2 ** ((np.interp(frames, voiced, pitch[voiced]) - 69) / 12)
    hertz = frequency[:, None] * np.arange(1, _PARTIALS + 1)
    stretches = [slice(start, start + _STRETCH) for start in range(0, len(pitch), _STRETCH)]
    power = [_of_partials(_power(samples, frames[part], _SHORT), hertz[part]) for part in stretches]
    level = 10 * np.log10(np.concatenate(power) + 1e-12)
    return np.asarray(np.maximum(level - level.max(), -_RANGE_DB))


def dips(level: Floats, sounding: NDArray[np.bool_]) -> Floats:
    """[frames] How many dB the level rises out of a dip that is too deep for this voice's own beating; mostly 0.

    A dip is as deep as the lower of its edges lies above it. It is told of in its deepest frame.

    Args:
        level: [frames] from ``tone_level``.
        sounding: [frames] Where there is a pitch.
    """
    before = ndimage.maximum_filter1d(level, _LOOK + 1, origin=_LOOK // 2)
    after = ndimage.maximum_filter1d(level, _LOOK + 1, origin=-(_LOOK // 2))
    depth = np.minimum(before, after) - level
    deepest = level == ndimage.minimum_filter1d(level, _LOOK + 1)
    # The first frame of a flat bottom.
    deepest &= ~np.concatenate(([False], deepest[:-1]))
    usual = float(np.quantile(depth[sounding], 0.75)) if sounding.any() else 0.0
    found = np.zeros(len(level))
    for frame in np.flatnonzero(deepest & (depth > _LEAST_DIP + _ROUGHNESS * usual)):
        near = level[max(frame - _LOOK, 0) : frame + _LOOK + 1] < level[frame] + depth[frame] / 2
        if near.sum() >= _DIP_FRAMES:
            found[frame] = depth[frame]
    return found


def place_onsets(samples: Samples, segments: Sequence[Segment]) -> list[Segment]:
    """The same notes, each from where its partials begin to rise; a note that was held up to the next still is."""
    placed: list[Segment] = []
    for segment in segments:
        before = placed[-1] if placed else None
        joined = before is not None and segment.onset_s - before.end_s < 2 * HOP_S
        onset = _rise(samples, segment, before if joined else None)
        if before is not None:
            onset = max(onset, before.onset_s + _APART_S)
            end = onset if joined else min(before.end_s, onset)
            placed[-1] = replace(before, end_s=end)
        onset = min(max(onset, 0.0), segment.end_s - HOP_S)
        placed.append(replace(segment, onset_s=onset))
    return placed


def _rise(samples: Samples, segment: Segment, before: Segment | None) -> float:
    """Seconds at which a note begins."""
    hertz = 440 * 2 ** ((segment.pitch - 69) / 12) * np.arange(1, _PARTIALS + 1)
    hertz = hertz[hertz < _TOP_HZ]
    if before is not None:
        old = 440 * 2 ** ((before.pitch - 69) / 12) * np.arange(1, 4 * _PARTIALS)
        own = np.abs(hertz[:, None] - old).min(axis=1) > 1.2 * RATE / _LONG
        hertz = hertz[own] if own.any() else hertz
    first = round(segment.onset_s / HOP_S)
    held = round(0.8 * (segment.end_s - segment.onset_s) / HOP_S)
    frames = np.arange(first - _BACK, first + min(max(held, 4), _ON) + 1)
    level = 10 * np.log10(_of_partials(_power(samples, frames, _LONG), np.tile(hertz, (len(frames), 1))) + 1e-12)
    top = _BACK - 2 + int(level[_BACK - 2 :].argmax())
    foot = level[: top + 1].min()
    mark = level[top] - min(_RISEN, (level[top] - foot) / 2)
    low = np.flatnonzero(level[:top] < mark - min(_BEATS, (mark - foot) / 2))
    if level[top] - foot < 3 or not len(low):
        return segment.onset_s
    at = int(low[-1] + np.flatnonzero(level[low[-1] : top + 1] >= mark)[0]) - 1
    part = (mark - level[at]) / (level[at + 1] - level[at])
    return float((frames[0] + at + part) * HOP_S - _FASTEST_RISE_S)


def _power(samples: Samples, frames: NDArray[np.int64], size: int) -> Floats:
    """Power spectra [frames, bins] of Hann windows, twice as fine as the window."""
    hop = round(HOP_S * RATE)
    starts = frames * hop - size // 2
    index = starts[:, None] + np.arange(size)
    inside = (index >= 0) & (index < len(samples))
    cut = np.where(inside, samples[np.clip(index, 0, len(samples) - 1)], 0.0)
    spectrum = fft.rfft(cut * signal.windows.hann(size, sym=False), 2 * size)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


def _of_partials(power: Floats, hertz: Floats) -> Floats:
    """[frames] Sum of the power at the given frequencies [frames, partials], as far as they lie below ``_TOP_HZ``."""
    place = np.round(hertz * (2 * (power.shape[1] - 1)) / RATE).astype(np.int64)
    found = np.take_along_axis(power, np.minimum(place, power.shape[1] - 1), axis=1)
    return np.asarray(np.where(hertz < _TOP_HZ, found, 0.0).sum(axis=1))
