"""What all figures share: colours that colour-blind people tell apart, fonts, themes, and files.

Real music, the generator and the discriminator look the same everywhere: ``REAL``, ``G`` and ``D``, each with a dash
and a marker of its own, so that nothing rests on colour alone. Sizes are for a projector.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

Theme = Literal["light", "dark"]
Dash = str | tuple[int, tuple[float, ...]]

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
"""Okabe & Ito (2008), in the order in which voices take them."""
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "||||", "oooo")

_CJK = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Noto Serif CJK SC",
    "Noto Serif CJK JP", "SimSun", "Arial Unicode MS", "Droid Sans Fallback",
)  # fmt: skip
_PROBE = "小节音符真"
_LATIN = "DejaVu Sans"  # comes with matplotlib


@dataclass(frozen=True)
class Line:
    """How one curve looks."""

    colour: str
    dash: Dash
    marker: str


REAL = Line("#009E73", ":", "^")
G = Line("#D55E00", "--", "s")
D = Line("#0072B2", "-", "o")


@dataclass(frozen=True)
class Palette:
    """Colours of a theme."""

    ground: str
    ink: str
    faint: str
    stripe: str


PALETTES: dict[str, Palette] = {
    "light": Palette("#ffffff", "#1a1a1a", "#b5b5b5", "#f1f1f1"),
    "dark": Palette("#0e1117", "#fafafa", "#565b66", "#1a1e27"),
}


@lru_cache(maxsize=1)
def cjk_font() -> str | None:
    """Name of an installed font that has Chinese characters; None where there is none."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    for name in (name for name in _CJK if name in installed):
        if all(ord(character) in _characters(name) for character in _PROBE):
            return name
    return None


def words(language: str, english: str, chinese: str) -> str:
    """The Chinese words if they are wanted and can be drawn, else the English ones."""
    return chinese if language == "zh" and cjk_font() else english


@lru_cache(maxsize=4)
def _characters(family: str) -> frozenset[int]:
    path = font_manager.findfont(font_manager.FontProperties(family=family))
    return frozenset(FT2Font(path).get_charmap())


def drawable(text: str, limit: int = 60) -> str:
    """A user's text with a box for every character that no font has, ``$`` taken literally, cut at ``limit``."""
    known = _characters(_LATIN) | (_characters(font) if (font := cjk_font()) else frozenset())
    text = "".join(c if ord(c) in known and c.isprintable() else "□" for c in text.strip())
    return (text if len(text) <= limit else text[: limit - 1] + "…").replace("$", r"\$")


def new_figure(width: float, height: float, theme: Theme) -> tuple[Figure, Palette]:
    """An empty figure (inches) in a theme's colours, ready to be drawn."""
    palette = PALETTES[theme]
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=palette.ground)
    FigureCanvasAgg(figure)
    return figure, palette


def dress(axes: Axes, palette: Palette) -> None:
    """A theme's colours for the frame and ticks of one set of axes; no box around it."""
    axes.set_facecolor(palette.ground)
    axes.tick_params(colors=palette.ink, labelcolor=palette.ink)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette.faint)


def finish(figure: Figure, palette: Palette) -> Figure:
    """Fonts and ink for all text."""
    families = [_LATIN, *([font] if (font := cjk_font()) else [])]
    for axes in figure.axes:
        axes.get_xticklabels(), axes.get_yticklabels()  # makes the ticks, so that they are found below
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontfamily(families)
        text.set_color(palette.ink)
    return figure


def figure_png(figure: Figure, dpi: float = 150) -> bytes:
    """The figure as a PNG picture."""
    return _saved(lambda buffer: figure.savefig(buffer, format="png", dpi=dpi, facecolor=figure.get_facecolor()))


def figure_svg(figure: Figure) -> bytes:
    """The figure as SVG, letters as paths, so that it looks the same everywhere."""
    return _saved(lambda buffer: figure.savefig(buffer, format="svg", facecolor=figure.get_facecolor()))


def _saved(save: Callable[[io.BytesIO], Any]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()
