import json

import pytest

from musegen.corpora.tables import read_grids, read_note_table
from musegen.errors import ScoreError
from musegen.score import Note

HEAD = "mc\tmn\tquarterbeats\tmc_onset\tmn_onset\ttimesig\tstaff\tvoice\tduration\ttied\tmidi"


def table(*rows):
    return "\n".join([HEAD, *("\t".join(map(str, row)) for row in rows)]).encode()


# mc, mn, quarterbeats, mc_onset, mn_onset, timesig, staff, voice, duration, tied, midi
ROWS = [
    (1, 0, 0, 0, "3/4", "4/4", 1, 1, "1/4", "", 67),
    (1, 0, 0, 0, "3/4", "4/4", 2, 2, "1/4", "", 43),
    (2, 1, 1, 0, 0, "4/4", 1, 1, "1/1", 1, 69),
    (2, 1, 1, 0, 0, "4/4", 1, 2, "0", "", 65),  # a grace note
    (2, 1, 1, 0, 0, "4/4", 2, 1, "1/1", "", 60),
    (2, 1, 1, 0, 0, "4/4", 2, 2, "1/1", "", 41),
    (3, 2, 5, 0, 0, "4/4", 1, 1, "1/4", -1, 69),
    (3, 2, 6, "1/4", "1/4", "4/4", 1, 1, "1/4", "", 69),
    (3, 2, "", "1/2", "1/2", "4/4", 1, 1, "1/4", "", 71),  # a first ending
]


def test_voices_ties_and_pickup():
    score = read_note_table(table(*ROWS), -1, "Title")
    # Tied over the bar line: quarters 1-6 are one note; the repeated note after it is another.
    assert score.track_notes(0) == (Note(0, 67, 480), Note(480, 69, 2400), Note(2880, 69, 480))
    assert [n.pitch for n in score.track_notes(3)] == [43, 41]
    assert not score.track_notes(1)
    assert (score.pickup, score.title, score.key.fifths) == (480, "Title", -1)


def test_a_bar_of_rests_has_no_row_but_its_length():
    rows = [(1, 1, 0, 0, 0, "2/4", 1, 1, "1/2", "", 60), (3, 3, 4, 0, 0, "2/4", 1, 1, "1/2", "", 62)]
    score = read_note_table(table(*rows), None)
    assert [bar.length for bar in score.bars()] == [960, 960, 960]


@pytest.mark.parametrize("data", [b"", b"a\tb\n1\t2\n", table(("x",) * 11), HEAD.encode()])
def test_other_tables_are_refused(data):
    with pytest.raises(ScoreError, match="note table"):
        read_note_table(data, None)


def test_grids():
    steps = [[60, 55, 52, -1], [60, 55, 52, 48], [62, 55, 52, 48]]
    side, index, score = next(read_grids(json.dumps({"valid": [steps]}).encode()))
    assert (side, index) == ("valid", 0)
    assert score.track_notes(0) == (Note(0, 60, 2), Note(2, 62, 1))
    assert score.track_notes(3) == (Note(1, 48, 2, 80, 3),)
    with pytest.raises(ScoreError, match="four pitches"):
        list(read_grids(b'{"train": [[[1, 2]]]}'))
