"""The baselines: probabilities by hand, that they add up to one, and that they keep what is given."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from musegen.errors import TrainingError
from musegen.lanes import HOLD, MASK, REST
from musegen.models.markov import Markov
from musegen.models.repeat import RepeatOrStep, before, held, note_wise

DATA = Path(__file__).parents[3] / "shared" / "data"


def column(*tokens: int) -> np.ndarray:
    return np.array(tokens, np.int16)[:, None]


def walk(seed: int, steps: int = 64, lanes: int = 2) -> np.ndarray:
    """Notes of two or four steps that wander over C major; the lower lanes follow in thirds."""
    rng = np.random.default_rng(seed)
    scale = np.array([12 * (i // 7) + (0, 2, 4, 5, 7, 9, 11)[i % 7] for i in range(75)])
    grid = np.full((steps, lanes), HOLD, np.int16)
    place, step = 40, 0
    while step < steps:
        grid[step] = [scale[place - 2 * lane] for lane in range(lanes)]
        place = int(np.clip(place + rng.choice([-1, 0, 1]), 35, 45))
        step += int(rng.choice([2, 4]))
    return grid


# --- units --------------------------------------------------------------------------------------


def test_a_sounding_grid_becomes_tokens():
    assert held(column(60, 60, 62, -1, -1, 62))[:, 0].tolist() == [60, HOLD, 62, REST, REST, 62]


def test_note_wise_forgets_repeated_notes_only():
    tokens = column(60, HOLD, 60, HOLD, 62, REST, HOLD, 62)
    assert note_wise(tokens)[:, 0].tolist() == [60, HOLD, HOLD, HOLD, 62, REST, REST, 62]


def test_what_stands_before_a_cell():
    last, state = before(column(REST, 60, HOLD, REST, REST, 62))
    assert last[:, 0].tolist() == [-1, -1, 60, 60, 60, 60]
    assert state[:, 0].tolist() == [0, 0, 2, 2, 1, 1]  # nothing yet, sounding, resting


# --- repeat or step -----------------------------------------------------------------------------


def test_repeat_or_step_by_hand():
    # One lane, beats of two steps. On the second step of a beat all 4 notes are held; on the first 3 move: +2, +2, -2.
    model = RepeatOrStep(beat=2)
    model.fit([column(60, HOLD, 62, HOLD, 64, HOLD, 62, HOLD)])
    nats = model.nll(column(60, HOLD, 62, 62))[:, 0]
    # With 0.1 added to each of 4 events: held 4.1 / 4.4; moved 3.1 / 3.4; struck again on the second step 0.1 / 4.4.
    # With 0.1 added to each of 254 moves: +2 has (2 + 0.1) of 3 + 25.4, and one more from the first note, for which
    # the lane's middle pitch, 62, stands in: 60 is a move of -2 from it.
    moves = 4 + 25.4
    assert nats[1] == pytest.approx(-log(4.1 / 4.4))
    assert nats[2] == pytest.approx(-log(3.1 / 3.4 * 2.1 / moves))
    assert nats[3] == pytest.approx(-log(0.1 / 4.4))


def test_repeat_or_step_adds_up_to_one():
    model = RepeatOrStep()
    model.fit([walk(seed) for seed in range(4)])
    total = np.zeros(2)
    for token in [*range(128), REST, HOLD]:
        grid = walk(9)[:6].copy()
        grid[-1] = token
        total += np.exp(-model.nll(grid)[-1])
    assert total == pytest.approx(1, abs=0.03)  # a little goes to pitches outside 0-127


# --- Markov -------------------------------------------------------------------------------------


def test_markov_by_hand():
    # One step a beat, no history: after the first note all cells are alike. 60 62 64 66: three moves of +2; the first
    # note is 3 below the middle pitch 63, with nothing before it.
    model = Markov(beat=1, history=0, shrink=1.0)
    model.fit([column(60, 62, 64, 66)])
    nats = model.nll(column(62, 64))[:, 0]
    # No circumstances: 4 cells, 2 kinds (+2 three times, -3 once): (3 + 2 / 257) / (4 + 2).
    # All finer ones, of which there are 4 links (beat and state; place; degree; length), have seen three times +2 after
    # a note, one kind: p -> (3 + p) / (3 + 1).
    p = (3 + 2 / 257) / 6
    for _ in range(4):
        p = (3 + p) / 4
    assert nats[1] == pytest.approx(-log(p))
    # 62 as a first note is a move of -1 from 63, never seen: from 1/257 by 2 / (4 + 2), then 1 / (1 + 1) four times.
    assert nats[0] == pytest.approx(-log(1 / 257 * 2 / 6 / 2**4))


@pytest.mark.parametrize("lanes", [1, 3])
def test_markov_adds_up_to_one(lanes):
    model = Markov()
    model.fit([walk(seed, lanes=lanes) for seed in range(4)])
    chances, tokens = model._chances(walk(9, lanes=lanes)[:17], {}, lanes - 1, (0,) if lanes > 1 else ())
    assert chances.sum() == pytest.approx(1, abs=0.02)
    assert {REST, HOLD} <= set(tokens.tolist())


def test_markov_draws_by_the_chances_that_it_is_judged_by():
    model = Markov()
    model.fit([walk(seed, lanes=2) for seed in range(4)])
    grid = walk(9, lanes=2)[:18]
    chances, tokens = model._chances(grid, {}, 1, (0,))
    for token in (int(grid[-1, 1]), REST, HOLD, 64):
        grid[-1, 1] = token
        assert model.nll(grid)[-1, 1] == pytest.approx(-log(chances[tokens.tolist().index(token)]))


def test_markov_learns_more_than_repeat_or_step():
    grids, test = [walk(seed) for seed in range(12)], [walk(seed) for seed in range(50, 54)]
    nats = []
    for model in (RepeatOrStep(), Markov()):
        model.fit(grids)
        nats.append(np.mean([model.nll(grid).mean() for grid in test]))
    # The lower lane follows in thirds: a major or a minor one at each note, hardly a question to Markov.
    assert nats[1] < 0.7 * nats[0]


def test_markov_knows_no_key_but_by_degree():
    model = Markov()
    model.fit([walk(seed, lanes=1) for seed in range(8)])
    there = walk(77, lanes=1)
    higher = np.where(there < REST, there + 12, there).astype(np.int16)
    # The first note tells the octaves apart, the rest do not.
    assert model.nll(there)[1:] == pytest.approx(model.nll(higher)[1:])


def test_conditions_help_markov():
    def nats(grids: list[np.ndarray], test: list[np.ndarray], known: dict[str, np.ndarray]) -> float:
        model = Markov(history=1)
        model.fit(grids, [known] * len(grids))
        return float(np.mean([model.nll(grid, known)[8:].mean() for grid in test]))

    walks, others = ([walk(seed, lanes=1) for seed in seeds] for seeds in (range(40), range(60, 66)))
    # Whether the next step is a whole or a half tone hangs on the degree of the scale; a C major scale here.
    assert nats(walks, others, {"key": np.array(1)}) < 0.95 * nats(walks, others, {})
    # A rest on the fourth quarter of every bar can't be foreseen by who doesn't know the bar.
    bar = np.arange(64) % 16
    walks, others = ([np.where(bar[:, None] >= 12, REST, w).astype(np.int16) for w in kind] for kind in (walks, others))
    assert nats(walks, others, {"position": bar}) < 0.9 * nats(walks, others, {})


# --- both ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [RepeatOrStep(), Markov()])
def test_sampling_keeps_what_is_given(model):
    model.fit([walk(seed, lanes=3) for seed in range(6)])
    melody = walk(30, 32, lanes=3)
    mask = np.zeros(melody.shape, np.bool_)
    mask[:, 0] = True
    mask[8:12] = True
    made = model.sample(32, 3, seed=1, given=melody, given_mask=mask)
    assert (made[mask] == melody[mask]).all()
    assert (made == model.sample(32, 3, 1, melody, mask)).all()
    assert (made != model.sample(32, 3, 2, melody, mask)).any()
    assert made.dtype == np.int16
    free = model.sample(32, 3, seed=1)
    assert free.shape == (32, 3)
    assert free.min() >= 0
    assert free.max() <= HOLD
    assert (free < REST).sum() > 10  # some notes at least


def test_markov_harmonises_with_what_it_is_given():
    model = Markov(history=1)
    model.fit([walk(seed, lanes=2) for seed in range(20)])
    melody = walk(33, 64, lanes=2)
    mask = np.array([[True, False]]).repeat(64, axis=0)
    made = model.sample(64, 2, seed=4, given=melody, given_mask=mask, temperature=0.5)
    onsets = melody[:, 0] < REST
    thirds = (melody[onsets, 0] - made[onsets, 1])[1:]
    assert np.isin(thirds, (3, 4)).mean() > 0.8


def test_markov_stays_in_the_range_of_each_lane():
    model = Markov(history=0)
    model.fit([column(*[60, HOLD, 62, HOLD, 64, HOLD, 62, HOLD] * 8), column(57, 60)])
    made = model.sample(400, 1, seed=0, temperature=2.0)
    pitches = made[made < REST]
    assert pitches.min() >= 57
    assert pitches.max() <= 64
    assert len(pitches) > 40


def test_low_temperature_is_less_surprising():
    model = Markov()
    model.fit([walk(seed) for seed in range(12)])
    cool, hot = (model.nll(model.sample(96, 2, 3, temperature=t)).mean() for t in (0.3, 1.5))
    assert cool < hot


@pytest.mark.parametrize("model", [RepeatOrStep(), Markov()])
def test_what_can_not_be_learnt_from(model):
    with pytest.raises(TrainingError, match="lanes"):
        model.fit([])
    with pytest.raises(TrainingError, match="lanes"):
        model.fit([walk(0, lanes=1), walk(0, lanes=2)])
    with pytest.raises(TrainingError, match="masked"):
        model.fit([column(60, MASK)])


def test_markov_refuses_other_lanes():
    model = Markov()
    model.fit([walk(0, lanes=2)])
    with pytest.raises(TrainingError, match="2 lanes, not 3"):
        model.nll(walk(0, lanes=3))


def test_the_standard_split():
    path = DATA / "jsb_chorales" / "Jsb16thSeparated.json"
    if not path.exists():
        pytest.skip(f"needs the chorale grid, {path.name}, which is not part of the project")
    split = {side: [held(np.array(p)) for p in pieces] for side, pieces in json.loads(path.read_text()).items()}
    nats = {}
    for name, model in (("repeat", RepeatOrStep()), ("markov", Markov())):
        model.fit(split["train"])
        for side in ("valid", "test"):
            nats[name, side] = float(np.concatenate([model.nll(grid) for grid in split[side]]).mean())
    # Found elsewhere for "repeat or step": 0.769 and 0.799 nats a note.
    assert nats["repeat", "valid"] == pytest.approx(0.769, abs=0.005)
    assert nats["repeat", "test"] == pytest.approx(0.799, abs=0.005)
    assert nats["markov", "valid"] == pytest.approx(0.464, abs=0.005)
    assert nats["markov", "test"] == pytest.approx(0.473, abs=0.005)
