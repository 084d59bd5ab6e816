"""Takes the screenshots of docs/screenshots/: starts the app, walks through it in Chromium as a person would.

    python docs/screenshots.py            all of them (about a minute)
    python docs/screenshots.py listen     those whose name contains a word

Needs the test extra (playwright) and a Chromium of the system; nothing is fetched.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "screenshots"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP, PROJECTOR, PHONE = (1280, 800), (1024, 768), (390, 844)


def find_chromium() -> str | None:
    """Path of the system's Chromium or Chrome, None if there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@contextmanager
def serve(port: int = 0, **settings: str) -> Iterator[str]:
    """The app on this machine; gives its address, ends it afterwards.

    Args:
        port: Its port; 0 = any that is free.
        settings: Environment variables for it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    command += ["--server.headless", "true"]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"The app ended at its start with code {server.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The app did not answer within two minutes.")


@contextmanager
def browse(size: tuple[int, int] = DESKTOP, *, dark: bool = False, locale: str = "en-US") -> Iterator[Page]:
    """A page in a fresh Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=list(FLAGS), headless=True)
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", locale=locale,
            accept_downloads=True,
        )  # fmt: skip
        try:
            yield context.new_page()
        finally:
            browser.close()


def settle(page: Page, patience_s: float = 90) -> None:
    """Waits until the app has run to its end and all pictures are there, for 400 ms: it may be about to run again."""
    script = """begun => {
        const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;
        const still = state === "notRunning" && [...document.images].every((image) => image.complete);
        if (!still || window.settling !== begun) [window.settling, window.stillSince] = [begun, performance.now()];
        return still && performance.now() - window.stillSince > 400; }"""
    page.wait_for_function(script, arg=time.monotonic(), timeout=1000 * patience_s)


def shoot(page: Page, name: str, *, whole: bool = True, most: int = 3200) -> None:
    """A screenshot, of the whole page (up to ``most`` pixels high) or of what is in view; few colours, small file."""
    from PIL import Image

    size = page.viewport_size
    if whole:
        height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(max(height, size["height"]), most)})
        settle(page)
    data = page.screenshot()
    page.set_viewport_size(size)
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    OUT.mkdir(parents=True, exist_ok=True)
    picture.save(OUT / f"{name}.png", optimize=True)
    print(f"docs/screenshots/{name}.png")


def visit(page: Page, address: str, place: str = "", language: str = "en") -> None:
    """Opens a page of the app."""
    page.goto(f"{address}/{place}?lang={language}")
    page.wait_for_selector("h1")
    settle(page)


def bench(page: Page) -> Any:  # noqa: ANN401 - playwright's locator
    """The player of Create."""
    return page.get_by_role("region", name="Player").first


def panel(page: Page, name: str, shot: str) -> None:
    """Opens a panel beneath the bench and takes it."""
    page.get_by_text(name, exact=True).click()
    settle(page, 180)
    page.wait_for_timeout(1200)
    shoot(page, shot)


def walk(address: str) -> None:
    """The musician's minute and what lies around it, step by step."""
    from musegen.gallery import load_gallery
    from musegen.places import EXAMPLES

    with browse() as page, tempfile.TemporaryDirectory() as folder:
        visit(page, address)
        page.wait_for_timeout(1200)
        shoot(page, "step-1-listen")
        page.get_by_role("link", name="Create").click()
        page.wait_for_selector("text=Make music with the machine")
        settle(page)
        page.wait_for_timeout(1200)
        shoot(page, "step-2-create")
        page.get_by_text("My file", exact=True).click()
        settle(page)
        source = next(piece for piece in load_gallery() if piece.kind == "human")
        mine = Path(folder) / "my-song.musicxml"
        mine.write_bytes((EXAMPLES / source.file).read_bytes())
        page.set_input_files('input[type="file"]', str(mine))
        page.wait_for_selector("text=4 voices")
        page.get_by_text("Fill", exact=True).click()
        settle(page)
        for label, bar in (("First bar of the selection", "5"), ("Last bar of the selection", "6")):
            bench(page).get_by_label(label).fill(bar)
            page.keyboard.press("Enter")
            settle(page)
        for voice in ("S Soprano", "B Bass"):
            bench(page).get_by_role("button", name=voice, exact=True).click()
            settle(page)
        page.get_by_role("button", name="Make four alternatives").click()
        page.wait_for_timeout(700)
        shoot(page, "step-3-composing", whole=False)
        settle(page, 180)
        page.wait_for_timeout(800)
        shoot(page, "step-4-alternatives")
        bench(page).get_by_role("button", name="Staff").click()
        page.wait_for_timeout(1500)
        panel(page, "Analysis", "step-5-analysis")
        bench(page).get_by_role("button", name="Numbered").click()
        page.wait_for_timeout(1500)
        panel(page, "Is it known?", "step-6-known")
        bench(page).get_by_role("button", name="Keep").click()
        settle(page)
        panel(page, "History", "step-7-history")
        broken = Path(folder) / "broken.mid"
        broken.write_bytes(b"MThd\x00\x00")
        page.set_input_files('input[type="file"]', str(broken))
        page.wait_for_selector("text=damaged")
        settle(page)
        shoot(page, "broken-upload", whole=False)
        page.get_by_role("link", name="Watch it learn").click()
        page.wait_for_selector("text=diaries")
        settle(page)
        page.wait_for_timeout(1200)
        shoot(page, "step-8-lab")


def variants(address: str, wanted: str) -> None:
    """The pages on a projector, on a phone, in the dark, and in Chinese."""
    looks: dict[str, dict[str, Any]] = {
        "projector": {"size": PROJECTOR}, "phone": {"size": PHONE}, "dark": {"dark": True},
        "chinese": {"locale": "zh-CN"},
    }  # fmt: skip
    for look, settings in looks.items():
        for place in ("listen", "create", "lab"):
            if wanted in f"{place}-{look}":
                with browse(**settings) as page:
                    visit(page, address, "" if place == "listen" else place, "zh" if look == "chinese" else "en")
                    page.wait_for_timeout(1200)
                    shoot(page, f"{place}-{look}", most=2400 if look == "phone" else 3200)


if __name__ == "__main__":
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.path.insert(0, str(ROOT))
    with serve() as where:
        if word in "step broken":
            walk(where)
        variants(where, word)
