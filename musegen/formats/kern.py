"""Humdrum **kern in: each spine a part, its sub-spines voices, expansion lists and repeat signs written out.

A reader of its own, because music21 loses ties where columns split and join.
Source: D. Huron, The Humdrum Toolkit Reference Manual (1995); humdrum.org.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from musegen.formats.instruments import CHOIR, program_for
from musegen.formats.kern_tokens import INSTRUMENTS, read_length, read_pitch
from musegen.formats.limits import LIMITS
from musegen.formats.play import assemble
from musegen.formats.refusal import refuse
from musegen.formats.report import Imported
from musegen.formats.sheet import Measure, Sheet, SheetNote, Time, Voice
from musegen.formats.text import clean, decode
from musegen.score import Key, Track

_KEY = re.compile(r"([a-gA-G])([#-]?):(\w*)$")
_DYNAMICS = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126}
_OTHERS = ("**text", "**silbe", "**dynam", "**mxhm", "**harm")
_MARKS = re.compile(r"[;'`^~(\"vuz]")
_ORNAMENTS = re.compile(r"[TtMmWwSO$:]")


def read_kern(data: bytes) -> Imported:
    """Reads a Humdrum file with at least one **kern spine.

    Raises:
        ScoreError: No notes, no **kern spine, or past a limit.
    """
    text, encoding = decode(data)
    reader = _Reader()
    if encoding != "utf-8":
        reader.sheet.remark("encoding", text=encoding.replace("cp1252", "Latin-1").upper())
    for line in text.splitlines():
        reader.take(line.rstrip("\r\n"))
    return reader.result()


@dataclass(slots=True)
class _Spine:
    """One column as it is now.

    Attributes:
        kind: Its exclusive interpretation, as "**kern".
        column: Which **kern column it descends from; -1 for columns of another kind.
        end: When its last note ends, in quarter notes.
        velocity: From the dynamics beside it.
    """

    kind: str
    column: int
    end: Time = 0
    velocity: int = 80


@dataclass(slots=True)
class _Part:
    """What one **kern column says of itself."""

    name: str = ""
    code: str = ""
    voices: list[int] = field(default_factory=list)  # voice of the sheet for each sub-spine


class _Reader:
    def __init__(self) -> None:
        self.sheet = Sheet()
        self.spines: list[_Spine] = []
        self.parts: dict[int, _Part] = {}
        self.now: Time = 0
        self.bar_start: Time = 0
        self.measure = Measure()
        self.keys: list[Key] = []

    def result(self) -> Imported:
        """The score, once all lines are read."""
        if not self.parts:
            raise refuse("no_kern")
        if any(spine.kind == "**kern" for spine in self.spines):  # every column ends with *-
            self.sheet.remark("cut_off")
        self._close_measure()
        self._name_voices()
        self.sheet.key = self.keys[0] if self.keys else None
        return assemble(self.sheet, "Humdrum")

    def take(self, line: str) -> None:
        """Reads one line."""
        if line.startswith("!!!"):
            self._take_reference(line[3:])
        elif not line or line.startswith("!"):
            return
        elif line.startswith("*"):
            tokens = line.split("\t")
            if any(token.startswith("**") for token in tokens):
                self._start_spines(tokens)
            else:
                self._check_columns(tokens)
                self._take_interpretations(tokens)
        elif line.startswith("="):
            self._take_bar_line(line.split("\t")[0])
        else:
            tokens = line.split("\t")
            self._check_columns(tokens)
            self._take_data(tokens)

    def _check_columns(self, tokens: list[str]) -> None:
        if len(tokens) != len(self.spines):
            self.sheet.remark("ragged", len(self.sheet.measures))

    def _take_reference(self, text: str) -> None:
        name, _, value = text.partition(":")
        value, sheet = clean(value), self.sheet
        if not value:
            return
        if name.startswith("OTL") and not sheet.title:
            sheet.title = value
        elif name == "COM" and not sheet.composer:
            sheet.composer = value
        elif name in ("ARE", "AGN", "YEC", "YEM", "SCT", "OPR"):
            names = {"ARE": "origin", "AGN": "genre", "YEC": "copyright", "YEM": "licence", "SCT": "catalogue"}
            sheet.provenance.setdefault(names.get(name, "part of"), value)

    # --- spines -------------------------------------------------------------------------------

    def _start_spines(self, tokens: list[str]) -> None:
        """Reads a row of exclusive interpretations: the first, or one that names what *+ added."""
        if len(tokens) > LIMITS.tracks:
            raise refuse("tracks", count=len(tokens), limit=LIMITS.tracks)
        if not self.spines:
            self.spines = [_Spine("", -1, self.now) for _ in tokens]
        for spine, token in zip(self.spines, tokens, strict=False):
            if token.startswith("**"):
                spine.kind = token.strip()
                if spine.kind == "**kern":
                    spine.column = len(self.parts)
                    self.parts[spine.column] = _Part()
                elif spine.kind not in _OTHERS:
                    self.sheet.remark("other_columns", text=clean(token, 20))
            elif not spine.kind:  # no kind is stated
                self.sheet.remark("other_columns", text=clean(token, 20))

    def _take_interpretations(self, tokens: list[str]) -> None:
        if any(token in ("*^", "*v", "*x", "*+", "*-") for token in tokens):
            self._move_spines(tokens)
            return
        for spine, token in zip(self.spines, tokens, strict=False):
            if spine.kind == "**kern":
                self._take_interpretation(self.parts[spine.column], token)
        self._take_label(tokens[0])

    def _take_interpretation(self, part: _Part, token: str) -> None:
        if match := re.fullmatch(r"\*M(\d{1,3})/(\d{1,2})", token):
            beats, unit = int(match[1]), int(match[2])
            if beats and unit in (1, 2, 4, 8, 16, 32, 64):
                self.measure.metre = (beats, unit)
            elif beats and unit == 0:  # in Humdrum a breve
                self.measure.metre = (2 * beats, 1)
            else:
                self.sheet.remark("bad_metre", len(self.sheet.measures), text=token[2:])
        elif match := re.fullmatch(r"\*MM(\d{1,4}(?:\.\d{1,3})?)", token):
            self.measure.tempos[self.now - self.bar_start] = float(match[1])
        elif token.startswith("*k["):
            signs = token.count("#") - token.count("-")
            self._add_key(Key(max(min(signs, 7), -7)))
        elif match := _KEY.fullmatch(token[1:]):
            self._add_mode(match)
        elif token.startswith('*I"'):
            part.name = part.name or clean(token[3:])
        elif re.fullmatch(r"\*I[a-z]+\d?", token):
            part.code = part.code or token[2:].rstrip("0123456789")

    def _add_key(self, key: Key) -> None:
        if not self.keys or (self.keys[-1].fifths != key.fifths):
            if self.keys:
                self.sheet.remark("key_changes", len(self.sheet.measures))
            self.keys.append(key)

    def _add_mode(self, match: re.Match[str]) -> None:
        """A key in words only adds the mode to a signature that agrees with it."""
        minor = match[1].islower()
        fifths = {"f": -1, "c": 0, "g": 1, "d": 2, "a": 3, "e": 4, "b": 5}[match[1].lower()]
        fifths += {"#": 7, "-": -7, "": 0}[match[2]] - (3 if minor else 0)
        usual = match[3] in ("", "ion", "aeo")
        if usual and len(self.keys) == 1 and self.keys[0].fifths == fifths:
            self.keys[0] = Key(fifths, "minor" if minor else "major")

    def _take_label(self, token: str) -> None:
        if match := re.fullmatch(r"\*>\[([\w,]+)\]", token):
            if not self.sheet.section_order:
                self.sheet.section_order = match[1].split(",")[:200]
                self.sheet.sections_plain = True
        elif match := re.fullmatch(r"\*>(\w+)", token):
            self._close_measure()  # a label may stand inside a bar
            self.sheet.sections.setdefault(match[1], len(self.sheet.measures))

    def _move_spines(self, tokens: list[str]) -> None:
        """Splits, joins, exchanges, adds and ends columns."""
        result: list[_Spine] = []
        swapped: int | None = None
        joining = False
        for spine, token in zip(self.spines, tokens, strict=False):
            if token == "*v" and joining and result and result[-1].column == spine.column:
                result[-1].end = max(result[-1].end, spine.end)
                continue
            joining = token == "*v"
            if token == "*-":
                continue
            result.append(spine)
            if token == "*^":
                result.append(_Spine(spine.kind, spine.column, spine.end, spine.velocity))
            elif token == "*+":
                result.append(_Spine("", -1))
            elif token == "*x" and swapped is None:
                swapped = len(result) - 1
            elif token == "*x" and swapped is not None:
                result[swapped], result[-1] = result[-1], result[swapped]
                swapped = None
        if len(result) > LIMITS.tracks:
            raise refuse("tracks", count=len(result), limit=LIMITS.tracks)
        self.spines = result

    # --- music --------------------------------------------------------------------------------

    def _take_bar_line(self, token: str) -> None:
        backward = re.search(r":[|!]|:\s*$", token) is not None
        forward = re.search(r"[|!]:", token) is not None
        if self.now > self.bar_start:
            self.measure.signs.backward = 2 if backward else 0
            self._close_measure()
        elif backward and self.sheet.measures:
            self.sheet.measures[-1].signs.backward = 2
        self.measure.signs.forward = self.measure.signs.forward or forward

    def _close_measure(self) -> None:
        self.measure.length = self.now - self.bar_start
        if self.measure.length:
            self.sheet.measures.append(self.measure)
            if len(self.sheet.measures) > LIMITS.bars:
                raise refuse("bars", count=len(self.sheet.measures), limit=LIMITS.bars)
            self.measure = Measure()
            self.bar_start = self.now

    def _take_data(self, tokens: list[str]) -> None:
        self._take_dynamics(tokens)
        layers: dict[int, int] = {}
        moved = False
        for spine, token in zip(self.spines, tokens, strict=False):
            if spine.kind == "**kern":
                layer = layers.get(spine.column, 0)
                layers[spine.column] = layer + 1
                if token != ".":
                    moved = self._take_token(spine, layer, token) or moved
            elif token not in (".", "") and spine.kind in ("**text", "**silbe"):
                self.sheet.remark("lyrics")
            elif token not in (".", "") and spine.kind in ("**mxhm", "**harm"):
                self.sheet.remark("chord_symbols")
        if moved:
            ends = [s.end for s in self.spines if s.kind == "**kern" and s.end > self.now]
            self.now = min(ends, default=self.now)

    def _take_dynamics(self, tokens: list[str]) -> None:
        """A column of dynamics holds for the part on its left."""
        column = -1
        for spine, token in zip(self.spines, tokens, strict=False):
            velocity = _DYNAMICS.get(token.strip("X"))
            if spine.kind == "**kern":
                column = spine.column
            elif spine.kind == "**dynam" and velocity:
                for other in self.spines:
                    other.velocity = velocity if other.column == column else other.velocity

    def _take_token(self, spine: _Spine, layer: int, token: str) -> bool:
        """Reads the notes of one cell; True if it takes time."""
        sheet, index = self.sheet, len(self.sheet.measures)
        if "q" in token or "Q" in token:
            sheet.remark("grace", index, count=len(token.split(" ")))
            return False
        longest: Time = 0
        for part in token.split(" "):
            length = read_length(part)
            if length is None:
                sheet.remark("unreadable", index, text=clean(part, 20))
                continue
            longest = longest or length
            if "r" in part:
                continue
            self._add_note(spine, layer, part, length)
        if longest:
            spine.end = self.now + longest
            sheet.remark("ornaments", index, count=int(bool(_ORNAMENTS.search(token))))
            sheet.remark("marks", count=int(bool(_MARKS.search(token))))
        return bool(longest)

    def _add_note(self, spine: _Spine, layer: int, token: str, length: Time) -> None:
        pitch = read_pitch(token)
        if pitch is None:
            self.sheet.remark("unreadable", len(self.sheet.measures), text=clean(token, 20))
            return
        if not 0 <= pitch <= 127:
            self.sheet.remark("out_of_range", len(self.sheet.measures))
            return
        voice = self._voice(spine.column, layer)
        ties = {sign for sign in "[]_" if sign in token}
        note = SheetNote(voice, self.now - self.bar_start, length, pitch, spine.velocity, line=voice)
        note.continues, note.tied = bool(ties & {"]", "_"}), bool(ties & {"[", "_"})
        self.sheet.add(self.measure, note)

    def _voice(self, column: int, layer: int) -> int:
        voices = self.parts[column].voices
        while len(voices) <= layer:
            voices.append(len(self.sheet.voices))
            self.sheet.voices.append(Voice(Track(), column))
        return voices[layer]

    def _name_voices(self) -> None:
        """Names the voices and puts them from top to bottom: Humdrum's lowest part stands left."""
        order: list[int] = []
        for part in reversed(list(self.parts.values())):
            name = part.name or INSTRUMENTS.get(part.code) or CHOIR.get(part.code, "")
            for layer, voice in enumerate(part.voices):
                several = f"{name}, voice {layer + 1}" if name else f"Voice {layer + 1}"
                self.sheet.voices[voice].track = Track(several if len(part.voices) > 1 else name, program_for(name))
                order.append(voice)
            if len(part.voices) > 1:
                self.sheet.remark("voices")
        place = {voice: index for index, voice in enumerate(order)}
        self.sheet.voices = [self.sheet.voices[voice] for voice in order]
        for measure in self.sheet.measures:
            for note in measure.notes:
                note.voice = place[note.voice]
