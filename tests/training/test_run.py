"""Run folders: rows, samples, checkpoints, stop, resume, lock."""

import json
import os

import numpy as np
import psutil
import pytest

from musegen.checkpoint import load_checkpoint, read_arrays
from musegen.errors import TrainingError
from musegen.training import run as room
from musegen.training.loop import LoopConfig
from musegen.training.request import RunConfig
from musegen.training.run import read_run, run_training

LOOP = LoopConfig(steps=8, batch_size=4, report_every=2, validate_every=4)


def request(model="classic-gan", **changes):
    return RunConfig(model, ("chorale", "folk"), 3, loop=LOOP, window_steps=16, **changes)


@pytest.fixture(autouse=True)
def music(monkeypatch, tiny_windows, fresh_model):
    """The tiny windows and models in place of corpora and networks that take minutes."""
    monkeypatch.setattr(room, "load_run_windows", lambda config, progress=None: tiny_windows)
    monkeypatch.setattr(room, "build_model", lambda name, settings, seed: fresh_model(name))


def end_of(folder):
    """All that training would go on from, without the clock."""
    state = read_arrays(folder / "checkpoints" / "state.npz")
    return {name: array for name, array in state.items() if name != "run/seconds"}


def rows_of(folder):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in read_run(folder).rows]


def test_a_run_folder_holds_all_of_a_run(tmp_path):
    folder = tmp_path / "mine"
    reports = list(run_training(folder, request()))
    run = read_run(folder)
    assert run.config == request()
    assert [report.step for report in reports] == [2, 4, 6, 8]
    assert [int(row["step"]) for row in run.rows] == [2, 4, 6, 8]
    assert run.step == 8
    for row, report in zip(run.rows, reports, strict=True):
        assert row["d_loss"] == pytest.approx(report.losses["d_loss"], abs=1e-5)
        assert ("valid/d_real" in row) == (row["step"] in (4, 8))
        assert row["seconds"] >= 0
    assert [step for step, _ in run.samples] == [4, 8]
    assert read_arrays(run.samples[0][1])["any"].shape == (4, 16, 4)
    for name in ("best", "last"):
        card = load_checkpoint(folder / "checkpoints" / name).card
        assert (card["model"], card["step"], card["corpora"]) == ("classic-gan", 8, ["chorale", "folk"])
    assert not (folder / "LOCK").exists()


@pytest.mark.parametrize("model", ["classic-gan", "composer"])
def test_resume_equals_a_straight_run(tmp_path, model):
    list(run_training(tmp_path / "straight", request(model)))
    steps = iter(range(1, 100))
    list(run_training(tmp_path / "broken", request(model), stop=lambda: next(steps) == 4))
    assert read_run(tmp_path / "broken").step == 4
    list(run_training(tmp_path / "broken", request(), resume=True))
    assert rows_of(tmp_path / "straight") == rows_of(tmp_path / "broken")
    straight, broken = end_of(tmp_path / "straight"), end_of(tmp_path / "broken")
    assert straight.keys() == broken.keys()
    assert all(np.array_equal(straight[name], broken[name]) for name in straight)


def test_a_run_stopped_between_reports_goes_on_from_that_step(tmp_path):
    list(run_training(tmp_path / "straight", request()))
    steps = iter(range(1, 100))
    list(run_training(tmp_path / "broken", request(), stop=lambda: next(steps) == 5))
    assert [int(row["step"]) for row in read_run(tmp_path / "broken").rows] == [2, 4, 5]
    list(run_training(tmp_path / "broken", request(), resume=True))
    assert [int(row["step"]) for row in read_run(tmp_path / "broken").rows] == [2, 4, 5, 6, 8]
    straight, broken = end_of(tmp_path / "straight"), end_of(tmp_path / "broken")
    assert all(np.array_equal(straight[name], broken[name]) for name in straight)


def test_a_caller_that_stops_pulling_loses_nothing(tmp_path):
    list(run_training(tmp_path / "straight", request()))
    reports = run_training(tmp_path / "broken", request())
    assert next(reports).step == 2
    reports.close()
    assert not (tmp_path / "broken" / "LOCK").exists()
    list(run_training(tmp_path / "broken", request(), resume=True))
    assert rows_of(tmp_path / "straight") == rows_of(tmp_path / "broken")


def test_the_composers_best_is_the_one_of_least_cross_entropy(tmp_path):
    list(run_training(tmp_path / "run", request("composer")))
    values = {row["step"]: row["valid/cross_entropy"] for row in read_run(tmp_path / "run").rows if len(row) > 3}
    best = load_checkpoint(tmp_path / "run" / "checkpoints" / "best").card
    assert best["step"] == min(values, key=values.get)
    assert best["validation"]["cross_entropy"] == pytest.approx(min(values.values()), abs=1e-5)


def test_a_file_named_stop_ends_the_run(tmp_path):
    folder = tmp_path / "run"
    reports = run_training(folder, request())
    next(reports)
    (folder / "STOP").touch()
    assert [(report.step, report.last) for report in reports] == [(3, True)]
    list(run_training(folder, request(), resume=True))  # an old STOP doesn't end the next one
    assert read_run(folder).step == 8


def test_minutes_end_the_run(tmp_path):
    reports = list(run_training(tmp_path / "run", request(), minutes=1e-9))
    assert [(report.step, report.last) for report in reports] == [(1, True)]


def test_another_run_is_never_overwritten(tmp_path):
    list(run_training(tmp_path / "run", request()))
    with pytest.raises(TrainingError, match="“run” holds a run already"):
        next(run_training(tmp_path / "run", request()))


def test_a_folder_in_use_is_left_alone(tmp_path):
    folder = tmp_path / "run"
    reports = run_training(folder, request())
    next(reports)
    with pytest.raises(TrainingError, match=rf"“run” is being trained by another process \({os.getpid()}\)"):
        next(run_training(folder, request(), resume=True))
    assert (folder / "LOCK").exists()  # the lock is still the first one's
    reports.close()


@pytest.mark.parametrize("lock", ["{pid} 1.5", "999999999 1.5", "garbage", ""])  # this process began later than 1.5
def test_the_lock_of_a_process_that_is_gone_is_taken_over(tmp_path, lock):
    lock = lock.format(pid=os.getpid())
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "LOCK").write_text(lock)  # a pid that another process has since is told by the time that it began
    assert psutil.Process().create_time() != 1.5
    reports = run_training(folder, request())
    assert next(reports).step == 2
    reports.close()


def test_an_overflow_leaves_the_last_saved_state(tmp_path, monkeypatch, fresh_model):
    folder = tmp_path / "run"
    steps = iter(range(1, 100))
    list(run_training(folder, request(), stop=lambda: next(steps) == 4))
    before = end_of(folder)
    model = fresh_model("classic-gan")
    monkeypatch.setattr(room, "build_model", lambda name, settings, seed: model)
    monkeypatch.setattr(model, "train_step", lambda batch: {"g_loss": float("nan")})
    with pytest.raises(TrainingError, match="At step 5 the loss “g_loss” overflowed"):
        list(run_training(folder, request(), resume=True))
    after = end_of(folder)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not (folder / "LOCK").exists()


def test_the_last_row_of_a_step_counts_and_half_a_row_none(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(request().to_dict()))
    (folder / "metrics.jsonl").write_text(
        '{"step": 2, "g_loss": 1.0}\n{"step": 4, "g_loss": 2.0}\n{"step": 2, "g_loss": 3.0}\n{"step": 6, "g_lo'
    )
    assert [(row["step"], row["g_loss"]) for row in read_run(folder).rows] == [(2, 3.0), (4, 2.0)]


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    for text in (None, "{", "[1]"):
        if text:
            (tmp_path / "config.json").write_text(text)
        with pytest.raises(TrainingError, match="is not a run"):
            read_run(tmp_path)
