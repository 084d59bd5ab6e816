"""Many versions of a piece as one table of JSON values: of each only what differs from one before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from musegen.desk.packed import DeskError
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.formats.limits import LIMITS
from musegen.score import Note, Score

_OWN = ("title", "composer", "key", "provenance")  # what every version says for itself
_SHARED = ("resolution", "pickup", "tempos", "metres", "tracks")  # what it has from the one that it is a version of


class Versions:
    """A table of scores that grows; each stands in it once, however often it is asked for.

    Attributes:
        rows: The table: whole scores, and differences {"like": which row, "gone": indices into the notes of that
            score, "notes": those that came}, whose key and names are their own.
        notes: Notes of all of the scores.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.notes = 0
        self._places: dict[tuple[Any, ...], int] = {}

    def place(self, score: Score | None, like: Score | None = None) -> int | None:
        """The row of a score, written now if it isn't there; ``like`` is one that stands there already."""
        if score is None:
            return None
        name = _name(score)
        if name not in self._places:
            base = None if like is None else self._places.get(_name(like))
            short = None if like is None or base is None else _short(score, like, base)
            self._places[name] = len(self.rows)
            self.rows.append(short or to_json_value(score))
            self.notes += len(score.notes)
        return self._places[name]


def read_versions(rows: Sequence[Mapping[str, Any]], most_notes: int) -> list[Score]:
    """The scores of a table, whoever wrote it.

    Args:
        rows: What ``Versions`` made.
        most_notes: Of all scores together.

    Raises:
        MusegenError: A score makes no sense, or all have too many notes.
        ValueError: A version of something that isn't there.
    """
    scores: list[Score] = []
    heads: list[Mapping[str, Any]] = []
    total = 0
    for row in rows:
        if "like" not in row:
            score = from_json_value(row)
        else:
            base = int(row["like"])
            if not 0 <= base < len(scores):
                raise ValueError("a version of nothing")
            gone = {int(index) for index in row["gone"]}
            row = {**heads[base], **row}
            come = from_json_value(row)  # bars and parts are those of the other: what holds of both holds of the sum
            stay = [note for index, note in enumerate(scores[base].notes) if index not in gone]
            score = come.replace(notes=(*stay, *come.notes))
        total += len(score.notes)
        if total > most_notes or len(score.notes) > LIMITS.notes:
            raise DeskError("It holds more than {most} notes.", most=most_notes)
        scores.append(score)
        heads.append({name: row[name] for name in _SHARED})
    return scores


def _name(score: Score) -> tuple[Any, ...]:
    about = tuple(sorted(score.provenance.items()))
    return (score.fingerprint, score.resolution, score.title, score.composer, about)


def _short(score: Score, like: Score, base: int) -> dict[str, Any] | None:
    """A score by what differs from another one; None where that is shorter neither to write nor to read."""
    if any(getattr(score, name) != getattr(like, name) for name in _SHARED):
        return None
    gone, come = _difference(like.notes, score.notes)
    if 2 * (len(gone) + len(come)) >= len(score.notes):
        return None
    row = to_json_value(score.replace(notes=tuple(come)))
    return {name: row[name] for name in (*_OWN, "notes")} | {"like": base, "gone": gone}


def _difference(old: Sequence[Note], new: Sequence[Note]) -> tuple[list[int], list[Note]]:
    """Indices of the old notes that are gone, and the new ones that came."""
    most = min(len(old), len(new))  # what differs mostly lies in a few bars: only between the ends notes are counted
    start = next((i for i in range(most) if old[i] != new[i]), most)
    end = next((i for i in range(most - start) if old[-1 - i] != new[-1 - i]), most - start)
    left = Counter(new[start : len(new) - end])
    gone = []
    for index in range(start, len(old) - end):
        if left[old[index]]:
            left[old[index]] -= 1
        else:
            gone.append(index)
    return gone, list(left.elements())
