"""One picture of an evaluation: every measure of what was made beside real music's, and whether they are told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from musegen.errors import MusegenError
from musegen.plots.style import (
    OKABE_ITO,
    REAL,
    G,
    Line,
    Palette,
    Theme,
    drawable,
    dress,
    finish,
    new_figure,
    words,
)

_COLUMNS = 4
_MOST = 4  # sets beside
_CHANCE = 0.5
_NOTHING = {"value": None, "low": None, "high": None, "n": 0}


def plot_measures(
    report: Mapping[str, Any],
    *,
    beside: Mapping[str, Mapping[str, Any]] | None = None,
    title: str = "",
    theme: Theme = "light",
    language: str = "en",
) -> Figure:
    """Small multiples, each on a scale of its own: a dot and a 95 % whisker a set, real music's interval as a band.

    The last panel shows the areas under the curve of the two-sample test, with the real set against itself ("real") and
    against real music with its voices swapped.

    Args:
        report: As ``evaluation.Report.to_dict()``. Measures without a value for what was made are left out, and those
            that are the same number on both sides.
        beside: More reports against the same real music, by name; at most four are drawn.
        title: Above the figure.
        theme: "light" or "dark".
        language: "en" or "zh".

    Raises:
        MusegenError: There is nothing to draw.
    """
    others = dict(list((beside or {}).items())[:_MOST])
    rows = [row for row in _rows(report) if _is_shown(row)]
    test = report["real_or_made"]
    if not rows and not test["generated"]:
        raise MusegenError("There is nothing to draw: no measure has a value.")
    looks = _looks(list(others))
    labels = [words(language, "made", "生成"), *(drawable(name, 18) for name in others)]
    panels = len(rows) + bool(test["generated"])
    height = 0.78 + 0.23 * len(labels)
    figure, palette = new_figure(4.2 * _COLUMNS, 0.9 + height * -(-panels // _COLUMNS), theme)
    grid = figure.subplots(-(-panels // _COLUMNS), _COLUMNS, squeeze=False).ravel()
    for axes in grid[panels:]:
        axes.set_axis_off()
    real = words(language, "real", "真实")
    found = [{row["name"]: row for row in _rows(other)} for other in others.values()]
    for axes, row in zip(grid, rows, strict=False):
        sets = [row["generated"], *(other.get(row["name"], row | {"generated": {}})["generated"] for other in found)]
        _measure_panel(axes, row, sets, looks, palette)
        _name(axes, row["name"].replace("_", " "), row["unit"], [*labels, real])
    if test["generated"]:
        aucs = [test, *(other["real_or_made"] for other in others.values())]
        names = [*labels, real, words(language, "swapped", "互换")]
        _test_panel(grid[panels - 1], aucs, looks, palette)
        _name(grid[panels - 1], words(language, "real or made", "真实还是生成"), "AUC", names)
    if title:
        figure.suptitle(drawable(title, 90), fontsize=16)
    return finish(figure, palette)


def _rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The report's rows, and how well melodies and chords agree where that could be measured."""
    rows = [dict(row) for row in report["rows"]]
    fit = report["melody_fit"]
    for field, name, unit in (("matched", "chord agreement", "% of sixteenths"), ("gap", "melody gap", "points")):
        made, real = ((fit[side] or {}).get(field, _NOTHING) for side in ("made", "real"))
        rows.append({"name": name, "unit": unit, "generated": made, "reference": real})
    return rows


def _is_shown(row: Mapping[str, Any]) -> bool:
    made, real = (row[side] for side in ("generated", "reference"))
    if not _is_number(made["value"]):
        return False
    numbers = {side[part] for side in (made, real) for part in ("value", "low", "high") if _is_number(side[part])}
    return len(numbers) > 1 or not _is_number(real["value"])


def _looks(others: list[str]) -> list[Line]:
    colours = [colour for colour in OKABE_ITO if colour not in (REAL.colour, G.colour, "#F0E442")]
    markers = ("o", "D", "v", "P")
    return [G, *(Line(colours[i], "-", markers[i]) for i in range(len(others)))]


def _measure_panel(
    axes: Axes, row: Mapping[str, Any], sets: list[Mapping[str, Any]], looks: list[Line], palette: Palette
) -> None:
    """What was made on top, real music below, its interval as a band through the panel."""
    dress(axes, palette)
    real = row["reference"]
    if _is_number(real.get("low")) and _is_number(real.get("high")):
        axes.axvspan(real["low"], real["high"], color=REAL.colour, alpha=0.18, linewidth=0)
    for place, (value, look) in enumerate(zip([*sets, real], [*looks, REAL], strict=True)):
        _whisker(axes, place, value.get("value"), value.get("low"), value.get("high"), look)


def _test_panel(axes: Axes, tests: list[Mapping[str, Any]], looks: list[Line], palette: Palette) -> None:
    dress(axes, palette)
    axes.axvline(_CHANCE, color=palette.ink, linewidth=1, alpha=0.6)
    aucs = [*(test["generated"] for test in tests), tests[0]["real"], tests[0]["swapped"]]
    for place, (auc, look) in enumerate(zip(aucs, [*looks, REAL, Line(REAL.colour, "-", "x")], strict=True)):
        if auc:
            seeds = auc["by_seed"]
            _whisker(axes, place, auc["mean"], min(seeds), max(seeds), look)
    lowest = min((min(auc["by_seed"]) for auc in aucs if auc), default=_CHANCE)
    axes.set_xlim(min(lowest - 0.03, 0.42), 1.03)


def _whisker(axes: Axes, place: int, value: object, low: object, high: object, look: Line) -> None:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        axes.plot([low, high], [place, place], color=look.colour, linewidth=2.2, solid_capstyle="butt")
    axes.plot([value], [place], color=look.colour, marker=look.marker, markersize=7, linestyle="")


def _name(axes: Axes, name: str, unit: str, sets: list[str]) -> None:
    axes.set_title(drawable(name, 40), loc="left", fontsize=12.5)
    axes.set_xlabel(drawable(unit, 40), fontsize=10.5)
    axes.set_yticks(range(len(sets)), sets, fontsize=11)
    axes.set_ylim(len(sets) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=10.5)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=5)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
