"""MusicXML out: what stands on the page that is written."""

from __future__ import annotations

import warnings
from xml.etree.ElementTree import Element, fromstring

import pytest

from musegen.errors import ScoreError
from musegen.formats import read_score, write_score
from musegen.formats.paper import Printed, place_on_paper
from musegen.formats.rhythm import Chord, into_voices, write_bar
from musegen.score import Bar, Key, Metre, Note, Score, Tempo, Track


def written(score: Score) -> Element:
    return fromstring(write_score(score, "musicxml"))


_BEAMS = {"begin": "b", "continue": "c", "end": "e", "forward hook": "f", "backward hook": "k"}


def heads(score: Score, part: int = 0) -> list[str]:
    """One word a note: name, alteration, octave or r, then type and dots, ~ for a tie out of it, beams as b c e f k."""
    words = []
    for note in written(score).findall("part")[part].iter("note"):
        word = "r" if note.find("rest") is not None else ""
        if note.find("pitch") is not None:
            alter = {"1": "#", "-1": "b", None: "", "2": "##", "-2": "bb"}[note.findtext("pitch/alter")]
            word = note.findtext("pitch/step", "") + alter + note.findtext("pitch/octave", "")
        word += f":{note.findtext('type', '-')}" + "." * len(note.findall("dot"))
        word += "~" * any(tie.get("type") == "start" for tie in note.findall("tie"))
        beams = "".join(_BEAMS[beam.text or ""] for beam in note.findall("beam"))
        words.append(word + (f" {beams}" if beams else ""))
    return words


def melody(*lengths: int, pitch: int = 60, **facts: object) -> Score:
    """Notes one after the other, lengths in ticks of 12 to a quarter note; a negative one is a rest."""
    notes, now = [], 0
    for length in lengths:
        if length > 0:
            notes.append(Note(now, pitch, length))
        now += abs(length)
    return Score(tuple(notes), resolution=12, **facts)


def test_note_values_dots_rests_and_ties_over_the_bar_line():
    assert heads(melody(18, 6, 24, 36, 24)) == [
        "C4:quarter.", "C4:eighth", "C4:half", "C4:half.", "C4:quarter~", "C4:quarter", "r:half."
    ]  # fmt: skip
    # off the beat, a quarter note is one head (a syncopation), a dotted quarter is split at the beat
    assert heads(melody(6, 12, 6, -6, 18)) == [
        "C4:eighth", "C4:quarter", "C4:eighth", "r:eighth", "C4:eighth~", "C4:quarter"
    ]  # fmt: skip


def test_beams_follow_the_beat():
    assert heads(melody(6, 6, 3, 3, 6, 12, 12)) == [
        "C4:eighth b", "C4:eighth e", "C4:16th bb", "C4:16th ce", "C4:eighth e", "C4:quarter", "C4:quarter"
    ]  # fmt: skip
    assert heads(melody(9, 3, 36)) == ["C4:eighth. b", "C4:16th ek", "C4:half."]
    six = melody(6, 6, 6, 6, 6, 6, metres=(Metre(0, 6, 8),))
    assert heads(six) == [f"C4:eighth {beam}" for beam in "bcebce"]
    assert heads(melody(6, -6, 6, -6, 24)) == ["C4:eighth", "r:eighth", "C4:eighth", "r:eighth", "C4:half"]


def test_triplets_have_their_sign_and_their_value():
    score = melody(4, 4, 4, 8, 4, 24)
    assert heads(score)[:5] == ["C4:eighth b", "C4:eighth c", "C4:eighth e", "C4:quarter", "C4:eighth"]
    notes = list(written(score).iter("note"))
    assert [n.findtext("time-modification/actual-notes") for n in notes] == ["3"] * 5 + [None]
    assert [[t.get("type") for t in n.iter("tuplet")] for n in notes] == [
        ["start"],
        [],
        ["stop"],
        ["start"],
        ["stop"],
        [],
    ]


@pytest.mark.parametrize(
    ("pitch", "key", "head", "accidental"),
    [
        (61, Key(2, "major"), "C#4", None),
        (61, Key(-4, "major"), "Db4", None),
        (60, Key(2, "major"), "C4", "natural"),
        (66, Key(0, "major"), "F#4", "sharp"),
        (56, Key(0, "minor"), "G#3", "sharp"),
        (58, Key(-1, "major"), "Bb3", None),
        (65, Key(7, "major"), "E#4", None),
    ],
)
def test_spelling_and_accidentals_follow_the_key(pitch, key, head, accidental):
    score = melody(48, pitch=pitch, key=key)
    assert heads(score) == [f"{head}:whole"]
    assert written(score).findtext(".//accidental") == accidental


def test_an_accidental_holds_to_the_bar_line_and_is_taken_back():
    pitches = [66, 66, 65, 65, 65, 66]
    score = Score(tuple(Note(12 * i, p, 12) for i, p in enumerate(pitches)), resolution=12, key=Key(0, "major"))
    shown = [note.findtext("accidental") for note in written(score).iter("note") if note.find("pitch") is not None]
    assert shown == ["sharp", None, "natural", None, None, "sharp"]


def test_the_pick_up_is_bar_zero():
    measures = written(melody(12, 36, 36, pickup=12, metres=(Metre(0, 3, 4),))).findall("part/measure")
    assert [(m.get("number"), m.get("implicit")) for m in measures] == [("0", "yes"), ("1", None), ("2", None)]
    assert measures[0].findtext("note/duration") == measures[0].findtext("attributes/divisions")  # a quarter note


def test_polyphony_in_one_track_takes_voices():
    score = Score((Note(0, 60, 48), Note(0, 72, 24), Note(0, 76, 24), Note(24, 74, 24)), resolution=12)
    part = written(score).find("part")
    assert part is not None
    found = [(n.findtext("voice"), n.find("chord") is not None, n.findtext("pitch/octave")) for n in part.iter("note")]
    assert found == [
        ("1", False, "5"), ("1", True, "5"), ("1", False, "5"), ("2", False, "4")
    ]  # fmt: skip
    assert part.findtext("measure/backup/duration") == str(4 * int(part.findtext("measure/attributes/divisions", "")))


def test_clefs_fit_the_range_and_a_keyboard_gets_two_staves():
    def clefs(track: Track, *pitches: int) -> list[tuple[str | None, str | None]]:
        score = Score(tuple(Note(i, p, 1) for i, p in enumerate(pitches)), (track,), resolution=1)
        return [(c.findtext("sign"), c.findtext("clef-octave-change")) for c in written(score).iter("clef")]

    assert clefs(Track("Flute", 73), 72, 76) == [("G", None)]
    assert clefs(Track("Cello", 42), 48, 52) == [("F", None)]
    assert clefs(Track("Tenor", 52), 55, 60) == [("G", "-1")]
    assert clefs(Track("Drums", 0, True), 36) == [("percussion", None)]
    assert clefs(Track("Piano", 0), 40, 43, 79, 84) == [("G", None), ("F", None)]
    assert clefs(Track("Harp", 24), 40, 43, 79, 84) == [("G", None)]


def test_head_programs_tempos_and_recipe():
    score = Score(
        (Note(0, 60, 12, 63), Note(12, 36, 12, 90, 1)),
        (Track("Violin & Co", 40), Track("Kit", 0, True)),
        12,
        (Tempo(0, 96), Tempo(6, 72.25)),
        title="A < B",
        composer="N. N.",
        provenance={"recipe": '{"seed": 7}'},
    )
    root = written(score)
    assert root.findtext("work/work-title") == "A < B"
    assert '{\\"seed\\": 7}' in root.findtext("identification/miscellaneous/miscellaneous-field", "")
    assert [p.text for p in root.iter("part-name")] == ["Violin & Co", "Kit"]
    names = ("midi-channel", "midi-program", "midi-unpitched")
    instruments = [[m.findtext(name) for name in names] for m in root.iter("midi-instrument")]
    assert instruments == [["1", "41", None], ["10", "1", "37"]]
    assert [s.get("tempo") for s in root.iter("sound")] == ["96", "72.25"]
    assert root.findtext("part/measure/forward/duration") == str(int(root.findtext(".//divisions", "")) // 2)
    assert root.find("part/measure/note[@dynamics='70.00']") is not None  # 63 / 0.9
    back = read_score(write_score(score, "musicxml")).score
    assert (back, back.title, back.composer) == (score, "A < B", "N. N.")
    assert back.provenance["recipe"] == '{"seed": 7}'


def test_played_rhythm_is_printed_readably_and_sounds_as_it_was():
    # 480 ticks: a hair late, and legato: ends just before the next.
    score = Score((Note(7, 60, 460), Note(491, 62, 470), Note(958, 64, 950)), resolution=480)
    assert heads(score) == ["C4:quarter", "D4:quarter", "E4:half"]
    notes = list(written(score).iter("note"))
    unit = int(written(score).findtext(".//divisions", "")) // 480
    assert [(n.get("attack"), n.get("release")) for n in notes] == [
        (str(7 * unit), str(-13 * unit)), (str(11 * unit), str(unit)), (str(-2 * unit), str(-12 * unit))
    ]  # fmt: skip
    assert read_score(write_score(score, "musicxml")).score == score


def test_an_independent_reader_finds_the_same_notes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import music21

    score = Score(
        (Note(0, 67, 12), *(Note(12 + 6 * i, 60 + i, 6 + i % 3 * 6, 80, i % 2) for i in range(12))),
        (Track("One"), Track("Two")),
        12,
        key=Key(-3, "minor"),
        pickup=12,
    )
    parsed = music21.converter.parseData(write_score(score, "musicxml"), format="musicxml")
    found = sorted(
        (int(12 * note.offset), pitch.midi, int(12 * note.quarterLength), index)
        for index, part in enumerate(parsed.parts)
        for note in part.stripTies().flatten().notes
        for pitch in note.pitches
    )
    assert found == [(n.onset, n.pitch, n.duration, n.track) for n in sorted(score.notes)]


def test_the_same_score_gives_the_same_bytes():
    score = melody(12, 36)
    assert write_score(score, "mxl") == write_score(score, "mxl")


def test_other_formats_and_too_many_bars_are_refused():
    with pytest.raises(ScoreError, match="not as “pdf”"):
        write_score(melody(12), "pdf")
    with pytest.raises(ScoreError, match="bars or more"):
        write_score(Score((Note(10**6, 60, 1),), resolution=1), "musicxml")


BAR = Bar(1, 0, 768, Metre(0, 4, 4))  # at 192 divisions a quarter note


def test_what_is_finer_than_any_rhythm_goes_to_the_nearest_grid():
    notes = place_on_paper([Printed(0, 60, 5, 97), Printed(1, 60, 97, 185)], [BAR], 192)
    assert [(n.start, n.end, n.attack, n.release) for n in notes] == [(0, 96, 5, 1), (96, 192, 1, -7)]
    thirds = place_on_paper([Printed(0, 60, 1, 63), Printed(1, 60, 65, 127), Printed(2, 60, 129, 191)], [BAR], 192)
    assert [(n.start, n.end) for n in thirds] == [(0, 64), (64, 128), (128, 192)]


def test_every_symbol_of_a_bar_is_in_order_and_fills_it():
    voice = into_voices([Printed(0, 60, 64, 96), Printed(1, 62, 100, 700)])[0]
    symbols = write_bar(voice, BAR, 192)
    assert [symbol.start for symbol in symbols] == [0, *(symbol.end for symbol in symbols[:-1])]
    assert symbols[-1].end == 768
    assert write_bar([], BAR, 192)[0].type == ""
    assert write_bar([Chord(0, 768)], BAR, 192)[0].type == "whole"
