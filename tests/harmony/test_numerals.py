"""Roman numerals and names, as the textbooks write them."""

import pytest

from musegen.harmony.numerals import chord_name, numeral, pitch_name, true_root
from musegen.score import Key

C, A_MINOR, C_MINOR, G_FLAT = Key(0, "major"), Key(0, "minor"), Key(-3, "minor"), Key(-6, "major")
SEVENTH, HALF, WHOLE = "dominant-seventh", "half-diminished-seventh", "diminished-seventh"


@pytest.mark.parametrize(
    ("root", "quality", "inversion", "key", "following", "text", "name"),
    [
        (0, "major", 0, C, None, "I", "C"),
        (7, SEVENTH, 1, C, 0, "V65", "G7/B"),
        (7, SEVENTH, 3, C, 0, "V42", "G7/F"),
        (2, "minor", 1, C, 7, "ii6", "Dm/F"),
        (0, "major", 2, C, 7, "I64", "C/G"),
        (11, "diminished", 1, C, 0, "viio6", "Bdim/D"),
        (11, HALF, 0, C, 0, "viiø7", "Bm7b5"),
        (2, "major", 0, C, 7, "V/V", "D"),
        (2, SEVENTH, 1, C, 7, "V65/V", "D7/F#"),
        (4, SEVENTH, 0, C, 9, "V7/vi", "E7"),
        (0, SEVENTH, 3, C, 5, "V42/IV", "C7/Bb"),
        (6, WHOLE, 0, C, 7, "viio7/V", "F#dim7"),
        (1, WHOLE, 0, C, 2, "viio7/ii", "C#dim7"),
        (8, "major", 0, C, 7, "bVI", "Ab"),
        (5, "minor", 0, C, 0, "iv", "Fm"),
        (1, "major", 1, C, 7, "bII6", "Db/F"),
        (9, "minor", 0, A_MINOR, None, "i", "Am"),
        (4, "major", 0, A_MINOR, 9, "V", "E"),
        (8, WHOLE, 0, A_MINOR, 9, "viio7", "G#dim7"),
        (7, "major", 0, A_MINOR, 0, "VII", "G"),
        (7, SEVENTH, 0, A_MINOR, 0, "V7/III", "G7"),
        (7, SEVENTH, 0, A_MINOR, 9, "VII7", "G7"),
        (0, "major", 0, A_MINOR, 2, "III", "C"),
        (11, HALF, 1, A_MINOR, 4, "iiø65", "Bm7b5/D"),
        (9, "major", 0, A_MINOR, 2, "V/iv", "A"),
        (9, "major", 0, A_MINOR, None, "I", "A"),
        (8, SEVENTH, 0, C_MINOR, 7, "Ger65", "Ab7"),
        (0, "augmented", 1, A_MINOR, 9, "III+6", "Caug/E"),
        (6, "major", 0, G_FLAT, None, "I", "Gb"),
        (11, "major", 0, G_FLAT, None, "IV", "Cb"),
    ],
)
def test_numerals_and_names(root, quality, inversion, key, following, text, name):
    tones = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8),
             SEVENTH: (0, 4, 7, 10), HALF: (0, 3, 6, 10), WHOLE: (0, 3, 6, 9)}[quality]  # fmt: skip
    roman = numeral(root, quality, inversion, key, following)
    assert roman.text == text
    assert chord_name(root, quality, inversion, (root + tones[inversion]) % 12, roman.step, key) == name


def test_a_bass_that_is_no_member_is_named():
    assert chord_name(5, "major", 0, 0, 3, C) == "F/C"  # a fifth that was not counted as an inversion
    assert chord_name(7, SEVENTH, 0, 0, 4, C) == "G7/C"  # over a pedal


def test_pitches_are_spelt_by_their_scale_step():
    assert pitch_name(8, 5, C) == "Ab"
    assert pitch_name(8, 4, C) == "G#"
    assert pitch_name(5, 6, Key(6, "major")) == "E#"


def test_a_diminished_seventh_is_rooted_where_it_leads():
    # B D F Ab, whatever it was found as: to C it is Bdim7, to Eb it is Ddim7, to nothing the key's leading-note chord.
    assert true_root(2, WHOLE, 11, C_MINOR, 0) == 11
    assert true_root(11, WHOLE, 11, C_MINOR, 3) == 2
    assert true_root(5, WHOLE, 11, C_MINOR, None) == 11
    assert true_root(3, WHOLE, 6, C, 5) == 6  # F# A C Eb, and no chord it leads to: the dominant's
    assert true_root(4, "augmented", 4, A_MINOR, None) == 0  # C E G#: on the third degree
    assert true_root(4, "major", 4, C, 9) == 4
