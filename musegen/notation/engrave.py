"""Staves as SVG, PDF and PNG: verovio engraves text that this package wrote, typst makes pages and pixels of it.

Verovio can bring the whole process down on damaged input, so nothing a user wrote reaches it but escaped names.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

from musegen.errors import ScoreError
from musegen.notation.layout import lay_out
from musegen.notation.mei import WIDE_SIZE, plain_text, wide_characters, write_mei
from musegen.score import Score

MAX_NOTES = 20_000
_TITLES = {
    "en": ("Staff notation", "bars {}-{}", "page {} of {}"),
    "zh": ("五线谱", "第 {}-{} 小节", "第 {} 页，共 {} 页"),
}
_MISSED = 22 * WIDE_SIZE  # of a wide character's width, in verovio's units
_PAGE_SHAPE = 1.414  # height to width of the tallest page on the screen, as A4


def staff_svg(
    score: Score, *, bars: tuple[int, int] | None = None, width_px: int = 900, scale: int = 45, language: str = "en"
) -> list[str]:
    """Engrave a score.

    The pages have a white sheet under black ink, so they read the same in dark mode and as ``<img>``. All ids begin
    with a text that depends on the score and the settings, so that several pages can stand in one document; the head
    of ``score.notes[i]`` is in the group ``<that text>n<i>``, its tied continuations in ``...n<i>-2`` and so on.
    Names are escaped; nothing is fetched from elsewhere.

    Args:
        score: What to engrave; at most 20,000 notes.
        bars: First and last bar, numbers as printed; None = all, with title and composer. Notes that sound into the
            first one begin there.
        width_px: Width of a page in pixels, 200-4000.
        scale: Size of the music in percent, 10-200; 45 makes a staff about 32 pixels high.
        language: Of the words that the score leaves open: "en" or "zh".

    Returns:
        One SVG document a page.

    Raises:
        ScoreError: There are no such bars, too many notes, or a size is out of range.
    """
    if not (200 <= width_px <= 4000 and 10 <= scale <= 200):
        raise ScoreError(
            "A staff {width_px} pixels wide at {scale} % is not possible: 200-4000 pixels, 10-200 %.",
            width_px=width_px,
            scale=scale,
        )
    width = width_px * 100 // scale
    return _pages(score, bars, language, width, None, scale, 50)


def staff_pdf(score: Score, *, bars: tuple[int, int] | None = None, language: str = "en") -> bytes:
    """The score as a PDF of A4 pages, all vectors, fonts embedded.

    Args and errors are those of ``staff_svg``. Names in Chinese need a Chinese font on the machine.
    """
    pages = _pages(score, bars, language, 2100, 2970, 100, 150)
    return typeset(pages, "210mm", "pdf", 144, score)


def staff_png(
    score: Score,
    *,
    page: int = 1,
    bars: tuple[int, int] | None = None,
    width_px: int = 900,
    scale: int = 45,
    language: str = "en",
) -> bytes:
    """One page of ``staff_svg`` as a PNG picture ``width_px`` wide.

    Raises:
        ScoreError: There is no such page; otherwise as ``staff_svg``.
    """
    pages = staff_svg(score, bars=bars, width_px=width_px, scale=scale, language=language)
    if not 1 <= page <= len(pages):
        raise ScoreError("There is no page {page}: the score has {pages}.", page=page, pages=len(pages))
    return typeset([pages[page - 1]], f"{width_px}pt", "png", 72)


def _pages(
    score: Score, bars: tuple[int, int] | None, language: str, width: int, height: int | None, scale: int, margin: int
) -> list[str]:
    """Pages of ``width`` by ``height`` in verovio's units (pixels at 100 %); ``height`` None = as tall as needed."""
    chosen = [bar for bar in score.bars() if bars is None or bars[0] <= bar.number <= bars[1]]
    if not chosen and bars:
        score.slice_bars(*bars)  # raises the sentence that says which bars there are
    notes = sum(chosen[0].start < note.end and note.onset < chosen[-1].end for note in score.notes)
    if notes > MAX_NOTES:
        raise ScoreError(
            "{notes} notes are too many to engrave at once ({most}); choose fewer bars.", notes=notes, most=MAX_NOTES
        )
    identity = f"{score!r} {bars} {language} {width} {height} {scale}"
    prefix = f"m{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:10]}-"
    text = write_mei(score, prefix=prefix, bars=bars, language=language)
    groups = lay_out(score, language)
    staves = sum(len(group.staves) for group in groups)
    labels = [name for group in groups for name in (group.label, *(n for staff in group.staves for n in staff.labels))]
    # Verovio takes wide characters for half as wide as they are.
    left = margin + round(_MISSED * max((wide_characters(name[:24]) for name in labels), default=0))
    options: dict[str, Any] = {
        "pageWidth": width,
        "pageHeight": max(height or round(width * _PAGE_SHAPE), 300 * staves + 600),  # a system of many staves must fit
        "adjustPageHeight": height is None,
        "scale": scale,
        "header": "encoded",
        "footer": "none",
        "breaks": "auto",
        "pageMarginLeft": left,
        "pageMarginRight": margin,
        "pageMarginTop": margin,
        "pageMarginBottom": margin,
        "svgViewBox": True,
        "svgFormatRaw": True,
        "smuflTextFont": "none",
        "xmlIdChecksum": True,
        "systemDivider": "none",
    }
    verovio = _verovio()
    verovio.setDefaultResourcePath(str(Path(verovio.__file__).parent / "data"))  # verovio keeps it by thread
    toolkit = verovio.toolkit()
    toolkit.setOptions(options)
    if not toolkit.loadData(text):
        raise ScoreError("This score could not be engraved. Please report it with the file.")
    count = toolkit.getPageCount()
    shown = (chosen[0].number, chosen[-1].number)
    names = [_name(score, shown, language, page, count) for page in range(1, count + 1)]
    return [_dress(toolkit.renderToSVG(page), f"{prefix}{page}-", name) for page, name in enumerate(names, start=1)]


@lru_cache(maxsize=1)
def _verovio() -> Any:  # noqa: ANN401 - verovio ships no types
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    return verovio


def _name(score: Score, shown: tuple[int, int], language: str, page: int, count: int) -> str:
    """What a screen reader says of a page."""
    kind, bars, pages = _TITLES.get(language, _TITLES["en"])
    words = [kind, plain_text(score.title), bars.format(*shown), pages.format(page, count) if count > 1 else ""]
    return ("，" if language == "zh" else ", ").join(word for word in words if word)


def _dress(svg: str, prefix: str, name: str) -> str:
    """Verovio's page with a title, a white sheet, a size, and ids that no other page has."""
    start = svg.index("<svg")
    head, body = svg[start:].split(">", 1)
    width, height = re.search(r'viewBox="0 0 (\S+) (\S+)"', head).groups()  # type: ignore[union-attr]
    old = re.search(r' id="([^"]+)"', head).group(1)  # type: ignore[union-attr]
    body = re.sub(r"<desc>.*?</desc>", "", body, count=1)
    page = f"{head}>{body}".replace(f"#{old} ", f"#{prefix}page ").replace(f"-{old}", f"-{prefix}page")
    page = page.replace(f' id="{old}"', f' id="{prefix}page" width="{width}" height="{height}" role="img"', 1)
    head, body = page.split(">", 1)
    sheet = '<rect width="100%" height="100%" fill="#ffffff" style="stroke:none"/>'
    label = f"<title>{escape(name)}</title>"
    return f'{head} aria-label="{escape(name, {chr(34): "&quot;"})}">{label}{sheet}{body}'


def typeset(pages: list[str], width: str, format: Literal["pdf", "png"], ppi: int, score: Score | None = None) -> bytes:
    """Pages of SVG as PDF or PNG (one page), each as large as its picture.

    Args:
        pages: SVG documents; for PNG one.
        width: Of a page, as typst writes lengths ("210mm", "900pt").
        format: Of the result.
        ppi: Pixels per inch of a PNG.
        score: Whose title, composer and recipe a PDF keeps.
    """
    import typst

    source = f"""#let about(name, nothing: none) = sys.inputs.at(name, default: nothing)
#set document(title: about("title"), author: about("author", nothing: ()), description: about("recipe"))
#set page(width: auto, height: auto, margin: 0pt)
#for name in range({len(pages)}) {{
  page(image(bytes(sys.inputs.at(str(name))), format: "svg", width: {width}))
}}"""
    inputs = {str(number): page for number, page in enumerate(pages)}
    if score:
        about = {"title": plain_text(score.title), "author": plain_text(score.composer)}
        about["recipe"] = score.provenance.get("recipe", "")
        inputs |= {name: text for name, text in about.items() if text}
    return typst.compile(source.encode(), format=format, ppi=ppi, sys_inputs=inputs)
