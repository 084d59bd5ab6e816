"""One row of ``ablations.json``: a short measurement of a checkpoint under a name, for the gates G2, G3 and G7.

    python benchmarks/quality_ablations.py G2 "stage A, 0.6" FOLDER --series A --ask temperature=0.6
    python benchmarks/quality_ablations.py G3 "critic" FOLDER --ask passes=16
    python benchmarks/quality_ablations.py G7 "no adversary" FOLDER

Harmonises 24 validation sopranos (nothing is tuned on the test side) with 5 seeds and completes 4 melodies 16 times.
Each row: "gate", "series" (G2: the stage; G3: how notes are chosen for re-masking), "asked", "weights", and rows of
"auc", "parallels", "tertian", "dissonant_beats", "copied_16", "difference" and the validation "losses". --ask gives
arguments of the studio's verbs. gates.py reads the file.
"""

from __future__ import annotations

import argparse
import ast
import json
import time
from pathlib import Path
from typing import Any

from machine import HERE
from quality_measures import compared
from quality_music import COMPLETIONS, Trained, bach, bach_training, made, some
from quality_rows import SEED, row_of

from musegen.checkpoint import write_text
from musegen.evaluation import distinct_completions
from musegen.evaluation.intervals import mean

FILE = HERE / "ablations.json"
_KEPT = ("parallels", "tertian", "dissonant_beats", "crossing", "copied_16")


def measured(maker: Trained, seeds: int, pieces: int, contexts: int) -> dict[str, Any]:
    """The rows of one checkpoint under one set of settings."""
    chosen = some(bach("valid"), pieces)
    sets = made(maker, f"valid-harmonised-{pieces}", seeds, lambda seed: maker.harmonised(chosen, seed))
    found = compared(sets, [p.score for p in chosen], bach_training(), seeds)
    distinct = []
    for number, piece in enumerate(some(bach("valid"), contexts)):
        soprano = piece.score.select_tracks([0])
        melody = soprano.slice_bars(1, min(8, soprano.bars()[-1].number))
        name = f"valid-completions-{contexts}-{number}"
        ones = made(maker, name, 1, lambda _, m=melody, k=number: maker.completions(m, COMPLETIONS, 7000 + k))
        distinct.append(distinct_completions([score.select_tracks([1, 2, 3]) for score in ones[0]]))
    rows = {name: found["measures"][name] for name in _KEPT}
    rows["auc"] = found["auc"]["made"]
    rows["difference"] = row_of(mean([d.difference for d in distinct], SEED), "share of cells")
    return rows | {"losses": maker.checkpoint.card.get("validation", {})}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gate", choices=["G2", "G3", "G7"])
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--series", default="")
    parser.add_argument("--ask", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--contexts", type=int, default=4)
    arguments = parser.parse_args()
    asked = {key: _value(text) for key, text in (pair.split("=", 1) for pair in arguments.ask)}
    maker = Trained(f"ablation-{arguments.gate}-{arguments.name}".replace("/", "-"), arguments.folder, **asked)
    began = time.monotonic()
    row = measured(maker, arguments.seeds, arguments.pieces, arguments.contexts)
    about = {"gate": arguments.gate, "series": arguments.series, "asked": asked}
    about |= {"weights": maker.checkpoint.sha256[:16], "seconds": round(time.monotonic() - began)}
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    known[f"{arguments.gate} {arguments.name}"] = about | row
    write_text(FILE, json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(known[f"{arguments.gate} {arguments.name}"], indent=1))


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    main()
