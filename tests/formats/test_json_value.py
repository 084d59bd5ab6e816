"""Scores as JSON: what goes out comes back, and what others wrote is checked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from score_strategies import scores

from musegen.errors import ScoreError
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.score import Key, Metre, Note, Score, Tempo, Track

SCORE = Score(
    (Note(240, 62, 480, 90, 1), Note(0, 60, 240)),
    (Track("小提琴", 40), Track("Drums", 0, True)),
    resolution=480,
    tempos=(Tempo(0, 92.5), Tempo(960, 60.0)),
    metres=(Metre(0, 3, 4),),
    key=Key(-3, "minor"),
    pickup=480,
    title="茉莉花",
    composer="Trad.",
    provenance={"recipe": '{"seed": 3}'},
)


def test_the_values_are_those_of_the_score():
    value = to_json_value(SCORE)
    assert value["notes"] == [[0, 60, 240, 80, 0], [240, 62, 480, 90, 1]]
    assert value["tracks"] == [["小提琴", 40, False], ["Drums", 0, True]]
    assert (value["key"], value["pickup"], value["tempos"]) == ([-3, "minor"], 480, [[0, 92.5], [960, 60.0]])


def test_everything_comes_back_through_text():
    again = from_json_value(json.loads(json.dumps(to_json_value(SCORE))))
    assert again == SCORE
    assert (again.title, again.composer, again.provenance) == ("茉莉花", "Trad.", {"recipe": '{"seed": 3}'})


@settings(max_examples=40, deadline=None)
@given(scores())
def test_any_score_comes_back(score):
    assert from_json_value(json.loads(json.dumps(to_json_value(score)))) == score


def test_a_browser_s_numbers_are_taken():
    value = to_json_value(SCORE) | {"resolution": 480.0}
    value["notes"] = [[0.0, 60.0, 240.0, 80.0, 0.0]]
    assert from_json_value(value).notes == (Note(0, 60, 240),)


@pytest.mark.parametrize(
    "change",
    [
        {"notes": [[0, 60, 240, 80]]},
        {"notes": [[0, 60.5, 240, 80, 0]]},
        {"notes": [[0, 160, 240, 80, 0]]},
        {"notes": [[0, 60, 0, 80, 0]]},
        {"notes": [[0, 60, 240, 80, 7]]},
        {"notes": [["0", 60, 240, 80, 0]]},
        {"notes": [[float("nan"), 60, 240, 80, 0]]},
        {"notes": [[0, 60, 10**30, 80, 0]]},
        {"notes": [[0, 60, 480 * 4 * 10_000, 80, 0]]},
        {"notes": {"0": 1}},
        {"notes": [[0, 60, 1, 80, 0]] * 60_001},
        {"tracks": [[1, 0, False]]},
        {"metres": [[0, 3, 5]]},
        {"metres": [[0, 2**39, 1]]},
        {"tempos": [[0, 0]]},
        {"key": [9, "major"]},
        {"key": "C"},
        {"resolution": 0},
        {"resolution": 10**7},
        {"title": 3},
        {"provenance": [1]},
    ],
)
def test_what_is_damaged_is_refused_in_a_sentence(change):
    with pytest.raises(ScoreError, match=r"\.$|\)\.$|\.[^.]*$"):
        from_json_value(to_json_value(SCORE) | change)


@pytest.mark.parametrize("value", [None, [], "score", {}, {"notes": []}])
def test_what_is_no_score_is_refused(value):
    with pytest.raises(ScoreError):
        from_json_value(value)
