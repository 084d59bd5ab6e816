"""The training piece of a match, to hear beside it, where its own notes are on this machine."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from musegen.corpora import abc_text
from musegen.corpora.melody import read_tune
from musegen.corpora.readers import Source, read_source
from musegen.corpora.sources import sources
from musegen.errors import CorpusError, ScoreError
from musegen.evaluation.sampling import sample
from musegen.score import Score
from musegen.studio.originality.listing import TrainingPiece, listing, windows
from musegen.studio.originality.report import Match

Silent = Literal["music21", "data-sets", "changed"]
"""Why a training piece can't be heard: music21's corpus is missing; the data sets' folder is not on this machine; the
piece is missing there, or has other notes than what was learnt from."""


def training_excerpt(match: Match) -> Score | None:
    """The bars of the training piece that a match names, from its own file; None where ``why_silent`` says why.

    Of a match of melodies the melody alone. In its own key: ``.transpose(match.transposition)`` brings it to this
    piece's. The first call for a piece reads its file; it is then kept.
    """
    score, _ = _notes(match.piece)
    if score is None:
        return None
    if match.part == "melody":
        score = score.select_tracks([0])
    return score.slice_bars(*match.there_bars)


def why_silent(match: Match) -> Silent | None:
    """Why the training piece of a match can't be heard here; None = it can."""
    return _notes(match.piece)[1]


@lru_cache(maxsize=64)
def _notes(piece: TrainingPiece) -> tuple[Score | None, Silent | None]:
    collection = piece.collection
    missing: Silent = "music21" if collection.music21 else "data-sets"
    if not collection.available:
        return None, missing
    try:
        files = sources(collection)
    except (CorpusError, OSError):
        return None, missing
    for source in files:
        if source.name == piece.id or piece.id.startswith(f"{source.name}:"):
            score = _read(source, piece)
            return (score, None) if score and _same(score, piece) else (None, "changed")
    return None, "changed"


def _read(source: Source, piece: TrainingPiece) -> Score | None:
    if (
        source.reader == "abc" and source.name != piece.id
    ):  # of a book of tunes this one only: reading all takes seconds
        try:
            book = abc_text.tunes(abc_text.decode(source.path.read_bytes()))
            scores = [read_tune(tune) for tune in book if f"{source.name}:{tune.number}" == piece.id]
        except (OSError, ScoreError):
            return None
    else:
        scores = [stored.score() for name, _, stored in read_source(source).pieces if name == piece.id]
    return scores[0].replace(title=piece.title) if scores else None


def _same(score: Score, piece: TrainingPiece) -> bool:
    """Whether the score is what the list was made from."""
    known = listing()
    if known is None:
        return False
    side = known.melody
    first, last = side.firsts[piece.number : piece.number + 2]
    return bool(np.array_equal(windows(sample(score).pitches, "melody")[0], side.hashes[first:last]))
