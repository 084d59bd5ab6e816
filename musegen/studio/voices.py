"""Voices, their ranges and instruments, and the families of styles."""

from __future__ import annotations

from collections.abc import Mapping

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError

Range = tuple[int, int]

VOICES = ("soprano", "alto", "tenor", "bass")
RANGES: Mapping[str, Range] = {
    "soprano": (60, 81), "alto": (53, 74), "tenor": (47, 69), "bass": (38, 62), "melody": (57, 84),
}  # fmt: skip
"""Lowest and highest pitch of a voice unless the caller says otherwise: what choirs sing, what fiddles play."""

LANES_FOR = {1: (0,), 2: (0, 3), 3: (0, 1, 3), 4: (0, 1, 2, 3)}
"""Which voices of a choir so many parts are."""

_CHOIR, _VIOLIN, _FLUTE, _KOTO = 52, 40, 73, 107  # General MIDI programs, counted from 0
_PROGRAMS = {
    "chorale": _CHOIR, "folk": _FLUTE, "folk/japanese": _KOTO, "folk/british": _VIOLIN, "folk/american": _VIOLIN,
}  # fmt: skip
_TEMPOS = {"chorale": 84.0, "folk": 108.0}


def family_of(style: str) -> str:
    """Return "chorale" or "folk", the part of a style's name before the slash."""
    return style.split("/")[0]


def program_of(style: str) -> int:
    """The General MIDI program that a style is played with."""
    return _PROGRAMS.get(style, _PROGRAMS.get(family_of(style), 0))


def tempo_of(style: str) -> float:
    """Quarter notes a minute that suit a style."""
    return _TEMPOS.get(family_of(style), 100.0)


def voice_names(style: str, lanes: tuple[int, ...]) -> tuple[str, ...]:
    """What the parts of new music are called."""
    return ("Melody",) if family_of(style) == "folk" else tuple(VOICES[lane].capitalize() for lane in lanes)


def lane_ranges(style: str, asked: Mapping[str, Range], lanes: int) -> list[Range]:
    """Lowest and highest pitch for each lane.

    Raises:
        ScoreError: A voice or range that makes no sense.
    """
    wanted = {name.lower(): (low, high) for name, (low, high) in asked.items()}
    for name, (low, high) in wanted.items():
        if name not in RANGES or not 0 <= low < high <= 127:
            raise ScoreError(
                "“{name}”: {low}-{high} is no range. Voices are {known}; pitches 0-127.",
                name=name,
                low=low,
                high=high,
                known=", ".join(RANGES),
            )
    if family_of(style) == "folk":
        return [wanted.get("melody", wanted.get("soprano", RANGES["melody"]))] * lanes
    return [wanted.get(name, RANGES[name]) for name in VOICES[:lanes]]


def style_index(checkpoint: Checkpoint, style: str) -> int:
    """Index of a style; "chorale" is the first of its family, Bach's, and "folk" is left open: 0.

    Raises:
        ScoreError: The checkpoint doesn't know the style.
    """
    for index, name in enumerate(checkpoint.styles):
        if name == style or (index and name.startswith(style + "/")):
            return 0 if style == "folk" else index
    families = sorted({family_of(name) for name in checkpoint.styles[1:]})
    raise ScoreError(
        "There is no style “{style}”. There are: {known}.",
        style=style,
        known=", ".join((*families, *checkpoint.styles[1:])),
    )
