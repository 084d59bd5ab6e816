"""Every error that a page can show is said in English and in Chinese, with the same values filled in."""

from __future__ import annotations

import ast
import json
import pickle
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from musegen.desk import DeskError, load
from musegen.errors import CorpusError, ScoreError, TrainingError
from musegen.formats.json_value import from_json_value
from musegen.formats.refusal import refuse
from musegen.score import Score

ROOT = Path(__file__).parents[1]
CHINESE = json.loads((ROOT / "assets/locale/errors.zh.json").read_text("utf-8"))

# What only the command line or the preparation of a corpus says stays in English.
ENGLISH = (
    "musegen/cli/",
    "musegen/launch.py",
    *(f"musegen/corpora/{room}.py" for room in ("choral", "melody", "roll", "tables")),
)


TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in [*sorted((ROOT / "musegen").rglob("*.py")), ROOT / "pages" / "_routes.py"]
}


def kinds() -> set[str]:
    """The names of the error and of all that is derived from it, but of a refusal, which brings both its sentences."""
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found, before = {"MusegenError"}, set[str]()
    while found != before:
        before = set(found)
        found |= {one.name for one in classes if found & {getattr(base, "id", "") for base in one.bases}}
    return found - {"Refusal"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every place where such an error is made, with its name."""
    names = kinds()
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
            if made and not name.startswith(ENGLISH):
                yield f"{name}:{node.lineno}", node


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


CALLS = dict(calls())


def test_the_errors_are_found():
    ours = {"ScoreError", "CorpusError", "CheckpointError", "TrainingError"}
    assert kinds() == {"MusegenError", *ours, "DeskError", "SoundFontError"}
    assert len(CALLS) > 150


@pytest.mark.parametrize("place", CALLS)
def test_every_error_has_its_chinese(place):
    call = CALLS[place]
    assert len(call.args) == 1
    assert isinstance(call.args[0], ast.Constant), "The sentence is a template; its values are named after it."
    template = call.args[0].value
    assert template in CHINESE
    assert {word.arg for word in call.keywords} == fields(template) == fields(CHINESE[template])


def test_no_chinese_is_left_over():
    assert set(CHINESE) == {call.args[0].value for call in CALLS.values()}


def test_the_english_rooms_are_there():
    assert all((ROOT / room).exists() for room in ENGLISH)


def test_chinese_is_chinese():
    assert not [text for text in CHINESE.values() if not re.search(r"[\u4e00-\u9fff]", text)]


# --- sentences worked out by hand -------------------------------------------------------------


def test_the_values_are_filled_in_in_both_languages():
    error = ScoreError("The blend would have {bars} bars; I can make up to {most}.", bars=300, most=256)
    assert str(error) == error.sentence() == "The blend would have 300 bars; I can make up to 256."
    assert error.sentence("zh") == "融合后会有 300 小节；最多只能写 256 小节。"


def test_a_sentence_without_values_is_taken_as_it_stands():
    assert str(ScoreError("A set {of} braces")) == ScoreError("A set {of} braces").sentence("zh") == "A set {of} braces"


def test_a_users_braces_stay_as_they_are():
    error = TrainingError("“{name}” is being taught. Stop it first.", name="{name} {0}")
    assert str(error) == "“{name} {0}” is being taught. Stop it first."
    assert error.sentence("zh") == "正在教“{name} {0}”。请先让它停下。"


def test_numbers_are_written_as_the_template_says():
    minutes = "The piece lasts {minutes:.1f} minutes; films are made of {most} at most. Choose fewer bars."
    error = ScoreError(minutes, minutes=12.34, most=10)
    assert str(error) == "The piece lasts 12.3 minutes; films are made of 10 at most. Choose fewer bars."
    assert error.sentence("zh") == "乐曲长 12.3 分钟；视频最长 10 分钟。请少选一些小节。"


def test_an_error_within_an_error_is_said_in_the_same_language():
    inside = ScoreError("This music has more than {most} bars. Choose fewer.", most=9)
    error = DeskError("This saved workbench is damaged. {error}", error=inside)
    assert str(error) == "This saved workbench is damaged. This music has more than 9 bars. Choose fewer."
    assert error.sentence("zh") == "保存的工作台已损坏。这段音乐超过 9 小节。请少选一些。"


def test_an_error_crosses_to_another_process_with_both_languages():
    error = CorpusError("There are no music files in “{name}”.", name="songs")
    error.add_note("a note")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is CorpusError
    assert (str(again), again.template, again.values) == (str(error), error.template, {"name": "songs"})
    assert again.sentence("zh") == "“songs”里没有音乐文件。"


def test_a_refused_file_says_its_own_chinese():
    assert (
        refuse("midi_metre", metre="300/4").sentence("zh")
        == "MIDI 无法容纳这份乐谱：它的拍号是 300/4。请改存为 MusicXML。"
    )


def test_a_damaged_text_is_refused_in_both_languages():
    with pytest.raises(DeskError) as caught:
        load("!")
    assert str(caught.value) == "This text is cut off or damaged."
    assert caught.value.sentence("zh") == "这段内容不完整或已损坏。"


def test_too_many_notes_from_a_browser_are_refused_in_both_languages():
    with pytest.raises(ScoreError) as caught:
        from_json_value({"notes": [[0, 60, 1, 1, 0]] * 60_001})
    assert str(caught.value) == "This music has 60001 notes; 60000 are the most that can be worked on."
    assert caught.value.sentence("zh") == "这段音乐有 60001 个音符；最多只能处理 60000 个。"


def test_bars_that_a_score_lacks_are_named_in_both_languages():
    with pytest.raises(ScoreError) as caught:
        Score(()).slice_bars(7, 9)
    assert str(caught.value) == "There are no bars 7-9: the score has bars 1-1."
    assert caught.value.sentence("zh") == "没有第 7–9 小节：乐谱只有第 1–1 小节。"
