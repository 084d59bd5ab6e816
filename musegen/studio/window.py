"""A long piece is worked on where something is wanted: a model is given those bars and the music around them.

The window is cut out of the arrays that a model is given, not out of the score: bars, ticks, ties, pick-ups and changes
of metre stay what they are in the whole, and only what was wanted comes back. It begins and ends where choices among
drafts fall (``PHRASE``), so that these fall in a window where they fall in the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, sounding
from musegen.studio.drafts import PHRASE

SHORT = 512
"""Steps of music that a model is given whole: 32 bars of 4/4."""
AROUND = 128
"""Steps before and after what is wanted: eight bars of 4/4, as much as models learn from at a time, look back for what
was said before, and are told of beginnings and ends."""
_NOT_IN_TIME = ("present", "z")


def window_of(wanted: NDArray[np.bool_]) -> slice:
    """The steps that a model is given for the steps that are ``wanted`` [steps]: of short music all."""
    places = np.flatnonzero(wanted)
    if len(wanted) <= SHORT or not len(places):
        return slice(0, len(wanted))
    start, stop = int(places[0]) - AROUND, int(places[-1]) + 1 + AROUND
    return slice(max(start, 0) // PHRASE * PHRASE, min(-(-stop // PHRASE) * PHRASE, len(wanted)))


def tokens_in(tokens: NDArray[np.int16], window: slice) -> NDArray[np.int16]:
    """Tokens [n, steps, lanes] in a window; a note that is held into it begins with it, or nobody would hear it."""
    part = tokens[:, window].copy()
    if not window.start:
        return part
    heard = sounding(tokens[:, : window.start + 1])[:, -1]
    part[:, 0] = np.where(part[:, 0] == HOLD, heard, part[:, 0])
    return part


def conditions_in(conditions: Mapping[str, NDArray[Any]], window: slice) -> dict[str, NDArray[Any]]:
    """Conditions [n, steps, ...] in a window; those of a whole row are as they were."""
    return {k: v[:, window] if v.ndim > 1 and k not in _NOT_IN_TIME else v for k, v in conditions.items()}


def put_back(tokens: NDArray[np.int16], made: NDArray[np.int16], window: slice) -> NDArray[np.int16]:
    """Tokens [n, steps, lanes] with their MASK cells in the window as ``made``, and all others as they were."""
    whole = tokens.copy()
    whole[:, window] = np.where(whole[:, window] == MASK, made, whole[:, window])
    return whole
