"""A desk as one text, for the browser's storage and for a file; reading it back trusts nothing in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from musegen.desk.packed import DeskError, pack, unpack
from musegen.desk.value import MOST_STEPS, Desk, Locks, Offer, Step
from musegen.errors import MusegenError
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.score import Score
from musegen.studio import Piece, Recipe

MOST_TEXT = 3 * 2**20
"""Characters of a desk at most; a browser keeps about 5 million. The oldest steps go first."""
_FORMAT = 1


def dump(desk: Desk) -> str:
    """All of a desk as one text of letters and digits; of a very long history the oldest steps are left out."""
    past = desk.past
    while True:
        text = pack({"musegen": "desk", "format": _FORMAT, **_desk_value(replace(desk, past=past))})
        if len(text) <= MOST_TEXT or len(past) == 1:
            return text
        past = past[len(past) // 2 :]


def load(text: str) -> Desk:
    """The opposite of ``dump``.

    Raises:
        DeskError: The text is damaged, too long, from a newer musegen, or something else altogether.
    """
    value = unpack(text)
    if not isinstance(value, Mapping) or value.get("musegen") != "desk":
        raise DeskError("This is no saved workbench of musegen's.")
    if value.get("format") != _FORMAT:
        raise DeskError("This workbench was saved by a newer musegen. Update musegen to open it.")
    try:
        table = [from_json_value(score) for score in value["scores"]]
        past, future = (tuple(_step(row, table) for row in value[name]) for name in ("past", "future"))
        settings = value["settings"]
        if not past or len(past) + len(future) > 4 * MOST_STEPS or not isinstance(settings, dict):
            raise ValueError("its history")
        return Desk(past, future, settings)
    except MusegenError as error:
        raise DeskError(f"This saved workbench is damaged. {error}") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DeskError(f"This saved workbench is damaged ({type(error).__name__}: {error}).") from error


def is_desk(data: bytes) -> bool:
    """Whether a file's bytes may be a saved desk: one long text of letters and digits, as no other format is."""
    head = data[:4096].strip()
    return len(head) > 64 and head.replace(b"-", b"").replace(b"_", b"").isalnum()


def _desk_value(desk: Desk) -> dict[str, Any]:
    table: dict[str, int] = {}
    scores: list[Any] = []

    def number(score: Score | None) -> int | None:
        if score is None:
            return None
        value = to_json_value(score)
        name = json.dumps(value, sort_keys=True)
        if name not in table:
            table[name] = len(scores)
            scores.append(value)
        return table[name]

    def row(step: Step) -> dict[str, Any]:
        offer = step.offer and {
            "verb": step.offer.verb,
            "new": step.offer.new,
            "pieces": [[number(p.score), p.recipe.to_json(), [list(r) for r in p.remarks]] for p in step.offer.pieces],
        }
        return {
            "score": number(step.score),
            "how": step.how,
            "recipe": step.recipe.to_json() if step.recipe else None,
            "source": number(step.source),
            "other": number(step.other),
            "locks": [sorted(map(list, step.locks.notes)), sorted(step.locks.bars), sorted(step.locks.voices)],
            "offer": offer,
        }

    rows = {name: [row(step) for step in steps] for name, steps in (("past", desk.past), ("future", desk.future))}
    return {"scores": scores, **rows, "settings": dict(desk.settings)}


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
