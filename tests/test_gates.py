"""The gates and figures of benchmarks/: verdicts by hand."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not here", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))

from gates import equal_diversity, opponents, re_masking, table  # noqa: E402
from quality_rows import over_seeds  # noqa: E402
from quality_tables import TARGETS, cell, find, write_card  # noqa: E402


def row(value, seeds=()):
    return {"value": value, "low": None, "high": None, "seeds": list(seeds)}


def test_the_interval_of_seeds_is_student_s():
    found = over_seeds([1.0, 2.0, 3.0, None], 30)
    # Standard deviation 1, of three: 1 / sqrt 3 times 4.303, the 97.5 % quantile with two degrees of freedom.
    assert (found["value"], found["n"], found["seeds"]) == (2.0, 30, [1.0, 2.0, 3.0])
    assert found["high"] - 2 == pytest.approx(4.303 / 3**0.5)
    assert over_seeds([1.5], 1)["low"] is None


def test_stage_b_is_judged_where_its_diversity_is_stage_a_s():
    points = [("A", 0.2, 0.7), ("A", 0.4, 0.8), ("B", 0.3, 0.7), ("B", 0.5, 0.1)]
    rows = {str(i): {"series": s, "difference": row(d), "auc": row(a)} for i, (s, d, a) in enumerate(points)}
    gate = equal_diversity(rows)  # A has .75 at .3; at .5 it was not measured, and nothing is guessed
    assert gate.passed is True
    assert "-0.050" in gate.found
    assert equal_diversity({k: r for k, r in rows.items() if r["series"] == "A"}).passed is None


def test_the_critic_must_beat_both_others_by_more_than_chance():
    def rows(critic):
        kinds = {"critic": critic, "confidence": [0.7, 0.72, 0.7, 0.71, 0.72], "random": [0.66, 0.65, 0.65, 0.66, 0.65]}
        return {name: {"series": name, "auc": row(0, seeds)} for name, seeds in kinds.items()}

    assert re_masking(rows([0.6, 0.61, 0.6, 0.6, 0.61])).passed is True
    assert re_masking(rows([0.6, 0.7, 0.6, 0.7, 0.6])).passed is False
    assert re_masking({}).passed is None


def test_what_nobody_has_measured_is_said_to_be_so():
    text = table({"models": {}}, {}, "composer", "composer-a")
    assert "| G1 " in text
    assert text.count("not measured") >= 10
    assert "| passes |" not in text
    assert opponents({}).passed is False


def test_marks():
    def models(ours):
        auc = {name: {"made": row(value)} for name, value in (("js-fakes", 0.75), ("composer", ours))}
        return {name: {"parts": {"chorales": {"auc": found}}} for name, found in auc.items()}

    target = TARGETS[0]
    assert [target.mark(models(x), x) for x in (0.6, 0.7, 0.8)] == [" ✓✓", " ✓", " ✗"]
    assert target.mark({}, 0.7) == ""  # without JS Fakes in the same run there is no verdict
    assert find(models(0.6), "composer", "chorales", "auc", "made") == row(0.6)
    assert find(models(0.6), "composer", "harmonised", "auc") is None
    assert cell({"value": 0.25, "low": 0.125, "high": 0.5}) == "0.250 [0.125, 0.500]"


def test_a_card_gets_the_figures_that_the_lab_shows(tmp_path):
    (tmp_path / "card.json").write_text(json.dumps({"model": "composer"}))
    nats = {"windows": {"chorale": {"token": row(0.5)}}}
    tasks = {"key": "k", "test/chorale/all": 0.75, "test/folk/all": 1.25, "valid/chorale/all": 9.0}
    models = {
        "composer": {"parts": {"tasks": tasks, "likelihood": nats | {"key": "k"}}},
        "markov": {"parts": {"likelihood": {"windows": {"chorale": {"token": row(0.75)}}}}},
    }
    write_card(tmp_path, "composer", models)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["test"] == {"chorale/all": 0.75, "folk/all": 1.25, "all": 1.0, "chorale/token_nats": 0.5}
    assert card["baselines"] == {"markov": {"chorale/token_nats": 0.75}}
    assert card["measures"]["likelihood"] == {
        "windows": {"chorale": {"token": {"value": 0.5, "low": None, "high": None}}}
    }
    assert card["model"] == "composer"


def test_what_ships_is_judged_too_where_it_is_another_model():
    def parts(copied):
        return {"parts": {"chorales": {"measures": {"copied_16": row(copied)}}}}

    results = {"models": {"real": parts(3.0), "composer": parts(1.0), "seq2seq": parts(4.0)}}
    both = table(results, {}, "composer", "composer-a", "seq2seq")
    first, second = both.split("## What composes in the app: “seq2seq”")
    verdicts = [next(line for line in part.splitlines() if "verbatim" in line)[-14:] for part in (first, second)]
    assert "passes" in verdicts[0]
    assert "**fails**" in verdicts[1]
    assert "What composes" not in table(results, {}, "composer", "composer-a", "composer")
