"""What several tests share: a little music, models so small that they are built and trained in a moment."""

import os
from dataclasses import dataclass

import pytest

from musegen.checkpoint import save_checkpoint
from musegen.corpora.windows import build_windows
from musegen.lanes import LaneCodec
from musegen.models import build_model
from musegen.score import Key, Metre, Note, Score, Track

os.environ.setdefault("MPLBACKEND", "agg")
STYLES = ("any", "chorale/bach", "folk/irish")
TINY = {
    # No drop-out and no decay, so that a variable that moves was moved by its gradient.
    "composer": {
        "step_width": 8, "beat_width": 12, "blocks": 3, "lane_width": 4, "dropout": 0.0, "condition_dropout": 0.0,
        "wrong_notes": 0.0, "warmup": 1, "steps": 400, "weight_decay": 0.0, "learning_rate": 0.02, "averaging": 0.5,
    },
    "classic-gan": {"width": 16, "steps": 16, "latent": 4, "dropout": 0.1, "learning_rate": 0.002},
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """What ``build_windows`` needs of a corpus piece."""

    id: str
    style: str
    culture: str
    split: str
    score: Score


def chorale(shift: int = 0) -> Score:
    """Two bars of 4/4 in four voices, quarter notes, with a passing eighth in the alto."""
    voices = ((72, 74, 76, 77, 79, 77, 76, 72), (64, 65, 67, 69, 67, 69, 67, 64))
    voices += ((60, 59, 60, 60, 59, 60, 60, 60), (48, 55, 48, 53, 55, 53, 48, 48))
    notes = [Note(480 * i, p + shift, 480, 80, v) for v, line in enumerate(voices) for i, p in enumerate(line)]
    notes = [n for n in notes if (n.onset, n.track) != (0, 1)] + [
        Note(0, 64 + shift, 240, 80, 1),
        Note(240, 65 + shift, 240, 80, 1),
    ]
    tracks = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
    return Score(tuple(notes), tracks, 480, metres=(Metre(0, 4, 4),), key=Key(0, "major").transpose(shift))


def melody(shift: int = 0) -> Score:
    """Two bars of 4/4 for one voice."""
    pitches = (67, 69, 71, 72, 74, 71, 69, 67)
    return Score(tuple(Note(480 * i, p + shift, 480) for i, p in enumerate(pitches)), (Track("Melody", 73),))


@pytest.fixture(scope="session")
def tiny_pieces():
    """Twelve pieces of two styles: six to train on, three each to validate and test."""
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
