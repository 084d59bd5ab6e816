"""Melodies sung and played with all that a singer and a room do to them, and with their true notes: for ``sing.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from musegen.audio import synthesize
from musegen.corpora import load_corpus
from musegen.score import Note, Score, Tempo, Track

RATE = 22_050
SETS = ("aird", "oneill", "ryan", "misc-folk", "mutopia-japan", "polish-melodies", "lieder-melodies")
INSTRUMENTS = {"choir aahs": 52, "voice oohs": 53, "flute": 73, "violin": 40}
# Formants in Hz with bandwidth and gain in dB, of an average voice (textbook values).
VOWELS = {
    "a": ((750, 90, 0), (1200, 110, -5), (2600, 160, -20), (3300, 200, -28)),
    "e": ((450, 70, 0), (1900, 110, -12), (2550, 160, -18), (3300, 200, -25)),
    "i": ((320, 60, 0), (2200, 100, -18), (2900, 160, -20), (3500, 200, -26)),
    "o": ((480, 80, 0), (850, 90, -8), (2500, 160, -28), (3200, 200, -32)),
    "u": ((340, 60, 0), (750, 80, -14), (2400, 160, -34), (3200, 200, -38)),
    "m": ((260, 80, 0), (1000, 200, -26), (2200, 250, -36), (3000, 300, -42)),
}
Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Tune:
    """A melody to be sung: one voice, quantised, with its written tempo."""

    id: str
    score: Score


@dataclass(frozen=True)
class Take:
    """A performance: samples at ``RATE``, and per note onset, end (seconds) and sounding MIDI pitch; written notes."""

    samples: Samples
    onsets: NDArray[np.float64]
    ends: NDArray[np.float64]
    pitches: NDArray[np.float64]
    written: tuple[Note, ...]


def tunes(split: str, each: int, seed: int, seconds: float = 16.0) -> list[Tune]:
    """The first bars of ``each`` tunes of each set, on the sixteenths, no note shorter than 0.11 s."""
    rng = np.random.default_rng(seed)
    found = []
    for name in SETS:
        pieces = load_corpus(name, jobs=1).split(split)
        taken = 0
        for place in rng.permutation(len(pieces)):
            tune = _excerpt(pieces[place].score, float(rng.uniform(66, 126)), seconds)
            if tune is not None:
                found.append(Tune(pieces[place].id, tune))
                taken += 1
            if taken == each:
                break
    return found


def _excerpt(score: Score, tempo: float, seconds: float) -> Score | None:
    step = score.resolution / 4
    if len(score.metres) > 1 or 16 % score.metres[0].denominator or score.metres[0].denominator > 8:
        return None
    bars = [bar for bar in score.bars() if bar.start / score.resolution * 60 / tempo < seconds - 2]
    part = score.slice_bars(bars[0].number, bars[-1].number)
    middle = int(np.median([n.pitch for n in part.notes])) if part.notes else 0
    part = part.replace(tempos=(Tempo(0, tempo),), tracks=(Track("Melody"),), provenance={})
    shortest = min((part.seconds(n.end) - part.seconds(n.onset) for n in part.notes), default=0.0)
    on_grid = all(n.onset % step == 0 and n.duration % step == 0 for n in part.notes)
    if len(part.notes) < 12 or shortest < 0.11 or not on_grid or not 50 <= middle <= 82:
        return None
    return part


# --- performances -----------------------------------------------------------------------------


def timing(score: Score, rng: np.random.Generator, loose: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Onsets and ends in seconds: a tempo that wanders by some per cent, each onset off by 20 ms times ``loose``."""
    onsets = np.array([score.seconds(n.onset) for n in score.notes])
    ends = np.array([score.seconds(n.end) for n in score.notes])
    length = max(ends.max(), 1.0)
    wave = loose * 0.03 * length / (2 * np.pi) * 0.5
    phase = rng.uniform(0, 2 * np.pi)

    def wander(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(t + wave * (np.sin(2 * np.pi * t * 2 / length + phase) - np.sin(phase)))

    onsets, ends = wander(onsets), wander(ends)
    onsets = onsets + np.clip(rng.normal(0, 0.02 * loose, len(onsets)), -0.04, 0.04)
    onsets = np.maximum.accumulate(onsets - onsets.min()) + 0.4
    ends = np.minimum(np.maximum(ends + 0.4, onsets + 0.09), np.append(onsets[1:], np.inf))
    return onsets, ends


def played(score: Score, program: int, rng: np.random.Generator) -> Take:
    """The melody on a SoundFont's instrument, in its small room; the same note again is tongued, up to 70 ms apart."""
    onsets, ends = timing(score, rng, 1.0)
    apart = np.append(np.diff([n.pitch for n in score.notes]) == 0, False)
    ends = np.where(apart, ends - np.minimum(0.07, 0.25 * (ends - onsets)), ends)
    notes = tuple(
        Note(round(a * 1000), n.pitch, max(round((b - a) * 1000) - 12, 60), int(rng.integers(65, 100)))
        for a, b, n in zip(onsets, ends, score.notes, strict=True)
    )
    sound = synthesize(Score(notes, (Track("", program),), resolution=500), sample_rate=RATE)
    pitches = np.array([n.pitch for n in score.notes], float)
    return Take(sound.mean(axis=1).astype(float), onsets, ends, pitches, score.notes)


def sung(score: Score, style: str, rng: np.random.Generator) -> Take:
    """The melody by a voice of harmonics and formants: "la" (consonants), "vowel" (one syllable), "hum", "whistle".

    Vibrato of 5-6 Hz and up to 50 cents, scoops, glides, wrong by 15 cents from note to note, a tuning that is off by
    up to 45 cents and drifts by up to 40, breath between the phrases and in the tone.
    """
    middle = rng.uniform(50, 57) if rng.random() < 0.5 else rng.uniform(62, 69)
    if style == "whistle":
        middle = rng.uniform(82, 92)
    shift = 12 * round((middle - np.median([n.pitch for n in score.notes])) / 12)
    onsets, ends = timing(score, rng, 1.0)
    total = round((ends[-1] + 0.7) * RATE)
    time = np.arange(total) / RATE
    drift = rng.uniform(-0.45, 0.45) + rng.uniform(-0.4, 0.4) * time / time[-1]
    own = np.array([n.pitch + shift for n in score.notes], float) + rng.normal(0, 0.15, len(onsets))
    pitch = np.full(total, own[0])
    loud = np.full(total, -60.0)
    vowels = np.array(list("aeiou"))
    mouth = np.full(len(onsets), {"hum": "m", "whistle": "w"}.get(style, rng.choice(vowels)))
    rate, depth = rng.uniform(5, 6), rng.uniform(0.2, 0.5)
    noise = np.zeros(total)
    for i, (a, b) in enumerate(zip(onsets, ends, strict=True)):
        after_rest = i == 0 or a - ends[i - 1] > 0.08
        if style == "la" and rng.random() < 0.5:
            mouth[i:] = rng.choice(vowels)
        gap = 0.0
        if i and not after_rest:
            same = round(own[i] - own[i - 1]) == 0
            if style == "la":
                gap = rng.uniform(0.03, 0.08)
            elif same:  # the same note again on one syllable: the breath is held for a moment
                gap = rng.uniform(0.04, 0.07)
        first, last = round(a * RATE), min(round(b * RATE), total)
        t = time[first:last] - a
        bend = np.zeros(last - first)
        if (after_rest or gap) and rng.random() < 0.4:
            bend -= rng.uniform(0.6, 1.8) * np.exp(-t / 0.035)
        elif not after_rest:  # from the last note's pitch, half of the glide before the beat
            bend += (own[i - 1] - own[i]) * 0.5 * np.exp(-t / rng.uniform(0.012, 0.03))
            early = slice(max(first - round(0.03 * RATE), 0), first)
            pitch[early] += (own[i] - own[i - 1]) * 0.5 * np.exp((time[early] - a) / 0.015)
        grown = np.clip((t - 0.12) / 0.2, 0, 1)
        pitch[first:] = own[i]
        pitch[first:last] += bend + depth * grown * np.sin(2 * np.pi * rate * t)
        level = rng.uniform(-6, 0) - 2 * t
        level = level - 40 * np.exp(-t / 0.012) * (1.0 if after_rest or gap else 0.05)
        level -= 40 * np.exp((t - t[-1]) / 0.02) * (i + 1 == len(ends) or onsets[i + 1] - b > 0.08)
        loud[first:last] = level
        if gap:
            dip = slice(max(first - round(gap * RATE), 0), first)
            loud[dip] = np.minimum(loud[dip], -rng.uniform(14, 30))
            if rng.random() < 0.3:  # s, t, k
                noise[dip] += 0.03 * rng.standard_normal(dip.stop - dip.start)
        if after_rest and i:
            breath = slice(max(first - round(0.25 * RATE), 0), max(first - round(0.06 * RATE), 1))
            noise[breath] += 0.008 * rng.standard_normal(breath.stop - breath.start)
    loud = np.convolve(loud, np.ones(200) / 200, "same")
    wobble = np.convolve(rng.standard_normal(total // 400 + 2), np.ones(3) / 3, "same").repeat(400)[:total] * 0.08
    sound = _voice(pitch + drift + wobble, loud, onsets, mouth, rng)
    sound += signal.lfilter(*signal.butter(2, [900, 6000], "bandpass", fs=RATE), noise)
    true = own + np.interp((onsets + ends) / 2, time, drift)
    return Take(sound, onsets, ends, true, score.notes)


def _voice(
    pitch: Samples, loud: Samples, onsets: Samples, mouth: NDArray[np.str_], rng: np.random.Generator
) -> Samples:
    """Harmonics of a falling spectrum, each as loud as the formants let it be at its frequency; and breath."""
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    turns = 2 * np.pi * np.cumsum(frequency) / RATE
    amplitude = 10 ** (loud / 20)
    which = np.searchsorted(onsets - 0.03, np.arange(len(pitch)) / RATE, side="right") - 1
    names = sorted(set(mouth.tolist()))
    index = np.array([names.index(m) for m in mouth])[np.clip(which, 0, None)]
    axis = np.linspace(0, RATE / 2, 512)
    table = np.array([_mouth(name, axis) for name in names])
    result = np.zeros(len(pitch))
    for k in range(1, 2 if names == ["w"] else int(6000 / frequency.min()) + 1):
        at = k * frequency
        column = np.minimum(at / (RATE / 2) * 511, 511).astype(int)
        result += np.where(at < 6000, table[index, column], 0) * k**-1.3 * np.sin(k * turns + rng.uniform(0, 6))
    breath = rng.standard_normal(len(pitch)) * 0.012
    return np.asarray(amplitude * (result / max(np.abs(result).max(), 1e-9) * 0.5 + breath))


def _mouth(name: str, axis: Samples) -> Samples:
    gain = np.full(len(axis), 0.01)
    if name == "w":  # lips make no overtones to speak of: 1 for the first of them, and no more
        return gain
    for frequency, width, db in VOWELS[name]:
        gain = gain + 10 ** (db / 20) / np.sqrt(1 + ((axis - frequency) / width) ** 2)
    return gain


# --- what happens on the way to the file ------------------------------------------------------


def _power(x: Samples) -> float:
    loud = np.abs(x) > 0.05 * np.abs(x).max()
    return float((x[loud] ** 2).mean())


def noisy(snr_db: float) -> Callable[[Take, np.random.Generator], Samples]:
    """Pink noise, ``snr_db`` under the voice."""

    def add(take: Take, rng: np.random.Generator) -> Samples:
        spectrum = np.fft.rfft(rng.standard_normal(len(take.samples)))
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
        noise = np.fft.irfft(spectrum, len(take.samples))
        noise *= np.sqrt(_power(take.samples) / 10 ** (snr_db / 10)) / noise.std()
        return np.asarray(take.samples + noise)

    return add


def in_room(take: Take, rng: np.random.Generator) -> Samples:
    """A living room: decaying noise of 0.5 s, as loud as the direct sound less 6 dB."""
    t = np.arange(round(0.5 * RATE)) / RATE
    room = rng.standard_normal(len(t)) * 10 ** (-3 * t / 0.5)
    room *= 0.5 / np.sqrt((room**2).sum())
    room[0] += 1
    return np.asarray(signal.fftconvolve(take.samples, room)[: len(take.samples)])


def with_hum(take: Take, rng: np.random.Generator) -> Samples:
    """Mains hum of 50 Hz with its overtones, 18 dB under the voice."""
    t = np.arange(len(take.samples)) / RATE
    hum = sum(
        a * np.sin(2 * np.pi * 50 * k * t + rng.uniform(0, 6)) for k, a in ((1, 1), (2, 0.5), (3, 0.4), (5, 0.15))
    )
    return np.asarray(take.samples + hum * np.sqrt(_power(take.samples) * 10**-1.8) / np.std(hum))


def by_phone(take: Take, rng: np.random.Generator) -> Samples:
    """300-3400 Hz, eight bits of mu-law, a little noise."""
    sections = signal.butter(4, [300, 3400], "bandpass", fs=RATE, output="sos")
    x = signal.sosfilt(sections, noisy(25)(take, rng))
    x = x / np.abs(x).max()
    squeezed = np.round(np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256) * 127) / 127
    return np.asarray(np.sign(squeezed) * (256 ** np.abs(squeezed) - 1) / 255)


def with_click(take: Take, rng: np.random.Generator) -> Samples:
    """A metronome beside the singer: clicks at another phase and tempo than the notes', as loud as the voice."""
    x = take.samples.copy()
    t = np.arange(round(0.03 * RATE)) / RATE
    click = np.sin(2 * np.pi * 1800 * t) * np.exp(-t / 0.006) * 2 * np.sqrt(_power(x))
    for start in np.arange(rng.uniform(0, 0.5), len(x) / RATE - 0.05, rng.uniform(0.5, 0.8)):
        x[round(start * RATE) :][: len(click)] += click[: len(x) - round(start * RATE)]
    return x


def as_it_is(take: Take, rng: np.random.Generator) -> Samples:
    """The performance itself."""
    return take.samples


PLACES: dict[str, Callable[[Take, np.random.Generator], Samples]] = {
    "clean": as_it_is,
    "noise 20 dB": noisy(20),
    "noise 10 dB": noisy(10),
    "noise 5 dB": noisy(5),
    "room": in_room,
    "hum": with_hum,
    "phone": by_phone,
    "click": with_click,
}


def takes(tune: Tune, seed: int) -> Iterator[tuple[str, Take]]:
    """(who, performance) of one tune: every instrument and every way of singing."""
    for number, (name, program) in enumerate(INSTRUMENTS.items()):
        yield name, played(tune.score, program, np.random.default_rng([seed, number]))
    for number, style in enumerate(("la", "vowel", "hum", "whistle")):
        yield f"singer, {style}", sung(tune.score, style, np.random.default_rng([seed, 50 + number]))
