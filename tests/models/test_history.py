"""What a sequence model is told of the past."""

import numpy as np

from musegen.lanes import HOLD, MASK, REST
from musegen.models.history import history, match_bucket

BAR = 4


def of(tokens, context=None):
    tokens = np.array(tokens, np.int16)[None]
    context = np.full_like(tokens, MASK) if context is None else np.array(context, np.int16)[None]
    return history(tokens, context, np.full(tokens.shape[:2], BAR))


def test_the_step_before_and_how_long_it_has_lasted():
    x = of([[60], [HOLD], [HOLD], [62], [REST], [REST]])
    assert x["previous"][0, :, 0].tolist() == [MASK, 60, HOLD, HOLD, 62, REST]
    assert x["previous_sounding"][0, :, 0].tolist() == [MASK, 60, 60, 60, 62, REST]
    assert x["age"][0, :, 0].tolist() == [0, 1, 2, 3, 1, 1]


def test_the_lanes_own_last_pitch_outlives_a_rest():
    x = of([[60], [REST], [REST], [62]])
    assert x["references"][0, :, 0, -2].tolist() == [MASK, 60, 60, 60]


def test_what_came_a_bar_before_and_for_how_long_it_has_been_so_again():
    x = of([[60], [HOLD], [64], [HOLD], [60], [HOLD], [65], [HOLD]])
    assert x["copies"][0, :, 0, 0].tolist() == [MASK] * 4 + [60, HOLD, 64, HOLD]
    assert x["match"][0, :, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 2, 0]  # broken by the 65, known one step later
    assert (x["copies"][0, :, 0, 1:] == MASK).all()


def test_buckets_of_agreement():
    runs = np.array([0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 99])
    assert match_bucket(runs).tolist() == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]


def test_a_lane_hears_those_decided_before_it_and_those_that_are_given():
    chord = [[72, 67, 64, 48]]
    now = of(chord)["references"][0, 0, :, :4]
    assert now[0].tolist() == [MASK] * 4  # the soprano comes first
    assert now[3].tolist() == [72, MASK, MASK, MASK]  # then the bass
    assert now[1].tolist() == [72, MASK, MASK, 48]  # then the alto
    assert now[2].tolist() == [72, 67, MASK, 48]  # the tenor hears them all
    given = of(chord, [[MASK, 67, MASK, MASK]])["references"][0, 0, :, :4]
    assert given[0].tolist() == [MASK, 67, MASK, MASK]


def test_motion_names_the_interval_before_and_whether_the_other_voice_moves():
    x = of([[72, 67, 64, 48], [74, 69, HOLD, 50]])
    # The bass at step 1: it lay 24 below the soprano (class 0), which moves (+ 13); the inner lanes are undecided.
    assert x["motion"][0, 1, 3, :4].tolist() == [13, (48 - 67) % 12, (48 - 64) % 12, 0]


def test_the_next_given_pitch_is_told():
    x = of([[60], [62], [64], [65]], [[MASK], [MASK], [64], [MASK]])
    assert x["references"][0, :, 0, -1].tolist() == [64, 64, MASK, MASK]


def test_the_nearest_voices_that_are_decided():
    x = of([[72, 67, 64, 48], [74, REST, HOLD, 50]])
    assert x["above"][0, 0].tolist() == [MASK, 72, 67, 72]  # the bass hears the soprano, the tenor the alto
    assert x["below"][0, 0].tolist() == [MASK, 48, 48, MASK]
    assert x["above"][0, 1].tolist() == [MASK, 74, 74, 74]  # the alto rests: the tenor's neighbour is the soprano


def test_the_decided_voices_over_the_bass():
    x = of([[72, 67, 64, 48]])
    assert not x["over_bass"][0, 0, [0, 3]].any()  # the soprano knows no bass yet, the bass is itself
    assert x["over_bass"][0, 0, 1].tolist() == [1, *[0] * 11]  # the soprano, two octaves up
    assert np.flatnonzero(x["over_bass"][0, 0, 2]).tolist() == [0, 7]  # and the alto, a fifth
