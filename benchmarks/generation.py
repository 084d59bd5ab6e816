"""How long the verbs take once the composer is warm: four alternatives of eight bars.

    python benchmarks/generation.py

Writes ``generation.json``: for each verb the seconds of 20 calls, each with a seed of its own. The melody is the Old
Hundredth (Loys Bourgeois, 1551), eight bars.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from machine import spread, write

from musegen import studio
from musegen.checkpoint import load_checkpoint
from musegen.places import CHECKPOINTS
from musegen.score import Key, Note, Score, Track

CALLS = 20
LINES = ((67, 67, 66, 64, 62, 67, 69, 71), (71, 71, 71, 69, 67, 72, 71, 69), (67, 69, 71, 69, 67, 64, 66, 67))
LINES += ((74, 71, 67, 69, 72, 71, 69, 67),)


def melody() -> Score:
    """Four lines of eight quarter notes, two bars of 4/4 each."""
    pitches = [pitch for line in LINES for pitch in line]
    notes = tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(pitches))
    return Score(notes, (Track("Melody", 73),), key=Key(1, "major"), title="Old Hundredth")


def seconds(verb: Callable[..., object]) -> dict[str, float]:
    """Median and extremes of the calls, after two to warm up."""
    times = []
    for seed in range(CALLS + 2):
        began = time.perf_counter()
        verb(n=4, seed=seed)
        times.append(time.perf_counter() - began)
    return spread(times[2:])


def main() -> None:
    began = time.perf_counter()
    checkpoint = load_checkpoint(CHECKPOINTS / "composer")
    studio.generate(checkpoint, bars=1, n=1, passes=1)
    awake = time.perf_counter() - began
    tune = melody()
    chorale = studio.harmonise(checkpoint, tune, n=1)[0].score
    results: dict[str, object] = {
        "calls": CALLS,
        "passes": studio.PASSES,
        "first_note_s": round(awake, 2),
        "harmonise_s": seconds(partial(studio.harmonise, checkpoint, tune)),
        "harmonise_in_one_pass_s": seconds(partial(studio.harmonise, checkpoint, tune, passes=1)),
        "generate_chorale_s": seconds(partial(studio.generate, checkpoint, bars=8)),
        "generate_folk_s": seconds(partial(studio.generate, checkpoint, bars=8, style="folk")),
        "fill_s": seconds(partial(studio.fill, checkpoint, chorale, bars=(3, 6), voices=["alto", "tenor"])),
    }
    write("generation", "harmonise_s (8 bars, four alternatives, warm): median under 2", results)


if __name__ == "__main__":
    main()
