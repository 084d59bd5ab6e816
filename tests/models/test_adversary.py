"""The adversary's parts, worked out by hand, and the adversarial stage of the composer."""

import numpy as np
import pytest
from tiny import STYLES, TINY

from musegen.lanes import HOLD, MASK, REST, VOCABULARY, sounding
from musegen.models import build_model
from musegen.models.adversary import (
    Discriminator,
    adversarial_losses,
    difference_penalty,
    pair_losses,
    relaxed_sample,
    sounding_roll,
)
from musegen.models.composer import completions
from musegen.models.composer_network import ComposerConfig
from musegen.models.examples import training_example
from musegen.models.sampling import blank_conditions

ONES = np.ones((1, 2), np.float32)


def test_what_sounds_is_what_began_times_what_held():
    onsets = np.array([1.0, 0.0, 0.25, 0.0, 0.0], np.float32).reshape(1, 5, 1, 1)
    hold = np.array([0.9, 0.5, 0.5, 1.0, 0.0], np.float32).reshape(1, 5, 1)
    # 1 (nothing is held into the first step); .5 * 1; .25 + .5 * .5; 1 * .5; 0
    assert np.asarray(sounding_roll(onsets, hold)).ravel().tolist() == [1.0, 0.5, 0.5, 0.5, 0.0]


def test_of_plain_tokens_it_is_what_the_lanes_say_sounds():
    rng = np.random.default_rng(0)
    tokens = rng.choice([60, 64, REST, HOLD, HOLD, HOLD], (2, 19, 3)).astype(np.int16)
    rows = np.eye(VOCABULARY, dtype=np.float32)[tokens]
    roll = np.asarray(sounding_roll(rows[..., :REST], rows[..., HOLD]))
    heard = sounding(tokens)
    expected = (heard[..., None] == np.arange(REST)).astype(np.float32)
    np.testing.assert_array_equal(roll, expected)


def test_relativistic_pairing():
    real, made = np.array([[2.0, 0.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    d_loss, g_loss = pair_losses(real, made, ONES, "relativistic")
    # gaps 1 and 0: (log(1 + 1/e) + log 2) / 2, and (log(1 + e) + log 2) / 2
    assert float(d_loss) == pytest.approx((0.313262 + 0.693147) / 2, abs=1e-5)
    assert float(g_loss) == pytest.approx((1.313262 + 0.693147) / 2, abs=1e-5)
    shifted = pair_losses(real + 5, made + 5, ONES, "relativistic")
    assert float(shifted[0]) == pytest.approx(float(d_loss), abs=1e-5)  # only the difference counts
    d_loss, _ = pair_losses(real, made, np.array([[1.0, 0.0]], np.float32), "relativistic")
    assert float(d_loss) == pytest.approx(0.313262, abs=1e-5)


def test_non_saturating_losses():
    real, made = np.array([[1.0, 1.0]], np.float32), np.array([[0.0, 0.0]], np.float32)
    d_loss, g_loss = pair_losses(real, made, ONES, "non-saturating")
    assert float(d_loss) == pytest.approx(0.313262 + 0.693147, abs=1e-5)
    assert float(g_loss) == pytest.approx(0.693147, abs=1e-5)


def test_the_penalty_of_a_linear_judge_is_the_squared_norm_of_its_weights():
    rng = np.random.default_rng(0)
    w = np.array([3.0, -4.0, 0.0], np.float32)
    x, noise = rng.normal(size=(2, 40_000, 3)).astype(np.float32)
    penalty = float(difference_penalty(x @ w, (x + 0.01 * noise) @ w, np.ones(len(x), np.float32), 0.01))
    assert penalty == pytest.approx(25.0, rel=0.03)
    noised = np.array([0.01 * (3 * 1 - 4 * 2)], np.float32)
    one = float(difference_penalty(np.zeros(1, np.float32), noised, np.ones(1, np.float32), 0.01))
    assert one == pytest.approx(25.0)  # (w . (1, 2, 5))^2 = (3 - 8)^2, exactly, for that noise


def test_straight_through_shows_a_note_and_soft_shows_chances():
    logits = np.log(np.array([[0.2, 0.5, 0.3]], np.float32))
    still = np.zeros_like(logits)
    assert np.asarray(relaxed_sample(logits, still, kind="straight-through", softness=1.0)).tolist() == [[0, 1, 0]]
    np.testing.assert_allclose(relaxed_sample(logits, still, kind="soft", softness=1.0), [[0.2, 0.5, 0.3]], atol=1e-6)
    sharper = np.array([0.04, 0.25, 0.09]) / 0.38  # chances squared, normed
    np.testing.assert_allclose(relaxed_sample(logits, still, kind="soft", softness=0.5), [sharper], atol=1e-6)
    pushed = relaxed_sample(logits, np.array([[0.0, 0.0, 2.0]], np.float32), kind="straight-through", softness=1.0)
    assert np.asarray(pushed).tolist() == [[0, 0, 1]]


def test_only_what_was_asked_is_made():
    target = np.array([[[60, REST], [HOLD, REST]]])
    logits = np.zeros((1, 2, 2, VOCABULARY), np.float32)
    logits[..., 70] = 9
    weight = np.array([[[0, 0], [1, 0]]], np.float32)
    real, made = completions(logits, target, weight, np.array([[1, 0]]), np.zeros_like(logits), ComposerConfig())
    real, made = np.asarray(real), np.asarray(made)
    assert real[0, :, 0].argmax(-1).tolist() == [60, HOLD]
    assert made[0, :, 0].argmax(-1).tolist() == [60, 70]
    assert not real[0, :, 1].any()  # an absent lane
    assert not made[0, :, 1].any()


SETTINGS = {
    **TINY["composer"], "styles": STYLES, "stage": "adversarial", "latent": 4, "home_key": True, "ramp": 2,
    "adversary_width": 16, "adversary_rate": 5e-3, "learning_rate": 1e-3, "z_dropout": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def fighting():
    """Trained without XLA, which takes longer to compile two networks than the tests take to use them."""
    model = build_model("composer", SETTINGS, seed=2)
    import tensorflow as tf

    with pytest.MonkeyPatch.context() as patch:
        plain = tf.function
        patch.setattr(tf, "function", lambda *f, jit_compile=False, **k: plain(*f, **k))
        model._compile()
    return model


def test_a_judge_that_is_shown_the_same_twice_can_only_guess(tiny_windows, fighting):
    judge = Discriminator(fighting.config)
    judge.build()
    x, target, weight = training_example(tiny_windows.batch(0, 4), fighting.config)
    logits = np.zeros((*target.shape, VOCABULARY), np.float32)
    real, _ = completions(logits, target, weight, x["present"], logits, fighting.config)
    d_loss, g_loss, parts = adversarial_losses(judge, real, real, weight, x, np.zeros(real.shape, np.float32))
    assert float(parts["d_loss"]) == pytest.approx(np.log(2), abs=1e-4)
    assert float(parts["g_adversarial"]) == pytest.approx(np.log(2), abs=1e-4)
    assert float(parts["r1"]) == float(parts["r2"]) == 0.0
    assert float(d_loss) == pytest.approx(1.5 * np.log(2), abs=1e-4)  # patches, and cells at half weight
    assert float(g_loss) == pytest.approx(1.5 * np.log(2), abs=1e-4)


def test_the_judge_learns_and_the_state_holds_both(tiny_windows, fighting):
    batches = [tiny_windows.batch(k, 4) for k in range(3)]
    before = fighting.state()
    losses = [fighting.train_step(batch) for batch in batches]
    assert {"cross_entropy", "g_adversarial", "d_loss", "d_real", "d_fake", "r1", "r2", "kl"} <= set(losses[0])
    assert all(np.isfinite(value) for row in losses for value in row.values())
    after = fighting.state()
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    judge = {name for name in before if name.startswith("adversary/")}
    assert len(judge & moved) > 0.9 * len(judge)  # some rows of tables are not met
    fighting.load_state(before)
    again = [fighting.train_step(batch) for batch in batches]
    assert again == losses
    gaps = [row["d_real"] - row["d_fake"] for row in (fighting.train_step(batches[0]) for _ in range(40))]
    assert np.mean(gaps[-10:]) > np.mean(gaps[:5]) + 0.1
    assert not any("adversary" in name for name in fighting.weights())  # only the composer ships


def test_what_ships_makes_music_without_a_judge(fighting):
    shipped = build_model("composer", SETTINGS, seed=0)
    shipped.load_weights(fighting.weights())
    assert shipped._adversary is None
    context = np.full((1, 16, 4), MASK, np.int16)
    conditions = blank_conditions(1, bars=1, style=1)
    np.testing.assert_allclose(shipped.logits(context, conditions), fighting.logits(context, conditions), atol=1e-5)
