"""``train``, ``evaluate`` and ``corpora``: what a model learns from, its training, and measures of what it makes."""

from __future__ import annotations

import json
import signal
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from musegen.cli.console import Show, progress, say, tell
from musegen.cli.files import make_folder, read_bytes, save_as
from musegen.errors import ScoreError
from musegen.score import Score

if TYPE_CHECKING:
    from musegen.corpora import Corpus

_SCORES = {".mid", ".midi", ".kar", ".rmi", ".musicxml", ".xml", ".mxl", ".abc", ".krn"}
_TERMS = {
    "ship": "weights may be given away",
    "own-machine": "your own machine only",
    "evaluation": "never trained on",
}


def train(options: Namespace) -> int:
    """Trains in a run folder until the preset's end, ``--minutes``, or Ctrl-C, which saves."""
    from musegen.training.request import RunConfig
    from musegen.training.run import read_run, run_training

    folder: Path = options.folder
    if options.resume and (folder / "config.json").exists():
        config = read_run(folder).config
    else:
        corpora = tuple(corpus_name(name) for name in options.corpus or ("chorale", "folk"))
        config = RunConfig.preset(options.preset, options.model, corpora, options.seed)
        config = replace(
            config,
            start=options.start or config.start,
            generator=options.generator or "",
            pool=options.pool or "",
        )
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
    """Measures all music in a folder, beside the test pieces of a corpus (all pieces of a folder of one's own).

    More sets, measured against the same real music, stand beside it; ``--out`` keeps the numbers and a figure.
    """
    from musegen import evaluation

    with progress("reading") as show:
        made = _scores_in(options.folder, show)
        training, reference = _reference(options.against, show) if options.against else (None, [])
        sets = {name: _set(source, show) for name, source in options.beside}
        show(1.0, "measuring")
        report = evaluation.evaluate(made, reference, training=training, seed=options.seed)
        beside = {
            name: evaluation.evaluate(scores, reference, training=training, seed=options.seed)
            for name, scores in sets.items()
        }
    found = report.to_dict() | {"beside": {name: other.to_dict() for name, other in beside.items()}}
    tell(json.dumps(found) if options.json else report.table(beside))
    for copy in report.copies[:3] if not options.json else ():
        say(f"Shared with the training music: {copy.steps} sixteenths of “{copy.title}”.")
    if options.out:
        _keep(found, make_folder(options.out))
    return 0


def _keep(found: dict[str, Any], folder: Path) -> None:
    """Writes the evaluation as numbers and as a figure; an earlier one in the folder is replaced."""
    from musegen.plots import figure_png, figure_svg, plot_measures

    figure = plot_measures(found, beside=found["beside"])
    files = {"json": json.dumps(found, indent=1).encode(), "png": figure_png(figure), "svg": figure_svg(figure)}
    for ending, data in files.items():
        path = folder / f"evaluation.{ending}"
        save_as(path, data, force=True)
        say(f"Written: {path}")


def _reference(name: str, show: Show) -> tuple[list[Score] | None, list[Score]]:
    """Training pieces to look for copies of, and the real pieces; of a folder of one's own all are real."""
    corpus = _corpus_of(name, show)
    if corpus.info.style == "own":
        return None, [piece.score for piece in corpus.pieces]
    return [piece.score for piece in corpus.split("train")], [piece.score for piece in corpus.split("test")]


def _set(source: str, show: Show) -> list[Score]:
    """All scores of a folder, or of a corpus."""
    folder = Path(source)
    return _scores_in(folder, show) if folder.is_dir() else [piece.score for piece in _corpus_of(source, show).pieces]


def _corpus_of(name: str, show: Show) -> Corpus:
    from musegen.corpora import load_corpus

    return load_corpus(name, progress=lambda done, files, text: show(done / files, text))


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
