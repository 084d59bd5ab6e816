"""Talking to a person at a terminal: sentences and progress on stderr, results on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[float, str], None]


def say(sentence: str) -> None:
    """One sentence to the person, on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def tell(line: str) -> None:
    """One line of results, on stdout."""
    print(line, flush=True)


@contextmanager
def progress(label: str) -> Iterator[Show]:
    """A progress bar on stderr, where stderr is a terminal; nothing elsewhere.

    Gives a function to call with the share done (0-1) and a word on what is being done ("" keeps the last one).
    """
    if not sys.stderr.isatty():
        yield lambda share, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[what]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0, what="")

        def show(share: float, text: str) -> None:
            bar.update(task, completed=share)
            if text:
                bar.update(task, what=text)

        yield show
