"""Some bars of a long piece: cut out to be worked on, and put back as they were changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import lcm

from musegen.errors import ScoreError
from musegen.score import Metre, Score, Tempo


@dataclass(frozen=True)
class Excerpt:
    """Bars ``first`` to ``last`` (numbers as printed) of a whole piece.

    Attributes:
        whole: The piece.
        first: Its first bar that is cut out.
        last: The last one.
    """

    whole: Score
    first: int
    last: int

    @cached_property
    def score(self) -> Score:
        """These bars as a piece, as they were cut out; the whole itself where they are all of it."""
        numbers = [bar.number for bar in self.whole.bars()]
        if self.first <= numbers[0] and numbers[-1] <= self.last:
            return self.whole
        return self.whole.slice_bars(self.first, self.last)

    def put_back(self, changed: Score) -> Score:
        """The whole with these bars as they are in ``changed``; what sounds across their borders goes on as before.

        Parts, metres and key stay those of the whole; tempos within these bars are those of ``changed``.

        Raises:
            ScoreError: ``changed`` has other parts or bars than these.
        """
        if changed == self.score:
            return self.whole
        chosen = [bar for bar in self.whole.bars() if self.first <= bar.number <= self.last]
        whole, new, old = self.whole, changed, self.score
        if changed.with_resolution(whole.resolution) != changed:  # finer than the whole
            whole = whole.with_resolution(lcm(whole.resolution, changed.resolution))
        new, old = new.with_resolution(whole.resolution), old.with_resolution(whole.resolution)
        scale = whole.resolution // self.whole.resolution
        start, end = chosen[0].start * scale, chosen[-1].end * scale
        drums = [[track.is_drum for track in score.tracks] for score in (old, new)]
        if new.end > end - start or drums[0] != drums[1] or _bar_lines(new) != _bar_lines(old):
            raise ScoreError(
                "This excerpt has other bars or parts than it had in the whole piece: it is a piece of its own now."
            )
        cut = {
            (n.onset - start, n.pitch, n.track): n.end - start for n in whole.notes if start <= n.onset < end < n.end
        }
        inside = []
        for note in new.notes:
            stop = cut.get((note.onset, note.pitch, note.track), 0) if note.end == end - start else 0
            inside.append(replace(note, onset=note.onset + start, duration=max(note.end, stop) - note.onset))
        outside = [note for note in whole.notes if not start <= note.onset < end]
        after = [Tempo(max(tempo.tick, end), tempo.qpm) for tempo in whole.tempos]  # of two at a tick the last counts
        tempos = [
            *(tempo for tempo in whole.tempos if tempo.tick < start),
            *(Tempo(tempo.tick + start, tempo.qpm) for tempo in new.tempos if tempo.tick < end - start),
            *(after if end < whole.end else ()),
        ]
        about = {name: text for name, text in whole.provenance.items() if name != "recipe"}
        return whole.replace(notes=(*outside, *inside), tempos=tuple(tempos), provenance=about)


def _bar_lines(score: Score) -> tuple[int, tuple[Metre, ...]]:
    return score.pickup, score.metres
