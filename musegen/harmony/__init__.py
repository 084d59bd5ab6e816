"""Harmony and voice-leading of any score: chords, keys, cadences, faults. It sees scores, never models."""

from musegen.harmony.analysis import Analysis, KeyRegion, analyse, cadences, chords, faults
from musegen.harmony.bach import BachRate, bach_rate
from musegen.harmony.cadence import Cadence
from musegen.harmony.chord import Chord
from musegen.harmony.fault import KINDS, LEVELS, Fault, Unjudged, foremost

__all__ = [
    "KINDS",
    "LEVELS",
    "Analysis",
    "BachRate",
    "Cadence",
    "Chord",
    "Fault",
    "KeyRegion",
    "Unjudged",
    "analyse",
    "bach_rate",
    "cadences",
    "chords",
    "faults",
    "foremost",
]
