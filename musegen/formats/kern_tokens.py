"""What the signs of Humdrum's **kern mean: pitches, lengths, instrument codes."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from musegen.formats.sheet import Time

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NOTE = re.compile(r"([a-g]+|[A-G]+)(#{1,3}|-{1,3}|n)?")
_LENGTH = re.compile(r"(\d{1,4})(?:%(\d{1,3}))?(\.{0,4})", re.ASCII)
INSTRUMENTS = {"soprn": "Soprano", "canto": "Soprano", "cant": "Cantus", "calto": "Alto", "barit": "Baritone",
          "vioin": "Violin", "violn": "Violin", "flt": "Flute", "fagot": "Bassoon", "cemba": "Harpsichord",
          "clars": "Clarinet", "cor": "Horn", "forte": "Piano", "organ": "Organ", "vox": "Voice",
          "piano": "Piano"}  # fmt: skip
"""Names of the instrument codes (*Icode) whose code is not a name already."""


def read_pitch(token: str) -> int | None:
    """MIDI note number of a note, as in "4cc#" (73); None where there is no pitch."""
    match = _NOTE.search(token)
    if not match:
        return None
    name, sign = match[1], match[2] or ""
    octave = 3 + len(name) if name.islower() else 4 - len(name)
    return 12 * (octave + 1) + _LETTERS[name[0].lower()] + sign.count("#") - sign.count("-")


@lru_cache(maxsize=4096)
def read_length(token: str) -> Time | None:
    """Length of a note or rest ("8.", "3%2", "0") in quarter notes; None where it states none."""
    match = _LENGTH.search(token)
    if not match:
        return None
    reciprocal, over, dots = match[1], int(match[2] or 1), len(match[3])
    if set(reciprocal) == {"0"}:
        length = Fraction(4 * 2 ** min(len(reciprocal), 4))
    else:
        length = Fraction(4 * over, int(reciprocal))
    return length * Fraction(2 ** (dots + 1) - 1, 2**dots)
