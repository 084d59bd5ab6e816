"""What a MIDI file's time signatures mean where they aren't meant literally: a pick-up, a late start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from musegen.score import Metre, Score


def late_start(metres: Iterable[Metre], onsets: Iterable[int]) -> int:
    """1 where the music and its first metre begin a tick late, else 0.

    abc2midi has nothing but a name at tick 0; taken as it stands, a bar of one tick would come before the music.
    """
    return int(min((metre.tick for metre in metres), default=0) == 1 and min(onsets, default=0) >= 1)


def short_metre(score: Score) -> Metre | None:
    """The metre that other programs take for a bar as long as the score's pick-up: 1/4; None where none is needed.

    It is followed by the score's own first metre. None too where a 64th is too coarse for the pick-up, and where the
    metre changes by its end anyway.
    """
    whole = 4 * score.resolution
    if not score.pickup or any(0 < metre.tick <= score.pickup for metre in score.metres):
        return None
    denominator = score.metres[0].denominator
    while denominator <= 64:
        if score.pickup * denominator % whole == 0 and score.pickup * denominator // whole <= 255:
            return Metre(0, score.pickup * denominator // whole, denominator)
        denominator *= 2
    return None


def without_short_metre(metres: Sequence[Metre], pickup: int, resolution: int) -> tuple[Metre, ...]:
    """The metres of a file whose pick-up is known, without the one that ``short_metre`` gave it."""
    if not pickup or len(metres) < 2:
        return tuple(metres)
    first, main, *later = metres
    if not 4 * resolution * first.numerator == pickup * first.denominator == main.tick * first.denominator:
        return tuple(metres)
    return (Metre(0, main.numerator, main.denominator), *later)


def find_pickup(score: Score) -> Score:
    """The score with its first bar as a pick-up, if that bar is one; else the score as it is.

    MIDI has no pick-up. MuseScore and others write one as a single bar with a metre of its own: 1/4, then 4/4. So is
    read a first metre that lasts exactly one bar, which is shorter than the next bar and isn't silent. At repeats and
    at the end such files have bars cut in two (3/4 and 1/4), or cut off (3/4); these are made whole. Where bars as
    short as the first come otherwise, as in 5/4 6/4 5/4 6/4, it is a bar as any other.
    """

    def bar(metre: Metre) -> int:
        return 4 * score.resolution * metre.numerator // metre.denominator

    if len(score.metres) == 1:
        return score
    first, main, *later = score.metres
    short, full = bar(first), bar(main)
    if main.tick != short or short >= full or all(note.onset >= short for note in score.notes):
        return score
    end = max(score.bars()[-1].end, score.metres[-1].tick)
    stops = [*(metre.tick for metre in score.metres[2:]), end]
    steady = stops[0] - main.tick >= 2 * full  # the metre is settled before anything else comes
    metres = [Metre(0, main.numerator, main.denominator)]
    rows = zip(later, stops[1:], strict=True)
    for is_part, group in groupby(rows, lambda row: bar(row[0]) in (short, full - short)):
        stretch = list(group)
        start, stop = stretch[0][0].tick, stretch[-1][1]
        if is_part and (stop - start == full or (stop == end and stop - start == full - short)):
            metres.append(Metre(start, main.numerator, main.denominator))
        elif any(bar(metre) == short for metre, _ in stretch) and not (steady and stop - start <= full):
            return score
        else:
            metres += [metre for metre, _ in stretch]
    return score.replace(metres=tuple(metres), pickup=short)
