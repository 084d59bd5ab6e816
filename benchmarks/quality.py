"""How good every model is, on held-out music, beside real music, the JS Fakes and simple baselines.

    python benchmarks/quality.py [NAME=FOLDER ...] [--only NAME ...] [--parts PART ...] [--quick] [--write-card NAME]

Without NAME=FOLDER all checkpoints that ship are measured. Every part of every model is written to ``quality.json`` as
soon as it is found, and not found anew unless the weights, the code it goes through or the amount has changed (--again
does); what was made lies in ``.work/quality``. Two of these may run at once with different --only. Then the tables are
written to ``quality.md``. --write-card puts a model's figures into the card of its checkpoint. --quick measures a
little of everything and writes to ``.work``.

Needs the training data, "js-fakes" and "jsb-chorales" (see docs/corpora.md). All music is from the test split; nothing
was tuned on it. Protocol: ``quality_music.py`` (tasks), ``quality_measures.py``, ``quality_likelihood.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from machine import HERE, facts
from quality_measures import PARTS
from quality_music import Baseline, JSFakes, Maker, Size, Trained
from quality_tables import tables, write_card

from musegen.checkpoint import write_text
from musegen.errors import MusegenError
from musegen.places import CHECKPOINTS

QUICK = Size(seeds=2, chorales=16, pieces=12, tunes=12, contexts=2, windows=6, whole=6)
REAL = "real"


def makers(given: list[str]) -> dict[str, Maker | None]:
    """Everybody by name; None stands for real music."""
    found: dict[str, Maker | None] = {REAL: None, "js-fakes": JSFakes()}
    found |= {name: Baseline(name) for name in ("repeat-or-step", "markov")}
    folders = dict(pair.split("=", 1) for pair in given)
    if not folders:
        folders = {card.parent.name: card.parent for card in sorted(CHECKPOINTS.glob("*/card.json"))}
    for name, folder in folders.items():
        try:
            found[name] = Trained(name, Path(folder))
        except MusegenError as error:
            print(f"{name}: {error}", flush=True)
    return found


def key(maker: Maker | None, part: str, size: Size) -> str:
    """What a part's figures depend on, as a hash."""
    package = HERE.parent / "musegen"
    code = [*sorted((package / "evaluation").glob("*.py")), HERE / "quality_measures.py", HERE / "quality_music.py"]
    if part in ("likelihood", "tasks"):
        code = [package / "models/likelihood.py", HERE / "quality_likelihood.py", HERE / "quality_music.py"]
    text = "".join(path.read_text("utf-8") for path in code)
    parts = (text, maker.digest if maker else REAL, part, json.dumps(asdict(size)))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="of real, js-fakes, markov, ...")
    parser.add_argument("--parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}; none = write only")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--again", action="store_true", help="find everything anew (what was made is kept)")
    parser.add_argument("--write-card", action="append", default=[], metavar="NAME")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    size = QUICK if arguments.quick else Size()
    size = replace(size, seeds=arguments.seeds or size.seeds)
    out = arguments.out or (HERE.parent / ".work" / "quality-quick.json" if arguments.quick else HERE / "quality.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    everybody = makers(arguments.checkpoints)
    failed = False
    for name, maker in everybody.items():
        if arguments.only and name not in arguments.only:
            continue
        for part in arguments.parts:
            try:
                measure(out, name, maker, part, size, arguments.again)
            except MusegenError as error:  # a checkpoint that today's code can't read: the others are measured
                print(f"{name}: {error}", flush=True)
                failed = True
                break
    results = read(out)
    write_text(out.with_suffix(".md"), tables(results))
    for name in arguments.write_card:
        write_card(everybody[name].folder, name, results["models"])
    sys.exit(failed)


def read(path: Path) -> dict[str, Any]:
    """What was found before; nothing if it was found by another protocol."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return known if "models" in known else {"about": {}, "models": {}}


def measure(out: Path, name: str, maker: Maker | None, part: str, size: Size, again: bool) -> None:
    """Finds one part of one model, unless it is known, and writes it beside what others may have found meanwhile."""
    wanted = key(maker, part, size)
    known = read(out)["models"].get(name, {}).get("parts", {}).get(part)
    if known and known["key"] == wanted and not again:
        return
    began = time.monotonic()
    found = PARTS[part](maker, size)
    seconds = round(time.monotonic() - began)
    results = read(out)
    results["about"] = facts() | {"size": asdict(size)}
    entry = results["models"].setdefault(name, {"parts": {}})
    if isinstance(maker, Trained):
        entry |= {"weights": maker.checkpoint.sha256[:16], "model": maker.checkpoint.card["model"]}
    entry["parts"].pop(part, None)
    if found is not None:
        entry["parts"][part] = {"key": wanted, "measured": time.strftime("%Y-%m-%d"), "seconds": seconds, **found}
        print(f"{name}: {part}, {seconds} s", flush=True)
    write_text(out, json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
