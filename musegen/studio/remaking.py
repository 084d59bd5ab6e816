"""Every verb by its name, and how a piece is made again from its recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.score import Key, Score
from musegen.studio.blending import blend
from musegen.studio.recipe import Piece, Recipe
from musegen.studio.rewriting import fill, refine, vary
from musegen.studio.verbs import continue_, generate, harmonise

VERBS: dict[str, Callable[..., list[Piece]]] = {
    "generate": generate,
    "harmonise": harmonise,
    "continue": continue_,
    "fill": fill,
    "vary": vary,
    "refine": refine,
    "blend": blend,
}
"""All verbs; "generate" takes no score, "blend" two, the others one."""
_TUPLES = ("bars", "metre")


def remake(
    checkpoint: Checkpoint,
    recipe: Recipe,
    source: Score | None = None,
    other: Score | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> Piece:
    """A piece once more, from its recipe: the same notes, on the same weights.

    Args:
        checkpoint: The composer that the recipe names.
        recipe: How it was made.
        source: The score that was worked on; None for "generate".
        other: The second score of a blend.
        progress: Called with the share done, 0-1.

    Raises:
        ScoreError: The weights or a score are not those of the recipe, or it can't be followed.
    """
    if recipe.weights != checkpoint.sha256[:16]:
        raise ScoreError(
            "This piece was made by the weights {weights} of “{model}”; “{name}” has "
            "{others}, which would make another one. Choose the model that it was made by.",
            weights=recipe.weights,
            model=recipe.model,
            name=checkpoint.path.name,
            others=checkpoint.sha256[:16],
        )
    if recipe.verb not in VERBS or not 0 <= recipe.index < recipe.n:
        raise ScoreError(
            "This recipe can't be followed: I know no “{verb}” number {number}.",
            verb=recipe.verb,
            number=recipe.index + 1,
        )
    settings: dict[str, Any] = dict(recipe.settings)
    scores = []
    needed = {"source": (source, recipe.source), "other": (other, str(settings.pop("other", "")))}
    for what, (score, fingerprint) in needed.items():
        if not fingerprint:
            continue
        if score is None and what == "other":
            raise ScoreError("This piece was made of two scores, the other its second source: give that score, too.")
        if score is None:
            raise ScoreError("This piece was made of a score, its source: give that score, too.")
        if score.fingerprint != fingerprint and what == "other":
            raise ScoreError("This score is not the second source that the piece was made of: its notes differ.")
        if score.fingerprint != fingerprint:
            raise ScoreError("This score is not the source that the piece was made of: its notes differ.")
        scores.append(score)
    try:
        pieces = VERBS[recipe.verb](
            checkpoint, *scores, **_arguments(settings), seed=recipe.seed, n=recipe.n, progress=progress
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ScoreError("This recipe can't be followed: its settings are not those of its verb.") from error
    return pieces[recipe.index]


def _arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a recipe, JSON values, as the verbs take them."""
    values = dict(settings)
    for name in _TUPLES:
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    if values.get("key"):
        values["key"] = Key(*values["key"])
    if "ranges" in values:
        values["ranges"] = {voice: (low, high) for voice, (low, high) in values["ranges"].items()}
    return values
