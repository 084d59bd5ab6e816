"""A piece is a recipe: everything that is needed to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from musegen.errors import ScoreError
from musegen.lanes import Remark
from musegen.score import Score


@dataclass(frozen=True)
class Recipe:
    """All that is needed to make a piece again.

    Attributes:
        verb: "generate", "continue", "harmonise", "fill", "vary", "refine" or "blend".
        model: Name of the checkpoint's folder.
        weights: SHA-256 of the weights, 16 digits.
        seed: The caller's.
        index: Which of the ``n`` alternatives it is, from 0.
        n: How many were asked for.
        settings: The verb's other arguments, as JSON values.
        source: Fingerprint of the score that was given, "" if none was.
    """

    verb: str
    model: str
    weights: str
    seed: int
    index: int
    n: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def to_json(self) -> str:
        """One line of JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The opposite of ``to_json``. Raises ScoreError if the text is no recipe."""
        try:
            made = cls(**json.loads(text))
        except (ValueError, TypeError, RecursionError) as error:
            raise ScoreError("This is not a recipe of musegen's.") from error
        words, numbers = (made.verb, made.model, made.weights, made.source), (made.seed, made.index, made.n)
        if not (
            all(isinstance(word, str) for word in words)
            and all(type(number) is int for number in numbers)
            and isinstance(made.settings, dict)
        ):
            raise ScoreError("This is not a recipe of musegen's: something in it is of the wrong kind.")
        return made


@dataclass(frozen=True)
class Piece:
    """Music that a model made, and how; the recipe also stands in ``score.provenance["recipe"]``.

    Attributes:
        score: The music.
        recipe: How to make it again.
        remarks: What had to be changed in the given score to work on it.
    """

    score: Score
    recipe: Recipe
    remarks: tuple[Remark, ...] = ()
