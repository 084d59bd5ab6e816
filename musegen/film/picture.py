"""The whole picture of a film: title card, header, roll or staves, names of the parts, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from musegen.film.lettering import Text, set_texts
from musegen.film.paint import Image, Mask, Paints, box, fade, mix, paint, shape, shape_of
from musegen.film.roll import Roll
from musegen.film.staff import Staff
from musegen.film.timing import Timing
from musegen.plots.style import Theme, words
from musegen.score import Score
from musegen.theory import part_name

View = Literal["roll", "staff", "both"]
_SAFE = 0.05  # of width and height: what a projector may cut off holds no words
_CARD_FADE_S = 0.8
_END_FADE_S = 1.0
_STAFF_SHARE = 0.5  # of the height, where there are staves and a roll


class Picture:
    """Draws the frames of a film.

    Args:
        score: What is shown.
        timing: When things happen.
        size: Width and height in pixels.
        view: What is shown of the music.
        theme: "dark" or "light".
        language: "en" or "zh": of names that the score leaves open.
        chords: Chord names and the ticks at which they begin; shown above the roll.
        lead: Frames before the music: title and composer, where there are any.
        frames: Of the whole film.
    """

    def __init__(
        self,
        score: Score,
        timing: Timing,
        size: tuple[int, int],
        *,
        view: View,
        theme: Theme,
        language: str,
        chords: Sequence[tuple[int, str]],
        lead: int,
        frames: int,
    ) -> None:
        self._score, self._timing, self._lead, self._frames = score, timing, lead, frames
        self._paints = Paints(theme)
        self._width, self._height = width, height = size
        self._unit = unit = min(width / 960, height / 720)
        self._card_shown = has_words(score)
        names = self._names(language)
        top = round(height * _SAFE + (44 if self._card_shown else 0) * unit)
        bottom = height - round(height * _SAFE + (40 if len(names) > 1 else 8) * unit)
        middle = top + round((bottom - top) * _STAFF_SHARE)
        self._panels: list[tuple[slice, Roll | Staff]] = []
        if view in ("staff", "both"):
            rows = slice(top, middle if view == "both" else bottom)
            panel = Staff(score, timing, (width, rows.stop - rows.start), unit, self._paints, language)
            self._panels.append((rows, panel))
        if view in ("roll", "both"):
            rows = slice(middle + round(8 * unit) if view == "both" else top, bottom)
            roll = Roll(score, timing, (width, rows.stop - rows.start), unit, self._paints, chords)
            self._panels.append((rows, roll))
        self._base, self._card = self._still(names)

    def _names(self, language: str) -> list[tuple[int, str]]:
        """Parts that play, with their names."""
        score = self._score

        def own(track: int) -> str:
            name = score.tracks[track].name.strip()
            return words(language, name, part_name(name, "zh", (track.name for track in score.tracks)))

        return [
            (track, own(track) or words(language, f"Part {track + 1}", f"声部 {track + 1}"))
            for track in sorted({note.track for note in score.notes})
        ]

    # --- what stands still --------------------------------------------------------------------

    def _still(self, names: list[tuple[int, str]]) -> tuple[Image, Image]:
        """The frame around the panels, and the title card."""
        unit, column = self._unit, round(self._width * 0.84)
        title, composer = self._score.title.strip(), self._score.composer.strip()
        size = 64 if len(title) <= 40 else 48
        texts = {
            "card": Text(title or composer, size * unit, 700, column),
            "by": Text(composer, 32 * unit, 400, column),
            "title": Text(title or composer, 24 * unit, 700),
            "composer": Text(composer, 20 * unit),
        }
        labels = [Text(name[:24], 19 * unit) for _, name in names]
        set_ = set_texts([*texts.values(), *labels])
        masks = {name: set_[text] for name, text in texts.items()}
        legend = [(track, set_[label]) for (track, _), label in zip(names, labels, strict=True)]
        base = np.empty((self._height, self._width, 3), np.uint8)
        base[...] = self._paints.ground
        card = base.copy()
        if len(names) > 1:
            self._draw_legend(base, legend, self._height - round(self._height * _SAFE + 26 * unit))
        if self._card_shown:
            self._draw_header(base, masks["title"], masks["composer"] if title and composer else None)
            self._draw_card(card, masks["card"], masks["by"] if title and composer else None, legend)
        return base, card

    def _draw_header(self, image: Image, title: Mask, composer: Mask | None) -> None:
        side, top = round(self._width * _SAFE), round(self._height * _SAFE)
        room = self._width - 2 * side
        paint(image, title[:, :room], side, top, self._paints.ink)
        if composer is not None and title.shape[1] + composer.shape[1] + side < room:
            below = title.shape[0] - composer.shape[0]
            paint(image, composer, self._width - side - composer.shape[1], top + below, self._paints.muted)

    def _draw_card(self, image: Image, title: Mask, composer: Mask | None, legend: list[tuple[int, Mask]]) -> None:
        """Title, a short line, composer, and the parts below."""
        gap = round(26 * self._unit)
        block = title.shape[0] + 2 * gap + (composer.shape[0] if composer is not None else 0)
        y = round((self._height - block) * 0.46)
        paint(image, title, (self._width - title.shape[1]) // 2, y, self._paints.ink)
        y += title.shape[0] + gap
        rule = round(120 * self._unit)
        box(image, (self._width - rule) // 2, y, rule, max(round(3 * self._unit), 1), self._paints.accent)
        if composer is not None:
            paint(image, composer, (self._width - composer.shape[1]) // 2, y + gap, self._paints.muted)
        if len(legend) > 1:
            self._draw_legend(image, legend, self._height - round(self._height * _SAFE + 26 * self._unit))

    def _draw_legend(self, image: Image, legend: list[tuple[int, Mask]], y: int) -> None:
        """Colour, shape and name of the parts in a row, in the middle; as many as there is room for."""
        unit = self._unit
        height, width, gap = max(round(13 * unit), 3), max(round(34 * unit), 6), round(9 * unit)
        between = round(34 * unit)
        shown: list[tuple[int, Mask]] = []
        total = -between
        for track, name in legend:
            more = width + gap + name.shape[1] + between
            if total + more > self._width * (1 - 2 * _SAFE):
                break
            shown.append((track, name))
            total += more
        x = (self._width - total) // 2
        for track, name in shown:
            middle = y + name.shape[0] // 2
            paint(image, shape(shape_of(track), height, width), x, middle - height // 2, self._paints.voice(track))
            paint(image, name, x + width + gap, y, mix(self._paints.ink, self._paints.ground, 0.15))
            x += width + gap + name.shape[1] + between

    # --- a frame ------------------------------------------------------------------------------

    def draw(self, number: int) -> Image:
        """Frame ``number``, 0 to ``frames`` - 1: [height, width, 3]."""
        paints, fps = self._paints, self._timing.fps
        card = min(max((self._lead - number) / (_CARD_FADE_S * fps), 0.0), 1.0) if self._card_shown else 0.0
        if card == 1.0:
            return self._card
        image = self._base.copy()
        for rows, panel in self._panels:
            panel.draw(image[rows], number - self._lead)
        done = (number + 1) / self._frames
        thick = max(round(4 * self._unit), 2)
        box(image, 0, self._height - thick, round(self._width * done), thick, mix(paints.accent, paints.ground, 0.2))
        if card:
            fade(image, self._card, card)
        left = self._frames - 1 - number
        if left < _END_FADE_S * fps:
            fade(image, paints.ground, 1 - left / (_END_FADE_S * fps))
        return image


def has_words(score: Score) -> bool:
    """Whether there is anything to write on a title card."""
    return bool(score.title.strip() or score.composer.strip())
