"""What several tests share: tiny models, built and compiled once."""

import pytest
from tiny import STYLES, TINY, Piece, chorale, melody

from musegen.checkpoint import save_checkpoint
from musegen.corpora.windows import build_windows
from musegen.lanes import LaneCodec
from musegen.models import build_model


@pytest.fixture(scope="session")
def tiny_pieces():
    """Twelve pieces of two styles: eight to train on, two each to validate and test."""
    sides = ("train", "train", "valid", "train", "test", "train")
    chorales = [Piece(f"c{i}", "bach-chorale", "german", side, chorale(i % 3)) for i, side in enumerate(sides)]
    return chorales + [Piece(f"m{i}", "folk", "irish", side, melody(i % 4)) for i, side in enumerate(sides)]


@pytest.fixture(scope="session")
def tiny_windows(tiny_pieces):
    """Windows of one bar of 4/4."""
    return build_windows(tiny_pieces, LaneCodec(), steps=16, seed=5)


@pytest.fixture(scope="session")
def fresh_model(tiny_windows):
    """``fresh_model(name)``: the tiny model of that name as it was when it was built; one of each, compiled once."""
    kept = {}

    def fresh(name):
        if name not in kept:
            model = build_model(name, {**TINY[name], "styles": STYLES}, seed=3)
            kept[name] = (model, model.state())
        model, state = kept[name]
        model.load_state(state)
        return model

    assert tiny_windows.styles == STYLES
    return fresh


@pytest.fixture(scope="session")
def checkpoints(fresh_model, tmp_path_factory):
    """A folder of checkpoints that holds "composer" and "classic-gan", both untrained."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in TINY:
        save_checkpoint(folder / name, fresh_model(name), LaneCodec(), {"licence": "CC0"})
    return folder
