"""The measures on music whose values are known: held-out Bach, the JS Fakes, and music that is wrong on purpose.

    python benchmarks/measures.py

Prints the tables of docs/measures.md and writes ``measures.json``. Needs the sets "jsb-chorales", "js-fakes",
"openscore-quartets" and "freedoom" (see docs/corpora.md).
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from musegen.corpora import load_corpus
from musegen.corpora.catalog import corpus_info
from musegen.corpora.windows import key_index
from musegen.evaluation import MEASURES, Report, TrainingIndex, evaluate, multitrack, sample
from musegen.evaluation.intervals import pooled
from musegen.lanes import LaneCodec
from musegen.models.markov import Markov
from musegen.models.repeat import RepeatOrStep
from musegen.score import Score
from musegen.theory import key_of

SEED = 1
SAME_TUNE = 0.3  # share of a soprano's runs of twelve intervals
KNOWN = {  # found with other code on the same music: Bach's test set, JS Fakes, voices of four chorales
    "parallel_fifths": (0.21, 1.11, 3.7),
    "parallel_octaves": (0.08, 1.15, 3.8),
    "crossing": (2.4, 1.3, 24),
    "spacing": (1.9, 0.9, 13),
    "bad_leaps": (0.54, 0.63, 0.5),
    "tertian": (86.2, 86.1, 20.5),
    "copied_8": (25.0, 37.9, None),
    "copied_16": (3.3, 12.8, None),
    "copied_32": (0.2, 4.4, None),
}


def four_chorales(pieces: Sequence[Score], seed: int) -> list[Score]:
    """Soprano, alto, tenor and bass of four different chorales, cut to the shortest; as many as there are pieces."""
    rng = np.random.default_rng(seed)
    mixed = []
    for _ in pieces:
        four = [pieces[i] for i in rng.choice(len(pieces), 4, replace=False)]
        end = min(score.end for score in four)
        notes = [n for part, score in enumerate(four) for n in score.track_notes(part) if n.end <= end]
        mixed.append(four[0].replace(notes=tuple(notes)))
    return mixed


def samples(model: Markov | RepeatOrStep, training: list[Score], steps: Sequence[int]) -> list[Score]:
    """Pieces of the given lengths from a baseline."""
    codec = LaneCodec()
    tokens = [codec.encode(score).tokens for score in training]
    if isinstance(model, Markov):
        model.fit(tokens, [{"key": np.array(key_index(key_of(score)))} for score in training])
    else:
        model.fit(tokens)
    frame = codec.encode(training[0])
    made = []
    for seed, length in enumerate(steps):
        # Markov in C major, and at the temperature at which its chords are best; hotter it wanders.
        known = {"conditions": {"key": np.array(1)}, "temperature": 0.7} if isinstance(model, Markov) else {}
        made.append(codec.decode(frame.with_tokens(model.sample(length, 4, seed, **known))))
    return made


def likelihoods(split: dict[str, list[Score]]) -> dict[str, dict[str, float]]:
    """Note-wise nats of the baselines on the standard split, whose grid has no repeated notes."""
    codec = LaneCodec()
    grids = {side: [codec.encode(score).tokens for score in scores] for side, scores in split.items()}
    result = {}
    for name, model in (("repeat or step", RepeatOrStep()), ("Markov", Markov())):
        model.fit(grids["train"])
        result[name] = {
            side: float(np.concatenate([model.nll(grid) for grid in grids[side]]).mean()) for side in ("valid", "test")
        }
    return result


def listeners(fakes: dict[str, Score]) -> dict[str, tuple[float, float]]:
    """Spearman's correlation, over the JS Fakes, of each measure with how often listeners knew the machine; and p."""
    folder = corpus_info("js-fakes").path()
    with (folder / "listeners.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["responses"]) > 0]
    known = {Path(row["file"]).stem: int(row["correct"]) / int(row["responses"]) for row in rows}
    pieces = [(sample(score), known[name]) for name, score in fakes.items() if name in known]
    result = {}
    for measure in MEASURES:
        values = [(measure.of(piece), share) for piece, share in pieces]
        pairs = np.array([(v, s) for v, s in values if v is not None])
        if len(pairs) > 10 and np.ptp(pairs[:, 0]) > 0:
            found = spearmanr(pairs[:, 0], pairs[:, 1])
            result[measure.name] = (float(found.statistic), float(found.pvalue))
    return result


def cell(report: Report, name: str, known: float | None, published: bool = False) -> str:
    """A value with its interval and what is known of it."""
    row = report[name]
    value = row.published.generated if published else row.generated
    if value.value is None:
        return "–"
    text = f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"
    return text if known is None else f"{text} ({known:g})"


def main_table(reports: dict[str, Report]) -> list[str]:
    """Every measure of every set, as published below where that differs."""
    lines = []
    for row in reports["Bach, test"].rows:
        known = (*KNOWN.get(row.name, (None,) * 3), *(None,) * 3)
        cells = [cell(report, row.name, k) for report, k in zip(reports.values(), known, strict=True)]
        lines.append(f"| {row.name} | {row.unit} | {' | '.join(cells)} |")
        if row.published:
            cells = [cell(report, row.name, None, published=True) for report in reports.values()]
            lines.append(f"| - as published | {row.unit} | {' | '.join(cells)} |")
    fits = [report.melody_fit for report in reports.values()]
    for field, name in (("matched", "chord agreement"), ("swapped", "- with other melodies"), ("gap", "- gap")):
        lines.append(f"| {name} | % of sixteenths | {' | '.join(str(getattr(fit.made, field)) for fit in fits)} |")
    lines.append(f"| - share of the real gap | % | {' | '.join(str(fit.share) for fit in fits)} |")
    tests = [report.real_or_made.generated for report in reports.values()]
    tests[0] = reports["Bach, test"].real_or_made.real  # one half against the other; against itself it says nothing
    lines.append(f"| real or made | AUC | {' | '.join(f'{a.mean:.2f} ± {a.deviation:.2f}' for a in tests)} |")
    return lines


def spread_table(reports: dict[str, Report]) -> list[str]:
    """Overlap and divergence of the distances; in brackets as published."""
    lines = []
    for i, spread in enumerate(reports["Bach, test"].spreads):
        found = [report.spreads[i] for report in reports.values()]
        cells = [
            f"{s.overlap:.2f} ({s.published_overlap:.2f}), {s.divergence:.2f} "
            f"({'∞' if s.published_divergence is None else f'{s.published_divergence:.2f}'})"
            for s in found
        ]
        lines.append(f"| {spread.name} | {' | '.join(cells)} |")
    return lines


def several_tracks() -> dict[str, dict[str, dict[str, str]]]:
    """MuseGAN's measures on real music that has several tracks, chords and drums: definition, and as published."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for corpus in ("openscore-quartets", "freedoom"):
        pieces = [sample(piece.score) for piece in load_corpus(corpus).pieces]
        found[f"{corpus} ({len(pieces)})"] = {
            measure.name: {
                "value": str(pooled((measure.count(piece) for piece in pieces), measure.scale, SEED)),
                "as published": str(pooled((measure.published(piece) for piece in pieces), measure.scale, SEED)),
            }
            for measure in multitrack.MEASURES
        }
    return found


def main() -> None:
    """See the module."""
    began = time.monotonic()
    pieces = load_corpus("jsb-chorales").pieces
    split = {side: [p.score for p in pieces if f"/{side}-" in p.id] for side in ("train", "valid", "test")}
    fakes = {p.id.split("/")[1]: p.score for p in load_corpus("js-fakes").pieces}
    test, training = split["test"], split["train"]
    lengths = [min(score.end * 4 // score.resolution, 256) for score in test]
    sets = {
        "Bach, test": test,
        "JS Fakes": list(fakes.values()),
        "four chorales": four_chorales(test, SEED),
        "Markov at 0.7": samples(Markov(), training, lengths),
        "repeat or step": samples(RepeatOrStep(), training, lengths),
        "Bach, valid": split["valid"],
    }
    reports = {name: evaluate(made, test, training=training, seed=SEED) for name, made in sets.items()}
    lines = [f"| measure | unit | {' | '.join(f'{name} ({len(made)})' for name, made in sets.items())} |"]
    lines.append("|---" * (len(sets) + 2) + "|")
    lines += main_table(reports)
    lines += ["", f"| spread | {' | '.join(reports)} |", "|---" * (len(sets) + 1) + "|", *spread_table(reports)]
    print("\n".join(lines), flush=True)
    checks = reports["JS Fakes"].tonal_check
    print(f"\ntonal distance, parts together and shuffled: {checks.corrected}\n  as published: {checks.published}")
    print("\nWhat gives JS Fakes away:\n" + "\n".join(f"  {row}" for row in reports["JS Fakes"].giveaways))
    index = TrainingIndex(training)
    tunes = sum(index.tune_share(sample(score)) >= SAME_TUNE for score in test)
    print(f"\n{tunes} of {len(test)} test pieces share their tune with a training piece")
    tracks = several_tracks()
    print(json.dumps(tracks, indent=1, ensure_ascii=False))
    calibration = reports["JS Fakes"].real_or_made
    print(f"\nreal against real {calibration.real.mean:.2f}, against swapped voices {calibration.swapped.mean:.2f}")
    nats = likelihoods(split)
    print(json.dumps(nats, indent=1))
    heard = listeners(fakes)
    for name, (rho, p) in sorted(heard.items(), key=lambda item: item[1][1])[:6]:
        print(f"{name:22} rho {rho:+.3f}  p {p:.4f}")
    figures = {
        "sets": {name: report.to_dict() for name, report in reports.items()},
        "note-wise nats": nats,
        "listeners": heard,
        "test pieces with a training piece's tune": tunes,
        "several tracks": tracks,
        "seconds": round(time.monotonic() - began),
    }
    for report in figures["sets"].values():
        report["copies"] = report["copies"][:3]
    Path(__file__).with_name("measures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(f"{figures['seconds']} s")


if __name__ == "__main__":
    main()
