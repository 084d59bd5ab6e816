"""Chords as people write them: names ("G7", "F#dim", "C/E") and Roman numerals ("V7", "ii65", "V/V") read in a key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from musegen.errors import ScoreError
from musegen.score import Key

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MAJOR, _MINOR, _DIMINISHED, _AUGMENTED = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8)
_QUALITIES = {
    "": _MAJOR, "maj": _MAJOR, "M": _MAJOR, "m": _MINOR, "min": _MINOR, "-": _MINOR,
    "dim": _DIMINISHED, "o": _DIMINISHED, "aug": _AUGMENTED, "+": _AUGMENTED, "5": (0, 7),
    "6": (*_MAJOR, 9), "m6": (*_MINOR, 9), "7": (*_MAJOR, 10), "9": (*_MAJOR, 10, 2), "11": (*_MAJOR, 10, 2, 5),
    "13": (*_MAJOR, 10, 2, 9), "maj7": (*_MAJOR, 11), "M7": (*_MAJOR, 11), "maj9": (*_MAJOR, 11, 2),
    "m7": (*_MINOR, 10), "min7": (*_MINOR, 10), "-7": (*_MINOR, 10), "m9": (*_MINOR, 10, 2), "mM7": (*_MINOR, 11),
    "mmaj7": (*_MINOR, 11), "m7b5": (*_DIMINISHED, 10), "ø": (*_DIMINISHED, 10), "ø7": (*_DIMINISHED, 10),
    "dim7": (*_DIMINISHED, 9), "o7": (*_DIMINISHED, 9), "7#5": (*_AUGMENTED, 10), "aug7": (*_AUGMENTED, 10),
    "+7": (*_AUGMENTED, 10), "7b9": (*_MAJOR, 10, 1), "add9": (*_MAJOR, 2), "sus": (0, 5, 7), "sus4": (0, 5, 7),
    "sus2": (0, 2, 7), "7sus4": (0, 5, 7, 10), "7sus": (0, 5, 7, 10),
}  # fmt: skip
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
_INVERSIONS = {"": 0, "5": 0, "53": 0, "6": 1, "63": 1, "64": 2, "7": 0, "65": 1, "43": 2, "42": 3, "2": 3}
_SEVENTHS = ("7", "65", "43", "42", "2")
_ROMAN = re.compile(r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([oø+]?)(maj)?(\d*)(?:/([b#]?[IViv]+o?))?")
_NAME = re.compile(r"([A-G])([b#]{0,2})([^/]*)(?:/([A-G])([b#]{0,2}))?")
_NONE = ("", "N.C.", "NC", "N.C", "-", "%")
_SIGNS = str.maketrans({"♯": "#", "♭": "b", "°": "o", "Δ": "M", "△": "M", "−": "-", "Ø": "ø"})


@dataclass(frozen=True)
class Chord:
    """A chord: its pitch classes, and the one in the bass.

    Attributes:
        classes: Pitch classes 0-11.
        bass: The lowest one.
    """

    classes: frozenset[int]
    bass: int


def read_chord(text: str, key: Key) -> Chord | None:
    """A chord by its name or its Roman numeral; None where none is wanted ("N.C.").

    Names: a root ("C", "F#", "Bb"), a quality ("", "m", "7", "maj7", "m7", "dim", "dim7", "m7b5", "aug", "sus4", "6",
    "9", "add9" ...) and perhaps a bass ("C/E"). Numerals: upper case for major, lower case for minor, "o" diminished,
    "ø" half-diminished, "+" augmented, figures for inversions ("ii65", "I64"), sevenths as the key has them, "b" or
    "#" before the degree, and another degree's dominant ("V7/V"). In minor, V and viio have the raised seventh
    degree, III, VI and VII the lowered ones.

    Args:
        text: What somebody wrote.
        key: For the numerals; a key of no known mode counts as major.

    Raises:
        ScoreError: This is no chord.
    """
    plain = text.strip().translate(_SIGNS)
    if plain.upper() in _NONE:
        return None
    if found := _NAME.fullmatch(plain):
        letter, signs, quality, bass, bass_signs = found.groups()
        quality = quality.strip("()").replace("Maj", "maj")
        if quality in _QUALITIES:
            root = _class(letter, signs)
            classes = frozenset((root + interval) % 12 for interval in _QUALITIES[quality])
            low = _class(bass, bass_signs) if bass else root
            return Chord(classes | {low}, low)
    elif (found := _ROMAN.fullmatch(plain)) and found[5] in _INVERSIONS:
        if found[6]:
            key = _key_on(found[6], key)
        return _roman(found[1], found[2], found[3], bool(found[4]), found[5], key)
    raise ScoreError(
        "“{text}” is no chord that I know. Write it as in G7, Am, F#dim, Bb, C/E, or V7, ii6, or N.C.", text=text
    )


def _class(letter: str, signs: str) -> int:
    return (_LETTERS[letter] + signs.count("#") - signs.count("b")) % 12


def _key_on(numeral: str, key: Key) -> Key:
    """The key whose tonic is a degree of another: major, or minor for a lower-case numeral."""
    found = _ROMAN.fullmatch(numeral)
    if not found:
        raise ScoreError("“{numeral}” is no degree of the scale. Write it as in V7/V or V/ii.", numeral=numeral)
    tonic = (key.tonic + _degree(found[1], found[2], found[3], key)) % 12
    mode = "minor" if found[2].islower() else "major"
    return next(k for k in (Key(fifths, mode) for fifths in range(-7, 8)) if k.tonic == tonic)


def _degree(sign: str, numeral: str, quality: str, key: Key) -> int:
    """Semitones of a degree above the tonic."""
    scale = _SCALES.get(key.mode, _SCALES["major"])
    place = _NUMERALS.index(numeral.upper())
    raised = key.mode == "minor" and numeral == "vii" and quality in ("o", "ø", "")
    return (scale[place] + raised + (sign == "#") - (sign == "b")) % 12


def _roman(sign: str, numeral: str, quality: str, major_seventh: bool, figures: str, key: Key) -> Chord:
    scale = _SCALES.get(key.mode, _SCALES["major"])
    root = _degree(sign, numeral, quality, key)
    place = _NUMERALS.index(numeral.upper())
    fifth = (scale[(place + 4) % 7] - scale[place]) % 12
    if quality in ("o", "ø"):
        triad = _DIMINISHED
    elif quality == "+":
        triad = _AUGMENTED
    elif numeral.isupper():
        triad = _MAJOR
    else:  # "ii" in minor and "vii" in major are diminished whether or not it is written
        triad = _DIMINISHED if not sign and (fifth == 6 or numeral == "vii") else _MINOR
    intervals = list(triad)
    if figures in _SEVENTHS:
        diatonic = (scale[(place + 6) % 7] - root) % 12
        # Outside the scale, and on a degree that a sign has moved, a dominant seventh is what is mostly meant.
        seventh = 11 if major_seventh else 9 if quality == "o" else 10 if quality == "ø" or sign else diatonic
        intervals.append(10 if seventh not in (9, 10, 11) else seventh)
    tones = [(key.tonic + root + interval) % 12 for interval in intervals]
    return Chord(frozenset(tones), tones[min(_INVERSIONS[figures], len(tones) - 1)])


def chord_line(text: str, first: int, key: Key = Key(0, "major")) -> dict[int, str]:  # noqa: B008 - a frozen value
    """Chords bar by bar as people write them: "C | Am F | - | G7", bars divided by bar lines, "-" a free one.

    Args:
        text: The line.
        first: Number of its first bar.
        key: For Roman numerals, to see whether they can be read.

    Returns:
        Bar number -> the chords of that bar, free bars left out: what ``Ask.chords`` takes.

    Raises:
        ScoreError: Something in it is no chord.
    """
    bars = {first + place: " ".join(bar.split()) for place, bar in enumerate(text.strip().strip("|").split("|"))}
    for chords in bars.values():
        for chord in chords.split():
            read_chord(chord, key)
    return {bar: chords for bar, chords in bars.items() if chords not in ("", "-")}
