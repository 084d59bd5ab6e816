"""For each set of the catalogue its files, and what its tables say of them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from musegen.corpora.catalog import CorpusInfo, music21_corpus
from musegen.corpora.readers import Source

AGREEMENT = 0.97
"""Chorales whose table agrees less with an independent edition are left out: their accidentals are wrong."""
SUFFIXES = frozenset(
    (".mid", ".midi", ".kar", ".rmi", ".musicxml", ".xml", ".mxl", ".abc", ".krn", ".kern", ".hmd", ".npy")
)
"""Endings of the files of a folder that are read; others are passed over."""
_FOLK_CULTURES = {"AAMULLA": "finnish", "SINIVALK": "finnish", "Kappore": "japanese", "RedApple": "american"}
_LANGUAGES = {"": "american", "english": "american", "welsh": "british"}  # of lead sheets; others are a few each
_CHINA = ("han1", "han2")
_TESTS = ("test0", "test1", "testd", "teste", "variant0")  # what Essen's makers try their tools on


def sources(info: CorpusInfo) -> list[Source]:
    """The files of a set.

    Raises:
        CorpusError: The set is not on this machine.
    """
    return list(_LISTS[info.name](info.path()))


def folder_sources(folder: Path) -> list[Source]:
    """The music files below a folder, by name; hidden files and folders are passed over."""
    return list(_scores(folder.resolve().name or "music", "**/*", own=True)(folder))


def _rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _out(path: Path, name: str, reason: str) -> Source:
    return Source(path, "none", name, {"left_out": reason})


# --- chorales ---------------------------------------------------------------------------------


def _bach(folder: Path) -> Iterator[Source]:
    signatures = {row["piece"]: row["KeySig"] for row in _rows(folder / "metadata.tsv", "\t")}
    for row in _rows(folder / "agreement.csv"):
        path = folder / row["notes_tsv"]
        piece = path.name.removesuffix(".notes.tsv")
        if float(row["agreement_with_music21"] or 0) < AGREEMENT:
            yield _out(path, f"bach-chorales/{piece}", f"its notes agree with another edition by less than {AGREEMENT}")
            continue
        stated = re.search(r"1: (-?\d)", signatures.get(piece, ""))
        about: dict[str, Any] = {
            "title": re.sub(r"^\d+ ", "", piece),
            "composer": "Johann Sebastian Bach",
            "fifths": int(stated[1]) if stated else None,
            "side": row["jsb_split"],
            "edition": str(music21_corpus() / "bach" / row["music21_file"]),
        }
        yield Source(path, "table", f"bach-chorales/{piece}", about)


def _open_hymnal(folder: Path) -> Iterator[Source]:
    """The ABC files; the MIDI made from them lengthens the notes under a fermata and so loses the bar lines."""
    for path in sorted((folder / "abc").glob("*.abc")):
        _, _, tune = path.stem.partition("-")
        yield Source(path, "abc-hymn", f"open-hymnal/{path.stem}", {"titles": [tune, *tune.split("-")]})


def _mutopia_hymns(folder: Path) -> Iterator[Source]:
    """MIDI doesn't state a pick-up: the table of them was made for this set (docs/corpora.md says how)."""
    pickups = json.loads(resources.files(__package__).joinpath("mutopia_pickups.json").read_text("utf-8"))
    for path, about in _mutopia_rows(folder, "hymn"):
        name, piece = f"mutopia-hymns/{path.stem}", path.stem.split("__")[-1]
        if piece in pickups:
            yield Source(path, "staves", name, {**about, "pickup": pickups[piece]})
        else:
            yield _out(path, name, "not in four voices, or its pick-up is not known")


def _jsb(folder: Path) -> Iterator[Source]:
    yield Source(folder / "Jsb16thSeparated.json", "jsb", "jsb-chorales")


def _fakes(folder: Path) -> Iterator[Source]:
    for path in sorted((folder / "midi").glob("*.mid"), key=lambda path: int(path.stem)):
        yield Source(path, "score", f"js-fakes/{path.stem}", {"title": f"JS Fake {path.stem}", "side": "test"})


def _m21_bach(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.glob("*.mxl")):
        yield Source(path, "four-parts", f"m21-bach/{path.stem}", {"composer": "Johann Sebastian Bach"})


# --- melodies and books -----------------------------------------------------------------------


def _abc(name: str, single: bool = False) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for path in sorted(folder.glob("*.abc")):
            yield Source(path, "abc", f"{name}/{path.stem}", {"single": True} if single else {})

    return find


def _misc_folk(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.glob("*.abc")):
        culture = "american" if "american" in path.stem else "british"
        yield Source(path, "abc", f"misc-folk/{path.stem}", {"culture": culture})


def _essen(name: str, china: bool) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for path in sorted(folder.glob("*.abc")):
            if path.stem not in _TESTS and (path.stem in _CHINA) == china:
                yield Source(path, "essen", f"{name}/{path.stem}")

    return find


def _mutopia_rows(folder: Path, category: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for row in _rows(folder / "index.csv"):
        if row["category"] == category:
            yield folder / row["midi"], {"title": row["title"], "composer": row["composer"]}


def _mutopia(category: str, reader: str) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for path, about in _mutopia_rows(folder, category):
            if category == "folk":
                found = [culture for word, culture in _FOLK_CULTURES.items() if word in path.stem]
                about["culture"] = found[0] if found else "british"
            if category == "japan":
                about["modeless"] = True  # its signatures are those of a major key that the songs are not in
            yield Source(path, reader, f"mutopia-{category}/{path.stem}", about)

    return find


# --- whole scores -----------------------------------------------------------------------------


def _scores(name: str, pattern: str, reader: str = "score", own: bool = False) -> Callable[[Path], Iterator[Source]]:
    """All files below the folder that match, named by their path."""

    def find(folder: Path) -> Iterator[Source]:
        for path in sorted(folder.glob(pattern)):
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.suffix.lower() in SUFFIXES and path.is_file() and not hidden:
                # Two files of a user's may differ in their ending only.
                label = inside.as_posix() if own else inside.with_suffix("").as_posix()
                kind = "roll" if path.suffix.lower() == ".npy" else reader
                about = {"fallback_title": path.stem.replace("_", " ")}
                if own:
                    about["own"] = str(folder.resolve())
                yield Source(path, kind, f"{name}/{label}", about)

    return find


def _openscore(name: str, reader: str) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        scores = folder / "scores"
        for path in sorted(scores.rglob("*.mxl")):
            composer, title = path.relative_to(scores).parts[0], path.parent.name
            about: dict[str, Any] = {"title": title.replace("_", " "), "composer": composer.replace("_", " ")}
            if reader == "melody":
                about["song"] = True  # its culture goes by the language
            yield Source(path, reader, f"{name}/{path.stem}", about)

    return find


def _openewld(name: str, reader: str) -> Callable[[Path], Iterator[Source]]:
    def find(folder: Path) -> Iterator[Source]:
        for row in _rows(folder / "index.csv"):
            language = row["language"].split(";")[0].strip().lower()
            culture = _LANGUAGES.get(language, "european")
            path = folder / row["file"]
            about: dict[str, Any] = {"title": row["title"], "composer": row["authors"], "culture": culture}
            if reader == "melody":
                about["modeless"] = True  # all are said to be in major
            yield Source(path, reader, f"{name}/{path.stem}", about)

    return find


def _groove(folder: Path) -> Iterator[Source]:
    for row in _rows(folder / "info.csv"):
        side = {"validation": "valid"}.get(row["split"], row["split"])
        path = folder / row["midi_filename"]
        name = f"groove/{row['midi_filename'].removesuffix('.mid')}"
        yield Source(path, "score", name, {"title": f"{row['style']} {row['beat_type']}", "side": side})


def _piano_midi_de(folder: Path) -> Iterator[Source]:
    files = {path.name.lower(): path for path in folder.rglob("*.mid")}  # the table writes some names otherwise
    for row in _rows(folder / "metadata.csv"):
        path = folder / row["midi"]
        about = {"title": row["title"].replace("_", " "), "composer": row["composer"]}
        yield Source(files.get(path.name.lower(), path), "score", f"piano-midi-de/{path.stem}", about)


_LISTS: dict[str, Callable[[Path], Iterator[Source]]] = {
    "bach-chorales": _bach,
    "open-hymnal": _open_hymnal,
    "mutopia-hymns": _mutopia_hymns,
    "aird": _abc("aird"),
    "oneill": _abc("oneill"),
    "ryan": _abc("ryan", single=True),
    "misc-folk": _misc_folk,
    "mutopia-japan": _mutopia("japan", "melody"),
    "mutopia-folk": _mutopia("folk", "melody"),
    "polish-melodies": _scores("polish-melodies", "kern/*.krn", "melody"),
    "openewld-melodies": _openewld("openewld-melodies", "melody"),
    "lieder-melodies": _openscore("lieder-melodies", "melody"),
    "polish-dances": _scores("polish-dances", "kern/*.krn"),
    "openewld": _openewld("openewld", "score"),
    "openscore-lieder": _openscore("openscore-lieder", "score"),
    "openscore-quartets": _openscore("openscore-quartets", "score"),
    "mutopia-piano": _mutopia("piano", "score"),
    "mutopia-guitar": _mutopia("guitar", "score"),
    "mutopia-ragtime": _mutopia("ragtime", "score"),
    "freedoom": _scores("freedoom", "musics/*.mid"),
    "helland": _scores("helland", "midi/*.mid"),
    "groove": _groove,
    "piano-midi-de": _piano_midi_de,
    "m21-bach": _m21_bach,
    "essen-china": _essen("essen-china", china=True),
    "essen-europe": _essen("essen-europe", china=False),
    "jsb-chorales": _jsb,
    "js-fakes": _fakes,
}
