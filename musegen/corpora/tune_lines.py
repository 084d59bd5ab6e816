"""Phrase ends of a melody from the lines of its ABC source.

The Essen collection writes a phrase a line. Tune books write four bars a line, which is the length of a phrase in the
dances that they hold; of the last of these bars the note that the phrase rests on is found by rule.
"""

from __future__ import annotations

from itertools import pairwise

from musegen.corpora.abc_text import note_heads
from musegen.score import Note, Score

_BARS = 4  # of a phrase of a dance
_LINES = (_BARS, 2 * _BARS)  # bars of a line: one phrase or two
_OFF = 0.51  # bars by which a line may be longer or shorter: an upbeat, or a last bar without it


def phrase_a_line(music: str, score: Score) -> tuple[int, ...]:
    """Onsets in ticks of the last note of each line; empty where notes of source and score are not as many.

    Args:
        music: The music of the source, once through, see ``abc_text.straight``.
        score: What was read from it.
    """
    notes = score.track_notes(0)
    firsts = _firsts(music, notes)
    return tuple(notes[first - 1].onset for first in [*firsts[1:], len(notes)]) if firsts else ()


def four_bars_a_line(music: str, score: Score) -> tuple[int, ...]:
    """Onsets in ticks of the note that each phrase of four bars rests on.

    That is the last note of at least a quarter in the phrase's last bar, where there is none the last of the longest;
    what may be the next phrase's upbeat is passed over.

    Args:
        music: The music of the source, once through, see ``abc_text.straight``.
        score: What was read from it.

    Returns:
        Empty where a line has not four or eight bars, the metre changes, or notes are not as many.
    """
    notes = score.track_notes(0)
    firsts = _firsts(music, notes)
    metres = {(metre.numerator, metre.denominator) for metre in score.metres}
    if not firsts or len(metres) > 1:
        return ()
    numerator, denominator = metres.pop() if metres else (4, 4)
    bar = 4 * score.resolution * numerator // denominator
    edges = [0, *(notes[first].onset for first in firsts[1:]), score.end]
    ends = []
    for start, stop in pairwise(edges):
        bars = min(_LINES, key=lambda bars: abs(stop - start - bars * bar))
        if abs(stop - start - bars * bar) > _OFF * bar:
            return ()
        ends += [stop - _BARS * bar] * (bars > _BARS) + [stop]
    return tuple(_resting_note(notes, end, score, bar).onset for end in ends)


def _firsts(music: str, notes: tuple[Note, ...]) -> list[int]:
    """Index of the first note of each line that has notes; empty where they are not as many as those of the score."""
    firsts, count, tied = [], 0, False
    for heads in filter(None, map(note_heads, music.split("\n"))):
        firsts.append(count)
        for head in heads:
            count += not tied
            tied = head
    return firsts if count == len(notes) and count not in firsts else []


def _resting_note(notes: tuple[Note, ...], end: int, score: Score, bar: int) -> Note:
    """The note that a phrase rests on whose last bar ends before ``end``, a tick."""
    at_line = (end - score.pickup) % bar == 0 and end < score.end
    stop = end - score.pickup if at_line else end
    last = [note for note in notes if end - bar <= note.onset < stop]
    if not last:
        return max((note for note in notes if note.onset < end), key=lambda note: note.onset, default=notes[0])
    long = [note for note in last if note.duration >= score.resolution]
    longest = max(note.duration for note in last)
    return long[-1] if long else [note for note in last if note.duration == longest][-1]
