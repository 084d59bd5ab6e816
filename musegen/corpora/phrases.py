"""Phrases: how far each step of a piece is from the end of its phrase.

A phrase *ends* with the onset of its last melody note. What models are told of it is ``to_phrase_end``, a number a
step: 0 while that last note sounds, else the quarter-note beats until it begins, those begun counting as whole:
1-14, 15 for 15 or more, and ``UNKNOWN_PHRASE`` where nobody says where the phrase ends.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD

UNKNOWN_PHRASE = 16
"""Value of to_phrase_end where the end of the phrase is not known."""
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
    known = np.array(sorted({end for end in ends if 0 <= end < steps}), np.int64)
    result = np.full(steps, UNKNOWN_PHRASE, np.int32)
    if not len(known):
        return result
    before = np.arange(known[-1] + 1)
    distance = known[np.searchsorted(known, before)] - before
    result[: len(before)] = np.minimum(-(-distance // steps_per_quarter), _FARTHEST)
    for end in known:
        stop = end + 1
        while stop < steps and melody[stop] == HOLD:
            stop += 1
        result[end:stop] = 0
    return result
