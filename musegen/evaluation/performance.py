"""How a score is performed: tempo, loudness and articulation note by note, beside several people's performances of it.

A performance is measured by two numbers a quality: the correlation with the mean of the people (does it slow down and
swell where they do?), and the share of its notes within two standard deviations of that mean (does it stay within what
people do?). A rendering without expression and one by a phrase-arch rule are there to be compared with; what is learnt
from performances should be measured on pieces that it did not learn from, each left out in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError
from musegen.score import Score

Floats = NDArray[np.float64]
QUALITIES = ("tempo", "velocity", "articulation")


@dataclass(frozen=True, eq=False)
class Rendering:
    """A score as it was played, note by note in the order of ``score.notes``.

    Attributes:
        onsets: [n] seconds.
        lengths: [n] seconds that each note sounds, greater than 0.
        velocities: [n] 1-127.
    """

    onsets: Floats
    lengths: Floats
    velocities: Floats


@dataclass(frozen=True)
class Closeness:
    """How near one quality of a rendering comes to what people do.

    Attributes:
        correlation: Pearson's, with the people's mean, -1 to 1; None where either does not change at all.
        inside: Share of the notes within two standard deviations of the people's mean, 0-1.
        notes: How many notes were compared.
    """

    correlation: float | None
    inside: float
    notes: int


def expression(score: Score, rendering: Rendering) -> dict[str, Floats]:
    """What was done with each note: [n] each, NaN where a quality can't be told.

    "tempo": quarters a minute from this onset of the score to the next; a chord's onset is the mean of its notes'. NaN
    at the last onset, and where the next comes no later. "velocity": 1-127. "articulation": the time that the note
    sounds, in its written length at that tempo: 1 = legato, .5 = staccato.

    Raises:
        ScoreError: The rendering has not a note for every note of the score.
    """
    n = len(score.notes)
    if not len(rendering.onsets) == len(rendering.lengths) == len(rendering.velocities) == n:
        raise ScoreError("A performance of this score has {n} notes, not {found}.", n=n, found=len(rendering.onsets))
    written = np.array([note.onset for note in score.notes], np.float64) / score.resolution
    lengths = np.array([note.duration for note in score.notes], np.float64) / score.resolution
    places, which = np.unique(written, return_inverse=True)
    heard = np.bincount(which, rendering.onsets) / np.maximum(np.bincount(which), 1) if n else np.zeros(0)
    seconds = np.append(np.diff(heard), np.nan)[: len(places)]
    tempo = np.full(len(places), np.nan)
    np.divide(60.0 * np.append(np.diff(places), np.nan)[: len(places)], seconds, out=tempo, where=seconds > 0)
    tempo = tempo[which]
    return {
        "tempo": tempo,
        "velocity": np.asarray(rendering.velocities, np.float64),
        "articulation": rendering.lengths * tempo / (60.0 * lengths),
    }


def closeness(score: Score, rendering: Rendering, people: Sequence[Rendering]) -> dict[str, Closeness]:
    """Of every quality, how near a rendering comes to what people do with the same score.

    Notes of which a quality can't be told of somebody are passed over. Where all people do exactly the same, only the
    same is inside.

    Args:
        score: What is played.
        rendering: By whom is to be judged.
        people: At least two performances by others.

    Raises:
        ScoreError: Fewer than two people, or somebody did not play every note.
    """
    if len(people) < 2:
        raise ScoreError("A performance is compared with at least two others: one alone has no spread.")
    own = expression(score, rendering)
    theirs = [expression(score, one) for one in people]
    found = {}
    for quality in QUALITIES:
        values = np.stack([one[quality] for one in theirs])
        told = np.isfinite(own[quality]) & np.isfinite(values).all(axis=0)
        mine, values = own[quality][told], values[:, told]
        mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
        inside = np.abs(mine - mean) <= 2 * deviation + 1e-9 * np.abs(mean)
        count = int(told.sum())
        found[quality] = Closeness(_correlation(mine, mean), float(inside.mean()) if count else 0.0, count)
    return found


def _correlation(x: Floats, y: Floats) -> float | None:
    if len(x) < 2 or np.ptp(x) <= 1e-9 * np.abs(x).max() or np.ptp(y) <= 1e-9 * np.abs(y).max():
        return None
    return float(np.corrcoef(x, y)[0, 1])


def deadpan(score: Score, velocity: float = 80.0) -> Rendering:
    """The score exactly as it is written: its own tempi, one loudness, every note held to its end."""
    onsets = np.array([score.seconds(note.onset) for note in score.notes])
    ends = np.array([score.seconds(note.end) for note in score.notes])
    return Rendering(onsets, ends - onsets, np.full(len(onsets), velocity))


def phrase_arch(
    score: Score, ends: Sequence[int], *, depth: Mapping[str, float] | None = None, velocity: float = 80.0
) -> Rendering:
    """A rule to compare with: every phrase grows faster and louder to its middle and falls back (Todd, 1992).

    Tempo and loudness follow ``1 + depth (1/2 - (2x - 1)^2)``, x from 0 to 1 through the phrase.

    Args:
        score: What is played.
        ends: Ticks at which phrases end; the last note's end is one in any case.
        depth: Of "tempo" and "velocity", shares of 1; default .2 and .3.
        velocity: Mean loudness.
    """
    deep = {"tempo": 0.2, "velocity": 0.3} | dict(depth or {})
    plain = deadpan(score, velocity)
    if not score.notes:
        return plain
    stop = max(note.end for note in score.notes)
    bounds = np.array(sorted({min(n.onset for n in score.notes), *(e for e in ends if e < stop), stop}), np.float64)
    steps = np.unique(np.concatenate([np.arange(0, stop, max(score.resolution // 8, 1)), bounds, [stop]]))
    middle = (steps[:-1] + steps[1:]) / 2
    pace = np.diff([score.seconds(int(step)) for step in steps]) / (1 + deep["tempo"] * _arch(middle, bounds))
    clock = np.concatenate([[0.0], np.cumsum(pace)])
    onsets = np.interp([note.onset for note in score.notes], steps, clock)
    ended = np.interp([note.end for note in score.notes], steps, clock)
    loud = velocity * (1 + deep["velocity"] * _arch(np.array([n.onset for n in score.notes], np.float64), bounds))
    return Rendering(onsets, ended - onsets, np.clip(loud, 1, 127))


def _arch(ticks: Floats, bounds: Floats) -> Floats:
    """1/2 in the middle of a phrase, -1/2 at its ends."""
    phrase = np.clip(np.searchsorted(bounds, ticks, "right") - 1, 0, len(bounds) - 2)
    x = (ticks - bounds[phrase]) / (bounds[phrase + 1] - bounds[phrase])
    return np.asarray(0.5 - (2 * x - 1) ** 2)
