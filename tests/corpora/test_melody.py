import pytest

from musegen.corpora import abc_text
from musegen.corpora.melody import melody_of, read_tune
from musegen.errors import ScoreError
from musegen.score import Key, Note, Score, Track


def tune(music, metre="6/8", key="D"):
    return abc_text.tunes(f"X:1\nT:Tune\nM:{metre}\nL:1/8\nK:{key}\n{music}\n")[0]


def test_pickup_metre_and_key():
    # Pick-up of one eighth; the repeat sign falls inside a bar of 5 + 1 eighths, which is one bar.
    score = read_tune(tune("A|def agf|e2c A2:|\nA|def agf|ecA d3|def d3|"))
    assert score.pickup * 2 == score.resolution
    assert [str(m) for m in score.metres] == ["6/8"]
    assert score.key == Key(2, "major")
    lengths = [bar.length / score.resolution for bar in score.bars()]
    assert lengths == [0.5, 3, 3, 3, 3, 3]


def test_pitches_accidentals_and_broken_rhythm():
    score = read_tune(tune("^G>G d> c|=c2 e2|d4|d4|", metre="2/4", key="D"))
    # The sharp holds to the bar line; a natural undoes the signature; > is 3 + 1 sixteenths.
    assert [note.pitch for note in score.notes] == [68, 68, 74, 73, 72, 76, 74, 74]
    assert [note.duration * 4 / score.resolution for note in score.notes][:4] == [3, 1, 3, 1]


def test_minor_and_modes():
    assert read_tune(tune("A2B c2d|e3 e3|a3 e3|A3 A3|", key="Am")).key == Key(0, "minor")
    assert read_tune(tune("A2B c2d|e3 f3|g3 e3|A3 A3|", key="Amix")).key.fifths == 2


@pytest.mark.parametrize(
    ("music", "metre", "reason"),
    [
        ("ABc def|ABc de|ABc def|ABc def|ABc def|", "6/8", "metre"),
        ("ABc def|ABc def|ABc def|", "6/8", "fewer than 4 bars"),
        ("A4|A4|A4|A4|", "none", "no metre"),
        ("A4|A4|A4|A,,,,4|", "2/4", "range"),
    ],
)
def test_what_can_not_be_used_says_why(music, metre, reason):
    with pytest.raises(ScoreError, match=reason):
        read_tune(tune(music, metre))


def test_several_voices_are_refused():
    with pytest.raises(ScoreError, match="several voices"):
        read_tune(abc_text.tunes("X:1\nM:2/4\nK:C\n[V:1] c4|\n[V:2] C4|\n")[0])


def test_melody_of_a_song_is_the_longest_stretch_of_the_voice():
    # Voice in bars 2 and 6-10 (4/4, bar = 16 ticks at 4 a quarter); three empty bars part the two stretches.
    voice = [Note(16, 60, 16, track=0), *(Note(16 * bar, 62 + bar, 16, track=0) for bar in range(5, 10))]
    piano = [Note(16 * bar, 40, 16, track=1) for bar in range(10)]
    score = Score((*voice, *piano), (Track("Voice", 52), Track("Piano")), 4)
    melody = melody_of(score)
    assert [note.pitch for note in melody.notes] == [67, 68, 69, 70, 71]
    assert melody.notes[0].onset == 0
    assert melody.tracks == (Track("Melody"),)


def test_melody_of_a_dance_is_the_highest_busy_part():
    bass = [Note(4 * i, 40, 4, track=0) for i in range(32)]
    tune = [Note(4 * i, 72 + i % 2, 4, track=1) for i in range(20)]
    bells = [Note(16, 90, 4, track=2)]
    score = Score((*bass, *tune, *bells), (Track("Bass"), Track("Tune"), Track("Bells")), 4)
    assert {n.pitch for n in melody_of(score, highest_part=True).notes} == {72, 73}
    assert {n.pitch for n in melody_of(score).notes} == {40}


def test_a_long_melody_is_cut():
    score = Score(tuple(Note(4 * i, 60 + i % 5, 4) for i in range(4 * 70)), resolution=4)
    assert len(melody_of(score).bars()) == 64
