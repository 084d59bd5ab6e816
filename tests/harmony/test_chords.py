"""Chords of little pieces, told by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from chorus import A_MINOR, CADENCE, C, choir

from musegen.harmony import analyse, chords
from musegen.score import Key, Metre, Note, Score, Track


def said(score: Score) -> list[str]:
    return [f"{chord.numeral} {chord.name}" for chord in chords(score)]


def test_a_plain_cadence():
    score = choir(*CADENCE, key=C)
    assert said(score) == ["I C", "IV F", "V G", "I C"]
    found = chords(score)
    assert [(c.start, c.end, c.bar, c.beat) for c in found] == [
        (0, 480, 1, 1.0), (480, 960, 1, 2.0), (960, 1440, 1, 3.0), (1440, 3360, 1, 4.0),
    ]  # fmt: skip
    assert found[2].root == 7
    assert found[2].quality == "major"
    assert found[2].inversion == 0
    assert found[2].bass == 7
    assert sorted(score.notes[i].pitch for i in found[2].notes) == [55, 62, 67, 71]
    assert all(chord.foreign == () for chord in found)


def test_the_key_is_found_where_none_is_stated():
    assert said(choir(*CADENCE)) == ["I C", "IV F", "V G", "I C"]


def test_inversions_and_sevenths():
    score = choir((72, 67, 64, 48), (74, 67, 65, 47), (72, 67, 64, 48), (72, 65, 62, 53), (71, 67, 62, 55),
                  (72, 67, 64, 48, 3.0), key=C)  # fmt: skip
    # C; B D F G; C; F C D F (no A): D minor seventh in first inversion without its fifth; G; C.
    assert said(score) == ["I C", "V65 G7/B", "I C", "ii65 Dm7/F", "V G", "I C"]


def test_minor_and_the_leading_note():
    score = choir((72, 69, 64, 57), (71, 68, 64, 52), (72, 69, 64, 57), (74, 69, 65, 50), (71, 68, 64, 52),
                  (72, 69, 64, 45, 3.0), key=A_MINOR)  # fmt: skip
    assert said(score) == ["i Am", "V E", "i Am", "iv Dm", "V E", "i Am"]


def test_a_secondary_dominant():
    score = choir((72, 67, 64, 48), (72, 69, 62, 54), (71, 67, 62, 55), (72, 67, 64, 48, 4.0), key=C)
    assert said(score) == ["I C", "V65/V D7/F#", "V G", "I C"]


def test_a_passing_note_is_no_chord():
    # The alto goes G F E in eighths over a C major chord that lasts a half: F passes.
    still = [Note(0, 72, 960, 80, 0), Note(0, 64, 960, 80, 2), Note(0, 48, 960, 80, 3)]
    moving = [Note(0, 67, 240, 80, 1), Note(240, 65, 240, 80, 1), Note(480, 64, 480, 80, 1)]
    after = [Note(960, p, 960, 80, v) for v, p in enumerate((71, 67, 62, 55))]
    end = [Note(1920, p, 1920, 80, v) for v, p in enumerate((72, 67, 64, 48))]
    score = Score((*still, *moving, *after, *end), (Track("", 52),) * 4, 480, key=C)
    assert said(score) == ["I C", "V G", "I C"]
    first = chords(score)[0]
    assert [(score.notes[i].onset, score.notes[i].pitch) for i in first.foreign] == [(240, 65)]


def test_a_suspension_is_no_chord():
    # Over G the soprano holds C from the chord before and falls to B a quarter later: 4-3.
    notes = [Note(0, 72, 1440, 80, 0), Note(1440, 71, 480, 80, 0), Note(1920, 72, 1920, 80, 0)]
    for part, line in enumerate(((69, 67, 67), (65, 62, 64), (53, 55, 48)), start=1):
        notes += [Note(960 * i, p, 1920 if i == 2 else 960, 80, part) for i, p in enumerate(line)]
    score = Score(tuple(notes), (Track("", 52),) * 4, 480, key=C)
    assert said(score) == ["IV F", "V G", "I C"]
    assert [score.notes[i].pitch for i in chords(score)[1].foreign] == [72]


def test_broken_chords_in_one_part():
    # Alberti basses: C G E G, B G D G (with the melody's F: a seventh), C G E G; a melody above.
    figures = ((48, 55, 52, 55), (47, 55, 50, 55), (48, 55, 52, 55))
    notes = [Note(960 * i + 240 * k, p, 240, 70, 1) for i, f in enumerate(figures) for k, p in enumerate(f)]
    notes += [Note(0, 76, 960), Note(960, 77, 960), Note(1920, 76, 960)]
    score = Score(tuple(notes), (Track("Right"), Track("Left")), 480, metres=(Metre(0, 2, 4),), key=C)
    assert said(score) == ["I C", "V65 G7/B", "I C"]


def test_chords_struck_in_one_part():
    notes = [Note(960 * i, p, 960) for i, chord in enumerate(((48, 64, 67), (53, 65, 69), (48, 64, 67)))
             for p in chord]  # fmt: skip
    assert said(Score(tuple(notes), key=C)) == ["I C", "IV F", "I C"]


def test_a_melody_alone_has_no_chords_and_says_so():
    score = Score(tuple(Note(480 * i, p, 480) for i, p in enumerate((60, 64, 67, 72))))
    found = analyse(score)
    assert found.chords == ()
    assert found.cadences == ()
    assert [item.reason for item in found.unjudged] == ["one_part", "no_chords"]


def test_nothing_and_drums_alone():
    for score in (Score(()), Score((Note(0, 36, 480),), (Track("", 0, True),))):
        found = analyse(score)
        assert (found.chords, found.cadences, found.faults, found.phrase_ends) == ((), (), (), ())


def test_drums_are_passed_over():
    score = choir(*CADENCE, key=C)
    drums = Score(tuple(Note(240 * i, 38, 120) for i in range(14)), (Track("", 0, True),), 480)
    merged = score.merge(drums)
    assert said(merged) == said(score)
    assert all(merged.notes[i].track < 4 for chord in chords(merged) for i in chord.notes)


def test_a_rest_parts_chords():
    score = choir((72, 67, 64, 48), (72, 67, 0, 48), (0, 0, 0, 0, 1.0), (72, 67, 64, 48), key=C)
    spans = [(c.start, c.end) for c in chords(score)]
    assert spans == [(0, 960), (1440, 1920)]


@pytest.mark.parametrize("semitones", range(-5, 7))
def test_transposed_music_has_the_same_numerals(semitones):
    score = choir((72, 67, 64, 48), (72, 69, 62, 54), (71, 67, 62, 55), (69, 64, 60, 57), (72, 69, 65, 53),
                  (71, 67, 62, 55), (72, 67, 64, 48, 2.0), key=C)  # fmt: skip
    here, there = chords(score), chords(score.transpose(semitones))
    assert [c.numeral for c in there] == [c.numeral for c in here]
    assert [c.root for c in there] == [(c.root + semitones) % 12 for c in here]


def test_names_follow_the_signature():
    flat = [n.name for n in chords(choir(*CADENCE, key=C).transpose(1).replace(key=Key(-5, "major")))]
    sharp = [n.name for n in chords(choir(*CADENCE, key=C).transpose(1).replace(key=Key(7, "major")))]
    assert flat == ["Db", "Gb", "Ab", "Db"]
    assert sharp == ["C#", "F#", "G#", "C#"]


def test_chords_follow_each_other_and_hold_every_note():
    score = choir(*CADENCE, (69, 65, 60, 53, 2.0), (67, 64, 60, 48, 2.0), key=C)
    found = chords(score)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert {i for chord in found for i in chord.notes} == set(range(len(score.notes)))


def test_a_phrase_in_the_dominant_is_heard_there():
    home = ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48))
    away = ((74, 66, 62, 50), (74, 67, 59, 55), (72, 64, 60, 57), (72, 66, 62, 50), (71, 67, 62, 43, 4.0))
    score = choir(*home, *away, *home, key=C)
    # C F G C | D G Am D7 G | C F G C.
    names = [region.key.name for region in analyse(score).keys]
    assert names == ["C major", "G major", "C major"]
