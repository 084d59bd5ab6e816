"""ABC in: tunes with one or several voices, repeats and endings, tuplets, ties, chords, overlays.

A reader of its own: music21 reads UTF-8 only and merges voices that change within a line.
Source: The ABC music standard 2.1 (abcnotation.com).
"""

from __future__ import annotations

import re
from fractions import Fraction

from musegen.formats.abc_fields import Tune, joined, read_length, split_tunes
from musegen.formats.abc_tokens import NoteParts, note_parts, tokens
from musegen.formats.abc_voices import Line, Voices
from musegen.formats.limits import LIMITS
from musegen.formats.play import assemble
from musegen.formats.refusal import Refusal, refuse
from musegen.formats.report import Imported
from musegen.formats.sheet import SheetNote, Time
from musegen.formats.text import clean, decode

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERATIONS = {"": None, "=": 0, "^": 1, "^^": 2, "_": -1, "__": -2}
_DYNAMICS = {"pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126, "ffff": 127}
_SIGNS = {"d.c.": "da capo", "dacapo": "da capo", "d.s.": "dal segno", "segno": "segno", "coda": "coda", "fine": "fine",
          "dacoda": "to coda", "tocoda": "to coda", "O": "coda", "S": "segno"}  # fmt: skip
_ORNAMENTS = ("trill", "mordent", "roll", "turn", "arpeggio", "/", "~", "T", "M", "P", "R")


def read_abc(data: bytes, *, first_only: bool = False) -> list[Imported]:
    """Every tune of an ABC file that has notes, or the first.

    Raises:
        ScoreError: No tune can be read, or a limit is passed.
    """
    text, encoding = decode(data)
    tunes = split_tunes(text)
    found: list[Imported] = []
    refused: list[str] = []
    trouble: Refusal | None = None
    for tune in tunes:
        try:
            reader = _Reader(tune)
            if encoding != "utf-8":
                reader.sheet.remark("encoding", text=encoding.replace("cp1252", "Latin-1").upper())
            reader.sheet.remark("bad_tunes", count=len(refused), text=", ".join(refused[:8]))
            reader.sheet.remark("other_tunes", count=len(tunes) - 1 if first_only else 0)
            found.append(reader.result())
        except Refusal as error:
            trouble = trouble or error
            refused.append(tune.reference or "?")
            continue
        refused = []
        if first_only:
            break
    if not found:
        raise trouble or refuse("no_notes", format="ABC")
    return found


def tune_titles(data: bytes) -> list[str]:
    """The title of every tune of an ABC file, in order; "" where one has none.

    Raises:
        ScoreError: More tunes than the limit.
    """
    tunes = split_tunes(decode(data)[0])
    return [next((clean(line[2:]) for line in tune.lines if line.startswith("T:")), "") for tune in tunes]


def only_tune(data: bytes, number: int) -> bytes:
    """An ABC file with the head of another one and one of its tunes, counted from 1.

    Raises:
        ScoreError: It has no such tune, or more tunes than the limit.
    """
    tunes = split_tunes(decode(data)[0])
    if not 1 <= number <= len(tunes):
        raise refuse("no_tune", number=number, count=len(tunes))
    tune = tunes[number - 1]
    return "\n".join([f"X:{tune.reference}", *tune.lines]).encode()


class _Reader:
    """Reads the music of one tune; what its fields say, ``Voices`` reads."""

    def __init__(self, tune: Tune) -> None:
        self.voices = Voices(tune.reference)
        self.sheet = self.voices.sheet
        for text in joined(tune.lines):
            if not self.voices.take_line(text):
                self._take_music(text)

    def result(self) -> Imported:
        """The tune as a score."""
        for line in self.voices.lines.values():
            self._close_measure(line)
        measures = self.sheet.measures
        while measures and not measures[-1].notes and not measures[-1].length:
            measures.pop()
        self.voices.name_voices()
        return assemble(self.sheet, "ABC")

    def _take_music(self, text: str) -> None:
        for kind, token in tokens(text):
            if kind == "inline":
                self.voices.take_field(token[1], token[3:-1])
                continue
            line = self.voices.line()
            match kind:
                case "note":
                    self._add_notes(line, note_parts(token), Fraction(1))
                case "chord":
                    inside, _, length = token[1:].rpartition("]")
                    parts = note_parts(inside)
                    self._check_chord(line, inside)
                    self._add_notes(line, parts, read_length(length))
                    for part, (note, _) in zip(parts, line.last[2] if line.last else (), strict=False):
                        if part[5]:
                            self._tie(line, [note])
                case "rest":
                    self._advance(line, read_length(token[1:]))
                    line.tied.clear()
                case "bar":
                    self._take_bar(line, token)
                case "ending":
                    self._start_ending(line, token)
                case "tie":
                    self._tie(line, [note for note, _ in line.last[2]] if line.last else [])
                case "tuplet":
                    self._start_tuplet(line, token[1:])
                case "broken":
                    self._break_rhythm(line, token)
                case "bars":
                    self._rest_bars(line, int(token[1:] or 1))
                case "overlay":
                    self._start_overlay(line)
                case "colon" if not line.cursor:  # "|| :" for "||:"
                    self.voices.measure(line).signs.forward = True
                case _:
                    self._take_sign(line, kind, token)

    # --- notes --------------------------------------------------------------------------------

    def _add_notes(self, line: Line, parts: list[NoteParts], factor: Fraction) -> None:
        if not parts:
            return
        lengths = [read_length(part[4]) * factor for part in parts]
        start = line.cursor
        whole = self._advance(line, lengths[0])
        notes = []
        for part, length in zip(parts, lengths, strict=True):
            name, pitch, continues = self._pitch(line, part)
            if not length:
                continue
            if not 0 <= pitch <= 127:
                self.sheet.remark("out_of_range", line.measure)
                continue
            duration = whole * length / lengths[0] if lengths[0] else whole
            note = SheetNote(line.voice, start, duration, pitch, line.velocity, continues, line=line.voice)
            self.sheet.add(self.voices.measure(line), note)
            notes.append((note, name))
        if whole:
            line.last = (start, whole, notes)
        line.tied = {}

    def _check_chord(self, line: Line, inside: str) -> None:
        for kind, token in tokens(inside):
            if kind == "other":
                self.sheet.remark("unreadable", line.measure, text=clean(token) or "?")

    def _pitch(self, line: Line, part: NoteParts) -> tuple[tuple[str, int], int, bool]:
        """((letter, octave), MIDI pitch, whether a tie leads into it)."""
        sign, fraction, letter, marks, _, _ = part
        upper = letter.upper()
        octave = (5 if letter.islower() else 4) + marks.count("'") - marks.count(",")
        name = (upper, octave)
        alteration = _ALTERATIONS[sign]
        if fraction:
            self.sheet.remark("microtones", line.measure)
        if alteration is not None:
            line.altered[upper] = alteration
        elif name in line.tied:
            return name, line.tied[name], True
        else:
            alteration = line.altered.get(upper, line.signature.get(upper, 0))
        pitch = 12 * (octave + 1) + _LETTERS[upper] + alteration + line.shift
        return name, pitch, line.tied.get(name) == pitch

    def _advance(self, line: Line, length: Fraction) -> Time:
        """Moves on by a length in units; returns it in quarter notes."""
        duration = length * line.unit
        if line.broken is not None:
            duration, line.broken = duration * line.broken, None
        factor, left = line.tuplet
        if left:
            duration, line.tuplet = duration * factor, (factor, left - 1)
        line.last = (line.cursor, duration, [])
        line.cursor += duration
        return duration

    def _tie(self, line: Line, notes: list[SheetNote]) -> None:
        if line.last:
            for note, name in line.last[2]:
                if any(note is one for one in notes):
                    note.tied = True
                    line.tied[name] = note.pitch

    def _break_rhythm(self, line: Line, sign: str) -> None:
        short = Fraction(1, 2 ** len(sign))
        first, second = (2 - short, short) if sign[0] == ">" else (short, 2 - short)
        if line.last is None:
            return
        start, length, notes = line.last
        for note, _ in notes:
            note.duration *= first
        line.last = (start, length * first, notes)
        line.cursor = start + length * first
        line.broken = second

    def _start_tuplet(self, line: Line, text: str) -> None:
        numbers = [int(number) if number else 0 for number in text.split(":")] + [0, 0]
        count, over, left = numbers[:3]
        if not count:
            return
        metre = line.metre or (4, 4)
        compound = 3 if metre[1] == 8 and metre[0] % 3 == 0 and metre[0] > 3 else 2
        over = over or {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, compound)
        line.tuplet = (Fraction(over, count), left or count)

    # --- bars ---------------------------------------------------------------------------------

    def _take_bar(self, line: Line, sign: str) -> None:
        before = len(sign) - len(sign.lstrip(":"))
        after = len(sign) - len(sign.rstrip(":")) if "|" in sign else 1
        before = min(before, 1) if "|" not in sign else before
        here = line.measure if max(line.top, line.cursor) else line.measure - 1
        self._close_measure(line)
        if before and here >= 0:
            signs = self.sheet.measures[here].signs
            signs.backward = max(signs.backward, before + 1)
        if after:
            self.voices.measure(line).signs.forward = True
        if before or after or "||" in sign or "]" in sign:
            if line.endings:
                self._end_ending(line, repeated=before > 0)
            line.endings = frozenset()

    def _close_measure(self, line: Line) -> None:
        """Ends the measure that a voice is in, if anything stands in it."""
        line.top = max(line.top, line.cursor)
        if line.top:
            measure = self.voices.measure(line)
            measure.length = max(measure.length, line.top)
            measure.signs.endings |= line.endings
            line.measure += 1
            if line.measure > LIMITS.bars:
                raise refuse("bars", count=line.measure, limit=LIMITS.bars)
        line.cursor = line.top = 0
        line.altered, line.last = {}, None
        line.voice, line.overlay = line.home, 0

    def _start_ending(self, line: Line, token: str) -> None:
        passes: set[int] = set()
        for first, last in re.findall(r"(\d{1,2})(?:-(\d{1,2}))?", token):
            passes.update(range(int(first), int(last or first) + 1))
        altered = line.altered
        self._close_measure(line)
        line.altered = altered
        if line.endings:
            self._end_ending(line, repeated=False)
        line.ending_start = line.measure
        line.endings = frozenset(passes) - {0}

    def _end_ending(self, line: Line, *, repeated: bool) -> None:
        """A later ending that runs on into a section with a repeat of its own is as long as the first ending."""
        length = line.measure - line.ending_start
        if 1 in line.endings or not line.first_ending:
            line.first_ending = length
        elif repeated and length > line.first_ending:
            for measure in self.sheet.measures[line.ending_start + line.first_ending : line.measure]:
                measure.signs.endings = frozenset()

    def _rest_bars(self, line: Line, count: int) -> None:
        metre = line.metre or (4, 4)
        if line.measure + count > LIMITS.bars:
            raise refuse("bars", count=line.measure + count, limit=LIMITS.bars)
        for _ in range(count):
            line.cursor += Fraction(4 * metre[0], metre[1])
            self._close_measure(line)

    def _start_overlay(self, line: Line) -> None:
        line.top, line.cursor, line.last = max(line.top, line.cursor), 0, None
        line.overlay += 1
        line.voice = self.voices.overlay_voice(line, line.overlay)

    # --- signs --------------------------------------------------------------------------------

    def _take_sign(self, line: Line, kind: str, token: str) -> None:
        sheet = self.sheet
        name = token.strip("!+") if kind == "decoration" else token
        if kind == "grace":
            sheet.remark("grace", line.measure, count=len(note_parts(token)))
        elif kind == "text":
            sheet.remark("texts" if token[1:2] in ("^", "_", "<", ">", "@", '"') else "chord_symbols")
        elif kind in ("other", "colon"):
            sheet.remark("unreadable", line.measure, text=clean(token) or "?")
        elif (mark := _SIGNS.get(name.lower() if kind == "decoration" else name)) is not None:
            ends = mark in ("fine", "da capo", "dal segno", "to coda")
            past = ends and not line.cursor and line.measure
            target = sheet.measures[line.measure - 1] if past else self.voices.measure(line)
            target.signs.marks.add(mark)
        elif name.lower().startswith(("d.c.", "d.s.")):
            self._take_sign(line, kind, f"!{name[:4]}!")
        elif name in _DYNAMICS:
            line.velocity = _DYNAMICS[name]
        else:
            sheet.remark("ornaments" if any(word in name for word in _ORNAMENTS) else "marks")
