"""Wishes: exactly so many nats, in the key that is played, and two styles at once as a geometric mixture."""

from types import SimpleNamespace

import numpy as np
import pytest

from musegen.lanes import HOLD, MASK, REST, VOCABULARY
from musegen.models.play import Player
from musegen.models.sampling import blank_conditions, compose, heeding_logits
from musegen.models.wishes import held_lean, leaning, mixed

STEPS = 8


def softmax(logits):
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


class Styled:
    """Says what a style says: a fixed row of logits for each."""

    config = SimpleNamespace()
    rows = np.random.default_rng(4).normal(size=(3, VOCABULARY)).astype(np.float32)

    def logits(self, context, conditions):
        return np.broadcast_to(self.rows[conditions["style"]][:, None, None], (*context.shape, VOCABULARY)).copy()


def conditions(n=1, **more):
    return {**blank_conditions(n, bars=1, bar_length=STEPS, present=2, lanes=2, style=1), **more}


def lean_to(*classes, nats=3.0):
    return np.where(np.isin(np.arange(12), classes), 0.0, -nats).astype(np.float32)


def test_a_lean_chooses_among_pitches_and_leaves_the_rhythm():
    context = np.full((1, STEPS, 2), MASK, np.int16)
    lean = np.zeros((1, STEPS, 2, 12), np.float32)
    lean[0, 2, 1] = lean_to(0, 4, 7)
    plain = heeding_logits(Styled(), context, conditions(), guidance=0.0, strictness=0.0)
    leant = heeding_logits(Styled(), context, conditions(lean=lean), guidance=0.0, strictness=0.0)
    elsewhere = np.ones(plain.shape[:3], bool)
    elsewhere[0, 2, 1] = False
    np.testing.assert_allclose(leant[elsewhere], plain[elsewhere], atol=1e-5)
    before, after = softmax(plain[0, 2, 1]), softmax(leant[0, 2, 1])
    np.testing.assert_allclose(after[[REST, HOLD]], before[[REST, HOLD]], rtol=1e-5)  # whether a note begins
    # 60 (C) against 61 (C sharp): the odds grow by e to the power of three, exactly
    assert after[60] / after[61] == pytest.approx(np.exp(3.0) * before[60] / before[61], rel=1e-4)
    assert after[60] / after[67] == pytest.approx(before[60] / before[67], rel=1e-4)


def test_what_is_held_is_chosen_anew_on_the_beat():
    context = np.full((1, STEPS, 1), MASK, np.int16)
    context[0, :6, 0] = [61, HOLD, HOLD, HOLD, HOLD, HOLD]
    logits = np.zeros((1, STEPS, 1, VOCABULARY), np.float32)
    leant = leaning(logits, context, {"lean": np.tile(lean_to(0, 4, 7), (1, STEPS, 1, 1))}, 4)
    # C sharp sounds up to step 5: held on at step 4, on the beat, it loses three nats
    assert leant[0, :, 0, HOLD].tolist() == [0, 0, 0, 0, -3, 0, 0, 0]
    assert held_lean(np.array([60, 61, REST]), np.tile(lean_to(0), (3, 1))).tolist() == [0, -3, 0]
    assert leaning(logits, context, {}, 4) is logits


def test_two_styles_are_mixed_geometrically():
    first, second = np.log([[0.8, 0.2]]), np.log([[0.2, 0.8]])
    # sqrt(.8 * .2) both ways: one half; at a quarter .8^.75 * .2^.25 : .2^.75 * .8^.25 = 2 : 1
    np.testing.assert_allclose(softmax(mixed(first, second, np.array([0.5]))), [[0.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(softmax(mixed(first + 5, second, np.array([0.25]))), [[2 / 3, 1 / 3]], rtol=1e-6)


def test_the_ends_of_the_mixture_are_the_pure_styles():
    context = np.full((2, STEPS, 2), MASK, np.int16)
    pure = [
        softmax(heeding_logits(Styled(), context, conditions(2, style=np.full(2, s)), guidance=0.0, strictness=0.0))
        for s in (1, 2)
    ]
    for share, expected in ((0.0, pure[0]), (1.0, pure[1])):
        both = conditions(2, other_style=np.full(2, 2), share=np.full(2, share))
        made = softmax(heeding_logits(Styled(), context, both, guidance=0.0, strictness=0.0))
        np.testing.assert_allclose(made, expected, atol=1e-6)


# --- the sequence model -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(request):
    built = request.getfixturevalue("fresh_model")("seq2seq")
    rng = np.random.default_rng(0)
    for variable in built.network.trainable_variables:
        variable.assign(variable.numpy() + rng.normal(size=variable.shape) * 0.2)
    built.averages.restart()
    return built


@pytest.fixture
def batch(tiny_windows):
    return {name: array for name, array in tiny_windows.batch(0, 4).items() if np.ndim(array)}


def test_a_lean_is_heard_in_the_key_that_is_played(model, batch):
    context = np.full(batch["tokens"].shape, MASK, np.int16)
    for wanted in (0, 5):
        batch["lean"] = np.full((1, context.shape[1], 1, 12), -60.0, np.float32)
        batch["lean"][..., wanted] = 0.0
        made = compose(model, context, batch, seed=2)
        pitches = made[(made < REST) & batch["present"][:, None, :].astype(bool)]
        assert len(pitches) > 20
        assert set(pitches % 12) == {wanted}


def test_a_lean_moves_a_sequence_by_so_many_nats(model, batch):
    context = np.full(batch["tokens"].shape, MASK, np.int16)
    lean = np.zeros((len(context), context.shape[1], 4, 12), np.float32)
    lean[:, 0, 0] = lean_to(0, 4, 7)
    model.averages.use(averaged=True)
    found = []
    for more in ({}, {"lean": lean}):
        player = Player(model.network, model._encode, context, {**batch, **more})
        seen = []
        plain = player._logits
        player._logits = lambda lane, *rest: seen.append(plain(lane, *rest)) or seen[-1]  # noqa: B023
        player.play(
            seed=0, temperature=1.0, ranges=None, strictness=0.0, density=0.0, no_rest=0, select=None, progress=None
        )
        found.append(seen[0])
    np.testing.assert_allclose(found[0], found[1])  # the network says the same: the lean comes after it
    assert player.lean is not None
    home = player.lean[np.arange(len(context)), 0, 0]
    for row, shift in enumerate(player.shift):  # C, E and G of the key that is played, moved home
        assert set(np.flatnonzero(home[row] == 0)) == {(c + shift) % 12 for c in (0, 4, 7)}


@pytest.mark.parametrize(("share", "style"), [(0.0, 1), (1.0, 2)])
def test_the_ends_of_a_mixture_are_played_as_the_pure_style(model, batch, share, style):
    context = np.full(batch["tokens"].shape, MASK, np.int16)
    count = len(context)
    pure = compose(model, context, {**batch, "style": np.full(count, style)}, seed=7, strictness=2.0)
    both = {**batch, "style": np.full(count, 1), "other_style": np.full(count, 2), "share": np.full(count, share)}
    np.testing.assert_array_equal(compose(model, context, both, seed=7, strictness=2.0), pure)


def test_a_mixture_is_neither_and_is_selected_like_any(model, batch):
    rows = {name: np.repeat(array[1:2], 2, axis=0) for name, array in batch.items()}
    context = np.full(rows["tokens"].shape, MASK, np.int16)
    styles = [{**rows, "style": np.full(2, s)} for s in (1, 2)]
    both = {**styles[0], "other_style": np.full(2, 2), "share": np.full(2, 0.5)}
    half = compose(model, context, both, seed=7)
    assert half.shape == context.shape
    asked = []

    def select(tokens, done):
        asked.append(tokens.shape)
        return np.zeros(2, np.intp) if done == 8 else None

    chosen = compose(model, context, both, seed=7, select=select)
    assert set(asked) == {context.shape}
    np.testing.assert_array_equal(chosen[0], half[0])
    np.testing.assert_array_equal(chosen[1, :8], half[0, :8])
    assert any((half != compose(model, context, style, seed=7)).any() for style in styles)
