"""Figures of numbers: training curves, and what was made beside what is real."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from musegen.errors import MusegenError
from musegen.plots.style import (
    OKABE_ITO,
    REAL,
    D,
    Dash,
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

_VALIDATION = "valid/"
_NO_LOSS = frozenset({"step", "seconds", "epoch", "learning_rate"})
_NAMES = {  # English, Chinese
    "d_loss": ("D's loss (discriminator)", "D 的损失（判别器）"),
    "g_loss": ("G's loss (generator)", "G 的损失（生成器）"),
    "d_real": ("D on real music", "D 看真实音乐"),
    "d_fake": ("D on G's music", "D 看 G 的音乐"),
    "cross_entropy": ("cross-entropy", "交叉熵"),
}
_DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
_MARKERS = ("o", "s", "D", "v", "P", "X", "*")
_ROUGH = 150  # from this many points on, a mean over neighbours is drawn over the raw values


def plot_history(
    rows: Sequence[Mapping[str, float]],
    *,
    keys: Sequence[str] | None = None,
    baselines: Mapping[str, float] | None = None,
    title: str = "",
    ylabel: str = "",
    theme: Theme = "light",
    language: str = "en",
) -> Figure:
    """Training curves over steps.

    Args:
        rows: Each with "step" and named values; a row may lack some. Names that begin with "valid/" are validation:
            their points are marked and joined by a thin line. What is not finite is left out.
        keys: Names to draw; None = every loss and its validation (names with "loss" or "entropy" if there are any).
        baselines: Level by label, drawn as horizontal lines.
        title: Above the curves.
        ylabel: Beside them; by default "Loss (nats)".
        theme: "light" or "dark".
        language: "en" or "zh".

    Raises:
        MusegenError: A key is in none of the rows.
    """
    keys = _default_keys(rows) if keys is None else keys
    missing = [key for key in keys if not any(key in row for row in rows)]
    if missing:
        raise MusegenError(
            "These rows hold no “{name}”; they have {known}.", name=missing[0], known=", ".join(sorted(_all_keys(rows)))
        )
    figure, palette = new_figure(10, 5.2, theme)
    axes = figure.subplots()
    dress(axes, palette)
    lines = _line_styles(keys)
    for key in keys:
        points = [(row["step"], row[key]) for row in rows if key in row and _is_number(row[key])]
        _curve(axes, points, lines[key], _label(key, language), validation=key.startswith(_VALIDATION))
    for place, (name, level) in enumerate((baselines or {}).items()):
        axes.axhline(level, color=palette.ink, linestyle=_DASHES[1 + place % 4], linewidth=1.3, alpha=0.8, zorder=1)
        axes.annotate(
            drawable(name), (1.0, level), xycoords=("axes fraction", "data"),
            xytext=(-4, 3), textcoords="offset points", ha="right", va="bottom", fontsize=12,
        )  # fmt: skip
    axes.set_xlabel(words(language, "Step", "步"), fontsize=14)
    axes.set_ylabel(drawable(ylabel) or words(language, "Loss (nats)", "损失（奈特）"), fontsize=14)
    axes.tick_params(labelsize=13)
    axes.grid(axis="y", color=palette.faint, linewidth=0.5, alpha=0.6)
    axes.margins(x=0.02)
    if keys:
        axes.legend(frameon=False, fontsize=13, labelcolor=palette.ink)
    if title:
        figure.suptitle(drawable(title, 90), fontsize=16)
    return finish(figure, palette)


def plot_comparison(
    report: Mapping[str, Any],
    *,
    measures: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
    theme: Theme = "light",
    language: str = "en",
) -> Figure:
    """What was made beside what is real: two bars a measure, each with its 95 % interval, on a scale of its own.

    Args:
        report: As ``evaluation.Report.to_dict()``: "rows", each with "name", "unit", "generated" and "reference", these
            with "value", "low" and "high" (None where unknown).
        measures: Which rows, in this order; None = all that have both values.
        names: Words for measures.
        title: Above the bars.
        theme: "light" or "dark".
        language: "en" or "zh".

    Raises:
        MusegenError: A measure is not in the report, or there is nothing to compare.
    """
    rows = {row["name"]: row for row in report["rows"]}
    if measures is None:
        sides = ("generated", "reference")
        measures = [name for name, row in rows.items() if all(_is_number(row[side]["value"]) for side in sides)]
    if missing := [name for name in measures if name not in rows]:
        raise MusegenError(
            "The report has no measure “{name}”; it has {known}.", name=missing[0], known=", ".join(rows)
        )
    if not measures:
        raise MusegenError("There is nothing to compare: no measure applies to both sets of pieces.")
    figure, palette = new_figure(10, 1.1 + 0.85 * len(measures), theme)
    panels = figure.subplots(len(measures), 1, squeeze=False)[:, 0]
    labels = (words(language, "made", "生成"), words(language, "real", "真实"))
    for axes, name in zip(panels, measures, strict=True):
        _bars(axes, rows[name], palette, labels)
        heading = (names or {}).get(name, name.replace("_", " "))
        unit = rows[name].get("unit", "")
        axes.set_ylabel(
            drawable(heading, 40) + (f"\n({drawable(unit, 40)})" if unit else ""),
            rotation=0, ha="right", va="center", fontsize=12, labelpad=52,
        )  # fmt: skip
    if title:
        figure.suptitle(drawable(title, 90), fontsize=16)
    return finish(figure, palette)


def _bars(axes: Axes, row: Mapping[str, Any], palette: Palette, labels: tuple[str, str]) -> None:
    dress(axes, palette)
    for height, (side, look, hatch) in enumerate((("reference", REAL, ""), ("generated", G, "////"))):
        value, low, high = (row[side].get(part) for part in ("value", "low", "high"))
        if not _is_number(value):
            axes.text(0, height, " –", va="center", fontsize=12)
            continue
        axes.barh(height, value, color=look.colour, hatch=hatch, edgecolor=palette.ground, height=0.8)
        top = value
        if _is_number(low) and _is_number(high):
            spread = [[max(value - low, 0)], [max(high - value, 0)]]
            axes.errorbar(value, height, xerr=spread, color=palette.ink, capsize=4, linewidth=1.5)
            top = max(value, high)
        text = f"{value:.3g}"
        axes.annotate(text, (top, height), xytext=(6, 0), textcoords="offset points", va="center", fontsize=12)
    axes.set_yticks((0, 1), (labels[1], labels[0]), fontsize=12)
    axes.set_xticks([])
    axes.margins(x=0.12)
    axes.spines["bottom"].set_visible(False)


def _curve(axes: Axes, points: list[tuple[float, float]], look: Line, label: str, *, validation: bool) -> None:
    x, y = np.array(points, float).reshape(-1, 2).T
    if validation:
        axes.plot(
            x, y, color=look.colour, linestyle=look.dash, linewidth=1.4, marker=look.marker, markersize=7,
            markerfacecolor="white", markeredgewidth=1.8, label=label, zorder=4,
        )  # fmt: skip
        return
    if len(y) >= _ROUGH:
        axes.plot(x, y, color=look.colour, linewidth=0.8, alpha=0.3, zorder=2)
        width = len(y) // 40
        y = np.convolve(np.pad(y, width, mode="edge"), np.ones(2 * width + 1) / (2 * width + 1), mode="valid")
    axes.plot(
        x, y, color=look.colour, linestyle=look.dash, linewidth=2.2, marker=look.marker, markersize=6,
        markevery=max(len(y) // 10, 1), label=label, zorder=3,
    )  # fmt: skip


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _all_keys(rows: Sequence[Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row if key not in _NO_LOSS))


def _default_keys(rows: Sequence[Mapping[str, float]]) -> list[str]:
    every = _all_keys(rows)
    trained = [key for key in every if not key.startswith(_VALIDATION)]
    losses = [key for key in trained if "loss" in key or "entropy" in key] or trained
    keys = [name for key in losses for name in (key, _VALIDATION + key) if name in every]
    return keys or every


def _line_styles(keys: Sequence[str]) -> dict[str, Line]:
    """G, D and real music look as everywhere, the rest takes what is left; validation looks like its training curve."""
    taken: dict[str, Line] = {}
    colours = [c for c in OKABE_ITO if c not in (REAL.colour, G.colour, D.colour, "#F0E442")]  # yellow is too pale
    spare = (Line(*look) for look in zip(cycle(colours), cycle(_DASHES), cycle(_MARKERS), strict=False))
    for key in keys:
        name = key.removeprefix(_VALIDATION)
        if name in taken:
            continue
        parts = name.replace("/", "_").lower().split("_")
        if "real" in parts:
            taken[name] = REAL
        elif parts[0] in ("g", "generator", "fake") or "fake" in parts:
            taken[name] = G
        elif parts[0] in ("d", "discriminator"):
            taken[name] = D
        else:
            taken[name] = next(spare)
    return {key: taken[key.removeprefix(_VALIDATION)] for key in keys}


def _label(key: str, language: str) -> str:
    name = key.removeprefix(_VALIDATION)
    label = words(language, *_NAMES[name]) if name in _NAMES else drawable(name.replace("_", " "))
    return f"{words(language, 'validation', '验证')}: {label}" if key.startswith(_VALIDATION) else label
