"""How long sound, staves and figures take, warm; and importing their packages, in new processes.

The pieces are made here: four voices in halves, quarters and eighths at 100 to the minute. Processor time stands beside
wall time, because it means something on a busy machine too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from machine import spread, write

from musegen.audio import synthesize, write_audio
from musegen.notation import staff_pdf, staff_png, staff_svg
from musegen.plots import figure_png, plot_history, plot_score
from musegen.score import Key, Note, Score, Tempo, Track


def piece(bars: int, program: int = 52, seed: int = 1) -> Score:
    """Four voices that move by step."""
    rng = np.random.default_rng(seed)
    notes = []
    for track, (low, high) in enumerate(((60, 79), (55, 74), (48, 67), (40, 60))):
        tick, pitch = 0, (low + high) // 2
        while tick < bars * 1920:
            length = int(rng.choice([240, 480, 480, 960]))
            length = min(length, bars * 1920 - tick)
            notes.append(Note(tick, pitch, length, 80, track))
            pitch = int(np.clip(pitch + rng.integers(-3, 4), low, high))
            tick += length
    names = ("Soprano", "Alto", "Tenor", "Bass")
    return Score(tuple(notes), tuple(Track(n, program) for n in names), tempos=(Tempo(0, 100.0),), key=Key(0, "major"))


Times = dict[str, dict[str, float]]


def timed(work: Callable[[], object], runs: int) -> Times:
    """Wall and processor seconds of several runs, after one that does not count."""
    work()
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {"wall_s": spread(walls), "processor_s": spread(processors)}


def fresh(code: str, runs: int = 3) -> Times:
    """Wall and processor seconds of ``code`` in new processes, measured inside them."""
    program = (
        "import time; wall, processor = time.perf_counter(), time.process_time()\n"
        f"{code}\nprint(time.perf_counter() - wall, time.process_time() - processor)"
    )
    found = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        found.append([float(value) for value in done.stdout.split()])
    return {"wall_s": spread([row[0] for row in found]), "processor_s": spread([row[1] for row in found])}


def main() -> None:
    four, eight, minutes = piece(4), piece(8), piece(75)  # 75 bars of 2.4 s: 3 minutes
    sound = synthesize(minutes)
    rows = [{"step": i, "d_loss": 1 / (1 + i), "g_loss": 0.7 + i / 500} for i in range(500)]
    work: list[tuple[str, Callable[[], object], int]] = [
        ("sound, 4 bars x 4 voices, choir", lambda: synthesize(four), 7),
        ("sound, 4 bars x 4 voices, other notes each time", lambda: synthesize(piece(4, seed=time.time_ns())), 7),
        ("sound, 3 minutes x 4 voices, choir", lambda: synthesize(minutes), 3),
        ("sound, 3 minutes x 4 voices, piano", lambda: synthesize(piece(75, program=0)), 3),
        ("WAV of 3 minutes", lambda: write_audio(sound, "wav"), 3),
        ("FLAC of 3 minutes", lambda: write_audio(sound, "flac"), 3),
        ("OGG of 3 minutes", lambda: write_audio(sound, "ogg"), 3),
        ("staff as SVG, 8 bars x 4 voices", lambda: staff_svg(eight), 7),
        ("staff as SVG, 75 bars x 4 voices", lambda: staff_svg(minutes), 3),
        ("staff as PDF, 8 bars x 4 voices", lambda: staff_pdf(eight), 5),
        ("staff as PNG, 8 bars x 4 voices", lambda: staff_png(eight), 5),
        ("piano roll as PNG, 8 bars x 4 voices", lambda: figure_png(plot_score(eight)), 5),
        ("training curves as PNG, 500 rows", lambda: figure_png(plot_history(rows)), 5),
    ]
    results: dict[str, object] = {}
    for name, call, runs in work:
        results[name] = timed(call, runs)
    for package in ("audio", "notation", "plots"):
        results[f"import of musegen.{package}"] = fresh(f"import musegen.{package}")
    target = "sound of 4 bars x 4 voices in 0.15-0.3 s, of 3 minutes in a few s; staff of 8 bars in under 0.15 s"
    write("sound_and_staff", target, results)


if __name__ == "__main__":
    main()
