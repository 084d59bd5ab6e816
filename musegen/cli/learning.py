"""``train``, ``evaluate`` and ``corpora``: what a model learns from, its training, and measures of what it makes."""

from __future__ import annotations

import json
import signal
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from musegen.cli.console import Show, progress, say, tell
from musegen.cli.files import read_bytes
from musegen.errors import ScoreError
from musegen.score import Score

_SCORES = {".mid", ".midi", ".kar", ".rmi", ".musicxml", ".xml", ".mxl", ".abc", ".krn"}
_TERMS = {
    "ship": "weights may be given away",
    "own-machine": "your own machine only",
    "evaluation": "never trained on",
}


def train(options: Namespace) -> int:
    """Trains in a run folder until the preset's end, ``--minutes``, or Ctrl-C, which saves."""
    from musegen.training.run import RunConfig, read_run, run_training

    folder: Path = options.folder
    if options.resume and (folder / "config.json").exists():
        config = read_run(folder).config
    else:
        corpora = tuple(corpus_name(name) for name in options.corpus or ("chorale", "folk"))
        config = RunConfig.preset(options.preset, options.model, corpora, options.seed)
    total = config.loop.steps
    with progress("training") as show, until_interrupted() as interrupted:

        def reading(done: int, files: int, name: str) -> None:
            if interrupted.is_set():  # nothing is trained yet: there is nothing to save
                raise KeyboardInterrupt
            show(0.0, f"reading file {done} of {files}: {name}")

        for report in run_training(
            folder, config, resume=options.resume, minutes=options.minutes, stop=interrupted.is_set, progress=reading
        ):
            losses = ", ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
            show(report.step / total, f"step {report.step}: {losses}")
            if report.validation:
                values = ", ".join(
                    f"{name} {value:.3f}" for name, value in report.validation.items() if "/" not in name
                )
                say(f"step {report.step} of {total}: {losses}; on held-out music: {values}")
    step = read_run(folder).step
    if step >= total:
        say(f"The run is complete: {step} steps.")
    else:
        say(f"Saved at step {step} of {total}. To go on: musegen train --run {folder} --resume")
    tell(str(folder))
    return 1 if interrupted.is_set() else 0


def corpus_name(name: str) -> str:
    """The name of a set, or of a folder in a form that holds wherever the run is resumed."""
    from musegen.corpora import catalog

    known = {info.name for info in catalog()}
    return name if name in known or not Path(name).is_dir() else str(Path(name).resolve())


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that work can end in order; the second one breaks off at once."""
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        say("Stopping after this step ... (Ctrl-C again stops at once, without saving.)")

    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def evaluate(options: Namespace) -> int:
    """Measures all music in a folder, beside the test pieces of a corpus (all pieces of a folder of one's own)."""
    from musegen import evaluation
    from musegen.corpora import load_corpus

    with progress("reading") as show:
        made = _scores_in(options.folder, show)
        training, reference = None, []
        if options.against:
            corpus = load_corpus(options.against, progress=lambda done, files, name: show(done / files, name))
            own = corpus.info.style == "own"
            reference = [piece.score for piece in (corpus.pieces if own else corpus.split("test"))]
            training = None if own else [piece.score for piece in corpus.split("train")]
        show(1.0, "measuring")
        report = evaluation.evaluate(made, reference, training=training, seed=options.seed)
    tell(json.dumps(report.to_dict()) if options.json else report.table())
    for copy in report.copies[:3] if not options.json else ():
        say(f"Shared with the training music: {copy.steps} sixteenths of “{copy.title}”.")
    return 0


def _scores_in(folder: Path, show: Show) -> list[Score]:
    """Every tune of every score in a folder and the folders in it, in the order of their names.

    Raises:
        ScoreError: There is no such folder, or no music in it.
    """
    from musegen.formats import read_scores

    if not folder.is_dir():
        raise ScoreError(f"There is no folder “{folder}”.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SCORES)
    scores: list[Score] = []
    for number, path in enumerate(files):
        show(number / len(files), path.name)
        try:
            scores += [tune.score for tune in read_scores(read_bytes(path), path.name)]
        except ScoreError as error:
            say(f"{path} was left out: {error}")
    if not scores:
        raise ScoreError(f"There is no music in “{folder}” that can be read (MIDI, MusicXML, .mxl, ABC, kern).")
    return scores


def corpora(options: Namespace) -> int:
    """Lists the catalogue."""
    from musegen.corpora import catalog

    rows = [("name", "pieces", "here", "licence", "terms", "what it is")]
    known = {info.name: info.pieces or 0 for info in catalog()}
    for info in catalog():
        here = info.available
        if options.json:
            tell(json.dumps(asdict(info) | {"available": here}))
        pieces = info.pieces or sum(known[member] for member in info.members)
        rows.append((info.name, str(pieces), "yes" if here else "no", info.licence, _TERMS[info.terms], info.title))
    if not options.json:
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            tell("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0
