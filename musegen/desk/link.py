"""A piece as the end of an address: its recipe and what that worked on, or, of a piece changed by hand, its notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from musegen.desk.packed import DeskError, pack, unpack
from musegen.desk.value import Step
from musegen.errors import MusegenError, ScoreError
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.score import Score
from musegen.studio import Recipe

MOST_LINK = 7_000
"""Characters of a link at most: what browsers, messengers and servers pass on whole."""
MOST_BYTES = 2**20
"""Bytes that a link may unpack to."""
MOST_ASKED = {"n": 4, "bars": 64, "drafts": 8, "passes": 64, "rounds": 4}
"""What the recipe of a link may ask for: whoever follows it makes the piece on their own server."""
MOST_BARS, MOST_NOTES = 340, 20_000
"""Bars and notes of what it works on: a piece as long as the desk holds, gone on with."""
_CREDITS, _CREDIT = 6, 200  # entries of the provenance, and characters of each
_FORMAT = 1


@dataclass(frozen=True)
class Linked:
    """What a link holds: a recipe to make the piece by, with what it worked on, or the piece itself.

    Attributes:
        recipe: How to make the piece; None where the link holds its notes.
        source: What the recipe works on, or the piece itself.
        other: The second piece of a blend.
        made: Fingerprint of the piece when the link was made, "" if it is not known.
    """

    recipe: Recipe | None
    source: Score | None
    other: Score | None = None
    made: str = ""

    def is_as_made(self, score: Score) -> bool:
        """Whether the recipe gave what it gave when the link was made; another musegen may compose differently."""
        return self.made in ("", score.fingerprint)


def to_link(step: Step) -> str:
    """The text of a link to a piece; the same recipe gives the same notes wherever the same weights are.

    Raises:
        ScoreError: What the piece was made from is too long for a link.
    """
    made = step.recipe is not None
    source = step.source if made else step.score
    value = {
        "musegen": _FORMAT,
        "recipe": step.recipe.to_json() if step.recipe else None,
        "source": source and _short(source),
        "other": _short(step.other) if made and step.other else None,
        "made": step.score.fingerprint if made else "",
    }
    text = pack(value)
    if len(text) > MOST_LINK:
        raise ScoreError("This music is too long for a link. Save the workbench as a file and pass that on.")
    return text


def from_link(text: str) -> Linked:
    """The opposite of ``to_link``.

    Raises:
        DeskError: The link is cut off or damaged, or from a newer musegen.
    """
    try:
        value = unpack(text[: 2 * MOST_LINK], MOST_BYTES)
    except DeskError as error:
        raise DeskError("This link is cut off or damaged. Ask for it again.") from error
    if not isinstance(value, Mapping) or "musegen" not in value:
        raise DeskError("This is no link to a piece of musegen's.")
    if value["musegen"] != _FORMAT:
        raise DeskError("This link comes from a newer musegen. Update musegen to open it.")
    try:
        recipe = Recipe.from_json(value["recipe"]) if value["recipe"] else None
        source, other = (_long(value[name]) if value[name] else None for name in ("source", "other"))
        if recipe is None and source is None:
            raise ValueError("it is empty")
        linked = Linked(recipe, source, other, str(value.get("made", "")))
    except MusegenError as error:
        raise DeskError("This link is cut off or damaged. Ask for it again. {error}", error=error) from error
    except (KeyError, TypeError, ValueError) as error:
        raise DeskError("This link is cut off or damaged. Ask for it again.") from error
    _bounded(linked)
    return linked


def _bounded(linked: Linked) -> None:
    """Raises DeskError where a link asks for more than the pages themselves do."""
    if linked.recipe is not None:
        asked = {**linked.recipe.settings, "n": linked.recipe.n}
        for name, most in MOST_ASKED.items():
            number = asked.get(name, 1)
            if isinstance(number, int | float) and not number <= most:
                raise DeskError(
                    "This link asks for too much work: {number} “{name}”, where {most} are the most.",
                    number=number,
                    name=name,
                    most=most,
                )
    for score in (linked.source, linked.other):
        if score is None:
            continue
        quarters = score.end / score.resolution + sum(4 * m.numerator / m.denominator for m in score.metres[-1:])
        if len(score.notes) > MOST_NOTES or len(score.bars()) > MOST_BARS or quarters > 4 * MOST_BARS + 16:
            raise DeskError(
                "The music of this link is too long: {most} bars and {most_notes} notes are the most. Ask for it "
                "as a file.",
                most=MOST_BARS,
                most_notes=MOST_NOTES,
            )


def _short(score: Score) -> dict[str, Any]:
    """JSON values whose notes stand in columns, onsets as differences: that packs to half the size.

    Of the provenance whom it is owed to goes along, in short; recipe and checksum would take most of an address.
    """
    credit = {name: text[:_CREDIT] for name, text in score.provenance.items() if name not in ("recipe", "sha256")}
    value = to_json_value(score) | {"provenance": dict(list(credit.items())[:_CREDITS])}
    onsets, *columns = (list(column) for column in zip(*value["notes"], strict=True)) if value["notes"] else [[]] * 5
    return value | {"notes": [[b - a for a, b in pairwise([0, *onsets])], *columns]}


def _long(value: Mapping[str, Any]) -> Score:
    steps, *columns = value["notes"]
    return from_json_value({**value, "notes": [list(n) for n in zip(accumulate(steps), *columns, strict=True)]})
