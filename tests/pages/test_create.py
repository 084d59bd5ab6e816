"""Create: every source, every verb, every button, every panel; in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from house import BARS, LANGUAGES, ROOT, bench, check, chorale, components, players
from streamlit.testing.v1 import AppTest

from musegen.desk import Desk, Step, dump, load, to_link
from musegen.export import export
from musegen.formats import read_score, write_score
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.gallery import load_gallery
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.studio import VERBS as VERBS_OF_STUDIO
from musegen.studio import Recipe

WHOLE = 768  # ticks of a bar in the ready pieces, which come from MusicXML files
VERBS = ("harmonise", "continue", "fill", "vary", "blend", "generate")
PANELS = ("take", "music", "known", "way", "about")


def desk(app: AppTest) -> Desk:
    return app.session_state["desk"]


def made(app: AppTest) -> list[Score]:
    """The alternatives, in the ticks of ``chorale()``."""
    return [piece.score.with_resolution(480) for piece in desk(app).now.offer.pieces]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    check(app)
    return app


def quick(app: AppTest, verb: str = "harmonise") -> AppTest:
    """The verb, with as few passes as the page offers."""
    app.pills(key="verb").set_value(verb).run()
    app.slider(key="set-passes").set_value(8)
    return app


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.segmented_control(key="source_kind").set_value("upload").run()
    app.file_uploader(key="uploader").upload(name, data).run()
    return app


def says(app: AppTest, event: str, value: object) -> AppTest:
    """The browser says something through the bench, which AppTest can't: its handler runs, then the page."""

    def script() -> None:
        from unittest import mock

        import streamlit as st

        from pages import _desk, _player

        event, value = st.session_state["says"]
        with mock.patch.object(_player, "said", lambda key, name: value if name == event else None):
            _desk.handlers()[event]()

    other = AppTest.from_function(script, default_timeout=180)
    names = ("desk", "active", "selection", "view", "asked", "notice", "set-seed", "language")
    for name in names:
        if name in app.session_state:
            other.session_state[name] = app.session_state[name]
    other.session_state["says"] = (event, value)
    other.run()
    assert not other.exception
    for name in names:
        if name in other.session_state:
            app.session_state[name] = other.session_state[name]
    return app.run()


# --- before anything is done ------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_four_alternatives_are_there_before_anything_is_asked_for(visit, words, language):
    app = visit("create", language)
    data = bench(app)
    assert [clip["id"] for clip in data["clips"]] == ["piece", "a1", "a2", "a3", "a4"]
    assert data["clips"][0]["name"] == "Six bars"
    assert data["active"] == "a1"
    assert words(language)["made.harmonise"].format(title="Six bars") in " ".join(c.value for c in app.caption)
    assert [b.label for b in app.download_button][:10] == [
        words(language)[f"download.{kind}"]
        for group in (("mid", "musicxml", "mxl"), ("wav", "flac", "ogg"), ("svg", "pdf", "numbered", "png"))
        for kind in group
    ]
    assert data["words"]["play"] == words(language)["player.play"]


def test_the_bench_knows_what_stood_in_the_source(visit):
    clip = bench(visit("create"))["clips"][1]
    notes = from_json_value(clip["score"]).notes
    assert {(notes[i].pitch, notes[i].track) for i in clip["given"]} == {(72, 0), (74, 0), (76, 0)}
    assert len(clip["given"]) == BARS


def test_a_piece_has_bars_to_draw_in_beyond_its_end_and_an_alternative_has_none(visit):
    clips = bench(visit("create"))["clips"]
    assert [bar[0] for bar in clips[0]["score"]["bars"]] == list(range(1, BARS + 3))
    assert clips[0]["score"]["bars"][-1] == [BARS + 2, (BARS + 1) * WHOLE, WHOLE]
    assert len(clips[1]["score"]["bars"]) == BARS


def test_what_can_t_be_done_says_why(visit, words):
    actions = bench(visit("create"))["actions"]
    en = words("en")
    assert actions["keep"] == ""  # an alternative is in view
    assert actions["undo"] == en["bench.why.undo"]
    assert actions["redo"] == en["bench.why.redo"]
    assert actions["lock"] == en["bench.why.lock"]
    assert actions["unlock"] == en["bench.why.unlock"]


# --- verbs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_makes_four(visit, verb):
    app = quick(visit("create"), verb)
    press(app, "make")
    scores = made(app)
    assert len(scores) == 4
    assert desk(app).now.offer.verb == verb
    assert bench(app)["active"] == "a1"
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


def test_what_is_marked_is_filled_and_what_is_locked_stays(visit, words):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    last_alto = max(i for i, n in enumerate(desk(app).score.notes) if n.track == 1)
    app.session_state["desk"] = desk(app).lock(notes=[last_alto])
    app.session_state["selection"] = {"bars": [5, 6], "voices": [1, 2]}
    quick(app, "fill").run()
    assert words("en")["set.marked"].split("{")[0] in " ".join(m.value for m in app.markdown)
    assert bench(app)["actions"]["lock"] == ""
    press(app, "make")
    settings = desk(app).now.offer.pieces[0].recipe.settings
    assert (settings["bars"], settings["voices"]) == ([5, 6], [1, 2])
    outside = {n for n in chorale().notes if n.onset < 4 * 1920 or n.track in (0, 3)}
    locked = Note(5 * 1920, 67, 1920, track=1)
    assert all(outside | {locked} <= set(score.notes) for score in made(app))
    assert bench(app)["clips"][0]["locked"] == [last_alto]


def test_silent_voices_of_a_choir_can_be_filled(visit):
    """A soprano drawn on an empty page for four: alto, tenor and bass are composed beneath it."""
    soprano = chorale().replace(notes=chorale().track_notes(0))
    app = upload(visit("create"), "soprano.musicxml", write_score(soprano, "musicxml"))
    assert len(desk(app).score.tracks) == 4
    app.session_state["selection"] = {"bars": [1, 6], "voices": [1, 2, 3]}
    quick(app, "fill").run()
    press(app, "make")
    given = {(n.onset, n.pitch) for n in soprano.notes}
    assert all(given == {(n.onset, n.pitch) for n in score.track_notes(0)} for score in made(app))
    assert any({n.track for n in score.notes} > {0} for score in made(app))


@pytest.mark.parametrize(("language", "hands"), [("en", "Right, LH of Ann"), ("zh", "右手、LH of Ann")])
def test_common_parts_are_named_in_the_language_of_the_page(visit, language, hands):
    app = visit("create", language)
    tracks = tuple(Track(name) for name in ("Right", "LH of Ann", "Bass"))
    notes = [Note(0, 72 - 12 * part, 480, track=part) for part in range(3)]
    app.session_state["desk"] = Desk((Step(Score(tuple(notes), tracks), "upload"),))
    app.session_state["selection"] = {"bars": None, "voices": [0, 1]}
    quick(app, "fill").run()
    assert any(hands in markdown.value for markdown in app.markdown)


def test_selected_parts_are_those_of_the_composer(visit):
    """A drum part before the voices moves their numbers."""
    band = chorale()
    drums = Track("Drums", 0, True)
    notes = tuple(Note(n.onset, n.pitch, n.duration, n.velocity, n.track + 1) for n in band.notes)
    score = band.replace(tracks=(drums, *band.tracks), notes=(*notes, Note(0, 38, 240, 90, 0)))
    app = upload(visit("create"), "band.mid", write_score(score, "mid"))
    app.session_state["selection"] = {"bars": [5, 6], "voices": [4]}  # the bass
    quick(app, "fill").run()
    press(app, "make")
    assert desk(app).now.offer.pieces[0].recipe.settings["voices"] == [3]


def test_a_blend_has_a_second_piece(visit):
    app = quick(visit("create"), "blend")
    app.slider(key="set-share").set_value(75)
    press(app, "make")
    assert desk(app).now.other is not None
    assert desk(app).now.offer.pieces[0].recipe.settings["share"] == 0.75


def test_a_blend_offers_a_piece_of_the_same_metre_first(visit):
    app = visit("create")
    fits = chorale().replace(notes=tuple(replace(n, pitch=n.pitch + n.onset // 1920 % 3) for n in chorale().notes))
    other = chorale().replace(metres=(Metre(0, 6, 8),))
    app.session_state["desk"] = Desk((Step(fits, "upload"), Step(other, "upload"), Step(chorale(), "upload")))
    quick(app, "blend").run()
    before = [option for option in app.selectbox(key="set-other-en").options if "history" in option]
    assert [option.split("step ")[1][0] for option in before] == ["1", "2"]


def test_a_piece_is_not_blended_with_what_it_was_made_from(visit):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    press(quick(app, "vary"), "make")
    action(app, "keep", "a1")
    quick(app, "blend").run()
    options = app.selectbox(key="set-other-en").options
    assert options[0] == "A tune · Traditional"
    assert options[-1].startswith("From your history")
    press(app, "make")
    assert desk(app).now.other.title == "A tune"


def test_the_seed_decides_and_the_dice_change_it(visit):
    app = quick(visit("create"))
    first = made(press(app, "make"))
    press(app, "make")
    assert made(app) == first
    app.number_input(key="set-seed").set_value(77).run()
    press(app, "make")
    assert {p.recipe.seed for p in desk(app).now.offer.pieces} == {77}
    before = app.number_input(key="set-seed").value
    thrown = {press(app, "dice").number_input(key="set-seed").value for _ in range(3)}
    assert thrown != {before}


def test_settings_reach_the_recipe(visit):
    app = quick(visit("create"), "fill")
    app.slider(key="set-surprise").set_value(1.25)
    app.slider(key="set-density").set_value(-0.5)
    app.select_slider(key="set-range-bass").set_value((40, 55))
    app.text_input(key="set-chords").set_value("C | - | G7")
    app.selectbox(key="set-in-key-en").set_value(1.0)
    app.selectbox(key="set-cadence-en").set_value("plagal")
    voices = next(p for p in app.pills if p.key.startswith("set-voices-fill"))
    voices.set_value([1, 2]).run()
    press(app, "make")
    settings = desk(app).now.offer.pieces[0].recipe.settings
    assert settings["temperature"] == 1.25
    assert settings["density"] == -0.5
    assert settings["ranges"] == {"bass": [40, 55]}
    assert settings["voices"] == [1, 2]
    assert settings["bars"] == [3, 6]  # of bars 1-6: from the middle, four bars
    assert settings["chords"] == {"1": "C", "3": "G7"}
    assert (settings["key_respected"], settings["cadence"]) == (1.0, "plagal")


def test_a_chord_that_is_none_is_said_at_once(visit):
    app = quick(visit("create"))
    app.text_input(key="set-chords").set_value("C | Hm7").run()
    check(app)
    assert any("Hm7" in caption.value for caption in app.caption)
    assert app.button(key="make").disabled  # not four alternatives that nobody asked for
    app.text_input(key="set-chords").set_value("C | Am7").run()
    assert not app.button(key="make").disabled


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
    app, said = visit("create"), words("en")
    waltz = chorale().replace(metres=(Metre(0, 3, 4),), tempos=(Tempo(0, 90.0),), key=Key(-1, "major"))
    upload(app, "waltz.mxl", write_score(waltz, "mxl"))
    assert said["set.from_source"] in [c.value for c in app.caption]
    shown = {box.label: (box.value, box.disabled) for box in app.text_input}
    assert shown[said["set.metre"]] == ("3/4", True)
    assert shown[said["set.key"]] == ("F major", True)
    assert shown[said["set.tempo"]] == ("90", True)
    app.pills(key="verb").set_value("generate").run()
    assert not app.selectbox(key="set-metre").disabled
    assert said["set.from_source"] not in [c.value for c in app.caption]


# --- sources ----------------------------------------------------------------------------------


def test_an_example_is_one_click_away(visit):
    app = visit("create")
    app.button(key="example-traditional-a-tune.musicxml").click().run()
    check(app)
    assert [clip["name"] for clip in bench(app)["clips"]] == ["A tune"]
    app.pills(key="example_cultures").set_value(["german"]).run()
    assert [b.key for b in app.button if (b.key or "").startswith("example-")] == ["example-nobody-six-bars.musicxml"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_one_s_own(visit, words, language):
    app = visit("create", language)
    mine = chorale().replace(title="Mine <b>*bold*</b> :smile:")
    upload(app, "mine.mid", write_score(mine, "mid"))
    check(app)
    report = app.success[0].value
    assert ("6 bars, 4 voices" if language == "en" else "6 小节，4 个声部") in report
    assert desk(app).score.with_resolution(480).notes == mine.notes
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
    assert desk(app).now.offer.verb == "vary"
    assert app.success[0].value != report


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_file_is_one_sentence(visit, language):
    app = upload(visit("create", language), "song.mid", b"MThd\x00\x00\x00")
    assert not app.exception
    assert len(app.error) == 1
    assert ("damaged" if language == "en" else "损坏") in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert len(bench(app)["clips"]) == 5  # what was there before is still there
    app.file_uploader(key="uploader").upload("song.mid", write_score(chorale(), "mid")).run()
    check(app)
    assert len(bench(app)["clips"]) == 1


def long(bars: int) -> Score:
    """The chorale again and again, a semitone higher in every other turn, for so many bars."""
    turns = [_shifted(chorale().transpose(i % 2), i * BARS * 1920) for i in range(-(-bars // BARS))]
    whole = Score(tuple(note for turn in turns for note in turn), chorale().tracks, title="Long")
    return whole.slice_bars(1, bars)


def test_of_a_long_piece_some_bars_are_filled_and_all_others_stay(visit, words):
    app = upload(visit("create"), "long.mid", write_score(long(120), "mid"))
    check(app)
    assert desk(app).score == long(120)
    assert len(bench(app)["clips"][0]["score"]["bars"]) == 122  # two to draw in
    app.session_state["selection"] = {"bars": [60, 61], "voices": [1, 2]}
    quick(app, "fill").run()
    app.text_input(key="set-chords").set_value("N.C. | F")
    press(app, "make")
    assert desk(app).now.offer.pieces[0].recipe.settings["chords"] == {"60": "N.C.", "61": "F"}  # from what is marked
    start, stop = 59 * 1920, 61 * 1920
    stays = {n for n in long(120).notes if n.track in (0, 3) or not start <= n.onset < stop}
    for score in made(app):
        assert stays <= set(score.notes)
        new = set(score.notes) - stays
        assert {n.track for n in new} <= {1, 2}
        assert all(start <= n.onset and n.end <= stop for n in new)
    assert any(score != long(120) for score in made(app))
    action(app, "keep", "a1")
    taken = read_score(export(desk(app).score, "mid"), "taken.mid").score
    assert len(taken.bars()) == 120
    assert stays <= set(taken.with_resolution(480).notes)


@pytest.mark.parametrize("verb", ["harmonise", "vary", "blend", "fill"])
def test_what_is_too_much_at_once_says_what_to_do(visit, words, verb):
    app = visit("create")
    app.session_state["desk"] = Desk((Step(long(120), "upload"),))
    app.session_state["selection"] = {"bars": None, "voices": [1]} if verb == "fill" else None
    app.pills(key="verb").set_value(verb).run()
    check(app)
    if verb == "blend":
        app.selectbox(key="set-other-en").set_value(app.selectbox(key="set-other-en").options[0]).run()
    name = "create.whole_too_long" if verb in ("harmonise", "blend") else "create.mark_bars"
    assert app.button(key="make").disabled
    why = words("en")[name].format(most=64)
    assert why in [c.value.replace("\\", "") for c in app.caption]
    assert bench(app)["actions"]["again"] == why
    assert bench(app)["actions"]["refine"] == words("en")["create.mark_bars"].format(most=64)
    app.session_state["selection"] = {"bars": [1, 64], "voices": None}
    app.run()
    assert app.button(key="make").disabled is (verb in ("harmonise", "blend"))
    assert bench(app)["actions"]["refine"] == ""
    assert bench(app)["actions"]["again"] == (why if verb in ("harmonise", "blend") else "")


def song() -> Score:
    """Six bars of a tune over a piano that plays chords of four notes, and drums."""
    notes = [Note(960 * i, 67 + i % 5, 960, track=1) for i in range(12)]
    notes += [Note(1920 * bar, pitch, 1920, track=2) for bar in range(6) for pitch in (40, 52, 55, 60)]
    notes += [Note(480 * i, 38, 60, track=0) for i in range(24)]
    return Score(tuple(notes), (Track("Kit", 0, True), Track("Voice", 52), Track("Piano")), title="Song")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_becomes_of_parts_that_are_no_voices_is_said_before_it_is_made(visit, words, language):
    app = visit("create", language)
    app.session_state["desk"] = Desk((Step(song(), "upload"),))
    said = words(language)

    def told(verb: str, bars: list[int] | None = None, voices: list[int] | None = None) -> list[str]:
        app.session_state["selection"] = {"bars": bars, "voices": voices} if bars or voices else None
        app.pills(key="verb").set_value(verb).run()
        check(app)
        return [box.value for box in app.warning]

    whole = said["set.folded_whole"].format(title="Song", count=2)
    assert told("continue") == [whole]
    assert whole in told("blend")
    assert told("generate") == []
    for verb in ("fill", "vary"):
        assert told(verb) == [said["set.folded_bars"]]
        assert told(verb, [5, 6]) == [said["set.folded_bars"]]
        assert told(verb, [5, 6], [2]) == [said["set.folded_bars"]]
        assert told(verb, [5, 6], [1]) == []
    told("harmonise")
    assert said["set.melody_only"] in [caption.value for caption in app.caption]


@pytest.mark.parametrize("voices", [None, [1], [2]])
def test_of_a_song_only_what_is_selected_changes(visit, voices):
    app = visit("create")
    app.session_state["desk"] = Desk((Step(song(), "upload"),))
    app.session_state["selection"] = {"bars": [5, 6], "voices": voices}
    press(quick(app, "fill"), "make")
    may = voices or [1, 2]
    stays = {n for n in song().notes if n.onset < 4 * 1920 or n.track not in may}
    for score in made(app):
        assert score.tracks == song().tracks
        assert stays <= set(score.notes)
        assert {n.track for n in set(score.notes) - stays} <= set(may)


@pytest.mark.parametrize("verb", ["harmonise", "continue", "fill", "vary"])
def test_drums_alone_are_known_to_be_nothing_to_work_on(visit, verb):
    app = visit("create")
    beat = Score(tuple(Note(480 * i, 38, 480) for i in range(16)), (Track("Drums", 0, True),))
    app.session_state["desk"] = Desk((Step(beat, "upload"),))
    app.pills(key="verb").set_value(verb).run()
    check(app)
    why = "There are no pitched notes in this score, so there is nothing to work on."
    assert app.button(key="make").disabled
    assert why in [c.value.replace("\\", "") for c in app.caption]
    assert [bench(app)["actions"][name] for name in ("again", "refine")] == [why, why]


def test_what_is_locked_altogether_can_t_be_asked_for(visit, words):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    app.session_state["desk"] = desk(app).lock_region((1, BARS), None)
    app.pills(key="verb").set_value("vary").run()
    check(app)
    actions = bench(app)["actions"]
    assert app.button(key="make").disabled
    assert actions["again"].startswith("Everything that was chosen is locked")
    assert actions["refine"] == actions["again"]
    app.session_state["desk"] = desk(app).unlock_region((2, 2), None)
    app.run()
    assert not app.button(key="make").disabled
    assert [bench(app)["actions"][name] for name in ("again", "refine")] == ["", ""]


def test_what_fails_while_it_is_made_leaves_no_progress_and_is_said_on_the_bench(visit, monkeypatch):
    from musegen.errors import ScoreError
    from musegen.workbench import Workbench

    def fail(*_, **__):
        raise ScoreError("No luck today.")

    app = visit("create")
    assert bench(app)["refusal"] is None
    monkeypatch.setattr(Workbench, "make", fail)
    says(app, "action", {"name": "again", "clip": "piece"})
    first = bench(app)["refusal"]
    assert first["text"] == "No luck today."
    assert [error.value.replace("\\", "") for error in app.error] == ["No luck today."]
    assert not app.get("progress")
    says(app, "action", {"name": "again", "clip": "piece"})
    assert bench(app)["refusal"]["id"] != first["id"]  # news to the bench, though the words are the same
    app.run()
    assert bench(app)["refusal"] is None


def test_only_another_piece_is_another_piece_for_the_player(visit):
    app = visit("create")
    first = bench(app)["piece"]
    title = bench(app)["clips"][0]["score"]["title"]
    action(app, "keep", "a1")
    assert bench(app)["clips"][0]["score"]["title"] != title
    assert bench(app)["piece"] == first
    next(one for one in app.button if one.key and "a-tune" in one.key).click().run()
    other = bench(app)["piece"]
    action(app, "undo")
    assert other not in ("", first)
    assert bench(app)["piece"] == first


def test_a_long_piece_goes_on(visit):
    app = visit("create")
    app.session_state["desk"] = Desk((Step(long(120), "upload"),))
    press(quick(app, "continue"), "make")
    assert all(set(long(120).notes) < set(score.notes) and len(score.bars()) == 128 for score in made(app))


def test_of_a_long_piece_an_excerpt_is_a_piece_that_says_so(visit, words):
    app = upload(visit("create"), "long.mid", write_score(long(120), "mid"))
    bars = next(s for s in app.slider if (s.key or "").startswith("bars-"))
    bars.set_value((3, 8)).run()
    check(app)
    assert words("en")["create.excerpt_of"].format(first=3, last=8, bars=120) in [c.value for c in app.caption]
    assert desk(app).score == long(120).slice_bars(3, 8)
    assert desk(app).score.title == "Long (bars 3–8)"
    bars = next(s for s in app.slider if (s.key or "").startswith("bars-"))
    bars.set_value((1, 120)).run()
    assert (desk(app).score, desk(app).score.title) == (long(120), "Long")


def choose_bars(app: AppTest, first: int, last: int) -> AppTest:
    next(s for s in app.slider if (s.key or "").startswith("bars-")).set_value((first, last)).run()
    check(app)
    return app


def raised(score: Score) -> dict[str, Any]:
    """As when all notes of a clip were dragged up a fifth."""
    value = to_json_value(score)
    return {"clip": "piece", "score": {**value, "notes": [[n[0], n[1] + 7, *n[2:]] for n in value["notes"]]}}


def test_what_was_changed_in_an_excerpt_comes_back_into_the_whole(visit):
    app = upload(visit("create"), "long.mid", write_score(long(120), "mid"))
    past = desk(app).past
    choose_bars(app, 3, 8)
    choose_bars(app, 3, 9)
    choose_bars(app, 4, 9)
    assert [step.score.title for step in desk(app).past] == [*(s.score.title for s in past), "Long (bars 4–9)"]
    says(app, "edited", raised(desk(app).score))
    choose_bars(app, 9, 12)  # cut from the changed piece
    fifth = {(n.onset + 3 * 1920, n.pitch + 7, n.track) for n in long(120).slice_bars(4, 9).notes}
    assert {(n.onset + 8 * 1920, n.pitch, n.track) for n in desk(app).score.notes if n.onset < 1920} <= fifth
    choose_bars(app, 1, 120)
    whole = desk(app).score
    assert whole.title == "Long"
    assert {(n.onset, n.pitch, n.track) for n in whole.notes if 3 <= n.onset // 1920 < 9} == fifth
    assert whole.slice_bars(1, 3) == long(120).slice_bars(1, 3)
    assert whole.slice_bars(10, 120) == long(120).slice_bars(10, 120)
    assert [step.score.title for step in desk(app).past[len(past) :]] == ["Long (bars 4–9)"] * 2 + ["Long"]
    action(app, "undo")  # to the changed excerpt, from where the whole is one step of the slider too
    choose_bars(app, 1, 120)
    assert desk(app).score == whole


def test_a_piece_too_long_for_the_workbench_is_worked_on_in_excerpts_and_taken_away_whole(visit, words):
    app = upload(visit("create"), "long.mid", write_score(long(306), "mid"))
    choose_bars(app, 301, 306)
    says(app, "edited", raised(desk(app).score))
    choose_bars(app, 1, 6)
    says(app, "edited", raised(desk(app).score))
    excerpt, _ = app.session_state["cuts"][desk(app).root.score.fingerprint, desk(app).root.score.title]
    whole = excerpt.put_back(desk(app).score)
    for first in (1, 301):
        assert [n.pitch for n in whole.slice_bars(first, first + 5).notes] == [
            n.pitch + 7 for n in long(306).slice_bars(first, first + 5).notes
        ]
    assert whole.slice_bars(7, 300) == long(306).slice_bars(7, 300)
    label = words("en")["create.take_whole"].format(kind="MIDI")
    assert label in [button.label for button in app.download_button]
    assert words("en")["create.excerpt_of"].format(first=1, last=6, bars=306) in [c.value for c in app.caption]


@pytest.mark.parametrize(("language", "said"), [("en", "a piece of its own now"), ("zh", "自成一首")])
def test_an_excerpt_that_no_longer_fits_says_so_and_stays_in_the_history(visit, language, said):
    app = upload(visit("create", language), "long.mid", write_score(long(120), "mid"))
    choose_bars(app, 1, 6)
    longer = to_json_value(desk(app).score)
    last = longer["notes"][-1]
    says(app, "edited", {"clip": "piece", "score": {**longer, "notes": [*longer["notes"], [last[0] * 2, *last[1:]]]}})
    check(app)
    assert any(said in caption.value for caption in app.caption)
    own = desk(app).score
    choose_bars(app, 1, 120)
    assert desk(app).score == long(120)
    assert own in [step.score for step in desk(app).past]


def test_of_a_very_long_piece_an_excerpt_is_opened(visit, words):
    app = upload(visit("create"), "long.mid", write_score(long(306), "mid"))
    check(app)
    assert words("en")["create.excerpt_of"].format(first=1, last=300, bars=306) in [c.value for c in app.caption]
    assert (len(desk(app).score.bars()), desk(app).score.title) == (300, "Long (bars 1–300)")
    bars = next(s for s in app.slider if (s.key or "").startswith("bars-"))
    bars.set_value((2, 306)).run()  # more than the workbench holds
    check(app)
    assert words("en")["create.excerpt_of"].format(first=2, last=301, bars=306) in [c.value for c in app.caption]
    assert desk(app).score == long(306).slice_bars(2, 301)


def test_a_long_piece_that_was_kept_can_be_cut_too(visit):
    app = visit("create")
    app.session_state["desk"] = Desk((Step(long(120), "upload"),))
    app.run()
    next(s for s in app.slider if (s.key or "").startswith("bars-")).set_value((60, 61)).run()
    check(app)
    assert len(desk(app).score.bars()) == 2
    assert [len(step.score.bars()) for step in desk(app).past] == [120, 2]


def _shifted(score: Score, ticks: int):
    return [replace(note, onset=note.onset + ticks) for note in score.notes]


@pytest.mark.parametrize(("kind", "parts"), [("draw", 1), ("play", 1)])
def test_an_empty_page(visit, words, kind, parts):
    app = visit("create")
    app.segmented_control(key="source_kind").set_value(kind).run()
    app.selectbox(key="draw-metre").set_value((3, 4)).run()
    press(app, f"begin-{kind}")
    score = desk(app).score
    assert (len(score.notes), len(score.tracks), str(score.metres[0])) == (0, parts, "3/4")
    assert len(bench(app)["clips"][0]["score"]["bars"]) == 8
    assert app.button(key="make").disabled
    app.pills(key="verb").set_value("generate").run()
    assert not app.button(key="make").disabled


@pytest.mark.parametrize("recorded", [True, False])
def test_what_was_sung_is_written_down(visit, recorded):
    from musegen.audio import synthesize, write_audio

    tune = Score(tuple(Note(480 * i, p, 440) for i, p in enumerate((67, 69, 71, 72, 74, 72, 71, 67))), (Track("", 73),))
    app = visit("create")
    app.segmented_control(key="source_kind").set_value("sing").run()
    app.number_input(key="sing-tempo").set_value(120).run()
    sound = write_audio(synthesize(tune), "wav")
    if recorded:
        app.audio_input(key="sung").upload("me.wav", sound, "audio/wav").run()
    else:
        app.file_uploader(key="sung-file").upload("me.wav", sound).run()
    check(app)
    assert "8 notes heard" in app.success[0].value.replace("\\", "")
    assert [n.pitch for n in desk(app).score.notes] == [67, 69, 71, 72, 74, 72, 71, 67]


# --- the bench --------------------------------------------------------------------------------


def action(app: AppTest, name: str, clip: str = "piece") -> AppTest:
    says(app, "action", {"name": name, "clip": clip})
    check(app)
    return app


def test_the_musician_s_minute(visit):
    """Mark bars and voices, fill, keep, undo, redo: every step leads where it should."""
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    says(app, "selection", {"bars": [5, 6], "voices": [1, 2]})
    quick(app, "fill")
    press(app, "make")
    says(app, "active", "a3")
    third = made(app)[2]
    action(app, "keep", "a3")
    assert desk(app).score.with_resolution(480) == third
    assert [clip["id"] for clip in bench(app)["clips"]] == ["piece"]
    action(app, "undo")
    assert desk(app).score == chorale()
    assert [clip["id"] for clip in bench(app)["clips"]] == ["piece", "a1", "a2", "a3", "a4"]
    action(app, "redo")
    assert desk(app).score.with_resolution(480) == third


def test_a_selection_is_locked_and_unlocked(visit, words):
    app = visit("create")
    says(app, "selection", {"bars": [1, 2], "voices": None})
    action(app, "lock")
    assert len(bench(app)["clips"][0]["locked"]) == 8  # four voices, a note each in two bars
    assert bench(app)["actions"]["unlock"] == ""
    action(app, "unlock")
    assert bench(app)["clips"][0]["locked"] == []


def test_chosen_notes_are_locked_and_unlocked(visit, words):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    alto = [[n.onset, n.pitch, n.track] for n in desk(app).score.track_notes(1)[:2]]
    says(app, "action", {"name": "lock", "clip": "piece", "notes": alto})
    assert [desk(app).score.notes[i].track for i in bench(app)["clips"][0]["locked"]] == [1, 1]
    says(app, "action", {"name": "unlock", "clip": "piece", "notes": alto[:1]})
    assert desk(app).now.locks.notes == {tuple(alto[1])}
    says(app, "action", {"name": "lock", "clip": "piece", "notes": [[1, 1, 1]]})
    assert words("en")["bench.why.lock_kept"] in app.error[0].value.replace("\\", "")


def test_again_makes_four_others_and_refine_works_on_one(visit):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    quick(app, "vary")
    press(app, "make")
    first = made(app)
    action(app, "again")
    assert desk(app).now.offer.verb == "vary"
    assert made(app) != first
    second = made(app)[1]
    action(app, "refine", "a2")
    assert desk(app).now.offer.verb == "refine"
    assert desk(app).score.with_resolution(480) == second  # the one that is refined was kept
    assert len(made(app)) == 4


def test_one_is_refined_though_the_verb_is_not_ready_and_again_says_why(visit, words):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    app.text_input(key="set-chords").set_value("Hm7").run()
    quick(app, "vary").run()
    action(app, "refine")
    assert desk(app).now.offer.verb == "refine"
    says(app, "action", {"name": "again", "clip": "piece"})
    assert "Hm7" in app.error[0].value
    assert bench(app)["refusal"]["text"] == app.error[0].value.replace("\\", "")


def test_an_edit_becomes_the_piece(visit):
    app = visit("create")
    clip = bench(app)["clips"][0]
    value = {**clip["score"], "notes": [[0, 61, 480, 80, 0], *clip["score"]["notes"][1:]]}
    says(app, "edited", {"clip": "piece", "score": value})
    check(app)
    assert desk(app).score.notes[0].pitch in (48, 61)
    assert 61 in {n.pitch for n in desk(app).score.notes}
    assert desk(app).now.how == "edit"


def test_undo_in_the_editor_is_undo_on_the_desk(visit):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    before = desk(app)
    value = bench(app)["clips"][0]["score"]
    says(app, "edited", {"clip": "piece", "score": {**value, "notes": value["notes"][:-1]}, "how": "edit"})
    assert len(desk(app).past) == len(before.past) + 1
    says(app, "edited", {"clip": "piece", "score": value, "how": "undo"})
    assert desk(app).past == before.past
    says(app, "edited", {"clip": "piece", "score": {**value, "notes": value["notes"][:-1]}, "how": "redo"})
    assert (len(desk(app).past), desk(app).future) == (len(before.past) + 1, ())


def test_an_edited_alternative_is_kept_first(visit):
    app = visit("create")
    clip = bench(app)["clips"][2]
    says(app, "edited", {"clip": "a2", "score": {**clip["score"], "notes": clip["score"]["notes"][:-1]}})
    check(app)
    assert [step.how for step in desk(app).past] == ["example", "harmonise", "edit"]
    assert len(desk(app).score.notes) == len(clip["score"]["notes"]) - 1


@pytest.mark.parametrize("event", ["edited", "action"])
def test_what_is_said_of_an_alternative_that_was_kept_a_moment_ago_is_said_of_the_piece(visit, event):
    app = visit("create")
    value = bench(app)["clips"][2]["score"]
    says(app, "edited", {"clip": "a2", "score": {**value, "notes": value["notes"][:-1]}})
    later = {"score": {**value, "notes": value["notes"][:-2]}} if event == "edited" else {"name": "keep"}
    says(app, event, {"clip": "a2", **later})
    check(app)
    assert not app.error
    assert len(desk(app).score.notes) == len(value["notes"]) - (2 if event == "edited" else 1)


def test_what_was_played_on_an_alternative_keeps_it(visit):
    app = visit("create")
    value = bench(app)["clips"][2]["score"]
    says(app, "recorded", {"clip": "a2", "notes": [[6 * WHOLE, 60, 192, 90, 0]]})
    check(app)
    assert [step.how for step in desk(app).past] == ["example", "harmonise", "edit"]
    assert len(desk(app).score.notes) == len(value["notes"]) + 1


def test_what_was_played_comes_to_the_piece(visit):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    before = set(desk(app).score.notes)
    says(app, "recorded", {"clip": "piece", "notes": [[6 * WHOLE, 60, 192, 90, 0]]})
    check(app)
    assert set(desk(app).score.notes) - before == {Note(6 * WHOLE, 60, 192, 90, 0)}
    assert before < set(desk(app).score.notes)


def test_a_refusal_is_said_in_chinese(visit):
    app = visit("create", "zh")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    says(app, "selection", {"bars": [1, 2], "voices": None})
    action(app, "lock")
    quick(app, "fill").run()
    assert app.button(key="make").disabled
    why = bench(app)["actions"]["again"]
    assert why.startswith("第 1–2 小节里所选的内容全部锁定了")
    assert why in [caption.value.replace("\\", "") for caption in app.caption]


def test_what_the_bench_can_t_do_is_said_in_chinese(visit):
    app = says(visit("create", "zh"), "edited", {"clip": "piece", "score": None})
    assert app.error[0].value == "这段音乐无法读取：数据已损坏，或不是 musegen 的。"


def test_a_chord_that_is_none_is_said_to_be_so_in_chinese(visit):
    app = visit("create", "zh")
    app.text_input(key="set-chords").set_value("Hm7").run()
    assert sum("不认识和弦“Hm7”" in caption.value for caption in app.caption) == 2  # there, and beside the button


@pytest.mark.parametrize("value", [{"clip": "piece", "score": {"notes": 3}}, {"clip": "piece", "score": None}])
def test_nonsense_from_a_browser_is_a_sentence_and_changes_nothing(visit, value):
    app = says(visit("create"), "edited", value)
    assert not app.exception
    assert "damaged" in app.error[0].value
    assert len(bench(app)["clips"]) == 5


def test_a_film_is_made_once_and_then_taken_away(visit, monkeypatch):
    from pages import _panels

    monkeypatch.setattr(
        _panels, "export", lambda score, kind, *, language, progress: (progress(0.5), kind.encode() * 2**20)[1]
    )
    app = press(visit("create"), "film")
    assert app.session_state["film_made"][1] == b"mp4" * 2**20
    app.run()
    assert "film_made" in app.session_state
    assert not app.error


def test_the_clip_in_view_is_what_is_taken_away(visit, words):
    app = visit("create")
    assert words("en")["panel.alternative"].format(number=1) in [s.value for s in app.subheader]
    says(app, "active", "a3")
    assert words("en")["panel.alternative"].format(number=3) in [s.value for s in app.subheader]
    says(app, "active", "piece")
    assert "Six bars" in [s.value for s in app.subheader]


# --- panels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_stands(visit, panel, language):
    app = visit("create", language)
    for clip in ("a1", "piece"):
        says(app, "active", clip)
        app.segmented_control(key="panel").set_value(panel).run()
        check(app)


def test_the_music_is_explained(visit, words):
    app = visit("create")
    says(app, "active", "piece")
    app.segmented_control(key="panel").set_value("music").run()
    text = "\n".join(m.value for m in app.markdown)
    assert words("en")["music.key_stated"].format(name="C major") in text
    sheet = app.table[0].value
    assert sheet.shape == (2, 4)  # six bars, four a row
    assert "**C**" in sheet.iloc[0, 0]
    assert sheet.iloc[1, 2:].tolist() == ["", ""]
    assert words("en")["music.no_chord"] in [c.value for c in app.caption]  # a D over C, G and E has no name
    # A whole note of D over C, G and E is nobody's chord; the soprano's steps over standing voices break no rule.
    assert "parallel" not in text


def test_of_what_was_filled_only_new_notes_are_said_to_be_unknown(visit, words, monkeypatch):
    from musegen.studio.originality import Comparison, OriginalityReport
    from pages import _insight

    nothing = Comparison("melody", None)
    monkeypatch.setattr(_insight, "_report", lambda *_: OriginalityReport(nothing, nothing))
    app, said = visit("create"), words("en")
    quick(app, "fill")
    press(app, "make")
    app.segmented_control(key="panel").set_value("known").run()
    for clip, name in (("a1", "known.nothing_new"), ("piece", "known.nothing")):
        says(app, "active", clip)
        assert said[name].format(works=0) in [m.value for m in app.markdown]


def test_faults_are_marked_on_the_bench(visit):
    fifths = [Note(1920 * bar, p, 1920, track=v) for bar, up in enumerate((0, 2, 4)) for v, p in
              ((0, 72 + up), (1, 67 + up), (2, 60 + up), (3, 48 + up))]  # fmt: skip
    app = upload(visit("create"), "bad.mid", write_score(Score(tuple(fifths), chorale().tracks), "mid"))
    assert bench(app)["clips"][0]["marks"] == []
    app.segmented_control(key="panel").set_value("music").run()
    check(app)
    marks = bench(app)["clips"][0]["marks"]
    assert any("fifth" in mark["text"] and mark["kind"] == "error" and len(mark["notes"]) == 4 for mark in marks)


def test_of_many_faults_the_gravest_come_first_and_those_of_marked_bars_alone(visit, words):
    # Steps up and down in parallel octaves and fifths: both begin anew at every bar from the second.
    ups = [0, 2] * 30
    notes = [Note(1920 * bar, p + up, 1920, track=v) for bar, up in enumerate(ups)
             for v, p in enumerate((72, 67, 60, 48))]  # fmt: skip
    app = upload(visit("create"), "bad.mid", write_score(Score(tuple(notes), chorale().tracks), "mid"))
    app.segmented_control(key="panel").set_value("music").run()
    kinds = [mark["kind"] for mark in bench(app)["clips"][0]["marks"]]
    assert len(kinds) == 40
    assert kinds == sorted(kinds, key=["error", "warning", "taste"].index)
    says(app, "selection", {"bars": [50, 51], "voices": None})
    marks = bench(app)["clips"][0]["marks"]
    assert marks
    assert all(mark["text"].startswith(("Bar 50,", "Bar 51,")) for mark in marks)
    assert words("en")["music.marked"].format(first=50, last=51) in [c.value for c in app.caption]
    listed = [m.value for m in app.markdown if "badge[" in m.value]
    assert len(listed) == len(marks)


def test_one_can_walk_back_and_forth(visit):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    app.button(key="example-traditional-a-tune.musicxml").click().run()
    app.segmented_control(key="panel").set_value("way").run()
    steps = len(desk(app).past)
    press(app, f"way-{steps - 2}")
    assert desk(app).score.title == "Six bars"
    press(app, f"way-{steps - 1}")
    assert desk(app).score.title == "A tune"


def test_a_link_opens_the_same_piece_in_another_session(visit, routed):
    app = quick(visit("create"), "vary")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    press(app, "make")
    wanted = made(app)[1]
    action(app, "keep", "a2")
    press(app, "link")
    link = app.code[0].value.split("piece=")[1]
    for _ in range(2):
        other = opened(link)
        check(other)
        assert desk(other).score.with_resolution(480) == wanted
        assert desk(other).now.recipe == desk(app).now.recipe
        assert not other.error


def test_a_link_whose_recipe_gives_other_notes_says_so(visit, routed, furnish):
    ready = {piece.title: piece for piece in load_gallery(furnish / "examples")}
    source, made = (ready[title].score(furnish / "examples") for title in ("Six bars", "Made 2"))
    recipe = Recipe.from_json(ready["Made 2"].recipe)
    for score, said in ((made, 0), (made.replace(notes=made.notes[1:]), 1)):  # as another version would have made it
        other = opened(to_link(Step(score, "harmonise", recipe, source)))
        assert desk(other).score.notes == made.notes
        assert [("otherwise than when its link" in error.value) for error in other.error] == [True] * said


def opened(link: str) -> AppTest:
    """A session that followed a link."""
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    other.query_params["piece"] = link
    other.run()
    return other.switch_page("pages/create.py").run()


def test_a_class_on_one_link_costs_one_piece(visit, furnish, monkeypatch):
    mine = visit("create")
    ready = {piece.title: piece for piece in load_gallery(furnish / "examples")}
    source, made = (ready[title].score(furnish / "examples") for title in ("Six bars", "Made 1"))
    link = to_link(Step(made, "harmonise", Recipe.from_json(ready["Made 1"].recipe), source))
    calls, real = [], VERBS_OF_STUDIO["harmonise"]
    monkeypatch.setitem(VERBS_OF_STUDIO, "harmonise", lambda *a, **k: calls.append(k["seed"]) or real(*a, **k))
    pupils = [desk(opened(link)) for _ in range(3)]
    assert [pupil.score.notes for pupil in pupils] == 3 * [made.notes]
    assert calls == [3]
    assert "desk" not in mine.run().session_state  # nothing of it comes to those who did not ask


def test_a_cut_link_is_a_sentence(visit, routed):
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    other.query_params["piece"] = "abcdef"
    other.run()
    other.switch_page("pages/create.py").run()
    assert not other.exception
    assert len(other.error) == 1
    assert len(bench(other)["clips"]) == 5


def test_what_is_wrong_with_a_link_stays_in_view_until_the_person_goes_on(visit, routed):
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    other.query_params["piece"], other.session_state["language"] = "eJxabc", "zh"
    other.run()
    other.switch_page("pages/create.py").run()
    said = ["这个链接不完整或已损坏。请让对方重新发一次。"]
    assert [error.value.replace("\\", "") for error in other.error] == said
    other.session_state["by_itself"] = True  # as the browser's answer sets it
    assert [error.value.replace("\\", "") for error in other.run().error] == said
    assert not other.run().error


def test_a_workbench_file_brings_everything_back(visit, words):
    app = visit("create")
    app.button(key="example-nobody-six-bars.musicxml").click().run()
    quick(app, "vary")
    press(app, "make")
    action(app, "keep", "a2")
    text = dump(desk(app))
    other = upload(visit("create"), "six-bars.musegen", text.encode())
    check(other)
    assert desk(other) == load(text)
    action(other, "undo")
    assert len(bench(other)["clips"]) == 5


KEPT = Desk((Step(chorale().replace(title="From before"), "upload"),), settings={"set-seed": 42, "verb": "vary"})


def found(text: str | None, desk: Desk | None = None) -> AppTest:
    """A session whose browser says what it kept, None where that is lost on the way; ``desk`` lies there already."""

    def script() -> None:
        from unittest import mock

        import streamlit as st

        from pages import _keeper, _player

        text = st.session_state["found"]
        said = None if text is None else {"name": "the first", "text": text}
        with mock.patch.object(_player, "said", lambda key, event: said if key == "keeper" else None):
            _keeper._found()

    other = AppTest.from_function(script, default_timeout=180)
    other.session_state["found"] = text
    if desk:
        other.session_state["desk"] = desk
    return other.run()


def test_the_browser_is_asked_what_it_kept_and_what_it_says_is_laid_out(visit):
    other = found(dump(KEPT))
    app = visit("create")
    for name in ("desk", "set-seed", "verb", "kept", "answer"):
        app.session_state[name] = other.session_state[name]
    app.run()
    check(app)
    assert bench(app)["clips"][0]["name"] == "From before"
    assert app.number_input(key="set-seed").value == 42
    assert app.pills(key="verb").value == "vary"
    assert (keeper(app)["ask"], keeper(app)["answer"]) == (0, "the first")


def keeper(app: AppTest) -> dict[str, Any]:
    """What the keeper was given."""
    return components(app, "musegen_keeper")[0]


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_and_nothing_is_written(visit, routed):
    lost = found(None)
    assert "kept" not in lost.session_state
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180).run()
    app.switch_page("pages/create.py").run()
    first = keeper(app)
    assert first["ask"]
    upload(app, "mine.mid", write_score(chorale(), "mid"))  # quicker than the browser's answer
    again = keeper(app)
    assert again["ask"] > first["ask"]
    assert again["text"] is None
    known = found(dump(KEPT), desk(app))
    for name in ("desk", "kept", "answer"):
        app.session_state[name] = known.session_state[name]
    app.run()
    kept = load(keeper(app)["text"])
    assert [step.score.title for step in kept.past][:1] == ["From before"]
    assert kept.score == desk(app).score


def test_what_a_link_opened_comes_upon_what_was_kept(furnish):
    linked = Desk((Step(chorale().replace(tempos=()), "link"),))
    past = found(dump(KEPT), linked).session_state["desk"].past
    assert (past[0].score.title, past[-1].how) == ("From before", "link")


def test_a_press_that_is_quicker_than_the_browser_s_answer_is_done_once_with_what_the_browser_kept(visit):
    app = quick(visit("create"), "vary")
    before = bench(app)["version"]
    del app.session_state["kept"]  # as on a new server, whose first run comes with the press
    press(app, "make")
    assert "desk" not in app.session_state
    assert bench(app)["version"] == before
    assert bench(app)["asking"]
    app.session_state["desk"], app.session_state["kept"] = replace(KEPT, settings={}), ""
    app.run()
    check(app)
    assert not bench(app)["asking"]
    assert (desk(app).score.title, desk(app).now.offer.verb) == ("From before", "vary")
    made_once = desk(app)
    app.run()
    assert desk(app) is made_once


# --- the house --------------------------------------------------------------------------------


def test_without_a_composer_one_sentence_says_so(visit, forgetful, monkeypatch, tmp_path):
    from pages import _shared

    monkeypatch.setattr(_shared, "CHECKPOINTS", tmp_path)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180).run()
    app.switch_page("pages/create.py").run()
    assert not app.exception
    assert "not a checkpoint" in app.error[0].value
    assert app.button(key="make").disabled


def test_two_sessions_see_nothing_of_each_other(visit):
    one, other = visit("create", "zh"), visit("create", "en")
    quick(one, "vary")
    press(one, "make")
    upload(one, "mine.mid", write_score(chorale(), "mid"))
    other.run()
    assert "desk" not in other.session_state
    assert "upload" not in other.session_state
    assert other.pills(key="verb").value == "harmonise"
    assert other.session_state["language"] == "en"
    assert len(players(other)) == 1


@pytest.mark.parametrize("model", ["../checkpoints/composer", "/etc", "..", ""])
def test_a_link_names_a_model_and_no_path(visit, routed, model):
    recipe = Recipe("vary", model, "0" * 16, 1, 0, 1, {}, chorale().fingerprint)
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    other.query_params["piece"] = to_link(Step(chorale(), "vary", recipe, chorale()))
    other.run()
    other.switch_page("pages/create.py").run()
    assert not other.exception
    assert "weights" in other.error[0].value
    assert "composer" in other.error[0].value  # the app's own is what it was compared with


def test_what_a_browser_would_never_say_is_a_sentence(visit, words):
    app = visit("create")
    for said in ({"clip": "ax", "score": 3}, ["x"], {"clip": "piece"}):
        says(app, "edited", said)
        assert not app.exception
        assert [error.value.replace("\\", "") for error in app.error] == [words("en")["error.unexpected"]]


def test_only_numbers_of_a_control_s_own_kind_come_back(visit):
    other = found(dump(replace(KEPT, settings={"set-bars": 3.5, "set-seed": True, "set-surprise": 0.9})))
    assert "set-bars" not in other.session_state
    assert "set-seed" not in other.session_state
    assert other.session_state["set-surprise"] == 0.9


def test_every_tune_of_a_book_can_be_opened(visit):
    book = b"X:1\nT:One\nL:1/4\nK:C\nCDEF|\n\nX:2\nT:Two\nL:1/4\nK:C\nGABc|\n\nX:3\nT:Three\nK:C\n"
    app = upload(visit("create"), "book.abc", book)
    (choice,) = [box for box in app.selectbox if (box.key or "").startswith("tune-")]
    assert choice.options == ["1. One", "2. Two", "3. Three"]
    assert app.session_state["desk"].score.title == "One"
    choice.set_value(1).run()
    assert not app.exception
    assert app.session_state["desk"].score.title == "Two"
    assert [note.pitch for note in app.session_state["desk"].score.notes] == [67, 69, 71, 72]
    (choice,) = [box for box in app.selectbox if (box.key or "").startswith("tune-")]
    choice.set_value(2).run()  # holds no notes: said, and another can be chosen
    assert len(app.error) == 1
    assert app.session_state["desk"].score.title == "Two"
    (choice,) = [box for box in app.selectbox if (box.key or "").startswith("tune-")]
    choice.set_value(0).run()
    assert not app.error
    assert app.session_state["desk"].score.title == "One"
