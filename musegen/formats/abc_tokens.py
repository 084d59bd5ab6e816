"""The signs of a line of ABC music, one regular expression each, all bounded so that no line can take long.

Source: The ABC music standard 2.1 (abcnotation.com).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NOTE = r"(?:(?:\^{1,2}|_{1,2}|=)(?:\d?/\d?)?)?[A-Ga-g][,']*\d{0,3}/*\d{0,3}"
_TOKENS = {  # the order decides where two could match
    "text": r'"[^"]{0,500}"',
    "inline": r"\[[A-Za-z]:[^\]]{0,200}\]",
    "ending": r'(?:\[ {0,9}|(?<=[|:]) ?)\d{1,2}(?:[,\-.]\d{1,2})*(?![\d/])|\[ {0,9}"[^"]{0,99}"',
    "bar": r":*\.?\[?\|+\]?(?::+(?!\|))?|:{2,}",
    "note": _NOTE,
    "rest": r"[zx]\d{0,3}/*\d{0,3}",
    "bars": r"[ZX]\d{0,4}",
    "grace": r"\{[^}]{0,200}\}",
    "tuplet": r"\(\d(?::\d?)?(?::\d{0,2})?",
    "chord": r"\[[^\]|]{0,200}\]\d{0,3}/*\d{0,3}",
    "decoration": r"![^!\s|][^!|]{0,30}!|\+[^+\s|]{1,30}\+",
    "broken": r">{1,3}|<{1,3}",
    "tie": r"-",
    "overlay": r"&",
    "shorthand": r"[.~H-Wh-w]",
    "colon": r":",
    "skip": r"[\s)`$*\\y]+|[!?;,@#\](]",
    "other": r".",
}
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _TOKENS.items()), re.DOTALL)
_NOTE_PARTS = re.compile(r"(\^{1,2}|_{1,2}|=)?(\d?/\d?)?([A-Ga-g])([,']*)(\d{0,3}/*\d{0,3})(-?)")

NoteParts = tuple[str, str, str, str, str, str]
"""Accidental, fraction of a semitone, letter, octave marks, length, tie."""


def tokens(line: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each sign of a line, kinds as named above; layout is left out."""
    for match in _TOKEN.finditer(line):
        if match.lastgroup and match.lastgroup != "skip":
            yield match.lastgroup, match[0]


def note_parts(text: str) -> list[NoteParts]:
    """The notes in ``text``: one note, or what stands inside a chord's brackets."""
    return _NOTE_PARTS.findall(text)
