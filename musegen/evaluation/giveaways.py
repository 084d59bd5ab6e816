"""What gives made music away: the features of the two-sample test in which it differs most from real music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musegen.evaluation.features import feature_names
from musegen.evaluation.real_or_made import features_of, fit, windows_of
from musegen.evaluation.sampling import Sampled, sample
from musegen.score import Score

_RARE = 0.02  # share of windows (of both kinds) that a feature must be found in


@dataclass(frozen=True)
class Giveaway:
    """One feature of 4-bar windows.

    Attributes:
        feature: In words.
        made: Its mean in made windows (a share of intervals, notes, sixteenths ... of its kind).
        real: Its mean in real windows.
        effect: The difference of the means in standard deviations of all windows, each kind counting half: -2 to 2, and
            for small effects the same as Cohen's d, of which 0.2 is small and 0.8 large. Positive: too much of it.
        weight: Of the standardised feature in the classifier fitted to all windows; positive speaks for "made".
    """

    feature: str
    made: float
    real: float
    effect: float
    weight: float

    def __str__(self) -> str:
        return f"{self.feature}: {self.made:.3f}, real {self.real:.3f} ({self.effect:+.2f})"


def giveaways(
    made: Sequence[Score | Sampled], real: Sequence[Score | Sampled], n: int = 12, *, repeated_notes: bool = False
) -> tuple[Giveaway, ...]:
    """The ``n`` features with the greatest effect, greatest first.

    Args:
        made: Pieces that were made, of one window (64 sixteenths; at least 32) or more.
        real: Real ones.
        n: How many features.
        repeated_notes: As in ``real_or_made``: only where both sets write repeated notes.

    Returns:
        Nothing where a set has no window. Features found in less than 2 % of the windows are left out.
    """
    first, second = ([p if isinstance(p, Sampled) else sample(p) for p in kind] for kind in (made, real))
    made_windows, real_windows, parts = windows_of(first, second, repeated_notes)
    if not made_windows or not real_windows:
        return ()
    ours, theirs = (np.concatenate(features_of(windows, parts)) for windows in (made_windows, real_windows))
    difference = ours.mean(axis=0) - theirs.mean(axis=0)
    spread = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / 2 + difference**2 / 4)
    effect = np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 1e-9)
    effect[((ours != 0).mean(axis=0) + (theirs != 0).mean(axis=0)) / 2 < _RARE] = 0
    weights = fit(theirs, ours).weights
    every = [window for piece in (*made_windows, *real_windows) for window in piece]
    names = feature_names(parts, (window[0] for window in every if window.shape[2] == parts))
    order = [int(i) for i in np.argsort(-abs(effect), kind="stable")[:n] if effect[i]]
    means = ours.mean(axis=0), theirs.mean(axis=0)
    return tuple(
        Giveaway(names[i], float(means[0][i]), float(means[1][i]), float(effect[i]), float(weights[i])) for i in order
    )
