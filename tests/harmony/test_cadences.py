"""Cadences of each kind, and phrase ends, on phrases written for the purpose."""

from __future__ import annotations

import pytest
from chorus import A_MINOR, CADENCE, C, choir

from musegen.harmony import analyse, cadences
from musegen.harmony.phrases import phrase_ends
from musegen.harmony.slices import slices
from musegen.score import Key, Note, Score

ONE, IV, V, VI = (72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 64, 60, 57)


@pytest.mark.parametrize(
    ("columns", "key", "kind"),
    [
        ((ONE, IV, V, (72, 67, 64, 48, 4.0)), C, "perfect-authentic"),
        ((ONE, IV, V, (76, 67, 60, 48, 4.0)), C, "imperfect-authentic"),  # the third on top
        ((ONE, IV, (74, 67, 62, 47), (72, 67, 64, 48, 4.0)), C, "imperfect-authentic"),  # V6-I
        ((ONE, IV, (74, 65, 62, 47), (72, 67, 64, 48, 4.0)), C, "imperfect-authentic"),  # viio-I
        ((ONE, VI, ONE, (71, 67, 62, 55, 4.0)), C, "half"),
        ((ONE, V, ONE, (72, 69, 65, 53), (72, 67, 64, 48, 4.0)), C, "plagal"),
        ((ONE, IV, V, (72, 64, 60, 57, 4.0)), C, "deceptive"),
        # Am E Am, then D minor over F: the bass falls a semitone to E.
        (((72, 69, 64, 57), (71, 68, 64, 52), (72, 69, 64, 57), (74, 69, 62, 53), (76, 68, 59, 52, 4.0)), A_MINOR,
         "phrygian-half"),
        # A minor ends in A major: a Picardy third is a perfect cadence.
        (((72, 69, 64, 57), (74, 69, 65, 50), (71, 68, 64, 52), (69, 64, 61, 45, 4.0)), A_MINOR, "perfect-authentic"),
    ],
)  # fmt: skip
def test_the_kinds(columns, key, kind):
    found = cadences(choir(*columns, key=key))
    assert [c.kind for c in found] == [kind]
    assert found[0].key == key
    assert not found[0].modulating


def test_a_cadence_has_its_place_chords_and_notes():
    score = choir(*CADENCE, key=C)
    found = analyse(score)
    (cadence,) = found.cadences
    assert (cadence.tick, cadence.bar, cadence.beat) == (1440, 1, 4.0)
    assert [found.chords[i].numeral for i in cadence.chords] == ["V", "I"]
    assert sorted(score.notes[i].pitch for i in cadence.notes) == sorted((71, 67, 62, 55, 72, 67, 64, 48))


def test_a_cadence_in_another_key():
    away = ((74, 66, 62, 50), (74, 67, 59, 55), (72, 64, 60, 57), (72, 66, 62, 50), (71, 67, 62, 43, 4.0))
    found = cadences(choir(ONE, IV, V, ONE, *away, ONE, IV, V, ONE, key=C))
    away = next(c for c in found if c.bar == 3)
    assert (away.kind, away.key, away.modulating) == ("imperfect-authentic", Key(1, "major"), True)
    assert (found[-1].kind, found[-1].modulating) == ("perfect-authentic", False)


def test_two_ends_over_one_chord_are_one_cadence():
    held = [Note(1920, 67, 960, 80, 1), Note(1920, 64, 960, 80, 2), Note(1920, 48, 960, 80, 3)]
    score = choir(ONE, IV, ONE, V, key=C)
    notes = (*score.notes, Note(1920, 72, 480, 80, 0), Note(2400, 72, 480, 80, 0), *held)
    found = cadences(score.replace(notes=notes), [1920, 2400])
    assert [(c.kind, c.tick) for c in found] == [("perfect-authentic", 1920)]


def test_known_phrase_ends_are_heeded():
    # Quarters only: nobody could hear an end on the fourth of eight chords, but a fermata says so.
    score = choir(ONE, IV, ONE, V, ONE, IV, V, ONE, key=C)
    found = cadences(score, [1440, 3360])
    assert [(c.kind, c.tick) for c in found] == [("half", 1440), ("perfect-authentic", 3360)]


def test_long_notes_and_rests_end_phrases():
    # Two bars that end on a half note, two bars that end with a rest.
    tune = ((0, 67), (1, 69), (2, 71), (3, 72), (4, 74), (5, 72), (6, 71))
    notes = [
        Note(480 * beat + 3840 * half, pitch, 960 if beat == 6 else 480) for half in (0, 1) for beat, pitch in tune
    ]
    score = Score(tuple(notes))
    assert [notes[i].onset for i in phrase_ends(slices(score))] == [2880, 6720]


def test_the_last_note_always_ends_a_phrase():
    score = choir(ONE, IV, V, key=C)
    assert [score.notes[i].onset for i in phrase_ends(slices(score))] == [960]
    assert phrase_ends(slices(Score(()))) == ()
