"""How much of new music stands in what the shipped models learnt from, told without having that music at hand.

What ships is a list of numbers, a hash for windows of the training pieces (``window_hashes``): enough to find a copy at
any transposition, not enough to play it. Windows of the list begin every few sixteenths, those that are looked for on
every one, so a copy that is longer than a window by as much is always found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import read_arrays
from musegen.evaluation.copying import window_hashes
from musegen.evaluation.sampling import SILENT
from musegen.lanes import REST, sounding
from musegen.places import ORIGINALITY

WINDOWS: Mapping[int, tuple[int, int]] = {4: (16, 4), 1: (32, 8)}
"""By number of parts: sixteenths of a window, and between those of the list. Tunes share short turns by nature."""


def copied_share(tokens: NDArray[np.int16]) -> NDArray[np.float64]:
    """[n] share of the windows of each piece that are found in the training music; 0 for other numbers of parts.

    Args:
        tokens: [n, steps, parts] without MASK, the parts from the top, none of them absent.
    """
    n, steps, parts = tokens.shape
    length = WINDOWS.get(parts, (steps + 1, 1))[0]
    known = _list().get(parts)
    if known is None or not len(known) or steps < length:
        return np.zeros(n)
    heights = sounding(tokens)
    pitches = np.where(heights < REST, heights, SILENT).astype(np.int16)
    # All pieces behind each other: one call; the windows that reach into the next piece are left out.
    hashes = np.append(fingerprints(pitches.reshape(n * steps, parts), length), np.zeros(length - 1, np.uint32))
    hashes = hashes.reshape(n, steps)[:, : steps - length + 1]
    nearest = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    loud = np.lib.stride_tricks.sliding_window_view((pitches != SILENT).any(axis=2), length, axis=1).any(axis=2)
    return np.asarray(((known[nearest] == hashes) & loud).mean(axis=1))


def fingerprints(pitches: NDArray[np.int16], length: int) -> NDArray[np.uint32]:
    """A number for every window of music [steps, parts], the same at any transposition."""
    return (window_hashes(pitches, length) >> np.uint64(32)).astype(np.uint32)


def make_list(pieces: Iterable[NDArray[np.int16]]) -> dict[str, NDArray[np.uint32]]:
    """The list of training music [steps, parts] (``Sampled.pitches``), as it is stored: sorted, by number of parts."""
    found: dict[int, list[NDArray[np.uint32]]] = {parts: [] for parts in WINDOWS}
    for pitches in pieces:
        if (parts := pitches.shape[1]) in WINDOWS:
            length, hop = WINDOWS[parts]
            found[parts].append(fingerprints(pitches, length)[::hop])
    return {str(parts): np.unique(np.concatenate([np.zeros(0, np.uint32), *rows])) for parts, rows in found.items()}


@cache
def _list() -> dict[int, NDArray[np.uint32]]:
    return {int(parts): rows for parts, rows in read_arrays(ORIGINALITY).items()} if ORIGINALITY.exists() else {}
