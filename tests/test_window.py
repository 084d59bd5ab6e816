"""Verbs on long pieces: a model is given a window, and all that was not asked for comes back as it was."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import STYLES

from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, VOCABULARY, LaneCodec
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.studio import Recipe, continue_, fill, refine, remake, vary
from musegen.studio.window import conditions_in, put_back, tokens_in, window_of
from musegen.studio.work import laid_out

BAR, QUARTER = 1920, 480


def wanted(steps: int, *places: int) -> np.ndarray:
    found = np.zeros(steps, bool)
    found[list(places)] = True
    return found


@pytest.mark.parametrize(
    ("steps", "places", "window"),
    [
        (512, (300,), (0, 512)),  # short: all of it
        (2000, (), (0, 2000)),
        (2000, (0,), (0, 160)),  # 0 + 1 + 128 = 129, up to a whole 32
        (2000, (1000, 1009), (864, 1152)),  # 872 down to 27 * 32; 1138 up to 36 * 32
        (2000, (1999,), (1856, 2000)),  # 1871 down to 58 * 32
        (2000, (3, 1990), (0, 2000)),
    ],
)
def test_a_window_has_what_is_wanted_and_eight_bars_around(steps, places, window):
    assert window_of(wanted(steps, *places)) == slice(*window)


def test_a_note_that_is_held_into_a_window_is_heard_in_it():
    tokens = np.array([[[60, 50, 60], [HOLD, REST, HOLD], [HOLD, HOLD, HOLD], [62, HOLD, MASK]]], np.int16)
    np.testing.assert_array_equal(tokens_in(tokens, slice(2, 4)), [[[60, REST, 60], [62, HOLD, MASK]]])
    np.testing.assert_array_equal(tokens_in(tokens, slice(0, 2)), tokens[:, :2])
    held = np.array([[[HOLD]]], np.int16)
    np.testing.assert_array_equal(tokens_in(held, slice(0, 1)), held)


def test_conditions_are_cut_along_where_they_go_by_time():
    conditions = {
        "position": np.arange(6)[None], "lean": np.arange(12).reshape(1, 6, 2), "key": np.array([3]),
        "present": np.ones((1, 4), bool), "z": np.ones((1, 8)),
    }  # fmt: skip
    cut = conditions_in(conditions, slice(2, 4))
    assert cut["position"].tolist() == [[2, 3]]
    assert cut["lean"].tolist() == [[[4, 5], [6, 7]]]
    assert cut["key"].tolist() == [3]
    assert (cut["present"].shape, cut["z"].shape) == ((1, 4), (1, 8))


def test_only_what_was_wanted_is_put_back():
    tokens = np.array([[[60], [MASK], [HOLD], [MASK]]], np.int16)
    made = np.array([[[70], [71]]], np.int16)
    assert put_back(tokens, made, slice(1, 3))[0, :, 0].tolist() == [60, 70, HOLD, MASK]
    assert tokens[0, 1, 0] == MASK


# --- verbs ------------------------------------------------------------------------------------


class Chance:
    """Logits of chance, which keeps what it was asked."""

    config = SimpleNamespace(styles=STYLES, lanes=4)

    def __init__(self):
        self.asked = []

    def logits(self, context, conditions):
        self.asked.append(conditions)
        rng = np.random.default_rng(zlib.crc32(context.tobytes()))
        logits = rng.normal(size=(*context.shape, VOCABULARY)).astype(np.float32)
        logits[..., HOLD] += 3
        logits[..., REST] -= 20
        return logits


@pytest.fixture
def composer():
    card = {"settings": {"styles": list(STYLES)}, "model": "composer"}
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    checkpoint.__dict__["model"] = Chance()
    return checkpoint


def long_piece(bars: int = 120) -> Score:
    """Four voices with an up-beat; 3/4 in place of 4/4 from bar 41 on; off the grid; a pedal and ties over bar lines.

    Every bar has a note in all voices but the bass, whose notes last for twelve bars.
    """
    metres = (Metre(0, 4, 4), Metre(QUARTER + 40 * BAR, 3, 4))
    frame = Score((Note(0, 60, QUARTER + 40 * BAR + (bars - 40) * 3 * QUARTER),), metres=metres, pickup=QUARTER)
    notes = []
    for bar in frame.bars():
        for voice, pitch in enumerate((72, 65, 60)):
            late = 7 if bar.number % 5 == 0 else 0  # a little after the beat, as somebody played it
            tied = QUARTER // 2 if voice == 1 else 0  # the alto is held over every bar line
            onset = bar.start + late + (QUARTER // 2 if voice == 1 and bar.number else 0)
            notes.append(
                Note(onset, pitch + bar.number % 5, min(bar.end + tied, frame.end) - onset, 60 + bar.number % 60, voice)
            )
    pedals = [bar.start for bar in frame.bars() if bar.number % 12 == 1]
    notes += [Note(a, 48, b - a, 70, 3) for a, b in pairwise([*pedals, frame.end])]
    tracks = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
    return frame.replace(notes=tuple(notes), tracks=tracks, key=Key(0, "major"), tempos=(Tempo(0, 90.0),))


def span(score: Score, first: int, last: int) -> tuple[int, int]:
    chosen = [bar for bar in score.bars() if first <= bar.number <= last]
    return chosen[0].start, chosen[-1].end


def scaled(score: Score, piece: Score) -> list[Note]:
    ratio = piece.resolution // score.resolution
    return [replace(n, onset=n.onset * ratio, duration=n.duration * ratio) for n in score.notes]


@pytest.mark.parametrize("bars", [(60, 61), (1, 2), (119, 120), (40, 41), (0, 1)])
def test_fill_on_a_long_piece_changes_nothing_else_to_the_tick(composer, bars):
    score = long_piece()
    assert len(score.bars()) == 121
    (piece,) = fill(composer, score, bars=bars, voices=["alto", "tenor"], n=1, passes=1)
    start, stop = (tick * piece.score.resolution // score.resolution for tick in span(score, *bars))
    outside = [n for n in scaled(score, piece.score) if n.track in (0, 3) or not start <= n.onset < stop]
    assert set(outside) <= set(piece.score.notes)
    new = [n for n in piece.score.notes if n not in set(outside)]
    assert new
    assert {n.track for n in new} <= {1, 2}
    held = piece.score.resolution // 2  # the alto's last note is held over the bar line, and goes whole
    assert all(start <= n.onset and n.end <= stop + held for n in new)
    assert piece.score.metres == score.with_resolution(piece.score.resolution).metres
    assert piece.score.pickup * score.resolution == score.pickup * piece.score.resolution


def test_the_model_is_given_the_bars_around_and_told_where_in_the_whole_they_are(composer):
    score = long_piece()
    fill(composer, score, bars=(62, 63), n=1, passes=1)  # where no pedal begins, which would go whole
    seen = composer.model.asked
    # Two bars of 3/4 with the alto's tie, 128 steps on either side, each up to a whole 32.
    whole = sum(bar.length for bar in score.bars()) * 4 // QUARTER
    assert 256 < max(asked["position"].shape[1] for asked in seen) + 64 * (len(seen) - 1) <= 384 < whole
    assert all((asked["bar_length"] == 12).all() for asked in seen)  # all after the change of metre
    assert all((asked["from_start"] == 8).all() and (asked["to_end"] == 8).all() for asked in seen)


def test_a_note_held_into_the_bars_stays_whole_though_it_began_before_the_window(composer):
    notes = [Note(0, 48, 100 * BAR, track=1), *(Note(BAR * i, 60 + i % 7, BAR, track=0) for i in range(100))]
    score = Score(tuple(notes), (Track("Soprano"), Track("Bass")))
    (piece,) = fill(composer, score, bars=(50, 51), n=1, passes=1)
    assert [n for n in piece.score.notes if n.track == 1] == [notes[0]]
    kept = {n for n in notes[1:] if not 49 * BAR <= n.onset < 51 * BAR}
    assert kept < set(piece.score.notes)


def test_locked_notes_in_a_window_stay(composer):
    score = long_piece()
    start, stop = span(score, 60, 63)
    inside = [n for n in score.notes if start <= n.onset < stop and n.track == 0]
    locked = [[inside[0].onset, inside[0].pitch, 0]]
    (piece,) = fill(composer, score, bars=(60, 63), locked=locked, locked_bars=[62], locked_voices=[2], n=1, passes=1)
    found, old = set(piece.score.notes), scaled(score, piece.score)
    at = dict(zip(score.notes, old, strict=True))
    two, three = span(score, 62, 62)
    stays = [n for n in score.notes if n.track == 2 or two <= n.onset < three or n == inside[0]]
    assert {at[n] for n in stays} <= found
    assert at[inside[1]] not in found or at[inside[3]] not in found


def test_a_cadence_can_be_asked_for_where_only_the_first_of_the_bars_may_change(composer):
    """Of bars 5-64 only the first may change: where the cadence would come, all is given."""
    score = long_piece()
    (piece,) = fill(composer, score, bars=(5, 64), locked_bars=range(6, 65), cadence="perfect", n=1, passes=1)
    start, stop = (tick * piece.score.resolution // score.resolution for tick in span(score, 5, 5))
    assert {n for n in scaled(score, piece.score) if not start <= n.onset < stop} <= set(piece.score.notes)


def test_vary_and_refine_heed_the_bars(composer):
    score = long_piece()
    composer.__dict__["critic"] = SimpleNamespace(
        judge=lambda tokens, conditions: (np.zeros(tokens.shape, np.float32), np.zeros(len(tokens), np.float32))
    )
    for verb in (vary, refine):
        (piece,) = verb(composer, score, amount=1.0, bars=(70, 73), n=1, passes=1)
        start, stop = (tick * piece.score.resolution // score.resolution for tick in span(score, 70, 73))
        old = scaled(score, piece.score)
        assert {n for n in old if not start <= n.onset < stop} <= set(piece.score.notes)
        assert set(old) - set(piece.score.notes)


def test_a_very_long_piece_goes_on(composer):
    score = Score(tuple(Note(BAR * i, 60 + i % 7, BAR) for i in range(300)), (Track("Melody"),))
    (piece,) = continue_(composer, score, bars=8, n=1, passes=1)
    assert set(score.notes) < set(piece.score.notes)
    assert len(piece.score.bars()) == 308


def test_the_recipe_of_a_long_piece_gives_the_same_notes(composer):
    score = long_piece()
    made = fill(composer, score, bars=(60, 61), voices=["alto"], n=2, seed=9, passes=2)
    assert made[0].score != made[1].score
    assert [remake(composer, piece.recipe, score).score for piece in made] == [piece.score for piece in made]


def test_a_model_that_plays_chooses_among_drafts_in_a_window(checkpoints):
    score = long_piece()
    seq2seq = load_checkpoint(checkpoints / "seq2seq")
    (piece,) = fill(seq2seq, score, bars=(62, 63), n=1, drafts=2, cadence="perfect")
    start, stop = (tick * piece.score.resolution // score.resolution for tick in span(score, 62, 63))
    old = scaled(score, piece.score)
    assert {n for n in old if n.track == 3 or not start <= n.onset < stop} <= set(piece.score.notes)


# --- parts that are no voices elsewhere ---------------------------------------------------------


def changed_outside(score: Score, piece: Score, bars: tuple[int, int]) -> list[Note]:
    """The notes that begin outside the bars and are not in the piece, each to be there as often as in the score."""
    start, stop = (tick * piece.resolution // score.resolution for tick in span(score, *bars))
    left = Counter(n for n in scaled(score, piece) if not start <= n.onset < stop)
    return list((left - Counter(piece.notes)).elements())


def with_a_drawn_note(bar: int, voice: int = 0) -> Score:
    """The long piece with one note more, drawn over what a voice has in a bar."""
    score = long_piece()
    return score.replace(notes=(*score.notes, Note(span(score, bar, bar)[0], 45, 2 * QUARTER, 80, voice)))


def orchestra() -> Score:
    """Twelve parts: the long piece three times, at its height, an octave above and an octave below, and drums."""
    score = long_piece()
    kit = Score(tuple(Note(i * QUARTER, 38, 60) for i in range(400)), (Track("Kit", 0, True),))
    return kit.merge(score).merge(score.transpose(12)).merge(score.transpose(-12))


def song() -> Score:
    """A tune over a piano that plays chords of four notes, one a bar."""
    tune = [Note(BAR // 2 * i, 67 + i % 5, BAR // 2, 80, 0) for i in range(24)]
    piano = [Note(BAR * i, pitch, BAR, 60, 1) for i in range(12) for pitch in (40, 52, 55, 60)]
    return Score((*tune, *piano), (Track("Voice", 52), Track("Piano", 0)))


@pytest.mark.parametrize("voices", [None, ["alto"]])
def test_a_chord_elsewhere_in_a_part_leaves_it_a_voice_in_the_bars(composer, voices):
    score = with_a_drawn_note(3)
    (piece,) = fill(composer, score, bars=(62, 63), voices=voices, n=1, passes=1)
    assert changed_outside(score, piece.score, (62, 63)) == []
    assert [track.name for track in piece.score.tracks] == [track.name for track in score.tracks]
    assert "folded" not in dict(piece.remarks)
    new = Counter(piece.score.notes) - Counter(scaled(score, piece.score))
    assert {n.track for n in new} <= ({0, 1, 2} if voices is None else {1})  # the bass holds a pedal into the bars
    start = span(score, 62, 62)[0] * piece.score.resolution // score.resolution
    assert new
    assert all(n.onset >= start for n in new)


@pytest.mark.parametrize("parts", [None, [0], [1]])
def test_a_chord_in_the_bars_changes_nothing_outside(composer, parts):
    score = with_a_drawn_note(62)
    (piece,) = fill(composer, score, bars=(62, 63), parts=parts, n=1, passes=1)
    assert changed_outside(score, piece.score, (62, 63)) == []
    old, new = Counter(scaled(score, piece.score)), Counter(piece.score.notes)
    assert old - new
    assert {n.track for n in (old - new) + (new - old)} <= {0, 1, 2, 3} & set(parts or range(4))
    assert laid_out(composer, score, (62, 63), parts) == ("" if parts == [1] else "bars")
    assert laid_out(composer, score, (60, 61), parts) == ""


@pytest.mark.parametrize("parts", [[5], [1, 6, 11], [1, 2, 3, 4], list(range(1, 13)), None])
def test_an_orchestra_keeps_its_parts(composer, parts):
    score = orchestra()
    (piece,) = fill(composer, score, bars=(62, 63), parts=parts, n=1, passes=1)
    assert piece.score.tracks == score.tracks
    assert changed_outside(score, piece.score, (62, 63)) == []
    old, new = Counter(scaled(score, piece.score)), Counter(piece.score.notes)
    assert old - new
    assert {n.track for n in (old - new) + (new - old)} <= set(parts or range(1, 13))
    few = parts is not None and len(parts) <= 4
    assert laid_out(composer, score, (62, 63), parts) == ("" if few else "bars")
    assert ("folded" in dict(piece.remarks)) is not few


@pytest.mark.parametrize("part", [0, 1])
def test_of_a_song_with_piano_either_can_be_written_anew(composer, part):
    score = song()
    for verb in (fill, vary, refine):
        extra = {} if verb is fill else {"amount": 1.0}
        (piece,) = verb(composer, score, bars=(5, 6), parts=[part], n=1, passes=1, **extra)
        assert changed_outside(score, piece.score, (5, 6)) == []
        assert piece.score.track_notes(1 - part) == score.track_notes(1 - part)
        assert piece.score.track_notes(part) != score.track_notes(part)
        assert len(piece.score.tracks) == 2
    assert laid_out(composer, score, (5, 6), [part]) == ("bars" if part else "")
    assert laid_out(composer, score, None) == "whole"


def test_what_is_locked_stays_where_parts_are_put_back(composer):
    score = song()
    chord = [n for n in score.notes if n.track == 1 and n.onset == 5 * BAR]
    (piece,) = fill(composer, score, bars=(5, 6), locked=[[n.onset, n.pitch, 1] for n in chord], n=1, passes=1)
    assert set(chord) < set(piece.score.notes)
    (other,) = fill(composer, score, bars=(5, 6), locked_bars=[5], parts=[0], n=1, passes=1)
    assert changed_outside(score, other.score, (6, 6)) == []
    with pytest.raises(ScoreError, match="that was chosen is locked"):
        fill(composer, score, bars=(5, 6), locked_bars=[5, 6], parts=[1], n=1)


def test_the_recipe_of_some_parts_gives_the_same_notes(composer):
    score = orchestra()
    (piece,) = fill(composer, score, bars=(62, 63), parts=[5, 6], n=1, seed=3, passes=1)
    assert piece.recipe.settings["parts"] == [5, 6]
    recipe = Recipe.from_json(piece.score.provenance["recipe"])
    assert remake(composer, recipe, score).score == piece.score


def test_drums_and_parts_that_are_none_can_t_be_written_anew(composer):
    for part in (0, 13, -1):
        with pytest.raises(ScoreError, match=f"Part {part + 1} can't be written anew"):
            fill(composer, orchestra(), bars=(5, 6), parts=[part], n=1)
