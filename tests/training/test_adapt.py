"""Teaching a tiny composer eight tunes: what is learnt, what is kept, and what is never trained on."""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_own_music import tune

from musegen import checkpoint as checkpoint_room
from musegen.checkpoint import load_checkpoint, read_arrays
from musegen.errors import TrainingError
from musegen.formats import read_score, write_score
from musegen.models import build_model
from musegen.studio import Recipe
from musegen.training import adapt as room
from musegen.training import run as run_room
from musegen.training.adapt import adapt
from musegen.training.before_after import AdaptResult
from musegen.training.lessons import AdaptRequest, read_lesson, read_request
from musegen.training.run import read_run


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for number in range(8):
        (folder / f"{number}.mid").write_bytes(write_score(tune(number), "mid"))
    return folder


@pytest.fixture(scope="module", autouse=True)
def once(tmp_path_factory):
    """Networks of the same settings are built and compiled once, and begin anew each time; so is what was parsed."""
    kept = {}

    def build(name, settings, *, seed=0):
        # Training, which compiles, has settings of its own: none of its networks is also asked for music.
        key = json.dumps([name, settings], sort_keys=True)
        if key not in kept:
            model = build_model(name, settings, seed=seed)
            kept[key] = (model, model.state())
        model, state = kept[key]
        model.load_state(state)
        return model

    with pytest.MonkeyPatch.context() as patch:
        for user in (checkpoint_room, run_room, room):
            patch.setattr(user, "build_model", build)
        patch.setenv("MUSEGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def request_for(checkpoints, music):
    def make(**changes):
        asked = {"minutes": 999.0, "pieces": 4, "steps": 40, "window_steps": 16, "batch_size": 4, **changes}
        return AdaptRequest(str(checkpoints / "composer"), str(music), "mine", **asked)

    return make


@pytest.fixture(scope="module")
def done(tmp_path_factory, checkpoints, music, once):
    """A whole adaptation, done once: its folder, its shelf and its reports."""
    place = tmp_path_factory.mktemp("lesson")
    request = AdaptRequest(
        str(checkpoints / "composer"), str(music), "mine", minutes=999.0, pieces=4, steps=40, window_steps=16,
        batch_size=4,
    )  # fmt: skip
    return place / "work", place / "shelf", list(adapt(request, place / "work", shelf=place / "shelf"))


def test_the_stages_come_in_order_and_the_share_grows(done):
    _, _, reports = done
    stages = [report.stage for report in reports]
    assert sorted(stages, key=room.STAGES.index) == stages
    assert set(stages) == set(room.STAGES)
    shares = [report.share for report in reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_held_out_music_is_likelier_afterwards(done):
    result = done[2][-1].result
    change = result.likelihood["cross_entropy"]
    assert change.after < change.before  # an untrained model learns at least which pitches there are
    assert change.low <= change.after - change.before <= change.high
    assert change.n == 2  # the first and the last window of the one piece
    assert result.pieces == {"train": 6, "valid": 1, "test": 1}
    assert result.step in (8, 16, 24, 32, 40)
    assert {"notes_per_bar", "stepwise"} <= {row.name for row in result.measures}


def test_the_result_is_in_the_folder(done):
    folder, _, reports = done
    assert AdaptResult.from_dict(json.loads((folder / "result.json").read_text())) == reports[-1].result
    lesson = read_lesson(folder)
    assert (lesson.stage, lesson.share, lesson.running) == ("done", 1.0, False)
    assert lesson.result == reports[-1].result
    assert not (folder / "LOCK").exists()


def test_the_training_never_sees_what_is_held_out(done, monkeypatch):
    folder, _, _ = done
    run = read_run(folder / "training")
    assert run.config.settings["learning_rate"] == pytest.approx(0.3 * 0.02)
    assert [int(row["step"]) for row in run.rows if "valid/cross_entropy" in row] == [0, 8, 16, 24, 32, 40]


def test_the_new_checkpoint_knows_the_style_and_says_what_it_was_taught(done, checkpoints):
    _, shelf, reports = done
    taught, origin = load_checkpoint(shelf / "mine"), load_checkpoint(checkpoints / "composer")
    result = reports[-1].result
    assert taught.styles == (*origin.styles, "folk/mine")
    assert (taught.sha256, origin.sha256) == (result.weights, result.start_weights)
    assert taught.card["terms"] == "own-machine"
    assert taught.card["notice"] == result.notice
    assert taught.card["taught"]["start_weights"] == origin.sha256


def test_two_pieces_of_the_same_seed_can_be_heard_from_both_sides(done):
    folder, _, reports = done
    recipes = {}
    for side in ("before", "after"):
        for name in reports[-1].result.heard:
            score = read_score((folder / side / name).read_bytes(), name).score
            assert len(score.bars()) == 8
            recipes[side, name] = Recipe.from_json(score.provenance["recipe"])
    for name in reports[-1].result.heard:
        assert recipes["before", name].seed == recipes["after", name].seed == 1
        assert (recipes["before", name].model, recipes["after", name].model) == ("composer", "mine")
        assert recipes["before", name].weights != recipes["after", name].weights


def test_a_broken_off_lesson_goes_on_where_it_was(request_for, tmp_path):
    lesson = adapt(request_for(), tmp_path / "work", shelf=tmp_path / "shelf")
    while next(lesson).step < 8:
        pass
    lesson.close()
    assert read_lesson(tmp_path / "work").stage == "broken"
    before = (tmp_path / "work" / "before.json").stat().st_mtime_ns
    reports = list(adapt(request_for(steps=999), tmp_path / "work", shelf=tmp_path / "shelf", resume=True))
    assert [r.step for r in reports if r.stage == "training"] == list(range(10, 41, 2))
    assert read_request(tmp_path / "work").steps == 40
    assert (tmp_path / "work" / "before.json").stat().st_mtime_ns == before


def test_stopped_early_it_keeps_what_was_learnt_by_then(request_for, tmp_path):
    seen = []
    for report in adapt(request_for(), tmp_path / "work", shelf=tmp_path / "shelf"):
        seen.append(report)
        if report.step == 4:
            (tmp_path / "work" / "STOP").touch()
    assert max(report.step for report in seen) == 5
    result = seen[-1].result
    assert result.step in (4, 5)
    assert result.weights == load_checkpoint(tmp_path / "shelf" / "mine").sha256


def test_where_nothing_is_gained_nothing_is_kept(request_for, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "validate", lambda model, held_out: {"cross_entropy": 0.0})  # as it came: perfect
    for report in adapt(request_for(), tmp_path / "work", shelf=tmp_path / "shelf", stop=lambda: True):
        result = report.result
    assert (result.weights, result.improved, result.likelihood) == ("", False, {})
    assert not (tmp_path / "shelf" / "mine").exists()


def test_a_new_style_starts_out_as_the_nearest_one(done, checkpoints):
    folder, _, reports = done
    lesson = room._Adaptation(read_request(folder), folder, folder, None, None)
    weights = read_arrays(checkpoints / "composer" / "weights.npz")
    (table,) = [array for name, array in weights.items() if "style_table" in name]
    nearest = lesson.origin.styles.index(reports[-1].result.start_style)
    assert reports[-1].result.start_style in ("any", "folk/irish")
    taught = read_arrays(done[1] / "mine" / "weights.npz")
    (after,) = [array for name, array in taught.items() if "style_table" in name]
    assert after.shape == (len(table) + 1, table.shape[1])
    moved = np.abs(after[-1] - table[nearest]).max()
    others = [np.abs(after[-1] - row).max() for i, row in enumerate(table) if i != nearest]
    assert moved < min(others)


def test_names_that_are_taken_and_folders_in_use(done, request_for, tmp_path):
    folder, shelf, _ = done
    with pytest.raises(TrainingError, match="“work” holds a lesson already"):
        next(adapt(request_for(), folder, shelf=tmp_path))
    with pytest.raises(TrainingError, match="There is a checkpoint “mine” already"):
        next(adapt(request_for(), tmp_path / "work", shelf=shelf))
    with pytest.raises(TrainingError, match="There is a checkpoint “composer” already"):
        next(adapt(replace(request_for(), name="composer"), tmp_path / "work", shelf=tmp_path / "shelf"))


def test_a_model_without_styles_can_t_be_taught(request_for, checkpoints, tmp_path):
    request = replace(request_for(), checkpoint=str(checkpoints / "classic-gan"))
    with pytest.raises(TrainingError, match="makes music from noise alone"):
        list(adapt(request, tmp_path / "work", shelf=tmp_path / "shelf"))
    lesson = read_lesson(tmp_path / "work")
    assert lesson.stage == "failed"
    assert "from noise alone" in lesson.error["en"]
