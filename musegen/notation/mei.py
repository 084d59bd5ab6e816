"""A score as MEI text, which verovio engraves."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import zip_longest
from xml.sax.saxutils import escape

from musegen.notation.bars import BarWriter, StaffLines
from musegen.notation.grid import UNIT, Event, Measure, measures, quantise
from musegen.notation.layout import PERCUSSION, Group, Staff, lay_out
from musegen.score import Key, Score
from musegen.theory import key_of

WIDE_SIZE = 0.85
"""Size of labels in characters as wide as high, of that of others."""

_TEMPO_CHANGE = 0.08  # smaller changes are playing, not writing


def write_mei(score: Score, *, prefix: str, bars: tuple[int, int] | None = None, language: str = "en") -> str:
    """The score as an MEI document.

    Args:
        score: What to write.
        prefix: Begins every id: the note ``score.notes[i]`` gets ``{prefix}n{i}``, its tied continuations
            ``{prefix}n{i}-2`` and so on.
        bars: First and last bar to write; None = all, with title and composer. Notes held into the first begin there.
        language: Of names that the score leaves open, "en" or "zh".
    """
    measured = measures(score)
    first, last = bars or (measured[0].number, measured[-1].number)
    shown = [i for i, bar in enumerate(measured) if first <= bar.number <= last] or [len(measured) - 1]
    groups = lay_out(score, language)
    staves = [on_grid(score, staff, measured) for group in groups for staff in group.staves]
    key = key_of(score)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?><mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0">',
        f"<meiHead><fileDesc><titleStmt><title>{_clean(score.title)}</title></titleStmt><pubStmt/></fileDesc></meiHead>",
        "<music><body><mdiv><score>",
        _score_definition(score, groups, measured[shown[0]], key, head=bars is None),
        "<section>",
    ]
    writer = BarWriter(score, key, prefix)
    tempos = tempo_marks(score, measured, shown[0])
    for index in shown:
        bar = measured[index]
        if index > shown[0] and bar.metre != measured[index - 1].metre:
            metre = f'meter.count="{bar.metre.numerator}" meter.unit="{bar.metre.denominator}"'
            parts.append(f"<scoreDef {metre}/>")
        short = "" if bar.is_full else ' metcon="false"'
        end = ' right="end"' if index == len(measured) - 1 else ""
        parts.append(f'<measure n="{bar.number}"{short}{end}>')
        for number, lines in enumerate(staves, start=1):
            parts.append(f'<staff n="{number}">{writer.staff(lines, index, bar, opening=index == shown[0])}</staff>')
        if index in tempos:
            parts.append(_tempo_text(tempos[index], bar))
        parts += writer.take_ties()
        parts.append("</measure>")
    parts.append("</section></score></mdiv></body></music></mei>")
    return "".join(parts)


def plain_text(text: str, limit: int = 120) -> str:
    """Text without control characters, not too long."""
    text = "".join(c if c.isprintable() else " " for c in text).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _clean(text: str, limit: int = 120) -> str:
    return escape(plain_text(text, limit))


def on_grid(score: Score, staff: Staff, bars: list[Measure]) -> StaffLines:
    """A staff with its voices moved to the grid of the ``bars``."""
    scale = UNIT / score.resolution
    voices = []
    for chords in staff.voices:
        events, tuplets = quantise([(start * scale, end * scale, notes) for start, end, notes in chords], bars)
        voices.append((_strokes(events, bars) if staff.clef == PERCUSSION else events, tuplets))
    return StaffLines(staff, voices)


def _strokes(events: list[Event], bars: list[Measure]) -> list[Event]:
    """Drum strokes have no length: each lasts until the next one or the next beat."""
    result = []
    starts = [bar.start for bar in bars]
    for event, following in zip_longest(events, events[1:]):
        bar = bars[bisect_right(starts, event.start) - 1]
        beat = UNIT * 3 // 2 if bar.metre.denominator == 8 and bar.metre.numerator % 3 == 0 else UNIT
        zero = bar.start - bar.offset
        end = min(event.start + beat - (event.start - zero) % beat, bar.end)
        result.append(Event(event.start, min(end, following.start) if following else end, event.notes))
    return result


# --- page head --------------------------------------------------------------------------------


def _score_definition(score: Score, groups: list[Group], bar: Measure, key: Key, *, head: bool) -> str:
    signature = "0" if not key.fifths else f"{abs(key.fifths)}{'s' if key.fifths > 0 else 'f'}"
    lines = []
    if head and (score.title.strip() or score.composer.strip()):
        lines.append(
            f'<pgHead><rend halign="center" valign="top" fontsize="150%">{_clean(score.title)}</rend>'
            f'<rend halign="right" valign="bottom" fontsize="90%">{_clean(score.composer, 80)}</rend></pgHead>'
        )
    number = 0
    inner = []
    for group in groups:
        rows = []
        for staff in group.staves:
            number += 1
            rows.append(_staff_definition(staff, number, signature))
        if group.symbol:
            label = f"<label>{_label(group.label)}</label>" if group.label else ""
            inner.append(f'<staffGrp symbol="{group.symbol}" bar.thru="true">{label}{"".join(rows)}</staffGrp>')
        else:
            inner += rows
    outer = ' symbol="bracket"' if len(groups) > 1 else ""
    metre = f'meter.count="{bar.metre.numerator}" meter.unit="{bar.metre.denominator}"'
    return f"<scoreDef {metre}>{''.join(lines)}<staffGrp{outer}>{''.join(inner)}</staffGrp></scoreDef>"


def _label(name: str) -> str:
    """A name beside a staff; characters that fill their line are smaller, or those above each other would touch."""
    text = _clean(name, 24)
    return f'<rend fontsize="{WIDE_SIZE:.0%}">{text}</rend>' if wide_characters(name) else text


def wide_characters(text: str) -> int:
    """How many characters are as wide as they are high: Chinese, Japanese, Korean."""
    return sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def _staff_definition(staff: Staff, number: int, signature: str) -> str:
    clef = staff.clef
    octave = ' clef.dis="8" clef.dis.place="below"' if clef.octave else ""
    names = [_label(name) for name in staff.labels if name]
    label = f"<label>{'<lb/>'.join(names)}</label>" if names else ""
    sign = "" if clef == PERCUSSION else f' key.sig="{signature}"'
    return (
        f'<staffDef n="{number}" lines="5" clef.shape="{clef.shape}" clef.line="{clef.line}"{octave}{sign}>'
        f"{label}</staffDef>"
    )


@dataclass(frozen=True, slots=True)
class TempoMark:
    """A tempo on paper: where (units), beats a minute, and whether the beat is a dotted quarter (6/8 and its like)."""

    at: int
    beats: int
    dotted: bool


def tempo_marks(score: Score, bars: list[Measure], first: int) -> dict[int, TempoMark]:
    """The tempo at the first bar shown, and later ones that differ enough, one a bar at most; by index of the bar."""
    marks: dict[int, TempoMark] = {}
    opening = bars[first].start
    last = 0.0
    for tempo, following in zip_longest(score.tempos, score.tempos[1:]):
        scale = UNIT / score.resolution
        if following and following.tick * scale <= opening:
            continue
        at = max(tempo.tick * scale, opening)
        index = next((i for i, bar in enumerate(bars) if bar.start <= at < bar.end), None)
        if index is None or index in marks or abs(tempo.qpm - last) <= _TEMPO_CHANGE * last:
            continue
        metre = bars[index].metre
        dotted = metre.denominator == 8 and metre.numerator % 3 == 0
        marks[index] = TempoMark(round(at), round(tempo.qpm / 1.5 if dotted else tempo.qpm), dotted)
        last = tempo.qpm
    return marks


def _tempo_text(mark: TempoMark, bar: Measure) -> str:
    stamp = (mark.at - bar.start) / UNIT * bar.metre.denominator / 4 + 1
    text = f"♩{'.' if mark.dotted else ''} = {mark.beats}"
    return f'<tempo staff="1" place="above" tstamp="{stamp:.3f}">{text}</tempo>'
