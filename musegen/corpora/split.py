"""Which side each piece is on: training, validation or test; a tune is never on two.

* Bach's chorales keep the standard split, by which everybody's figures are measured. There 27 of 77 test pieces share
  a tune with a training piece; ``clean`` marks those that don't. A chorale outside the standard split, whose tune a
  held-out one has, is left out.
* All other pieces go by their family of tunes (``tunes.families``): with a held-out chorale if it has their tune, else
  by the name of the family, 90 / 5 / 5 in a hundred.
* For the sets of the catalogue the answer was worked out once over all of them together, and ``splits.json`` names the
  pieces that are not in training: so a tune that stands in two sets is on one side, whichever of them are loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from musegen.corpora import tunes
from musegen.corpora.store import Stored


@dataclass(frozen=True)
class Draft:
    """A piece whose side is not yet known: id, titles it goes by, notes, and the side that its source fixes."""

    id: str
    titles: tuple[str, ...]
    stored: Stored
    fixed: str | None = None


@dataclass(frozen=True)
class Side:
    """Where a piece goes: "train", "valid", "test" or "" (left out); its tune; whether training lacks its tune."""

    split: str
    tune: str
    clean: bool


@dataclass(frozen=True)
class Known:
    """Sides worked out before: for the sets named here every piece is in training, but those in ``sides``."""

    sets: frozenset[str] = frozenset()
    sides: Mapping[str, str] = field(default_factory=dict)

    def side(self, draft: Draft) -> str | None:
        """The side of a piece; None where nothing is known of its set."""
        if draft.fixed or draft.id in self.sides:
            return draft.fixed or self.sides[draft.id]
        return "train" if draft.id.split("/")[0] in self.sets else None


def assign(drafts: Sequence[Draft], known: Known | None = None) -> list[Side]:
    """The side of every piece.

    Args:
        drafts: The pieces.
        known: Sides that were worked out before; None = those of ``splits.json``.
    """
    known = worked_out() if known is None else known
    grams = [tunes.melody_ngrams(draft.stored) for draft in drafts]
    roots = tunes.families([[tunes.title_key(t) for t in draft.titles] for draft in drafts], grams)
    given = [known.side(draft) for draft in drafts]
    names: dict[int, str] = {}
    family: dict[int, set[str | None]] = {}
    for draft, root, side in zip(drafts, roots, given, strict=True):
        names[root] = min(names.get(root, draft.id), draft.id)
        family.setdefault(root, set()).add(side)
    sides = [
        _side(draft, family[root], names[root]) if side is None else side
        for draft, root, side in zip(drafts, roots, given, strict=True)
    ]
    trained: dict[bytes, set[int]] = {}
    for index, side in enumerate(sides):
        if side == "train":
            for gram in grams[index]:
                trained.setdefault(gram, set()).add(index)
    return [
        Side(side, names[root], side in ("valid", "test") and not _shares(grams[index], grams, trained))
        for index, (side, root) in enumerate(zip(sides, roots, strict=True))
    ]


def _side(draft: Draft, family: set[str | None], name: str) -> str:
    """Where its tune is held out, where its tune is trained on, or by the tune's name."""
    for side in ("test", "valid"):
        if side in family:
            return "" if draft.fixed == "" else side
    return "train" if "train" in family else tunes.side(name)


def _shares(own: frozenset[bytes], grams: Sequence[frozenset[bytes]], trained: dict[bytes, set[int]]) -> bool:
    """Whether a training piece has 30 % of these n-grams."""
    others = set().union(*(trained.get(gram, set()) for gram in own))
    return any(len(own & grams[other]) >= tunes.SHARE * len(own) for other in others)


@cache
def worked_out() -> Known:
    """What ``splits.json`` knows of the catalogue's sets; made by ``benchmarks/corpora.py``."""
    text = resources.files(__package__).joinpath("splits.json").read_text("utf-8")
    table = json.loads(text)
    return Known(frozenset(table["sets"]), {piece: side for side in table["sides"] for piece in table["sides"][side]})
