"""Before and after, worked out by hand."""

import json
from dataclasses import asdict

import pytest

from musegen.evaluation import evaluate
from musegen.training.before_after import (
    AdaptResult,
    Change,
    MeasureChange,
    Side,
    change,
    changes,
    measure_changes,
    window_losses,
)

LOW_HIGH = {"low": (None,) * 3, "high": (None,) * 3}
RESULT = AdaptResult(
    name="mine", style="folk/mine", start="composer", start_style="folk/irish", start_weights="a", weights="b",
    title="My songs", licence="the user's own", credit="", terms="own-machine", notice="Mine.",
    pieces={"train": 3, "valid": 1, "test": 1}, left_out=0, step=40, steps=80, seconds=10.0,
    likelihood={"all": Change(1.0, 0.5, -0.6, -0.4, 9)},
    measures=(
        MeasureChange("stepwise", "%", 10.0, 6.0, 5.0, (9.0, 5.0, 4.0), (11.0, 7.0, None)),
        MeasureChange("leaps", "%", 1.0, 3.0, 1.0, (None,) * 3, (None,) * 3),
    ),
    auc={"before": 0.9, "after": None, "real": 0.5}, heard=("1.musicxml", "2.musicxml"),
)  # fmt: skip


def test_a_change_is_paired():
    found = change([1.0, 2.0, 3.0], [0.5, 1.5, 2.5], seed=1)
    assert (found.before, found.after, found.n) == (2.0, 1.5, 3)
    assert (found.low, found.high) == pytest.approx((-0.5, -0.5))  # every window fell by as much: nothing is uncertain
    assert not found.surely_less  # three windows prove nothing, however alike
    assert change([1.0, 2.0] * 4, [0.5, 1.5] * 4, seed=1).surely_less
    mixed = change([1.0, 1.0], [0.0, 2.0], seed=1)
    assert mixed.low == pytest.approx(-1.0)
    assert mixed.high == pytest.approx(1.0)


def test_only_tasks_that_both_have_are_compared():
    assert list(changes({"all": [1.0], "harmonise": [2.0]}, {"all": [0.5]}, seed=0)) == ["all"]


@pytest.mark.parametrize(
    ("before", "after", "real", "closer"),
    [(10, 6, 5, True), (10, 1, 5, True), (4, 9, 5, False), (10, 10, 5, None), (None, 1, 5, None), (1, 2, None, None)],
)
def test_closer_to_real_music(before, after, real, closer):
    row = MeasureChange("stepwise", "%", before, after, real, **LOW_HIGH)
    assert row.closer is closer


def test_the_losses_of_single_windows(fresh_model, tiny_windows):
    losses = window_losses(fresh_model("composer"), tiny_windows)
    # One chorale and one melody are held out, of two bars, and a window is one bar: two windows each.
    assert {task: len(values) for task, values in losses.items()} == {
        "all": 4, "harmonise": 2, "half": 4, "cross_entropy": 4,
    }  # fmt: skip
    assert losses == window_losses(fresh_model("composer"), tiny_windows)


def test_measures_of_both_sides_stand_in_one_row(tiny_pieces):
    melodies = [piece.score for piece in tiny_pieces if piece.style == "folk"]
    report = evaluate(melodies[:2], melodies[2:], seed=0)
    side = Side.of({"all": [1.0]}, report)
    assert Side(**json.loads(json.dumps(side.to_dict()))) == side
    rows = {row.name: row for row in measure_changes(side, side)}
    row = rows["notes_per_bar"]
    assert (row.before, row.after, row.real, row.closer) == (4.0, 4.0, 4.0, None)  # two bars of four quarters each
    gone = measure_changes(side, Side({}, {}, {}))
    assert {row.after for row in gone} == {None}


def test_a_result_comes_back_from_json():
    assert AdaptResult.from_dict(json.loads(json.dumps(asdict(RESULT)))) == RESULT
    assert RESULT.closer == (1, 2)
