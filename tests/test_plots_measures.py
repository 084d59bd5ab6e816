"""The figure of an evaluation: every value where it belongs."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from musegen.errors import MusegenError
from musegen.plots import figure_png, figure_svg, plot_measures
from musegen.plots.style import REAL, G


def value(middle, low=None, high=None):
    return {"value": middle, "low": low, "high": high, "n": 5}


def row(name, generated, reference):
    return {"name": name, "unit": "%", "generated": generated, "reference": reference, "overlap": 1.0}


def report(rows, auc=None, fit=None):
    curve = {"mean": auc, "deviation": 0.1, "by_seed": [auc - 0.1, auc + 0.1], "windows": [4, 4]} if auc else None
    fit = fit or {"made": None, "real": None, "share": value(None)}
    return {"rows": rows, "melody_fit": fit, "real_or_made": {"generated": curve, "real": curve, "swapped": curve}}


LEAPS = row("leaps", value(20, 18, 22), value(10, 9, 11))
MADE = report([LEAPS, row("empty_bars", value(0, 0, 0), value(0, 0, 0)), row("copied_8", value(None), value(3))], 0.7)


def drawn(axes):
    """(colour, x values, y) of every line and dot."""
    return [
        (to_hex(line.get_color()).upper(), [float(x) for x in line.get_xdata()], float(line.get_ydata()[0]))
        for line in axes.lines
    ]


def test_dots_and_whiskers_stand_where_the_values_are():
    figure = plot_measures(MADE)
    leaps, test = (axes for axes in figure.axes if axes.axison)  # the same numbers, and none, are left out
    assert leaps.get_title(loc="left") == "leaps"
    assert [label.get_text() for label in leaps.get_yticklabels()] == ["made", "real"]
    assert drawn(leaps) == [
        (G.colour, [18, 22], 0),
        (G.colour, [20], 0),
        (REAL.colour, [9, 11], 1),
        (REAL.colour, [10], 1),
    ]
    band = leaps.patches[0].get_extents().transformed(leaps.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((9, 11))
    assert [label.get_text() for label in test.get_yticklabels()] == ["made", "real", "swapped"]
    whisker = next(xs for _, xs, y in drawn(test) if y == 0 and len(xs) == 2 and xs[0] != xs[1])
    assert whisker == pytest.approx([0.6, 0.8])
    low, high = test.get_xlim()
    assert low < 0.5 < 1 < high


def test_other_sets_stand_between():
    other = report([row("leaps", value(15), value(10, 9, 11))], 0.6)
    figure = plot_measures(MADE, beside={"js-fakes": other, "empty": report([])})
    leaps = figure.axes[0]
    assert [label.get_text() for label in leaps.get_yticklabels()] == ["made", "js-fakes", "empty", "real"]
    dots = {y: xs for _, xs, y in drawn(leaps) if len(xs) == 1}
    assert dots == {0: [20], 1: [15], 3: [10]}


def test_melodies_and_chords_are_drawn_where_they_were_measured():
    swap = {"matched": value(86, 85, 87), "swapped": value(52, 51, 53), "gap": value(34, 33, 35)}
    fit = {"made": swap, "real": swap | {"gap": value(30, 29, 31)}, "share": value(113)}
    panels = [axes for axes in plot_measures(report([LEAPS], fit=fit)).axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in panels] == ["leaps", "chord agreement", "melody gap"]
    assert [xs for _, xs, y in drawn(panels[2]) if len(xs) == 1] == [[34], [30]]


def test_it_becomes_a_picture_and_nothing_is_refused():
    figure = plot_measures(MADE, theme="dark", language="zh", title="$5")
    assert figure_png(figure, dpi=30).startswith(b"\x89PNG")
    assert b"</svg>" in figure_svg(figure)
    with pytest.raises(MusegenError, match="nothing to draw"):
        plot_measures(report([]))
