"""One call of a verb: from a grid with MASK to pieces, the given notes untouched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.corpora.phrases import UNKNOWN_PHRASE, phrase_plan
from musegen.corpora.windows import UNKNOWN_EDGE, key_index, step_conditions
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, LaneCodec, LaneGrid, Remark, sounding
from musegen.models.base import SequenceModel
from musegen.score import Key, Note, Score
from musegen.studio.ask import Ask
from musegen.studio.drafts import Ending
from musegen.studio.make import make
from musegen.studio.recipe import Piece, Recipe
from musegen.studio.voices import Range, lane_ranges, style_index
from musegen.studio.window import conditions_in, put_back, tokens_in, window_of
from musegen.studio.wishes import wishes
from musegen.studio.work import Work, nearest_step, whole_notes
from musegen.theory import key_of

_SHORT = 16  # bars
MOST_STEPS = 4096
"""Sixteenths that are worked on at once: 256 bars of 4/4."""


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

    def rewrite(
        self,
        work: Work,
        masks: Sequence[NDArray[np.bool_]],
        source: Score,
        *,
        stop: int | None = None,
        remarks: tuple[Remark, ...] = (),
    ) -> list[Piece]:
        """Writes the free cells [steps, columns] anew, a mask for each alternative; notes come and go whole.

        ``stop`` is the step after the last one that a cadence is for; None = the end of the piece.
        """
        base = work.tokens(len(masks[0]))
        steps = len(base)
        contexts, kept = [], []
        for mask in masks:
            free = whole_notes(base, mask)
            contexts.append(np.where(free, MASK, base).astype(np.int16))
            own = work.columned or [(note, note.track) for note in work.score.notes]
            kept.append([(n, c) for n, c in own if c < 0 or not free[work.place(n, steps), c]])
        grid = replace(work.grid, remarks=work.grid.remarks + remarks)
        given = [tuple(replace(note, track=column) for note, column in notes if column >= 0) for notes in kept]
        pieces = self.run(grid, contexts, given, source=source, stop=stop)
        if not work.home:
            return pieces
        found = zip(pieces, given, kept, strict=True)
        return [_given_back(work, piece, set(own), [n for n, _ in notes]) for piece, own, notes in found]

    def realism(self, work: Work, source: Score, free: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """How real the critic finds the cells [steps, columns] of given music; None where no critic is trusted.

        Of long music it hears what is free and what is around that (see ``window_of``); the rest counts as real.
        """
        if len(self.lanes) == 1 or not self.ask.critic or self.checkpoint.critic is None:
            return None
        wide = self._wide([work.tokens(len(free))])
        wide[:, :, [lane for lane in range(wide.shape[2]) if lane not in self.lanes]] = REST
        conditions = self._conditions(work.grid, wide.shape[1], [key_of(source)])
        window = window_of(np.pad(free.any(axis=1), (0, wide.shape[1] - len(free))))
        found = np.full(wide.shape[1:], np.inf)
        judged, _ = self.checkpoint.critic.judge(tokens_in(wide, window), conditions_in(conditions, window))
        found[window] = judged[0]
        return found[: len(free), list(self.lanes)]

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
        stop: int | None = None,
        prolong: bool = False,
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
            stop: The step after the last one that a cadence is for; None = the end.
            prolong: Given notes may be held on by what is composed after them.

        Raises:
            ScoreError: The model can't do this, doesn't know a style, or a wish can't be granted.
        """
        ask, steps = self.ask, len(contexts[0])
        wide = self._wide(contexts)
        wide[:, : grid.lead] = np.where(wide[:, : grid.lead] == MASK, REST, wide[:, : grid.lead])
        known = list(keys) if source is None else [key_of(source)] * ask.n
        conditions = self._conditions(grid, wide.shape[1], known, phrase_bars)
        wished = wishes(ask, grid, wide, self.lanes, known, steps if stop is None else stop)
        if wished.lean is not None:
            conditions["lean"] = wished.lean
        if wished.phrase is not None:
            unknown = conditions["to_phrase_end"] == UNKNOWN_PHRASE
            conditions["to_phrase_end"] = np.where(unknown, wished.phrase, conditions["to_phrase_end"])
        window = window_of((wide[:, :, list(self.lanes)] == MASK).any(axis=(0, 2)))
        length = window.stop - window.start
        if length > MOST_STEPS:
            raise ScoreError("This music is too long to work on at once. Choose fewer bars.")
        ending = Ending(ask.cadence, None if ask.cadence == "auto" else min(wished.stop - window.start, length))
        made = make(
            self.checkpoint,
            ask,
            tokens_in(wide, window),
            conditions_in(conditions, window),
            no_rest=max(no_rest - window.start, 0),
            ending=ending,
        )
        tokens = put_back(wide, made, window)[:, :steps, list(self.lanes)]
        if not prolong:
            ranges = lane_ranges(ask.style, ask.ranges, wide.shape[2])
            tokens = _struck_again(np.stack(contexts), tokens, [ranges[lane] for lane in self.lanes])
        pieces = []
        for index in range(ask.n):
            recipe = self._recipe(index, source)
            score = grid.frame.replace(
                notes=_join(grid, contexts[index], tokens[index], given[index], prolong),
                key=known[index] if source is None else grid.frame.key,  # a guess at the source's key stays one
                title=_retitle(self.verb, grid.frame, index),
                provenance={**grid.frame.provenance, "recipe": recipe.to_json()},
            )
            pieces.append(Piece(score, recipe, grid.remarks))
        return pieces

    def _wide(self, contexts: Sequence[NDArray[np.int16]]) -> NDArray[np.int16]:
        """[n, steps, width] in all of the model's lanes, whole beats; absent lanes hold MASK."""
        steps, beat = len(contexts[0]), self.checkpoint.codec.steps_per_quarter
        wide = np.full((len(contexts), -(-steps // beat) * beat, self.checkpoint.codec.lanes), MASK, np.int16)
        wide[:, steps:] = REST
        wide[:, :steps, list(self.lanes)] = np.stack(contexts)
        return wide

    def _conditions(
        self, grid: LaneGrid, steps: int, keys: Sequence[Key], phrase_bars: int = 0
    ) -> dict[str, NDArray[Any]]:
        ask, n = self.ask, len(keys)
        style = style_index(self.checkpoint, ask.style)
        found = _conditions(grid, steps, style, keys, self.lanes, self.checkpoint.codec.lanes, phrase_bars)
        if ask.other_style:
            found["other_style"] = np.full(n, style_index(self.checkpoint, ask.other_style))
            found["share"] = np.full(n, ask.style_share, np.float32)
        return found

    def _recipe(self, index: int, source: Score | None) -> Recipe:
        ask = self.ask
        ranges = {name: list(span) for name, span in ask.ranges.items()}
        common = {
            "style": ask.style,
            "temperature": ask.temperature,
            "passes": ask.passes,
            "drafts": ask.drafts if isinstance(self.checkpoint.model, SequenceModel) else 1,
            "rounds": ask.rounds,
            "doubt": ask.doubt,
            "strictness": ask.strictness,
            "density": ask.density,
            "ranges": ranges,
            "other_style": ask.other_style,
            "style_share": ask.style_share,
            "chords": {str(bar): chord for bar, chord in ask.chords.items()},
            "key_respected": float(ask.key_respected),
            "cadence": ask.cadence,
            "critic": ask.critic,
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


def _struck_again(contexts: NDArray[np.int16], tokens: NDArray[np.int16], ranges: Sequence[Range]) -> NDArray[np.int16]:
    """Tokens [n, steps, columns] in which a given note that is held on by what is composed is struck once more there.

    It ends where it was given to end, and without a new stroke there would be silence. What lies out of range stays so.
    """
    before, here = contexts[:, :-1], contexts[:, 1:]
    low, high = np.array(ranges).T
    heard = sounding(tokens)[:, 1:]
    held = (before != MASK) & (here == MASK) & (tokens[:, 1:] == HOLD) & (heard >= low) & (heard <= high)
    return np.concatenate([tokens[:, :1], np.where(held, heard, tokens[:, 1:])], axis=1)


def _given_back(work: Work, piece: Piece, own: set[Note], kept: Sequence[Note]) -> Piece:
    """A piece in the parts that were given: the notes that stay, and what was composed, all that is not ``own``."""
    notes = list(kept)
    for composed in (n for n in piece.score.notes if n not in own):
        note = replace(composed, track=work.home[composed.track])
        # Of voices that go to one part two may meet on a pitch, which the part has once.
        if work.parts or not any(
            n.track == note.track and n.pitch == note.pitch and n.onset < note.end and n.end > note.onset for n in notes
        ):
            notes.append(note)
    made = piece.score
    score = work.given.replace(notes=tuple(notes), key=made.key, title=made.title, provenance=made.provenance)
    return replace(piece, score=score)


def _join(
    grid: LaneGrid,
    context: NDArray[np.int16],
    tokens: NDArray[np.int16],
    given: tuple[Note, ...],
    prolong: bool = False,
) -> tuple[Note, ...]:
    """The given notes as they are, and the composed ones around them, cut where a given note of the voice begins.

    With ``prolong`` a given note goes on as long as what is composed right after it holds it.
    """
    codec = LaneCodec(tokens.shape[1], grid.steps_per_quarter)
    decoded = codec.decode(replace(grid, velocities=np.zeros(tokens.shape, np.uint8)).with_tokens(tokens))
    step = decoded.resolution // grid.steps_per_quarter
    if prolong:
        ends = {(note.onset, note.track): note.end for note in decoded.notes}
        last = {(nearest_step(note.onset, step) * step, note.track): note for note in given}
        held = {note: ends.get(place, 0) for place, note in last.items()}
        given = tuple(replace(n, duration=max(n.end, held.get(n, 0)) - n.onset) for n in given)
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


_DONE = {
    "continue": "continued", "harmonise": "harmonised", "fill": "filled", "vary": "varied", "refine": "refined",
    "blend": "blended",
}  # fmt: skip
_FORMER = re.compile(rf"(?: \((?:{'|'.join(_DONE.values())})\) · \d+)+$")


def _retitle(verb: str, score: Score, index: int) -> str:
    """The title with what was done last: that replaces what was done before."""
    how = f" ({_DONE[verb]})" if verb in _DONE else ""
    return f"{_FORMER.sub('', score.title) or 'Untitled'}{how} · {index + 1}"
