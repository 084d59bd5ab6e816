"""Phrases: how far each step of a piece is from the end of its phrase.

A phrase *ends* with the onset of its last melody note. What models are told of it is ``to_phrase_end``, a number a
step: 0 while that last note sounds, else the quarter-note beats until it begins, those begun counting as whole:
1-14, 15 for 15 or more, and ``UNKNOWN_PHRASE`` where nobody says where the phrase ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD

UNKNOWN_PHRASE = 16
"""Value of to_phrase_end where the end of the phrase is not known."""
MOST_BEATS = 33
"""Quarter notes from one end to the next above which one between them is missing: eight bars of 4/4, and an upbeat."""
_FARTHEST = UNKNOWN_PHRASE - 1


def beats_to_ends(melody: NDArray[np.int16], ends: Iterable[int], steps_per_quarter: int) -> NDArray[np.int32]:
    """to_phrase_end of every step.

    Args:
        melody: [steps] tokens of the melody; the HOLDs after a phrase's last onset tell how long it sounds.
        ends: Steps on which the last note of each phrase begins; none where nothing is known.
        steps_per_quarter: Steps to a quarter note.

    Returns:
        [steps], 0-15 up to the end of the last known phrase, ``UNKNOWN_PHRASE`` after it.
    """
    steps = len(melody)
    spans = []
    for end in sorted({end for end in ends if 0 <= end < steps}):
        stop = end + 1
        while stop < steps and melody[stop] == HOLD:
            stop += 1
        spans.append((end, stop))
    return _count_down(spans, steps, steps_per_quarter)


def plausible(ends: Iterable[int], resolution: int) -> tuple[int, ...]:
    """The ends in ticks, sorted; none where two are more than ``MOST_BEATS`` apart, or the first is so late."""
    found = sorted(set(ends))
    far = any(later - earlier > MOST_BEATS * resolution for earlier, later in pairwise([0, *found]))
    return () if far else tuple(found)


def phrase_plan(
    position: NDArray[np.int32],
    bar_length: NDArray[np.int32],
    bar: NDArray[np.int32],
    bars_per_phrase: int,
    *,
    upbeat: int = 0,
    steps_per_quarter: int = 4,
) -> NDArray[np.int32]:
    """to_phrase_end of a piece yet to be written, all of whose phrases are of one length; the last may be shorter.

    The last note of a phrase begins where it mostly does in Bach's chorales and in hymns: in the middle of its last
    bar in 4/4 (60 % of 2,247 phrases; 31 % on the bar line), on the bar line in 3/4 (81 % of 308); other metres go by
    whether the bar is of whole 4/4 bars. It sounds to the end of that bar, or up to the next phrase's upbeat.

    Args:
        position: [steps] place in the bar, as ``LaneGrid.bar_positions`` gives it.
        bar_length: [steps] steps of the bar.
        bar: [steps] index of the bar; of a piece with an upbeat bar 0 is the one that the upbeat ends.
        bars_per_phrase: 1 or more; two bars of 4/4 and four of 3/4 are the commonest.
        upbeat: Steps of every phrase that lie before its first bar line; 0 = phrases begin on the bar line.
        steps_per_quarter: Steps to a quarter note.

    Returns:
        [steps], 0-15.
    """
    steps = len(bar)
    first = 1 if upbeat else 0
    spans = []
    for number in range(first, int(bar[-1]) + 1):
        if (number + 1 - first) % bars_per_phrase and number != bar[-1]:
            continue
        line, stop = (int(step) for step in np.searchsorted(bar, [number, number + 1]))
        length = int(bar_length[line])
        middle = line + (length // 2 if length % (4 * steps_per_quarter) == 0 else 0)
        begin = middle if middle < stop else line  # the last bar may be cut short
        spans.append((begin, stop if number == bar[-1] else max(line + length - upbeat, begin + 1)))
    return _count_down(spans, steps, steps_per_quarter)


def _count_down(spans: Sequence[tuple[int, int]], steps: int, steps_per_quarter: int) -> NDArray[np.int32]:
    """to_phrase_end from the first step and the one after the last of each phrase's last note, in order."""
    result = np.full(steps, UNKNOWN_PHRASE, np.int32)
    if not spans:
        return result
    begins = np.array([begin for begin, _ in spans])
    before = np.arange(begins[-1] + 1)
    distance = begins[np.searchsorted(begins, before)] - before
    result[: len(before)] = np.minimum(-(-distance // steps_per_quarter), _FARTHEST)
    for begin, stop in spans:
        result[begin:stop] = 0
    return result
