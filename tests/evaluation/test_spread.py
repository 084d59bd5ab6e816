"""Distances within and between sets, by hand."""

from __future__ import annotations

from math import erf, sqrt

import numpy as np
import pytest

from musegen.evaluation import sample
from musegen.evaluation.spread import FEATURES, kl_divergence, overlapping_area, spread_overlap, spreads
from musegen.score import Key, Note, Score, Track


def tune(*notes: tuple[int, float], key: Key | None = None) -> Score:
    """A melody of (pitch, quarters); pitch 0 = a rest."""
    now, written = 0.0, []
    for pitch, length in notes:
        if pitch:
            written.append(Note(round(now * 480), pitch, round(length * 480)))
        now += length
    return Score(tuple(written), key=key)


def feature(name: str, score: Score) -> np.ndarray:
    return FEATURES[name][1](sample(score))


def test_numbers_of_a_piece():
    # Bar 1: G A A G', bar 2: G (held); four pitches? G A G' = three.
    score = tune((67, 1), (69, 1), (69, 1), (79, 1), (67, 4))
    assert feature("pitch_count", score) == [3]
    assert feature("pitches_per_bar", score) == [(3 + 1) / 2]
    assert feature("notes_per_bar", score) == [5 / 2]
    assert feature("pitch_range", score) == [12]
    assert feature("pitch_interval", score) == [(2 + 0 + 10 + 12) / 4]
    assert feature("inter_onset_interval", score) == [1]


def test_onsets_that_coincide_are_one():
    two = Score((Note(0, 60, 480), Note(0, 48, 960, 80, 1), Note(480, 62, 480)), (Track(),) * 2)
    assert feature("inter_onset_interval", two) == [1]


def test_pitch_classes_are_weighed_by_length_and_counted_from_the_tonic():
    # In G major: G for two quarters, D for one, F sharp for one.
    shares = feature("pitch_classes", tune((67, 2), (62, 1), (66, 1), key=Key(1, "major")))
    assert {i: share for i, share in enumerate(shares) if share} == {0: 0.5, 7: 0.25, 11: 0.25}
    steps = feature("pitch_class_transitions", tune((67, 1), (62, 1), (67, 1), (62, 1), (66, 1), key=Key(1, "major")))
    assert (steps[0, 7], steps[7, 0], steps[7, 11], steps.sum()) == (0.5, 0.25, 0.25, 1)


def test_note_lengths_are_sorted_into_the_nearest():
    # Whole, dotted half, triplet eighth, sixteenth; the fifth is a little short of a quarter.
    score = tune((60, 4), (60, 3), (60, 1 / 3), (60, 0.25), (60, 0.95))
    lengths = feature("note_lengths", score)
    assert {i: share for i, share in enumerate(lengths) if share} == pytest.approx(dict.fromkeys((0, 2, 4, 5, 11), 0.2))
    steps = feature("note_length_transitions", score)
    assert steps[0, 5] == steps[5, 11] == steps[11, 4] == steps[4, 2] == 0.25


def test_distances_within_and_between():
    # Ranges 0, 2, 4 against 10, 10, 10: within 2, 4, 2 and 0, 0, 0; between 10, 8, 6 each three times.
    real = [sample(tune((60, 1), (60 + i, 1))) for i in (0, 2, 4)]
    made = [sample(tune((60, 1), (70, 1)))] * 3
    row = next(row for row in spreads(made, real) if row.name == "pitch_range")
    assert (row.within_real, row.within_made, row.between) == pytest.approx((8 / 3, 0, 8))
    assert row.overlap < 0.15
    assert row.divergence > 1
    assert spreads(made[:2], real) == ()


def test_a_set_against_its_like():
    rng = np.random.default_rng(0)

    def pieces() -> list:
        lines = rng.integers(55, 80, (40, 12))
        return [sample(tune(*((int(p), 1) for p in line))) for line in lines]

    rows = spreads(pieces(), pieces())
    assert [row.name for row in rows] == list(FEATURES)
    assert min(row.overlap for row in rows) > 0.85
    assert max(row.divergence for row in rows) < 0.1


def normal(count: int = 2000) -> np.ndarray:
    """Quantiles of the standard normal distribution."""
    from scipy.stats import norm

    return norm.ppf((np.arange(count) + 0.5) / count)


WIDENED = sqrt(1 + 2000**-0.4)  # the kernel widens a deviation of 1 to this


def test_overlap_of_two_known_densities():
    # Normal densities of deviation s whose means lie d apart overlap in 2 * Phi(-d / 2 s) = 1 - erf(d / (2 s sqrt 2)).
    x = normal()
    for distance in (0.5, 1.0, 2.0):
        expected = 1 - erf(distance / (2 * WIDENED * sqrt(2)))
        assert overlapping_area(x, x + distance) == pytest.approx(expected, abs=0.01)
    assert overlapping_area(x, x) == pytest.approx(1)
    assert overlapping_area(x, x + 50) == pytest.approx(0, abs=1e-6)


def test_divergence_of_two_known_densities():
    # Normal densities of one deviation s whose means lie d apart diverge by d^2 / 2 s^2.
    x = normal()
    for distance in (0.5, 1.0):
        assert kl_divergence(x, x + distance) == pytest.approx(distance**2 / 2 / WIDENED**2, rel=0.05)
    assert kl_divergence(x, x) == pytest.approx(0)
    assert 5 < kl_divergence(x, x + 50) < 14  # finite
    assert kl_divergence(np.zeros(5), np.ones(9)) < 14


def test_published_code_cuts_tails_and_compares_unlike_places():
    # Constant distances: all of the density lies beyond the smallest and the largest, but for the middle.
    assert overlapping_area(np.zeros(5), np.zeros(9)) == pytest.approx(1)
    assert overlapping_area(np.zeros(5), np.zeros(9), published=True) < 0.5
    # The same density elsewhere: published, each is read on its own grid and they don't differ at all.
    x = normal()
    assert kl_divergence(x, x + 3, published=True) == pytest.approx(0, abs=1e-3)
    assert kl_divergence(x, x + 3) > 3


def test_overlap_of_constants():
    assert overlapping_area(np.zeros(5), np.ones(9)) == pytest.approx(0, abs=1e-3)


def test_pieces_that_are_all_the_same_do_not_pass():
    rng = np.random.default_rng(0)
    real, alike, same, elsewhere = rng.normal(size=60), rng.normal(size=60), np.zeros(60), rng.normal(4, 1, 60)
    assert spread_overlap(alike, real) > 0.9
    assert spread_overlap(same, real) < 0.85
    assert spread_overlap(elsewhere, real) < 0.3
    assert spread_overlap(np.zeros(2), real) is None
