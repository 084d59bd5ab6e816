"""For each set of the catalogue its files, and what its tables say of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from musegen.corpora import abc_text
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
    for path in sorted((folder / "midi_from_abc2midi").glob("*.mid")):
        text = abc_text.decode((folder / "abc" / f"{path.stem}.abc").read_bytes())
        tune = abc_text.tunes(text)[0]
        if tune.first("M") in ("", "none"):
            yield Source(path, "unfit", f"open-hymnal/{path.stem}", {"reason": "no metre"})
            continue
        _, _, name = path.stem.partition("-")
        about = {
            "title": tune.first("T"),
            "titles": [name, *(part for part in name.split("-"))],
            "pickup": float(_first_bar(tune)),
            "parts": 4,
            "signature_only": True,  # K: names the major key even where the hymn is in minor
        }
        yield Source(path, "hymn", f"open-hymnal/{path.stem}", about)


def _first_bar(tune: abc_text.Tune) -> Fraction:
    """Length in quarter notes of the first bar of the first voice; 0 where it is whole."""
    music = abc_text.straight(re.sub(r"^\s*\[V:[^\]]*\]", "", tune.music, count=1)).split("[V:")[0]
    unit = Fraction(tune.first("L") or "1/8")
    metre = {"C": Fraction(1), "C|": Fraction(1)}.get(tune.first("M")) or Fraction(tune.first("M"))
    length = Fraction(0)
    for number, slashes, below in re.findall(r"[A-Ga-gz][,']*(\d*)(/*)(\d*)", music.lstrip("| \n").split("|")[0]):
        length += Fraction(int(number or 1), int(below) if below else 2 ** len(slashes)) * unit
    return 4 * length if length < metre else Fraction(0)


def _mutopia(category: str) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for row in _rows(folder / "index.csv"):
            if row["category"] == category:
                path = folder / row["midi"]
                about = {"title": row["title"], "composer": row["composer"], "pickup": 0.0, "parts": 2}
                reader = "hymn" if category == "hymn" else "melody"
                yield Source(path, reader, f"mutopia-{category}/{path.stem}", about)

    return find


def _abc(name: str, single: bool = False) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for path in sorted(folder.glob("*.abc")):
            about = {"single": True} if single else {}
            yield Source(path, "abc", f"{name}/{path.stem}", about)

    return find


_LISTS: dict[str, Callable[[Path], Iterator[Source]]] = {
    "bach-chorales": _bach,
    "open-hymnal": _open_hymnal,
    "mutopia-hymns": _mutopia("hymn"),
    "mutopia-japan": _mutopia("japan"),
    "aird": _abc("aird"),
    "oneill": _abc("oneill"),
    "ryan": _abc("ryan", single=True),
}
