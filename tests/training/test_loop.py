"""The loop, with a model that only counts."""

import numpy as np
import pytest

from musegen.errors import CheckpointError, TrainingError
from musegen.training.loop import LoopConfig, Report, train, validate
from musegen.training.request import RunConfig


class Counter:
    """Its loss is the number of the step; it remembers the batches that it was given."""

    def __init__(self, overflow_at=None):
        self.steps = 0
        self.seeds = []
        self.overflow_at = overflow_at

    def train_step(self, batch):
        self.steps += 1
        self.seeds.append(int(batch["seed"]))
        return {"d_loss": float(self.steps), "g_loss": float("inf") if self.steps == self.overflow_at else 0.5}

    def validation_step(self, batch):
        return {"size": float(len(batch["tokens"])), "steps": float(self.steps)}


def config(**changes):
    return LoopConfig(**{"steps": 10, "batch_size": 2, "report_every": 4, "validate_every": 8, **changes})


def test_losses_are_means_since_the_last_report(tiny_windows):
    reports = list(train(Counter(), tiny_windows, config()))
    assert [r.step for r in reports] == [4, 8, 10]
    # (1+2+3+4)/4, (5+6+7+8)/4, (9+10)/2
    assert [r.losses["d_loss"] for r in reports] == [2.5, 6.5, 9.5]
    assert [bool(r.validation) for r in reports] == [False, True, True]  # at 8, and at the end
    assert [r.last for r in reports] == [False, False, True]


def test_batches_are_the_same_wherever_one_starts(tiny_windows):
    straight, later = Counter(), Counter()
    list(train(straight, tiny_windows, config()))
    list(train(later, tiny_windows, config(), start=6))
    assert straight.seeds[6:] == later.seeds
    assert len(set(straight.seeds)) == 10


def test_means_after_a_start_between_reports(tiny_windows):
    model = Counter()
    model.steps = 6
    first = next(train(model, tiny_windows, config(), start=6))
    assert (first.step, first.losses["d_loss"]) == (8, 7.5)  # (7+8)/2


def test_it_stops_after_the_step_it_is_told_to(tiny_windows):
    model = Counter()
    reports = list(train(model, tiny_windows, config(), stop=lambda: model.steps == 6))
    assert [(r.step, r.losses["d_loss"], r.last) for r in reports] == [(4, 2.5, False), (6, 5.5, True)]  # (5+6)/2
    assert model.steps == 6


def test_stopping_is_not_pulling(tiny_windows):
    model = Counter()
    reports = train(model, tiny_windows, config())
    next(reports)
    reports.close()
    assert model.steps == 4


def test_an_overflow_names_the_loss_and_the_step(tiny_windows):
    with pytest.raises(TrainingError, match=r"At step 3 the loss “g_loss” overflowed. .*halve the learning rate"):
        list(train(Counter(overflow_at=3), tiny_windows, config()))


def test_a_run_that_is_done_does_nothing(tiny_windows):
    model = Counter()
    assert list(train(model, tiny_windows, config(), start=10)) == []
    assert model.steps == 0


def test_validation_weighs_batches_by_their_windows():
    class Model:
        def validation_step(self, batch):
            return {"loss": float(batch["tokens"][0])}

    held_out = {
        "chorale": [{"tokens": np.array([1.0, 1.0, 1.0])}, {"tokens": np.array([5.0])}],
        "folk": [{"tokens": np.array([4.0])}],
    }
    # chorale: (3 * 1 + 1 * 5) / 4 = 2; folk: 4; together the mean of the families, 3
    assert validate(Model(), held_out) == {"chorale/loss": 2.0, "folk/loss": 4.0, "loss": 3.0}


@pytest.mark.parametrize("changes", [{"steps": 0}, {"batch_size": 0}, {"report_every": 0}, {"validate_every": 6}])
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(TrainingError):
        config(**changes)


def test_requests_come_back_from_json():
    request = RunConfig("classic-gan", ("aird",), 5, {"width": 32}, config(), 64, {"folk": 2.0})
    assert RunConfig.from_dict(request.to_dict()) == request
    with pytest.raises(CheckpointError, match=r"Unknown settings for RunConfig: wings"):
        RunConfig.from_dict({**request.to_dict(), "wings": 2})
    with pytest.raises(CheckpointError, match=r"Unknown settings for LoopConfig: wings"):
        RunConfig.from_dict({**request.to_dict(), "loop": {"wings": 2}})


def test_presets():
    assert RunConfig.preset("class", "composer", ("folk",), 9).seed == 9
    assert RunConfig.preset("full", "classic-gan", ("folk",), 9).loop != LoopConfig()
    for preset, model in (("tiny", "composer"), ("full", "oracle")):
        with pytest.raises(TrainingError, match=f"no preset “{preset}” for “{model}”"):
            RunConfig.preset(preset, model, ("folk",), 9)


def test_reports_hold_no_validation_unless_it_was_due():
    assert Report(3, {"loss": 1.0}).validation == {}
