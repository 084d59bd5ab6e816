"""What ``evaluate`` finds: a report, its table in plain text, and the same as numbers and text for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from musegen.evaluation.conditions import MelodyFit, Swap
from musegen.evaluation.giveaways import Giveaway
from musegen.evaluation.intervals import Value
from musegen.evaluation.multitrack import TonalCheck
from musegen.evaluation.real_or_made import Auc, RealOrMade
from musegen.evaluation.spread import Spread


@dataclass(frozen=True)
class Published:
    """A measure as published code has it, where that differs from its definition."""

    generated: Value
    reference: Value


@dataclass(frozen=True)
class Row:
    """One measure of both sets.

    Attributes:
        name: As ``Measure.name``.
        unit: As ``Measure.unit``.
        generated: Of what was made.
        reference: Of real music.
        overlap: How far the pieces' values are spread alike, 0-1 (see ``spread_overlap``); None with too few pieces.
        published: The values of published code, where there is such and it differs from the definition.
    """

    name: str
    unit: str
    generated: Value
    reference: Value
    overlap: float | None
    published: Published | None = None


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
class TonalChecks:
    """The check of tonal distance itself on the real pieces (see ``TonalCheck``), by definition and as published."""

    corrected: TonalCheck
    published: TonalCheck


@dataclass(frozen=True)
class Report:
    """What ``evaluate`` finds.

    Attributes:
        pieces: Number of generated pieces.
        reference_pieces: Number of real pieces.
        seed: Of the bootstrap and the classifier.
        rows: One a measure; without those that apply to neither set.
        distributions: One a kind of count.
        spreads: How the pieces lie among each other, by Yang & Lerch's features; empty with too few pieces.
        melody_fit: Whether the accompaniments heed their melodies.
        tonal_check: Whether tonal distance works on this music; None where the real pieces have one part.
        real_or_made: The two-sample test with its calibrations.
        giveaways: The features by which it tells them apart most easily, the clearest first.
        copies: The generated pieces' longest shared runs, longest first; empty where no training set was given.
    """

    pieces: int
    reference_pieces: int
    seed: int
    rows: tuple[Row, ...]
    distributions: tuple[Distribution, ...]
    spreads: tuple[Spread, ...]
    melody_fit: MelodyFit
    tonal_check: TonalChecks | None
    real_or_made: RealOrMade
    giveaways: tuple[Giveaway, ...] = ()
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

    def table(self, beside: Mapping[str, Report] | None = None) -> str:
        """All of it as plain text, one measure a line.

        Args:
            beside: Reports of other sets, measured against the same real music: a column each, by its name.
        """
        return _table({"generated": self} | dict(beside or {}))


# --- the table ----------------------------------------------------------------------------------

_Line = tuple[str, str, list[str], str, str]
"""Name, unit, a cell a set, real music's cell, overlap."""


def _table(reports: Mapping[str, Report]) -> str:
    first = next(iter(reports.values()))
    heads = [f"{name} ({report.pieces})" for name, report in reports.items()]
    lines: list[_Line] = [("measure", "unit", heads, f"real ({first.reference_pieces})", "overlap")]
    columns = list(reports.values())
    for name in dict.fromkeys(row.name for report in columns for row in report.rows):
        lines += _row_lines([next((r for r in report.rows if r.name == name), None) for report in columns])
    for i, distribution in enumerate(first.distributions):
        overlaps = [f"{report.distributions[i].overlap:.2f}" for report in columns]
        lines.append((f"{distribution.name} distribution", "share in common", overlaps, "", ""))
    for i, spread in enumerate(first.spreads):
        cells = [_spread_text(r.spreads[i]) if r.spreads else "–" for r in columns]
        lines.append((f"spread of {spread.name}", "overlap, divergence", cells, "", ""))
    lines += _fit_lines([report.melody_fit for report in columns])
    tests = [report.real_or_made for report in columns]
    auc = "area under the curve"
    lines.append(("real or made", auc, [_auc_text(test.generated) for test in tests], _auc_text(tests[0].real), ""))
    lines.append(("  with voices swapped", auc, ["" for _ in tests], _auc_text(tests[0].swapped), ""))
    rows = [(name, unit, *cells, real, overlap) for name, unit, cells, real, overlap in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    text = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    if first.tonal_check:
        text += ["", f"Tonal distance on real music, {_check_text(first.tonal_check.corrected)};"]
        text += [f"  as published, {_check_text(first.tonal_check.published)}."]
    if first.giveaways:
        text += ["", "What gives it away (made, real, the difference in standard deviations of the windows, -2 to 2):"]
        text += [f"  {giveaway}" for giveaway in first.giveaways]
    return "\n".join(text)


def _row_lines(found: Sequence[Row | None]) -> list[_Line]:
    row = next(r for r in found if r)
    overlap = "–" if not found[0] or found[0].overlap is None else f"{found[0].overlap:.2f}"
    lines: list[_Line] = [
        (row.name, row.unit, [str(r.generated) if r else "–" for r in found], str(row.reference), overlap)
    ]
    if row.published:
        cells = [str(r.published.generated) if r and r.published else "–" for r in found]
        lines.append(("  as published", row.unit, cells, str(row.published.reference), ""))
    return lines


def _fit_lines(fits: Sequence[MelodyFit]) -> list[_Line]:
    if not any(fit.made or fit.real for fit in fits):
        return []

    def cell(swap: Swap | None, name: str) -> str:
        return str(getattr(swap, name)) if swap else "–"

    lines: list[_Line] = []
    names = (("matched", "chord agreement"), ("swapped", "  with other melodies"), ("gap", "  gap"))
    for field, name in names:
        unit = "points" if field == "gap" else "% of sixteenths"
        lines.append((name, unit, [cell(fit.made, field) for fit in fits], cell(fits[0].real, field), ""))
    lines.append(("  share of the real gap", "%", [str(fit.share) for fit in fits], "", ""))
    return lines


def _spread_text(spread: Spread) -> str:
    return f"{spread.overlap:.2f}, {spread.divergence:.2f}"


def _check_text(check: TonalCheck) -> str:
    return f"parts together {check.matched}, parts shuffled {check.shuffled}, told apart {check.separation:.2f}"


def _auc_text(auc: Auc | None) -> str:
    return "– (too few pieces)" if auc is None else f"{auc.mean:.2f} ± {auc.deviation:.2f}"
