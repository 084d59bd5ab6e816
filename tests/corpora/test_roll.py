import io

import numpy as np
import pytest

from musegen.corpora.roll import read_rolls
from musegen.errors import ScoreError


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_keys_of_a_piano_0_to_255():
    roll = np.zeros((8, 88), np.uint8)
    roll[0:4, 39] = 255  # key 39 = pitch 60, one quarter
    roll[4:6, 39] = 20  # below a tenth of full scale (25.5): silent
    roll[4:8, 43] = 128
    (score,) = read_rolls(npy(roll), "Roll")
    assert [(n.onset, n.pitch, n.duration, n.velocity) for n in score.notes] == [
        (0, 60, 480, 127),
        (480, 64, 480, 63),  # 127 * 128 / 255 = 63.7
    ]
    assert (score.resolution, score.title) == (480, "Roll")


def test_midi_pitches_0_to_1_of_two_values_play_evenly():
    roll = np.zeros((4, 128))
    roll[1:3, 127] = 1.0
    (score,) = read_rolls(npy(roll))
    assert [(n.onset, n.pitch, n.duration, n.velocity) for n in score.notes] == [(120, 127, 240, 80)]


def test_three_axes_are_several_pieces():
    rolls = np.zeros((2, 4, 88), np.float32)
    rolls[0, 0, 0] = rolls[1, 0, 87] = 0.9
    assert [score.notes[0].pitch for score in read_rolls(npy(rolls))] == [21, 108]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no numpy", "not a .npy"),
        (npy(np.zeros((4, 61))), "61 channels"),
        (npy(np.zeros((88, 400))), "transpose"),
        (npy(np.zeros(88)), "shape"),
        (npy(np.zeros((4, 88))), "Nothing sounds"),
        (npy(np.full((4, 88), -1.0)), "negative"),
        (npy(np.full((4, 88), np.nan)), "negative or no numbers"),
        (npy(np.full((4, 88), 300)), "300"),
        (npy(np.array([["a"]])), "no plain numbers"),
    ],
)
def test_bad_arrays_get_one_sentence(data, words):
    with pytest.raises(ScoreError, match=words):
        read_rolls(data)


def test_pickles_are_never_loaded():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ScoreError, match=r"not a \.npy"):
        read_rolls(buffer.getvalue())
