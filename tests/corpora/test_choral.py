import pytest

from musegen.corpora import abc_text
from musegen.corpora.choral import read_abc_hymn, read_hymn
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


@pytest.mark.parametrize("tracks", [4, 2])
def test_midi_of_four_parts_or_two_staves(tracks):
    score = read_hymn(write_score(four(tracks=tracks), "mid"), pickup=1.0)
    assert [[n.pitch for n in score.track_notes(v)][:2] for v in range(4)] == [[72, 73], [67, 68], [64, 65], [48, 49]]
    assert score.pickup == score.resolution


def test_a_tick_off_the_grid_is_put_right():
    late = four(lead=1).replace(metres=(Metre(0, 4, 4), Metre(1, 3, 4)))
    score = read_hymn(write_score(late, "mid"), pickup=0.0)
    assert {note.onset % score.resolution for note in score.notes} == {0}
    assert score.metres == (Metre(0, 3, 4),)


def test_chords_in_a_voice_and_silent_voices_are_refused():
    score = four()
    chords = score.replace(notes=(*score.notes, *(Note(n.onset, 60, 480, 80, 1) for n in score.track_notes(0))))
    with pytest.raises(ScoreError, match="chords inside a voice"):
        read_hymn(write_score(chords, "mid"), 0.0)
    thin = score.replace(notes=tuple(n for n in score.notes if n.track != 1 or n.onset < 480))
    with pytest.raises(ScoreError, match="silent"):
        read_hymn(write_score(thin, "mid"), 0.0)
