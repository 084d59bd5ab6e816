"""Teach it your music: a finished model learns a style from a folder of the user's, in minutes, and is measured twice.

The original training music is not at hand, so what the model knows is guarded otherwise: a low rate for few steps from
averaged weights, chosen by a part of the new music that is never trained on, the weights that it came with among the
candidates. Another such part gives the figures before and after.

request.json       what was asked for, written once
progress.json      how far it is, for whoever watches from outside
before.json        the model as it came, on the held-out music
training/          a run folder, see ``run``; it begins from the checkpoint's weights
before/ after/     two pieces of the same seed as MusicXML
result.json        ``AdaptResult``
LOCK, STOP         as in a run folder; STOP ends the training, and what was learnt by then is measured and kept
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from musegen import studio
from musegen.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, write_bytes, write_text
from musegen.corpora.windows import Windows
from musegen.errors import MusegenError, TrainingError
from musegen.evaluation import evaluate
from musegen.formats import write_score
from musegen.models import build_model
from musegen.models.base import LatentModel, MaskedModel
from musegen.places import CHECKPOINTS, user_checkpoints
from musegen.training.before_after import AdaptResult, Losses, Side, changes, measure_changes, window_losses
from musegen.training.lessons import AdaptRequest, read_request, write_progress, write_request
from musegen.training.lock import hold
from musegen.training.loop import LoopConfig, validate
from musegen.training.own_music import grow_styles, load_music
from musegen.training.request import RunConfig
from musegen.training.run import read_run, run_training, start_run

STAGES = ("reading", "before", "training", "after", "done")
HEARD = 2  # pieces of each side that are kept to be listened to
_SHARE_OF_RATE = 0.3  # of the checkpoint's own learning rate: to learn something new without forgetting the old
_STEPS_A_MINUTE = 80
_VALIDATIONS = 5
_AVERAGING = 0.99
_MOST_REFERENCE = 60  # held-out pieces that are measured; more take longer and say little more
_SAMPLE = 16  # windows by which the nearest style is found


@dataclass(frozen=True)
class AdaptReport:
    """How far it is.

    Attributes:
        stage: One of ``STAGES``.
        share: Of all, 0-1.
        step: Training steps done.
        losses: As in ``loop.Report``.
        validation: As in ``loop.Report``.
        result: In the last report.
    """

    stage: str
    share: float
    step: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)
    result: AdaptResult | None = None


def adapt(
    request: AdaptRequest,
    folder: Path,
    *,
    shelf: Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[AdaptReport]:
    """Teaches a checkpoint, and measures it before and after.

    Args:
        request: What to do; with ``resume`` the folder's own request counts.
        folder: Where all of it is kept; made when missing. A folder in use is only taken up with ``resume``.
        shelf: Where the new checkpoint is put, under the request's name; None = ``places.user_checkpoints()``.
        resume: Go on where a broken-off adaptation stopped.
        stop: Asked after every step; True ends the training early, what was learnt is measured and kept.
        progress: Told of the files while they are read, see ``load_corpus``.

    Raises:
        CorpusError: The music can't be used, or is too little.
        TrainingError: The folder is in use or full, the name is taken, or the model can't be taught this way.
    """
    shelf = shelf or user_checkpoints()
    if (folder / "request.json").exists():
        if not resume:
            raise TrainingError("“{name}” holds a lesson already. Choose another name, or resume it.", name=folder.name)
        request = read_request(folder)
    if any((place / request.name).exists() for place in (shelf, CHECKPOINTS)):
        raise TrainingError("There is a checkpoint “{name}” already. Choose another name.", name=request.name)
    folder.mkdir(parents=True, exist_ok=True)
    hold(folder / "LOCK")
    (folder / "STOP").unlink(missing_ok=True)
    try:
        write_request(folder, request)
        for report in _Adaptation(request, folder, shelf, stop, progress).reports():
            write_progress(folder, report.stage, report.share)
            yield report
    except Exception as error:
        write_progress(folder, "failed", 0.0, error if isinstance(error, MusegenError) else None)
        raise
    finally:
        (folder / "LOCK").unlink(missing_ok=True)


class _Adaptation:
    """One adaptation at work."""

    def __init__(
        self,
        request: AdaptRequest,
        folder: Path,
        shelf: Path,
        stop: Callable[[], bool] | None,
        progress: Callable[[int, int, str], None] | None,
    ) -> None:
        self.request, self.folder, self.shelf = request, folder, shelf
        self.stop, self.progress = stop, progress
        self.run = folder / "training"
        self.origin = load_checkpoint(Path(request.checkpoint))

    def reports(self) -> Iterator[AdaptReport]:
        began = time.monotonic()
        yield AdaptReport("reading", 0.0)
        request = self.request
        if isinstance(self.origin.model, LatentModel) and not isinstance(self.origin.model, MaskedModel):
            raise TrainingError(
                "“{name}” makes music from noise alone and can't be taught a style.", name=self.origin.path.name
            )
        self.music = load_music(
            request.music,
            self.origin,
            name=request.name,
            seed=request.seed,
            window_steps=request.window_steps,
            progress=self.progress,
        )
        yield AdaptReport("before", 0.05)
        reading = time.monotonic()
        nearest, before = self.before()
        if not (self.run / "config.json").exists():
            self.prepare(nearest)
        now = time.monotonic()
        # What is left when measuring takes as long again at the end; a small part for training in any case.
        left = max(60 * request.minutes - (now - began) - 1.2 * (now - reading), 15 * request.minutes)
        done = read_run(self.run).step if (self.run / "config.json").exists() else 0
        for report in run_training(
            self.run, self.config(), resume=True, minutes=left / 60, stop=self.ends, windows=self.music.windows
        ):
            done = report.step
            share = max(done / self.config().loop.steps, min((time.monotonic() - now) / left, 1.0))
            yield AdaptReport("training", 0.15 + 0.7 * share, done, report.losses, report.validation)
        yield AdaptReport("after", 0.85, done)
        result = self.after(nearest, before, done, began)
        write_text(self.folder / "result.json", json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n")
        yield AdaptReport("done", 1.0, done, result=result)

    def ends(self) -> bool:
        return (self.stop is not None and self.stop()) or (self.folder / "STOP").exists()

    # --- before -------------------------------------------------------------------------------

    def before(self) -> tuple[str, Side]:
        """The style of the checkpoint that is nearest to the music, and the checkpoint as it came, in that style."""
        path = self.folder / "before.json"
        if path.exists():  # of an adaptation that was broken off
            known = json.loads(path.read_text("utf-8"))
            return known["style"], Side(**known["side"])
        nearest = self.nearest()
        losses = window_losses(self.origin.model, self.in_style(self.music.windows, nearest))
        side = self.made(self.origin, nearest, losses, "before")
        write_text(path, json.dumps({"style": nearest, "side": side.to_dict()}, indent=1) + "\n")
        return nearest, side

    def nearest(self) -> str:
        """The style under which the checkpoint finds the music that is to be learnt likeliest."""
        music = self.music
        if music.style in self.origin.styles:
            return music.style
        alike = [style for style in self.origin.styles if style.split("/")[0] == music.family]
        candidates = ["any", *alike] if music.family == "folk" else alike
        training = replace(music.windows, pieces=tuple(p for p in music.windows.pieces if p.style == music.style))

        def loss(style: str) -> float:
            losses = window_losses(self.origin.model, self.in_style(training, style), "train", _SAMPLE)
            return float(np.mean(losses["cross_entropy"]))

        return min(candidates, key=loss)

    def in_style(self, windows: Windows, style: str) -> Windows:
        """The windows with all that is new to the checkpoint under a style that it knows."""
        known = self.origin.styles
        return replace(
            windows, pieces=tuple(p if p.style in known else replace(p, style=style) for p in windows.pieces)
        )

    def prepare(self, nearest: str) -> None:
        """A run that stands at step 0 with the checkpoint's weights, and them as its best so far."""
        config, windows = self.config(), self.music.windows
        model = build_model(config.model, {**config.settings, "styles": windows.styles}, seed=config.seed)
        styles = self.origin.styles
        weights = self.origin.model.weights()
        shapes = {name: array.shape for name, array in model.weights().items()}
        new = [styles.index(nearest)] * (len(windows.styles) - len(styles))
        model.load_weights(grow_styles(weights, shapes, len(styles), new))
        found = validate(model, {f: windows.fixed("valid", f, config.loop.batch_size) for f in windows.families})
        start_run(self.run, model, found)

    def config(self) -> RunConfig:
        """The run: the checkpoint's own settings, but for a short schedule at a low rate."""
        request = self.request
        settings = {name: value for name, value in self.origin.card["settings"].items() if name != "styles"}
        steps = request.steps or round(request.minutes * _STEPS_A_MINUTE)
        every = max(steps // _VALIDATIONS, 1)
        short = {
            "learning_rate": _SHARE_OF_RATE * settings["learning_rate"],
            "warmup": every // 2,
            "steps": every * _VALIDATIONS,
            "schedule": every * _VALIDATIONS,
            "averaging": _AVERAGING,
            "stage": "likelihood",  # an adversary would have to learn its part first
        }
        settings |= {name: value for name, value in short.items() if name in settings}
        report_every = next(n for n in (10, 5, 2, 1) if every % n == 0)
        loop = LoopConfig(every * _VALIDATIONS, request.batch_size, report_every, every)
        return RunConfig(
            self.origin.card["model"],
            (str(request.music),),
            request.seed,
            settings,
            loop,
            window_steps=request.window_steps,
        )

    # --- after --------------------------------------------------------------------------------

    def after(self, nearest: str, before: Side, steps: int, began: float) -> AdaptResult:
        """Chooses the weights, puts them on the shelf, and measures them as the checkpoint was measured before."""
        music, request = self.music, self.request
        facts: dict[str, Any] = {
            "name": request.name,
            "style": music.style,
            "start": self.origin.path.name,
            "start_style": nearest,
            "start_weights": self.origin.sha256,
            "title": music.title,
            "licence": music.licence,
            "credit": music.credit,
            "terms": music.terms,
            "notice": music.notice,
            "pieces": music.pieces,
            "left_out": len(music.left_out),
        }
        best = self.chosen()
        if best is None:
            return AdaptResult(
                **facts, weights="", step=0, steps=steps, seconds=round(time.monotonic() - began, 1), likelihood={},
                measures=(), auc={}, heard=(),
            )  # fmt: skip
        path = self.folder / "kept" / request.name  # its name stands in the recipes of what it makes
        card = {
            **{key: best.card[key] for key in ("step", "seed", "corpora", "validation")},
            "trained_on": self.origin.card.get("trained_on", []),
            **{key: self.origin.card[key] for key in ("density", "temperature") if key in self.origin.card},
            "taught": facts,
            "licence": music.licence,
            "terms": music.terms,
            "notice": music.notice,
        }
        save_checkpoint(path, best.model, best.codec, card, half=True)
        taught = load_checkpoint(path)  # as it will be used: with half the digits
        side = self.made(taught, music.style, window_losses(taught.model, music.windows), "after")
        self.shelf.mkdir(parents=True, exist_ok=True)
        shutil.move(path, self.shelf / request.name)
        return AdaptResult(
            **facts,
            weights=taught.sha256,
            step=int(best.card["step"]),
            steps=steps,
            seconds=round(time.monotonic() - began, 1),
            likelihood=changes(before.losses, side.losses, seed=request.seed),
            measures=measure_changes(before, side),
            auc={"before": before.auc["made"], "after": side.auc["made"], "real": before.auc["real"]},
            heard=tuple(f"{number + 1}.musicxml" for number in range(HEARD)),
        )

    def chosen(self) -> Checkpoint | None:
        """The best weights on the part of the music to choose by; None where those it came with are the best."""
        checkpoints = self.run / "checkpoints"
        best = load_checkpoint(checkpoints / "best") if (checkpoints / "best").exists() else None
        last = load_checkpoint(checkpoints / "last")
        if last.card["validation"]:  # it was validated as it was saved, and would be the best if it were
            return best
        windows, size = self.music.windows, self.request.batch_size
        found = validate(last.model, {f: windows.fixed("valid", f, size) for f in windows.families})
        least = min(row["valid/cross_entropy"] for row in read_run(self.run).rows if "valid/cross_entropy" in row)
        if found["cross_entropy"] >= least:
            return best
        return replace(last, card={**last.card, "validation": found})

    def made(self, checkpoint: Checkpoint, style: str, losses: Losses, side: str) -> Side:
        """Pieces of this style, measured beside the held-out music; the first ones are kept to be heard."""
        music, request = self.music, self.request
        wanted = music.family if style == "any" else style
        asked: studio.Asked = {"style": wanted, "n": request.pieces, "seed": request.seed}
        pieces = studio.generate(checkpoint, bars=music.bars, metre=music.metre, **asked)
        (self.folder / side).mkdir(exist_ok=True)
        for number, piece in enumerate(pieces[:HEARD], 1):
            write_bytes(self.folder / side / f"{number}.musicxml", write_score(piece.score, "musicxml"))
        reference = music.reference[:_MOST_REFERENCE]
        scores = [piece.score for piece in pieces]
        return Side.of(losses, evaluate(scores, reference, training=music.training, seed=request.seed))
