"""The chords that a passage may be: twelve roots times the qualities of common practice, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quality:
    """A kind of chord.

    Attributes:
        name: Code, as in "dominant-seventh".
        tones: Semitones of root, third, fifth and seventh above the root.
        symbol: What follows the root in a chord's name, as in "m7b5".
        minor: Whether its Roman numeral is in small letters.
        mark: What follows the numeral: "o" diminished, "ø" half-diminished, "+" augmented.
        cost: How much rarer it is than a plain triad, in the units of ``segment``.
    """

    name: str
    tones: tuple[int, ...]
    symbol: str
    minor: bool
    mark: str
    cost: float


QUALITIES = (
    Quality("major", (0, 4, 7), "", False, "", 0.0),
    Quality("minor", (0, 3, 7), "m", True, "", 0.2),
    Quality("diminished", (0, 3, 6), "dim", True, "o", 0.5),
    Quality("augmented", (0, 4, 8), "aug", False, "+", 1.4),
    Quality("dominant-seventh", (0, 4, 7, 10), "7", False, "", 0.6),
    Quality("major-seventh", (0, 4, 7, 11), "maj7", False, "", 1.8),
    Quality("minor-seventh", (0, 3, 7, 10), "m7", True, "", 1.0),
    Quality("half-diminished-seventh", (0, 3, 6, 10), "m7b5", True, "ø", 1.2),
    Quality("diminished-seventh", (0, 3, 6, 9), "dim7", True, "o", 0.5),
)
BY_NAME = {quality.name: quality for quality in QUALITIES}
ROOTS = np.repeat(np.arange(12), len(QUALITIES))
"""[candidates] pitch class of the root."""
KINDS = np.tile(np.arange(len(QUALITIES)), 12)
"""[candidates] place in ``QUALITIES``."""
COSTS = np.array([quality.cost for quality in QUALITIES])[KINDS]


def _tones(place: int) -> NDArray[np.float64]:
    """[candidates, 12] which pitch class is the root (0), third (1), fifth (2) or seventh (3) of each candidate."""
    rows = np.zeros((len(ROOTS), 12))
    for row, (root, kind) in enumerate(zip(ROOTS, KINDS, strict=True)):
        tones = QUALITIES[kind].tones
        if place < len(tones):
            rows[row, (root + tones[place]) % 12] = 1.0
    return rows


MEMBERS = np.stack([_tones(place) for place in range(4)])
"""[4, candidates, 12] root, third, fifth, seventh."""
TONES = MEMBERS.sum(axis=0)
"""[candidates, 12] whether a pitch class belongs to the chord."""


def candidate(root: int, kind: int) -> int:
    """Row of the chord of a quality (place in ``QUALITIES``) on a root."""
    return root % 12 * len(QUALITIES) + kind
