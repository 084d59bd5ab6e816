"""Notation: the symbols on the page say what the score says; spelled as a musician would, drawn completely."""

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.errors import ScoreError
from musegen.notation import staff_pdf, staff_png, staff_svg
from musegen.notation.grid import UNIT, Event, Measure, measures, quantise
from musegen.notation.layout import ALTO, BASS, TREBLE, TREBLE_8, lay_out
from musegen.notation.mei import write_mei
from musegen.notation.rhythm import beam_groups, write_bar
from musegen.score import Key, Metre, Note, Score, Tempo, Track

MEI = "{http://www.music-encoding.org/ns/mei}"
SVG = "{http://www.w3.org/2000/svg}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


def melody(*notes, metre=(4, 4), key=None, pickup=0.0, program=73, **more):
    """One part of (pitch or None, length in quarters), one after the other."""
    found, at = [], Fraction(0)
    for pitch, length in notes:
        length = Fraction(length).limit_denominator(24)
        if pitch is not None:
            found.append(Note(int(at * 480), pitch, int(length * 480)))
        at += length
    return Score(
        tuple(found), (Track("", program),), metres=(Metre(0, *metre),), key=key, pickup=int(pickup * 480), **more
    )


def tree(score, **options):
    return ET.fromstring(write_mei(score, prefix="x-", **options))


def written(score):
    """The first voice of the first staff, bar by bar: "4" a quarter, "8." a dotted eighth, "r4" a rest, "_" tied on."""
    root = tree(score)
    tied = {tie.get("endid")[1:] for tie in root.iter(f"{MEI}tie")}
    bars = []
    for measure in root.iter(f"{MEI}measure"):
        layer = measure.find(f"{MEI}staff/{MEI}layer")
        symbols = []
        for element in layer.iter():
            kind = element.tag.removeprefix(MEI)
            value = (element.get("dur") or "") + "." * int(element.get("dots", 0))
            if kind == "note" and value:
                symbols.append(("_" if element.get(XML_ID) in tied else "") + value)
            elif kind in ("rest", "mRest"):
                symbols.append("r" + (value or "bar"))
        bars.append(" ".join(symbols))
    return bars


# --- rhythm -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notes", "metre", "expected"),
    [
        # A note over the middle of 4/4 is tied, unless it is a half between two quarters.
        ([(60, 1.5), (60, 1.5), (60, 1)], (4, 4), ["4. 8 _4 4"]),
        ([(60, 1), (60, 2), (60, 1)], (4, 4), ["4 2 4"]),
        ([(60, 1), (60, 1.5), (60, 1.5)], (4, 4), ["4 4 _8 4."]),
        ([(60, 0.5), (60, 1), (60, 0.5), (60, 2)], (4, 4), ["8 4 8 2"]),
        ([(60, 2.5), (60, 1.5)], (4, 4), ["2 _8 4."]),
        ([(60, 0.75), (60, 0.5), (60, 0.75), (60, 2)], (4, 4), ["8. 16 _16 8. 2"]),
        # Over a bar line.
        ([(60, 3), (60, 2), (60, 3)], (4, 4), ["2. 4", "_4 2."]),
        ([(60, 6)], (3, 4), ["2.", "_2."]),
        # 5 eighths in 6/8 need a tie at the second beat; a half note does not show it either.
        ([(60, 2), (60, 1)], (6, 8), ["4. _8 4"]),
        ([(60, 1), (60, 0.5), (60, 1.5)], (6, 8), ["4 8 4."]),
        ([(60, 3)], (6, 8), ["2."]),
        ([(60, 5)], (5, 4), ["2. _2"]),
        ([(60, 3.5)], (7, 8), ["2 _4."]),
        # Rests show every beat, and are not dotted but in 6/8.
        ([(60, 1), (None, 2), (60, 1)], (4, 4), ["4 r4 r4 4"]),
        ([(None, 2), (60, 2)], (4, 4), ["r2 2"]),
        ([(None, 2), (60, 1)], (3, 4), ["r4 r4 4"]),
        ([(60, 0.25), (None, 0.75), (60, 1)], (2, 4), ["16 r16 r8 4"]),
        ([(None, 1.5), (60, 1.5)], (6, 8), ["r4. 4."]),
        ([(60, 4), (None, 4), (60, 4)], (4, 4), ["1", "rbar", "1"]),
    ],
)
def test_values(notes, metre, expected):
    assert written(melody(*notes, metre=metre)) == expected


def test_a_pick_up_fills_the_last_bar():
    short = melody((67, 1), (72, 3), (60, 1), (60, 1), metre=(3, 4), pickup=1)
    assert written(short) == ["4", "2.", "4 4"]
    bars = list(tree(short).iter(f"{MEI}measure"))
    assert [(bar.get("n"), bar.get("metcon"), bar.get("right")) for bar in bars] == [
        ("0", "false", None),
        ("1", None, None),
        ("2", "false", "end"),
    ]
    full = melody((67, 1), (72, 3), (60, 3), metre=(3, 4), pickup=1)
    assert written(full) == ["4", "2.", "2."]


def test_triplets():
    third = Fraction(1, 3)
    piece = melody(
        *[(p, third) for p in (60, 62, 64)], (65, 2 * third), (67, third), (69, 2),
        (60, 2 * third), (60, 2 * third), (60, 2 * third), (60, 1), (60, third), (None, 2 * third),
    )  # fmt: skip
    assert written(piece) == ["8 8 8 4 8 2", "4 4 4 4 8 r4"]
    tuplets = [(t.get("num"), t.get("numbase"), t.get("bracket.visible")) for t in tree(piece).iter(f"{MEI}tuplet")]
    # Beamed eighths need no bracket; three quarters in the time of a half note are one tuplet.
    assert tuplets == [("3", "2", "false"), ("3", "2", "true"), ("3", "2", "true"), ("3", "2", "true")]


def test_playing_is_rounded_to_what_was_meant():
    # Onsets up to 25 ticks (of 480) late and notes let go at 85 %: four quarters and eight sixteenths.
    notes = [Note(480 * i + (0, 25, 10, 18)[i], 60, 400) for i in range(4)]
    notes += [Note(1920 + 120 * i + (0, 12, 5)[i % 3], 62, 100) for i in range(8)]
    assert written(Score(tuple(notes))) == ["4 4 4 4", "16 16 16 16 16 16 16 16 r2"]


def test_beams():
    def beams(score):
        return [len(list(beam)) for beam in tree(score).iter(f"{MEI}beam")]

    eighths = [(60 + i, 0.5) for i in range(8)]
    assert beams(melody(*eighths)) == [4, 4]  # plain eighths by half bars
    assert beams(melody(*eighths[:6], metre=(3, 4))) == [6]
    assert beams(melody(*eighths[:6], metre=(6, 8))) == [3, 3]
    assert beams(melody(*eighths[:7], metre=(7, 8))) == [2, 2, 3]
    mixed = [(60, 0.5), (62, 0.25), (64, 0.25), (65, 0.5), (67, 0.5), (69, 1), (71, 0.5), (None, 0.5)]
    assert beams(melody(*mixed)) == [3, 2]  # by beats; one alone has a flag


EVENTS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 24)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.sampled_from([(4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4), (7, 8), (3, 8), (2, 2)]))
def test_symbols_fill_every_bar_and_every_note(pieces, metre):
    # Gaps and lengths in 16ths.
    at, notes = 0, []
    for gap, length in pieces:
        at += gap % 5
        notes.append(Note(at * 120, 60 + len(notes), length * 120))
        at += length
    score = Score(tuple(notes), metres=(Metre(0, *metre),))
    bars = measures(score)
    events, tuplets = quantise(
        [(n.onset / 5, n.end / 5, (i,)) for i, n in enumerate(score.notes)], bars
    )  # 480 / 96 = 5
    assert not tuplets
    assert [(e.start * 5, e.end * 5) for e in events] == [(n.onset, n.end) for n in score.notes]
    sounding = {}
    for bar in bars:
        inside = [e for e in events if e.start < bar.end and e.end > bar.start]
        symbols = write_bar(inside, bar, ())
        assert [s.start for s in symbols] + [bar.end] == [bar.start] + [s.end for s in symbols]
        assert [s for group in beam_groups(symbols, bar, broad=True) for s in group] == symbols
        for s in symbols:
            plain = 4 * UNIT // int(s.duration) if s.duration != "breve" else 8 * UNIT
            assert s.end - s.start == plain * (3 if s.dots else 2) // 2
            if s.event:
                sounding[s.event] = sounding.get(s.event, 0) + s.end - s.start
    assert sounding == {e: e.end - e.start for e in events}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 20, allow_nan=False), st.floats(0.02, 6), st.integers(30, 90)), max_size=25),
    st.integers(0, 3),
)
def test_any_playing_can_be_engraved_and_no_note_is_lost(played, shift):
    notes = tuple(Note(int(on * 480), pitch, max(int(length * 480), 1)) for on, length, pitch in played)
    score = Score(notes, (Track("", 0),), metres=(Metre(0, 4, 4), Metre(1920 * 2 + 137 * shift, 6, 8)))
    heads = {int(i) for i in re.findall(r'xml:id="x-n(\d+)"', write_mei(score, prefix="x-"))}
    # Notes of one pitch that fall on one place are drawn once.
    alike = {(round(n.onset / 30), n.pitch) for n in score.notes}
    assert len(heads) >= len(alike) * 0.6
    assert {score.notes[i].pitch for i in heads} == {n.pitch for n in score.notes}
    assert staff_svg(score)


# --- pitch ------------------------------------------------------------------------------------


def heads(score):
    """(name and octave, accidental shown) of all notes, in document order."""
    return [(n.get("pname") + n.get("oct"), n.get("accid")) for n in tree(score).iter(f"{MEI}note") if n.get("pname")]


def test_accidentals_hold_for_the_bar():
    # D minor: B flat is in the signature, C sharp is not.
    pitches = [73, 73, 72, 70, 73, 61, 72, 72]
    shown = heads(melody(*[(p, 0.5) for p in pitches], (73, 4), (73, 1), key=Key(-1, "minor")))
    assert shown == [
        ("c5", "s"), ("c5", None), ("c5", "n"), ("b4", None), ("c5", "s"), ("c4", "s"), ("c5", "n"), ("c5", None),
        ("c5", "s"), ("c5", "s"),  # a new bar, and one more
    ]  # fmt: skip


def test_a_tied_note_needs_no_accidental_but_the_next_one_does():
    shown = heads(melody((66, 3), (66, 2), (66, 2), (65, 1), key=Key(0, "major")))
    # F#: dotted half | quarter tied to quarter, half ... : the note over the bar line shows its sharp once.
    assert shown == [("f4", "s"), ("f4", None), ("f4", None), ("f4", "s"), ("f4", "n")]


def test_both_voices_of_a_staff_share_accidentals():
    tracks = tuple(Track(name, 52) for name in "SATB")
    rows = ((72, 73), (73, 69), (57, 57), (45, 45))
    notes = tuple(Note(480 * 2 * i, p, 960, track=t) for t, row in enumerate(rows) for i, p in enumerate(row))
    shown = heads(Score(notes, tracks, key=Key(0, "major")))
    assert shown[:4] == [("c5", None), ("c5", None), ("c5", "s"), ("a4", None)]


def test_signature_and_spelling_follow_the_key():
    definitions = [s.get("key.sig") for s in tree(melody((63, 4), key=Key(-6, "major"))).iter(f"{MEI}staffDef")]
    assert definitions == ["6f"]
    assert heads(melody((71, 4), key=Key(-6, "major"))) == [("c5", None)]  # C flat
    assert heads(melody((71, 4), key=Key(5, "major"))) == [("b4", None)]


# --- staves -----------------------------------------------------------------------------------


def four_parts(program=52, programs=None, pitches=(72, 67, 60, 48), names=("", "", "", "")):
    tracks = tuple(Track(n, (programs or [program] * 4)[i]) for i, n in enumerate(names))
    return Score(tuple(Note(480 * k, p, 480, track=i) for i, p in enumerate(pitches) for k in range(4)), tracks)


def test_four_voices_stand_on_two_staves():
    (group,) = lay_out(four_parts())
    assert [staff.clef for staff in group.staves] == [TREBLE, BASS]
    assert [staff.labels for staff in group.staves] == [("Soprano", "Alto"), ("Tenor", "Bass")]
    assert lay_out(four_parts(), "zh")[0].staves[0].labels == ("女高音", "女低音")
    named = four_parts(names=("Soprano", "Alto", "Tenor", "Bass"))
    assert [staff.labels for staff in lay_out(named, "zh")[0].staves] == [("女高音", "女低音"), ("男高音", "男低音")]
    own = four_parts(names=("Ann", "Ben", "Cho", "Dee"))
    assert [staff.labels for staff in lay_out(own, "zh")[0].staves] == [("Ann", "Ben"), ("Cho", "Dee")]


@pytest.mark.parametrize("names", [("", "", "", ""), ("第一女高音声部", "阿", "女高音", "男中音独唱")])
def test_chinese_labels_stand_on_the_page_and_apart(names):
    """A Chinese character is as wide as its size, and as high."""
    score = four_parts()
    tracks = tuple(Track(name, track.program) for name, track in zip(names, score.tracks, strict=True))
    svg = staff_svg(score.replace(tracks=tracks), language="zh")[0]
    margin = float(re.search(r'class="page-margin"[^>]*translate\((\d+)', svg).group(1))
    labels = re.findall(r'class="label">(.*?)</text>', svg)
    assert len(labels) == 2
    for label in labels:
        sizes = [float(size) for size in re.findall(r'<tspan font-size="([\d.]+)px">', label)]
        words = re.findall(r'px">([^<]+)</tspan>', label)
        right = float(re.search(r' x="([\d.]+)"', label).group(1))
        first, second = (float(y) for y in re.findall(r' y="([\d.]+)"', label))
        assert len(words) == 2
        assert all(margin + right - size * len(word) >= 0 for size, word in zip(sizes, words, strict=True))
        assert second - first >= 1.1 * sizes[0]


def test_common_parts_have_chinese_names_and_their_clefs():
    tenor = Score((Note(0, 57, 480),), (Track("Tenor", 52),))
    for language, label in (("en", "Tenor"), ("zh", "男高音")):
        (staff,) = lay_out(tenor, language)[0].staves
        assert (staff.labels, staff.clef) == ((label,), TREBLE_8)
    stems = [n.get("stem.dir") for n in tree(four_parts()).iter(f"{MEI}note")]
    assert stems == ["up"] * 4 + ["down"] * 4 + ["up"] * 4 + ["down"] * 4


def test_a_quartet_of_instruments_has_four_staves():
    groups = lay_out(four_parts(programs=[40, 40, 41, 42], pitches=(76, 69, 62, 48)))
    assert [group.staves[0].clef for group in groups] == [TREBLE, TREBLE, ALTO, BASS]


def test_clefs_and_hands():
    assert lay_out(melody((50, 4)))[0].staves[0].clef == BASS
    assert lay_out(melody((52, 2), (64, 2), program=24))[0].staves[0].clef == TREBLE_8
    piano = Score((*(Note(0, p, 960) for p in (40, 47, 64, 71)), Note(960, 72, 960)))
    (group,) = lay_out(piano)
    assert (group.symbol, [staff.clef for staff in group.staves]) == ("brace", [TREBLE, BASS])
    assert [len(staff.voices[0][0][2]) for staff in group.staves] == [2, 2]
    hands = Score((Note(0, 76, 960), Note(0, 48, 960, track=1)), (Track("", 0), Track("", 0)))
    assert lay_out(hands)[0].symbol == "brace"


def test_voices_of_one_part_come_together():
    tracks = (Track("Voice", 52), Track("Piano, voice 1", 0), Track("Piano, voice 2", 0), Track("Piano, voice 3", 0))
    pitches = ((0, 72), (1, 64), (1, 72), (2, 62), (3, 62), (3, 40))
    score = Score(tuple(Note(480 * i, p, 480, track=t) for i, (t, p) in enumerate(pitches)), tracks)
    singer, piano = lay_out(score)
    assert [staff.labels for staff in singer.staves] == [("Voice",)]
    assert (piano.symbol, piano.label) == ("brace", "Piano")
    # The third voice lies below middle C on the whole: its high D is the left hand's.
    right, left = ([i for line in staff.voices for _, _, (i,) in line] for staff in piano.staves)
    assert (sorted(right), sorted(left)) == ([1, 2, 3], [4, 5])


def test_eighth_triplets_in_compound_time():
    third = Fraction(1, 3)
    piece = melody((60, 1.5), (62, 0.5), (64, third), (65, third), (67, third), metre=(6, 8))
    assert written(piece) == ["4. 8 8 8 8"]
    assert [len(list(t.iter(f"{MEI}note"))) for t in tree(piece).iter(f"{MEI}tuplet")] == [3]


def test_a_hair_before_a_change_of_metre_is_no_bar():
    score = Score((Note(0, 60, 1440), Note(1440, 62, 1440)), metres=(Metre(0, 4, 4), Metre(1, 3, 4)))
    assert written(score) == ["2.", "2."]


def test_held_and_moving_notes_are_two_voices():
    score = Score((Note(0, 60, 1920), *(Note(480 * i, 72 + i, 480) for i in range(4))), (Track("", 24),))
    (staff,) = lay_out(score)[0].staves
    upper, lower = staff.voices
    assert [start for start, _, _ in upper] == [0, 480, 960, 1440]
    assert lower == [(0, 1920, (0,))]


def test_shared_rests_stand_once():
    tracks = tuple(Track(name, 52) for name in "SATB")
    notes = [Note(960, p, 960, track=i) for i, p in enumerate((72, 67, 60, 48))]
    root = tree(Score(tuple(notes), tracks))
    rests, spaces = list(root.iter(f"{MEI}rest")), list(root.iter(f"{MEI}space"))
    assert [rest.get("dur") for rest in rests] == ["2", "2"]  # one a staff
    assert [space.get("dur") for space in spaces] == ["2", "2"]


def test_drums_have_places_not_pitches():
    beat = [Note(480 * i, p, 30) for i, p in enumerate((36, 38, 42, 49))]
    notes = list(tree(Score(tuple(beat), (Track("", 0, True),))).iter(f"{MEI}note"))
    assert [(n.get("loc"), n.get("head.shape"), n.get("dur")) for n in notes] == [
        ("1", None, "4"), ("5", None, "4"), ("9", "x", "4"), ("10", "x", "4"),
    ]  # fmt: skip


def test_tempo_marks():
    tempos = (Tempo(0, 90.0), Tempo(1920, 92.0), Tempo(3840, 60.0))
    marks = list(tree(melody((60, 4), (60, 4), (60, 4), tempos=tempos)).iter(f"{MEI}tempo"))
    assert [mark.text for mark in marks] == ["♩ = 90", "♩ = 60"]  # 92 is playing
    (mark,) = tree(melody((60, 3), metre=(6, 8), tempos=(Tempo(0, 90.0),))).iter(f"{MEI}tempo")
    assert mark.text == "♩. = 60"
    part = tree(melody((60, 4), (60, 4), (60, 4), tempos=tempos), bars=(2, 2))
    assert [mark.text for mark in part.iter(f"{MEI}tempo")] == ["♩ = 92"]


# --- pages ------------------------------------------------------------------------------------


def long_score(bars=80):
    return melody(*[(60 + i % 12, 0.5) for i in range(8 * bars)], title="Long")


def test_pages_are_svg_with_a_name_and_a_white_sheet():
    pages = staff_svg(long_score())
    assert len(pages) > 1
    ids = []
    for number, page in enumerate(pages, start=1):
        root = ET.fromstring(page)
        assert root.tag == f"{SVG}svg"
        assert root.find(f"{SVG}title").text == f"Staff notation, Long, bars 1-80, page {number} of {len(pages)}"
        assert root.find(f"{SVG}rect").get("fill") == "#ffffff"
        assert root.get("width") == "900"
        ids += [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    other = staff_svg(long_score().transpose(1))
    assert not set(ids) & set(re.findall(r' id="([^"]+)"', other[0]))
    assert pages == staff_svg(long_score())


def test_every_note_is_drawn_and_can_be_found():
    score = melody((60, 1.5), (62, 1.5), (64, 3), (65, 2))
    (page,) = staff_svg(score)
    found = re.findall(r'id="m[0-9a-f]{10}-(n\d+(?:-\d+)?)"', page)
    assert found == ["n0", "n1", "n1-2", "n2", "n2-2", "n3"]


def test_names_are_escaped():
    nasty = '<script>alert("1")</script> & "x" \x00\x1b 茉莉花'
    score = melody((60, 4), title=nasty, composer=nasty)
    score = score.replace(tracks=(Track(nasty, 73),))
    (page,) = staff_svg(score)
    root = ET.fromstring(page)
    assert "<script" not in page
    assert not list(root.iter(f"{SVG}script"))
    text = "".join(root.itertext())
    assert '<script>alert("1")</script> & "x"' in text
    assert "茉莉花" in text
    assert "\x1b" not in page


def test_some_bars():
    score = melody(*[(60 + i, 2) for i in range(8)], title="T", key=Key(0, "major"))
    root = tree(score, bars=(2, 3))
    assert [(m.get("n"), m.get("right")) for m in root.iter(f"{MEI}measure")] == [("2", None), ("3", None)]
    assert heads_of(root) == ["d4", "e4", "e4", "f4"]
    assert not list(root.iter(f"{MEI}pgHead"))
    (page,) = staff_svg(score, bars=(2, 3), language="zh")
    assert ET.fromstring(page).find(f"{SVG}title").text == "五线谱，T，第 2-3 小节"
    held = tree(melody((66, 6), (60, 2), key=Key(0, "major")), bars=(2, 2))
    assert [n.get("accid") for n in held.iter(f"{MEI}note")] == ["s", None]  # it begins here, with its sharp
    assert not list(held.iter(f"{MEI}tie"))


def heads_of(root):
    return [n.get("pname") + n.get("oct") for n in root.iter(f"{MEI}note")]


def test_refusals():
    with pytest.raises(ScoreError, match="no bars 9-12: the score has bars 1-2"):
        staff_svg(melody((60, 8)), bars=(9, 12))
    with pytest.raises(ScoreError, match="100 pixels wide at 45 %"):
        staff_svg(melody((60, 4)), width_px=100)
    with pytest.raises(ScoreError, match="no page 2: the score has 1"):
        staff_png(melody((60, 4)), page=2)
    many = Score(tuple(Note(i, 60 + i % 12, 1) for i in range(20_001)))
    with pytest.raises(ScoreError, match=r"20001 notes.*choose fewer bars"):
        staff_svg(many)


def test_an_empty_score_is_a_bar_of_rest():
    (page,) = staff_svg(Score(()))
    assert 'class="mRest"' in page


def test_pdf_has_all_pages_and_its_fonts():
    data = staff_pdf(long_score(bars=200))
    assert data.startswith(b"%PDF-")
    streams = [zlib.decompress(s) for s in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", data, re.DOTALL)]
    pages = len(re.findall(rb"/Type\s*/Page\b", data + b"".join(streams)))
    assert pages >= 2
    assert b"/FontFile" in data + b"".join(streams)
    assert b"/Subtype/Image" not in data.replace(b" ", b"")  # vectors, not pixels


def test_png_is_as_wide_as_asked():
    data = staff_png(melody((60, 4)), width_px=640)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20]) == (640,)


def test_event_and_measure_are_values():
    assert Event(0, 96, (1,)) == Event(0, 96, (1,))
    bar = Measure(0, 0, UNIT, Metre(0, 3, 4), 2 * UNIT)
    assert (bar.end, bar.is_full) == (UNIT, False)
