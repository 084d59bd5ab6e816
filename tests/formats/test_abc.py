"""ABC in: tunes written by hand, with the score that they mean. At L:1/8 and resolution 2 an eighth is 1 tick."""

from __future__ import annotations

import pytest

from musegen.errors import ScoreError
from musegen.formats import read_score, read_scores, titles, write_score
from musegen.formats.abc_fields import part_sequence, read_key, read_length, read_metre, read_tempo, signature_of
from musegen.score import Key, Metre, Note, Score, Tempo, Track


def tune(music: str, *, head: str = "M:4/4\nL:1/4", key: str = "C") -> bytes:
    return f"X:1\nT:Tune\n{head}\nK:{key}\n{music}\n".encode()


def pitches(music: str, **fields: str) -> list[int]:
    return [note.pitch for note in read_score(tune(music, **fields)).score.notes]


def lengths(music: str, **fields: str) -> list[float]:
    """In quarter notes."""
    score = read_score(tune(music, **fields)).score
    return [note.duration / score.resolution for note in score.notes]


def kinds(music: str, **fields: str) -> dict[str, int]:
    return {remark.kind: remark.count for remark in read_score(tune(music, **fields)).report.remarks}


def test_a_tune_with_its_head():
    data = b"X:7\nT:The Hill\nT:(second name)\nC:Trad.\nO:China, Hebei\nM:3/4\nL:1/8\nQ:1/4=90\nK:Dm\nA2|d2^c2d2|f6|]\n"
    imported = read_score(data)
    assert imported.score == Score(
        # in eighths: a pick-up of 2, three of 2, one of 6
        (Note(0, 69, 2), Note(2, 74, 2), Note(4, 73, 2), Note(6, 74, 2), Note(8, 77, 6)),
        (Track(),),
        2,
        (Tempo(0, 90.0),),
        (Metre(0, 3, 4),),
        Key(-1, "minor"),
        2,
    )
    assert (imported.score.title, imported.score.composer) == ("The Hill", "Trad.")
    assert {"tune": "7", "origin": "China, Hebei"}.items() <= imported.score.provenance.items()
    assert imported.report.sentences() == [
        "2 bars and a pick-up of 1 quarter note, 1 voice, D minor, 3/4, 90 quarter notes a minute"
    ]


def test_octaves_accidentals_and_the_key():
    assert pitches("C,, C, C c c' c''|") == [36, 48, 60, 72, 84, 96]
    # In G: F is sharp; =F natural for the rest of the bar in every octave; the bar line ends it. __B = 69
    assert pitches("F =F F f | F ^^C __B B|", key="G") == [66, 65, 65, 77, 66, 62, 69, 69]


def test_a_tie_carries_an_accidental_over_the_bar_line():
    assert pitches("^F4-|F2 F2|") == [66, 65]
    assert lengths("^F4-|F2 F2|") == [6, 2]


def test_chords_take_time_by_their_first_note():
    score = read_score(tune("[CE]2 [C2G4]/ c|")).score
    assert [(n.onset / score.resolution, n.pitch, n.duration / score.resolution) for n in score.notes] == [
        (0, 60, 2), (0, 64, 2), (2, 60, 1), (2, 67, 2), (3, 72, 1),
    ]  # fmt: skip


def test_lengths_broken_rhythm_and_tuplets():
    assert lengths("C C2 C/ C/4 C3/2 C//|") == [1, 2, 0.5, 0.25, 1.5, 0.25]
    assert lengths("C>D E<F G>>A|") == [1.5, 0.5, 0.5, 1.5, 1.75, 0.25]
    third = pytest.approx(1 / 3)
    assert lengths("(3CDE F2|", head="M:3/4\nL:1/8") == [third, third, third, 1]
    assert lengths("(3:2:2C2D E2|", head="M:3/4\nL:1/8")[:2] == [pytest.approx(2 / 3), third]
    # two in the time of three; in 6/8 five in the time of three, in 2/4 in the time of two
    assert lengths("(2CD|", head="M:6/8\nL:1/8") == [0.75, 0.75]
    assert lengths("(5CDEFG|", head="M:6/8\nL:1/8")[0] == pytest.approx(0.3)
    assert lengths("(5CDEFG|", head="M:2/4\nL:1/8")[0] == pytest.approx(0.2)


@pytest.mark.parametrize(("metre", "length"), [("2/4", 0.25), ("3/4", 0.5), ("6/8", 0.5), ("C", 0.5), ("none", 0.5)])
def test_the_unit_follows_from_the_metre(metre, length):
    assert lengths("C|", head=f"M:{metre}") == [length]


def test_repeats_endings_and_parts():
    assert pitches("C4:|D4|]") == [60, 60, 62]
    assert pitches("C4|:D4:|:E4:|") == [60, 62, 62, 64, 64]
    assert pitches("|:C4|1D4:|2E4||F4|") == [60, 62, 60, 64, 65]
    assert pitches("|:C4|[1,3 D4:|[2 E4:|F4|") == [60, 62, 60, 64, 60, 62, 65]
    assert pitches("|:C4::D4:|") == [60, 60, 62, 62]
    assert pitches("P:A\nC4|\nP:B\nD4|", head="M:4/4\nL:1/4\nP:AB2A") == [60, 62, 62, 60]
    # an ending without a sign for its end is as long as the first one
    assert pitches("|:C4|1D4:|2E4|F4|G4:|") == [60, 62, 60, 64, 65, 67, 65, 67]


def test_voices_of_every_spelling():
    lines = "V:S\nC4|D4|\nV:B clef=bass\nC,4|D,4|"
    inline = "[V:S] C4|D4|\n[V:B] C,4|D,4|"
    within = "[V:S]C4|[V:B]C,4|\n[V:S]D4|[V:B]D,4|"
    expected = (Note(0, 48, 4, 80, 1), Note(0, 60, 4), Note(4, 50, 4, 80, 1), Note(4, 62, 4))
    for music in (lines, inline, within):
        score = read_score(tune(music)).score.with_resolution(1)
        assert score.notes == expected
        assert [track.name for track in score.tracks] == ["Soprano", "Bass"]


def test_named_voices_keep_their_names_octaves_and_programs():
    head = 'M:4/4\nL:1/4\nV:1 name="Fiddle"\nV:2 nm="Low" octave=-1'
    score = read_score(tune("V:1\nC4|\nV:2\n%%MIDI program 32\nC4|", head=head)).score
    assert score.tracks == (Track("Fiddle", 40), Track("Low", 32))
    assert [note.pitch for note in score.notes] == [48, 60]


def test_overlays_are_voices_for_their_bar():
    score = read_score(tune("C4 & E2 G2 | D4|")).score.with_resolution(1)
    assert score.notes == (Note(0, 60, 4), Note(0, 64, 2, 80, 1), Note(2, 67, 2, 80, 1), Note(4, 62, 4))
    assert score.tracks[1].name == "Voice 2"


def test_rests_bars_of_rest_and_changes_on_the_way():
    score = read_score(tune("C z | Z2 | x2 D2 | [M:3/4] [K:D] F3 | [Q:1/4=60] [L:1/8] F6|")).score.with_resolution(1)
    # a bar of 2, two of rest, one with D at 2 + 8 + 2 = 12; then 3/4 at 14
    assert [(n.onset, n.pitch, n.duration) for n in score.notes] == [(0, 60, 1), (12, 62, 2), (14, 66, 3), (17, 66, 3)]
    assert score.tempos == (Tempo(0, 120), Tempo(17, 60))
    assert (score.metres[-1], score.pickup) == (Metre(14, 3, 4), 2)
    assert "key_changes" in kinds("C4 | [K:D] F4|")


def test_what_is_left_out_is_said():
    found = kinds('"Am"{ga}.C !trill!D "^slow"E uF|\nw: la la la la', head="M:4/4\nL:1/4")
    assert found == {"grace": 2, "ornaments": 1, "chord_symbols": 1, "lyrics": 4, "texts": 1, "marks": 2}
    assert kinds("C4 | §D3|") == {"unreadable": 1}


def test_loudness_segno_and_the_end_of_a_line():
    score = read_score(tune("!p!C !f!D EF|!segno!G4|A4!D.S.!|\\\nB4|")).score
    assert [note.velocity for note in score.notes[:3]] == [49, 96, 96]
    assert [note.pitch for note in score.notes[4:]] == [67, 69, 67, 69, 71]


def test_a_book_of_tunes():
    book = b"%abc-2.1\nM:3/4\n\nX:1\nT:One\nL:1/4\nK:C\nCDE|\n\nSome words in between, a bar | or two\n"
    book += b"\nX:2\nT:Two\nL:1/4\nK:G\nGAB|\n"
    book += b"\nX:3\nT:No notes\nK:C\n\nX:4\nT:Four\nK:C\nM:2/4\nC4|\n"
    found = read_scores(book)
    assert [(one.score.title, str(one.score.metres[0]), len(one.score.notes)) for one in found] == [
        ("One", "3/4", 3), ("Two", "3/4", 3), ("Four", "2/4", 1),
    ]  # fmt: skip
    assert found[2].report.remarks[0].sentence() == "1 tune before this one could not be read (number 3)"
    first = read_score(book)
    assert first.score.title == "One"
    assert "the file holds 3 more tunes; this is the first" in first.report.sentences()


def test_any_tune_of_a_book_can_be_opened():
    book = "%abc-2.1\nM:3/4\n\nX:1\nT:Café\nL:1/4\nK:C\nCDE|\n\nX:2\nL:1/4\nK:G\nGAB|\n\nX:7\nT:No notes\nK:C\n"
    for data in (book.encode(), book.encode("latin-1")):
        assert titles(data) == ["Café", "", "No notes"]
        one, two = (read_score(data, "book.abc", tune=number) for number in (1, 2))
        assert one.score == read_score(data).score
        assert (two.score.metres[0], two.score.key) == (Metre(0, 3, 4), Key(1, "major"))  # the book's head holds for it
        assert [note.pitch for note in two.score.notes] == [67, 69, 71]
        assert two.score.provenance["sha256"] == one.score.provenance["sha256"]  # of the whole file
        with pytest.raises(ScoreError):
            read_score(data, tune=3)
        for number in (0, 4):
            with pytest.raises(ScoreError, match="no tune number"):
                read_score(data, tune=number)
    assert titles(write_score(two.score, "mid")) == [""]


def test_music_behind_a_blank_line_is_not_lost():
    assert len(read_score(tune("CDEF|\n\nGABc|")).score.notes) == 8


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", []), ("latin-1", ["LATIN-1"]), ("utf-16", ["UTF-16"])])
def test_encodings(encoding, said):
    imported = read_score("X:1\nT:Ländler für Zwölf\nK:C\nCDEF|\n".encode(encoding))
    assert imported.score.title == "Ländler für Zwölf"
    assert [remark.text for remark in imported.report.remarks if remark.kind == "encoding"] == said


def test_a_tune_without_a_number_or_a_key_field():
    assert len(read_score(b"T:x\nM:4/4\nL:1/4\nK:C\nCDEF|\n").score.notes) == 4
    assert len(read_score(b"X:1\nT:x\nL:1/4\nCDEF|\n").score.notes) == 4


def test_too_many_bars_are_refused():
    with pytest.raises(ScoreError, match="bars or more"):
        read_score(tune("C4|Z9999|C4|"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("G", Key(1, "major")), ("F#m", Key(3, "minor")), ("Bb", Key(-2, "major")), ("D Dorian", Key(0)),
        ("Amix", Key(2)), ("EMin", Key(1, "minor")), ("HP", Key(2)), ("none", None), ("clef=bass", None), ("", None),
        ("C clef=treble-8", Key(0, "major")), ("G bass", Key(1, "major")), ("Clef=bass", None),
    ],
)  # fmt: skip
def test_keys(text, key):
    assert read_key(text) == key


def test_signatures_with_accidentals_of_their_own():
    assert signature_of("D Phr ^f") == {"B": -1, "E": -1, "F": 1}
    assert signature_of("D exp _b") == {"B": -1}


def test_metres_tempos_lengths_and_parts():
    assert [read_metre(text) for text in ("C|", "(2+3)/8", "2+2+3/8", "none", "0/4", "4/0", "x")] == [
        (2, 2), (5, 8), (7, 8), None, None, None, None,
    ]  # fmt: skip
    assert [read_tempo(text) for text in ("1/4=120", "3/8=60", '"Fast" 1/2=80', "90", '"Slow"', "1/8 1/8=100")] == [
        120, 90, 160, 90, 0, 100,
    ]  # fmt: skip
    assert [read_length(text) for text in ("", "3", "/", "//", "3/4")] == [1, 3, 0.5, 0.25, 0.75]
    assert part_sequence("(AB)2C") == list("ABABC")
    assert part_sequence("(A9)99(B9)99") != []  # and not a million
    assert len(part_sequence("(((A9)9)9)9")) == 200


def test_a_sign_that_nobody_knows_inside_a_chord_is_said():
    imported = read_score(b"X:1\nL:1/4\nK:C\n[C\x02G]D|\n")
    assert [note.pitch for note in imported.score.notes] == [60, 67, 62]
    assert {remark.kind: remark.count for remark in imported.report.remarks}["unreadable"] == 1
