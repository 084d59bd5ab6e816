"""Numbered notation (简谱) as SVG and PDF, set as Chinese songbooks set it; see docs/decisions/numbered-notation.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from musegen.errors import ScoreError
from musegen.notation.engrave import MAX_NOTES, typeset
from musegen.notation.grid import Measure, measures
from musegen.notation.layout import lay_out
from musegen.notation.mei import TempoMark, plain_text, tempo_marks
from musegen.notation.numbered_cells import Row, rows_of
from musegen.notation.numbered_ink import EM, accidental_sign, metre_sign, tempo_mark
from musegen.notation.numbered_spacing import break_lines, space_bar
from musegen.notation.numbered_system import System, label_width
from musegen.score import Key, Score
from musegen.theory import key_of

_WORDS = {
    "en": ("Numbered notation", "bars {}-{}", "page {} of {}"),
    "zh": ("简谱", "第 {}-{} 小节", "第 {} 页，共 {} 页"),
}
_PAGE_SHAPE = 1.414  # height to width of a page, as A4
_A4_PX = 794  # the width of A4 at 96 pixels an inch
_MARGIN = 36.0
_GAP = 20.0  # between systems
_NARROWEST = 500.0  # a narrower page, on a phone, is this one made smaller
_FONTS = (
    "Arial, 'Liberation Sans', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)


def numbered_svg(
    score: Score, *, bars: tuple[int, int] | None = None, width_px: int = 900, language: str = "en"
) -> list[str]:
    """Set a score in numbered notation.

    1 is the tonic of the major key of the signature (movable do), undotted between middle C and the B above; in minor
    6 is the tonic, as is Chinese usage. Parts that lie elsewhere are written an octave or two off, which their name
    says. The pages have a white sheet under black ink. All ids begin with a text that depends on the score and the
    settings: the digit of ``score.notes[i]`` is in the group ``<that text>n<i>``, its tied continuations in
    ``...n<i>-2`` and so on, a bar in ``...b<its number>``, a system in ``...s<number from 1>``. A group takes another
    colour by ``color``. Names are escaped; nothing is fetched from elsewhere.

    Args:
        score: What to set; at most 20,000 notes.
        bars: First and last bar, numbers as printed; None = all, with title and composer. Notes that sound into the
            first one begin there.
        width_px: Width of a page in pixels, 300-4000.
        language: Of the words that the score leaves open: "en" or "zh".

    Returns:
        One SVG document a page.

    Raises:
        ScoreError: There are no such bars, too many notes, or the width is out of range.
    """
    if not 300 <= width_px <= 4000:
        raise ScoreError(
            "Numbered notation {width_px} pixels wide is not possible: 300-4000 pixels.", width_px=width_px
        )
    return _pages(score, bars, language, width_px, fixed=False)


def numbered_pdf(score: Score, *, bars: tuple[int, int] | None = None, language: str = "en") -> bytes:
    """The score in numbered notation as a PDF of A4 pages, all vectors, fonts embedded.

    Args and errors are those of ``numbered_svg``. Names in Chinese need a Chinese font on the machine.
    """
    return typeset(_pages(score, bars, language, _A4_PX, fixed=True), "210mm", "pdf", 144, score)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is on all pages: size, whether a page is always full height, the ids' prefix, what is shown."""

    width: float
    fixed: bool
    prefix: str
    score: Score
    key: Key
    shown: Sequence[Measure]
    marks: dict[int, TempoMark]
    titled: bool


def _pages(score: Score, bars: tuple[int, int] | None, language: str, width_px: int, *, fixed: bool) -> list[str]:
    measured = measures(score)
    chosen = [bar for bar in score.bars() if bars is None or bars[0] <= bar.number <= bars[1]]
    if not chosen and bars:
        score.slice_bars(*bars)  # raises the sentence that says which bars there are
    notes = sum(chosen[0].start < note.end and note.onset < chosen[-1].end for note in score.notes)
    if notes > MAX_NOTES:
        raise ScoreError(
            "{notes} notes are too many to set at once ({most}); choose fewer bars.", notes=notes, most=MAX_NOTES
        )
    first, last = chosen[0].number, chosen[-1].number
    places = [i for i, bar in enumerate(measured) if first <= bar.number <= last] or [len(measured) - 1]
    identity = f"{score!r} {bars} {language} {width_px} {fixed}"
    prefix = f"j{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:10]}-"
    key = key_of(score)
    groups = lay_out(score, language)
    rows = rows_of(score, key, groups, measured, places, prefix, zh=language == "zh")
    marks = {places.index(i): mark for i, mark in tempo_marks(score, measured, places[0]).items() if i in places}
    shown = [measured[i] for i in places]
    sheet = _Sheet(max(float(width_px), _NARROWEST), fixed, prefix, score, key, shown, marks, titled=bars is None)
    bodies = _set(sheet, rows, final=places[-1] == len(measured) - 1)
    count = len(bodies)
    kind, span, page_of = _WORDS.get(language, _WORDS["en"])
    pages = []
    for page, (body, height) in enumerate(bodies, start=1):
        words = [kind, plain_text(score.title), span.format(first, last), page_of.format(page, count)]
        name = ("，" if language == "zh" else ", ").join(word for word in words[: 3 + (count > 1)] if word)
        pages.append(_document(body, name, sheet.width, height, width_px, f"{prefix}page{page}"))
    return pages


def _set(sheet: _Sheet, rows: Sequence[Row], *, final: bool) -> list[tuple[str, float]]:
    """The pages' contents and heights."""
    shown = sheet.shown
    metres = {i for i in range(1, len(shown)) if shown[i].metre != shown[i - 1].metre}
    spacings = [space_bar([row.bars[i] for row in rows], bar, metre=i in metres) for i, bar in enumerate(shown)]
    indents = [_MARGIN + label_width(rows, full=full) for full in (True, False)]
    room = [sheet.width - _MARGIN - indent for indent in indents]
    later = {i: mark for i, mark in sheet.marks.items() if i}
    body, y = _page_head(sheet)
    pages: list[tuple[str, float]] = []
    tallest = round(sheet.width * _PAGE_SHAPE)
    lines = break_lines([space.width for space in spacings], room)
    at, on_page = 0, 0
    for number, count in enumerate(lines):
        place = (indents[number > 0], room[number > 0])
        end = at + count == len(shown)
        system = System(
            rows,
            shown,
            at,
            count,
            spacings,
            place,
            later,
            metres,
            final=final and end,
            stretch=len(lines) > 1 and not end,
        )
        if on_page and y + system.height + _MARGIN > tallest:
            pages.append(("".join(body), tallest if sheet.fixed else y - _GAP + _MARGIN))
            body, y, on_page = [], _MARGIN, 0
        name = f"{sheet.prefix}s{number + 1}"
        numbered = number > 0 or shown[0].number > 1
        body.append(system.draw(y, name, sheet.prefix, labels=number == 0, numbered=numbered))
        y += system.height + _GAP
        at, on_page = at + count, on_page + 1
    # A system taller than a page has a page as tall as it is.
    pages.append(("".join(body), max(tallest, y - _GAP + _MARGIN) if sheet.fixed else y - _GAP + _MARGIN))
    return pages


def _page_head(sheet: _Sheet) -> tuple[list[str], float]:
    """Title, then key, metre and tempo with the composer opposite; and where the music begins."""
    parts, y = [], _MARGIN
    if sheet.titled and (title := plain_text(sheet.score.title, 80)):
        size = min(24.0, (sheet.width - 2 * _MARGIN) / max(sum(1.0 if ord(c) > 0x2E00 else 0.6 for c in title), 1.0))
        parts.append(_line(sheet.width / 2, y + 20, title, size, "middle"))
        y += 38
    y += 18
    x = _MARGIN
    tonic, _, sign = Key(sheet.key.fifths, "major").name.removesuffix(" major").partition("-")
    parts.append(_line(x, y, "1=", 17, "start"))
    x += 21
    if sign:
        parts.append(accidental_sign(x, y - 12, 1 if sign == "sharp" else -1))
        x += 9
    parts.append(_line(x, y, tonic, 17, "start"))
    x += 30
    parts.append(metre_sign(x, y + 1, sheet.shown[0]))
    if 0 in sheet.marks:
        parts.append(tempo_mark(x + 24, y, sheet.marks[0], 15))
    if sheet.titled and (composer := plain_text(sheet.score.composer, 60)):
        parts.append(_line(sheet.width - _MARGIN, y, composer, 14, "end"))
    return parts, y + EM


def _line(x: float, y: float, text: str, size: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.3g}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(body: str, name: str, width: float, height: float, width_px: int, page: str) -> str:
    """A page with a title, a white sheet and a size."""
    height_px = height * width_px / width
    label = escape(name, {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:.0f}" width="{width_px}" '
        f'height="{height_px:.0f}" id="{page}" role="img" aria-label="{label}"><title>{escape(name)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<g fill="currentColor" color="#000000" font-family="{_FONTS}" text-anchor="middle">{body}</g></svg>'
    )
