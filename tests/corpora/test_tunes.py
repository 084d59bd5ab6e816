import numpy as np
import pytest

from musegen.corpora import tunes
from musegen.corpora.store import Stored
from musegen.score import Note, Score, Track

LINE = (60, 62, 64, 65, 67, 65, 64, 62, 60, 67, 72, 71, 69, 67, 60)


ONE = (Track(),)


def stored(pitches, tracks=ONE, track=0):
    notes = tuple(Note(4 * i, pitch, 4, 80, track) for i, pitch in enumerate(pitches))
    return Stored.of(Score(notes, tracks, 4))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ein' feste Burg", "Ein_Feste_Burg (Isorhythmic)"),
        ("Für Freuden laßt uns", "Fuer Freuden lasst uns"),
        ("The White Cockade.", "White Cockade"),
        ("Élégie", "Elegie"),
    ],
)
def test_titles_that_are_the_same(left, right):
    assert tunes.title_key(left) == tunes.title_key(right) != ""


def test_titles_that_say_nothing():
    assert {tunes.title_key(title) for title in ("Jig", "Irish Air.", "A Do.", "March 3 (old)", "")} == {""}


def test_ngrams_don_t_change_by_transposition_or_rhythm():
    # 15 notes have 14 intervals, hence 14 - 12 + 1 = 3 n-grams.
    grams = tunes.melody_ngrams(stored(LINE))
    assert len(grams) == 3
    assert tunes.melody_ngrams(stored([pitch + 5 for pitch in LINE])) == grams


def test_ngrams_of_the_highest_line_of_the_first_pitched_part():
    chords = Score(
        tuple(Note(4 * i, p - below, 4, 80, 1) for i, p in enumerate(LINE) for below in (0, 12)), (Track(), Track()), 4
    )
    assert tunes.melody_ngrams(Stored.of(chords)) == tunes.melody_ngrams(stored(LINE))
    drums = (Track("Drums", 0, True), Track("Tune"))
    assert tunes.melody_ngrams(stored(LINE, drums, 0)) == frozenset()
    assert tunes.melody_ngrams(stored(LINE, drums, 1)) == tunes.melody_ngrams(stored(LINE))


def test_repeated_notes_and_trills_tell_no_tune():
    assert tunes.melody_ngrams(stored([60] * 40)) == frozenset()
    assert tunes.melody_ngrams(stored([60, 62] * 20)) == frozenset()


def test_families_by_title_and_by_notes():
    one, two = (tunes.melody_ngrams(stored(line)) for line in (LINE, LINE[::-1]))
    titles = [["a"], ["b"], ["b", "c"], ["d"], [""], [""]]
    grams = [one, two, frozenset(), one, frozenset(), frozenset()]
    # 0 and 3 share all n-grams, 1 and 2 a title; empty titles join nobody.
    assert tunes.families(titles, grams) == [0, 1, 1, 0, 4, 5]


def test_thirty_percent_make_a_tune():
    def grams(*names):
        return frozenset(bytes([name] * 12) for name in names)

    ten = grams(*range(10))
    assert tunes.families([[], []], [ten, grams(0, 1, 2, *range(20, 27))]) == [0, 0]  # 3 of 10
    assert tunes.families([[], []], [ten, grams(0, 1, *range(20, 28))]) == [0, 1]  # 2 of 10


def test_sides_are_90_5_5_and_fixed():
    sides = [tunes.side(str(i)) for i in range(4000)]
    assert sides == [tunes.side(str(i)) for i in range(4000)]
    shares = np.array([sides.count(s) for s in ("train", "valid", "test")]) / 4000
    assert np.allclose(shares, (0.90, 0.05, 0.05), atol=0.015)
