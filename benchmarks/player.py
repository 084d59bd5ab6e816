"""How smoothly the player scrolls and plays a long piece, how long it takes to appear and to change its version.

    python benchmarks/player.py

300 bars in four voices in headless Chromium (no graphics card: everything is drawn by the processor). A frame counts
when the roll has been drawn anew in it. Writes ``player.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from browser import chromium
from machine import spread, write

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "browser")]

from player_page import clip, data_of, serve_player  # noqa: E402

from musegen.score import Key, Note, Score, Tempo, Track  # noqa: E402

BARS, CARDS, RUNS, SECONDS = 300, 30, 3, 5
SIZES = {"projector": (1024, 768, 1), "desktop": (1280, 800, 1), "sharp screen": (1280, 800, 2)}
SCROLL = """async seconds => {
    const scroller = host.shadowRoot.querySelector('.roll-scroll');
    const body = host.shadowRoot.querySelector('.roll-body').getContext('2d');
    const end = scroller.scrollWidth - scroller.clientWidth;
    let drawn = 0;
    const fill = body.fillRect; // the body's first stroke of a drawing wipes all of it
    body.fillRect = function (x, y, w, h) {
        if (x === 0 && y === 0 && w > 300 && h > 100) drawn += 1;
        return fill.call(this, x, y, w, h);
    };
    const gaps = [];
    let last = performance.now();
    const began = last;
    while (last - began < seconds * 1000) {
        scroller.scrollLeft = end * (last - began) / (seconds * 1000);
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
    }
    delete body.fillRect;
    return { drawn, gaps, pixels: end };
}"""
PLAY = """async seconds => {
    const head = host.shadowRoot.querySelector('.roll .playhead');
    let frames = 0, moved = 0, before = '';
    const began = performance.now();
    while (performance.now() - began < seconds * 1000) {
        await new Promise(requestAnimationFrame);
        frames += 1;
        if (head.style.transform !== before) moved += 1;
        before = head.style.transform;
    }
    return { frames, moved };
}"""
SHOWN = """async data => {
    const began = performance.now();
    show(data);
    const shown = () => {
        const place = [...host.shadowRoot.children].at(-1);
        return place && !place.hidden && place.querySelector('.roll-body').width > 300;
    };
    while (!shown()) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
KEY = """async key => {
    const began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code: 'Digit' + key, bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
CARDS_SHOWN = """async data => {
    const began = performance.now();
    for (const one of data) card(one);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def piece(bars: int, seed: int = 1) -> Score:
    """Four voices that move by step, in halves, quarters and eighths."""
    rng = np.random.default_rng(seed)
    notes = []
    for track, (low, high) in enumerate(((60, 79), (55, 74), (48, 67), (40, 60))):
        tick, pitch = 0, (low + high) // 2
        while tick < bars * 1920:
            length = min(int(rng.choice([240, 480, 480, 960])), bars * 1920 - tick)
            notes.append(Note(tick, pitch, length, 80, track))
            pitch = int(np.clip(pitch + rng.integers(-3, 4), low, high))
            tick += length
    tracks = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
    return Score(tuple(notes), tracks, tempos=(Tempo(0, 100.0),), key=Key(0, "major"))


def smooth(page: Any, address: str, data: dict[str, Any]) -> dict[str, float]:
    """Frames a second while scrolling from end to end and while playing, and times of single steps, in milliseconds."""
    page.goto(address)
    page.wait_for_function("window.ready")
    shown = page.evaluate(SHOWN, data)
    page.wait_for_timeout(1500)
    scrolled = page.evaluate(SCROLL, SECONDS)
    page.evaluate("host.shadowRoot.querySelector('.roll-scroll').scrollLeft = 0")
    page.keyboard.press("Space")
    page.wait_for_function("transport.playing && transport.tick > 100", timeout=60_000)
    played = page.evaluate(PLAY, SECONDS)
    page.keyboard.press("Space")
    switched = page.evaluate(KEY, "1")
    gaps = sorted(scrolled["gaps"])
    return {
        "shown_ms": shown,
        "scroll_fps": scrolled["drawn"] / SECONDS,
        "scroll_gap_p95_ms": gaps[int(0.95 * len(gaps))],
        "scroll_pixels_a_second": scrolled["pixels"] / SECONDS,
        "play_fps": played["moved"] / SECONDS,
        "switch_version_ms": switched,
    }


def main() -> None:
    first, second = piece(BARS), piece(BARS, seed=2)
    data = data_of(clip(first), clip(second, "a1", "1", "Alternative 1"))
    small = [data_of(clip(piece(16, seed), name=f"Piece {seed}"), mode="clip") for seed in range(CARDS)]
    results: dict[str, Any] = {"bars": BARS, "voices": 4, "notes": len(first.notes), "runs": RUNS}
    with serve_player() as address, chromium() as browser:
        results["chromium"] = browser.version
        for name, (width, height, ratio) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=ratio)
            runs = [smooth(page, address, data) for _ in range(RUNS)]
            results[name] = {key: spread([run[key] for run in runs]) for key in runs[0]}
            page.close()
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("window.ready")
        results["cards"] = {"cards": CARDS, "all_shown_ms": round(page.evaluate(CARDS_SHOWN, small), 1)}
    print(f"{'':14}{'scroll':>10}{'p95 gap':>10}{'play':>8}{'shown':>10}{'switch':>10}")
    for name in SIZES:
        row = {key: value["median"] for key, value in results[name].items()}
        print(
            f"{name:14}{row['scroll_fps']:>7.0f}/s {row['scroll_gap_p95_ms']:>7.0f} ms{row['play_fps']:>6.0f}/s"
            f"{row['shown_ms']:>7.0f} ms{row['switch_version_ms']:>7.0f} ms"
        )
    write("player", "300 bars x 4 voices scroll at 30 frames a second or better", results)


if __name__ == "__main__":
    main()
