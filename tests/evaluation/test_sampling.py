"""What the measures hear."""

from __future__ import annotations

from musegen.evaluation.sampling import SILENT, sample
from musegen.score import Metre, Note, Score, Track


def test_pitches_and_onsets_on_sixteenths():
    # A quarter, the same note again for an eighth, a sixteenth's rest, a sixteenth.
    piece = sample(Score((Note(0, 60, 480), Note(480, 60, 240), Note(840, 62, 120))))
    assert piece.pitches[:, 0].tolist() == [60] * 6 + [SILENT, 62]
    assert piece.onsets[:, 0].tolist() == [True, False, False, False, True, False, False, True]
    assert piece.lines[0].tolist() == [60, 60, 62]
    assert piece.changes.tolist() == [6, 7]
    assert piece.chords[:, 0].tolist() == [60, 62]


def test_of_several_notes_the_highest_is_heard():
    # 60 sounds a quarter; 67 covers its second eighth's first half; then 60 comes out from under it.
    piece = sample(Score((Note(0, 60, 480), Note(240, 67, 120))))
    assert piece.pitches[:, 0].tolist() == [60, 60, 67, 60]
    assert piece.onsets[:, 0].tolist() == [True, False, True, True]


def test_times_are_rounded_first():
    assert sample(Score((Note(50, 60, 200),))).pitches[:, 0].tolist() == [60, 60]  # 50 -> 0, 250 -> 240


def test_drums_and_silent_parts_are_not_heard():
    score = Score((Note(0, 36, 480, 80, 0), Note(0, 60, 480, 80, 2)), (Track("kit", 0, True), Track(), Track()))
    piece = sample(score)
    assert piece.pitches.tolist() == [[60]] * 4
    assert len(piece.score.tracks) == 1


def test_an_empty_score():
    piece = sample(Score(()))
    assert piece.pitches.shape[0] == 0
    assert len(piece.chords) == 0
    assert piece.beats.tolist() == []


def test_bars_in_steps():
    score = Score((Note(0, 60, 2400),), metres=(Metre(0, 3, 4), Metre(480 + 1440, 2, 4)), pickup=480)
    # A quarter of pick-up (4), a bar of 3/4 (12), a bar of 2/4 (8).
    assert [(start, length, bar.number) for start, length, bar in sample(score).bars] == [
        (0, 4, 0),
        (4, 12, 1),
        (16, 8, 2),
    ]
