"""Puts a finished run into the app: its best checkpoint as float16, its curves and its samples.

    python benchmarks/ship.py RUN NAME [--which last] [--blend 0.25] [--critic NAME] [--density chorale=0.4]
        [--temperature 0.7]

--critic names the shipped critic of the model's work; --density what its music lacks by the measures on validation
pieces (see ``Checkpoint.density``), --temperature what to multiply the asked one by, likewise. --which last takes the
last weights instead of those of the least validation loss; --blend such a share of the latter in the mean of both
(Wortsman et al., 2022: weights of one run can be averaged). "chosen" and "fails" of the card that ships are kept.

Then ``python benchmarks/quality.py --only NAME --write-card NAME`` measures it, and ``python docs/ready_pieces.py``
makes the machine's ready pieces anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from musegen.checkpoint import Checkpoint, load_checkpoint, read_arrays, save_checkpoint, write_text
from musegen.corpora import load_corpus
from musegen.places import CHECKPOINTS, RUNS
from musegen.training.loop import validate
from musegen.training.request import RunConfig
from musegen.training.run import load_run_windows, read_run

MOST_SAMPLES = 14  # checkpoints that the lab's slider has


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--which", choices=["best", "last"], default="best")
    parser.add_argument("--blend", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--critic", metavar="NAME")
    parser.add_argument("--density", action="append", default=[], metavar="FAMILY=NATS")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="FACTOR")
    arguments = parser.parse_args()
    run = read_run(arguments.run)
    chosen_weights = load_checkpoint(arguments.run / "checkpoints" / arguments.which)
    pieces = [p for name in run.config.corpora for p in load_corpus(name).pieces]
    used = Counter((p.style, p.culture, p.licence) for p in pieces if p.split == "train")
    card = {
        **{key: chosen_weights.card[key] for key in ("step", "seed", "corpora", "validation")},
        "schedule_steps": run.config.loop.steps,
        "stopped_at": run.step,
        "seconds": run.rows[-1]["seconds"],
        "trained_on": [
            {"style": style, "culture": culture, "licence": licence, "pieces": count}
            for (style, culture, licence), count in sorted(used.items())
        ],
        "hardware": f"2 CPU cores ({platform.machine()}), no GPU",
        "licence": "CC0 1.0",
    }
    shipped = CHECKPOINTS / arguments.name / "card.json"
    if shipped.exists():  # what a person has written there
        card |= {k: v for k, v in json.loads(shipped.read_text("utf-8")).items() if k in ("chosen", "fails")}
    if arguments.blend:
        card |= blend(chosen_weights, arguments.run / "checkpoints" / "best", arguments.blend, run.config)
    if arguments.critic:
        card["critic"] = arguments.critic
    if arguments.density:
        card["density"] = {family: float(nats) for family, nats in (d.split("=") for d in arguments.density)}
    if arguments.temperature != 1:
        card["temperature"] = arguments.temperature
    save_checkpoint(CHECKPOINTS / arguments.name, chosen_weights.model, chosen_weights.codec, card, half=True)
    target = RUNS / arguments.name
    shutil.rmtree(target, ignore_errors=True)
    (target / "samples").mkdir(parents=True)
    shutil.copyfile(arguments.run / "metrics.jsonl", target / "metrics.jsonl")
    told = {k: Path(v).name for k, v in asdict(run.config).items() if k in ("start", "generator", "pool")}
    write_text(target / "config.json", json.dumps(replace(run.config, **told).to_dict(), indent=1) + "\n")
    chosen = thinned([step for step, _ in run.samples])
    for step, path in run.samples:
        if step in chosen:
            shutil.copyfile(path, target / "samples" / path.name)
    print(json.dumps(card, indent=1))


def blend(checkpoint: Checkpoint, other: Path, share: float, config: RunConfig) -> dict[str, Any]:
    """Mixes a share of another checkpoint's weights into a model; returns what its card says of that."""
    theirs = read_arrays(other / "weights.npz")
    own = checkpoint.model.weights()
    checkpoint.model.load_weights({k: (1 - share) * own[k] + share * theirs[k] for k in own})
    windows = load_run_windows(config)
    held_out = {f: windows.fixed("valid", f, config.loop.batch_size) for f in windows.families}
    step = json.loads((other / "card.json").read_text("utf-8"))["step"]
    return {"validation": validate(checkpoint.model, held_out), "blended": {"step": step, "share": share}}


def thinned(steps: list[int]) -> set[int]:
    """At most ``MOST_SAMPLES`` of the steps, closer together at the beginning, where most is learnt."""
    while len(steps) > MOST_SAMPLES:
        gaps = [(steps[i + 1] - steps[i - 1]) / steps[i] for i in range(1, len(steps) - 1)]
        del steps[gaps.index(min(gaps)) + 1]
    return set(steps)


if __name__ == "__main__":
    main()
