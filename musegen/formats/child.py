"""Reading in a child process under limits of time and memory, for files so large that reading would hold up a server.

The child is a fresh interpreter, not a fork (a server has threads), and looks the same on Linux, macOS and Windows.
It gets the bytes on its standard input and answers with a pickle, which is safe: the parent started it itself.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from musegen.errors import MusegenError
from musegen.formats.limits import LIMITS, Limits
from musegen.formats.read import NAMES, read_tunes
from musegen.formats.refusal import Refusal, refuse
from musegen.formats.report import Imported

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv.pop()); from musegen.formats.child import main; main()"
_AT_ONCE = threading.BoundedSemaphore(max(os.cpu_count() or 1, 1))
_LOOK_S = 0.05


def read_guarded(kind: str, data: bytes, *, first_only: bool = False, limits: Limits = LIMITS) -> list[Imported]:
    """As ``read_tunes``, in a child process that is killed when it takes too long or too much memory.

    Raises:
        ScoreError: The file can't be read, or a limit is passed.
    """
    job = pickle.dumps((kind, data, first_only, limits.seconds, limits.memory_mb))
    with _AT_ONCE:
        code, answer = _run([sys.executable, "-c", _START, str(_ROOT)], job, limits)
    if code == 0 and answer:
        result = pickle.loads(answer)
        if isinstance(result, MusegenError):
            raise result
        return list(result)
    raise refuse("died", format=NAMES[kind], code=code)


def _run(command: list[str], job: bytes, limits: Limits) -> tuple[int, bytes]:
    """Exit code and output of a process; killed past a limit."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # threads reserve memory
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    passed: list[Refusal] = []
    watch = threading.Thread(target=_watch, args=(process, limits, passed), daemon=True)
    watch.start()
    try:
        answer, _ = process.communicate(job)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        watch.join()
    if passed:
        raise passed[0]
    return process.returncode, answer


def _watch(process: subprocess.Popen[bytes], limits: Limits, passed: list[Refusal]) -> None:
    """Kills the process when it passes a limit, and says which."""
    started = time.monotonic()
    while process.poll() is None:
        if time.monotonic() - started > limits.seconds:
            passed.append(refuse("time", limit=limits.seconds))
        elif _memory_mb(process.pid) > limits.memory_mb:
            passed.append(refuse("memory", limit=limits.memory_mb))
        if passed:
            process.kill()
            return
        time.sleep(_LOOK_S)


def _memory_mb(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    return 0.0


def main() -> None:
    """The child's side: reads a job from standard input, writes the answer to standard output."""
    kind, data, first_only, seconds, memory_mb = pickle.load(sys.stdin.buffer)
    _limit_self(seconds, memory_mb)
    result: list[Imported] | MusegenError
    try:
        result = read_tunes(kind, data, first_only=first_only)
    except MemoryError:
        result = refuse("memory", limit=memory_mb)
    except MusegenError as error:
        result = refuse("memory", limit=memory_mb) if isinstance(error.__cause__, MemoryError) else error
    sys.stdout.buffer.write(pickle.dumps(result))


def _limit_self(seconds: float, memory_mb: int) -> None:
    """Limits that hold even if the parent is gone; only where the system has them (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for name, value in ((resource.RLIMIT_CPU, int(seconds) + 5), (resource.RLIMIT_AS, memory_mb * 2**20)):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(name, (value, resource.getrlimit(name)[1]))
