"""The main way through the app in a real browser: from the start page to a downloaded score, and a broken file."""

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
BARS = 5


@pytest.fixture(scope="module")
def address():
    with serve(MUSEGEN_WAKE="0") as where:
        yield where


def melody() -> Score:
    """Five bars of 4/4, quarter notes up and down the scale of G."""
    pitches = (67, 69, 71, 72, 74, 72, 71, 69, 67, 69, 71, 74, 72, 71, 69, 69, 67, 67, 67, 67)
    return Score(
        tuple(Note(480 * i, p, 480) for i, p in enumerate(pitches)), (Track("Melody", 73),), key=Key(1, "major")
    )


def test_from_the_start_page_to_a_downloaded_score(address, tmp_path):
    (tmp_path / "mine.mid").write_bytes(write_score(melody(), "mid"))
    with browse() as page:
        foreign = []
        page.on("request", lambda request: foreign.append(request.url) if address not in request.url else None)
        visit(page, address)
        assert page.locator("audio").count() > 5
        page.get_by_role("link", name="Create").first.click()
        page.wait_for_selector("text=Make music with the machine")
        settle(page)
        page.get_by_text("My file").click()
        settle(page)
        page.set_input_files('input[type="file"]', str(tmp_path / "mine.mid"))
        page.wait_for_selector("text=5 bars, 1 voice, G major, 4/4", timeout=60_000)
        settle(page)
        page.get_by_role("button", name="Make four alternatives").click()
        page.wait_for_selector("text=“mine” harmonised", timeout=180_000)
        settle(page, 180)
        page.get_by_role("button", name="Choose", exact=True).nth(1).click()  # the third: the first is chosen
        page.wait_for_selector("text=Alternative 3: see it")
        settle(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="MusicXML", exact=True).click()
        download.value.save_as(tmp_path / "made.musicxml")
        score = read_score((tmp_path / "made.musicxml").read_bytes(), "made.musicxml").score
        assert len(score.bars()) == BARS
        assert len(score.tracks) == 4
        sung = [(note.pitch, note.onset * 480 // score.resolution) for note in score.track_notes(0)]
        assert sung == [(note.pitch, note.onset) for note in melody().notes]
        assert '"seed": 1' in score.provenance["recipe"]
        local = [url for url in foreign if not url.startswith(("data:", "blob:"))]
        assert not local, "the app asked for something from elsewhere"


def test_a_broken_file_is_a_sentence_and_no_traceback(address, tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00")
    with browse() as page:
        visit(page, address, "create")
        page.get_by_text("My file").click()
        settle(page)
        page.set_input_files('input[type="file"]', str(tmp_path / "broken.mid"))
        page.wait_for_selector('[data-testid="stAlert"]', timeout=60_000)
        settle(page)
        text = page.locator("body").inner_text()
        assert "cut off or damaged" in text
        assert "Traceback" not in text
        assert page.get_by_role("button", name="Make four alternatives").is_disabled()


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
