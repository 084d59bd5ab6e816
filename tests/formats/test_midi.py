"""MIDI in and out: every number below is written as bytes by hand."""

from __future__ import annotations

import pytest
import symusic

from musegen.errors import ScoreError
from musegen.formats import read_score, write_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track


def chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "big") + body


def header(kind: int, tracks: int, division: int) -> bytes:
    return chunk(b"MThd", kind.to_bytes(2, "big") + tracks.to_bytes(2, "big") + division.to_bytes(2, "big"))


def midi(*tracks: bytes, kind: int = 1, division: int = 96, promised: int | None = None) -> bytes:
    count = len(tracks) if promised is None else promised
    return header(kind, count, division) + b"".join(chunk(b"MTrk", track) for track in tracks)


END = b"\x00\xff\x2f\x00"
QUARTER = b"\x00\x90\x3c\x50\x60\x80\x3c\x00"  # C4, velocity 80, 0x60 = 96 ticks = a quarter note at 96


def remarks(data: bytes) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {remark.kind: (remark.count, remark.bars) for remark in read_score(data).report.remarks}


def test_every_fact_of_a_file_is_read():
    conductor = (
        b"\x00\xff\x03\x05Waltz"
        b"\x00\xff\x58\x04\x03\x02\x18\x08"  # 3/4
        b"\x00\xff\x59\x02\xff\x01"  # one flat, minor
        b"\x00\xff\x51\x03\x09\x89\x68"  # 0x098968 = 625,000 microseconds = 96 quarter notes a minute
        b"\x83\x00\xff\x51\x03\x0f\x42\x40" + END  # at tick 3 * 128 = 384: 1,000,000 = 60 a minute
    )
    flute = b"\x00\xff\x03\x05Flute\x00\xc0\x49" + QUARTER + b"\x00\x3e\x40\x30\x3e\x00" + END  # running status
    score = read_score(midi(conductor, flute)).score
    # The second note has status 0x80 running: a note-off, so only the first sounds; see the next test for 0x90.
    assert score.notes == (Note(0, 60, 96, 80, 0),)
    assert score.tracks == (Track("Flute", 73),)
    assert (score.title, score.key, score.resolution) == ("Waltz", Key(-1, "minor"), 96)
    assert score.tempos == (Tempo(0, 96.0), Tempo(384, 60.0))
    assert score.metres == (Metre(0, 3, 4),)
    assert read_score(midi(conductor, flute)).report.sentences()[0] == (
        "1 bar, 1 voice, D minor, 3/4, 96 quarter notes a minute"
    )


def test_running_status_and_note_on_with_velocity_zero_end_notes():
    track = b"\x00\x90\x3c\x40\x30\x3c\x00\x00\x3e\x41\x30\x3e\x00" + END
    assert read_score(midi(track)).score.notes == (Note(0, 60, 48, 64, 0), Note(48, 62, 48, 65, 0))


def test_type_0_splits_into_a_part_for_each_channel_and_channel_10_is_drums():
    track = b"\x00\xff\x03\x04Song\x00\xc1\x28\x00\x91\x43\x50\x00\x99\x24\x64\x60\x81\x43\x00\x00\x89\x24\x00" + END
    imported = read_score(midi(track, kind=0))
    assert imported.score.tracks == (Track("Channel 2", 40), Track("Channel 10", 0, True))
    assert imported.score.notes == (Note(0, 36, 96, 100, 1), Note(0, 67, 96, 80, 0))
    assert imported.score.title == "Song"
    assert "1 track was split into parts by channel" in imported.report.sentences()


def test_a_program_set_in_another_track_reaches_its_channel():
    setup = b"\x00\xc3\x13" + END
    assert read_score(midi(setup, b"\x00\x93\x3c\x50\x60\x83\x3c\x00" + END)).score.tracks[0].program == 19


def test_riff_wrapped_midi_and_a_leading_foreign_header_are_read():
    plain = midi(QUARTER + END)
    wrapped = b"RIFF" + (len(plain) + 12).to_bytes(4, "little") + b"RMIDdata" + len(plain).to_bytes(4, "little") + plain
    assert read_score(wrapped).score == read_score(plain).score
    assert read_score(bytes(128) + plain).score == read_score(plain).score


def test_smpte_time_is_read_at_120_quarter_notes_a_minute():
    # 25 frames of 40 ticks a second: 1,000 ticks a second, 500 a quarter note at 120.
    data = midi(b"\x00\x90\x3c\x50\x83\x74\x80\x3c\x00" + END, division=((256 - 25) << 8) | 40)  # 3 * 128 + 116 = 500
    imported = read_score(data)
    assert (imported.score.resolution, imported.score.duration_s) == (500, 0.5)
    assert any("SMPTE" in sentence for sentence in imported.report.sentences())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ピアノ".encode("cp932"), "ピアノ"),
        ("Hörner".encode("latin-1"), "Hörner"),
        ("Prélude".encode("latin-1"), "Prélude"),
        ("二胡".encode("gb18030"), "二胡"),
        ("Ålesund".encode(), "Ålesund"),
        (b"Piano\x00  ", "Piano"),
    ],
)
def test_names_of_any_encoding(name, text):
    track = b"\x00\xff\x03" + bytes((len(name),)) + name + QUARTER + END
    assert read_score(midi(END, track)).score.tracks[0].name == text


def test_stuck_notes_last_to_the_end_of_their_bar():
    # C4 at tick 96 of a 4/4 bar of 384 ticks, never ended: 384 - 96 = 288 ticks. The E4 behind it is sound.
    track = b"\x60\x90\x3c\x50\x00\x40\x50\x60\x40\x00" + END
    imported = read_score(midi(track))
    assert imported.score.notes == (Note(96, 60, 288, 80, 0), Note(96, 64, 96, 80, 0))
    assert "1 note was never ended; it is held to the end of its bar, in bar 1" in imported.report.sentences()


def test_notes_without_length_and_overlapping_notes_are_kept_and_said():
    track = (
        b"\x00\x90\x3c\x50\x00\x80\x3c\x00" + b"\x60\x90\x3e\x50\x30\x90\x3e\x51\x30\x80\x3e\x00\x30\x80\x3e\x00" + END
    )
    # D4 from 96 to 192 and again from 144 to 240: first on, first off. The C4 becomes a 32nd: 96 / 8 = 12 ticks.
    assert read_score(midi(track)).score.notes == (Note(0, 60, 12), Note(96, 62, 96), Note(144, 62, 96, 81))
    assert remarks(midi(track))["zero_length"] == (1, (1,))
    assert remarks(midi(track))["overlapping"] == (1, (1,))


def test_impossible_tempos_and_metres_are_left_out_and_said():
    track = b"\x00\xff\x51\x03\x00\x00\x00\x00\xff\x58\x04\x00\x02\x18\x08" + QUARTER + END
    imported = read_score(midi(track))
    assert (imported.score.tempos, imported.score.metres) == ((Tempo(0, 120.0),), (Metre(0, 4, 4),))
    said = imported.report.sentences()
    assert "1 tempo that can't be played was left out, in bar 1" in said
    assert "1 impossible metre was left out (0/4), in bar 1" in said


def test_what_a_score_does_not_hold_is_counted():
    extra = b"\x00\xb0\x07\x64\x00\xb0\x40\x7f\x00\xe0\x00\x50\x00\xe0\x00\x40"
    extra += b"\x00\xd0\x22\x00\xf0\x02\x7e\xf7\x00\xff\x05\x02la"
    found = {kind: count for kind, (count, _) in remarks(midi(extra + QUARTER + END)).items()}
    # The second bend, 0x40 << 7 = 8192, is the middle: no bend.
    assert found == {"controllers": 1, "pedal": 1, "bends": 1, "aftertouch": 1, "sysex": 1, "lyrics": 1}


def test_a_track_that_breaks_off_keeps_what_came_before():
    whole = midi(QUARTER + END, QUARTER + b"\x00\x90\x40\x50\x60\x80\x40\x00" + END)
    imported = read_score(whole[:-8])  # cuts off the second note's end, 4 bytes, and the end of track, 4
    assert [note.pitch for note in imported.score.notes] == [60, 60, 64]
    kinds = [remark.kind for remark in imported.report.remarks]
    assert kinds == ["broken", "stuck"]
    assert imported.report.remarks[0].sentence() == (
        "the file is damaged: track 2 breaks off; what came before is kept, in bar 1"
    )


def test_a_header_that_promises_more_tracks_than_there_are():
    found = read_score(midi(QUARTER + END, promised=65_000))
    assert "the file is cut off: it promises 65,000, only 1 is there" in found.report.sentences()


def test_data_bytes_above_127_are_clipped_and_said():
    assert read_score(midi(b"\x00\x90\x3c\xc8\x60\x80\x3c\x00" + END)).score.notes[0].velocity == 127
    assert remarks(midi(b"\x00\x90\x3c\xc8\x60\x80\x3c\x00" + END))["clipped"] == (1, ())


def test_a_wrong_track_length_does_not_lose_the_next_track():
    first = QUARTER + END
    data = header(1, 2, 96) + b"MTrk" + (len(first) + 3).to_bytes(4, "big") + first + chunk(b"MTrk", QUARTER + END)
    assert len(read_score(data).score.notes) == 2


@pytest.mark.parametrize(("power", "text"), [(7, "4/128"), (200, "4/2^200")])
def test_a_metre_that_no_page_can_print_is_left_out(power, text):
    imported = read_score(midi(b"\x00\xff\x58\x04\x04" + bytes((power,)) + b"\x18\x08" + QUARTER + END))
    assert imported.score.metres == (Metre(0, 4, 4),)
    assert f"1 impossible metre was left out ({text}), in bar 1" in imported.report.sentences()


def test_a_track_length_that_is_too_short_is_said_but_an_end_of_track_may_be_missing():
    first = QUARTER + QUARTER + END  # two notes in 16 bytes
    cut = header(1, 2, 96) + b"MTrk" + (8).to_bytes(4, "big") + first + chunk(b"MTrk", QUARTER + END)
    assert len(read_score(cut).score.notes) == 2
    assert remarks(cut)["broken"] == (1, (1,))
    assert "broken" not in remarks(midi(QUARTER, QUARTER + END))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header(1, 0, 96), "isn't a single note"),
        (header(1, 1, 96)[:10], "header is cut off"),
        (midi(QUARTER + END, division=0), "0 ticks"),
        (midi(QUARTER + END, QUARTER + END, kind=2), "independent patterns"),
        (midi(b"\x00\x90\x3c", promised=3), "cut off or damaged before its first note"),
        (midi(b"\x8f\xff\xff\x7f\x90\x3c\x50\x60\x80\x3c\x00" + END), "bars or more"),
    ],
)
def test_what_cannot_be_rescued_is_refused_in_one_sentence(data, words):
    with pytest.raises(ScoreError, match=words) as caught:
        read_score(data)
    assert "\n" not in str(caught.value)


def test_a_type_2_file_of_one_track_is_read():
    assert len(read_score(midi(QUARTER + END, kind=2)).score.notes) == 1


# --- writing -------------------------------------------------------------------------------------


def test_another_reader_finds_the_same_notes():
    score = Score(
        tuple(Note(120 * i, 60 + i, 120, 50 + i, i % 2) for i in range(8)),
        (Track("Right", 4), Track("Drums", 0, True)),
        480,
        (Tempo(0, 90.0), Tempo(480, 72.5)),
        (Metre(0, 3, 4),),
        Key(2, "major"),
    )
    other = symusic.Score.from_midi(write_score(score, "mid"))
    assert other.ticks_per_quarter == 480
    found = sorted((n.start, n.pitch, n.duration, n.velocity, t.is_drum) for t in other.tracks for n in t.notes)
    assert found == sorted((n.onset, n.pitch, n.duration, n.velocity, n.track == 1) for n in score.notes)
    assert {(track.name, track.program) for track in other.tracks} == {("Right", 4), ("Drums", 0)}
    assert [round(tempo.qpm, 2) for tempo in other.tempos] == [90.0, 72.5]
    assert [(t.numerator, t.denominator) for t in other.time_signatures] == [(3, 4)]


def test_overlapping_notes_of_one_pitch_stay_apart_for_any_reader():
    score = Score((Note(0, 60, 400), Note(100, 60, 100), Note(300, 60, 300)), (Track("Solo"),))
    other = symusic.Score.from_midi(write_score(score, "mid"))
    assert sorted((n.start, n.duration) for t in other.tracks for n in t.notes) == [(0, 400), (100, 100), (300, 300)]
    assert read_score(write_score(score, "mid")).score == score


def test_twenty_parts_use_two_ports_and_never_the_drum_channel():
    tracks = tuple(Track(f"Part {i}", i) for i in range(20))
    score = Score(tuple(Note(0, 60, 10, 80, i) for i in range(20)), tracks)
    data = write_score(score, "mid")
    assert data.count(b"\x00\xff\x21\x01\x01") == 5  # 20 - 15 parts on the second port
    assert not any(track.is_drum for track in symusic.Score.from_midi(data).tracks)
    assert read_score(data).score == score


def test_what_midi_has_no_place_for_comes_back():
    score = Score(
        (Note(0, 67, 480), Note(480, 60, 480)),
        pickup=480,
        key=Key(-3),
        tempos=(Tempo(0, 2.5), Tempo(480, 999.99)),
        title="Lied",
        composer="Schröter",
        provenance={"recipe": '{"seed": 7}'},
    )
    back = read_score(write_score(score, "mid"), "lied.mid").score
    assert back == score
    assert (back.title, back.composer) == ("Lied", "Schröter")
    assert back.provenance["recipe"] == '{"seed": 7}'
    assert back.provenance["source"] == "lied.mid"


def test_facts_of_a_file_that_was_changed_since_are_not_trusted():
    data = bytearray(write_score(Score((Note(0, 67, 480),), (Track("A"),), composer="Anon."), "mid"))
    assert read_score(bytes(data)).score.composer == "Anon."
    data[10:12] = (3).to_bytes(2, "big")  # another program added a track
    data += chunk(b"MTrk", QUARTER + END)
    assert read_score(bytes(data)).score.composer == ""


def test_a_resolution_that_midi_cannot_state_is_brought_down_exactly():
    score = Score((Note(0, 60, 60_000), Note(90_000, 62, 30_000)), resolution=60_000)
    assert read_score(write_score(score, "mid")).score == score


@pytest.mark.parametrize("score", [Score((Note(2**28, 60, 1),)), Score((Note(0, 60, 1),), metres=(Metre(0, 300, 4),))])
def test_what_midi_cannot_hold_is_refused(score):
    with pytest.raises(ScoreError, match="Save it as MusicXML"):
        write_score(score, "mid")


def tune(*pitches: int, stated: bytes = b"\x00\x00", channel: int = 0) -> bytes:
    """Eight rounds of quarter notes, and the key that the file states."""
    on, off = bytes((0x90 | channel,)), bytes((0x80 | channel,))
    notes = b"".join(b"\x00" + on + bytes((p, 80)) + b"\x60" + off + bytes((p, 0)) for p in pitches * 8)
    return midi(b"\x00\xff\x59\x02" + stated + notes + END)


def test_c_major_that_nobody_chose_is_not_taken_for_the_key():
    a_major = (69, 71, 73, 74, 76, 78, 80, 81)  # F sharp, C sharp, G sharp: 3 of 8 lie outside of C
    read = read_score(tune(*a_major))
    assert read.score.key is read.report.key is None
    assert {"unchosen_key": (1, ())}.items() <= remarks(tune(*a_major)).items()
    assert "no key stated" in read.report.sentences()[0]
    for stated, key in ((b"\x01\x00", Key(1, "major")), (b"\x00\x01", Key(0, "minor"))):  # a choice
        assert read_score(tune(*a_major, stated=stated)).score.key == key
    assert "unchosen_key" not in remarks(tune(*a_major, stated=b"\x01\x00"))


@pytest.mark.parametrize(
    "pitches",
    [
        (60, 62, 64, 65, 67, 69, 71, 72),  # the scale of C
        (60, 62, 64, 65, 67, 66, 67, 71),  # F sharp as often as F: no other scale has both
        (57, 59, 60, 62, 64, 65, 68, 69),  # A minor with its leading note: 1 of 8 outside, in every scale
        tuple(range(60, 72)),  # all twelve: 5 outside of any scale
    ],
)
def test_c_major_that_may_be_meant_is_believed(pitches):
    assert read_score(tune(*pitches)).score.key == Key(0, "major")


def test_drums_few_notes_and_our_own_files_say_nothing_against_c_major():
    assert read_score(tune(37, 42, 44, 49, channel=9)).score.key == Key(0, "major")
    few = b"\x00\xff\x59\x02\x00\x00" + QUARTER.replace(b"\x3c", b"\x3d") + END
    assert read_score(midi(few)).score.key == Key(0, "major")
    ours = read_score(tune(69, 73, 76, 78)).score.replace(key=Key(0, "major"))
    assert read_score(write_score(ours, "mid")).score.key == Key(0, "major")
