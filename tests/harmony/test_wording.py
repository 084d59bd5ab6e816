"""What is said of faults and cadences, in both languages."""

from __future__ import annotations

import pytest
from chorus import CADENCE, C, choir

from musegen.harmony import analyse, cadences, faults
from musegen.harmony.bach import BachRate
from musegen.harmony.fault import KINDS, LEVELS, Fault, Unjudged
from musegen.harmony.wording import (
    bach_sentence,
    cadence_sentence,
    kind_name,
    level_name,
    part_name,
    place,
    sentence,
    unjudged_sentence,
)
from musegen.score import Track


def test_a_fault_in_words():
    score = choir((76, 72, 55, 48), (74, 69, 57, 50), key=C)
    fault = next(f for f in faults(score) if f.kind == "parallel_fifths")
    assert sentence(fault, score) == (
        "Bar 1, beat 2: tenor (G3 to A3) and bass (C3 to D3) move in the same direction from one fifth to the next."
    )
    assert sentence(fault, score, "zh") == "第 1 小节第 2 拍：男高音（G3→A3）与男低音（C3→D3）同向进行，形成平行五度。"


def test_a_bass_without_a_tenor_is_no_singer():
    score = choir((72, 48), (78, 48), key=C)
    band = score.replace(tracks=(Track("Flute", 73), Track("Bass", 32)))
    assert [part_name(band, part, "zh") for part in (0, 1)] == ["长笛", "低音"]
    assert part_name(choir((72, 67, 64, 48)), 3, "zh") == "男低音"


def test_parts_without_a_name_have_a_number():
    score = choir((60, 48), (66, 48), key=C).replace(tracks=choir((60, 48)).tracks)
    leap = next(f for f in faults(score) if f.kind == "bad_leap")
    assert sentence(leap, score) == "Bar 1, beat 2: Part 1 leaps by a tritone (C4 to F♯4)."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_has_words(kind, language):
    score = choir((72, 67, 64, 48), (71, 67, 62, 55), key=C)
    fault = Fault(kind, "error", 0, 480, 0, 2.5, (0, 1), (0, 4, 1, 5), {"interval": 6, "low": 60, "high": 81})
    said = sentence(fault, score, language)
    assert "{" not in said
    assert "2½" in said
    assert kind_name(kind, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_other_words(language):
    assert {level_name(level, language) for level in LEVELS}.isdisjoint({""})
    assert place(0, 4.0, language) in ("Upbeat, beat 4", "弱起小节第 4 拍")
    score = choir((72, 67, 64, 48), key=C)
    for reason in ("one_part", "chordal_parts", "not_a_choir", "not_four_voices", "doubled_parts", "no_chords"):
        assert "{" not in unjudged_sentence(Unjudged((), reason, (0, 1)), score, language)


def test_a_cadence_in_words():
    (cadence,) = cadences(choir(*CADENCE, key=C))
    assert cadence_sentence(cadence) == "Bar 1, beat 4: perfect authentic cadence"
    assert cadence_sentence(cadence, "zh") == "第 1 小节第 4 拍：完满正格终止"
    away = ((74, 66, 62, 50), (74, 67, 59, 55), (72, 64, 60, 57), (72, 66, 62, 50), (71, 67, 62, 43, 4.0))
    home = ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48))
    found = analyse(choir(*home, *away, *home, key=C)).cadences
    other = next(c for c in found if c.modulating)
    assert cadence_sentence(other) == "Bar 3, beat 1: imperfect authentic cadence in G major"
    assert cadence_sentence(other, "zh") == "第 3 小节第 1 拍：G大调上的不完满正格终止"


def test_how_often_bach_does_it_in_words():
    rate = BachRate("crossing", 539, 3.978, 189, 290)
    assert bach_sentence(rate) == "Bach does it 4 times in a hundred chords; 189 of 290 chorales have it."
    assert bach_sentence(rate, "zh") == "巴赫的 290 首众赞歌中有 189 首出现，平均每 100 个和弦 4 次。"
    assert bach_sentence(BachRate("x", 0, 0.0, 0, 290)) == "Bach never does it in 290 chorales."
