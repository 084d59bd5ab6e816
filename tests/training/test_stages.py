"""Runs that begin from what another one learnt, and that end when their likelihood suffers."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from musegen.checkpoint import load_checkpoint, save_checkpoint
from musegen.errors import TrainingError
from musegen.lanes import LaneCodec
from musegen.training import run as room
from musegen.training.loop import LoopConfig
from musegen.training.request import RunConfig
from musegen.training.run import read_run, run_training
from musegen.training.stages import give_opponent, start_from, worth


@dataclass(frozen=True)
class Config:
    model: ClassVar[str] = "classic-gan"
    styles: tuple[str, ...] = ("any",)


class Worsening:
    """Its cross-entropy begins at 1 and rises by an eightieth in each step."""

    def __init__(self):
        self.config = Config()
        self.steps = np.zeros(1, np.float32)

    def train_step(self, batch):
        self.steps = self.steps + 1
        return {"d_loss": 0.5}

    def validation_step(self, batch):
        return {"cross_entropy": 1.0 + float(self.steps[0]) / 80}

    def state(self):
        return {"steps": self.steps}

    def load_state(self, state):
        self.steps = state["steps"]

    weights, load_weights = state, load_state

    def sample(self, n, *, seed):
        return np.zeros((n, 16, 4), np.int16)

    def decode(self, z):
        return self.sample(len(z), seed=0)


@pytest.fixture
def worsening(monkeypatch, tiny_windows):
    monkeypatch.setattr(room, "load_run_windows", lambda config, progress=None: tiny_windows)
    monkeypatch.setattr(room, "build_model", lambda name, settings, seed: Worsening())
    loop = LoopConfig(steps=9, batch_size=4, report_every=1, validate_every=1)
    return RunConfig("classic-gan", ("chorale",), loop=loop, tolerance=0.03)


def test_a_run_ends_beyond_its_tolerance_and_keeps_the_last_within_it(tmp_path, worsening):
    reports = list(run_training(tmp_path / "run", worsening))
    # 1 at the start; 1.0125, 1.025, and 1.0375, which is more than 1.03
    assert [(report.step, report.last) for report in reports] == [(1, False), (2, False), (3, True)]
    run = read_run(tmp_path / "run")
    assert [row["valid/cross_entropy"] for row in run.rows] == [1.0, 1.0125, 1.025, 1.0375]
    assert load_checkpoint(tmp_path / "run/checkpoints/best").card["step"] == 2
    assert load_checkpoint(tmp_path / "run/checkpoints/last").card["step"] == 3


def test_the_limit_is_that_of_the_start_after_a_break_too(tmp_path, worsening):
    steps = iter(range(1, 9))
    list(run_training(tmp_path / "run", worsening, stop=lambda: next(steps) == 1))
    reports = list(run_training(tmp_path / "run", worsening, resume=True))
    assert [(report.step, report.last) for report in reports] == [(2, False), (3, True)]


def test_without_a_tolerance_nothing_ends_early(tmp_path, worsening):
    reports = list(run_training(tmp_path / "run", replace(worsening, tolerance=0.0)))
    assert len(reports) == 9
    assert load_checkpoint(tmp_path / "run/checkpoints/best").card["step"] == 1


def test_what_a_checkpoint_is_chosen_by():
    assert worth({"cross_entropy": 0.7}, 5, math.inf) == 0.7
    assert worth({"feature_distance": 2.0}, 5, math.inf) == 2.0
    assert worth({}, 5, math.inf) == -5
    assert worth({"cross_entropy": 0.7}, 5, 0.7) == -5
    assert worth({"cross_entropy": 0.71}, 5, 0.7) == math.inf


def test_a_start_gives_its_weights(tmp_path, fresh_model):
    model = fresh_model("classic-gan")
    given = {name: np.full_like(w, 0.25) for name, w in model.weights().items()}
    before = model.weights()
    model.load_weights(given)
    save_checkpoint(tmp_path / "start", model, LaneCodec(), {})
    model.load_weights(before)
    start_from(model, str(tmp_path / "start"), model.config.styles)
    assert all((w == 0.25).all() for w in model.weights().values())


def test_only_a_critic_is_given_a_generator():
    with pytest.raises(TrainingError, match="only critic learns from a generator"):
        give_opponent(Worsening(), "composer", "")
    give_opponent(Worsening(), "", "")


def test_a_critic_needs_something_to_learn_from(tmp_path):
    @dataclass(frozen=True)
    class Judging:
        model: ClassVar[str] = "critic"

    class Critic(Worsening):
        def __init__(self):
            self.config = Judging()

    critic = Critic()
    with pytest.raises(TrainingError, match="name one, or a pool"):
        give_opponent(critic, "", "")
    np.savez(tmp_path / "pool.npz", tokens=np.arange(3))
    give_opponent(critic, "", str(tmp_path / "pool.npz"))
    assert critic.generator is None
    assert critic.pool["tokens"].tolist() == [0, 1, 2]
