"""Puts a finished run into the app: its best checkpoint as float16, its curves and its samples.

    python benchmarks/ship.py RUN NAME

Then ``python benchmarks/quality.py --only NAME --write-card NAME`` measures it, and ``python docs/ready_pieces.py``
makes the machine's ready pieces anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
from collections import Counter
from pathlib import Path

from musegen.checkpoint import load_checkpoint, save_checkpoint
from musegen.corpora import load_corpus
from musegen.places import CHECKPOINTS, RUNS
from musegen.training.run import read_run

MOST_SAMPLES = 14  # checkpoints that the lab's slider has


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    arguments = parser.parse_args()
    run = read_run(arguments.run)
    best = load_checkpoint(arguments.run / "checkpoints" / "best")
    pieces = [p for name in run.config.corpora for p in load_corpus(name).pieces]
    used = Counter((p.style, p.culture, p.licence) for p in pieces if p.split == "train")
    card = {
        **{key: best.card[key] for key in ("step", "seed", "corpora", "validation")},
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
    save_checkpoint(CHECKPOINTS / arguments.name, best.model, best.codec, card, half=True)
    target = RUNS / arguments.name
    shutil.rmtree(target, ignore_errors=True)
    (target / "samples").mkdir(parents=True)
    for file in ("config.json", "metrics.jsonl"):
        shutil.copyfile(arguments.run / file, target / file)
    chosen = thinned([step for step, _ in run.samples])
    for step, path in run.samples:
        if step in chosen:
            shutil.copyfile(path, target / "samples" / path.name)
    print(json.dumps(card, indent=1))


def thinned(steps: list[int]) -> set[int]:
    """At most ``MOST_SAMPLES`` of the steps, closer together at the beginning, where most is learnt."""
    while len(steps) > MOST_SAMPLES:
        gaps = [(steps[i + 1] - steps[i - 1]) / steps[i] for i in range(1, len(steps) - 1)]
        del steps[gaps.index(min(gaps)) + 1]
    return set(steps)


if __name__ == "__main__":
    main()
