"""How much of a draft is copied: one number a draft, quick enough to choose among drafts by."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation.copying import window_hashes
from musegen.evaluation.sampling import SILENT
from musegen.lanes import REST, sounding
from musegen.studio.originality.listing import CHOIR, HOPS, WINDOW, fingerprints, listing

LENGTHS = {CHOIR: WINDOW, 1: 2 * WINDOW}
"""By number of parts: sixteenths of the windows that count. Tunes share short turns by nature."""


def copied_share(tokens: NDArray[np.int16]) -> NDArray[np.float64]:
    """[n] share of the windows of each piece that are found in the training music; 0 for other numbers of parts.

    Args:
        tokens: [n, steps, parts] without MASK, the parts from the top, none of them absent.
    """
    n, steps, parts = tokens.shape
    length = LENGTHS.get(parts, steps + 1)
    known = _known(parts)
    if not len(known) or steps < length:
        return np.zeros(n)
    heights = sounding(tokens)
    pitches = np.where(heights < REST, heights, SILENT).astype(np.int16)
    # All pieces behind each other: one call; the windows that reach into the next piece are left out.
    hashes = fingerprints(window_hashes(pitches.reshape(n * steps, parts), WINDOW))
    hashes = np.append(hashes, np.zeros(WINDOW - 1, np.uint32)).reshape(n, steps)
    keys = _keys(hashes, steps - length + 1) if parts == 1 else hashes[:, : steps - length + 1].astype(np.uint64)
    nearest = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    loud = np.lib.stride_tricks.sliding_window_view((pitches != SILENT).any(axis=2), length, axis=1).any(axis=2)
    return np.asarray(((known[nearest] == keys) & loud).mean(axis=1))


def _keys(hashes: NDArray[np.uint32], count: int) -> NDArray[np.uint64]:
    """[n, count] a number for every stretch of 32 sixteenths, from three windows of 16 that make it up."""
    hop = HOPS["melody"]
    return _mixed(np.stack([hashes[:, k * hop : k * hop + count] for k in range(3)], axis=-1))


def _mixed(hashes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    mixed = np.zeros(hashes.shape[:-1], np.uint64)
    for k in range(hashes.shape[-1]):
        mixed = (mixed + hashes[..., k]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


@cache
def _known(parts: int) -> NDArray[np.uint64]:
    known = listing()
    if known is None or parts not in LENGTHS:
        return np.zeros(0, np.uint64)
    return np.sort(known.texture.known.astype(np.uint64) if parts == CHOIR else _mixed(known.tunes))
