"""The one room where a model meets its codec: a folder with weights and JSON, never pickle.

A checkpoint folder holds ``weights.npz`` (arrays by name), ``card.json`` (model, settings, codec, and all that the
model card says) and, for the classic GAN and others without conditions, nothing more.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from musegen.errors import CheckpointError
from musegen.lanes import LaneCodec
from musegen.models import SEQUENCE_MODELS, build_model
from musegen.models.base import Model, State
from musegen.models.refine import Judge

try:
    from lzma import LZMAError
except ImportError:  # Python can be built without it
    LZMAError = zipfile.BadZipFile  # type: ignore[misc, assignment]

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model that can make music, the grid it speaks, and its card.

    Attributes:
        path: The folder.
        codec: Grid of the model.
        card: What the model is, learnt from, and measured; ``card["settings"]`` is its config.
        sha256: Of the weights file: the name of exactly these weights in a recipe.
    """

    path: Path
    codec: LaneCodec
    card: Mapping[str, Any]
    sha256: str

    @cached_property
    def model(self) -> Model:
        """The network with its weights; built, and TensorFlow imported, at the first use."""
        model = build_model(self.card["model"], self.card["settings"])
        model.load_weights(read_arrays(self.path / "weights.npz"))
        return model

    @cached_property
    def critic(self) -> Judge | None:
        """The critic of this model's work, in the folder beside it that the card names; None if there is none.

        Raises:
            CheckpointError: That folder holds something else, or nothing.
        """
        name = self.card.get("critic")
        if not name:
            return None
        model = load_checkpoint(self.path.with_name(str(name))).model
        if not isinstance(model, Judge):
            raise CheckpointError(
                "“{name}” is no critic, though “{owner}” names it as its own.", name=name, owner=self.path.name
            )
        return model

    @property
    def plays(self) -> bool:
        """Whether the model plays from left to right, in drafts; else it fills all over, in passes."""
        return self.card["model"] in SEQUENCE_MODELS

    def density(self, style: str) -> float:
        """What the card says these weights lack in a family of styles, as the "density" of ``sampling.compose``."""
        return float(self.card.get("density", {}).get(style.split("/")[0], 0.0))

    @property
    def temperature(self) -> float:
        """What a temperature asked for is multiplied by: these weights' own, by their card; 1 where it says nothing."""
        return float(self.card.get("temperature", 1.0))

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the styles that the model knows; index 0 is "any"."""
        return tuple(self.card["settings"]["styles"])


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint's card; the weights follow when the model is first used.

    Raises:
        CheckpointError: The folder is no checkpoint, or is damaged.
    """
    try:
        card = json.loads((path / "card.json").read_text("utf-8"))
        digest = hashlib.sha256((path / "weights.npz").read_bytes()).hexdigest()
        codec = LaneCodec(**card["codec"])
        build = card["model"], card["settings"]["styles"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            "“{name}” is not a checkpoint, or it is damaged ({error}).", name=path.name, error=error
        ) from error
    if card.get("format", 0) > FORMAT or not all(build):
        raise CheckpointError("“{name}” was written by a newer musegen. Update musegen to use it.", name=path.name)
    return Checkpoint(path, codec, card, digest)


def save_checkpoint(path: Path, model: Model, codec: LaneCodec, card: Mapping[str, Any], *, half: bool = False) -> None:
    """Writes a checkpoint folder; what was there stays whole until the new files are complete.

    Args:
        path: The folder, made when missing.
        model: Its ``weights`` are written.
        codec: The grid that it speaks.
        card: Free text and numbers for the card; "model", "settings", "codec" and "format" are added.
        half: Store float16, compressed: less than half the size, and slower to write.
    """
    weights = model.weights()
    if half:
        weights = {name: w.astype(np.float16) if w.dtype == np.float32 else w for name, w in weights.items()}
    path.mkdir(parents=True, exist_ok=True)
    write_arrays(path / "weights.npz", weights, compressed=half)
    full = {
        **card,
        "format": FORMAT,
        "model": model.config.model,
        "settings": asdict(model.config),
        "codec": asdict(codec),
        "weights": {"arrays": len(weights), "numbers": int(sum(w.size for w in weights.values()))},
    }
    write_text(path / "card.json", json.dumps(full, ensure_ascii=False, indent=1) + "\n")


def read_arrays(path: Path) -> State:
    """The arrays of an ``.npz`` file, floats as float32; never unpickles.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in file.items()}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, LZMAError) as error:
        raise CheckpointError(
            "“{name}” in “{folder}” can't be read: it is missing or damaged.", name=path.name, folder=path.parent.name
        ) from error
    except RuntimeError as error:  # zipfile's, where Python was built without lzma
        raise CheckpointError(
            "“{name}” in “{folder}” can't be read here: {error}.", name=path.name, folder=path.parent.name, error=error
        ) from error


def write_arrays(path: Path, arrays: State, *, compressed: bool = False) -> None:
    """Writes an ``.npz`` file aside, then renames it; ``compressed`` by LZMA, slow to write and a little smaller."""
    buffer = io.BytesIO()
    if compressed:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as file:
            for name, array in arrays.items():
                with file.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    else:
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text aside, then renames it."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file aside, then renames it: a reader sees the old file or the new one, never half of one."""
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(data)
    aside.replace(path)
