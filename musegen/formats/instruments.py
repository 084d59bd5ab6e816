"""Which General MIDI program an instrument's written name asks for, where a file names no program."""

from __future__ import annotations

import re

_PROGRAMS: tuple[tuple[str, int], ...] = (
    # what the name contains, as a regular expression; program 0-127. The first that fits counts.
    (r"piccolo", 72),
    (r"recorder|blockfl|flauto dolce", 74),
    (r"shakuhachi", 77),
    (r"flute|fl[öo]te|flauto|traverso", 73),
    (r"english horn|corno inglese|englischhorn", 69),
    (r"oboe|hautbois", 68),
    (r"clarinet|klarinette", 71),
    (r"bassoon|fagott|basson\b", 70),
    (r"sax", 65),
    (r"trumpet|trompete|tromba|cornet", 56),
    (r"trombone|posaune", 57),
    (r"tuba", 58),
    (r"\bhorn|\bcor\b|corno", 60),
    (r"violoncello|cello", 42),
    (r"contrabass|double bass|kontrabass", 43),
    (r"violin\b|violine|violino|fiddle|\bvln", 40),
    (r"viola\b|bratsche|\bvla\b", 41),
    (r"harpsichord|cembalo|clavecin", 6),
    (r"organ|orgel|organo", 19),
    (r"piano|klavier|pianoforte", 0),
    (r"\bharp|harfe|arpa", 46),
    (r"electric bass|bass guitar", 33),
    (r"guitar|gitarre|chitarra|lute|laute", 24),
    (r"mandolin", 25),
    (r"banjo", 105),
    (r"shamisen", 106),
    (r"koto|guzheng", 107),
    (r"bagpipe|dudelsack", 109),
    (r"accordion|akkordeon", 21),
    (r"timpani|pauken", 47),
    (r"glockenspiel", 9),
    (r"xylophon", 13),
    (r"marimba", 12),
    (r"vibraphon", 11),
    (r"voice|vocal|choir|chor\b|soprano|alto|tenor|baritone|\bbass\b|mezzo|singst|gesang|stimme|canto|chant", 52),
)
CHOIR = {
    "s": "Soprano",
    "a": "Alto",
    "t": "Tenor",
    "b": "Bass",
    "sop": "Soprano",
    "ten": "Tenor",
    **{name.lower(): name for name in ("Soprano", "Alto", "Tenor", "Bass", "Baritone", "Descant", "Mezzo")},
}
"""Voices of a choir by what they are called or shortened to, in small letters."""


def program_for(name: str, default: int = 0) -> int:
    """The General MIDI program (0-127) that fits an instrument's name in English, German, French or Italian."""
    lowered = name.lower()
    return next((program for pattern, program in _PROGRAMS if re.search(pattern, lowered)), default)
