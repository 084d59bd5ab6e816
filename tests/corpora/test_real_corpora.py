"""On the real sets: skipped where they are not on this machine."""

import csv
import json
from collections import Counter

import numpy as np
import pytest

from musegen.corpora import load_corpus
from musegen.corpora.catalog import corpus_info, data_folder
from musegen.corpora.readers import read_source
from musegen.corpora.sources import sources
from musegen.corpora.split import worked_out
from musegen.lanes import LaneCodec, sounding

SAMPLES = {"bach-chorales": (9, 4), "open-hymnal": (10, 4), "mutopia-hymns": (5, 4), "mutopia-japan": (3, 1)}


def have(name):
    if not corpus_info(name).available:
        pytest.skip(f"the set “{name}” is not on this machine")


@pytest.mark.parametrize("name", [*SAMPLES, "misc-folk"])
def test_real_music_survives_the_lanes(name):
    have(name)
    every, lanes = SAMPLES.get(name, (1, 1))
    files = [source for source in sources(corpus_info(name)) if not source.about.get("left_out")][::every]
    scores = [stored.score() for source in files for _, _, stored in read_source(source).pieces][:40]
    assert len(scores) >= 10
    codec = LaneCodec(lanes)
    for score in scores:
        folded, _ = codec.fold(score)
        assert codec.decode(codec.encode(score)) == folded
        assert all(bar.length > 0 for bar in score.bars())
        assert score.key is not None
        assert score.key.mode


def test_hymns_and_chorales_are_in_four_voices_that_rarely_cross():
    for name in ("bach-chorales", "open-hymnal", "mutopia-hymns"):
        have(name)
        every, _ = SAMPLES[name]
        files = [source for source in sources(corpus_info(name)) if not source.about.get("left_out")][::every]
        crossed = steps = 0
        for source in files:
            for _, _, stored in read_source(source).pieces:
                heard = sounding(LaneCodec(4).encode(stored.score()).tokens)
                chords = heard[(heard < 128).all(axis=1)]
                crossed += int((np.diff(chords, axis=1) > 0).any(axis=1).sum())
                steps += len(chords)
        assert steps > 1000
        assert crossed / steps < 0.06  # Bach's own voices cross on about 3 of 100 sixteenths


def test_the_standard_split_and_its_clean_part():
    have("jsb-chorales")
    corpus = load_corpus("jsb-chorales", jobs=1, cache=False)
    assert corpus.report.splits == {"train": 229, "valid": 76, "test": 77}
    assert sum(piece.clean for piece in corpus.split("test")) == 50  # 27 share their tune with a training piece


def test_chorale_tables_against_the_standard_grids():
    have("bach-chorales")
    have("jsb-chorales")
    grids = json.loads((data_folder() / "jsb_chorales" / "Jsb16thSeparated.json").read_bytes())
    with (data_folder() / "bach_chorales_cc0" / "agreement.csv").open(encoding="utf-8", newline="") as file:
        place = {row["notes_tsv"].split("/")[1]: (row["jsb_split"], row["jsb_index"]) for row in csv.DictReader(file)}
    shares = []
    for source in [s for s in sources(corpus_info("bach-chorales")) if s.about.get("side")][::6]:
        side, index = place[source.path.name]
        grid = np.array(grids[side][int(index)])
        score = read_source(source).pieces[0][2].score()
        lanes = LaneCodec(4).encode(score)
        heard = sounding(lanes.tokens)[lanes.lead :]
        if len(heard) != len(grid):  # repeats are written out there
            continue
        shift = np.bincount((grid - heard)[(grid > 0) & (heard < 128)] + 128).argmax() - 128  # another key
        shares.append(np.mean(heard + shift == grid))
    assert len(shares) >= 10
    assert np.median(shares) > 0.98


def test_pieces_held_out_are_held_out_once():
    known = worked_out()
    assert {piece.split("/")[0] for piece in known.sides} <= known.sets
    assert set(known.sides.values()) <= {"valid", "test", ""}
    assert Counter(known.sides.values())["test"] > 100


def test_bach_keeps_the_standard_split_whatever_is_loaded():
    have("bach-chorales")
    corpus = load_corpus("bach-chorales", jobs=1, cache=False)
    sides = {source.name: source.about.get("side") for source in sources(corpus.info)}
    for piece in corpus.pieces:
        assert sides[piece.id] in ("", piece.split)
    held = {piece.tune for piece in corpus.pieces if piece.split != "train"}
    for piece in corpus.pieces:
        assert not (sides[piece.id] == "" and piece.split == "train" and piece.tune in held)
