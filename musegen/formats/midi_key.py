"""Whether the C major of a MIDI file was meant: many programs write it where nobody has chosen a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from musegen.score import Key, Note

UNCHOSEN = Key(0, "major")
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_FEWEST = 24  # notes; of fewer nothing is clear
_MARGIN = 0.05  # of the sounding time; of 1,011 real pieces in major, brought to C, 7 go past both bounds,
_TIMES = 2  # of which 4 state C and are in another key; brought to D to B flat instead 78 % or more do


def is_unchosen(keys: Sequence[Key], notes: Iterable[Note]) -> bool:
    """Whether a file that states nothing but C major has notes that clearly lie in another scale.

    Outside the scale of C they are twice as long, and 1/20 of all longer, as outside the scale that fits best.

    Args:
        keys: All keys that the file states.
        notes: Its notes without drums.
    """
    if set(keys) != {UNCHOSEN}:
        return False
    lengths, count = [0] * 12, 0
    for note in notes:
        lengths[note.pitch % 12] += note.duration
        count += 1
    whole = sum(lengths)
    outside = [whole - sum(lengths[(tonic + step) % 12] for step in _MAJOR) for tonic in range(12)]
    return count >= _FEWEST and outside[0] >= _TIMES * min(outside) and outside[0] - min(outside) > _MARGIN * whole
