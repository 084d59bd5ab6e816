"""Faults of voice-leading, note by note: what ``musegen.evaluation.rules`` counts, shown where it is, and more.

Parallels, crossing, spacing, leaps and ranges are defined as in ``rules``, and as many are found. Those that need the
chords (leading notes and sevenths) go by the chords that were heard. Levels:

* ``error``: the textbooks forbid it, and Bach hardly does it;
* ``warning``: mostly to be avoided;
* ``taste``: allowed for a reason, which may be there.

Sources: Aldwell & Schachter; Kostka & Payne; Piston.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, pairwise

import numpy as np

from musegen.evaluation.rules import RANGES
from musegen.evaluation.sampling import SILENT
from musegen.harmony.chord import Chord
from musegen.harmony.resolutions import leading_notes, sevenths
from musegen.harmony.slices import NOBODY
from musegen.harmony.voices import Voices
from musegen.score import Key
from musegen.theory import key_of, spell

KINDS = (
    "parallel_fifths",
    "parallel_octaves",
    "hidden_fifths",
    "hidden_octaves",
    "crossing",
    "overlap",
    "spacing",
    "range",
    "bad_leap",
    "augmented_second",
    "leading_note_doubled",
    "leading_note_unresolved",
    "seventh_unresolved",
)
LEVELS = ("error", "warning", "taste")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: One of ``KINDS``.
        level: One of ``LEVELS``.
        tick: Where it happens: of two chords, where the second begins.
        end: First tick after it.
        bar: Number of the bar, as printed.
        beat: Place in the bar, 1 = the first beat.
        parts: Tracks, from the top.
        notes: Indices into ``score.notes``; of two parts that move, both notes of the upper and both of the lower.
        facts: What a sentence needs: "interval" in semitones, "low" and "high" of a range, "resolution" in semitones.
    """

    kind: str
    level: str
    tick: int
    end: int
    bar: int
    beat: float
    parts: tuple[int, ...]
    notes: tuple[int, ...]
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Faults that can't be looked for in this music.

    Attributes:
        kinds: Which of ``KINDS``.
        reason: "one_part", "chordal_parts" (tracks that hold chords, not voices), "not_a_choir", "not_four_voices",
            "doubled_parts" (tracks that double each other in octaves) or "no_chords".
        parts: The tracks that are meant.
    """

    kinds: tuple[str, ...]
    reason: str
    parts: tuple[int, ...] = ()


def foremost(faults: Sequence[Fault], bars: tuple[int, int] | None = None) -> tuple[Fault, ...]:
    """Faults as they are best read: the gravest first, else as they come; of ``bars`` (first, last) where given."""
    wanted = [fault for fault in faults if bars is None or bars[0] <= fault.bar <= bars[1]]
    return tuple(sorted(wanted, key=lambda fault: LEVELS.index(fault.level)))


def _fault(
    voices: Voices,
    kind: str,
    level: str,
    step: int,
    stop: int,
    columns: Sequence[int],
    notes: Sequence[int],
    **facts: int,
) -> Fault:
    piece = voices.piece
    tick = piece.tick(step)
    return Fault(
        kind=kind,
        level=level,
        tick=tick,
        end=piece.tick(stop),
        bar=piece.bar(tick).number,
        beat=piece.beat(tick),
        parts=tuple(voices.tracks[c] for c in columns),
        notes=tuple(int(n) for n in notes),
        facts=facts,
    )


def find_faults(voices: Voices, chords: Sequence[Chord], ends: Sequence[int]) -> tuple[Fault, ...]:
    """All faults that can be judged, in order of time; ``ends`` are the melody notes that end phrases."""
    found = [*_parallels(voices), *_leaps(voices, chords)]
    if voices.choir:
        found += [*_hidden(voices), *_crossing(voices), *_overlap(voices), *_spacing(voices), *_range(voices)]
    duties = leading_notes(voices.piece, chords, voices.notes, ends), sevenths(voices.piece, chords, voices.notes, ends)
    for said in chain(*duties):
        found.append(
            _fault(voices, said.kind, said.level, said.step, said.stop, said.columns, said.notes, **said.facts)
        )
    return tuple(sorted(found, key=lambda f: (f.tick, LEVELS.index(f.level), KINDS.index(f.kind), f.parts)))


def unjudged(voices: Voices, chords: Sequence[Chord]) -> tuple[Unjudged, ...]:
    """What can't be judged in this music, and why."""
    pairs = ("parallel_fifths", "parallel_octaves")
    between = ("hidden_fifths", "hidden_octaves", "crossing", "overlap", "spacing")
    result = []
    if voices.piece.chordal:
        result.append(
            Unjudged((*pairs, *between, "range", "bad_leap", "augmented_second"), "chordal_parts", voices.piece.chordal)
        )
    if len(voices.tracks) < 2 and not voices.piece.chordal:
        result.append(Unjudged((*pairs, *between, "range"), "one_part"))
    elif not voices.choir and len(voices.tracks) > 1:
        result.append(Unjudged((*between, "range"), "not_a_choir", voices.tracks))
    elif voices.choir and len(voices.tracks) != len(RANGES):
        result.append(Unjudged(("range",), "not_four_voices", voices.tracks))
    if voices.doubled:
        tracks = sorted({voices.tracks[c] for pair in voices.doubled for c in pair})
        result.append(Unjudged(pairs, "doubled_parts", tuple(tracks)))
    if not chords:
        result.append(Unjudged(("leading_note_doubled", "leading_note_unresolved", "seventh_unresolved"), "no_chords"))
    return tuple(result)


def _parallels(voices: Voices) -> Iterator[Fault]:
    for step in voices.changes():
        for i, j in combinations(range(len(voices.tracks)), 2):
            moves = voices.moves(i, j, step)
            if moves is None or (moves[1] > moves[0]) != (moves[3] > moves[2]) or (i, j) in voices.doubled:
                continue
            first, second = moves[0] - moves[2], moves[1] - moves[3]
            if abs(first) % 12 == abs(second) % 12 and (
                abs(first) % 12 == 0 or (abs(first) % 12 == 7 and (first > 0) == (second > 0))
            ):
                kind = "parallel_octaves" if first % 12 == 0 else "parallel_fifths"
                stop = voices.stop(step, i, j)
                yield _fault(voices, kind, "error", step, stop, (i, j), voices.four(i, j, step), interval=abs(second))


def _hidden(voices: Voices) -> Iterator[Fault]:
    """The outer voices go the same way into a fifth or an octave, the upper by a leap; the parallels are left out."""
    top, low = 0, len(voices.tracks) - 1
    for step in voices.changes():
        moves = voices.moves(top, low, step)
        if moves is None or (moves[1] > moves[0]) != (moves[3] > moves[2]) or abs(moves[1] - moves[0]) <= 2:
            continue
        first, second = moves[0] - moves[2], moves[1] - moves[3]
        if second > 0 and second % 12 in (0, 7) and first % 12 != second % 12:
            kind = "hidden_octaves" if second % 12 == 0 else "hidden_fifths"
            notes = voices.four(top, low, step)
            yield _fault(voices, kind, "warning", step, voices.stop(step, top, low), (top, low), notes, interval=second)


def _crossing(voices: Voices) -> Iterator[Fault]:
    for i, j in pairwise(range(len(voices.tracks))):
        upper, lower = voices.pitches[:, i], voices.pitches[:, j]
        for begin, stop in voices.runs((upper < lower) & (upper != SILENT), i, j):
            size = int(lower[begin] - upper[begin])
            yield _fault(
                voices, "crossing", "warning", begin, stop, (i, j), voices.notes[begin, (i, j)].tolist(), interval=size
            )


def _spacing(voices: Voices) -> Iterator[Fault]:
    for i, j in pairwise(range(len(voices.tracks) - 1)):
        upper, lower = voices.pitches[:, i], voices.pitches[:, j]
        for begin, stop in voices.runs((upper - lower > 12) & (lower != SILENT), i, j):
            size = int(upper[begin] - lower[begin])
            yield _fault(
                voices, "spacing", "warning", begin, stop, (i, j), voices.notes[begin, (i, j)].tolist(), interval=size
            )


def _overlap(voices: Voices) -> Iterator[Fault]:
    """A voice goes beyond where its neighbour has just been, without crossing it."""
    for step in voices.changes():
        for i, j in pairwise(range(len(voices.tracks))):
            a, b = (int(x) for x in voices.pitches[step - 1 : step + 1, i])
            c, d = (int(x) for x in voices.pitches[step - 1 : step + 1, j])
            if SILENT in (a, b, c, d) or b < d or a < c:
                continue
            if b < c:  # the upper voice has sunk below the lower one's last note
                notes = (voices.notes[step, i], voices.notes[step - 1, j])
                yield _fault(voices, "overlap", "taste", step, voices.stop(step, i), (i, j), notes, interval=c - b)
            elif d > a:
                notes = (voices.notes[step - 1, i], voices.notes[step, j])
                yield _fault(voices, "overlap", "taste", step, voices.stop(step, j), (i, j), notes, interval=d - a)


def _range(voices: Voices) -> Iterator[Fault]:
    if len(voices.tracks) != len(RANGES):
        return
    for column, (low, high) in enumerate(RANGES):
        pitches = voices.pitches[:, column]
        wrong = (pitches != SILENT) & ((pitches < low) | (pitches > high))
        for begin, stop in voices.runs(wrong, column):
            note = voices.notes[begin, column]
            yield _fault(voices, "range", "warning", begin, stop, (column,), (note,), low=low, high=high)


def _leaps(voices: Voices, chords: Sequence[Chord]) -> Iterator[Fault]:
    home = key_of(voices.piece.score)
    starts = [chord.start for chord in chords]
    for column in range(len(voices.tracks)):
        line, notes = voices.pitches[:, column], voices.notes[:, column]
        for step in range(1, len(line)):
            before, after = int(line[step - 1]), int(line[step])
            if SILENT in (before, after) or before == after:
                continue
            size, two = after - before, (notes[step - 1], notes[step])
            stop = voices.stop(step, column)
            if abs(size) in (6, 10, 11) or abs(size) > 12:
                level = "warning" if voices.choir and not _turns_back(voices, column, step) else "taste"
                yield _fault(voices, "bad_leap", level, step, stop, (column,), two, interval=abs(size))
            elif abs(size) == 3:
                place = int(np.searchsorted(starts, voices.piece.tick(step), "right")) - 1
                key = chords[place].key if place >= 0 else home
                if abs(_letter(after, key) - _letter(before, key)) == 1:
                    yield _fault(voices, "augmented_second", "warning", step, stop, (column,), two, interval=3)


def _turns_back(voices: Voices, column: int, step: int) -> bool:
    """Whether a diminished fifth is left by step, back inward, as it may be."""
    line = voices.pitches[:, column]
    size = int(line[step] - line[step - 1])
    following = voices.piece.after[voices.notes[step, column]]
    if abs(size) != 6 or following == NOBODY:
        return False
    back = voices.piece.score.notes[following].pitch - int(line[step])
    return bool(0 < abs(back) <= 2 and (back > 0) != (size > 0))


def _letter(pitch: int, key: Key) -> int:
    letter, _, octave = spell(pitch, key)
    return 7 * octave + letter
