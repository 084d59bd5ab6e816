"""Lessons in processes of their own: one at a time, visible from outside, removed without a trace."""

import os
import subprocess
import sys

import psutil
import pytest

from musegen.errors import CorpusError, TrainingError
from musegen.training import lessons as room
from musegen.training.lessons import (
    AdaptRequest,
    all_lessons,
    read_lesson,
    remove_lesson,
    start_lesson,
    stop_lesson,
    write_progress,
    write_request,
)
from musegen.training.lock import hold, holder

REQUEST = AdaptRequest("composer", "songs", "mine")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_DATA", str(tmp_path))
    monkeypatch.delenv("MUSEGEN_CHECKPOINTS", raising=False)
    return tmp_path / "taught"


@pytest.fixture
def sleeper(monkeypatch):
    """In place of a lesson a process that only waits; all of them are ended."""
    begun, popen = [], subprocess.Popen

    def begin(command, **settings):
        child = popen([sys.executable, "-c", "import time; time.sleep(60)"], **settings)
        begun.append((command, child))
        return child

    monkeypatch.setattr(room.subprocess, "Popen", begin)
    yield begun
    for _, child in begun:
        child.kill()
        child.wait()


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "a/b"}, {"name": ".."}, {"minutes": 0}, {"minutes": 1e9}, {"pieces": 1}]
)
def test_requests_that_make_no_sense_are_refused(changes):
    with pytest.raises(TrainingError):
        AdaptRequest(**{"checkpoint": "composer", "music": "songs", "name": "mine", **changes})


def test_a_lesson_runs_beside_us_at_low_priority_and_only_one_does(place, sleeper):
    start_lesson(place / "mine", REQUEST)
    (command, child) = sleeper[0]
    assert command[1:] == [
        "-m",
        "musegen",
        "adapt",
        "songs",
        "--name",
        "mine",
        "--run",
        str(place / "mine"),
        "--resume",
    ]
    if os.name == "posix":
        assert psutil.Process(child.pid).nice() == 10
    lesson = read_lesson(place / "mine")
    assert (lesson.stage, lesson.running, lesson.request) == ("reading", True, REQUEST)
    with pytest.raises(TrainingError, match="“mine” is being taught"):
        start_lesson(place / "other", REQUEST)
    with pytest.raises(TrainingError, match="Stop it first"):
        remove_lesson(place / "mine")
    stop_lesson(place / "mine")
    assert (place / "mine" / "STOP").exists()
    child.kill()
    child.wait()
    assert read_lesson(place / "mine").stage == "broken"
    start_lesson(place / "mine", REQUEST)  # it goes on
    assert not (place / "mine" / "STOP").exists()
    assert len(sleeper) == 2


def test_a_lesson_of_another_process_is_seen_by_its_lock(place):
    write_request(place / "mine", REQUEST)
    write_progress(place / "mine", "training", 0.5)
    assert read_lesson(place / "mine").stage == "broken"
    hold(place / "mine" / "LOCK")
    lesson = read_lesson(place / "mine")
    assert (lesson.stage, lesson.share, lesson.running) == ("training", 0.5, True)


def test_why_a_lesson_failed_is_told(place):
    write_request(place / "mine", REQUEST)
    write_progress(place / "mine", "failed", 0.0, CorpusError("There are no music files in “{name}”.", name="songs"))
    lesson = read_lesson(place / "mine")
    assert lesson.error == {"en": "There are no music files in “songs”.", "zh": "“songs”里没有音乐文件。"}
    assert not lesson.running


def test_a_lesson_that_an_older_musegen_wrote_is_read(place):
    write_request(place / "mine", REQUEST)
    (place / "mine" / "progress.json").write_text('{"stage": "failed", "share": 0.0, "error": "Add more music."}')
    assert read_lesson(place / "mine").error == {"en": "Add more music."}
    (place / "mine" / "progress.json").write_text('{"stage": "done", "share": 1.0, "error": ""}')
    assert not any(read_lesson(place / "mine").error.values())


def test_the_latest_lesson_comes_first_and_other_folders_are_none(place):
    for number, name in enumerate(("a", "b", "c")):
        write_request(place / name, REQUEST)
        os.utime(place / name / "request.json", (1000 + number, 1000 + number))
    (place / "empty").mkdir()
    assert [lesson.folder.name for lesson in all_lessons()] == ["c", "b", "a"]
    with pytest.raises(TrainingError, match="“empty” is no lesson"):
        read_lesson(place / "empty")


def test_what_is_removed_leaves_nothing_behind(place):
    write_request(place / "mine", REQUEST)
    checkpoint = place.parent / "checkpoints" / "mine"
    checkpoint.mkdir(parents=True)
    remove_lesson(place / "mine")  # it gave no checkpoint: that one is somebody else's
    assert not (place / "mine").exists()
    assert checkpoint.exists()


@pytest.mark.parametrize("text", ["{pid} 1.5", "999999999 1.5", "garbage", ""])
def test_a_lock_of_nobody_who_lives(tmp_path, text):
    (tmp_path / "LOCK").write_text(text.format(pid=os.getpid()))
    assert holder(tmp_path / "LOCK") is None
    hold(tmp_path / "LOCK")
    assert holder(tmp_path / "LOCK") == os.getpid()
    with pytest.raises(TrainingError, match="another process"):
        hold(tmp_path / "LOCK")


def test_a_process_that_ended_but_was_not_waited_for_holds_nothing(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    hold(tmp_path / "LOCK", child.pid)
    assert holder(tmp_path / "LOCK") == child.pid
    child.stdin.close()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert holder(tmp_path / "LOCK") is None
    child.wait()
