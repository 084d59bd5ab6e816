"""``musegen adapt``: what is asked for, and what is told of the result."""

import json
from dataclasses import asdict, replace

import pytest
from test_before_after import RESULT
from tiny import melody

from musegen.cli import main
from musegen.formats import write_score
from musegen.places import COMPOSER
from musegen.training import adapt as room
from musegen.training.adapt import AdaptReport

DONE, BROKE_OFF, REFUSED = 0, 1, 2


@pytest.fixture
def cli(capsys, monkeypatch, checkpoints, tmp_path):
    monkeypatch.setenv("MUSEGEN_CHECKPOINTS", str(checkpoints))
    monkeypatch.setenv("MUSEGEN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))

    def call(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return call


@pytest.fixture
def asked(monkeypatch):
    """What lessons were asked for; each is over at once, with the result in the list's place 0."""
    calls = [RESULT]

    def teach(request, folder, **settings):
        calls.append((request, folder, settings["resume"]))
        yield AdaptReport("training", 0.5, 10, {"cross_entropy": 1.25})
        yield AdaptReport("done", 1.0, 10, result=calls[0])

    monkeypatch.setattr(room, "adapt", teach)
    return calls


def test_a_set_is_taught_to_the_composer_by_default(cli, asked, checkpoints, tmp_path):
    code, out, err = cli("adapt", "essen-china")
    assert code == DONE
    request, folder, resume = asked[1]
    assert (request.music, request.name, request.minutes, request.seed) == ("essen-china", "essen-china", 5.0, 1)
    assert request.checkpoint == str((checkpoints / COMPOSER).resolve())
    assert (folder, resume) == (tmp_path / "data" / "taught" / "essen-china", False)
    assert [line.split() for line in out[1:3]] == [["nats", "a", "cell,", "all", "1.000", "0.500"], [
        "stepwise", "(%)", "10.00", "6.00", "5.00",
    ]]  # fmt: skip
    assert out[-1].split() == ["real", "or", "made", "(AUC)", "0.90", "–", "0.50"]
    assert RESULT.notice in err
    assert "musegen generate --checkpoint mine --style folk/mine" in err


def test_a_folder_goes_by_its_name_or_the_one_it_is_given(cli, asked, tmp_path):
    (tmp_path / "My Songs").mkdir()
    cli("adapt", tmp_path / "My Songs", "--minutes", 2, "--seed", 9)
    assert (asked[1][0].name, asked[1][0].music) == ("my-songs", str((tmp_path / "My Songs").resolve()))
    assert (asked[1][0].minutes, asked[1][0].seed) == (2.0, 9)
    cli("adapt", tmp_path / "My Songs", "--name", "Lieder!", "--run", tmp_path / "run")
    assert (asked[2][0].name, asked[2][1]) == ("lieder", tmp_path / "run")


def test_the_result_as_json(cli, asked):
    _, out, _ = cli("adapt", "essen-china", "--json")
    assert json.loads(out[0]) == json.loads(json.dumps(asdict(RESULT)))


def test_where_nothing_was_learnt_the_exit_code_says_so(cli, asked):
    asked[0] = replace(RESULT, weights="", likelihood={}, measures=(), auc={})
    code, out, err = cli("adapt", "essen-china")
    assert (code, out) == (BROKE_OFF, [])
    assert "Nothing was kept" in err


def test_too_little_music_is_refused(cli, tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / "tune.mid").write_bytes(write_score(melody(), "mid"))
    code, out, err = cli("adapt", folder)
    assert (code, out) == (REFUSED, [])
    assert "too little to learn from" in err
