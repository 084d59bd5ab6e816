"""Measures of performances, worked out by hand."""

import numpy as np
import pytest

from musegen.errors import ScoreError
from musegen.evaluation.performance import Rendering, closeness, deadpan, expression, phrase_arch
from musegen.score import Note, Score, Tempo, Track

# Three quarters and a chord of two, 120 to the minute.
NOTES = (Note(0, 60, 480), Note(480, 62, 480), Note(960, 64, 480), Note(1440, 60, 480), Note(1440, 67, 480))
SCORE = Score(NOTES, (Track("Melody", 0),), tempos=(Tempo(0, 120.0),))


def played(onsets, lengths, velocities):
    return Rendering(*(np.array(x, float) for x in (onsets, lengths, velocities)))


def test_tempo_loudness_and_articulation_by_hand():
    # .5 s, 1 s, .25 s from onset to onset; the chord is spread, its mean is at 1.75 s
    one = played([0, 0.5, 1.5, 1.7, 1.8], [0.5, 0.5, 0.125, 1, 1], [80, 90, 100, 70, 60])
    found = expression(SCORE, one)
    np.testing.assert_allclose(found["tempo"], [120, 60, 240, np.nan, np.nan])
    np.testing.assert_allclose(found["velocity"], [80, 90, 100, 70, 60])
    np.testing.assert_allclose(found["articulation"], [1, 0.5, 0.5, np.nan, np.nan])


def test_an_onset_that_comes_no_later_has_no_tempo():
    found = expression(SCORE, played([0, 0, 1, 2, 2], [1] * 5, [80] * 5))
    assert np.isnan(found["tempo"][0])
    assert found["tempo"][1] == 60


def test_closeness_by_hand():
    def loud(*velocities):
        return played([0, 0.5, 1, 1.5, 1.5], [0.5] * 5, velocities)

    people = [loud(60, 70, 80, 90, 90), loud(64, 74, 84, 94, 94)]  # means 62, 72, 82, 92, 92; deviation 8 ** .5
    found = closeness(SCORE, loud(62, 66, 82, 92 + 5.6, 92 + 5.7), people)
    assert found["velocity"].notes == 5
    assert found["velocity"].inside == pytest.approx(3 / 5)  # 6 and 5.7 lie beyond 2 * 2.828, 5.6 does not
    assert found["velocity"].correlation == pytest.approx(
        np.corrcoef([62, 66, 82, 97.6, 97.7], [62, 72, 82, 92, 92])[0, 1]
    )
    assert (found["tempo"].correlation, found["tempo"].inside, found["tempo"].notes) == (None, 1.0, 3)


def test_a_person_is_like_herself_and_a_mirror_is_the_opposite():
    rng = np.random.default_rng(0)
    onsets = np.array([0, 0.5, 1.1, 1.5, 1.5])
    people = [played(onsets + rng.normal(0, 0.02, 5), [0.4] * 5, [60, 70, 80, 90, 75]) for _ in range(3)]
    mirror = played(onsets, [0.4] * 5, [90, 80, 70, 60, 75])
    assert closeness(SCORE, people[0], people)["velocity"].correlation == pytest.approx(1.0)
    assert closeness(SCORE, mirror, people)["velocity"].correlation == pytest.approx(-1.0)


def test_deadpan_is_as_written():
    found = expression(SCORE, deadpan(SCORE))
    np.testing.assert_allclose(found["tempo"][:3], 120)
    np.testing.assert_allclose(found["articulation"][:3], 1)
    assert set(found["velocity"]) == {80}


def test_an_arch_is_fastest_and_loudest_in_the_middle_of_each_phrase():
    notes = tuple(Note(480 * i, 60, 480) for i in range(16))
    score = Score(notes, (Track("Melody", 0),), tempos=(Tempo(0, 100.0),))
    found = expression(score, phrase_arch(score, [8 * 480]))
    tempo, loud = found["tempo"][:15], found["velocity"]
    assert np.argmax(tempo[:8]) in (3, 4)
    assert np.argmax(tempo[8:]) in (3, 4)
    # x = 0 at the first note: 1 + .3 (1/2 - 1) = .85; x = 1/2 at the fifth: 1 + .3 / 2 = 1.15
    assert loud[[0, 4, 8, 12]] == pytest.approx([68, 92, 68, 92])
    np.testing.assert_allclose(found["articulation"][:15], 1, atol=1e-6)


def test_what_can_t_be_compared_is_refused_in_a_sentence():
    one = deadpan(SCORE)
    with pytest.raises(ScoreError, match="at least two others"):
        closeness(SCORE, one, [one])
    with pytest.raises(ScoreError, match="has 5 notes, not 1"):
        expression(SCORE, played([0], [1], [80]))


def test_an_empty_score_has_an_empty_performance():
    empty = Score((), (Track("Melody", 0),))
    assert len(phrase_arch(empty, []).onsets) == 0
    assert len(expression(empty, deadpan(empty))["tempo"]) == 0
