"""Watch it learn: curves, samples by checkpoint, and the card."""

from __future__ import annotations

import json

import pytest
from house import LANGUAGES, check, players

from pages import _charts as charts

ROWS = ({"step": 10, "cross_entropy": 3.5}, {"step": 20, "cross_entropy": 2.5, "valid/cross_entropy": 1.0})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_is_seen_and_heard(visit, words, language):
    app = visit("lab", language)
    said = words(language)
    assert app.title[0].value == said["lab.title"]
    assert len(players(app)) == 3  # of four samples the fourth is silent
    assert said["lab.silent"] in [c.value for c in app.caption]
    assert app.info[0].value.startswith(said["lab.warning.guess"])
    assert app.info[0].value.endswith(said["lab.think"])
    assert said["lab.samples_lead"] in [m.value for m in app.markdown]
    text = " ".join(m.value for m in app.markdown)
    assert "CC0" in text
    assert "Bach" in text


def test_the_slider_goes_through_the_checkpoints(visit):
    app = visit("lab")
    assert any("step 10" in m.value for m in app.markdown)  # from left to right, as the words say
    app.select_slider(key="step-composer").set_value(20).run()
    check(app)
    assert any("step 20" in m.value for m in app.markdown)


@pytest.fixture
def run_of(furnish, tmp_path, monkeypatch):
    """Lays out a run of a model of this kind with these rows and no samples, the only one that there is."""
    from pages import _shared

    def lay(model, rows):
        folder = tmp_path / "runs" / model
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"model": model, "corpora": ["bach-chorales"], "seed": 5}))
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        monkeypatch.setattr(_shared, "RUNS", tmp_path / "runs")

    return lay


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_critic_it_is_said_that_it_judges(visit, words, run_of, language):
    run_of("critic", ROWS)
    app, said = visit("lab", language), words(language)
    assert said["group.judged_loss.help"] in [c.value for c in app.caption]
    assert [info.value for info in app.info] == [said["lab.warning.judge"], said["lab.judge_silent"]]
    assert said["lab.samples_lead"] not in [m.value for m in app.markdown]  # there is no slider to push


def test_of_a_contest_nothing_is_said_of_guessing(visit, words, run_of):
    run_of("classic-gan", [{"step": 10, "d_loss": 1.0, "g_loss": 2.0, "valid/density_gap": 0.1}])
    app, said = visit("lab"), words("en")
    assert [info.value for info in app.info] == [said["lab.warning.contest"], said["lab.no_samples"]]
    app.segmented_control(key="group-classic-gan").set_value("density").run()
    assert app.info[0].value == said["lab.warning.density"]


def test_the_other_family_and_the_other_curves(visit, words):
    app = visit("lab")
    app.segmented_control(key="family-composer").set_value("folk").run()
    app.segmented_control(key="group-composer").set_value("tasks").run()
    check(app)
    assert words("en")["group.tasks.help"] in [c.value for c in app.caption]


def test_measures_stand_beside_the_baselines(visit, words):
    table = visit("lab").table[0].value
    said = words("en")
    columns = [said["column.validation"], said["column.test"], said["column.markov"]]
    assert list(table.columns)[1:] == columns
    row = table[table.iloc[:, 0] == said["measure.valid/all"]]
    assert row.iloc[0, 1:].tolist() == ["1.250", "1.500", "2.125"]


@pytest.mark.parametrize(("language", "sentence"), [("en", "Leaps."), ("zh", "爱跳。")])
def test_the_card_says_how_the_music_is_and_where_it_fails(visit, words, language, sentence):
    app, said = visit("lab", language), words(language)
    table = app.table[1].value
    assert list(table.columns) == [said["lab.measure"], said["column.chorales"]]
    assert table.iloc[0].tolist() == [said["music.tertian"], "86.2 [85.5, 87.0]"]
    assert any(said["lab.fails"] in m.value and sentence in m.value for m in app.markdown)


def test_without_a_run_the_page_says_what_to_do(visit, furnish, words, tmp_path, monkeypatch):
    from pages import _shared

    monkeypatch.setattr(_shared, "RUNS", tmp_path)
    assert visit("lab").info[0].value == words("en")["lab.none"]


def test_curves_differ_by_more_than_colour():
    option = charts.curves(ROWS, "loss", {"cross_entropy": "Training"}, ("steps", "nats"), {"Markov": 2.125})
    first, second = option["series"]
    assert first["name"] == "Training"
    assert first["data"] == [[10, 3.5], [20, 2.5]]
    assert second["data"] == [[20, 1.0]]
    assert first["lineStyle"]["type"] != second["lineStyle"]["type"]
    assert first["symbol"] != second["symbol"]
    assert first["markLine"]["data"] == [{"name": "Markov", "yAxis": 2.125}]


def test_only_groups_with_something_to_show_are_offered():
    assert charts.groups(ROWS) == ["loss"]
    assert charts.groups(({"step": 1, "d_loss": 1.0, "d_real": 0.5},)) == ["contest", "verdict"]
    assert charts.groups(()) == []
