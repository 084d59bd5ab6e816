"""Teach it: what is given, a lesson under way, what came of it, and its use in Create."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict

import pytest
from house import LANGUAGES, check, chorale, players

from musegen.checkpoint import load_checkpoint, save_checkpoint
from musegen.errors import CorpusError
from musegen.formats import write_score
from musegen.training import lessons as room
from musegen.training.before_after import AdaptResult, Change, MeasureChange
from musegen.training.lessons import AdaptRequest, read_lesson, write_progress, write_request
from musegen.training.lock import hold

SONG = write_score(chorale(), "mid")
RESULT = AdaptResult(
    name="my-songs", style="chorale/my-songs", start="composer", start_style="chorale/bach", start_weights="a",
    weights="b", title="My songs", licence="the user's own", credit="", terms="own-machine", notice="Mine.",
    pieces={"train": 8, "valid": 1, "test": 2}, left_out=0, step=40, steps=80, seconds=90.0,
    likelihood={"cross_entropy": Change(2.0, 1.0, -1.5, -0.5, 9)},
    measures=(
        MeasureChange("stepwise", "%", 40.0, 50.0, 60.0, (None,) * 3, (None,) * 3),
        MeasureChange("leaps", "%", 10.0, 20.0, 5.0, (None,) * 3, (None,) * 3),
        MeasureChange("tertian", "%", None, None, None, (None,) * 3, (None,) * 3),
    ),
    auc={"before": 0.9, "after": 0.8, "real": 0.5}, heard=("1.musicxml", "2.musicxml"),
)  # fmt: skip


@pytest.fixture
def lesson(furnish, tmp_path):
    """``lesson(stage, result)``: a lesson's folder as the process that gives it leaves it."""
    folder = tmp_path / "own" / "taught" / "my-songs"

    def make(stage="done", result=RESULT, error=None):
        write_request(folder, AdaptRequest("composer", "songs", "my-songs"))
        write_progress(folder, stage, 0.5, error)
        training = folder / "training"
        training.mkdir(exist_ok=True)
        (training / "config.json").write_text(json.dumps({"model": "composer", "corpora": ["songs"]}))
        rows = [{"step": 0, "seconds": 0, "valid/cross_entropy": 2.0}, {"step": 10, "seconds": 5, "cross_entropy": 1.5}]
        (training / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        if stage == "done":
            (folder / "result.json").write_text(json.dumps(asdict(result)))
            for side in ("before", "after"):
                (folder / side).mkdir(exist_ok=True)
                for name in result.heard:
                    (folder / side / name).write_bytes(write_score(chorale(), "musicxml"))
        return folder

    return make


@pytest.fixture
def taught(furnish, tmp_path):
    """The tests' composer once more, as if it had been taught."""
    facts = {"style": "chorale/bach", "title": "A set", "licence": "non-commercial", "credit": "Its makers"}
    own = tmp_path / "own" / "checkpoints" / "my-songs"
    shutil.copytree(furnish / "checkpoints" / "composer", own)
    card = json.loads((own / "card.json").read_text())
    (own / "card.json").write_text(json.dumps({**card, "taught": {**facts, "terms": "own-machine"}}))
    return own


@pytest.fixture
def begun(monkeypatch):
    """What lessons were begun with, none of them given."""
    calls = []
    monkeypatch.setattr(room, "start_lesson", lambda folder, request: calls.append((folder, request)))
    return calls


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_anything_was_taught(visit, words, language):
    app = visit("teach", language)
    said = words(language)
    assert app.title[0].value == said["teach.title"]
    assert said["teach.none"] in [info.value for info in app.info]
    assert app.button(key="teach").disabled
    assert said["teach.kept"] in [caption.value for caption in app.caption]


def test_files_begin_a_lesson(visit, begun, tmp_path):
    app = visit("teach")
    for number in range(5):
        app.file_uploader(key="songs").upload(f"song ../{number}.mid", SONG)
    app.run()
    check(app)
    app.slider(key="minutes").set_value(3)
    app.text_input[0].set_value("Lieder der Küste").run()
    app.button(key="teach").click().run()
    ((folder, request),) = begun
    assert folder == tmp_path / "own" / "taught" / "lieder-der-küste"
    assert (request.name, request.minutes, request.music) == ("lieder-der-küste", 3, str(folder / "my music"))
    assert [path.read_bytes() for path in sorted((folder / "my music").iterdir())] == [SONG] * 5


def test_too_few_files_begin_nothing(visit, words):
    app = visit("teach")
    app.file_uploader(key="songs").upload("song.mid", SONG).run()
    assert app.button(key="teach").disabled
    assert words("en")["teach.fewest"].format(count=1, fewest=5) in [caption.value for caption in app.caption]


def test_a_set_comes_with_its_licence(visit, words, begun):
    app = visit("teach")
    app.segmented_control(key="music_kind").set_value("set").run()
    app.selectbox(key="set").set_value("essen-china").run()
    check(app)
    assert "non\\-commercial use only" in app.warning[0].value
    app.button(key="teach").click().run()
    assert begun[0][1].music == "essen-china"


def test_a_name_that_is_taken_is_refused_in_a_sentence(visit, begun, lesson):
    lesson("failed")
    app = visit("teach", whole=False)
    for number in range(5):
        app.file_uploader(key="songs").upload(f"{number}.mid", SONG)
    app.run()
    app.button(key="teach").click().run()
    assert not begun
    assert any("Choose another name" in error.value for error in app.error)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_under_way_is_watched_and_only_its_owner_can_stop_it(visit, words, lesson, language):
    folder = lesson("training")
    hold(folder / "LOCK")
    said = words(language)
    app = visit("teach", language)
    assert said["teach.not_yours"] in [caption.value for caption in app.caption]
    assert said["teach.busy"] in [caption.value for caption in app.caption]
    assert app.button(key="teach").disabled
    app.session_state["my_lessons"] = {"my-songs"}
    app.run()
    assert said["teach.busy_mine"] in [caption.value for caption in app.caption]
    assert said["teach.busy"] not in [caption.value for caption in app.caption]
    app.button(key="stop").click().run()
    check(app)
    assert (folder / "STOP").exists()
    assert said["teach.stopping"] in [caption.value for caption in app.caption]


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_and_after_are_read_and_heard(visit, words, lesson, language):
    lesson()
    app = visit("teach", language)
    said = words(language)
    # exp(-2) and exp(-1): the chance that it gives to the right note
    assert app.success[0].value == said["teach.learnt"].format(before="13.5", after="36.8", windows=9)
    assert len(players(app)) == 4
    table = app.table[0].value
    assert table[said["teach.towards"]].tolist() == [said["teach.nearer"], said["teach.farther"], "–"]
    assert table[said["teach.before"]].tolist() == ["40.0", "10.0", "–"]
    assert said["teach.closer"].format(closer=1, known=2) in [m.value for m in app.markdown]
    assert said["notice.own"] in [caption.value for caption in app.caption]


@pytest.mark.parametrize(
    "change",
    [Change(2.0, 1.0, -1.5, 0.1, 9), Change(2.0, 1.0, -1.0, -1.0, 1)],  # of one window the interval is a point
)
def test_an_uncertain_gain_is_said_to_be_one(visit, words, lesson, change):
    uncertain = {**RESULT.likelihood, "cross_entropy": change}
    lesson(result=AdaptResult(**{**asdict(RESULT), "likelihood": uncertain, "measures": RESULT.measures}))
    assert visit("teach").success[0].value.startswith(words("en")["teach.learnt_perhaps"].split(",")[0])


def test_where_nothing_was_learnt_the_page_says_so(visit, words, lesson):
    nothing = {**asdict(RESULT), "weights": "", "likelihood": {}, "measures": (), "heard": ()}
    lesson(result=AdaptResult(**nothing))
    assert visit("teach").warning[0].value == words("en")["teach.nothing"].format(train=8)


@pytest.mark.parametrize(
    ("language", "why"),
    [("en", "There are no music files in “my music”\\."), ("zh", "“my music”里没有音乐文件。")],
)
def test_why_a_lesson_failed(visit, lesson, language, why):
    lesson("failed", error=CorpusError("There are no music files in “{name}”.", name="my music"))
    app = visit("teach", language, whole=False)
    assert app.error[0].value == why


def test_a_lesson_that_was_broken_off(visit, words, lesson):
    lesson("training")
    assert visit("teach").warning[0].value == words("en")["teach.broken"]


def test_deleting_takes_the_lesson_and_its_model(visit, lesson, taught):
    folder = lesson()
    app = visit("teach")
    assert read_lesson(folder).result == RESULT
    app.button(key="delete").click().run()
    check(app)
    assert not folder.exists()
    assert not taught.exists()


def test_create_offers_what_was_taught_with_its_notice(visit, words, taught):
    app = visit("create")
    choice = app.selectbox(key="model-en")
    assert choice.options == [words("en")["model.shipped"], "my-songs"]
    choice.set_value("my-songs").run()
    check(app)
    assert any("Its makers" in caption.value for caption in app.caption)
    app.slider(key="set-passes").set_value(8)
    app.button(key="make").click().run()
    check(app)
    assert {piece.recipe.model for piece in app.session_state["desk"].now.offer.pieces} == {"my-songs"}


def test_without_anything_taught_create_asks_nothing(visit):
    assert not [box for box in visit("create").selectbox if box.key.startswith("model-")]


def test_from_the_result_to_create(visit, lesson, taught):
    lesson()
    app = visit("teach")
    app.button(key="use-model").click().run()
    assert app.session_state["model"] == "my-songs"


def test_own_models_are_those_that_were_taught(taught, tmp_path):
    from musegen.gallery import own_models

    checkpoint = load_checkpoint(taught)
    other = taught.parent / "other"
    save_checkpoint(other, checkpoint.model, checkpoint.codec, {})
    (taught.parent / "damaged").mkdir()
    (taught.parent / "damaged" / "card.json").write_text("{")
    (own,) = own_models()
    assert (own.name, own.title, own.terms) == ("my-songs", "A set", "own-machine")
