"""Processor time of a rerun of Create with four alternatives, for each panel; and of a first page of notation.

    python benchmarks/create.py

Four alternatives are made, then "Dice" is clicked many times with each panel open. What is counted is all that the
server's process does for a click, in all of its threads: the page, the desk's text for the browser, what is sent.
Writes ``create.json``.
"""

from __future__ import annotations

import time
from typing import Any

import psutil
from browser import IDLE, app, chromium
from machine import spread, write
from sound_and_staff import piece

from musegen.launch import wait_until_up
from musegen.notation import numbered_svg, staff_svg

CLICKS, RUNS = 20, 7
PANELS = ("take", "music", "known", "way", "about")


def spent(server: psutil.Process) -> float:
    """Processor seconds of a process so far."""
    times = server.cpu_times()
    return float(times.user + times.system)


def at_rest(server: psutil.Process, patience_s: float = 120) -> float:
    """Processor seconds once the process has done next to nothing for a second."""
    limit = time.monotonic() + patience_s
    last = spent(server)
    while time.monotonic() < limit:
        time.sleep(1)
        now = spent(server)
        if now - last < 0.03:
            return now
        last = now
    raise SystemExit("The server does not come to rest.")


def settle(page: Any, server: psutil.Process) -> float:
    """Waits for the end of a run of the page and for the server's rest; processor seconds so far."""
    page.wait_for_timeout(200)
    page.wait_for_selector(IDLE, timeout=120_000)
    return at_rest(server)


def clicks(page: Any, server: psutil.Process) -> dict[str, float]:
    """Milliseconds for a click on the dice: of several rows of clicks, each without the server's idling."""
    found = []
    dice = page.locator(".st-key-dice button")
    for _ in range(3):
        before, began = settle(page, server), time.monotonic()
        for _ in range(CLICKS):
            dice.click()
            page.wait_for_timeout(150)
            page.wait_for_selector(IDLE, timeout=60_000)
        after = settle(page, server)
        idle = IDLING[0] * (time.monotonic() - began)
        found.append(1000 * (after - before - idle) / CLICKS)
    return {f"{name}_ms": value for name, value in spread(found).items()}


IDLING = [0.0]  # processor seconds a second that the server takes with nobody doing anything


def notation() -> dict[str, dict[str, float]]:
    """Milliseconds for eight bars of four voices, on staves and as numbers."""
    score, found = piece(8), {}
    for name, draw in (("staff", staff_svg), ("numbered", numbered_svg)):
        draw(score)
        times = []
        for _ in range(RUNS):
            began = time.process_time()
            draw(score)
            times.append(1000 * (time.process_time() - began))
        found[f"{name}, 8 bars x 4 voices"] = {f"{key}_ms": value for key, value in spread(times).items()}
    return found


def main() -> None:
    results: dict[str, object] = {"clicks": CLICKS, "rows": 3, **notation()}
    with chromium() as browser, app() as (process, address):
        if not wait_until_up(address, process):
            raise SystemExit("The app did not start.")
        server = psutil.Process(process.pid)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/create?lang=en")
        page.wait_for_selector(".st-key-make button:enabled", timeout=60_000)
        settle(page, server)
        page.locator(".st-key-make button").click()
        page.wait_for_function(f"!document.querySelector('{IDLE}')", timeout=30_000)
        settle(page, server)
        before = spent(server)
        time.sleep(10)
        IDLING[0] = (spent(server) - before) / 10
        results["idle_ms_a_second"] = round(1000 * IDLING[0], 1)
        for number, name in enumerate(PANELS):
            page.locator(".st-key-panel button").nth(number).click()
            settle(page, server)
            results[f"panel {name}"] = clicks(page, server)
            print(name, results[f"panel {name}"], flush=True)
    write("create", "a rerun with four alternatives under 60 ms; a staff of 8 bars under 150 ms", results)


if __name__ == "__main__":
    main()
