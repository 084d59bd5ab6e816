"""The main way through the app in a real browser: the musician's minute, what survives a reload, a broken file."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.screenshots import DESKTOP, PHONE, browse, find_chromium, serve, settle, visit  # noqa: E402
from musegen.desk import load  # noqa: E402
from musegen.formats import read_score, write_score  # noqa: E402
from musegen.score import Key, Note, Score, Track  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
    ),
    pytest.mark.skipif(
        not (ROOT / "assets" / "checkpoints" / "composer" / "card.json").exists(), reason="no trained composer here"
    ),
]
BARS = 8
QUARTER = 480
PATIENCE_MS = 120_000  # a busy machine is not a fault
KEPT = "localStorage.getItem('musegen-desk')"


@pytest.fixture(scope="module")
def address():
    with serve(MUSEGEN_WAKE="0") as where:
        yield where


@contextmanager
def browsing(size=DESKTOP):
    with browse(size) as page:
        page.set_default_timeout(PATIENCE_MS)
        yield page


def hymn() -> Score:
    """Eight bars of 4/4 in four voices, G major: I IV V I, twice over, in half notes."""
    chords = ((71, 67, 62, 43), (72, 67, 64, 48), (74, 66, 62, 50), (71, 67, 62, 43))
    notes = [
        Note(960 * step, pitch, 960, track=voice)
        for step in range(2 * BARS)
        for voice, pitch in enumerate(chords[step // 2 % 4])
    ]
    names = ("Soprano", "Alto", "Tenor", "Bass")
    return Score(tuple(notes), tuple(Track(name, 52) for name in names), key=Key(1, "major"))


def bench(page):
    return page.get_by_role("region", name="Player").first


def shown(page) -> str:
    """The name of the clip in view."""
    return bench(page).get_by_role("group", name="Versions").locator("[aria-pressed=true]").inner_text()


def open_file(page, path) -> None:
    page.get_by_text("My file", exact=True).click()
    settle(page)
    page.set_input_files('input[type="file"]', str(path))


def download(page, name: str, path) -> bytes:
    with page.expect_download() as file:
        page.get_by_role("button", name=name, exact=True).click()
    file.value.save_as(path)
    return path.read_bytes()


def music(data: bytes, name: str) -> set[tuple[int, int, int, int]]:
    score = read_score(data, name).score.with_resolution(QUARTER)
    return {(note.onset, note.pitch, note.duration, note.track) for note in score.notes}


def test_the_musician_s_minute(address, tmp_path):
    """Upload, mark bars 5-6 of alto and tenor, fill, audition, keep, undo, redo, download, reload: still there."""
    (tmp_path / "my-hymn.mid").write_bytes(write_score(hymn(), "mid"))
    with browsing() as page:
        foreign, errors = [], []
        page.on("request", lambda request: foreign.append(request.url) if address not in request.url else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        visit(page, address)
        page.get_by_role("link", name="Create").first.click()
        page.wait_for_selector("text=Make music with the machine")
        settle(page)
        open_file(page, tmp_path / "my-hymn.mid")
        page.wait_for_selector("text=8 bars, 4 voices, G major, 4/4")
        settle(page)
        page.get_by_text("Fill", exact=True).click()
        settle(page)
        mark(page, (5, 6), ("Soprano", "Bass"))
        page.wait_for_selector("text=bars 5–6, Alto, Tenor")
        settle(page)
        page.get_by_role("button", name="Make four alternatives").click()
        page.wait_for_selector("text=with new bars", timeout=180_000)
        settle(page, 180)
        bench(page).get_by_role("button", name="Play", exact=True).focus()
        page.keyboard.press("3")
        assert "Alternative 3" in shown(page)
        settle(page)
        page.keyboard.press("k")
        page.wait_for_function("!document.body.innerText.includes('with new bars')")
        settle(page)
        kept = music(download(page, "MusicXML", tmp_path / "kept.musicxml"), "kept.musicxml")
        given = {(n.onset, n.pitch, n.duration, n.track) for n in hymn().notes}
        free = {note for note in given if note[3] in (1, 2) and 4 * 1920 <= note[0] < 6 * 1920}
        assert given - free <= kept
        assert all(4 * 1920 <= note[0] < 6 * 1920 and note[3] in (1, 2) for note in kept - given)
        act(page, "Undo")
        page.wait_for_selector("text=with new bars")
        before = page.evaluate(KEPT)
        act(page, "Redo")
        page.wait_for_function("!document.body.innerText.includes('with new bars')")
        page.wait_for_function(f"before => {KEPT} !== before", arg=before)
        settle(page)
        page.reload()
        page.wait_for_selector("h1")
        page.wait_for_selector("text=my-hymn")
        settle(page)
        assert music(download(page, "MIDI", tmp_path / "again.mid"), "again.mid") == kept
        act(page, "Undo")  # the history came back too
        page.wait_for_selector("text=with new bars")
        local = [url for url in foreign if not url.startswith(("data:", "blob:"))]
        assert not local, "the app asked for something from elsewhere"
        assert not errors


def mark(page, bars, without=()) -> None:
    """Marks bars by the player's fields, and takes voices out of the selection."""
    for label, bar in zip(("First bar of the selection", "Last bar of the selection"), bars, strict=True):
        field = bench(page).get_by_label(label)
        field.fill(str(bar))
        field.press("Enter")
    for name in without:
        bench(page).get_by_role("button", name=f"{name[0]} {name}", exact=True).click()
    settle(page)


def act(page, name: str) -> None:
    """Presses one of the bench's actions."""
    bench(page).get_by_role("group", name="What to do with it").get_by_role("button", name=name, exact=True).click()
    settle(page)


def test_an_edit_by_hand_is_kept_through_a_new_server(tmp_path):
    """A note is deleted in the player; another server at the same address brings the piece back from the browser."""
    import socket

    (tmp_path / "my-hymn.mid").write_bytes(write_score(hymn(), "mid"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with browsing() as page:
        with serve(MUSEGEN_WAKE="0", port=port) as address:
            visit(page, address, "create")
            open_file(page, tmp_path / "my-hymn.mid")
            page.wait_for_selector("text=8 bars, 4 voices")
            page.wait_for_function(KEPT)
            settle(page)
            kept = page.evaluate(KEPT)
            bench(page).get_by_role("button", name="Play", exact=True).focus()
            roll = bench(page).locator("canvas").first
            roll.focus()
            page.keyboard.press("]")  # the first note is chosen
            page.keyboard.press("Delete")
            page.wait_for_function(f"kept => {KEPT} !== kept", arg=kept)  # the last that a run of the page does
            settle(page)
            before = music(download(page, "MIDI", tmp_path / "edited.mid"), "edited.mid")
            assert len(before) == len(hymn().notes) - 1
        with serve(MUSEGEN_WAKE="0", port=port) as address:
            visit(page, address, "create")
            page.wait_for_selector("text=my-hymn")
            settle(page)
            assert music(download(page, "MIDI", tmp_path / "again.mid"), "again.mid") == before


def test_a_file_that_is_opened_at_once_after_a_reload_costs_nothing_of_the_history(address, tmp_path):
    """The upload is quicker than what the browser tells of the desk that it kept; five times over."""
    for number in range(6):
        tune = hymn().replace(title=f"Hymn {number}", notes=hymn().transpose(number).notes)
        (tmp_path / f"hymn-{number}.mid").write_bytes(write_score(tune, "mid"))
    with browsing() as page:
        visit(page, address, "create")
        open_file(page, tmp_path / "hymn-0.mid")
        page.wait_for_function(KEPT)
        settle(page)
        for number in range(1, 6):
            kept = page.evaluate(KEPT)
            page.reload(wait_until="commit")
            page.get_by_text("My file", exact=True).click()
            for _ in range(4):  # the page may be built anew under the file: then it is given once more
                page.set_input_files('input[type="file"]', str(tmp_path / f"hymn-{number}.mid"))
                try:
                    page.wait_for_function(f"kept => {KEPT} !== kept", arg=kept, timeout=20_000)
                    break
                except PlaywrightTimeoutError:
                    settle(page)
            settle(page)
            titles = [step.score.title for step in load(page.evaluate(KEPT)).past]
            assert [title for title in titles if title.startswith("Hymn")] == [f"Hymn {n}" for n in range(number + 1)]


def test_the_first_thing_done_after_a_new_server_is_done_once(tmp_path):
    """The tab stays open: a button, a key while the server is gone, an edit; each is the first that a server hears."""
    import socket

    (tmp_path / "my-hymn.mid").write_bytes(write_score(hymn(), "mid"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with browsing() as page:
        with serve(MUSEGEN_WAKE="0", port=port) as address:
            visit(page, address, "create")
            open_file(page, tmp_path / "my-hymn.mid")
            page.wait_for_selector("text=8 bars, 4 voices")
            page.get_by_text("Fill", exact=True).click()
            settle(page)
            mark(page, (5, 6), ("Soprano", "Bass"))
            page.wait_for_selector("text=bars 5–6, Alto, Tenor")
            settle(page)
        with serve(MUSEGEN_WAKE="0", port=port):
            connected(page)
            page.get_by_role("button", name="Make four alternatives").click(timeout=120_000)
            page.wait_for_selector("text=with new bars", timeout=180_000)
            settle(page, 180)
            bench(page).get_by_role("button", name="Play", exact=True).focus()
            page.keyboard.press("3")
            assert "Alternative 3" in shown(page)
        page.wait_for_selector('[data-testid="stApp"]:not([data-test-connection-state="CONNECTED"])')
        page.keyboard.press("k")
        with serve(MUSEGEN_WAKE="0", port=port):
            page.wait_for_selector("text=· Filled")
            settle(page)
            kept = music(download(page, "MIDI", tmp_path / "kept.mid"), "kept.mid")
            given = {(n.onset, n.pitch, n.duration, n.track) for n in hymn().notes}
            assert all(4 * 1920 <= note[0] < 6 * 1920 and note[3] in (1, 2) for note in kept ^ given)
        with serve(MUSEGEN_WAKE="0", port=port):
            connected(page)
            bench(page).locator("canvas").first.focus()
            page.keyboard.press("]")
            page.keyboard.press("Delete")
            page.wait_for_selector("text=· Changed by hand")
            settle(page)
            assert len(music(download(page, "MIDI", tmp_path / "edited.mid"), "edited.mid")) == len(kept) - 1
            act(page, "Undo")
            assert music(download(page, "MIDI", tmp_path / "undone.mid"), "undone.mid") == kept
            act(page, "Undo")
            page.wait_for_selector("text=with new bars")
            assert "Alternative 3" in bench(page).get_by_role("group", name="Versions").inner_text()


def connected(page) -> None:
    """Waits until the page has its line to the server again."""
    page.wait_for_selector('[data-testid="stApp"][data-test-connection-state="CONNECTED"]')


def test_playing_never_runs_the_page_again_and_one_clip_sounds_at_a_time(address):
    with browsing() as page:
        visit(page, address)
        cards = page.get_by_role("button", name="Play")
        playing = page.get_by_role("button", name="Pause")
        cards.nth(0).click()
        playing.wait_for()
        first = playing.get_attribute("aria-label")
        page.evaluate(
            """() => { window.runs = [performance.now()];
            new MutationObserver(() => runs.push(performance.now())).observe(
               document.querySelector('[data-testid="stApp"]'),
               {attributes: true, attributeFilter: ['data-test-script-state']}); }"""
        )
        page.wait_for_function("performance.now() - runs.at(-1) > 3000")  # nothing of the visit goes on
        before = page.evaluate("runs.length")
        cards.nth(1).click()
        expect(playing).not_to_have_attribute("aria-label", first, timeout=PATIENCE_MS)
        page.wait_for_timeout(1500)
        assert playing.count() == 1
        assert page.evaluate("runs.length") == before


def test_a_broken_file_is_a_sentence_and_no_traceback(address, tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00")
    with browsing() as page:
        visit(page, address, "create")
        open_file(page, tmp_path / "broken.mid")
        page.wait_for_selector("text=cut off or damaged")
        settle(page)
        assert "Traceback" not in page.locator("body").inner_text()
        assert "Alternative 1" in shown(page)  # what lay there still does


def test_a_phone_shows_everything_without_pushing_the_page_sideways(address):
    with browsing(PHONE) as page:
        for place in ("", "create", "lab"):
            visit(page, address, place)
            wide = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth")
            assert wide <= PHONE[0]
        page.get_by_role("link", name="Listen").first.click()
        page.wait_for_selector("text=Music by people and by machines")


def choose(page, box, option):
    """Picks an option of a select box; its list closes when the page is still being pushed, so it is opened again."""
    for _ in range(6):
        box.scroll_into_view_if_needed()
        box.click()
        try:
            page.get_by_role("option", name=option).click(timeout=4000)
            return
        except PlaywrightTimeoutError:
            settle(page)
    raise AssertionError(f"“{option}” could not be chosen")


def test_choices_outlive_a_change_of_language(address):
    with browsing() as page:
        visit(page, address, "create")
        choose(page, page.get_by_role("combobox", name="Style"), "Hymn in four parts")
        settle(page)
        page.get_by_text("简体中文").click()
        page.wait_for_selector("text=和机器一起创作")
        settle(page)
        expect(page.get_by_role("combobox", name="风格")).to_have_value("四部赞美诗", timeout=PATIENCE_MS)
        expect(page).to_have_url(re.compile("lang=zh"), timeout=PATIENCE_MS)


def test_the_language_goes_along_to_the_next_page(address):
    with browsing() as page:
        visit(page, address)
        page.get_by_text("简体中文").click()
        page.wait_for_selector("text=人写的音乐")
        settle(page)
        page.get_by_role("link", name="创作").first.click()
        page.wait_for_selector("text=和机器一起创作")
        settle(page)
        expect(page.get_by_role("radio", name="简体中文")).to_be_checked(timeout=PATIENCE_MS)
