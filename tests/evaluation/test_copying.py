"""Copies are found at any transposition, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.evaluation import TrainingIndex, sample
from musegen.score import Note, Score, Track


def piece(*columns: tuple[int, ...], title: str = "", step: int = 120) -> Score:
    """Sixteenth by sixteenth, from the top down; 0 = silence. Equal neighbours are notes of their own."""
    notes = tuple(
        Note(step * i, p, step, 80, part) for i, chord in enumerate(columns) for part, p in enumerate(chord) if p
    )
    return Score(notes, (Track(),) * len(columns[0]), title=title)


def random_piece(seed: int, steps: int = 60, title: str = "") -> Score:
    pitches = np.random.default_rng(seed).integers(48, 84, (steps, 2))
    return piece(*(tuple(row) for row in pitches.tolist()), title=title)


def test_a_transposed_excerpt_is_found_whole():
    source = random_piece(1, title="the source")
    index = TrainingIndex([random_piece(2), source])
    # Sixteenths 20-39 of the source, five semitones higher, between two sixteenths that are not there.
    excerpt = sample(Score(source.notes[40:80], source.tracks).transpose(5)).pitches[20:40].tolist()
    run = index.longest(sample(piece((48, 50), *map(tuple, excerpt), (48, 50))))
    assert (run.steps, run.start, run.piece, run.title, run.piece_start) == (20, 1, 1, "the source", 20)


def test_shares_by_hand():
    index = TrainingIndex([piece((60,), (62,), (64,), (65,), (60,))])
    # Of the windows of three, 62 64 66 (+2 +2) is there as 60 62 64, 64 66 67 (+2 +1) as 62 64 65; 66 67 70 is not.
    query = sample(piece((62,), (64,), (66,), (67,), (70,)))
    assert index.share(query, 3) == (2, 3)
    assert index.share(query, 4) == (1, 2)
    assert index.longest(query).steps == 4


def test_both_parts_must_move_alike():
    index = TrainingIndex([piece((72, 60), (74, 62), (76, 64))])
    assert index.share(sample(piece((74, 62), (76, 64), (78, 66))), 3) == (1, 1)
    assert index.share(sample(piece((74, 62), (76, 64), (78, 67))), 3) == (0, 1)
    assert index.share(sample(piece((74, 50), (76, 52), (78, 54))), 3) == (0, 1)  # an octave further apart


def test_rests_are_part_of_what_is_compared():
    index = TrainingIndex([piece((60, 48), (0, 50), (64, 52), (0, 0), (65, 53))])
    assert index.share(sample(piece((62, 50), (0, 52), (66, 54), (0, 0), (67, 55))), 5) == (1, 1)
    assert index.share(sample(piece((62, 50), (64, 52), (66, 54), (0, 0), (67, 55))), 5) == (0, 1)
    # The leap over a general rest counts: 64 to 65 there, 66 to 68 here.
    assert index.share(sample(piece((62, 50), (0, 52), (66, 54), (0, 0), (68, 56))), 5) == (0, 1)


def test_silence_is_no_copy():
    index = TrainingIndex([piece((60,), (0,), (0,), (0,), (62,))])
    query = sample(piece((71,), (0,), (0,), (0,), (60,)))
    # Of the windows of two, 71 + rest is there; rest + 60 is not, coming from 71 and not from 58; two are silent.
    assert index.share(query, 2) == (1, 2)
    assert index.longest(query).steps == 4  # 71 and three rests


def test_nothing_shared_and_nothing_to_search():
    index = TrainingIndex([piece((60, 48))])
    assert index.longest(sample(piece((60, 47)))).steps == 0
    assert index.longest(sample(Score(()))).steps == 0
    assert index.share(sample(piece((60,), (62,))), 1) == (0, 2)  # one part against two
    assert index.share(sample(piece((60, 48))), 8) == (0, 0)  # shorter than a window
    assert TrainingIndex([]).longest(sample(piece((60, 47)))).steps == 0


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_a_slow_search(seed):
    # Few pitches, so that there is much to find; every window compared with every window.
    rng = np.random.default_rng(seed)
    there, here = rng.integers(60, 63, (40, 2)), rng.integers(60, 63, (30, 2))
    index = TrainingIndex([piece(*map(tuple, there.tolist()))])
    query = sample(piece(*map(tuple, here.tolist())))
    for steps in (2, 3, 5):
        known = {(w - w[0, 0]).tobytes() for w in (there[i : i + steps] for i in range(41 - steps))}
        hits = sum((w - w[0, 0]).tobytes() in known for w in (here[i : i + steps] for i in range(31 - steps)))
        assert index.share(query, steps) == (hits, 31 - steps)


def test_tunes_are_known_by_their_intervals():
    # 14 pitches: 13 intervals, two runs of twelve. In another key, with repeated notes, and with pitches changed.
    tune = [60, 62, 64, 60, 65, 67, 60, 69, 71, 60, 72, 74, 60, 76]
    index = TrainingIndex([random_piece(1), piece(*((p, 40) for p in tune))])
    assert index.tune_share(sample(piece(*((p + 3,) for p in tune for _ in range(2))))) == 1
    assert index.tune_share(sample(piece(*((p,) for p in [*tune[:-1], 77])))) == 0.5
    assert index.tune_share(sample(piece(*((p,) for p in [61, *tune[1:-1], 77])))) == 0
    assert index.tune_share(sample(piece(*((p,) for p in tune[:12])))) == 0  # too short
    assert index.tune_share(sample(Score(()))) == 0


def test_the_measures_it_makes():
    index = TrainingIndex([random_piece(3)])
    values = {m.name: m.of(sample(random_piece(3))) for m in index.measures()}
    assert values == {"copied_8": 100, "copied_16": 100, "copied_32": 100, "longest_copy": 60}
