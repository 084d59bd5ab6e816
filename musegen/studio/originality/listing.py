"""The list that copies are looked for in: what it holds, how it is made, and how it is read.

For every training piece, in order, the list has a hash of each window of ``WINDOW`` sixteenths that begins on a
multiple of the side's hop: of all voices of four-part music (the side "texture"), and of the melody of every piece (the
side "melody"). Windows that are looked for begin on every sixteenth, so a copy of ``WINDOW + hop - 1`` sixteenths is
always found. Beside each hash stands one byte, the window's first pitch plus a byte of the hash that is not on the
list: who has the window reads from it how far it was transposed, who has not reads nothing.

Of each piece the list names id, title, composer, culture, length and metre; it holds none of their notes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import read_arrays
from musegen.corpora.catalog import CorpusInfo, corpus_info
from musegen.evaluation.copying import window_hashes
from musegen.evaluation.sampling import SILENT, sample
from musegen.models.base import State
from musegen.places import ORIGINALITY
from musegen.score import Metre, Note, Score

Part = Literal["texture", "melody"]
WINDOW = 16
"""Sixteenths. Half of the real chorales share that much texture, four of five real tunes that much tune."""
HOPS: Mapping[Part, int] = {"texture": 4, "melody": 8}
"""Sixteenths between windows of the list."""
CHOIR = 4
"""Voices of music whose texture is on the list."""
_RESOLUTION = 8  # ticks to a quarter note: metres of thirty-seconds fit


@dataclass(frozen=True)
class Listed:
    """What the list says of a piece, for ``make_list``; see ``TrainingPiece`` for the words."""

    id: str
    title: str
    composer: str
    culture: str
    score: Score
    twin: bool = False


@dataclass(frozen=True)
class TrainingPiece:
    """A piece that the models learnt from.

    Attributes:
        number: Its place on the list.
        id: Unique name: set, slash, file (colon, number in a book).
        title: Title.
        composer: Composer, "" where not known.
        culture: Whose music it is, as in "german", "irish".
        twin: Whether another edition of the same work stands on the list before it.
        steps: Length in sixteenths.
        metres: Its pick-up and metres, see ``bar_numbers``.
    """

    number: int
    id: str
    title: str
    composer: str
    culture: str
    twin: bool
    steps: int
    metres: str

    @property
    def collection(self) -> CorpusInfo:
        """The set of the catalogue that it is from: its title, licence and credit."""
        return corpus_info(self.id.split("/")[0])

    @property
    def licence(self) -> str:
        """Licence."""
        return self.collection.licence

    def bar_numbers(self, start: int, stop: int) -> tuple[int, int]:
        """Numbers of the bars that hold its sixteenths ``start`` to ``stop`` - 1."""
        pickup, *metres = self.metres.split(";")
        unit = _RESOLUTION // 4
        frame = Score(
            notes=(Note(0, 60, self.steps * unit),),
            resolution=_RESOLUTION,
            metres=tuple(_metre(text) for text in metres),
            pickup=int(pickup),
        )
        inside = [bar.number for bar in frame.bars() if bar.start < stop * unit and bar.end > start * unit]
        return inside[0], inside[-1]


@dataclass(frozen=True)
class Searched:
    """What a piece is held against.

    Attributes:
        works: Pieces of its kind on the list, editions of one work counted once.
        pieces: The same, every edition counted.
        sets: Name of the set, its title, and how many of these pieces are from it.
    """

    works: int
    pieces: int
    sets: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the list, ready to be searched.

    Attributes:
        part: Which.
        hop: Sixteenths between windows.
        hashes: [windows] in the order of the pieces.
        pads: [windows] the first pitch plus the low byte of the whole hash, modulo 256.
        known: [windows] the hashes, sorted.
        order: [windows] which window each of ``known`` is.
        places: [windows] on a line on which all pieces stand one behind the other, with gaps: the window's first step.
        starts: [pieces] where each piece begins on that line.
        firsts: [pieces + 1] number of each piece's first window.
    """

    part: Part
    hop: int
    hashes: NDArray[np.uint32]
    pads: NDArray[np.uint8]
    known: NDArray[np.uint32]
    order: NDArray[np.intp]
    places: NDArray[np.int64]
    starts: NDArray[np.int64]
    firsts: NDArray[np.int64]

    @classmethod
    def of(cls, part: Part, hashes: NDArray[np.uint32], pads: NDArray[np.uint8], steps: NDArray[np.int64]) -> Side:
        """The side of so many pieces, of these lengths in sixteenths."""
        hop = HOPS[part]
        counts = np.maximum(-(-(steps - WINDOW + 1) // hop), 0)
        firsts = np.concatenate([[0], np.cumsum(counts)])
        rooms = (-(-steps // hop) + 2) * hop  # a gap that no run of windows reaches over
        starts = np.cumsum(rooms) - rooms
        places = np.repeat(starts - firsts[:-1] * hop, counts) + np.arange(len(hashes)) * hop
        order = np.argsort(hashes, kind="stable")
        return cls(part, hop, hashes, pads, hashes[order], order, places, starts, firsts)


@dataclass(frozen=True, eq=False)
class Listing:
    """The whole list.

    Attributes:
        arrays: As they are stored.
        about: What is known of the pieces, column by column, and the measured usual lengths ("usual").
    """

    arrays: State
    about: Mapping[str, Any]

    @property
    def _choirs(self) -> int:
        return int(self.about["choirs"])

    @cached_property
    def texture(self) -> Side:
        """All voices of the four-part pieces, which come first on the list."""
        return self._side("texture", self.arrays["steps"][: self._choirs])

    @cached_property
    def melody(self) -> Side:
        """The melody of all pieces."""
        return self._side("melody", self.arrays["steps"])

    @cached_property
    def tunes(self) -> NDArray[np.uint32]:
        """[windows, 3] of the pieces of one voice: hashes of three windows that make 32 sixteenths."""
        side = self.melody
        last = np.zeros(len(side.hashes), bool)
        for back in (1, 2):
            ends = side.firsts[1:] - back
            last[ends[ends >= side.firsts[:-1]]] = True
        rows = np.flatnonzero(~last)
        rows = rows[rows >= side.firsts[self._choirs]]
        return np.asarray(np.stack([side.hashes[rows + k] for k in range(3)], axis=1))

    def side(self, part: Part) -> Side:
        """The side of that name."""
        return self.texture if part == "texture" else self.melody

    def piece(self, number: int) -> TrainingPiece:
        """The piece at a place of the list."""
        about = self.about
        return TrainingPiece(
            number=number,
            **{name: about[name][number] for name in ("id", "title", "composer", "culture")},
            twin=number in about["twins"],
            steps=int(self.arrays["steps"][number]),
            metres=about["metres"][number],
        )

    @cached_property
    def searched(self) -> Mapping[Part, Searched]:
        """What is looked through on each side."""
        return {"texture": self._searched(self._choirs), "melody": self._searched(len(self.about["id"]))}

    def _searched(self, stop: int) -> Searched:
        names = [name.split("/")[0] for name in self.about["id"][:stop]]
        twins = sum(number < stop for number in self.about["twins"])
        counted = tuple((name, corpus_info(name).title, names.count(name)) for name in dict.fromkeys(names))
        return Searched(stop - twins, stop, counted)

    def _side(self, part: Part, steps: NDArray[Any]) -> Side:
        return Side.of(part, self.arrays[part], self.arrays[f"{part}_pads"], steps.astype(np.int64))


def searched(part: Part = "melody") -> Searched | None:
    """What a piece is held against, whole ("texture") or by its melody; None where no list is shipped."""
    known = listing()
    return known.searched[part] if known else None


@cache
def listing() -> Listing | None:
    """The list that is shipped; read when first asked for. None where there is none.

    Raises:
        CheckpointError: The file is damaged.
    """
    if not ORIGINALITY.exists():
        return None
    arrays = read_arrays(ORIGINALITY)
    return Listing(arrays, json.loads(arrays.pop("about").tobytes().decode()))


def make_list(pieces: Iterable[Listed], usual: Mapping[str, Any] | None = None) -> State:
    """The list of training music as it is stored.

    Args:
        pieces: The training pieces: those of four voices and of one are taken, others are passed over.
        usual: How long real music's longest runs are: kind, excerpt length, [run lengths, how many]; see
            ``benchmarks/originality.py``.
    """
    heard = [(piece, sample(piece.score).pitches) for piece in pieces]
    choirs = [(piece, pitches) for piece, pitches in heard if pitches.shape[1] == CHOIR]
    all_ = choirs + [(piece, pitches) for piece, pitches in heard if pitches.shape[1] == 1]
    sides = {part: [windows(p, part) for _, p in rows] for part, rows in (("texture", choirs), ("melody", all_))}
    about = {
        "choirs": len(choirs),
        "id": [piece.id for piece, _ in all_],
        "title": [piece.title for piece, _ in all_],
        "composer": [piece.composer for piece, _ in all_],
        "culture": [piece.culture for piece, _ in all_],
        "metres": [_metres(piece.score) for piece, _ in all_],
        "twins": [number for number, (piece, _) in enumerate(all_) if piece.twin],
        "usual": dict(usual or {}),
    }
    arrays: State = {
        "steps": np.array([len(pitches) for _, pitches in all_], np.uint16),
        "about": np.frombuffer(json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode(), np.uint8),
    }
    for part, rows in sides.items():
        hashes, pads = zip(*rows, strict=True) if rows else ((), ())
        arrays[part] = np.concatenate([np.zeros(0, np.uint32), *hashes])
        arrays[f"{part}_pads"] = np.concatenate([np.zeros(0, np.uint8), *pads])
    return arrays


def windows(pitches: NDArray[np.int16], part: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """What the list has of one piece [steps, voices]: hashes and pads of the windows on its hop."""
    hop = HOPS["texture" if part == "texture" else "melody"]
    pitches = pitches if part == "texture" else pitches[:, :1]
    whole, first = window_hashes(pitches, WINDOW)[::hop], first_pitches(pitches)[::hop]
    return fingerprints(whole), (first + low_bytes(whole)).astype(np.uint8)


def fingerprints(hashes: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The half of each hash that is on the list."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


def low_bytes(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The byte of each hash that a pad is made with, 0-255."""
    return (hashes & np.uint64(255)).astype(np.int64)


def first_pitches(pitches: NDArray[np.int16]) -> NDArray[np.int64]:
    """[windows] the highest pitch of the first step that is not silent; 0 where none follows."""
    count = max(len(pitches) - WINDOW + 1, 0)
    top = np.append(pitches.max(axis=1), 0).astype(np.int64) if len(pitches) else np.zeros(1, np.int64)
    sounds = np.append(np.flatnonzero(top[:-1] != SILENT), len(pitches))
    return np.asarray(top[sounds[np.searchsorted(sounds, np.arange(count))]])


def _metres(score: Score) -> str:
    score = score.with_resolution(_RESOLUTION)
    return ";".join([str(score.pickup), *(f"{m.tick} {m}" for m in score.metres)])


def _metre(text: str) -> Metre:
    tick, _, metre = text.partition(" ")
    numerator, _, denominator = metre.partition("/")
    return Metre(int(tick), int(numerator), int(denominator))
