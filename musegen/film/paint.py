"""Paint for films: colours, the shapes that tell voices apart, and drawing by coverage into an image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from musegen.plots.style import OKABE_ITO, PALETTES, Theme

Image = NDArray[np.uint8]
"""[height, width, 3], red, green and blue."""
Mask = NDArray[np.float32]
"""[height, width], how much of a pixel is covered, 0-1."""
Colour = NDArray[np.float32]
"""[3], 0-255."""

SHAPES = ("round", "square", "pointed", "slanted")
_ROWS = 4  # samples of a shape's edge in the height of a pixel


def rgb(code: str) -> Colour:
    """A colour of its code, as in "#0072B2"."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def mix(colour: Colour, other: Colour, share: float | Mask) -> Colour:
    """``colour`` with ``share`` (0-1) of ``other``."""
    return np.asarray(colour + (other - colour) * np.asarray(share, np.float32))


class Paints:
    """The colours of a theme.

    Attributes:
        ground, ink, faint, stripe: As in ``plots.style.Palette``.
        light: What a sounding note shines towards.
        glow: How strongly it shines on its surroundings, 0-1.
        shine: How much of ``light`` there is in a sounding note, 0-1.
        past, coming: How much of the ground is in notes that have sounded and that are still to sound, 0-1.
    """

    def __init__(self, theme: Theme) -> None:
        palette = PALETTES[theme]
        self.ground, self.ink = rgb(palette.ground), rgb(palette.ink)
        self.faint, self.stripe = rgb(palette.faint), rgb(palette.stripe)
        self.muted = mix(self.ink, self.ground, 0.35)
        dark = theme == "dark"
        self.light = rgb("#ffffff") if dark else rgb("#000000")
        self.glow = 0.75 if dark else 0.6
        self.shine = 0.25 if dark else 0.08
        self._accent = 1 if dark else 5
        self.past, self.coming = (0.62, 0.12) if dark else (0.78, 0.35)
        self._lift = 0.12 if dark else 0.0  # Okabe & Ito's blue is dark for a dark ground

    def voice(self, track: int) -> Colour:
        """The colour of a part."""
        return mix(rgb(OKABE_ITO[track % len(OKABE_ITO)]), self.light, self._lift)

    @property
    def accent(self) -> Colour:
        """For what is neither music nor words: playhead, rule, progress."""
        return self.voice(self._accent)


def shape_of(track: int) -> str:
    """The shape of a part's notes; from the ninth part on the colours come again, with other shapes."""
    return SHAPES[(track + track // len(OKABE_ITO)) % len(SHAPES)]


@lru_cache(maxsize=4096)
def shape(kind: str, height: int, width: int) -> Mask:
    """A note's box in one of ``SHAPES``, with smooth edges."""
    y = (np.arange(height * _ROWS) + 0.5) / (height * _ROWS) * 2 - 1  # -1 top, 1 bottom
    reach = min(height / 2, width / 3)
    if kind == "round":
        left = right = reach * (1 - np.sqrt(1 - y**2))
    elif kind == "pointed":
        left = right = reach * np.abs(y)
    elif kind == "slanted":
        left, right = reach * (1 + y) / 2, reach * (1 - y) / 2
    else:
        left = right = np.zeros_like(y)
    x = np.arange(width)[None, :]
    covered = np.clip(x + 1 - left[:, None], 0, 1) * np.clip(width - x - right[:, None], 0, 1)
    return np.asarray(covered.reshape(height, _ROWS, width).mean(1), np.float32)


@lru_cache(maxsize=512)
def halo(height: int, width: int, reach: int) -> Mask:
    """Light around a box: 1 on it, falling to nothing ``reach`` pixels away; [height + 2 reach, width + 2 reach]."""

    def beyond(size: int) -> NDArray[np.float64]:
        at = np.arange(size + 2 * reach) + 0.5 - reach
        return np.asarray(np.maximum(np.maximum(-at, at - size), 0) / reach)

    away = np.hypot(beyond(height)[:, None], beyond(width)[None, :])
    return np.asarray(np.clip(1 - away, 0, 1) ** 2, np.float32)


def paint(image: Image, mask: Mask, x: int, y: int, colour: Colour, strength: float = 1.0) -> None:
    """Colours ``image`` where ``mask`` lies with its upper left corner at (x, y); what lies outside is left out."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + mask.shape[0], image.shape[0]), min(x + mask.shape[1], image.shape[1])
    if top >= bottom or left >= right:
        return
    there = image[top:bottom, left:right]
    share = mask[top - y : bottom - y, left - x : right - x, None] * np.float32(strength)
    there[...] = there + (colour - there) * share + np.float32(0.5)


def box(image: Image, x: int, y: int, width: int, height: int, colour: Colour, strength: float = 1.0) -> None:
    """Colours a rectangle, cut at the image's edges."""
    there = image[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    there[...] = np.rint(mix(there.astype(np.float32), colour, strength))


def fade(image: Image, other: Image | Colour, share: float) -> None:
    """Turns ``image`` by ``share`` (0-1) into ``other``."""
    weight = round(share * 256)
    there = np.asarray(other, np.uint16) * np.uint16(weight)
    image[...] = (image * np.uint16(256 - weight) + there) >> 8
