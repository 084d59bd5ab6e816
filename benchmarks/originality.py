"""Writes ``assets/originality.npz``, the list that music is held against, and measures what the list is good for.

    python benchmarks/originality.py [--pieces 100]

The list is made from the training sides of the corpora that the shipped models learnt from; beside it stands how long
the longest runs of held-out real music are (validation and test pieces whose tune is in no training piece). Measured
are those of real test pieces and of pieces by the shipped model, copies that are planted in real music, a looser match
by intervals alone, and times.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from machine import spread, write
from originality_loose import loose
from originality_planted import planted

from musegen.checkpoint import load_checkpoint, write_bytes
from musegen.corpora import CorpusPiece, load_corpus
from musegen.corpora.catalog import corpus_info
from musegen.corpora.sources import sources
from musegen.evaluation import Sampled, sample
from musegen.places import CHECKPOINTS, COMPOSER, ORIGINALITY
from musegen.score import Score
from musegen.studio import generate
from musegen.studio.originality import Listed, originality, searched
from musegen.studio.originality.listing import Listing, Part, listing, make_list
from musegen.studio.originality.report import longest_run
from musegen.studio.originality.share import _known

CORPORA = ("m21-bach", "chorale", "melodies")
"""Sets of music21 stand first: of two editions of a work the first is named, and those can be heard on any machine."""
LENGTHS = (64, 128, 256, 512)
"""Sixteenths of the excerpts whose longest runs are measured: 4 to 32 bars of 4/4."""
TUNES = ("folk/irish", "folk/british", "folk/american", "folk/polish", "folk/german-song")
COUNTED = (16, 24, 32, 48, 64)


def listed(pieces: list[CorpusPiece]) -> Iterator[Listed]:
    """The training pieces with titles that people know; a chorale's music21 edition is named like the other one."""
    editions = {Path(s.about["edition"]).stem: s for s in sources(corpus_info("bach-chorales")) if "edition" in s.about}
    training = {p.id for p in pieces}
    twins = {s.name for stem, s in editions.items() if f"m21-bach/{stem}" in training}
    for piece in pieces:
        title = piece.title
        if piece.id.startswith("m21-bach/"):
            stem = piece.id.split("/")[1]
            number = stem.replace("bwv", "BWV ", 1)
            title = f"{editions[stem].about['title']} ({number})" if stem in editions else number
        yield Listed(piece.id, title, piece.composer, piece.culture, piece.score, piece.id in twins)


def styles(piece: CorpusPiece) -> tuple[str, str]:
    """The style that the models know a piece by, and its family."""
    if piece.style == "folk":
        return f"folk/{piece.culture}", "folk"
    return {"bach-chorale": "chorale/bach"}.get(piece.style, f"chorale/{piece.style}"), "chorale"


def excerpts(piece: Sampled, length: int) -> list[np.ndarray]:
    """Its stretches of so many sixteenths, one after the other."""
    return [piece.pitches[at : at + length] for at in range(0, len(piece.pitches) - length + 1, length)]


def usual(known: Listing, held_out: list[CorpusPiece]) -> dict[str, Any]:
    """Part, style, length of excerpt, [[sixteenths of the longest run, how many excerpts], ...]."""
    counts: dict[str, dict[str, dict[str, Counter[int]]]] = {"texture": {}, "melody": {}}
    for piece in held_out:
        heard = sample(piece.score)
        for part in ("texture", "melody") if heard.pitches.shape[1] == 4 else ("melody",):
            for length in LENGTHS:
                for music in excerpts(heard, length):
                    run = longest_run(known, part, music if part == "texture" else music[:, :1])
                    for style in styles(piece):
                        counts[part].setdefault(style, {}).setdefault(str(length), Counter())[run] += 1
    return {
        part: {s: {n: sorted(c.items()) for n, c in lengths.items()} for s, lengths in table.items()}
        for part, table in counts.items()
    }


def save(pieces: list[Listed], table: dict[str, Any] | None = None) -> Listing:
    """Writes the list, deflated, and reads it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **make_list(pieces, table))
    write_bytes(ORIGINALITY, buffer.getvalue())
    listing.cache_clear()
    _known.cache_clear()
    known = listing()
    assert known is not None
    return known


def distribution(runs: list[int], seed: int = 0) -> dict[str, Any]:
    """Quantiles of longest runs, and how many are as long as so many sixteenths, in % with 95 % intervals."""
    values = np.array(runs)
    rng = np.random.default_rng(seed)
    draws = rng.choice(values, (2000, len(values)))

    def value(statistic: Callable[..., Any]) -> list[float]:
        low, high = np.quantile(statistic(draws, axis=1), (0.025, 0.975))
        return [round(float(x), 1) for x in (statistic(values, axis=0), low, high)]

    def quantile(q: float) -> list[float]:
        return value(lambda rows, axis: np.quantile(rows, q, axis=axis, method="inverted_cdf"))

    share = {str(n): value(lambda rows, axis, n=n: 100 * (rows >= n).mean(axis=axis)) for n in COUNTED}
    return {
        "n": len(values),
        "median": quantile(0.5),
        "nine_in_ten": quantile(0.9),
        "longest": int(values.max()),
        "share_at_least_%": share,
    }


def distributions(known: Listing, real: list[CorpusPiece], made: dict[str, list[Score]]) -> dict[str, Any]:
    """Longest runs of real and made music: chorales over 128 sixteenths, tunes over 256."""
    result: dict[str, Any] = {}
    sides: tuple[tuple[str, Part, int, str], ...] = (
        ("chorales, texture", "texture", 128, "chorale/bach"),
        ("chorales, melody", "melody", 128, "chorale/bach"),
        ("tunes", "melody", 192, "folk"),
    )
    for name, part, length, style in sides:
        sets = {
            "real test pieces": [sample(p.score) for p in real if style in styles(p)],
            "made by the shipped model": [sample(s) for k, rows in made.items() if k.startswith(style) for s in rows],
        }
        for who, pieces in sets.items():
            cut = [music for piece in pieces for music in excerpts(piece, length)[:1]]
            runs = [longest_run(known, part, music if part == "texture" else music[:, :1]) for music in cut]
            result[f"{name}: {who}, first {length} sixteenths"] = distribution(runs)
    return result


def times(score: Score) -> dict[str, Any]:
    """Milliseconds of processor time (others may be at work): the list read and sorted, and a report."""
    reading, reports = [], []
    for _ in range(7):
        listing.cache_clear()
        begin = time.process_time()
        known = listing()
        assert known is not None
        assert (known.texture.hop, known.melody.hop) == (4, 8)  # made when asked for
        reading.append((time.process_time() - begin) * 1000)
    for _ in range(30):
        begin = time.process_time()
        originality(score, style="chorale/bach")
        reports.append((time.process_time() - begin) * 1000)
    return {"reading_the_list_ms": spread(reading), "report_ms": spread(reports), "report_bars": len(score.bars())}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=100, help="of each kind, made by the shipped model")
    count = parser.parse_args().pieces
    all_ = [p for name in CORPORA for p in load_corpus(name).pieces]
    training = list(listed([p for p in all_ if p.split == "train"]))
    held_out = [p for p in all_ if p.clean and not p.id.startswith("m21-bach/")]
    known = save(training)
    known = save(training, usual(known, held_out))
    print({part: known.arrays[part].size for part in ("texture", "melody")}, ORIGINALITY.stat().st_size, "bytes")
    checkpoint = load_checkpoint(CHECKPOINTS / COMPOSER)
    made: dict[str, list[Score]] = {"chorale/bach": [], **{style: [] for style in TUNES}}
    for style, scores in made.items():
        wanted, bars = (count, 8) if style == "chorale/bach" else (-(-count // len(TUNES)), 16)
        first = 1000 if style == "chorale/bach" else 2000
        for seed in range(first, first - (-wanted // 4)):
            scores += [p.score for p in generate(checkpoint, bars=bars, n=4, seed=seed, style=style)]
        del scores[wanted:]
    test = [p for p in held_out if p.split == "test"]
    sixteen = next(p.score for p in held_out if len(p.score.bars()) >= 16 and p.style == "bach-chorale")
    facts = {part: searched(part) for part in ("texture", "melody")}
    results = {
        "list": {
            "bytes": ORIGINALITY.stat().st_size,
            **{part: {"windows": int(known.arrays[part].size), "works": f.works} for part, f in facts.items() if f},
        },
        "longest_runs_in_sixteenths": distributions(known, test, made),
        "planted_copies_found_%": planted(training, [p.score for p in test], count),
        "intervals_alone": loose(
            [p.score for p in training],
            {
                "real test tunes": [p.score for p in test if p.style == "folk"],
                "made tunes": [s for style in TUNES for s in made[style]],
                "made sopranos": made["chorale/bach"],
            },
        ),
        "times": times(sixteen.slice_bars(1, 16)),
        "median_runs": {
            style: int(median(longest_run(known, "melody", sample(s).pitches[:, :1]) for s in scores))
            for style, scores in made.items()
        },
    }
    write("originality", "a report on 16 bars in under 30 ms, the list read in under 100 ms", results)


if __name__ == "__main__":
    main()
