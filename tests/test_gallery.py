"""Ready pieces in a folder; a run's stored samples as scores; a card's figures as columns."""

import json

import numpy as np
import pytest

from musegen.checkpoint import write_arrays
from musegen.errors import MusegenError
from musegen.gallery import add_piece, card_music, card_table, file_stem, load_gallery, remove_pieces, stored_samples
from musegen.lanes import HOLD, REST
from musegen.score import Note, Score

RECIPE = json.dumps({"verb": "generate", "model": "composer", "weights": "ab", "seed": 4, "index": 0, "n": 1})
TUNE = Score((Note(0, 60, 480), Note(480, 62, 960)), composer="Somebody")
FACTS = {"culture": "irish", "style": "folk", "licence": "CC0 1.0", "credit": "nobody"}


def test_a_piece_comes_back_with_its_facts(tmp_path):
    entry = add_piece(TUNE, title="Tune", folder=tmp_path, source="a book", **FACTS)
    assert load_gallery(tmp_path) == (entry,)
    assert (entry.kind, entry.composer, entry.model, entry.file) == ("human", "Somebody", "", "somebody-tune.musicxml")
    score = entry.score(tmp_path)
    assert score == TUNE
    assert (score.title, score.composer, score.provenance["source"]) == ("Tune", "Somebody", "a book")


def test_a_machine_s_piece_brings_its_recipe(tmp_path):
    made = TUNE.replace(provenance={"recipe": RECIPE})
    entry = add_piece(made, title="Tune", folder=tmp_path, **FACTS)
    assert (entry.kind, entry.model, entry.composer) == ("machine", "composer", "composer")
    assert entry.score(tmp_path).provenance["recipe"] == RECIPE
    assert entry.score(tmp_path).composer == ""  # no person's name on it


def test_the_same_title_and_maker_is_replaced_and_a_model_s_pieces_go_together(tmp_path):
    add_piece(TUNE, title="Tune", folder=tmp_path, **FACTS)
    made = TUNE.replace(provenance={"recipe": RECIPE})
    for title in ("One", "Two", "Two"):
        add_piece(made, title=title, folder=tmp_path, **FACTS)
    assert [piece.title for piece in load_gallery(tmp_path)] == ["Tune", "One", "Two"]
    add_piece(TUNE.transpose(1), title="Tune", folder=tmp_path, **FACTS)
    assert [piece.title for piece in load_gallery(tmp_path)] == ["Tune", "One", "Two"]  # it kept its place
    assert load_gallery(tmp_path)[0].score(tmp_path) == TUNE.transpose(1)
    assert remove_pieces("composer", tmp_path) == 2
    assert [piece.title for piece in load_gallery(tmp_path)] == ["Tune"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.json", "somebody-tune.musicxml"]


def test_no_index_is_an_empty_gallery_and_a_damaged_one_says_so(tmp_path):
    assert load_gallery(tmp_path) == ()
    (tmp_path / "index.json").write_text('[{"title": 1}]')
    with pytest.raises(MusegenError, match="damaged"):
        load_gallery(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    entry = add_piece(TUNE, title="Tune", folder=tmp_path, **FACTS)
    (tmp_path / entry.file).unlink()
    with pytest.raises(MusegenError, match="somebody-tune"):
        entry.score(tmp_path)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Jesu, meine Freude (varied) · 2", "jesu-meine-freude-varied-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("茉莉花", "茉莉花"),
        ("***", "untitled"),
        ("x" * 100, "x" * 60),
    ],
)
def test_titles_become_file_names(title, stem):
    assert file_stem(title) == stem


def test_file_names_can_be_kept_to_ascii():
    assert file_stem("Ogiński: 茉莉花 é", ascii_only=True) == "oginski-e"


def test_shipped_pieces_can_be_read_and_may_be_passed_on():
    pieces = load_gallery()
    human = [piece for piece in pieces if piece.kind == "human"]
    assert 8 <= len(human) <= 14
    free = ("CC0", "public domain", "CC BY 4.0", "BSD")
    for piece in pieces:
        score = piece.score()
        assert score.notes, piece.title
        assert score.duration_s < 60, piece.title
        assert piece.licence.startswith(free), piece.title
        assert piece.credit, piece.title
    assert len({piece.file for piece in pieces}) == len(pieces)


def test_stored_samples_become_scores(tmp_path):
    tokens = np.full((2, 8, 4), REST, np.int16)
    tokens[0, 0:4] = [[72, 67, 64, 48]] + [[HOLD] * 4] * 3  # a chord of four sixteenths: one quarter note
    tokens[1, 0] = HOLD  # held from nothing: silence
    write_arrays(tmp_path / "step-000010.npz", {"chorale": tokens, "folk": tokens})
    samples = stored_samples(tmp_path / "step-000010.npz")
    chord, silence = samples["chorale"]
    assert [(n.onset, n.pitch, n.duration) for n in chord.notes] == [(0, p, 480) for p in (48, 64, 67, 72)]
    assert silence.notes == ()
    assert [(n.pitch, n.track) for n in samples["folk"][0].notes] == [(72, 0)]
    assert len(samples["folk"][0].tracks) == 1


def test_a_card_s_figures_as_columns():
    card = {"validation": {"all": 1.5, "step": 7}, "test": {"all": 1.75}, "baselines": {"markov": {"half": 2.5}}}
    assert card_table(card, []) == {"validation": {"all": 1.5}, "test": {"all": 1.75}, "markov": {"half": 2.5}}


def test_without_a_card_the_last_validation_stands_in():
    rows = [{"step": 1, "valid/all": 3.0}, {"step": 2, "valid/all": 2.0}, {"step": 3, "cross_entropy": 1.0}]
    assert card_table({}, rows) == {"validation": {"all": 2.0}}
    assert card_table({}, []) == {}


def test_a_card_s_music_beside_real_music():
    def row(value):
        return {"value": value, "low": value - 1, "high": value + 1, "unit": "%"}

    card = {
        "measures": {
            "chorales": {"auc": {"made": row(0.75)}, "measures": {"tertian": row(86.0), "crossing": row(3.0)}},
            "harmonised": {"all": {"auc": {}, "measures": {"tertian": row(85.0)}}},
            "real": {"auc": {"real": row(0.5)}, "measures": {"tertian": row(87.0)}},
        }
    }
    assert card_music(card) == {
        "chorales": {"auc": (0.75, -0.25, 1.75), "tertian": (86, 85, 87)},
        "harmonised": {"tertian": (85, 84, 86)},
        "real": {"auc": (0.5, -0.5, 1.5), "tertian": (87, 86, 88)},
    }
    assert card_music({}) == {}
