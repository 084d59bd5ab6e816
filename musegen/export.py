"""What can be taken away of a score: every format that a score, its sound, its picture or its film is written in."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal
from xml.sax.saxutils import escape

from musegen.audio import synthesize, write_audio
from musegen.errors import ScoreError
from musegen.formats import write_score
from musegen.notation import numbered_pdf, staff_pdf, staff_svg
from musegen.plots import figure_png, figure_svg, plot_score
from musegen.score import Score

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Format:
    """One way out.

    Attributes:
        ending: Ending of the file's name, without the dot.
        mime: Media type.
        write: Score to bytes; ``progress`` is called with the share done, 0-1, as often as there is something to tell;
            the language ("en" or "zh") is that of the words in a picture which the score leaves open.
    """

    ending: str
    mime: str
    write: Callable[[Score, Progress, str], bytes]


def _notes(kind: str, score: Score, progress: Progress, language: str) -> bytes:
    return write_score(score, kind)


def _sound(kind: str, score: Score, progress: Progress, language: str) -> bytes:
    title, artist = score.title.strip(), score.composer.strip()
    return write_audio(synthesize(score), kind, title=title, artist=artist, comment=_recipe(score))


def _film(kind: Literal["mp4", "webm"], score: Score, progress: Progress, language: str) -> bytes:
    from musegen.film import film  # here, because whoever takes away a MIDI file need not load FFmpeg

    return film(score, kind=kind, language=language, progress=progress)


def _staves(score: Score, progress: Progress, language: str) -> bytes:
    """One SVG: the pages of the staves under each other."""
    pages = staff_svg(score, language=language)
    if len(pages) == 1:
        return _with_recipe(pages[0], score).encode("utf-8")
    sizes = [re.search(r' width="([\d.]+)" height="([\d.]+)"', page) for page in pages]
    widths, heights = zip(*((float(size[1]), float(size[2])) for size in sizes if size), strict=True)
    places = [sum(heights[:number]) for number in range(len(pages))]
    stack = "".join(page.replace("<svg", f'<svg y="{y:g}"', 1) for page, y in zip(pages, places, strict=True))
    size = f'width="{max(widths):g}" height="{sum(heights):g}"'
    return _with_recipe(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{stack}</svg>', score).encode("utf-8")


def _roll_png(score: Score, progress: Progress, language: str) -> bytes:
    """The roll with title, composer and recipe in text chunks, as the PNG specification names them."""
    png = figure_png(plot_score(score, language=language))
    texts = {"Title": score.title.strip(), "Author": score.composer.strip(), "Comment": _recipe(score)}
    head = 33  # signature and IHDR, after which other chunks may follow
    return png[:head] + b"".join(_text_chunk(name, text) for name, text in texts.items() if text) + png[head:]


def _pages(write: Callable[..., bytes], score: Score, progress: Progress, language: str) -> bytes:
    return write(score, language=language)


def _roll_svg(score: Score, progress: Progress, language: str) -> bytes:
    return figure_svg(plot_score(score, language=language))


def _text_chunk(name: str, text: str) -> bytes:
    """An iTXt chunk of a PNG: UTF-8, not compressed, of no stated language."""
    body = b"iTXt" + name.encode("ascii") + bytes(5) + text.encode("utf-8", "replace")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _with_recipe(svg: str, score: Score) -> str:
    """An SVG with the recipe, where there is one, in a <metadata> element."""
    recipe = "".join(c for c in _recipe(score) if c.isprintable())
    head, body = svg.split(">", 1)
    return f"{head}><metadata>{escape(recipe)}</metadata>{body}" if recipe else svg


def _recipe(score: Score) -> str:
    return score.provenance.get("recipe", "")


FORMATS: Mapping[str, Format] = {
    "mid": Format("mid", "audio/midi", partial(_notes, "mid")),
    "musicxml": Format("musicxml", "application/vnd.recordare.musicxml+xml", partial(_notes, "musicxml")),
    "mxl": Format("mxl", "application/vnd.recordare.musicxml", partial(_notes, "mxl")),
    "wav": Format("wav", "audio/wav", partial(_sound, "wav")),
    "flac": Format("flac", "audio/flac", partial(_sound, "flac")),
    "ogg": Format("ogg", "audio/ogg", partial(_sound, "ogg")),
    "svg": Format("svg", "image/svg+xml", _staves),
    "pdf": Format("pdf", "application/pdf", partial(_pages, staff_pdf)),
    "numbered": Format("jianpu.pdf", "application/pdf", partial(_pages, numbered_pdf)),
    "png": Format("png", "image/png", _roll_png),
    "roll-svg": Format("roll.svg", "image/svg+xml", _roll_svg),
    "mp4": Format("mp4", "video/mp4", partial(_film, "mp4")),
    "webm": Format("webm", "video/webm", partial(_film, "webm")),
}
"""By name: notes as MIDI, MusicXML and compressed MusicXML; sound as WAV, FLAC and OGG; staves as SVG and PDF; numbered
notation as PDF; the piano roll as PNG and SVG; film as MP4 and WebM."""


def export(score: Score, name: str, *, language: str = "en", progress: Progress = lambda share: None) -> bytes:
    """A score as a file's bytes.

    Args:
        score: What to write.
        name: A key of ``FORMATS``.
        language: "en" or "zh": of the words in a picture that the score leaves open.
        progress: Called with the share done, 0-1 (films take seconds); may raise to give up.

    Raises:
        ScoreError: There is no such format, or it can't hold this score.
    """
    if name not in FORMATS:
        raise ScoreError(
            "Music can't be saved as “{name}”; choose one of {known}.", name=name, known=", ".join(FORMATS)
        )
    return FORMATS[name].write(score, progress, language)
