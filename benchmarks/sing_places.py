"""Counts where in the bar notes begin: the rows of ``_PLACES`` in ``musegen/transcribe/rhythm.py``.

Tunes of the training side only; ``sing.py`` reports on those of the test side.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from sing_voices import tunes

from musegen.transcribe.rhythm import bar_steps

SEED, EACH, LEAST = 501, 80, 17
MOST = 0.97  # a tune that begins elsewhere must stay possible


def main() -> None:
    """Print a row for each metre of at least ``LEAST`` tunes."""
    rows = defaultdict(list)
    for tune in tunes("train", EACH, SEED):
        metre, unit = tune.score.metres[0], tune.score.resolution / 4
        steps = {round((n.onset - tune.score.pickup) / unit) for n in tune.score.notes}
        place = np.arange(min(steps), max(steps) + 1)
        begun = np.isin(place, list(steps))
        bar = bar_steps(metre)
        counts = [np.bincount(chosen % bar, minlength=bar) for chosen in (place[begun], place)]
        rows[metre.numerator, metre.denominator].append(counts)
    for metre, of_tunes in sorted(rows.items()):
        begun, all_places = np.sum(of_tunes, axis=0)
        if len(of_tunes) >= LEAST:
            print(metre, len(of_tunes), np.minimum((begun + 0.5) / (all_places + 1), MOST).round(2).tolist())


if __name__ == "__main__":
    main()
