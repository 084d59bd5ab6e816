"""The lines of an ABC file: tunes, information fields, and what keys, metres, tempos and clefs in them mean.

Source: The ABC music standard 2.1 (abcnotation.com).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.score import Key

FIELD = re.compile(r"([A-Za-z+]):[ \t]*(.*)")
_REFERENCE = re.compile(r"X:\s*\d*", re.ASCII)
_COMMENT = re.compile(r"(?<!\\)%.*")
_MUSIC_ONLY = re.compile(r"[A-Ga-gxzZ^_=\[\](){}:0-9/<>,'~.!&\-\s]*")
_TONIC_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_MODES = {
    "": 0,
    "maj": 0,
    "ion": 0,
    "mix": -1,
    "dor": -2,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
    "lyd": 1,
}
_MINOR = {"m": "minor", "min": "minor", "aeo": "minor"}
_SHARPS = "FCGDAEB"
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_LENGTH = re.compile(r"(\d{1,3})?(/*)(\d{1,3})?")


@dataclass(slots=True)
class Tune:
    """The lines of one tune without comments; the file's own header first."""

    reference: str
    lines: list[str] = field(default_factory=list)


def split_tunes(text: str) -> list[Tune]:
    """The tunes of an ABC file, in order; text between tunes is not music and is skipped.

    A blank line ends a tune unless music goes on behind it.

    Raises:
        ScoreError: More tunes than the limit.
    """
    head: list[str] = []
    tunes: list[Tune] = []
    paused = skipping = False
    for raw in text.splitlines():
        if raw.startswith(("%%begintext", "%%beginps", "%%beginsvg")):
            skipping = True
        elif raw.startswith("%%end"):
            skipping = False
        line = raw if raw.startswith("%%") else _COMMENT.sub("", raw)
        if skipping or (not line.strip() and raw.strip()):
            continue
        if _REFERENCE.match(line):
            tunes.append(Tune(line[2:].strip(), list(head)))
            paused = False
            if len(tunes) > LIMITS.tunes:
                raise refuse("tunes", count=len(tunes), limit=LIMITS.tunes)
        elif not line.strip():
            paused = True
        elif not tunes:
            head.append(line)
        elif not paused or _looks_like_music(line):
            paused = False
            tunes[-1].lines.append(line)
    if not tunes and any(line.startswith("K:") for line in head):
        tunes.append(Tune("", head))
    return tunes


def _looks_like_music(line: str) -> bool:
    """Whether nothing but notes and quoted words stands before a first bar line, or a voice is named."""
    start, bar, _ = line.partition("|")
    return line.startswith(("V:", "[V:")) or (bool(bar) and bool(_MUSIC_ONLY.fullmatch(re.sub(r'"[^"]*"', "", start))))


def joined(lines: list[str]) -> Iterator[str]:
    """The lines, those that end with a backslash joined to the next."""
    pending = ""
    for line in lines:
        whole = pending + line.rstrip()
        if whole.endswith("\\") and not FIELD.match(whole):
            pending = whole[:-1]
            continue
        pending = ""
        yield whole
    if pending:
        yield pending


def read_key(text: str) -> Key | None:
    """The signature of a K: field: "G", "F#m", "D Dorian", "HP"; None where it states none, or only a clef."""
    stripped = text.strip()
    if stripped[:2] in ("HP", "Hp"):
        return Key(2)
    match = _KEY.match(stripped)
    if not match or match[3] == "lef":
        return None
    mode = "m" if match[3] == "m" else match[3][:3].lower()
    shift = _MODES.get(mode, 0)  # what is no mode is a clef's name or the like
    fifths = _TONIC_FIFTHS[match[1]] + {"#": 7, "b": -7, "": 0}[match[2]] + shift
    while not -7 <= fifths <= 7:
        fifths += 12 if fifths < 0 else -12
    return Key(fifths, "major" if mode in ("maj", "ion") or mode not in _MODES or not mode else _MINOR.get(mode, ""))


def signature_of(text: str) -> dict[str, int]:
    """The alteration of each letter that a K: field alters, with accidentals of its own ("D Phr ^f", "C exp _b")."""
    key = None if re.search(r"\bexp\b", text) else read_key(text)
    signature = {}
    for place in range(abs(key.fifths) if key else 0):
        sharp = bool(key and key.fifths > 0)
        signature[_SHARPS[place] if sharp else _SHARPS[6 - place]] = 1 if sharp else -1
    for sign, letter in re.findall(r"(?<!\S)(\^{1,2}|_{1,2}|=)([A-Ga-g])(?![\w,'])", text):
        signature[letter.upper()] = {"^": 1, "_": -1, "=": 0}[sign[0]] * len(sign)
    return signature


def transposition(text: str) -> int | None:
    """Semitones by which a K: or V: field moves what sounds ("octave=-1", "transpose=2", "clef=treble-8")."""
    total, stated = 0, False
    for name, value in re.findall(r"\b(octave|transpose)=([+-]?\d{1,2})\b", text):
        total += int(value) * (12 if name == "octave" else 1)
        stated = True
    clef = re.search(r"\b(?:treble|bass|alto|tenor|soprano|mezzo|baritone|G2?|F4?|C[1-4]?)([+-])8\b", text)
    if clef:
        total += 12 if clef[1] == "+" else -12
        stated = True
    return total if stated else None


def read_metre(text: str) -> tuple[int, int] | None:
    """Reads "6/8", "C", "C|", "2+3/8", "(2+2+3)/8"; None for "none" and what isn't a metre."""
    stripped = text.strip()
    if stripped.startswith("C|"):
        return (2, 2)
    if stripped.startswith("C"):
        return (4, 4)
    match = re.match(r"\(?([\d+ ]{1,20})\)?\s*/\s*(\d{1,3})", stripped)
    if not match:
        return None
    beats = sum(int(term) for term in match[1].replace(" ", "+").split("+") if term)
    unit = int(match[2])
    return (beats, unit) if 0 < beats < 1000 and unit in (1, 2, 4, 8, 16, 32, 64) else None


def read_tempo(text: str) -> float:
    """Quarter notes a minute of "1/4=120", "3/8=60", "120", "Allegro" (0: it states no number)."""
    plain = re.sub(r'"[^"]*"', " ", text)
    match = re.search(r"=\s*(\d{1,4}(?:\.\d{1,3})?)", plain)
    if match:
        beats = re.findall(r"(\d{1,3})/(\d{1,3})", plain[: match.start()])
        length = sum((Fraction(int(top), int(bottom)) for top, bottom in beats if int(bottom)), Fraction(0))
        return float(match[1]) * float(length * 4 or 1)
    match = re.match(r"\s*(\d{1,4})\s*$", plain)
    return float(match[1]) if match else 0.0


def read_unit(text: str) -> Fraction | None:
    """The unit length of an L: field ("1/8") in quarter notes; None for anything else."""
    match = re.match(r"\s*(\d{1,2})\s*(?:/\s*(\d{1,3}))?\s*$", text)
    top, bottom = (int(match[1]), int(match[2] or 1)) if match else (0, 0)
    return Fraction(4 * top, bottom) if top and bottom else None


def read_length(text: str) -> Fraction:
    """A note's length as a multiple of the unit: "", "2", "/", "//", "3/2", "/4"."""
    match = _LENGTH.fullmatch(text)
    if not match:
        return Fraction(1)
    top = int(match[1] or 1)
    bottom = int(match[3]) if match[3] else 1
    slashes = len(match[2])
    if slashes and not match[3]:
        bottom = 2 ** min(slashes, 8)
    return Fraction(top, bottom or 1)


def part_sequence(text: str) -> list[str]:
    """The parts that a P: field names in the order of playing: "A2B", "(AB)2C", "A.B"; at most 200."""
    plain = "".join(text.split("%")[0].replace(".", "").split())
    for _ in range(10):
        group = re.search(r"\(([A-Z\d]*)\)(\d{0,2})", plain)
        if not group:
            break
        plain = (plain[: group.start()] + group[1] * int(group[2] or 1) + plain[group.end() :])[:1000]
    labels = [label for label, count in re.findall(r"([A-Z])(\d{0,2})", plain) for _ in range(int(count or 1))]
    return labels[:200] if re.fullmatch(r"(?:[A-Z]\d{0,2})+", plain) else []
