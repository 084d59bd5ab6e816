"""Keys and spelling, against textbook cases."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.score import Key, Note, Score, Track
from musegen.theory import key_of, part_name, spell

settings.register_profile("patient", deadline=None)  # a busy machine is not a fault
settings.load_profile("patient")

LETTER_PITCH = (0, 2, 4, 5, 7, 9, 11)  # C D E F G A B above C


def written(pitch: int, key: Key) -> str:
    letter, alteration, octave = spell(pitch, key)
    sign = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}[alteration]
    return f"{'CDEFGAB'[letter]}{sign}{octave}"


def melody(*pitches: int) -> Score:
    return Score(tuple(Note(i * 480, p, 480) for i, p in enumerate(pitches)))


# --- key ----------------------------------------------------------------------------------------

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11, 12, 11, 8, 7, 5, 3, 2, 0)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("scale", "mode"), [(MAJOR_SCALE, "major"), (HARMONIC_MINOR, "minor")])
def test_scales_are_in_their_key(tonic, scale, mode):
    key = key_of(melody(*(60 + tonic + step for step in scale)))
    assert (key.tonic, key.mode) == (tonic, mode)


def test_a_cadence_in_d_minor():
    # i - iv - V - i in four voices, a half note each: D minor, one flat.
    chords = [(74, 65, 57, 50), (70, 67, 62, 55), (69, 64, 61, 45), (69, 65, 62, 38)]
    score = Score(
        tuple(Note(i * 960, p, 960, 80, v) for i, c in enumerate(chords) for v, p in enumerate(c)), (Track(),) * 4
    )
    assert key_of(score) == Key(-1, "minor")


def test_frere_jacques_in_f():
    tune = melody(65, 67, 69, 65, 65, 67, 69, 65, 69, 70, 72, 69, 70, 72, 72, 74, 72, 70, 69, 65, 65, 60, 65)
    assert key_of(tune) == Key(-1, "major")


def test_what_the_score_states_goes_first():
    c_major = melody(60, 64, 67, 72)
    assert key_of(c_major.replace(key=Key(3, "minor"))) == Key(3, "minor")


def test_a_signature_without_a_mode_leaves_two_keys():
    # One sharp: the same scale ends on G (major) or on E (minor, with its leading note D sharp).
    assert key_of(melody(67, 69, 71, 72, 74, 71, 69, 67).replace(key=Key(1))) == Key(1, "major")
    assert key_of(melody(64, 67, 71, 69, 67, 66, 63, 64).replace(key=Key(1))) == Key(1, "minor")


def test_drums_have_no_key():
    tune = melody(*(57 + step for step in HARMONIC_MINOR))
    kit = Score(tuple(Note(i * 480, 42, 480) for i in range(60)), (Track("kit", 0, True),))
    assert key_of(tune.merge(kit)) == Key(0, "minor")
    assert key_of(kit) == Key(0, "major")


def test_an_empty_score_is_in_c_major_or_as_it_states():
    assert key_of(Score(())) == Key(0, "major")
    assert key_of(Score((), key=Key(-2))) == Key(-2)


def test_all_twelve_notes_alike_still_have_a_key():
    assert key_of(melody(*range(60, 72))).mode in ("major", "minor")


# --- spelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "pitches", "names"),
    [
        # The scale and its usual chromatic notes, by hand.
        (Key(0, "major"), [60, 62, 64, 65, 67, 69, 71, 66, 70, 68, 61], "C4 D4 E4 F4 G4 A4 B4 F#4 Bb4 G#4 C#4"),
        (Key(-3, "major"), [63, 65, 67, 68, 70, 72, 74, 69, 73], "Eb4 F4 G4 Ab4 Bb4 C5 D5 A4 Db5"),
        (Key(4, "major"), [64, 66, 68, 69, 71, 73, 75, 70, 74], "E4 F#4 G#4 A4 B4 C#5 D#5 A#4 D5"),
        (Key(0, "minor"), [57, 59, 60, 62, 64, 65, 67, 66, 68], "A3 B3 C4 D4 E4 F4 G4 F#4 G#4"),
        (Key(-1, "minor"), [50, 61, 59, 58, 56], "D3 C#4 B3 Bb3 G#3"),
        (Key(-3, "minor"), [60, 63, 68, 70, 71, 69], "C4 Eb4 Ab4 Bb4 B4 A4"),
        (Key(-5, "minor"), [58, 60, 61, 63, 65, 66, 68, 69, 67], "Bb3 C4 Db4 Eb4 F4 Gb4 Ab4 A4 G4"),
        (Key(4, "minor"), [61, 72, 70], "C#4 B#4 A#4"),  # the leading note of C sharp minor is B sharp
        (Key(7, "major"), [60, 65], "B#3 E#4"),  # every note sharp
        (Key(-7, "major"), [59, 64], "Cb4 Fb4"),  # every note flat
        (Key(5, "minor"), [67], "F##4"),  # the leading note of G sharp minor
    ],
)
def test_spelling_by_hand(key, pitches, names):
    assert " ".join(written(p, key) for p in pitches) == names


@given(st.integers(0, 127), st.integers(-7, 7), st.sampled_from(["", "major", "minor"]))
def test_what_is_written_sounds_the_same(pitch, fifths, mode):
    letter, alteration, octave = spell(pitch, Key(fifths, mode))
    assert 12 * (octave + 1) + LETTER_PITCH[letter] + alteration == pitch
    assert -2 <= alteration <= 2


@given(st.integers(-7, 7), st.sampled_from(["major", "minor"]))
def test_the_scale_has_seven_letters_and_the_signature(fifths, mode):
    key = Key(fifths, mode)
    steps = (0, 2, 4, 5, 7, 9, 11) if mode == "major" else (0, 2, 3, 5, 7, 8, 10)
    spelt = [spell(60 + key.tonic + step, key) for step in steps]
    assert sorted(letter for letter, _, _ in spelt) == list(range(7))
    assert sum(alteration for _, alteration, _ in spelt) == fifths


@given(st.integers(0, 11), st.integers(-6, 6), st.sampled_from(["major", "minor"]))
def test_every_key_spells_its_degrees_alike(degree, fifths, mode):
    # Seen from the tonic, a chromatic note is the same degree (a raised fifth, a lowered seventh, ...) in every key.
    def degree_letter(key: Key) -> int:
        return (spell(60 + (key.tonic + degree) % 12, key)[0] - spell(60 + key.tonic, key)[0]) % 7

    assert degree_letter(Key(fifths, mode)) == degree_letter(Key(0, mode))


# --- parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language", "shown"),
    [
        ("Right", "zh", "右手"),
        (" melody ", "zh", "旋律"),
        ("Melody", "en", "Melody"),
        ("Melody of Ann", "zh", "Melody of Ann"),
        ("", "zh", ""),
    ],
)
def test_common_parts_have_chinese_names(name, language, shown):
    assert part_name(name, language) == shown


def test_a_bass_beside_a_tenor_is_a_singer():
    choir = ("Soprano", "Alto", " tenor", "Bass")
    assert [part_name(name, "zh", choir) for name in choir] == ["女高音", "女低音", "男高音", "男低音"]
    assert part_name("Bass", "zh", ("Flute", "Bass")) == "低音"
    assert part_name("Bass", "en", choir) == "Bass"
