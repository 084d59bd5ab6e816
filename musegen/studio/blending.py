"""Blending two pieces: phrases of both, in one key and one metre, with joints that are composed to lead over.

What a listener wants of a blend is to know either piece again and not to hear the scissors. So whole phrases stay as
they are (a mixture of two melodies note by note is neither), no phrase comes twice, and the model composes what makes
one piece of them: the half bar before every seam, the voices that one of the pieces lacks, and the end.
"""

from __future__ import annotations

from dataclasses import replace
from math import lcm
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, LaneGrid, sounding
from musegen.score import Note, Score
from musegen.studio.ask import Ask, Asked
from musegen.studio.job import Job
from musegen.studio.phrasing import Phrase, bar_steps, bars_of, first_bar, fitted, phrases_of, plan
from musegen.studio.recipe import Piece
from musegen.studio.verbs import MOST_BARS
from musegen.studio.wishes import cadence_chords
from musegen.studio.work import Work, prepare, with_steps
from musegen.theory import key_of

ORDERS = ("auto", "alternate", "give_way")
__all__ = ["ORDERS", "blend"]


def blend(
    checkpoint: Checkpoint,
    score: Score,
    other: Score,
    *,
    share: float = 0.5,
    order: str = "auto",
    phrase_bars: int | None = None,
    **asked: Unpack[Asked],
) -> list[Piece]:
    """One piece of two: phrases of both, as they are, with composed joints.

    The other piece comes into the score's key (of the other mode: into the relative key) and metre. Both are cut into
    phrases at bar lines; the score has the first word, and every phrase comes once at most. The half bar before a
    seam, and before the up-beat that comes after it, is composed anew in all voices, unless the phrase went on so in
    its own piece. The voices are those of the piece with more of them: what the other lacks is composed. It ends with
    the end of one of the pieces, if that is on the tonic; else the last bar is composed anew, with a perfect cadence
    unless another one is asked for.

    Args:
        checkpoint: The composer.
        score: The first piece; key, metre, pick-up and tempo are its.
        other: The second piece.
        share: Of the second piece's phrases, more than 0 and less than 1; the length goes from the first piece's to
            the second's with it.
        order: "alternate" (the pieces take turns), "give_way" (the first gives way to the second), or "auto": by
            turns among the alternatives.
        phrase_bars: Bars of a phrase; None = two, or four of metres shorter than 4/4, fewer in short pieces.
        **asked: See ``Ask``.

    Raises:
        ScoreError: No pitched notes, metres that don't go together, the same music twice, or too long.
    """
    if not 0 < share < 1:
        raise ScoreError(
            "The other piece's share lies between 0 and 1, not {share}: at either end nothing is blended.", share=share
        )
    if order not in ORDERS:
        raise ScoreError("“{order}” is no order: choose one of {known}.", order=order, known=", ".join(ORDERS))
    works = _prepared(checkpoint, score, other)
    first, second = works
    ask = Ask(**asked)
    ask = replace(ask, cadence="perfect" if ask.cadence == "auto" else ask.cadence)
    lanes = max(first.lanes, second.lanes, key=len)
    ask = ask.settled("folk" if len(lanes) == 1 else "chorale")
    shortest = min(bars_of(first), bars_of(second))
    metre = first.score.metres[0]
    bars = phrase_bars or min(2 if metre.numerator >= metre.denominator else 4, max(shortest // 2, 1))
    if not 1 <= bars <= shortest:
        raise ScoreError("A phrase can have 1-{shortest} bars here, not {bars}.", shortest=shortest, bars=bars)
    found = phrases_of(works, bars)
    if not found[1]:
        raise ScoreError("The second piece says nothing that the first doesn't: there is nothing to blend.")
    plans = []
    home = key_of(score).mode != key_of(other).mode
    for index in range(ask.n):
        rng = np.random.default_rng([ask.seed, index, 17])
        turns = order == "alternate" or (order == "auto" and index % 2 == 0)
        plans.append(plan(found, share, alternate=turns, home=home, rng=rng))
    if len(plans[0]) * bars > 4 * MOST_BARS:
        raise ScoreError(
            "The blend would have {bars} bars; I can make up to {most}.", bars=len(plans[0]) * bars, most=4 * MOST_BARS
        )
    wider = first if len(first.lanes) == len(lanes) else second
    names = [piece.title or "Untitled" for piece in (score, other)]
    frame = first.score.replace(
        notes=(),
        tracks=wider.score.tracks,
        tempos=first.score.tempos[:1],
        title=" + ".join(names),
    )
    steps = first_bar(first) + len(plans[0]) * bars * bar_steps(first) - first.score.pickup // first.step
    remarks: dict[str, int] = {}
    for what, count in (*first.grid.remarks, *second.grid.remarks):
        remarks[what] = remarks.get(what, 0) + count
    blank = np.full((steps, len(lanes)), REST, np.int16)
    grid = LaneGrid(blank, np.zeros(blank.shape, np.uint8), frame, first.grid.steps_per_quarter, tuple(remarks.items()))
    sheets = [_Sheet(works, lanes, steps, bars, ask.cadence).assemble(phrases) for phrases in plans]
    settings = {"share": share, "order": order, "phrase_bars": phrase_bars, "other": other.fingerprint}
    job = Job(checkpoint, "blend", ask, lanes, settings)
    return job.run(grid, [t for t, _ in sheets], [n for _, n in sheets], source=score, prolong=True)


def _prepared(checkpoint: Checkpoint, score: Score, other: Score) -> tuple[Work, Work]:
    prepare(checkpoint, other)  # refuses what has no pitched notes
    prepare(checkpoint, score)
    other = with_steps(fitted(other, score), checkpoint.codec.steps_per_quarter)
    ticks = lcm(with_steps(score, checkpoint.codec.steps_per_quarter).resolution, other.resolution)
    return prepare(checkpoint, score.with_resolution(ticks)), prepare(checkpoint, other.with_resolution(ticks))


class _Sheet:
    """One alternative on paper: tokens with MASK where music is wanted, and the notes that stay."""

    def __init__(self, works: tuple[Work, Work], lanes: tuple[int, ...], steps: int, bars: int, cadence: str) -> None:
        self.works, self.cadence, self.bars = works, cadence, bars
        self.bar, self.begin, self.lead = bar_steps(works[0]), first_bar(works[0]), works[0].grid.lead
        self.columns = [[lanes.index(lane) for lane in work.lanes] for work in works]
        self.tokens: NDArray[np.int16] = np.full((steps, len(lanes)), MASK, np.int16)
        self.notes: list[Note] = []

    def assemble(self, phrases: list[Phrase]) -> tuple[NDArray[np.int16], tuple[Note, ...]]:
        """The phrases one after another, with open joints and perhaps an open end."""
        length = self.bars * self.bar
        upbeat = self.begin if phrases[0].bar == 0 else 0
        place = self.begin
        while phrases:
            phrase, count = phrases[0], 1
            while phrases[count : count + 1] == [Phrase(phrase.piece, phrase.bar + count * self.bars)]:
                count += 1  # what goes on as in its own piece has no seam
            last, phrases = phrases[count - 1], phrases[count:]
            work = self.works[phrase.piece]
            size = min(count * length, len(self.tokens) - place)
            after = self._upbeat(phrases[0]) if phrases else 0
            if phrases:
                open_from = size - after - self.bar // 2
            else:
                open_from = size if self._ends_well(work, last) else size - (size % self.bar or self.bar)
            source = first_bar(work) + phrase.bar * self.bar
            self._write(phrase.piece, source - upbeat, place - upbeat, size - after + upbeat, open_from + upbeat)
            place, upbeat = place + size, after
        return self.tokens, tuple(self.notes)

    def _upbeat(self, phrase: Phrase) -> int:
        """Steps before its bar line with which a phrase begins, if its piece begins so; half a bar at most."""
        work = self.works[phrase.piece]
        upbeat = work.score.pickup // work.step
        return upbeat if upbeat <= self.bar // 2 else 0

    def _write(self, piece: int, source: int, place: int, size: int, open_from: int) -> None:
        """Copies some steps; from ``open_from`` on no note begins, and notes end with the phrase."""
        work, columns = self.works[piece], self.columns[piece]
        music = np.full((size, len(columns)), MASK, np.int16)
        part = work.grid.tokens[source : source + size]
        music[: len(part)] = part
        if open_from == size:
            music[len(part) :] = REST  # after a good end there is silence
        steps = np.arange(size)[:, None]
        onset = np.maximum.accumulate(np.where(music != HOLD, steps, -1), axis=0)  # where what is held began
        music[(onset < 0) | (onset >= open_from)] = MASK
        self.tokens[place : place + size, columns] = music
        step = work.step
        start, stop = (place - self.lead) * step, (place + size - self.lead) * step
        shift = start - (source - work.grid.lead) * step
        for note in work.score.notes:
            at = work.place(note, len(work.grid.tokens)) - source
            if 0 <= at < size and music[at, note.track] != MASK:
                onset_tick = max(note.onset + shift, start, 0)
                end = min(note.end + shift, stop)
                if end > onset_tick:
                    kept = replace(note, onset=onset_tick, duration=end - onset_tick, track=columns[note.track])
                    self.notes.append(kept)

    def _ends_well(self, work: Work, phrase: Phrase) -> bool:
        """Whether a phrase is the end of its piece, on the tonic chord of the score, and nothing else is asked for."""
        if phrase.bar + self.bars < bars_of(work):
            return False
        if self.cadence == "none":
            return True
        key = key_of(self.works[0].score)
        chord, tonic = cadence_chords("perfect", key)[1]
        sounds = sounding(work.grid.tokens)
        last = sounds[np.flatnonzero((sounds < REST).any(axis=1))[-1]]
        heard = [int(p) % 12 for p in last if p < REST]
        return self.cadence == "perfect" and heard[-1] == tonic and set(heard) <= chord
