"""Learning curves as ECharts options: lines differ in colour, dash and marker, so none depends on colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GROUPS: Mapping[str, tuple[str, ...]] = {
    "loss": ("cross_entropy", "valid/cross_entropy"),
    "tasks": ("valid/all", "valid/harmonise", "valid/half"),
    "styles": ("valid/chorale/cross_entropy", "valid/folk/cross_entropy"),
    "contest": ("d_loss", "g_loss"),
    "verdict": ("d_real", "d_fake"),
    "density": ("valid/density_gap",),
}
"""Which measures are drawn together; a group is offered where a run has at least one of them."""

_LOOKS = (  # colour (told apart by colour-blind people too), dash, marker
    ("#0072B2", "solid", "circle"),
    ("#D55E00", "dashed", "triangle"),
    ("#009E73", "dotted", "diamond"),
)
_OF_MEASURE = {"d_loss": 0, "g_loss": 1, "d_real": 2, "d_fake": 1}
_BASELINE = ("#8A8A8A", "dashed")

Rows = Sequence[Mapping[str, float]]


def groups(rows: Rows) -> list[str]:
    """The groups that these rows have something for."""
    known = {name for row in rows for name in row}
    return [group for group, names in GROUPS.items() if known.intersection(names)]


def curves(
    rows: Rows, group: str, labels: Mapping[str, str], axis: tuple[str, str], baselines: Mapping[str, float]
) -> dict[str, Any]:
    """An ECharts option.

    Args:
        rows: Rows of a run's metrics, each with "step".
        group: A key of ``GROUPS``.
        labels: Words for the measures.
        axis: Words for the two axes.
        baselines: Heights of horizontal lines by name.
    """
    series: list[dict[str, Any]] = []
    for place, name in enumerate(GROUPS[group]):
        points = [[row["step"], row[name]] for row in rows if name in row]
        if points:
            colour, dash, marker = _LOOKS[_OF_MEASURE.get(name, place)]
            series.append(
                {
                    "name": labels.get(name, name), "type": "line", "data": points, "symbol": marker,
                    "showSymbol": len(points) < 60, "symbolSize": 9, "color": colour,
                    "lineStyle": {"type": dash, "width": 2.5},
                }
            )  # fmt: skip
    if series and baselines:
        series[0]["markLine"] = {
            "silent": True, "symbol": "none",
            "lineStyle": {"color": _BASELINE[0], "type": _BASELINE[1], "width": 2},
            "label": {"formatter": "{b}", "position": "insideEndTop", "fontSize": 14},
            "data": [{"name": name, "yAxis": height} for name, height in baselines.items()],
        }  # fmt: skip
    heights = [point[1] for line in series for point in line["data"]] + list(baselines.values())
    return {
        "animation": False,
        "textStyle": {"fontSize": 15},
        "legend": {"top": 0, "textStyle": {"fontSize": 15}, "itemWidth": 36},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3f"},
        "grid": {"left": 16, "right": 24, "top": 76, "bottom": 40, "containLabel": True},
        "xAxis": {
            "type": "value", "name": axis[0], "nameLocation": "middle", "nameGap": 30,
            "max": max((row["step"] for row in rows), default=1), "axisLabel": {"fontSize": 14},
            "nameTextStyle": {"fontSize": 15},
        },
        "yAxis": {
            "type": "value", "name": axis[1], "nameTextStyle": {"fontSize": 15, "align": "left"},
            "min": 0 if heights and min(heights) < 0.6 else None, "scale": True, "axisLabel": {"fontSize": 14},
        },
        "series": series,
    }  # fmt: skip
