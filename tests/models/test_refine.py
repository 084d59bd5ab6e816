"""Refinement: what is doubted, what is kept, and the rules, worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from musegen.evaluation.rules import parallels
from musegen.evaluation.sampling import sample
from musegen.lanes import HOLD, MASK, REST, VOCABULARY
from musegen.models.refine import OnePass, best_of, broken_rules, by_chance, merit, most_doubtful, refine
from musegen.models.sampling import blank_conditions
from musegen.score import Note, Score, Track

STEPS = 16


def conditions(n=1, present=4):
    return blank_conditions(n, bars=1, present=present)


def noise(context, conditions, *, seed, temperature):
    """A generator that writes any quarter notes."""
    rng = np.random.default_rng(seed)
    tokens = np.full(context.shape, HOLD, np.int16)
    tokens[:, ::4] = rng.integers(60, 72, tokens[:, ::4].shape)
    tokens = np.where(context == MASK, tokens, context)
    return np.where(conditions["present"][:, None, :], tokens, REST).astype(np.int16)


def likes_c(tokens, conditions):
    """A critic that trusts C (60) and what is held."""
    return np.where((tokens == 60) | (tokens == HOLD), 0.0, -1.0)


def share_of_c(tokens):
    return (tokens[:, ::4] == 60).mean(axis=(1, 2))


def test_the_worst_beats_go_with_all_of_their_notes():
    tokens = np.full((1, 12, 2), HOLD, np.int16)
    tokens[0, [0, 6], 0] = 60, 62  # lane 0: steps 0-5 and 6-11
    tokens[0, [0, 4, 8], 1] = 48, 50, 52  # lane 1: beat by beat
    scores = np.zeros((1, 12, 2))
    scores[0, 8:, 0] = -3  # beat 2 of lane 0, in the middle of the note from step 6
    scores[0, 4:8, 1] = -2  # beat 1 of lane 1
    free = np.ones((1, 12, 2), bool)
    hidden = most_doubtful(tokens, scores, free, 1 / 6)
    assert np.flatnonzero(hidden[0, :, 0]).tolist() == [6, 7, 8, 9, 10, 11]
    assert not hidden[0, :, 1].any()
    hidden = most_doubtful(tokens, scores, free, 2 / 6)
    assert np.flatnonzero(hidden[0, :, 1]).tolist() == [4, 5, 6, 7]
    free[0, :, 0] = False
    hidden = most_doubtful(tokens, scores, free, 0.01)  # at least one
    assert not hidden[0, :, 0].any()
    assert np.flatnonzero(hidden[0, :, 1]).tolist() == [4, 5, 6, 7]


def test_nothing_free_nothing_doubted():
    tokens = np.full((1, 8, 1), 60, np.int16)
    assert not most_doubtful(tokens, np.zeros((1, 8, 1)), np.zeros((1, 8, 1), bool), 0.5).any()


def test_refinement_keeps_what_is_given_and_never_gets_worse():
    context = np.full((3, STEPS, 4), MASK, np.int16)
    context[:, :, 1] = np.array([65, HOLD, HOLD, HOLD] * 4)
    values = [
        share_of_c(refine(noise, likes_c, context, conditions(3), seed=4, rounds=rounds)) for rounds in (0, 4, 30)
    ]
    assert (values[0] <= values[1]).all()
    assert (values[1] <= values[2]).all()
    assert values[2].mean() > values[0].mean() + 0.15
    made = refine(noise, likes_c, context, conditions(3), seed=4, rounds=4)
    assert np.array_equal(made[:, :, 1], context[:, :, 1])
    assert not (made == MASK).any()
    assert np.array_equal(made, refine(noise, likes_c, context, conditions(3), seed=4, rounds=4))


def test_doubting_what_is_bad_beats_doubting_by_chance():
    context = np.full((8, STEPS, 4), MASK, np.int16)
    by_critic = refine(noise, likes_c, context, conditions(8), seed=1, rounds=12, keep_better=False)
    random = refine(noise, by_chance(1), context, conditions(8), seed=1, rounds=12, keep_better=False)
    assert share_of_c(by_critic).mean() > share_of_c(random).mean() + 0.1


def test_absent_lanes_stay_silent():
    context = np.full((1, STEPS, 4), MASK, np.int16)
    made = refine(noise, likes_c, context, conditions(present=1), seed=2, rounds=3)
    assert (made[..., 1:] == REST).all()


class Torn:
    """Half C, half D, everywhere."""

    config = SimpleNamespace()

    def logits(self, context, conditions):
        logits = np.full((*context.shape, VOCABULARY), -1e9, np.float32)
        logits[..., 60], logits[..., 62] = np.log(0.75), np.log(0.25)
        return logits


def test_one_pass_knows_how_sure_it_was():
    context = np.full((2, STEPS, 4), MASK, np.int16)
    context[0, 0, 0] = 65
    fill = OnePass(Torn())
    tokens = fill(context, conditions(2), seed=3, temperature=1.0)
    sure = fill.confidence(tokens, conditions(2))
    np.testing.assert_allclose(sure[tokens == 60], np.log(0.75), atol=1e-5)
    np.testing.assert_allclose(sure[tokens == 62], np.log(0.25), atol=1e-5)
    assert tokens[0, 0, 0] == 65
    assert sure[0, 0, 0] == 0
    assert 0.6 < (tokens == 60).mean() < 0.9
    again = np.where(np.arange(STEPS)[None, :, None] == 5, MASK, tokens).astype(np.int16)
    fill(again, conditions(2), seed=4, temperature=0.5)
    kept = np.arange(STEPS) != 5
    np.testing.assert_array_equal(fill.confidence(tokens, {})[:, kept], sure[:, kept])
    # at half the temperature .75 and .25 become .9 and .1
    drawn = fill.confidence(tokens, {})[:, 5].ravel()
    assert all(np.isclose(v, np.log(0.9), atol=1e-4) or np.isclose(v, np.log(0.1), atol=1e-4) for v in drawn)


def test_parallels_are_counted_as_the_measures_do():
    # C4-G4, D4-A4 (fifths, both up), E3-E4 octave by contrary leap, F3-F4 (octaves, both up), F3-C5, G3-D5 (twelfths)
    lower, upper = [60, 62, 52, 53, 53, 55], [67, 69, 64, 65, 72, 74]
    tokens = np.full((2, 24, 2), HOLD, np.int16)
    tokens[:, ::4, 0], tokens[:, ::4, 1] = upper, lower
    tokens[1, :, 0] = REST
    score = Score(
        tuple(Note(480 * i, p, 480, 80, v) for v, line in enumerate((upper, lower)) for i, p in enumerate(line)),
        (Track("Upper"), Track("Lower")), 480,
    )  # fmt: skip
    counted = [parallels(sample(score), interval) for interval in (7, 0)]
    expected = 100 * sum(ratio.events for ratio in counted) / counted[0].places
    assert expected == pytest.approx(100 * 3 / 5)
    assert broken_rules(tokens).tolist() == pytest.approx([expected, 0.0])


def test_merit_is_the_verdict_less_rules_and_copying():
    cells = np.array([[[1.0, 9.0]], [[3.0, 9.0]]], np.float32)
    judge = SimpleNamespace(judge=lambda tokens, conditions: (cells, np.array([2.0, 1.0], np.float32)))
    tokens = np.array([[[60, REST]], [[62, REST]]], np.int16)
    where = {"present": np.array([[True, False], [True, False]])}
    assert merit(judge, tokens, where).tolist() == [3.0, 4.0]
    assert merit(judge, tokens, where, copied=lambda t: np.array([0.0, 5.0])).tolist() == [3.0, -1.0]


def test_the_best_of_several_is_chosen_row_by_row():
    values = {5: [1, 9], 5 + 104_729: [4, 2], 5 + 2 * 104_729: [3, 3]}

    def make(seed):
        return np.array(values[seed], np.int16).reshape(2, 1, 1)

    best = best_of(make, lambda tokens: tokens[:, 0, 0].astype(float), tries=3, seed=5)
    assert best.ravel().tolist() == [4, 9]
