"""How long reading takes: a MIDI file of 1,000 notes, a chorale's MusicXML, a folder of 1,000 MIDI files, and more.

    python benchmarks/reading.py [FOLDER]

FOLDER: any folder of MIDI files to read instead of the 1,000 that are made here (four voices, 40 to 1,000 notes).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import music21.common.pathTools
from machine import spread, write

from musegen.errors import MusegenError
from musegen.formats import LIMITS, read_score, read_scores, write_score
from musegen.formats.child import read_guarded
from musegen.score import Key, Note, Score, Track

CORPUS = Path(music21.common.pathTools.getCorpusFilePath())


def piece(notes: int, seed: int) -> Score:
    """Four voices of eighths and quarters, ``notes`` in all."""
    chance = random.Random(seed)
    made: list[Note] = []
    now = [0, 0, 0, 0]
    for index in range(notes):
        voice = index % 4
        length = chance.choice((240, 480, 480))
        made.append(
            Note(now[voice], 72 - 7 * voice + chance.randrange(-5, 6), length, chance.randrange(60, 100), voice)
        )
        now[voice] += length
    names = ("Soprano", "Alto", "Tenor", "Bass")
    return Score(tuple(made), tuple(Track(name, 52) for name in names), key=Key(1, "major"))


def timed(work: Callable[[], object], runs: int = 30) -> dict[str, dict[str, float]]:
    """Wall and processor seconds, after one run that does not count."""
    work()
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {"wall_s": spread(walls), "processor_s": spread(processors)}


def read_folder(folder: Path) -> dict[str, object]:
    """All MIDI files of a folder, one after the other in one process, disk and report included."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))[:1000]
    refused = notes = 0
    wall, processor = time.perf_counter(), time.process_time()
    for path in files:
        try:
            imported = read_score(path.read_bytes(), path.name)
        except MusegenError:
            refused += 1
        else:
            notes += imported.report.notes
            imported.report.sentences()
    return {
        "files": len(files),
        "notes": notes,
        "refused": refused,
        "wall_s": round(time.perf_counter() - wall, 2),
        "processor_s": round(time.process_time() - processor, 2),
    }


def folder_of_midi(folder: Path) -> None:
    """Writes 1,000 MIDI files of 40 to 1,000 notes."""
    chance = random.Random(7)
    for number in range(1000):
        notes = round(40 * 25 ** chance.random())
        (folder / f"{number:04}.mid").write_bytes(write_score(piece(notes, number), "mid"))


def main() -> None:
    thousand = piece(1000, seed=1)
    midi, page = write_score(thousand, "mid"), write_score(thousand, "musicxml")
    chorale = (CORPUS / "bach" / "bwv227.1.mxl").read_bytes()
    tune = (CORPUS / "ryansMammoth" / "ComeToYourTayReel.abc").read_bytes()
    book = (CORPUS / "oneills1850" / "0101-0200.abc").read_bytes()
    mass = (CORPUS / "palestrina" / "Credo_26.krn").read_bytes()
    results: dict[str, object] = {
        "midi, 1,000 notes": timed(lambda: read_score(midi)),
        "musicxml, a chorale of Bach in .mxl, 19 bars": timed(lambda: read_score(chorale)),
        f"musicxml, 1,000 notes, {len(page) >> 10} KB": timed(lambda: read_score(page)),
        "abc, a reel": timed(lambda: read_score(tune)),
        "abc, a book of 100 tunes": timed(lambda: read_scores(book), runs=5),
        "kern, a Credo of Palestrina": timed(lambda: read_score(mass), runs=10),
        "the same chorale through the guarded child process": timed(
            lambda: read_guarded("musicxml", write_score(read_score(chorale).score, "musicxml")), runs=5
        ),
        "writing midi, 1,000 notes": timed(lambda: write_score(thousand, "mid")),
        "writing musicxml, 1,000 notes": timed(lambda: write_score(thousand, "musicxml"), runs=10),
    }
    if len(sys.argv) > 1:
        results["folder of midi files"] = read_folder(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            folder_of_midi(Path(folder))
            results["folder of 1,000 midi files"] = read_folder(Path(folder))
    results["text above this many bytes is read in the child process"] = LIMITS.in_process_bytes
    write("reading", "MIDI of 1,000 notes < 50 ms; a chorale's MusicXML < 0.3 s; 1,000 MIDI files < 10 s", results)


if __name__ == "__main__":
    main()
