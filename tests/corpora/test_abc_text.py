from musegen.corpora import abc_text

BOOK = """% a book
X:7
T:First
T:Other name
M:6/8
L:1/8
R:jig
K:Ador % mode
A|"Am"E2.A {g}uA(BA)|!trill!c3 [1 d3:|[2 e3||
w: not to be sung

X:8
T:Second
M:C
K:G
G4|
"""


def test_tunes_have_number_fields_and_music():
    first, second = abc_text.tunes(abc_text.decode(BOOK.encode("latin-1")))
    assert (first.number, first.fields["T"], first.first("K")) == ("7", ("First", "Other name"), "Ador")
    assert (second.number, second.music) == ("8", "G4|")
    assert "not to be sung" not in first.plain()


def test_straight_music_has_the_last_ending_and_no_signs():
    assert abc_text.tunes(BOOK)[0].plain().splitlines()[-1].replace(" ", "") == "A|E2AABA|c3e3|"


def test_endings_without_brackets_and_repeat_signs():
    assert abc_text.straight("|:A4|1 B4:|2 c4::d4:|").replace(" ", "") == "|A4|c4|d4|"


def test_tuplets_and_lengths_are_kept():
    assert abc_text.straight("((3ABc) d/2e3/2 [CEG]2-[CEG]|").replace(" ", "") == "(3ABcd/2e3/2[CEG]2-[CEG]|"


def test_inline_voices_are_taken_apart():
    tune = abc_text.tunes("X:1\nM:4/4\nK:C\n[V: S] c4|\n[V: B clef=bass] C4|\n[V: S] d4|\n[V: B] D4|\n")[0]
    voices = tune.voices()
    assert list(voices) == ["S", "B"]
    assert voices["B"].plain().splitlines()[-2:] == ["C4|", "D4|"]


def test_latin_1_is_read_where_utf_8_fails():
    assert abc_text.decode("T:für".encode("latin-1")) == "T:für"
