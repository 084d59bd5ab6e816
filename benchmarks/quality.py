"""How good the shipped composer is, on held-out music, beside real music and simple baselines.

    python benchmarks/quality.py [--checkpoint DIR] [--write-card] [--quick]

Writes ``quality.json``; with --write-card the figures go into the checkpoint's card as well. Needs the training data
(see docs/corpora.md). All music is from the test split; nothing was tuned on it.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np

from musegen import studio
from musegen.checkpoint import load_checkpoint, write_text
from musegen.corpora import load_corpus
from musegen.corpora.windows import build_windows
from musegen.evaluation import evaluate
from musegen.models.likelihood import chronological_nats
from musegen.models.markov import Markov
from musegen.models.repeat import RepeatOrStep, note_wise
from musegen.places import CHECKPOINTS

SEED = 2026


def interval(per_piece: list[float]) -> dict[str, float]:
    """Mean of the pieces and its 95 % bootstrap interval."""
    values = np.array(per_piece)
    rng = np.random.default_rng(SEED)
    means = values[rng.integers(len(values), size=(2000, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"value": float(values.mean()), "low": float(low), "high": float(high), "n": len(values)}


def likelihoods(checkpoint, windows, most: int) -> dict:
    """Token and note-wise nats, chronological, on test windows: the composer beside the baselines."""
    result = {}
    for family in windows.families:
        batches = windows.fixed("test", family, 24, most)
        lanes = int(batches[0]["present"].any(axis=0).sum())
        train = [p for p in windows.split("train") if p.style.startswith(family)]
        rows = {}
        for name, baseline in (("repeat or step", RepeatOrStep), ("markov", Markov)):
            rows[name] = {}
            for unit, change in (("token nats", lambda g: g), ("note-wise nats", note_wise)):
                model = baseline()
                if name == "markov":  # invariant to transposition: each piece once, with its key and places
                    conditions = [{"position": p.position, "key": np.array(p.key)} for p in train]
                    model.fit([change(p.tokens[:, :lanes]) for p in train], conditions)
                else:
                    model.fit([change(p.tokens[:, :lanes]) for p in train])
                values = []
                for batch in batches:
                    for i in range(len(batch["tokens"])):
                        valid = batch["valid"][i]
                        grid = change(batch["tokens"][i][valid][:, :lanes].astype(np.int16))
                        given = {"position": batch["position"][i][valid], "key": batch["key"][i]}
                        nats = model.nll(grid, given) if name == "markov" else model.nll(grid)
                        values.append(float(np.mean(nats)))
                rows[name][unit] = interval(values)
        ours = [chronological_nats(checkpoint.model, b) for b in batches]
        for k, unit in enumerate(("token nats", "note-wise nats")):
            cells = [np.nanmean(o[k][i]) for o in ours for i in range(len(o[k]))]
            rows.setdefault("composer", {})[unit] = interval(cells)
        result[family] = rows
        print(family, json.dumps(rows), flush=True)
    return result


def masked(checkpoint, windows) -> dict:
    """Nats a masked cell of whole tasks, validation and test."""
    result = {}
    for split in ("valid", "test"):
        for family in windows.families:
            batches = windows.fixed(split, family, 24)
            sizes = [len(b["tokens"]) for b in batches]
            losses = [checkpoint.model.validation_step(b) for b in batches]
            for name in losses[0]:
                result[f"{split}/{family}/{name}"] = float(np.average([x[name] for x in losses], weights=sizes))
    return result


def music(checkpoint, corpora, count: int) -> dict:
    """Generated music beside the test split: new chorales, harmonisations of test melodies, new folk melodies."""
    chorales = [p for p in corpora["chorale"] if p.style == "bach-chorale"]
    folk = corpora["folk"]
    test = [p.score for p in chorales if p.split == "test"]
    kinds = {
        "new chorales": (
            new_pieces(checkpoint, "chorale/bach", count),
            test,
            [p.score for p in chorales if p.split == "train"],
        ),
        "harmonised test melodies": (
            harmonised(checkpoint, test),
            test,
            [p.score for p in chorales if p.split == "train"],
        ),
        "new folk melodies": (
            new_pieces(checkpoint, "folk", count),
            [p.score for p in folk if p.split == "test"],
            [p.score for p in folk if p.split == "train"],
        ),
    }
    result = {}
    for name, (made, real, training) in kinds.items():
        report = evaluate(made, real, training=training, seed=SEED)
        print(f"\n{name}\n{report.table()}", flush=True)
        result[name] = {
            row.name: {"unit": row.unit, "made": vars_of(row.generated), "real": vars_of(row.reference)}
            for row in report.rows
        }
        result[name]["real or made"] = report.to_dict()["real_or_made"]
        result[name]["longest copies"] = list(report.to_dict()["copies"][:5])
    return result


def vars_of(value) -> dict:
    """A ``Value`` as a dictionary."""
    return {"value": value.value, "low": value.low, "high": value.high, "n": value.n}


def new_pieces(checkpoint, style: str, count: int) -> list:
    """``count`` pieces of 8 bars at the defaults."""
    return [p.score for k in range(count // 8) for p in studio.generate(checkpoint, style=style, n=8, seed=SEED + k)]


def harmonised(checkpoint, pieces: list) -> list:
    """One harmonisation of each soprano."""
    return [studio.harmonise(checkpoint, s.select_tracks([0]), n=1, seed=SEED)[0].score for s in pieces]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINTS / "composer")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("quality.json"))
    parser.add_argument("--write-card", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    began = time.monotonic()
    checkpoint = load_checkpoint(arguments.checkpoint)
    corpora = {name: load_corpus(name).pieces for name in ("chorale", "folk")}
    pieces = [p for group in corpora.values() for p in group]
    windows = build_windows(pieces, checkpoint.codec, styles=checkpoint.styles)
    figures = {
        "masked": masked(checkpoint, windows),
        "likelihood": likelihoods(checkpoint, windows, 8 if arguments.quick else 48),
        "music": music(checkpoint, corpora, 16 if arguments.quick else 64),
        "checkpoint": checkpoint.sha256[:16],
        "hardware": f"{platform.processor() or platform.machine()}, Python {platform.python_version()}",
    }
    figures["seconds"] = round(time.monotonic() - began)
    write_text(arguments.out, json.dumps(figures, indent=1) + "\n")
    if arguments.write_card:
        write_card(arguments.checkpoint, figures)


def write_card(folder: Path, figures: dict) -> None:
    """Puts the figures into a checkpoint's card: the test split's beside the baselines', and all the rest."""
    card = json.loads((folder / "card.json").read_text("utf-8"))
    test = {k.removeprefix("test/"): v for k, v in figures["masked"].items() if k.startswith("test/")}
    families = {k.split("/")[0] for k in test}
    for name in {k.split("/")[1] for k in test}:
        values = [test[f"{family}/{name}"] for family in families if f"{family}/{name}" in test]
        test[name] = sum(values) / len(values)
    nats = {
        name: {
            f"{family}/token_nats": rows[name]["token nats"]["value"] for family, rows in figures["likelihood"].items()
        }
        for name in ("composer", "markov", "repeat or step")
    }
    card["test"] = test | nats.pop("composer")
    card["baselines"] = nats
    card["measures"] = {"likelihood": figures["likelihood"], "music": figures["music"]}
    write_text(folder / "card.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
