"""Which key each chord is heard in: the home key, and where a phrase goes elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.harmony.candidates import KINDS, QUALITIES, ROOTS
from musegen.score import Key

KEYS = tuple(Key((7 * tonic + 5) % 12 - 5, "major") for tonic in range(12)) + tuple(
    Key((7 * (tonic + 3) + 5) % 12 - 5, "minor") for tonic in range(12)
)
"""The keys that are told apart: twelve major, by tonic from C, then twelve minor; see ``key_at`` for their spelling."""

# How well a chord speaks for a key: (semitones above the tonic, quality) -> worth; 1 = as the tonic triad does.
_MAJOR = {
    (0, "major"): 1.0, (7, "major"): 1.0, (7, "dominant-seventh"): 1.2, (5, "major"): 0.8, (2, "minor"): 0.7,
    (2, "minor-seventh"): 0.9, (9, "minor"): 0.7, (11, "diminished"): 1.0, (11, "half-diminished-seventh"): 1.0,
    (4, "minor"): 0.4, (5, "major-seventh"): 0.7, (0, "major-seventh"): 0.5, (9, "minor-seventh"): 0.5,
    (4, "minor-seventh"): 0.3, (11, "diminished-seventh"): 0.4, (5, "minor"): 0.0, (2, "half-diminished-seventh"): 0.1,
    (2, "major"): 0.2, (2, "dominant-seventh"): 0.3, (6, "diminished"): 0.2, (6, "half-diminished-seventh"): 0.3,
    (6, "diminished-seventh"): 0.2, (9, "major"): 0.1, (9, "dominant-seventh"): 0.2, (4, "major"): 0.1,
    (4, "dominant-seventh"): 0.2, (0, "dominant-seventh"): 0.3, (1, "diminished"): 0.1, (1, "diminished-seventh"): 0.1,
    (8, "diminished"): 0.1, (8, "diminished-seventh"): 0.1,
}  # fmt: skip
_MINOR = {
    (0, "minor"): 1.0, (7, "major"): 1.0, (7, "dominant-seventh"): 1.2, (5, "minor"): 0.8, (5, "minor-seventh"): 0.7,
    (2, "diminished"): 0.8, (2, "half-diminished-seventh"): 1.0, (8, "major"): 0.6, (8, "major-seventh"): 0.6,
    (3, "major"): 0.5, (10, "major"): 0.4, (10, "dominant-seventh"): 0.3, (11, "diminished"): 1.0,
    (11, "diminished-seventh"): 1.1, (7, "minor"): 0.3, (7, "minor-seventh"): 0.2, (5, "major"): 0.4,
    (5, "dominant-seventh"): 0.2, (2, "minor"): 0.2, (2, "minor-seventh"): 0.2, (0, "major"): 0.4,
    (0, "dominant-seventh"): 0.2, (9, "diminished"): 0.2, (9, "half-diminished-seventh"): 0.2, (3, "augmented"): 0.4,
    (3, "major-seventh"): 0.3, (2, "major"): 0.2, (2, "dominant-seventh"): 0.3, (6, "diminished"): 0.2,
    (6, "diminished-seventh"): 0.3, (3, "dominant-seventh"): 0.1, (1, "major"): 0.2, (4, "diminished"): 0.1,
    (4, "diminished-seventh"): 0.2, (0, "minor-seventh"): 0.2,
}  # fmt: skip
_STRANGE = -0.2
USUAL_FIT = 0.6
"""How well an ordinary chord speaks for its key."""
_CADENCE = 0.7  # that a phrase ends V-I in a key speaks for it
_CHANGE, _FIFTH, _MIDDLE = 0.5, 0.25, 0.6  # a change of key; for each signature further; more, inside a phrase


def _fit() -> NDArray[np.float64]:
    """[keys, candidates] how well each chord speaks for each key."""
    table = np.full((len(KEYS), len(ROOTS)), _STRANGE)
    for row, key in enumerate(KEYS):
        known = _MINOR if key.mode == "minor" else _MAJOR
        for column, (root, kind) in enumerate(zip(ROOTS, KINDS, strict=True)):
            table[row, column] = known.get(((int(root) - key.tonic) % 12, QUALITIES[kind].name), _STRANGE)
    return table


FIT = _fit()


def _changes() -> NDArray[np.float64]:
    """[keys, keys] cost of going from one to another, by how far apart their signatures lie."""
    fifths = np.array([key.fifths for key in KEYS])
    far = abs(fifths[:, None] - fifths)
    cost = _CHANGE + _FIFTH * np.minimum(far, 12 - far)
    np.fill_diagonal(cost, 0.0)
    return np.asarray(cost)


_COST = _changes()


def key_at(row: int, home: Key) -> Key:
    """The key of a place in ``KEYS``, spelt near the home key: G-flat major in a piece in D-flat, not F-sharp."""
    key = KEYS[row]
    fifths = min((f for f in (key.fifths - 12, key.fifths, key.fifths + 12) if -7 <= f <= 7),
                 key=lambda f: (abs(f - home.fifths), abs(f)))  # fmt: skip
    return Key(fifths, key.mode)


def key_row(key: Key) -> int:
    """Place in ``KEYS``; a key whose mode is unknown counts as major."""
    return key.tonic + (12 if key.mode == "minor" else 0)


def local_keys(chords: Sequence[int], beats: Sequence[float], closing: Sequence[bool], home: Key) -> list[int]:
    """The key that each chord is heard in, the likeliest path (Viterbi): places in ``KEYS``.

    Args:
        chords: Candidates, in order.
        beats: How long each lasts; more than two beats say no more than two.
        closing: Whether a phrase ends with it: after it a change of key costs less, and V-I into it tells the key.
        home: The key of the whole; the end of the piece leans towards it.
    """
    if not chords:
        return []
    n = len(chords)
    worth = FIT[:, list(chords)].T * np.minimum(np.array(beats), 2.0)[:, None] ** 0.5
    worth[-1, key_row(home)] += _CADENCE
    for i in range(1, n):
        if closing[i]:
            for row in _arrivals(chords[i - 1], chords[i]):
                worth[i, row] += _CADENCE
    total, back = worth[0].copy(), np.zeros((n, len(KEYS)), np.int64)
    for i in range(1, n):
        inside = np.where(_COST > 0, _COST + (0.0 if closing[i - 1] else _MIDDLE), 0.0)
        ways = total[:, None] - inside
        back[i] = ways.argmax(axis=0)
        total = ways.max(axis=0) + worth[i]
    path = [int(total.argmax())]
    for i in range(n - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return path[::-1]


def _arrivals(before: int, last: int) -> list[int]:
    """Keys in which two chords are V-I or vii-I."""
    tonic = int(ROOTS[last])
    kind, quality = QUALITIES[KINDS[before]].name, QUALITIES[KINDS[last]].name
    step = (tonic - int(ROOTS[before])) % 12
    dominant = step == 5 and kind in ("major", "dominant-seventh")
    leading = step == 1 and kind.startswith(("diminished", "half"))
    if not (dominant or leading) or quality not in ("major", "minor"):
        return []
    return [tonic, tonic + 12] if quality == "major" else [tonic + 12]
