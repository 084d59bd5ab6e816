"""A little music theory that several rooms share: which key a score is in, how a pitch is spelt, parts' names."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from musegen.score import Key, Score

# Krumhansl & Kessler (1982), probe-tone ratings of the twelve pitch classes above the tonic.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_LETTER_STEPS = (3, 0, 4, 1, 5, 2, 6)  # F C G D A E B as steps above C
_LETTER_PITCH = (0, 2, 4, 5, 7, 9, 11)
_CHINESE_PARTS = {
    "soprano": "女高音", "alto": "女低音", "tenor": "男高音", "bass": "低音", "melody": "旋律", "voice": "人声",
    "right": "右手", "left": "左手", "piano": "钢琴", "violin": "小提琴", "flute": "长笛", "guitar": "吉他",
    "drums": "鼓",
}  # fmt: skip


def key_of(score: Score) -> Key:
    """The key that the score states; where it states none, or no mode, the most likely one.

    Krumhansl-Schmuckler: the correlation of the pitch classes, weighted by duration, with the key profiles. A stated
    signature leaves the choice between its major and its relative minor, to which the last bass note adds its word.
    An empty score is in C major.
    """
    if score.key and score.key.mode:
        return score.key
    weights = np.zeros(12)
    for note in score.notes:
        if not score.tracks[note.track].is_drum:
            weights[note.pitch % 12] += note.duration
    if not weights.any():
        return score.key or Key(0, "major")
    signatures = [score.key.fifths] if score.key else list(range(-5, 7))
    keys = [Key(fifths, mode) for fifths in signatures for mode in ("major", "minor")]
    pitched = [n for n in score.notes if not score.tracks[n.track].is_drum]
    last = max(pitched, key=lambda n: (n.end, -n.pitch)).pitch % 12
    return max(keys, key=lambda k: _fit(weights, k) + (0.15 if k.tonic == last else 0.0))


def part_name(name: str, language: str, beside: Iterable[str] = ()) -> str:
    """A part's name to be shown: a common one in Chinese where ``language`` is "zh", any other as it stands.

    ``beside`` are the names of all parts: beside a tenor a bass is a singer, who has another name in Chinese.
    """
    name = name.strip()
    if language == "zh" and name.lower() == "bass" and any(other.strip().lower() == "tenor" for other in beside):
        return "男低音"
    return _CHINESE_PARTS.get(name.lower(), name) if language == "zh" else name


def _fit(weights: NDArray[np.float64], key: Key) -> float:
    profile = np.roll(_MINOR if key.mode == "minor" else _MAJOR, key.tonic)
    return float(np.corrcoef(weights, profile)[0, 1]) if weights.std() > 0 else 0.0


def spell(pitch: int, key: Key) -> tuple[int, int, int]:
    """How a pitch is written in a key: (letter, alteration, octave).

    Of the possible names the one nearest on the line of fifths to the middle of the key's scale is taken; in minor
    that middle lies a fifth further up, so that raised sixth and seventh degrees are sharps. Of two equally near, the
    sharper is taken: a raised fifth degree in major, a raised fourth in minor, in every key.

    Args:
        pitch: MIDI note number.
        key: The key in force.

    Returns:
        letter 0-6 (C D E F G A B), alteration in semitones (-2..2), octave (4 holds middle C).
    """
    middle = key.fifths + 2 + (key.mode == "minor")
    # On the line of fifths (C = 0, G = 1, F = -1) the names of one pitch class lie twelve apart.
    place = 7 * (pitch % 12) % 12
    place += 12 * ((middle + 6 - place) // 12)
    letter = _LETTER_STEPS[(place + 1) % 7]
    alteration = (place + 1) // 7
    octave = (pitch - alteration - _LETTER_PITCH[letter]) // 12 - 1
    return letter, alteration, octave
