"""Round trips of real scores: import -> export -> import, in every format that is written.

    nice python benchmarks/round_trips.py

About 500 scores of every kind that the reader knows (the music21 corpus, the data sets, the app's examples) are read,
written as MIDI, MusicXML and .mxl, and read again. What comes back is *equal* (notes, parts, tempos, metres, key,
pick-up, bars, title, composer), or what is different is *named* in a report, or *unnamed*: a fault. Writing what came
back must give the same bytes again. ``other_programs.py`` asks what other people's programs find in the files.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from machine import HERE, write

from musegen.corpora.catalog import data_folder, music21_corpus
from musegen.errors import MusegenError
from musegen.formats import Imported, read_score, read_scores, write_score
from musegen.formats.text import clean
from musegen.places import EXAMPLES
from musegen.score import Score

FORMATS = ("mid", "musicxml", "mxl")
NAMING = {
    "notes": {"rounded", "overlapping", "out_of_range", "zero_length", "clipped", "stuck"},
    "tempos": {"bad_tempo", "rounded"},
    "metres": {"bad_metre", "irregular_bars", "rounded"},
}
"""What may differ, and the remarks of an import that say so."""
_LARGEST = 1_500_000


@dataclass(frozen=True)
class Kind:
    """Scores of one kind: so many evenly chosen files of some folders, of a book of tunes so many tunes."""

    name: str
    root: Path
    patterns: tuple[str, ...]
    files: int
    tunes: int = 1

    def scores(self) -> Iterator[tuple[str, Imported]]:
        """Name and score of those that can be read (``corpora.py`` counts what can't)."""
        found = sorted({path for pattern in self.patterns for path in self.root.glob(pattern)})
        found = [path for path in found if path.stat().st_size < _LARGEST]
        count = min(self.files, len(found))
        for path in (found[number * len(found) // count] for number in range(count)):
            data = path.read_bytes()
            try:
                read = read_scores(data, path.name) if self.tunes > 1 else [read_score(data, path.name)]
            except MusegenError as error:
                print(f"{self.name}: {path.name} is not read: {error}")
                continue
            for tune in read[:: max(len(read) // self.tunes, 1)][: self.tunes]:
                yield f"{path.name} {tune.score.title}".strip(), tune


def kinds() -> list[Kind]:
    """What is read, by kind of music and of file."""
    own, sets = music21_corpus(), data_folder()
    quartets = ("haydn/**/*.mxl", "mozart/**/*.mxl", "beethoven/**/*.mxl", "webern/*.mxl", "schoenberg/**/*.mxl")
    piano = ("schumann_*/**/*.*ml", "schumann_*/**/*.mxl", "joplin/*.mxl", "schubert/*.xml", "chopin/*.krn",
             "beach/*", "liliuokalani/*.mxl", "cpebach/*.mxl", "johnson_j_r/*.mxl")  # fmt: skip
    voices = ("corelli/*.xml", "handel/**/*.mxl", "luca/*.xml", "ciconia/*.xml", "lusitano/*.mxl", "verdi/*.mxl",
              "weber/*.mxl", "theoryExercises/*.mxl")  # fmt: skip
    return [
        Kind("the app's examples (MusicXML)", EXAMPLES, ("*.musicxml",), 30),
        Kind("chorales of Bach (mxl)", own, ("bach/*.mxl",), 40),
        Kind("madrigals of Monteverdi (mxl)", own, ("monteverdi/*.mxl",), 15),
        Kind("trecento (MusicXML)", own, ("trecento/*.xml", "trecento/*.mxl"), 15),
        Kind("quartets (mxl)", own, quartets, 30),
        Kind("songs and piano pieces (MusicXML, kern)", own, piano, 20),
        Kind("ensembles, opera, exercises (MusicXML)", own, voices, 12),
        Kind("drums, transposing parts, odd metres (MusicXML)", own, ("demos/*.xml", "demos/*.mxl"), 15),
        Kind("songs with piano (mxl)", sets, ("openscore_lieder/scores/**/*.mxl",), 45),
        Kind("string quartets (mxl)", sets, ("openscore_quartets/**/*.mxl",), 8),
        Kind("lead sheets (mxl)", sets, ("openewld_pd/**/*.mxl", "leadSheet/*.mxl"), 30),
        Kind("reels and jigs (ABC)", own, ("ryansMammoth/*.abc", "miscFolk/*.abc"), 30),
        Kind("tunes of Ireland (ABC)", own, ("oneills1850/*.abc",), 10, 3),
        Kind("folk songs of Europe and China (ABC)", own, ("essenFolksong/*.abc",), 15, 3),
        Kind("tunes of Nottingham and Scotland (ABC)", own, ("nottingham-dataset/*.abc", "airdsAirs/*.abc"), 6, 4),
        Kind("hymns in four voices (ABC)", sets, ("open_hymnal/abc/*.abc",), 25),
        Kind("masses of Palestrina, others (kern)", own, ("palestrina/*.krn", "bach/*.krn", "beethoven/**/*.krn"), 25),
        Kind("polish dances (kern)", sets, ("polish_dances/kern/*.krn",), 25),
        Kind("bands with drums (MIDI)", sets, ("freedoom_music/**/*.mid",), 20),
        Kind("bands and synthesizers (MIDI)", sets, ("free_music_helland/**/*.mid",), 15),
        Kind("played drums (MIDI)", sets, ("groove/drummer*/**/*.mid",), 25),
        Kind("played piano (MIDI)", sets, ("piano_midi_de_BYSA/midis/**/*.mid",), 20),
        Kind("engraved scores (MIDI)", sets, ("mutopia_pd/midi/**/*.mid",), 25),
        Kind("chorales by a model (MIDI)", sets, ("js_fakes/**/*.mid",), 10),
    ]


def differences(before: Score, after: Score) -> list[str]:
    """What is not as it was; empty where it is the same music in the same bars under the same names."""
    scale = Fraction(before.resolution, after.resolution)
    pairs = {
        "parts": (before.tracks, after.tracks),
        "tempos": ([(t.tick, round(t.qpm, 2)) for t in before.tempos],
                   [(t.tick * scale, round(t.qpm, 2)) for t in after.tempos]),
        "metres": ([(m.tick, str(m)) for m in before.metres], [(m.tick * scale, str(m)) for m in after.metres]),
        "key": (before.key, after.key),
        "pick-up": (before.pickup, after.pickup * scale),
        "bars": ([(b.number, b.start) for b in before.bars()], [(b.number, b.start * scale) for b in after.bars()]),
        "title": (clean(before.title), clean(after.title)),
        "composer": (clean(before.composer), clean(after.composer)),
        "provenance": (_told(before), _told(after)),
    }  # fmt: skip
    found = [name for name, (one, other) in pairs.items() if one != other]
    return found or ([] if before == after else ["notes"])


def _told(score: Score) -> dict[str, str]:
    """Where a score came from, without the name and the hash of the file it was read from last."""
    return {name: value for name, value in score.provenance.items() if name not in ("source", "sha256")}


def round_trip(score: Score, format: str) -> tuple[str, str]:
    """("equal" | "named" | "unnamed" | "refused", what is different)."""
    try:
        written = write_score(score, format)
        again = read_score(written)
    except MusegenError as error:
        return "refused", str(error)
    if different := differences(score, again.score):
        said = {remark.kind for remark in again.report.remarks}
        named = all(NAMING.get(name, set()) & said for name in different)
        return ("named" if named else "unnamed"), ", ".join(different)
    if write_score(strip(again.score), format) != write_score(strip(score), format):
        return "unnamed", "written again, the bytes are others"
    return "equal", ""


def strip(score: Score) -> Score:
    """The score without where it came from, which every reading adds to."""
    return score.replace(provenance={})


def table(results: dict[str, dict[str, dict[str, int]]]) -> str:
    """The results in Markdown: a line a kind; a format's cell says how many are equal, and what else there is."""
    lines = ["| kind | scores | " + " | ".join(FORMATS) + " |", "|---|---|---|---|---|"]
    for name, by_format in results.items():
        cells = []
        for counts in by_format.values():
            rest = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if verdict != "equal" and count)
            cells.append(f"{counts.get('equal', 0)} equal" + (f", {rest}" if rest else ""))
        total = sum(next(iter(by_format.values())).values())
        lines.append(f"| {name} | {total} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    began = time.process_time()
    total = {format: Counter[str]() for format in FORMATS}
    by_kind: dict[str, dict[str, dict[str, int]]] = {}
    other: list[dict[str, str]] = []
    for kind in kinds():
        counts = {format: Counter[str]() for format in FORMATS}
        for name, imported in kind.scores():
            for format in FORMATS:
                verdict, what = round_trip(imported.score, format)
                counts[format][verdict] += 1
                total[format][verdict] += 1
                if verdict != "equal":
                    other.append({"kind": kind.name, "score": name, "format": format, "verdict": verdict, "what": what})
        if any(counts.values()):
            by_kind[kind.name] = {format: dict(found) for format, found in counts.items()}
            print(kind.name, by_kind[kind.name], f"{time.process_time() - began:.0f} s", flush=True)
    by_kind["all"] = {format: dict(found) for format, found in total.items()}
    results = {"by kind": by_kind, "not equal": other, "processor_s": round(time.process_time() - began, 1)}
    write("round_trips", "500 scores: equal, or the difference named", results)
    page = HERE / "round_trips.md"
    _, mark, tail = page.read_text("utf-8").partition("<!-- others -->") if page.exists() else ("", "", "")
    page.write_text(f"{_HEAD}\n{table(by_kind)}\n\n<!-- others -->{tail if mark else chr(10)}", "utf-8")


_HEAD = """# Round trips

`python benchmarks/round_trips.py` → `round_trips.json` and the first table: real scores of every kind through import →
export → import. Equal means: the same notes, parts, tempos, metres, key, pick-up, bars, title, composer and
provenance; and written again, the same bytes.
"""


if __name__ == "__main__":
    main()
