"""From the sum of all notes to something to listen to: a little room, an even loudness, and no clipping.

All of it is deterministic and works on one stretch at a time, so that twenty minutes fit in memory.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, tan

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

Samples = NDArray[np.float32]

LOUDNESS = -18.0
"""Loudness in LUFS (ITU-R BS.1770-4) to which every piece is brought."""
CEILING_DB = -1.0
"""Highest peak in dB below full scale."""
REVERB_TAIL_S = 1.2

_WET = 0.2  # level of the room against the direct sound
_STRETCH = 2**17
_LIMIT_BLOCK = 64


def add_room(bus: Samples, sample_rate: int) -> None:
    """Add the sound of a room to ``bus`` [2, samples] in place: its mono sum, convolved with decaying noise.

    What lies below 16 Hz, such as a recording's constant offset, is taken away.

    Args:
        bus: Left and right; the last ``REVERB_TAIL_S`` should be silent, the tail fills them.
        sample_rate: Hz.
    """
    size, room = _room(sample_rate)
    step = size - round(REVERB_TAIL_S * sample_rate)
    tail = np.zeros((2, size), np.float32)  # what earlier stretches still ring
    b, a = signal.butter(1, 16, "highpass", fs=sample_rate)
    state = np.zeros((2, 1))
    for start in range(0, bus.shape[1], step):
        part = bus[:, start : start + step]
        part[:], state = signal.lfilter(b, a, part, zi=state)
        wet = fft.irfft(fft.rfft(part.mean(axis=0), size) * room, size)
        wet += tail
        tail = np.zeros_like(wet)
        tail[:, : size - step] = wet[:, step:]
        part += wet[:, : part.shape[1]]


@lru_cache(maxsize=2)
def _room(sample_rate: int) -> tuple[int, NDArray[np.complex64]]:
    """Length of the transform and spectrum [2, frequencies] of the room: low sounds ring longer than high ones."""
    length = round(REVERB_TAIL_S * sample_rate)
    size = fft.next_fast_len(_STRETCH + length, real=True)
    time = np.arange(length) / sample_rate
    noise = np.random.default_rng(7).standard_normal((2, length))
    low = signal.sosfilt(signal.butter(2, min(1800, 0.4 * sample_rate), fs=sample_rate, output="sos"), noise)
    dark = low / low.std() * 10 ** (-60 / 20 * time / 1.5)  # falls by 60 dB in 1.5 s
    bright = noise * 10 ** (-60 / 20 * time / 0.5) * 0.5
    bass_cut = signal.butter(1, 150, "highpass", fs=sample_rate, output="sos")
    room = signal.sosfilt(bass_cut, dark + bright)
    delay = round(0.012 * sample_rate)
    room = np.pad(room, ((0, 0), (delay, 0)))[:, :length]
    room *= np.minimum(1, np.linspace(6, 0, length))  # ends in nothing
    room *= _WET / np.sqrt((room**2).sum(axis=1, keepdims=True))
    return size, fft.rfft(room.astype(np.float32), size)


def loudness(bus: Samples, sample_rate: int) -> float:
    """Integrated loudness in LUFS of ``bus`` [2, samples], gated as in ITU-R BS.1770-4; -inf for silence.

    Measured on 0.4 s blocks that do not overlap, which for music is within a few tenths of the standard's value.
    """
    weighting = k_weighting(sample_rate)
    block = round(0.4 * sample_rate)
    state = np.zeros((len(weighting), 2, 2), np.float64)
    powers = []
    for start in range(0, bus.shape[1], 64 * block):
        part, state = signal.sosfilt(weighting, bus[:, start : start + 64 * block], zi=state)
        part = np.pad(part, ((0, 0), (0, -part.shape[1] % block))) if part.shape[1] > block else part
        powers.append((part.reshape(2, -1, min(block, part.shape[1])) ** 2).mean(axis=2).sum(axis=0))
    power = np.concatenate(powers) if powers else np.zeros(1)
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(power):
        return -np.inf
    power = power[power >= power.mean() / 10]  # 10 LU below the mean
    return float(-0.691 + 10 * np.log10(power.mean()))


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """BS.1770's two filters for any rate, as analogue prototypes of F. de Man's and libebur128's derivation."""
    sections = []
    for frequency, q, shelf in (
        (1681.974450955533, 0.7071752369554196, 3.999843853973347),
        (38.13547087602444, 0.5, 0),
    ):
        k = tan(pi * frequency / sample_rate)
        a0 = 1 + k / q + k * k
        if shelf:
            high, band = 10 ** (shelf / 20), 10 ** (shelf / 20 * 0.4996667741545416)
            b = [high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]
            b = [value / a0 for value in b]
        else:
            b = [1.0, -2.0, 1.0]
        sections.append([*b, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    return np.array(sections)


def limit(bus: Samples, gain: float) -> None:
    """Multiply ``bus`` [2, samples] by ``gain`` in place, turning down smoothly where it would pass the ceiling."""
    bus *= np.float32(gain)
    ceiling = 10 ** (CEILING_DB / 20)
    length = bus.shape[1]
    count = -(-length // _LIMIT_BLOCK)
    peaks = np.zeros(count)
    for start in range(0, count, 4096):  # a stretch at a time, for memory
        part = np.abs(bus[:, start * _LIMIT_BLOCK : (start + 4096) * _LIMIT_BLOCK]).max(axis=0)
        part = np.pad(part, (0, -len(part) % _LIMIT_BLOCK)).reshape(-1, _LIMIT_BLOCK)
        peaks[start : start + len(part)] = part.max(axis=1)
    if not count or peaks.max() <= ceiling:
        return
    allowed = np.minimum(1, ceiling / np.maximum(peaks, ceiling))
    # The least over 31 blocks (45 ms), then their mean: never above what any block allows, and without corners.
    allowed = ndimage.uniform_filter1d(ndimage.minimum_filter1d(allowed, 31), 29)
    centres = (np.arange(count) + 0.5) * _LIMIT_BLOCK
    for start in range(0, length, 2**20):
        stop = min(start + 2**20, length)
        bus[:, start:stop] *= np.interp(np.arange(start, stop), centres, allowed).astype(np.float32)
