"""Two sets of pieces side by side: what was made, and real music that the maker has not seen.

``evaluate`` measures both and gives for every measure the value, a 95 % interval and the number of pieces; whether a
value is good is read from the reference beside it, seldom from its size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musegen.evaluation import multitrack, rules, statistics
from musegen.evaluation.conditions import melody_fit
from musegen.evaluation.copying import TrainingIndex
from musegen.evaluation.giveaways import giveaways
from musegen.evaluation.intervals import pooled
from musegen.evaluation.real_or_made import real_or_made
from musegen.evaluation.report import Copy, Distribution, Published, Report, Row, TonalChecks
from musegen.evaluation.sampling import Measure, Sampled, sample
from musegen.evaluation.spread import spread_overlap, spreads
from musegen.score import Score

MEASURES = (*rules.MEASURES, *statistics.MEASURES, *multitrack.MEASURES)
_WRITTEN = 0.5  # % of repeated notes from which on a set is taken to write them


def measure(score: Score) -> dict[str, float | None]:
    """Every measure of one score, by name; None where it does not apply (rules of part writing to a single melody)."""
    piece = sample(score)
    return {m.name: m.of(piece) for m in MEASURES}


def evaluate(
    generated: Sequence[Score], reference: Sequence[Score], *, training: Sequence[Score] | None = None, seed: int
) -> Report:
    """Measures generated music beside real music.

    Args:
        generated: What was made; the parts of all scores in the same order.
        reference: Real music of the same kind that the maker was not trained on.
        training: The music that the maker was trained on, to look for copies; None = don't look.
        seed: Of the bootstrap and of the classifier's halves.

    Returns:
        The report; a set may be empty, its values are then None.
    """
    made, real = [sample(s) for s in generated], [sample(s) for s in reference]
    index = TrainingIndex(training) if training is not None else None
    measures = MEASURES + (index.measures() if index else ())
    rows = [_row(m, made, real, seed) for m in measures]
    distributions = [_distribution(name, made, real) for name in statistics.DISTRIBUTIONS]
    repeats = {row.name: row for row in rows}["repeated_notes"]
    written = all((side.value or 0.0) > _WRITTEN for side in (repeats.generated, repeats.reference))
    runs = [(i, index.longest(piece)) for i, piece in enumerate(made)] if index else []
    copies = [Copy(i, r.steps, r.start, r.piece, r.title, r.piece_start) for i, r in runs if r.steps]
    return Report(
        pieces=len(made),
        reference_pieces=len(real),
        seed=seed,
        rows=tuple(row for row in rows if row.generated.n or row.reference.n),
        distributions=tuple(distributions),
        spreads=spreads(made, real),
        melody_fit=melody_fit(made, real, seed=seed),
        tonal_check=_tonal_checks(real, seed),
        real_or_made=real_or_made(made, real, seed=seed, repeated_notes=written),
        giveaways=giveaways(made, real, repeated_notes=written),
        copies=tuple(sorted(copies, key=lambda copy: -copy.steps)),
    )


def _row(measure: Measure, made: list[Sampled], real: list[Sampled], seed: int) -> Row:
    counts = [[ratio for piece in kind if (ratio := measure.count(piece)).places] for kind in (made, real)]
    values = [np.array([measure.scale * r.events / r.places for r in kind]) for kind in counts]
    generated, reference = (pooled(kind, measure.scale, seed) for kind in counts)
    published = None
    if measure.published:
        published = Published(*(pooled(map(measure.published, kind), measure.scale, seed) for kind in (made, real)))
    return Row(measure.name, measure.unit, generated, reference, spread_overlap(*values), published)


def _tonal_checks(real: list[Sampled], seed: int) -> TonalChecks | None:
    corrected, published = (multitrack.tonal_check(real, seed=seed, published=p) for p in (False, True))
    return TonalChecks(corrected, published) if corrected and published else None


def _distribution(name: str, made: list[Sampled], real: list[Sampled]) -> Distribution:
    bins, count = statistics.DISTRIBUTIONS[name]
    shares = []
    for kind in (made, real):
        total = np.sum([np.zeros(len(bins)), *(count(piece) for piece in kind)], axis=0)
        shares.append(total / max(total.sum(), 1))
    overlap = float(np.minimum(*shares).sum())
    return Distribution(name, bins, tuple(shares[0].tolist()), tuple(shares[1].tolist()), overlap)
