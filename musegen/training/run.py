"""A run is a folder: what it was asked to do, what it reported, what it sounded like, and how to go on.

config.json        the whole request, written once
metrics.jsonl      a row a report: step, seconds, losses, validation as "valid/..." (after a resume the last row
                   of a step counts)
samples/           step-000500.npz: tokens [n, steps, lanes] of the same seeds at each validation
checkpoints/       best/ (by validation) and last/ as checkpoints; state.npz to go on from
STOP               put there by anyone: the run ends after the step that it is at, saved
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from musegen.checkpoint import read_arrays, save_checkpoint, write_arrays, write_text
from musegen.corpora import load_corpus
from musegen.corpora.windows import Windows, build_windows
from musegen.errors import TrainingError
from musegen.lanes import LaneCodec
from musegen.models import JUDGES, build_model
from musegen.models.base import Model
from musegen.models.sampling import sample_grids
from musegen.training.lock import hold
from musegen.training.loop import Report, train, validate
from musegen.training.request import RunConfig
from musegen.training.stages import give_opponent, start_from, worth

_SAVE_EVERY_S = 120.0
FileProgress = Callable[[int, int, str], None]


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
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise TrainingError("“{name}” is not a run: it has no readable config.json.", name=folder.name) from error
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


def load_run_windows(config: RunConfig, progress: FileProgress | None = None) -> Windows:
    """The windows that a run learns from; ``progress`` is told of files as ``load_corpus`` does."""
    pieces = [piece for name in config.corpora for piece in load_corpus(name, progress=progress).pieces]
    return build_windows(pieces, LaneCodec(), steps=config.window_steps, seed=config.seed, weights=dict(config.weights))


def run_training(
    folder: Path,
    config: RunConfig,
    *,
    resume: bool = False,
    minutes: float | None = None,
    stop: Callable[[], bool] | None = None,
    progress: FileProgress | None = None,
    windows: Windows | None = None,
) -> Iterator[Report]:
    """Trains in a run folder and yields each report after it is written.

    However it is ended - by ``minutes``, ``stop``, a file named STOP, or a caller that stops pulling - the run is saved
    at the step it came to, and goes on from there as if it had never stopped.

    Args:
        folder: The run; made when missing. A folder that holds a run is only used with ``resume``.
        config: The request; with ``resume`` the folder's own request counts.
        resume: Go on from the last saved state.
        minutes: Stop after this time.
        stop: Asked after every step; True ends the run.
        progress: Told of the files of the corpora while they are read, see ``load_corpus``.
        windows: What to learn from, where the caller has it ready; None = the corpora of the request.

    Raises:
        TrainingError: The folder is in use by another process, or holds a run and ``resume`` is off; or a loss
            overflowed, and what was saved last stays as it is.
    """
    if resume and (folder / "config.json").exists():
        config = read_run(folder).config
    elif (folder / "config.json").exists():
        raise TrainingError("“{name}” holds a run already. Choose another folder, or resume it.", name=folder.name)
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    hold(folder / "LOCK")
    try:
        write_text(folder / "config.json", json.dumps(config.to_dict(), indent=1, ensure_ascii=False) + "\n")
        (folder / "STOP").unlink(missing_ok=True)
        began = time.monotonic()

        def ends() -> bool:
            late = minutes is not None and time.monotonic() - began > 60 * minutes
            return late or (stop is not None and stop()) or (folder / "STOP").exists()

        yield from _train(folder, config, ends, windows or load_run_windows(config, progress))
    finally:
        (folder / "LOCK").unlink(missing_ok=True)


@dataclass
class _Progress:
    """What a run remembers beside its model."""

    step: int = 0
    best: float = math.inf
    seconds: float = 0.0
    limit: float = math.inf  # of validation cross-entropy


def start_run(folder: Path, model: Model, validation: Mapping[str, float]) -> None:
    """Makes a run that ``run_training`` will begin from a model as it is, at step 0, instead of from chance.

    Args:
        folder: The run, made when missing.
        model: Built with the settings of the request that will follow.
        validation: The model's validation losses: the first row, and what the best checkpoint has to beat.
    """
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    so_far = _Progress(best=validation.get("cross_entropy", math.inf))
    _append_row(folder, Report(0, {}, validation), 0.0)
    _write_state(folder, model, so_far)


def _train(folder: Path, config: RunConfig, ends: Callable[[], bool], windows: Windows) -> Iterator[Report]:
    began = saved = time.monotonic()
    model = build_model(config.model, {**config.settings, "styles": windows.styles}, seed=config.seed)
    so_far = _load_state(folder, model)
    give_opponent(model, config.generator, config.pool)
    if so_far.step == 0 and config.start:
        start_from(model, config.start, windows.styles)
    if so_far.step == 0 and config.tolerance:
        held_out = {f: windows.fixed("valid", f, config.loop.batch_size) for f in windows.families}
        at_start = validate(model, held_out)
        so_far.limit = (1 + config.tolerance) * at_start["cross_entropy"]
        _append_row(folder, Report(0, {}, at_start), 0.0)
    before = so_far.seconds
    for report in train(model, windows, config.loop, start=so_far.step, stop=ends):
        now = time.monotonic()
        so_far.step, so_far.seconds = report.step, before + now - began
        _append_row(folder, report, so_far.seconds)
        if report.validation:
            if config.model not in JUDGES:
                samples = dict(sample_grids(model, seed=config.seed))
                write_arrays(folder / "samples" / f"step-{report.step:06d}.npz", samples)
            if report.validation.get("cross_entropy", 0.0) > so_far.limit:
                report = replace(report, last=True)
            score = worth(report.validation, report.step, so_far.limit)
            if score < so_far.best:
                so_far.best = score
                _keep(folder / "checkpoints" / "best", model, config, report)
        due = report.last or (bool(report.validation) and now - saved > _SAVE_EVERY_S)
        if due:
            saved = now
            _save_state(folder, model, config, report, so_far)
        try:
            yield report
        except GeneratorExit:  # the caller stops pulling
            if not due:
                _save_state(folder, model, config, report, so_far)
            raise
        if report.last:
            return


def _append_row(folder: Path, report: Report, seconds: float) -> None:
    row = {"step": report.step, "seconds": round(seconds, 1), **report.losses}
    row |= {f"valid/{name}": value for name, value in report.validation.items()}
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()}) + "\n")


def _save_state(folder: Path, model: Model, config: RunConfig, report: Report, so_far: _Progress) -> None:
    _keep(folder / "checkpoints" / "last", model, config, report)
    _write_state(folder, model, so_far)


def _write_state(folder: Path, model: Model, so_far: _Progress) -> None:
    extra = {f"run/{name}": np.array(value, np.float64) for name, value in asdict(so_far).items()}
    write_arrays(folder / "checkpoints" / "state.npz", model.state() | extra)


def _load_state(folder: Path, model: Model) -> _Progress:
    path = folder / "checkpoints" / "state.npz"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        return _Progress()
    state = read_arrays(path)
    kept = {name.removeprefix("run/"): float(state.pop(name)) for name in list(state) if name.startswith("run/")}
    so_far = _Progress(int(kept.pop("step")), **kept)
    model.load_state(state)
    return so_far


def _keep(path: Path, model: Model, config: RunConfig, report: Report) -> None:
    card = {
        "step": report.step,
        "seed": config.seed,
        "corpora": list(config.corpora),
        "validation": dict(report.validation),
    }
    save_checkpoint(path, model, LaneCodec(), card)
