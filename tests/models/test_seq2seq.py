"""The sequence model: nothing of the future is heard, and it plays what it says."""

import numpy as np
import pytest

from musegen.lanes import MASK, REST
from musegen.models.likelihood import chronological_nats
from musegen.models.play import Player
from musegen.models.sampling import compose
from musegen.models.seq2seq_examples import inputs


@pytest.fixture(scope="module")
def model(request):
    built = request.getfixturevalue("fresh_model")("seq2seq")
    rng = np.random.default_rng(0)
    for variable in built.network.trainable_variables:  # much starts at zero, where anything would agree
        variable.assign(variable.numpy() + rng.normal(size=variable.shape) * 0.2)
    built.averages.restart()
    return built


@pytest.fixture
def batch(tiny_windows):
    return tiny_windows.batch(0, 4)


def melody_given(batch):
    context = np.full(batch["tokens"].shape, MASK, np.int16)
    context[..., 0] = batch["tokens"][..., 0]
    context[1] = MASK
    return context


def test_a_cell_hears_nothing_that_is_decided_after_it(model, batch):
    tokens, context = batch["tokens"].astype(np.int16), melody_given(batch)
    changed = tokens.copy()
    changed[:, 13:, 1:] = 60
    changed[1, 13:] = 60
    before, after = (model.sequence_logits(t, context, batch) for t in (tokens, changed))
    np.testing.assert_array_equal(before[:, :13], after[:, :13])
    np.testing.assert_array_equal(before[:, 13, 0], after[:, 13, 0])  # the soprano is the first at its step
    assert np.abs(before[:, 13, 1] - after[:, 13, 1]).max() > 1e-3  # the alto hears the bass
    assert np.abs(before[:, 14] - after[:, 14]).max() > 1e-3


def test_it_hears_what_is_given_ahead(model, batch):
    tokens, context = batch["tokens"].astype(np.int16), melody_given(batch)
    other = context.copy()
    other[0, 12, 0] = REST
    one, two = (model.sequence_logits(tokens, c, batch) for c in (context, other))
    assert np.abs(one[0, 4] - two[0, 4]).max() > 1e-5
    np.testing.assert_array_equal(one[1:], two[1:])


def test_it_plays_by_the_networks_own_numbers(model, batch):
    tokens, context = batch["tokens"].astype(np.int16), melody_given(batch)
    said = model.sequence_logits(tokens, context, batch)
    model.averages.use(averaged=True)
    player = Player(model.network, model._encode, context, batch)
    home = inputs(tokens, context, batch)["tokens"]
    heard = np.zeros_like(said)
    plain = player._logits

    def forced(lane, wide, before, now, step, copies, buckets):
        heard[:, step, lane] = plain(lane, wide, before, now, step, copies, buckets)
        certain = np.full_like(heard[:, step, lane], -1e6)
        certain[np.arange(len(certain)), home[:, step, lane]] = 1e6
        return certain

    player._logits = forced
    played = player.play(
        seed=0, temperature=1.0, ranges=None, strictness=0.0, density=0.0, no_rest=0, select=None, progress=None
    )
    present = np.broadcast_to(batch["present"][:, None, :], tokens.shape)
    np.testing.assert_array_equal(played[present], tokens[present])
    free = (context == MASK) & present
    np.testing.assert_allclose(heard[free][:, :MASK], said[free][:, :MASK], atol=2e-4)


def test_ranges_hold_in_every_key(model, batch):
    context = np.full(batch["tokens"].shape, MASK, np.int16)
    ranges = ((60, 72), (55, 65), (50, 60), (40, 50))
    made = compose(model, context, dict(batch), seed=1, ranges=ranges)
    for lane, (low, high) in enumerate(ranges):
        pitches = made[..., lane][(made[..., lane] < REST) & batch["present"][:, None, lane]]
        assert pitches.min() >= low
        assert pitches.max() <= high


def test_the_likelihood_is_that_of_the_logits(model, batch):
    nats, note_wise = chronological_nats(model, batch)
    counted = batch["present"][:, None, :] & batch["valid"][..., None]
    validation = model.validation_step(batch)
    assert float(nats[counted].mean()) == pytest.approx(validation["all"], rel=1e-5)
    assert np.isnan(nats[~counted]).all()
    assert (note_wise[counted] <= nats[counted] + 1e-9).all()  # what sounds can come about in two ways, a token in one


def test_density_makes_more_notes_and_changes_nothing_that_is_given(model, batch):
    context = melody_given(batch)
    calm, lively = (compose(model, context, dict(batch), seed=3, density=d) for d in (-3.0, 3.0))
    free = (context == MASK) & batch["present"][:, None, :]
    assert (lively[free] < REST).mean() > (calm[free] < REST).mean() + 0.1
    np.testing.assert_array_equal(calm[~free & (context != MASK)], context[~free & (context != MASK)])


def test_rows_that_are_selected_go_on_from_the_chosen_past(model, batch):
    like = {name: np.repeat(array[1:2], 3, axis=0) for name, array in batch.items() if np.ndim(array)}
    context = np.full(like["tokens"].shape, MASK, np.int16)
    plain = compose(model, context, like, seed=5)
    asked = []

    def first_of_all(tokens, done):
        asked.append(done)
        return np.zeros(3, np.intp) if done == 8 else None

    chosen = compose(model, context, like, seed=5, select=first_of_all)
    assert asked[:3] == [4, 8, 12]
    np.testing.assert_array_equal(chosen[0], plain[0])  # its past is its own, and so is its chance
    np.testing.assert_array_equal(chosen[1:, :8], np.repeat(plain[:1, :8], 2, axis=0))
    assert (plain[1, :8] != plain[0, :8]).any()
    assert (chosen[1, 8:] != chosen[0, 8:]).any()


def test_a_third_time_of_the_same_is_known(model, batch):
    like = {name: np.repeat(array[1:2], 2, axis=0) for name, array in batch.items() if np.ndim(array)}
    like["bar_length"] = np.full_like(like["bar_length"], 16)
    context = np.full(like["tokens"].shape, MASK, np.int16)
    player = Player(model.network, model._encode, context, like)
    player.present[:] = [True, False, False, False]
    player.runs[0, 0] = [16, 31, 0, 200]  # for so many steps the music was as 1, 2, 4 and 8 bars before
    player.runs[1, 0] = [15, 32, 64, 127]
    assert player._said_twice(12).tolist() == [[True, False, False, True], [False, True, True, False]]


def test_parallels_into_what_is_given_are_faults_a_beat_before_it(model, batch):
    like = {name: np.repeat(array[:1], 2, axis=0) for name, array in batch.items() if np.ndim(array)}
    like["key"], like["present"] = np.zeros(2, int), np.ones((2, 4), bool)
    context = np.full(like["tokens"].shape, MASK, np.int16)
    context[:, 8] = [74, 69, 65, 50]
    player = Player(model.network, model._encode, context, like)
    unknown, now = np.full((2, 4), MASK), np.array([[MASK, MASK, MASK, 48], [MASK, MASK, MASK, 50]])
    near, far = player._faults(0, unknown, now, 4), player._faults(0, unknown, now, 3)
    assert near[:, [72, 76]].tolist() == [[True, False], [False, False]]  # C over C would go on to D over D
    assert not far[:, [72, 76]].any()
    assert player._faults(1, unknown, now, 7)[0, [64, 67]].tolist() == [False, True]  # fifths: G to A over C to D
