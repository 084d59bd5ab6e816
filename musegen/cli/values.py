"""Words of the command line as values; what makes no sense is refused with what was wanted."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from math import isfinite
from pathlib import Path

from musegen.score import Key


def _refuse(text: str, wanted: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"“{text}” is not {wanted}")


def whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    """Whole numbers between bounds."""

    def convert(text: str) -> int:
        wanted = f"a whole number from {least}" + (f" to {most}" if most < 2**31 else "")
        try:
            number = int(text)
        except ValueError:
            raise _refuse(text, wanted) from None
        if not least <= number <= most:
            raise _refuse(text, wanted)
        return number

    return convert


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (isfinite(number) and number > 0):
        raise _refuse(text, "a number greater than 0")
    return number


def span(text: str) -> tuple[int, int]:
    """Bars, as in 5-8; one bar as in 5."""
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text.strip())
    if not found:
        raise _refuse(text, "a stretch of bars, as in 5-8")
    return int(found[1]), int(found[2] or found[1])


def metre(text: str) -> tuple[int, int]:
    """As in 3/4."""
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text.strip())
    if not found:
        raise _refuse(text, "a metre, as in 3/4")
    return int(found[1]), int(found[2])


def voices(text: str) -> list[int | str]:
    """Names as they are; numbers, counted from 1, as the studio counts, from 0."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or "0" in words:
        raise _refuse(text, "a list of voices, as in alto,tenor or 2,3")
    return [int(word) - 1 if word.isdigit() else word for word in words]


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise _refuse(text, "a number from 0 to 1")
    return number


def chord(text: str) -> tuple[int, str]:
    """Bar and chord or chords, as in 5=G7 or “5=F G7”."""
    found = re.fullmatch(r"(\d{1,6})=(.+)", text.strip())
    if not found:
        raise _refuse(text, "a chord for a bar, as in 5=G7 or 8=V7/V")
    return int(found[1]), found[2].strip()


def note(text: str) -> tuple[int, int, int]:
    """A locked note as TICK:PITCH:PART, the part counted from 1; as the studio counts, from 0."""
    found = re.fullmatch(r"(\d{1,9}):(\d{1,3}):([1-9]\d{0,3})", text.strip())
    if not found:
        raise _refuse(text, "a note as TICK:PITCH:PART, as in 1920:67:2")
    return int(found[1]), int(found[2]), int(found[3]) - 1


def numbers(text: str) -> list[int]:
    """Bars, as in 3,5-7."""
    bars: list[int] = []
    for part in text.split(","):
        first, last = span(part)
        if last - first > 9999:
            raise _refuse(text, "a list of bars, as in 3,5-7")
        bars += range(first, last + 1)
    return bars


def named(text: str) -> tuple[str, str]:
    """Name and source, as in mine=folder; without a name the last part of the path is one."""
    name, sign, source = text.partition("=")
    source = source if sign else name
    name = name if sign else Path(source).name
    if not name.strip() or not source.strip():
        raise _refuse(text, "a set to put beside, as in js-fakes or mine=folder")
    return name.strip(), source


def pitch_range(text: str) -> tuple[str, tuple[int, int]]:
    """As in soprano=60-79."""
    found = re.fullmatch(r"(\w+)=(\d{1,3})-(\d{1,3})", text.strip())
    if not found:
        raise _refuse(text, "a range, as in soprano=60-79")
    return found[1], (int(found[2]), int(found[3]))


def key(text: str) -> Key:
    """As in “D minor” or “Eb”."""
    wanted = text.strip().lower().replace("♭", "-flat").replace("♯", "-sharp")
    found = re.fullmatch(r"([a-g])\s*-?\s*(flat|sharp|b|#)?\s*(major|minor)?", wanted)
    if found:
        sign = {"b": "-flat", "#": "-sharp", "flat": "-flat", "sharp": "-sharp", None: ""}[found[2]]
        name = f"{found[1].upper()}{sign} {found[3] or 'major'}"
        for fifths in range(-7, 8):
            key = Key(fifths, name.split()[-1])
            if key.name == name:
                return key
    raise _refuse(text, "a key, as in “D minor” or “E-flat major”")
