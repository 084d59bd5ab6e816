"""Create: every source, every verb, every button; in both languages."""

from __future__ import annotations

import pytest
from house import BARS, LANGUAGES, ROOT, check, chorale
from streamlit.testing.v1 import AppTest

from musegen.formats import write_score
from musegen.score import Score

VERBS = ("harmonise", "continue", "fill", "vary", "generate")


def made(app: AppTest) -> list[Score]:
    """The alternatives, in the ticks of ``chorale()``."""
    return [piece.score.with_resolution(480) for piece in app.session_state["made"].pieces]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    check(app)
    return app


def quick(app: AppTest, verb: str = "harmonise") -> AppTest:
    """The verb, with as few passes as the page offers."""
    app.pills(key="verb").set_value(verb).run()
    app.slider(key="set-passes").set_value(8)
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_four_alternatives_are_there_before_anything_is_asked_for(visit, words, language):
    app = visit("create", language)
    assert len(app.get("audio")) == 1 + 4  # the source, the four
    assert words(language)["made.harmonise"].format(title="Six bars") in " ".join(c.value for c in app.caption)
    assert [b.label for b in app.download_button] == [
        words(language)[f"download.{kind}"]
        for group in (("mid", "musicxml", "mxl"), ("wav", "flac", "ogg"), ("svg", "pdf", "png"))
        for kind in group
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_makes_four(visit, verb):
    app = quick(visit("create"), verb)
    press(app, "make")
    scores = made(app)
    assert len(scores) == 4
    given = set(chorale().notes)
    if verb == "generate":
        # The slider's default, and an upbeat before it.
        assert all([bar.number for bar in score.bars()] == list(range(9)) for score in scores)
    elif verb == "continue":
        assert all(len(score.bars()) == BARS + 8 and given <= set(score.notes) for score in scores)
    elif verb == "harmonise":
        assert all({n for n in given if n.track == 0} <= set(score.notes) for score in scores)
    elif verb == "fill":  # bars 3-6 of 6 are offered first
        assert all({n for n in given if n.onset < 2 * 1920} <= set(score.notes) for score in scores)
    assert app.session_state["made"].verb == verb


def test_the_seed_decides_and_the_dice_change_it(visit):
    app = quick(visit("create"))
    first = made(press(app, "make"))
    press(app, "make")
    assert made(app) == first
    app.number_input(key="set-seed").set_value(77).run()
    press(app, "make")
    assert {p.recipe.seed for p in app.session_state["made"].pieces} == {77}
    before = app.number_input(key="set-seed").value
    thrown = {press(app, "dice").number_input(key="set-seed").value for _ in range(3)}
    assert thrown != {before}


def test_settings_reach_the_recipe(visit):
    app = quick(visit("create"), "fill")
    app.slider(key="set-surprise").set_value(1.25)
    app.select_slider(key="set-range-bass").set_value((40, 55))
    voices = next(p for p in app.pills if p.key.startswith("set-voices-fill"))
    voices.set_value([1, 2])
    press(app, "make")
    settings = app.session_state["made"].pieces[0].recipe.settings
    assert settings["temperature"] == 1.25
    assert settings["ranges"] == {"bass": [40, 55]}
    assert settings["voices"] == [1, 2]
    assert settings["bars"] == [3, 6]  # of bars 1-6: from the middle, four bars


def test_a_new_piece_takes_key_metre_and_tempo(visit):
    app = quick(visit("create"), "generate")
    app.selectbox(key="set-style-generate-en").set_value("folk/irish")
    app.selectbox(key="set-metre").set_value((3, 4))
    app.number_input(key="set-tempo").set_value(90)
    app.slider(key="set-bars").set_value(5)
    press(app, "make")
    score = made(app)[0]
    assert (len(score.tracks), str(score.metres[0]), score.tempos[0].qpm) == (1, "3/4", 90.0)


def test_what_the_source_decides_is_not_offered(visit, words):
    app = visit("create")
    assert app.selectbox(key="set-metre").disabled
    assert words("en")["set.from_source"] in [c.value for c in app.caption]
    app.pills(key="verb").set_value("generate").run()
    assert not app.selectbox(key="set-metre").disabled


def test_an_alternative_is_chosen(visit, words):
    app = visit("create")
    press(app, "choose-2")
    assert words("en")["create.take"].format(number=3) in [s.value for s in app.subheader]
    assert app.button(key="choose-2").label == words("en")["create.chosen"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_one_s_own(visit, words, language):
    app = visit("create", language)
    app.segmented_control(key="source_kind").set_value("upload").run()
    assert app.button(key="make").disabled
    assert words(language)["create.needs_source"] in [c.value for c in app.caption]
    mine = chorale().replace(title="Mine <b>*bold*</b> :smile:")
    app.file_uploader(key="uploader").upload("mine.mid", write_score(mine, "mid")).run()
    check(app)
    report = app.success[0].value
    assert ("6 bars, 4 voices" if language == "en" else "6 小节，4 个声部") in report
    quick(app, "vary")
    app.selectbox(key=f"set-style-vary-{language}").set_value("folk/irish").run()
    press(app, "make")
    shown = next(c.value for c in app.caption if "\\<b\\>" in c.value)
    assert "*bold*" not in shown.replace("\\*", "")

    # It is still there on another page's return, and in the other language.
    app.switch_page("pages/listen.py").run()
    app.switch_page("pages/create.py").run()
    app.segmented_control(key="lang").set_value("zh" if language == "en" else "en").run()
    check(app)
    assert app.segmented_control(key="source_kind").value == "upload"
    assert app.session_state["upload"].name == "mine.mid"
    assert app.pills(key="verb").value == "vary"
    assert app.session_state["kept-set-style-vary"] == "folk/irish"
    assert app.session_state["made"].verb == "vary"
    assert app.success[0].value != report


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_file_is_one_sentence(visit, language):
    app = visit("create", language)
    app.segmented_control(key="source_kind").set_value("upload").run()
    app.file_uploader(key="uploader").upload("song.mid", b"MThd\x00\x00\x00").run()
    assert not app.exception
    assert len(app.error) == 1
    assert ("damaged" if language == "en" else "损坏") in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert app.button(key="make").disabled
    assert len(app.get("audio")) == 4  # what was there before is still there
    app.file_uploader(key="uploader").upload("song.mid", write_score(chorale(), "mid")).run()
    check(app)
    assert not app.button(key="make").disabled


def test_a_long_source_is_cut_to_what_the_page_can_do(visit, words):
    long = Score(tuple(n for i in range(12) for n in _shifted(chorale(), i * BARS * 1920)), chorale().tracks)
    app = visit("create")
    app.segmented_control(key="source_kind").set_value("upload").run()
    app.file_uploader(key="uploader").upload("long.mid", write_score(long, "mid")).run()
    check(app)
    quick(app, "vary")
    press(app, "make")
    assert len(made(app)[0].bars()) == 16  # the first half of the 32 that are worked on at most
    bars = next(s for s in app.slider if s.key.startswith("bars-"))
    bars.set_value((1, 72)).run()
    check(app)
    assert words("en")["create.shortened"].format(most=32, first=1, last=32) in [c.value for c in app.caption]


def _shifted(score: Score, ticks: int):
    from dataclasses import replace

    return [replace(note, onset=note.onset + ticks) for note in score.notes]


def test_the_source_is_seen(visit):
    app = visit("create")
    app.button(key="open-source").click().run()
    check(app)
    assert len(app.image) == 1 + 4 + 1  # the source's staves, four rolls, the chosen one's staves


def test_without_a_composer_one_sentence_says_so(visit, forgetful, monkeypatch, tmp_path):
    from pages import _shared

    monkeypatch.setattr(_shared, "CHECKPOINTS", tmp_path)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/create.py").run()
    assert not app.exception
    assert "not a checkpoint" in app.error[0].value
    assert app.button(key="make").disabled


def test_two_sessions_see_nothing_of_each_other(visit):
    one, other = visit("create", "zh"), visit("create", "en")
    quick(one, "vary")
    press(one, "make")
    one.segmented_control(key="source_kind").set_value("upload").run()
    one.file_uploader(key="uploader").upload("mine.mid", write_score(chorale(), "mid")).run()
    other.run()
    assert "made" not in other.session_state
    assert "upload" not in other.session_state
    assert other.pills(key="verb").value == "harmonise"
    assert other.session_state["language"] == "en"
