"""Music of one's own: which sides it has, how it is heard, and what a new style begins as."""

import numpy as np
import pytest
from tiny import chorale, melody

from musegen.corpora import load_corpus
from musegen.errors import CheckpointError, CorpusError
from musegen.formats import write_score
from musegen.score import Metre, Note, Score, Track
from musegen.training.own_music import grow_styles, load_music, voices_at_once, with_sides


def tune(number: int, metre: Metre = Metre(0, 4, 4)) -> Score:  # noqa: B008 - it is frozen
    """Eight bars of quarters; the intervals of each number are its own."""
    rng = np.random.default_rng(number)
    pitches = 67 + np.cumsum(rng.integers(-2, 3, 8 * metre.numerator)).clip(-9, 9)
    notes = tuple(Note(480 * i, int(p), 480) for i, p in enumerate(pitches))
    return Score(notes, (Track("Melody", 73),), 480, metres=(metre,))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """``folder(scores)``: a folder of music; what is parsed is kept beside it."""
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "my songs"

    def write(*scores):
        place.mkdir(exist_ok=True)
        for number, score in enumerate(scores):
            (place / f"{number:02d}.mid").write_bytes(write_score(score, "mid"))
        return place

    return write


@pytest.fixture(scope="module")
def checkpoint(checkpoints):
    from musegen.checkpoint import load_checkpoint

    return load_checkpoint(checkpoints / "composer")


def test_a_folder_of_melodies_is_a_style_of_its_own(folder, checkpoint):
    music = load_music(folder(*(tune(i) for i in range(8))), checkpoint, name="mine", window_steps=16)
    assert music.style == "folk/mine"
    assert music.windows.styles == (*checkpoint.styles, "folk/mine")
    assert music.pieces == {"train": 6, "valid": 1, "test": 1}
    assert {piece.lanes for piece in music.windows.pieces} == {1}
    assert (music.terms, music.metre, music.bars) == ("own-machine", (4, 4), 8)
    assert "licences of that music" in music.notice
    (held,) = music.reference
    assert len(held.notes) == 32
    assert held.notes not in [score.notes for score in music.training]
    batch = music.windows.batch(0, 4)
    assert set(batch["style"].tolist()) == {len(checkpoint.styles)}


def test_music_in_four_voices_is_taught_in_four_voices_and_a_lone_voice_among_it_left_out(folder, checkpoint):
    rng = np.random.default_rng(0)
    choirs = []
    for _ in range(6):
        line = [int(p) for p in 62 + np.cumsum(rng.integers(-2, 3, 16)).clip(-9, 9)]
        notes = [Note(480 * i, p - 5 * v, 480, 80, v) for v in range(4) for i, p in enumerate(line)]
        choirs.append(Score(tuple(notes), tuple(Track(f"Voice {v}", 52) for v in range(4)), 480))
    music = load_music(folder(*choirs, tune(1)), checkpoint, name="mine", window_steps=16)
    assert music.style == "chorale/mine"
    assert {piece.lanes for piece in music.windows.pieces} == {4}
    assert sum(music.pieces.values()) == 6
    assert [reason for _, reason in music.left_out] == ["a single voice among music in several"]


@pytest.mark.parametrize(("count", "words"), [(4, "Different pieces: 4,"), (1, "Different pieces: 1,")])
def test_too_little_is_refused_with_what_to_do(folder, checkpoint, count, words):
    with pytest.raises(CorpusError, match=rf"{words}.*5 are needed.*Add more music"):
        load_music(folder(*(tune(i) for i in range(count))), checkpoint, name="mine")


def test_one_tune_in_many_keys_is_one_tune(folder, checkpoint):
    with pytest.raises(CorpusError, match="Different pieces: 1,"):
        load_music(folder(*(tune(1).transpose(i) for i in range(8))), checkpoint, name="mine")


def test_no_tune_is_on_two_sides(folder):
    scores = [tune(i).transpose(shift) for i in range(10) for shift in (0, 3)]
    pieces = with_sides(load_corpus(folder(*scores)).pieces)
    tunes = {side: {p.tune for p in pieces if p.split == side} for side in ("train", "valid", "test")}
    assert [len(tunes[side]) for side in tunes] == [6, 2, 2]  # 15 in a hundred of ten tunes, rounded: 2 a side
    assert not tunes["train"] & (tunes["valid"] | tunes["test"])
    assert not tunes["valid"] & tunes["test"]
    assert {p.id: p.split for p in with_sides(pieces[::-1])} == {p.id: p.split for p in pieces}


def test_the_commonest_metre_that_fits_the_grid(folder, checkpoint):
    waltz, odd = Metre(0, 3, 4), Metre(0, 2, 4)
    music = load_music(folder(*(tune(i, waltz) for i in range(6)), tune(9, odd)), checkpoint, name="mine")
    assert music.metre == (3, 4)


def test_what_is_only_for_measuring_is_never_taught(checkpoint, monkeypatch):
    with pytest.raises(CorpusError, match="never trained on"):
        load_music("jsb-chorales", checkpoint, name="mine")


def test_voices_at_once_by_hand():
    assert voices_at_once(melody()) == 1.0
    assert voices_at_once(chorale()) == 4.0
    drums = Score((Note(0, 36, 480, track=0),), (Track("Drums", 0, True),))
    assert voices_at_once(drums) == 0.0
    # Two quarters of which the second begins half-way through the first, then silence: 960 ticks of notes in 720.
    overlap = Score((Note(0, 60, 480), Note(240, 64, 480)), (Track("Melody", 0),), 480)
    assert voices_at_once(overlap) == pytest.approx(960 / 720)


def test_a_new_style_begins_as_the_old_one_it_is_nearest_to():
    weights = {"table": np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), "bias": np.zeros(7)}
    grown = grow_styles(weights, {"table": (5, 2), "bias": (7,)}, 3, (2, 0))
    assert grown["table"].tolist() == [[0, 1], [2, 3], [4, 5], [4, 5], [0, 1]]
    assert grown["bias"] is weights["bias"]
    assert grow_styles(weights, {"table": (3, 2)}, 3, ()).keys() == {"table"}


@pytest.mark.parametrize("shapes", [{"table": (4, 3)}, {"bias": (8,)}, {"other": (3, 2)}])
def test_weights_that_differ_in_more_than_their_styles_are_refused(shapes):
    weights = {"table": np.zeros((3, 2)), "bias": np.zeros(7)}
    with pytest.raises(CheckpointError, match="can't be given a new style"):
        grow_styles(weights, shapes, 3, (0,))
