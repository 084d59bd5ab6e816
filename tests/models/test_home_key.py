"""Moving music to the key on C and back."""

from __future__ import annotations

import numpy as np

from musegen.corpora.windows import key_index
from musegen.lanes import HOLD, MASK, REST
from musegen.models.home_key import shift_home, transpose_logits, transpose_tokens
from musegen.score import Key


def test_every_tonic_goes_to_c_by_the_shorter_way() -> None:
    keys = [None, Key(0, "major"), Key(1, "major"), Key(-1, "major"), Key(0, "minor"), Key(6, "major"), Key(5, "major")]
    shifts = shift_home(np.array([key_index(key) for key in keys]))
    assert shifts.tolist() == [
        0,
        0,
        5,
        -5,
        3,
        -6,
        1,
    ]


def test_tokens_move_and_signs_stay() -> None:
    tokens = np.array([[60, REST, HOLD, MASK, 126], [60, 61, 3, HOLD, 0]], np.int16)
    moved = transpose_tokens(tokens, np.array([5, -6]))
    assert moved.tolist() == [[65, REST, HOLD, MASK, 119], [54, 55, 9, HOLD, 6]]


def test_logits_follow_the_tokens() -> None:
    logits = np.random.default_rng(0).normal(size=(2, 3, 131)).astype(np.float32)
    moved = transpose_logits(logits, np.array([5, -6]))
    assert moved[0, 1, 65] == logits[0, 1, 60]
    assert moved[1, 2, 54] == logits[1, 2, 60]
    np.testing.assert_array_equal(moved[..., REST:], logits[..., REST:])
    np.testing.assert_array_equal(transpose_logits(moved, np.array([-5, 6])), logits)
