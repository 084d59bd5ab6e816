"""Worker processes that read source files and leave the arrays in the cache.

Each worker is a Python of its own that is handed one file at a time. It does not import the caller's main module, so
that a script without a ``__main__`` guard, a notebook and a Streamlit page can all load a corpus; and a parser that
hangs, or takes its process down, costs one file and is named in the report.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from musegen.corpora import store
from musegen.corpora.readers import Source, read_source
from musegen.corpora.store import Parsed

SECONDS = 120.0
"""The longest that one file may take."""
_ALONE = 8  # so few files are read here: starting a worker takes longer


def read_all(work: Sequence[tuple[Source, Path]], jobs: int | None = None) -> Iterator[tuple[int, Parsed]]:
    """Read files and store what they gave.

    Args:
        work: What to read, and the file in which to store its arrays.
        jobs: Worker processes; None = as many as there are processors; 1 = none, read in this process.

    Yields:
        (index into ``work``, what the file gave), in the order in which they get done.
    """
    workers = min(jobs or os.cpu_count() or 1, len(work) // _ALONE)
    if workers < 2 and (jobs == 1 or len(work) < _ALONE):
        for index, (source, target) in enumerate(work):
            yield index, _read_here(source, target)
        return
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Parsed]] = queue.SimpleQueue()
    for index in range(len(work)):
        todo.put(index)
    stop = threading.Event()
    threads = [threading.Thread(target=_feed, args=(work, todo, done, stop), daemon=True) for _ in range(workers or 1)]
    for thread in threads:
        thread.start()
    try:
        for _ in work:
            yield done.get()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read_here(source: Source, target: Path) -> Parsed:
    parsed = read_source(source)
    if parsed.sha256:
        store.save(target, parsed)
    return parsed


def _feed(
    work: Sequence[tuple[Source, Path]],
    todo: queue.SimpleQueue[int],
    done: queue.SimpleQueue[tuple[int, Parsed]],
    stop: threading.Event,
) -> None:
    """Keeps one worker busy until nothing is left to do."""
    worker: subprocess.Popen[str] | None = None
    while not stop.is_set():
        try:
            index = todo.get_nowait()
        except queue.Empty:
            break
        worker = worker or _start()
        source, target = work[index]
        parsed = _ask(worker, source, target)
        if parsed is None:
            worker.kill()
            worker.communicate()
            worker = None
            parsed = Parsed("", (), ((source.name, "its reader hung or broke down"),))
        done.put((index, parsed))
    if worker:
        worker.kill() if stop.is_set() else None
        worker.communicate()


def _start() -> subprocess.Popen[str]:
    # A parser's warnings would be the noise of thousands of files: what matters stands in the report.
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONIOENCODING": "utf-8"},
    )


def _ask(worker: subprocess.Popen[str], source: Source, target: Path) -> Parsed | None:
    """What the worker found, or None if it hung or died."""
    assert worker.stdin
    assert worker.stdout
    alarm = threading.Timer(SECONDS, worker.kill)
    alarm.start()
    request = [str(source.path), source.reader, source.name, source.about, str(target)]
    try:
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
    except OSError:
        return None
    finally:
        alarm.cancel()
    if not answer:
        return None
    missing = json.loads(answer)
    return Parsed("", (), tuple(map(tuple, missing))) if missing else store.load(target)


def main() -> None:
    """The worker: a request a line in, an answer a line out (what was left out where nothing could be stored)."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # a parser that prints must not answer in our place
    with suppress(KeyboardInterrupt, BrokenPipeError):
        for line in sys.stdin:
            path, reader, name, about, target = json.loads(line)
            parsed = _read_here(Source(Path(path), reader, name, about), Path(target))
            answers.write(json.dumps(None if parsed.sha256 else parsed.left_out) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
