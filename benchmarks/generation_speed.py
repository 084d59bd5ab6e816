"""How long music takes once a model is warm: eight bars, four alternatives, every verb.

    python benchmarks/generation_speed.py [--quick] [--checkpoint FOLDER] [--one-pass FOLDER]

Writes ``generation_speed.json``: of each verb the seconds of 20 calls (--quick: 5), each with a seed of its own, at the
studio's defaults ("refined", what the app does unless told otherwise) and with a single draft; four alternatives in one
pass of a generator that fills all over (by default the composer that ships, which is not what the app asks first), and
one alternative; the time until the first note after a cold start; the most memory that the process held. The melody is
the Old Hundredth (Loys Bourgeois, 1551), eight bars.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from machine import spread, write

from musegen import studio
from musegen.checkpoint import load_checkpoint
from musegen.places import CHECKPOINTS, COMPOSER
from musegen.score import Key, Note, Score, Track

LINES = ((67, 67, 66, 64, 62, 67, 69, 71), (71, 71, 71, 69, 67, 72, 71, 69), (67, 69, 71, 69, 67, 64, 66, 67))
LINES += ((74, 71, 67, 69, 72, 71, 69, 67),)
TARGET = "four refined alternatives of 8 bars x 4 voices, warm: median under 1 s (go for 0.3); one pass 50 ms (10 ms)"


def melody() -> Score:
    """Four lines of eight quarter notes, two bars of 4/4 each."""
    pitches = [pitch for line in LINES for pitch in line]
    notes = tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(pitches))
    return Score(notes, (Track("Melody", 73),), key=Key(1, "major"), title="Old Hundredth")


def seconds(verb: Callable[..., object], calls: int, n: int = 4) -> dict[str, float]:
    """Median and extremes of the calls, after two to warm up."""
    times = []
    for seed in range(calls + 2):
        began = time.perf_counter()
        verb(n=n, seed=seed)
        times.append(time.perf_counter() - began)
    return spread(times[2:])


def peak_gb() -> float:
    """The most memory that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**30 if sys.platform == "darwin" else 2**20), 2)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINTS / COMPOSER)
    parser.add_argument("--one-pass", type=Path, default=CHECKPOINTS / "composer")
    parser.add_argument("--name", default="generation_speed", help="of the JSON file that is written")
    arguments = parser.parse_args()
    calls = 5 if arguments.quick else 20
    began = time.perf_counter()
    checkpoint = load_checkpoint(arguments.checkpoint)
    studio.generate(checkpoint, bars=1, n=1, passes=1)
    awake = time.perf_counter() - began
    tune = melody()
    chorale = studio.harmonise(checkpoint, tune, n=1)[0].score
    timed = partial(seconds, calls=calls)
    harmonise = partial(studio.harmonise, checkpoint, tune)
    verbs: dict[str, dict[str, float]] = {
        "harmonise_s": timed(harmonise),
        "harmonise_in_one_draft_s": timed(partial(harmonise, drafts=1)),
        "harmonise_one_alternative_in_one_draft_s": timed(partial(harmonise, drafts=1), n=1),
        "generate_chorale_s": timed(partial(studio.generate, checkpoint, bars=8)),
        "continue_s": timed(partial(studio.continue_, checkpoint, chorale, bars=8)),
        "fill_s": timed(partial(studio.fill, checkpoint, chorale, bars=(3, 6), voices=["alto", "tenor"])),
        "vary_s": timed(partial(studio.vary, checkpoint, chorale)),
    }
    if any(style.startswith("folk") for style in checkpoint.styles):
        verbs["generate_folk_s"] = timed(partial(studio.generate, checkpoint, bars=8, style="folk"))
    filler = load_checkpoint(arguments.one_pass)
    once = partial(studio.harmonise, filler, tune, passes=1)
    verbs |= {"one_pass_s": timed(once), "one_pass_one_alternative_s": timed(once, n=1)}
    results: dict[str, object] = {
        "checkpoint": arguments.checkpoint.name,
        "weights": checkpoint.sha256[:16],
        "calls": calls,
        "drafts": studio.DRAFTS,
        "four_refined_8_bars_median_s": verbs["harmonise_s"]["median"],
        "one_pass_8_bars_median_s": verbs["one_pass_s"]["median"],
        "one_pass_by": arguments.one_pass.name,
        "first_note_s": round(awake, 2),
        "peak_memory_gb": peak_gb(),
        **verbs,
    }
    write(arguments.name, TARGET, results)


if __name__ == "__main__":
    main()
