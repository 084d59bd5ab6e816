"""Memory of the running app: before and after the composer is loaded, and after work in the browser.

    python benchmarks/memory.py

Writes ``memory.json``: resident memory of the server's process and of its children, in GB. A person looks at the
first page, waits for the composer, then has the four alternatives of the default task made five times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from browser import IDLE, app, chromium
from machine import write

from musegen.launch import wait_until_up

ROUNDS = 5
GIGABYTE = 1e9


def resident(server: psutil.Process) -> float:
    """Resident memory in GB of a process and its children."""
    family = [server, *server.children(recursive=True)]
    return sum(process.memory_info().rss for process in family) / GIGABYTE


@contextmanager
def watch(server: psutil.Process) -> Iterator[list[float]]:
    """A list that always holds the most that was seen so far."""
    most, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            most[0] = max(most[0], resident(server))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()


def settled(server: psutil.Process, patience_s: float = 120) -> float:
    """Resident memory once it has stayed within 2 MB, and TensorFlow has been loaded, for 5 s."""
    limit, since, last = time.monotonic() + patience_s, time.monotonic(), resident(server)
    while time.monotonic() < limit:
        time.sleep(0.5)
        now = resident(server)
        loaded = any("tensorflow" in region.path for region in server.memory_maps())
        if abs(now - last) > 0.002 or not loaded:
            last, since = now, time.monotonic()
        if time.monotonic() - since > 5:
            return now
    raise SystemExit("The composer was not loaded in time.")


def main() -> None:
    with chromium() as browser, app() as (started, address):
        if not wait_until_up(address, started):
            raise SystemExit("The app did not start.")
        server = psutil.Process(started.pid)
        with watch(server) as most:
            results: dict[str, object] = {"server_gb": round(resident(server), 3)}
            page = browser.new_page()
            page.goto(address)
            page.wait_for_selector("h1", state="visible", timeout=60_000)
            results["first_page_gb"] = round(resident(server), 3)
            page.wait_for_selector(IDLE, timeout=60_000)
            results["composer_loaded_gb"] = round(settled(server), 3)
            page.goto(f"{address}/create")
            for _ in range(ROUNDS):
                page.wait_for_selector(".st-key-make button:enabled", timeout=60_000)
                page.wait_for_selector(IDLE, timeout=60_000)
                page.click(".st-key-make button")
                page.wait_for_selector(".st-key-alternative-3 audio", state="attached", timeout=120_000)
                page.wait_for_selector(IDLE, timeout=120_000)
            results[f"after_{ROUNDS}_rounds_gb"] = round(settled(server), 3)
        results["most_gb"] = round(most[0], 3)
    write("memory", "most_gb under 1.5", results)


if __name__ == "__main__":
    main()
