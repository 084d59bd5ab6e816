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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from musegen.checkpoint import write_text
from musegen.errors import LANGUAGES, MusegenError, TrainingError
from musegen.places import CHECKPOINTS, user_checkpoints, user_lessons
from musegen.training.before_after import AdaptResult
from musegen.training.lock import holder
from musegen.training.run import read_run

MOST_FILES, MOST_BYTES = 1000, 64 * 2**20
"""What a lesson takes by ``begin_lesson``."""

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
        error: Why it failed, by language; empty where it did not or the reason was not foreseen.
        rows: Of the training so far, see ``Run.rows``.
        result: What came of it, once it is done.
    """

    folder: Path
    request: AdaptRequest
    stage: str
    share: float
    error: Mapping[str, str]
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
        raise TrainingError("“{name}” is no lesson: it has no readable request.json.", name=folder.name) from error


def write_request(folder: Path, request: AdaptRequest) -> None:
    """Writes what is asked for into a lesson's folder, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "request.json", json.dumps(asdict(request), indent=1, ensure_ascii=False) + "\n")


def write_progress(folder: Path, stage: str, share: float, error: MusegenError | None = None) -> None:
    """Writes how far a lesson is; why it failed in every language, for whoever looks."""
    said = {language: error.sentence(language) for language in LANGUAGES} if error else {}
    values = {"stage": stage, "share": round(share, 4), "error": said}
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
    said = progress.get("error", {})
    said = said if isinstance(said, dict) else {"en": said}  # an older musegen wrote English alone
    return Lesson(folder, request, stage, progress.get("share", 0.0), said, rows, result)


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
        busy = running_lesson()
        if busy is not None:
            raise _busy(busy)
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


def begin_lesson(
    checkpoint: Path, name: str, music: str | Sequence[tuple[str, bytes]], *, minutes: float, seed: int
) -> Path:
    """Starts a new lesson in a folder of its own below ``user_lessons()``.

    Args:
        checkpoint: Folder of the model that is taught.
        name: Of the lesson and of the checkpoint that it gives.
        music: A set of the catalogue, or files as (name, content); they are kept in the lesson's folder.
        minutes: For all of it.
        seed: All chance comes from it.

    Returns:
        The lesson's folder.

    Raises:
        TrainingError: The name is taken or none, the files are too many, or another lesson is being given.
    """
    folder = user_lessons() / name
    own = folder / "my music"
    request = AdaptRequest(
        str(checkpoint.resolve()), music if isinstance(music, str) else str(own), name, minutes, seed
    )
    if folder.exists() or any((shelf / name).exists() for shelf in (user_checkpoints(), CHECKPOINTS)):
        raise TrainingError("There is “{name}” already. Choose another name, or delete that one.", name=name)
    files = () if isinstance(music, str) else music
    if len(files) > MOST_FILES or sum(len(data) for _, data in files) > MOST_BYTES:
        raise TrainingError(
            "{files} files and {megabytes} MB at most. Choose fewer.", files=MOST_FILES, megabytes=MOST_BYTES >> 20
        )
    busy = running_lesson()
    if busy is not None:
        raise _busy(busy)
    folder.mkdir()
    if files:
        own.mkdir()
    for number, (file, data) in enumerate(files, 1):
        stem = re.sub(r"[^\w]+", " ", Path(file).stem).strip()[:60]
        ending = re.sub(r"[^\w.]", "", Path(file).suffix)[:10]
        (own / f"{number:03d} {stem}{ending}").write_bytes(data)
    start_lesson(folder, request)
    return folder


def running_lesson() -> Lesson | None:
    """The lesson that is being given."""
    return next((lesson for lesson in all_lessons() if lesson.running), None)


def _busy(lesson: Lesson) -> TrainingError:
    name = lesson.request.name
    return TrainingError("One lesson at a time: “{name}” is being taught. Wait for its end, or stop it.", name=name)


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
        raise TrainingError("“{name}” is being taught. Stop it first.", name=lesson.request.name)
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
