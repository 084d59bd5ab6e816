"""The app in a process of its own, and a Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from musegen.launch import ADDRESS, free_port, server_command
from musegen.places import ROOT

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of this machine's own, ready to open pages."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if program is None:
        raise SystemExit("No Chromium or Chrome was found; install one (Debian: apt-get install chromium).")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=list(FLAGS), headless=True)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def app() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The server's process, just begun, and its address."""
    port = free_port()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(server_command(port), cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log)
        try:
            yield server, f"http://{ADDRESS}:{port}"
        finally:
            server.terminate()
            server.wait(20)
