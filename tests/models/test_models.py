"""The contract of every registered model, see models/base.py."""

import numpy as np
import pytest

from musegen.checkpoint import load_checkpoint, save_checkpoint
from musegen.errors import CheckpointError, TrainingError
from musegen.lanes import HOLD, MASK, REST, LaneCodec
from musegen.models import MODELS, build_model
from musegen.models.base import LatentModel, MaskedModel, Model, SequenceModel
from musegen.models.sampling import blank_conditions, compose, sample_grids
from musegen.training.loop import LoopConfig, train

# Which loss falls when one batch is learnt by heart.
LEARNT = {
    "composer": "cross_entropy",
    "seq2seq": "cross_entropy",
    "vae": "cross_entropy",
    "wgan-gp": "critic_loss",
    "classic-gan": "d_loss",
}
UNMOVED = {  # what these windows cannot teach
    "seq2seq": {"seq2seq/copy_table"},  # they are a bar long: nothing came a bar before
    "wgan-gp": {"critic/verdict/bias"},  # a Wasserstein critic's last bias cancels out
}
SIZE = 4  # windows a batch: one shape, so that every model is compiled once


@pytest.fixture(params=MODELS)
def model(request, fresh_model):
    return fresh_model(request.param)


@pytest.fixture
def batch(tiny_windows):
    return tiny_windows.batch(0, SIZE)


def voices(model):
    """What a model makes from one seed: tokens by family."""
    return sample_grids(model, seed=11, n=2)


def equal(a, b):
    assert a.keys() == b.keys()
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_every_model_is_in_the_contract():
    assert set(LEARNT) == set(MODELS)


def test_it_speaks_the_protocol(model):
    assert isinstance(model, Model)
    assert isinstance(model, (MaskedModel, SequenceModel, LatentModel))
    assert model.config.model in MODELS


def test_samples_are_grids_without_mask(model):
    for tokens in voices(model).values():
        assert tokens.dtype == np.int16
        assert tokens.ndim == 3
        assert (len(tokens), tokens.shape[2]) == (2, 4)
        assert tokens.min() >= 0
        assert not (tokens == MASK).any()
        assert tokens.max() <= HOLD
        assert not (tokens[:, 0] == HOLD).any()  # nothing sounds before the piece that could be held


def test_same_seed_same_notes(model):
    first, again = voices(model), voices(model)
    assert equal(first, again)
    assert not equal(first, sample_grids(model, seed=12, n=2))


def test_losses_are_numbers_by_name(model, batch):
    for losses in (model.train_step(batch), model.validation_step(batch)):
        assert losses
        assert all(isinstance(value, float) and np.isfinite(value) for value in losses.values())


def test_validation_changes_nothing(model, batch):
    before = model.state()
    assert model.validation_step(batch) == model.validation_step(batch)
    assert equal(before, model.state())


def test_a_step_moves_every_network(model, batch):
    for _ in range(2):  # the composer's rate starts from 0, and its conditions count from the second step that counts
        model.train_step(batch)
    before = model.weights()
    model.train_step(batch)
    after = model.weights()
    still = {name for name in before if np.array_equal(before[name], after[name])}
    assert still == UNMOVED.get(model.config.model, set())


def test_it_learns_one_batch_by_heart(model, batch):
    name = LEARNT[model.config.model]
    losses = [model.train_step(batch)[name] for _ in range(60)]
    assert np.mean(losses[-20:]) < 0.6 * losses[0]  # a mean, because two networks push one loss to and fro


def test_weights_come_back_from_a_checkpoint(model, batch, tmp_path):
    for _ in range(3):
        model.train_step(batch)
    save_checkpoint(tmp_path / "kept", model, LaneCodec(), {"seed": 1})
    again = load_checkpoint(tmp_path / "kept").model
    assert again is not model
    assert equal(voices(model), voices(again))
    assert again.config == model.config


def test_training_goes_on_from_a_state_as_if_never_stopped(model, tiny_windows):
    batches = [tiny_windows.batch(k, SIZE) for k in range(4)]
    state = model.state()
    straight = [model.train_step(batch) for batch in batches]
    end = model.state()
    model.load_state(state)
    broken = [model.train_step(batch) for batch in batches[:2]]
    kept = model.state()
    model.train_step(batches[0])  # something else happens to the model meanwhile
    model.load_state(kept)
    broken += [model.train_step(batch) for batch in batches[2:]]
    assert broken == straight
    assert equal(model.state(), end)


def test_a_loss_that_overflows_is_named_with_its_step(model, tiny_windows):
    state = model.state()
    model.load_state({k: np.full_like(v, np.nan) if v.dtype == np.float32 else v for k, v in state.items()})
    with pytest.raises(TrainingError, match=r"At step 1 the loss “\w+” overflowed"):
        list(train(model, tiny_windows, LoopConfig(steps=2, batch_size=SIZE)))
    model.load_state(state)


def test_foreign_weights_are_refused(model):
    weights = model.weights()
    name = sorted(weights)[0]
    with pytest.raises(CheckpointError, match="is missing"):
        model.load_weights({k: v for k, v in weights.items() if k != name})
    with pytest.raises(CheckpointError, match=r"is \(7,\), not"):
        model.load_weights({**weights, name: np.zeros(7, np.float32)})
    assert equal(weights, model.weights())


@pytest.mark.parametrize("name", MODELS)
def test_unknown_settings_are_refused(name):
    with pytest.raises(CheckpointError, match=r"Unknown settings for \w+: depth"):
        build_model(name, {"depth": 3})


def test_unknown_models_are_refused():
    with pytest.raises(CheckpointError, match=r"no model “oracle”. There are: composer"):
        build_model("oracle")


def test_the_composer_keeps_what_is_given_and_the_ranges(fresh_model):
    context = np.full((2, 16, 4), MASK, np.int16)
    context[:, :, 0] = np.array([72, HOLD, HOLD, HOLD, REST, REST, 90, 31] * 2)
    conditions = blank_conditions(2, bars=1, style=1)
    ranges = [(60, 62), (50, 55), (45, 46), (40, 41)]
    told = []
    made = compose(fresh_model("composer"), context, conditions, seed=4, passes=3, ranges=ranges, progress=told.append)
    assert np.array_equal(made[..., 0], context[..., 0])  # given notes stay, outside the range too
    for lane, (low, high) in enumerate(ranges[1:], start=1):
        pitches = made[..., lane][made[..., lane] < REST]
        assert pitches.size
        assert low <= pitches.min() <= pitches.max() <= high
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_composer_leaves_absent_lanes_silent(fresh_model):
    context = np.full((1, 16, 4), MASK, np.int16)
    made = compose(fresh_model("composer"), context, blank_conditions(1, bars=1, style=2, present=1), seed=4, passes=2)
    assert (made[..., 1:] == REST).all()
    assert (made[..., 0] != MASK).all()


def test_the_gan_decodes_points_of_its_space(fresh_model):
    model = fresh_model("classic-gan")
    z = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    made = model.decode(z)
    assert made.shape == (3, 16, 4)
    assert np.array_equal(made, model.decode(z))
    assert not np.array_equal(made[0], made[2])
