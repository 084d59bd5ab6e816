"""Checkpoints: what is kept comes back, and what is damaged, missing or too new is refused in a sentence."""

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from musegen.checkpoint import load_checkpoint, read_arrays, save_checkpoint, write_arrays, write_bytes
from musegen.errors import CheckpointError
from musegen.lanes import LaneCodec


@dataclass(frozen=True)
class Config:
    model: ClassVar[str] = "composer"
    styles: tuple[str, ...] = ("any", "folk/irish")
    width: int = 3


WEIGHTS = {"a/kernel": np.array([[1.5, -2.25], [0.1, 4.0]], np.float32), "steps": np.array([7], np.int64)}


@pytest.fixture
def kept(tmp_path):
    model = SimpleNamespace(config=Config(), weights=lambda: WEIGHTS)
    folder = tmp_path / "mine"
    save_checkpoint(folder, model, LaneCodec(2, 12), {"licence": "CC0", "note": "für Anna 安"})
    return folder


def test_the_card_says_what_the_model_is(kept):
    checkpoint = load_checkpoint(kept)
    assert checkpoint.codec == LaneCodec(2, 12)
    assert checkpoint.styles == ("any", "folk/irish")
    assert checkpoint.card["note"] == "für Anna 安"
    assert checkpoint.card["settings"]["width"] == 3
    assert checkpoint.card["weights"] == {"arrays": 2, "numbers": 5}  # 2 * 2 + 1
    assert len(checkpoint.sha256) == 64


def test_the_card_says_what_the_weights_lack(tmp_path):
    model = SimpleNamespace(config=Config(), weights=lambda: WEIGHTS)
    save_checkpoint(tmp_path, model, LaneCodec(), {"density": {"chorale": 0.2}})
    checkpoint = load_checkpoint(tmp_path)
    assert [checkpoint.density(style) for style in ("chorale/bach", "chorale", "folk/irish", "any")] == [0.2, 0.2, 0, 0]


def test_weights_come_back_and_name_the_checkpoint(kept, tmp_path):
    for name, array in read_arrays(kept / "weights.npz").items():
        assert np.array_equal(array, WEIGHTS[name])
    before = load_checkpoint(kept).sha256
    changed = {**WEIGHTS, "steps": np.array([8], np.int64)}
    save_checkpoint(kept, SimpleNamespace(config=Config(), weights=lambda: changed), LaneCodec(), {})
    assert load_checkpoint(kept).sha256 != before
    assert not list(kept.glob("*.part"))


def test_half_precision_is_half_the_size_and_read_as_float32(tmp_path):
    model = SimpleNamespace(config=Config(), weights=lambda: WEIGHTS)
    save_checkpoint(tmp_path / "half", model, LaneCodec(), {}, half=True)
    back = read_arrays(tmp_path / "half" / "weights.npz")
    assert back["a/kernel"].dtype == np.float32
    assert back["a/kernel"][0].tolist() == [1.5, -2.25]  # exact in float16
    assert back["a/kernel"][1, 0] == pytest.approx(0.1, abs=2**-14)
    assert back["a/kernel"][1, 0] != np.float32(0.1)  # 0.1 is not
    assert back["steps"].tolist() == [7]


def test_the_old_file_stays_whole_when_writing_fails(kept, monkeypatch):
    before = (kept / "weights.npz").read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_bytes(kept / "weights.npz", b"new")
    assert (kept / "weights.npz").read_bytes() == before


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="“nothing” is not a checkpoint"):
        load_checkpoint(tmp_path / "nothing")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "card.json").unlink(),
        lambda folder: (folder / "weights.npz").unlink(),
        lambda folder: (folder / "card.json").write_text('{"model": "compos'),
        lambda folder: (folder / "card.json").write_text("[]"),
        lambda folder: (folder / "card.json").write_bytes(b"\xff\xfe\x00"),
        lambda folder: (folder / "card.json").write_text('{"model": "composer", "settings": {"styles": ["any"]}}'),
    ],
    ids=["no card", "no weights", "cut card", "list", "bytes", "no codec"],
)
def test_a_damaged_checkpoint_is_refused(kept, damage):
    damage(kept)
    with pytest.raises(CheckpointError, match="“mine” is not a checkpoint, or it is damaged"):
        load_checkpoint(kept)


def test_a_newer_format_asks_for_an_update(kept):
    card = json.loads((kept / "card.json").read_text("utf-8"))
    (kept / "card.json").write_text(json.dumps({**card, "format": 2}), "utf-8")
    with pytest.raises(CheckpointError, match="newer musegen"):
        load_checkpoint(kept)


def test_compressed_weights_come_back_and_damage_in_them_is_refused(tmp_path):
    arrays = {"a/b": np.arange(5000, dtype=np.float16), "c": np.ones((2, 3), np.int64)}
    write_arrays(tmp_path / "x.npz", arrays, compressed=True)
    back = read_arrays(tmp_path / "x.npz")
    assert {name: (a.dtype.name, a.tolist()) for name, a in back.items()} == {
        "a/b": ("float32", arrays["a/b"].tolist()), "c": ("int64", arrays["c"].tolist()),
    }  # fmt: skip
    sound = (tmp_path / "x.npz").read_bytes()
    for place in range(60, 1000, 94):
        (tmp_path / "x.npz").write_bytes(
            sound[:place] + bytes(b ^ 0x5A for b in sound[place : place + 8]) + sound[place + 8 :]
        )
        with pytest.raises(CheckpointError, match="can't be read"):
            read_arrays(tmp_path / "x.npz")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not an archive at all"])
def test_damaged_weights_are_refused_when_they_are_read(kept, data):
    (kept / "weights.npz").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"“weights\.npz” in “mine” can't be read"):
        read_arrays(kept / "weights.npz")


def test_cut_weights_are_refused(kept):
    data = (kept / "weights.npz").read_bytes()
    (kept / "weights.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match="can't be read"):
        read_arrays(kept / "weights.npz")


def test_pickles_are_never_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", a=np.array([{"code": 1}], dtype=object))
    with pytest.raises(CheckpointError, match="can't be read"):
        read_arrays(tmp_path / "evil.npz")


def test_arrays_of_many_kinds_come_back(tmp_path):
    arrays = {"x/y": np.arange(6, dtype=np.int16).reshape(2, 3), "z": np.array(2.5), "none": np.zeros((0, 4), bool)}
    write_arrays(tmp_path / "a.npz", arrays)
    back = read_arrays(tmp_path / "a.npz")
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back[name].shape == array.shape
        assert back[name].dtype == array.dtype
        assert np.array_equal(back[name], array)
