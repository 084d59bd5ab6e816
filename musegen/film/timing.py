"""When things happen in a film: notes in seconds and in frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.score import Score


class Timing:
    """The times of a score's notes; frame 0 is tick 0.

    Attributes:
        fps: Frames a second.
        onsets_s, ends_s: Of every note, in seconds.
        first, last: Of every note, the first frame on which it is lit and the first on which it is not any more. They
            lie at most half a frame from when it sounds, and every note is lit for one frame at least.
    """

    def __init__(self, score: Score, fps: int) -> None:
        corners = [tempo.tick for tempo in score.tempos]
        self._pace = np.array([60.0 / tempo.qpm / score.resolution for tempo in score.tempos])
        self._corners = np.array(corners, float)
        self._at_corners = np.concatenate(([0.0], np.cumsum(np.diff(self._corners) * self._pace[:-1])))
        self.fps = fps
        self.onsets_s = self.seconds([note.onset for note in score.notes])
        self.ends_s = self.seconds([note.end for note in score.notes])
        self.first = np.rint(self.onsets_s * fps).astype(int)
        self.last = np.maximum(np.rint(self.ends_s * fps).astype(int), self.first + 1)

    def seconds(self, ticks: Sequence[int]) -> NDArray[np.float64]:
        """``score.seconds`` of many ticks at once: a performance may hold thousands of tempos."""
        at = np.asarray(ticks, float)
        place = np.searchsorted(self._corners, at, side="right") - 1
        return np.asarray(self._at_corners[place] + (at - self._corners[place]) * self._pace[place], np.float64)

    def sounding(self, frame: int) -> list[int]:
        """Notes (indices into ``score.notes``) that are lit on a frame."""
        found: list[int] = np.nonzero((self.first <= frame) & (frame < self.last))[0].tolist()
        return found
