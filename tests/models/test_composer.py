"""The composer beyond the contract of all models: home key, z, what it is asked in training, beginnings."""

import numpy as np
import pytest
from tiny import STYLES, TINY

from musegen.corpora.windows import transpose_key
from musegen.errors import CheckpointError
from musegen.lanes import HOLD, MASK, REST
from musegen.models import build_model
from musegen.models.composer import divergence
from musegen.models.examples import training_example
from musegen.models.home_key import transpose_logits, transpose_tokens
from musegen.models.sampling import blank_conditions, compose, with_z
from musegen.models.start import adopt

G_MAJOR = 1 + 2 * 7


def composer(**settings):
    return build_model("composer", {**TINY["composer"], "styles": STYLES, **settings}, seed=3)


@pytest.fixture(scope="module")
def plain():
    return composer()


@pytest.fixture(scope="module")
def knowing(plain):
    """The same weights, with home key, phrases and a z that has no say yet."""
    model = composer(home_key=True, phrases=True, latent=5)
    model.load_weights(adopt(model.weights(), plain.weights(), STYLES, STYLES))
    return model


@pytest.fixture
def context():
    rng = np.random.default_rng(1)
    return np.where(rng.random((2, 16, 4)) < 0.5, MASK, rng.integers(48, 72, (2, 16, 4))).astype(np.int16)


def test_what_is_new_says_nothing_at_first(plain, knowing, context):
    conditions = blank_conditions(2, bars=1, style=1)  # the key is unknown: nothing is moved
    expected = plain.logits(context, conditions)
    for more in ({}, {"z": np.ones((2, 5))}, {"to_phrase_end": np.full((2, 16), 3)}):
        np.testing.assert_array_equal(knowing.logits(context, {**conditions, **more}), expected)


def test_in_a_known_key_the_music_is_moved_to_c_and_the_answer_back(plain, knowing, context):
    conditions = blank_conditions(2, bars=1, style=1, key=G_MAJOR)
    up = np.array([5, 5])  # G is five semitones below C
    at_home = plain.logits(transpose_tokens(context, up), conditions)
    np.testing.assert_array_equal(knowing.logits(context, conditions), transpose_logits(at_home, -up))
    assert not np.array_equal(knowing.logits(context, conditions), plain.logits(context, conditions))


def test_z_changes_the_answer_once_it_has_a_say(knowing, context):
    weights = knowing.weights()
    heeded = {name: w + 0.1 for name, w in weights.items() if "from_z" in name or "affine" in name}
    knowing.load_weights({**weights, **heeded})
    conditions = blank_conditions(2, bars=1, style=1)
    z = np.array([[0, 0, 0, 0, 0], [1, 0, 0, 0, 0]], np.float32)
    without, told = knowing.logits(context, conditions), knowing.logits(context, {**conditions, "z": z})
    np.testing.assert_allclose(told[0], without[0], atol=1e-6)  # without a z it is 0
    assert abs(told[1] - without[1]).max() > 1e-4
    made = compose(knowing, context, conditions, seed=1, passes=2)
    assert np.array_equal(made[context != MASK], context[context != MASK])
    knowing.load_weights(weights)


def test_z_comes_from_the_seed_a_row_at_a_time_unless_it_is_given(plain, knowing):
    conditions = blank_conditions(3, bars=1)
    z = with_z(knowing, conditions, 4)["z"]
    assert z.shape == (3, 5)
    np.testing.assert_array_equal(with_z(knowing, blank_conditions(2, bars=1), 4)["z"], z[:2])
    assert not np.array_equal(with_z(knowing, conditions, 5)["z"], z)
    assert with_z(knowing, {**conditions, "z": z[::-1]}, 4)["z"][0, 0] == z[2, 0]
    assert "z" not in with_z(plain, conditions, 4)


def test_encode_hears_the_music_but_neither_padding_nor_absent_lanes(plain, knowing, tiny_windows):
    batch = tiny_windows.batch(0, 4)
    z = knowing.encode(batch["tokens"], batch)
    assert z.shape == (4, 5)
    np.testing.assert_allclose(knowing.encode(batch["tokens"], batch), z)
    other = batch["tokens"].copy()
    other[:, 0, 0] = 40
    assert (abs(knowing.encode(other, batch) - z).max(axis=1) > 1e-4).all()
    absent = np.where(batch["present"][:, None, :], batch["tokens"], 60)
    np.testing.assert_array_equal(knowing.encode(absent, batch), z)
    with pytest.raises(CheckpointError, match="has no z"):
        plain.encode(batch["tokens"], batch)


def test_divergence_from_the_prior():
    # (1 + 1 - 1 - 0) / 2; (0 + 4 - 1 - ln 4) / 2; the prior itself
    mean, variance = np.array([1.0, 0.0, 0.0], np.float32), np.array([1.0, 4.0, 1.0], np.float32)
    np.testing.assert_allclose(divergence(mean, np.log(variance)), [0.5, 0.806853, 0.0], atol=1e-5)


def test_training_moves_windows_home_except_where_the_key_is_hidden(knowing, tiny_windows):
    batch = tiny_windows.batch(1, 4)
    batch = {**batch, "key": np.array([G_MAJOR, 0, transpose_key(G_MAJOR, 5), G_MAJOR])}
    x, target, weight = training_example(batch, knowing.config)
    moved = transpose_tokens(batch["tokens"], np.array([5, 0, 0, 5]))
    np.testing.assert_array_equal(target, moved)
    given = (weight == 0) & batch["present"][:, None, :] & batch["valid"][..., None]
    np.testing.assert_array_equal(x["context"][given], moved[given])
    assert (x["context"][weight > 0] == MASK).all()
    assert set(x["z_known"]) <= {0.0, 1.0}
    x, target, _ = training_example(batch, composer_config(knowing, condition_dropout=1.0))
    np.testing.assert_array_equal(target, batch["tokens"])
    assert not x["key"].any()
    assert (x["to_phrase_end"] == 16).all()


def composer_config(model, **changes):
    return type(model.config)(**{**vars(model.config), **changes})


def test_it_learns_by_heart_with_a_z_and_reports_what_z_tells(tiny_windows):
    model = composer(home_key=True, phrases=True, latent=5, free_bits=0.1)
    batch = tiny_windows.batch(0, 4)
    first = model.train_step(batch)
    assert first["kl"] > 0
    losses = [model.train_step(batch)["cross_entropy"] for _ in range(40)]
    assert np.mean(losses[-10:]) < 0.6 * first["cross_entropy"]
    assert {"all_with_z", "kl", "cross_entropy"} <= set(model.validation_step(batch))


def test_settings_with_a_few_values_are_checked():
    with pytest.raises(CheckpointError, match=r"“hostile” is no stage\. There are: likelihood, adversarial"):
        composer(stage="hostile")


def test_beginning_takes_over_what_fits_and_styles_by_name():
    own = {"a": np.zeros(2), "b": np.zeros((2, 2)), "net/style_table": np.zeros((3, 2)), "new": np.full(1, 7.0)}
    given = {"a": np.ones(2), "b": np.ones((3, 2)), "net/style_table": np.array([[1.0, 1], [2, 2]]), "old": np.ones(1)}
    result = adopt(own, given, ("any", "hymn", "chorale"), ("any", "chorale"))
    assert result["a"].tolist() == [1, 1]
    assert result["b"].tolist() == [[0, 0], [0, 0]]
    assert result["net/style_table"].tolist() == [[1, 1], [0, 0], [2, 2]]
    assert result["new"].tolist() == [7]
    assert set(result) == set(own)
    assert own["net/style_table"].sum() == 0


def test_masks_and_rests_have_no_key(knowing):
    context = np.full((1, 16, 4), MASK, np.int16)
    context[0, :4, 0] = [67, HOLD, REST, 60]
    made = compose(knowing, context, blank_conditions(1, bars=1, style=1, key=G_MAJOR), seed=2, passes=2)
    assert made[0, :4, 0].tolist() == [67, HOLD, REST, 60]
