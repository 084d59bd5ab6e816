"""The verbs: generate, continue, harmonise, fill, vary. Scores in, pieces out; every verb is a mask.

A ``Piece`` is a score and its recipe. Notes that the caller gave come back exactly as they were, to the tick, also
where they lie off the model's grid. The same recipe gives the same notes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint
from musegen.corpora.windows import key_index, step_conditions
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, LaneCodec, LaneGrid, Remark
from musegen.models.base import MaskedModel
from musegen.models.sampling import compose
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.theory import key_of

Range = tuple[int, int]
Progress = Callable[[float], None]

VOICES = ("soprano", "alto", "tenor", "bass")
RANGES: Mapping[str, Range] = {
    "soprano": (60, 81), "alto": (53, 74), "tenor": (47, 69), "bass": (38, 62), "melody": (55, 88),
}  # fmt: skip
"""Lowest and highest pitch of a voice unless the caller says otherwise: what choirs sing, what fiddles play."""

PASSES = 28
MOST_BARS = 64
_PROGRAMS = {"chorale": 52, "folk": 73, "folk/japanese": 107, "folk/irish": 73, "folk/british": 40, "folk/american": 40}
_TEMPOS = {"chorale": 84.0, "folk": 108.0}
_LANES_FOR = {1: (0,), 2: (0, 3), 3: (0, 1, 3), 4: (0, 1, 2, 3)}  # which voices of a choir so many parts are


@dataclass(frozen=True)
class Recipe:
    """All that is needed to make a piece again.

    Attributes:
        verb: "generate", "continue", "harmonise", "fill" or "vary".
        model: Name of the checkpoint's folder.
        weights: SHA-256 of the weights, 16 digits.
        seed: The caller's.
        index: Which of the ``n`` alternatives it is, from 0.
        n: How many were asked for.
        settings: The verb's other arguments, as JSON values.
        source: Fingerprint of the score that was given, "" if none was.
    """

    verb: str
    model: str
    weights: str
    seed: int
    index: int
    n: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def to_json(self) -> str:
        """One line of JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The opposite of ``to_json``. Raises ScoreError if the text is no recipe."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise ScoreError("This is not a recipe of musegen's.") from error


@dataclass(frozen=True)
class Piece:
    """Music that a model made, and how; the recipe also stands in ``score.provenance["recipe"]``.

    Attributes:
        score: The music.
        recipe: How to make it again.
        remarks: What had to be changed in the given score to work on it.
    """

    score: Score
    recipe: Recipe
    remarks: tuple[Remark, ...] = ()


def generate(
    checkpoint: Checkpoint,
    *,
    style: str = "chorale",
    bars: int = 8,
    metre: tuple[int, int] = (4, 4),
    key: Key | None = None,
    tempo: float | None = None,
    n: int = 4,
    seed: int = 0,
    temperature: float = 1.0,
    ranges: Mapping[str, Range] | None = None,
    passes: int = PASSES,
    progress: Progress | None = None,
) -> list[Piece]:
    """``n`` whole new pieces.

    Args:
        checkpoint: The composer.
        style: A style of the checkpoint ("chorale/bach"), or a family ("chorale", "folk").
        bars: Length, 1-64.
        metre: Numerator and denominator.
        key: Key asked for, or None to leave it open.
        tempo: Quarter notes a minute; None = the style's.
        n: Alternatives, at least 1.
        seed: Same seed, same notes.
        temperature: Surprise; 1 is as the model learnt it.
        ranges: Lowest and highest pitch by voice name, see ``RANGES``.
        passes: How often the model goes over the piece.
        progress: Called with the share done, 0-1.

    Raises:
        ScoreError: An argument makes no sense; the message says which.
    """
    if not 1 <= bars <= MOST_BARS:
        raise ScoreError(f"A piece can have 1-{MOST_BARS} bars, not {bars}.")
    family = _family(checkpoint, style)
    lanes = _LANES_FOR[1] if family == "folk" else _LANES_FOR[4]
    tracks = tuple(Track(name, _PROGRAMS.get(style, _PROGRAMS[family])) for name in _track_names(lanes, family))
    frame = Score(
        (), tracks, 480, (Tempo(0, tempo or _TEMPOS[family]),), (Metre(0, *metre),), key, title=_title(family, seed)
    )
    step = frame.resolution // checkpoint.codec.steps_per_quarter
    ticks = bars * 4 * frame.resolution * metre[0] // metre[1]
    if ticks % step:
        raise ScoreError(f"{metre[0]}/{metre[1]} doesn't fit the model's grid of sixteenth notes.")
    tokens = np.full((ticks // step, len(lanes)), MASK, np.int16)
    grid = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame, checkpoint.codec.steps_per_quarter)
    settings = {
        "style": style,
        "bars": bars,
        "metre": list(metre),
        "key": key and [key.fifths, key.mode],
        "tempo": tempo,
    }
    job = _Job(checkpoint, "generate", settings, style, lanes, n, seed, temperature, ranges, passes, progress)
    keys = [key or _draw_key(seed, index) for index in range(max(n, 1))]
    return job.run(grid, keys=keys, given=())


def continue_(
    checkpoint: Checkpoint, score: Score, *, bars: int = 8, style: str | None = None, n: int = 4, seed: int = 0,
    temperature: float = 1.0, ranges: Mapping[str, Range] | None = None, passes: int = PASSES,
    progress: Progress | None = None,
) -> list[Piece]:  # fmt: skip
    """The given score, unchanged, and ``bars`` more after its last bar, coming to an end.

    The arguments are those of ``generate``; ``style`` None = by the number of voices.

    Raises:
        ScoreError: No pitched notes, or too long in all.
    """
    work = _prepare(checkpoint, score)
    last = work.grid.frame.replace(notes=work.score.notes).bars()[-1]
    metre = work.score.metres[-1]
    total = len(work.score.bars()) + bars
    if bars < 1 or total > 4 * MOST_BARS:
        raise ScoreError(f"I can add 1 bar or more, up to {4 * MOST_BARS} in all; {total} were asked for.")
    codec = checkpoint.codec.steps_per_quarter
    step = work.score.resolution // codec
    added = bars * 4 * work.score.resolution * metre.numerator // metre.denominator
    steps = -(-(last.end + work.grid.lead * step + added) // step)
    tokens = np.full((steps, work.grid.tokens.shape[1]), MASK, np.int16)
    begin = (last.end + work.grid.lead * step) // step
    old = min(len(work.grid.tokens), begin)
    tokens[:begin] = REST
    tokens[:old] = work.grid.tokens[:old]
    settings = {"bars": bars, "style": style}
    job = _Job(
        checkpoint,
        "continue",
        settings,
        style or work.style,
        work.lanes,
        n,
        seed,
        temperature,
        ranges,
        passes,
        progress,
    )
    return job.run(work.grid.with_tokens(tokens), given=work.score.notes, source=score, remarks=work.grid.remarks)


def harmonise(
    checkpoint: Checkpoint, score: Score, *, voice: str = "auto", style: str = "chorale", n: int = 4, seed: int = 0,
    temperature: float = 1.0, ranges: Mapping[str, Range] | None = None, passes: int = PASSES,
    progress: Progress | None = None,
) -> list[Piece]:  # fmt: skip
    """The melody of the given score with three voices added to it.

    Args:
        checkpoint: The composer.
        score: Its melody is the part named so, else the first; other parts are left out (see ``Piece.remarks``).
        voice: Which voice of the choir the melody is: one of ``VOICES``, or "auto" to judge by its height.
        style: A chorale style.
        n: As in ``generate``, and so are the arguments not named here.
        seed: See ``generate``.
        temperature: See ``generate``.
        ranges: See ``generate``; the added voices keep to them.
        passes: See ``generate``.
        progress: See ``generate``.

    Raises:
        ScoreError: No pitched notes, or no such voice or style.
    """
    grid = LaneCodec(1, checkpoint.codec.steps_per_quarter).encode(score)
    part = next((count - 1 for what, count in grid.remarks if what == "melody_part"), 0)
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum and score.track_notes(i)]
    melody = score.select_tracks([pitched[part]])
    kept = LaneCodec(1, checkpoint.codec.steps_per_quarter).decode(grid)
    if any(a.end > b.onset for a, b in pairwise(melody.notes)):
        melody = kept  # a polyphonic part: its highest line, on the grid
    sung = grid.tokens[:, 0]
    mean = float(sung[sung < REST].mean())
    if voice == "auto":
        lane = 0 if mean >= 58 else (2 if mean >= 53 else 3)
    elif voice in VOICES:
        lane = VOICES.index(voice)
    else:
        raise ScoreError(f"“{voice}” is no voice: choose one of {', '.join(VOICES)}, or auto.")
    # The composer hears the melody in the octave where that voice sings; the caller's notes stay where they are.
    low, high = RANGES[VOICES[lane]]
    shift = 12 * round(((low + high) / 2 - mean) / 12) if not low <= mean <= high else 0
    tokens = np.full((len(sung), 4), MASK, np.int16)
    tokens[:, lane] = np.where(sung < REST, np.clip(sung + shift, 0, 127), sung)
    names = _track_names((0, 1, 2, 3), "chorale")
    program = melody.tracks[0].program
    tracks = tuple(
        Track(melody.tracks[0].name or name, program) if i == lane else Track(name, _PROGRAMS["chorale"])
        for i, name in enumerate(names)
    )
    frame = melody.replace(notes=(), tracks=tracks)
    wide = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame, grid.steps_per_quarter, grid.remarks)
    given = tuple(replace(note, track=lane) for note in melody.notes)
    settings = {"voice": voice, "style": style}
    job = _Job(checkpoint, "harmonise", settings, style, (0, 1, 2, 3), n, seed, temperature, ranges, passes, progress)
    return job.run(wide, given=given, source=score, remarks=grid.remarks)


def fill(
    checkpoint: Checkpoint, score: Score, *, bars: tuple[int, int], voices: Sequence[int | str] | None = None,
    style: str | None = None, n: int = 4, seed: int = 0, temperature: float = 1.0,
    ranges: Mapping[str, Range] | None = None, passes: int = PASSES, progress: Progress | None = None,
) -> list[Piece]:  # fmt: skip
    """New music in some bars of some voices; all else stays.

    A note that begins before the bars and sounds into them stays whole; a note that begins in them goes whole.

    Args:
        checkpoint: The composer.
        score: What to fill.
        bars: First and last bar, as printed, inclusive.
        voices: Numbers of parts from 0, or names ("alto"); None = all.
        style: None = by the number of voices.
        n: As in ``generate``, and so are the arguments not named here.
        seed: See ``generate``.
        temperature: See ``generate``.
        ranges: See ``generate``.
        passes: See ``generate``.
        progress: See ``generate``.

    Raises:
        ScoreError: No such bars or voices.
    """
    work = _prepare(checkpoint, score)
    chosen = [bar for bar in work.score.bars() if bars[0] <= bar.number <= bars[1]]
    if not chosen or bars[0] > bars[1]:
        numbers = [bar.number for bar in work.score.bars()]
        raise ScoreError(f"There are no bars {bars[0]}-{bars[1]}: the score has bars {numbers[0]}-{numbers[-1]}.")
    columns = work.columns(voices)
    step = work.score.resolution // checkpoint.codec.steps_per_quarter
    start, stop = chosen[0].start // step + work.grid.lead, -(-chosen[-1].end // step) + work.grid.lead
    if chosen[0].number == 0:
        start = work.grid.lead
    free = np.zeros((max(stop, len(work.grid.tokens)), work.grid.tokens.shape[1]), bool)
    free[start:stop, columns] = True
    settings = {"bars": list(bars), "voices": None if voices is None else list(voices), "style": style}
    job = _Job(
        checkpoint, "fill", settings, style or work.style, work.lanes, n, seed, temperature, ranges, passes, progress
    )
    return job.run_free(work, [free] * n, source=score)


def vary(
    checkpoint: Checkpoint, score: Score, *, amount: float = 0.4, voices: Sequence[int | str] | None = None,
    style: str | None = None, n: int = 4, seed: int = 0, temperature: float = 1.0,
    ranges: Mapping[str, Range] | None = None, passes: int = PASSES, progress: Progress | None = None,
) -> list[Piece]:  # fmt: skip
    """The given score with some of it written anew, here and there.

    Args:
        checkpoint: The composer.
        score: What to vary.
        amount: Share of the half-note stretches that may change, 0 (close to mine) to 1 (surprising); more than 0.
        voices: Which voices may change, see ``fill``; None = all.
        style: None = by the number of voices.
        n: As in ``generate``, and so are the arguments not named here.
        seed: See ``generate``.
        temperature: See ``generate``.
        ranges: See ``generate``.
        passes: See ``generate``.
        progress: See ``generate``.

    Raises:
        ScoreError: No such voices, or an amount outside 0-1.
    """
    if not 0 < amount <= 1:
        raise ScoreError(f"The amount of variation lies between 0 and 1, not {amount}.")
    work = _prepare(checkpoint, score)
    columns = work.columns(voices)
    steps, lanes = work.grid.tokens.shape
    masks = []
    for index in range(n):
        rng = np.random.default_rng([seed, index, 7])
        size = 2 * checkpoint.codec.steps_per_quarter
        chosen = rng.random((-(-steps // size), lanes)) < amount
        if not chosen[:, columns].any():
            chosen[int(rng.integers(len(chosen))), columns] = True
        free = np.repeat(chosen, size, axis=0)[:steps]
        free[:, [c for c in range(lanes) if c not in columns]] = False
        free[: work.grid.lead] = False
        masks.append(free)
    settings = {"amount": amount, "voices": None if voices is None else list(voices), "style": style}
    job = _Job(
        checkpoint, "vary", settings, style or work.style, work.lanes, n, seed, temperature, ranges, passes, progress
    )
    return job.run_free(work, masks, source=score)


# --- the way through ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Work:
    """A given score, ready for the model: one part a lane, its own ticks kept.

    ``lanes`` says which of the model's lanes the columns of the grid are.
    """

    score: Score
    grid: LaneGrid
    lanes: tuple[int, ...]

    @property
    def style(self) -> str:
        return "folk" if len(self.lanes) == 1 else "chorale"

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


def _prepare(checkpoint: Checkpoint, score: Score) -> _Work:
    """Keeps the parts as they are where each holds one note at a time; else folds them into four lanes."""
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum and score.track_notes(i)]
    codec = LaneCodec(min(max(len(pitched), 1), checkpoint.codec.lanes), checkpoint.codec.steps_per_quarter)
    if len(pitched) == 1 and _polyphonic(score.track_notes(pitched[0])):
        codec = checkpoint.codec
    grid = codec.encode(score)
    folded = any(what == "folded" for what, _ in grid.remarks)
    own = codec.decode(grid) if folded else score.select_tracks(pitched)
    if own.resolution % checkpoint.codec.steps_per_quarter:
        own = own.with_resolution(own.resolution * checkpoint.codec.steps_per_quarter)
    return _Work(own, grid, _LANES_FOR[codec.lanes])


def _polyphonic(notes: Sequence[Note]) -> bool:
    """More than a few notes sound together with others; a slur's overlap is none."""
    overlaps = sum(a.end - b.onset > (a.duration // 2) for a, b in pairwise(notes))
    return overlaps > 0.02 * len(notes)


@dataclass(frozen=True, eq=False)
class _Job:
    """One call of a verb: from a grid with MASK to pieces."""

    checkpoint: Checkpoint
    verb: str
    settings: Mapping[str, Any]
    style: str
    lanes: tuple[int, ...]
    n: int
    seed: int
    temperature: float
    ranges: Mapping[str, Range] | None
    passes: int
    progress: Progress | None

    def run_free(self, work: _Work, masks: Sequence[NDArray[np.bool_]], source: Score) -> list[Piece]:
        """Rewrites the free cells [steps, columns] of each alternative; whole notes come and go."""
        steps = max(len(masks[0]), len(work.grid.tokens))
        base = np.full((steps, work.grid.tokens.shape[1]), REST, np.int16)
        base[: len(work.grid.tokens)] = work.grid.tokens
        contexts, kept = [], []
        for mask in masks:
            free = whole_notes(base, mask)
            contexts.append(np.where(free, MASK, base).astype(np.int16))
            step = work.score.resolution // work.grid.steps_per_quarter
            kept.append(
                tuple(
                    note for note in work.score.notes
                    if not free[min(_near(note.onset, step) + work.grid.lead, steps - 1), note.track]
                )
            )  # fmt: skip
        return self._compose(work.grid, contexts, kept, (), source, work.grid.remarks)

    def run(
        self, grid: LaneGrid, *, given: tuple[Note, ...], keys: Sequence[Key] = (), source: Score | None = None,
        remarks: tuple[Remark, ...] = (),
    ) -> list[Piece]:  # fmt: skip
        """Composes all MASK cells of one grid, ``n`` times; ``given`` notes come back as they are."""
        return self._compose(grid, [grid.tokens] * self.n, [given] * self.n, keys, source, remarks)

    def _compose(
        self, grid: LaneGrid, contexts: Sequence[NDArray[np.int16]], given: Sequence[tuple[Note, ...]],
        keys: Sequence[Key], source: Score | None, remarks: tuple[Remark, ...],
    ) -> list[Piece]:  # fmt: skip
        if self.n < 1 or self.passes < 1 or self.temperature <= 0:
            raise ScoreError("The number of pieces, the passes and the surprise must be greater than 0.")
        model = self.checkpoint.model
        if not isinstance(model, MaskedModel):
            raise ScoreError(
                f"“{self.checkpoint.path.name}” can't be used for this: it only makes new music from noise."
            )
        steps = len(contexts[0])
        beat = self.checkpoint.codec.steps_per_quarter
        padded = -(-steps // beat) * beat
        wide = np.full((self.n, padded, self.checkpoint.codec.lanes), MASK, np.int16)
        wide[:, steps:] = REST
        wide[:, :steps, list(self.lanes)] = np.stack(contexts)
        lead = np.arange(padded) < grid.lead
        wide[:, lead] = np.where(wide[:, lead] == MASK, REST, wide[:, lead])
        family = _family(self.checkpoint, self.style)
        style = _style_index(self.checkpoint, self.style)
        known = list(keys) if source is None else [key_of(source)] * self.n
        tokens = compose(
            model, wide, _conditions(grid, padded, style, known, self.lanes, wide.shape[2]),
            seed=self.seed, temperature=self.temperature, passes=self.passes,
            ranges=self._ranges(family, wide.shape[2]), progress=self.progress,
        )[:, :steps, list(self.lanes)]  # fmt: skip
        pieces = []
        asked = {name: list(span) for name, span in (self.ranges or {}).items()}
        common = {"temperature": self.temperature, "passes": self.passes, "ranges": asked}
        for index in range(self.n):
            notes = _join(grid, contexts[index], tokens[index], given[index])
            recipe = Recipe(
                self.verb, self.checkpoint.path.name, self.checkpoint.sha256[:16], self.seed, index, self.n,
                {**self.settings, **common},
                source.fingerprint if source else "",
            )  # fmt: skip
            score = grid.frame.replace(notes=notes, key=grid.frame.key or known[index])
            score = score.replace(
                title=_retitle(self.verb, score, index), provenance={**score.provenance, "recipe": recipe.to_json()}
            )
            pieces.append(Piece(score, recipe, remarks))
        return pieces

    def _ranges(self, family: str, lanes: int) -> list[Range]:
        asked = {name.lower(): span for name, span in (self.ranges or {}).items()}
        for name, (low, high) in asked.items():
            if name not in RANGES or not 0 <= low < high <= 127:
                raise ScoreError(f"“{name}”: {low}-{high} is no range. Voices are {', '.join(RANGES)}; pitches 0-127.")
        if family == "folk":
            return [asked.get("melody", asked.get("soprano", RANGES["melody"]))] * lanes
        return [asked.get(name, RANGES[name]) for name in VOICES[:lanes]]


def whole_notes(tokens: NDArray[np.int16], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``free`` [steps, lanes] changed so that notes come and go whole.

    The held part of a note that begins outside is not free; the held part of a note that begins inside is.
    """
    free = free.copy()
    for step in range(1, len(tokens)):
        held = tokens[step] == HOLD
        free[step] = np.where(held, free[step - 1] & held, free[step])
    return free


def _near(tick: int, step: int) -> int:
    return (2 * tick + step) // (2 * step)


def _join(
    grid: LaneGrid, context: NDArray[np.int16], tokens: NDArray[np.int16], given: tuple[Note, ...]
) -> tuple[Note, ...]:
    """The given notes as they are, and the composed ones around them, cut where a given note of the voice begins."""
    codec = LaneCodec(tokens.shape[1], grid.steps_per_quarter)
    decoded = codec.decode(replace(grid, velocities=np.zeros(tokens.shape, np.uint8)).with_tokens(tokens))
    step = decoded.resolution // grid.steps_per_quarter
    ratio = decoded.resolution // grid.frame.resolution
    notes = list(given)
    for note in decoded.notes:
        if context[note.onset // step + grid.lead, note.track] != MASK:
            continue
        onset, end = note.onset // ratio, note.end // ratio
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
    grid: LaneGrid, steps: int, style: int, keys: Sequence[Key], lanes: tuple[int, ...], width: int
) -> dict[str, NDArray[Any]]:
    longer = grid.with_tokens(np.full((steps, grid.tokens.shape[1]), REST, np.int16))
    rows: dict[str, NDArray[Any]] = step_conditions(longer)
    rows |= {"present": np.isin(np.arange(width), lanes), "style": np.array(style)}
    repeated = {name: np.repeat(row[None], len(keys), axis=0) for name, row in rows.items()}
    return repeated | {"key": np.array([key_index(key) for key in keys])}


def _draw_key(seed: int, index: int) -> Key:
    """A key of up to four sharps or flats; two thirds are major, as in the chorale books."""
    rng = np.random.default_rng([seed, index, 11])
    return Key(int(rng.integers(-4, 5)), "major" if rng.random() < 2 / 3 else "minor")


def _family(checkpoint: Checkpoint, style: str) -> str:
    _style_index(checkpoint, style)
    return style.split("/")[0]


def _style_index(checkpoint: Checkpoint, style: str) -> int:
    """Index of a style; "chorale" is the first of its family, Bach's, and "folk" is left open: 0."""
    for index, name in enumerate(checkpoint.styles):
        if name == style or (index and name.startswith(style + "/")):
            return index if name == style or style != "folk" else 0
    families = sorted({name.split("/")[0] for name in checkpoint.styles[1:]})
    raise ScoreError(f"There is no style “{style}”. There are: {', '.join((*families, *checkpoint.styles[1:]))}.")


def _track_names(lanes: tuple[int, ...], family: str) -> tuple[str, ...]:
    return ("Melody",) if family == "folk" else tuple(VOICES[lane].capitalize() for lane in lanes)


def _title(family: str, seed: int) -> str:
    return f"{'Melody' if family == 'folk' else 'Chorale'}, seed {seed}"


def _retitle(verb: str, score: Score, index: int) -> str:
    words = {
        "generate": "",
        "continue": " (continued)",
        "harmonise": " (harmonised)",
        "fill": " (filled)",
        "vary": " (varied)",
    }
    return f"{score.title or 'Untitled'}{words[verb]} · {index + 1}"
