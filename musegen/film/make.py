"""``film``: a score as a film with picture and sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from musegen.audio import synthesize
from musegen.errors import ScoreError
from musegen.film.encode import SAMPLE_RATE, Kind, encode, encoder_of
from musegen.film.paint import Image
from musegen.film.picture import Picture, View, has_words
from musegen.film.timing import Timing
from musegen.plots.style import Theme
from musegen.score import Score

KINDS = ("mp4", "webm")
VIEWS = ("roll", "staff", "both")
MAX_MINUTES = 10
SIZES = (320, 180, 1920, 1920)
"""Least width and height, greatest width and height, in pixels."""
LEAD_S = 3.0
"""Seconds of title card before the music; without title and composer ``LEAD_PLAIN_S``."""
LEAD_PLAIN_S = 1.0
_END_S = 0.7  # after the last sound
_SOUND_SHARE, _PICTURE_SHARE = 0.06, 0.1  # of the work, until the sound is made, and until the first frame


def film(
    score: Score,
    *,
    kind: Kind = "mp4",
    size: tuple[int, int] = (1280, 720),
    fps: int = 30,
    view: View = "roll",
    theme: Theme = "dark",
    language: str = "en",
    chords: Sequence[tuple[int, str]] = (),
    progress: Callable[[float], None] = lambda share: None,
) -> bytes:
    """A film of a score: title and composer, then what sounds lights up on a piano roll, on staves, or on both.

    Picture and sound are in step to half a frame. The music begins at ``lead_s(score)``; the film ends after the last
    sound has died away. Parts differ by colour and by shape. Title, composer and recipe are in the file's tags. The
    same score and settings give the same bytes on one machine.

    Args:
        score: What to show; 10 minutes at most.
        kind: "mp4" (H.264 and AAC, for everything that plays films) or "webm" (VP9 and Opus).
        size: Width and height in pixels, even; 320 x 180 to 1920 x 1920.
        fps: Frames a second, 10-60.
        view: "roll", "staff", or "both" above each other.
        theme: "dark" or "light".
        language: "en" or "zh": of what the score leaves unnamed. Chinese words need a font on the machine; a
            character that no font has is shown as an empty box.
        chords: Chord names with the ticks at which they begin, shown above the roll.
        progress: Called with the share done, 0-1; may raise to give up, and then nothing is left behind.

    Returns:
        The file's bytes.

    Raises:
        ScoreError: No notes, too long, a setting out of range, more than 20,000 notes on staves, or no encoder.
    """
    _check(score, kind, size, fps, view)
    encoder_of(kind)
    progress(0.0)
    sound = synthesize(score, sample_rate=SAMPLE_RATE)
    progress(_SOUND_SHARE)
    timing = Timing(score, fps)
    lead = round(lead_s(score) * fps)
    frames = lead + ceil((len(sound) / SAMPLE_RATE + _END_S) * fps)
    silence = np.zeros((round(lead * SAMPLE_RATE / fps), 2), np.float32)
    sound = np.concatenate((silence, sound))
    picture = Picture(
        score, timing, size, view=view, theme=theme, language=language, chords=chords, lead=lead, frames=frames
    )
    progress(_PICTURE_SHARE)

    def pictures() -> Iterator[Image]:
        for number in range(frames):
            yield picture.draw(number)
            progress(_PICTURE_SHARE + (0.99 - _PICTURE_SHARE) * (number + 1) / frames)

    tags = {
        "title": score.title.strip(),
        "artist": score.composer.strip(),
        "comment": score.provenance.get("recipe", ""),
    }
    with TemporaryDirectory(prefix="musegen-film-") as folder:  # the index goes to a file's front only on a disk
        path = Path(folder) / f"film.{kind}"
        encode(path, kind, pictures(), sound, size=size, fps=fps, tags=tags)
        data = path.read_bytes()
    progress(1.0)
    return data


def lead_s(score: Score) -> float:
    """Seconds of a film before the music begins."""
    return LEAD_S if has_words(score) else LEAD_PLAIN_S


def _check(score: Score, kind: str, size: tuple[int, int], fps: int, view: str) -> None:
    if kind not in KINDS:
        raise ScoreError(
            "A film can't be written as “{kind}”; choose one of {known}.", kind=kind, known=", ".join(KINDS)
        )
    if view not in VIEWS:
        raise ScoreError("A film can't show “{view}”; choose one of {known}.", view=view, known=", ".join(VIEWS))
    width, height = size
    if not (SIZES[0] <= width <= SIZES[2] and SIZES[1] <= height <= SIZES[3]) or width % 2 or height % 2:
        raise ScoreError(
            "A film of {width} x {height} pixels is not possible: even numbers from {least_width} x {least_height} "
            "to {most_width} x {most_height}.",
            width=width,
            height=height,
            least_width=SIZES[0],
            least_height=SIZES[1],
            most_width=SIZES[2],
            most_height=SIZES[3],
        )
    if not 10 <= fps <= 60:
        raise ScoreError("{fps} frames a second are not possible; take 10 to 60.", fps=fps)
    if not score.notes:
        raise ScoreError("There are no notes, so there is nothing to film.")
    if score.duration_s > MAX_MINUTES * 60:
        raise ScoreError(
            "The piece lasts {minutes:.1f} minutes; films are made of {most} at most. Choose fewer bars.",
            minutes=score.duration_s / 60,
            most=MAX_MINUTES,
        )
