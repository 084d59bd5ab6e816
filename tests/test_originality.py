"""Copies of the training music are found without the music."""

import numpy as np
import pytest

from musegen.checkpoint import write_arrays
from musegen.lanes import HOLD, REST
from musegen.studio import originality
from musegen.studio.drafts import COPIED, copied


@pytest.fixture
def learnt(tmp_path, monkeypatch):
    """A list made of one chorale of 40 sixteenths."""
    rng = np.random.default_rng(0)
    pitches = np.repeat(rng.integers(50, 70, (10, 4)), 4, axis=0).astype(np.int16)
    write_arrays(tmp_path / "list.npz", dict(originality.make_list([pitches])))
    monkeypatch.setattr(originality, "ORIGINALITY", tmp_path / "list.npz")
    originality._list.cache_clear()
    yield pitches
    originality._list.cache_clear()


def tokens_of(pitches):
    """Every fourth sixteenth an onset, the others held."""
    tokens = np.full(pitches.shape, HOLD, np.int16)
    tokens[::4] = pitches[::4]
    return tokens


def test_a_copy_is_found_at_any_transposition(learnt):
    other = tokens_of(np.repeat(np.arange(40, 80).reshape(10, 4), 4, axis=0).astype(np.int16))
    share = originality.copied_share(np.stack([tokens_of(learnt), tokens_of(learnt + 5), other]))
    # 25 windows of 16 in 40 sixteenths; the list has those that begin on 0, 4, ... 24
    np.testing.assert_allclose(share, [7 / 25, 7 / 25, 0])


def test_a_copy_within_new_music_is_found_wherever_it_stands(learnt):
    for begin in range(4):
        music = np.full((1, 40, 4), 60, np.int16)
        music[0, 8 : 8 + 19] = learnt[begin : begin + 19]  # 16 + 4 - 1: a window of the list lies within
        share = originality.copied_share(music)
        np.testing.assert_allclose(share, [1 / 25])


def test_what_it_can_t_tell_is_no_copy(learnt):
    assert originality.copied_share(np.full((2, 40, 3), 60, np.int16)).tolist() == [0, 0]  # three parts
    assert originality.copied_share(tokens_of(learnt)[None, :12]).tolist() == [0]  # shorter than a window
    assert originality.copied_share(np.full((1, 40, 4), REST, np.int16)).tolist() == [0]  # silence


def test_copying_costs_a_draft(learnt):
    tokens = np.stack([tokens_of(learnt), tokens_of(learnt[::-1].copy())])
    cost = copied(tokens, {"present": np.ones((2, 4), bool)})
    np.testing.assert_allclose(cost, [COPIED * 7 / 25, 0])


def test_silence_in_the_training_music_is_nothing_that_was_learnt(tmp_path, monkeypatch):
    from musegen.evaluation.sampling import SILENT

    write_arrays(tmp_path / "list.npz", dict(originality.make_list([np.full((64, 4), SILENT, np.int16)])))
    monkeypatch.setattr(originality, "ORIGINALITY", tmp_path / "list.npz")
    originality._list.cache_clear()
    assert originality.copied_share(np.full((1, 40, 4), REST, np.int16)).tolist() == [0]
    originality._list.cache_clear()


def test_without_a_list_nothing_is_a_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(originality, "ORIGINALITY", tmp_path / "none.npz")
    originality._list.cache_clear()
    assert originality.copied_share(np.full((1, 40, 4), 60, np.int16)).tolist() == [0]
    originality._list.cache_clear()
