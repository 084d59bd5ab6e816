"""How unlike each other several completions of one context are: the diversity that the noise z should bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.errors import MusegenError
from musegen.evaluation.sampling import SILENT, sample
from musegen.score import Score


@dataclass(frozen=True)
class Distinct:
    """Completions of one context, compared.

    Attributes:
        difference: Share of the cells (part x sixteenth) in which two of them sound different pitches, or one is
            silent; mean of all pairs, 0-1. Whether a note is held or struck again makes no difference.
        distinct: How many different ones there are.
        n: How many there are.
    """

    difference: float
    distinct: int
    n: int


def distinct_completions(
    completions: Sequence[Score] | Sequence[NDArray[np.integer[Any]]],
    *,
    hold: int | None = None,
    where: NDArray[np.bool_] | None = None,
) -> Distinct:
    """Compares what sounds in two or more completions.

    Args:
        completions: Scores with the same parts (the shorter are silent at the end), or grids [steps, parts] of one
            shape, equal numbers standing for equal sound.
        hold: The number in a grid that stands for "what sounds goes on"; None = there is none.
        where: [steps, parts] the cells that were open; None = all. What was given is the same in all completions and
            would only dilute the difference.

    Raises:
        MusegenError: There are fewer than two, their shapes differ, or no cell is open.
    """
    if len(completions) < 2:
        raise MusegenError("To compare completions there must be at least two of them.")
    grids = [_of_score(c) if isinstance(c, Score) else _held(np.asarray(c), hold) for c in completions]
    if isinstance(completions[0], Score):
        steps = max(len(grid) for grid in grids)
        grids = [np.pad(grid, ((0, steps - len(grid)), (0, 0)), constant_values=SILENT) for grid in grids]
    if len({grid.shape for grid in grids}) > 1 or (where is not None and where.shape != grids[0].shape):
        shapes = ", ".join(sorted({str(grid.shape) for grid in grids}))
        raise MusegenError(
            "Completions of one context have one shape [steps, parts]; these have {shapes}.", shapes=shapes
        )
    cells = [grid.ravel() if where is None else grid[where] for grid in grids]
    if not len(cells[0]):
        raise MusegenError("There is nothing to compare: no cell was open.")
    differences = [float((a != b).mean()) for a, b in combinations(cells, 2)]
    return Distinct(float(np.mean(differences)), len({cell.tobytes() for cell in cells}), len(cells))


def _of_score(score: Score) -> NDArray[np.int64]:
    """[steps, all parts], the silent ones too."""
    piece = sample(score)
    sounding = sorted({n.track for n in score.notes if not score.tracks[n.track].is_drum})
    grid = np.full((len(piece.pitches), len(score.tracks)), SILENT, np.int64)
    grid[:, sounding] = piece.pitches
    return grid


def _held(grid: NDArray[Any], hold: int | None) -> NDArray[np.int64]:
    if hold is None:
        return grid.astype(np.int64)
    steps = np.arange(len(grid))[:, None]
    last = np.maximum.accumulate(np.where(grid != hold, steps, 0), axis=0)
    return np.take_along_axis(grid, last, axis=0).astype(np.int64)
