"""How other people's programs are asked what they find in a file; ``other_programs.py`` compares."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Facts = dict[str, Any]
LIMIT_S = 300
_ALL = ("notes", "lengths", "title", "parts", "instruments", "key", "metre", "pick-up")
_MIDI = ("notes", "lengths", "title", "parts", "instruments", "key", "metre")
_MEI = "{http://www.music-encoding.org/ns/mei}"


@dataclass(frozen=True)
class Program:
    """A program asked about a format; ``features`` it has a place for."""

    name: str
    format: str
    features: tuple[str, ...]
    ask: Callable[[Path], Facts]


def PROGRAMS(python: str) -> list[Program]:
    """Those that are installed; ``python`` is one that has partitura."""
    plain = tuple(feature for feature in _MIDI if feature != "title")
    programs = [
        Program("music21, MusicXML", "musicxml", _ALL, music21),
        Program(
            "verovio, MusicXML", "musicxml", ("notes", "lengths", "title", "parts", "key", "metre", "pick-up"), verovio
        ),
        Program("symusic, MIDI", "mid", plain, symusic),
        Program("mido, MIDI", "mid", ("notes", "title", "parts", "instruments", "key", "metre"), mido),
        Program("pretty_midi, MIDI", "mid", plain, pretty_midi),
    ]
    if shutil.which("mscore3"):
        programs += [
            Program("MuseScore 3, MusicXML", "musicxml", _ALL, musescore),
            Program("MuseScore 3, MIDI", "mid", ("notes", "parts", "key", "metre", "pick-up"), musescore_from_midi),
        ]
    if shutil.which("musicxml2ly"):
        programs.append(Program("LilyPond, MusicXML", "musicxml", ("notes", "lengths", "title", "metre"), lilypond))
    if shutil.which("midi2ly"):
        programs.append(Program("LilyPond, MIDI", "mid", ("notes",), lilypond_from_midi))
    if python:
        xml = ("notes", "lengths", "title", "parts", "key", "metre", "pick-up")
        programs += [
            Program("partitura, MusicXML", "musicxml", xml, lambda path: partitura(python, path)),
            Program("partitura, MIDI", "mid", ("notes", "key", "metre"), lambda path: partitura(python, path)),
        ]
    return programs


def _run(*command: str, folder: str | None = None) -> str:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, env=environment, cwd=folder, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(said[-1] if said else f"ended with {done.returncode}")
    return done.stdout


def _of_midi(data: bytes) -> Facts:
    """What symusic finds."""
    import symusic

    score = symusic.Score.from_midi(data)
    unit = score.ticks_per_quarter
    tracks = [track for track in score.tracks if len(track.notes)]
    notes = [(n.start / unit, n.pitch, n.duration / unit) for track in tracks for n in track.notes]
    keys = [[signature.key, "minor" if signature.tonality else "major"] for signature in score.key_signatures]
    return {
        "notes": sorted((round(a, 2), p) for a, p, _ in notes),
        "lengths": sorted((round(a, 2), p, round(d, 2)) for a, p, d in notes),
        "parts": [track.name for track in tracks],
        "instruments": [128 if track.is_drum else track.program for track in tracks],
        "key": keys[0] if keys else None,
        "metre": _once([[round(t.time / unit, 2), f"{t.numerator}/{t.denominator}"] for t in score.time_signatures]),
    }


def _once(rows: list[Any]) -> list[Any]:
    """Without what each track says again."""
    return [row for place, row in enumerate(rows) if row not in rows[:place]]


def symusic(path: Path) -> Facts:
    return _of_midi(path.read_bytes())


def mido(path: Path) -> Facts:
    """Mido gives events; a part is a track, its title the first track's name."""
    import mido as library

    file = library.MidiFile(path)
    facts: Facts = {"notes": [], "title": "", "parts": [], "instruments": [], "key": None, "metre": []}
    for number, track in enumerate(file.tracks):
        now, name, program, channel, heard = 0, "", 0, 0, False
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity:
                heard, channel = True, message.channel
                facts["notes"].append((round(now / file.ticks_per_beat, 2), message.note))
            elif message.type == "program_change":
                program = message.program
            elif message.type == "track_name":
                # The standard has Latin-1 here; everybody writes UTF-8.
                name = message.name.encode("latin-1").decode("utf-8")
            elif message.type == "key_signature":
                facts["key"] = _key(message.key)
            elif message.type == "time_signature":
                at = round(now / file.ticks_per_beat, 2)
                facts["metre"].append([at, f"{message.numerator}/{message.denominator}"])
        if number == 0:
            facts["title"] = name
        if heard:
            facts["parts"].append(name)
            facts["instruments"].append(128 if channel == 9 else program)
    facts["notes"].sort()
    return facts


def _key(name: str) -> list[Any]:
    """mido's name of a key, as "F#m"."""
    place = "FCGDAEB".index(name[0]) - 1 + 7 * (name.count("#") - name[1:].count("b"))
    return [place - 3, "minor"] if name.endswith("m") else [place, "major"]


def pretty_midi(path: Path) -> Facts:
    import pretty_midi as library

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = library.PrettyMIDI(str(path))

    def quarters(second: float) -> float:
        return round(file.time_to_tick(second) / file.resolution, 2)

    notes = [(quarters(n.start), n.pitch, quarters(n.end)) for part in file.instruments for n in part.notes]
    key = file.key_signature_changes[0].key_number if file.key_signature_changes else None
    named = None
    if key is not None:  # 0-11 major by pitch class, 12-23 minor
        fifths = (key % 12 * 7 - (9 if key >= 12 else 0) * 7 + 5) % 12 - 5
        named = [fifths, "minor" if key >= 12 else "major"]
    return {
        "notes": sorted((a, p) for a, p, _ in notes),
        "lengths": sorted((a, p, round(b - a, 2)) for a, p, b in notes),
        "parts": [part.name for part in file.instruments],
        "instruments": [128 if part.is_drum else part.program for part in file.instruments],
        "key": named,
        "metre": [[quarters(t.time), f"{t.numerator}/{t.denominator}"] for t in file.time_signature_changes],
    }


def music21(path: Path) -> Facts:
    import music21 as library

    score = library.converter.parse(path, forceSource=True)
    notes, parts, programs = [], [], []
    for part in score.parts:
        name = part.partName or ""
        instruments = list(part.recurse().getElementsByClass("Instrument"))
        drums = any(isinstance(i, library.instrument.UnpitchedPercussion) or i.midiChannel == 9 for i in instruments)
        unpitched = {i.midiProgram for i in instruments}
        if name not in parts or "staff" not in str(part.id).lower():
            parts.append(name)
            programs.append(128 if drums else next(iter(unpitched), None))
        by_id = {i.instrumentId: i for i in instruments}
        for note in part.stripTies().flatten().notes:
            at, length = round(float(note.offset), 2), round(float(note.quarterLength), 2)
            for one in getattr(note, "notes", (note,)):
                pitch = getattr(one, "pitch", None)
                if pitch is None:
                    struck = one.storedInstrument or by_id.get(getattr(one, "instrumentId", None))
                    midi = getattr(struck, "percMapPitch", None)
                else:
                    midi = pitch.midi
                notes.append((at, midi if midi is not None else -1, length))
    first = score.parts[0]
    keys = list(first.recurse().getElementsByClass("KeySignature"))
    key = keys[0] if keys else None
    bar = first.getElementsByClass("Measure")[0]
    metres = list(first.flatten().getElementsByClass("TimeSignature"))
    return {
        "notes": sorted((a, p) for a, p, _ in notes),
        "lengths": sorted(notes),
        "title": (score.metadata.title or "") if score.metadata else "",
        "parts": parts,
        "instruments": programs,
        "key": [key.sharps, getattr(key, "mode", "")] if key else None,
        "metre": [[round(float(t.offset), 2), t.ratioString] for t in metres],
        "pick-up": round(float(bar.duration.quarterLength), 2) if bar.number == 0 else 0,
    }


def verovio(path: Path) -> Facts:
    import verovio as library

    library.enableLog(library.LOG_OFF)
    toolkit = library.toolkit()
    toolkit.setOptions({"expandNever": True})
    if not toolkit.loadData(path.read_text("utf-8")):
        raise RuntimeError("not loaded")
    facts = _of_midi(base64.b64decode(toolkit.renderToMIDI()))
    mei = ET.fromstring(toolkit.getMEI({"scoreBased": True}))
    title = mei.find(f".//{_MEI}titleStmt/{_MEI}title")
    groups = [*mei.iter(f"{_MEI}staffDef"), *mei.iter(f"{_MEI}staffGrp")]
    labels = [label for e in groups for label in e.findall(f"{_MEI}label")]
    order = [label for label in mei.iter(f"{_MEI}label") if label in labels]
    signature = next(mei.iter(f"{_MEI}keySig"), None)
    bar = next(mei.iter(f"{_MEI}measure"))
    bars = [event["qstamp"] for event in toolkit.renderToTimemap({"includeMeasures": True}) if "measureOn" in event]
    value = signature.get("sig", "0") if signature is not None else "0"
    fifths = int(value.rstrip("sf") or 0) * (-1 if value.endswith("f") else 1)
    return {
        **facts,
        "title": "".join(title.itertext()).strip() if title is not None else "",
        "parts": ["".join(label.itertext()) for label in order],
        "key": [fifths, signature.get("mode", "")] if signature is not None else None,
        "pick-up": round(bars[1], 2) if bar.get("metcon") == "false" and bar.get("n") == "0" else 0,
    }


# --- programs of their own --------------------------------------------------------------------


def _of_musicxml(path: Path) -> Facts:
    """What a MusicXML file says in its head and first measures, read as plain XML."""
    root = ET.parse(path).getroot()
    titles = [root.findtext("work/work-title"), root.findtext("movement-title")]
    titles += [
        w.text for c in root.findall("credit") if c.findtext("credit-type") == "title" for w in c.iter("credit-words")
    ]
    parts = root.findall("part-list/score-part")
    drums = {p.get("id") for p in root.findall("part") if p.find(".//unpitched") is not None}
    key = root.find("part/measure/attributes/key")
    first = root.find("part/measure")
    metres, now, divisions = [], 0.0, 1
    for measure in root.findall("part[1]/measure"):
        divisions = int(measure.findtext("attributes/divisions") or divisions)
        if (time := measure.find("attributes/time")) is not None:
            metres.append([round(now, 2), f"{time.findtext('beats')}/{time.findtext('beat-type')}"])
        now += _length(measure) / divisions
    programs = [int(p.findtext(".//midi-program") or 1) - 1 for p in parts]
    pickup = first is not None and (first.get("implicit") == "yes" or first.get("number") == "0")
    unit = int(root.findtext("part/measure/attributes/divisions") or 1)
    return {
        "title": next((title for title in titles if title), ""),
        "parts": [p.findtext("part-name") or "" for p in parts],
        "instruments": [128 if p.get("id") in drums else v for p, v in zip(parts, programs, strict=True)],
        "key": [int(key.findtext("fifths") or 0), key.findtext("mode") or ""] if key is not None else None,
        "metre": metres,
        "pick-up": round(_length(first) / unit, 2) if pickup and first is not None else 0,
    }


def _length(measure: ET.Element) -> int:
    """Length of a measure in divisions."""
    now = longest = 0
    for element in measure:
        duration = int(element.findtext("duration") or 0)
        if element.tag == "backup":
            now -= duration
        elif element.tag == "forward" or (element.tag == "note" and element.find("chord") is None):
            now += duration
        longest = max(longest, now)
    return longest


def musescore(path: Path) -> Facts:
    """What MuseScore plays, and what it writes again as MusicXML."""
    with tempfile.TemporaryDirectory() as folder:
        played, written = Path(folder) / "out.mid", Path(folder) / "out.musicxml"
        _run("mscore3", str(path), "-o", str(played))
        _run("mscore3", str(path), "-o", str(written))
        facts = {**_of_midi(played.read_bytes()), **_of_musicxml(written)}
    return facts


def musescore_from_midi(path: Path) -> Facts:
    """What MuseScore makes of a MIDI file: it plays, and the page."""
    with tempfile.TemporaryDirectory() as folder:
        played, written = Path(folder) / "out.mid", Path(folder) / "out.musicxml"
        _run("mscore3", str(path), "-o", str(played))
        _run("mscore3", str(path), "-o", str(written))
        facts = {**_of_midi(played.read_bytes()), **_of_musicxml(written)}
        facts["parts"] = [name.partition(", ")[2] for name in facts["parts"]]  # it writes "Flute, name of the track"
        return facts


def lilypond(path: Path) -> Facts:
    """What LilyPond plays of the page that musicxml2ly makes, and the title that it prints."""
    with tempfile.TemporaryDirectory() as folder:
        _run("musicxml2ly", "-o", "out.ly", str(path), folder=folder)
        page = Path(folder) / "out.ly"
        text = page.read_text("utf-8")
        # The page tells how to hear it: "To create MIDI output, uncomment the following line".
        page.write_text(re.sub(r"%\s*\\midi \{.*\}", r"\\midi {}", text), "utf-8")
        _run("lilypond", "-dno-print-pages", "-s", "out.ly", folder=folder)
        facts = _of_midi(next(Path(folder).glob("*.mid*")).read_bytes())
    title = re.search(r'title = +(?:"((?:[^"\\]|\\.)*)"|(\S+))', text)
    return {**facts, "title": (title[1] or title[2] or "").replace('\\"', '"') if title else ""}


def lilypond_from_midi(path: Path) -> Facts:
    """What LilyPond plays of the page that midi2ly makes."""
    with tempfile.TemporaryDirectory() as folder:
        _run("midi2ly", "-o", "out.ly", str(path), folder=folder)
        _run("lilypond", "-dno-print-pages", "-s", "out.ly", folder=folder)
        return _of_midi(next(Path(folder).glob("*.mid*")).read_bytes())


_PARTITURA = """
import json, sys, warnings
warnings.simplefilter("ignore")
import partitura
from partitura import score as S
path = sys.argv[1]
found = partitura.load_score(path)
notes, parts, keys, metres, pick = [], [], None, [], 0
for number, part in enumerate(found.parts):
    beat = part.quarter_map
    name = part.part_name or ""
    parts.append(name)
    zero = beat(part.first_point.t)
    for note in part.notes_tied:
        pitch = note.midi_pitch if hasattr(note, "midi_pitch") else -1
        at, end = float(beat(note.start.t) - zero), float(beat(note.end_tied.t) - zero)
        notes.append((round(at, 2), int(pitch), round(end - at, 2)))
    if number == 0:
        for key in part.iter_all(S.KeySignature):
            keys = keys or [key.fifths, key.mode or ""]
        for t in part.iter_all(S.TimeSignature):
            metres.append([round(float(beat(t.start.t) - zero), 2), f"{t.beats}/{t.beat_type}"])
        bars = list(part.iter_all(S.Measure))
        if bars and str(bars[0].name) == "0":
            pick = round(float(beat(bars[0].end.t) - zero), 2)
print("FACTS" + json.dumps({"notes": sorted(n[:2] for n in notes), "lengths": sorted(notes),
    "title": found.work_title or found.title or "",
    "parts": parts, "key": keys, "metre": metres, "pick-up": pick}))
"""


def partitura(python: str, path: Path) -> Facts:
    text = _run(python, "-c", _PARTITURA, str(path))
    facts: Facts = json.loads(text.rpartition("FACTS")[2])
    return facts
