"""Numbered notation: the digits on the page say what the score says, as a songbook would; drawn completely."""

import re
import time
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.errors import ScoreError
from musegen.notation import numbered_pdf, numbered_svg
from musegen.notation.grid import measures
from musegen.notation.layout import lay_out
from musegen.notation.numbered_cells import rows_of
from musegen.notation.numbered_spacing import break_lines
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.theory import key_of

SVG = "{http://www.w3.org/2000/svg}"
SIGNS = {None: "", -2: "bb", -1: "b", 0: "n", 1: "#", 2: "x"}


def melody(*notes, metre=(4, 4), key=None, pickup=0.0, program=73, **more):
    """One part of (pitch, chord or None; length in quarters), one after the other."""
    found, at = [], Fraction(0)
    for pitches, length in notes:
        length = Fraction(length).limit_denominator(24)
        chord = [pitches] if isinstance(pitches, int) else pitches or []
        found += [Note(int(at * 480), pitch, int(length * 480)) for pitch in chord]
        at += length
    return Score(
        tuple(found), (Track("", program),), metres=(Metre(0, *metre),), key=key, pickup=int(pickup * 480), **more
    )


def rows(score, *, zh=False):
    bars = measures(score)
    groups = lay_out(score, "zh" if zh else "en")
    return rows_of(score, key_of(score), groups, bars, range(len(bars)), "x-", zh)


def written(score, row=0):
    """One row bar by bar: "5" a quarter, "5_" an eighth, "5." dotted, "'5" and ",5" an octave off, "(5" tied on."""

    def text(cell):
        if cell.kind == "dash":
            return "-"
        tail = "_" * cell.lines + "." * cell.dotted
        if cell.kind == "rest":
            return "0" + tail
        heads = [SIGNS[h.accidental] + "'" * max(h.octave, 0) + "," * max(-h.octave, 0) + h.text for h in cell.heads]
        return "(" * cell.tied + "+".join(heads) + tail

    return [" ".join(text(cell) for cell in cells) for cells in rows(score)[row].bars]


C = Key(0, "major")


# --- pitch ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pitches", "key", "expected"),
    [
        # C major: middle C to B undotted.
        ((60, 62, 64, 65), C, "1 2 3 4"),
        ((67, 71, 72, 59), C, "5 7 '1 ,7"),
        # D major: D4 is 1, C#5 is 7, D5 is high 1, A3 is low 5.
        ((62, 73, 74, 57), Key(2, "major"), "1 7 '1 ,5"),
        # D minor has F major's digits: D is 6, its raised seventh C# is #5.
        ((62, 69, 73, 74), Key(-1, "minor"), ",6 3 #5 6"),
        # G major: F natural is b7, B flat is b3, C# is #4.
        ((77, 70, 73, 66), Key(1, "major"), "b7 b3 #4 ,7"),
        # C-flat major: C flat 4 (B3) is 1 in the octave of middle C.
        ((59, 61, 63, 64), Key(-7, "major"), "1 2 3 4"),
    ],
)
def test_digits(pitches, key, expected):
    assert written(melody(*[(p, 1) for p in pitches], key=key)) == [expected]


def test_accidentals_hold_for_the_bar_and_octave():
    score = melody((66, 1), (66, 1), (65, 1), (66, 1), (65, 1), (78, 1), (66, 2), key=C)
    assert written(score) == ["#4 4 n4 #4", "4 #'4 #4 -"]


def test_a_note_tied_over_the_bar_shows_its_accidental_once_and_the_next_one_again():
    assert written(melody((66, 5), (66, 1), (65, 2), key=C)) == ["#4 - - -", "(4 #4 n4 -"]


def test_low_parts_are_written_higher_and_say_so():
    tracks = tuple(Track(name, 52) for name in ("", "", "", ""))
    notes = tuple(Note(480 * k, p, 480, track=t) for t, p in enumerate((72, 67, 55, 43)) for k in range(4))
    score = Score(notes, tracks, key=C)
    assert [row.labels for row in rows(score)] == [
        ("Soprano", "S"), ("Alto", "A"), ("Tenor (8vb)", "T"), ("Bass (8vb)", "B")
    ]  # fmt: skip
    assert [row.labels for row in rows(score, zh=True)][2:] == [
        ("男高音（低八度）", "男高"),
        ("男低音（低八度）", "男低"),
    ]
    assert [written(score, row) for row in range(4)] == [["'1 '1 '1 '1"], ["5 5 5 5"], ["5 5 5 5"], [",5 ,5 ,5 ,5"]]
    assert rows(melody((60, 4)))[0].labels == ("", "")
    assert rows(melody((48, 4), key=C))[0].labels == ("(8vb)", "")
    assert written(melody((72, 1), (76, 3), key=C)) == ["'1 '3 - -"]  # high ones keep their dots


@pytest.mark.parametrize(
    "names", [("Soprano", "Alto", "Tenor", "Bass"), ("", "", "", ""), ("Tune", "Alto", "Tenor", "Bass")]
)
@pytest.mark.parametrize("pitches", [(79, 65, 62, 55), (76, 59, 58, 55), (64, 61, 48, 33)])
def test_the_octaves_of_a_choir_depend_on_the_voice_alone(names, pitches):
    # The tune above the three others is an instrument of its own, so the four don't share two staves.
    tracks = tuple(Track(name, 73 if name == "Tune" else 52) for name in names)
    notes = tuple(Note(480 * k, p, 480, track=t) for t, p in enumerate(pitches) for k in range(4))
    score = Score(notes, tracks, key=C)
    assert [row.shift for row in rows(score)] == [0, 0, 1, 1]
    assert [row.labels for row in rows(score)[1:]] == [("Alto", "A"), ("Tenor (8vb)", "T"), ("Bass (8vb)", "B")]


def test_every_system_of_several_parts_names_them():
    tracks = (Track("Voice", 52), Track("Violin 2", 40), Track("Piano right hand"), Track("Bass", 43))
    notes = tuple(Note(480 * k, p, 480, track=t) for t, p in enumerate((72, 67, 64, 40)) for k in range(96))
    score = Score(notes, tracks, key=C)
    short = ["Voi.", "Vio. 2", "R.H.", "Bass"]
    assert [row.labels[1] for row in rows(score)] == short
    systems = [
        e for page in numbered_svg(score) for e in ET.fromstring(page).iter(f"{SVG}g") if e.get("class") == "system"
    ]
    assert len(systems) > 2
    for system in systems[1:]:
        assert [e.text for e in system.iter(f"{SVG}text") if e.get("text-anchor") == "end"] == short
    kit = Score(
        (Note(0, 76, 480), Note(0, 42, 480, track=1), Note(0, 38, 480, track=1)), (Track("人声"), Track("Kit", 0, True))
    )
    assert [row.labels for row in rows(kit, zh=True)] == [("人声", "人声"), ("镲", "镲"), ("军鼓、通鼓", "军鼓")]


def test_a_double_bass_sounds_two_octaves_below():
    score = Score((Note(0, 72, 1920), Note(0, 36, 1920, track=1)), (Track("Flute", 73), Track("Bass", 43)), key=C)
    assert [row.labels[0] for row in rows(score)] == ["Flute", "Bass (15mb)"]
    assert [row.labels[0] for row in rows(score, zh=True)] == ["长笛", "低音（低两个八度）"]


# --- rhythm -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notes", "metre", "expected"),
    [
        ([(60, 4), (None, 4), (60, 1)], (4, 4), ["1 - - -", "0 0 0 0", "1 0 0 0"]),
        ([(60, 1), (60, 3)], (4, 4), ["1 1 - -"]),
        ([(60, 1.5), (60, 0.5), (60, 2)], (4, 4), ["1. 1_ 1 -"]),
        ([(60, 0.5), (60, 1), (60, 0.5), (60, 2)], (4, 4), ["1_ 1 1_ 1 -"]),
        ([(60, 0.75), (60, 0.25), (60, 0.25), (60, 0.25), (60, 0.5), (60, 2)], (4, 4), ["1_. 1__ 1__ 1__ 1_ 1 -"]),
        ([(60, 2.5), (62, 1.5)], (4, 4), ["1 - (1_ 2."]),
        ([(60, 5), (62, 3)], (4, 4), ["1 - - -", "(1 2 - -"]),
        ([(60, 6)], (3, 4), ["1 - -", "(1 - -"]),
        # A bar of 5/4 needs no tie: dashes count quarters.
        ([(60, 5)], (5, 4), ["1 - - - -"]),
        # In 6/8 the beat is a dotted quarter; longer notes are beats tied together.
        ([(60, 3)], (6, 8), ["1. (1."]),
        ([(60, 1), (62, 0.5), (64, 0.5), (65, 0.5), (67, 0.5)], (6, 8), ["1 2_ 3_ 4_ 5_"]),
        ([(60, 1.5), (None, 1.5), (None, 3), (60, 3)], (6, 8), ["1. 0.", "0. 0.", "1. (1."]),
        ([(60, 4.5)], (9, 8), ["1. (1. (1."]),
        ([(60, 1.5)], (3, 8), ["1."]),
        ([(60, 0.125), (62, 0.125), (64, 0.25), (65, 0.5)], (2, 4), ["1___ 2___ 3__ 4_ 0"]),
    ],
)
def test_values(notes, metre, expected):
    assert written(melody(*notes, metre=metre, key=C)) == expected


def test_a_pick_up_is_short_and_the_last_bar_lacks_it():
    assert written(melody((67, 1), (72, 3), (60, 2), metre=(3, 4), pickup=1, key=C)) == ["5", "'1 - -", "1 -"]


def test_triplets():
    third = Fraction(1, 3)
    score = melody((60, third), (62, third), (64, third), (65, 2 * third), (67, third), (60, 2), key=C)
    assert written(score) == ["1_ 2_ 3_ 4 5_ 1 -"]
    cells = rows(score)[0].bars[0]
    assert [cell.tuplet.number if cell.tuplet else 0 for cell in cells] == [3, 3, 3, 3, 3, 0, 0]
    assert len({cell.tuplet for cell in cells}) == 3  # two of them, and none
    (page,) = numbered_svg(score)
    assert page.count(">3</text>") == 2 + 1  # two brackets and a digit


def test_lines_join_within_a_beat():
    score = melody(
        *[(60 + 2 * i, 0.5) for i in range(3)], (None, 0.5), (67, 0.25), (67, 0.25), (67, 0.5), (60, 1), key=C
    )
    beats = [cell.beat for cell in rows(score)[0].bars[0]]
    assert beats[0] == beats[1] != beats[2] == beats[3] != beats[4] == beats[5] == beats[6]
    assert beats[7] is None
    # Three lines for three beats, and one more for the two sixteenths.
    root = ET.fromstring(numbered_svg(score)[0])
    widths = [float(r.get("width")) for r in root.iter(f"{SVG}rect") if r.get("height") == "1.3"]
    assert len(widths) == 4
    assert min(widths) == widths[-1]


def test_chords_are_stacked_from_the_lowest():
    assert written(melody(([60, 64, 67], 2), ([59, 62, 79], 2), key=C)) == ["1+3+5 - ,7+2+'5 -"]


def test_drums_are_crosses_in_rows_by_their_sound():
    beat = [Note(960 * i, 36, 30) for i in range(2)] + [Note(480 * i, 42, 30) for i in range(4)] + [Note(480, 38, 30)]
    score = Score(tuple(beat), (Track("", 0, True),))
    assert [row.labels[0] for row in rows(score)] == ["Cymbals", "Snare, toms", "Bass drum"]
    assert [written(score, row) for row in range(3)] == [["X X X X"], ["0 X 0 0"], ["X 0 X 0"]]


PIECES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20), st.integers(40, 90)), min_size=1, max_size=14)
METRES = st.sampled_from([(4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4), (7, 8), (3, 8), (2, 2), (3, 2)])
DIATONIC = (0, 2, 4, 5, 7, 9, 11)


@settings(max_examples=120, deadline=None)
@given(PIECES, METRES, st.integers(-7, 7), st.sampled_from(["major", "minor"]))
def test_the_page_read_back_is_the_score(pieces, metre, fifths, mode):
    """Reading digits, octave dots, accidentals, lines, dots, dashes and ties gives every pitch, onset and length."""
    at, notes = 0, []
    for gap, length, pitch in pieces:
        at += gap
        notes.append(Note(at * 120, pitch, length * 120))
        at += length
    score = Score(tuple(notes), (Track("", 73),), metres=(Metre(0, *metre),), key=Key(fifths, mode))
    (row,) = rows(score)
    tonic = Key(fifths, "major").tonic
    base = 60 + tonic - (12 if fifths == -7 else 0)  # C flat 4 is below middle C
    read = []
    for cells, bar in zip(row.bars, measures(score), strict=True):
        altered, total = {}, Fraction(0)
        for cell in cells:
            value = Fraction(1, 2**cell.lines) * (Fraction(3, 2) if cell.dotted else 1)
            assert cell.start == bar.start + total * 96
            total += value
            if cell.kind == "dash" or cell.tied:
                read[-1][2] += value
            if cell.kind == "note" and not cell.tied:
                (head,) = cell.heads
                if head.accidental is not None:
                    altered[head.text, head.octave] = head.accidental
                sign = altered.get((head.text, head.octave), 0)
                pitch = base + DIATONIC[int(head.text) - 1] + sign + 12 * (head.octave - row.shift)
                read.append([Fraction(cell.start, 96), pitch, value])
        assert total * 96 == bar.length
    assert read == [[Fraction(n.onset, 480), n.pitch, Fraction(n.duration, 480)] for n in score.notes]


# --- pages ------------------------------------------------------------------------------------


def long_score(bars=80):
    return melody(*[(60 + i % 12, 0.5) for i in range(8 * bars)], title="Long", key=C)


def test_lines_of_bars_are_few_and_even():
    assert break_lines([100.0] * 10, [400.0, 400.0]) == [4, 4, 2]
    assert break_lines([100.0] * 7, [300.0, 400.0]) == [3, 4]
    assert break_lines([100.0] * 6, [500.0, 500.0]) == [3, 3]
    assert break_lines([900.0, 100.0], [400.0, 400.0]) == [1, 1]  # too wide a bar stands alone


def test_pages_are_svg_with_a_name_a_white_sheet_and_ids_of_their_own():
    pages = numbered_svg(long_score())
    assert len(pages) > 1
    ids = []
    for number, page in enumerate(pages, start=1):
        root = ET.fromstring(page)
        assert root.get("role") == "img"
        assert root.get("aria-label") == f"Numbered notation, Long, bars 1-80, page {number} of {len(pages)}"
        assert root.find(f"{SVG}title").text == root.get("aria-label")
        assert root.find(f"{SVG}rect").get("fill") == "#ffffff"
        assert root.get("width") == "900"
        ids += [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert not set(ids) & set(re.findall(r' id="([^"]+)"', numbered_svg(long_score().transpose(1))[0]))
    assert pages == numbered_svg(long_score())
    bars = [int(name.partition("-b")[2]) for name in ids if "-b" in name]
    assert bars == list(range(1, 81))
    assert [name.partition("-s")[2] for name in ids if "-s" in name][:2] == ["1", "2"]


def test_every_note_is_drawn_and_can_be_found():
    score = melody((60, 1.5), (62, 1.5), (64, 3), ([65, 69], 2), (60, 3), metre=(6, 8))
    (page,) = numbered_svg(score)
    found = re.findall(r'id="j[0-9a-f]{10}-(n\d+(?:-\d+)?)"', page)
    # The chord lasts four eighths, the last note six from the fifth on: beats of three, tied.
    assert found == ["n0", "n1", "n2", "n2-2", "n3", "n4", "n3-2", "n4-2", "n5", "n5-2", "n5-3"]
    kit = Score((Note(0, 42, 30), Note(0, 44, 30), Note(0, 36, 30)), (Track("", 0, True),))
    assert set(re.findall(r"-(n\d+)\"", numbered_svg(kit)[0])) == {"n0", "n1", "n2"}


def test_a_phone_gets_a_smaller_page():
    root = ET.fromstring(numbered_svg(melody((60, 4)), width_px=320)[0])
    _, _, width, height = map(float, root.get("viewBox").split())
    assert (root.get("width"), width) == ("320", 500)
    assert float(root.get("height")) == pytest.approx(height * 0.64, abs=1)


def test_nothing_leaves_the_page_or_touches_what_stands_beside_it():
    score = melody(*[([57 + i % 7, 73 + i % 5], Fraction(1, 2 + i % 3)) for i in range(60)], key=Key(-3, "minor"))
    for page in numbered_svg(score, width_px=500):
        root = ET.fromstring(page)
        width, height = float(root.get("width")), float(root.get("height"))
        digits = {}
        for text in root.iter(f"{SVG}text"):
            x, y = float(text.get("x")), float(text.get("y"))
            assert 0 < x < width
            assert 0 < y < height
            if text.get("font-size") == "20":
                digits.setdefault(y, []).append(x)
        for places in digits.values():
            places.sort()
            assert all(b - a >= 11 for a, b in pairwise(places))  # a digit is 11 wide


def test_octave_dots_stand_clear_of_the_lines():
    (page,) = numbered_svg(melody((48, 0.25), (50, 0.25), (83, 0.5), (72, 3), key=C))
    root = ET.fromstring(page)
    lines = [float(r.get("y")) + 1.3 for r in root.iter(f"{SVG}rect") if r.get("height") == "1.3"]
    dots = [float(c.get("cy")) - float(c.get("r")) for c in root.iter(f"{SVG}circle")]
    assert len([dot for dot in dots if dot > max(lines)]) == 2  # those of the low 1 and 2, below two lines


def test_head():
    score = melody((70, 3), metre=(6, 8), key=Key(-2, "major"), tempos=(Tempo(0, 90.0),), title="歌", composer="<Anon>")
    (page,) = numbered_svg(score, language="zh")
    root = ET.fromstring(page)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[:7] == ["歌", "1=", "B", "6", "8", "= 60", "<Anon>"]
    assert root.get("aria-label") == "简谱，歌，第 1-1 小节"
    assert "歌" not in [t.text for t in ET.fromstring(numbered_svg(score, bars=(1, 1))[0]).iter(f"{SVG}text")]


def test_some_bars():
    score = melody((66, 6), (60, 2), *[(64, 4)] * 3, title="T", key=C)
    (page,) = numbered_svg(score, bars=(2, 3))
    assert re.findall(r"-(n\d+(?:-\d+)?)\"", page) == ["n0", "n1", "n2"]
    assert re.findall(r"-(b\d+)\"", page) == ["b2", "b3"]
    assert "bars 2-3" in page


def test_names_are_escaped():
    nasty = '<script>alert("1")</script> & "x" \x00\x1b 茉莉花'
    score = Score((Note(0, 60, 480), Note(0, 72, 480, track=1)), (Track(nasty, 73), Track(nasty, 40)))
    (page,) = numbered_svg(score.replace(title=nasty, composer=nasty))
    assert "<script" not in page
    assert "\x1b" not in page
    assert '<script>alert("1")</script> & "x"' in "".join(ET.fromstring(page).itertext())


def test_refusals():
    with pytest.raises(ScoreError, match="no bars 9-12: the score has bars 1-2"):
        numbered_svg(melody((60, 8)), bars=(9, 12))
    with pytest.raises(ScoreError, match="100 pixels wide"):
        numbered_svg(melody((60, 4)), width_px=100)
    many = Score(tuple(Note(i, 60 + i % 12, 1) for i in range(20_001)))
    with pytest.raises(ScoreError, match=r"20001 notes.*choose fewer bars"):
        numbered_svg(many)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 20, allow_nan=False), st.floats(0.02, 6), st.integers(0, 127)), max_size=25),
    st.booleans(),
)
def test_any_playing_can_be_written_and_no_pitch_is_lost(played, drums):
    notes = tuple(Note(int(on * 480), pitch, max(int(length * 480), 1)) for on, length, pitch in played)
    score = Score(notes, (Track("", 0, drums),), metres=(Metre(0, 4, 4), Metre(1920 * 2, 6, 8)))
    found = {int(i) for page in numbered_svg(score) for i in re.findall(r"-n(\d+)\"", page)}
    assert {score.notes[i].pitch for i in found} == {n.pitch for n in score.notes}
    for page in numbered_svg(score):
        ET.fromstring(page)


def test_eight_bars_are_quick():
    tracks = tuple(Track(name, 52) for name in "SATB")
    score = Score(
        tuple(Note(240 * k, p + k % 5, 240, track=t) for t, p in enumerate((72, 65, 58, 48)) for k in range(64)), tracks
    )
    numbered_svg(score)
    times = []
    for _ in range(5):
        began = time.process_time()
        numbered_svg(score)
        times.append(time.process_time() - began)
    assert min(times) < 0.05


def test_pdf():
    data = numbered_pdf(long_score(bars=400))
    assert data.startswith(b"%PDF-")
    assert len(data) > 10_000
