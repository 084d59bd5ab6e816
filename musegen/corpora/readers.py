"""One source file -> its pieces: what runs in the worker processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musegen.corpora import abc_text, fermatas
from musegen.corpora.choral import four_parts, on_grid, read_abc_hymn, read_staves
from musegen.corpora.cultures import culture_of
from musegen.corpora.lyrics import SONG_LANGUAGES, language_of
from musegen.corpora.melody import breaths, melody_of, read_phrases, read_tune
from musegen.corpora.roll import read_rolls
from musegen.corpora.store import Parsed, Stored
from musegen.corpora.tables import read_grids, read_note_table
from musegen.corpora.tune_lines import four_bars_a_line, phrase_a_line
from musegen.corpora.verses import verse_ends
from musegen.errors import MusegenError, ScoreError
from musegen.formats import read_score, read_scores
from musegen.score import Key, Score

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
    score = read_note_table(data, source.about["fifths"], source.about["title"])
    ends = fermatas.phrase_ends(score, Path(source.about["edition"]))
    return [(source.name, {**source.about, "phrase_ends": ends}, score)], []


def _jsb(data: bytes, source: Source) -> Pieces:
    pieces = []
    for side, index, score in read_grids(data):
        about = {"title": score.title, "composer": "Johann Sebastian Bach", "side": side}
        pieces.append((f"{source.name}/{side}-{index}", about, score))
    return pieces, []


def _staves(data: bytes, source: Source) -> Pieces:
    return [_piece(source, read_staves(data, source.about["pickup"]))], []


def _four_parts(data: bytes, source: Source) -> Pieces:
    name, about, score = _piece(source, four_parts(read_score(data).score.replace(provenance={})))
    return [(name, {**about, "phrase_ends": fermatas.phrase_ends(score, source.path)}, score)], []


def _abc_hymn(data: bytes, source: Source) -> Pieces:
    text = abc_text.decode(data)
    tune = abc_text.tunes(text)[0]
    name, about, score = _piece(source, read_abc_hymn(tune).replace(title=tune.first("T")))
    return [(name, {**about, "phrase_ends": verse_ends(text, score)}, score)], []


def _melody(data: bytes, source: Source) -> Pieces:
    score = read_score(data).score
    if source.path.suffix == ".mid":
        score = on_grid(score)
    if source.about.get("modeless") and score.key:
        score = score.replace(key=Key(score.key.fifths))
    name, about, melody = _piece(source, melody_of(score, highest_part=source.path.suffix == ".krn"))
    if about.pop("song", False):
        language = language_of(data)
        about["culture"] = f"{language}-song" if language in SONG_LANGUAGES else "art-song"
        about["phrase_ends"] = breaths(melody)
    return [(name, about, melody)], []


def _abc(data: bytes, source: Source) -> Pieces:
    return _book(data, source, read_tune)


def _essen(data: bytes, source: Source) -> Pieces:
    return _book(data, source, read_phrases)


def _book(data: bytes, source: Source, read: Callable[[abc_text.Tune], Score]) -> Pieces:
    """The tunes of a book, each with its titles, and a culture where the book names places."""
    pieces: list[tuple[str, dict[str, Any], Score]] = []
    left_out: list[tuple[str, str]] = []
    for tune in abc_text.tunes(abc_text.decode(data)):
        name = source.name if source.about.get("single") else f"{source.name}:{tune.number}"
        try:
            score = read(tune)
        except ScoreError as error:
            left_out.append((name, str(error)))
            continue
        about = {**source.about, "title": tune.first("T"), "titles": list(tune.fields.get("T", ()))}
        if read is read_phrases:
            about["culture"] = culture_of(tune.first("O"))
            about["phrase_ends"] = phrase_a_line(abc_text.straight(tune.music), score)
        else:
            about["phrase_ends"] = four_bars_a_line(abc_text.straight(tune.music), score)
        pieces.append((name, about, score))
    return pieces, left_out


def _score(data: bytes, source: Source) -> Pieces:
    """Any format; every tune of a file as it stands."""
    return _several(source, [one.score for one in read_scores(data, source.path.name)]), []


def _roll(data: bytes, source: Source) -> Pieces:
    return _several(source, read_rolls(data, source.about.get("fallback_title", ""))), []


def _several(source: Source, scores: list[Score]) -> list[tuple[str, dict[str, Any], Score]]:
    if len(scores) == 1:
        return [_piece(source, scores[0])]
    parts = [_piece(source, score) for score in scores]
    return [(f"{name}:{number}", about, score) for number, (name, about, score) in enumerate(parts, 1)]


def _piece(source: Source, score: Score) -> tuple[str, dict[str, Any], Score]:
    about = dict(source.about)
    about["title"] = about.get("title") or score.title or about.get("fallback_title", "")
    about["composer"] = about.get("composer") or score.composer
    return source.name, about, score.replace(title=about["title"], composer=about["composer"])


READERS: dict[str, Callable[[bytes, Source], Pieces]] = {
    "table": _table,
    "jsb": _jsb,
    "staves": _staves,
    "four-parts": _four_parts,
    "abc-hymn": _abc_hymn,
    "melody": _melody,
    "abc": _abc,
    "essen": _essen,
    "score": _score,
    "roll": _roll,
}
