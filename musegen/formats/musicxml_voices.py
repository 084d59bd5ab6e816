"""Which notes of a MusicXML part make a voice: each becomes a track."""

from __future__ import annotations

from collections.abc import Iterable

from musegen.formats.limits import LIMITS
from musegen.formats.musicxml_head import PartHead, small_number
from musegen.formats.refusal import refuse
from musegen.formats.sheet import Sheet, SheetNote, Time, Voice
from musegen.score import Track

Strand = tuple[str, int, bool]
"""What notes of one part go together: voice, staff, and whether they are unpitched."""
Placed = list[tuple[int, SheetNote]]
"""Notes, each with the index of its measure."""
Strands = dict[Strand, Placed]


def add_voices(sheet: Sheet, number: int, part: PartHead, strands: Strands, *, own: bool) -> None:
    """Adds the voices of one part to the sheet, named, from the top.

    Args:
        sheet: Where to.
        number: Which part of the page it is.
        part: What the part list says of it.
        strands: Its notes.
        own: All of it is one track (musegen wrote it).

    Raises:
        ScoreError: More voices than the limit.
    """
    if own:
        drum = part.is_drum or any(unpitched for _, _, unpitched in strands)
        _add_voice(sheet, number, Track(part.name, part.program, drum), strands.values())
        return
    if len(strands) > LIMITS.tracks:
        raise refuse("tracks", count=len(strands), limit=LIMITS.tracks)
    strands = _joined(strands)
    if len(strands) > 1:
        sheet.remark("voices")
    names = part.voice_names(len(strands))
    for name, (strand, notes) in zip(names, sorted(strands.items(), key=_order), strict=True):
        _add_voice(sheet, number, Track(name, part.program, strand[2] or part.is_drum), [notes])


def _add_voice(sheet: Sheet, number: int, track: Track, groups: Iterable[Placed]) -> None:
    index = len(sheet.voices)
    sheet.voices.append(Voice(track, number))
    for notes in groups:
        for _, note in notes:
            note.voice = index


def _joined(strands: Strands) -> Strands:
    """The strands, those of one voice joined where it wanders between staves without ever sounding on both."""
    result: Strands = {}
    for strand in sorted(strands, key=lambda s: -len(strands[s])):
        notes = strands[strand]
        home = next((s for s in result if s[0] == strand[0] and s[2] == strand[2]), None)
        if home is not None and not _overlap(result[home], notes):
            result[home].extend(notes)
        else:
            result[strand] = notes
    return result


def _overlap(one: Placed, other: Placed) -> bool:
    """Whether two lists of notes ever sound at once."""
    spans: dict[int, list[tuple[Time, Time, bool]]] = {}
    for first, notes in ((True, one), (False, other)):
        for measure, note in notes:
            spans.setdefault(measure, []).append((note.offset, note.offset + note.duration, first))
    for measure_spans in spans.values():
        ends: dict[bool, Time] = {True: 0, False: 0}  # how far each list has sounded so far
        for start, end, first in sorted(measure_spans):
            if start < ends[not first]:
                return True
            ends[first] = max(ends[first], end)
    return False


def _order(item: tuple[Strand, Placed]) -> tuple[bool, int, int, str]:
    voice, staff, unpitched = item[0]
    return unpitched, staff, int(small_number(voice, 0)), voice
