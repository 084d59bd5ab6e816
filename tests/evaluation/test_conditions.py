"""Melody and accompaniment, and the diversity of completions, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.errors import MusegenError
from musegen.evaluation import chord_agreement, distinct_completions, melody_fit, sample
from musegen.score import Key, Metre, Note, Score, Track


def harmonised(
    melody: list[int], chords: list[tuple[int, ...]], fifths: int = 0, metre: int = 4, pickup: int = 0
) -> Score:
    """A melody of quarters over chords of quarters in the parts below."""
    notes = [Note(480 * i, pitch, 480) for i, pitch in enumerate(melody)]
    notes += [Note(480 * i, p, 480, 80, 1 + part) for i, chord in enumerate(chords) for part, p in enumerate(chord)]
    key = Key(fifths, "major")
    return Score(tuple(notes), (Track(),) * (1 + len(chords[0])), key=key, metres=(Metre(0, metre, 4),), pickup=pickup)


def test_agreement_by_hand():
    others = np.array([[60, 52]] * 5 + [[60, 48]] + [[67, -1]])
    # Over C-E: G (triad), E, A (A minor), B (seventh without its fifth) and not F; a bare octave and one voice
    # below are no chord to belong to.
    assert chord_agreement(np.array([67, 64, 69, 71, 65, 67, 67]), others) == (4, 5)
    assert chord_agreement(np.array([-1]), np.array([[60, 52]])) == (0, 0)


def keyed(fifths: int, up: int, tune: tuple[int, ...]) -> Score:
    """Quarters, each over its own octave and major third, in C major moved ``up``."""
    melody = [72 + up + t for t in tune]
    return harmonised(melody, [(pitch - 8, pitch - 12) for pitch in melody], fifths)


TUNES = ((0, 0, 5, 5, 7, 7, 0, 0), (5, 5, 7, 7, 0, 0, 5, 5), (7, 7, 0, 0, 5, 5, 7, 7), (0, 5, 0, 5, 7, 0, 7, 0))


def test_swapping_melodies_lowers_agreement():
    # Roots over major thirds on C, F and G always agree (root and third). Another melody's note over the third C-E:
    # F and (over F-A) G are strangers, G over C-E and C over F-A fit, C over G-B makes a seventh, F over G-B does.
    pieces = [sample(keyed(0, 0, tune)) for tune in TUNES]
    found = melody_fit(pieces, pieces, seed=0)
    assert found.real.matched.value == 100
    assert 40 < found.real.swapped.value < 90
    assert found.real.gap.value == pytest.approx(100 - found.real.swapped.value)
    assert found.share.value == pytest.approx(100)
    assert found.share.low < 100 < found.share.high


def test_swaps_by_hand():
    # Two pieces: C C F F over their thirds, and F F C C over theirs. Swapped: F over C-E (no chord), C over F-A (fits).
    first, second = (sample(keyed(0, 0, tune)) for tune in ((0, 0, 5, 5), (5, 5, 0, 0)))
    found = melody_fit([first, second], [first, second], seed=0)
    assert (found.made.matched.value, found.made.swapped.value, found.made.gap.value) == (100, 50, 50)


def test_key_and_bar_lines_are_aligned():
    # The second in D (two sharps) and with a pick-up: laid on the first bar line, and in C, it is the same as above.
    first = sample(keyed(0, 0, (0, 0, 5, 5)))
    second = keyed(2, 2, (7, 5, 5, 0, 0)).replace(pickup=480)
    found = melody_fit([first, sample(second)], [], seed=0)
    assert (found.made.matched.value, found.made.swapped.value) == (100, 50)
    assert found.real is None
    assert found.share.value is None


def test_only_like_metres_and_unlike_melodies_are_swapped():
    four = keyed(0, 0, (0, 0, 5, 5))
    three = four.replace(metres=(Metre(0, 3, 4),))
    assert melody_fit([sample(four), sample(three)], [], seed=0).made is None
    assert melody_fit([sample(four), sample(four.transpose(2))], [], seed=0).made is None  # the same melody


def test_an_accompaniment_that_ignores_the_melody_has_no_gap():
    # C-E throughout, under tunes of which half the notes fit it.
    pieces = [sample(harmonised([72 + t for t in tune], [(64, 60)] * 8)) for tune in TUNES]
    real = [sample(keyed(0, 0, tune)) for tune in TUNES]
    found = melody_fit(pieces, real, seed=0)
    assert abs(found.made.gap.value) < found.real.gap.value / 2
    assert found.share.value < 50


# --- completions --------------------------------------------------------------------------------


def test_differences_of_grids_by_hand():
    # Four cells: the first two differ in one, the third differs from the first in two and from the second in one.
    a, b, c = np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), np.array([[1, 2], [7, 5]])
    found = distinct_completions([a, b, c, a])
    # Pairs: ab 1, ac 2, aa 0, bc 1, ba 1, ca 2 of 4 cells each.
    assert (found.difference, found.distinct, found.n) == (pytest.approx(7 / 24), 3, 4)
    open_cells = np.array([[False, False], [True, True]])
    assert distinct_completions([a, b, c, a], where=open_cells).difference == pytest.approx(7 / 12)


def test_held_and_struck_again_sound_alike():
    struck, held, other = np.array([[60], [60], [62]]), np.array([[60], [129], [62]]), np.array([[60], [129], [129]])
    assert distinct_completions([struck, held], hold=129).distinct == 1
    assert distinct_completions([held, other], hold=129).difference == pytest.approx(1 / 3)
    assert distinct_completions([struck, held]).difference == pytest.approx(1 / 3)  # no number stands for holding


def test_scores_are_compared_by_what_sounds():
    long = Score((Note(0, 60, 480), Note(480, 62, 480)), (Track(), Track()))
    short = Score((Note(0, 60, 480), Note(0, 48, 240, 80, 1)), (Track(), Track()))
    # Of 8 sixteenths x 2 parts: the last 4 of the first part (62 or silence), the first 2 of the second.
    assert distinct_completions([long, short]).difference == pytest.approx(6 / 16)
    assert distinct_completions([long, long]).distinct == 1


def test_what_cannot_be_compared_is_refused():
    grid = np.zeros((2, 2), int)
    for completions, where in (([grid], None), ([grid, grid[:1]], None), ([grid, grid], np.zeros((2, 2), bool))):
        with pytest.raises(MusegenError):
            distinct_completions(completions, where=where)
