"""Copies of training music planted in real held-out music: how many of them does a report find?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation import sample
from musegen.evaluation.sampling import SILENT
from musegen.score import Note, Score, Track
from musegen.studio.originality import Listed, originality

LENGTHS = (16, 20, 24, 32, 48, 64)
HOST = {4: 128, 1: 256}
"""By number of voices: sixteenths of the music that a copy is planted in."""


def planted(training: list[Listed], hosts: list[Score], count: int, seed: int = 0) -> dict[str, Any]:
    """Share of planted copies that are named, and that are as long as is rare in real music, in %.

    A copy counts as named when some run of the report lies where it was planted, in the piece that it
    is from (or another edition of it), transposed as it was.
    """
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {}
    for voices, kind in ((4, "chorales, texture"), (1, "tunes")):
        sources = [(p.title, sample(p.score).pitches) for p in training]
        sources = [(t, p) for t, p in sources if p.shape[1] == voices and len(p) > max(LENGTHS)]
        frames = [p for s in hosts if (p := sample(s).pitches).shape[1] == voices and len(p) >= HOST[voices]]
        for length in LENGTHS:
            for changes in (0, 1, 2):
                named, rare = 0, 0
                for _ in range(count):
                    title, copy, move = _copy(sources, length, changes, rng)
                    host = frames[rng.integers(len(frames))][: HOST[voices]].copy()
                    at = int(rng.integers(HOST[voices] - length + 1))
                    host[at : at + length] = copy
                    report = originality(score_of(host)).main
                    found = [m for m in (report.longest, *report.further) if m]
                    named += any(_is(m, title, move, at, length) for m in found)
                    rare += report.usual is not None and report.usual.verdict == "unusual"
                row = {"named": round(100 * named / count), "unusual": round(100 * rare / count)}
                result.setdefault(kind, {})[f"{length} sixteenths, {changes} notes changed"] = row
    return result


def _is(match: Any, title: str, move: int, at: int, length: int) -> bool:
    start, stop = match.start // 120, match.end // 120
    same = match.piece.title.split(" (BWV")[0] == title.split(" (BWV")[0] and match.transposition == move
    return same and start < at + length and stop > at


def _copy(
    sources: list[tuple[str, NDArray[np.int16]]], length: int, changes: int, rng: np.random.Generator
) -> tuple[str, NDArray[np.int16], int]:
    """A stretch of a training piece that moves, transposed, with so many notes a tone or semitone off."""
    while True:
        title, piece = sources[rng.integers(len(sources))]
        at = int(rng.integers(len(piece) - length + 1))
        copy = piece[at : at + length].astype(np.int16)
        if (copy[1:] != copy[:-1]).any(axis=1).sum() >= length // 8 and (copy != SILENT).any(axis=1).all():
            break
    move = int(rng.integers(-6, 7))
    copy = np.where(copy == SILENT, SILENT, copy + move).astype(np.int16)
    for _ in range(changes):
        voice, step = int(rng.integers(copy.shape[1])), int(rng.integers(length))
        while copy[step, voice] == SILENT:
            voice, step = int(rng.integers(copy.shape[1])), int(rng.integers(length))
        first, last = step, step
        while first > 0 and copy[first - 1, voice] == copy[step, voice]:
            first -= 1
        while last < length - 1 and copy[last + 1, voice] == copy[step, voice]:
            last += 1
        copy[first : last + 1, voice] += rng.choice([-2, -1, 1, 2])
    return title, copy, move


def score_of(pitches: NDArray[np.int16]) -> Score:
    """The score that sounds so; repeated notes are held."""
    notes = []
    for voice, line in enumerate(pitches.T):
        cuts = [0, *(np.flatnonzero(np.diff(line)) + 1), len(line)]
        for start, stop in pairwise(cuts):
            if line[start] != SILENT:
                notes.append(Note(int(start) * 120, int(line[start]), int(stop - start) * 120, track=voice))
    return Score(tuple(notes), tuple(Track(f"voice {v + 1}") for v in range(pitches.shape[1])))
