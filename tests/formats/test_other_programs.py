"""Other people's parsers find in our files what we wrote; ``benchmarks/other_programs.py`` asks more of them."""

from __future__ import annotations

import base64
import warnings
import xml.etree.ElementTree as ET

import mido
import music21
import pretty_midi
import pytest
import symusic
import verovio

from musegen.formats import write_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track

# A pick-up of an eighth in 6/8, C minor, a change of tempo, a Chinese title, a note tied over two bar lines, a drum.
PIECE = Score(
    (
        Note(0, 67, 240),
        Note(240, 72, 720),
        Note(960, 75, 3120),
        Note(4080, 74, 480),
        Note(240, 48, 1440, track=1),
        Note(1680, 43, 1440, track=1),
        Note(240, 36, 240, track=2),
        Note(960, 38, 240, track=2),
    ),
    (Track("Oboe solo", 68), Track("低音", 42), Track("Kit", 0, True)),
    tempos=(Tempo(0, 90.00009), Tempo(3120, 60.0)),
    metres=(Metre(0, 6, 8),),
    key=Key(-3, "minor"),
    pickup=240,
    title="茉莉花",
    composer="无名氏",
)
PITCHED = sorted((note.onset / 480, note.pitch, note.duration / 480) for note in PIECE.notes if note.track < 2)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "piece.musicxml"
    path.write_bytes(write_score(PIECE, "musicxml"))
    return path


@pytest.fixture(scope="module")
def midi(tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "piece.mid"
    path.write_bytes(write_score(PIECE, "mid"))
    return path


def test_music21(page):
    score = music21.converter.parse(page, forceSource=True)
    assert (score.metadata.title, score.metadata.composer) == ("茉莉花", "无名氏")
    assert [part.partName for part in score.parts] == ["Oboe solo", "低音", "Kit"]
    instruments = [part.getInstrument() for part in score.parts]
    assert [one.midiProgram for one in instruments[:2]] == [68, 42]
    assert isinstance(instruments[2], music21.instrument.UnpitchedPercussion)
    found = [
        (float(n.offset), n.pitch.midi, float(n.quarterLength))
        for part in score.parts[:2]
        for n in part.stripTies().flatten().notes
    ]
    assert sorted(found) == PITCHED
    first = score.parts[0].getElementsByClass("Measure")[0]
    assert (first.number, first.duration.quarterLength) == (0, 0.5)
    (key,) = score.parts[0].recurse().getElementsByClass("Key")
    assert (key.sharps, key.mode) == (-3, "minor")
    assert [t.ratioString for t in score.parts[0].recurse().getElementsByClass("TimeSignature")] == ["6/8"]
    assert [m.number for m in score.parts[0].recurse().getElementsByClass("MetronomeMark")] == [90, 60]


def test_music21_has_no_doubt_which_piano_it_is():
    # It would take the instrument from a name such as "Right hand", did the file not name the instrument.
    score = Score((Note(0, 60, 480),), (Track("Right hand", 0),))
    part = music21.converter.parse(write_score(score, "musicxml").decode(), format="musicxml").parts[0]
    assert (part.partName, part.getInstrument().midiProgram) == ("Right hand", 0)


def test_verovio(page):
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(page.read_text("utf-8"))
    mei = ET.fromstring(toolkit.getMEI())
    ns = "{http://www.music-encoding.org/ns/mei}"
    assert mei.find(f".//{ns}titleStmt/{ns}title").text == "茉莉花"
    assert ["".join(label.itertext()) for label in mei.iter(f"{ns}label")] == ["Oboe solo", "低音", "Kit"]
    assert next(mei.iter(f"{ns}measure")).get("metcon") == "false"
    played = symusic.Score.from_midi(base64.b64decode(toolkit.renderToMIDI()))
    unit = played.ticks_per_quarter
    found = sorted((n.start / unit, n.pitch, n.duration / unit) for t in played.tracks for n in t.notes)
    pitched = [row for row in found if row[1] not in (36, 38)]
    assert [row[:2] for row in pitched] == [row[:2] for row in PITCHED]
    assert [row[2] for row in pitched] == pytest.approx(
        [row[2] for row in PITCHED], abs=0.02
    )  # it lets go a hair early
    assert [row[:2] for row in found if row[1] in (36, 38)] == [(0.5, 36), (2.0, 38)]


def test_mido(midi):
    file = mido.MidiFile(midi)
    names = [next(m.name for m in track if m.type == "track_name") for track in file.tracks]
    assert [name.encode("latin-1").decode() for name in names] == ["茉莉花", "Oboe solo", "低音", "Kit"]
    head = {m.type: m for m in file.tracks[0]}
    assert head["key_signature"].key == "Cm"
    assert (head["time_signature"].numerator, head["time_signature"].denominator) == (6, 8)
    assert [round(mido.tempo2bpm(m.tempo)) for m in file.tracks[0] if m.type == "set_tempo"] == [90, 60]
    channels = [{m.channel for m in track if m.type == "note_on"} for track in file.tracks[1:]]
    assert channels == [{0}, {1}, {9}]


def test_symusic_and_pretty_midi(midi):
    tracks = symusic.Score.from_file(midi).tracks
    assert [(t.name, t.program, t.is_drum) for t in tracks] == [
        ("Oboe solo", 68, False), ("低音", 42, False), ("Kit", 0, True)
    ]  # fmt: skip
    assert sorted((n.start / 480, n.pitch, n.duration / 480) for t in tracks[:2] for n in t.notes) == PITCHED
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it warns of files that break the rules
        file = pretty_midi.PrettyMIDI(str(midi))
    assert [(one.program, one.is_drum) for one in file.instruments] == [(68, False), (42, False), (0, True)]
    assert file.get_end_time() == pytest.approx(PIECE.duration_s, abs=1e-3)


def test_tempos_have_no_needless_digits():
    # MIDI files state 90 as 666,666 microseconds, which are 90.00009; LilyPond's importer stumbles over the fraction.
    text = write_score(PIECE, "musicxml").decode()
    assert 'tempo="90"' in text
    assert 'tempo="60"' in text
    exact = PIECE.replace(tempos=(Tempo(0, 72.25),))
    assert 'tempo="72.25"' in write_score(exact, "musicxml").decode()


def test_instruments_are_called_as_general_midi_calls_them():
    text = write_score(PIECE, "musicxml").decode()
    named = [line.strip() for line in text.splitlines() if "<instrument-name>" in line]
    names = ("Oboe", "Cello", "Bass Drum 1", "Acoustic Snare")
    assert named == [f"<instrument-name>{name}</instrument-name>" for name in names]
