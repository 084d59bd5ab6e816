"""Score <-> grid: round trips as properties, the folding rule by cases worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.errors import ScoreError
from musegen.formats import read_score
from musegen.lanes import HOLD, MASK, REST, LaneCodec, LaneGrid, bar_starts, lane_notes, sounding
from musegen.score import Metre, Note, Score, Track

settings.register_profile("patient", deadline=None)  # a busy machine is not a fault
settings.load_profile("patient")

DATA = Path(__file__).parents[2] / "shared" / "data"
METRES = [(4, 4), (3, 4), (5, 8), (6, 8), (2, 2), (7, 16)]


@st.composite
def voices(draw: st.DrawFn, unit: int = 120) -> Score:
    """1-4 parts of one note at a time, all times multiples of ``unit`` of 480 ticks; pick-ups, changes of metre."""
    metre = Metre(0, *draw(st.sampled_from(METRES)))
    bar = 1920 * metre.numerator // metre.denominator
    pickup = draw(st.integers(0, (bar - 1) // unit)) * unit
    metres = [metre]
    if draw(st.booleans()):
        metres.append(Metre(pickup + draw(st.integers(1, 3)) * bar, *draw(st.sampled_from(METRES))))
    notes = []
    parts = draw(st.integers(1, 4))
    for track in range(parts):
        now = 0
        # Few pitches, so that repeated notes (which are not held ones) are common.
        line = st.tuples(st.sampled_from([0, 0, 0, 1, 3]), st.integers(1, 9), st.integers(60, 62), st.integers(1, 127))
        for gap, length, pitch, velocity in draw(st.lists(line, min_size=1, max_size=8)):
            notes.append(Note(now + gap * unit, pitch, length * unit, velocity, track))
            now += (gap + length) * unit
    return Score(tuple(notes), tuple(Track(f"part {i}", i) for i in range(parts)), metres=tuple(metres), pickup=pickup)


@st.composite
def piano_music(draw: st.DrawFn) -> Score:
    """Up to 3 parts of anything, at times that fit no grid."""
    parts = draw(st.integers(1, 3))
    note = st.builds(
        Note,
        onset=st.integers(0, 3000),
        pitch=st.integers(36, 84),
        duration=st.integers(1, 1500),
        velocity=st.integers(1, 127),
        track=st.integers(0, parts - 1),
    )
    notes = draw(st.lists(note, min_size=1, max_size=15))
    pickup = draw(st.sampled_from([0, 0, 160, 333, 470, 960]))
    return Score(tuple(notes), (Track("p"),) * parts, metres=(Metre(0, 3, 4),), pickup=pickup)


def tokens_of(*lanes: list[int]) -> np.ndarray:
    return np.array(lanes, np.int16).T


# --- round trips --------------------------------------------------------------------------------


@given(voices())
def test_music_on_the_grid_comes_back_equal(score):
    codec = LaneCodec(lanes=len(score.tracks))
    grid = codec.encode(score)
    assert codec.decode(grid) == score == score.quantise(4)
    assert grid.remarks == ()


@given(voices(unit=160))
def test_triplets_on_a_finer_grid(score):
    codec = LaneCodec(len(score.tracks), steps_per_quarter=12)
    assert codec.decode(codec.encode(score)) == score


@given(voices(), st.integers(1, 4))
def test_missing_voices_become_silent_lanes(score, more):
    codec = LaneCodec(lanes=len(score.tracks) + more)
    grid = codec.encode(score)
    assert (grid.tokens[:, len(score.tracks) :] == REST).all()
    assert codec.decode(grid).select_tracks(range(len(score.tracks))) == score


@given(piano_music(), st.integers(1, 5), st.sampled_from([4, 12]))
def test_decode_after_encode_is_the_folded_score(score, lanes, steps):
    codec = LaneCodec(lanes, steps)
    folded, remarks = codec.fold(score)
    grid = codec.encode(score)
    assert codec.decode(grid) == folded
    assert grid.remarks == tuple(remarks)
    assert codec.encode(folded).remarks == ()  # folding twice changes nothing more
    assert codec.fold(folded)[0] == folded


@given(piano_music(), st.integers(1, 5))
def test_no_note_is_lost_without_a_word(score, lanes):
    codec = LaneCodec(lanes)
    folded, remarks = codec.fold(score)
    count = dict(remarks)
    source = score.quantise(4)
    heard = [n for n in source.notes if n.track == count["melody_part"] - 1] if "melody_part" in count else source.notes
    lost = sum(count.get(word, 0) for word in ("inner_left_out", "lower_left_out", "merged"))
    assert len(folded.notes) + lost == len(heard)
    assert {(n.onset, n.pitch) for n in folded.notes} <= {(n.onset, n.pitch) for n in source.notes}
    assert len(folded.tracks) == lanes
    for lane in range(lanes):
        notes = folded.track_notes(lane)
        assert all(a.end <= b.onset for a, b in pairwise(notes))
    if lanes > 1 and "folded" in count:  # the outer notes of every chord are kept
        onsets = {n.onset for n in source.notes}
        for onset in onsets:
            chord = [n.pitch for n in source.notes if n.onset == onset]
            kept = [n.pitch for n in folded.notes if n.onset == onset]
            assert (max(chord), min(chord)) == (max(kept), min(kept))


@given(voices(), st.integers(0, 2))
def test_voices_written_on_fewer_staves_lose_nothing(score, more):
    """As a hymn is printed: unisons and rests among the voices, but never more notes at once than lanes."""
    lanes = len(score.tracks) + more
    staves = score.replace(
        notes=tuple(replace(n, track=n.track // 2) for n in score.notes),
        tracks=score.tracks[: -(-len(score.tracks) // 2)],
    )
    folded, remarks = LaneCodec(lanes).fold(staves)
    if ("melody_part" in dict(remarks)) or lanes == 1:
        return
    assert not {"inner_left_out", "merged"} & set(dict(remarks))
    assert sorted((n.onset, n.pitch) for n in folded.notes) == sorted((n.onset, n.pitch) for n in score.notes)


def test_hymns_on_two_staves_come_back_in_four_voices():
    path = DATA / "open_hymnal" / "abc"
    if not path.exists():
        pytest.skip("needs the hymnal, which is not part of the project")
    codec, cells, equal = LaneCodec(), 0, 0
    for file in sorted(path.glob("*.abc"))[::12]:
        score = read_score(file.read_bytes(), file.name).score
        if len(score.tracks) != 4 or codec.fold(score)[1]:
            continue  # with chords in a voice, or off the grid
        voices = codec.encode(score).tokens
        notes = tuple(replace(n, track=n.track // 2) for n in score.notes)
        staves = codec.encode(score.replace(notes=notes, tracks=(Track("upper"), Track("lower"))))
        assert np.count_nonzero(staves.tokens < REST) == np.count_nonzero(voices < REST) == len(score.notes)
        cells += voices.size
        equal += np.count_nonzero(sounding(staves.tokens) == sounding(voices))
    assert cells > 10_000
    assert equal > 0.98 * cells  # where voices cross, a staff does not tell which is which


@st.composite
def grids(draw: st.DrawFn) -> LaneGrid:
    lanes, steps = draw(st.integers(1, 4)), draw(st.integers(1, 24))
    token = st.sampled_from([60, 60, 64, HOLD, HOLD, HOLD, REST, MASK])
    rows = draw(st.lists(st.lists(token, min_size=lanes, max_size=lanes), min_size=steps, max_size=steps))
    tokens = np.array(rows, np.int16)
    tokens[-1, 0] = 67  # at least one note, and none is cut off by the end
    pickup = draw(st.sampled_from([0, 120, 720]))
    frame = Score((), (Track("v"),) * lanes, metres=(Metre(0, 2, 4),), pickup=pickup)
    return LaneGrid(tokens, np.where(tokens < REST, 99, 0).astype(np.uint8), frame)


@given(grids())
def test_a_grid_comes_back_too(grid):
    codec = LaneCodec(lanes=grid.tokens.shape[1])
    if len(grid.tokens) <= grid.lead:
        return
    # What can't be heard is silence: masks, holds of nothing, and what stands before the pick-up.
    expected = grid.tokens.copy()
    for lane in expected.T:
        for step in range(len(lane)):
            unheard = lane[step] == MASK or (lane[step] == HOLD and (step == 0 or lane[step - 1] == REST))
            lane[step] = REST if unheard else lane[step]
    heard = sounding(expected)
    expected[: grid.lead] = REST
    for lane, sounds in zip(expected[grid.lead :].T, heard[grid.lead :].T, strict=True):
        if lane[0] == HOLD:  # a note that began too early begins with the music
            lane[0] = sounds[0]
    back = codec.encode(codec.decode(grid))
    assert back.tokens.tolist() == expected.tolist()


def test_the_chorales_of_the_standard_split_come_back():
    path = DATA / "jsb_chorales" / "Jsb16thSeparated.json"
    if not path.exists():
        pytest.skip(f"needs the chorale grid, {path.name}, which is not part of the project")
    codec = LaneCodec()
    for piece in json.loads(path.read_text())["test"]:
        notes = []
        pitches = np.array(piece).astype(int)
        for voice, line in enumerate(pitches.T):
            starts = np.flatnonzero(np.diff(line, prepend=-2))
            for start, stop in zip(starts, [*starts[1:], len(line)], strict=True):
                if line[start] >= 0:
                    notes.append(Note(int(start), int(line[start]), int(stop - start), 80, voice))
        score = Score(tuple(notes), (Track(),) * 4, resolution=4)
        grid = codec.encode(score)
        assert codec.decode(grid) == score
        assert (sounding(grid.tokens)[: len(pitches)] == np.where(pitches < 0, REST, pitches)[: len(grid.tokens)]).all()


# --- tokens by hand -----------------------------------------------------------------------------


def test_repeated_and_held_notes_differ():
    # A quarter; two eighths of the same pitch; an eighth's rest; a sixteenth.
    notes = (Note(0, 60, 480, 70), Note(480, 60, 240, 80), Note(720, 60, 240, 90), Note(1200, 62, 120, 100))
    grid = LaneCodec(1).encode(Score(notes))
    assert grid.tokens[:, 0].tolist() == [60, HOLD, HOLD, HOLD, 60, HOLD, 60, HOLD, REST, REST, 62]
    assert grid.velocities[:, 0].tolist() == [70, 0, 0, 0, 80, 0, 90, 0, 0, 0, 100]
    assert lane_notes(grid.tokens[:, 0]) == [(0, 4, 60), (4, 6, 60), (6, 8, 60), (10, 11, 62)]


def test_the_grid_begins_at_a_bar_line():
    # 3/4 with a pick-up of an eighth: 12 steps a bar, so 10 steps of rest before it.
    score = Score((Note(0, 60, 240), Note(240, 62, 960)), metres=(Metre(0, 3, 4),), pickup=240)
    grid = LaneCodec(1).encode(score)
    assert grid.lead == 10
    assert grid.tokens[:, 0].tolist() == [REST] * 10 + [60, HOLD, 62] + [HOLD] * 7
    place, length, index = grid.bar_positions()
    assert place.tolist() == list(range(12)) + list(range(8))
    assert length.tolist() == [12] * 20
    assert index.tolist() == [0] * 12 + [1] * 8


def test_a_pickup_off_the_grid_keeps_bar_lines_and_notes_together():
    # A triplet eighth (160 of 480 ticks) is nearest to one sixteenth (120); a bar of 2/4 has 8 steps.
    score = Score((Note(0, 60, 160), Note(160, 62, 480)), metres=(Metre(0, 2, 4),), pickup=160)
    codec = LaneCodec(1)
    grid = codec.encode(score)
    assert grid.lead == 7
    assert grid.tokens[:, 0].tolist() == [REST] * 7 + [60, 62, HOLD, HOLD, HOLD]
    assert grid.bar_positions()[0].tolist() == [*range(8), *range(4)]
    assert codec.decode(grid).notes == (Note(0, 60, 120), Note(120, 62, 480))


def test_bar_positions_over_a_change_of_metre():
    # 5/8 is 10 steps; 6/8 (12 steps) from step 10 on; a note that ends on step 24 = 10 + 12 + 2.
    score = Score((Note(0, 60, 24 * 120),), metres=(Metre(0, 5, 8), Metre(1200, 6, 8)))
    place, length, index = LaneCodec(1).encode(score).bar_positions()
    assert place.tolist() == [*range(10), *range(12), 0, 1]
    assert length.tolist() == [10] * 10 + [12] * 14
    assert index.tolist() == [0] * 10 + [1] * 12 + [2] * 2
    starts, lengths = bar_starts(score, 10, 4)
    assert (starts.tolist(), lengths.tolist()) == ([0], [10])


def test_sounding_resolves_holds():
    lane = [HOLD, 60, HOLD, REST, HOLD, MASK, HOLD, 62, HOLD]
    assert sounding(tokens_of(lane))[:, 0].tolist() == [REST, 60, 60, REST, REST, MASK, MASK, 62, 62]
    batch = np.stack([tokens_of([60, HOLD]), tokens_of([HOLD, 72])])  # [2, steps, lanes]
    assert sounding(batch)[..., 0].tolist() == [[60, 60], [REST, 72]]


def test_decode_of_tokens_that_make_no_sound():
    grid = LaneGrid(tokens_of([HOLD, 60, MASK, HOLD, REST, 62]), np.zeros((6, 1), np.uint8), Score(()))
    # No velocity is known here, so it is the usual 80.
    assert LaneCodec(1).decode(grid).notes == (Note(120, 60, 120, 80), Note(600, 62, 120, 80))


def test_other_tokens_in_the_same_frame():
    grid = LaneCodec(1).encode(Score((Note(0, 60, 120, 33), Note(120, 62, 120, 44))))
    longer = grid.with_tokens(tokens_of([61, HOLD, 64]))
    assert longer.velocities[:, 0].tolist() == [33, 0, 80]
    assert LaneCodec(1).decode(longer).notes == (Note(0, 61, 240, 33), Note(240, 64, 120, 80))


def test_decoding_into_too_coarse_ticks():
    grid = LaneGrid(tokens_of([60, HOLD, HOLD, 62]), np.zeros((4, 1), np.uint8), Score((), resolution=3), 4)
    score = LaneCodec(1).decode(grid)
    # 3 ticks a quarter hold no sixteenths; 12 do: a sixteenth is 3 of 12.
    assert (score.resolution, [(n.onset, n.end) for n in score.notes]) == (12, [(0, 9), (9, 12)])


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (np.zeros((4, 2), np.int16), "needs .steps, 1."),
        (np.zeros(4, np.int16), "shape"),
        (np.full((4, 1), 131, np.int16), "outside 0-130"),
        (np.full((4, 1), -1, np.int16), "outside 0-130"),
    ],
)
def test_grids_that_are_none_are_refused(tokens, says):
    with pytest.raises(ScoreError, match=says):
        LaneCodec(1).decode(LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), Score(())))


def test_a_score_without_pitched_notes_is_refused():
    kit = Score((Note(0, 38, 1),), (Track("kit", 0, True),))
    for score in (Score(()), kit):
        with pytest.raises(ScoreError, match="no pitched notes"):
            LaneCodec().encode(score)


# --- folding by hand ----------------------------------------------------------------------------


def chords(*groups: tuple[int, list[tuple[int, int]]]) -> Score:
    """One piano part of (onset, [(pitch, length), ...]) in quarters."""
    return Score(tuple(Note(q * 480, p, length * 480) for q, group in groups for p, length in group))


def lanes_of(score: Score) -> list[list[int]]:
    return [[n.pitch for n in score.track_notes(i)] for i in range(len(score.tracks))]


def test_full_chords_are_dealt_from_high_to_low():
    score = chords((0, [(48, 1), (60, 1), (64, 1), (72, 1)]), (1, [(74, 1), (65, 1), (59, 1), (43, 1)]))
    folded, remarks = LaneCodec().fold(score)
    assert lanes_of(folded) == [[72, 74], [64, 65], [60, 59], [48, 43]]
    assert [t.name for t in folded.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert remarks == [("folded", 1)]


def test_a_note_goes_to_the_voice_that_is_near_and_free():
    # All hold for two quarters but the alto's 64, which moves to 65: a step for the alto.
    score = chords((0, [(48, 2), (60, 2), (64, 1), (72, 2)]), (1, [(65, 1)]))
    assert lanes_of(LaneCodec().fold(score)[0]) == [[72], [64, 65], [60], [48]]


def test_two_notes_go_to_the_outer_voices_where_they_lie():
    # Near the centres 71, 65, 59, 50 of the four voices.
    assert lanes_of(LaneCodec().fold(chords((0, [(72, 1), (48, 1)]), (1, [(71, 1), (50, 1)])))[0]) == [
        [72, 71],
        [],
        [],
        [48, 50],
    ]


def test_voices_in_unison_keep_a_lane_each():
    # Two staves of two voices: soprano and alto meet on A4 (69) and part again; the alto's is not a rest.
    notes = [(0, 72, 0), (0, 65, 0), (0, 57, 1), (0, 48, 1), (1, 69, 0), (1, 69, 0), (1, 60, 1), (1, 53, 1)]
    score = Score(tuple(Note(480 * q, p, 480, 80, t) for q, p, t in notes), (Track("upper"), Track("lower")))
    folded, remarks = LaneCodec().fold(score)
    assert lanes_of(folded) == [[72, 69], [65, 69], [57, 60], [48, 53]]
    assert remarks == [("folded", 2)]


def test_of_more_notes_than_lanes_unisons_go_first_the_shorter_of_two():
    # C3 E4 (twice) G4 C5: without the shorter E4 there are four. E4 and G4 stay though C doubles C.
    folded, remarks = LaneCodec().fold(chords((0, [(48, 1), (64, 1), (64, 2), (67, 1), (72, 1)])))
    assert lanes_of(folded) == [[72], [67], [64], [48]]
    assert folded.track_notes(2)[0].duration == 960
    assert remarks == [("folded", 1), ("inner_left_out", 1)]


def test_of_six_notes_inner_doublings_go_first():
    # C3 G3 C4 E4 G4 C5: of the inner notes G3 and then C4 double others; E4 stays though it is in the middle.
    folded, remarks = LaneCodec().fold(chords((0, [(48, 1), (55, 1), (60, 1), (64, 1), (67, 1), (72, 1)])))
    assert lanes_of(folded) == [[72], [67], [64], [48]]
    assert remarks == [("folded", 1), ("inner_left_out", 2)]


def test_parts_of_one_note_at_a_time_stand_as_they_are():
    # The second part lies above the first: voices may cross where the source says so.
    score = Score((Note(0, 50, 480, 80, 0), Note(0, 70, 480, 80, 1)), (Track("bass"), Track("flute", 73)))
    folded, remarks = LaneCodec(4).fold(score)
    assert lanes_of(folded) == [[50], [70], [], []]
    assert [t.name for t in folded.tracks] == ["bass", "flute", "Voice 3", "Voice 4"]
    assert remarks == []


def test_a_silent_part_keeps_its_lane_only_where_parts_and_lanes_match():
    score = Score((Note(0, 50, 480, 80, 1),), (Track("silent"), Track("bass")))
    assert lanes_of(LaneCodec(2).fold(score)[0]) == [[], [50]]
    assert lanes_of(LaneCodec(3).fold(score)[0]) == [[50], [], []]


def test_drums_are_left_out_with_a_word():
    score = Score((Note(0, 60, 480, 80, 1), Note(0, 38, 480, 80, 0)), (Track("kit", 0, True), Track("tune")))
    folded, remarks = LaneCodec(1).fold(score)
    assert lanes_of(folded) == [[60]]
    assert remarks == [("drums_left_out", 1)]


def test_one_lane_follows_the_part_called_melody():
    notes = (Note(0, 40, 480, 80, 0), Note(0, 72, 480, 80, 1), Note(0, 64, 480, 80, 1), Note(480, 67, 480, 80, 1))
    folded, remarks = LaneCodec(1).fold(Score(notes, (Track("Left hand"), Track("MELODY"))))
    assert lanes_of(folded) == [[72, 67]]
    assert remarks == [("melody_part", 2), ("lower_left_out", 1)]


def test_one_lane_keeps_a_high_note_over_what_enters_below():
    # 72 sounds for three quarters; 60 below it is left out, 76 above it takes over.
    folded, remarks = LaneCodec(1).fold(chords((0, [(72, 3)]), (1, [(60, 1)]), (2, [(76, 1)])))
    assert [(n.onset, n.pitch, n.duration) for n in folded.notes] == [(0, 72, 960), (960, 76, 480)]
    assert remarks == [("lower_left_out", 1)]


def test_rounding_and_merging_are_counted():
    # 10 ticks late is rounded; of the two notes that meet on the second sixteenth the longer stays.
    score = Score((Note(0, 60, 100), Note(110, 62, 20), Note(130, 61, 230)))
    folded, remarks = LaneCodec(1).fold(score)
    assert [(n.onset, n.pitch, n.duration) for n in folded.notes] == [(0, 60, 120), (120, 61, 240)]
    assert remarks == [("rounded", 2), ("merged", 1)]


def test_the_melody_part_is_numbered_as_in_the_source():
    # Drums and a silent part come first; the melody is the fourth part.
    tracks = (Track("kit", 0, True), Track("silent"), Track("bass"), Track("lead"))
    notes = (Note(0, 38, 480, 80, 0), Note(0, 40, 480, 80, 2), Note(0, 72, 480, 80, 3))
    folded, remarks = LaneCodec(1).fold(Score(notes, tracks))
    assert lanes_of(folded) == [[72]]
    assert remarks == [("drums_left_out", 1), ("melody_part", 4)]
