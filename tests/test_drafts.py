"""Which draft is kept."""

import numpy as np
import pytest

from musegen.corpora.windows import key_index
from musegen.lanes import HOLD, MASK, REST
from musegen.models.refine import RULES
from musegen.score import Key
from musegen.studio.drafts import (
    BREATH,
    CADENCE,
    EMPTY,
    ENDING,
    JOINT,
    PHRASE,
    SAME_BARS,
    SILENT_BAR,
    Drafted,
    Ending,
    bad_joints,
    best_rows,
    best_so_far,
    closes,
    dull,
    empty,
    worth,
)

C_MAJOR = key_index(Key(0, "major"))


def music(*basses):
    """Two chords in four voices over each bass."""
    chords = [[[72, 67, 64, bass], [HOLD, HOLD, HOLD, HOLD]] for bass in basses]
    return np.array([[[74, 65, 59, 43], [HOLD, HOLD, HOLD, HOLD], *chord] for chord in chords], np.int16)


def conditions(n, key=C_MAJOR, lanes=4):
    present = np.tile(np.arange(4) < lanes, (n, 1))
    return {"present": present, "key": np.full(n, key), "position": np.tile(np.arange(2), (n, 1))}


def test_a_piece_closes_on_the_tonic_in_its_lowest_voice():
    tokens = music(48, 52, 36)
    assert closes(tokens, conditions(3)).tolist() == [True, False, True]
    assert closes(tokens, conditions(3, key=0)).all()  # no key, no tonic
    melody = np.where(np.arange(4) == 0, tokens, REST).astype(np.int16)
    assert closes(melody, conditions(3, lanes=1)).tolist() == [True, True, True]  # all end on the soprano's C


def test_parallels_and_open_endings_cost():
    tokens = np.array(
        [
            [[72, 67, 64, 48], [74, 69, 65, 50]],  # soprano and bass, and alto and bass, move in parallel: two faults
            [[72, 67, 64, 48], [71, 67, 62, 55]],
        ],
        np.int16,
    )
    free = np.full(tokens.shape, MASK, np.int16)
    value = worth(None, free, tokens, conditions(2))
    assert value[0] == -RULES * 200 - ENDING
    assert value[1] == -ENDING
    half = worth(None, free, tokens, conditions(2), Ending("half"))  # asked for, and there
    assert half[1] == 0
    assert half[0] == -RULES * 200 - CADENCE
    given = worth(None, tokens, tokens, conditions(2))
    assert given[1] == 0  # the caller's own ending is nobody's fault


def test_the_best_draft_of_each_alternative():
    assert best_rows(np.array([0.0, 2.0, 1.0, -1.0, -3.0, -2.0]), 3).tolist() == [1, 3]


def test_all_drafts_go_on_from_the_best_at_the_end_of_a_phrase():
    still, parallel = [72, 67, 64, 48], [74, 69, 65, 50]  # soprano and bass, alto and bass move in parallel
    tokens = np.full((4, 3 * PHRASE, 4), HOLD, np.int16)
    tokens[:, 0] = still
    tokens[[0, 3], 8] = parallel  # of the two drafts of each alternative, one has faults
    known = {**conditions(4), "position": np.zeros(tokens.shape[:2], int)}
    free = np.full(tokens.shape, MASK, np.int16)
    select = best_so_far(None, 2, free, known)
    assert select(tokens, PHRASE).tolist() == [1, 1, 2, 2]
    assert select(tokens, PHRASE + 4) is None
    assert select(tokens, 2 * PHRASE).tolist() == [1, 1, 2, 2]
    assert select(tokens, 3 * PHRASE) is None  # the end: the best is chosen by the whole, with its ending


def test_a_choice_hears_where_what_is_given_goes_on():
    tokens = np.full((2, 3 * PHRASE, 4), HOLD, np.int16)
    tokens[:, 0] = [72, 67, 64, 48]
    tokens[0, 8] = [71, 67, 62, 55]  # alto and bass, tenor and bass go on in parallel, of the second draft none
    tokens[:, PHRASE:] = MASK  # not played yet
    context = np.full(tokens.shape, MASK, np.int16)
    context[:, PHRASE:] = [73, 69, 64, 57]
    known = {**conditions(2), "position": np.tile(np.arange(3 * PHRASE), (2, 1))}
    assert best_so_far(None, 2, context, known)(tokens, PHRASE).tolist() == [1, 1]
    context[:, PHRASE:, 1] = MASK  # a voice is still free: nothing is heard ahead
    assert best_so_far(None, 2, context, known)(tokens, PHRASE).tolist() == [0, 0]


def test_a_fault_counts_where_composed_and_given_music_meet():
    still, parallel = [72, 67, 64, 48], [74, 69, 65, 50]  # soprano and bass, alto and bass move in parallel
    tokens = np.array([[still, parallel, parallel, still]], np.int16)
    free = np.full(tokens.shape, MASK, np.int16)
    assert bad_joints(free, tokens, conditions(1)).tolist() == [0]  # all composed: nothing meets
    assert bad_joints(tokens, tokens, conditions(1)).tolist() == [0]
    free[:, 2:] = tokens[:, 2:]
    assert bad_joints(free, tokens, conditions(1)).tolist() == [0]  # there they meet on a repeated chord
    free[:, 1:] = tokens[:, 1:]
    assert bad_joints(free, tokens, conditions(1)).tolist() == [2]
    free[:, :, 3] = tokens[:, :, 3]  # a given bass: the soprano and the alto still pass from new to old
    assert bad_joints(free, tokens, conditions(1)).tolist() == [2]
    one, other = worth(None, np.stack([free[0], tokens[0]]), np.repeat(tokens, 2, axis=0), conditions(2))
    assert other - one == 2 * JOINT


def test_silence_counts_shortly_before_what_is_given_goes_on():
    tokens = np.full((1, 4 * BREATH, 4), HOLD, np.int16)
    tokens[:, 0] = tokens[:, 3 * BREATH] = [72, 67, 64, 48]
    tokens[:, 3 * BREATH - 8 : 3 * BREATH] = REST  # two beats
    free = np.where(np.arange(4 * BREATH)[None, :, None] < 3 * BREATH, MASK, tokens).astype(np.int16)
    assert bad_joints(free, tokens, conditions(1)).tolist() == [2]
    assert bad_joints(tokens, tokens, conditions(1)).tolist() == [0]  # silence that was given
    assert bad_joints(np.full_like(tokens, MASK), tokens, conditions(1)).tolist() == [0]
    sung = tokens.copy()
    sung[:, 3 * BREATH - 8, 1] = 67  # the alto leads over
    sung[:, 3 * BREATH - 7 : 3 * BREATH, 1] = HOLD
    assert bad_joints(free, sung, conditions(1)).tolist() == [0]
    early = tokens.copy()
    early[:, BREATH:] = HOLD
    early[:, BREATH] = REST
    early[:, BREATH + 8] = early[:, 3 * BREATH] = [72, 67, 64, 48]
    assert bad_joints(free, early, conditions(1)).tolist() == [0]  # more than a bar before: a breath of the piece


def test_a_choice_falls_where_all_voices_go_on_as_given():
    still, parallel = [72, 67, 64, 48], [74, 69, 65, 50]
    tokens = np.full((4, 3 * PHRASE, 4), HOLD, np.int16)
    tokens[:, 0] = still
    tokens[[1, 2], 8] = [71, 67, 62, 55]
    tokens[:, 20:] = MASK  # not played yet
    context = np.full(tokens.shape, MASK, np.int16)
    context[:2, 20:24] = [74, 69, 65, 50]  # the first alternative has a seam here: its first draft makes parallels
    known = {**conditions(4), "position": np.tile(np.arange(3 * PHRASE), (4, 1))}
    select = best_so_far(None, 2, context, known)
    assert select(tokens, 20).tolist() == [1, 1, 2, 3]  # the other alternative goes on with all its drafts
    assert select(tokens, 16) is None
    assert select(tokens, 24) is None
    tokens[0, 8], tokens[1, 8] = [71, 67, 62, 55], parallel
    assert select(tokens, 20).tolist() == [0, 0, 2, 3]


@pytest.mark.parametrize("seed", range(12))
def test_a_gap_is_filled_up_to_where_the_music_goes_on(seed):
    steps = 6 * 16
    context = np.full((2, steps, 4), HOLD, np.int16)
    context[:, ::4] = [72, 67, 64, 48]
    context[:, 40:56] = MASK  # a bar in the middle of two phrases

    def fill(context, conditions, *, seed, temperature, select):  # every fourth beat is silent
        rng = np.random.default_rng(seed)
        tokens = context.copy()
        for beat in range(0, steps, 4):
            for row in range(len(tokens)):
                if (context[row, beat] == MASK).all():
                    tokens[row, beat] = REST if rng.random() < 0.25 else [72, 67, 64, 48]
                    tokens[row, beat + 1 : beat + 4] = HOLD
            if (rows := select(tokens, beat + 4)) is not None:
                tokens = tokens[rows]
        return tokens

    known = {**conditions(2), "position": np.tile(np.arange(steps) % 16, (2, 1))}
    made = Drafted(fill, None, 32)(context, known, seed=seed, temperature=1.0)
    assert (made[:, 40:56:4] == [72, 67, 64, 48]).all()
    assert np.array_equal(made[context != MASK], context[context != MASK])


def test_the_better_draft_comes_back():
    known = {**conditions(2), "position": np.zeros((2, 4), int)}
    asked = []

    def fill(context, conditions, *, seed, temperature, select):
        asked.append((len(context), conditions["key"].tolist(), seed, temperature))
        return music(52, 48, 36, 52)  # two drafts of each row; those that end on the tonic are better

    drafted = Drafted(fill, None, 2)
    tokens = drafted(np.full((2, 4, 4), MASK, np.int16), known, seed=5, temperature=0.5)
    assert asked == [(4, [C_MAJOR] * 4, 5, 0.5)]
    assert tokens[:, 2, 3].tolist() == [48, 36]


def test_a_draft_without_a_note_is_the_last_to_be_taken():
    context = np.full((3, 8, 4), REST, np.int16)
    context[:2, 4:, 0] = MASK
    tokens = np.full((3, 8, 4), REST, np.int16)
    tokens[0, 5, 0] = 60
    tokens[1, 2, 0] = 60  # before what was wanted: that was given
    assert empty(context, tokens, conditions(3, lanes=1)).tolist() == [False, True, False]
    one, other = worth(None, context, tokens, conditions(3, lanes=1))[:2]
    assert one - other > EMPTY / 2


def test_silent_bars_and_too_many_of_the_same_cost():
    bars = {"a": [60, HOLD, 62, HOLD], "b": [64, 65, 67, HOLD], "c": [72, 71, 69, 67], "r": [REST] * 4}
    words = ["abcb", "arcb", "aaaa", "aaab"]
    tokens = np.array([[[p, REST, REST, REST] for bar in word for p in bars[bar]] for word in words], np.int16)
    known = {**conditions(4, lanes=1), "position": np.tile(np.arange(16) % 4, (4, 1))}
    # three of four bars the same: one in four is new, so three quarters say what was said
    assert dull(tokens, known).tolist() == [0, SILENT_BAR, SAME_BARS * 0.25, 0]
    held = tokens[:1].copy()
    held[0, 4:8, 0] = HOLD  # a note held through a bar is no silence
    assert dull(held, {name: rows[:1] for name, rows in known.items()}).tolist() == [0]
