"""Many versions of a piece in one table: short to write, and exactly what they were when read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.desk.packed import DeskError
from musegen.desk.versions import Versions, read_versions
from musegen.score import Key, Metre, Note, Score, Track

PIECE = Score(
    tuple(Note(480 * i, 60 + i % 12, 480, track=i % 2) for i in range(100)), (Track("A"), Track("B")), title="Long"
)


def again(table: Versions) -> list[Score]:
    return read_versions(json.loads(json.dumps(table.rows)), 10**6)


def test_a_version_is_written_as_what_differs():
    notes = list(PIECE.notes)
    notes[50] = replace(notes[50], pitch=90)
    changed = PIECE.replace(notes=tuple(notes), title="Long (filled)", key=Key(1), provenance={"recipe": "{}"})
    table = Versions()
    assert [table.place(PIECE), table.place(changed, PIECE), table.place(PIECE), table.place(None)] == [0, 1, 0, None]
    assert table.rows[1] == {
        "title": "Long (filled)", "composer": "", "key": [1, ""], "provenance": {"recipe": "{}"},
        "like": 0, "gone": [50], "notes": [[24_000, 90, 480, 80, 0]],
    }  # fmt: skip
    assert table.notes == 200
    first, second = again(table)
    assert (first, second) == (PIECE, changed)
    assert (second.title, second.key, dict(second.provenance)) == ("Long (filled)", Key(1), {"recipe": "{}"})


@pytest.mark.parametrize(
    "other",
    [
        PIECE.with_resolution(960),
        PIECE.replace(metres=(Metre(0, 3, 4),)),
        PIECE.replace(tracks=(Track("A"), Track("C"))),
        PIECE.replace(pickup=480),
        PIECE.transpose(1),  # all of its notes differ
    ],
)
def test_what_is_hardly_alike_is_written_whole(other):
    table = Versions()
    table.place(PIECE)
    assert table.place(other, PIECE) == 1
    assert "like" not in table.rows[1]
    assert again(table) == [PIECE, other]


few = st.lists(
    st.builds(
        Note, st.integers(0, 50).map(lambda i: 480 * i), st.integers(59, 61), st.just(480), track=st.integers(0, 1)
    ),
    max_size=12,
)


@given(few, few, few)
def test_every_table_comes_back(common, mine, theirs):
    """Also where the same note stands there twice."""
    base = PIECE.notes[:30]
    one, two, three = (PIECE.replace(notes=(*base, *common, *own)) for own in (mine, theirs, mine + theirs))
    table = Versions()
    places = [table.place(one), table.place(two, one), table.place(three, two)]
    assert [again(table)[place] for place in places] == [one, two, three]


@pytest.mark.parametrize("like", [1, -1, 7])
def test_a_version_of_nothing_is_refused(like):
    row = {"title": "", "composer": "", "key": None, "provenance": {}, "like": like, "gone": [], "notes": []}
    with pytest.raises(ValueError, match="a version of nothing"):
        read_versions([_whole(), row], 10**6)


def _whole() -> dict:
    table = Versions()
    table.place(PIECE)
    return table.rows[0]


def test_versions_are_counted_with_all_their_notes():
    row = {"title": "", "composer": "", "key": None, "provenance": {}, "like": 0, "gone": [], "notes": []}
    with pytest.raises(DeskError, match="more than 299 notes"):
        read_versions([_whole(), row, row], 299)
    assert len(read_versions([_whole(), row, row], 300)) == 3
