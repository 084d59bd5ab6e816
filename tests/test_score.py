"""The musical value: every method by values worked out by hand, and by properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.errors import ScoreError
from musegen.score import Key, Metre, Note, Score, Tempo, Track

settings.register_profile("patient", deadline=None)  # a busy machine is not a fault
settings.load_profile("patient")

METRES = [(4, 4), (3, 4), (2, 2), (6, 8), (5, 8), (9, 8), (2, 4)]


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Any small score: up to 3 parts (one may be drums), metre and tempo changes, pick-up, key."""
    resolution = draw(st.sampled_from([4, 24, 96, 480]))
    parts = draw(st.integers(1, 3))
    notes = draw(
        st.lists(
            st.builds(
                Note,
                onset=st.integers(0, 12 * resolution),
                pitch=st.integers(12, 115),
                duration=st.integers(1, 4 * resolution),
                velocity=st.integers(1, 127),
                track=st.integers(0, parts - 1),
            ),
            max_size=12,
        )
    )
    drums = draw(st.booleans())
    tracks = [Track(f"part {i}", i, drums and i == parts - 1) for i in range(parts)]
    metres = [Metre(0, *draw(st.sampled_from(METRES)))]
    if draw(st.booleans()):
        metres.append(Metre(draw(st.integers(1, 8)) * resolution, *draw(st.sampled_from(METRES))))
    tempos = [Tempo(t, q) for t, q in draw(st.dictionaries(st.integers(0, 5000), st.floats(20, 300))).items()]
    key = draw(st.none() | st.builds(Key, st.integers(-7, 7), st.sampled_from(["", "major", "minor"])))
    pickup = draw(st.integers(0, 2 * resolution))
    return Score(tuple(notes), tuple(tracks), resolution, tuple(tempos), tuple(metres), key, pickup)


# --- construction -------------------------------------------------------------------------------


def test_notes_are_sorted_and_maps_are_made_normal():
    late, low, high = Note(480, 60, 240), Note(0, 48, 480), Note(0, 72, 480)
    score = Score(
        (late, high, low),
        tempos=(Tempo(960, 90.0), Tempo(480, 100.0), Tempo(480, 90.0), Tempo(700, 90.0)),
        metres=(Metre(1920, 3, 4), Metre(0, 4, 4), Metre(960, 4, 4)),
    )
    assert score.notes == (low, high, late)
    # At 480 the later of the two wins; 700 and 960 change nothing; 120 is put at the start.
    assert score.tempos == (Tempo(0, 120.0), Tempo(480, 90.0))
    assert score.metres == (Metre(0, 4, 4), Metre(1920, 3, 4))


def test_a_score_without_parts_gets_one():
    assert Score((), tracks=()).tracks == (Track(),)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"notes": (Note(0, 128, 1),)}, "Pitch is 0-127"),
        ({"notes": (Note(-1, 60, 1),)}, "onset >= 0"),
        ({"notes": (Note(0, 60, 0),)}, "duration >= 1"),
        ({"notes": (Note(0, 60, 1, 0),)}, "Velocity is 1-127"),
        ({"notes": (Note(0, 60, 1, 80, 1),)}, "track 0-0"),
        ({"tracks": (Track("harp", 128),)}, "harp"),
        ({"resolution": 0}, "at least 1 tick"),
        ({"tempos": (Tempo(0, 0.0),)}, "can't be played"),
        ({"tempos": (Tempo(-1, 100.0),)}, "negative"),
        ({"metres": (Metre(0, 0, 4),)}, "0/4"),
        ({"metres": (Metre(0, 4, 3),)}, "4/3"),
        ({"metres": (Metre(0, 1, 64),), "resolution": 4}, "1/64"),  # 4 * 4 / 64 of a tick
        ({"key": Key(8)}, "not a key"),
        ({"key": Key(0, "dorian")}, "not a key"),
        ({"pickup": -1}, "pick-up"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(changes, says):
    with pytest.raises(ScoreError, match=says):
        Score(**{"notes": (), **changes})


def test_a_pickup_of_a_whole_bar_is_none():
    assert Score((), pickup=1440, metres=(Metre(0, 3, 4),)).pickup == 0
    assert Score((), pickup=960, metres=(Metre(0, 3, 4),)).pickup == 960


def test_replace_validates_again():
    with pytest.raises(ScoreError):
        Score((Note(0, 60, 1),)).replace(notes=(Note(0, 200, 1),))


# --- equality -----------------------------------------------------------------------------------


def test_equality_is_about_the_music():
    # A quarter note on the second quarter, at 4 and at 10 ticks per quarter.
    a = Score((Note(4, 60, 4),), resolution=4, title="one", composer="A", provenance={"source": "x"})
    b = Score((Note(10, 60, 10),), resolution=10, title="two")
    assert a == b
    assert hash(a) == hash(b)
    assert a != b.replace(key=Key(0, "major"))
    assert a != b.replace(notes=(Note(10, 60, 9),))
    assert a != b.replace(notes=(Note(10, 60, 10, 81),))
    assert a != b.replace(pickup=5)
    assert a != b.replace(tempos=(Tempo(0, 119.0),))
    assert a != b.replace(metres=(Metre(0, 2, 2),))
    assert a != b.replace(tracks=(Track("other"),))
    assert a != "a score"


@given(scores(), st.integers(2, 6))
def test_a_finer_resolution_is_the_same_music(score, factor):
    finer = score.with_resolution(score.resolution * factor)
    assert finer.resolution == score.resolution * factor
    assert finer == score
    assert hash(finer) == hash(score)
    assert finer.with_resolution(score.resolution).notes == score.notes


# --- time ---------------------------------------------------------------------------------------


def test_ends():
    assert Note(100, 60, 20).end == 120
    assert Score(()).end == 0
    assert Score((Note(0, 60, 900), Note(480, 64, 240))).end == 900


def test_bars_by_hand():
    # A pick-up quarter, two bars of 3/4, then 6/8 (3 quarters as well) from tick 3360 = 480 + 2 * 1440.
    score = Score(
        (Note(3400, 60, 1500),),
        metres=(Metre(0, 3, 4), Metre(3360, 6, 8)),
        pickup=480,
    )
    assert [(b.number, b.start, b.end, str(b.metre)) for b in score.bars()] == [
        (0, 0, 480, "3/4"),
        (1, 480, 1920, "3/4"),
        (2, 1920, 3360, "3/4"),
        (3, 3360, 4800, "6/8"),
        (4, 4800, 6240, "6/8"),  # the note ends at 4900, inside it
    ]


def test_a_metre_change_inside_a_bar_cuts_it():
    score = Score((Note(0, 60, 2400),), metres=(Metre(0, 4, 4), Metre(960, 3, 4)))
    assert [(b.start, b.length) for b in score.bars()] == [(0, 960), (960, 1440)]


def test_an_empty_score_has_one_bar():
    assert [(b.number, b.start, b.length) for b in Score(()).bars()] == [(1, 0, 1920)]


@given(scores())
def test_bars_cover_the_score_without_gaps(score):
    bars = score.bars()
    assert bars[0].start == 0
    assert all(a.end == b.start and a.number + 1 == b.number for a, b in pairwise(bars))
    assert bars[0].number == (0 if score.pickup else 1)
    assert bars[-1].end >= score.end
    assert len(bars) == 1 or bars[-1].start < max(score.end, score.pickup + 1)


def test_seconds_by_hand():
    # 2 quarters at 120 (0.5 s each), then at 60 (1 s each).
    score = Score((Note(0, 60, 1920),), tempos=(Tempo(0, 120.0), Tempo(960, 60.0)))
    assert score.seconds(480) == pytest.approx(0.5)
    assert score.seconds(960) == pytest.approx(1.0)
    assert score.seconds(1440) == pytest.approx(2.0)
    assert score.duration_s == pytest.approx(3.0)


@given(scores(), st.integers(0, 9000), st.integers(1, 9000))
def test_seconds_only_grow(score, tick, more):
    assert score.seconds(0) == 0.0
    assert score.seconds(tick) < score.seconds(tick + more)


# --- keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "name", "tonic"),
    [
        (Key(0, "major"), "C major", 0),
        (Key(-1, "minor"), "D minor", 2),
        (Key(-3, "major"), "E-flat major", 3),
        (Key(3, "minor"), "F-sharp minor", 6),
        (Key(-7, "minor"), "A-flat minor", 8),
        (Key(6, "major"), "F-sharp major", 6),
        (Key(-2), "2 flats", 10),
        (Key(1), "1 sharp", 7),
        (Key(0), "no sharps or flats", 0),
    ],
)
def test_key_names(key, name, tonic):
    assert (key.name, key.tonic) == (name, tonic)


def test_key_transposition():
    assert Key(0, "major").transpose(2) == Key(2, "major")
    assert Key(-1, "minor").transpose(-3) == Key(2, "minor")  # D minor down to B minor
    assert Key(2, "major").transpose(-1) == Key(-5, "major")  # D to D-flat
    assert Key(7, "major").transpose(12) == Key(7, "major")  # an octave keeps the spelling


@given(st.integers(-7, 7), st.sampled_from(["major", "minor"]), st.integers(-24, 24))
def test_the_tonic_moves_with_the_key(fifths, mode, semitones):
    key = Key(fifths, mode)
    moved = key.transpose(semitones)
    assert moved.tonic == (key.tonic + semitones) % 12
    assert moved.mode == mode


# --- what one does with music -------------------------------------------------------------------


def test_transpose_leaves_drums():
    score = Score((Note(0, 60, 1, 80, 0), Note(0, 38, 1, 80, 1)), (Track(), Track("kit", 0, True)), key=Key(0, "major"))
    up = score.transpose(3)
    assert [n.pitch for n in up.notes] == [38, 63]
    assert up.key == Key(-3, "major")
    with pytest.raises(ScoreError, match="Pitch"):
        score.transpose(68)


@given(scores(), st.integers(-12, 12))
def test_transposing_there_and_back(score, semitones):
    there = score.transpose(semitones)
    back = there.transpose(-semitones)
    assert back.notes == score.notes
    # C-sharp major comes back as D-flat major: the same tonic, fewer accidentals.
    assert (back.key is None) == (score.key is None)
    assert score.key is None or (back.key.tonic, back.key.mode) == (score.key.tonic, score.key.mode)
    assert back.replace(key=score.key) == score


def test_with_resolution_rounds_to_the_nearest_tick():
    # 7/10 and 13/10 of a quarter are 2.8 and 5.2 of 4 ticks a quarter: 3 and 5. A note never vanishes.
    score = Score((Note(7, 60, 6), Note(20, 62, 1)), resolution=10, tempos=(Tempo(0, 120.0), Tempo(13, 60.0)))
    coarse = score.with_resolution(4)
    assert coarse.notes == (Note(3, 60, 2), Note(8, 62, 1))
    assert coarse.tempos == (Tempo(0, 120.0), Tempo(5, 60.0))


def test_quantise_by_hand():
    # Sixteenths are 120 ticks: 59 -> 0, 60 -> 120 (halves go up); ends 130 -> 120, 200 -> 240.
    score = Score((Note(59, 60, 71), Note(60, 62, 140), Note(300, 64, 10)))
    assert score.quantise(4).notes == (Note(0, 60, 120), Note(120, 62, 120), Note(360, 64, 120))
    # Thirds of a quarter are 160 ticks: 300 -> 320.
    assert score.quantise(3).notes[-1] == Note(320, 64, 160)
    # 10 ticks a quarter hold no sixteenths, so the resolution becomes 20, a step 5: 7/10 -> 14/20 -> 15/20.
    odd = Score((Note(7, 60, 10),), resolution=10).quantise(4)
    assert (odd.resolution, odd.notes) == (20, (Note(15, 60, 20),))


@given(scores(), st.sampled_from([1, 2, 3, 4, 12]))
def test_quantising_twice_changes_nothing_more(score, steps):
    once = score.quantise(steps)
    step = once.resolution // steps
    assert once.quantise(steps) == once
    assert all(n.onset % step == 0 and n.duration % step == 0 for n in once.notes)
    assert len(once.notes) == len(score.notes)
    finest = score.with_resolution(once.resolution)  # in the same ticks, to see how far a note moved
    assert all(
        2 * abs(a - b.onset) <= step
        for a, b in zip(sorted(n.onset for n in finest.notes), sorted(once.notes), strict=True)
    )


def test_slice_by_hand():
    # A pick-up quarter in 3/4: bar 1 is 480-1920, bar 2 is 1920-3360, bar 3 is in 2/4.
    score = Score(
        (Note(0, 60, 480), Note(480, 62, 1200), Note(1680, 64, 720), Note(2400, 65, 2000), Note(4400, 67, 100)),
        metres=(Metre(0, 3, 4), Metre(3360, 2, 4)),
        tempos=(Tempo(0, 100.0), Tempo(500, 80.0), Tempo(2000, 60.0), Tempo(4000, 50.0)),
        pickup=480,
        key=Key(1, "major"),
    )
    second = score.slice_bars(2, 2)
    # The note at 1680 began in bar 1 and is left out; that at 2400 is cut at the bar line 3360.
    assert second.notes == (Note(480, 65, 960),)
    assert second.tempos == (Tempo(0, 80.0), Tempo(80, 60.0))
    assert second.metres == (Metre(0, 3, 4),)
    assert (second.pickup, second.key) == (0, Key(1, "major"))
    start = score.slice_bars(0, 1)
    assert (start.pickup, start.notes) == (480, (Note(0, 60, 480), Note(480, 62, 1200), Note(1680, 64, 240)))
    assert score.slice_bars(3, 99).metres == (Metre(0, 2, 4),)
    with pytest.raises(ScoreError, match=r"no bars 7-9.*bars 0-4"):
        score.slice_bars(7, 9)


@given(scores())
def test_a_slice_of_all_bars_is_the_score(score):
    bars = score.bars()
    assert score.slice_bars(bars[0].number, bars[-1].number).notes == score.notes


@given(scores(), st.data())
def test_two_slices_hold_the_notes_between_them(score, data):
    bars = score.bars()
    cut = data.draw(st.sampled_from(bars))
    first = score.slice_bars(bars[0].number, cut.number)
    assert first.end <= cut.end
    assert len(first.notes) == sum(n.onset < cut.end for n in score.notes)
    if cut is not bars[-1]:
        rest = score.slice_bars(cut.number + 1, bars[-1].number)
        assert len(first.notes) + len(rest.notes) == len(score.notes)
        assert [n.onset + cut.end for n in rest.notes] == [n.onset for n in score.notes if n.onset >= cut.end]
        assert rest.bars()[0].metre.numerator == bars[bars.index(cut) + 1].metre.numerator


def test_parts_are_chosen_in_the_order_asked():
    score = Score(
        (Note(0, 60, 1, 80, 0), Note(0, 50, 1, 80, 1), Note(1, 40, 1, 80, 2)), (Track("a"), Track("b"), Track("c"))
    )
    chosen = score.select_tracks([2, 0])
    assert [t.name for t in chosen.tracks] == ["c", "a"]
    assert chosen.notes == (Note(0, 60, 1, 80, 1), Note(1, 40, 1, 80, 0))
    assert score.track_notes(1) == (Note(0, 50, 1, 80, 1),)
    with pytest.raises(ScoreError, match="parts 0-2"):
        score.select_tracks([3])


def test_merge_by_hand():
    # 4 and 6 ticks a quarter meet in 12.
    mine = Score((Note(4, 60, 2),), (Track("mine"),), 4, key=Key(1), metres=(Metre(0, 3, 4),))
    theirs = Score((Note(6, 72, 3),), (Track("theirs"),), 6, metres=(Metre(0, 2, 4),))
    both = mine.merge(theirs)
    assert both.resolution == 12
    assert both.notes == (Note(12, 60, 6, 80, 0), Note(12, 72, 6, 80, 1))
    assert [t.name for t in both.tracks] == ["mine", "theirs"]
    assert (both.key, both.metres) == (Key(1), (Metre(0, 3, 4),))


@given(scores(), scores())
def test_a_merged_score_gives_both_back(mine, theirs):
    both = mine.merge(theirs)
    count = len(mine.tracks)
    assert both.select_tracks(range(count)) == mine
    back = both.select_tracks(range(count, len(both.tracks)))
    assert back.replace(tempos=(), metres=(), key=None, pickup=0) == theirs.replace(
        tempos=(), metres=(), key=None, pickup=0
    )
    assert both.end * mine.resolution >= mine.end * both.resolution


def test_scores_are_frozen():
    with pytest.raises(AttributeError):
        Score(()).title = "new"
    with pytest.raises(AttributeError):
        replace(Note(0, 60, 1)).pitch = 61
