"""The scrolling piano roll of a film.

Time runs at whole pixels a frame, so nothing ever lies between pixels: notes stay crisp, and the film stays small.
What scrolls is drawn once, in tiles; a frame copies from these and draws anew only what sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp

import numpy as np

from musegen.film.lettering import Text, set_texts
from musegen.film.paint import Colour, Image, Mask, Paints, box, halo, mix, paint, shape, shape_of
from musegen.film.timing import Timing
from musegen.score import Score

PLAYHEAD = 0.3  # of the width
_BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
_TILE = 256
_FEWEST_ROWS = 22
_SECONDS_SEEN = (5.0, 9.0)
_EVERY = (1, 2, 4, 5, 8, 10, 16, 20, 50, 100)


class Roll:
    """A piano roll over the whole width of a picture.

    Args:
        score: What is shown; its parts are told apart by colour and shape.
        timing: When things happen.
        size: Width and height in pixels.
        unit: Pixels that are one pixel of a picture 720 high.
        paints: Colours.
        chords: Chord names and the ticks at which they begin.
    """

    def __init__(
        self,
        score: Score,
        timing: Timing,
        size: tuple[int, int],
        unit: float,
        paints: Paints,
        chords: Sequence[tuple[int, str]] = (),
    ) -> None:
        self._score, self._timing, self._paints, self._unit = score, timing, paints, unit
        self.width, self.height = size
        self.playhead = round(self.width * PLAYHEAD)
        self.pixels_a_frame = self._pace()
        self._pace_s = self.pixels_a_frame * timing.fps
        self._left = np.rint(timing.onsets_s * self._pace_s).astype(int)
        self._right = np.rint(timing.ends_s * self._pace_s).astype(int)
        chord_height = round(34 * unit) if chords else 0
        self._head = chord_height + round(26 * unit)  # where notes may begin, under chords and bar numbers
        self._inner = self._unisons()
        self._rows()
        self._numbers = self._bar_numbers(chord_height)
        self._chords = self._chord_names(chords)
        self._names = self._pitch_names()
        self._empty, self._beats = self._backdrop(), self._lines()
        self._tile = lru_cache(maxsize=2 * (self.width // _TILE + 3))(self._draw_tile)

    def _pace(self) -> int:
        """Pixels a frame: so fast that the usual note is wide enough to be seen, but not too fast to be followed."""
        usual = float(np.median(self._timing.ends_s - self._timing.onsets_s))
        seen = min(max(self.width * usual / (48 * self._unit), _SECONDS_SEEN[0]), _SECONDS_SEEN[1])
        return max(round(self.width / seen / self._timing.fps), 1)

    # --- where notes lie ----------------------------------------------------------------------

    def _rows(self) -> None:
        """A row for each pitch between the lowest and the highest; below these one for each drum that is struck."""
        notes, tracks = self._score.notes, self._score.tracks
        pitched = [n.pitch for n in notes if not tracks[n.track].is_drum]
        drums = sorted({n.pitch for n in notes if tracks[n.track].is_drum})
        low, high = (min(pitched) - 1, max(pitched) + 1) if pitched else (60, 59)
        missing = max(_FEWEST_ROWS - (high - low + 1) - len(drums), 0) if pitched else 0
        low, high = low - missing // 2, high + (missing + 1) // 2
        between = 1 if drums and pitched else 0
        rows = (high - low + 1) + between + len(drums)
        self._row = min((self.height - self._head) / rows, 30 * self._unit)
        spare = (self.height - self._head - rows * self._row) / 2
        self._pitches = range(low, high + 1)
        self._row_of: dict[tuple[bool, int], float] = {}
        for row, pitch in enumerate(reversed(self._pitches)):
            self._row_of[False, pitch] = self._head + spare + row * self._row
        for row, pitch in enumerate(reversed(drums)):
            self._row_of[True, pitch] = self._head + spare + (len(self._pitches) + between + row) * self._row

    def box_of(self, note: int) -> tuple[int, int, int, int]:
        """Where ``score.notes[note]`` lies: x (0 = the music's beginning), y, width and height in pixels."""
        this = self._score.notes[note]
        drum = self._score.tracks[this.track].is_drum
        height = max(round(self._row * 0.84), 2)
        top = round(self._row_of[drum, this.pitch] + (self._row - height) / 2)
        left = int(self._left[note])
        gap = max(round(2 * self._unit), 1)  # so that repeated notes stay apart
        width = height if drum else max(int(self._right[note]) - left - gap, min(height, 3), 2)
        slim = round(height * 0.5) if note in self._inner else 0
        return left, top + slim // 2, width, height - slim

    def _unisons(self) -> set[int]:
        """Notes that meet the same pitch in a part above: drawn slimmer, so that both are seen."""
        inner = set()
        sounding: dict[int, list[int]] = {}
        notes = self._score.notes
        for index, note in enumerate(notes):
            others = sounding[note.pitch] = [i for i in sounding.get(note.pitch, ()) if notes[i].end > note.onset]
            for other in others:
                if notes[other].track != note.track:
                    inner.add(max(index, other, key=lambda i: notes[i].track))
            others.append(index)
        return inner

    def _look(self, note: int) -> tuple[Colour, str]:
        track = self._score.notes[note].track
        drum = self._score.tracks[track].is_drum
        return self._paints.voice(track), "pointed" if drum else shape_of(track)

    # --- what scrolls -------------------------------------------------------------------------

    def _bar_numbers(self, y: int) -> list[tuple[int, int, Mask]]:
        """x, y and picture of the numbers of bars, not more than there is room for."""
        size = 19 * self._unit
        bars = self._score.bars()
        starts = np.rint(self._timing.seconds([bar.start for bar in bars]) * self._pace_s).astype(int).tolist()
        usual = float(np.median(np.diff([*starts, int(self._right.max())])))
        every = next((n for n in _EVERY if n * usual > 2.2 * size), _EVERY[-1])
        numbers = {n: Text(str(n), size) for n in (bar.number for bar in bars) if n == 1 or n % every == 0}
        pictures = set_texts(numbers.values())
        edge = round(6 * self._unit)
        return [
            (start + edge, y, pictures[numbers[bar.number]])
            for bar, start in zip(bars, starts, strict=True)
            if bar.number in numbers
        ]

    def _chord_names(self, chords: Sequence[tuple[int, str]]) -> list[tuple[int, int, Mask]]:
        """Where each chord begins and ends (x), and the picture of its name, cut where the next one begins."""
        chords = sorted(chords)
        starts = np.rint(self._timing.seconds([tick for tick, _ in chords]) * self._pace_s).astype(int).tolist()
        ends = [*starts[1:], max(int(self._right.max()), starts[-1]) + 1] if starts else []
        close = float(np.median(np.subtract(ends, starts))) < 90 * self._unit if starts else False
        names = [Text(name, (19 if close else 27) * self._unit, 700) for _, name in chords]
        pictures = set_texts(names)
        edge = round(6 * self._unit)
        return [
            (start, end, pictures[name][:, : max(end - start - edge, 1)])
            for start, end, name in zip(starts, ends, names, strict=True)
        ]

    def _pitch_names(self) -> list[tuple[int, Mask]]:
        """The names of the Cs: y and picture."""
        names = {p: Text(f"C{p // 12 - 1}", 15 * self._unit) for p in self._pitches if p % 12 == 0}
        pictures = set_texts(names.values())
        return [
            (round(self._row_of[False, pitch] + self._row) - pictures[name].shape[0], pictures[name])
            for pitch, name in names.items()
        ]

    def _lines(self) -> list[tuple[int, bool]]:
        """Where every beat is (x), and whether a bar begins there."""
        lines = []
        for bar in self._score.bars():
            beat = 4 * self._score.resolution // bar.metre.denominator
            if bar.metre.denominator >= 8 and bar.metre.numerator % 3 == 0:
                beat *= 3
            first = bar.start if bar.number else bar.end - (bar.length // beat) * beat
            ticks = [bar.start, *range(first, bar.end, beat)]
            places = np.rint(self._timing.seconds(ticks) * self._pace_s).astype(int).tolist()
            lines += [(place, i == 0 and bar.number != 0) for i, place in enumerate(places)]
        return sorted(set(lines))

    def _backdrop(self) -> Image:
        """One tile without anything that scrolls: the rows of the black keys, and a line below every C."""
        image = np.empty((self.height, _TILE, 3), np.uint8)
        image[...] = self._paints.ground
        for pitch in self._pitches:
            top = round(self._row_of[False, pitch])
            bottom = round(self._row_of[False, pitch] + self._row)
            if pitch % 12 in _BLACK_KEYS:
                box(image, 0, top, _TILE, bottom - top, self._paints.stripe)
            if pitch % 12 == 0:
                box(image, 0, bottom, _TILE, 1, mix(self._paints.stripe, self._paints.faint, 0.6))
        return image

    def _draw_tile(self, number: int, past: bool) -> Image:
        """Pixels ``number * _TILE`` and on of what scrolls, as it looks before or after it has sounded."""
        image = self._empty.copy()
        start, paints = number * _TILE, self._paints
        for place, is_bar in self._beats:
            if start <= place < start + _TILE:
                top = 0 if is_bar else self._head
                colour = mix(paints.stripe, paints.faint, 0.85 if is_bar else 0.25)
                box(image, place - start, top, max(round(self._unit), 1), self.height - top, colour)
        for x, y, mask in self._numbers:
            if x < start + _TILE and x + mask.shape[1] > start:
                paint(image, mask, x - start, y, mix(paints.muted, paints.ground, 0.4 if past else 0.0))
        near = np.nonzero((self._left < start + _TILE) & (self._right + self._row * 2 > start))[0]
        for note in sorted(near.tolist(), key=lambda n: self._score.notes[n].track):
            x, y, width, height = self.box_of(note)
            colour, kind = self._look(note)
            tone = mix(colour, paints.ground, paints.past if past else paints.coming)
            paint(image, shape(kind, height, width), x - start, y, tone)
        return image

    # --- a frame ------------------------------------------------------------------------------

    def draw(self, image: Image, frame: int) -> None:
        """Draws what is to be seen ``frame`` frames after the music's beginning (negative: before it).

        Args:
            image: Where to draw, [height, width, 3].
            frame: Frames since tick 0.
        """
        left = frame * self.pixels_a_frame - self.playhead
        for from_, to, past in ((0, self.playhead, True), (self.playhead, self.width, False)):
            x = from_
            while x < to:
                number, inside = divmod(left + x, _TILE)
                count = min(_TILE - inside, to - x)
                image[:, x : x + count] = self._tile(number, past)[:, inside : inside + count]
                x += count
        for y, name in self._names:
            paint(image, name, round(8 * self._unit), y, self._paints.muted, 0.8)
        for note in self._timing.sounding(frame):
            self._shine(image, note, frame, left)
        self._draw_chords(image, left)
        box(image, self.playhead - 1, self._head, max(round(2 * self._unit), 2), self.height, self._paints.ink, 0.75)

    def _draw_chords(self, image: Image, left: int) -> None:
        """Names of chords; the one in force is in the accent's colour and stays in sight as long as it lasts."""
        edge, now = round(6 * self._unit), left + self.playhead
        safe = left + round(0.05 * self.width)
        for start, end, name in self._chords:
            if end <= left or start >= left + self.width:
                continue
            x = max(start + edge, min(safe, end - name.shape[1]))
            if end <= now:
                colour = mix(self._paints.muted, self._paints.ground, 0.5)
            else:
                colour = self._paints.accent if start <= now else self._paints.ink
            paint(image, name, x - left, 0, colour)

    def _shine(self, image: Image, note: int, frame: int, left: int) -> None:
        """A sounding note: it flashes as it is struck, then shines quietly."""
        x, y, width, height = self.box_of(note)
        x -= left
        colour, kind = self._look(note)
        flash = exp(-(frame - self._timing.first[note]) / self._timing.fps / 0.22)
        reach = max(round(16 * self._unit), 2)
        ahead = min(x + width, self.width + reach) - max(x, -reach)  # only as much light as is seen
        light = halo(height, max(ahead, 1), reach)
        paint(image, light, max(x, -reach) - reach, y - reach, colour, self._paints.glow * (0.35 + 0.65 * flash))
        grown = round(2 * self._unit * flash)
        mask = shape(kind, height + 2 * grown, width + 2 * grown)
        paint(
            image, mask, x - grown, y - grown, mix(colour, self._paints.light, self._paints.shine * (1 + 1.6 * flash))
        )
