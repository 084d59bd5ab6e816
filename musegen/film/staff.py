"""The staves of a film: pages of notation that move up system by system, with a playhead running along."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from matplotlib.image import imread
from numpy.typing import NDArray

from musegen.film.paint import Image, Paints, box, halo, mix, paint, shape, shape_of
from musegen.film.timing import Timing
from musegen.notation import staff_svg
from musegen.notation.engrave import typeset
from musegen.notation.grid import UNIT, measures
from musegen.score import Score

_TOKENS = re.compile(
    r'class="(?P<kind>system|measure)"'
    r'|class="staff">(?P<lines>(?:<path d="[^"]*"[^>]*/>)+)'
    r'|id="m[0-9a-f]{10}-n(?P<note>\d+)(?P<tied>-\d+)?" class="note">.*?translate\((?P<x>[\d.-]+), (?P<y>[\d.-]+)\)'
)
_LINE = re.compile(r'd="M([\d.-]+) ([\d.-]+) L([\d.-]+) ([\d.-]+)"')
_SCALE = 56  # percent, of a picture 720 high
_MARGIN = 0.035  # of the width, left and right
_TURN_S = 0.45


@dataclass
class _System:
    """One line of staves, in pixels of the strip of all pages."""

    top: float = np.inf
    bottom: float = -np.inf
    times_s: list[float] = field(default_factory=list)
    places: list[float] = field(default_factory=list)

    def path(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Seconds and x of the playhead's way, neither ever going back."""
        order = np.lexsort((self.places, self.times_s))
        times, places = np.array(self.times_s)[order], np.array(self.places)[order]
        keep = np.concatenate((np.diff(times) > 1e-6, [True]))  # a note counts before the bar that it begins
        return times[keep], np.maximum.accumulate(places[keep])


class Staff:
    """Staves over the whole width of a picture.

    Args:
        score: What is shown.
        timing: When things happen.
        size: Width and height in pixels.
        unit: Pixels that are one pixel of a picture 720 high.
        paints: Colours: the paper has the ground's.
        language: Of names that the score leaves open.

    Raises:
        ScoreError: More than 20,000 notes, which are not engraved.
    """

    def __init__(
        self, score: Score, timing: Timing, size: tuple[int, int], unit: float, paints: Paints, language: str = "en"
    ) -> None:
        self._score, self._timing, self._paints, self._unit = score, timing, paints, unit
        self.width, self.height = size
        self._margin = round(self.width * _MARGIN)
        self._paper = self.width - 2 * self._margin
        scale = _SCALE * unit
        for _ in range(3):  # systems too tall for the panel are engraved smaller
            self._read(
                staff_svg(score, bars=self._bars(), width_px=self._paper, scale=_whole(scale), language=language)
            )
            tallest = max(after - before for before, after in self._extents)
            if tallest <= self.height or _whole(scale) == 10:
                break
            scale *= 0.97 * self.height / tallest
        self._starts = np.array([system.times_s[0] for system in self._systems])
        self._paths = [system.path() for system in self._systems]
        self._edge = np.linspace(0, 1, max(round(34 * unit), 2), dtype=np.float32)[:, None, None]
        self._page = lru_cache(maxsize=3)(self._draw_page)

    def _bars(self) -> tuple[int, int]:
        bars = self._score.bars()
        return bars[0].number, bars[-1].number

    def _read(self, pages: list[str]) -> None:
        """Where systems, bars and heads of notes lie in the pages, put under each other."""
        self._svgs, self._tops = pages, [0]
        self._systems: list[_System] = []
        self._heads: dict[int, list[tuple[float, float]]] = {}
        ends = [bar.end for bar in measures(self._score)]
        starts = [bar.start for bar in measures(self._score)]
        to_ticks = self._score.resolution / UNIT
        edges = self._timing.seconds([round(tick * to_ticks) for tick in [*starts, ends[-1]]])
        bar = -1
        for svg in pages:
            outer = re.search(r' width="([\d.]+)" height="([\d.]+)"', svg)
            inner = re.search(r'class="definition-scale".*?viewBox="0 0 ([\d.]+) ', svg)
            shift = re.search(r'class="page-margin" transform="translate\(([\d.]+), ([\d.]+)\)', svg)
            assert outer
            assert inner
            assert shift
            scale = float(outer[1]) / float(inner[1])
            left, top = float(shift[1]), float(shift[2]) + self._tops[-1] / scale
            fresh = False  # whether a bar's own place is still to be read
            for token in _TOKENS.finditer(svg):
                if token["kind"] == "system":
                    self._systems.append(_System())
                elif token["kind"] == "measure":
                    bar, fresh = bar + 1, True
                elif token["lines"]:
                    lines = [[float(number) for number in line] for line in _LINE.findall(token["lines"])]
                    system = self._systems[-1]
                    system.top = min(system.top, (lines[0][1] + top) * scale)
                    system.bottom = max(system.bottom, (lines[-1][1] + top) * scale)
                    self._space = (lines[1][1] - lines[0][1]) * scale if len(lines) > 1 else self._unit * 10
                    if fresh:
                        begin, end = ((x + left) * scale for x in (lines[0][0], lines[0][2]))
                        if not system.times_s:
                            system.times_s.append(float(edges[bar]))
                            system.places.append(begin)
                        system.times_s.append(float(edges[bar + 1]) - 1e-4)
                        system.places.append(end)
                        fresh = False
                else:
                    note, x, y = (
                        int(token["note"]),
                        (float(token["x"]) + left) * scale,
                        (float(token["y"]) + top) * scale,
                    )
                    x += 0.6 * self._space  # from a head's edge to its middle
                    self._heads.setdefault(note, []).append((x, y))
                    if not token["tied"]:
                        self._systems[-1].times_s.append(float(self._timing.onsets_s[note]))
                        self._systems[-1].places.append(x)
            self._tops.append(self._tops[-1] + round(float(outer[2])))
        for system in self._systems:
            first = min(
                (x for t, x in zip(system.times_s[1:], system.places[1:], strict=True)), default=system.places[0]
            )
            system.places[0] = first - 1.5 * self._space if first > system.places[0] else first

    @property
    def _extents(self) -> list[tuple[float, float]]:
        """First and last line of pixels that belong to each system."""
        gaps = [(a.bottom + b.top) / 2 for a, b in zip(self._systems, self._systems[1:], strict=False)]
        return list(zip([0.0, *gaps], [*gaps, float(self._tops[-1])], strict=True))

    def _draw_page(self, number: int) -> Image:
        """A page in the theme's ink on the theme's ground."""
        png = imread(io.BytesIO(typeset([self._svgs[number]], f"{self._paper}pt", "png", 72)), format="png")
        height = self._tops[number + 1] - self._tops[number]
        page = np.empty((height, self.width, 3), np.uint8)
        page[...] = self._paints.ground
        paint(page, 1 - png[:, :, :3].mean(2, dtype=np.float32), self._margin, 0, self._paints.ink)
        return page

    def _system_at(self, time_s: float) -> int:
        return max(int(np.searchsorted(self._starts, time_s + 1e-6, side="right")) - 1, 0)

    def _camera(self, time_s: float) -> int:
        """The line of pixels of the strip that lies at the panel's top."""
        total = self._tops[-1]
        if total <= self.height:
            return -((self.height - total) // 2)

        def rest(system: int) -> float:
            before, after = self._extents[system]
            slack = max(self.height - (after - before), 0.0)
            return min(max(before - min(slack / 2, 0.06 * self.height), 0.0), float(total - self.height))

        system = self._system_at(time_s)
        here = rest(system)
        if system + 1 == len(self._systems):
            return round(here)
        turn = min(_TURN_S, float(self._starts[system + 1] - self._starts[system]) / 2)
        share = min(max((time_s - float(self._starts[system + 1]) + turn) / turn, 0.0), 1.0)
        return round(here + (rest(system + 1) - here) * share * share * (3 - 2 * share))

    def draw(self, image: Image, frame: int) -> None:
        """Draws what is to be seen ``frame`` frames after the music's beginning (negative: before it)."""
        time_s = frame / self._timing.fps
        camera = self._camera(time_s)
        if camera < 0 or camera + self.height > self._tops[-1]:
            image[...] = self._paints.ground
        for number in range(len(self._svgs)):
            first, last = self._tops[number] - camera, self._tops[number + 1] - camera
            if last > 0 and first < self.height:
                top, bottom = max(first, 0), min(last, self.height)
                image[top:bottom] = self._page(number)[top - first : bottom - first]
        for note in self._timing.sounding(frame):
            self._shine(image, note, camera)
        if frame >= 0:
            index = self._system_at(time_s)
            times, places = self._paths[index]
            x = round(float(np.interp(time_s, times, places))) + self._margin
            system, over = self._systems[index], 1.5 * self._space
            height = round(system.bottom - system.top + 2 * over)
            top = round(system.top - over) - camera
            box(image, x - 1, top, max(round(2 * self._unit), 2), height, self._paints.accent, 0.8)
        self._dim_edges(image, camera)

    def _dim_edges(self, image: Image, camera: int) -> None:
        """What is cut off above or below fades out."""
        reach = self._edge.shape[0]
        if camera > 0:
            image[:reach] = mix(self._paints.ground, image[:reach].astype(np.float32), self._edge)
        if camera + self.height < self._tops[-1]:
            image[-reach:] = mix(self._paints.ground, image[-reach:].astype(np.float32), self._edge[::-1])

    def _shine(self, image: Image, note: int, camera: int) -> None:
        """The heads of a sounding note (several where it is tied) in its part's colour and shape."""
        track = self._score.notes[note].track
        colour = self._paints.voice(track)
        height, width = max(round(1.2 * self._space), 3), max(round(1.5 * self._space), 4)
        reach = max(round(0.9 * self._space), 1)
        for x, y in self._heads.get(note, ()):
            left, top = round(x - width / 2) + self._margin, round(y - height / 2) - camera
            paint(image, halo(height, width, reach), left - reach, top - reach, colour, self._paints.glow * 0.7)
            paint(image, shape(shape_of(track), height, width), left, top, mix(colour, self._paints.light, 0.2))


def _whole(scale: float) -> int:
    return min(max(int(scale), 10), 200)
