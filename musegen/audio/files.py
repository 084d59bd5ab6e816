"""Samples to a sound file's bytes, through libsndfile."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError

FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS")}
_STRETCH = 65536  # libsndfile's Vorbis encoder overflows the stack on much longer writes


def write_audio(
    samples: NDArray[np.float32],
    format: str,
    *,
    sample_rate: int = 44100,
    title: str = "",
    artist: str = "",
    comment: str = "",
) -> bytes:
    """A sound file: "wav" and "flac" with 16 bits, "ogg" as Vorbis.

    Args:
        samples: [samples, channels] or [samples], -1..1.
        format: "wav", "flac" or "ogg".
        sample_rate: Hz.
        title: Written into the file, as players show it.
        artist: Written into the file: who wrote or plays it.
        comment: Free text written into the file, as a piece's recipe.

    Raises:
        ScoreError: There is no such format.
    """
    import soundfile  # here, because a page that plays nothing need not load it

    if format not in FORMATS:
        raise ScoreError(
            "Sound can't be written as “{format}”; choose {known}.", format=format, known=", ".join(FORMATS)
        )
    kind, subtype = FORMATS[format]
    buffer = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(buffer, "w", sample_rate, channels, subtype, format=kind) as file:
        if title:  # libsndfile takes no empty texts
            file.title = title
        if artist:
            file.artist = artist
        if comment:
            file.comment = comment
        for start in range(0, len(samples), _STRETCH):
            file.write(samples[start : start + _STRETCH])
    return buffer.getvalue()
