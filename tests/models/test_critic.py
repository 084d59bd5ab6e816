"""The critic: how made music is made for it, what it is told, and that it learns to tell."""

from types import SimpleNamespace

import numpy as np
import pytest
from tiny import STYLES

from musegen.errors import TrainingError
from musegen.lanes import HOLD, MASK, VOCABULARY
from musegen.models import JUDGES, MODELS, build_model
from musegen.models.critic import POOL, area_under_curve, make_fakes, verdict_losses
from musegen.models.critic_network import CriticConfig

TINY_CRITIC = {
    "styles": STYLES, "width": 16, "beat_width": 16, "blocks": 1, "dropout": 0.0, "condition_dropout": 0.0,
    "learning_rate": 0.01, "warmup": 1, "steps": 200, "averaging": 0.5,
}  # fmt: skip


class Monotone:
    """A masked model that writes the same pitch wherever it is asked."""

    def __init__(self, pitch):
        self.config = SimpleNamespace()
        self.pitch = pitch

    def logits(self, context, conditions):
        logits = np.zeros((*context.shape, VOCABULARY), np.float32)
        logits[..., self.pitch] = 30.0
        return logits


@pytest.fixture(scope="module")
def critic():
    model = build_model("critic", TINY_CRITIC, seed=1)
    model.generator = Monotone(61)
    return model


def test_a_critic_judges_and_makes_no_music():
    assert JUDGES == ("critic",)
    assert "critic" not in MODELS


def test_area_under_the_curve_by_hand():
    scores, positive = np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, True, False, False])
    # pairs: 3>2, 3>1, 1<2, 1=1: (1 + 1 + 0 + .5) / 4
    assert area_under_curve(scores, positive) == 0.625
    assert area_under_curve(scores, np.ones(4, bool)) == 0.5


def test_losses_by_hand():
    cells = np.array([[[2.0, -1.0]]], np.float32)
    made, weight = np.array([[[0.0, 1.0]]], np.float32), np.ones((1, 1, 2), np.float32)
    pieces, whole = np.array([3.0, 0.0, 9.0], np.float32), np.array([1.0, 0.0, -1.0], np.float32)
    cell_loss, piece_loss = verdict_losses(cells, pieces, made, weight, whole)
    # real at +2: log(1 + e^-2); made at -1: log(1 + e^-1)
    assert float(cell_loss) == pytest.approx((0.126928 + 0.313262) / 2, abs=1e-5)
    # real at +3: log(1 + e^-3); made at 0: log 2; the third is neither
    assert float(piece_loss) == pytest.approx((0.048587 + 0.693147) / 2, abs=1e-5)


def test_what_is_made_is_marked_and_the_rest_is_real(tiny_windows):
    batch = tiny_windows.batch(0, 16)
    fakes = make_fakes(Monotone(61), batch, np.random.default_rng(0), CriticConfig())
    assert set(fakes) == set(POOL)
    real, made = batch["tokens"], fakes["made"]
    np.testing.assert_array_equal(fakes["tokens"][fakes["whole"] == 1], real[fakes["whole"] == 1])
    assert not made[fakes["whole"] == 1].any()
    changed = fakes["tokens"] != real
    assert (fakes["tokens"][changed] == 61).all()
    assert made[changed].all()
    assert (made & ~changed).sum() == ((fakes["tokens"] == HOLD) & made).sum()  # held notes whose onset is made
    assert not made[~np.broadcast_to(batch["present"][:, None], made.shape)].any()
    wholly = made[fakes["whole"] == 0]
    assert len(wholly)
    assert (wholly.mean(axis=(1, 2)) > 0.1).all()
    assert set(np.unique(fakes["whole"])) == {-1, 0, 1}


def test_without_anything_to_learn_from_it_says_so(tiny_windows, critic):
    critic.generator, generator = None, critic.generator
    with pytest.raises(TrainingError, match="from a generator, or from a pool"):
        critic.train_step(tiny_windows.batch(0, 4))
    critic.generator = generator


def test_it_learns_to_tell_and_to_say_where(tiny_windows, critic):
    losses = [critic.train_step(tiny_windows.batch(k, 8)) for k in range(60)]
    assert np.mean([row["cross_entropy"] for row in losses[-10:]]) < 0.6 * losses[0]["cross_entropy"]
    report = critic.validation_step(tiny_windows.batch(99, 8))
    assert report["cell_auc"] > 0.9
    batch = tiny_windows.fixed("valid", "chorale", 8)[0]
    tokens = batch["tokens"].copy()
    tokens[:, 8, 1] = 61
    realism = critic.realism(tokens, batch)
    assert realism.shape == tokens.shape
    assert (realism[:, 8, 1] < critic.realism(batch["tokens"], batch)[:, 8, 1] - 0.5).all()
    wholly = np.full_like(tokens, 61)
    assert (critic.piece_score(wholly, batch) < critic.piece_score(batch["tokens"], batch)).all()


def test_long_pieces_are_heard_window_by_window(critic, tiny_windows):
    row = {k: v[:1] for k, v in tiny_windows.fixed("valid", "chorale", 8)[0].items() if np.ndim(v)}
    long = {
        k: np.tile(v, (1, 24) + (1,) * (v.ndim - 2)) if v.ndim > 1 and k != "present" else v for k, v in row.items()
    }
    cells, pieces = critic.judge(long["tokens"], long)  # 384 steps: windows from 0, 64, ... 256
    assert cells.shape == (1, 384, 4)
    parts = []
    for begin in range(0, 257, 64):
        part = {k: v[:, begin : begin + 128] if v.ndim > 1 and k != "present" else v for k, v in long.items()}
        parts.append(critic.judge(part["tokens"], part))
    # Cut by itself, a window doesn't know what came before its first step: hence not to the last digit.
    assert pieces[0] == pytest.approx(np.mean([p for _, p in parts]), abs=0.02)
    np.testing.assert_allclose(cells[0, :32], parts[0][0][0, :32], atol=1e-4)
    both = (parts[0][0][0, 80] + parts[1][0][0, 16]) / 2
    np.testing.assert_allclose(cells[0, 80], both, atol=0.02)


def test_a_pool_stands_in_for_the_generator(tiny_windows, critic):
    fakes = make_fakes(Monotone(61), tiny_windows.batch(3, 8), np.random.default_rng(0), CriticConfig())
    critic.generator, generator = None, critic.generator
    critic.pool = fakes
    assert np.isfinite(critic.train_step(tiny_windows.batch(0, 8))["cross_entropy"])
    critic.generator, critic.pool = generator, None


def test_training_goes_on_from_a_state(tiny_windows, critic):
    state, batch = critic.state(), tiny_windows.batch(5, 8)
    first = critic.train_step(batch)
    critic.load_state(state)
    assert critic.train_step(batch) == first
    again = build_model("critic", TINY_CRITIC, seed=2)
    again.load_weights(critic.weights())
    held = tiny_windows.fixed("valid", "chorale", 8)[0]
    np.testing.assert_allclose(again.realism(held["tokens"], held), critic.realism(held["tokens"], held), atol=1e-5)
    assert MASK not in held["tokens"]
