"""One source file -> its pieces: what runs in the worker processes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musegen.corpora import abc_text
from musegen.corpora.choral import GRID, on_grid, read_abc_hymn, read_hymn
from musegen.corpora.melody import read_tune
from musegen.corpora.store import Parsed, Stored
from musegen.corpora.tables import read_note_table
from musegen.errors import MusegenError, ScoreError
from musegen.formats import read_score
from musegen.lanes import LaneCodec
from musegen.score import Score
from musegen.theory import key_of

Pieces = tuple[list[tuple[str, dict[str, Any], Score]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Source:
    """One file to read, and how.

    Attributes:
        path: Where it lies.
        reader: Key of ``READERS``.
        name: First part of the ids of its pieces.
        about: What is known beforehand: title, composer, key signature, ... (plain values).
    """

    path: Path
    reader: str
    name: str
    about: dict[str, Any] = field(default_factory=dict)


def read_source(source: Source) -> Parsed:
    """Read one file; whatever is wrong with it becomes an entry of ``left_out``, never an exception."""
    logging.getLogger("music21").setLevel(logging.ERROR)
    try:
        data = source.path.read_bytes()
    except OSError as error:
        return Parsed("", (), ((source.name, f"can't be opened ({error.strerror})"),))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        pieces, left_out = READERS[source.reader](data, source)
    except MusegenError as error:
        return Parsed(sha256, (), ((source.name, str(error)),))
    except Exception as error:  # a foreign parser may raise anything; the file is named in the report
        return Parsed(sha256, (), ((source.name, f"can't be parsed ({type(error).__name__}: {error})"),))
    return Parsed(sha256, tuple((name, about, Stored.of(score)) for name, about, score in pieces), tuple(left_out))


# --- one reader a kind of source --------------------------------------------------------------


def _table(data: bytes, source: Source) -> Pieces:
    score = read_note_table(data, source.about.get("fifths"), source.about["title"])
    return [(source.name, source.about, score)], []


def _hymn(data: bytes, source: Source) -> Pieces:
    about = source.about
    score = read_hymn(data, about["pickup"])
    return [(source.name, about, score.replace(title=about["title"], composer=about.get("composer", "")))], []


def _melody_midi(data: bytes, source: Source) -> Pieces:
    folded, _ = LaneCodec(1, GRID).fold(on_grid(read_score(data).score))
    folded = folded.replace(title=source.about["title"], pickup=round(source.about["pickup"] * folded.resolution))
    return [(source.name, source.about, folded.replace(key=key_of(folded)))], []


def _abc_book(data: bytes, source: Source) -> Pieces:
    pieces: list[tuple[str, dict[str, Any], Score]] = []
    left_out: list[tuple[str, str]] = []
    for tune in abc_text.tunes(abc_text.decode(data)):
        name = source.name if source.about.get("single") else f"{source.name}:{tune.number}"
        try:
            score = read_tune(tune)
        except ScoreError as error:
            left_out.append((name, str(error)))
            continue
        titles = tune.fields.get("T", ())
        pieces.append((name, {**source.about, "title": tune.first("T"), "titles": titles}, score))
    return pieces, left_out


def _abc_hymn(data: bytes, source: Source) -> Pieces:
    tune = abc_text.tunes(abc_text.decode(data))[0]
    about = {**source.about, "title": tune.first("T")}
    return [(source.name, about, read_abc_hymn(tune))], []


READERS: dict[str, Callable[[bytes, Source], Pieces]] = {
    "table": _table,
    "hymn": _hymn,
    "melody": _melody_midi,
    "abc": _abc_book,
    "abc-hymn": _abc_hymn,
}
