"""Bad input of every kind gives one clear sentence, or a rescue that is said: no traceback, hang or silent loss."""

from __future__ import annotations

import io
import random
import time
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musegen.errors import MusegenError
from musegen.formats import LIMITS, Refusal, read_score, read_scores, write_score
from musegen.score import Note, Score, Track

SCORE = Score(
    tuple(Note(240 * i, 60 + i % 12, 240, 80, i % 2) for i in range(40)), (Track("A"), Track("B")), pickup=240
)
ABC = b"X:1\nT:Tune\nM:6/8\nL:1/8\nK:G\n|:(3GAB c>d e2|[GBd]3 z3:|\n"
KERN = b"**kern\t**kern\n*M4/4\t*M4/4\n4C\t[2c 2e\n4D\t.\n*\t*^\n2E\t2c]\t2f\n*\t*v\t*v\n=2\t=2\n1F\t1g\n*-\t*-\n"
SAMPLES = {
    "mid": write_score(SCORE, "mid"),
    "musicxml": write_score(SCORE, "musicxml"),
    "mxl": write_score(SCORE, "mxl"),
    "abc": ABC,
    "kern": KERN,
}


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def xml(body: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0"?>{doctype}<score-partwise><part-list/>{body}</score-partwise>'.encode()


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol"}">' for i in range(10))
CASES = {
    "empty": (b"", "empty"),
    "only spaces": (b"  \n ", "none of MIDI"),
    "text file": (b"Dear Anna,\nthe concert is on Friday.\n", "This is a text file, not a score"),
    "pdf": (b"%PDF-1.7 ...", "This is a PDF, not a score. Export MusicXML"),
    "mp3": (b"ID3\x04\x00", "notes, not sound"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "notes, not sound"),
    "png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "web page": (b"<!DOCTYPE html><html><body>score</body></html>", "a web page"),
    "musescore": (b'<?xml version="1.0"?><museScore version="3.0"></museScore>', "a MuseScore file"),
    "musescore zip": (
        zipped({
            "META-INF/container.xml": b'<container><rootfiles><rootfile full-path="a.mscx"/></rootfiles></container>',
            "a.mscx": b'<museScore version="3.0"></museScore>',
        }),
        "a MuseScore file",
    ),
    "mei": (b'<?xml version="1.0"?><!-- x --><mei xmlns="..."/>', "an MEI file"),
    "lilypond": (b'\\version "2.24"\n\\relative c { c d }', "a LilyPond file"),
    "random": (random.Random(5).randbytes(3000), "none of MIDI"),
    "other xml": (b'<?xml version="1.0"?><playlist/>', "XML with the root “playlist”"),
    "opus": (b'<?xml version="1.0"?><opus/>', "list of other files"),
    "entity bomb": (xml("&l9;", f"<!DOCTYPE x [{LAUGHS}]>"), "defines an entity (“l0”, line 1)"),
    "external entity": (xml("&x;", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "defines an entity"),
    "undefined entity": (xml("&eacute;"), "damaged at line 1"),
    "deep nesting": (xml("<a>" * 100 + "</a>" * 100), "nests deeper than 60"),
    "no parts": (xml(""), "isn't a single note"),
    "unknown encoding": (b'<?xml version="1.0" encoding="utf-99"?><score-partwise/>', "damaged at line 1"),
    "zip bomb": (zipped({"score.xml": bytes(60 * 2**20)}), "would unpack to 60.0 MB"),
    "zip of zeros": (zipped({"score.xml": bytes(20 * 2**20)}), "more than 300 times its own size"),
    "many members": (zipped({f"{i}.xml": b"x" for i in range(LIMITS.members + 1)}), "201 files"),
    "nested zip": (zipped({"a.mxl": zipped({"score.xml": b"<x/>"})}), "it holds a.mxl"),
    "word document": (zipped({"word/document.xml": b"<w:document/>"}), "XML with the root “w:document”"),
    "truncated zip": (write_score(SCORE, "mxl")[:-30], "can't be unpacked"),
    "damaged zip": (write_score(SCORE, "mxl").replace(b"PK\x01\x02", b"PK\x01\x09"), "can't be unpacked"),
    "too large": (bytes(LIMITS.upload_bytes + 1), "the limit is 8.0 MB"),
    "abc without notes": (b"X:1\nT:Nothing\nK:C\nz4|\n", "isn't a single note"),
    "abc with a long rest": (b"X:1\nK:C\nC|Z9999|C\n", "bars or more"),
    "kern without notes": (b"**kern\n*M4/4\n1r\n*-\n", "isn't a single note"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_in_one_sentence(name):
    data, words = CASES[name]
    started = time.perf_counter()
    with pytest.raises(Refusal) as caught:
        read_score(data, "song.mid")
    assert words in str(caught.value)
    for language in ("en", "zh"):
        sentence = caught.value.sentence(language)
        assert "\n" not in sentence
        assert "{" not in sentence
        assert len(sentence) < 300
    assert caught.value.sentence("zh") != str(caught.value)
    assert time.perf_counter() - started < 5


def test_a_hundred_thousand_notes_are_refused_in_every_format():
    events = b"\x00\x90\x3c\x50\x01\x80\x3c\x00" * 100_000
    many = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk" + len(events).to_bytes(4, "big") + events
    with pytest.raises(Refusal, match=r"60,001 notes or more; the limit is 60,000"):
        read_score(many)
    with pytest.raises(Refusal, match="the limit is"):
        read_score(b"X:1\nL:1/4\nM:4/4\nK:C\n" + b"CDEF|" * 25_000)
    with pytest.raises(Refusal, match="the limit is"):
        read_score(b"**kern\n*M4/4\n" + b"4c 4e\n4d 4f\n4e 4g\n4f 4a\n=\n" * 12_500 + b"*-\n")


HEAD = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\n"
LONG = {
    "unclosed fields": HEAD + "[A:" * 40_000,
    "unclosed chords": HEAD + "[" * 100_000,
    "unclosed graces": HEAD + "{" * 100_000,
    "quotes": HEAD + '["' * 50_000,
    "spaces": HEAD + " " * 100_000 + "a",
    "a field of spaces": "X:1\nL:1" + " " * 100_000 + "x\nK:C\nC|",
    "words behind the tune": HEAD + "C|\n\n" + "'" * 100_000,
    "awkward fractions": HEAD + "".join(f"C/{number} " for number in range(100, 999)) * 15,
    "voices": HEAD + "".join(f"[V:{number}]C|" for number in range(20_000)),
    "parts of parts": "X:1\nP:" + "(" * 100 + "A9" + ")9" * 100 + "\nK:C\nP:A\nC|",
    "columns": "**kern\n*M4/4\n4c" + "\t" * 100_000,
    "splits": "**kern\n*M4/4\n" + "*^\n" * 300 + "4c\n",
    "declarations": "<!" * 50_000 + "<score-partwise/>",
}


@pytest.mark.parametrize("name", LONG)
def test_no_input_takes_long(name):
    started = time.process_time()
    attempt(LONG[name].encode())
    assert time.process_time() - started < 3


def test_hundreds_of_voices_on_one_staff_are_refused():
    crowd = Score(tuple(Note(i, 60, 1000) for i in range(200)))
    with pytest.raises(Refusal, match="200 notes of the part “” sound at once"):
        write_score(crowd, "musicxml")
    assert read_score(write_score(crowd, "mid")).score == crowd


def test_a_format_is_told_by_its_content_whatever_the_name():
    assert read_score(SAMPLES["mid"], "song.xml").report.format == "MIDI"
    assert read_score(SAMPLES["mxl"], "song.mid").report.format == "MXL"
    assert read_score(SAMPLES["musicxml"], "song.abc").report.format == "MusicXML"
    assert read_score(ABC, "song.mid").report.format == "ABC"
    assert read_score(KERN, "song.txt").report.format == "Humdrum"
    assert read_score(b"\xef\xbb\xbf" + ABC).report.format == "ABC"
    assert read_score(b"\xef\xbb\xbf" + SAMPLES["musicxml"]).report.format == "MusicXML"


def attempt(data: bytes) -> None:
    """Reads; a refusal must not be a fault of the reader."""
    try:
        found = read_scores(data)
    except Refusal as error:
        if error.kind == "crash":
            raise
        return
    for one in found:
        assert one.report.sentences("en")
        assert one.report.sentences("zh")


@pytest.mark.parametrize("format", SAMPLES)
def test_truncated_anywhere(format):
    data = SAMPLES[format]
    for length in sorted({*range(0, len(data), max(len(data) // 60, 1)), len(data) - 1}):
        attempt(data[:length])


@pytest.mark.parametrize("format", SAMPLES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_damaged_anywhere(format, seed):
    chance = random.Random(seed)
    data = bytearray(SAMPLES[format])
    for _ in range(chance.choice((1, 2, 8))):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.choice((1, 4, 40))]
            case 2:
                data[place:place] = chance.choice((b"999999999", b"-1", b"NaN", b"\xff\x00", b":|", b"\t", b"<note>"))
            case _:
                data[place:place] = data[max(place - 50, 0) : place]
        if not data:
            break
    attempt(bytes(data))


@given(st.binary(max_size=200))
@example(b"\xa3\xb0")  # in GB 18030 a full-width 0, which is a digit, but no length that Humdrum knows
@settings(max_examples=100, deadline=None)
def test_any_bytes_behind_a_sound_start(tail):
    for start in (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x00\x00\xc8", b"X:1\nK:C\n", b"**kern\n"):
        attempt(start + tail)


def test_a_fault_of_a_reader_becomes_a_sentence(monkeypatch):
    def broken(data: bytes) -> None:
        raise KeyError("x")

    monkeypatch.setattr("musegen.formats.read.read_kern", broken)
    with pytest.raises(Refusal, match=r"broke the reader of Humdrum \(KeyError\); nothing was imported") as caught:
        read_score(KERN)
    assert isinstance(caught.value, MusegenError)
    assert isinstance(caught.value.__cause__, KeyError)
