import pytest

from musegen.corpora import abc_text
from musegen.corpora.choral import four_parts, read_abc_hymn, read_staves
from musegen.errors import ScoreError
from musegen.formats import write_score
from musegen.score import Metre, Note, Score, Tempo, Track

HYMN = """X:1
T:Hymn
M:4/4
L:1/4
K:C
[V: S1] [Q:1/4=72] e | a b c' b | a3 |]
[V: A1] B | c d e d | c3 |]
[V: T1] ^G | A G3/2 F/ E | E3 |]
[V: B1] E, | A, B, C ^G, | A,3 |]
"""


def test_four_inline_voices_of_abc():
    score = read_abc_hymn(abc_text.tunes(HYMN)[0])
    assert [track.name for track in score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert [score.track_notes(voice)[0].pitch for voice in range(4)] == [76, 71, 68, 52]
    assert (score.pickup, score.tempos) == (score.resolution, (Tempo(0, 72.0),))
    assert score.key.name == "A minor"  # the file says C only; what sounds decides


def test_voices_must_end_together():
    with pytest.raises(ScoreError, match="different lengths"):
        read_abc_hymn(abc_text.tunes(HYMN.replace("c3 |]", "c2 |]"))[0])
    with pytest.raises(ScoreError, match="3 parts"):
        read_abc_hymn(abc_text.tunes("\n".join(HYMN.splitlines()[:-1]))[0])


def four(resolution=480, tracks=4, lead=0):
    """Four bars of four quarters in four voices, on as many tracks."""
    notes = []
    for beat in range(16):
        for voice, pitch in enumerate((72, 67, 64, 48)):
            notes.append(Note(beat * resolution + lead, pitch + beat % 2, resolution, 80, voice * tracks // 4))
    return Score(tuple(notes), tuple(Track(f"part {i}") for i in range(tracks)), resolution)


def test_two_staves_in_midi():
    score = read_staves(write_score(four(tracks=2), "mid"), pickup=1.0)
    assert [[n.pitch for n in score.track_notes(v)][:2] for v in range(4)] == [[72, 73], [67, 68], [64, 65], [48, 49]]
    assert score.pickup == score.resolution


def test_a_unison_sounds_in_both_voices_and_a_moving_voice_alone():
    # Upper staff: a third (2 quarters), a unison, then a held soprano over a moving alto. Lower staff: octaves.
    upper = [(0, 72, 2), (0, 69, 2), (2, 71, 2), (4, 76, 2), (4, 67, 1), (5, 65, 1), (6, 72, 2), (6, 64, 2)]
    notes = [Note(480 * o, p, 480 * d, 80, 0) for o, p, d in upper]
    notes += [Note(960 * i, p, 960, 80, 1) for i in range(4) for p in (48, 55)]
    score = read_staves(write_score(Score(tuple(notes), (Track("upper"), Track("lower")), 480), "mid"), 0.0)
    quarter = score.resolution
    assert [(n.onset // quarter, n.pitch) for n in score.track_notes(0)] == [(0, 72), (2, 71), (4, 76), (6, 72)]
    assert [(n.onset // quarter, n.pitch) for n in score.track_notes(1)] == [
        (0, 69),
        (2, 71),
        (4, 67),
        (5, 65),
        (6, 64),
    ]


def test_staves_are_found_by_name_among_more_tracks():
    score = four(tracks=2)
    intro = [Note(0, 80, 480, 80, 2)]
    tracks = (Track("upper:sop"), Track("lower:ten"), Track("intro"))
    found = read_staves(write_score(score.replace(notes=(*score.notes, *intro), tracks=tracks), "mid"), 0.0)
    assert next(n.pitch for n in found.track_notes(0)) == 72
    with pytest.raises(ScoreError, match="4 parts, not two staves"):
        read_staves(write_score(four(tracks=4), "mid"), 0.0)


def test_a_tick_off_the_grid_is_put_right():
    late = four(tracks=2, lead=1).replace(metres=(Metre(0, 4, 4), Metre(1, 3, 4)))
    score = read_staves(write_score(late, "mid"), pickup=0.0)
    assert {note.onset % score.resolution for note in score.notes} == {0}
    assert score.metres == (Metre(0, 3, 4),)


def test_chords_in_a_voice_and_silent_voices_are_refused():
    score = four()
    assert four_parts(score).tracks[3].name == "Bass"
    chords = score.replace(notes=(*score.notes, *(Note(n.onset, 60, 480, 80, 1) for n in score.track_notes(0))))
    with pytest.raises(ScoreError, match="chords inside a voice"):
        four_parts(chords)
    with pytest.raises(ScoreError, match="silent"):
        four_parts(score.replace(notes=tuple(n for n in score.notes if n.track != 1 or n.onset < 480)))
    with pytest.raises(ScoreError, match="2 parts"):
        four_parts(four(tracks=2))
