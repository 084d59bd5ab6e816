"""Copies of the training music are found without the music: where, how long, how transposed, and how usual."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from musegen.checkpoint import write_arrays
from musegen.corpora import abc_text
from musegen.corpora.catalog import corpus_info
from musegen.corpora.melody import read_tune
from musegen.evaluation import sample
from musegen.evaluation.copying import window_hashes
from musegen.lanes import HOLD, REST
from musegen.score import Metre, Note, Score, Track
from musegen.studio.drafts import COPIED, copied
from musegen.studio.originality import (
    Listed,
    copied_share,
    excerpt,
    listing,
    originality,
    searched,
    share,
    training_excerpt,
    why_silent,
)
from musegen.studio.originality.report import longest_run, usual_length

STEP = 120  # ticks of a sixteenth


def score_of(pitches, **facts):
    """A quarter note for every row [quarters, voices]."""
    notes = [Note(4 * STEP * i, int(p), 4 * STEP, track=v) for i, row in enumerate(pitches) for v, p in enumerate(row)]
    return Score(tuple(notes), tuple(Track(f"v{v}") for v in range(pitches.shape[1])), **facts)


def forget():
    listing.listing.cache_clear()
    share._known.cache_clear()
    excerpt._notes.cache_clear()


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Puts a list of pieces in the place of the shipped one."""

    def put(*pieces, usual=None):
        listed = [
            p if isinstance(p, Listed) else Listed(f"aird/{i}", f"No. {i}", "", "", p) for i, p in enumerate(pieces)
        ]
        write_arrays(tmp_path / "list.npz", listing.make_list(listed, usual))
        monkeypatch.setattr(listing, "ORIGINALITY", tmp_path / "list.npz")
        forget()

    yield put
    forget()


@pytest.fixture
def chorale(put):
    """A chorale of ten quarters that is on the list, its first bar line after one quarter."""
    rng = np.random.default_rng(0)
    pitches = rng.integers(50, 70, (10, 4))
    put(Listed("bach-chorales/1", "First", "Bach", "german", score_of(pitches, pickup=4 * STEP)))
    return pitches


@pytest.fixture
def tune(put):
    """A tune of 24 quarters that is on the list."""
    pitches = np.random.default_rng(1).integers(60, 80, (24, 1))
    put(score_of(pitches, metres=(Metre(0, 3, 4),)))
    return pitches


def tokens_of(quarters):
    """Every fourth sixteenth an onset, the others held."""
    tokens = np.full((4 * len(quarters), quarters.shape[1]), HOLD, np.int16)
    tokens[::4] = quarters
    return tokens


# --- the share of a draft ---------------------------------------------------------------------


def test_a_copy_is_found_at_any_transposition(chorale):
    other = tokens_of(np.arange(40, 80).reshape(10, 4))
    found = copied_share(np.stack([tokens_of(chorale), tokens_of(chorale + 5), other]))
    # 25 windows of 16 in 40 sixteenths; the list has those that begin on 0, 4, ... 24
    np.testing.assert_allclose(found, [7 / 25, 7 / 25, 0])


def test_a_copy_within_new_music_is_found_wherever_it_stands(chorale):
    sounding = np.repeat(chorale, 4, axis=0)
    for begin in range(4):
        music = np.full((1, 40, 4), 60, np.int16)
        music[0, 8 : 8 + 19] = sounding[begin : begin + 19]  # 16 + 4 - 1: a window of the list lies within
        np.testing.assert_allclose(copied_share(music), [1 / 25])


def test_of_a_tune_only_windows_of_32_count(tune):
    sounding = np.repeat(tune, 4, axis=0)
    for length, found in ((31, 0), (32, 1), (39, 1), (40, 2)):
        music = np.full((1, 96, 1), 60, np.int16)
        music[0, 8 : 8 + length] = sounding[:length]
        # 65 windows of 32; the list's begin on 0, 8, ...: within 40 sixteenths two of them
        np.testing.assert_allclose(copied_share(music), [found / 65])


def test_the_share_of_tunes_is_that_of_a_list_of_32(put):
    """The list has windows of 16: three of them in a row are one of 32."""
    rng = np.random.default_rng(2)
    known = [rng.choice([60, 62, 64], (60, 1)) for _ in range(8)]
    put(*map(score_of, known))
    music = np.stack([np.concatenate([k[5:20], rng.choice([60, 62, 64], (25, 1)), k[30:40]]) for k in known])
    hashes = [window_hashes(sample(score_of(k)).pitches, 32)[::8] for k in known]
    theirs = set(np.concatenate(hashes).tolist())
    wanted = [np.mean([h in theirs for h in window_hashes(sample(score_of(m)).pitches, 32).tolist()]) for m in music]
    assert min(wanted) > 0
    np.testing.assert_allclose(copied_share(np.stack([tokens_of(m) for m in music])), wanted)


def test_what_it_can_t_tell_is_no_copy(chorale):
    assert copied_share(np.full((2, 40, 3), 60, np.int16)).tolist() == [0, 0]  # three parts
    assert copied_share(tokens_of(chorale)[None, :12]).tolist() == [0]  # shorter than a window
    assert copied_share(np.full((1, 40, 4), REST, np.int16)).tolist() == [0]  # silence
    assert copied_share(np.full((1, 40, 1), 60, np.int16)).tolist() == [0]  # no tunes on the list


def test_copying_costs_a_draft(chorale):
    tokens = np.stack([tokens_of(chorale), tokens_of(chorale[::-1])])
    cost = copied(tokens, {"present": np.ones((2, 4), bool)})
    np.testing.assert_allclose(cost, [COPIED * 7 / 25, 0])


def test_without_a_list_nothing_is_a_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "ORIGINALITY", tmp_path / "none.npz")
    forget()
    assert copied_share(np.full((1, 40, 4), 60, np.int16)).tolist() == [0]
    assert searched() is None
    report = originality(score_of(np.full((10, 4), 60)))
    assert (report.texture.why, report.melody.why) == ("no-list", "no-list")
    forget()


# --- the report -------------------------------------------------------------------------------


def test_the_longest_run_is_told_with_both_places(chorale):
    ours = np.concatenate([np.arange(40, 64).reshape(6, 4), chorale[2:8] + 3])  # quarters 2-7 there are 6-11 here
    score = score_of(ours)
    match = originality(score).texture.longest
    assert (match.steps, match.beats, match.bars_long) == (24, 6, 1.5)
    assert (match.start, match.end) == (24 * STEP, 48 * STEP)
    assert match.bars == (2, 3)  # bars of 4/4: quarters 4-7, 8-11
    assert match.notes == tuple(i for i, n in enumerate(score.notes) if n.onset >= 24 * STEP)
    assert match.transposition == 3
    assert (match.piece.title, match.piece.composer, match.piece.licence) == ("First", "Bach", "CC0 1.0")
    # there after a pick-up of a quarter: quarters 1-4 are bar 1, 5-8 bar 2
    assert (match.there, match.there_bars) == (8, (1, 2))
    assert originality(score).texture.share == 0.5


def test_a_run_is_found_wherever_it_stands_and_is_no_longer_than_said(put):
    rng = np.random.default_rng(3)
    sounding = rng.integers(60, 80, 64)  # sixteenths
    put(Score(tuple(Note(STEP * i, int(p), STEP) for i, p in enumerate(sounding))))
    for begin in range(8):
        length = int(rng.integers(23, 40))
        notes = [Note(STEP * i, int(40 + 3 * (i % 2)), STEP) for i in range(9)]
        notes += [Note(STEP * (9 + i), int(sounding[begin + i]), STEP) for i in range(length)]
        match = originality(Score(tuple(notes))).melody.longest
        assert match.start >= 9 * STEP
        assert match.end <= (9 + length) * STEP
        assert length - 14 <= match.steps <= length
        assert match.there - begin == match.start // STEP - 9


def test_beats_go_by_the_metre(tune):
    match = originality(score_of(tune[:8], metres=(Metre(0, 6, 8),))).melody.longest
    assert (match.steps, match.beats, match.bars_long) == (32, 32 / 6, 32 / 12)
    assert match.there_bars == (1, 3)  # eight quarters of 3/4


def test_notes_that_were_given_are_nobody_s_copy(chorale):
    score = score_of(chorale)
    all_ = range(len(score.notes))
    soprano = [i for i in all_ if score.notes[i].track == 0]
    report = originality(score, given=soprano)
    assert report.melody.why == "all-given"
    assert report.texture.longest.steps == 40
    assert originality(score, given=all_).texture.why == "all-given"
    first = [i for i in all_ if score.notes[i].onset < 24 * STEP]  # six quarters of ten were given
    match = originality(score, given=first).texture.longest
    assert (match.start, match.steps, match.there) == (24 * STEP, 16, 24)


def test_a_long_note_does_not_break_a_run(put):
    tune = np.random.default_rng(5).integers(60, 80, (24, 1))
    tune[8:14] = 60  # six quarters: a window of 16 sixteenths and more in which nothing moves
    put(score_of(tune))
    assert originality(score_of(tune)).melody.longest.steps == 96


def test_a_change_breaks_a_run(chorale):
    ours = chorale.copy()
    ours[5, 2] += 1  # of ten quarters five stand before, four after
    found = originality(score_of(ours)).texture
    assert [m.steps for m in (found.longest, *found.further)] == [20, 16]
    assert [m.there for m in (found.longest, *found.further)] == [0, 24]


def test_two_transpositions_are_two_runs(tune):
    ours = np.concatenate([tune[:8], tune[8:16] + 2])
    found = originality(score_of(ours)).melody
    assert [(m.steps, m.transposition) for m in (found.longest, *found.further)] == [(32, 0), (32, 2)]


def test_held_notes_and_four_notes_are_everybody_s(put):
    held = score_of(np.full((20, 1), 60))
    put(held, score_of(np.array([[60], [62], [64], [65], [60], [60], [60], [60]])))
    assert originality(held).melody.longest is None
    four = originality(score_of(np.array([[60], [62], [64], [65]]))).melody
    assert (four.longest, four.share) == (None, 0)


def test_why_nothing_is_compared(chorale):
    assert originality(Score(())).melody.why == "no-notes"
    assert originality(score_of(chorale[:3])).texture.why == "too-short"
    three = originality(score_of(chorale[:, :3]))
    assert (three.texture.why, three.melody.why) == ("voices", None)
    assert three.main is three.melody
    drums = Score((Note(0, 36, 480),), (Track("", 0, True),))
    assert originality(drums).melody.why == "no-notes"


def test_other_works_that_have_it_are_counted_but_editions_are_not(put):
    rng = np.random.default_rng(4)
    pitches = rng.integers(50, 70, (10, 4))
    first = Listed("m21-bach/1", "A", "", "", score_of(pitches))
    other = replace(first, id="open-hymnal/1", score=score_of(pitches + 1))
    put(first, replace(first, id="bach-chorales/1", twin=True), other)
    match = originality(score_of(pitches)).texture.longest
    assert (match.piece.id, match.also) == ("m21-bach/1", 1)
    assert (searched("texture").works, searched("texture").pieces) == (2, 3)
    assert [(name, n) for name, _, n in searched().sets] == [("m21-bach", 1), ("bach-chorales", 1), ("open-hymnal", 1)]


def test_a_run_is_held_against_real_music(put):
    tune = np.random.default_rng(1).integers(60, 80, (24, 1))
    rows = [[0, 10], [16, 50], [24, 38], [40, 2]]
    put(score_of(tune), usual={"melody": {"folk": {"64": rows, "512": [[0, 100]]}, "folk/irish": {"64": [[0, 19]]}}})
    few = originality(score_of(tune[:8]), style="folk/irish").melody.usual  # 19 Irish excerpts are too few
    assert (few.kind, few.excerpts, few.steps, few.median) == ("folk", 100, 64, 16)
    assert (few.shorter, few.as_long, few.verdict) == (0.98, 0, "unusual")  # 32: of 100 two are longer
    six = originality(score_of(tune[:6])).melody.usual  # 24
    assert (six.shorter, six.as_long, six.verdict) == (0.6, 0.38, "usual")
    assert originality(score_of(tune[::-1])).melody.usual.verdict == "nothing"
    assert usual_length({}, "folk", 64, None) is None


def test_the_list_holds_no_notes(tune, tmp_path):
    arrays = listing.listing().arrays
    pads = arrays["melody_pads"].astype(int)
    first = listing.first_pitches(np.repeat(tune, 4, axis=0).astype(np.int16))[::8]
    low = listing.low_bytes(window_hashes(np.repeat(tune, 4, axis=0).astype(np.int16), 16))[::8]
    assert ((pads - low) % 256 == first).all()
    assert (pads != first).any()
    assert set(arrays) == {"steps", "texture", "texture_pads", "melody", "melody_pads"}
    assert set(listing.listing().about) == {"choirs", "id", "title", "composer", "culture", "metres", "twins", "usual"}


# --- the list that ships, and training pieces to hear -----------------------------------------


def test_a_piece_of_music21_is_found_and_heard():
    """The first tune of the list that lies in a book of music21's."""
    forget()
    about = listing.listing().about
    number = next(i for i, name in enumerate(about["id"]) if name.startswith("aird/"))
    piece = listing.listing().piece(number)
    path = corpus_info("aird").path() / f"{piece.id.split('/')[1].split(':')[0]}.abc"
    book = abc_text.tunes(abc_text.decode(path.read_bytes()))
    score = read_tune(next(t for t in book if str(t.number) == piece.id.split(":")[1]))
    match = originality(score.transpose(2), style="folk/british").melody.longest
    assert (match.piece.id, match.transposition, match.piece.title) == (piece.id, 2, piece.title)
    assert match.steps > len(sample(score).pitches) - 8  # nearly all of it
    assert why_silent(match) is None
    heard = training_excerpt(match)
    assert heard.transpose(2).slice_bars(1, 2).notes == score.transpose(2).slice_bars(1, 2).notes
    assert match.piece.culture == "british"
    assert "music21" in match.piece.collection.credit


def test_why_a_training_piece_can_t_be_heard(chorale, monkeypatch, tmp_path):
    monkeypatch.setenv("MUSEGEN_DATA_SETS", str(tmp_path / "nowhere"))
    match = originality(score_of(chorale)).texture.longest
    assert (training_excerpt(match), why_silent(match)) == (None, "data-sets")
    of_music21 = replace(match, piece=replace(match.piece, id="aird/no-such-book:1"))
    assert (training_excerpt(of_music21), why_silent(of_music21)) == (None, "changed")
    monkeypatch.setattr(sys.modules["musegen.corpora.catalog"], "music21_corpus", lambda: tmp_path)
    excerpt._notes.cache_clear()
    assert why_silent(of_music21) == "music21"


def test_the_shipped_list_is_whole():
    forget()
    known = listing.listing()
    count = len(known.about["id"])
    assert count == len(known.arrays["steps"]) == len(set(known.about["id"]))
    assert len(known.melody.hashes) == known.melody.firsts[-1]
    assert len(known.texture.hashes) == known.texture.firsts[-1]
    assert sum(n for _, _, n in searched("melody").sets) == count
    for part, kind in (("texture", "chorale/bach"), ("melody", "chorale/hymn"), ("melody", "folk/irish")):
        assert sum(n for _, n in known.about["usual"][part][kind]["128"]) >= 20
    card = json.loads((listing.ORIGINALITY.parent / "checkpoints/seq2seq/card.json").read_text("utf-8"))
    assert count == sum(entry["pieces"] for entry in card["trained_on"])
    assert longest_run(known, "melody", np.zeros((64, 1), np.int16)) == 0
