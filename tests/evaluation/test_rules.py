"""Part writing on a few chords each, counted by hand."""

from __future__ import annotations

import pytest

from musegen.evaluation import measure, rules, sample
from musegen.evaluation.sampling import Sampled
from musegen.score import Metre, Note, Score, Track


def chords(*columns: tuple[int, ...], pickup: int = 0, metre: Metre | None = None) -> Sampled:
    """Chords of a quarter each, from the top down; 0 = the part rests."""
    parts = len(columns[0])
    notes = tuple(
        Note(480 * i, pitch, 480, 80, part)
        for i, chord in enumerate(columns)
        for part, pitch in enumerate(chord)
        if pitch
    )
    return sample(Score(notes, (Track(),) * parts, metres=(metre or Metre(0, 4, 4),), pickup=pickup))


def fifths(*columns: tuple[int, ...]) -> tuple[float, float]:
    return tuple(rules.parallels(chords(*columns), 7))


def octaves(*columns: tuple[int, ...]) -> tuple[float, float]:
    return tuple(rules.parallels(chords(*columns), 0))


# --- parallels ----------------------------------------------------------------------------------


def test_parallel_fifths_are_counted_by_pairs_and_changes():
    # C-G to D-A: a parallel; D-A to E-B: another; then only the upper part moves. Three changes of chord.
    assert fifths((67, 60), (69, 62), (71, 64), (72, 64)) == (2, 3)
    # Twelfths are fifths.
    assert fifths((67, 48), (71, 52)) == (1, 1)
    # C-G-C to D-A-D: a fifth below, a fourth above, an octave outside.
    assert fifths((72, 67, 60), (74, 69, 62)) == (1, 1)
    assert octaves((72, 67, 60), (74, 69, 62)) == (1, 1)


def test_parallel_octaves_include_unisons():
    assert octaves((72, 60), (74, 62)) == (1, 1)
    assert octaves((60, 60), (62, 62)) == (1, 1)
    assert octaves((60, 60), (74, 62)) == (1, 1)  # both rise, from a unison into an octave


def test_an_octave_leap_in_one_part_is_no_parallel():
    assert octaves((72, 60), (72, 48)) == (0, 1)
    assert fifths((67, 60), (67, 48)) == (0, 1)


def test_a_repeated_chord_is_no_parallel_and_no_change():
    assert fifths((67, 60), (67, 60), (67, 60)) == (0, 0)
    assert octaves((72, 60), (72, 60)) == (0, 0)


def test_a_fifth_to_a_diminished_fifth_is_allowed():
    assert fifths((67, 60), (65, 59)) == (0, 1)  # C-G to B-F, both falling
    assert fifths((65, 59), (67, 60)) == (0, 1)


def test_contrary_motion_is_no_parallel():
    assert fifths((67, 60), (74, 55)) == (0, 1)  # a fifth opens to a twelfth
    assert octaves((72, 60), (77, 53)) == (0, 1)  # an octave opens to two


def test_parts_that_exchange_their_notes_make_no_parallel():
    assert fifths((67, 60), (60, 67)) == (0, 1)
    # Both rise, but the lower part crosses over the upper: F below C becomes A above D.
    assert fifths((60, 53), (62, 69)) == (0, 1)


def test_what_enters_after_a_rest_makes_no_parallel():
    assert fifths((67, 60), (0, 0), (69, 62)) == (0, 2)
    assert fifths((0, 60), (69, 62)) == (0, 1)  # the upper part only enters


def test_an_upbeat_is_counted_as_any_chord():
    # A pick-up of a quarter changes where the bars are, not the motion into the first of them.
    with_upbeat = chords((67, 60), (69, 62), (72, 64), pickup=480)
    assert rules.parallels(with_upbeat, 7) == (1, 2)


def test_one_part_has_no_parallels():
    assert rules.parallels(chords((60,), (62,)), 7) == (0, 0)


# --- other rules --------------------------------------------------------------------------------


def test_crossing_by_hand():
    # Of four chords (the repeated one counts once) alto lies over soprano in the 2nd, tenor over alto in the 3rd.
    piece = chords((72, 67, 60, 48), (72, 67, 60, 48), (65, 67, 60, 48), (72, 59, 60, 48), (72, 67, 60, 48))
    assert rules.crossing(piece) == (2, 4)
    assert rules.crossing(chords((60, 60), (0, 62))) == (0, 2)  # a unison is none, nor a part over a resting one
    assert rules.crossing(chords((60,))) == (0, 0)


def test_spacing_by_hand():
    # 13 semitones soprano-alto; 13 alto-tenor; an octave is allowed; tenor-bass may be any distance.
    piece = chords((73, 60, 59, 48), (72, 67, 54, 48), (72, 60, 48, 24))
    assert rules.spacing(piece) == (2, 3)
    assert rules.spacing(chords((72, 36))) == (0, 0)  # the lowest two are not judged, and there are no others


def test_bad_leaps_by_hand():
    # A tritone, a minor and a major seventh, a ninth; allowed: a sixth, an octave, a repeated note, after a rest.
    line = [(60,), (66,), (56,), (67,), (53,), (62,), (74,), (74,), (0,), (60,)]
    # Moves: +6! -10! +11! -14! +9 +12; 74 is repeated and 60 comes after a rest.
    assert rules.bad_leaps(chords(*line)) == (4, 6)


@pytest.mark.parametrize(
    ("chord", "is_tertian"),
    [
        ((67, 64, 60), True),  # C major
        ((64, 60, 55), True),  # its second inversion
        ((63, 60, 55), True),  # C minor
        ((65, 62, 59), True),  # B diminished
        ((68, 64, 60), True),  # augmented
        ((65, 59, 55, 50), True),  # G dominant seventh
        ((65, 59, 55), True),  # the same without its fifth
        ((64, 60), True),  # a third
        ((66, 63, 60, 57), True),  # diminished seventh
        ((67, 60), False),  # a bare fifth
        ((72, 60), False),  # a bare octave
        ((67, 65, 60), False),  # a suspended fourth
        ((66, 60), False),  # a tritone alone
        ((62, 61, 60), False),  # a cluster
    ],
)
def test_chords_of_thirds(chord, is_tertian):
    assert rules.tertian(chords(chord)) == (4 * is_tertian, 4)  # a quarter is four sixteenths


def test_a_single_part_is_no_chord():
    assert rules.tertian(chords((60, 0), (62, 59))) == (4, 4)  # only the second quarter counts: a third


def test_dissonant_beats_by_hand():
    # C-E consonant, C-D second, C-B seventh, C-F sharp tritone, C-F consonant; the unison and the single part are left
    # out; the last is a ninth.
    piece = chords((64, 60), (62, 60), (71, 60), (66, 60), (65, 60), (60, 60), (60, 0), (74, 60))
    assert rules.dissonant_beats(piece) == (4, 6)


def test_beats_follow_the_metre_and_the_pickup():
    # In 6/8 a beat is a dotted quarter, here 6 sixteenths: beats on 0, 6, 12.
    line = sample(Score((Note(0, 60, 1920),), metres=(Metre(0, 6, 8),)))
    assert line.beats.tolist() == [0, 6, 12]
    # In 5/8 it is an eighth.
    assert sample(Score((Note(0, 60, 1200),), metres=(Metre(0, 5, 8),))).beats.tolist() == [0, 2, 4, 6, 8]
    # An eighth of upbeat in 4/4: the beats come after it.
    upbeat = sample(Score((Note(0, 60, 240), Note(240, 62, 960)), pickup=240))
    assert upbeat.beats.tolist() == [2, 6]
    # A dotted quarter of upbeat in 3/4 holds the beat on its second eighth.
    assert sample(Score((Note(0, 60, 1200),), metres=(Metre(0, 3, 4),), pickup=720)).beats.tolist() == [2, 6]


def test_out_of_range_by_hand():
    # Soprano B3 is below C4; bass C2 below D2: two of eight quarters. Only four parts have these ranges.
    assert rules.out_of_range(chords((59, 55, 50, 36), (72, 64, 55, 48))) == (8, 32)
    assert rules.out_of_range(chords((59, 36))) == (0, 0)


def test_values_are_per_hundred():
    score = chords((67, 60), (69, 62), (71, 62)).score
    assert measure(score)["parallel_fifths"] == pytest.approx(50)  # one of two changes
    assert measure(score)["parallel_octaves"] == 0
    assert measure(score)["out_of_range"] is None
