"""Pictures and sound into one file: H.264 and AAC in MP4, VP9 and Opus in WebM, by PyAV (FFmpeg)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError
from musegen.film.paint import Image

if TYPE_CHECKING:
    from av.container import OutputContainer

Kind = Literal["mp4", "webm"]
SAMPLE_RATE = 48000
"""Hz: the only rate that both Opus and every player of AAC take."""
_KEY_FRAME_S = 2  # a film can be wound to places so far apart


@dataclass(frozen=True)
class _Codecs:
    """What a kind of file holds: encoders in the order in which they are tried, with their options."""

    video: Mapping[str, Mapping[str, str]]
    audio: str
    bit_rate: int
    container: Mapping[str, str]


_KINDS: Mapping[str, _Codecs] = {
    "mp4": _Codecs(
        # No B-frames: the first picture is at time 0 for players, too, that don't read a file's edit list.
        {
            "libx264": {"preset": "superfast", "crf": "20", "bf": "0"},
            "libopenh264": {"rc_mode": "quality", "allow_skip_frames": "0"},
        },
        "aac",
        192_000,
        {"movflags": "+faststart", "fflags": "+bitexact"},
    ),
    "webm": _Codecs(
        {
            "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "28", "b": "0"},
            "libvpx": {"deadline": "realtime", "cpu-used": "6", "crf": "12", "b": "6M"},
        },
        "libopus",
        160_000,
        {"fflags": "+bitexact"},
    ),
}


def encoder_of(kind: Kind) -> str:
    """The name of the picture encoder that will be used.

    Raises:
        ScoreError: PyAV is not installed, or its FFmpeg has no encoder for this kind of film.
    """
    try:
        from av.codec import Codec
    except ImportError as error:
        raise ScoreError("Films need the package “av” (PyAV): install it with “pip install av”.") from error
    for name in _KINDS[kind].video:
        try:
            Codec(name, "w")
            Codec(_KINDS[kind].audio, "w")
        except Exception:  # PyAV's own error class has changed its name between versions
            continue
        return name
    other = "webm" if kind == "mp4" else "mp4"
    raise ScoreError(
        "The FFmpeg on this machine can't write {kind} films; choose {other}, or install PyAV's own wheel.",
        kind=kind,
        other=other,
    )


def encode(
    path: Path,
    kind: Kind,
    frames: Iterable[Image],
    sound: NDArray[np.float32],
    *,
    size: tuple[int, int],
    fps: int,
    tags: Mapping[str, str],
) -> None:
    """Writes a film; frames are taken one at a time, and none is kept.

    Args:
        path: Where to; an error leaves a broken file there, which the caller clears away.
        kind: "mp4" or "webm".
        frames: Pictures [height, width, 3], each an array of its own.
        sound: [samples, 2], -1..1, at ``SAMPLE_RATE``; begins with the first picture.
        size: Width and height in pixels, even.
        fps: Frames a second.
        tags: "title", "artist", "comment", ...; empty ones are left out.
    """
    import av

    codecs = _KINDS[kind]
    name = encoder_of(kind)
    with av.open(str(path), "w", format=kind, options=dict(codecs.container)) as file:
        file.metadata.update({key: value for key, value in tags.items() if value})
        video: Any = file.add_stream(name, rate=fps, options=dict(codecs.video[name]))
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.gop_size = _KEY_FRAME_S * fps
        video.codec_context.thread_count = 2
        for field, value in (("colorspace", 1), ("color_primaries", 1), ("color_trc", 1), ("color_range", 1)):
            setattr(video.codec_context, field, value)  # ITU-R 709, limited range, as players expect
        audio: Any = file.add_stream(codecs.audio, rate=SAMPLE_RATE, layout="stereo")
        audio.bit_rate = codecs.bit_rate
        heard = 0

        def add(image: Image, number: int) -> None:
            nonlocal heard
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709"
            )
            frame.pts = number
            file.mux(video.encode(frame))
            until = min((number + 1) * SAMPLE_RATE // fps, len(sound))
            _hear(file, audio, sound[heard:until], heard)
            heard = until

        with ThreadPoolExecutor(1) as worker:  # the next picture is drawn while this one is encoded
            waiting: Future[None] | None = None
            for number, image in enumerate(frames):
                if waiting:
                    waiting.result()
                waiting = worker.submit(add, image, number)
            if waiting:
                waiting.result()
        for stream in (video, audio):
            file.mux(stream.encode(None))


def _hear(file: OutputContainer, audio: Any, samples: NDArray[np.float32], place: int) -> None:  # noqa: ANN401
    """Adds sound that begins at sample ``place``."""
    import av

    if len(samples):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, place
        file.mux(audio.encode(frame))
