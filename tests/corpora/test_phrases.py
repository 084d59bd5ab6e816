"""Phrase ends: distances worked out by hand, and fermatas carried from one edition to another."""

import io
import zipfile

import numpy as np
import pytest
from tiny import Piece, chorale, melody

from musegen.corpora.fermatas import carried_over, marked_soprano, phrase_ends
from musegen.corpora.lyrics import language_of
from musegen.corpora.melody import breaths
from musegen.corpora.phrases import UNKNOWN_PHRASE, beats_to_ends, phrase_plan
from musegen.corpora.tune_lines import four_bars_a_line, phrase_a_line
from musegen.corpora.verses import verse_ends
from musegen.corpora.windows import build_windows, grid_piece, step_conditions
from musegen.lanes import HOLD, REST, LaneCodec
from musegen.score import Metre, Note, Score, Track

XML = """<score-partwise><part id="P1"><measure number="0">
<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration></note>
<note><grace/><pitch><step>A</step><octave>4</octave></pitch></note>
<note><pitch><step>B</step><alter>-1</alter><octave>4</octave></pitch><duration>1</duration><tie type="start"/></note>
<note><pitch><step>B</step><alter>-1</alter><octave>4</octave></pitch><duration>1</duration><tie type="stop"/>
<notations><fermata/></notations></note>
<note><rest/><duration>1</duration></note>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration></note>
</measure></part></score-partwise>"""


def compressed(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("song.xml", text)
    return file.getvalue()


def test_beats_to_ends_by_hand():
    # A quarter, a quarter, a half that ends the phrase, a rest of a quarter, a quarter that ends the next, then a note.
    line = [60, *[HOLD] * 3, 62, *[HOLD] * 3, 64, *[HOLD] * 7, *[REST] * 4, 65, *[HOLD] * 3, 67, HOLD]
    found = beats_to_ends(np.array(line, np.int16), [8, 20], 4)
    assert found.tolist() == [2] * 4 + [1] * 4 + [0] * 8 + [1] * 4 + [0] * 4 + [UNKNOWN_PHRASE] * 2


def test_far_ends_count_as_fifteen_and_begun_beats_as_whole():
    found = beats_to_ends(np.full(70, 60, np.int16), [66], 4)
    assert found[:11].tolist() == [15] * 10 + [14]  # 66 - 10 = 56 steps are 14 beats
    assert found[62:67].tolist() == [1, 1, 1, 1, 0]


def test_nothing_known():
    assert beats_to_ends(np.full(5, 60, np.int16), [], 4).tolist() == [UNKNOWN_PHRASE] * 5
    assert beats_to_ends(np.full(5, 60, np.int16), [99], 4).tolist() == [UNKNOWN_PHRASE] * 5


def test_a_piece_with_an_upbeat():
    """Ticks count from the upbeat, steps from the bar line before it."""
    notes = tuple(Note(480 * i, 60 + i, 480) for i in range(5))
    score = Score(notes, (Track("Melody"),), 480, metres=(Metre(0, 4, 4),), pickup=480)
    piece = grid_piece(Piece("p", "folk", "irish", "train", score, (480 * 3,)), LaneCodec())
    # Three quarters of nothing, the upbeat, two beats, the last note, and one note of which nothing is known.
    assert (
        piece.to_phrase_end.tolist() == [6] * 4 + [5] * 4 + [4] * 4 + [3] * 4 + [2] * 4 + [1] * 4 + [0] * 4 + [16] * 4
    )


def test_windows_carry_it_and_pad_with_unknown():
    pieces = [
        Piece("c", "bach-chorale", "german", "train", chorale(), (480 * 3, 480 * 7)),
        Piece("m", "folk", "irish", "train", melody()),
    ]
    windows = build_windows(pieces, LaneCodec(), steps=48, seed=1)
    known = windows.fixed("train", "chorale", 1)[0]["to_phrase_end"][0]
    bar = [3] * 4 + [2] * 4 + [1] * 4 + [0] * 4
    assert known.tolist() == bar * 2 + [UNKNOWN_PHRASE] * 16
    unknown = windows.fixed("train", "folk", 1)[0]["to_phrase_end"]
    assert (unknown == UNKNOWN_PHRASE).all()
    for k in range(4):  # whatever the transposition
        batch = windows.batch(k, 2)
        for i in range(2):
            expected = known if batch["present"][i].all() else unknown[0]
            np.testing.assert_array_equal(batch["to_phrase_end"][i], expected)


def test_a_grid_of_its_own_is_unknown():
    conditions = step_conditions(LaneCodec().encode(chorale()))
    assert (conditions["to_phrase_end"] == UNKNOWN_PHRASE).all()
    assert conditions["to_phrase_end"].shape == conditions["position"].shape


def test_the_marked_soprano():
    assert marked_soprano(compressed(XML)) == [(67, False), (70, True), (72, False)]
    for broken in (b"PK", compressed("<score"), compressed("<score-partwise/>")):
        with pytest.raises(ValueError, match=r"compressed MusicXML|no part"):
            marked_soprano(broken)


def test_fermatas_are_carried_over_by_the_notes():
    """The other edition has the opening twice, as a repeat written out; the last note always ends a phrase."""
    score = chorale()  # 72 74 76 77 79 77 76 72
    other = [(p, False) for p in (72, 74, 76)] + [(p, p == 77) for p in (72, 74, 76, 77)]
    other += [(p, False) for p in (79, 77, 76, 72)]
    assert carried_over(score, other) == (480 * 3, 480 * 7)
    assert carried_over(score, [(p + 1, marked) for p, marked in other]) == (480 * 3, 480 * 7)  # in another key
    assert carried_over(score, [(p * (i % 2), marked) for i, (p, marked) in enumerate(other)]) == ()  # another tune
    assert carried_over(score, [(99, True), *other], every=True) == ()  # a fermata on a note that is not here


def test_a_phrase_of_forty_beats_is_none():
    notes = tuple(Note(480 * i, 60 + i % 7, 480) for i in range(41))
    score = Score(notes, (Track("Soprano"),), 480)
    line = [note.pitch for note in notes]
    assert carried_over(score, [(pitch, False) for pitch in line]) == ()
    assert carried_over(score, [(pitch, i == 20) for i, pitch in enumerate(line)]) == (480 * 20, 480 * 40)


def test_an_edition_that_is_not_there(tmp_path):
    assert phrase_ends(chorale(), tmp_path / "none.mxl") == ()


HYMN = """%OHMETRICAL 3 2 3
X: 1
T: Words
M: 4/4
L: 1/4
K: C
[V: S1V1] C D- | D E F !fermata!G2 |
w: 1.~Long gone * a- way; Oh
w: 2.~Oth- er * words are not
[V: S1V2] C D E F
[V: S1V1] "Am" A3 (B A) {g}G [CE] F4 |
w: me! here * i- s now,
"""
LINE = (60, 62, 64, 65, 67, 69, 71, 69, 67, 64, 65)  # C D-D E F G | A B A G [CE] F: eleven notes


def hymn(pitches=LINE):
    return Score(tuple(Note(480 * i, p, 480) for i, p in enumerate(pitches)), (Track("Soprano"),))


def test_the_lines_of_a_verse():
    text = HYMN.replace("3 2 3", "4 2 4")
    # Lines: "Long gone(*) a- way;" on C D-D E F, "Oh me!" on G A, "here(*) i- s now," on B A G CE F.
    assert verse_ends(text, hymn()) == (480 * 3, 480 * 5, 480 * 10)


def test_verses_that_do_not_fit():
    assert verse_ends(HYMN, hymn()) == ()  # 8 syllables are stated, 10 sung
    assert verse_ends(HYMN.replace("3 2 3", "3 3 4"), hymn()) == ()  # a line would end inside "a-way"
    assert verse_ends(HYMN.replace("3 2 3", "4 2 4"), hymn(LINE[1:])) == ()  # a note less than heads
    assert verse_ends(HYMN.replace("3 2 3", "Irregular"), hymn()) == ()


def bars(*lengths):
    """position, bar_length, bar of bars of these lengths; a last pair (length, steps) is cut short."""
    whole = [(n, n) if isinstance(n, int) else n for n in lengths]
    position = np.concatenate([np.arange(steps) for _, steps in whole])
    length = np.concatenate([np.full(steps, n) for n, steps in whole])
    return position, length, np.concatenate([np.full(steps, i) for i, (_, steps) in enumerate(whole)])


def beats(values):
    """Each value for a quarter note."""
    return np.repeat(values, 4).tolist()


def test_a_plan_in_four_four():
    """Phrases of two bars end on the third beat of the second; what is left over is a phrase of its own."""
    plan = phrase_plan(*bars(16, 16, 16), 2)
    assert plan.tolist() == beats([6, 5, 4, 3, 2, 1, 0, 0, 2, 1, 0, 0])


def test_a_plan_with_upbeats():
    """As in a chorale: a beat before the bar line, seven beats to the last note, which lasts one."""
    plan = phrase_plan(*bars(16, 16, 16, 16, (16, 12)), 2, upbeat=4)
    assert plan.tolist() == beats([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0])


def test_a_plan_in_three_four_and_a_last_bar_cut_short():
    assert phrase_plan(*bars(12, 12), 1).tolist() == [0] * 24
    assert phrase_plan(*bars(12, 12), 2).tolist() == beats([3, 2, 1, 0, 0, 0])
    assert phrase_plan(*bars(12, 12, 12), 2, upbeat=4).tolist() == beats([6, 5, 4, 3, 2, 1, 0, 0, 0])
    assert phrase_plan(*bars(16, (16, 6)), 2).tolist() == beats([4, 3, 2, 1]) + [0] * 6


def line(*quarters, pickup=0, metre=(4, 4)):
    """A melody of notes of these lengths in quarters; a negative length is a rest."""
    notes, at = [], 0
    for length in quarters:
        ticks = int(480 * abs(length))
        if length > 0:
            notes.append(Note(at, 60 + len(notes) % 5, ticks))
        at += ticks
    return Score(tuple(notes), (Track("Melody"),), 480, metres=(Metre(0, *metre),), pickup=pickup)


def test_a_phrase_a_line():
    assert phrase_a_line("A B c |\n z d- |\nd [ce]", line(1, 1, 2, -1, 3, 4)) == (480 * 2, 480 * 5, 480 * 8)
    assert phrase_a_line("A B c\n d", line(1, 1, 2)) == ()


def test_four_bars_a_line():
    """Bars of 2/4: of the last, the last quarter; of running eighths the last; an upbeat belongs to what follows."""
    run = [0.5] * 12
    music = "B|" + "c" * 14 + "B|\n" + "c" * 12 + "d2 e2"
    score = line(0.5, *run, 1, 0.5, 0.5, *run, 1, 0.5, pickup=240, metre=(2, 4))
    assert four_bars_a_line(music, score) == (480 * 6.5, 480 * 14.5)
    assert four_bars_a_line("c" * 16, line(*[0.5] * 16, metre=(2, 4))) == (480 * 7.5,)


def test_lines_of_eight_bars_are_two_phrases_and_others_none():
    eight = line(*[1] * 16, metre=(2, 4))
    assert four_bars_a_line("c" * 16, eight) == (480 * 7, 480 * 15)
    assert four_bars_a_line("c" * 12, line(*[1] * 12, metre=(2, 4))) == ()  # six bars
    assert four_bars_a_line("c" * 15, eight) == ()  # a note less


def test_breaths():
    assert breaths(line(1, 1, -0.5, 1, -0.25, 1)) == (480, 480 * 3.75)
    assert breaths(line(*[1] * 40)) == ()


def test_the_language_of_a_song():
    def song(*words):
        sung = "".join(f"<note><lyric><text>{word}</text></lyric></note>" for word in words)
        return compressed(f"<score-partwise><part>{sung}</part></score-partwise>")

    assert language_of(song("Ich", "ging", "im", "Wald")) == "german"
    assert language_of(song("Dans", "un", "bois")) == "french"
    assert language_of(song("La", "la", "hm", "hm", *["hm"] * 20)) == ""
    assert language_of(song()) == language_of(b"MThd") == ""
