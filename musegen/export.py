"""What can be taken away of a score: every format that a score, its sound or its picture is written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from musegen.audio import synthesize, write_audio
from musegen.errors import ScoreError
from musegen.formats import write_score
from musegen.notation import staff_pdf, staff_svg
from musegen.plots import figure_png, plot_score
from musegen.score import Score


@dataclass(frozen=True)
class Format:
    """One way out.

    Attributes:
        ending: Ending of the file's name, without the dot.
        mime: Media type.
        write: Score to bytes.
    """

    ending: str
    mime: str
    write: Callable[[Score], bytes]


def _sound(kind: str) -> Callable[[Score], bytes]:
    def write(score: Score) -> bytes:
        return write_audio(synthesize(score), kind, title=score.title, comment=score.provenance.get("recipe", ""))

    return write


def _staves(score: Score) -> bytes:
    """One SVG: the pages of the staves under each other."""
    pages = staff_svg(score)
    if len(pages) == 1:
        return pages[0].encode("utf-8")
    sizes = [re.search(r' width="([\d.]+)" height="([\d.]+)"', page) for page in pages]
    widths, heights = zip(*((float(size[1]), float(size[2])) for size in sizes if size), strict=True)
    places = [sum(heights[:number]) for number in range(len(pages))]
    stack = "".join(page.replace("<svg", f'<svg y="{y:g}"', 1) for page, y in zip(pages, places, strict=True))
    size = f'width="{max(widths):g}" height="{sum(heights):g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{stack}</svg>'.encode()


FORMATS: Mapping[str, Format] = {
    "mid": Format("mid", "audio/midi", lambda score: write_score(score, "mid")),
    "musicxml": Format("musicxml", "application/vnd.recordare.musicxml+xml", lambda s: write_score(s, "musicxml")),
    "mxl": Format("mxl", "application/vnd.recordare.musicxml", lambda score: write_score(score, "mxl")),
    "wav": Format("wav", "audio/wav", _sound("wav")),
    "flac": Format("flac", "audio/flac", _sound("flac")),
    "ogg": Format("ogg", "audio/ogg", _sound("ogg")),
    "svg": Format("svg", "image/svg+xml", _staves),
    "pdf": Format("pdf", "application/pdf", staff_pdf),
    "png": Format("png", "image/png", lambda score: figure_png(plot_score(score))),
}
"""By name: notes as MIDI, MusicXML and compressed MusicXML; sound as WAV, FLAC and OGG; staves as SVG and PDF; the
piano roll as PNG."""


def export(score: Score, name: str) -> bytes:
    """A score as a file's bytes.

    Args:
        score: What to write.
        name: A key of ``FORMATS``.

    Raises:
        ScoreError: There is no such format, or it can't hold this score.
    """
    if name not in FORMATS:
        raise ScoreError(f"Music can't be saved as “{name}”; choose one of {', '.join(FORMATS)}.")
    return FORMATS[name].write(score)
