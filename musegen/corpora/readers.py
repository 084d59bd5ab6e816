"""One source file -> its pieces: what runs in the worker processes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from musegen.corpora import abc_text
from musegen.corpora.bars import PrintedBar, bar_map
from musegen.corpora.store import Parsed, Stored
from musegen.corpora.tables import read_note_table
from musegen.errors import MusegenError, ScoreError
from musegen.lanes import LaneCodec
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.theory import key_of

_CHOIR = 52  # General MIDI "Choir Aahs"
_VOICES = ("Soprano", "Alto", "Tenor", "Bass")
Pieces = tuple[list[tuple[str, dict[str, Any], Score]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Source:
    """One file to read, and how.

    Attributes:
        path: Where it lies.
        reader: Key of ``READERS``.
        name: First part of the ids of its pieces.
        about: What is known beforehand: title, composer, key signature, ... (plain values).
    """

    path: Path
    reader: str
    name: str
    about: dict[str, Any] = field(default_factory=dict)


def read_source(source: Source) -> Parsed:
    """Read one file; whatever is wrong with it becomes an entry of ``left_out``, never an exception."""
    logging.getLogger("music21").setLevel(logging.ERROR)
    try:
        data = source.path.read_bytes()
    except OSError as error:
        return Parsed("", (), ((source.name, f"can't be opened ({error.strerror})"),))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        pieces, left_out = READERS[source.reader](data, source)
    except MusegenError as error:
        return Parsed(sha256, (), ((source.name, str(error)),))
    except Exception as error:  # a foreign parser may raise anything; the file is named in the report
        return Parsed(sha256, (), ((source.name, f"can't be parsed ({type(error).__name__}: {error})"),))
    return Parsed(sha256, tuple((name, about, Stored.of(score)) for name, about, score in pieces), tuple(left_out))


# --- one reader a kind of source --------------------------------------------------------------


def _table(data: bytes, source: Source) -> Pieces:
    score = read_note_table(data, source.about.get("fifths"), source.about["title"])
    return [(source.name, source.about, score)], []


def _hymn(data: bytes, source: Source) -> Pieces:
    """A four-part MIDI file: the parts as they stand, or two staves dealt out to four voices."""
    score = _midi(data)
    pitched = [i for i in range(len(score.tracks)) if score.track_notes(i)]
    score = score.select_tracks(pitched)
    if len(pitched) != source.about["parts"]:
        return [], [(source.name, f"{len(pitched)} parts instead of {source.about['parts']}")]
    codec = LaneCodec(4, 12)
    folded, _ = codec.fold(score)
    voices = folded.replace(
        tracks=tuple(Track(name, _CHOIR) for name in _VOICES),
        pickup=round(source.about["pickup"] * folded.resolution),
        title=source.about["title"],
        composer=source.about.get("composer", ""),
        key=Key(folded.key.fifths) if folded.key and source.about.get("signature_only") else folded.key,
    )
    return [(source.name, source.about, voices.replace(key=key_of(voices)))], []


def _melody_midi(data: bytes, source: Source) -> Pieces:
    folded, _ = LaneCodec(1, 12).fold(_midi(data))
    folded = folded.replace(title=source.about["title"], pickup=round(source.about["pickup"] * folded.resolution))
    return [(source.name, source.about, folded.replace(key=key_of(folded)))], []


def _abc_book(data: bytes, source: Source) -> Pieces:
    from music21 import converter

    pieces: list[tuple[str, dict[str, Any], Score]] = []
    left_out: list[tuple[str, str]] = []
    for tune in abc_text.tunes(abc_text.decode(data)):
        name = source.name if source.about.get("single") else f"{source.name}:{tune.number}"
        if "V" in tune.fields or "[V:" in tune.music:
            left_out.append((name, "several voices"))
            continue
        try:
            score, irregular = _from_music21(converter.parse(tune.plain(), format="abc"), tune)
        except ScoreError as error:
            left_out.append((name, str(error)))
            continue
        except Exception as error:  # music21 raises anything on ABC that it can't follow
            left_out.append((name, f"music21 can't read it ({type(error).__name__})"))
            continue
        if irregular:
            left_out.append((name, "bars that don't fit the metre"))
            continue
        origin = tune.first("O")
        about = {**source.about, "title": tune.first("T"), "titles": tune.fields.get("T", ()), "origin": origin}
        pieces.append((name, about, score))
    return pieces, left_out


def _from_music21(stream: Any, tune: abc_text.Tune) -> tuple[Score, int]:  # noqa: ANN401 - music21 has no types
    resolution = 480
    part = stream.parts[0]
    bars, notes = [], []
    metre = (4, 4)
    start = Fraction(0)
    open_tie = False
    if not tune.first("M") or tune.first("M") == "none":
        raise ScoreError("no metre")
    for measure in part.getElementsByClass("Measure"):
        if measure.timeSignature:
            metre = (measure.timeSignature.numerator, measure.timeSignature.denominator)
        length = Fraction(0)
        for element in measure.notesAndRests:
            duration = Fraction(element.quarterLength)
            if element.isNote or element.isChord:
                pitch = max(p.midi for p in element.pitches)
                onset = round((start + Fraction(element.offset)) * resolution)
                span = round(duration * resolution)
                if span:
                    if open_tie and notes[-1].pitch == pitch and notes[-1].end == onset:
                        notes[-1] = Note(notes[-1].onset, pitch, notes[-1].duration + span)
                    else:
                        notes.append(Note(onset, pitch, span))
                    open_tie = bool(element.tie and element.tie.type in ("start", "continue"))
            length = max(length, Fraction(element.offset) + duration)
        if length:
            bars.append(PrintedBar(start, length, *metre))
            start += length
    if not notes:
        raise ScoreError("no notes")
    found = bar_map(bars, resolution)
    stated = part.flatten().getElementsByClass("KeySignature")
    fifths = stated[0].sharps if len(stated) else 0
    mode = getattr(stated[0], "mode", "") if len(stated) else ""
    score = Score(
        notes=tuple(notes),
        tracks=(Track("Melody", 0),),
        resolution=resolution,
        metres=found.metres,
        pickup=found.pickup,
        key=Key(fifths, mode if mode in ("major", "minor") else ""),
        title=tune.first("T"),
    )
    return score.replace(key=key_of(score)), found.irregular


def _midi(data: bytes) -> Score:
    import symusic

    midi = symusic.Score.from_midi(data)
    resolution = midi.ticks_per_quarter
    step = resolution // 24

    def near(tick: int) -> int:
        return round(tick / step) * step

    notes = []
    for index, track in enumerate(midi.tracks):
        for n in track.notes:
            start = near(n.time)
            notes.append(Note(start, n.pitch, max(near(n.time + n.duration) - start, step), 80, index))
    signature = midi.key_signatures[0] if midi.key_signatures else None
    return Score(
        notes=tuple(notes),
        tracks=tuple(Track(t.name, t.program, t.is_drum) for t in midi.tracks),
        resolution=resolution,
        tempos=tuple(Tempo(near(t.time), t.qpm) for t in midi.tempos) or (Tempo(0, 120.0),),
        metres=tuple(Metre(near(t.time), t.numerator, t.denominator) for t in midi.time_signatures),
        key=Key(signature.key, "minor" if signature.tonality else "major") if signature else None,
    )


READERS: dict[str, Callable[[bytes, Source], Pieces]] = {
    "table": _table,
    "hymn": _hymn,
    "melody": _melody_midi,
    "abc": _abc_book,
}
