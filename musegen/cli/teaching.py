"""``adapt``: a finished model is taught the user's own music."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli.console import progress, say, tell
from musegen.cli.learning import corpus_name, until_interrupted
from musegen.cli.verbs import find_checkpoint
from musegen.gallery import file_stem
from musegen.places import user_lessons

if TYPE_CHECKING:
    from musegen.training.before_after import AdaptResult

_DOING = {"reading": "reading", "before": "measuring as it is", "after": "measuring what it learnt", "done": "done"}


def adapt(options: Namespace) -> int:
    """Teaches a checkpoint until ``--minutes`` are over, or Ctrl-C, which keeps what was learnt."""
    from musegen.training.adapt import adapt as teach
    from musegen.training.lessons import AdaptRequest, read_request

    music = corpus_name(options.music)
    name = file_stem(options.name or Path(music).name)
    folder: Path = options.folder or user_lessons() / name
    if options.resume and (folder / "request.json").exists():
        request = read_request(folder)
    else:
        checkpoint = find_checkpoint(options.checkpoint)
        request = AdaptRequest(str(checkpoint.path.resolve()), music, name, options.minutes, options.seed)
    result = None
    with progress("teaching") as show, until_interrupted() as interrupted:

        def reading(done: int, files: int, file: str) -> None:
            if interrupted.is_set():  # nothing is learnt yet: there is nothing to keep
                raise KeyboardInterrupt
            show(0.0, f"reading file {done} of {files}: {file}")

        for report in teach(request, folder, resume=options.resume, stop=interrupted.is_set, progress=reading):
            losses = ", ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
            show(report.share, f"step {report.step}: {losses}" if losses else _DOING.get(report.stage, report.stage))
            result = report.result
    if result is None:
        raise AssertionError("the last report has the result")
    for line in [json.dumps(asdict(result))] if options.json else table(result):
        tell(line)
    if result.notice:
        say(result.notice)
    if not result.weights:
        say("Nothing was kept: on the held-out pieces the model was best as it came. Try more music, or more minutes.")
        return 1
    say(f"To use it: musegen generate --checkpoint {result.name} --style {result.style}")
    say(f"To hear the difference: {folder / 'before'} and {folder / 'after'}, the same seeds.")
    return 0


def table(result: AdaptResult) -> list[str]:
    """Before and after as lines of plain text; none where nothing was learnt."""
    if not result.likelihood:
        return []
    rows = [("", "before", "after", "your music")]
    for task, change in result.likelihood.items():
        rows.append((f"nats a cell, {task}", f"{change.before:.3f}", f"{change.after:.3f}", ""))
    rows += [(f"{m.name} ({m.unit})", _number(m.before), _number(m.after), _number(m.real)) for m in result.measures]
    if result.auc:
        before, after, real = (_number(result.auc[side]) for side in ("before", "after", "real"))
        rows.append(("real or made (AUC)", before, after, real))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
