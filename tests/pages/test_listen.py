"""Listen: ready pieces that play at once, without TensorFlow."""

from __future__ import annotations

import sys

import pytest
from house import LANGUAGES, bench, check, players


def titles(app):
    return [text.value for text in app.markdown if text.value.startswith("**") and text.value.endswith("**")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_piece_stands_open_and_all_can_be_heard(visit, words, language):
    app = visit("listen", language)
    assert app.title[0].value == words(language)["listen.title"]
    assert "### Six bars" in [text.value for text in app.markdown]
    assert len(players(app)) == 1 + 6  # the open piece, and a card for each of 2 human and 4 machine pieces
    assert len(app.image) == 1  # its staves
    assert words(language)["culture.german"] in app.caption[0].value


def test_it_needs_no_tensorflow(visit, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    assert len(players(visit("listen"))) == 7


def test_the_recipe_of_a_machine_s_piece_is_told(visit):
    app = visit("listen")
    app.button(key="open-composer-made-2.musicxml").click().run()
    check(app)
    text = " ".join(m.value for m in app.markdown)
    assert "seed 3, number 3 of 4" in text
    assert '"seed": 3' in app.code[0].value


def test_pieces_are_chosen_by_maker_and_by_culture(visit):
    app = visit("listen")
    app.segmented_control(key="maker").set_value("composer").run()
    assert titles(app)[-4:] == ["**Made 0**", "**Made 1**", "**Made 2**", "**Made 3**"]
    app.segmented_control(key="maker").set_value("human").run()
    assert titles(app)[-2:] == ["**Six bars**", "**A tune**"]
    app.pills(key="cultures").set_value(["irish"]).run()
    check(app)
    assert "**A tune**" in titles(app)
    assert "**Six bars**" not in titles(app)


def test_a_piece_is_taken_to_create(visit, words):
    app = visit("create")
    app.button(key="example-traditional-a-tune.musicxml").click().run()
    assert bench(app)["clips"][0]["name"] == "A tune"
    app.switch_page("pages/listen.py").run()
    app.button(key="use-first").click().run()
    check(app)
    assert app.title[0].value == words("en")["create.title"]
    assert [clip["name"] for clip in bench(app)["clips"]] == ["Six bars"]
    assert len(app.session_state["desk"].past) == 3  # nothing that lay there is lost


def test_the_language_is_switched_in_the_page(visit, words):
    app = visit("listen", "en")
    app.segmented_control(key="lang").set_value("zh").run()
    check(app)
    assert app.title[0].value == words("zh")["listen.title"]


def test_a_damaged_piece_is_one_sentence_and_the_others_play(visit, furnish, forgetful):
    path = furnish / "examples" / "traditional-a-tune.musicxml"
    whole = path.read_bytes()
    try:
        path.write_bytes(b"not music")
        app = visit("listen", whole=False)
    finally:
        path.write_bytes(whole)
    assert not app.exception
    assert len(app.error) == 1
    assert len(players(app)) == 6


def test_without_ready_pieces_the_page_says_what_to_do(visit, forgetful, words, tmp_path, monkeypatch):
    from pages import _shared

    monkeypatch.setattr(_shared, "EXAMPLES", tmp_path)
    app = visit("listen")
    assert app.info[0].value == words("en")["listen.none"]
