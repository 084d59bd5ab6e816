"""A run is a folder: what it was asked to do, what it reported, what it sounded like, and how to go on.

config.json        the whole request, written once
metrics.jsonl      a row a report: step, seconds, losses, validation as "valid/..." (after a resume the last row
                   of a step counts)
samples/           step-000500.npz: tokens [n, steps, lanes] of the same seeds at each validation
checkpoints/       best/ (by validation) and last/ as checkpoints; state.npz to go on from
STOP               put there by anyone: the run ends after the next report
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from musegen.checkpoint import read_arrays, save_checkpoint, write_arrays, write_text
from musegen.corpora import load_corpus
from musegen.corpora.windows import Windows, build_windows
from musegen.errors import TrainingError
from musegen.lanes import LaneCodec
from musegen.models import build_model
from musegen.models.base import Model, config_from_dict
from musegen.models.sampling import sample_grids
from musegen.training.loop import LoopConfig, Report, train

_SAVE_EVERY_S = 120.0

PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "full": {
        "composer": {"settings": {}, "loop": {}},
        "classic-gan": {"settings": {}, "loop": {"steps": 6000, "batch_size": 64}},
    },
    "class": {  # minutes on two cores
        "composer": {
            "settings": {"step_width": 64, "beat_width": 96, "blocks": 6, "lane_width": 32, "steps": 2000, "warmup": 100, "learning_rate": 2e-3},
            "loop": {"steps": 2000, "batch_size": 16, "report_every": 25, "validate_every": 250},
        },
        "classic-gan": {
            "settings": {"width": 256},
            "loop": {"steps": 2000, "batch_size": 32, "report_every": 25, "validate_every": 250},
        },
    },
}  # fmt: skip


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides what a run does.

    Attributes:
        model: Name in ``musegen.models.MODELS``.
        corpora: Names of corpora, or folders of music.
        seed: All chance of the run comes from it.
        settings: Of the model's config; "styles" is filled in from the corpora.
        loop: See ``LoopConfig``.
        window_steps: Steps of a window.
        weights: How often each family of styles is drawn.
    """

    model: str = "composer"
    corpora: tuple[str, ...] = ("chorale", "folk")
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    loop: LoopConfig = field(default_factory=LoopConfig)
    window_steps: int = 128
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def preset(cls, name: str, model: str, corpora: tuple[str, ...], seed: int) -> RunConfig:
        """The settings of a preset ("class" or "full") for a model.

        Raises:
            TrainingError: No such preset for this model.
        """
        if name not in PRESETS or model not in PRESETS[name]:
            raise TrainingError(f"There is no preset “{name}” for “{model}”. Presets: {', '.join(PRESETS)}.")
        chosen = PRESETS[name][model]
        return cls(model, corpora, seed, chosen["settings"], LoopConfig(**chosen["loop"]))

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """The opposite of ``to_dict``. Raises CheckpointError for a key it doesn't know."""
        loop = config_from_dict(LoopConfig, values.get("loop", {}))
        return config_from_dict(cls, {**values, "loop": loop})


@dataclass(frozen=True)
class Run:
    """What a run folder holds, read without building a model."""

    path: Path
    config: RunConfig
    rows: tuple[dict[str, float], ...]
    samples: tuple[tuple[int, Path], ...]

    @property
    def step(self) -> int:
        """The last step reported."""
        return int(self.rows[-1]["step"]) if self.rows else 0


def read_run(folder: Path) -> Run:
    """Reads a run's request, its rows in order (the last of each step) and where its samples lie.

    Raises:
        TrainingError: The folder is no run.
    """
    try:
        config = RunConfig.from_dict(json.loads((folder / "config.json").read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise TrainingError(f"“{folder.name}” is not a run: it has no readable config.json.") from error
    rows: dict[int, dict[str, float]] = {}
    metrics = folder / "metrics.jsonl"
    for line in metrics.read_text("utf-8").splitlines() if metrics.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:  # the last line of a run that was killed while it wrote
            continue
        rows[int(row["step"])] = row
    samples = sorted((int(p.stem.split("-")[1]), p) for p in (folder / "samples").glob("step-*.npz"))
    return Run(folder, config, tuple(rows[s] for s in sorted(rows)), tuple(samples))


def load_run_windows(config: RunConfig) -> Windows:
    """The windows that a run learns from."""
    pieces = [piece for name in config.corpora for piece in load_corpus(name).pieces]
    return build_windows(pieces, LaneCodec(), steps=config.window_steps, seed=config.seed, weights=dict(config.weights))


def run_training(
    folder: Path, config: RunConfig, *, resume: bool = False, minutes: float | None = None
) -> Iterator[Report]:
    """Trains in a run folder and yields each report after it is written.

    Args:
        folder: The run; made when missing. A folder that holds a run is only used with ``resume``.
        config: The request; with ``resume`` the folder's own request counts.
        resume: Go on from the last saved state.
        minutes: Stop after this time.

    Raises:
        TrainingError: The folder is in use by another process, or holds a run and ``resume`` is off.
    """
    began = time.monotonic()
    if resume and (folder / "config.json").exists():
        config = read_run(folder).config
    elif (folder / "config.json").exists():
        raise TrainingError(f"“{folder.name}” holds a run already. Choose another folder, or resume it.")
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    _lock(folder)
    try:
        write_text(folder / "config.json", json.dumps(config.to_dict(), indent=1, ensure_ascii=False) + "\n")
        (folder / "STOP").unlink(missing_ok=True)
        windows = load_run_windows(config)
        settings = {**config.settings, "styles": windows.styles}
        model = build_model(config.model, settings, seed=config.seed)
        start, best, spent = 0, float("inf"), 0.0
        state_file = folder / "checkpoints" / "state.npz"
        if resume and state_file.exists():
            state = read_arrays(state_file)
            start, best, spent = (float(state.pop(f"run/{name}")) for name in ("step", "best", "seconds"))
            model.load_state(state)
        saved = time.monotonic()
        for report in train(model, windows, config.loop, start=int(start)):
            seconds = spent + time.monotonic() - began
            row = {"step": report.step, "seconds": round(seconds, 1), **report.losses}
            row |= {f"valid/{name}": value for name, value in report.validation.items()}
            with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}) + "\n")
            stop = (folder / "STOP").exists() or (minutes is not None and time.monotonic() - began > 60 * minutes)
            if report.validation:
                _keep_samples(folder, model, config, report.step)
                score = report.validation.get("cross_entropy", -float(report.step))
                if score < best:
                    best = score
                    _keep(folder / "checkpoints" / "best", model, config, report)
            if (
                report.validation
                and time.monotonic() - saved > _SAVE_EVERY_S
                or stop
                or report.step == config.loop.steps
            ):
                saved = time.monotonic()
                _keep(folder / "checkpoints" / "last", model, config, report)
                extra = {"run/step": report.step, "run/best": best, "run/seconds": seconds}
                write_arrays(state_file, model.state() | {k: np.array(v, np.float64) for k, v in extra.items()})
            yield report
            if stop:
                return
    finally:
        (folder / "LOCK").unlink(missing_ok=True)


def _keep(path: Path, model: Model, config: RunConfig, report: Report) -> None:
    card = {
        "step": report.step,
        "seed": config.seed,
        "corpora": list(config.corpora),
        "validation": dict(report.validation),
    }
    save_checkpoint(path, model, LaneCodec(), card)


def _keep_samples(folder: Path, model: Model, config: RunConfig, step: int) -> None:
    """Four pieces of each family from the same seeds at every validation: the lab's epoch slider plays them."""
    write_arrays(folder / "samples" / f"step-{step:06d}.npz", dict(sample_grids(model, seed=config.seed)))


def _lock(folder: Path) -> None:
    lock = folder / "LOCK"
    if lock.exists():
        pid, _, started = lock.read_text("utf-8").partition(" ")
        if pid.isdigit() and psutil.pid_exists(int(pid)) and str(psutil.Process(int(pid)).create_time()) == started:
            raise TrainingError(f"“{folder.name}” is being trained by another process ({pid}). Stop that one first.")
    write_text(lock, f"{os.getpid()} {psutil.Process().create_time()}")
