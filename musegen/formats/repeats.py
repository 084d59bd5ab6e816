"""In which order the measures of a page are played: repeats, endings, da capo, dal segno, coda, fine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse


@dataclass(slots=True)
class Signs:
    """The repeat signs of one measure.

    Attributes:
        forward: A repeat begins with this measure.
        backward: How often the music up to the end of this measure is played; 0 without a repeat sign.
        endings: The passes on which this measure is played; empty = on every pass.
        marks: Of "segno", "coda" (they stand at its start), "to coda", "fine", "da capo", "dal segno" (at its end).
        section: A movement begins here: da capo goes back no further.
    """

    forward: bool = False
    backward: int = 0
    endings: frozenset[int] = frozenset()
    marks: set[str] = field(default_factory=set)
    section: bool = False


def play_order(signs: Sequence[Signs]) -> tuple[list[int], list[tuple[str, str]]]:
    """Indices of the measures as played, and what to say of it: (kind of remark, text).

    After da capo or dal segno repeats are not taken again, and the last ending is played up to the fine; then the music
    goes on behind the jump. Each jump is taken once.

    Raises:
        ScoreError: More bars than the limit.
    """
    endings = _whole_endings(signs)
    around, unsigned, returns = _groups(signs, endings)
    last_pass = [max(passes, default=0) for passes in around]
    order: list[int] = []
    turns: list[tuple[str, str]] = []
    place = start = 0
    current, came_from = 1, -1  # the pass; the measure whose da capo or dal segno was taken, or -1
    while place < len(signs):
        sign, jumped = signs[place], came_from >= place
        if sign.forward and place != start:
            start, current = place, 1
        wanted = last_pass[place] if jumped else current
        past = wanted > last_pass[place] and returns[place]  # a lone first ending, on the second pass
        if endings[place] and wanted not in endings[place] and (wanted in around[place] or past):
            place += 1
            continue
        order.append(place)
        if len(order) > LIMITS.bars:
            raise refuse("bars", count=len(order), limit=LIMITS.bars)
        following = place + 1
        next_endings = endings[following] if following < len(signs) else frozenset()
        forgotten = unsigned[place] and bool(next_endings) and endings[place] != next_endings
        if (sign.backward or forgotten) and not jumped and current < max(sign.backward, last_pass[place]):
            current += 1
            place = start
            turns.append(("repeats", ""))
            continue
        if sign.backward or (endings[place] and not next_endings):
            start, current = following, 1
        target = _jump(signs, place, came_from)
        if target is None:
            place = following
            continue
        if came_from < place:
            turns.append(("jumps", "da capo" if "da capo" in sign.marks else "dal segno"))
            came_from = place
        place = start = target
        current = 1
    return order, turns


def _whole_endings(signs: Sequence[Signs]) -> list[frozenset[int]]:
    """The endings of each measure; brackets that stop short of their repeat sign are drawn up to it."""
    endings = [sign.endings for sign in signs]
    for place in range(len(signs) - 1):
        if not endings[place] or endings[place + 1]:
            continue
        end = place + 1
        while end < len(signs) and not endings[end] and not signs[end].forward:
            end += 1
        further = end < len(signs) and endings[end] and max(endings[place]) < min(endings[end])
        if further and any(sign.backward for sign in signs[place + 1 : end]):
            endings[place + 1 : end] = [endings[place]] * (end - place - 1)
    return endings


def _groups(
    signs: Sequence[Signs], endings: Sequence[frozenset[int]]
) -> tuple[list[frozenset[int]], list[bool], list[bool]]:
    """For each measure with endings, of all the endings in a row there and of its own.

    Returns:
        The passes of them all; whether no repeat sign is among them; whether its own has a repeat sign.
    """
    passes: list[frozenset[int]] = [frozenset()] * len(signs)
    unsigned, returns = [False] * len(signs), [False] * len(signs)
    for first, last in _runs(signs, endings, whole=True):
        passes[first:last] = [frozenset().union(*endings[first:last])] * (last - first)
        unsigned[first:last] = [not any(sign.backward for sign in signs[first:last])] * (last - first)
    for first, last in _runs(signs, endings, whole=False):
        returns[first:last] = [any(sign.backward for sign in signs[first:last])] * (last - first)
    return passes, unsigned, returns


def _runs(signs: Sequence[Signs], endings: Sequence[frozenset[int]], *, whole: bool) -> Iterator[tuple[int, int]]:
    """Runs of measures with endings, ``whole`` or split where the ending changes: (first, behind the last)."""
    place = 0
    while place < len(signs):
        end = place + 1
        while end < len(signs) and endings[place] and endings[end] and not signs[end].forward:
            if not whole and endings[end] != endings[place]:
                break
            end += 1
        if endings[place]:
            yield place, end
        place = end


def _jump(signs: Sequence[Signs], place: int, came_from: int) -> int | None:
    """Where to go on behind the measure at ``place`` other than at the next one."""
    marks = signs[place].marks
    if place < came_from:
        if "fine" in marks:
            return came_from + 1
        codas = (i for i in range(place + 1, len(signs)) if "coda" in signs[i].marks)
        return next(codas, None) if "to coda" in marks else None
    if place == came_from:
        return None
    if "da capo" in marks:
        return next((i for i in range(place, -1, -1) if signs[i].section), 0)
    if "dal segno" in marks:
        return next((i for i in range(place, -1, -1) if "segno" in signs[i].marks), None)
    return None
