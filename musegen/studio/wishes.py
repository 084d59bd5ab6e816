"""What the user wishes for the notes of a piece, as nats for pitch classes: chords, the key's scale, a cadence.

The strengths were chosen by measuring, see docs/decisions/verbs.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.corpora.phrases import UNKNOWN_PHRASE, phrase_plan
from musegen.errors import ScoreError
from musegen.lanes import MASK, REST, LaneGrid, bar_starts, sounding
from musegen.score import Key
from musegen.studio.ask import Ask
from musegen.studio.chords import Chord, read_chord

CHORD, PASSING = 6.0, 3.0
"""Nats that a note loses which is none of the chord: on a beat, and between beats, where notes pass."""
BASS = 4.0
"""Nats that the bass loses on top where a chord begins with another bass."""
CADENCE_BASS = 8.0
"""The same in the chords of a cadence, as long as they last."""
KEY = 6.0
"""Nats that a note outside the key's scale loses where the key is to be respected fully."""
BEAT = 4
_PHRASE = 8 * BEAT
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}
"""Pitch classes above the tonic; in minor those of the natural, the harmonic and the melodic scale."""
_TONIC, _DOMINANT = {"major": (0, 4, 7), "minor": (0, 3, 4, 7)}, (7, 11, 2, 5)  # in minor the last third may be raised
_FOURTH, _SIXTH = {"major": (5, 9, 0), "minor": (5, 8, 0)}, {"major": (9, 0, 4), "minor": (8, 0, 3)}
_BEFORE_HALF = (0, 2, 3, 4, 5, 6, 8, 9, 10)  # anything that is not yet the dominant


@dataclass(frozen=True, eq=False)
class Wishes:
    """What was asked of the notes, for every alternative.

    Attributes:
        lean: [n, steps, lanes, 12] nats, see models/wishes.py; None where nothing was wished.
        phrase: [n, steps] to_phrase_end with the cadence in it; None where none was wished.
        stop: The step after the last one that the cadence is for.
    """

    lean: NDArray[np.float32] | None
    phrase: NDArray[np.int32] | None
    stop: int


def wishes(
    ask: Ask, grid: LaneGrid, contexts: NDArray[np.int16], lanes: tuple[int, ...], keys: list[Key], stop: int
) -> Wishes:
    """The wishes of an ``Ask`` for music in a frame.

    Args:
        ask: What is wished for.
        grid: Its frame has the bars.
        contexts: [n, steps, width] with MASK where music is wanted.
        lanes: The lanes that are present.
        keys: The key of each alternative.
        stop: The step after the last one of what is composed.

    Raises:
        ScoreError: A chord can't be read, its bar is not there, or the notes that stay forbid the cadence.
    """
    cadence = ask.cadence not in ("auto", "none")
    if not (ask.chords or ask.key_respected or cadence):
        return Wishes(None, None, stop)
    n, steps, width = contexts.shape
    metre = grid.frame.metres[0]
    beat = BEAT * 3 // 2 if metre.denominator >= 8 and metre.numerator % 3 == 0 and metre.numerator > 3 else BEAT
    lean = np.zeros((n, steps, width, 12), np.float32)
    stated = np.zeros((n, steps), bool)
    phrase = None
    for row, key in enumerate(keys):
        if ask.key_respected:
            lean[row] -= KEY * float(ask.key_respected) * ~_members(SCALES.get(key.mode, SCALES["major"]), key.tonic)
        for start, end, chord in _chord_spans(ask, grid, steps, key):
            _lean_to(lean[row], start, end, lanes, chord, beat)
            stated[row, start:end] = True
    if cadence:
        position, length, bar = (a[:steps] for a in _bars(grid, steps))
        phrase = np.full((n, steps), UNKNOWN_PHRASE, np.int32)
        for row, key in enumerate(keys):
            last = _last_onset(contexts[row][:, list(lanes)], position, length, bar, stop)
            _wish_cadence(ask.cadence, lean[row], contexts[row], lanes, key, last, stop, beat, stated[row])
            near = np.arange(max(last - _PHRASE, 0), stop)
            phrase[row, near] = np.maximum(-(-(last - near) // BEAT), 0)
    return Wishes(lean, phrase, stop)


def _members(classes: Iterable[int], tonic: int = 0) -> NDArray[np.bool_]:
    return np.isin(np.arange(12), [(tonic + c) % 12 for c in classes])


def _bars(grid: LaneGrid, steps: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    return grid.with_tokens(np.full((steps, grid.tokens.shape[1]), REST, np.int16)).bar_positions()


def _chord_spans(ask: Ask, grid: LaneGrid, steps: int, key: Key) -> list[tuple[int, int, Chord]]:
    """First step, step after the last, and chord, of all chords wished for."""
    if not ask.chords:
        return []
    starts, lengths = bar_starts(grid.frame, steps, grid.steps_per_quarter)
    numbers = np.arange(len(starts)) + (0 if grid.frame.pickup else 1)
    spans = []
    for number, text in sorted(ask.chords.items()):
        chords = [read_chord(name, key) for name in text.replace("|", " ").split()]
        if number not in numbers:
            raise ScoreError(
                "There is no bar {number} for the chord “{text}”: the music has bars {lowest}-{highest}.",
                number=number,
                text=text,
                lowest=numbers[0],
                highest=numbers[-1],
            )
        place = int(np.searchsorted(numbers, number))
        begin, length = int(starts[place]), int(lengths[place])
        cuts = [begin + length * i // max(len(chords), 1) for i in range(len(chords) + 1)]
        spans += [(a, min(b, steps), c) for a, b, c in zip(cuts, cuts[1:], chords, strict=False) if c and a < steps]
    return spans


def _lean_to(
    lean: NDArray[np.float32],
    start: int,
    stop: int,
    lanes: tuple[int, ...],
    chord: Chord,
    beat: int,
    *,
    passing: bool = True,
) -> None:
    """Leans to a chord, its notes free of the key: ``passing``, less between beats, and in the bass only at first."""
    inside = _members(chord.classes)
    beats = (np.arange(start, stop) - start) % beat == 0
    weight = np.where(beats | (not passing), CHORD, PASSING).astype(np.float32)
    lean[start:stop] = np.where(inside, 0.0, lean[start:stop] - weight[:, None, None])
    if len(lanes) > 1 and chord.bass >= 0:
        firmly = BASS if passing else CADENCE_BASS
        lean[start : start + 1 if passing else stop, lanes[-1]] -= firmly * (np.arange(12) != chord.bass)


def _last_onset(
    context: NDArray[np.int16],
    position: NDArray[np.int32],
    length: NDArray[np.int32],
    bar: NDArray[np.int32],
    stop: int,
) -> int:
    """Where the last chord begins: with the last note of a voice that is given, else on the last strong beat."""
    line = stop - 1 - int(position[stop - 1])
    for lane in range(context.shape[1]):
        onsets = np.flatnonzero(context[line:stop, lane] < REST)
        if len(onsets) and not (context[line:stop, lane] == MASK).any():
            return line + int(onsets[-1])
    plan = phrase_plan(position[:stop], length[:stop], bar[:stop], int(bar[stop - 1]) + 2)
    return int(np.flatnonzero(plan == 0)[0])


def _wish_cadence(
    cadence: str,
    lean: NDArray[np.float32],
    context: NDArray[np.int16],
    lanes: tuple[int, ...],
    key: Key,
    last: int,
    stop: int,
    beat: int,
    stated: NDArray[np.bool_],
) -> None:
    """Leans to the two last chords; what was stated as a chord stays, and what is given decides where it must."""
    if not (context[last:stop, list(lanes)] == MASK).any():
        return
    (before, before_bass), (end, end_bass) = cadence_chords(cadence, key)
    sounds = sounding(context)[:, list(lanes)]
    foreign = [int(p) for p in sounds[last] if p < REST and p % 12 not in end]
    if foreign and not stated[last]:
        raise ScoreError(
            "The notes that stay don't allow this cadence: its last chord can't hold {note}. Ask for another cadence, "
            "or none.",
            note=_NAMES[foreign[0] % 12],
        )
    start = max(last - beat, 0)
    fits = all(int(p) % 12 in before for p in sounds[start] if p < REST)
    if fits and start < last and not stated[start:last].any():
        _lean_to(lean, start, last, lanes, Chord(before, before_bass), beat, passing=False)
    if not stated[last:stop].any():
        _lean_to(lean, last, stop, lanes, Chord(end, end_bass), beat, passing=False)


_NAMES = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")


def cadence_chords(cadence: str, key: Key) -> tuple[tuple[frozenset[int], int], tuple[frozenset[int], int]]:
    """Pitch classes and bass of the last chord but one, and of the last; a bass of -1 is free."""
    mode = "minor" if key.mode == "minor" else "major"
    tonic, dominant, half = (_TONIC[mode], 0), (_DOMINANT, 7), ((7, 11, 2), 7)
    sixth = (_SIXTH[mode], _SIXTH[mode][0])
    pairs = {
        "perfect": (dominant, tonic),
        "plagal": ((_FOURTH[mode], 5), tonic),
        "half": ((_BEFORE_HALF, -1), half),
        "deceptive": (dominant, sixth),
    }
    (one, two) = (
        (frozenset((key.tonic + c) % 12 for c in classes), (key.tonic + bass) % 12 if bass >= 0 else -1)
        for classes, bass in pairs[cadence]
    )
    return one, two


def last_notes(cadence: str, tonic: int, minor: bool, voices: int) -> frozenset[int]:
    """Pitch classes on which the lowest voice may end."""
    if cadence == "none":
        return frozenset(range(12))
    if cadence in ("auto", "perfect", "plagal"):
        return frozenset([tonic])
    key = next(k for k in (Key(f, "minor" if minor else "major") for f in range(-5, 7)) if k.tonic == tonic)
    classes, bass = cadence_chords(cadence, key)[1]
    return frozenset([bass]) if voices > 1 else classes
