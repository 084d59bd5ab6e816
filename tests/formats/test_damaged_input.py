"""Bad input of every kind gives one clear sentence, or a rescue that is said: no traceback, hang or silent loss."""

from __future__ import annotations

import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musegen.errors import MusegenError
from musegen.formats import LIMITS, Refusal, read_score, read_scores, sniff, write_score
from musegen.formats.child import read_guarded
from musegen.formats.report import Imported
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


def one_sentence(refusal: Refusal) -> None:
    """In both languages, with everything filled in, on one line."""
    for language in ("en", "zh"):
        sentence = refusal.sentence(language)
        assert "\n" not in sentence
        assert not re.search(r"\{\w+[:}]", sentence)
        assert len(sentence) < 300
    assert refusal.sentence("zh") != str(refusal)


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_in_one_sentence(name):
    data, words = CASES[name]
    started = time.perf_counter()
    with pytest.raises(Refusal) as caught:
        read_score(data, "song.mid")
    assert words in str(caught.value)
    one_sentence(caught.value)
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


OUTCOMES = {  # notes, or why it is refused
    "unclosed fields": 40_000,  # the A of each
    "unclosed chords": "no_notes",
    "unclosed graces": "no_notes",
    "quotes": "no_notes",
    "spaces": 1,
    "a field of spaces": 1,
    "words behind the tune": 1,
    "awkward fractions": 899 * 15,
    "voices": "tracks",
    "parts of parts": 1,
    "columns": 1,
    "splits": 1,
    "declarations": "xml_damaged",
}


@pytest.mark.parametrize("name", LONG)
def test_no_input_takes_long(name):
    found = attempt(LONG[name].encode(), seconds=3)
    assert (found.kind if isinstance(found, Refusal) else len(found[0].score.notes)) == OUTCOMES[name]


@pytest.mark.parametrize("name", ["unclosed fields", "unclosed chords", "spaces", "columns"])
def test_no_input_takes_much_memory(name):
    data = LONG[name].encode()
    small = replace(LIMITS, seconds=20, memory_mb=200)  # of which the interpreter takes a good part
    found = outcome(lambda: read_guarded(sniff(data), data, limits=small))
    assert (found.kind if isinstance(found, Refusal) else len(found[0].score.notes)) == OUTCOMES[name]


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


T = TypeVar("T")


def outcome(action: Callable[[], T]) -> T | Refusal:
    """What it returns, or why it refuses; a fault of a reader is raised."""
    try:
        return action()
    except Refusal as error:
        if error.kind == "crash":
            raise
        return error


def attempt(data: bytes, seconds: float = 3) -> list[Imported] | Refusal:
    """What comes of it, in time: tunes that are whole in themselves, or a refusal in one sentence."""
    started = time.process_time()
    found = outcome(lambda: read_scores(data))
    assert time.process_time() - started < seconds
    if isinstance(found, Refusal):
        one_sentence(found)
        return found
    for one in found:
        check(one)
    return found


def check(one: Imported) -> None:
    """Bars follow each other and hold all notes; the report counts them and names only them; it is written as read."""
    score, report = one.score, one.report
    bars = score.bars()
    assert score.notes
    assert [bar.start for bar in bars] == [0, *(bar.end for bar in bars[:-1])]
    assert bars[-1].start < score.end <= bars[-1].end
    numbers = [bar.number for bar in bars]
    assert numbers == list(range(numbers[0], numbers[0] + len(bars)))
    assert numbers[0] == (0 if score.pickup else 1)
    assert (report.notes, report.bars) == (len(score.notes), numbers[-1])
    assert report.voices == len({note.track for note in score.notes})
    for remark in report.remarks:
        assert remark.count > 0
        assert set(remark.bars) <= set(numbers)
    for language in ("en", "zh"):
        assert len(report.sentences(language)) == 1 + len(report.remarks)
        assert not any(re.search(r"\{(count|text)|^$", sentence) for sentence in report.sentences(language))
    if len(score.notes) > 1_000:  # writing those takes longer than it teaches
        return
    for format, too_much in (("mid", ("midi_ticks", "midi_voices", "midi_metre")), ("musicxml", ("page_out",))):
        written = outcome(lambda format=format: write_score(score, format))
        if isinstance(written, Refusal):
            assert written.kind in too_much
            continue
        back = read_score(written)
        if "rounded" in {remark.kind for remark in back.report.remarks}:  # no page can count in such ticks
            assert 192 * score.resolution > LIMITS.resolution
            starts = [sorted(n.onset / s.resolution for n in s.notes) for s in (score, back.score)]
            assert starts[0] == pytest.approx(starts[1], abs=1e-4)
        else:
            assert back.score == score


def cuts(format: str) -> list[tuple[int, list[Imported] | Refusal]]:
    """A sample cut off after so many bytes, and what comes of it."""
    data = SAMPLES[format]
    lengths = {*range(1, len(data), max(len(data) // 80, 1)), len(data) - 1}
    return [(length, attempt(data[:length])) for length in sorted(lengths)]


def test_midi_cut_off_anywhere_keeps_every_note_that_is_there_and_says_so():
    data = SAMPLES["mid"]
    whole = {(note.onset, note.pitch, note.velocity) for note in SCORE.notes}
    starts = [match.end() for match in re.finditer(rb"[\x90\x91][\x3c-\x47]\x50", data)]
    assert len(starts) == 40
    for length, found in cuts("mid"):
        there = sum(end <= length for end in starts)
        assert isinstance(found, Refusal) is (there == 0)
        if isinstance(found, Refusal):
            assert found.kind == ("foreign" if length < 4 else "midi_header" if length < 14 else "midi_damaged")
            continue
        (one,) = found
        rows = [(note.onset, note.pitch, note.velocity) for note in one.score.notes]
        assert len(rows) == there
        assert set(rows) <= whole
        assert {remark.kind for remark in one.report.remarks} & {"broken", "missing_tracks"}


def test_musicxml_cut_off_anywhere_is_refused_with_the_line():
    data = SAMPLES["musicxml"]
    for length, found in cuts("musicxml"):
        if length == len(data) - 1:  # only the last line's end is missing
            assert not isinstance(found, Refusal)
            assert found[0].score == SCORE
            continue
        assert isinstance(found, Refusal)
        assert found.kind == "xml_damaged"
        line = int(re.search(r"at line ([\d,]+)", str(found))[1].replace(",", ""))
        assert 0 <= data[:length].count(b"\n") + 1 - line <= 1  # where it ends, or where the tag began


def test_mxl_cut_off_anywhere_is_refused():
    for length, found in cuts("mxl"):
        assert isinstance(found, Refusal)
        assert found.kind == ("zip_damaged" if length > 3 else "foreign")  # 4 bytes are the sign of a zip file


def test_abc_cut_off_anywhere_keeps_what_stands_before():
    # GAB c d e, the chord GBd; F is sharp in G but does not occur. Cut off inside the chord, its notes come one by one.
    pitches = [67, 69, 71, 72, 74, 76, 67, 71, 74]
    first = ABC.index(b"GAB") + 1
    for length, found in cuts("abc"):
        if length < first:
            assert isinstance(found, Refusal)
            assert found.kind == ("foreign" if length < 2 else "no_notes")
            continue
        assert not isinstance(found, Refusal)
        (one,) = found
        rest = ABC[first - 1 : length]
        there = [note.pitch for note in one.score.notes]
        assert there[:9] == pitches[: min(len(re.findall(rb"[A-Ga-g]", rest)), 9)]
        open_chord = b"[" in rest and b"]" not in rest and len(there) > 6
        assert open_chord <= ("unreadable" in {remark.kind for remark in one.report.remarks})


def test_kern_cut_off_anywhere_says_so():
    printed = {(0, 48), (0, 60), (0, 64), (1, 50), (2, 52), (2, 60), (2, 65), (4, 53), (4, 67)}
    first = KERN.index(b"4C") + 2
    for length, found in cuts("kern"):
        if length < first:
            assert isinstance(found, Refusal)
            assert found.kind == ("foreign" if length < 3 else "no_kern" if length < 6 else "no_notes")
            continue
        assert not isinstance(found, Refusal)
        (one,) = found
        quarter = one.score.resolution
        assert {(note.onset / quarter, note.pitch) for note in one.score.notes} <= printed
        whole = KERN[:length].rstrip(b"\n").endswith(b"*-\t*-")
        assert bool({remark.kind for remark in one.report.remarks} & {"cut_off", "ragged"}) is not whole


@pytest.mark.parametrize("bit", [0x01, 0x40, 0x80])
def test_a_wrong_bit_in_a_compressed_file_changes_nothing_or_is_refused(bit):
    data = SAMPLES["mxl"]
    read = []
    for place in range(0, len(data), 5):
        found = attempt(data[:place] + bytes((data[place] ^ bit,)) + data[place + 1 :])
        if not isinstance(found, Refusal):
            assert found[0].score == SCORE  # dates and the like
            read.append(place)
    assert 0 < len(read) < len(data) / 5 / 4


def test_a_wrong_bit_in_one_track_of_a_midi_file_leaves_the_other_alone():
    data = SAMPLES["mid"]
    start = data.rindex(b"MTrk") + 8
    mine = [(note.onset, note.pitch, note.end) for note in SCORE.track_notes(0)]
    for place in range(start, len(data), 3):  # events are 5 bytes long, so this meets every part of one
        found = attempt(data[:place] + bytes((data[place] ^ 0x40,)) + data[place + 1 :])
        assert not isinstance(found, Refusal)
        (one,) = found
        track = next(index for index, track in enumerate(one.score.tracks) if track.name == "A")
        assert [(note.onset, note.pitch, note.end) for note in one.score.track_notes(track)] == mine
        lost = len(one.score.notes) < len(SCORE.notes)
        assert not lost or one.report.remarks


def test_a_lost_column_of_kern_is_said():
    lines = KERN.decode().split("\n")
    for place, line in enumerate(lines):
        if "\t" not in line or line.startswith(("*", "=")):
            continue
        damaged = [*lines[:place], line.replace("\t", " ", 1), *lines[place + 1 :]]
        found = attempt("\n".join(damaged).encode())
        assert not isinstance(found, Refusal)
        assert {"ragged"} <= {remark.kind for remark in found[0].report.remarks}
    unnamed = attempt(KERN.replace(b"\t**kern", b"\t**kerm"))
    assert not isinstance(unnamed, Refusal)
    assert [r.text for r in unnamed[0].report.remarks if r.kind == "other_columns"] == ["**kerm"]


@pytest.mark.parametrize("format", SAMPLES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_damaged_anywhere(format, seed):
    chance = random.Random(seed)
    data = bytearray(SAMPLES[format])
    for _ in range(chance.choice((1, 2, 8))):
        place = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.choice((1, 4, 40))]
            case 2:
                data[place:place] = chance.choice((b"999999999", b"-1", b"NaN", b"\xff\x00", b":|", b"\t", b"<note>"))
            case 3:
                data[place:place] = data[max(place - 50, 0) : place]
            case _:  # two pieces change places
                cut = chance.randrange(len(data))
                data = data[cut:] + data[:cut]
        if not data:
            break
    attempt(bytes(data))


@given(st.binary(max_size=200))
@example(b"\xa3\xb0")  # in GB 18030 a full-width 0, which is a digit, but no length that Humdrum knows
@settings(max_examples=100, deadline=None)
def test_any_bytes_behind_a_sound_start(tail):
    for start in (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x00\x00\xc8", b"X:1\nK:C\n", b"**kern\n"):
        found = attempt(start + tail)
        if start.startswith(b"MThd") and isinstance(found, list) and len(tail) < 0xC8 and b"\xff\x2f\x00" not in tail:
            assert {"broken"} <= {remark.kind for remark in found[0].report.remarks}  # 200 bytes were promised


def test_a_fault_of_a_reader_becomes_a_sentence(monkeypatch):
    def broken(data: bytes) -> None:
        raise KeyError("x")

    monkeypatch.setattr("musegen.formats.read.read_kern", broken)
    with pytest.raises(Refusal, match=r"broke the reader of Humdrum \(KeyError\); nothing was imported") as caught:
        read_score(KERN)
    assert isinstance(caught.value, MusegenError)
    assert isinstance(caught.value.__cause__, KeyError)
