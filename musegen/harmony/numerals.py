"""Names of chords: Roman numerals with figures, in a key, and lead-sheet names.

Conventions (Aldwell & Schachter; Kostka & Payne): capitals for a major third, small letters for a minor one; "o"
diminished, "ø" half-diminished, "+" augmented; figures 6, 64, 7, 65, 43, 42. In minor, degrees count from the natural
scale, and the leading note needs no sign: V, viio, VII. A chord that isn't of the key is named after what it leads to,
as in "V65/V", or borrowed, as in "bVI". A German or Italian sixth is "Ger65" or "It6"; the French is not told.
"""

from __future__ import annotations

from dataclasses import dataclass

from musegen.harmony.candidates import BY_NAME
from musegen.score import Key
from musegen.theory import spell

FIGURES = (("", "6", "64"), ("7", "65", "43", "42"))
"""Figures of a triad and of a seventh chord by inversion."""
_DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")
_LETTERS, _LETTER_PITCH = "CDEFGAB", (0, 2, 4, 5, 7, 9, 11)
# Semitones above the tonic -> (scale step, sign before the numeral).
_STEPS_MAJOR = {0: (0, ""), 1: (1, "b"), 2: (1, ""), 3: (2, "b"), 4: (2, ""), 5: (3, ""), 6: (3, "#"), 7: (4, ""),
                8: (5, "b"), 9: (5, ""), 10: (6, "b"), 11: (6, "")}  # fmt: skip
_STEPS_MINOR = {0: (0, ""), 1: (1, "b"), 2: (1, ""), 3: (2, ""), 4: (2, "#"), 5: (3, ""), 6: (3, "#"), 7: (4, ""),
                8: (5, ""), 9: (5, ""), 10: (6, ""), 11: (6, "")}  # fmt: skip
_DOMINANT = ("major", "dominant-seventh")
_LEADING = ("diminished", "half-diminished-seventh", "diminished-seventh")
# What a dominant or leading-note chord may lead to: semitones above the tonic -> numeral.
_TARGETS_MAJOR = {7: "V", 2: "ii", 9: "vi", 4: "iii", 5: "IV"}
_TARGETS_MINOR = {7: "V", 5: "iv", 8: "VI", 3: "III", 10: "VII"}
# Chords that are of the key, though they could lead elsewhere.
_OWN_MAJOR = {(0, "major"), (5, "major"), (7, "major"), (7, "dominant-seventh"), (11, "diminished"),
              (11, "half-diminished-seventh"), (11, "diminished-seventh"), (2, "diminished"),
              (2, "half-diminished-seventh"), (3, "major"), (8, "major"), (10, "major"), (1, "major")}  # fmt: skip
_OWN_MINOR = {(3, "major"), (5, "major"), (7, "major"), (7, "dominant-seventh"), (8, "major"), (10, "major"),
              (11, "diminished"), (11, "diminished-seventh"), (11, "half-diminished-seventh"),
              (1, "major")}  # fmt: skip
# Chords that are of the minor key unless the next chord is what they lead to.
_EITHER_MINOR = {(0, "major"), (2, "diminished"), (2, "half-diminished-seventh"), (9, "diminished"),
                 (9, "half-diminished-seventh"), (5, "dominant-seventh"), (10, "dominant-seventh")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numeral:
    """A chord's place in a key.

    Attributes:
        text: The Roman numeral with its figures, as in "V65/V".
        step: Scale step of the root, 0-6 (0 = the tonic's letter).
    """

    text: str
    step: int


def numeral(root: int, quality: str, inversion: int, key: Key, following: int | None = None) -> Numeral:
    """The Roman numeral of a chord.

    Args:
        root: Pitch class.
        quality: Name of one of ``candidates.QUALITIES``.
        inversion: 0-3.
        key: The key it is heard in.
        following: Root of the next chord (the dominant for a cadential six-four); None where there is none.
    """
    minor = key.mode == "minor"
    degree = (root - key.tonic) % 12
    kind = BY_NAME[quality]
    figure = FIGURES[len(kind.tones) - 3][inversion]
    goal = None if following is None else (following - key.tonic) % 12
    if degree == 8 and quality == "dominant-seventh" and goal == 7:
        return Numeral("Ger" + ("65" if inversion == 0 else figure), 5)
    target = _leads_to(degree, quality, minor=minor, goal=goal)
    if target is not None:
        step = (_STEPS_MINOR if minor else _STEPS_MAJOR)[target][0]
        name = (_TARGETS_MINOR if minor else _TARGETS_MAJOR)[target]
        if quality in _DOMINANT:
            return Numeral(f"V{figure}/{name}", (step + 4) % 7)
        return Numeral(f"vii{kind.mark}{figure}/{name}", (step + 6) % 7)
    step, sign = (_STEPS_MINOR if minor else _STEPS_MAJOR)[degree]
    letters = _DEGREES[step].lower() if kind.minor else _DEGREES[step]
    return Numeral(f"{sign}{letters}{kind.mark}{figure}", step)


def _leads_to(degree: int, quality: str, *, minor: bool, goal: int | None) -> int | None:
    """The degree that a chord foreign to the key is the dominant, or the leading-note chord, of; None if of none."""
    if quality in _DOMINANT:
        target = (degree - 7) % 12
    elif quality in _LEADING:
        target = (degree + 1) % 12
    else:
        return None
    if target not in (_TARGETS_MINOR if minor else _TARGETS_MAJOR):
        return None
    if minor and (degree, quality) in _EITHER_MINOR:
        return target if goal == target else None
    return None if (degree, quality) in (_OWN_MINOR if minor else _OWN_MAJOR) else target


def pitch_name(pitch_class: int, step: int, key: Key) -> str:
    """The name of a pitch class on a scale step of a key, as in "F#" or "Bb"."""
    letter = (spell(key.tonic, key)[0] + step) % 7
    sign = (pitch_class - _LETTER_PITCH[letter] + 6) % 12 - 6
    return _LETTERS[letter] + ("#" * sign if sign > 0 else "b" * -sign)


def chord_name(root: int, quality: str, inversion: int, bass: int, step: int, key: Key) -> str:
    """The lead-sheet name, as in "G7/B" or "Bm7b5"; ``step`` is the scale step of the root."""
    name = pitch_name(root, step, key) + BY_NAME[quality].symbol
    if bass == root:
        return name
    member = (bass - root) % 12 == BY_NAME[quality].tones[inversion] if inversion else False
    if member:
        return f"{name}/{pitch_name(bass, (step + 2 * inversion) % 7, key)}"
    letter, sign, _ = spell(bass, key)
    return f"{name}/{_LETTERS[letter]}{'#' * sign if sign > 0 else 'b' * -sign}"


def true_root(root: int, quality: str, bass: int, key: Key, following: int | None) -> int:
    """Of a chord whose notes divide the octave evenly, the root that its spelling would tell.

    A diminished seventh is the leading-note chord of what follows, else of the key, else of its dominant; an augmented
    triad is that of the third degree in minor, else stands on its bass.
    """
    if quality == "diminished-seventh":
        roots = [(root + 3 * i) % 12 for i in range(4)]
        wanted = [] if following is None else [(following - 1) % 12]
        wanted += [(key.tonic - 1) % 12, (key.tonic + 6) % 12]
    elif quality == "augmented":
        roots = [(root + 4 * i) % 12 for i in range(3)]
        wanted = [(key.tonic + 3) % 12] if key.mode == "minor" else []
        wanted.append(bass)
    else:
        return root
    return next((r for r in wanted if r in roots), root)
