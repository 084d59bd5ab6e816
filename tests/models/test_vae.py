"""The variational autoencoder: its two sums by hand, what the decoder may see, and the way to z and back."""

import numpy as np
import pytest

from musegen.lanes import HOLD, MASK, REST
from musegen.models.averages import Averages
from musegen.models.home_key import shift_home, transpose_tokens
from musegen.models.seen import SeenConditions
from musegen.models.vae import free_bits, kl_to_standard_normal
from musegen.models.vae_network import heard


@pytest.fixture
def vae(fresh_model):
    return fresh_model("vae")


@pytest.fixture
def batch(tiny_windows):
    return tiny_windows.batch(0, 4)


def test_kl_of_known_gaussians():
    # A standard normal costs nothing; a shift by 2 costs 2^2 / 2; variance e^2 costs (e^2 - 2 - 1) / 2.
    kl = np.asarray(kl_to_standard_normal(np.float32([0, 2, 0]), np.float32([0, 0, 2])))
    np.testing.assert_allclose(kl, [0.0, 2.0, (np.exp(2) - 3) / 2], rtol=1e-6)


def test_free_bits_are_free_for_each_dimension():
    kl = np.float32([[0.0, 3.0], [0.2, 1.0]])  # means .1 and 2: the first is raised to .5
    assert float(free_bits(kl, 0.5)) == pytest.approx(2.5)
    assert float(free_bits(kl, 0.0)) == pytest.approx(2.1)


def test_what_the_decoder_hears():
    # The upper voice steps from D to E over a bass that leaps from G (a fifth below) to C.
    tokens = np.int16([[[74, 55], [76, 60], [HOLD, REST]]])
    x = heard(tokens)
    assert x["sounding"][0].tolist() == [[74, 55], [76, 60], [76, REST]]
    assert x["references"][0, :, 0].tolist() == [[MASK] * 4, [MASK, MASK, 74, 55], [MASK, MASK, 76, 60]]
    assert x["references"][0, :, 1].tolist() == [[74, MASK, MASK, MASK], [76, MASK, 74, 55], [76, MASK, 76, 60]]
    # The bass, -19 = 5 (mod 12) from the upper voice, which moves (+ 13); then -16 = 8 from one that stays.
    assert x["motion"][0, :, 1, 0].tolist() == [12, 5 + 13, 8]
    assert (x["motion"][0, :, 0] == 12).all()


def test_no_cell_sees_itself_or_what_comes_after(vae, batch):
    x = vae._inputs(batch)
    plan = vae._plan(x, np.zeros((4, 4), np.float32))
    home = x["tokens"].astype(np.int16)
    before = np.asarray(vae._cells(x, plan))
    for step, lane in ((0, 0), (5, 2), (7, 3), (8, 0)):
        changed = home.copy()
        changed[:, step, lane] = np.where(changed[:, step, lane] == 61, 62, 61)
        after = np.asarray(vae._cells({**x, **heard(changed)}, plan))
        moved = np.abs(after - before).max(axis=(0, 3)).ravel() > 1e-6
        cell = step * 4 + lane
        assert not moved[: cell + 1].any()
        assert moved[cell + 1 :].any()
        # One beat of memory: two beats on, nothing is known of it; later steps hear of it only by what still sounds.
        held = np.asarray(heard(changed)["sounding"] != x["sounding"]).any(axis=(0, 2))
        gone = np.arange(16) // 4 > step // 4 + 1
        assert not (moved.reshape(16, 4).any(axis=1) & gone & ~held & ~np.roll(held, 1) & ~np.roll(held, 4)).any()


def test_sampling_asks_for_the_same_numbers_as_training(vae, batch):
    """What is said cell by cell, looking at short stretches, is the likeliest under the logits of whole windows."""
    conditions = {name: batch[name] for name in ("style", "key", "present", "position", "bar_length")}
    for _ in range(5):
        vae.train_step(batch)
    z = np.random.default_rng(1).standard_normal((4, 4)).astype(np.float32)
    made = vae.decode(z, conditions)
    home = transpose_tokens(made, shift_home(batch["key"]))
    x = {**vae._given(conditions), **heard(home)}
    logits = np.array(vae._cells(x, vae._plan(x, z)))
    logits[:, 0, :, HOLD] = -1e9
    there = np.broadcast_to(batch["present"][:, None], made.shape)
    assert np.array_equal(logits.argmax(axis=-1)[there], home[there])
    assert (made[~there] == REST).all()


def test_the_bound_is_the_sum_of_its_parts(vae, batch):
    found = vae.validation_step(batch)
    cells = (batch["valid"][..., None] & batch["present"][:, None]).sum()
    total = 4 * (found["reconstruction"] + found["kl"])
    assert found["cross_entropy"] == pytest.approx(total / cells, rel=1e-5)


def test_the_bound_does_not_depend_on_the_key(vae, batch):
    """Music in D and the same music in C are one to the networks, but for the table of keys."""
    higher = (batch["key"] + 4 - 1) % 24 + 1
    up = {**batch, "tokens": transpose_tokens(batch["tokens"], np.full(4, 2)), "key": higher}
    x, y = vae._inputs(batch), vae._inputs(up)
    shift = shift_home(batch["key"]) - shift_home(higher)  # -10 where the shorter way home changes its direction
    assert set(shift.tolist()) <= {2, -10}
    same = shift == 2
    assert same.any()
    assert np.array_equal(x["tokens"][same], y["tokens"][same])


def test_a_batch_learnt_by_heart_comes_back_from_its_z(vae, batch):
    conditions = {name: batch[name] for name in ("style", "key", "present", "position", "bar_length")}
    first = vae.train_step(batch)
    for _ in range(150):
        last = vae.train_step(batch)
    assert last["reconstruction"] < 0.2 * first["reconstruction"]
    z = vae.encode(batch["tokens"], conditions)
    assert z.shape == (4, 4)
    made = vae.decode(z, conditions)
    there = np.broadcast_to(batch["present"][:, None], made.shape)
    assert (made == batch["tokens"])[there].mean() > 0.9


def test_a_style_can_be_asked_for(vae, batch):
    vae.train_step(batch)
    folk = vae.sample(3, seed=1, style=2)
    assert (folk[..., 1:] == REST).all()  # a melody has one voice
    assert not np.array_equal(folk, vae.sample(3, seed=1, style=1))


def test_conditions_are_drawn_as_they_were_met():
    seen = SeenConditions(("any", "chorale/bach", "folk/irish"))
    assert seen.likeliest(2, bars=1)["key"].tolist() == [0, 0]
    batch = {"style": np.array([1, 1, 1, 2]), "key": np.array([3, 3, 8, 15])}
    for done in range(1, 200):
        seen.update(batch, done)
    np.testing.assert_allclose(seen.shares.numpy()[[1, 1, 2], [3, 8, 15]], [0.5, 0.25, 0.25], atol=1e-4)
    likeliest = seen.likeliest(1, bars=2)
    assert (likeliest["style"][0], likeliest["key"][0], likeliest["position"].shape) == (1, 3, (1, 32))
    drawn = seen.draw(400, np.random.default_rng(0), bars=1)
    assert set(zip(drawn["style"].tolist(), drawn["key"].tolist(), strict=True)) == {(1, 3), (1, 8), (2, 15)}
    assert (drawn["key"] == 3).mean() == pytest.approx(0.5, abs=0.08)
    assert drawn["present"][drawn["style"] == 2].sum(axis=1).tolist() == [1] * int((drawn["style"] == 2).sum())
    assert set(seen.draw(50, np.random.default_rng(0), bars=1, style=0)["key"].tolist()) <= {3, 8, 15}  # never met


def test_averages_follow_and_change_places():
    import keras

    weight = keras.Variable(np.float32([1.0]))
    averages = Averages([weight], decay=0.75)
    weight.assign([5.0])
    averages.update(0)  # keep min(.75, 1 / 10): .1 x 1 + .9 x 5
    assert averages.averages[0].numpy() == pytest.approx([4.6])
    averages.update(1000)  # keep .75: .75 x 4.6 + .25 x 5
    averages.use(averaged=True)
    assert weight.numpy() == pytest.approx([4.7])
    averages.use(averaged=False)
    assert weight.numpy() == pytest.approx([5.0])
    averages.restart()
    assert averages.averages[0].numpy() == pytest.approx([5.0])
