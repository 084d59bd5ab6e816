"""Lessons: what a model was asked to learn of the user's music, each in a folder, and the process that gives one.

One lesson is given at a time, in a process of its own with low priority, so that the app stays quick for its visitors.
What it does is in the folder (see ``adapt``), for any process to see.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from musegen.checkpoint import write_text
from musegen.errors import TrainingError
from musegen.places import user_checkpoints, user_lessons
from musegen.training.before_after import AdaptResult
from musegen.training.lock import holder
from musegen.training.run import read_run

_STARTING = threading.Lock()
_GIVEN: dict[Path, subprocess.Popen[bytes]] = {}  # by this process, which has to take leave of them


@dataclass(frozen=True)
class AdaptRequest:
    """All that decides an adaptation.

    Attributes:
        checkpoint: Folder of the model that is taught.
        music: A set of the catalogue, or a folder.
        name: Of the new checkpoint, and of the new style of a folder: small letters, digits and hyphens.
        minutes: How long all of it may take, measuring included.
        seed: All chance comes from it.
        pieces: How many pieces are made before and after.
        steps: Training steps; None = as many as suit the minutes.
        window_steps: Grid steps of a window.
        batch_size: Windows a training step.

    Raises:
        TrainingError: A value makes no sense.
    """

    checkpoint: str
    music: str
    name: str
    minutes: float = 5.0
    seed: int = 1
    pieces: int = 16
    steps: int | None = None
    window_steps: int = 128
    batch_size: int = 16

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w-]{0,59}", self.name):  # it becomes the name of folders
            raise TrainingError("Give it a name of letters, digits and hyphens, 60 at most.")
        if not 0 < self.minutes <= 24 * 60 or self.pieces < 2:
            raise TrainingError("The minutes must be more than 0, and the pieces at least 2.")


@dataclass(frozen=True)
class Lesson:
    """Where a lesson stands.

    Attributes:
        folder: All of it.
        request: What was asked for.
        stage: See ``adapt.STAGES``; "failed", or "broken" where its process has gone before the end.
        share: Of all, 0-1.
        error: Why it failed, "" where it did not or the reason was not foreseen.
        rows: Of the training so far, see ``Run.rows``.
        result: What came of it, once it is done.
    """

    folder: Path
    request: AdaptRequest
    stage: str
    share: float
    error: str
    rows: tuple[dict[str, float], ...]
    result: AdaptResult | None

    @property
    def running(self) -> bool:
        """Whether a process is at work on it."""
        return self.stage not in ("done", "failed", "broken")


def read_request(folder: Path) -> AdaptRequest:
    """The request of a lesson.

    Raises:
        TrainingError: The folder is none.
    """
    try:
        return AdaptRequest(**json.loads((folder / "request.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"“{folder.name}” is no lesson: it has no readable request.json.") from error


def write_request(folder: Path, request: AdaptRequest) -> None:
    """Writes what is asked for into a lesson's folder, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "request.json", json.dumps(asdict(request), indent=1, ensure_ascii=False) + "\n")


def write_progress(folder: Path, stage: str, share: float, error: str = "") -> None:
    """Writes how far a lesson is."""
    values = {"stage": stage, "share": round(share, 4), "error": error}
    write_text(folder / "progress.json", json.dumps(values, ensure_ascii=False) + "\n")


def read_lesson(folder: Path) -> Lesson:
    """Where a lesson stands; never waits, loads no model.

    Raises:
        TrainingError: The folder is none.
    """
    request = read_request(folder)
    alive = _alive(folder)  # before the files are read: what has ended by then is in them
    progress = _json(folder / "progress.json")
    values = _json(folder / "result.json")
    stage = progress.get("stage", "reading")
    if not alive and stage not in ("done", "failed"):
        stage = "broken"
    training = folder / "training"
    rows = read_run(training).rows if (training / "config.json").exists() else ()
    result = AdaptResult.from_dict(values) if values and stage == "done" else None
    return Lesson(folder, request, stage, progress.get("share", 0.0), progress.get("error", ""), rows, result)


def all_lessons() -> list[Lesson]:
    """The user's lessons, the latest first."""
    folders = [path.parent for path in user_lessons().glob("*/request.json")]
    return [read_lesson(folder) for folder in sorted(folders, key=lambda f: -(f / "request.json").stat().st_mtime)]


def start_lesson(folder: Path, request: AdaptRequest) -> None:
    """Begins a lesson in a process of its own, or goes on with one that was broken off.

    Args:
        folder: Below ``user_lessons()``; files to learn from may lie in it already.
        request: What to do.

    Raises:
        TrainingError: Another lesson is being given.
    """
    with _STARTING:
        busy = next((lesson.request.name for lesson in all_lessons() if lesson.running), None)
        if busy:
            raise TrainingError(f"One lesson at a time: “{busy}” is being taught. Wait for its end, or stop it.")
        write_request(folder, request)
        write_progress(folder, "reading", 0.0)
        for stale in ("STOP", "result.json"):
            (folder / stale).unlink(missing_ok=True)
        command = [sys.executable, "-m", "musegen", "adapt", request.music, "--name", request.name]
        with (folder / "log.txt").open("wb") as log:
            _GIVEN[folder] = subprocess.Popen(
                [*command, "--run", str(folder), "--resume"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )
        low = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10
        psutil.Process(_GIVEN[folder].pid).nice(low)


def stop_lesson(folder: Path) -> None:
    """Asks a lesson to end its training now; what was learnt by then is measured and kept."""
    (folder / "STOP").touch()


def remove_lesson(folder: Path) -> None:
    """Deletes a lesson with its music, and the checkpoint that it gave.

    Raises:
        TrainingError: It is being given.
    """
    lesson = read_lesson(folder)
    if lesson.running:
        raise TrainingError(f"“{lesson.request.name}” is being taught. Stop it first.")
    checkpoint = user_checkpoints() / lesson.request.name
    if lesson.result is not None and lesson.result.weights and checkpoint.is_dir():
        shutil.rmtree(checkpoint)
    shutil.rmtree(folder)


def _alive(folder: Path) -> bool:
    given = _GIVEN.get(folder)
    if given is not None and given.poll() is not None:
        _GIVEN.pop(folder, None)
        given = None
    return given is not None or holder(folder / "LOCK") is not None


def _json(path: Path) -> Mapping[str, Any]:
    try:
        values: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return values
