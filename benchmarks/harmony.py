"""Chords, keys, cadences and phrase ends beside what people wrote down; Bach's faults; what the critic hears.

    python benchmarks/harmony.py

The truth is the analyses of Bach's chorales by Andrew Jones and Dmitri Tymoczko that music21 holds (Riemenschneider
1-20, but 11, whose file there has nine parts and repeats). The weights were found on the odd numbers; the even ones are
reported, beside music21's own ``romanNumeralFromChord`` in the key that it finds. Phrase ends: fermatas of
"bach-chorales", valid and test. Writes ``harmony.json``, and the tables ``musegen/harmony/bach.json`` and
``musegen/studio/bach_bars.json`` that the app reads. Needs "bach-chorales" and "js-fakes" (docs/corpora.md).
"""

from __future__ import annotations

import json
import os
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core is timed

import music21
import numpy as np
from machine import commit, processor, spread
from music21 import converter, corpus, roman

from musegen.checkpoint import load_checkpoint
from musegen.corpora import load_corpus
from musegen.evaluation.intervals import bootstrap
from musegen.harmony import KINDS, Analysis, analyse
from musegen.harmony.bach import TABLE
from musegen.harmony.cadence import cadence_kind
from musegen.harmony.candidates import QUALITIES
from musegen.harmony.chord import Chord
from musegen.places import CHECKPOINTS, COMPOSER
from musegen.score import Key, Metre, Note, Score, Track
from musegen.studio import generate
from musegen.studio.opinion import REFERENCE, bar_verdicts, share_below

SEED, RESOLUTION, STEP = 1, 480, 120
ANALYSES = Path(music21.__file__).parent / "corpus/bach/choraleAnalyses"
FILES = {"248(2).12": "248.12-2"}  # BWV in the analysis -> in the file's name
LEFT_OUT = (11,)
QUANTILES = 100


@dataclass(frozen=True)
class Label:
    """One chord of the truth: quarters, key, root, pitch classes, and the numeral with figures as 65, not 6/5."""

    start: float
    end: float
    key: Key
    root: int
    tones: frozenset[int]
    inversion: int
    numeral: str


@dataclass(frozen=True)
class Chorale:
    """A chorale of music21's with its analysis; ``stream`` is moved to the analysis's key as the score is."""

    number: int
    score: Score
    stream: music21.stream.Stream
    fermatas: tuple[int, ...]
    labels: tuple[Label, ...]


def plain(figure: str) -> str:
    """ "V6/5/V" as "V65/V"; 42 and 2, and the ways of writing half-diminished, are one."""
    figure = re.sub(r"(?<=\d)/(?=\d)", "", figure).replace("/o", "ø").replace("%", "ø")
    figure = re.sub(r"(?<!\d)42(?!\d)", "2", figure)
    return re.sub(r"(?<!\d)2(?!\d)", "42", figure)


def read_chorale(path: Path) -> Chorale:
    """The analysis and the music of one chorale, which is moved to where it fits best: editions differ in key."""
    number = int(path.stem[-3:])
    bwv = re.search(r"BWV: *(\S+)", path.read_text("utf-8"))[1]
    stream = corpus.parse(f"bach/bwv{FILES.get(bwv, bwv)}")
    labels = tuple(
        Label(
            float(r.offset),
            float(r.offset + r.quarterLength),
            Key((7 * r.key.tonic.pitchClass - (63 if r.key.mode == "minor" else 0) + 5) % 12 - 5, r.key.mode),
            r.root().pitchClass,
            frozenset(r.pitchClasses),
            r.inversion(),
            plain(r.figure),
        )
        for r in converter.parse(path).flatten().getElementsByClass(roman.RomanNumeral)
    )
    score, fermatas = score_of(stream)
    share, semitones = max((fit(score, labels, shift), shift) for shift in range(-6, 6))
    assert share > 0.85, f"{path.name}: the music is not what was analysed"
    return Chorale(number, score.transpose(semitones), stream.transpose(semitones), fermatas, labels)


def score_of(stream: music21.stream.Stream) -> tuple[Score, tuple[int, ...]]:
    """The music as printed, without repeats, and the onsets of the soprano's notes with a fermata."""

    def ticks(offset: float) -> int:
        return round(float(offset) * RESOLUTION)

    notes = tuple(
        Note(ticks(n.offset), n.pitch.midi, ticks(n.quarterLength), 80, i)
        for i, part in enumerate(stream.parts)
        for n in part.flatten().stripTies().notes
        if n.isNote and n.quarterLength > 0
    )
    top = stream.parts[0]
    first = top.getElementsByClass("Measure")[0]
    signature = top.flatten().getElementsByClass("KeySignature")[0]
    metres = tuple(
        Metre(ticks(t.offset), t.numerator, t.denominator) for t in top.flatten().getElementsByClass("TimeSignature")
    )
    marks = [ticks(n.offset) for n in top.flatten().notes if any("Fermata" in e.classes for e in n.expressions)]
    fermatas = tuple(  # on a tied note, where its first part begins
        n.onset for n in notes if n.track == 0 and any(n.onset <= mark < n.end for mark in marks)
    )
    score = Score(
        notes,
        tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass")),
        RESOLUTION,
        metres=metres,
        key=Key(signature.sharps, getattr(signature, "mode", "") or ""),
        pickup=ticks(first.duration.quarterLength) if first.number == 0 else 0,
    )
    return score, fermatas


def fit(score: Score, labels: Iterable[Label], shift: int) -> float:
    """Share of the sounding time that belongs to the labelled chords."""
    inside = total = 0.0
    for label in labels:
        for n in score.notes:
            time_ = min(n.end, label.end * RESOLUTION) - max(n.onset, label.start * RESOLUTION)
            if time_ > 0:
                total += time_
                inside += time_ * ((n.pitch + shift) % 12 in label.tones)
    return inside / total


# --- agreement ----------------------------------------------------------------------------------

ASPECTS = ("root", "chord", "root and bass", "key", "numeral", "numeral, key aside", "numeral in the true key")


def ours(chorale: Chorale, found: Analysis) -> dict[int, tuple[int, frozenset[int], int, Key, str]]:
    """By sixteenth: root, tones, inversion, key, numeral."""
    tones = {q.name: q.tones for q in QUALITIES}
    result = {}
    for c in found.chords:
        said = (c.root, frozenset((c.root + t) % 12 for t in tones[c.quality]), c.inversion, c.key, c.numeral)
        result.update(dict.fromkeys(range(c.start // STEP, c.end // STEP), said))
    return result


def music21s(chorale: Chorale) -> dict[int, tuple[int, frozenset[int], int, Key, str]]:
    """The same by music21: every sonority of the chordified score, in the key that it finds for the whole."""
    key = chorale.stream.analyze("key")
    ours_key = Key((7 * key.tonic.pitchClass - (63 if key.mode == "minor" else 0) + 5) % 12 - 5, key.mode)
    result = {}
    for c in chorale.stream.chordify().flatten().notes:
        r = roman.romanNumeralFromChord(c, key)
        said = (c.root().pitchClass, frozenset(c.pitchClasses), c.inversion(), ours_key, plain(r.figure))
        begin = round(float(c.offset) * 4)
        result.update(dict.fromkeys(range(begin, round(float(c.offset + c.quarterLength) * 4)), said))
    return result


def agreement(chorale: Chorale, said: dict[int, tuple[int, frozenset[int], int, Key, str]]) -> list[float]:
    """Sixteenths with a label, then for each of ``ASPECTS`` those that agree."""
    counts = np.zeros(1 + len(ASPECTS))
    for label in chorale.labels:
        for step in range(round(label.start * 4), round(label.end * 4)):
            if step in said:
                root, tones, inversion, key, numeral = said[step]
                same_root = root == label.root
                same_key = (key.tonic, key.mode) == (label.key.tonic, label.key.mode)
                name = plain(numeral) == label.numeral
                counts += [
                    1, same_root, same_root and tones == label.tones, same_root and inversion == label.inversion,
                    same_key, name and same_key, name, 0,
                ]  # fmt: skip
                counts[-1] += same_key  # the places of the last aspect
    return counts.tolist()


def table(rows: list[list[float]]) -> dict[str, str]:
    """Share of each aspect in %, with its interval over chorales."""
    counts = np.array(rows)
    result = {
        name: str(bootstrap(counts, lambda sums, i=i: 100 * sums[..., i] / sums[..., 0], SEED))
        for i, name in enumerate(ASPECTS[:-1], start=1)
    }
    result[ASPECTS[-1]] = str(bootstrap(counts, lambda sums: 100 * sums[..., 5] / sums[..., 7], SEED))
    return result


def changes(chorale: Chorale, roots: list[tuple[int, int]]) -> list[float]:
    """Places where the root changes: in both, in the truth, in what was found; (step, root) in order."""

    def places(pairs: list[tuple[int, int]]) -> set[int]:
        return {s for i, (s, root) in enumerate(pairs) if i == 0 or pairs[i - 1][1] != root}

    truth = places([(round(label.start * 4), label.root) for label in chorale.labels])
    found = places(roots)
    return [len(truth & found), len(truth), len(found)]


def f1(rows: list[list[float]]) -> str:
    """F1 in % of (both, truth, found), with its interval."""
    return str(bootstrap(np.array(rows, float), lambda s: 200 * s[..., 0] / (s[..., 1] + s[..., 2]), SEED))


def true_cadences(chorale: Chorale) -> dict[int, str]:
    """By fermata the kind of cadence that the labels make there, by the rule of ``cadence_kind``; "" for none."""
    qualities = {(q.tones): q.name for q in QUALITIES}
    chords = []
    for label in chorale.labels:
        tones = tuple(sorted((t - label.root) % 12 for t in label.tones))
        quality = qualities.get(tones, "")
        bass = sorted(label.tones, key=lambda t: (t - label.root) % 12)[min(label.inversion, len(label.tones) - 1)]
        start, end = round(label.start * RESOLUTION), round(label.end * RESOLUTION)
        chords.append(
            Chord(start, end, 0, 1.0, label.root, quality, bass, label.inversion, "", label.key, label.numeral, (), ())
        )
    result = {}
    for fermata in chorale.fermatas:
        note = next(n for n in chorale.score.track_notes(0) if n.onset == fermata)
        here = [i for i, c in enumerate(chords) if c.start < note.end and c.end > note.onset]
        kinds = []
        for last in reversed(here):
            first = last
            while first > 0 and chords[first].root == chords[last].root:
                first -= 1
            kinds.append(cadence_kind(chords[first], chords[last], note.pitch % 12) if first < last else "")
        kinds = [kind for kind in kinds if kind]
        result[fermata] = next((k for k in kinds if "half" not in k), kinds[0] if kinds else "")
    return result


def cadence_rows(chorale: Chorale, found: Analysis) -> tuple[list[float], list[tuple[str, str]]]:
    """[agreeing, fermatas] and (true kind, found kind)."""
    pairs = []
    for fermata, kind in true_cadences(chorale).items():
        note = next(n for n in chorale.score.track_notes(0) if n.onset == fermata)
        near = [c.kind for c in found.cadences if note.onset <= c.tick < note.end]
        pairs.append((kind or "none", near[0] if near else "none"))
    return [sum(a == b for a, b in pairs), len(pairs)], pairs


# --- Bach's faults, phrase ends, the critic -----------------------------------------------------


def phrase_rows(pieces: Iterable) -> list[list[float]]:
    """(both, true, found) phrase ends of each piece, its last left out."""
    rows = []
    for piece in pieces:
        if piece.phrase_ends:
            notes = piece.score.notes
            found = {notes[i].onset for i in analyse(piece.score).phrase_ends[:-1]}
            truth = set(piece.phrase_ends[:-1])
            rows.append([len(found & truth), len(truth), len(found)])
    return rows


def fault_counts(scores: Iterable[Score]) -> dict:
    """How many faults of each kind in how many chords, and in how many pieces."""
    count, pieces, chords, total = Counter(), Counter(), 0, 0
    for score in scores:
        found = analyse(score)
        kinds = Counter(fault.kind + level for fault in found.faults for level in (f"/{fault.level}", "/all"))
        count += kinds
        pieces.update(kinds.keys())
        chords += len(found.chords)
        total += 1
    faults: dict[str, dict[str, list[int]]] = {kind: {} for kind in KINDS}
    for name in sorted(count):
        kind, level = name.split("/")
        faults[kind][level] = [count[name], pieces[name]]
    return {"pieces": total, "chords": chords, "faults": faults}


def area(low: list[float], high: list[float]) -> float:
    """How often a value of the second list is above one of the first, ties counting half."""
    a, b = np.array(low), np.array(high)
    return float(((b[:, None] > a).mean() + (b[:, None] >= a).mean()) / 2)


def opinions(real: list[Score], made: dict[str, list[Score]]) -> dict:
    """Writes the quantiles of the verdicts on real bars; how well bars and pieces of machines are told from them."""
    checkpoint = load_checkpoint(CHECKPOINTS / COMPOSER)
    critic = load_checkpoint(CHECKPOINTS / checkpoint.card["critic"]).sha256[:16]

    def verdicts(scores: list[Score]) -> list[list[float]]:
        return [[float(bar.mean()) for bar in bar_verdicts(checkpoint, score)] for score in scores]

    bach = verdicts(real)
    bars = np.array([v for piece in bach for v in piece])
    quantiles = np.quantile(bars, np.linspace(0, 1, QUANTILES + 1)).round(3)
    entry = {
        "source": "verdicts on the bars of the valid and test chorales of bach-chorales (DCML, CC0)",
        "bars": len(bars),
        "pieces": len(real),
        "quantiles": quantiles.tolist(),
    }
    REFERENCE.write_text(json.dumps({critic: entry}) + "\n", "utf-8")
    figures: dict = {"real bars": len(bars)}
    for name, scores in made.items():
        theirs = verdicts(scores)
        values = [v for piece in theirs for v in piece]
        figures[name] = {
            "bars": len(values),
            "mean value": round(float(np.mean([share_below(quantiles, v) for v in values])), 3),
            "real bar above made bar": round(area(values, bars.tolist()), 3),
            "real piece above made piece": round(
                area([float(np.mean(p)) for p in theirs], [float(np.mean(p)) for p in bach]), 3
            ),
        }
    long = max(real, key=lambda score: score.end)
    times = []
    for _ in range(7):
        began = time.perf_counter()
        bar_verdicts(checkpoint, long)
        times.append(1000 * (time.perf_counter() - began))
    figures["ms, longest chorale"] = spread(times) | {"bars": len(long.bars())}
    return figures


def own_drafts(n: int) -> list[Score]:
    """Chorales by the composer that ships, one draft each: what the critic learnt to tell."""
    checkpoint = load_checkpoint(CHECKPOINTS / COMPOSER)
    return [piece.score for piece in generate(checkpoint, style="chorale", bars=8, n=n, seed=SEED, drafts=1)]


def timing(chorales: list[Chorale]) -> dict[str, float]:
    """CPU milliseconds of ``analyse`` a bar of 4/4, and of 16 bars."""
    values = []
    for chorale in chorales:
        if chorale.score.metres[0].numerator == 4:
            analyse(chorale.score)
            began = time.process_time()
            for _ in range(5):
                analyse(chorale.score)
            values.append(1000 * (time.process_time() - began) / 5 / len(chorale.score.bars()) * 16)
    return spread(values)


def main() -> None:
    """See the module."""
    warnings.simplefilter("ignore")
    chorales = [read_chorale(p) for p in sorted(ANALYSES.glob("*.rntxt")) if int(p.stem[-3:]) not in LEFT_OUT]
    figures: dict = {"processor": processor(), "commit": commit(), "music21": music21.__version__}
    for name, chosen in (
        ("held out", [c for c in chorales if c.number % 2 == 0]),
        ("tuned on", [c for c in chorales if c.number % 2]),
    ):
        found = {c.number: analyse(c.score) for c in chosen}
        cadences = [cadence_rows(c, found[c.number]) for c in chosen]
        known = [cadence_rows(c, analyse(c.score, c.fermatas))[0] for c in chosen]
        roots = {n: [(c.start // STEP, c.root) for c in a.chords] for n, a in found.items()}
        figures[name] = {
            "chorales": [c.number for c in chosen],
            "labels": sum(len(c.labels) for c in chosen),
            "agreement, % of time": table([agreement(c, ours(c, found[c.number])) for c in chosen]),
            "F1 of changes of root": f1([changes(c, roots[c.number]) for c in chosen]),
            "cadences at fermatas, %": str(
                bootstrap(np.array([row for row, _ in cadences], float), lambda s: 100 * s[..., 0] / s[..., 1], SEED)
            ),
            "the same, fermatas given": str(
                bootstrap(np.array(known, float), lambda s: 100 * s[..., 0] / s[..., 1], SEED)
            ),
            "cadences, true > found": dict(
                Counter(f"{a} > {b}" for _, pairs in cadences for a, b in pairs).most_common()
            ),
        }
        if name == "held out":
            theirs = {c.number: music21s(c) for c in chosen}
            figures[name]["music21, % of time"] = table([agreement(c, theirs[c.number]) for c in chosen])
            changed = [changes(c, sorted((step, said[0]) for step, said in theirs[c.number].items())) for c in chosen]
            figures[name]["music21, F1 of changes of root"] = f1(changed)
        print(json.dumps(figures[name], indent=1, ensure_ascii=False), flush=True)
    bach = load_corpus("bach-chorales")
    held = [*bach.split("valid"), *bach.split("test")]
    figures["phrase ends, F1"] = {
        "valid and test": f1(phrase_rows(held)),
        "train": f1(phrase_rows(bach.split("train"))),
    }
    counts = fault_counts(piece.score for piece in bach.pieces)
    TABLE.write_text(json.dumps({"source": "bach-chorales (DCML, CC0)", **counts}, indent=1) + "\n", "utf-8")
    fakes = [piece.score for piece in load_corpus("js-fakes").pieces]
    others = fault_counts(fakes[:200])
    figures["faults in 100 chords"] = {
        name: {
            f"{kind}, {level}": round(100 * count / found["chords"], 3)
            for kind, levels in found["faults"].items()
            for level, (count, _) in levels.items()
            if level != "all"
        }
        for name, found in (("bach-chorales", counts), ("JS Fakes, 200", others))
    }
    figures["CPU ms, 16 bars of 4/4"] = timing(chorales)
    figures["critic"] = opinions(
        [piece.score for piece in held], {"composer, one draft": own_drafts(24), "JS Fakes": fakes[:100]}
    )
    print(json.dumps({k: v for k, v in figures.items() if k not in ("held out", "tuned on")}, indent=1))
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    Path(__file__).with_name("harmony.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
