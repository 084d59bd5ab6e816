"""The doors: bytes of a score file to a ``Score`` with a report, and back. What a file is, its content decides."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from musegen.formats.abc import only_tune, tune_titles
from musegen.formats.child import read_guarded
from musegen.formats.limits import LIMITS, Limits
from musegen.formats.read import read_tunes
from musegen.formats.refusal import Refusal, file_size, refuse
from musegen.formats.report import Imported, ImportReport, Remark
from musegen.formats.sniff import sniff
from musegen.formats.xml_tree import unpack_mxl
from musegen.score import Score

__all__ = [
    "LIMITS",
    "ImportReport",
    "Imported",
    "Limits",
    "Refusal",
    "Remark",
    "read_score",
    "read_scores",
    "sniff",
    "titles",
    "write_score",
]


def read_score(data: bytes, filename: str = "", *, tune: int | None = None) -> Imported:
    """One tune of a file, and the report on how it was read.

    Args:
        data: The file's bytes: MIDI, MusicXML, .mxl, ABC or Humdrum kern; the content decides, not the name.
        filename: Kept in the score's provenance as "source"; the file's SHA-256 stands there as "sha256".
        tune: Of an ABC book the number of the tune, from 1; None = the first that can be read.

    Raises:
        ScoreError: The file is no score, is damaged beyond rescue, or passes a limit; one sentence says which.
    """
    return _read(data, filename, first_only=True, tune=tune)[0]


def titles(data: bytes) -> list[str]:
    """The titles of the tunes that a file holds, in order, "" where one has none; of all but ABC books one "".

    Raises:
        ScoreError: The file is no score, or passes a limit.
    """
    return tune_titles(data) if sniff(data) == "abc" else [""]


def read_scores(data: bytes, filename: str = "") -> list[Imported]:
    """Every tune of a file (ABC books hold several); else as ``read_score``.

    Raises:
        ScoreError: No tune of the file can be read.
    """
    return _read(data, filename, first_only=False)


def _read(data: bytes, filename: str, *, first_only: bool, tune: int | None = None) -> list[Imported]:
    if not data:
        raise refuse("empty")
    if len(data) > LIMITS.upload_bytes:
        raise refuse("size", size=file_size(len(data)), limit=file_size(LIMITS.upload_bytes))
    kind = sniff(data)
    content = unpack_mxl(data) if kind == "mxl" else data
    if tune is not None and kind == "abc":
        content = only_tune(content, tune)
    book = kind == "abc" and not first_only
    small = len(content) <= (LIMITS.in_process_book_bytes if book else LIMITS.in_process_bytes)
    reader = read_tunes if small else read_guarded
    found = reader(kind, content, first_only=first_only)
    origin = {"source": filename} if filename else {}
    origin["sha256"] = hashlib.sha256(data).hexdigest()
    return [replace(one, score=one.score.replace(provenance={**one.score.provenance, **origin})) for one in found]


def write_score(score: Score, format: str) -> bytes:
    """``score`` as a file's bytes; reading them gives an equal score.

    Args:
        score: What to write.
        format: "mid", "musicxml" or "mxl".

    Raises:
        ScoreError: There is no such format, or it can't hold this score.
    """
    from musegen.formats.midi_write import write_midi  # here, so that the reading child starts without NumPy
    from musegen.formats.musicxml_write import write_musicxml, write_mxl

    writers = {"mid": write_midi, "musicxml": write_musicxml, "mxl": write_mxl}
    if format not in writers:
        raise refuse("format_out", format=format)
    return writers[format](score)
