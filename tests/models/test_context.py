"""What a cell is heard against, and which pitch classes make parallels: worked out by hand."""

import numpy as np

from musegen.lanes import HOLD, MASK
from musegen.models.context import bad_leaps, parallel_classes, with_references

# Upper voice G4 (2 steps), A4 (2), then hidden, then B4; lower voice C4 (2), D4 (2), E4 (2).
UPPER = [67, HOLD, 69, HOLD, MASK, 71]
LOWER = [60, HOLD, 62, HOLD, 64, HOLD]


def inputs(upper=UPPER, lower=LOWER):
    return with_references(np.array([list(zip(upper, lower, strict=True))], np.int16), {})


def test_references_name_what_sounds_now_what_sounds_until_the_next_note_and_the_own_neighbours():
    x = inputs()
    # Upper voice at step 1: the lower one holds C4 now, and still does before the upper one moves on (step 2).
    assert x["references"][0, 1, 0].tolist() == [MASK, 60, MASK, 60, 67, 69]
    # At step 4 (hidden): the lower voice sounds E4 now and until B4 comes; A4 came before, B4 comes next.
    assert x["references"][0, 4, 0].tolist() == [MASK, 64, MASK, 64, 69, 71]


def test_motion_names_the_interval_before_and_whether_the_other_voice_moves():
    x = inputs()
    # Step 2: the voices stood a fifth apart (67 - 60 = 7), and the lower one moves (C4 to D4): 7 + 13.
    assert x["motion"][0, 2, 0, 1] == 20
    # Seen from the lower voice the interval is 60 - 67 = -7, of class 5, and the upper one moves.
    assert x["motion"][0, 2, 1, 0] == 18
    # Step 1: nobody moves.
    assert x["motion"][0, 1, 0, 1] == 7


def test_a_fifth_after_a_fifth_is_named_from_both_sides():
    x = inputs()
    # Step 4, upper voice: a fifth stood before (A4 over D4), the lower voice moves to E4: B (64 + 7 = 71).
    assert np.flatnonzero(parallel_classes(x)[0, 4, 0]).tolist() == [11]
    # Lower voice hidden at step 2 instead: the upper one moves to A4, a fifth below it is D (69 - 7 = 62, class 2).
    x = inputs([67, HOLD, 69, HOLD, 71, HOLD], [60, HOLD, MASK, MASK, 67, HOLD])
    assert np.flatnonzero(parallel_classes(x)[0, 2, 1]).tolist() == [2]


def test_fourths_may_follow_fourths_and_nothing_is_named_while_the_other_voice_stays():
    # C5 over G4 is a fourth (class 5 seen from above); the lower voice moves to A4: D5 would be another fourth.
    x = inputs([72, HOLD, MASK, MASK], [67, HOLD, 69, HOLD])
    assert not parallel_classes(x)[0, 2, 0].any()
    x = inputs([67, HOLD, MASK, MASK], [60, HOLD, HOLD, HOLD])
    assert not parallel_classes(x)[0, 2, 0].any()


def test_a_tritone_a_seventh_and_more_than_an_octave_are_bad_leaps_from_either_neighbour():
    x = inputs([60, HOLD, MASK, MASK, 72, HOLD], [48, HOLD, HOLD, HOLD, HOLD, HOLD])
    bad = bad_leaps(x)[0, 2, 0]
    # From C4 (60): 66, 70, 71, 73 and up, 54, 50, 49. From C5 (72): 66, 62, 61, 59 and down.
    assert [p for p in range(55, 75) if not bad[p]] == [60, 63, 64, 65, 67, 68, 69, 72]
    assert not bad_leaps(inputs([MASK, MASK], [60, HOLD]))[0, 0, 0].any()
