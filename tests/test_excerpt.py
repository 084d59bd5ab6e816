"""Excerpts: what is cut out of a piece and changed goes back to its place, and nothing else of the piece moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from musegen.desk import Excerpt
from musegen.errors import ScoreError
from musegen.score import Metre, Note, Score, Tempo, Track

BAR = 1920


def song(bars: int = 6, **about) -> Score:
    """A whole note a bar in each of two parts."""
    notes = [Note(BAR * i, 72 - 12 * part + i % 5, BAR, track=part) for i in range(bars) for part in (0, 1)]
    return Score(tuple(notes), (Track("High"), Track("Low")), **about)


def higher(score: Score) -> Score:
    return score.replace(notes=tuple(replace(note, pitch=note.pitch + 7) for note in score.notes))


def test_what_was_changed_goes_back_to_its_bars():
    excerpt = Excerpt(song(), 3, 4)
    back = excerpt.put_back(higher(excerpt.score))
    assert back.slice_bars(1, 2) == song().slice_bars(1, 2)
    assert back.slice_bars(3, 4) == higher(song().slice_bars(3, 4))
    assert back.slice_bars(5, 6) == song().slice_bars(5, 6)
    assert len(back.notes) == 12


@given(first=some.integers(1, 6), length=some.integers(0, 5))
def test_what_was_not_changed_gives_the_whole_itself(first, length):
    whole = song(tempos=(Tempo(0, 90.0), Tempo(3 * BAR, 60.0)))
    excerpt = Excerpt(whole, first, min(first + length, 6))
    assert excerpt.put_back(excerpt.score) is whole
    assert excerpt.put_back(excerpt.score.with_resolution(960)) is whole
    twice = Excerpt(excerpt.put_back(higher(excerpt.score)), first, excerpt.last)
    assert twice.put_back(excerpt.score) == whole


def test_finer_ticks_are_kept():
    excerpt = Excerpt(song(), 2, 2)
    triplet = tuple(Note(i * 7, 60, 7) for i in range(3))  # sevenths of a quarter
    back = excerpt.put_back(Score(triplet, song().tracks, resolution=7))
    assert [note.onset for note in back.slice_bars(2, 2).with_resolution(7).notes] == [0, 7, 14]
    odd = excerpt.put_back(Score((Note(1, 60, 1),), song().tracks, resolution=7))
    assert odd.resolution == 7 * 480
    assert odd.slice_bars(2, 2).notes == (Note(480, 60, 480),)


def test_a_note_over_the_border_sounds_on_unless_it_was_changed():
    tied = Score((Note(0, 60, BAR), Note(BAR, 62, 2 * BAR), Note(3 * BAR, 64, BAR)))
    excerpt = Excerpt(tied, 1, 2)
    assert excerpt.score.notes == (Note(0, 60, BAR), Note(BAR, 62, BAR))
    first = excerpt.put_back(excerpt.score.replace(notes=(Note(0, 67, BAR), Note(BAR, 62, BAR))))
    assert first.notes == (Note(0, 67, BAR), Note(BAR, 62, 2 * BAR), Note(3 * BAR, 64, BAR))
    other = excerpt.put_back(excerpt.score.replace(notes=(Note(0, 60, BAR), Note(BAR, 65, BAR))))
    assert other.notes == (Note(0, 60, BAR), Note(BAR, 65, BAR), Note(3 * BAR, 64, BAR))
    later = Excerpt(tied, 3, 4)  # what began before is no note of it, and stays
    assert later.put_back(higher(later.score)).notes == (*tied.notes[:2], Note(3 * BAR, 71, BAR))


def test_tempos_within_the_bars_are_those_of_the_excerpt_and_those_around_stay():
    whole = song(tempos=(Tempo(0, 90.0), Tempo(3 * BAR, 60.0), Tempo(5 * BAR, 70.0)))
    excerpt = Excerpt(whole, 2, 4)
    assert excerpt.score.tempos == (Tempo(0, 90.0), Tempo(2 * BAR, 60.0))
    slow = excerpt.put_back(excerpt.score.replace(tempos=(Tempo(0, 40.0),)))
    assert slow.tempos == (Tempo(0, 90.0), Tempo(BAR, 40.0), Tempo(4 * BAR, 60.0), Tempo(5 * BAR, 70.0))
    end = Excerpt(whole, 5, 6)
    assert end.put_back(end.score.replace(tempos=(Tempo(0, 50.0),))).tempos[-1] == Tempo(4 * BAR, 50.0)


def test_metres_and_a_pick_up_stay_where_they_are():
    notes = (Note(0, 60, 480), *(Note(480 + 1440 * i, 62, 1440) for i in range(2)), Note(480 + 2880, 64, BAR))
    whole = Score(notes, metres=(Metre(0, 3, 4), Metre(480 + 2880, 4, 4)), pickup=480)
    assert [bar.number for bar in whole.bars()] == [0, 1, 2, 3]
    for first, last in ((0, 1), (1, 2), (2, 3), (3, 3)):
        excerpt = Excerpt(whole, first, last)
        back = excerpt.put_back(higher(excerpt.score))
        assert (back.pickup, back.metres, [bar.start for bar in back.bars()]) == (
            480, whole.metres, [bar.start for bar in whole.bars()],
        )  # fmt: skip
        assert back.slice_bars(first, last) == higher(excerpt.score)


def test_silence_is_put_back_too():
    excerpt = Excerpt(song(), 3, 4)
    empty = excerpt.put_back(excerpt.score.replace(notes=()))
    assert empty.notes == tuple(note for note in song().notes if not 2 * BAR <= note.onset < 4 * BAR)


@pytest.mark.parametrize(
    "changed",
    [song(3), song(2).replace(metres=(Metre(0, 3, 4),)), song(2).replace(pickup=480), song(2).merge(song(2)),
     song(2).replace(tracks=(Track("High"), Track("Drums", 0, True)))],
)  # fmt: skip
def test_what_no_longer_fits_is_a_piece_of_its_own(changed):
    with pytest.raises(ScoreError, match="of its own"):
        Excerpt(song(), 3, 4).put_back(changed)


def test_the_title_stays_and_a_recipe_that_no_longer_holds_goes():
    whole = song(title="Song", provenance={"source": "a book", "recipe": "{}"})
    excerpt = Excerpt(whole, 1, 2)
    back = excerpt.put_back(higher(excerpt.score).replace(title="Song (bars 1-2)"))
    assert (back.title, back.provenance) == ("Song", {"source": "a book"})
