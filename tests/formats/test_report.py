"""What an import says, in both languages."""

from __future__ import annotations

import json
import re

import pytest

from musegen.formats import read_score
from musegen.formats.refusal import _SENTENCES
from musegen.formats.report import Remark, Remarks, report_on, rhythm_kind
from musegen.formats.wording import REMARKS, bars_phrase, key_name
from musegen.score import Key, Metre, Note, Score, Tempo


@pytest.mark.parametrize(
    ("bars", "english", "chinese"),
    [
        ((), "", ""),
        ((5,), "in bar 5", "第 5 小节"),
        ((9, 5, 5), "in bars 5 and 9", "第 5、9 小节"),
        ((1, 2, 3, 4, 7, 9), "in bars 1-4, 7 and 9", "第 1-4、7、9 小节"),
        ((1, 2), "in bars 1 and 2", "第 1、2 小节"),
        ((1, 3, 5, 7, 9, 11, 12), "in bars 1, 3, 5, 7 and 3 more", "第 1、3、5、7 小节等（另有 3 小节）"),
    ],
)
def test_bars_in_words(bars, english, chinese):
    assert bars_phrase(bars, "en") == english
    assert bars_phrase(bars, "zh") == chinese


def test_a_report_in_both_languages():
    # 96 ticks; triplets in bars 1 and 3 of 3/4 (288 ticks): a third of a quarter is 32.
    notes = (Note(32, 60, 32), Note(64, 62, 32), Note(288, 64, 96), Note(576 + 32, 65, 32))
    score = Score(notes, resolution=96, metres=(Metre(0, 3, 4),), tempos=(Tempo(0, 96.0),), key=Key(-1, "minor"))
    report = report_on(score, "MIDI", Remarks())
    assert report.sentences() == [
        "3 bars, 1 voice, D minor, 3/4, 96 quarter notes a minute",
        "3 triplet notes, in bars 1 and 3",
    ]
    assert report.sentences("zh") == [
        "3 小节，1 个声部，D小调，3/4 拍，每分钟 96 个四分音符",
        "3 个三连音音符（第 1、3 小节）",
    ]
    values = json.loads(json.dumps(report.to_dict()))
    assert (values["bars"], values["voices"], values["metre"], values["key"], values["tempo"]) == (
        3,
        1,
        "3/4",
        "D minor",
        96,
    )
    assert (values["notes"], values["format"], values["duration_s"]) == (
        4,
        "MIDI",
        4.167,
    )  # 640 / 96 * 60 / 96 = 4.1667
    assert values["remarks"] == [
        {"kind": "triplets", "count": 3, "bars": [1, 3], "text": "", "sentence": "3 triplet notes, in bars 1 and 3"}
    ]


def test_a_pick_up_is_bar_0_and_is_said():
    score = Score((Note(0, 60, 480), Note(480, 60, 1920)), pickup=480, key=Key(2))
    report = report_on(score, "ABC", Remarks())
    assert report.sentences()[0] == (
        "1 bar and a pick-up of 1 quarter note, 1 voice, 2 sharps, 4/4, 120 quarter notes a minute"
    )
    assert report.sentences("zh")[0].startswith("1 小节（弱起：1 个四分音符），1 个声部，2 个升号")
    remarks = Remarks()
    remarks.add("grace", 0)
    assert remarks.finish(score.bars())[0].bars == (0,)


@pytest.mark.parametrize(
    ("ticks", "english", "chinese"),
    [
        (240, "1 eighth note", "1 个八分音符"),
        (720, "3 eighth notes", "3 个八分音符"),
        (120, "1 sixteenth note", "1 个十六分音符"),
        (960, "2 quarter notes", "2 个四分音符"),
        (160, "0.333 quarter notes", "0.333 个四分音符"),  # no whole number of notes is that long
    ],
)
def test_a_pick_up_is_said_in_notes(ticks, english, chinese):
    score = Score((Note(0, 60, ticks), Note(ticks, 60, 1440)), metres=(Metre(0, 6, 8),), pickup=ticks)
    report = report_on(score, "ABC", Remarks())
    assert f"a pick-up of {english}, " in report.sentences()[0]
    assert f"（弱起：{chinese}）" in report.sentences("zh")[0]


@pytest.mark.parametrize(
    ("place", "kind"),
    [(0, ""), (120, ""), (121, ""), (160, "triplets"), (80, "triplets"), (60, "fine"), (40, "fine"), (47, "off_grid")],
)
def test_kinds_of_rhythm_at_480(place, kind):
    # 480 / 4 = 120; a tick beside it is rounding; / 3 = 160; / 6 = 80; a 32nd 60; a 12th 40
    assert rhythm_kind(place, 480) == kind


@pytest.mark.parametrize(
    ("key", "english", "chinese"),
    [
        (None, "no key stated", "没有标明调号"),
        (Key(-3, "major"), "E-flat major", "降E大调"),
        (Key(6, "minor"), "D-sharp minor", "升D小调"),
        (Key(-2), "2 flats", "2 个降号"),
        (Key(0), "no sharps or flats", "无升降号"),
    ],
)
def test_keys_in_words(key, english, chinese):
    assert key_name(key, "en") == english
    assert key_name(key, "zh") == chinese


@pytest.mark.parametrize("kind", REMARKS)
def test_every_remark_is_a_sentence_in_both_languages(kind):
    for count in (1, 3):
        for language in ("en", "zh"):
            sentence = Remark(kind, count, (2,), "text").sentence(language)
            assert sentence
            assert not re.search(r"[{}]", sentence)
            assert ("小节" in sentence) == (language == "zh")


@pytest.mark.parametrize("kind", _SENTENCES)
def test_every_refusal_names_the_same_facts_in_both_languages(kind):
    english, chinese = _SENTENCES[kind]
    facts = set(re.findall(r"\{(\w+)", english))
    assert {fact.removesuffix("_zh") for fact in re.findall(r"\{(\w+)", chinese)} == facts
    assert english.endswith((".", "}"))


def test_many_changes_of_metre_name_each_metre_once():
    metres = (Metre(0, 3, 4), Metre(1440, 2, 4), Metre(2400, 3, 4), Metre(3840, 2, 4))
    score = Score((Note(0, 60, 4800),), metres=metres)
    # Bars of 1440 and 960 ticks: the changes at 1440, 2400 and 3840 begin bars 2, 3 and 4.
    assert report_on(score, "MIDI", Remarks()).sentences()[1] == "3 changes of metre: 3/4 2/4, in bars 2-4"


def test_a_file_s_name_and_hash_are_kept():
    data = b"X:1\nK:C\nC|\n"
    provenance = read_score(data, "a.abc").score.provenance
    assert provenance["source"] == "a.abc"
    assert provenance["sha256"] == "26b445527bc6a9ea0111db834f2e12d4ff02fcaba0e8424c15b0d308428e64b0"
