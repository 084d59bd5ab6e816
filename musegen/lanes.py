"""Score <-> integer grid, both ways: the form in which models see music.

A grid has one row a *step* (by default four to a quarter note) and one column a *lane* (one voice). A cell holds

* an onset: the MIDI pitch 0-127 of a note that begins on this step,
* ``HOLD``: the note before goes on,
* ``REST``: silence,
* ``MASK``: unknown, to be found by a model; never made by ``encode``.

Repeated notes and held notes therefore differ. The grid begins at a bar line: before a pick-up it is padded
with rests, so that step 0 is always the first beat of a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError
from musegen.score import Note, Score, Track

REST, HOLD, MASK = 128, 129, 130
VOCABULARY = 131
"""Number of token values: 128 pitches, REST, HOLD, MASK."""

Tokens = NDArray[np.int16]
Remark = tuple[str, int]
"""(what was done, to how many): "drums_left_out" parts, "rounded" notes (whose onset moved), "melody_part" (the
number of the only part that was followed), "lower_left_out" notes (beneath that part's melody), "folded" parts,
"inner_left_out" notes, "merged" notes. The words for it are the caller's, in the caller's language."""

_CENTRES = (71.0, 65.0, 59.0, 50.0)  # where soprano, alto, tenor and bass of a chorale lie on average
_CROSSING, _CUTTING = 30.0, 24.0  # semitones that a crossing of voices, and a held note cut short, count for
_MELODY_NAMES = ("melody", "soprano", "voice", "vocal", "cantus", "lead", "violin i", "right")


@dataclass(frozen=True, eq=False)
class LaneGrid:
    """A score on the grid.

    Attributes:
        tokens: [steps, lanes], values 0-130 as the module says.
        velocities: [steps, lanes], 1-127 on onsets, 0 elsewhere.
        frame: The score without its notes: parts (one a lane), tempo, metre, key, pick-up, title.
        steps_per_quarter: Grid resolution.
        remarks: What was changed on the way here, see ``Remark``.
    """

    tokens: Tokens
    velocities: NDArray[np.uint8]
    frame: Score
    steps_per_quarter: int = 4
    remarks: tuple[Remark, ...] = ()

    @property
    def lead(self) -> int:
        """Steps of rest before the pick-up, so that step 0 is a bar line."""
        return _lead(self.frame, self.steps_per_quarter)

    def bar_positions(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """For every step: its place in the bar (0 = the bar line), the bar's length in steps, the bar's index."""
        steps = len(self.tokens)
        starts, lengths = bar_starts(self.frame, steps, self.steps_per_quarter)
        index = np.searchsorted(starts, np.arange(steps), side="right") - 1
        return (
            (np.arange(steps) - starts[index]).astype(np.int32),
            lengths[index].astype(np.int32),
            index.astype(np.int32),
        )

    def with_tokens(self, tokens: Tokens) -> LaneGrid:
        """The same frame around other tokens [steps, lanes]; cells that stay onsets keep their velocity."""
        velocities = np.zeros(tokens.shape, np.uint8)
        rows = min(len(tokens), len(self.tokens))
        velocities[:rows] = self.velocities[:rows]
        velocities = np.where(tokens < REST, np.where(velocities > 0, velocities, 80), 0).astype(np.uint8)
        return replace(self, tokens=tokens.astype(np.int16), velocities=velocities)


def _near(tick: int, frame: Score, steps_per_quarter: int) -> int:
    """The step nearest to a tick, rounded as ``Score.quantise`` rounds."""
    return (2 * tick * steps_per_quarter + frame.resolution) // (2 * frame.resolution)


def _lead(frame: Score, steps_per_quarter: int) -> int:
    if not frame.pickup:
        return 0
    first = frame.metres[0]
    bar = 4 * frame.resolution * first.numerator // first.denominator
    return _near(bar, frame, steps_per_quarter) - _near(frame.pickup, frame, steps_per_quarter)


def bar_starts(frame: Score, steps: int, steps_per_quarter: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First step and length in steps of every bar that begins before ``steps``, by the frame's metre map."""
    lead = _lead(frame, steps_per_quarter)
    end = -(-(steps - lead) * frame.resolution // steps_per_quarter)
    bars = frame.replace(notes=(Note(max(end - 1, 0), 60, 1),), tracks=(Track(),)).bars()
    lines = [_near(bar.start, frame, steps_per_quarter) + (lead if bar.start else 0) for bar in bars]
    stop = _near(bars[-1].end, frame, steps_per_quarter) + lead
    starts = np.array(lines, np.int64)
    lengths = np.maximum(np.diff(np.append(starts, stop)), 1)
    return starts[starts < steps], lengths[starts < steps]


@dataclass(frozen=True)
class LaneCodec:
    """Score <-> ``LaneGrid``; ``decode(encode(s))`` is ``s`` folded into lanes and quantised.

    Polyphony is folded by this rule. Drum parts are left out, and silent parts unless there are just as many parts
    as lanes. Parts that each hold one note at a time, and are no more than the lanes, become the lanes as they stand.
    With one lane, the part that is named as the melody (else the first) is followed by its highest note. Otherwise
    all notes are pooled and, at every onset, dealt out from high to low so that voices move little, don't cross, and
    held notes are not cut. Voices in unison keep a lane each; of more notes than lanes the highest and lowest stay, and
    unisons go first, then inner doublings. Where fewer notes begin than there are lanes, the others rest: a unison that
    the source writes as one note can't be told from a rest.

    Attributes:
        lanes: Number of voices.
        steps_per_quarter: Steps to a quarter note; 4 = sixteenths, 12 also holds triplets.
    """

    lanes: int = 4
    steps_per_quarter: int = 4

    def encode(self, score: Score) -> LaneGrid:
        """The score on the grid; ``remarks`` say what had to change.

        Raises:
            ScoreError: The score has no pitched notes.
        """
        folded, remarks = self.fold(score)
        step = folded.resolution // self.steps_per_quarter
        lead = _lead(folded, self.steps_per_quarter)
        steps = folded.end // step + lead
        frame = folded.replace(notes=())
        tokens = np.full((steps, self.lanes), REST, np.int16)
        velocities = np.zeros((steps, self.lanes), np.uint8)
        for note in folded.notes:
            start, stop = note.onset // step + lead, note.end // step + lead
            tokens[start, note.track] = note.pitch
            velocities[start, note.track] = note.velocity
            tokens[start + 1 : stop, note.track] = HOLD
        return LaneGrid(tokens, velocities, frame, self.steps_per_quarter, tuple(remarks))

    def decode(self, grid: LaneGrid) -> Score:
        """The score of a grid: a HOLD after silence stays silent, a MASK is silence, as is all before a pick-up.

        Raises:
            ScoreError: The grid has another number of lanes, or a token out of range.
        """
        if grid.tokens.ndim != 2 or grid.tokens.shape[1] != self.lanes:
            raise ScoreError(
                "The grid has shape {shape}; this codec needs [steps, {lanes}].",
                shape=grid.tokens.shape,
                lanes=self.lanes,
            )
        if grid.tokens.size and not (grid.tokens.min() >= 0 and grid.tokens.max() < VOCABULARY):
            raise ScoreError("A token is outside 0-{most}.", most=VOCABULARY - 1)
        frame = grid.frame
        if frame.resolution % grid.steps_per_quarter:
            frame = frame.with_resolution(frame.resolution * grid.steps_per_quarter)
        step, lead = frame.resolution // grid.steps_per_quarter, grid.lead
        notes = []
        for lane in range(self.lanes):
            for start, stop, pitch in lane_notes(grid.tokens[:, lane]):
                onset, end = max(start - lead, 0) * step, (stop - lead) * step
                if end > onset:
                    velocity = int(grid.velocities[start, lane]) or 80
                    notes.append(Note(onset, pitch, end - onset, velocity, lane))
        return frame.replace(notes=tuple(notes))

    # --- folding ------------------------------------------------------------------------------

    def fold(self, score: Score) -> tuple[Score, list[Remark]]:
        """The score quantised, with exactly ``lanes`` parts of one note at a time, and what was done.

        Raises:
            ScoreError: The score has no pitched notes.
        """
        remarks: list[Remark] = []
        playing = {note.track for note in score.notes}
        pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum]
        if len(pitched) != self.lanes:  # as many parts as lanes: a silent one keeps its lane
            pitched = [i for i in pitched if i in playing]
        if not playing.intersection(pitched):
            raise ScoreError("There are no pitched notes in this score, so there is nothing to work on.")
        drums = sum(t.is_drum for t in score.tracks)
        if drums:
            remarks.append(("drums_left_out", drums))
        score = score.select_tracks(pitched)
        on_grid = score.quantise(self.steps_per_quarter)
        moved = _count_moved(score, on_grid)
        if moved:
            remarks.append(("rounded", moved))
        if len(pitched) <= self.lanes and all(_is_monophonic(score.track_notes(i)) for i in range(len(pitched))):
            parts: list[list[Note]] = [list(on_grid.track_notes(i)) for i in range(len(pitched))]
            tracks = list(on_grid.tracks)
        elif self.lanes == 1:
            part = _melody_part(on_grid)
            if len(pitched) > 1:
                remarks.append(("melody_part", pitched[part] + 1))  # as the file counts its parts
            voice = on_grid.track_notes(part)
            parts, tracks = [_skyline(voice)], [on_grid.tracks[part]]
            if len(voice) > len(parts[0]):
                remarks.append(("lower_left_out", len(voice) - len(parts[0])))
        else:
            parts, left_out = _deal(on_grid.notes, self.lanes)
            tracks = _lane_tracks(on_grid, self.lanes)
            remarks.append(("folded", len(pitched)))
            if left_out:
                remarks.append(("inner_left_out", left_out))
        notes: list[Note] = []
        merged = 0
        for lane, part_notes in enumerate(parts):
            kept, lost = one_at_a_time(part_notes)
            merged += lost
            notes += [replace(n, track=lane) for n in kept]
        if merged:
            remarks.append(("merged", merged))
        tracks += [Track(f"Voice {i + 1}", tracks[0].program) for i in range(len(tracks), self.lanes)]
        return on_grid.replace(notes=tuple(notes), tracks=tuple(tracks)), remarks


def lane_notes(lane: NDArray[np.int16]) -> list[tuple[int, int, int]]:
    """Notes of one lane [steps] as (first step, step after the last, pitch)."""
    notes = []
    for start in np.flatnonzero(lane < REST):
        stop = int(start) + 1
        while stop < len(lane) and lane[stop] == HOLD:
            stop += 1
        notes.append((int(start), stop, int(lane[start])))
    return notes


def sounding(tokens: Tokens) -> Tokens:
    """What sounds at each cell: HOLD replaced by the pitch, REST or MASK it goes on from (REST at the start).

    Args:
        tokens: [..., steps, lanes].

    Returns:
        The same shape, values 0-127, REST or MASK.
    """
    steps = np.arange(tokens.shape[-2])[:, None]
    source = np.maximum.accumulate(np.where(tokens == HOLD, -1, steps), axis=-2)
    result = np.take_along_axis(tokens, np.maximum(source, 0), axis=-2)
    return np.where(source < 0, REST, result).astype(np.int16)


def _count_moved(before: Score, after: Score) -> int:
    before = before.with_resolution(after.resolution)  # always a whole multiple: nothing is rounded here
    pairs = zip(sorted(n.onset for n in before.notes), sorted(n.onset for n in after.notes), strict=True)
    return sum(a != b for a, b in pairs)


def _is_monophonic(notes: Sequence[Note]) -> bool:
    return all(a.end <= b.onset for a, b in pairwise(notes))


def _melody_part(score: Score) -> int:
    for word in _MELODY_NAMES:
        for index, track in enumerate(score.tracks):
            if word in track.name.lower():
                return index
    return 0


def _skyline(notes: Sequence[Note]) -> list[Note]:
    """The highest note at every onset, unless a higher one still sounds."""
    kept: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        if not kept or note.onset >= kept[-1].end or (note.onset > kept[-1].onset and note.pitch >= kept[-1].pitch):
            kept.append(note)
    return kept


def one_at_a_time(notes: Sequence[Note]) -> tuple[list[Note], int]:
    """Notes cut at the next onset; of several on one onset the longest (then highest) stays. And how many went."""
    best: dict[int, Note] = {}
    for note in notes:
        rival = best.get(note.onset)
        if rival is None or (note.duration, note.pitch) > (rival.duration, rival.pitch):
            best[note.onset] = note
    ordered = [best[onset] for onset in sorted(best)]
    ends = [n.onset for n in ordered[1:]] + [ordered[-1].end] if ordered else []
    kept = [replace(n, duration=min(n.end, end) - n.onset) for n, end in zip(ordered, ends, strict=True)]
    return kept, len(notes) - len(kept)


def _lane_tracks(score: Score, lanes: int) -> list[Track]:
    names = ("Soprano", "Alto", "Tenor", "Bass") if lanes == 4 else tuple(f"Voice {i + 1}" for i in range(lanes))
    return [Track(name, score.tracks[0].program) for name in names]


def _deal(notes: Sequence[Note], lanes: int) -> tuple[list[list[Note]], int]:
    """Notes dealt out to lanes, onset by onset, from high to low; and how many found no lane."""
    centres = list(_CENTRES) if lanes == 4 else list(np.linspace(72, 50, lanes))
    parts: list[list[Note]] = [[] for _ in range(lanes)]
    left_out = 0
    onsets: dict[int, list[Note]] = {}
    for note in notes:
        onsets.setdefault(note.onset, []).append(note)
    for onset in sorted(onsets):
        group = sorted(onsets[onset], key=lambda n: (-n.pitch, -n.duration))
        left_out += max(len(group) - lanes, 0)
        while len(group) > lanes:
            unisons = [i for i, (a, b) in enumerate(pairwise(group), 1) if a.pitch == b.pitch]
            if unisons:
                del group[max(unisons, key=lambda i: (-group[i].duration, i))]
                continue
            classes = [n.pitch % 12 for n in group]
            inner = range(1, len(group) - 1)
            del group[max(inner, key=lambda i: (classes.count(classes[i]) > 1, -group[i].duration, i))]
        held = [p[-1] if p and p[-1].end > onset else None for p in parts]
        last = [float(p[-1].pitch) if p else centre for p, centre in zip(parts, centres, strict=True)]
        best = min(combinations(range(lanes), len(group)), key=lambda c: _cost(group, c, held, last))
        for note, lane in zip(group, best, strict=True):
            parts[lane].append(note)
    return parts, left_out


def _cost(group: Sequence[Note], chosen: Sequence[int], held: Sequence[Note | None], last: Sequence[float]) -> float:
    cost = 0.0
    for note, lane in zip(group, chosen, strict=True):
        cost += abs(note.pitch - last[lane]) + (_CUTTING if held[lane] else 0.0)
        for other, sounds in enumerate(held):
            if sounds and other not in chosen and (other - lane) * (sounds.pitch - note.pitch) > 0:
                cost += _CROSSING
    return cost
