"""What quality.py finds of a maker, part by part; every figure is a row with an interval (see quality_rows.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from quality_likelihood import held_out, of_baseline, of_model
from quality_music import (
    COMPLETIONS,
    Baseline,
    Maker,
    Size,
    Trained,
    bach,
    bach_training,
    cultures,
    is_clean,
    made,
    some,
    tunes,
)
from quality_rows import SEED, Row, over_seeds, row_of

from musegen.evaluation import MEASURES, Measure, TrainingIndex, distinct_completions, giveaways, melody_fit, sample
from musegen.evaluation.intervals import mean, pooled
from musegen.evaluation.real_or_made import RealOrMade, real_or_made
from musegen.evaluation.rules import parallels
from musegen.evaluation.sampling import NONE, Ratio, Sampled
from musegen.score import Score

_ENDS = ("ends_on_tonic", "ends_in_tonic_chord")
_WRITTEN = 0.5  # % of repeated notes from which on a set is taken to write them


def _both(piece: Sampled) -> Ratio:
    fifths, octaves = parallels(piece, 7), parallels(piece, 0)
    return Ratio(fifths.events + octaves.events, fifths.places) if fifths.places else NONE


ALL = (Measure("parallels", "per 100 chord changes", 100, _both), *MEASURES)


# --- rows ---------------------------------------------------------------------------------------


def _measured(sets: Sequence[Sequence[Sampled]], measures: Iterable[Measure]) -> dict[str, Row]:
    rows = {}
    for measure in measures:
        ratios = [[r for piece in pieces if (r := measure.count(piece)).places] for pieces in sets]
        if not any(ratios):
            continue
        n = sum(map(len, ratios))
        if len(sets) == 1:
            rows[measure.name] = row_of(pooled(ratios[0], measure.scale, SEED), measure.unit)
            continue
        values = [measure.scale * sum(r.events for r in k) / sum(r.places for r in k) if k else None for k in ratios]
        pieces = pooled(chain(*ratios), measure.scale, SEED)
        rows[measure.name] = over_seeds(values, n, measure.unit) | {"over_pieces": [pieces.low, pieces.high]}
    return rows


def _auc(sets: Sequence[Sequence[Sampled]], real: Sequence[Sampled], seeds: int, repeats: bool) -> dict[str, Row]:
    """Real or made; of real music itself (no sets) the two calibrations."""
    if not sets:
        tests = [real_or_made(real, real, seed=seed, repeated_notes=repeats) for seed in range(seeds)]
        return {kind: _auc_row(tests, kind) for kind in ("real", "swapped")}
    tests = [real_or_made(set_, real, seed=seed, repeated_notes=repeats) for seed, set_ in enumerate(sets)]
    return {"made": _auc_row(tests, "generated")}


def _auc_row(tests: Sequence[RealOrMade], kind: str) -> Row:
    found = [auc for test in tests if (auc := getattr(test, kind))]
    row = over_seeds([auc.mean for auc in found], sum(auc.windows[1] for auc in found), "area under the curve")
    return row | {"windows": list(found[0].windows) if found else None}


def _writes_repeats(sets: Sequence[Sequence[Sampled]]) -> bool:
    measure = next(m for m in MEASURES if m.name == "repeated_notes")
    value = pooled((measure.count(piece) for piece in chain(*sets)), 100, SEED).value
    return (value or 0.0) > _WRITTEN


# --- sets of pieces -----------------------------------------------------------------------------


def compared(
    sets: list[list[Score]] | None,
    real: Sequence[Score],
    index: TrainingIndex | None,
    seeds: int,
    *,
    ends: bool = True,
    fit: bool = False,
) -> dict[str, Any]:
    """Measures, real or made, copies and what gives it away.

    Args:
        sets: What was made, seed by seed; None = measure the real music itself.
        real: Real music.
        index: The training music.
        seeds: How many seeds real music is divided by.
        ends: Whether the pieces have an ending.
        fit: Whether the first part was given.
    """
    truth = [sample(score) for score in real]
    ours = [[sample(score) for score in scores] for scores in sets] if sets is not None else []
    measures = [m for m in (*ALL, *(index.measures() if index else ())) if ends or m.name not in _ENDS]
    result: dict[str, Any] = {"measures": _measured(ours or [truth], measures)}
    repeats = _writes_repeats([truth]) and (not ours or _writes_repeats(ours))
    result["auc"] = _auc(ours, truth, seeds, repeats=False)
    if repeats:  # the stricter test, of those who write repeated notes
        result["auc with repeated notes"] = _auc(ours, truth, seeds, repeats=True)
    if fit:
        fits = [melody_fit(scores, truth, seed=seed) for seed, scores in enumerate(ours or [truth])]
        n = sum(f.share.n for f in fits)
        result["melody"] = {
            name: over_seeds([getattr(f.made, name).value if f.made else None for f in fits], n, "% of sixteenths")
            for name in ("matched", "swapped", "gap")
        } | {"share": over_seeds([f.share.value for f in fits], n, "% of the real gap")}
    if ours:
        everything = list(chain(*ours))
        result["giveaways"] = [asdict(g) for g in giveaways(everything, truth, repeated_notes=repeats)]
    return result


def chorales(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """New chorales beside the test split; None as the maker means real music."""
    sets, ends = None, True
    if maker:
        chosen = some(bach("test"), size.chorales)
        sets = made(maker, f"chorales-{len(chosen)}", size.seeds, lambda seed: maker.chorales(chosen, seed))
        if sets is None:
            return None
        ends = maker.kind != "latent"
    return compared(sets, [p.score for p in bach("test")], bach_training(), size.seeds, ends=ends)


def harmonised(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """Test sopranos harmonised; "clean" are the pieces whose tune no training piece has."""
    pieces = some(bach("test"), size.pieces)
    sets = None
    if maker:
        name = f"harmonised-{len(pieces)}"
        sets = made(maker, name, size.seeds, lambda seed: maker.harmonised(pieces, seed))
        if sets is None:
            return None
    result = {"all": compared(sets, [p.score for p in pieces], bach_training(), size.seeds, fit=True)}
    clean = [i for i, p in enumerate(pieces) if is_clean(p)]
    ours = sets if sets is None or maker.kind == "music" else [[scores[i] for i in clean] for scores in sets]
    real = [pieces[i].score for i in clean]
    result["clean"] = compared(ours, real, bach_training(), size.seeds, fit=True)
    return result


def folk(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """New tunes beside the test tunes of their culture, each like one of them in metre, length and key."""
    result = {}
    for culture, pieces in cultures().items():
        chosen, sets = some(pieces, size.tunes), None
        if maker:
            name = f"folk-{culture}-{len(chosen)}"
            sets = made(maker, name, size.seeds, lambda seed, c=chosen: maker.tunes(c, seed))
            if sets is None or not all(sets):
                continue
        result[culture] = compared(sets, [p.score for p in pieces], _folk_index(culture), size.seeds)
    return result or None


@cache
def _folk_index(culture: str) -> TrainingIndex:
    return TrainingIndex([p.score for p in tunes("train")[culture]])


def diversity(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """How unlike each other 16 completions of one melody (eight bars of a test soprano) are."""
    if not maker:
        return None
    sopranos = [p.score.select_tracks([0]) for p in some(bach("test"), size.contexts)]
    melodies = [s.slice_bars(1, min(8, s.bars()[-1].number)) for s in sopranos]
    distinct = []
    for number, melody in enumerate(melodies):
        name = f"completions-{len(melodies)}-{number}"
        sets = made(maker, name, 1, lambda seed, m=melody, k=number: maker.completions(m, COMPLETIONS, 7000 + k))
        if sets is None:
            return None
        distinct.append(distinct_completions([_below(score) for score in sets[0]]))
    return {
        "difference": row_of(mean([d.difference for d in distinct], SEED), "share of cells, mean of pairs"),
        "distinct": row_of(mean([d.distinct / d.n for d in distinct], SEED), f"share of {COMPLETIONS}"),
    }


def _below(score: Score) -> Score:
    """The three parts under the given one."""
    return score.select_tracks([1, 2, 3])


# --- likelihood ---------------------------------------------------------------------------------


def likelihood(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """Nats a cell in time order; see ``quality_likelihood``."""
    if isinstance(maker, Baseline):
        return of_baseline(maker, size)
    if isinstance(maker, Trained) and maker.kind in ("masked", "sequence"):
        return of_model(maker, size)
    return None


def tasks(maker: Maker | None, size: Size) -> dict[str, Any] | None:
    """A trained model's own validation losses on windows of both held-out sides."""
    if not isinstance(maker, Trained):
        return None
    model = maker.checkpoint.model
    result: dict[str, float] = {}
    for side in ("valid", "test"):
        for family, windows in held_out(side).items():
            if not any(style.startswith(family) for style in maker.checkpoint.styles):
                continue
            batches = windows(maker.checkpoint.styles).fixed(side, family, 24, 4 * size.windows)
            losses = [model.validation_step(batch) for batch in batches]
            weights = [len(batch["tokens"]) for batch in batches]
            for name in losses[0]:
                result[f"{side}/{family}/{name}"] = float(np.average([x[name] for x in losses], weights=weights))
    return result


PARTS = {
    "chorales": chorales,
    "harmonised": harmonised,
    "likelihood": likelihood,
    "diversity": diversity,
    "folk": folk,
    "tasks": tasks,
}
"""Name -> (maker or None for real music, size) -> what was found, or None where it doesn't apply."""
