"""Windows for a critic, made beforehand: a generator that plays note by note is too slow to be asked at every step.

    python benchmarks/pool.py RUN_OR_CHECKPOINT POOL.npz --corpus chorale --corpus melodies --windows 4000

Real windows of the training split, in which the generator made some notes anew: see ``make_fakes`` in
``musegen/models/critic.py``. Then:

    musegen train --model critic --generator CHECKPOINT --pool POOL.npz --run RUN --corpus chorale --corpus melodies
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from musegen.checkpoint import load_checkpoint, write_arrays
from musegen.corpora import load_corpus
from musegen.corpora.windows import build_windows
from musegen.models.base import MaskedModel, SequenceModel
from musegen.models.critic import POOL, CriticConfig, make_fakes

BATCH = 32


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--corpus", action="append", required=True)
    parser.add_argument("--windows", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--chorales", type=float, default=3.0, help="weight of chorales beside melodies")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    checkpoint = load_checkpoint(options.checkpoint)
    model = checkpoint.model
    if not isinstance(model, MaskedModel | SequenceModel):
        raise SystemExit(f"“{options.checkpoint}” can't fill windows: it makes music from noise.")
    pieces = [piece for name in options.corpus for piece in load_corpus(name).pieces]
    windows = build_windows(
        pieces, checkpoint.codec, steps=options.steps, seed=options.seed, styles=checkpoint.styles,
        weights={"chorale": options.chorales},
    )  # fmt: skip
    rng = np.random.default_rng(options.seed)
    parts, began = [], time.monotonic()
    for number in range(-(-options.windows // BATCH)):
        batch = {name: array for name, array in windows.batch(number, BATCH).items() if np.ndim(array)}
        parts.append(make_fakes(model, batch, rng, CriticConfig(styles=checkpoint.styles)))
        print(f"{BATCH * (number + 1)} windows, {time.monotonic() - began:.0f} s", flush=True)
    write_arrays(options.out, {name: np.concatenate([part[name] for part in parts]) for name in POOL})


if __name__ == "__main__":
    main()
