"""Files of a command: scores read, results written under names that never hide what was there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

from musegen.checkpoint import write_bytes
from musegen.errors import MusegenError, ScoreError
from musegen.formats import LIMITS, Imported, read_score, read_scores, write_score
from musegen.score import Score

SCORES = ("mid", "musicxml", "mxl")
SOUNDS = ("wav", "flac", "ogg")
PICTURES = ("svg", "pdf", "png")
FILMS = ("mp4", "webm")
_SPELLINGS = {"midi": "mid", "xml": "musicxml", "oga": "ogg"}


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; no more than the import limit needs to refuse it.

    Raises:
        ScoreError: There is no such file, or it can't be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.upload_bytes + 1)
    except FileNotFoundError as error:
        raise ScoreError(f"There is no file “{path}”.") from error
    except IsADirectoryError as error:
        raise ScoreError(f"“{path}” is a folder, not a file.") from error
    except OSError as error:
        reason = "is a folder, not a file" if path.is_dir() else f"can't be read ({error.strerror})"
        raise ScoreError(f"“{path}” {reason}.") from error


def read_tune(path: Path, number: int = 1) -> Imported:
    """One tune of a file, counted from 1.

    Raises:
        ScoreError: The file can't be read, or has no such tune.
    """
    data = read_bytes(path)
    if number == 1:
        return read_score(data, path.name)
    tunes = read_scores(data, path.name)
    if number > len(tunes):
        raise ScoreError(f"There is no tune {number} in “{path.name}”: it holds {len(tunes)}.")
    return tunes[number - 1]


def format_of(path: Path) -> str:
    """The format that a file's name asks for by its ending.

    Raises:
        ScoreError: The ending is none of ours.
    """
    ending = path.suffix.lower().lstrip(".")
    if path.name.lower().endswith(".jianpu.pdf"):
        return "numbered"
    name = _SPELLINGS.get(ending, ending)
    if name not in (*SCORES, *SOUNDS, *PICTURES, *FILMS):
        known = ", ".join((*SCORES, *SOUNDS, *PICTURES, *FILMS))
        raise ScoreError(f"“{path.name}” doesn't say what to write: let its name end in one of {known}.")
    return name


def render(score: Score, format: str, progress: Callable[[float], None] = lambda share: None) -> list[bytes]:
    """A score as the files of a format: one, but pictures in PNG have one a page.

    ``progress`` is called with the share done, 0-1, where that takes long.

    Raises:
        ScoreError: The format can't hold this score.
    """
    if format in SCORES:
        return [write_score(score, format)]
    if format == "png":
        from musegen.notation import staff_png, staff_svg

        return [staff_png(score, page=page + 1) for page in range(len(staff_svg(score)))]
    from musegen.export import export

    return [export(score, format, progress=progress)]


def save_new(folder: Path, stem: str, ending: str, data: bytes) -> Path:
    """Writes a result as ``stem.ending``, or under a numbered name where that one holds something else.

    The same recipe gives the same name and the same bytes, so that making a piece again adds no file; another recipe
    of the same name becomes ``stem-v2``, ``stem-v3``. No file is ever changed.
    """
    for number in count(1):
        path = folder / f"{stem}{f'-v{number}' if number > 1 else ''}.{ending}"
        if not path.exists():
            write_bytes(path, data)
            return path
        if path.read_bytes() == data:
            return path
    raise AssertionError("count() has no end")


def save_as(path: Path, data: bytes, *, force: bool = False) -> None:
    """Writes exactly this file.

    Raises:
        MusegenError: It is there already with other content and ``force`` is off, or its folder is missing.
    """
    if path.is_dir():
        raise MusegenError(f"“{path}” is a folder; name a file.")
    if not path.parent.is_dir():
        raise MusegenError(f"There is no folder “{path.parent}” to write “{path.name}” into.")
    if path.exists() and not force and path.read_bytes() not in (b"", data):
        raise MusegenError(f"“{path}” is there already. Choose another name, or replace it with --force.")
    write_bytes(path, data)


def make_folder(path: Path) -> Path:
    """The folder for results, made when missing.

    Raises:
        MusegenError: It can't be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MusegenError(f"“{path}” can't be used as a folder for results ({error.strerror}).") from error
    return path
