"""Is a looser match worth having: by the intervals of a melody alone, its rhythm ignored?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation import Sampled, sample
from musegen.evaluation.copying import window_hashes
from musegen.score import Score

Index = dict[int, NDArray[np.uint64]]


def loose(training: list[Score], sets: dict[str, list[Score]]) -> dict[str, Any]:
    """Notes of the longest run with and without its rhythm; how often the looser one has eight notes more."""
    known = [sample(score) for score in training]
    with_rhythm: Index = {}
    without: Index = {}
    result: dict[str, Any] = {"notes_of_training_melodies": int(sum(p.onsets[:, 0].sum() for p in known))}
    for name, scores in sets.items():
        pieces = [sample(score) for score in scores]
        rows = np.array([(_strict(p, known, with_rhythm), _loose(p, known, without)) for p in pieces])
        result[name] = {
            "n": len(rows),
            "median_notes_with_rhythm": float(np.median(rows[:, 0])),
            "median_notes_without": float(np.median(rows[:, 1])),
            "eight_or_more_further_%": round(100 * float((rows[:, 1] >= rows[:, 0] + 8).mean()), 1),
        }
    return result


def _moves(piece: Sampled) -> NDArray[np.int16]:
    """[intervals, 1] of successive notes of the first voice, as a column that stands for pitches."""
    return np.diff(piece.pitches[piece.onsets[:, 0], 0])[:, None].astype(np.int16)


def _hashes(moves: NDArray[np.int16], count: int) -> NDArray[np.uint64]:
    if len(moves) < count:
        return np.zeros(0, np.uint64)
    mixed = np.zeros(len(moves) - count + 1, np.uint64)
    for column in np.lib.stride_tricks.sliding_window_view(moves[:, 0], count).T:
        mixed = (mixed + (column.astype(np.int64) + 128).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _in(hashes: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.asarray(known[np.minimum(np.searchsorted(known, hashes), len(known) - 1)] == hashes)


def _loose(piece: Sampled, known: list[Sampled], index: Index) -> int:
    best, moves = 0, _moves(piece)
    for count in range(3, 80):
        if count not in index:
            index[count] = np.unique(np.concatenate([_hashes(_moves(p), count) for p in known]))
        hashes = _hashes(moves, count)
        if not len(hashes) or not _in(hashes, index[count]).any():
            break
        best = count + 1
    return best


def _strict(piece: Sampled, known: list[Sampled], index: Index) -> int:
    best = 0
    begun = np.concatenate([[0], np.cumsum(piece.onsets[:, 0])])
    for steps in range(4, 200, 4):
        if steps not in index:
            index[steps] = np.unique(np.concatenate([window_hashes(p.pitches[:, :1], steps) for p in known]))
        hashes = window_hashes(piece.pitches[:, :1], steps)
        found = np.flatnonzero(_in(hashes, index[steps])) if len(hashes) else []
        if not len(found):
            break
        best = max(best, int((begun[found + steps] - begun[found]).max()))
    return best
