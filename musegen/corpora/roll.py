"""Piano rolls in ``.npy`` files as scores.

What a roll doesn't state is fixed by rule:

* shape [time, channels], or [pieces, time, channels]; 88 channels are the keys of a piano (channel 0 = pitch 21, A0),
  128 are the MIDI pitches;
* values are 0-255 where any is above 1, else 0-1; a channel sounds where the value is at least a tenth of full scale;
* one row is a sixteenth note, in 4/4, at 120 quarter notes a minute;
* a run of sounding rows is one note: a roll can't tell a held note from a repeated one;
* the velocity is the value where the note begins; a roll of two values (0 and one other) is played at 80.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError
from musegen.formats import LIMITS
from musegen.score import Note, Score, Track

STEPS_PER_QUARTER = 4
THRESHOLD = 0.1
_LOWEST = {88: 21, 128: 0}
_RESOLUTION = 480


def read_rolls(data: bytes, title: str = "") -> list[Score]:
    """The scores of a ``.npy`` file: one, or one for each piece of an array with three axes.

    Raises:
        ScoreError: It is no such array; the message says what is wrong and what is needed.
    """
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        raise ScoreError("This is not a .npy file of numbers. Save the array with numpy.save.") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise ScoreError("The array holds no plain numbers. A piano roll has values 0-255 or 0-1.")
    if array.ndim not in (2, 3) or not array.size:
        raise ScoreError(f"The array has shape {array.shape}; a piano roll has [time, channels].")
    rolls = array if array.ndim == 3 else array[None]
    if rolls.shape[2] not in _LOWEST:
        turned = " It looks turned round: transpose it." if rolls.shape[1] in _LOWEST else ""
        raise ScoreError(f"The roll has {rolls.shape[2]} channels; it needs 88 (piano keys) or 128 (MIDI).{turned}")
    levels = _levels(rolls)
    return [read_roll(level, title if len(levels) == 1 else f"{title} {i + 1}") for i, level in enumerate(levels)]


def _levels(rolls: NDArray[np.generic]) -> NDArray[np.float64]:
    """Values as shares of full scale, 0-1."""
    values = rolls.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise ScoreError("The roll has values that are negative or no numbers; they should be 0-255 or 0-1.")
    full = 255.0 if values.max() > 1 else 1.0
    if values.max() > full:
        raise ScoreError(f"The roll has values up to {values.max():g}; they should be 0-255 or 0-1.")
    return values / full


def read_roll(levels: NDArray[np.float64], title: str = "") -> Score:
    """The score of one roll.

    Args:
        levels: [time, channels] with 88 or 128 channels, values 0-1.
        title: Title.

    Raises:
        ScoreError: Nothing sounds, or more notes than a score may hold.
    """
    lowest, step = _LOWEST[levels.shape[1]], _RESOLUTION // STEPS_PER_QUARTER
    sounds = np.pad(levels >= THRESHOLD, ((1, 1), (0, 0)))
    channels, starts = np.nonzero((sounds[1:] & ~sounds[:-1]).T)
    _, stops = np.nonzero((sounds[:-1] & ~sounds[1:]).T)
    if not len(starts):
        raise ScoreError("Nothing sounds in this piano roll: no value reaches a tenth of full scale.")
    if len(starts) > LIMITS.notes:
        raise ScoreError(f"The roll has {len(starts):,} notes; more than {LIMITS.notes:,} can't be read. Cut it.")
    flat = len(np.unique(levels)) <= 2
    heights = levels[starts, channels]
    notes = tuple(
        Note(
            int(start) * step,
            lowest + int(channel),
            int(stop - start) * step,
            80 if flat else max(1, int(127 * height)),
        )
        for start, stop, channel, height in zip(starts, stops, channels, heights, strict=True)
    )
    return Score(notes, (Track("Piano"),), _RESOLUTION, title=title)
