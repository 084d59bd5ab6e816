"""For each set of the catalogue its files, and what its tables say of them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from musegen.corpora.catalog import CorpusInfo
from musegen.corpora.readers import Source

AGREEMENT = 0.97
"""Chorales whose table agrees less with an independent edition are left out: their accidentals are wrong."""


def sources(info: CorpusInfo) -> list[Source]:
    """The files of a set.

    Raises:
        CorpusError: The set is not on this machine.
    """
    return list(_LISTS[info.name](info.path()))


def _rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _bach(folder: Path) -> Iterator[Source]:
    signatures = {row["piece"]: row["KeySig"] for row in _rows(folder / "metadata.tsv", "\t")}
    for row in _rows(folder / "agreement.csv"):
        path = folder / row["notes_tsv"]
        piece = path.name.removesuffix(".notes.tsv")
        if float(row["agreement_with_music21"] or 0) < AGREEMENT:
            yield Source(path, "unfit", f"bach-chorales/{piece}", {"reason": f"agreement below {AGREEMENT}"})
            continue
        stated = re.search(r"1: (-?\d)", signatures.get(piece, ""))
        about: dict[str, Any] = {
            "title": re.sub(r"^\d+ ", "", piece),
            "composer": "Johann Sebastian Bach",
            "fifths": int(stated[1]) if stated else None,
            "standard_split": row["jsb_split"],
            "jsb_index": row["jsb_index"],
            "bwv": row["music21_file"].removesuffix(".mxl"),
        }
        yield Source(path, "table", f"bach-chorales/{piece}", about)


def _open_hymnal(folder: Path) -> Iterator[Source]:
    """The ABC files; the MIDI made from them lengthens the notes under a fermata and so loses the bar lines."""
    for path in sorted((folder / "abc").glob("*.abc")):
        _, _, tune = path.stem.partition("-")
        yield Source(path, "abc-hymn", f"open-hymnal/{path.stem}", {"titles": [tune, *tune.split("-")]})


def _mutopia(category: str) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for row in _rows(folder / "index.csv"):
            if row["category"] == category:
                path = folder / row["midi"]
                about = {"title": row["title"], "composer": row["composer"], "pickup": 0.0}
                yield Source(path, "melody", f"mutopia-{category}/{path.stem}", about)

    return find


def _mutopia_hymns(folder: Path) -> Iterator[Source]:
    """MIDI doesn't state a pick-up: the table of them was made for this set (docs/corpora.md says how)."""
    pickups = json.loads(resources.files(__package__).joinpath("mutopia_pickups.json").read_text("utf-8"))
    for row in _rows(folder / "index.csv"):
        if row["category"] != "hymn":
            continue
        path = folder / row["midi"]
        piece = path.stem.split("__")[-1]
        name = f"mutopia-hymns/{path.stem}"
        if piece in pickups:
            about = {"title": row["title"], "composer": row["composer"], "pickup": pickups[piece]}
            yield Source(path, "hymn", name, about)
        else:
            yield Source(path, "unfit", name, {"reason": "not in four voices, or its pick-up is not known"})


def _abc(name: str, single: bool = False) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for path in sorted(folder.glob("*.abc")):
            about = {"single": True} if single else {}
            yield Source(path, "abc", f"{name}/{path.stem}", about)

    return find


_LISTS: dict[str, Callable[[Path], Iterator[Source]]] = {
    "bach-chorales": _bach,
    "open-hymnal": _open_hymnal,
    "mutopia-hymns": _mutopia_hymns,
    "mutopia-japan": _mutopia("japan"),
    "aird": _abc("aird"),
    "oneill": _abc("oneill"),
    "ryan": _abc("ryan", single=True),
}
