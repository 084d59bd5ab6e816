"""Faults, each planted by hand, and as many as the measures count."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from chorus import A_MINOR, C, choir

from musegen.evaluation import rules, sample
from musegen.harmony import KINDS, LEVELS, Fault, analyse, faults, foremost
from musegen.harmony.bach import bach_rate
from musegen.score import Metre, Note, Score, Track


def found(score: Score, kind: str):
    return [fault for fault in faults(score) if fault.kind == kind]


def test_the_gravest_come_first_and_those_of_some_bars_alone():
    levels = ("taste", "warning", "error", "warning")
    some = [Fault("crossing", level, 0, 1, bar, 1.0, (), ()) for bar, level in enumerate(levels, 1)]
    assert [fault.bar for fault in foremost(some)] == [3, 2, 4, 1]
    assert [fault.bar for fault in foremost(some, (1, 2))] == [2, 1]


def test_parallel_fifths_show_their_four_notes():
    # Tenor and bass G-C to A-D; the upper voices go the other way or stay.
    score = choir((76, 72, 55, 48), (74, 69, 57, 50), key=C)
    (fault,) = found(score, "parallel_fifths")
    assert (fault.level, fault.tick, fault.bar, fault.beat, fault.parts) == ("error", 480, 1, 2.0, (2, 3))
    assert [score.notes[i].pitch for i in fault.notes] == [55, 57, 48, 50]
    assert [score.notes[i].track for i in fault.notes] == [2, 2, 3, 3]
    assert fault.facts == {"interval": 7}


def test_parallel_octaves_and_unisons():
    assert [f.facts["interval"] for f in found(choir((72, 60), (74, 62), key=C), "parallel_octaves")] == [12]
    assert [f.facts["interval"] for f in found(choir((60, 60), (62, 62), key=C), "parallel_octaves")] == [0]
    assert found(choir((72, 60), (72, 48), key=C), "parallel_octaves") == []
    assert found(choir((72, 60), (72, 60), key=C), "parallel_octaves") == []
    assert found(choir((67, 60), (65, 59), key=C), "parallel_fifths") == []


def test_hidden_fifths_and_octaves_are_of_the_outer_voices_and_by_leap():
    # E over C leaps to A over D: both rise, into a fifth.
    (fault,) = found(choir((64, 48), (69, 50), key=C), "hidden_fifths")
    assert (fault.level, fault.parts, fault.facts["interval"]) == ("warning", (0, 1), 19)
    assert [f.facts["interval"] for f in found(choir((64, 48), (74, 50), key=C), "hidden_octaves")] == [24]
    assert found(choir((67, 48), (69, 50), key=C), "hidden_fifths") == []  # a step: and a parallel
    assert found(choir((65, 55), (67, 60), key=C), "hidden_fifths") == []  # the upper voice goes by step
    assert found(choir((72, 50), (69, 50), key=C), "hidden_fifths") == []  # the bass stays


def test_crossing_lasts_as_long_as_the_two_notes():
    score = choir((72, 60, 64, 48), (72, 67, 64, 48), key=C)
    (fault,) = found(score, "crossing")
    assert (fault.tick, fault.end, fault.parts, fault.facts["interval"]) == (0, 480, (1, 2), 4)
    assert [score.notes[i].pitch for i in fault.notes] == [60, 64]


def test_overlap():
    # The tenor rises to A4, above the alto's G4 before, while the alto goes on to C5.
    score = choir((76, 67, 64, 48), (76, 72, 69, 53), key=C)
    (fault,) = found(score, "overlap")
    assert (fault.level, fault.parts) == ("taste", (1, 2))
    assert [score.notes[i].pitch for i in fault.notes] == [67, 69]


def test_spacing_leaves_the_bass_alone():
    (fault,) = found(choir((79, 65, 60, 38), key=C), "spacing")  # 14 semitones; tenor and bass 22
    assert (fault.parts, fault.facts["interval"]) == ((0, 1), 14)
    assert found(choir((72, 60, 48, 36), key=C), "spacing") == []


def test_ranges_are_told_of_four_voices_only():
    (fault,) = found(choir((83, 72, 67, 48), key=C), "range")
    assert (fault.parts, fault.facts) == ((0,), {"low": 60, "high": 81})
    three = choir((83, 72, 67), key=C)
    assert found(three, "range") == []
    assert "not_four_voices" in [item.reason for item in analyse(three).unjudged]


@pytest.mark.parametrize(("size", "bad"), [(5, 0), (6, 1), (7, 0), (9, 0), (10, 1), (11, 1), (12, 0), (13, 1)])
def test_leaps(size, bad):
    score = choir((60, 48), (60 + size, 48), key=C)
    assert len(found(score, "bad_leap")) == bad


def test_a_diminished_fifth_may_turn_back():
    # F to B, then to C: it turns back by step only if it goes down: B is left upward, in the leap's direction.
    (onward,) = found(choir((65, 48), (71, 48), (72, 48), key=C), "bad_leap")
    (back,) = found(choir((71, 48), (65, 48), (67, 48), key=C), "bad_leap")  # down, then up by step
    assert (onward.level, back.level) == ("warning", "taste")


def test_an_augmented_second_is_no_minor_third():
    # F to G# in A minor; D to F is a third.
    cadence = ((72, 69, 64, 45), (74, 69, 65, 50), (71, 68, 64, 52), (72, 69, 64, 45, 2.0))
    augmented = choir((72, 69, 64, 57), (74, 65, 62, 50), (71, 68, 64, 52), (72, 69, 64, 45), *cadence, key=A_MINOR)
    (fault,) = found(augmented, "augmented_second")
    assert (fault.bar, fault.beat, fault.parts) == (1, 3.0, (1,))
    assert found(choir((69, 50), (72, 53), *[(c[0], c[3]) for c in cadence], key=A_MINOR), "augmented_second") == []


def test_a_doubled_leading_note():
    score = choir((72, 67, 64, 48), (71, 67, 59, 55), (72, 67, 64, 48, 2.0), key=C)
    (fault,) = found(score, "leading_note_doubled")
    assert (fault.level, fault.parts, fault.beat) == ("error", (0, 2), 2.0)
    good = choir((72, 67, 64, 48), (71, 67, 62, 55), (72, 67, 64, 48, 2.0), key=C)
    assert found(good, "leading_note_doubled") == []


def test_a_leading_note_must_rise():
    score = choir((72, 67, 64, 48), (71, 67, 62, 55), (67, 64, 60, 48, 2.0), key=C)
    (fault,) = found(score, "leading_note_unresolved")
    assert (fault.level, fault.parts, fault.facts) == ("warning", (0,), {"resolution": -4})
    assert [score.notes[i].pitch for i in fault.notes] == [71, 67]
    # In the alto it may fall a third, as Bach does.
    inner = choir((76, 72, 67, 48), (74, 71, 67, 55), (72, 67, 64, 48, 2.0), key=C)
    assert found(inner, "leading_note_unresolved") == []


def test_a_seventh_must_fall():
    score = choir((72, 67, 64, 48), (71, 65, 62, 55), (72, 67, 64, 48, 2.0), key=C)
    (fault,) = found(score, "seventh_unresolved")
    assert (fault.level, fault.parts, fault.facts) == ("warning", (1,), {"resolution": 2})
    good = choir((72, 67, 64, 48), (71, 65, 62, 55), (72, 64, 60, 48, 2.0), key=C)
    assert found(good, "seventh_unresolved") == []


def test_the_upper_voice_may_be_written_last():
    score = choir((48, 76), (50, 74), (52, 72))
    assert found(score, "crossing") == []


def test_instruments_are_no_choir():
    score = choir((83, 60, 64, 48), (79, 72, 55, 50), key=C)
    strings = score.replace(tracks=tuple(Track("", program) for program in (40, 40, 41, 42)))
    assert {f.kind for f in faults(strings)} <= {"parallel_fifths", "parallel_octaves", "bad_leap", "augmented_second"}
    assert "not_a_choir" in [item.reason for item in analyse(strings).unjudged]


def test_chords_in_a_part_are_no_voices():
    notes = tuple(Note(480 * i, p + 2 * i, 480) for i in range(4) for p in (48, 55, 60))
    result = analyse(Score(notes))
    assert result.faults == ()
    assert (result.unjudged[0].reason, result.unjudged[0].parts) == ("chordal_parts", (0,))


def test_parts_that_double_each_other_are_meant_to():
    pitches = [60, 62, 64, 65, 67, 65, 64, 62, 60, 59, 60]
    score = choir(*[(p + 12, p) for p in pitches], key=C)
    result = analyse(score)
    assert found(score, "parallel_octaves") == []
    assert ("doubled_parts", (0, 1)) in [(item.reason, item.parts) for item in result.unjudged]


def _agree(score: Score) -> Counter:
    piece, result = sample(score), faults(score)
    counts = Counter(fault.kind for fault in result)
    assert counts["parallel_fifths"] == rules.parallels(piece, 7).events
    assert counts["parallel_octaves"] == rules.parallels(piece, 0).events
    assert counts["bad_leap"] == rules.bad_leaps(piece).events
    steps = {kind: np.zeros(len(piece.pitches), bool) for kind in ("crossing", "spacing")}
    outside = 0
    for fault in result:
        span = slice(fault.tick * 4 // score.resolution, fault.end * 4 // score.resolution)
        if fault.kind in steps:
            steps[fault.kind][span] = True
        outside += (span.stop - span.start) * (fault.kind == "range")
    rows = np.concatenate([[0], piece.changes]).astype(int)
    rows = rows[(piece.pitches[rows] >= 0).any(axis=1)]
    assert steps["crossing"][rows].sum() == rules.crossing(piece).events
    assert steps["spacing"][rows].sum() == rules.spacing(piece).events
    assert outside == rules.out_of_range(piece).events
    return counts


def test_as_many_as_the_measures_count_in_music_by_chance():
    rng = np.random.default_rng(3)
    total: Counter = Counter()
    for _ in range(25):
        notes = []
        for part, middle in enumerate((72, 66, 60, 48)):
            tick, pitch = 0, middle
            while tick < 16 * 480:
                length = int(rng.choice([120, 240, 480, 960]))
                pitch = int(np.clip(pitch + rng.choice([-11, -6, -2, -1, 0, 1, 2, 7]), middle - 9, middle + 10))
                if rng.random() < 0.9:
                    notes.append(Note(tick, pitch, length, 80, part))
                tick += length
        score = Score(tuple(notes), (Track("", 52),) * 4, 480)
        means = [np.mean(p[p >= 0]) for p in sample(score).pitches.T]
        if all(lower < upper for upper, lower in pairwise(means)):  # else the parts are taken from the top down
            total += _agree(score)
    assert (
        min(total[k] for k in ("parallel_fifths", "parallel_octaves", "bad_leap", "crossing", "spacing", "range")) > 2
    )


def test_as_many_as_the_measures_count_in_bach():
    from musegen.corpora import load_corpus
    from musegen.errors import CorpusError

    try:
        pieces = load_corpus("bach-chorales").split("test")
    except CorpusError as error:
        pytest.skip(str(error))
    total: Counter = Counter()
    for piece in pieces[:25]:
        total += _agree(piece.score)
    assert total["bad_leap"] > 10


def test_beats_of_a_pickup_and_of_compound_time():
    score = choir((76, 72, 55, 48), (74, 69, 57, 50), key=C, pickup=480)
    (fault,) = found(score, "parallel_fifths")
    assert (fault.bar, fault.beat) == (1, 1.0)
    tracks = (Track("", 52),) * 2
    six = Score((Note(0, 67, 720), Note(720, 69, 720), Note(0, 60, 720, 80, 1), Note(720, 62, 720, 80, 1)), tracks, 480,
                metres=(Metre(0, 6, 8),))  # fmt: skip
    (fault,) = found(six, "parallel_fifths")
    assert (fault.bar, fault.beat) == (1, 2.0)


def test_how_often_bach_does_it():
    for kind in KINDS:
        whole, parts = bach_rate(kind), [bach_rate(kind, level) for level in LEVELS]
        assert whole.count == sum(part.count for part in parts)
        assert whole.chorales <= min(whole.of, whole.count)
    assert 0 < bach_rate("parallel_fifths").per_100_chords < 0.5
    assert bach_rate("parallel_octaves").per_100_chords < bach_rate("crossing").per_100_chords
