"""Pick-ups in other programs' MIDI files: a first bar with a metre of its own, and what only looks like one."""

from __future__ import annotations

import base64
import io
from fractions import Fraction

import mido
import pytest
import symusic

from musegen.formats import read_score, write_score
from musegen.formats.report import Imported
from musegen.score import Metre, Note, Score

# Made by MuseScore 3 of 3/4 with an upbeat, repeated: D | G A B | A F :|, as 1/4, 3/4, 2/4, 1/4, 3/4, 2/4.
MUSESCORE = base64.b64decode(
    "TVRoZAAAAAYAAQACAeBNVHJrAAAARwD/WAQBAhgIAP9RAwehIINg/1gEAwIYCIsg/1gEAgIYCIdA/1gEAQIYCAD/UQMHoSCDYP9Y"
    "BAMCGAiLIP9YBAICGAgB/y8ATVRyawAAAIoA/1kCAQAAsHkAAGQAAGUAAAYMAGR/AGV/AAdkAApAAFsAAF0AAP8hAQAAkD5Qg18+"
    "AAFDUINfQwABRVCDX0UAAUdQg19HAAFFUINfRQABQVCDX0EAAf9ZAgEAAJA+UINfPgABQ1CDX0MAAUVQg19FAAFHUINfRwABRVCD"
    "X0UAAUFQg19BAAH/LwA="
)


def file(*metres: tuple[float, str], stop: float = 12, begin: float = 0, late: int = 0) -> Imported:
    """A file of (quarter, "3/4") time signatures, with an eighth on every eighth from ``begin`` to ``stop`` quarters.

    ``late``: everything begins so many ticks (of 480 a quarter) later.
    """
    track, now = mido.MidiTrack(), 0
    rows = [
        (round(480 * at) + late, 0, mido.MetaMessage("time_signature", numerator=int(n), denominator=int(d)))
        for at, (n, d) in ((at, text.split("/")) for at, text in metres)
    ]
    for eighth in range(int(2 * begin), int(2 * stop)):
        rows.append((240 * eighth + late, 2, mido.Message("note_on", note=60 + eighth % 12, velocity=80)))
        rows.append((240 * eighth + 240 + late, 1, mido.Message("note_off", note=60 + eighth % 12)))
    for tick, _, message in sorted(rows, key=lambda row: row[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    stream = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=stream)
    return read_score(stream.getvalue())


def metres(score: Score) -> list[tuple[Fraction, str]]:
    return [(Fraction(metre.tick, score.resolution), str(metre)) for metre in score.metres]


def lines(score: Score) -> list[tuple[int, Fraction]]:
    """Numbers and beginnings, in quarters, of the bars."""
    return [(bar.number, Fraction(bar.start, score.resolution)) for bar in score.bars()]


def kinds(imported: Imported) -> set[str]:
    return {remark.kind for remark in imported.report.remarks}


@pytest.mark.parametrize(
    ("short", "metre", "quarters"),
    [
        ("1/4", "3/4", 1),
        ("1/8", "4/4", 0.5),
        ("1/8", "6/8", 0.5),
        ("1/4", "2/2", 1),
        ("3/8", "4/4", 1.5),
        ("5/16", "4/4", 1.25),
    ],
)
def test_a_first_bar_with_a_shorter_metre_is_a_pick_up(short, metre, quarters):
    imported = file((0, short), (quarters, metre))
    assert metres(imported.score) == [(0, metre)]
    assert imported.score.pickup == 480 * quarters
    numerator, denominator = map(int, metre.split("/"))
    bar = Fraction(4 * numerator, denominator)
    assert lines(imported.score)[:3] == [(0, 0), (1, quarters), (2, quarters + bar)]
    assert f"the file begins with a single bar of {short}; it is read as a pick-up" in imported.report.sentences()[1]
    assert f"文件以单独一个 {short} 小节开头；按弱起小节读取" in imported.report.sentences("zh")[1]
    assert "metre_changes" not in kinds(imported)


def test_musescore_s_bars_cut_at_a_repeat_are_made_whole():
    imported = read_score(MUSESCORE)
    assert metres(imported.score) == [(0, "3/4")]
    # The pick-up, G A B, A F D, G A B, A F: the upbeat of the second time fills the bar before it.
    assert lines(imported.score) == [(0, 0), (1, 1), (2, 4), (3, 7), (4, 10)]
    assert imported.report.sentences()[0].startswith("4 bars and a pick-up of 1 quarter note, 1 voice, G major, 3/4")
    assert [note.pitch for note in imported.score.notes] == [62, 67, 69, 71, 69, 65] * 2


def test_a_last_bar_that_the_pick_up_completes_is_made_whole():
    # 4/4 with an upbeat of a quarter: two bars, then three quarters to the end at 12. And with half a bar: 2 + 8 + 2.
    assert metres(file((0, "1/4"), (1, "4/4"), (9, "3/4")).score) == [(0, "4/4")]
    assert metres(file((0, "2/4"), (2, "4/4"), (10, "2/4")).score) == [(0, "4/4")]


@pytest.mark.parametrize(
    ("given", "pickup", "expected"),
    [
        # a change of metre behind the pick-up stays
        ([(0, "1/4"), (1, "3/4"), (4, "2/4")], 1, [(0, "3/4"), (4, "2/4")]),
        # short bars that are no part of a cut one stay, too: 2/4 alone in a piece of 4/4
        ([(0, "2/4"), (2, "4/4"), (10, "2/4"), (12, "4/4")], 2, [(0, "4/4"), (10, "2/4"), (12, "4/4")]),
        # two half bars at a repeat are one bar
        ([(0, "2/4"), (2, "4/4"), (6, "2/4"), (10, "4/4")], 2, [(0, "4/4")]),
    ],
)
def test_other_changes_of_metre_stay_behind_a_pick_up(given, pickup, expected):
    score = file(*given, stop=16).score
    assert (score.pickup, metres(score)) == (480 * pickup, expected)


@pytest.mark.parametrize(
    "given",
    [
        [(0, "5/4"), (5, "6/4"), (11, "5/4"), (16, "6/4")],  # Mussorgsky's Promenade: the metre alternates
        [(0, "5/4"), (5, "6/4"), (11, "5/4")],
        [(0, "2/4"), (2, "5/8"), (12, "4/8"), (16, "5/8")],  # bars of 2/4 = 4/8 come back, two at a time
        [(0, "2/4"), (4, "4/4")],  # two bars
        [(0, "1/4"), (1.5, "4/4")],  # no whole bar
        [(0, "4/4"), (4, "3/4")],  # longer than what follows
        [(0, "4/4"), (4, "2/2")],  # as long
        [(0, "3/4")],
    ],
)
def test_a_first_bar_of_another_kind_is_a_bar(given):
    imported = file(*given, stop=22)
    assert (imported.score.pickup, metres(imported.score)) == (0, given)
    assert "pickup" not in kinds(imported)


def test_a_silent_first_bar_is_no_pick_up():
    assert metres(file((0, "2/4"), (2, "4/4"), begin=2).score) == [(0, "2/4"), (2, "4/4")]


def test_a_pick_up_padded_with_rests_to_a_full_bar_is_left_alone():
    score = file((0, "3/4"), begin=2).score
    assert (score.pickup, lines(score)[:2]) == (0, [(1, 0), (2, 3)])


def test_our_own_files_say_what_their_first_bar_is():
    notes = tuple(Note(480 * k, 60 + k, 480) for k in range(9))
    bar = Score(notes, metres=(Metre(0, 1, 4), Metre(480, 4, 4)))
    upbeat = Score(notes, metres=(Metre(0, 4, 4),), pickup=480)
    for score in (bar, upbeat):
        assert read_score(write_score(score, "mid")).score == score


@pytest.mark.parametrize(
    ("metre", "pickup", "written"),
    [
        ((3, 4), 480, [(0, 1, 4), (480, 3, 4)]),
        ((4, 4), 240, [(0, 1, 8), (240, 4, 4)]),  # no whole number of quarters
        ((6, 8), 240, [(0, 1, 8), (240, 6, 8)]),
        ((2, 2), 480, [(0, 1, 4), (480, 2, 2)]),
        ((2, 2), 960, [(0, 1, 2), (960, 2, 2)]),
        ((4, 4), 320, [(0, 4, 4)]),  # two triplet quavers: no metre is as long
    ],
)
def test_other_programs_see_our_pick_up_as_a_bar_of_its_own(metre, pickup, written):
    notes = tuple(Note(240 * k, 60 + k, 240) for k in range(17))
    score = Score(notes, metres=(Metre(0, *metre),), pickup=pickup)
    data = write_score(score, "mid")
    seen = symusic.Score.from_midi(data).time_signatures
    assert [(one.time, one.numerator, one.denominator) for one in seen] == written
    assert read_score(data).score == score


def test_a_metre_that_changes_within_or_behind_our_pick_up_comes_back():
    notes = tuple(Note(240 * k, 60 + k, 240) for k in range(17))
    for tick in (240, 480, 960, 2400):
        score = Score(notes, metres=(Metre(0, 4, 4), Metre(tick, 3, 4)), pickup=480)
        assert read_score(write_score(score, "mid")).score == score


def test_a_file_that_begins_a_tick_late_has_no_bar_of_one_tick():
    # abc2midi writes everything but the name at tick 1.
    score = file((0, "3/4"), (9, "2/4"), late=1).score
    assert metres(score) == [(0, "3/4"), (9, "2/4")]
    assert (score.notes[0].onset, score.notes[0].end) == (0, 240)
    assert lines(score) == [(1, 0), (2, 3), (3, 6), (4, 9), (5, 11)]
