"""What is in the sets of music: a table for ``docs/corpora.md``, and the split of all tunes.

python benchmarks/corpora.py            print the table (parses what is not in the cache yet)
python benchmarks/corpora.py --write    put the table into docs/corpora.md
python benchmarks/corpora.py --splits   work out musegen/corpora/splits.json over all sets together
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from musegen.corpora import Corpus, catalog, load_corpus
from musegen.corpora.catalog import corpus_info, data_folder
from musegen.corpora.corpus import find_pieces
from musegen.corpora.split import Known, assign, worked_out
from musegen.errors import CorpusError
from musegen.score import Key, Score

SETTLED = ("chorale", "folk")
"""Combinations that weights are trained on: their sides stay as they are; a new piece between two sides is left out."""

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- table begins -->", "<!-- table ends -->"
HEAD = (
    "| set | pieces | left out | bars | metres, % of pieces | pick-up % | minor % | range | notes a bar | "
    "bar lines with a note % | on 16ths % | triplets % |"
)


def loaded(name: str) -> Corpus | None:
    last = [0.0]

    def show(done: int, total: int, _: str) -> None:
        if time.monotonic() - last[0] > 5:
            last[0] = time.monotonic()
            print(f"  {name}: {done} of {total}", file=sys.stderr)

    try:
        return load_corpus(name, progress=show)
    except CorpusError as error:
        print(f"  {error}", file=sys.stderr)
        return None


def top_line(score: Score) -> list:
    return [n for n in score.notes if n.track == 0] or list(score.notes)


def pitch_name(pitch: int) -> str:
    return f"{['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'][pitch % 12]}{pitch // 12 - 1}"


def row(corpus: Corpus) -> str:
    metres, minor, pickups = Counter(), 0, 0
    bars = lines = struck = notes = sixteenths = triplets = 0
    pitches = []
    for piece in corpus.pieces:
        score = piece.score
        metres[str(score.metres[0])] += 1
        minor += (score.key or Key(0)).mode == "minor"
        pickups += score.pickup > 0
        complete = [bar for bar in score.bars() if bar.number]
        onsets = {n.onset for n in top_line(score)}
        bars += len(complete)
        lines += sum(any(bar.start <= o < bar.end for o in onsets) for bar in complete)
        struck += sum(bar.start in onsets for bar in complete)
        times = np.array([n.onset for n in score.notes]) - score.pickup
        on_grid = times * 4 % score.resolution == 0
        notes += len(times)
        sixteenths += int(on_grid.sum())
        triplets += int((~on_grid & (times * 12 % score.resolution == 0)).sum())
        pitches.append([(n.pitch, n.track) for n in score.notes if not score.tracks[n.track].is_drum])
    flat = np.array([p for piece in pitches for p, _ in piece] or [0])
    count = len(corpus.pieces)
    left_out = sum(map(len, corpus.report.left_out.values()))
    common = ", ".join(f"{metre} {100 * n / count:.0f}" for metre, n in metres.most_common(4))
    cells = [
        corpus.name,
        f"{count:,}",
        f"{left_out:,}",
        f"{bars:,}",
        common,
        f"{100 * pickups / count:.0f}",
        f"{100 * minor / count:.0f}",
        f"{pitch_name(int(flat.min()))}-{pitch_name(int(flat.max()))}" if any(pitches) else "drums",
        f"{notes / bars:.1f}",
        f"{100 * struck / max(lines, 1):.0f}",
        f"{100 * sixteenths / notes:.1f}",
        f"{100 * triplets / notes:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table() -> str:
    lines = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    for info in catalog():
        if info.available and not info.members:
            corpus = loaded(info.name)
            if corpus:
                lines.append(row(corpus))
                print(lines[-1], flush=True)
    return "\n".join(lines)


def standard_bach() -> dict[str, str]:
    """Side of each of music21's Bach files that is in the standard split, by file name without its ending."""
    sides = {}
    for path, file, side in (
        (data_folder() / "jsb_chorales" / "jsb_to_music21.csv", "music21_file", "split"),
        (data_folder() / "bach_chorales_cc0" / "agreement.csv", "music21_file", "jsb_split"),
    ):
        with path.open(encoding="utf-8", newline="") as rows:
            for entry in csv.DictReader(rows):
                if entry[file] and entry[side]:
                    sides[entry[file].removesuffix(".mxl")] = entry[side]
    return sides


def splits() -> dict[str, object]:
    """Sides of all pieces of the sets that may be trained on, by one look at all of them; known ones are kept."""
    drafts, sets = [], []
    bach = standard_bach()
    for info in catalog():
        if not info.available or info.members or info.terms == "evaluation":
            continue
        try:
            found = find_pieces(info.name)
        except CorpusError as error:
            print(f"  {error}", file=sys.stderr)
            continue
        sets.append(info.name)
        for draft in found.drafts:
            fixed = bach.get(draft.id.split("/")[1], "") if info.name == "m21-bach" else draft.fixed
            drafts.append(replace(draft, fixed=fixed))
    known = worked_out()
    settled = {name for combination in SETTLED for name in corpus_info(combination).members} & known.sets
    old = Known(frozenset(settled), {i: side for i, side in known.sides.items() if i.split("/")[0] in settled})
    found = assign(drafts, old)
    trained = {side.tune for draft, side in zip(drafts, found, strict=True) if old.side(draft) == "train"}
    sides: dict[str, list[str]] = {"valid": [], "test": [], "": []}
    for draft, side in zip(drafts, found, strict=True):
        both = side.split in ("valid", "test") and old.side(draft) is None and side.tune in trained
        if side.split != "train":
            sides["" if both else side.split].append(draft.id)
    here = {draft.id for draft in drafts}
    for piece, side in known.sides.items():  # of sets that are not on this machine
        if piece not in here:
            sides[side].append(piece)
    return {"sets": sorted({*sets, *known.sets}), "sides": {name: sorted(ids) for name, ids in sides.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--splits", action="store_true")
    options = parser.parse_args()
    if options.splits:
        found = splits()
        target = ROOT / "musegen" / "corpora" / "splits.json"
        target.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print({name: len(ids) for name, ids in found["sides"].items()}, "held out of", len(found["sets"]), "sets")
        return
    text = table()
    if options.write:
        page = ROOT / "docs" / "corpora.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
