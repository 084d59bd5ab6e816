"""MuseGAN's measures, by definition and as published, by hand."""

from __future__ import annotations

from math import pi, sin, sqrt

import numpy as np
import pytest

from musegen.evaluation import evaluate, sample
from musegen.evaluation.multitrack import (
    MEASURES,
    drum_pattern,
    empty_part_bars,
    polyphonic_rate,
    qualified_notes,
    tonal_check,
    tonal_distance,
    used_pitch_classes,
)
from musegen.score import Metre, Note, Score, Track


def parts(*lines: tuple[tuple[int, ...], ...], quarters: float = 1) -> Score:
    """Every line a part, every tuple a quarter's chord in it; () = a rest."""
    length = round(480 * quarters)
    notes = tuple(
        Note(length * i, pitch, length, 80, part)
        for part, line in enumerate(lines)
        for i, chord in enumerate(line)
        for pitch in chord
    )
    return Score(notes, (Track(),) * len(lines))


def both(measure, score: Score) -> tuple[tuple[float, float], tuple[float, float]]:
    """By definition, and as published."""
    piece = sample(score)
    return tuple(measure(piece)), tuple(measure(piece, published=True))


def test_empty_bars_of_parts():
    # Two bars of four quarters; the second part rests in the first: one of four. Published: the three full ones.
    score = parts(((60,),) * 8, ((),) * 4 + ((48,),) * 4)
    assert both(empty_part_bars, score) == ((1, 4), (3, 4))


def test_pitch_classes_of_a_bar():
    # C D E C' in the first bar: three classes; the second is empty; a B in the third: four classes in two bars.
    score = parts(((60,), (62,), (64,), (72,), (), (), (), (), (71,)))
    # Published: (60 - 24) // 7 = 5, 62 and 64: 5, 72: 6; 71: 6: two "classes" and one.
    assert both(used_pitch_classes, score) == ((4, 2), (3, 2))


def test_an_octave_is_one_class_and_a_scale_is_seven():
    score = parts(((60, 72), (48, 36), (84,), (96,)))
    # Published, the six Cs fall into (36 48 60 72 84 96 - 24) // 7 = 1, 3, 5, 6, 8, 10.
    assert both(used_pitch_classes, score) == ((1, 1), (6, 1))


def test_qualified_notes():
    # A 32nd (60 of 480 ticks) qualifies, a 48th (40) and a 64th (30) don't; published: two steps of 20 ticks do.
    notes = (Note(0, 60, 60), Note(480, 60, 40), Note(960, 60, 30), Note(1440, 60, 480))
    assert both(qualified_notes, Score(notes)) == ((2, 4), (4, 4))
    assert both(qualified_notes, Score((Note(0, 60, 20), Note(480, 60, 480)))) == ((1, 2), (1, 2))
    # Published: what touches on one pitch is one note, in its own part only.
    trill = tuple(Note(20 * i, 60, 20) for i in range(4))
    assert both(qualified_notes, Score(trill)) == ((0, 4), (1, 1))
    apart = Score((Note(0, 60, 20, 80, 0), Note(20, 60, 20, 80, 1)), (Track(),) * 2)
    assert both(qualified_notes, apart) == ((0, 2), (0, 2))


def test_polyphony_is_within_a_part():
    # Quarters with one, two, three and no pitches: two of four sound several; published: three or more, one of four.
    score = parts(((60,), (60, 64), (60, 64, 67), (), (60,)))
    assert both(polyphonic_rate, score) == ((8, 20), (4, 20))
    # Two parts of one note each are not polyphonic.
    assert both(polyphonic_rate, parts(((60,),), ((48,),))) == ((0, 8), (0, 8))


def kit(*strokes: tuple[int, int], metres: tuple[Metre, ...] = (Metre(0, 4, 4),), pickup: int = 0) -> Score:
    notes = tuple(Note(onset, 36, length) for onset, length in strokes)
    return Score(notes, (Track("kit", 0, True),), metres=metres, pickup=pickup)


def test_drums_on_and_off_the_pattern():
    # Of 480 ticks: 0 and 120 are sixteenths, 140 is a step of 20 after one (1/10), 180 an off-beat 32nd.
    score = kit((0, 20), (120, 20), (140, 20), (180, 20))
    assert both(drum_pattern, score) == ((pytest.approx(2.1), 4), (pytest.approx(2.1), 4))
    # Published: a stroke held for a sixteenth (six steps: 1, .1, 0, 0, 0, .1) counts as six.
    assert both(drum_pattern, kit((0, 120))) == ((1, 1), (pytest.approx(1.2), 6))


def test_drums_in_other_metres_and_none():
    # A stroke in 4/4, then two in 3/4.
    score = kit((0, 20), (1920, 20), (2400, 20), metres=(Metre(0, 4, 4), Metre(1920, 3, 4)))
    assert tuple(drum_pattern(sample(score))) == (1, 1)
    # A pick-up of a quarter is the end of a bar of 4/4.
    assert tuple(drum_pattern(sample(kit((0, 20), (480, 20), pickup=480)))) == (2, 2)
    assert tuple(drum_pattern(sample(parts(((60,),))))) == (0, 0)


# Distances on the circles: a chord is 2 r sin(half the angle); angles of a fifth 30, 90 and 120 degrees.
FIFTH = sqrt((2 * sin(pi / 12)) ** 2 + (2 * sin(pi / 4)) ** 2 + (2 * 0.5 * sin(pi / 3)) ** 2)
# A tritone lies opposite on the circles of fifths and minor thirds, and at the same place on that of major thirds.
TRITONE = sqrt(2**2 + 2**2)


def test_tonal_distances():
    assert both(tonal_distance, parts(((72,),), ((48,),)))[0] == (pytest.approx(0), 1)  # octaves
    assert both(tonal_distance, parts(((67,),), ((60,),)))[0] == (pytest.approx(FIFTH), 1)
    assert both(tonal_distance, parts(((66,),), ((60,),)))[0] == (pytest.approx(TRITONE), 1)
    assert pytest.approx(1.7372, abs=1e-4) == FIFTH


def test_published_tonal_distance_takes_neighbours_for_octaves():
    # 60 and 64 fall into one group of seven semitones, 60 and 72 into neighbouring ones (5 and 6: "a semitone").
    semitone = sqrt((2 * sin(7 * pi / 12)) ** 2 + (2 * sin(pi / 4)) ** 2 + (2 * 0.5 * sin(pi / 3)) ** 2)
    assert both(tonal_distance, parts(((64,),), ((60,),)))[1] == (pytest.approx(0), 1)
    assert both(tonal_distance, parts(((72,),), ((60,),)))[1] == (pytest.approx(semitone), 1)


def test_beats_on_which_a_part_is_silent_are_left_out_and_all_pairs_count():
    # Three parts, two beats; the third sounds on the second only: pairs 1 + 3.
    score = parts(((60,), (60,)), ((60,), (67,)), ((), (60,)))
    assert tuple(tonal_distance(sample(score))) == (pytest.approx(2 * FIFTH), 4)
    assert tuple(tonal_distance(sample(parts(((60,), (62,)))))) == (0, 0)


def test_a_beat_weighs_its_notes_by_their_length():
    # C for three sixteenths and G for one, against C: the centroid lies a quarter of the way to G.
    score = Score((Note(0, 60, 360), Note(360, 67, 120), Note(0, 48, 480, 80, 1)), (Track(),) * 2)
    assert tuple(tonal_distance(sample(score))) == (pytest.approx(FIFTH / 4), 1)


def test_the_check_tells_parts_that_belong_together():
    # Two parts in octaves, every piece on a pitch class of its own: matched 0, shuffled never.
    pieces = [sample(parts(((60 + i,),) * 4, ((48 + i,),) * 4)) for i in range(8)]
    check = tonal_check(pieces, seed=1)
    assert (check.matched.value, check.separation) == (pytest.approx(0), 1)
    assert check.shuffled.low > 1
    # As published, an octave below lies one or two "semitones" off: what is together is as far apart as what is not.
    published = tonal_check(pieces, seed=1, published=True)
    assert published.matched.value > 1
    assert published.separation < 0.8
    assert tonal_check(pieces[:1], seed=1) is None
    assert tonal_check([sample(parts(((60,),)))] * 3, seed=1) is None


def test_nothing_to_measure():
    for score in (Score(()), kit((0, 20))):
        values = {m.name: m.of(sample(score)) for m in MEASURES}
        assert {name for name, value in values.items() if value is not None} <= {"drum_pattern"}


def test_published_values_stand_beside_the_corrected_ones():
    score = parts(((60, 72), (48, 36), (84,), (96,)))
    row = evaluate([score, score], [score], seed=0)["used_pitch_classes"]
    assert (row.generated.value, row.published.generated.value, row.published.reference.value) == (1, 6, 6)
    assert np.isfinite(row.published.generated.low)
