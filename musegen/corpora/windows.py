"""Pieces as arrays, and the windows of them that models learn from.

A *window* is ``steps`` grid steps that begin at a bar line. Batch k depends on (seed, k) only, so that a training
that stops and goes on sees the same music as one that never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.corpora.phrases import UNKNOWN_PHRASE, beats_to_ends
from musegen.errors import CorpusError, ScoreError
from musegen.lanes import HOLD, REST, LaneCodec, LaneGrid, sounding
from musegen.score import Key, Score
from musegen.theory import key_of

_FAR = 8  # bars from an end that are told apart
UNKNOWN_EDGE = 9
"""Value of from_start and to_end where the distance is not told."""
_RANGES = {"chorale": ((57, 84), (50, 77), (43, 72), (34, 65)), "folk": ((46, 91),)}
Arrays = dict[str, NDArray[Any]]


class PieceLike(Protocol):
    """What is needed of a corpus piece."""

    @property
    def id(self) -> str:
        """Unique name."""

    @property
    def style(self) -> str:
        """What kind of music it is, see ``style_of``."""

    @property
    def culture(self) -> str:
        """Where it comes from."""

    @property
    def split(self) -> str:
        """One of "train", "valid", "test"."""

    @property
    def score(self) -> Score:
        """The music."""

    @property
    def phrase_ends(self) -> tuple[int, ...]:
        """Onset of the last melody note of each phrase in ticks of the score; empty where it is not known."""


@dataclass(frozen=True, eq=False)
class GridPiece:
    """A piece on the grid with the conditions of each step.

    Attributes:
        id: The corpus piece's.
        style: "chorale/bach", "chorale/hymn", "folk/irish", ...
        split: "train", "valid" or "test".
        key: 1 + 2 * tonic + minor, see ``key_index``.
        tokens: [steps, lanes of the codec].
        lanes: How many lanes hold music; the others are absent.
        position: [steps] place in the bar.
        bar_length: [steps] steps of the bar.
        bar: [steps] index of the bar.
        to_phrase_end: [steps] beats to the last note of the phrase, see ``phrases``.
    """

    id: str
    style: str
    split: str
    key: int
    tokens: NDArray[np.int16]
    lanes: int
    position: NDArray[np.int32]
    bar_length: NDArray[np.int32]
    bar: NDArray[np.int32]
    to_phrase_end: NDArray[np.int32]

    def starts(self, steps: int) -> NDArray[np.int64]:
        """Where a window of ``steps`` may begin: bar lines with half a window of music after them; always 0."""
        lines = np.flatnonzero(self.position == 0)
        fit = lines[lines <= max(len(self.tokens) - steps // 2, 0)]
        return fit if len(fit) else np.zeros(1, np.int64)

    @cached_property
    def shifts(self) -> tuple[int, ...]:
        """Transpositions in semitones, -6..5, that keep every voice in its range; 0 always."""
        low, high = -6, 5
        for lane, (lowest, highest) in zip(range(self.lanes), _RANGES[self.style.split("/")[0]], strict=False):
            pitches = self.tokens[:, lane][self.tokens[:, lane] < REST]
            if len(pitches):
                low, high = max(low, lowest - int(pitches.min())), min(high, highest - int(pitches.max()))
        return tuple(sorted({0, *range(low, high + 1)}))


def key_index(key: Key | None) -> int:
    """0 for an unknown key, else 1 + 2 * tonic + (1 if minor)."""
    return 0 if key is None else 1 + 2 * key.tonic + (key.mode == "minor")


def style_of(piece: PieceLike) -> str:
    """The style a piece teaches: "chorale/bach", "chorale/hymn", or "folk/" and the culture."""
    chorales = {"bach-chorale": "chorale/bach", "chorale": "chorale/bach", "hymn": "chorale/hymn"}
    return chorales.get(piece.style) or f"folk/{piece.culture or 'any'}"


def step_conditions(grid: LaneGrid) -> Arrays:
    """position, bar_length, from_start, to_end and to_phrase_end [steps] of a grid, as models expect them.

    Where phrases end is not known of a grid, see ``phrases.phrase_plan``.
    """
    position, length, bar = grid.bar_positions()
    last = bar[-1] if len(bar) else 0
    return {
        "position": np.minimum(position, 63),
        "bar_length": np.minimum(length, 64),
        "from_start": np.minimum(bar, _FAR),
        "to_end": np.minimum(last - bar, _FAR),
        "to_phrase_end": np.full_like(bar, UNKNOWN_PHRASE),
    }


def grid_piece(piece: PieceLike, codec: LaneCodec) -> GridPiece:
    """A corpus piece on the grid: chorales in all lanes, folk melodies in the first."""
    style = style_of(piece)
    lanes = codec.lanes if style.startswith("chorale/") else 1
    grid = LaneCodec(lanes, codec.steps_per_quarter).encode(piece.score)
    tokens = np.full((len(grid.tokens), codec.lanes), REST, np.int16)
    tokens[:, :lanes] = grid.tokens
    position, length, bar = grid.bar_positions()
    spq, quarter = codec.steps_per_quarter, piece.score.resolution
    ends = [grid.lead + (2 * tick * spq + quarter) // (2 * quarter) for tick in piece.phrase_ends]  # as notes round
    return GridPiece(
        piece.id, style, piece.split, key_index(key_of(piece.score)), tokens, lanes,
        np.minimum(position, 63), np.minimum(length, 64), bar,
        beats_to_ends(tokens[:, 0], ends, spq),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows over pieces, ready for a model.

    Attributes:
        pieces: All pieces of all splits.
        styles: Names of the styles; index 0 is "any".
        steps: Steps of a window.
        seed: All chance comes from it.
        weights: How often each family ("chorale", "folk") is drawn, by name; families not named weigh 1.
        refused: Pieces that could not be used, and why.
    """

    pieces: tuple[GridPiece, ...]
    styles: tuple[str, ...]
    steps: int
    seed: int
    weights: dict[str, float]
    refused: tuple[tuple[str, str], ...] = ()

    def split(self, name: str) -> list[GridPiece]:
        """The pieces of one split."""
        return [p for p in self.pieces if p.split == name]

    def batch(self, k: int, size: int) -> Arrays:
        """Training batch number ``k``: ``size`` windows, transposed at random within the voices' ranges."""
        rng = np.random.default_rng([self.seed, k])
        train = self._by_family
        families = list(train)
        share = np.array([self.weights.get(f, 1.0) for f in families])
        rows = []
        for _ in range(size):
            pieces, odds = train[families[int(rng.choice(len(families), p=share / share.sum()))]]
            piece = pieces[int(rng.choice(len(pieces), p=odds))]
            starts = piece.starts(self.steps)
            start = int(starts[rng.integers(len(starts))])
            rows.append(self._window(piece, start, int(rng.choice(piece.shifts))))
        return _stack(rows, int(rng.integers(2**31)))

    def fixed(self, split: str, family: str, size: int, most: int = 96) -> list[Arrays]:
        """The same windows each time, untransposed: the first and the last of each piece of a split and family."""
        rows = []
        for piece in self.split(split):
            if piece.style.startswith(family):
                starts = piece.starts(self.steps)
                rows += [self._window(piece, int(s), 0) for s in dict.fromkeys((starts[0], starts[-1]))]
        if len(rows) > most:
            rows = [rows[i] for i in np.linspace(0, len(rows) - 1, most).astype(int)]
        return [_stack(rows[i : i + size], i + 1) for i in range(0, len(rows), size)]

    @property
    def families(self) -> list[str]:
        """The parts of the style names before the slash."""
        return sorted({p.style.split("/")[0] for p in self.pieces})

    @cached_property
    def _by_family(self) -> dict[str, tuple[list[GridPiece], NDArray[np.float64]]]:
        result = {}
        for family in self.families:
            pieces = [p for p in self.split("train") if p.style.startswith(family)]
            if pieces:
                lengths = np.array([min(max(len(p.tokens), self.steps / 2), 4 * self.steps) for p in pieces])
                result[family] = (pieces, lengths / lengths.sum())
        if not result:
            raise CorpusError("There is no piece to train on. Choose a corpus that has pieces in its training split.")
        return result

    def _window(self, piece: GridPiece, start: int, shift: int) -> Arrays:
        stop = min(start + self.steps, len(piece.tokens))
        pad = self.steps - (stop - start)
        tokens = piece.tokens[start:stop].copy()
        if start and (tokens[0] == HOLD).any():  # a note held over from before the window begins anew
            tokens[0] = np.where(tokens[0] == HOLD, sounding(piece.tokens[: start + 1])[-1], tokens[0])
        tokens = np.where(tokens < REST, tokens + shift, tokens)
        last = int(piece.bar[-1])
        row: Arrays = {
            "tokens": np.pad(tokens, ((0, pad), (0, 0)), constant_values=REST),
            "valid": np.arange(self.steps) < stop - start,
            "position": np.pad(piece.position[start:stop], (0, pad)),
            "bar_length": np.pad(piece.bar_length[start:stop], (0, pad), mode="edge"),
            "from_start": np.pad(np.minimum(piece.bar[start:stop], _FAR), (0, pad), mode="edge"),
            "to_end": np.pad(np.minimum(last - piece.bar[start:stop], _FAR), (0, pad)),
            "to_phrase_end": np.pad(piece.to_phrase_end[start:stop], (0, pad), constant_values=UNKNOWN_PHRASE),
            "present": np.arange(tokens.shape[1]) < piece.lanes,
            "style": np.array(self.styles.index(piece.style) if piece.style in self.styles else 0),
            "key": np.array(transpose_key(piece.key, shift)),
        }
        return row


def transpose_key(key: int, semitones: int) -> int:
    """A key index ``semitones`` higher; 0 stays unknown."""
    return key and 1 + 2 * (((key - 1) // 2 + semitones) % 12) + (key - 1) % 2


def _stack(rows: Sequence[Arrays], seed: int) -> Arrays:
    batch = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    batch["seed"] = np.array(seed)
    return batch


def build_windows(
    pieces: Iterable[PieceLike],
    codec: LaneCodec,
    *,
    steps: int = 128,
    seed: int = 0,
    weights: dict[str, float] | None = None,
    styles: Sequence[str] | None = None,
    progress: Callable[[int, str], None] | None = None,
) -> Windows:
    """Puts pieces on the grid. Pieces that don't fit it are named in ``refused``, never dropped silently.

    Args:
        pieces: What to learn from, all splits.
        codec: The grid.
        steps: Steps of a window, a multiple of the steps of a beat.
        seed: All chance comes from it.
        weights: See ``Windows``.
        styles: Style names with "any" first, when they are given (by a checkpoint); else those found.
        progress: Called with (pieces done, id).

    Raises:
        CorpusError: No piece can be used.
    """
    done: list[GridPiece] = []
    refused: list[tuple[str, str]] = []
    for number, piece in enumerate(pieces):
        if progress:
            progress(number, piece.id)
        try:
            grid = grid_piece(piece, codec)
        except ScoreError as error:
            refused.append((piece.id, str(error)))
            continue
        if len(grid.tokens) < 8:
            refused.append((piece.id, "shorter than two quarter notes"))
            continue
        done.append(grid)
    if not done:
        raise CorpusError("None of these pieces can be used for training.")
    found = ("any", *sorted({p.style for p in done})) if styles is None else tuple(styles)
    return Windows(tuple(done), found, steps, seed, dict(weights or {}), tuple(refused))
