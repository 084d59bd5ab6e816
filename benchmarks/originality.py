"""Writes ``assets/originality.npz``: what drafts are held against, so that the best of them is none that was learnt.

    python benchmarks/originality.py

From the training sides of the corpora that the shipped models learnt from; see ``musegen/studio/originality.py``.
"""

from __future__ import annotations

from musegen.checkpoint import write_arrays
from musegen.corpora import load_corpus
from musegen.evaluation import sample
from musegen.places import ORIGINALITY
from musegen.studio.originality import make_list

CORPORA = ("chorale", "m21-bach", "melodies")


def main() -> None:
    """See the module."""
    pieces = [p.score for name in CORPORA for p in load_corpus(name).pieces if p.split == "train"]
    arrays = make_list(sample(score).pitches for score in pieces)
    write_arrays(ORIGINALITY, dict(arrays))
    print({parts: len(rows) for parts, rows in arrays.items()}, ORIGINALITY.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
