"""A sound file's bytes to mono samples at one rate, with every limit checked before and while it is decoded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from musegen.formats.limits import LIMITS, Limits
from musegen.formats.refusal import file_size
from musegen.transcribe.wording import refuse

if TYPE_CHECKING:
    from soundfile import SoundFile

RATE = 16_000
"""Samples a second in which pitch is looked for; a voice's first harmonics lie far below half of it."""
_SHORTEST_S = 0.5
_SILENT = 10 ** (-60 / 20)
_CLIPPED = 0.05
_RATES = (8_000, 192_000)
_CHANNELS = 8
_BLOCK = 2**16

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """What was recorded.

    Attributes:
        samples: [samples] float32 at ``RATE``, mono, its loudest stretch near 1.
        clipped: Share of the samples that stood at the end of the scale, 0-1.
        cut_off: The file ends before its header says it does.
    """

    samples: Samples
    clipped: float
    cut_off: bool

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE


def read_recording(data: bytes, limits: Limits = LIMITS) -> Recording:
    """Decode WAV, FLAC, OGG (Vorbis, Opus), MP3 or AIFF.

    Nothing is decoded beyond ``limits.sound_seconds``, whatever the header promises or the file unpacks to.

    Raises:
        Refusal: It is none of these, or damaged, too large, too short or long, silent, or overdriven to bits.
    """
    import soundfile  # here, because a page that hears nothing need not load it

    _check_bytes(data, limits)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, promised = file.samplerate, file.frames
            if not (_RATES[0] <= rate <= _RATES[1] and 1 <= file.channels <= _CHANNELS):
                raise refuse("layout", rate=rate, channels=file.channels)
            most = int(limits.sound_seconds * rate)
            if most < promised < 2**62:  # libsndfile says 2^63 - 1 where the file does not say
                raise refuse("long", seconds=promised / rate, limit=limits.sound_seconds)
            mono, clipped = _decode(file, most, limits)
    except soundfile.LibsndfileError as error:
        raise refuse("damaged") from error
    found = len(mono)
    if found < _SHORTEST_S * rate:
        raise refuse("short", seconds=found / rate, limit=_SHORTEST_S)
    mono -= mono.mean()
    level = _level(mono, rate)
    if level < _SILENT:
        raise refuse("silent")
    if clipped > _CLIPPED:
        raise refuse("clipped", percent=100 * clipped)
    cut_off = (promised < 2**62 and found < 0.999 * promised) or _riff_cut_off(data)
    mono /= 4 * level
    step = gcd(rate, RATE)
    if rate != RATE:
        mono = signal.resample_poly(mono, RATE // step, rate // step).astype(np.float32)
    return Recording(mono, clipped, cut_off)


def _check_bytes(data: bytes, limits: Limits) -> None:
    """What the first bytes tell, so that the decoder sees nothing but the formats that are meant."""
    if not data:
        raise refuse("empty")
    if len(data) > limits.sound_bytes:
        raise refuse("size", size=file_size(len(data)), limit=file_size(limits.sound_bytes))
    if data[4:8] == b"ftyp" or data[:4] == b"\x1aE\xdf\xa3":
        raise refuse("container", name="M4A / MP4" if data[4:8] == b"ftyp" else "WebM")
    known = data[:4] in (b"fLaC", b"OggS") or (data[:4], data[8:12]) in (
        (b"RIFF", b"WAVE"),
        (b"FORM", b"AIFF"),
        (b"FORM", b"AIFC"),
    )
    mp3 = data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0)
    if not (known or mp3):
        raise refuse("foreign")


def _riff_cut_off(data: bytes) -> bool:
    """Whether a WAV is shorter than its header says (a streamed one says 0 or 4 GB, which means nothing)."""
    stated = int.from_bytes(data[4:8], "little")
    return data[:4] == b"RIFF" and len(data) + 1 < stated + 8 and 0 < stated < 2**32 - 4096


def _decode(file: SoundFile, most: int, limits: Limits) -> tuple[Samples, float]:
    """One channel, and the share of its samples at the end of the scale; in blocks, so that many channels cost little.

    It is the mean of the channels; where that cancels (a microphone wired the wrong way round) the loudest of them.
    """
    energy = np.zeros(file.channels)
    parts: list[Samples] = []
    found = clipped = 0
    for block in _blocks(file):
        found += len(block)
        if found > most:
            raise refuse("long", seconds=found / file.samplerate, limit=limits.sound_seconds)
        clipped += int((np.abs(block).max(axis=1) >= 0.999).sum())
        energy += (block.astype(np.float64) ** 2).sum(axis=0)
        parts.append(block.mean(axis=1))
    if not parts:
        return np.zeros(0, np.float32), 0.0
    mono = np.concatenate(parts)
    if (mono.astype(np.float64) ** 2).sum() < 0.05 * energy.max():
        file.seek(0)
        loudest = int(energy.argmax())
        mono = np.concatenate([block[:, loudest] for block in _blocks(file)])
    return mono, clipped / found


def _blocks(file: SoundFile) -> Iterator[Samples]:
    """[samples, channels] at a time, to the end or to the first damage."""
    import soundfile

    while True:
        try:
            block = file.read(_BLOCK, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return
        if not len(block):
            return
        yield np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0).clip(-4.0, 4.0)


def _level(mono: Samples, rate: int) -> float:
    """Root mean square of the loudest tenth of a second."""
    block = rate // 10
    power = (mono[: len(mono) // block * block].reshape(-1, block).astype(np.float64) ** 2).mean(axis=1)
    return float(np.sqrt(power.max()))
