"""MusicXML in: pages written by hand, with the score that they mean."""

from __future__ import annotations

import io
import zipfile

import pytest

from musegen.errors import ScoreError
from musegen.formats import read_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track


def note(step: str, octave: int, duration: int, inside: str = "", *, chord: bool = False, attributes: str = "") -> str:
    """One <note>; ``step`` may end in # or b."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(step[1:], "")
    pitch = f"<pitch><step>{step[0]}</step>{alter}<octave>{octave}</octave></pitch>"
    return f"<note{attributes}>{'<chord/>' * chord}{pitch}<duration>{duration}</duration>{inside}</note>"


def rest(duration: int, inside: str = "") -> str:
    return f"<note><rest/><duration>{duration}</duration>{inside}</note>"


def page(*parts: list[str], heads: tuple[str, ...] = (), before: str = "") -> bytes:
    """A score of parts, each a list of measures (their content, or a whole <measure>)."""
    heads = heads or tuple(
        f'<score-part id="P{i}"><part-name>Part {i}</part-name></score-part>' for i in range(len(parts))
    )
    body = ""
    for index, measures in enumerate(parts):
        whole = (
            m if m.startswith("<measure") else f'<measure number="{n}">{m}</measure>' for n, m in enumerate(measures, 1)
        )
        body += f'<part id="P{index}">{"".join(whole)}</part>'
    return (
        '<?xml version="1.0"?><!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" '
        f'"http://www.musicxml.org/dtds/partwise.dtd"><score-partwise>{before}<part-list>{"".join(heads)}</part-list>'
        f"{body}</score-partwise>"
    ).encode()


def head(number: int, name: str, midi: str = "") -> str:
    return f'<score-part id="P{number}"><part-name>{name}</part-name>{midi}</score-part>'


def attributes(divisions: int = 1, metre: str = "4/4", key: str = "", more: str = "") -> str:
    beats, unit = metre.split("/")
    time = f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"
    return f"<attributes><divisions>{divisions}</divisions>{key}{time}{more}</attributes>"


FOUR = note("C", 4, 1) + note("D", 4, 1) + note("E", 4, 1) + note("F", 4, 1)
BACKWARD = '<barline location="right"><repeat direction="backward"/></barline>'
FORWARD = '<barline location="left"><repeat direction="forward"/></barline>'


def pitches(data: bytes) -> list[int]:
    return [n.pitch for n in read_score(data).score.notes]


def kinds(data: bytes) -> dict[str, int]:
    return {remark.kind: remark.count for remark in read_score(data).report.remarks}


def test_head_key_metre_tempo_and_loudness():
    key = "<key><fifths>-1</fifths><mode>minor</mode></key>"
    tempo = '<direction><direction-type><words>Andante</words></direction-type><sound tempo="76"/></direction>'
    loud = "<direction><direction-type><dynamics><f/></dynamics></direction-type></direction>"
    before = (
        "<work><work-title>Winterreise</work-title></work><movement-title>Gute Nacht</movement-title>"
        '<identification><creator type="composer">Schubert</creator></identification>'
    )
    measure = (
        attributes(2, "3/4", key)
        + tempo
        + note("D", 4, 3)
        + loud
        + note("F", 4, 1)
        + note("C#", 5, 2, attributes=' dynamics="50"')
    )
    midi = '<midi-instrument id="P0-I1"><midi-program>41</midi-program></midi-instrument>'
    imported = read_score(page([measure], heads=(head(0, "Violin", midi),), before=before))
    assert imported.score == Score(
        # 1.5, 0.5 and 1 quarter notes; a forte of 96; 50 percent of 90 = 45
        (Note(0, 62, 3, 80), Note(3, 65, 1, 96), Note(4, 73, 2, 45)),
        (Track("Violin", 40),),
        2,
        (Tempo(0, 76.0),),
        (Metre(0, 3, 4),),
        Key(-1, "minor"),
    )
    assert (imported.score.title, imported.score.composer) == ("Winterreise: Gute Nacht", "Schubert")


def test_a_metronome_mark_counts_where_no_sound_tempo_stands():
    mark = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>ca. 60</per-minute></metronome></direction-type></direction>"
    )
    assert read_score(page([attributes(2, "6/8") + mark + note("C", 4, 6)])).score.tempos == (Tempo(0, 90.0),)


def test_voices_chords_backup_and_forward():
    measure = (
        attributes(2, "2/4")
        + note("E", 4, 2, "<voice>1</voice>") + note("G", 4, 2, "<voice>1</voice>", chord=True)
        + note("F", 4, 2, "<voice>1</voice>")
        + "<backup><duration>4</duration></backup><forward><duration>1</duration></forward>"
        + note("C", 4, 3, "<voice>2</voice>")
    )  # fmt: skip
    score = read_score(page([measure], heads=(head(0, "Organ"),))).score
    assert score.notes == (Note(0, 64, 2), Note(0, 67, 2), Note(1, 60, 3, 80, 1), Note(2, 65, 2))
    assert [track.name for track in score.tracks] == ["Organ, voice 1", "Organ, voice 2"]
    assert score.tracks[0].program == 19  # by its name


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Soprano Alto", ["Soprano", "Alto"]),
        ("SA", ["Soprano", "Alto"]),
        ("Violin I", ["Violin I, voice 1", "Violin I, voice 2"]),
    ],
)
def test_two_voices_on_a_staff_are_named_only_where_the_source_names_them(name, names):
    both = (
        note("E", 5, 4, "<voice>1</voice>")
        + "<backup><duration>4</duration></backup>"
        + note("C", 4, 4, "<voice>2</voice>")
    )
    score = read_score(page([attributes() + both], heads=(head(0, name),))).score
    assert [track.name for track in score.tracks] == names


def test_a_voice_that_wanders_between_staves_stays_one_voice():
    low = note("C", 3, 2, "<voice>1</voice><staff>2</staff>")
    high = note("C", 5, 2, "<voice>1</voice><staff>1</staff>")
    assert len(read_score(page([attributes(more="<staves>2</staves>") + high + low])).score.tracks) == 1


def test_one_voice_number_on_both_staves_at_once_is_two_voices():
    high = note("C", 5, 4, "<voice>1</voice><staff>1</staff>")
    low = note("C", 3, 4, "<voice>1</voice><staff>2</staff>")
    assert (
        len(read_score(page([attributes() + high + "<backup><duration>4</duration></backup>" + low])).score.tracks) == 2
    )


def test_ties_join_over_bar_lines():
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    both = stop + start
    data = page([attributes() + note("C", 4, 4, start), note("C", 4, 4, both), note("C", 4, 1, stop) + note("C", 4, 3)])
    assert read_score(data).score.notes == (Note(0, 60, 9), Note(9, 60, 3))


def test_a_pick_up_and_its_bar_zero():
    upbeat = f'<measure number="0" implicit="yes">{attributes(metre="3/4")}{note("G", 4, 1)}</measure>'
    score = read_score(page([upbeat, note("C", 5, 3), note("D", 5, 2)])).score
    assert score.pickup == 1
    assert [(bar.number, bar.start, bar.length) for bar in score.bars()] == [(0, 0, 1), (1, 1, 3), (2, 4, 3)]
    assert score.metres == (Metre(0, 3, 4),)


def test_a_short_first_bar_is_a_pick_up_even_if_nothing_says_so():
    assert read_score(page([attributes() + note("G", 4, 1), FOUR])).score.pickup == 1


def test_a_bar_split_by_a_repeat_sign_stays_one_bar():
    # 1 beat, 4, 3 with the repeat sign, then 1 and 4 and 3: played 1 4 (3+1) 4 (3+1) 4 3; nowhere a bar of its own.
    data = page(
        [
            attributes() + note("G", 4, 1),
            FOUR,
            note("C", 5, 3) + BACKWARD,
            FORWARD + note("G", 4, 1),
            FOUR,
            note("C", 4, 3),
        ]
    )
    imported = read_score(data)
    assert imported.score.metres == (Metre(0, 4, 4),)
    assert (imported.score.pickup, imported.score.end, imported.report.bars) == (1, 24, 6)
    assert imported.report.sentences()[1] == "1 repeat was written out"


def test_a_bar_longer_or_shorter_than_its_metre_gets_one_of_its_own():
    data = page([attributes() + FOUR, note("C", 4, 3), FOUR, note("C", 4, 5), FOUR, FOUR])
    imported = read_score(data)
    assert imported.score.metres == (Metre(0, 4, 4), Metre(4, 3, 4), Metre(7, 4, 4), Metre(11, 5, 4), Metre(16, 4, 4))
    assert [(r.count, r.bars) for r in imported.report.remarks if r.kind == "irregular_bars"] == [(2, (2, 4))]


def test_a_metre_change_inside_the_nominal_bar():
    change = attributes(metre="3/4") + note("G", 4, 3)
    assert read_score(page([attributes() + FOUR, FOUR, change])).score.metres == (Metre(0, 4, 4), Metre(8, 3, 4))


def ending(number: str, content: str, *, closes: str = "stop") -> str:
    """A measure under an ending's bracket."""
    return (
        f'<barline location="left"><ending number="{number}" type="start"/></barline>{content}'
        f'<barline location="right"><ending number="{number}" type="{closes}"/>'
        + ('<repeat direction="backward"/>' if closes == "stop" else "") + "</barline>"
    )  # fmt: skip


def test_first_and_second_endings_are_written_out():
    bars = [note(step, 4, 4) for step in "CDEF"]
    data = page([attributes() + bars[0], ending("1", bars[1]), ending("2", bars[2], closes="discontinue"), bars[3]])
    assert pitches(data) == [60, 62, 60, 64, 65]


def test_da_capo_al_fine_goes_on_without_repeats():
    fine = '<direction><direction-type><words>Fine</words></direction-type><sound fine="yes"/></direction>'
    capo = '<direction><direction-type><words>D.C.</words></direction-type><sound dacapo="yes"/></direction>'
    c, d, e = (note(step, 4, 4) for step in "CDE")
    data = page([attributes() + c + BACKWARD, d + fine, e + capo])
    assert pitches(data) == [60, 60, 62, 64, 60, 62]
    assert "the da capo was written out (without repeats, as is usual)" in read_score(data).report.sentences()


def test_tempo_after_a_jump_back_is_the_page_s():
    slow, fast = '<sound tempo="60"/>', '<sound tempo="120"/>'
    data = page([attributes() + slow + FOUR, fast + FOUR + BACKWARD])
    assert read_score(data).score.tempos == (Tempo(0, 60), Tempo(4, 120), Tempo(8, 60), Tempo(12, 120))


def test_divisions_that_change_and_differ_between_parts():
    first = [attributes(2) + note("C", 4, 8), attributes(3) + note("D", 4, 4) + note("E", 4, 8)]
    second = [attributes(4) + note("C", 3, 16), note("C", 3, 16)]
    score = read_score(page(first, second)).score
    # The second bar of part 1: 4/3 and 8/3 quarter notes. With 12 ticks a quarter note: 16 and 32.
    assert score.resolution == 12
    assert [(n.onset, n.duration) for n in score.track_notes(0)] == [(0, 48), (48, 16), (64, 32)]


def test_transposing_instruments_sound_where_they_sound():
    transpose = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    clarinet = attributes(key="<key><fifths>2</fifths></key>", more=transpose) + note("D", 5, 4)
    imported = read_score(page([clarinet]))
    assert imported.score.notes[0].pitch == 72
    assert imported.score.key == Key(0)
    assert kinds(page([clarinet])) == {"transposing": 1}


def test_percussion_plays_the_drum_that_the_part_list_names():
    midi = "".join(
        f'<midi-instrument id="P0-I{drum}"><midi-channel>10</midi-channel>'
        f"<midi-unpitched>{drum}</midi-unpitched></midi-instrument>"
        for drum in (37, 43)  # one more than the MIDI note
    )

    def hit(drum: str) -> str:
        return f"<note><unpitched/><duration>2</duration>{drum}</note>"

    measure = (
        attributes(metre="6/4")
        + hit('<instrument id="P0-I43"/>')
        + hit('<instrument id="P0-I37"/>')
        + hit('<instrument id="?"/>')
    )
    imported = read_score(page([measure], heads=(head(0, "Drums", midi),)))
    assert imported.score.tracks == (Track("Drums", 0, True),)
    assert [n.pitch for n in imported.score.notes] == [42, 36, 38]
    assert "1 percussion note names no drum; it became a snare drum, in bar 1" in imported.report.sentences()


def test_what_is_left_out_is_said_with_its_bars():
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    sung = note("C", 4, 2, "<lyric><text>la</text></lyric>")
    marked = note("C", 4, 2, "<notations><ornaments><trill-mark/></ornaments><slur type='start'/></notations>")
    data = page([attributes() + FOUR, grace + sung + marked, "<harmony/>" + FOUR])
    found = {remark.kind: (remark.count, remark.bars) for remark in read_score(data).report.remarks}
    assert found == {
        "grace": (1, (2,)), "ornaments": (1, (2,)), "lyrics": (1, ()), "marks": (1, ()), "chord_symbols": (1, ())
    }  # fmt: skip


def test_timewise_scores_and_utf_16_are_read():
    plain = page([attributes() + FOUR, FOUR]).decode()
    timewise = plain.replace("score-partwise", "score-timewise")
    start = '<part id="P0">'
    timewise = timewise.replace(f'{start}<measure number="1">', f'<measure number="1">{start}')
    timewise = timewise.replace('</measure><measure number="2">', f'</part></measure><measure number="2">{start}')
    timewise = timewise.replace("</measure></part></score", "</part></measure></score")
    assert read_score(timewise.encode()).score == read_score(plain.encode()).score
    sixteen = plain.replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    assert read_score(sixteen).score == read_score(plain.encode()).score


def test_numbers_that_are_none_do_no_harm():
    data = page([attributes() + FOUR + note("C", 4, 1).replace("<duration>1<", "<duration>NaN<"), FOUR])
    imported = read_score(data)
    assert len(imported.score.notes) == 8
    assert "1 thing could not be read and was left out (duration), in bar 1" in imported.report.sentences()
    assert read_score(page([attributes().replace(">1<", ">-inf<", 1) + FOUR])).score.end == 4


def test_microtones_and_notes_out_of_range():
    quarter = note("C#", 4, 2).replace("<alter>1<", "<alter>0.5<")
    data = page([attributes() + quarter + note("C", 12, 2)])
    assert kinds(data) == {"out_of_range": 1, "microtones": 1}


def test_attack_and_release_are_when_it_sounds():
    # A quarter note (4 divisions), played 1 later and ended 2 earlier.
    score = read_score(page([attributes(4) + note("C", 4, 4, attributes=' attack="1" release="-2"') + rest(12)])).score
    assert score.notes == (Note(1, 60, 1),)
    assert score.resolution == 4


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "container", [b'<container><rootfiles><rootfile full-path="b/x.xml"/></rootfiles></container>', b"<broken"]
)
def test_mxl_names_its_score_in_the_container_or_not_at_all(container):
    data = packed({"META-INF/container.xml": container, "b/x.xml": page([attributes() + FOUR])})
    imported = read_score(data, "song.mxl")
    assert (len(imported.score.notes), imported.report.format) == (4, "MXL")
    assert imported.score.provenance["source"] == "song.mxl"


def test_a_damaged_page_names_the_line():
    lines = page([attributes() + FOUR, FOUR]).replace(b"<measure", b"\n<measure")
    with pytest.raises(ScoreError, match=r"cut off or damaged at line 3 "):
        read_score(lines[:-60])
