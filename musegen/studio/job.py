"""One call of a verb: from a grid with MASK to pieces, the given notes untouched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import lcm
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.corpora.phrases import phrase_plan
from musegen.corpora.windows import UNKNOWN_EDGE, key_index, step_conditions
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, LaneCodec, LaneGrid
from musegen.models.base import MaskedModel, SequenceModel
from musegen.models.sampling import compose
from musegen.score import Key, Note, Score
from musegen.studio.drafts import best_rows, worth
from musegen.studio.recipe import Piece, Recipe
from musegen.studio.voices import LANES_FOR, VOICES, Range, lane_ranges, style_index
from musegen.theory import key_of

PASSES = 28
DRAFTS = 4
STRICTNESS = 4.0
_SHORT = 16  # bars
SURPRISE = 0.8  # where dissonance and chords are as in the validation set; at 1 the music is a little too wild


class Asked(TypedDict, total=False):
    """What every verb can be asked; the names and meanings are those of ``Ask``."""

    style: str
    n: int
    seed: int
    temperature: float
    ranges: Mapping[str, Range]
    passes: int
    drafts: int
    strictness: float
    progress: Callable[[float], None]


@dataclass(frozen=True)
class Ask:
    """What every verb can be asked.

    Attributes:
        style: A style of the checkpoint ("chorale/bach") or a family ("chorale", "folk"); "" = by the voices.
        n: Alternatives, at least 1.
        seed: Same seed, same notes.
        temperature: Surprise, greater than 0; 1 is as the model learnt it.
        ranges: Lowest and highest pitch by voice name, see ``RANGES``; new notes keep to them.
        passes: How often a model that fills all over goes over the music; a model that plays passes once.
        drafts: How many drafts of each alternative a model that plays makes, of which the best is kept.
        strictness: How firmly new notes avoid parallel fifths and octaves and awkward leaps, in nats;
            0 = as the model learnt it.
        progress: Called with the share done, 0-1.

    Raises:
        ScoreError: A value makes no sense.
    """

    style: str = ""
    n: int = 4
    seed: int = 0
    temperature: float = SURPRISE
    ranges: Mapping[str, Range] = field(default_factory=dict)
    passes: int = PASSES
    drafts: int = DRAFTS
    strictness: float = STRICTNESS
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        if min(self.n, self.passes, self.drafts) < 1 or self.temperature <= 0 or self.strictness < 0:
            raise ScoreError("The number of pieces, the passes, the drafts and the surprise must be greater than 0.")


@dataclass(frozen=True, eq=False)
class Work:
    """A given score, ready for the model: one part a column, its own ticks kept.

    Attributes:
        score: The parts that are worked on.
        grid: The same on the model's grid.
        lanes: Which of the model's lanes the columns of the grid are.
    """

    score: Score
    grid: LaneGrid
    lanes: tuple[int, ...]

    @property
    def style(self) -> str:
        """The family that so many voices suggest."""
        return "folk" if len(self.lanes) == 1 else "chorale"

    @property
    def step(self) -> int:
        """Ticks of a grid step."""
        return self.score.resolution // self.grid.steps_per_quarter

    def columns(self, voices: Sequence[int | str] | None) -> list[int]:
        """Columns of the grid for numbers or names of voices."""
        if voices is None:
            return list(range(len(self.lanes)))
        names = [track.name.lower() for track in self.score.tracks]
        choir = [VOICES[lane] for lane in self.lanes]
        found = []
        for voice in voices:
            if isinstance(voice, int) and 0 <= voice < len(names):
                found.append(voice)
            elif isinstance(voice, str) and voice.lower() in names:
                found.append(names.index(voice.lower()))
            elif isinstance(voice, str) and len(choir) > 1 and voice.lower() in choir:
                found.append(choir.index(voice.lower()))
            else:
                known = ", ".join(track.name or str(i) for i, track in enumerate(self.score.tracks))
                raise ScoreError(f"There is no voice “{voice}” in this score. Its voices: {known}.")
        return sorted(set(found))


def prepare(checkpoint: Checkpoint, score: Score) -> Work:
    """Keeps the parts as they are where each holds one note at a time; else folds them into four lanes.

    Raises:
        ScoreError: No pitched notes.
    """
    score = with_steps(score, checkpoint.codec.steps_per_quarter)
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum and score.track_notes(i)]
    codec = LaneCodec(min(max(len(pitched), 1), checkpoint.codec.lanes), checkpoint.codec.steps_per_quarter)
    if len(pitched) == 1 and _polyphonic(score.track_notes(pitched[0])):
        codec = checkpoint.codec
    grid = codec.encode(score)
    folded = any(what == "folded" for what, _ in grid.remarks)
    own = codec.decode(grid) if folded else score.select_tracks(pitched)
    return Work(own, grid, LANES_FOR[codec.lanes])


def with_steps(score: Score, steps_per_quarter: int) -> Score:
    """The same score in ticks that make up whole grid steps."""
    return score.with_resolution(lcm(score.resolution, steps_per_quarter))


def _polyphonic(notes: Sequence[Note]) -> bool:
    """More than a few notes sound together with others; a slur's overlap is none."""
    overlaps = sum(a.end - b.onset > (a.duration // 2) for a, b in pairwise(notes))
    return overlaps > 0.02 * len(notes)


@dataclass(frozen=True, eq=False)
class Job:
    """A verb about to be done.

    Attributes:
        checkpoint: The composer.
        verb: Its name, for the recipe.
        ask: What every verb can be asked, the style decided.
        lanes: Which of the model's lanes the columns of the grid are.
        settings: The verb's own arguments, for the recipe.
    """

    checkpoint: Checkpoint
    verb: str
    ask: Ask
    lanes: tuple[int, ...]
    settings: Mapping[str, Any]

    def rewrite(self, work: Work, masks: Sequence[NDArray[np.bool_]], source: Score) -> list[Piece]:
        """Writes the free cells [steps, columns] anew, a mask for each alternative; notes come and go whole."""
        steps = max(len(masks[0]), len(work.grid.tokens))
        base = np.full((steps, work.grid.tokens.shape[1]), REST, np.int16)
        base[: len(work.grid.tokens)] = work.grid.tokens
        contexts, kept = [], []
        for mask in masks:
            free = whole_notes(base, mask)
            contexts.append(np.where(free, MASK, base).astype(np.int16))
            place = [min(nearest_step(n.onset, work.step) + work.grid.lead, steps - 1) for n in work.score.notes]
            notes = zip(work.score.notes, place, strict=True)
            kept.append(tuple(note for note, step in notes if not free[step, note.track]))
        return self.run(work.grid, contexts, kept, source=source)

    def run(
        self,
        grid: LaneGrid,
        contexts: Sequence[NDArray[np.int16]],
        given: Sequence[tuple[Note, ...]],
        *,
        keys: Sequence[Key] = (),
        source: Score | None = None,
        no_rest: int = 0,
        phrase_bars: int = 0,
    ) -> list[Piece]:
        """Composes all MASK cells.

        Args:
            grid: Frame of the pieces.
            contexts: For each alternative, tokens [steps, columns] with MASK where music is wanted.
            given: For each alternative, the notes that come back as they are.
            keys: For each alternative, its key; not needed where there is a source.
            source: The caller's score.
            no_rest: So many first steps may not be silent.
            phrase_bars: Bars of every phrase; 0 = as the music goes.

        Raises:
            ScoreError: The model can't do this, or doesn't know the style.
        """
        ask, model, beat = self.ask, self.checkpoint.model, self.checkpoint.codec.steps_per_quarter
        if not isinstance(model, MaskedModel | SequenceModel):
            raise ScoreError(f"“{self.checkpoint.path.name}” can't be used for this: it only makes music from noise.")
        steps, width = len(contexts[0]), self.checkpoint.codec.lanes
        wide = np.full((ask.n, -(-steps // beat) * beat, width), MASK, np.int16)
        wide[:, steps:] = REST
        wide[:, :steps, list(self.lanes)] = np.stack(contexts)
        wide[:, : grid.lead] = np.where(wide[:, : grid.lead] == MASK, REST, wide[:, : grid.lead])
        known = list(keys) if source is None else [key_of(source)] * ask.n
        style = style_index(self.checkpoint, ask.style)
        drafts = ask.drafts if isinstance(model, SequenceModel) else 1
        wide = np.repeat(wide, drafts, axis=0)
        known = [key for key in known for _ in range(drafts)]
        conditions = _conditions(grid, wide.shape[1], style, known, self.lanes, width, phrase_bars)
        tokens = compose(
            model,
            wide,
            conditions,
            seed=ask.seed,
            temperature=ask.temperature,
            passes=ask.passes,
            ranges=lane_ranges(ask.style, ask.ranges, width),
            strictness=ask.strictness,
            no_rest=no_rest,
            progress=ask.progress,
        )
        if drafts > 1:
            rows = best_rows(worth(self.checkpoint.critic, wide, tokens, conditions), drafts)
            tokens, known = tokens[rows], [known[row] for row in rows]
        tokens = tokens[:, :steps, list(self.lanes)]
        pieces = []
        for index in range(ask.n):
            recipe = self._recipe(index, source, drafts)
            score = grid.frame.replace(
                notes=_join(grid, contexts[index], tokens[index], given[index]),
                key=grid.frame.key or known[index],
                title=_retitle(self.verb, grid.frame, index),
                provenance={**grid.frame.provenance, "recipe": recipe.to_json()},
            )
            pieces.append(Piece(score, recipe, grid.remarks))
        return pieces

    def _recipe(self, index: int, source: Score | None, drafts: int) -> Recipe:
        ask = self.ask
        ranges = {name: list(span) for name, span in ask.ranges.items()}
        common = {
            "style": ask.style,
            "temperature": ask.temperature,
            "passes": ask.passes,
            "drafts": drafts,
            "strictness": ask.strictness,
            "ranges": ranges,
        }
        return Recipe(
            verb=self.verb,
            model=self.checkpoint.path.name,
            weights=self.checkpoint.sha256[:16],
            seed=ask.seed,
            index=index,
            n=ask.n,
            settings={**self.settings, **common},
            source=source.fingerprint if source else "",
        )


def whole_notes(tokens: NDArray[np.int16], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``free`` [steps, lanes] changed so that notes come and go whole.

    The held part of a note that begins outside is not free; the held part of a note that begins inside is.
    """
    free = free.copy()
    for step in range(1, len(tokens)):
        held = tokens[step] == HOLD
        free[step] = np.where(held, free[step - 1] & held, free[step])
    return free


def nearest_step(tick: int, step: int) -> int:
    """The grid step nearest to a tick; halves go up, as in ``Score.quantise``."""
    return (2 * tick + step) // (2 * step)


def _join(
    grid: LaneGrid, context: NDArray[np.int16], tokens: NDArray[np.int16], given: tuple[Note, ...]
) -> tuple[Note, ...]:
    """The given notes as they are, and the composed ones around them, cut where a given note of the voice begins."""
    codec = LaneCodec(tokens.shape[1], grid.steps_per_quarter)
    decoded = codec.decode(replace(grid, velocities=np.zeros(tokens.shape, np.uint8)).with_tokens(tokens))
    step = decoded.resolution // grid.steps_per_quarter
    notes = list(given)
    for note in decoded.notes:
        if context[note.onset // step + grid.lead, note.track] != MASK:
            continue
        onset, end = note.onset, note.end
        for other in given:
            if other.track == note.track and other.onset < end and other.end > onset:
                if other.onset <= onset:
                    onset = other.end
                else:
                    end = other.onset
        if end > onset:
            notes.append(replace(note, onset=onset, duration=end - onset))
    return tuple(notes)


def _conditions(
    grid: LaneGrid,
    steps: int,
    style: int,
    keys: Sequence[Key],
    lanes: tuple[int, ...],
    width: int,
    phrase_bars: int,
) -> dict[str, NDArray[Any]]:
    longer = grid.with_tokens(np.full((steps, grid.tokens.shape[1]), REST, np.int16))
    rows: dict[str, NDArray[Any]] = step_conditions(longer)
    if phrase_bars:
        upbeat = nearest_step(grid.frame.pickup, grid.frame.resolution // grid.steps_per_quarter)
        rows["to_phrase_end"] = phrase_plan(*longer.bar_positions(), phrase_bars, upbeat=upbeat)
    if len(set(longer.bar_positions()[2])) < _SHORT:
        # Few real pieces are near their beginning and their end at once; near its end is what a short one has to be.
        rows["from_start"] = np.full_like(rows["from_start"], UNKNOWN_EDGE)
    rows |= {"present": np.isin(np.arange(width), lanes), "style": np.array(style)}
    repeated = {name: np.repeat(row[None], len(keys), axis=0) for name, row in rows.items()}
    return repeated | {"key": np.array([key_index(key) for key in keys])}


def draw_key(seed: int, index: int) -> Key:
    """A key of up to four sharps or flats; two thirds are major, as in the chorale books."""
    rng = np.random.default_rng([seed, index, 11])
    return Key(int(rng.integers(-4, 5)), "major" if rng.random() < 2 / 3 else "minor")


def _retitle(verb: str, score: Score, index: int) -> str:
    words = {"continue": "continued", "harmonise": "harmonised", "fill": "filled", "vary": "varied"}
    how = f" ({words[verb]})" if verb in words else ""
    return f"{score.title or 'Untitled'}{how} · {index + 1}"
