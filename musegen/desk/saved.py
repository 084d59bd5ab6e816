"""A desk as one text, for the browser's storage and for a file; reading it back trusts nothing in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from musegen.desk.packed import DeskError, pack, unpack
from musegen.desk.value import MOST_STEPS, Desk, Locks, Offer, Step
from musegen.desk.versions import Versions, read_versions
from musegen.errors import MusegenError
from musegen.formats.limits import LIMITS
from musegen.score import Score
from musegen.studio import VERBS, Piece, Recipe

MOST_TEXT = 3 * 2**20
"""Characters of a desk at most; a browser keeps about 5 million. The oldest steps go first."""
MOST_NOTES = 14 * LIMITS.notes
"""Notes of all its scores at most: twice what one step can hold, its source and four alternatives; or all the way of a
piece of 300 bars in four voices."""
_FORMAT = 2
_READ = (1, 2)  # the first wrote every score whole


def dump(desk: Desk, steps: str = "") -> str:
    """All of a desk as one text of letters and digits; ``steps`` is what ``dump_steps`` gave for it, if known."""
    return f"{steps or dump_steps(desk)}.{pack(dict(desk.settings))}"


def dump_steps(desk: Desk) -> str:
    """The steps of a desk as a text; of a very long history what is furthest from now is left out."""
    past, future = desk.past, desk.future
    while True:
        value, notes = _desk_value(replace(desk, past=past, future=future))
        text = pack({"musegen": "desk", "format": _FORMAT, **value})
        if (len(text) <= MOST_TEXT and notes <= MOST_NOTES) or len(past) + len(future) == 1:
            return text
        past, future = (past[len(past) // 2 :], future) if len(past) > 1 else (past, future[: len(future) // 2])


def load(text: str) -> Desk:
    """The opposite of ``dump``.

    Raises:
        DeskError: The text is damaged, too long, from a newer musegen, or something else altogether.
    """
    steps, _, settings_text = text.partition(".")
    value = unpack(steps)
    if not isinstance(value, Mapping) or value.get("musegen") != "desk":
        raise DeskError("This is no saved workbench of musegen's.")
    if value.get("format") not in _READ:
        raise DeskError("This workbench was saved by a newer musegen. Update musegen to open it.")
    try:
        if sum(len(score["notes"]) for score in value["scores"]) > MOST_NOTES:
            raise DeskError("It holds more than {most} notes.", most=MOST_NOTES)
        table = read_versions(value["scores"], MOST_NOTES)
        past, future = (tuple(_step(row, table) for row in value[name]) for name in ("past", "future"))
        settings = unpack(settings_text)
        if not past or len(past) + len(future) > 4 * MOST_STEPS or not isinstance(settings, dict):
            raise ValueError("its history")
        return Desk(past, future, settings)
    except MusegenError as error:
        raise DeskError("This saved workbench is damaged. {error}", error=error) from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise DeskError("This saved workbench is damaged.") from error


def is_desk(data: bytes) -> bool:
    """Whether a file's bytes may be a saved desk: one long text of letters and digits, as no other format is."""
    head = data[:4096].strip()
    return len(head) > 64 and head.translate(None, b"-_.").isalnum()


def _desk_value(desk: Desk) -> tuple[dict[str, Any], int]:
    """All but the settings as JSON values, and how many notes its scores have."""
    table = Versions()
    before: Score | None = None

    def row(step: Step) -> dict[str, Any]:
        nonlocal before
        score, before = table.place(step.score, before), step.score
        offer = step.offer and {
            "verb": step.offer.verb,
            "new": step.offer.new,
            "pieces": [
                [table.place(p.score, step.score), p.recipe.to_json(), [list(r) for r in p.remarks]]
                for p in step.offer.pieces
            ],
        }
        return {
            "score": score,
            "how": step.how,
            "recipe": step.recipe.to_json() if step.recipe else None,
            "source": table.place(step.source, step.score),
            "other": table.place(step.other),
            "locks": [sorted(map(list, step.locks.notes)), sorted(step.locks.bars), sorted(step.locks.voices)],
            "offer": offer,
        }

    rows = {name: [row(step) for step in steps] for name, steps in (("past", desk.past), ("future", desk.future))}
    return {"scores": table.rows, **rows}, table.notes


def _step(row: Mapping[str, Any], table: list[Score]) -> Step:
    def score(number: int | None) -> Score | None:
        return None if number is None else table[int(number)]

    notes, bars, voices = row["locks"]
    offer = None
    if row["offer"]:
        pieces = tuple(
            Piece(
                table[int(number)], Recipe.from_json(recipe), tuple((str(what), int(count)) for what, count in remarks)
            )
            for number, recipe, remarks in row["offer"]["pieces"]
        )
        if not pieces or row["offer"]["verb"] not in VERBS:
            raise ValueError("its alternatives")
        offer = Offer(pieces, str(row["offer"]["verb"]), row["offer"]["new"] is True)
    return Step(
        table[int(row["score"])],
        str(row["how"]),
        Recipe.from_json(row["recipe"]) if row["recipe"] else None,
        score(row["source"]),
        score(row["other"]),
        Locks(
            frozenset((int(onset), int(pitch), int(part)) for onset, pitch, part in notes),
            frozenset(map(int, bars)),
            frozenset(map(int, voices)),
        ),
        offer,
    )
