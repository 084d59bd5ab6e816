"""Teaches the shipped composer Chinese folk songs (Essen, out of this machine's own music21), before and after.

    python benchmarks/adapting.py [--minutes M] [--music SET] [--quick]

Writes ``adapting.json``: how likely held-out songs are before and after, measures of 16 pieces before and after beside
the held-out songs, and how long all of it took. ``--quick`` takes 20 steps and prints the result, without writing it.
The weights are thrown away; the songs are for non-commercial use.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from math import exp
from pathlib import Path

from machine import write

from musegen.places import CHECKPOINTS, COMPOSER
from musegen.training.adapt import adapt
from musegen.training.lessons import AdaptRequest
from musegen.training.run import read_run


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--music", default="essen-china")
    parser.add_argument("--checkpoint", default=COMPOSER)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    request = AdaptRequest(
        str(CHECKPOINTS / options.checkpoint), options.music, "benchmark", options.minutes,
        steps=20 if options.quick else None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "lesson"
        began = time.monotonic()
        stages: dict[str, float] = {}
        result = None
        for report in adapt(request, folder, shelf=Path(place) / "shelf"):
            stages.setdefault(report.stage, round(time.monotonic() - began, 1))
            result = report.result
        rows = read_run(folder / "training").rows
    assert result is not None
    values = asdict(result)
    curve = [(int(row["step"]), row["valid/cross_entropy"]) for row in rows if "valid/cross_entropy" in row]
    likely = result.likelihood.get("cross_entropy")
    facts: dict[str, object] = {
        "minutes_asked": options.minutes,
        "wall_s": round(time.monotonic() - began, 1),
        "stage_began_s": stages,
        "chance_of_the_right_note": likely and {"before": exp(-likely.before), "after": exp(-likely.after)},
        "closer_of_measures": list(result.closer),
        "validation": curve,
        **{name: values[name] for name in ("start", "start_style", "style", "title", "licence", "terms", "pieces")},
        **{name: values[name] for name in ("step", "steps", "likelihood", "auc")},
        "measures": [{k: row[k] for k in ("name", "unit", "before", "after", "real")} for row in values["measures"]],
    }
    if options.quick:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
    else:
        write("adapting", "all of it in 5 minutes on 2 cores; held-out songs likelier, measures closer", facts)


if __name__ == "__main__":
    main()
