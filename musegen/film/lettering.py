"""Letters as pictures: typst sets them, with its own fonts and, for what these lack, with the machine's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import get_data_path
from matplotlib.image import imread

from musegen.film.paint import Mask
from musegen.notation.mei import plain_text
from musegen.plots.style import cjk_font

if TYPE_CHECKING:
    from typst import Fonts

_FONTS = (
    "Libertinus Serif", "DejaVu Sans", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun",
    "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei",
)  # fmt: skip
_SOURCE = """#set page(width: auto, height: auto, margin: 0pt, fill: none)
#for item in json(bytes(sys.inputs.items)) {
  let words = text(
    font: json(bytes(sys.inputs.fonts)), lang: "zh", region: "cn", size: item.size * 1pt, weight: item.weight,
    hyphenate: false, top-edge: "ascender", bottom-edge: "descender", item.text,
  )
  page(if item.width > 0 { block(width: item.width * 1pt, align(center, par(leading: 0.3em, words))) } else { words })
}"""


@dataclass(frozen=True)
class Text:
    """Words to be set.

    Attributes:
        text: What is written; control characters are left out, and it is cut at 120 characters.
        size: Of the font, in pixels.
        weight: 400 is plain, 700 is bold.
        width: Of the column, in pixels, in which it is centred and broken into lines; 0 = one line, as wide as it is.
    """

    text: str
    size: float
    weight: int = 400
    width: int = 0


def set_texts(texts: Iterable[Text]) -> dict[Text, Mask]:
    """The pictures of some texts.

    A character that no font on the machine has becomes an empty box. Nothing in a text is read as markup.
    """
    import typst

    wanted = list(dict.fromkeys(texts))
    if not wanted:
        return {}
    fonts = [*_FONTS, *filter(None, [cjk_font()])]
    items = [asdict(text) | {"text": plain_text(text.text) or " "} for text in wanted]
    inputs = {"items": json.dumps(items), "fonts": json.dumps(fonts)}
    made: bytes | list[bytes] = typst.compile(
        _SOURCE.encode(), format="png", ppi=72, sys_inputs=inputs, font_paths=_typst_fonts()
    )
    pages = [made] if isinstance(made, bytes) else made
    return {text: _coverage(page) for text, page in zip(wanted, pages, strict=True)}


@lru_cache(maxsize=1)
def _typst_fonts() -> Fonts:
    """The machine's fonts, typst's, and matplotlib's DejaVu: sharps and flats, Greek, Cyrillic."""
    import typst

    return typst.Fonts(font_paths=[str(Path(get_data_path(), "fonts", "ttf"))])


def _coverage(png: bytes) -> Mask:
    return np.ascontiguousarray(imread(io.BytesIO(png), format="png")[:, :, 3], dtype=np.float32)
