"""Which staves a score is written on, and which voices stand on each.

Four single-line parts of one kind are soprano and alto on a treble staff, tenor and bass on a bass staff. A
keyboard part that spans both hands gets two staves, split at middle C. Every other part has a staff of its own, with
the clef that needs the fewest ledger lines. On a staff, notes that begin and end together are a chord; what overlaps
otherwise becomes a voice of its own, four at most (a fifth ends the oldest note).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from musegen.score import Score
from musegen.theory import part_name

MIDDLE_C = 60
_VOICES = {"en": ("Soprano", "Alto", "Tenor", "Bass"), "zh": ("女高音", "女低音", "男高音", "男低音")}
_DRUMS = {"en": "Drums", "zh": "打击乐"}
_MAX_VOICES = 4

Chords = list[tuple[int, int, tuple[int, ...]]]
"""(first tick, first tick after, indices into ``Score.notes``), sorted."""


@dataclass(frozen=True, slots=True)
class Clef:
    """Shape and line as in MEI; ``octave`` -1 = sounds an octave lower than the plain clef."""

    shape: str
    line: int
    octave: int
    lowest: int  # pitches that need no ledger lines
    highest: int


TREBLE = Clef("G", 2, 0, 62, 79)
TREBLE_8 = Clef("G", 2, -1, 50, 67)
BASS = Clef("F", 4, 0, 41, 59)
ALTO = Clef("C", 3, 0, 52, 69)
PERCUSSION = Clef("perc", 3, 0, 0, 127)


@dataclass(slots=True)
class Staff:
    """One staff.

    Attributes:
        clef: Its clef.
        labels: Names beside it, from top to bottom.
        voices: From top to bottom.
        fixed: The voices are singers: each always shows its rests and keeps its stems' direction.
    """

    clef: Clef
    labels: tuple[str, ...]
    voices: list[Chords]
    fixed: bool = False


@dataclass(slots=True)
class Group:
    """Staves that belong together: of one player (brace), or of a choir (bracket)."""

    staves: list[Staff] = field(default_factory=list)
    symbol: str = ""
    label: str = ""


@dataclass(slots=True)
class _Part:
    """One player's notes (indices into ``Score.notes``), from one track or several."""

    tracks: list[int]
    notes: list[int]
    program: int
    is_drum: bool
    name: str


def lay_out(score: Score, language: str = "en") -> list[Group]:
    """The staves of a score from top to bottom; parts without notes are left out where others have some."""
    by_track: list[list[int]] = [[] for _ in score.tracks]
    for index, note in enumerate(score.notes):
        by_track[note.track].append(index)
    sounding = [t for t, notes in enumerate(by_track) if notes] or [0]
    if choir := _choir(score, by_track, sounding):
        standard = _VOICES.get(language, _VOICES["en"])
        known = dict(zip(_VOICES["en"], standard, strict=True))  # here a bass is a singer
        own = [score.tracks[t].name.strip() for t in sounding]
        names = [known.get(n) or part_name(n, language) or name for n, name in zip(own, standard, strict=True)]
        upper = Staff(TREBLE, (names[0], names[1]), choir[:2], fixed=True)
        lower = Staff(BASS, (names[2], names[3]), choir[2:], fixed=True)
        return [Group([upper, lower], "bracket")]
    parts = _parts(score, by_track, sounding)
    groups = []
    for part in parts:
        pitches = [score.notes[i].pitch for i in part.notes]
        if part.is_drum:
            label = part_name(part.name, language) or _DRUMS.get(language, _DRUMS["en"])
            groups.append(Group([Staff(PERCUSSION, (label,), [_chords(score, part.notes)])]))
            continue
        lines = _voices(score, part.notes)
        if _is_keyboard(part, lines, pitches, alone=len(parts) == 1):
            staves = [
                Staff(clef, (), _voices(score, hand))
                for clef, hand in zip((TREBLE, BASS), _hands(score, part), strict=True)
            ]
            groups.append(Group(staves, "brace", part_name(part.name, language)))
        else:
            label = part_name(part.name, language)
            groups.append(Group([Staff(_clef(pitches, part.program, part.name), (label,), lines)]))
    return _pair_hands(parts, groups)


def _parts(score: Score, by_track: list[list[int]], sounding: list[int]) -> list[_Part]:
    """The players: neighbouring tracks that a reader named as the voices of one part come together again."""
    parts: list[_Part] = []
    for track in sounding:
        program, is_drum = score.tracks[track].program, score.tracks[track].is_drum
        name = score.tracks[track].name.strip()
        whole = re.sub(r", voice \d+$", "", name)
        before = parts[-1] if parts else None
        if before and whole != name and not is_drum and (before.name, before.program) == (whole, program):
            before.tracks.append(track)
            before.notes.extend(by_track[track])
        else:
            parts.append(_Part([track], list(by_track[track]), program, is_drum, whole))
    return parts


def _hands(score: Score, part: _Part) -> tuple[list[int], list[int]]:
    """Right and left hand: whole tracks by their mean where there are several, else notes, about middle C."""
    means = dict.fromkeys(part.tracks, 0.0)
    for track in part.tracks:
        pitches = [score.notes[i].pitch for i in part.notes if score.notes[i].track == track]
        means[track] = sum(pitches) / len(pitches)
    by_track = min(means.values()) < MIDDLE_C <= max(means.values())

    def is_right(index: int) -> bool:
        note = score.notes[index]
        return (means[note.track] if by_track else note.pitch) >= MIDDLE_C

    right = [i for i in part.notes if is_right(i)]
    return right, [i for i in part.notes if not is_right(i)]


def _choir(score: Score, by_track: list[list[int]], sounding: list[int]) -> list[Chords]:
    """Four tracks of one program, each one line of single notes, in the order of soprano to bass; else nothing."""
    tracks = [score.tracks[t] for t in sounding]
    if len(tracks) != 4 or len({t.program for t in tracks}) > 1 or any(t.is_drum for t in tracks):
        return []
    voices = [_voices(score, by_track[t]) for t in sounding]
    if any(len(lines) != 1 or any(len(notes) > 1 for _, _, notes in lines[0]) for lines in voices):
        return []
    means = [sum(score.notes[i].pitch for _, _, (i,) in lines[0]) / len(lines[0]) for lines in voices]
    ordered = all(a > b for a, b in pairwise(means))
    return [lines[0] for lines in voices] if ordered and means[1] > 57 and means[2] < 65 else []


def _is_keyboard(part: _Part, lines: list[Chords], pitches: list[int], *, alone: bool) -> bool:
    """Whether a part is for two hands: many-voiced, above and below middle C."""
    chords = len(lines) > 1 or any(len(notes) > 1 for line in lines for _, _, notes in line)
    wide = bool(pitches) and min(pitches) < MIDDLE_C - 7 and max(pitches) > MIDDLE_C + 7
    program = part.program
    keyboard = program < 24 or program == 46 or (alone and not 24 <= program < 32)
    return keyboard and wide and (chords or len(part.tracks) > 1)


def _pair_hands(parts: list[_Part], groups: list[Group]) -> list[Group]:
    """Two parts of one keyboard program, in treble and bass, are its two hands."""
    staves = [group.staves[0] for group in groups]
    one_player = len(parts) == 2 and parts[0].program == parts[1].program < 24 and not any(p.is_drum for p in parts)
    if one_player and all(len(g.staves) == 1 for g in groups) and [s.clef for s in staves] == [TREBLE, BASS]:
        return [Group(staves, "brace")]
    return groups


def _clef(pitches: list[int], program: int, name: str) -> Clef:
    """The clef with the fewest ledger lines; those that players of the part don't read count as further away."""
    if not pitches:
        return TREBLE
    strangers = {TREBLE_8: 5.0, ALTO: 100.0}
    if 24 <= program < 32 or "tenor" in name.lower():
        strangers[TREBLE_8] = -1.0
    if program == 41:
        strangers[ALTO] = -1.0

    def cost(clef: Clef) -> float:
        outside = [max(clef.lowest - p, p - clef.highest, 0) for p in pitches]
        return sum(outside) / len(outside) + strangers.get(clef, 0.0)

    return min((TREBLE, BASS, TREBLE_8, ALTO), key=cost)


def _chords(score: Score, indices: Sequence[int]) -> Chords:
    """Notes that begin together (within a 64th) and end together (within a 16th), as chords."""
    near, same_end = score.resolution // 16, score.resolution // 4
    chords: Chords = []
    cluster: list[int] = []

    def close() -> None:
        rest = sorted(cluster, key=lambda i: (-score.notes[i].end, -score.notes[i].pitch))
        start = min((score.notes[i].onset for i in rest), default=0)
        while rest:
            last = score.notes[rest[0]].end
            near_end = last - min(same_end, (last - start) / 2)
            together = [i for i in rest if score.notes[i].end == last or score.notes[i].end > near_end]
            rest = [i for i in rest if i not in together]
            chords.append((start, last, tuple(together)))

    for index in sorted(indices, key=lambda i: score.notes[i].onset):
        if cluster and score.notes[index].onset - score.notes[cluster[0]].onset > near:
            close()
            cluster.clear()
        cluster.append(index)
    close()
    return chords


def _voices(score: Score, indices: Sequence[int]) -> list[Chords]:
    """Chords dealt to as few lines as can be, the higher of what sounds together in the upper line."""

    def height(chord: tuple[int, int, tuple[int, ...]]) -> float:
        return sum(score.notes[i].pitch for i in chord[2]) / len(chord[2])

    def heard_until(chord: tuple[int, int, tuple[int, ...]]) -> int:
        # A little overlap is playing style (legato), not a second voice.
        return chord[1] - min(score.resolution // 8, (chord[1] - chord[0]) // 2)

    chords = sorted(_chords(score, indices), key=lambda c: (c[0], -height(c)))
    lines: list[Chords] = [[] for _ in range(_MAX_VOICES)]
    for place, chord in enumerate(chords):
        sounding = [i for i, line in enumerate(lines) if line and heard_until(line[-1]) > chord[0]]
        free = [i for i in range(_MAX_VOICES) if i not in sounding]
        if not free:  # the line whose note is the oldest ends here
            free = [min(sounding, key=lambda i: lines[i][-1][0])]
        if sounding:
            above = max((i for i in sounding if height(lines[i][-1]) > height(chord)), default=-1)
            below = min((i for i in sounding if height(lines[i][-1]) < height(chord)), default=_MAX_VOICES)
            number = next((i for i in free if above < i < below), free[0])
        else:
            following = chords[place + 1] if place + 1 < len(chords) else chord
            later = chord[0] < following[0] < heard_until(chord)
            number = int(later and height(following) > height(chord))
        line = lines[number]
        if line and line[-1][0] == chord[0]:
            first, last, notes = line.pop()
            chord = (first, max(last, chord[1]), (*notes, *chord[2]))
        elif line and line[-1][1] > chord[0]:
            line[-1] = (line[-1][0], chord[0], line[-1][2])
        line.append(chord)
    return [line for line in lines if line] or [[]]
