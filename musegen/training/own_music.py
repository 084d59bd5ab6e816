"""Music to teach a finished model with: a folder of one's own or a set of the catalogue, as windows with three sides.

A folder's sides are drawn here, by tune, so that even five pieces leave one to choose by and one to measure on: the
90 / 5 / 5 of the large sets would leave a small folder with nothing held out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from musegen.checkpoint import Checkpoint
from musegen.corpora import catalog, load_corpus
from musegen.corpora.catalog import CorpusInfo
from musegen.corpora.corpus import CorpusPiece
from musegen.corpora.windows import Windows, build_windows
from musegen.errors import CheckpointError, CorpusError
from musegen.lanes import LaneCodec
from musegen.models.base import State
from musegen.score import Score

FEWEST = 5
"""Different tunes below which nothing can be taught: three to learn from, one to choose by, one to measure on."""

_HELD_OUT = 0.15  # share of a folder's tunes in each of the two sides that are never trained on
_CHOIR, _ALONE = 2.5, 1.5  # notes that sound at once: music in several voices; hardly more than a melody
_OWN_TERMS = "your own files; whether these weights may be passed on depends on the licences of that music"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class OwnMusic:
    """What a model is taught with.

    Attributes:
        title: Name in words.
        licence: Licence of the music.
        credit: Whom to name, "" for the user's own.
        terms: As ``CorpusInfo.terms``: "own-machine" where the weights must stay on the user's machine.
        style: The style that most of it has, as in "folk/chinese".
        windows: What is learnt from, chosen by ("valid") and measured on ("test"); its styles are those of the
            checkpoint and then the new ones.
        training: The pieces of "train" as the model sees them, to look for copies.
        reference: The pieces of "test" as the model sees them.
        metre: Metre of most of its pieces.
        bars: Length that suits a new piece of this kind, 4-16 bars.
        left_out: Ids of pieces or files that were not used, and why.
    """

    title: str
    licence: str
    credit: str
    terms: str
    style: str
    windows: Windows
    training: tuple[Score, ...]
    reference: tuple[Score, ...]
    metre: tuple[int, int]
    bars: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def family(self) -> str:
        """What kind it is: "chorale" for music in four voices, "folk" for melodies."""
        return self.style.split("/")[0]

    @property
    def pieces(self) -> dict[str, int]:
        """How many pieces each side has."""
        return {side: len(self.windows.split(side)) for side in ("train", "valid", "test")}

    @property
    def notice(self) -> str:
        """What whoever uses the weights must know; "" where they may be given away."""
        if self.terms == "ship":
            return ""
        if not self.credit:
            return f"Taught with {_OWN_TERMS}."
        return (
            f"Taught with “{self.title}” ({self.licence}; {self.credit}). "
            "For your own machine only: these weights and what they make may not be used commercially or passed on."
        )


def load_music(
    music: str | Path,
    checkpoint: Checkpoint,
    *,
    name: str,
    seed: int = 0,
    window_steps: int = 128,
    progress: Progress | None = None,
) -> OwnMusic:
    """Reads a folder or a set for a checkpoint to be taught with.

    A folder is taught in four voices if most of its pieces have that many at once, else as melodies.

    Args:
        music: A name from ``catalog()``, or a folder.
        checkpoint: What will be taught; its styles keep their places.
        name: What a folder's style is called: "folk/name" or "chorale/name".
        seed: All chance of the windows comes from it.
        window_steps: Steps of a window.
        progress: Told of the files while they are read, see ``load_corpus``.

    Raises:
        CorpusError: There is no such set or folder, it may not be trained on, or it holds too little.
    """
    corpus = load_corpus(music, progress=progress)
    if corpus.info.terms == "evaluation":
        raise CorpusError(
            "“{title}” is there to measure by and never trained on. Choose other music.", title=corpus.info.title
        )
    left_out = [(piece, reason) for reason, names in corpus.report.left_out.items() for piece in names]
    pieces: Sequence[CorpusPiece] = corpus.pieces
    if corpus.info.style == "own":
        pieces, lonely = _own_style(pieces, name)
        left_out += [(piece.id, "a single voice among music in several") for piece in lonely]
    pieces = with_sides(pieces)
    windows = build_windows(pieces, checkpoint.codec, steps=window_steps, seed=seed)
    if corpus.info.style == "own":  # a choir of one's own is no hymnal
        windows = replace(
            windows, pieces=tuple(replace(p, style=f"{p.style.split('/')[0]}/{name}") for p in windows.pieces)
        )
    styles = (*checkpoint.styles, *sorted({p.style for p in windows.pieces} - set(checkpoint.styles)))
    windows = replace(windows, styles=styles)
    used = {p.id: p for p in windows.pieces}
    if not all(windows.split(side) for side in ("train", "valid", "test")):
        raise _too_little(len(used), len(windows.refused))
    heard = [(piece.split, _as_heard(piece.score, used[piece.id].lanes)) for piece in pieces if piece.id in used]
    trained = [score for side, score in heard if side == "train"]
    return OwnMusic(
        title=corpus.info.title,
        licence=corpus.info.licence,
        credit=corpus.info.credit,
        terms=corpus.info.terms,
        style=Counter(p.style for p in windows.split("train")).most_common(1)[0][0],
        windows=windows,
        training=tuple(trained),
        reference=tuple(score for side, score in heard if side == "test"),
        metre=_metre(trained),
        bars=min(max(round(median(len(score.bars()) for score in trained)), 4), 16),
        left_out=(*left_out, *windows.refused),
    )


def teachable_sets() -> list[CorpusInfo]:
    """The sets on this machine that a model can be taught with, those that no shipped model may learn from first."""
    sung = {"folk", "hymn", "bach-chorale"}
    found = [i for i in catalog() if i.style in sung and not i.members and i.terms != "evaluation" and i.available]
    return sorted(found, key=lambda info: info.terms == "ship")


def with_sides(pieces: Sequence[CorpusPiece]) -> list[CorpusPiece]:
    """The pieces with the sides that they have, if there are all three; else with sides drawn anew, by tune.

    Raises:
        CorpusError: Fewer than ``FEWEST`` different tunes.
    """
    names = {piece.tune for piece in pieces}
    if len(names) < FEWEST:
        raise _too_little(len(names))
    if {"train", "valid", "test"} <= {piece.split for piece in pieces}:
        return list(pieces)
    tunes = sorted(names, key=lambda tune: hashlib.sha256(tune.encode()).digest())
    held = max(1, round(_HELD_OUT * len(tunes)))
    sides = dict.fromkeys(tunes[:held], "test") | dict.fromkeys(tunes[held : 2 * held], "valid")
    return [replace(piece, split=sides.get(piece.tune, "train")) for piece in pieces]


def voices_at_once(score: Score) -> float:
    """How many notes sound at once on average while any does; 0 for silence. Drums don't count."""
    notes = [note for note in score.notes if not score.tracks[note.track].is_drum]
    end, busy = 0, 0
    for note in notes:  # in order of their onsets
        busy += max(note.end - max(note.onset, end), 0)
        end = max(end, note.end)
    return sum(note.duration for note in notes) / busy if busy else 0.0


def grow_styles(weights: State, shapes: Mapping[str, tuple[int, ...]], styles: int, rows: Sequence[int]) -> State:
    """Weights for a model that knows more styles: each new row of a style table begins as a copy of an old one.

    Args:
        weights: Of the checkpoint, by name.
        shapes: Of the weights of the new model, by name.
        styles: How many styles the checkpoint knows.
        rows: For each new style the old one that it begins as.

    Raises:
        CheckpointError: An array differs in more than its number of styles.
    """
    grown = {}
    for name, wanted in shapes.items():
        array = weights.get(name)
        if array is not None and array.shape != wanted and len(array) == styles:
            array = np.concatenate([array, array[list(rows)]])
        if array is None or array.shape != wanted:
            raise CheckpointError("This checkpoint can't be given a new style: “{name}” doesn't fit.", name=name)
        grown[name] = array
    return grown


def _too_little(found: int, unfit: int = 0) -> CorpusError:
    if unfit:
        return CorpusError(
            "That is too little to learn from. Different pieces: {found}, and {fewest} are needed, twenty or more are "
            "better; without a pitched note, or too short: {unfit}. Add more music of the same kind.",
            found=found,
            fewest=FEWEST,
            unfit=unfit,
        )
    return CorpusError(
        "That is too little to learn from. Different pieces: {found}, and {fewest} are needed, twenty or more are "
        "better. Add more music of the same kind.",
        found=found,
        fewest=FEWEST,
    )


def _own_style(pieces: Sequence[CorpusPiece], name: str) -> tuple[list[CorpusPiece], list[CorpusPiece]]:
    """The pieces as a choir's or as melodies, and those that don't belong there."""
    voices = [voices_at_once(piece.score) for piece in pieces]
    if median(voices) < _CHOIR:
        return [replace(piece, style="folk", culture=name) for piece in pieces], []
    full = [replace(p, style="hymn", culture="") for p, v in zip(pieces, voices, strict=True) if v >= _ALONE]
    return full, [p for p, v in zip(pieces, voices, strict=True) if v < _ALONE]


def _as_heard(score: Score, lanes: int) -> Score:
    codec = LaneCodec(lanes)
    return codec.decode(codec.encode(score))


def _metre(scores: Sequence[Score]) -> tuple[int, int]:
    """The commonest first metre, of those whose bars are whole sixteenths."""
    found = Counter((s.metres[0].numerator, s.metres[0].denominator) for s in scores)
    return next((metre for metre, _ in found.most_common() if 16 * metre[0] % metre[1] == 0), (4, 4))
