"""Likelihood in time order, in the unit of the literature.

*Note-wise nats*: the mean over cells (voice x sixteenth) of -log p(what sounds here | all earlier steps, and the voices
of this step that come first in the model's order). Our grid has repeated notes, the literature's has not; so holding a
pitch and striking it anew count as one event, whose probability is the sum of the two. *Token nats* keep them apart.

* "pieces": whole test pieces, from the first onset to the end, any length; the models that answer in one call, and the
  baselines. "Bach" are the test pieces of the CC0 tables, "clean" those of them whose tune no training piece has,
  "standard" the 77 test pieces on the grid that the literature uses. Interval: bootstrap over pieces.
* "windows": 8-bar windows (128 sixteenths; the first and last of pieces spread over the test side), for all models.

Conditions of a model: style, key, voices, and the place in the bar. Neither phrase ends nor the distance to the
beginning and the end are told ("told" are the same figures when they are). The baselines know key and place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from quality_music import Baseline, Size, Trained, bach, corpus, is_clean, some, tunes
from quality_rows import SEED, row_of

from musegen.corpora.corpus import CorpusPiece
from musegen.corpora.phrases import UNKNOWN_PHRASE
from musegen.corpora.windows import UNKNOWN_EDGE, GridPiece, Windows, build_windows
from musegen.evaluation.intervals import pooled
from musegen.evaluation.sampling import Ratio
from musegen.lanes import REST, LaneCodec
from musegen.models.likelihood import chronological_nats
from musegen.models.repeat import note_wise

_HIDDEN = {"from_start": UNKNOWN_EDGE, "to_end": UNKNOWN_EDGE, "to_phrase_end": UNKNOWN_PHRASE}
_MOST_TUNES = 240
_BATCH = 12
Batch = dict[str, Any]


# --- which music --------------------------------------------------------------------------------


def _side(side: str) -> dict[str, list[CorpusPiece]]:
    """Chorales and tunes of a side."""
    chorales = [p for p in corpus("chorale") if p.split == side]
    folk = [p for pieces in tunes(side).values() for p in pieces]
    return {"chorale": chorales, "folk": some(folk, _MOST_TUNES)}


@cache
def held_out(side: str) -> dict[str, Callable[[Sequence[str]], Windows]]:
    """For each family the windows of a held-out side, given a model's styles."""
    built = {family: build_windows(pieces, LaneCodec()) for family, pieces in _side(side).items() if pieces}
    return {family: lambda styles, w=w: replace(w, styles=tuple(styles)) for family, w in built.items()}


@cache
def grids(which: str) -> tuple[GridPiece, ...]:
    """Whole pieces: "Bach", "clean", "standard"; those to learn from: "Bach train", "standard train", "folk train"."""
    choose: dict[str, Callable[[], Iterable[CorpusPiece]]] = {
        "Bach": lambda: bach("test"),
        "clean": lambda: [p for p in bach("test") if is_clean(p)],
        "standard": lambda: [p for p in corpus("jsb-chorales") if p.split == "test"],
        "Bach train": lambda: bach("train"),
        "standard train": lambda: [p for p in corpus("jsb-chorales") if p.split == "train"],
        "folk train": lambda: some([p for pieces in tunes("train").values() for p in pieces], 1200),
    }
    return build_windows(choose[which](), LaneCodec()).pieces


def _whole(piece: GridPiece, styles: Sequence[str]) -> Batch:
    """A batch of one: the whole piece, padded to whole beats."""
    steps = -(-len(piece.tokens) // 4) * 4
    batch = Windows((piece,), tuple(styles), steps, 0, {}).fixed(piece.split, "", 1, 1)[0]
    first = int(np.flatnonzero((piece.tokens < REST).any(axis=1))[0])
    batch["counted"] = batch["valid"] & (np.arange(steps) >= first)  # a bar's rest before a pick-up is no music
    return batch


def _hidden(batch: Batch) -> Batch:
    return {name: np.full_like(v, _HIDDEN[name]) if name in _HIDDEN else v for name, v in batch.items()}


# --- rows ---------------------------------------------------------------------------------------


def _rows(note_nats: Sequence[Any], token_nats: Sequence[Any]) -> dict[str, Any]:
    """Rows of nats by piece (or window), nan where a cell does not count."""
    result = {}
    for name, nats in (("note-wise", note_nats), ("token", token_nats)):
        ratios = [Ratio(float(np.nansum(n)), int(np.isfinite(n).sum())) for n in nats]
        result[name] = row_of(pooled(ratios, 1, SEED), "nats a cell")
    return result


def of_model(maker: Trained, size: Size) -> dict[str, Any]:
    """A model's, on windows, and where it answers in one call on whole pieces."""
    model: Any = maker.checkpoint.model
    styles = maker.checkpoint.styles
    result: dict[str, Any] = {"windows": {}}
    for family, windows in held_out("test").items():
        if any(style.startswith(family) for style in styles):
            batches = windows(styles).fixed("test", family, _BATCH, size.windows)
            found = [chronological_nats(model, _hidden(batch)) for batch in batches]
            result["windows"][family] = _rows(*[[row for f in found for row in f[k]] for k in (1, 0)])
            print(f"  {maker.name}: likelihood of windows, {family}", flush=True)
    if maker.kind != "sequence":
        return result
    result |= {"pieces": {}, "told": {}}
    for which in ("Bach", "clean", "standard"):
        batches = [_whole(piece, styles) for piece in some(grids(which), size.whole)]
        for kind, change in (("pieces", _hidden), ("told", dict)):
            found = []
            for batch in batches:
                nats = chronological_nats(model, change(batch))
                found.append([np.where(batch["counted"][0][:, None], n[0], np.nan) for n in nats])
            result[kind][which] = _rows([f[1] for f in found], [f[0] for f in found])
        print(f"  {maker.name}: likelihood of whole pieces, {which}", flush=True)
    return result


def of_baseline(maker: Baseline, size: Size) -> dict[str, Any]:
    """A baseline's, on the very same cells; it has learnt from the training side of the same set."""
    result: dict[str, Any] = {"windows": {}, "pieces": {}}
    for which, training in (("Bach", "Bach train"), ("clean", "Bach train"), ("standard", "standard train")):
        batches = [_whole(piece, ("any",)) for piece in some(grids(which), size.whole)]
        result["pieces"][which] = _rows(*_nats(maker, grids(training), batches, 4))
    for family, windows in held_out("test").items():
        lanes = 4 if family == "chorale" else 1
        batches = windows(("any",)).fixed("test", family, 1, size.windows)
        training = grids("Bach train" if family == "chorale" else "folk train")
        result["windows"][family] = _rows(*_nats(maker, training, batches, lanes))
    return result


def _nats(
    maker: Baseline, training: Sequence[GridPiece], batches: Iterable[Mapping[str, Any]], lanes: int
) -> list[list[Any]]:
    """Of batches of one: note-wise, and of tokens."""
    batches, result = list(batches), []
    for change in (note_wise, lambda grid: grid):
        model = maker.fitted(training, lanes, change)
        found = []
        for batch in batches:
            valid = batch["valid"][0]
            grid = change(batch["tokens"][0][valid][:, :lanes].astype(np.int16))
            known = {"position": batch["position"][0][valid], "key": batch["key"][0]}
            nats = model.nll(grid, known) if maker.name == "markov" else model.nll(grid)
            found.append(np.where(batch.get("counted", batch["valid"])[0][valid][:, None], nats, np.nan))
        result.append(found)
    return result
