"""The fundamental frequency of one voice, every 10 ms: autocorrelation candidates, and the best path through them.

P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound", Proceedings of the Institute of Phonetic Sciences 17 (1993), 97-110: the autocorrelation of a windowed frame,
divided by that of the window, has peaks at the period and its multiples whose height is the share of periodic energy.
Added here: the steady noise of the recording is taken out of the power spectrum before it becomes an autocorrelation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from musegen.transcribe.recording import RATE, Samples

HOP_S = 0.01
LOWEST_HZ, HIGHEST_HZ = 70.0, 3600.0
"""From a bass's C sharp 2 to a whistled A7."""

_HOP = round(HOP_S * RATE)
_WINDOW = 1024
_FINE = 2  # lags to a sample: the peaks of short periods are narrow
_CANDIDATES = 6
_OCTAVE_COST = 0.05  # how much a period must be better than its half (the same tone, heard twice)
_RANGE_COST = 0.4  # of an octave more than ten semitones from the middle of the melody
_JUMP_COST = 0.35  # of an octave from one frame to the next
_VOICING_COST = 0.2  # of beginning or ending to be voiced
_UNVOICED = 0.5  # what "no pitch" is worth: the periodic share that a pitch must beat
_BACK = 6  # frames to look back for what still rings: about the window's length
_RINGING = 2.0  # how strongly what fades is taken away
_STRETCH = 1024  # frames at a time, for memory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PitchTrack:
    """What is heard every ``HOP_S``; frame i is centred on i * ``HOP_S`` seconds.

    Attributes:
        pitch: [frames] MIDI pitch with its fraction; nan where there is none.
        strength: [frames] Share of the energy that is periodic, 0-1; 0 where there is no pitch.
        level: [frames] dB; 0 = the recording's loudest.
        onset: [frames] How much the bands rise, as if a note began there; dB, >= 0.
    """

    pitch: Floats
    strength: Floats
    level: Floats
    onset: Floats


def track_pitch(samples: Samples) -> PitchTrack:
    """Follow the pitch of one voice.

    Args:
        samples: [samples] mono at ``RATE``.
    """
    x = signal.sosfiltfilt(signal.butter(3, 70, "highpass", fs=RATE, output="sos"), samples).astype(np.float32)
    level, bands = _levels(x)
    floor = _noise_floor(x)
    strengths, pitches = [], []
    padded = np.pad(x, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    for start in range(0, len(frames), _STRETCH):
        before = min(start, _BACK)
        found = _candidates(frames[start - before : start + _STRETCH], floor, before)
        strengths.append(found[0])
        pitches.append(found[1])
    strength, pitch = np.concatenate(strengths), np.concatenate(pitches)
    count = min(len(level), len(pitch))
    level, bands, strength, pitch = level[:count], bands[:count], strength[:count], pitch[:count]
    unvoiced = _UNVOICED + np.clip((_gate(level) - level) / 10, 0, 1)
    path = _best_path(_near_the_rest(strength, pitch, _best_path(strength, pitch, unvoiced)), pitch, unvoiced)
    rows = np.arange(count)
    voiced = path < _CANDIDATES
    chosen = np.minimum(path, _CANDIDATES - 1)
    return PitchTrack(
        np.where(voiced, pitch[rows, chosen], np.nan),
        np.where(voiced, np.clip(strength[rows, chosen], 0, 1), 0.0),
        level,
        _rise(bands),
    )


def midi_pitch(frequency: Floats) -> Floats:
    """MIDI pitch of a frequency in Hz; 69 = 440 Hz."""
    return 69 + 12 * np.log2(np.maximum(frequency, 1e-9) / 440)


# --- candidates -------------------------------------------------------------------------------


def _spectra(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power spectra of frames [frames, ``_WINDOW``], twice as fine as the window, so that lags don't wrap round."""
    window = signal.windows.hann(_WINDOW, sym=False).astype(np.float32)
    frames = (frames - frames.mean(axis=1, keepdims=True)) * window
    spectrum = fft.rfft(frames, 2 * _WINDOW)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def _noise_floor(x: Samples) -> NDArray[np.float32]:
    """Power spectrum of what never stops: each frequency's lower tenth over time, smoothed so that no tone is in it."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, _WINDOW // 2), _WINDOW)
    step = max(len(frames) // 600, _HOP)
    low = np.quantile(_spectra(frames[::step]), 0.1, axis=0)
    # Power of noise is exponentially distributed: its lower tenth lies at 0.105 of its mean.
    return np.asarray(ndimage.median_filter(low, 81) / 0.105, dtype=np.float32)


def _candidates(frames: NDArray[np.float32], floor: NDArray[np.float32], before: int) -> tuple[Floats, Floats]:
    """Strength and MIDI pitch, each [frames, ``_CANDIDATES``], of the highest autocorrelation peaks; strength -1: none.

    Two tones at once have a common period, far below both. So what fades is taken away from what sounds, as K. Lebart,
    J. Boucher and P. Denbigh take reverberation away (Acta Acustica 87 (2001), 359-366); a tone that goes on stays.

    Args:
        frames: [before + frames, ``_WINDOW``]; the first ``before`` are only looked back at.
        floor: Power spectrum of the steady noise.
        before: At most ``_BACK``.
    """
    power = _spectra(frames)
    past = np.concatenate((np.zeros((_BACK, power.shape[1]), np.float32), power))[before : before + len(power) - before]
    power = power[before:]
    first, last = int(_FINE * RATE / HIGHEST_HZ), int(_FINE * RATE / LOWEST_HZ) + 2
    whole = _lags(np.maximum(power - floor, 0.05 * power), last + 1)
    fading = np.minimum(power / np.maximum(past, 1e-12), 1.0) ** _RINGING
    fresh = _lags(np.maximum(power - floor, 0.05 * power) * np.maximum(fading, 0.01), last + 1)
    middle = fresh[:, first:last]
    peak = (middle > fresh[:, first - 1 : last - 1]) & (middle >= fresh[:, first + 1 : last + 1]) & (middle > 0.2)
    score = np.where(peak, middle - _OCTAVE_COST * np.log2(np.arange(first, last) / first), -1.0)
    place = np.argpartition(-score, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    rows = np.arange(len(score))[:, None]
    strength = score[rows, place].astype(np.float64)
    return strength, midi_pitch(RATE / (_climb(whole, place + first, rows) / _FINE))


def _lags(power: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """[frames, count] autocorrelation over that of the window, 1 at lag 0."""
    lags = fft.irfft(power, _FINE * 2 * _WINDOW)[:, :count]
    return np.asarray(lags / np.maximum(lags[:, :1], 1e-12) / _window_lags()[:count], dtype=np.float32)


def _climb(lags: NDArray[np.float32], place: NDArray[np.int64], rows: NDArray[np.int64]) -> Floats:
    """The lags of the peaks next to ``place``, between two lags by a parabola.

    What was taken away of the past bends the peaks of a tone that moves, so their place is read where nothing was.
    """
    last = lags.shape[1] - 2
    for _ in range(_FINE * 4):
        here = lags[rows, place]
        step = (lags[rows, place + 1] > here).astype(np.int64) - (lags[rows, place - 1] > here)
        place = np.clip(place + step, 1, last)
    before, at, after = (lags[rows, place + shift].astype(np.float64) for shift in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0)
    return np.asarray(place + np.clip(shift, -0.5, 0.5))


def _window_lags() -> NDArray[np.float32]:
    """Autocorrelation of the window at the same lags, 1 at lag 0."""
    window = signal.windows.hann(_WINDOW, sym=False)
    lags = fft.irfft(np.abs(fft.rfft(window, 2 * _WINDOW)) ** 2, _FINE * 2 * _WINDOW)
    return np.asarray(lags / lags[0], dtype=np.float32)


# --- the path ---------------------------------------------------------------------------------


def _near_the_rest(strength: Floats, pitch: Floats, path: NDArray[np.int64]) -> Floats:
    """The strengths, less where a candidate lies far from the middle of all that was sung: a voice has a range."""
    voiced = np.flatnonzero(path < _CANDIDATES)
    if not len(voiced):
        return strength
    middle = float(np.median(pitch[voiced, path[voiced]]))
    return np.asarray(strength - _RANGE_COST * np.maximum(np.abs(pitch - middle) - 10, 0) / 12)


def _best_path(strength: Floats, pitch: Floats, unvoiced: Floats) -> NDArray[np.int64]:
    """Viterbi: [frames] index of the candidate, or ``_CANDIDATES`` for none.

    The path's sum of strengths less the costs of its jumps is the greatest. Costs are for steps of 10 ms (Boersma).
    """
    count = len(strength)
    value = np.concatenate((strength, unvoiced[:, None]), axis=1)
    octaves = np.concatenate((pitch / 12, np.full((count, 1), np.nan)), axis=1)
    back = np.zeros((count, _CANDIDATES + 1), np.int64)
    total = value[0]
    for t in range(1, count):
        cost = _JUMP_COST * np.abs(octaves[t][:, None] - octaves[t - 1][None, :])
        cost[-1, :] = cost[:, -1] = _VOICING_COST
        cost[-1, -1] = 0.0
        options = total[None, :] - cost
        back[t] = options.argmax(axis=1)
        total = value[t] + options.max(axis=1)
    path = np.zeros(count, np.int64)
    path[-1] = total.argmax()
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


# --- loudness ---------------------------------------------------------------------------------


def _levels(x: Samples) -> tuple[Floats, Floats]:
    """Level in dB [frames], the loudest 0, and that of 24 bands [frames, bands], in windows of 20 ms."""
    size = 2 * _HOP
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, size // 2), size)[::_HOP]
    power = np.abs(fft.rfft(frames * signal.windows.hann(size, sym=False).astype(np.float32), axis=1)) ** 2
    edges = np.unique(np.round(np.geomspace(2, power.shape[1] - 1, 25)).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    whole = power.sum(axis=1)
    # A click is shorter than a breath between two notes: the median over 50 ms keeps one and not the other.
    level = ndimage.median_filter(10 * np.log10(whole + 1e-9), 5)
    top = float(np.quantile(level, 0.98))
    return level - top, ndimage.median_filter(10 * np.log10(bands + 1e-9), (5, 1)) - top


def _gate(level: Floats) -> float:
    """Below this level nothing is sung: above what is heard in the pauses, and at most 35 dB under the loudest."""
    pauses = float(np.quantile(level, 0.08))
    return max(-35.0, min(pauses + 6, -18.0))


def _rise(bands: Floats) -> Floats:
    """Mean rise of the audible bands from the quietest of the last 80 ms to the next 30 ms, in dB."""
    heard = np.maximum(bands, bands.max(axis=0, keepdims=True) - 30)
    heard = np.maximum(heard, -45)
    before = ndimage.minimum_filter1d(heard, 7, axis=0, origin=3)
    after = ndimage.maximum_filter1d(heard, 3, axis=0, origin=-1)
    weight = np.maximum(bands.max(axis=0) + 40, 0)
    return np.asarray((np.maximum(after - before, 0) * weight).sum(axis=1) / max(weight.sum(), 1e-9), dtype=np.float64)
