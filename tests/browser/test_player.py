"""The player in a real browser: seek, select, switch, edit, keys, staff; on a page with nothing else on it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from player_page import chorale, clip, data_of, serve_player  # noqa: E402

from docs.screenshots import FLAGS, PHONE, find_chromium  # noqa: E402
from musegen.formats.json_value import from_json_value  # noqa: E402
from musegen.score import Metre, Note, Score, Track  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
    ),
]
GUTTER, RULER, ROW = 58, 40, 14  # pixels, as geometry.js, roll.js and the least row of a roll that can be edited
QUARTER = 480
WAITS = "[...timers.values()].some((ms) => ms >= 200 && ms <= 1000)"  # what the player tells some moments later


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=find_chromium(), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address():
    with serve_player() as where:
        yield where


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as page:
        yield page


class opened:
    """A page with the player's script; at its end no error may have been written to the console."""

    def __init__(self, browser, address, size=(1200, 900), **settings):
        view = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=view, reduced_motion="reduce", **settings)
        self.address = address

    def __enter__(self):
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(self.address)
        self.page.wait_for_function("window.ready")
        return self.page

    def __exit__(self, kind, *_):
        self.context.close()
        if kind is None:
            assert self.errors == []


def show(page, *clips, **more):
    """Gives the component its data, as a rerun does."""
    page.evaluate("data => show(data)", data_of(*clips, **more))
    page.wait_for_selector(".bench:not([hidden])")  # with its style
    page.wait_for_selector(".roll-body, .page svg", state="attached")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # and drawn


def said(page, kind=None, name=None):
    """What the component told Python: values, in order."""
    return [v for k, n, v in page.evaluate("said") if kind in (None, k) and name in (None, n)]


def patience(page):
    """Waits until nothing is left that the player tells some moments later."""
    page.wait_for_function(f"!{WAITS}")


def edited(page):
    """The last score that was sent to Python, after its patience."""
    patience(page)
    return said(page, "trigger", "edited")[-1]


def tick(page):
    return page.evaluate("transport.tick")


def status(page):
    return page.locator(".status").inner_text()


class Roll:
    """Where things are on the canvas of the roll."""

    def __init__(self, page, score, **more):
        self.page = page
        box = page.locator(".roll-body").bounding_box()
        self.left, self.top = box["x"], box["y"]
        space = page.evaluate("parseFloat(host.shadowRoot.querySelector('.roll-space').style.width)")
        bars = page.evaluate("host.shadowRoot.querySelector('.roll-scroll').clientWidth")
        assert bars > 0
        last = more.get("ticks") or score.bars()[-1].end + 1920  # one empty bar to write in
        self.scale = (space - GUTTER - 40) / last
        pitches = [note.pitch for note in score.notes]
        rows = max(pitches) - min(pitches) + 9
        self.highest = max(pitches) + 4 + max(14 - rows, 0) // 2
        rows = max(rows, 14)
        self.scrolled = page.evaluate("host.shadowRoot.querySelector('.roll-scroll').scrollTop")
        room = min(max(900 * 0.55, 240), 480)
        self.row = min(max(int(room // rows), ROW), 22)

    def x(self, ticks):
        return self.left + GUTTER + ticks * self.scale

    def y(self, pitch):
        return self.top + (self.highest - pitch + 0.5) * self.row - self.scrolled

    def click(self, ticks, pitch, **more):
        self.page.mouse.click(self.x(ticks), self.y(pitch), **more)

    def drag(self, start, end, steps=6):
        self.page.mouse.move(self.x(start[0]), self.y(start[1]))
        self.page.mouse.down()
        self.page.mouse.move(self.x(end[0]), self.y(end[1]), steps=steps)
        self.page.mouse.up()


def melody(bars: int = 2) -> Score:
    """Bars of 4/4 in quarters, C D E F | G A B c, again and again."""
    pitches = (60, 62, 64, 65, 67, 69, 71, 72) * (bars // 2)
    return Score(tuple(Note(QUARTER * i, p, QUARTER) for i, p in enumerate(pitches)), (Track("Melody", 73),))


# --- playing -----------------------------------------------------------------------------------


def test_the_bars_of_the_player_are_those_of_the_score(page):
    notes = (Note(0, 60, 240), Note(9000, 62, 240))
    scores = [
        chorale(),
        Score(notes, pickup=480),
        Score(notes, metres=(Metre(0, 3, 4), Metre(2880, 6, 8), Metre(5000, 2, 4))),
        Score(notes, metres=(Metre(0, 5, 8), Metre(2160, 4, 4)), pickup=240),
        Score(()),
    ]
    for score in scores:
        given = clip(score)["score"]
        found = page.evaluate(
            "async score => { const m = await import('/player/music.js');"
            " return m.barsOf(score, m.endOf(score.notes)).map(b => [b.number, b.start, b.length]); }",
            given,
        )
        assert found == [[bar.number, bar.start, bar.length] for bar in score.bars()]
        seconds = page.evaluate(
            "async ([score, tick]) => (await import('/player/music.js')).secondsAt(score, tick)", [given, 3000]
        )
        assert seconds == pytest.approx(score.seconds(3000))


def test_a_click_seeks_and_play_goes_on_from_there(page):
    score = melody(4)
    show(page, clip(score))
    roll = Roll(page, score)
    roll.click(3 * QUARTER + 240, 58)  # on an empty row, in the middle of the fourth quarter
    assert tick(page) == pytest.approx(3.5 * QUARTER, abs=2 / roll.scale)
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing && transport.tick > 1700 + 100")
    assert status(page) == "Original, playing"
    page.keyboard.press("Space")
    page.wait_for_function("!transport.playing")
    here = tick(page)
    box = page.locator(".roll .playhead").bounding_box()
    assert box["x"] + 1 == pytest.approx(roll.x(here), abs=1.5)
    assert said(page) == []  # playing tells Python nothing


def test_the_loop_turns_at_the_end_of_the_selection(page):
    show(page, clip(chorale()), selection={"bars": [2, 2], "voices": [0, 1, 2, 3]})
    page.evaluate("transport.setTempo(4)")
    page.keyboard.press("l")
    assert status(page) == "The selected bars are looped"
    page.evaluate("transport.seek(3000)")
    page.keyboard.press("Space")
    ticks = page.evaluate("""async () => {
        const ticks = [transport.tick];
        for (let turns = 0; turns < 2 && transport.playing;) {
            await new Promise((done) => setTimeout(done, 20));
            ticks.push(transport.tick);
            turns += ticks.at(-1) < ticks.at(-2) - 960;
        }
        return ticks; }""")
    assert max(ticks) < 3840 + 60
    assert min(ticks) >= 1900
    assert page.evaluate("transport.playing")


def test_another_version_goes_on_at_the_same_place(page):
    show(page, clip(chorale(8)), clip(chorale(8, shift=1), "a1", "1", "Alternative 1"))
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing && transport.tick > 400")
    place = "[transport.tick, performance.now() / 1000]"
    before, asked = page.evaluate(place)
    page.keyboard.press("1")
    page.wait_for_function("loaded.notes.some(n => n[1] === 73)")  # C5 is 72 in the original
    after, answered = page.evaluate(place)
    assert 0 <= after - before < 960 * (answered - asked + 0.5)
    assert page.evaluate("transport.playing")
    assert status(page) == "Alternative 1, playing"
    patience(page)
    assert said(page, "state", "active") == ["a1"]
    waits = page.evaluate(f"""() => {{ for (const key of "010")
        document.dispatchEvent(new KeyboardEvent("keydown", {{ key, code: `Digit${{key}}` }}));
        return {WAITS}; }}""")
    assert waits
    patience(page)
    assert said(page, "state", "active") == ["a1", "piece"]  # only where it came to rest


def test_the_roll_stays_where_it_is_when_an_alternative_is_kept(page):
    left = "host.shadowRoot.querySelector('.roll-scroll').scrollLeft"
    show(page, clip(chorale(60)), clip(chorale(60, 2), "a1", "1", "Alternative 1"), active="a1", piece="x")
    page.evaluate(f"{left} = 3000")
    kept = chorale(60, 2).replace(title="Test chorale, varied")
    show(page, clip(kept), piece="x", version="2")
    assert page.evaluate(left) == 3000
    show(page, clip(kept), piece="y", version="3")
    assert page.evaluate(left) == 0


def test_in_an_upbeat_beats_count_towards_the_bar_line(page):
    score = Score((Note(0, 67, 480), Note(480, 72, 1440)), metres=(Metre(0, 3, 4),), pickup=480)
    for language, upbeat, first in (
        ("en", "Upbeat, beat 3", "Bar 1, beat 1"),
        ("zh", "弱起小节第 3 拍", "第 1 小节第 1 拍"),
    ):
        show(page, clip(score), language=language)
        page.evaluate("transport.seek(0)")
        show(page, clip(score), language=language)
        assert page.locator(".bar-now").inner_text() == upbeat
        page.evaluate("transport.seek(480)")
        show(page, clip(score), language=language)
        assert page.locator(".bar-now").inner_text() == first


def test_a_rerun_changes_nothing_that_plays(page):
    score = chorale(8)
    show(page, clip(score))
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing && transport.tick > 200")
    before = tick(page)
    page.evaluate("data => { clean(); show(data); }", data_of(clip(score), version="2"))  # as Streamlit may do it
    patience(page)
    page.wait_for_function("before => transport.tick > before", arg=before)
    assert page.evaluate("transport.playing")
    assert page.locator(".bench").count() == 1


def test_taken_down_it_falls_silent(page):
    show(page, clip(chorale()))
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing")
    page.evaluate("window.clean()")
    page.wait_for_function("!transport.playing")
    assert page.locator(".bench").count() == 0
    page.keyboard.press("Space")
    assert not page.evaluate("transport.playing")


def test_tempo_transposition_volume_and_voices(page):
    show(page, clip(chorale()))
    page.get_by_role("slider", name="Tempo").fill("50")
    assert "50 % · ♩ = 60" in page.locator(".tempo").inner_text()
    for _ in range(14):
        page.get_by_role("button", name="A semitone higher").click()
    assert page.locator(".stepper .value").first.inner_text() == "+12"
    page.get_by_role("button", name="Mute Alto").click()
    assert status(page) == "Alto is muted"
    page.keyboard.press("m")  # the voice in hand: the first
    assert status(page) == "Soprano is muted"
    page.get_by_role("combobox", name="Instrument of Bass").select_option("32")
    assert page.get_by_role("combobox", name="Instrument of Bass").input_value() == "32"
    assert said(page) == []


def test_what_is_played_on_the_computers_keyboard_is_recorded(page):
    score = melody()
    show(page, clip(score))
    page.get_by_text("Record what you play").click()
    page.wait_for_function(
        "document.querySelector('#host').shadowRoot.querySelector('.status').textContent.includes('A W S E')"
    )
    page.get_by_text("Count in one bar").click()  # off
    page.evaluate("transport.prepare()")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function("transport.playing && transport.tick > 20")
    page.keyboard.down("d")  # E4: the key K would keep, L would loop, but not now
    page.wait_for_timeout(300)
    page.keyboard.up("d")
    page.keyboard.press("k")
    page.get_by_role("button", name="Stop").click()
    sent = said(page, "trigger", "recorded")
    assert len(sent) == 1
    assert sent[0]["clip"] == "piece"
    assert [note[1] for note in sent[0]["notes"]] == [64, 72]
    assert all(note[0] % 240 == 0 and note[2] % 240 == 0 for note in sent[0]["notes"])  # on the grid of eighths
    assert said(page, "trigger", "action") == []


# --- selecting ---------------------------------------------------------------------------------


def test_dragging_in_the_ruler_selects_bars_and_tells_once(page):
    score = chorale()
    show(page, clip(score))
    roll = Roll(page, score)
    y = roll.top - RULER / 2
    page.mouse.move(roll.x(1920 + 300), y)
    page.mouse.down()
    for ticks in (2500, 3000, 3900, 4500):
        page.mouse.move(roll.x(ticks), y)
    assert said(page) == []
    page.mouse.up()
    assert said(page, "state", "selection") == [{"bars": [2, 3], "voices": [0, 1, 2, 3]}]
    page.get_by_role("button", name="Alto", exact=False).first.click()  # the chip's name
    assert said(page, "state", "selection")[-1] == {"bars": [2, 3], "voices": [0, 2, 3]}
    assert page.get_by_label("First bar of the selection").input_value() == "2"
    page.get_by_label("Last bar of the selection").fill("4")
    page.keyboard.press("Enter")
    assert said(page, "state", "selection")[-1]["bars"] == [2, 4]
    page.get_by_role("button", name="Clear the selection").click()
    assert said(page, "state", "selection")[-1] == {"bars": [1, 4], "voices": [0, 2, 3]}


def test_shift_and_drag_selects_bars_in_the_roll(page):
    score = chorale()
    show(page, clip(score))
    roll = Roll(page, score)
    page.keyboard.down("Shift")
    roll.drag((100, 51), (1920 + 200, 51))
    page.keyboard.up("Shift")
    assert said(page, "state", "selection") == [{"bars": [1, 2], "voices": [0, 1, 2, 3]}]


def test_what_python_selects_is_shown_and_a_late_echo_is_not(page):
    score = chorale()
    show(page, clip(score))
    first = page.get_by_label("First bar of the selection")
    first.fill("1")
    page.keyboard.press("Enter")
    first.fill("3")
    page.keyboard.press("Enter")
    assert said(page, "state", "selection")[-1]["bars"] == [1, 3]
    show(page, clip(score), selection={"bars": [1, 1], "voices": [0, 1, 2, 3]})  # the echo of the first
    last = page.get_by_label("Last bar of the selection")
    assert (first.input_value(), last.input_value()) == ("1", "3")
    show(page, clip(score), selection={"bars": [4, 4], "voices": [3]})
    assert (first.input_value(), last.input_value()) == ("4", "4")


# --- editing -----------------------------------------------------------------------------------


def rows(score):
    return [[n.onset, n.pitch, n.duration, n.velocity, n.track] for n in score.notes]


def test_draw_move_stretch_delete_undo_redo_give_the_exact_scores(page):
    score = melody()
    show(page, clip(score))
    roll = Roll(page, score)
    start = rows(score)

    page.get_by_role("button", name="Draw notes").click()
    roll.click(2 * QUARTER + 100, 67)  # on the grid of eighths: tick 960, an eighth long
    drawn = sorted([*start, [960, 67, 240, 80, 0]])
    sent = edited(page)
    assert sent["clip"] == "piece"
    assert sent["score"]["notes"] == drawn
    again = from_json_value(sent["score"])  # exactly what a score is made of
    assert again == score.replace(notes=(*score.notes, Note(960, 67, 240)))

    roll.drag((4 * QUARTER + 60, 62), (5 * QUARTER + 200, 62))  # drawn as long as it was dragged
    drawn = sorted([*drawn, [1920, 62, 720, 80, 0]])
    assert edited(page)["score"]["notes"] == drawn

    page.get_by_role("button", name="Select and move").click()
    roll.drag((960 + 60, 67), (960 + 60 + QUARTER, 70))
    moved = sorted([r for r in drawn if r != [960, 67, 240, 80, 0]] + [[1440, 70, 240, 80, 0]])
    assert edited(page)["score"]["notes"] == moved

    roll.drag((1440 + 235, 70), (1440 + 235 + 240, 70))  # its end
    stretched = sorted([r for r in moved if r[1] != 70] + [[1440, 70, 480, 80, 0]])
    assert edited(page)["score"]["notes"] == stretched

    page.keyboard.press("Delete")
    removed = [r for r in stretched if r[1] != 70]
    assert edited(page)["score"]["notes"] == removed

    for expected in (stretched, moved):
        page.keyboard.press("Control+z")
        sent = edited(page)
        assert (sent["score"]["notes"], sent["how"]) == (expected, "undo")
    page.keyboard.press("Control+Shift+Z")
    sent = edited(page)
    assert (sent["score"]["notes"], sent["how"]) == (stretched, "redo")
    for _ in range(4):
        page.keyboard.press("u")
    assert edited(page)["score"]["notes"] == start
    assert said(page, "trigger", "action") == []
    page.keyboard.press("u")  # nothing of ours is left: Python's turn
    assert said(page, "trigger", "action") == [{"name": "undo", "clip": "piece", "selection": None, "notes": []}]


def test_on_one_pitch_of_one_voice_a_note_ends_where_the_next_begins(page):
    score = Score((Note(0, 60, 960), Note(0, 60, 960, 80, 1)), (Track("A"), Track("B")))
    show(page, clip(score))
    page.get_by_role("button", name="Draw notes").click()
    page.get_by_role("combobox", name="Voice to write in").select_option("0")
    roll = Roll(page, score)
    roll.drag((1200, 62), (1400, 62))
    page.get_by_role("button", name="Select and move").click()
    roll.drag((1200 + 60, 62), (480 + 60, 60))  # to tick 480, in the middle of the long notes
    assert edited(page)["score"]["notes"] == [[0, 60, 480, 80, 0], [0, 60, 960, 80, 1], [480, 60, 240, 80, 0]]


def test_several_notes_are_boxed_copied_and_pasted(page):
    score = melody()
    show(page, clip(score))
    roll = Roll(page, score)
    roll.drag((10, 58), (2 * QUARTER - 30, 63))  # around C and D
    assert status(page) == "2 notes chosen"
    page.keyboard.press("Control+c")
    roll.click(6 * QUARTER + 10, 58)  # nothing chosen now
    roll.click(6 * QUARTER + 10, 58)  # the playhead into the seventh quarter
    page.keyboard.press("Control+v")
    pasted = sorted([*rows(score), [2880, 60, 480, 80, 0], [3360, 62, 480, 80, 0]])
    assert edited(page)["score"]["notes"] == pasted
    page.keyboard.press("ArrowUp")  # what was pasted is chosen
    page.keyboard.press("Shift+ArrowDown")
    lower = sorted([*rows(score), [2880, 49, 480, 80, 0], [3360, 51, 480, 80, 0]])
    assert edited(page)["score"]["notes"] == lower


def test_notes_are_written_by_keyboard_alone(page):
    score = melody()
    show(page, clip(score))
    page.locator(".roll-scroll").focus()
    page.keyboard.press("Enter")  # the note at the playhead
    assert status(page) == "C4, Melody, bar 1, beat 1, 1 quarter notes long"
    page.keyboard.press("]")
    assert status(page).startswith("D4, Melody, bar 1, beat 2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    expected = sorted([*(r for r in rows(score) if r[1] != 62), [480, 73, 720, 80, 0]])
    assert edited(page)["score"]["notes"] == expected
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    expected = sorted([*(r for r in rows(score) if r[1] != 62), [720, 73, 480, 80, 0]])
    assert edited(page)["score"]["notes"] == expected
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.keyboard.press("n")  # a new one at the playhead, as high as the last
    assert edited(page)["score"]["notes"] == [*expected, [3840, 72, 240, 80, 0]]


def test_locked_notes_stay_and_say_why(page):
    score = melody()
    show(page, clip(score, locked=[0, 1]))
    roll = Roll(page, score)
    roll.drag((60, 60), (60, 65))
    assert status(page) == "This note is locked, so it stays as it is. Unlock it to change it."
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Erase notes").click()
    roll.click(QUARTER + 60, 62)
    patience(page)
    assert said(page) == []
    page.get_by_role("button", name="Select and move").click()
    roll.drag((10, 58), (3 * QUARTER - 30, 65))  # C and D, which are locked, and E
    page.keyboard.press("Delete")
    assert status(page) == "Done; the locked notes stayed as they were."
    assert edited(page)["score"]["notes"] == [r for r in rows(score) if r[1] != 64]


def test_an_answer_that_comes_late_takes_nothing_back(page):
    score = melody()
    show(page, clip(score))
    page.locator(".roll-scroll").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    first = edited(page)["score"]
    page.keyboard.press("ArrowUp")  # not yet sent when the answer to the first comes
    show(page, clip(from_json_value(first)), version="2")
    second = edited(page)["score"]
    assert [r for r in second["notes"] if r[0] == 0] == [[0, 62, 480, 80, 0]]
    show(page, clip(from_json_value(second)), version="3")
    page.keyboard.press("Control+z")  # and can still be undone
    assert [r for r in edited(page)["score"]["notes"] if r[0] == 0] == [[0, 61, 480, 80, 0]]
    show(page, clip(chorale()), version="4")  # something else from Python
    page.keyboard.press("Control+z")
    assert said(page, "trigger", "action")[-1]["name"] == "undo"


def test_an_edited_alternative_may_come_back_as_the_piece(page):
    show(page, clip(chorale()), clip(melody(), "a1", "1", "Alternative 1"), active="a1")
    page.locator(".roll-scroll").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    sent = edited(page)
    assert sent["clip"] == "a1"
    show(page, clip(from_json_value(sent["score"])), active="piece", version="2")
    page.keyboard.press("Control+z")
    sent = edited(page)
    assert (sent["clip"], sent["score"]["notes"]) == ("piece", rows(melody()))


def test_leaving_the_player_tells_python_at_once(page):
    show(page, clip(melody()))
    page.locator(".roll-scroll").focus()
    page.keyboard.press("Enter")
    told = page.evaluate(f"""() => {{
        const up = new KeyboardEvent("keydown", {{ key: "ArrowUp", bubbles: true, composed: true }});
        host.shadowRoot.querySelector(".roll-scroll").dispatchEvent(up);
        const before = [said.length, {WAITS}];
        outside.focus();
        return [...before, said.length]; }}""")
    assert told == [0, True, 1]
    patience(page)
    assert len(said(page, "trigger", "edited")) == 1


# --- keys, words, places -----------------------------------------------------------------------


def test_keys_are_never_taken_from_a_field(page):
    show(page, clip(chorale()), clip(chorale(shift=1), "a1", "1", "Alternative 1"))
    outside = page.locator("#outside")
    outside.focus()
    page.keyboard.type("1 l?ku+-")
    assert outside.input_value() == "1 l?ku+-"
    page.get_by_label("First bar of the selection").focus()
    page.keyboard.press("2")
    patience(page)
    assert page.get_by_label("First bar of the selection").input_value() == "2"
    assert said(page) == []
    assert not page.evaluate("transport.playing")
    page.locator("#outside").focus()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    assert said(page, "trigger", "action")[0]["name"] == "keep"
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog", name="Keys").is_visible()


def test_space_presses_a_button_that_was_reached_by_keyboard(page):
    show(page, clip(chorale()))
    page.get_by_role("button", name="Loop").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "true"
    assert not page.evaluate("transport.playing")
    page.get_by_role("button", name="Mute Alto").click()  # by mouse: Space still plays
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing")
    assert page.get_by_role("button", name="Mute Alto").get_attribute("aria-pressed") == "true"


def test_chosen_notes_can_be_locked(page):
    score = chorale()
    show(page, clip(score), actions={"lock": "Select something first."})
    lock = page.get_by_role("button", name="Lock", exact=True)
    assert lock.get_attribute("aria-description") == "Select something first."
    page.locator("canvas").first.focus()
    page.keyboard.press("]")
    lock.click()
    first = min(score.notes, key=lambda n: (n.onset, n.pitch))
    (told,) = said(page, "trigger", "action")
    assert told["name"] == "lock"
    assert len(told["notes"]) == 1
    assert told["notes"][0][0] == first.onset


def test_what_was_chosen_is_forgotten_when_other_notes_come(page):
    show(page, clip(melody()), actions={"lock": "Select something first."})
    page.locator(".roll-scroll").focus()
    page.keyboard.press("]")
    copy = page.get_by_role("button", name="Copy", exact=True)
    assert copy.get_attribute("aria-disabled") != "true"
    show(page, clip(chorale()), actions={"lock": "Select something first."}, version="2")
    assert copy.get_attribute("aria-disabled") == "true"
    lock = page.get_by_role("button", name="Lock", exact=True)
    assert lock.get_attribute("aria-description") == "Select something first."


def test_an_unfinished_number_is_not_taken_away(page):
    score = chorale()
    show(page, clip(score))
    last = page.get_by_label("Last bar of the selection")
    last.fill("3")
    show(page, clip(score), selection={"bars": [1, 2], "voices": [0, 1, 2, 3]})
    assert last.input_value() == "3"
    page.keyboard.press("Enter")
    assert said(page, "state", "selection")[-1]["bars"] == [1, 3]


def test_an_action_that_is_not_possible_says_why(page):
    show(page, clip(chorale()))
    page.get_by_role("group", name="What to do with it").get_by_role("button", name="Redo").dispatch_event("click")
    assert status(page) == "There is nothing after this."
    assert said(page) == []


def test_what_was_asked_for_in_vain_is_said_once(page):
    show(page, clip(chorale()))
    refusal = {"id": "a", "text": "Everything is locked."}
    page.get_by_role("group", name="What to do with it").get_by_role("button", name="Undo").click()
    assert status(page) == "Going back …"
    show(page, clip(chorale()), refusal=refusal)
    assert status(page) == "Everything is locked."
    page.get_by_role("button", name="Staff").click()
    page.evaluate("host.shadowRoot.querySelector('.status').textContent = ''")
    page.evaluate("data => show(data)", data_of(clip(chorale()), refusal=refusal, view="staff"))
    assert status(page) == ""


@pytest.mark.parametrize("view", ["staff", "numbered"])
def test_the_playhead_stands_on_the_heads_of_the_page(page, view):
    score = chorale()
    show(page, clip(score, paper=True), view=view)
    heads = """i => {
        const group = [...host.shadowRoot.querySelectorAll('g[id]')].find(g => g.id.endsWith('-n' + i));
        const box = group.querySelector('.notehead, text').getBoundingClientRect();
        return [(box.left + box.right) / 2, box.top, box.bottom]; }"""
    head = """() => {
        const box = host.shadowRoot.querySelector('.page-head').getBoundingClientRect();
        return [box.left + 1.5, box.top, box.bottom]; }"""
    soprano = [i for i, note in enumerate(score.notes) if note.track == 0]
    for i in (soprano[1], soprano[6], soprano[-1]):
        page.evaluate("t => transport.seek(t)", score.notes[i].onset)
        show(page, clip(score, paper=True), view=view)
        x, top, bottom = page.evaluate(heads, i)
        at = page.evaluate(head)
        assert at[0] == pytest.approx(x, abs=3)
        assert at[1] < top
        assert at[2] > bottom
    x, top, bottom = page.evaluate(heads, soprano[9])  # bar 3, beat 2
    page.mouse.click(x, bottom + 4)
    assert tick(page) == pytest.approx(score.notes[soprano[9]].onset, abs=30)
    page.keyboard.press("Space")
    page.wait_for_function("host.shadowRoot.querySelectorAll('.sounding').length === 4")
    page.keyboard.press("Space")
    page.wait_for_function("host.shadowRoot.querySelectorAll('.sounding').length === 0")


def test_dragging_on_the_staff_selects_bars(page):
    score = chorale()
    show(page, clip(score, paper=True), view="staff")
    boxes = [page.locator("g.measure").nth(i).bounding_box() for i in range(4)]
    y = boxes[1]["y"] + boxes[1]["height"] / 2
    page.mouse.move(boxes[1]["x"] + boxes[1]["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(boxes[2]["x"] + boxes[2]["width"] / 2, boxes[2]["y"] + boxes[2]["height"] / 2, steps=5)
    assert said(page) == []
    page.mouse.up()
    assert said(page, "state", "selection") == [{"bars": [2, 3], "voices": [0, 1, 2, 3]}]
    assert page.locator(".chosen-bar").count() == 2


def test_another_way_to_see_is_told_to_python(page):
    show(page, clip(chorale()))
    page.get_by_role("button", name="Staff").click()
    assert said(page, "state", "view") == ["staff"]
    assert page.get_by_text("Engraving").is_visible()  # until the pages come


def test_names_are_text_and_never_markup(page):
    bad = "<img src=x onerror=alert(1)>"
    score = melody().replace(tracks=(Track(bad, 0),), title=bad)
    marks = [{"notes": [0, 1], "kind": "error", "text": bad}]
    show(page, clip(score, name=bad, marks=marks), clip(score, "a1", "1", bad), bar_values=None)
    assert page.locator("img").count() == 0
    assert page.get_by_text(bad).count() >= 3


def test_a_fault_in_the_list_leads_to_its_place(page):
    marks = [{"notes": [9, 12], "kind": "warning", "text": "parallel fifths, bar 2"}]
    score = chorale()
    show(page, clip(score, marks=marks))
    page.get_by_role("button", name="parallel fifths, bar 2").click()
    assert tick(page) == score.notes[9].onset


# --- small, by touch, in Chinese ---------------------------------------------------------------


def test_a_phone_fits_and_every_target_is_large_enough(browser, address):
    with opened(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        show(page, clip(chorale()), *(clip(chorale(shift=i), f"a{i}", str(i), f"Alternative {i}") for i in range(1, 5)))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        small = page.evaluate("""[...host.shadowRoot.querySelectorAll('button, select, summary, input')]
            .map(e => [e.outerHTML.slice(0, 80), (e.closest('label') ?? e).getBoundingClientRect()])
            .filter(([, b]) => b.width && (b.height < 39.5 || b.width < 39.5)).map(([html]) => html)""")
        assert small == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_on_a_phone_names_and_values_are_whole_and_pages_say_that_they_go_on(browser, address):
    with opened(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        show(page, clip(chorale()), language="zh")
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        cut = "[...host.shadowRoot.querySelectorAll('.voice .name')].map(e => [e.clientWidth, e.scrollWidth])"
        names = page.evaluate(cut)
        assert len(names) == 4
        assert all(whole <= room for room, whole in names)
        panel = page.locator(".transport").bounding_box()
        for value in page.locator(".transport .value").all():
            box = value.bounding_box()
            assert box["x"] + box["width"] <= panel["x"] + panel["width"]
        assert not page.locator(".page-hint").is_visible()
        show(page, clip(chorale(), paper=True), language="zh", view="staff")
        assert page.locator(".page-hint").is_visible()
    with opened(browser, address) as page:
        show(page, clip(chorale(), paper=True), view="staff")
        assert not page.locator(".page-hint").is_visible()


def test_new_alternatives_come_into_view_on_a_phone(browser, address):
    with opened(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        page.evaluate("cards.style.height = '3000px'")
        show(page, clip(melody()))
        page.evaluate("scrollTo(0, 2600)")
        show(page, clip(melody()), version="2")
        assert page.evaluate("scrollY") == 2600
        show(page, clip(melody()), clip(chorale(), "a1", "1", "Alternative 1"), active="a1", version="3")
        box = page.locator(".bench").bounding_box()
        assert 0 <= box["y"] < PHONE[1] / 4


def test_a_finger_seeks_draws_and_selects(browser, address):
    with opened(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        score = melody()
        show(page, clip(score))
        page.locator(".roll-scroll").scroll_into_view_if_needed()
        roll = Roll(page, score)
        page.touchscreen.tap(roll.x(QUARTER * 1.5), roll.y(70))
        assert tick(page) == pytest.approx(1.5 * QUARTER, abs=2 / roll.scale)
        page.get_by_role("button", name="Draw notes").tap()
        page.locator(".roll-scroll").scroll_into_view_if_needed()
        roll = Roll(page, score)
        page.touchscreen.tap(roll.x(QUARTER + 10), roll.y(70))
        assert [480, 70, 240, 80, 0] in edited(page)["score"]["notes"]


def test_every_word_is_there_in_both_languages(page):
    for language in ("en", "zh"):
        show(page, clip(chorale(), marks=[{"notes": [0, 1], "kind": "error", "text": "…"}]), language=language)
        page.keyboard.press("?")
        text = page.locator(".bench").evaluate("e => e.innerText")
        labels = page.evaluate("""[...host.shadowRoot.querySelectorAll('*')].flatMap(e =>
            ['aria-label', 'title', 'aria-valuetext'].map(a => e.getAttribute(a)).filter(Boolean))""")
        key = re.compile(r"[a-z]+([._][a-z_]+)+$")  # what stands for words that are missing
        raw = [word for word in [*text.split(), *labels] if key.match(word)]
        assert raw == []
        page.keyboard.press("Escape")
    assert page.get_by_role("button", name="播放", exact=True).is_visible()


def test_every_control_has_a_name(page):
    show(page, clip(chorale()), clip(chorale(shift=1), "a1", "1", "Alternative 1"))
    nameless = page.evaluate("""[...host.shadowRoot.querySelectorAll('button, select, input, [tabindex], summary')]
        .filter(e => !(e.getAttribute('aria-label') || e.closest('label') || e.textContent.trim()))
        .map(e => e.outerHTML.slice(0, 100))""")
    assert nameless == []


# --- cards -------------------------------------------------------------------------------------


def test_cards_cost_nothing_until_they_play_and_one_sounds(page):
    page.evaluate("""() => { window.loads = 0; window.frames = 0;
        const raf = requestAnimationFrame; window.requestAnimationFrame = f => { frames++; return raf(f); }; }""")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for i in range(12):
        page.evaluate("data => card(data)", data_of(clip(chorale(8), name=f"Piece {i}"), mode="clip"))
    page.wait_for_timeout(600)
    assert not [url for url in asked if "instrument" in url]
    assert page.evaluate("frames") == 0
    page.get_by_role("button", name="Play Piece 0").click()
    page.wait_for_function("window.transport?.playing && transport.tick > 100")
    first = page.evaluate_handle("transport")
    page.get_by_role("button", name="Play Piece 5").click()
    page.wait_for_function("first => transport !== first && transport.playing && !first.playing", arg=first)
    page.get_by_role("button", name="Pause Piece 5").click()
    page.get_by_role("button", name="Play Piece 0").wait_for()
    slider = page.get_by_role("slider", name="Place in Piece 5")
    slider.fill("3840")
    assert page.evaluate("transport.tick") == pytest.approx(3840)
    assert json.loads(json.dumps(said(page))) == []
