"""A folder in use: a file that names the process that works in it, and when that process began."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from musegen.checkpoint import write_text
from musegen.errors import TrainingError


def holder(lock: Path) -> int | None:
    """The id of the living process that holds a lock; None where nobody does, or whoever did has gone.

    A process id is used again by later processes; the time that the process began tells them apart.
    """
    try:
        pid, _, began = lock.read_text("utf-8").partition(" ")
        process = psutil.Process(int(pid))
        alive = str(process.create_time()) == began and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return int(pid) if alive else None


def hold(lock: Path, pid: int | None = None) -> None:
    """Notes this process, or another one, as the holder.

    Raises:
        TrainingError: Another living process holds it, or this process does already.
    """
    pid = pid or os.getpid()
    if (other := holder(lock)) is not None:
        raise TrainingError(
            "“{name}” is being trained by another process ({other}). Stop that one first.",
            name=lock.parent.name,
            other=other,
        )
    write_text(lock, f"{pid} {psutil.Process(pid).create_time()}")
