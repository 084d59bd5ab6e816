"""The verbs that add music: generate, continue, harmonise. Scores in, pieces out; every verb is a mask.

Notes that the caller gave come back exactly as they were, to the tick, also where they lie off the model's grid.
What every verb can be asked besides its own arguments (style, n, seed, temperature, ranges, passes, progress) stands
in ``Ask``.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Unpack

import numpy as np

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import MASK, REST, LaneCodec, LaneGrid
from musegen.score import Key, Metre, Score, Tempo, Track
from musegen.studio.ask import Ask, Asked
from musegen.studio.job import Job, draw_key
from musegen.studio.recipe import Piece
from musegen.studio.voices import LANES_FOR, RANGES, VOICES, program_of, style_index, tempo_of, voice_names
from musegen.studio.work import prepare, with_steps

MOST_BARS = 64
LONGEST_BAR = 16  # quarter notes
_CHOIR = LANES_FOR[4]
_WITH_PICKUP = ((4, 4), (3, 4))


def generate(
    checkpoint: Checkpoint,
    *,
    bars: int = 8,
    metre: tuple[int, int] = (4, 4),
    key: Key | None = None,
    tempo: float | None = None,
    phrase_bars: int | None = None,
    pickup: int | None = None,
    **asked: Unpack[Asked],
) -> list[Piece]:
    """Whole new pieces; a chorale unless ``style`` says otherwise.

    Args:
        checkpoint: The composer.
        bars: Length, 1-64.
        metre: Numerator and denominator.
        key: Key of all, or None to draw one for each.
        tempo: Quarter notes a minute; None = the style's.
        phrase_bars: Bars of every phrase, each with a cadence; 0 = as the music goes; None = as is usual: chorales in
            phrases of two bars of 4/4, or four shorter ones.
        pickup: Quarter notes before the first bar line, as many less in the last bar; None = as is usual: one in
            chorales, two thirds of which begin so.
        **asked: See ``Ask``.

    Raises:
        ScoreError: An argument makes no sense; the message says which.
    """
    ask = Ask(**asked).settled("chorale")
    style_index(checkpoint, ask.style)
    if not 1 <= bars <= MOST_BARS:
        raise ScoreError("A piece can have 1-{most} bars, not {bars}.", most=MOST_BARS, bars=bars)
    if not 0 < 4 * metre[0] <= LONGEST_BAR * metre[1]:
        raise ScoreError(
            "A bar can have up to {most} quarter notes; {numerator}/{denominator} has others.",
            most=LONGEST_BAR,
            numerator=metre[0],
            denominator=metre[1],
        )
    if phrase_bars is not None and not 0 <= phrase_bars <= bars:
        raise ScoreError(
            "A phrase can have 1-{bars} bars here (0 = as the music goes), not {phrase_bars}.",
            bars=bars,
            phrase_bars=phrase_bars,
        )
    lanes = LANES_FOR[1] if ask.style.startswith("folk") else _CHOIR
    tracks = tuple(Track(name, program_of(ask.leading_style)) for name in voice_names(ask.style, lanes))
    title = f"{'Melody' if lanes == LANES_FOR[1] else 'Chorale'}, seed {ask.seed}"
    tempos = (Tempo(0, tempo or tempo_of(ask.style)),)
    frame = Score((), tracks, tempos=tempos, metres=(Metre(0, *metre),), key=key, title=title)
    step = frame.resolution // checkpoint.codec.steps_per_quarter
    bar, rest = divmod(4 * frame.resolution * metre[0] // metre[1], step)
    if rest:
        raise ScoreError(
            "{numerator}/{denominator} doesn't fit the model's grid of sixteenth notes.",
            numerator=metre[0],
            denominator=metre[1],
        )
    if pickup is None:
        pickup = 1 if lanes == _CHOIR and metre in _WITH_PICKUP else 0
    upbeat = pickup * checkpoint.codec.steps_per_quarter
    if not 0 <= upbeat < bar:
        raise ScoreError(
            "A pick-up is shorter than a bar of {numerator}/{denominator}: {pickup} quarter notes don't fit.",
            numerator=metre[0],
            denominator=metre[1],
            pickup=pickup,
        )
    frame = frame.replace(pickup=upbeat * step)
    lead = bar - upbeat if upbeat else 0
    tokens = np.full((lead + bars * bar, len(lanes)), MASK, np.int16)
    tokens[:lead] = REST
    grid = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame, checkpoint.codec.steps_per_quarter)
    if phrase_bars is None:
        usual = 2 if metre[0] >= metre[1] else 4
        phrase_bars = min(usual, bars) if lanes == _CHOIR else 0
    settings = {
        "bars": bars,
        "metre": list(metre),
        "key": key and [key.fifths, key.mode],
        "tempo": tempo,
        "phrase_bars": phrase_bars,
        "pickup": pickup,
    }
    keys = [key or draw_key(ask.seed, index) for index in range(ask.n)]
    job = Job(checkpoint, "generate", ask, lanes, settings)
    return job.run(grid, [tokens] * ask.n, [()] * ask.n, keys=keys, no_rest=lead + bar, phrase_bars=phrase_bars)


def continue_(checkpoint: Checkpoint, score: Score, *, bars: int = 8, **asked: Unpack[Asked]) -> list[Piece]:
    """The given score, unchanged, and ``bars`` more after its last bar, coming to an end.

    Args:
        checkpoint: The composer.
        score: What to go on from.
        bars: How many bars to add, at least 1.
        **asked: See ``Ask``.

    Raises:
        ScoreError: No pitched notes, or too long in all.
    """
    work = prepare(checkpoint, score)
    ask = Ask(**asked).settled(work.style)
    existing = work.score.bars()
    total, most = len(existing) + bars, max(4 * MOST_BARS, len(existing) + MOST_BARS)
    if bars < 1 or total > most:
        raise ScoreError(
            "I can add 1 bar or more, up to {most} in all; {bars} more would make {total}.",
            most=most,
            bars=bars,
            total=total,
        )
    metre = work.score.metres[-1]
    begin = work.grid.lead + existing[-1].end // work.step
    added = bars * 4 * work.score.resolution * metre.numerator // metre.denominator
    tokens = np.full((begin + added // work.step, len(work.lanes)), MASK, np.int16)
    tokens[:begin] = REST
    old = min(begin, len(work.grid.tokens))
    tokens[:old] = work.grid.tokens[:old]
    upbeat = work.score.pickup // work.step  # a piece with one ends as much before the bar line: there it goes on
    tokens[max(old, begin - upbeat) : begin] = MASK
    job = Job(checkpoint, "continue", ask, work.lanes, {"bars": bars})
    return job.run(work.grid.with_tokens(tokens), [tokens] * ask.n, [work.score.notes] * ask.n, source=score)


def harmonise(checkpoint: Checkpoint, score: Score, *, voice: str = "auto", **asked: Unpack[Asked]) -> list[Piece]:
    """The melody of the given score with three voices added to it.

    Args:
        checkpoint: The composer.
        score: Its melody is the part named so, else the first; other parts are left out (see ``Piece.remarks``).
        voice: Which voice of the choir the melody is: one of ``VOICES``, or "auto" to judge by its height.
        **asked: See ``Ask``; the style is a chorale style.

    Raises:
        ScoreError: No pitched notes, or no such voice or style.
    """
    ask = Ask(**asked).settled("chorale")
    if voice not in (*VOICES, "auto"):
        raise ScoreError("“{voice}” is no voice: choose one of {known}, or auto.", voice=voice, known=", ".join(VOICES))
    codec = LaneCodec(1, checkpoint.codec.steps_per_quarter)
    score = with_steps(score, codec.steps_per_quarter)
    grid = codec.encode(score)
    pitched = [i for i, t in enumerate(score.tracks) if not t.is_drum and score.track_notes(i)]
    part = next((number - 1 for what, number in grid.remarks if what == "melody_part"), pitched[0])
    melody = score.select_tracks([part])
    if any(a.end > b.onset for a, b in pairwise(melody.notes)):
        melody = codec.decode(grid)  # a part of several notes at a time: its highest line
    sung = grid.tokens[:, 0]
    height = float(sung[sung < REST].mean())
    lane = VOICES.index(voice) if voice in VOICES else (0 if height >= 58 else 2 if height >= 53 else 3)
    # The composer hears the melody in the octave where that voice sings; the caller's notes stay where they are.
    low, high = RANGES[VOICES[lane]]
    shift = 0 if low <= height <= high else 12 * round(((low + high) / 2 - height) / 12)
    tokens = np.full((len(sung), len(_CHOIR)), MASK, np.int16)
    tokens[:, lane] = np.where(sung < REST, np.clip(sung + shift, 0, 127), sung)
    tracks = [Track(name, program_of(ask.leading_style)) for name in voice_names(ask.style, _CHOIR)]
    tracks[lane] = replace(melody.tracks[0], name=melody.tracks[0].name or tracks[lane].name)
    frame = melody.replace(notes=(), tracks=tuple(tracks))
    wide = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame, grid.steps_per_quarter, grid.remarks)
    given = tuple(replace(note, track=lane) for note in melody.notes)
    job = Job(checkpoint, "harmonise", ask, _CHOIR, {"voice": voice})
    return job.run(wide, [tokens] * ask.n, [given] * ask.n, source=score)
