"""Humdrum **kern in: columns written by hand, with the score that they mean."""

from __future__ import annotations

import pytest

from musegen.errors import ScoreError
from musegen.formats import read_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track


def kern(*rows: str) -> bytes:
    return ("\n".join(row.replace(" | ", "\t") for row in rows) + "\n").encode()


def pitches(*rows: str) -> list[int]:
    return [note.pitch for note in read_score(kern("**kern", "*M4/4", *rows, "*-")).score.notes]


def test_two_parts_with_all_that_stands_above_them():
    data = kern(
        "!!!COM: Anon.", "!!!OTL: Mazur", "!!!ARE: Polska", "**kern | **kern", "*Ibass | *Isoprn",
        '*I"Bass | *I"Soprano', "*k[f#] | *k[f#]", "*e: | *e:", "*M3/4 | *M3/4", "*MM90 | *MM90",
        "4E | 8.b", ". | 16cc#", "=1 | =1", "2.EE | 4dd", ". | 4r", ". | 4ee", "== | ==", "*- | *-",
    )  # fmt: skip
    imported = read_score(data)
    assert imported.score == Score(
        # a sixteenth is 1 tick: a pick-up of 4; the upper part stands right
        (
            Note(0, 71, 3),
            Note(3, 73, 1),
            Note(0, 52, 4, 80, 1),
            Note(4, 74, 4),
            Note(12, 76, 4),
            Note(4, 40, 12, 80, 1),
        ),
        (Track("Soprano", 52), Track("Bass", 52)),
        4,
        (Tempo(0, 90.0),),
        (Metre(0, 3, 4),),
        Key(1, "minor"),
        4,
    )
    assert (imported.score.title, imported.score.composer) == ("Mazur", "Anon.")
    assert imported.score.provenance["origin"] == "Polska"
    assert imported.report.format == "Humdrum"


def test_octaves_and_accidentals():
    assert pitches("4c", "4C", "4CC", "4cc", "4ccc#", "4B-", "4f##", "4e--") == [60, 48, 36, 72, 85, 58, 67, 62]


def test_lengths():
    score = read_score(kern("**kern", "*M4/4", "1c", "0d", "3%2e", "12f", "8..g", "32a", "*-")).score
    # whole 4, breve 8, two thirds of a whole 8/3, a third of a quarter 1/3, 0.5 + 0.25 + 0.125 = 0.875, 0.125
    found = [note.duration / score.resolution for note in score.notes]
    assert found == pytest.approx([4, 8, 8 / 3, 1 / 3, 0.875, 0.125])


def test_ties_chords_and_grace_notes():
    data = kern("**kern", "*M4/4", "[1c 2e", "=2", "8qd", "2c] 2g", "2f", "=3", "*-")
    imported = read_score(data)
    # The chord moves on by its first note: a whole note.
    assert imported.score.with_resolution(1).notes == (
        Note(0, 60, 6), Note(0, 64, 2), Note(4, 67, 2), Note(6, 65, 2)
    )  # fmt: skip
    assert "1 grace note was left out, in bar 2" in imported.report.sentences()


def test_sub_spines_are_voices():
    data = kern("**kern", '*I"Organ', "*M4/4", "*^", "2c | 1E", "2d | .", "*v | *v", "=2", "1e", "*-")
    score = read_score(data).score.with_resolution(1)
    assert score.notes == (Note(0, 52, 4, 80, 1), Note(0, 60, 2), Note(2, 62, 2), Note(4, 64, 4))
    assert [track.name for track in score.tracks] == ["Organ, voice 1", "Organ, voice 2"]
    assert score.tracks[0].program == 19


def test_added_exchanged_and_ended_columns():
    data = kern(
        "**kern | **text", "*M4/4 | *", "1c | la", "*+ | *", "* | **kern | *", "*M4/4 | *M4/4 | *", "1d | 1g | lu",
        "*x | *x | *", "1b | 1e | .", "* | *- | *", "1a | .", "*- | *-",
    )  # fmt: skip
    score = read_score(data).score.with_resolution(1)
    # The second column is exchanged with the first: 1b belongs to the added one; then the first one ends.
    assert [(n.onset, n.pitch, n.track) for n in score.notes] == [
        (0, 60, 1), (4, 62, 1), (4, 67, 0), (8, 64, 1), (8, 71, 0), (12, 69, 0),
    ]  # fmt: skip


def test_repeats_and_orders_of_sections():
    assert pitches("1c", "=:|!", "1d", "=:|!|:", "1e", "==") == [60, 60, 62, 62, 64]
    labelled = ("*>[A,B,A]", "*>norep[A,B]", "*>A", "1c", "=:|!", "*>B", "1d", "==")
    assert pitches(*labelled) == [60, 62, 60]
    data = kern("**kern", "*M4/4", *labelled, "*-")
    assert "the parts were written out in their order (A B A)" in read_score(data).report.sentences()


def test_dynamics_beside_a_part():
    score = read_score(kern("**kern | **dynam", "*M4/4 | *", "4c | p", "4d | .", "4e | ff", "4f | <", "*- | *-")).score
    assert [note.velocity for note in score.notes] == [49, 49, 112, 112]


def test_modes_do_not_become_major_or_minor():
    assert read_score(kern("**kern", "*k[]", "*d:dor", "*M4/4", "1c", "*-")).score.key == Key(0)


def test_a_file_without_kern_and_one_that_is_damaged():
    with pytest.raises(ScoreError, match=r"no \*\*kern column"):
        read_score(kern("!!!OTL: x", "**harm", "I", "*-"))
    imported = read_score(kern("**kern", "*M4/4", "4c", "???", "4xyz", "4d", "*-"))
    assert [note.pitch for note in imported.score.notes] == [60, 62]
    assert [(r.kind, r.count) for r in imported.report.remarks if r.kind == "unreadable"] == [
        ("unreadable", 1), ("unreadable", 1)
    ]  # fmt: skip
