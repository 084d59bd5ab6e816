"""Two pieces made fit for each other: one metre, one key, phrases of whole bars, and in which order these come."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.errors import ScoreError
from musegen.lanes import REST
from musegen.score import Key, Metre, Score
from musegen.studio.work import Work
from musegen.theory import key_of

_OCTAVE = 12


@dataclass(frozen=True)
class Phrase:
    """Some bars of one of two pieces: which piece (0 or 1), and its first bar, counted from the first full one."""

    piece: int
    bar: int


def fitted(other: Score, score: Score) -> Score:
    """Another piece in the metre, the key and about the height of a score.

    Duple metres share their quarters (two bars of 2/4 are one of 4/4); of triple and compound metres the beats are made
    equal (3/8 becomes 3/4 at twice the length). A piece of the other mode comes to the relative key, so that both have
    one scale. Of the octaves that one is taken in which the melodies lie nearest.

    Raises:
        ScoreError: One of them changes its metre, or their metres are of different kinds.
    """
    for piece in (score, other):
        if len(piece.metres) > 1:
            if not piece.title:
                raise ScoreError("One of the pieces changes its metre, so they can't be blended bar by bar.")
            raise ScoreError("“{title}” changes its metre, so it can't be blended bar by bar.", title=piece.title)
    mine, theirs = score.metres[0], other.metres[0]
    if _kind(mine) != _kind(theirs):
        raise ScoreError(
            "A piece in {theirs} can't be fitted into {mine}: their beats are of different kinds. Blend pieces of one "
            "kind of metre, as 2/4 with 4/4, or 3/8 with 3/4.",
            theirs=theirs,
            mine=mine,
        )
    longer = Fraction(1) if _kind(mine) == (False, 2) else Fraction(theirs.denominator, mine.denominator)
    if longer > 1:
        other = other.with_resolution(other.resolution * longer.numerator)
    other = other.replace(
        resolution=int(other.resolution / longer), metres=(Metre(0, mine.numerator, mine.denominator),)
    )
    shift = (_signature(key_of(score)) - _signature(key_of(other)) + 6) % _OCTAVE - 6
    apart = _height(score) - _height(other)
    low, high = (f(n.pitch for n in other.notes if not other.tracks[n.track].is_drum) for f in (min, max))
    shifts = [s for s in (shift - _OCTAVE, shift, shift + _OCTAVE) if low + s >= 0 and high + s <= 127]
    return other.transpose(min(shifts, key=lambda s: (abs(apart - s), abs(s))))


def _kind(metre: Metre) -> tuple[bool, int]:
    """Whether the beats are of three parts, and how many beats there are: 2 also stands for 1, 4 and 8."""
    compound = metre.numerator in (6, 9, 12)
    beats = metre.numerator // 3 if compound else metre.numerator
    return compound, 2 if beats in (1, 2, 4, 8) else beats


def _signature(key: Key) -> int:
    """Pitch class of the major key of the same signature."""
    return (key.tonic + (3 if key.mode == "minor" else 0)) % _OCTAVE


def _height(score: Score) -> float:
    """Mean pitch of the first pitched part."""
    part = next(i for i, t in enumerate(score.tracks) if not t.is_drum and score.track_notes(i))
    return float(np.mean([note.pitch for note in score.track_notes(part)]))


def bar_steps(work: Work) -> int:
    """Steps of a bar."""
    metre = work.score.metres[0]
    return 4 * work.grid.steps_per_quarter * metre.numerator // metre.denominator


def first_bar(work: Work) -> int:
    """Step on which the first full bar begins."""
    return bar_steps(work) if work.score.pickup else 0


def bars_of(work: Work) -> int:
    """How many bars there are, the pick-up's not counted; the last may be cut short."""
    return max(-(-(len(work.grid.tokens) - first_bar(work)) // bar_steps(work)), 1)


def phrases_of(works: tuple[Work, Work], bars: int) -> tuple[list[Phrase], list[Phrase]]:
    """The phrases of two pieces, so many bars each; what was said before, there or here, is left out.

    Of a piece that doesn't divide into them the bars before its last phrase are left out: its end stays.
    """
    said: set[bytes] = set()
    found: tuple[list[Phrase], list[Phrase]] = ([], [])
    for piece, work in enumerate(works):
        count, length = bars_of(work), bar_steps(work)
        for bar in [*range(0, count - 2 * bars + 1, bars), count - bars]:
            music = np.full((bars * length, work.grid.tokens.shape[1]), REST, np.int16)
            begin = first_bar(work) + bar * length
            part = work.grid.tokens[begin : begin + bars * length]
            music[: len(part)] = part
            if music[:, :1].tobytes() not in said:
                said.add(music[:, :1].tobytes())
                found[piece].append(Phrase(piece, bar))
    return found


def plan(
    found: tuple[list[Phrase], list[Phrase]], share: float, *, alternate: bool, home: bool, rng: np.random.Generator
) -> list[Phrase]:
    """Which phrases come, in which order; every phrase at most once, and each piece in its own order.

    Args:
        found: The phrases of both pieces.
        share: Of the second piece's phrases among them.
        alternate: The pieces take turns, else the first gives way to the second.
        home: The first piece has the last word, where it has two phrases or more.
        rng: Chooses among the phrases in the middle.
    """
    mine, theirs = found
    total = max(2, round((1 - share) * len(mine) + share * len(theirs)))
    b = min(max(round(share * total), 1), len(theirs))
    a = min(max(total - b, 1), len(mine))
    total = a + b
    turns = [(i + 1) * b // total - i * b // total for i in range(total)] if alternate else [0] * a + [1] * b
    if home and a > 1:
        last = max(i for i, piece in enumerate(turns) if piece == 0)
        turns.append(turns.pop(last))
    chosen = [
        iter(_some(mine, a, rng, first=True, last=turns[-1] == 0)),
        iter(_some(theirs, b, rng, first=False, last=turns[-1] == 1)),
    ]
    return [next(chosen[piece]) for piece in turns]


def _some(phrases: list[Phrase], count: int, rng: np.random.Generator, *, first: bool, last: bool) -> list[Phrase]:
    """So many phrases in their order, at random but for the first and the last one where these are wanted."""
    ends = [0] * first + [len(phrases) - 1] * last
    kept = list(dict.fromkeys(ends))[-count:]
    others: NDArray[np.intp] = np.array([i for i in range(len(phrases)) if i not in kept], np.intp)
    drawn = rng.permutation(others)[: count - len(kept)]
    return [phrases[i] for i in sorted([*kept, *(int(i) for i in drawn)])]
