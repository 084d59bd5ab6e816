"""The main way through the app in a real browser: the musician's minute, what survives a reload, a broken file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.screenshots import PHONE, browse, find_chromium, serve, settle, visit  # noqa: E402
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


@pytest.fixture(scope="module")
def address():
    with serve(MUSEGEN_WAKE="0") as where:
        yield where


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
    with browse() as page:
        foreign, errors = [], []
        page.on("request", lambda request: foreign.append(request.url) if address not in request.url else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        visit(page, address)
        page.get_by_role("link", name="Create").first.click()
        page.wait_for_selector("text=Make music with the machine")
        settle(page)
        open_file(page, tmp_path / "my-hymn.mid")
        page.wait_for_selector("text=8 bars, 4 voices, G major, 4/4", timeout=60_000)
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
        page.wait_for_timeout(600)
        settle(page)
        assert "Alternative 3" in shown(page)
        page.keyboard.press("k")
        page.wait_for_function("!document.body.innerText.includes('with new bars')", timeout=30_000)
        settle(page)
        kept = music(download(page, "MusicXML", tmp_path / "kept.musicxml"), "kept.musicxml")
        given = {(n.onset, n.pitch, n.duration, n.track) for n in hymn().notes}
        free = {note for note in given if note[3] in (1, 2) and 4 * 1920 <= note[0] < 6 * 1920}
        assert given - free <= kept
        assert all(4 * 1920 <= note[0] < 6 * 1920 and note[3] in (1, 2) for note in kept - given)
        act(page, "Undo")
        page.wait_for_selector("text=with new bars", timeout=30_000)
        act(page, "Redo")
        page.wait_for_function("!document.body.innerText.includes('with new bars')", timeout=30_000)
        settle(page)
        page.reload()
        page.wait_for_selector("h1")
        page.wait_for_selector("text=my-hymn", timeout=30_000)
        settle(page)
        assert music(download(page, "MIDI", tmp_path / "again.mid"), "again.mid") == kept
        act(page, "Undo")  # the history came back too
        page.wait_for_selector("text=with new bars", timeout=30_000)
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
    with browse() as page:
        with serve(MUSEGEN_WAKE="0", port=port) as address:
            visit(page, address, "create")
            open_file(page, tmp_path / "my-hymn.mid")
            page.wait_for_selector("text=8 bars, 4 voices")
            settle(page)
            bench(page).get_by_role("button", name="Play", exact=True).focus()
            roll = bench(page).locator("canvas").first
            roll.focus()
            page.keyboard.press("]")  # the first note is chosen
            page.keyboard.press("Delete")
            page.wait_for_timeout(900)
            settle(page)
            before = music(download(page, "MIDI", tmp_path / "edited.mid"), "edited.mid")
            assert len(before) == len(hymn().notes) - 1
            page.wait_for_timeout(500)
        with serve(MUSEGEN_WAKE="0", port=port) as address:
            visit(page, address, "create")
            page.wait_for_selector("text=my-hymn", timeout=30_000)
            settle(page)
            assert music(download(page, "MIDI", tmp_path / "again.mid"), "again.mid") == before


def test_playing_never_runs_the_page_again_and_one_clip_sounds_at_a_time(address):
    with browse() as page:
        visit(page, address)
        runs = []
        page.on("websocket", lambda socket: None)
        cards = page.get_by_role("button", name="Play")
        cards.nth(0).click()
        page.wait_for_function("document.querySelectorAll('h1').length > 0")
        page.expose_function("ran", lambda: runs.append(1))
        page.evaluate(
            """new MutationObserver(() => window.ran()).observe(document.querySelector('[data-testid="stApp"]'),
               {attributes: true, attributeFilter: ['data-test-script-state']})"""
        )
        cards.nth(1).click()
        page.wait_for_timeout(1500)
        playing = page.get_by_role("button", name="Pause")
        assert playing.count() == 1
        assert runs == []


def test_a_broken_file_is_a_sentence_and_no_traceback(address, tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00")
    with browse() as page:
        visit(page, address, "create")
        open_file(page, tmp_path / "broken.mid")
        page.wait_for_selector('[data-testid="stAlert"]', timeout=60_000)
        settle(page)
        text = page.locator("body").inner_text()
        assert "cut off or damaged" in text
        assert "Traceback" not in text
        assert "Alternative 1" in shown(page)  # what lay there still does


def test_a_phone_shows_everything_without_pushing_the_page_sideways(address):
    with browse(PHONE) as page:
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
    with browse() as page:
        visit(page, address, "create")
        choose(page, page.get_by_role("combobox", name="Style"), "Hymn in four parts")
        settle(page)
        page.get_by_text("简体中文").click()
        page.wait_for_selector("text=和机器一起创作")
        settle(page)
        assert page.get_by_role("combobox", name="风格").input_value() == "四部赞美诗"
        assert "lang=zh" in page.url


def test_the_language_goes_along_to_the_next_page(address):
    with browse() as page:
        visit(page, address)
        page.get_by_text("简体中文").click()
        page.wait_for_selector("text=人写的音乐")
        settle(page)
        page.get_by_role("link", name="创作").first.click()
        page.wait_for_selector("text=和机器一起创作")
        settle(page)
        assert page.get_by_role("radio", name="简体中文").is_checked()
