"""What a MusicXML file says before its music: title, composer, parts with instruments; its numbers, and its build."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import lcm
from xml.etree.ElementTree import Element

from musegen.formats.instruments import CHOIR, program_for
from musegen.formats.sheet import Time
from musegen.formats.text import clean

OWN_FIELD = "musegen"
"""Name of the miscellaneous field in which ``musicxml_write`` keeps, as JSON, what MusicXML has no place for."""
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{0,9})?")
_UNITS = {"breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}


@dataclass(slots=True)
class PartHead:
    """One entry of the part list."""

    name: str = ""
    program: int = 0
    is_drum: bool = False
    drums: dict[str, int] = field(default_factory=dict)  # instrument id: drum (MIDI note)

    def voice_names(self, count: int) -> list[str]:
        """Names for the voices of this part: "Soprano Alto" names two; else they are numbered."""
        if count == 1:
            return [self.name]
        words = [word for word in re.split(r"[\s/&+,.\-]+|\band\b|\bund\b", self.name.lower()) if word]
        if len(words) == 1 and len(words[0]) == count and set(words[0]) <= set("satb"):
            words = list(words[0])
        if len(words) == count and all(word in CHOIR for word in words):
            return [CHOIR[word] for word in words]
        return [f"{self.name}, voice {number}" if self.name else f"Voice {number}" for number in range(1, count + 1)]


@dataclass(slots=True)
class Head:
    """What stands before the music; ``own`` for files that musegen wrote (each part is one track)."""

    title: str = ""
    composer: str = ""
    own: bool = False
    provenance: dict[str, str] = field(default_factory=dict)
    parts: dict[str, PartHead] = field(default_factory=dict)


def read_head(root: Element) -> Head:
    """Title, composer, part list and musegen's own facts."""
    facts = _own_facts(root)
    titles = [clean(root.findtext(path, "")) for path in ("work/work-title", "movement-title")]
    if not any(titles):
        titles = [
            clean(credit.findtext("credit-words", ""))
            for credit in root.iterfind("credit")
            if credit.findtext("credit-type") == "title"
        ][:1]
    composer = next((c.text for c in root.iterfind("identification/creator") if c.get("type") == "composer"), "")
    head = Head(title=": ".join(dict.fromkeys(filter(None, titles))), composer=clean(composer or ""))
    for part in root.iterfind("part-list/score-part"):
        head.parts[part.get("id", "")] = _part_head(part)
    if facts is not None:
        head.own = True
        provenance = facts.get("provenance")
        if isinstance(provenance, dict):
            head.provenance = {str(k): v for k, v in provenance.items() if isinstance(v, str)}
        names = facts.get("names")
        if isinstance(names, list) and len(names) == len(head.parts):
            for part_head, name in zip(head.parts.values(), names, strict=True):
                part_head.name = name if isinstance(name, str) else part_head.name
    return head


def _own_facts(root: Element) -> dict[str, object] | None:
    for element in root.iterfind("identification/miscellaneous/miscellaneous-field"):
        if element.get("name") == OWN_FIELD:
            try:
                facts = json.loads(element.text or "")
            except (ValueError, RecursionError):
                return None
            return facts if isinstance(facts, dict) else None
    return None


def _part_head(part: Element) -> PartHead:
    head = PartHead(clean(part.findtext("part-name", "")))
    instrument = clean(part.findtext("score-instrument/instrument-name", ""))
    head.name = head.name or instrument
    head.program = program_for(f"{head.name} {instrument}")
    for place, midi in enumerate(part.iterfind("midi-instrument")):
        program, drum = number(midi.findtext("midi-program")), number(midi.findtext("midi-unpitched"))
        if place == 0 and 1 <= program <= 128:
            head.program = int(program) - 1
        if 1 <= drum <= 128:
            head.drums[midi.get("id", "")] = int(drum) - 1
        head.is_drum = head.is_drum or midi.findtext("midi-channel", "").strip() == "10"
    return head


@lru_cache(maxsize=4096)
def number(text: str | None) -> Time:
    """A number as files write it; 0 for anything else (no text, NaN, infinity, a thousand digits)."""
    match = _NUMBER.fullmatch((text or "").strip())
    if not match:
        return 0
    value = Fraction(match[0])
    return int(value) if value.denominator == 1 else value


def small_number(text: str | None, default: int) -> Time:
    """A number between -1000 and 1000; ``default`` for anything else."""
    stripped = (text or "").strip()
    value = number(stripped)
    return value if _NUMBER.fullmatch(stripped) and -1000 < value < 1000 else default


def beats_a_minute(metronome: Element) -> float:
    """Quarter notes a minute of a metronome mark; 0 where it states no number."""
    unit = _UNITS.get(metronome.findtext("beat-unit", "").strip(), 0)
    match = re.search(r"\d{1,4}(\.\d{1,4})?", metronome.findtext("per-minute", ""))
    dotted = metronome.find("beat-unit-dot") is not None
    return float(match[0]) * unit * (1.5 if dotted else 1) if match else 0.0


def partwise(root: Element) -> Element:
    """The same score with the measures inside the parts."""
    result = Element("score-partwise")
    parts: dict[str, Element] = {}
    for child in root:
        if child.tag != "measure":
            result.append(child)
            continue
        for part in child.iter("part"):
            whole = parts.setdefault(part.get("id", ""), Element("part", {"id": part.get("id", "")}))
            measure = Element("measure", child.attrib)
            measure.extend(list(part))
            whole.append(measure)
    result.extend(parts.values())
    return result


def resolution_of(root: Element) -> int:
    """Ticks of a quarter note that hold every <divisions> of a score; 10,080 where that would be more than 10**9."""
    resolution = 1
    for divisions in root.iter("divisions"):
        value = number(divisions.text)
        if value > 0:
            resolution = lcm(resolution, Fraction(value).numerator)
            if resolution > 10**9:  # the sheet rounds what is too fine
                return 10_080
    return resolution
