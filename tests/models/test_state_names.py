"""A training state goes from one network of a process to the next, whatever Keras has numbered in between."""

import numpy as np
import pytest
from tiny import STYLES, TINY

from musegen.errors import CheckpointError
from musegen.models import build_model
from musegen.models.base import assign


class Variable:
    """What ``assign`` needs of a backend's variable."""

    dtype, shape = "int32", (2,)

    def __init__(self):
        self.value = None

    def assign(self, value):
        self.value = value.tolist()


def test_generators_are_told_apart_by_their_order():
    variables = {f"network/a/seed_generator_{i}/seed_generator_state": Variable() for i in (99, 100)}
    names = ("network/a/seed_generator/seed_generator_state", "network/a/seed_generator_2/seed_generator_state")
    assign(variables, {names[1]: np.array([3, 4]), names[0]: np.array([1, 2])})
    assert [variable.value for variable in variables.values()] == [[1, 2], [3, 4]]
    with pytest.raises(CheckpointError, match=r"seed_generator_100.* is missing"):
        assign(variables, {names[0]: np.array([1, 2])})


def test_a_second_composer_takes_up_the_state_of_the_first():
    settings = {**TINY["composer"], "dropout": 0.5, "styles": STYLES}
    first, second = (build_model("composer", settings, seed=seed) for seed in (1, 2))
    second.load_state(first.state())
    before, after = first.state(), second.state()
    assert list(before) != list(after)  # the numbers differ
    assert all(np.array_equal(a, b) for a, b in zip(before.values(), after.values(), strict=True))
