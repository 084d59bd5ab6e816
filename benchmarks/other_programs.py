"""What other people's programs find in the files that musegen writes: MIDI and MusicXML of 15 scores of many kinds.

    nice python benchmarks/other_programs.py [PYTHON]

Asked are music21, verovio, symusic, mido, pretty_midi, MuseScore and LilyPond (as far as they are installed), and
partitura, which wants a Python of its own: PYTHON is one that has it. Compared with the score are the notes (onset and
pitch), their lengths, title, names of the parts, instruments, key, metre and pick-up. Writes ``other_programs.json``
and its table into ``round_trips.md``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from machine import HERE, write
from programs_asked import LIMIT_S, PROGRAMS, Facts

from musegen.corpora.catalog import data_folder, music21_corpus
from musegen.formats import read_score, write_score
from musegen.formats.midi_metres import short_metre
from musegen.places import EXAMPLES
from musegen.score import Key, Metre, Note, Score, Tempo, Track

FEATURES = ("notes", "lengths", "title", "parts", "instruments", "key", "metre", "pick-up")


def line(*notes: tuple[int | None, Fraction | float], track: int = 0) -> list[Note]:
    """Notes (pitch or None, quarters) one after the other."""
    found, at = [], Fraction(0)
    for pitch, length in notes:
        ticks = round(Fraction(length).limit_denominator(24) * 480)
        if pitch is not None:
            found.append(Note(round(at * 480), pitch, ticks, track=track))
        at += Fraction(length).limit_denominator(24)
    return found


def scores() -> Iterator[tuple[str, Score]]:
    """Name and score."""

    def read(path: Path) -> Score:
        return read_score(path.read_bytes(), path.name).score

    third = Fraction(1, 3)
    corpus = music21_corpus()
    yield "Chinese title: Jasmine Flower", read(EXAMPLES / "traditional-jasmine-flower.musicxml")
    yield "4 voices, pick-up, sharps, minor: BWV 66.6", read(corpus / "bach" / "bwv66.6.mxl")
    yield (
        "4 voices, minor with a flat: Jesu, meine Freude",
        read(EXAMPLES / "johann-sebastian-bach-jesu-meine-freude.musicxml"),
    )
    yield "song with piano, pick-up, flats: Wiegenlied", read(EXAMPLES / "johannes-brahms-wiegenlied.musicxml")
    yield "piano, chords, syncopation: The Entertainer", read(EXAMPLES / "scott-joplin-the-entertainer.musicxml")
    yield "piano, triplets: Oginski", read(EXAMPLES / "micha-kleofas-oginski-polonaise-les-adieux.musicxml")
    yield "six parts with drums: The Heroic Battle", read(EXAMPLES / "tyler-picklehammer-p-the-heroic-battle.musicxml")
    yield "Japanese title: Echigo Jishi", read(EXAMPLES / "traditional-echigo-jishi.musicxml")
    jigs = sorted((corpus / "ryansMammoth").glob("*Jig.abc"))
    jig = next(score for score in map(read, jigs) if score.metres[0] == Metre(0, 6, 8) and score.pickup)
    yield "6/8 with pick-up, repeats written out: a jig", jig
    songs = sorted((data_folder() / "openscore_lieder").rglob("*.mxl"))
    if songs:
        small = next(path for path in songs[300:] if path.stat().st_size < 12_000)
        yield "song with piano (openscore)", read(small)
    yield (
        "long notes tied over bars, C minor, changes of tempo",
        Score(
            (*line((72, 11), (67, 1), (68, 8.5), (67, 3.5)), *line((48, 13), (43, 11), track=1)),
            (Track("Oboe", 68), Track("Cello", 42)),
            tempos=(Tempo(0, 72.0), Tempo(3840, 96.5), Tempo(7680, 60.0)),
            key=Key(-3, "minor"),
            title="Held & tied",
            composer="A. Nonymous",
        ),
    )
    yield "triplets of eighths, quarters, sixteenths", Score(
        tuple(
            line(
                *[(p, third) for p in (60, 62, 64)], (65, 2 * third), (67, third), (69, 2),
                *[(p, 2 * third) for p in (72, 71, 69)], *[(p, third / 2) for p in (67, 69, 67, 65, 64, 62)], (60, 1),
                (60, 4),
            )
        ),
        (Track("Flute", 73),),
        key=Key(0, "major"),
        title="Triplets",
    )  # fmt: skip
    yield (
        "changes of metre, no key stated",
        Score(
            tuple(line(*[(60 + k % 5, 1) for k in range(10)], *[(67 - k % 3, 0.5) for k in range(14)], (60, 3))),
            (Track("Violin", 40),),
            metres=(Metre(0, 3, 4), Metre(1440, 4, 4), Metre(1440 + 1920, 3, 4), Metre(4800, 7, 8), Metre(8160, 3, 4)),
            title="Metres",
        ),
    )
    kit = [(36, 0), (42, 0), (42, 1), (38, 2), (42, 2), (42, 3), (36, 3), (46, 3.5)]
    yield (
        "drums alone",
        Score(
            tuple(Note(round(480 * (4 * bar + at)), p, 240) for bar in range(4) for p, at in kit),
            (Track("鼓 Drums", 0, True),),
            tempos=(Tempo(0, 110.0),),
            title="Groove",
        ),
    )
    yield (
        "17 parts",
        Score(
            tuple(n for t in range(17) for n in line((50 + t, 2), (52 + t, 1), (None, 1), (48 + t, 4), track=t)),
            tuple(Track(f"Part {t + 1}", 5 * t) for t in range(17)),
            key=Key(6, "major"),
            pickup=0,
            title="Many parts",
        ),
    )


def facts_of(score: Score) -> Facts:
    """What a program should find."""
    unit = score.resolution
    sounding = sorted({note.track for note in score.notes})
    return {
        "notes": sorted((round(n.onset / unit, 2), n.pitch) for n in score.notes),
        "lengths": sorted((round(n.onset / unit, 2), n.pitch, round(n.duration / unit, 2)) for n in score.notes),
        "title": score.title,
        "parts": [score.tracks[t].name for t in sounding],
        "instruments": [128 if score.tracks[t].is_drum else score.tracks[t].program for t in sounding],
        "key": [score.key.fifths, score.key.mode] if score.key else None,
        "metre": [[round(m.tick / unit, 2), str(m)] for m in score.metres],
        "pick-up": round(score.pickup / unit, 2),
    }


def in_midi(ours: Facts, score: Score) -> Facts:
    """The same for those who take a pick-up in MIDI literally: as a first bar with a metre of its own."""
    short = short_metre(score)
    if short is None:
        return ours
    (_, first), *later = ours["metre"]
    return {**ours, "metre": [[0.0, str(short)], [ours["pick-up"], first], *later]}


def agree(feature: str, ours: object, theirs: object) -> bool:
    """Whether a program found what is in the score; of lengths, within a tenth (players let go early)."""
    if feature == "lengths":
        one, other = (sorted(tuple(row) for row in rows) for rows in (ours, theirs))  # type: ignore[attr-defined]
        return len(one) == len(other) and all(
            abs(a[2] - b[2]) <= 0.12 * a[2] + 0.03 for a, b in zip(one, other, strict=True)
        )
    if feature == "notes":
        one, other = (sorted(tuple(row) for row in rows) for rows in (ours, theirs))  # type: ignore[attr-defined]
        return len(one) == len(other) and all(
            abs(a[0] - b[0]) < 0.03 and a[1] == b[1]
            for a, b in zip(sorted(one, key=_by_pitch), sorted(other, key=_by_pitch), strict=True)
        )
    if feature == "key" and ours and theirs:  # many programs and formats know no mode, or no signature without one
        (fifths, mode), (their_fifths, their_mode) = ours, theirs  # type: ignore[misc]
        return fifths == their_fifths and (mode == their_mode or not mode or not their_mode)
    if feature == "key" and not ours:  # none stated: shown as none or as no sharps and flats
        return not theirs or theirs[0] == 0  # type: ignore[index]
    if feature == "parts":  # a part without a name may be called by its instrument
        one, other = list(ours), list(theirs)  # type: ignore[call-overload]
        return not any(one) or one == other
    return bool(json.loads(json.dumps(ours, default=int)) == json.loads(json.dumps(theirs, default=int)))


def _by_pitch(row: tuple[float, ...]) -> tuple[float, float]:
    return row[1], row[0]


def ask(program: Callable[[Path], Facts], path: Path) -> Facts | str:
    """What the program finds, or how it failed."""
    try:
        return program(path)
    except subprocess.TimeoutExpired:
        return f"took more than {LIMIT_S} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else ""
    rows: dict[str, dict[str, list[int]]] = {}
    found: list[dict[str, object]] = []
    chosen = list(scores())
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, score) in enumerate(chosen):
            facts = facts_of(score)
            for program in PROGRAMS(python):
                literal = program.format == "mid" and "pick-up" not in program.features
                ours = in_midi(facts, score) if literal else facts
                path = Path(folder) / f"{number}.{program.format}"
                path.write_bytes(write_score(score, program.format))
                theirs = ask(program.ask, path)
                row = rows.setdefault(program.name, {feature: [0, 0] for feature in FEATURES})
                if isinstance(theirs, str):
                    found.append({"score": name, "program": program.name, "what": theirs})
                    for feature in program.features:
                        row[feature][1] += 1
                    continue
                for feature in program.features:
                    right = feature in theirs and agree(feature, ours[feature], theirs[feature])
                    row[feature][0] += right
                    row[feature][1] += 1
                    if not right:
                        short = {
                            "ours": ours[feature],
                            "theirs": json.loads(json.dumps(theirs.get(feature), default=int)),
                        }
                        if feature in ("notes", "lengths"):
                            short = _few(ours[feature], theirs.get(feature, []))
                        found.append({"score": name, "program": program.name, "feature": feature, **short})
            print(name, flush=True)
    write("other_programs", "everything that the format holds is found", {"scores": [n for n, _ in chosen],
          "found": rows, "different": found})  # fmt: skip
    page = HERE / "round_trips.md"
    before = page.read_text("utf-8").partition("<!-- others -->")[0] if page.exists() else ""
    page.write_text(f"{before}<!-- others -->\n{_HEAD}\n{_table(rows)}\n\n{_NOTES}", "utf-8")


def _few(ours: list[object], theirs: list[object]) -> dict[str, object]:
    """The first notes that only one side has."""
    one, other = ({tuple(row) for row in rows} for rows in (ours, theirs))  # type: ignore[call-overload]
    return {"counts": [len(ours), len(theirs)], "ours": _plain(one - other), "theirs": _plain(other - one)}


def _plain(rows: set[tuple[float, ...]]) -> list[list[float]]:
    return [[round(float(value), 2) for value in row] for row in sorted(rows)[:4]]


def _table(rows: dict[str, dict[str, list[int]]]) -> str:
    lines = ["| program | " + " | ".join(FEATURES) + " |", "|---" * (len(FEATURES) + 1) + "|"]
    for name, row in rows.items():
        cells = [f"{right} of {asked}" if asked else "" for right, asked in row.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


_HEAD = """## Opened by other programs

`python benchmarks/other_programs.py` → `other_programs.json` and this table: in how many of 15 scores a program
finds what we wrote. Empty: the program, or the format, has no place for it.
"""
_NOTES = """What is missing is theirs, score by score in `other_programs.json`:

- music21 takes one drum for a whole kit, and one electric piano for another.
- verovio and MuseScore play printed lengths; the exact ones of played music stand in `attack` and `release`.
- MuseScore guesses the key of a MIDI file from its notes, and drops a note here and there that repeats the one before.
- LilyPond's importer leaves out unpitched notes, and its importer of MIDI writes one of 17 parts two octaves higher.
- pretty_midi reads names as Latin-1. partitura 1.9 stops at chords of unpitched notes.
- MIDI has no key without a mode and no composer: they stand in a text event for our own reader. A pick-up is a first
  bar with a metre of its own (1/4, then 3/4), as MuseScore writes it: everybody's bar lines are right, and MuseScore
  takes it for a pick-up.

Mended for them: instruments are called by General MIDI's names (music21 guessed them from "Right hand"); tempos have no
needless digits (LilyPond stumbled over 90.00009).
"""


if __name__ == "__main__":
    main()
