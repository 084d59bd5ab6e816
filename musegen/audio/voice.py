"""One sounding note: a sample at its pitch, through its filter and its volume envelope.

Neither a region's waveform at one key nor its volume envelope depends on when the note ends. So both are made once, as
long as the longest note needs, and every note is a slice of them; the last used are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from itertools import pairwise
from math import ceil, pi, sqrt
from math import cos as cosine
from math import sin as sine

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from musegen.audio.region import Envelope, Lfo, Region
from musegen.audio.soundfont import SoundFont

Samples = NDArray[np.float32]

CACHE_BYTES = 96 * 2**20
_SILENCE_DB = 96.0
_MIN_ATTACK_S = 0.002  # shorter ramps click
_MIN_RELEASE_S = 0.02
_MAX_RELEASE_S = 4.0
_CONTROL = 64  # samples between two values of an oscillator or a moving cutoff
_CUTOFF_STEP = 50.0  # cents by which a moving cutoff steps
_OPEN_CUTOFF = 13500.0


class _Cache:
    """Arrays by key, at most ``limit`` bytes; those used longest ago go first. Safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._arrays: OrderedDict[Hashable, Samples] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, length: int, make: Callable[[], Samples]) -> Samples:
        """The array of ``key`` if it is at least ``length`` long, else a new one."""
        with self._lock:
            found = self._arrays.get(key)
            if found is not None and len(found) >= length:
                self._arrays.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._size += made.nbytes - (self._arrays[key].nbytes if key in self._arrays else 0)
            self._arrays[key] = made
            self._arrays.move_to_end(key)
            while self._size > self._limit and len(self._arrays) > 1:
                self._size -= self._arrays.popitem(last=False)[1].nbytes
        return made


_cache = _Cache(CACHE_BYTES)


class Voice:
    """One region at one key: gives its notes, each a slice of the same waveform.

    Args:
        font: Where the region's points lie.
        region: What sounds.
        key: MIDI key, 0-127.
        longest: Samples until the key is let go in the longest note that will be asked for, >= 1.
        sample_rate: Hz.
    """

    def __init__(self, font: SoundFont, region: Region, key: int, longest: int, sample_rate: int) -> None:
        key = region.fixed_key if region.fixed_key >= 0 else key
        self._tail = ceil(release_s(region) * sample_rate)
        # Rounded up to half a second, so that the next piece can use it too.
        block = sample_rate // 2
        length = -(-(longest + self._tail) // block) * block
        keys_alike = not (region.key_to_hold or region.key_to_decay)
        self._wave = _cache.get(
            ("wave", font.path, region, key, sample_rate),
            length,
            lambda: _waveform(font, region, key, length, sample_rate),
        )
        self._envelope = _cache.get(
            ("envelope", region.volume, keys_alike or (region.key_to_hold, region.key_to_decay, key), sample_rate),
            length,
            lambda: _volume(region, key, length, sample_rate),
        )
        self._release = _release(100.0 / max(region.volume.release, _MIN_RELEASE_S), self._tail, sample_rate)

    def note(self, length: int) -> Samples:
        """A note at full velocity, mono, from its onset to the end of its release.

        Args:
            length: Samples until the key is let go, >= 1.

        Returns:
            [length + release] float32, about -1..1.
        """
        total = length + self._tail
        result = self._wave[:total] * self._envelope[:total]
        result[length:] = self._wave[length:total] * self._envelope[length - 1] * self._release
        return result


def release_s(region: Region) -> float:
    """How long a note is heard after its key is let go: until its sustained level has fallen out of hearing."""
    fall = _SILENCE_DB - min(region.volume.sustain, _SILENCE_DB / 2)
    return min(fall / 100.0 * max(region.volume.release, _MIN_RELEASE_S), _MAX_RELEASE_S)


@lru_cache(maxsize=64)
def _release(db_per_s: float, length: int, sample_rate: int) -> Samples:
    """Falling by ``db_per_s``, and to nothing over the last 5 ms."""
    db = np.arange(1, length + 1, dtype=np.float32) * np.float32(-db_per_s / sample_rate)
    fall = _factor(db)
    end = min(sample_rate // 200, length)
    fall[length - end :] *= np.linspace(1, 0, end, dtype=np.float32)
    return fall


def _factor(db: Samples) -> Samples:
    return np.asarray(np.exp(db * np.float32(np.log(10) / 20)), dtype=np.float32)


# --- pitch ------------------------------------------------------------------------------------


def _waveform(font: SoundFont, region: Region, key: int, length: int, sample_rate: int) -> Samples:
    """The region at the key's pitch, filtered: ``length`` samples, silent after the recording's end."""
    semitones = region.semitones_per_key * (key - 60) + 60 - region.root
    speed = 2.0 ** (semitones / 12) * region.rate / sample_rate
    cents = _pitch_cents(region, length, sample_rate)
    if cents is None:
        position = np.arange(length) * speed
    else:
        steps = np.repeat(speed * 2.0 ** (cents / 1200), _CONTROL)[:length]
        position = np.concatenate(([0.0], np.cumsum(steps[:-1])))
    wave = _filter(region, _interpolate(font, region, position), sample_rate)
    if region.mod_lfo_volume:
        swing = region.mod_lfo_volume * _lfo(region.mod_lfo, len(wave), sample_rate)
        wave *= np.repeat(10 ** (swing / 20), _CONTROL)[: len(wave)].astype(np.float32)
    return np.pad(wave, (0, length - len(wave)))


def _pitch_cents(region: Region, length: int, sample_rate: int) -> NDArray[np.float64] | None:
    """How far the pitch is bent every ``_CONTROL`` samples, in cents; None where it never is."""
    if not (region.mod_env_pitch or region.mod_lfo_pitch or region.vib_lfo_pitch):
        return None
    cents = region.mod_env_pitch * _modulation(region.modulation, length, sample_rate)
    if region.mod_lfo_pitch:
        cents = cents + region.mod_lfo_pitch * _lfo(region.mod_lfo, length, sample_rate)
    if region.vib_lfo_pitch:
        cents = cents + region.vib_lfo_pitch * _lfo(region.vib_lfo, length, sample_rate)
    return cents


def _interpolate(font: SoundFont, region: Region, position: NDArray[np.float64]) -> Samples:
    """Points at fractional positions from the sample's start, by a cubic through four points (Catmull-Rom)."""
    loop = region.loop
    stop = loop[1] if loop else region.end
    points = font.points[region.start : stop].astype(np.float32) / 32768
    if loop:
        # Past the loop's end stands its beginning again, so that the four points never need a seam.
        first = loop[0] - region.start
        size = loop[1] - loop[0]
        table = np.concatenate((points[:1], points, np.resize(points[first:], 3)))
        whole = np.floor(position).astype(np.int64)
        fraction = (position - whole).astype(np.float32)
        late = int(np.searchsorted(whole, first + size))
        whole[late:] = first + (whole[late:] - first) % size
    else:
        table = np.concatenate((points[:1], points, np.zeros(3, np.float32)))
        position = position[: int(np.searchsorted(position, len(points)))]
        whole = np.floor(position).astype(np.int64)
        fraction = (position - whole).astype(np.float32)
    a, b, c, d = (table[whole + shift] for shift in range(4))
    if loop:  # before the loop's first point comes, from the second round on, its last one
        seam = np.flatnonzero(whole[late:] == first) + late
        a[seam] = points[-1]
    curve = ((3 * (b - c) + d - a) * fraction + (2 * a - 5 * b + 4 * c - d)) * fraction + (c - a)
    return np.asarray(b + 0.5 * fraction * curve, dtype=np.float32)


# --- oscillators and envelopes ----------------------------------------------------------------


def _lfo(lfo: Lfo, length: int, sample_rate: int) -> NDArray[np.float64]:
    """Triangle -1..1 from 0 upwards, every ``_CONTROL`` samples."""
    time = np.arange(ceil(length / _CONTROL)) * (_CONTROL / sample_rate) - lfo.delay
    phase = np.where(time > 0, time * lfo.rate, 0.0) % 1.0
    return np.asarray(1 - np.abs((4 * phase + 3) % 4 - 2), dtype=np.float64)


def _modulation(envelope: Envelope, length: int, sample_rate: int) -> NDArray[np.float64]:
    """The modulation envelope 0..1 until the key is let go, every ``_CONTROL`` samples."""
    time = np.arange(ceil(length / _CONTROL)) * (_CONTROL / sample_rate)
    corners = np.cumsum([envelope.delay, envelope.attack, envelope.hold, envelope.decay * (1 - envelope.sustain)])
    rise = (time - corners[0]) / max(envelope.attack, 1e-4)
    fall = 1 - (time - corners[2]) / max(envelope.decay, 1e-4)
    return np.asarray(np.clip(np.minimum(rise, np.maximum(fall, envelope.sustain)), 0, 1), dtype=np.float64)


def _volume(region: Region, key: int, length: int, sample_rate: int) -> Samples:
    """The volume envelope as a factor 0..1 until the key is let go: a straight attack, then dB by time."""
    volume = region.volume
    hold = volume.hold * 2.0 ** (region.key_to_hold * (60 - key) / 1200)
    decay = max(volume.decay * 2.0 ** (region.key_to_decay * (60 - key) / 1200), 1e-3)
    attack = max(volume.attack, _MIN_ATTACK_S)
    full = volume.delay + attack + hold
    sustain = min(volume.sustain, _SILENCE_DB)
    level = np.full(length, 10 ** (-sustain / 20), np.float32)
    start, end = (min(round(at * sample_rate), length) for at in (full, full + decay * sustain / 100))
    level[:start] = 1
    db = (np.arange(start, end, dtype=np.float32) / sample_rate - full) * (-100 / decay)
    level[start:end] = _factor(db.astype(np.float32))
    begin, top = (min(round(at * sample_rate), length) for at in (volume.delay, volume.delay + attack))
    level[:begin] = 0
    level[begin:top] = np.linspace(0, 1, top - begin, endpoint=False, dtype=np.float32)
    return level


# --- filter -----------------------------------------------------------------------------------


def _filter(region: Region, wave: Samples, sample_rate: int) -> Samples:
    """The low-pass, stepping along where envelope or oscillator move its cutoff."""
    cutoff = np.full(ceil(len(wave) / _CONTROL), region.cutoff)
    if region.mod_env_cutoff:
        cutoff += region.mod_env_cutoff * _modulation(region.modulation, len(wave), sample_rate)
    if region.mod_lfo_cutoff:
        cutoff += region.mod_lfo_cutoff * _lfo(region.mod_lfo, len(wave), sample_rate)
    if region.resonance <= 0 and (cutoff >= _OPEN_CUTOFF).all():
        return wave
    steps = np.clip(np.round(cutoff / _CUTOFF_STEP), 1500 / _CUTOFF_STEP, _OPEN_CUTOFF / _CUTOFF_STEP)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(steps)) + 1, [len(steps)]))
    result = np.empty_like(wave)
    state = np.zeros(2)
    for first, last in pairwise(edges):
        b, a = _low_pass(float(steps[first]) * _CUTOFF_STEP, region.resonance, sample_rate)
        part = slice(first * _CONTROL, last * _CONTROL)
        result[part], state = signal.lfilter(b, a, wave[part], zi=state)
    return result


def _low_pass(cents: float, resonance: float, sample_rate: int) -> tuple[list[float], list[float]]:
    """Second-order low-pass (R. Bristow-Johnson's cookbook); louder resonance lowers the whole, as FluidSynth does."""
    frequency = min(8.176 * 2.0 ** (cents / 1200), 0.45 * sample_rate)
    q = 10 ** ((resonance - 3.01) / 20)
    angle = 2 * pi * frequency / sample_rate
    alpha = sine(angle) / (2 * q)
    gain = (1 - cosine(angle)) / 2 / (1 + alpha) / sqrt(max(q, 10 ** (-3.01 / 20)) * sqrt(2))
    return [gain, 2 * gain, gain], [1.0, -2 * cosine(angle) / (1 + alpha), (1 - alpha) / (1 + alpha)]
