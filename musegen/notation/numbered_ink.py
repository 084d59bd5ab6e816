"""The ink of numbered notation: small pieces of SVG. No music font is needed: accidentals and note values are drawn."""

from __future__ import annotations

from musegen.notation.grid import Measure, Tuplet
from musegen.notation.mei import TempoMark

EM = 20.0
"""Size of the digits in pixels."""
CAP = 0.72 * EM
"""A digit's height."""
TIE = 9.0
"""The height that a tie takes."""


def text(x: float, y: float, words: str, size: float, anchor: str = "middle") -> str:
    """Text at a baseline; ``words`` are escaped already."""
    where = "" if anchor == "middle" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{where}>{words}</text>'


def rect(x: float, y: float, width: float, height: float) -> str:
    """A filled rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def area(x: float, y: float, width: float, height: float) -> str:
    """Nothing to see: what a bar's group covers, to be marked and clicked."""
    return f'<rect class="area" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none"/>'


def circle(x: float, y: float, radius: float) -> str:
    """A dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def stroke(path: str, width: float = 1.3) -> str:
    """A line of the ink's colour along a path."""
    return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="{width}"/>'


def arc(x1: float, x2: float, y: float) -> str:
    """A tie from ``x1`` to ``x2``, its ends at ``y``."""
    bend, rise = min(0.3 * (x2 - x1), 14.0), TIE - 1
    return stroke(f"M{x1:.1f} {y:.1f}C{x1 + bend:.1f} {y - rise:.1f} {x2 - bend:.1f} {y - rise:.1f} {x2:.1f} {y:.1f}")


def bracket(x1: float, x2: float, y: float, tuplet: Tuplet) -> str:
    """A tuplet's bracket with its number."""
    middle = (x1 + x2) / 2
    path = f"M{x1:.1f} {y:.1f}v-4H{middle - 6:.1f}M{middle + 6:.1f} {y - 4:.1f}H{x2:.1f}v4"
    return stroke(path, 1.1) + text(middle, y, str(tuplet.number), 11)


def side_bracket(x: float, top: float, bottom: float) -> str:
    """The bracket beside the rows of one player or choir."""
    return rect(x, top, 3, bottom - top) + stroke(f"M{x:.1f} {top:.1f}q7 0 10 -4M{x:.1f} {bottom:.1f}q7 0 10 4", 1.6)


def metre_sign(x: float, line: float, bar: Measure) -> str:
    """A metre, one number above the other, centred at ``x`` beside a row's baseline."""
    middle = line - CAP / 2
    upper = text(x, middle - 2.5, str(bar.metre.numerator), 14)
    return upper + rect(x - 6, middle - 0.6, 12, 1.2) + text(x, middle + 12.5, str(bar.metre.denominator), 14)


def tempo_mark(x: float, y: float, mark: TempoMark, size: float) -> str:
    """A quarter note (dotted in 6/8 and its like) and the beats a minute, from ``x`` on, on the baseline ``y``."""
    unit = size / 14
    head = f'<ellipse cx="{x + 4 * unit:.1f}" cy="{y - 2.5 * unit:.1f}" rx="{3.9 * unit:.1f}" ry="{2.8 * unit:.1f}"/>'
    stem = rect(x + 6.8 * unit, y - 15 * unit, 1.1 * unit, 12 * unit)
    dot = circle(x + 11 * unit, y - 2 * unit, round(1.4 * unit, 1)) if mark.dotted else ""
    words = text(x + (16 if mark.dotted else 12) * unit, y, f"= {mark.beats}", size, "start")
    return head + stem + dot + words


def sign_width(alteration: int | None) -> float:
    """The room that an accidental takes."""
    return 0.0 if alteration is None else {-2: 12.0, 2: 8.0}.get(alteration, 7.5)


def accidental_sign(x: float, y: float, alteration: int) -> str:
    """A small accidental, drawn so that no font is needed: its left edge at ``x``, its top a little above ``y``."""
    if alteration == 2:
        return stroke(f"M{x:.1f} {y:.1f}l6 6m0 -6l-6 6", 1.6)
    if alteration < 0:
        flat = "v11q6 -3 5.2 -6t-5.2 0.6"
        return "".join(stroke(f"M{x + 1 + 5 * n:.1f} {y - 3:.1f}{flat}", 1.2) for n in range(-alteration))
    if alteration == 0:
        return stroke(f"M{x + 1:.1f} {y - 3:.1f}v9.5l4 -1.4M{x + 5:.1f} {y + 9:.1f}v-9.5l-4 1.4", 1.2)
    return stroke(
        f"M{x + 2:.1f} {y - 2:.1f}v11M{x + 4.6:.1f} {y - 3:.1f}v11M{x:.1f} {y + 2.2:.1f}l6.6 -1.8"
        f"M{x:.1f} {y + 6.2:.1f}l6.6 -1.8",
        1.2,
    )
