"""Scores as arrays on disk: what was parsed once is read again in milliseconds.

One ``.npz`` file holds all scores of one source file: the notes of all of them in one array, the rest as JSON text.
The key is the source's content and the version of the reader, so a changed file or a better reader is read anew. Files
are written aside and then renamed: a load that is killed leaves whole files only, and the next one goes on from there.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.score import Key, Metre, Note, Score, Tempo, Track

VERSION = 14
"""Raised whenever a reader gives other notes, or says something else of them, for the same file."""


@dataclass(frozen=True, eq=False)
class Stored:
    """One score as arrays: notes [n, 5] (onset, pitch, duration, velocity, track) and everything else by name."""

    notes: NDArray[np.int32]
    frame: dict[str, Any]

    @classmethod
    def of(cls, score: Score) -> Stored:
        """The arrays of a score."""
        notes = np.array([(n.onset, n.pitch, n.duration, n.velocity, n.track) for n in score.notes], np.int32)
        frame = {
            "tracks": [[t.name, t.program, t.is_drum] for t in score.tracks],
            "resolution": score.resolution,
            "tempos": [[t.tick, t.qpm] for t in score.tempos],
            "metres": [[m.tick, m.numerator, m.denominator] for m in score.metres],
            "key": [score.key.fifths, score.key.mode] if score.key else None,
            "pickup": score.pickup,
            "title": score.title,
            "composer": score.composer,
            "provenance": dict(score.provenance),
        }
        return cls(notes.reshape(-1, 5), frame)

    def score(self) -> Score:
        """The score of the arrays."""
        frame = self.frame
        return Score(
            notes=tuple(Note(*row) for row in self.notes.tolist()),
            tracks=tuple(Track(*t) for t in frame["tracks"]),
            resolution=frame["resolution"],
            tempos=tuple(Tempo(*t) for t in frame["tempos"]),
            metres=tuple(Metre(*m) for m in frame["metres"]),
            key=Key(*frame["key"]) if frame["key"] else None,
            pickup=frame["pickup"],
            title=frame["title"],
            composer=frame["composer"],
            provenance=frame["provenance"],
        )


@dataclass(frozen=True)
class Parsed:
    """What one source file gave: pieces (id, what is known of it, its arrays) and what was left out (id, reason)."""

    sha256: str
    pieces: tuple[tuple[str, dict[str, Any], Stored], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


def save(path: Path, parsed: Parsed) -> None:
    """Write what a source file gave; a file that is half written never stands under its name."""
    lengths = [len(stored.notes) for _, _, stored in parsed.pieces]
    notes = np.concatenate([s.notes for _, _, s in parsed.pieces]) if parsed.pieces else np.zeros((0, 5), np.int32)
    head = {
        "sha256": parsed.sha256,
        "pieces": [[name, about, stored.frame] for name, about, stored in parsed.pieces],
        "left_out": parsed.left_out,
    }
    text = np.frombuffer(json.dumps(head).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        np.savez_compressed(file, notes=notes, lengths=np.array(lengths, np.int64), head=text)
    aside.replace(path)


def load(path: Path) -> Parsed | None:
    """What was saved, or None where there is nothing or the file is damaged (it is then made anew)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            head = json.loads(data["head"].tobytes().decode())
            notes, lengths = data["notes"], data["lengths"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        return None
    parts = np.split(notes, np.cumsum(lengths)[:-1]) if len(lengths) else []
    pieces = tuple(
        (name, about, Stored(part, frame)) for (name, about, frame), part in zip(head["pieces"], parts, strict=True)
    )
    return Parsed(head["sha256"], pieces, tuple((name, reason) for name, reason in head["left_out"]))
