"""Two sets of pieces side by side: what was made, and real music that the maker has not seen.

``evaluate`` measures both and gives for every measure the value, a 95 % interval and the number of pieces; whether a
value is good is read from the reference beside it, seldom from its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.evaluation import rules, statistics
from musegen.evaluation.copying import TrainingIndex
from musegen.evaluation.real_or_made import Auc, RealOrMade, real_or_made
from musegen.evaluation.sampling import Measure, Sampled, sample
from musegen.score import Score

MEASURES = (*rules.MEASURES, *statistics.MEASURES)
_RESAMPLES = 2000
_WRITTEN = 0.5  # % of repeated notes from which on a set is taken to write them


@dataclass(frozen=True)
class Value:
    """A measure of a set of pieces.

    Attributes:
        value: None where the measure applies to none of the pieces.
        low: Lower end of the 95 % interval (bootstrap over pieces); None with fewer than two pieces.
        high: Upper end.
        n: Number of pieces that the measure applies to.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        interval = f" [{self.low:.2f}, {self.high:.2f}]" if self.low is not None else ""
        return f"{self.value:.2f}{interval}"


@dataclass(frozen=True)
class Row:
    """One measure of both sets.

    Attributes:
        name: As ``Measure.name``.
        unit: As ``Measure.unit``.
        generated: Of what was made.
        reference: Of real music.
        overlap: How far the pieces' values are spread alike, 0-1 (see ``spread_overlap``); None with too few pieces.
    """

    name: str
    unit: str
    generated: Value
    reference: Value
    overlap: float | None


@dataclass(frozen=True)
class Distribution:
    """Shares of all notes in bins, both sets on the same bins; ``overlap`` is the sum of the smaller shares, 0-1."""

    name: str
    bins: tuple[str, ...]
    generated: tuple[float, ...]
    reference: tuple[float, ...]
    overlap: float


@dataclass(frozen=True)
class Copy:
    """The longest stretch that a generated piece (by index) shares with the training set."""

    generated: int
    steps: int
    start: int
    training: int
    title: str
    training_start: int


@dataclass(frozen=True)
class Report:
    """What ``evaluate`` finds.

    Attributes:
        pieces: Number of generated pieces.
        reference_pieces: Number of real pieces.
        seed: Of the bootstrap and the classifier.
        rows: One a measure; without those that apply to neither set.
        distributions: One a kind of count.
        real_or_made: The two-sample test with its calibrations.
        copies: The generated pieces' longest shared runs, longest first; empty where no training set was given.
    """

    pieces: int
    reference_pieces: int
    seed: int
    rows: tuple[Row, ...]
    distributions: tuple[Distribution, ...]
    real_or_made: RealOrMade
    copies: tuple[Copy, ...] = ()

    def __getitem__(self, name: str) -> Row:
        """The row of one measure.

        Raises:
            KeyError: There is no such row.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, text, lists and dictionaries, fit for JSON."""
        return asdict(self)

    def table(self) -> str:
        """All of it as plain text, one measure a line."""
        lines = [("measure", "unit", f"generated ({self.pieces})", f"real ({self.reference_pieces})", "overlap")]
        for row in self.rows:
            overlap = "–" if row.overlap is None else f"{row.overlap:.2f}"
            lines.append((row.name, row.unit, str(row.generated), str(row.reference), overlap))
        lines += [(f"{d.name} distribution", "share in common", f"{d.overlap:.2f}", "", "") for d in self.distributions]
        test = self.real_or_made
        kinds = (("real or made", test.generated), ("  real or real", test.real), ("  real or swapped", test.swapped))
        for name, auc in kinds:
            lines.append((name, "area under the curve", _auc_text(auc), "", ""))
        widths = [max(len(line[i]) for line in lines) for i in range(5)]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _auc_text(auc: Auc | None) -> str:
    return "– (too few pieces)" if auc is None else f"{auc.mean:.2f} ± {auc.deviation:.2f}"


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
        real_or_made=real_or_made(made, real, seed=seed, repeated_notes=written),
        copies=tuple(sorted(copies, key=lambda copy: -copy.steps)),
    )


def _row(measure: Measure, made: list[Sampled], real: list[Sampled], seed: int) -> Row:
    ratios = [np.array([measure.count(piece) for piece in kind]).reshape(-1, 2) for kind in (made, real)]
    ratios = [kind[kind[:, 1] > 0] for kind in ratios]
    values = [measure.scale * kind[:, 0] / kind[:, 1] for kind in ratios]
    generated, reference = (_value(kind, measure.scale, seed) for kind in ratios)
    return Row(measure.name, measure.unit, generated, reference, spread_overlap(*values))


def _value(ratios: NDArray[np.float64], scale: float, seed: int) -> Value:
    """The pooled value of [pieces, (events, places)] and its percentile bootstrap interval."""
    n = len(ratios)
    if not n:
        return Value(None, None, None, 0)
    events, places = ratios.sum(axis=0)
    if n == 1:
        return Value(float(scale * events / places), None, None, 1)
    drawn = np.random.default_rng([seed, n]).multinomial(n, np.full(n, 1 / n), _RESAMPLES) @ ratios
    low, high = np.quantile(scale * drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return Value(float(scale * events / places), float(low), float(high), n)


def _distribution(name: str, made: list[Sampled], real: list[Sampled]) -> Distribution:
    bins, count = statistics.DISTRIBUTIONS[name]
    shares = []
    for kind in (made, real):
        total = np.sum([np.zeros(len(bins)), *(count(piece) for piece in kind)], axis=0)
        shares.append(total / max(total.sum(), 1))
    overlap = float(np.minimum(*shares).sum())
    return Distribution(name, bins, tuple(shares[0].tolist()), tuple(shares[1].tolist()), overlap)


def spread_overlap(generated: NDArray[np.float64], reference: NDArray[np.float64]) -> float | None:
    """Whether generated pieces differ from real ones as real ones differ among themselves.

    The overlapping area, after Yang & Lerch (2020), of two densities: of the distances between any two real pieces, and
    of the distances between a generated and a real piece. 1 = alike; it falls both where the generated pieces lie
    elsewhere and where they are all the same. The published code integrates between the smallest and the largest
    distance, which cuts the tails off; here both densities stand on one grid that holds them whole.

    Args:
        generated: [pieces] a measure's value for each generated piece.
        reference: [pieces] the same for real pieces.

    Returns:
        0-1, or None with fewer than 3 pieces of either.
    """
    if min(len(generated), len(reference)) < 3:
        return None
    among = np.abs(reference[:, None] - reference)[np.triu_indices(len(reference), 1)]
    between = np.abs(generated[:, None] - reference).ravel()
    return overlapping_area(among, between)


def overlapping_area(first: NDArray[np.float64], second: NDArray[np.float64], points: int = 1024) -> float:
    """The area under the lower of two densities (Gaussian kernels, Scott's width) on one common grid; 0-1."""
    widths = [float(x.std(ddof=1)) * len(x) ** -0.2 for x in (first, second)]
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    margin = 4 * max(*widths, (high - low) / points, 1e-12)
    edges = np.linspace(low - margin, high + margin, points + 1)
    step = edges[1] - edges[0]
    densities = []
    for x, width in zip((first, second), widths, strict=True):
        offsets = np.arange(-points // 2, points // 2 + 1) * step
        kernel = np.exp(-0.5 * (offsets / max(width, step)) ** 2)
        densities.append(np.convolve(np.histogram(x, edges)[0] / len(x), kernel / kernel.sum(), mode="same"))
    return float(min(np.minimum(*densities).sum(), 1.0))
