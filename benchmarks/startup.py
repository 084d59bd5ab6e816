"""From the start of the server's process to the first page: its words, and its first sound ready to be played.

    python benchmarks/startup.py

Writes ``startup.json``. The browser is running before the clock starts; each run has a fresh server and a fresh page.
"""

from __future__ import annotations

import time

from browser import IDLE, app, chromium
from machine import spread, write

from musegen.launch import wait_until_up

RUNS = 5


def once(browser: object) -> dict[str, float]:
    """Seconds from the start of the process to each sign of life."""
    began = time.perf_counter()
    times = {}

    def lap(name: str) -> None:
        times[name] = time.perf_counter() - began

    with app() as (server, address):
        if not wait_until_up(address, server):
            raise SystemExit("The app did not start.")
        lap("server_answers_s")
        page = browser.new_page()
        page.goto(address, wait_until="commit")
        page.wait_for_selector("h1", state="visible", timeout=60_000)
        lap("first_words_s")
        page.wait_for_selector(".musegen-player .play", state="visible", timeout=60_000)
        lap("first_sound_s")
        page.wait_for_selector(IDLE, timeout=60_000)
        lap("whole_page_s")
        page.close()
    return times


def main() -> None:
    with chromium() as browser:
        once(browser)  # what the system reads from disk for the first time is not the app's
        runs = [once(browser) for _ in range(RUNS)]
    write("startup", "first_words_s under 3", {"runs": RUNS} | {k: spread([r[k] for r in runs]) for k in runs[0]})


if __name__ == "__main__":
    main()
