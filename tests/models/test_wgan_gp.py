"""The convolutional GAN: the roll and back, the penalty by hand, and what it is trained on."""

import numpy as np
import pytest

from musegen.lanes import HOLD, REST
from musegen.models.backend import load_backend
from musegen.models.piano_roll import roll_of_tokens, tokens_of_pitches

load_backend()
from keras import ops  # noqa: E402

from musegen.models.wgan_gp import gradient_penalty  # noqa: E402


@pytest.fixture
def gan(fresh_model):
    return fresh_model("wgan-gp")


@pytest.fixture
def batch(tiny_windows):
    return tiny_windows.batch(0, 4)


def test_a_roll_has_a_one_where_a_pitch_sounds():
    tokens = np.int16([[[60, REST], [HOLD, 62], [61, HOLD]]])
    roll = roll_of_tokens(tokens, 60, 3)
    assert roll.shape == (1, 3, 2, 3)
    assert np.argwhere(roll[0]).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 2], [2, 0, 1], [2, 1, 2]]
    assert roll.sum() == 5


def test_pitches_outside_the_roll_come_in_by_octaves():
    roll = roll_of_tokens(np.int16([[[59], [35], [84], [127], [71]]]), 60, 24)
    assert roll[0, :, 0].argmax(axis=-1).tolist() == [11, 11, 12, 19, 11]  # B, B, C, G, B


def test_equal_neighbours_are_one_note():
    sounds = np.int16([[[60], [60], [62], [REST], [REST], [62]]])
    assert tokens_of_pitches(sounds)[0, :, 0].tolist() == [60, HOLD, 62, REST, REST, 62]


def test_music_without_repeated_notes_goes_round(gan):
    rng = np.random.default_rng(0)
    sounds = np.where(rng.random((3, 16, 4)) < 0.2, REST, rng.integers(28, 92, (3, 16, 4))).astype(np.int16)
    tokens = tokens_of_pitches(sounds)
    roll = roll_of_tokens(tokens, 28, 64)
    shares = np.concatenate([roll, 1 - roll.sum(axis=-1, keepdims=True)], axis=-1)
    assert np.array_equal(tokens_of_pitches(gan._sounds(shares)), tokens)


def test_repeated_notes_are_lost_in_a_roll():
    struck_twice = roll_of_tokens(np.int16([[[60], [60]]]), 60, 3)
    assert np.array_equal(struck_twice, roll_of_tokens(np.int16([[[60], [HOLD]]]), 60, 3))


def test_the_penalty_of_linear_critics():
    points = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(5, 2, 2)).astype(np.float32))
    for slope, expected in ((0.5, 0.0), (1.5, 4.0), (0.0, 1.0)):  # the norm of four equal slopes is 2 x slope
        penalty = gradient_penalty(lambda x, slope=slope: slope * ops.sum(x, axis=(1, 2)), points)
        assert float(penalty) == pytest.approx(expected, abs=1e-5)


def test_the_penalty_of_a_curved_critic():
    points = ops.convert_to_tensor(np.float32([[3.0, 4.0], [0.0, 2.0]]))  # the gradient of |x|^2 / 2 is x
    penalty = gradient_penalty(lambda x: ops.sum(ops.square(x), axis=1) / 2, points)
    assert float(penalty) == pytest.approx(((5 - 1) ** 2 + (2 - 1) ** 2) / 2)


def test_shares_of_a_cell_sum_to_one(gan):
    z = np.random.default_rng(0).standard_normal((2, 8)).astype(np.float32)
    shares = np.asarray(gan.generator(z, np.int32([1, 2]), np.int32([1, 4])))
    assert shares.shape == (2, 16, 4, 65)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-5)


def test_private_noise_moves_its_own_track_only(gan):
    # Of eight numbers the first four are shared, the fifth is the soprano's, ... the eighth the bass's.
    z = np.zeros((1, 8), np.float32)
    style, key = np.int32([1]), np.int32([1])
    before = np.asarray(gan.generator(z, style, key))
    z[0, 6] = 3.0
    moved = np.abs(np.asarray(gan.generator(z, style, key)) - before).max(axis=(0, 1, 3)) > 1e-7
    assert moved.tolist() == [False, False, True, False]
    z[0, 0] = 3.0
    assert (np.abs(np.asarray(gan.generator(z, style, key)) - before).max(axis=(0, 1, 3)) > 1e-7).all()


def test_only_whole_bars_of_four_four_are_learnt_from(gan, batch):
    waltz = {**batch, "bar_length": batch["bar_length"].copy()}
    waltz["bar_length"][1:] = 12
    roll, style, key = gan._real(waltz)
    assert len(roll) == len(style) == len(key) == 1
    assert np.array_equal(roll[0], gan._real(batch)[0][0])
    waltz["bar_length"][:] = 12
    assert len(gan._real(waltz)[0]) == 4  # nothing else there: all are taken


def test_made_music_nears_the_music_it_learns(gan, batch):
    before = gan.validation_step(batch)["feature_distance"]
    for _ in range(120):
        gan.train_step(batch)
    assert gan.validation_step(batch)["feature_distance"] < 0.85 * before


def test_music_is_in_the_keys_that_were_met(gan, batch):
    """The same point in C and in D is the same music two semitones apart, as far as the key's own row lets it be."""
    kernel = gan.generator.condition.kernel
    rows = kernel.numpy()
    rows[:] = 0.0
    kernel.assign(rows)  # no condition is heard
    gan.averages.restart()
    z = np.random.default_rng(0).standard_normal((1, 8)).astype(np.float32)
    in_c = gan.decode(z, {"style": np.array([1]), "key": np.array([1])})
    in_d = gan.decode(z, {"style": np.array([1]), "key": np.array([5])})
    assert np.array_equal(np.where(in_c < REST, in_c + 2, in_c), in_d)
