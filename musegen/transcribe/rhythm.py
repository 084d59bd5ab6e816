"""Times in seconds to sixteenths: tempo, bar lines and note values, all found at once.

A row of notes is explained by where each stands on the grid. A hypothesis carries the time of the last grid line it
passed and the length of a sixteenth, both corrected by each note as a player following a singer would (A. Cemgil and
B. Kappen, "Monte Carlo methods for tempo tracking and rhythm quantization", Journal of Artificial Intelligence
Research 18 (2003), 45-81); the likeliest few hundred go on to the next note. How likely an onset is on a bar, a beat,
an eighth or a sixteenth, and a silent place on each, tells fast from slow and strong from weak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.score import Metre

SLOWEST, FASTEST = 40.0, 208.0
"""Quarter notes a minute between which a tempo is looked for."""
_USUAL, _TEMPO_SPREAD = 96.0, 0.24  # log-normal prior of a tempo that nobody gave
_BEAM = 400
_LONGEST = 48  # sixteenths from one onset to the next; more is cut, as a rest of unknown length
# Chance that a note begins on each sixteenth of a bar: counted in 500 tunes of the training sets by
# benchmarks/sing_places.py (benchmarks/sing.py reports on other tunes).
_PLACES: dict[tuple[int, int], tuple[float, ...]] = {
    (2, 2): (0.97, 0.05, 0.55, 0.16, 0.94, 0.01, 0.71, 0.18, 0.97, 0.04, 0.59, 0.15, 0.96, 0.02, 0.68, 0.14),
    (2, 4): (0.97, 0.28, 0.74, 0.37, 0.89, 0.24, 0.78, 0.43),
    (3, 4): (0.95, 0.13, 0.45, 0.26, 0.74, 0.10, 0.45, 0.17, 0.82, 0.13, 0.59, 0.22),
    (3, 8): (0.93, 0.55, 0.90, 0.27, 0.76, 0.35),
    (4, 4): (0.95, 0.06, 0.29, 0.12, 0.76, 0.02, 0.53, 0.16, 0.88, 0.06, 0.28, 0.08, 0.77, 0.05, 0.59, 0.16),
    (6, 8): (0.97, 0.02, 0.61, 0.06, 0.91, 0.01, 0.96, 0.01, 0.51, 0.03, 0.95, 0.05),
    (9, 8): (
        0.97,
        0.06,
        0.48,
        0.08,
        0.88,
        0.04,
        0.97,
        0.04,
        0.74,
        0.10,
        0.94,
        0.10,
        0.96,
        0.03,
        0.60,
        0.06,
        0.93,
        0.02,
    ),
}
# In other metres: on a bar's first beat, another beat, an eighth between, a sixteenth between; by hand.
_CHANCES = (0.92, 0.75, 0.42, 0.06)
_FIRST_ON_BAR = 1.6  # log likelihood more where a melody begins with a bar
_LAST_ON_BAR, _LAST_ON_BEAT = 1.5, 0.8  # and where it ends with one, or on a beat
_LONG_ON_BAR, _LONG_ON_BEAT = 0.5, 0.25  # and for each doubling of a note's length, where it stands on a bar or a beat
_TIMING_S = 0.035  # how exactly people sing, standard deviation
_FOLLOW, _FOLLOW_TEMPO = 0.35, 0.06  # how much of a note's error moves the grid, and its step


@dataclass(frozen=True)
class Rhythm:
    """Where the notes stand.

    Attributes:
        steps: [notes] Onset in sixteenths from the bar line before the first note.
        ends: [notes] End in sixteenths, at most the next onset.
        errors: [notes] How many sixteenths too late (negative: early) each was sung.
        tempo: Quarter notes a minute, the middle of the piece.
        margin: By how much log likelihood it beats the best one at another tempo; inf where a tempo was given.
    """

    steps: NDArray[np.int64]
    ends: NDArray[np.int64]
    errors: NDArray[np.float64]
    tempo: float
    margin: float


def bar_steps(metre: Metre) -> int:
    """Sixteenths in a bar."""
    return 16 * metre.numerator // metre.denominator


def place_chances(metre: Metre) -> NDArray[np.float64]:
    """[sixteenths of a bar] chance that a note begins there."""
    counted = _PLACES.get((metre.numerator, metre.denominator))
    if counted:
        return np.array(counted)
    chances = np.full(bar_steps(metre), _CHANCES[3])
    chances[::2] = _CHANCES[2]
    chances[_beats(metre)] = _CHANCES[1]
    chances[0] = _CHANCES[0]
    return chances


def _beats(metre: Metre) -> NDArray[np.bool_]:
    """[sixteenths of a bar] where a beat begins: every dotted quarter in 6/8 and its kind."""
    compound = metre.denominator == 8 and metre.numerator % 3 == 0
    beat = 6 if compound else max(16 // metre.denominator, 1)
    return np.asarray(np.arange(bar_steps(metre)) % beat == 0)


def find_rhythm(onsets: NDArray[np.float64], ends: NDArray[np.float64], metre: Metre, tempo: float | None) -> Rhythm:
    """Put notes on the grid.

    Args:
        onsets: [notes] seconds, rising; at least one.
        ends: [notes] seconds, each after its onset and not after the next one.
        metre: The metre to write in.
        tempo: Quarter notes a minute if it is known; the singer may still be up to a few per cent off.
    """
    steps, grid, length, margin = _search(onsets, metre, tempo)
    errors = (onsets - grid) / length
    offs = _ends(onsets, ends, steps, grid, length)
    middle = float(np.median(length))
    if len(onsets) > 2 and steps[-1] > steps[0]:
        middle = float(np.polyfit(steps, onsets, 1)[0])
    return Rhythm(steps, offs, errors, 15.0 / middle, margin)


def _search(
    onsets: NDArray[np.float64], metre: Metre, tempo: float | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], float]:
    """The best hypothesis: step, time of the grid and length of a sixteenth at each note; and by how much it wins."""
    bar = bar_steps(metre)
    chances = place_chances(metre)
    silent = np.concatenate(([0.0], np.cumsum(np.log1p(-np.tile(chances, _LONGEST // bar + 2)))))
    sounding = np.log(chances)
    beats = _beats(metre)
    weight = np.where(beats, _LONG_ON_BEAT, 0.0)
    weight[0] = _LONG_ON_BAR
    if tempo:
        tempos = tempo * np.array([0.97, 0.985, 1.0, 1.015, 1.03])
        prior = -0.5 * (np.log(tempos / tempo) / 0.015) ** 2
    else:
        tempos = np.geomspace(SLOWEST, FASTEST, 48)
        prior = -0.5 * (np.log(tempos / _USUAL) / _TEMPO_SPREAD) ** 2
    # One hypothesis for each tempo and each place in the bar where the first note may stand.
    place = np.tile(np.arange(bar), len(tempos))
    length = np.repeat(15.0 / tempos, bar)
    start = np.repeat(np.arange(len(tempos)), bar)
    time = np.full(len(place), onsets[0])
    score = np.repeat(prior, bar) + sounding[place] + _FIRST_ON_BAR * (place == 0)
    history: list[tuple[NDArray[np.int64], ...]] = []
    trail: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = [(time, length)]
    for onset in onsets[1:]:
        gap = (onset - time) / length
        count = np.clip(np.floor(gap)[:, None] + np.arange(-1, 3), 1, _LONGEST).astype(np.int64)
        error = onset - time[:, None] - count * length[:, None]
        # A gap beyond the longest says nothing about the grid.
        error = np.where(gap[:, None] > _LONGEST, 0.0, error)
        here = place[:, None] % bar
        there = (here + count) % bar
        chance = (
            silent[here + count]
            - silent[here + 1]
            + sounding[there]
            + (weight[here] - _LONG_ON_BEAT / 2) * np.log2(count / 4)
        )
        # An outlier costs a bounded amount: one hiccup does not decide the tempo.
        fit = np.logaddexp(-0.5 * (error / _TIMING_S) ** 2, -9.0)
        options = score[:, None] + chance + fit
        options[:, 1:][count[:, 1:] == count[:, :-1]] = -np.inf
        options[:, 2:][count[:, 2:] == count[:, :-2]] = -np.inf
        kept = _prune(options, there, start, tempo is not None)
        row, column = kept // 4, kept % 4
        taken, missed = count[row, column], error[row, column]
        time = time[row] + taken * length[row] + _FOLLOW * missed
        time = np.where(gap[row] > _LONGEST, onset, time)
        new = length[row] + _FOLLOW_TEMPO * missed / np.maximum(taken, 2)
        score, place, start = options[row, column], place[row] + taken, start[row]
        length = np.clip(new, 15.0 / (FASTEST * 1.1), 15.0 / (SLOWEST * 0.9))
        history.append((row, taken))
        trail.append((time, length))
    score = score + np.where(place % bar == 0, _LAST_ON_BAR, _LAST_ON_BEAT * beats[place % bar])
    best = int(score.argmax())
    ratio = length / length[best]
    others = score[(ratio > 1.15) | (ratio < 0.87)]
    margin = float("inf") if tempo else float(score[best] - others.max()) if len(others) else 20.0
    return (*_walk_back(place, history, trail, best), margin)


def _prune(
    options: NDArray[np.float64], there: NDArray[np.int64], start: NDArray[np.int64], narrow: bool
) -> NDArray[np.int64]:
    """Indices of the hypotheses that go on: the best of those with one first tempo and one place in the bar."""
    flat = options.ravel()
    names = (start[:, None] * 4096 + there).ravel()
    order = np.lexsort((-flat, names))
    order = order[np.isfinite(flat[order])]
    first = np.concatenate(([True], np.diff(names[order]) != 0))
    best = order[first]
    return best[np.argsort(-flat[best])[: _BEAM // (2 if narrow else 1)]]


def _walk_back(
    place: NDArray[np.int64],
    history: list[tuple[NDArray[np.int64], ...]],
    trail: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    best: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    steps, grid, length = [int(place[best])], [trail[-1][0][best]], [trail[-1][1][best]]
    for (row, taken), (times, lengths) in zip(reversed(history), reversed(trail[:-1]), strict=True):
        steps.append(steps[-1] - int(taken[best]))
        best = int(row[best])
        grid.append(times[best])
        length.append(lengths[best])
    return np.array(steps[::-1]), np.array(grid[::-1]), np.array(length[::-1])


def _ends(
    onsets: NDArray[np.float64],
    ends: NDArray[np.float64],
    steps: NDArray[np.int64],
    grid: NDArray[np.float64],
    length: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Ends in sixteenths: a gap shorter than a sung eighth is a breath or a consonant, not a rest."""
    following = np.append(steps[1:], 2**40)
    exact = steps + (ends - onsets) / length
    result = np.maximum(np.round(exact).astype(np.int64), steps + 1)
    gap = following - exact
    seconds = gap * length
    join = (gap < 1.5) | (seconds < 0.15) | (gap < 0.25 * (following - steps))
    result = np.where(join, following, np.minimum(result, following))
    if len(result):  # the last note: to the next eighth, as nobody holds a note exactly
        last = max(exact[-1] - steps[-1], 1.0)
        unit = 2 if last >= 1.5 else 1
        result[-1] = steps[-1] + max(unit * round(last / unit), 1)
    return result
