"""Figures: what is drawn is what was given, in both themes and languages, and no letter is missing."""

import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from musegen.errors import MusegenError, ScoreError
from musegen.plots import figure_png, figure_svg, plot_comparison, plot_history, plot_score, style
from musegen.score import Note, Score, Track


def two_parts():
    """Part 0: four quarters on C5; part 1: a unison with the third of them, and a half note."""
    notes = [Note(480 * i, 72, 480) for i in range(4)]
    notes += [Note(960, 72, 480, track=1), Note(1920, 60, 960, track=1)]
    return Score(tuple(notes), (Track("Flute", 73), Track("Violin", 40)))


def boxes(axes):
    """(left, right, bottom, top), colour and hatch of every note."""
    found = []
    for collection in axes.collections:
        assert isinstance(collection, PolyCollection)
        for path in collection.get_paths():
            (left, bottom), (right, top) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            found.append(
                ((left, right, bottom, top), to_hex(collection.get_facecolor()[0]), collection.get_hatch() or "")
            )
    return found


def test_a_roll_shows_every_note_where_it_sounds():
    figure = plot_score(two_parts())
    (axes,) = figure.axes
    flute = [box for box, colour, hatch in boxes(axes) if (colour, hatch) == ("#0072b2", "")]
    violin = [box for box, colour, hatch in boxes(axes) if (colour, hatch) == ("#e69f00", "////")]
    assert len(flute) == 4
    assert len(violin) == 2
    assert flute[1][0] == 480
    assert flute[1][1] == pytest.approx(960, abs=5)  # a hair's breadth to the next
    assert (flute[1][2] + flute[1][3]) / 2 == pytest.approx(72)
    # The unison shares its row: the upper part above.
    assert flute[2][2] == pytest.approx(72)
    assert violin[0][3] == pytest.approx(72)
    assert flute[2][3] > 72.4


def test_bars_and_pitches_are_named():
    figure = plot_score(two_parts(), title="A $5 tune")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]
    assert list(axes.get_xticks()) == [0, 1920]
    assert dict(zip((label.get_text() for label in axes.get_yticklabels()), axes.get_yticks(), strict=True))["C4"] == 60
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Flute", "Violin"]
    assert axes.get_xlabel() == "Bar"
    assert figure.get_suptitle() == r"A \$5 tune"


def test_some_bars_only():
    figure = plot_score(two_parts(), bars=(2, 2))
    assert [round(box[0]) for box, _, _ in boxes(figure.axes[0])] == [1920]
    assert figure.axes[0].get_xlim() == (1920, 3840)
    with pytest.raises(ScoreError, match="no bars 5-6: the score has bars 1-2"):
        plot_score(two_parts(), bars=(5, 6))


def test_given_notes_have_a_strong_edge():
    score = two_parts()
    axes = plot_score(score, locked=[n for n in score.notes if n.track == 1]).axes[0]
    edges = {to_hex(c.get_facecolor()[0]): (to_hex(c.get_edgecolor()[0]), c.get_alpha()) for c in axes.collections}
    assert edges["#e69f00"] == ("#1a1a1a", 1.0)
    assert edges["#0072b2"][1] < 0.7


def test_drums_have_a_strip_of_their_own():
    notes = (Note(0, 60, 960), Note(0, 36, 60, track=1), Note(480, 38, 60, track=1), Note(960, 81, 60, track=1))
    figure = plot_score(Score(notes, (Track("", 0), Track("Kit", 0, True))))
    roll, strip = figure.axes
    assert len(boxes(roll)) == 1
    assert [label.get_text() for label in strip.get_yticklabels()] == ["Bass drum", "Snare", "Other drum"]
    assert [round((box[2] + box[3]) / 2) for box, _, _ in boxes(strip)] == [0, 1, 2]
    only = plot_score(Score(notes[1:], (Track("", 0), Track("Kit", 0, True))))
    assert len(only.axes) == 1


def test_an_empty_score_can_be_drawn():
    assert figure_png(plot_score(Score(())), dpi=40)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes(theme):
    figure = plot_score(two_parts(), theme=theme)
    ground = {"light": "#ffffff", "dark": "#0e1117"}[theme]
    assert to_hex(figure.get_facecolor()) == ground
    ink = to_hex(figure.axes[0].xaxis.label.get_color())
    assert abs(int(ink[1:3], 16) - int(ground[1:3], 16)) > 150


def test_chinese_words_where_a_font_has_them(monkeypatch):
    figure = plot_score(two_parts(), language="zh")
    assert figure.axes[0].get_xlabel() == ("小节" if style.cjk_font() else "Bar")
    parts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert parts == (["长笛", "小提琴"] if style.cjk_font() else ["Flute", "Violin"])
    figure_png(figure, dpi=40)  # a missing letter would warn, and warnings are errors here
    monkeypatch.setattr(style, "cjk_font", lambda: None)
    figure = plot_score(two_parts(), language="zh", title="茉莉花 \x07🦄𝄞")
    assert figure.axes[0].get_xlabel() == "Bar"
    assert figure.get_suptitle().startswith("□□□ ")
    figure_png(figure, dpi=40)


def test_pictures():
    figure = plot_score(two_parts())
    data = figure_png(figure, dpi=100)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (800, 460)  # 8.0 x 4.6 inches
    root = ET.fromstring(figure_svg(figure))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))  # letters are paths


# --- curves -----------------------------------------------------------------------------------

ROWS = [
    {"step": 10, "seconds": 1.0, "d_loss": 1.3, "g_loss": 0.7, "d_real": 0.5},
    {"step": 20, "seconds": 2.0, "d_loss": 1.1, "g_loss": 0.9, "d_real": 0.6, "valid/g_loss": 1.5},
    {"step": 30, "seconds": 3.0, "d_loss": 1.0, "g_loss": float("nan"), "d_real": 0.7, "valid/g_loss": 1.25},
]


def curves(figure):
    axes = figure.axes[0]
    return {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}


def test_losses_over_steps():
    lines = curves(plot_history(ROWS))
    assert list(lines) == ["D's loss (discriminator)", "G's loss (generator)", "validation: G's loss (generator)"]
    d, g, valid = lines.values()
    assert (list(d.get_xdata()), list(d.get_ydata())) == ([10, 20, 30], [1.3, 1.1, 1.0])
    assert list(g.get_xdata()) == [10, 20]  # what is not finite is left out
    assert list(valid.get_ydata()) == [1.5, 1.25]
    assert (d.get_color(), d.get_linestyle(), d.get_marker()) == ("#0072B2", "-", "o")
    assert (g.get_color(), g.get_linestyle(), g.get_marker()) == ("#D55E00", "--", "s")
    assert valid.get_color() == g.get_color()


def test_other_values_and_baselines():
    figure = plot_history(ROWS, keys=["d_real"], baselines={"a guess": 0.5}, ylabel="probability", title="D")
    (line,) = curves(figure).values()
    assert (line.get_color(), line.get_linestyle(), line.get_marker()) == ("#009E73", ":", "^")
    axes = figure.axes[0]
    level = next(other for other in axes.get_lines() if other is not line)
    assert list(level.get_ydata()) == [0.5, 0.5]
    assert [text.get_text() for text in axes.texts] == ["a guess"]
    assert axes.get_ylabel() == "probability"
    with pytest.raises(MusegenError, match="no “x”; they have d_loss, d_real, g_loss, valid/g_loss"):
        plot_history(ROWS, keys=["x"])


def test_many_rough_points_get_a_mean_over_neighbours():
    rng = np.random.default_rng(0)
    rows = [{"step": i, "cross_entropy": 2 + float(rng.normal())} for i in range(400)]
    axes = plot_history(rows).axes[0]
    raw, mean = axes.get_lines()
    assert len(mean.get_ydata()) == 400
    # The mean of 21 neighbours scatters by 1 / sqrt(21) = 0.22.
    assert np.std(raw.get_ydata()) == pytest.approx(1, abs=0.1)
    assert np.std(mean.get_ydata()) == pytest.approx(0.22, abs=0.06)


def test_no_rows_yet():
    assert figure_png(plot_history([]), dpi=40)


def value(value, low=None, high=None):
    return {"value": value, "low": low, "high": high, "n": 5}


REPORT = {
    "rows": [
        {"name": "parallel_fifths", "unit": "%", "generated": value(2.0, 1.5, 2.75), "reference": value(0.25)},
        {"name": "leaps", "unit": "", "generated": value(None), "reference": value(3.0)},
        {"name": "rests", "unit": "", "generated": value(7.0), "reference": value(8.0)},
    ]
}


def test_made_beside_real():
    figure = plot_comparison(REPORT)
    first, second = figure.axes  # "leaps" has nothing to compare
    assert [bar.get_width() for bar in first.patches] == [0.25, 2.0]
    assert [to_hex(bar.get_facecolor()) for bar in first.patches] == ["#009e73", "#d55e00"]
    assert [bar.get_hatch() for bar in first.patches] == ["", "////"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["real", "made"]
    assert first.get_ylabel() == "parallel fifths\n(%)"
    ends = {round(float(x), 2) for line in first.get_lines() for x in line.get_xdata()}
    assert {1.5, 2.75} <= ends
    assert [bar.get_width() for bar in second.patches] == [8.0, 7.0]


def test_chosen_measures_with_words():
    figure = plot_comparison(REPORT, measures=["leaps"], names={"leaps": "Sprünge"})
    (axes,) = figure.axes
    assert axes.get_ylabel() == "Sprünge"
    assert [bar.get_width() for bar in axes.patches] == [3.0]
    with pytest.raises(MusegenError, match="no measure “x”"):
        plot_comparison(REPORT, measures=["x"])
    with pytest.raises(MusegenError, match="nothing to compare"):
        plot_comparison({"rows": []})
