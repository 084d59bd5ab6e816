"""Standard MIDI Files: read (types 0 and 1, RIFF-wrapped too) and written (type 1, one voice per track)."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from musegen.formats import midi_events
from musegen.formats.limits import LIMITS
from musegen.formats.midi_events import META, Event, MidiData
from musegen.formats.refusal import refuse
from musegen.formats.report import Imported, Remarks, check_length, report_on
from musegen.formats.text import clean, decode
from musegen.score import Key, Metre, Note, Score, Tempo, Track

DRUMS = 9
"""Channel of the drums (10, as people count)."""
FACTS = "musegen "
"""A text event beginning so holds, as JSON, what plain MIDI can't state; written by ``midi_write``."""


@dataclass(slots=True)
class _Voice:
    """What one channel of one track plays."""

    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # onset, pitch, duration, velocity
    sounding: dict[int, deque[tuple[int, int]]] = field(default_factory=dict)  # pitch: (onset, velocity)
    programs: list[int] = field(default_factory=list)


def read_midi(data: bytes) -> Imported:
    """Reads a MIDI file of type 0 or 1; times stay as the file has them.

    Each channel of each track becomes a part. What is damaged, and what a score doesn't hold, stands in the report.

    Raises:
        ScoreError: Damaged beyond rescue, no notes, independent patterns (type 2), or past a limit.
    """
    source = midi_events.parse(data)
    if source.type == 2 and len(source.tracks) > 1:
        raise refuse("midi_type2", count=len(source.tracks))
    return _Reading(source).result()


class _Reading:
    """One pass over a file's events."""

    def __init__(self, source: MidiData) -> None:
        self.source = source
        self.remarks = Remarks()
        self.resolution, self.seconds = _resolution(source.division)
        self.facts = _find_facts(source.tracks)
        self.tempos: list[Tempo] = []
        self.metres: list[Metre] = []
        self.keys: list[tuple[int, Key]] = []
        self.names: list[str] = []
        self.voices: list[dict[int, _Voice]] = []
        self.count = 0
        self.stuck: list[tuple[_Voice, int, int, int]] = []  # voice, onset, pitch, velocity

    def result(self) -> Imported:
        for events in self.source.tracks:
            self.names.append("")
            self.voices.append({})
            for event in events:
                self._take(event)
            self._end_notes()
        self._remark_damage()
        parts = self._parts()
        if not any(voice.notes for _, _, voice in parts):
            if not self.stuck:
                raise refuse("no_notes", format="MIDI")
        score = self._score(parts)
        return Imported(score, report_on(score, "MIDI", self.remarks))

    # --- events -------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        tick, status, first, second, payload = event
        kind = status >> 4
        if kind == 0x9 and second:
            voice = self._voice(status & 15)
            waiting = voice.sounding.setdefault(first, deque())
            if waiting and status & 15 != DRUMS:  # how long a drum sounds means nothing
                self.remarks.add("overlapping", tick)
            waiting.append((tick, second))
            self.count += 1
            if self.count > LIMITS.notes:
                raise refuse("notes", count=self.count, limit=LIMITS.notes)
        elif kind in (0x8, 0x9):
            voice = self._voice(status & 15)
            if voice.sounding.get(first):
                onset, velocity = voice.sounding[first].popleft()
                self._keep(voice, onset, first, tick, velocity)
        elif kind == 0xC:
            self._voice(status & 15).programs.append(first)
        elif status == META:
            self._take_meta(tick, first, payload)
        elif status in (0xF0, 0xF7):
            self.remarks.add("sysex")
        elif kind == 0xB:
            if first == 64:
                self.remarks.add("pedal")
            elif first not in (0, 32, *range(98, 102), *range(120, 128)):  # banks, parameters, resets: no music
                self.remarks.add("controllers")
        elif kind != 0xE:
            self.remarks.add("aftertouch", tick)
        elif (first, second) != (0, 64):  # a bend of nothing
            self.remarks.add("bends", tick)

    def _take_meta(self, tick: int, kind: int, payload: bytes) -> None:
        if kind == 0x03 and not self.names[-1]:
            self.names[-1] = self._text(payload)
        elif kind == 0x51 and len(payload) >= 3:
            self._take_tempo(tick, int.from_bytes(payload[:3]))
        elif kind == 0x58 and len(payload) >= 2:
            numerator, power = payload[0], payload[1]
            if numerator == 0 or power > 6:
                text = f"{numerator}/{2**power}" if power <= 6 else f"{numerator}/2^{power}"
                self.remarks.add("bad_metre", tick, text=text)
            else:
                self.metres.append(Metre(tick, numerator, 2**power))
        elif kind == 0x59 and len(payload) >= 2:
            fifths = int.from_bytes(payload[:1], signed=True)
            if -7 <= fifths <= 7 and payload[1] in (0, 1):
                self.keys.append((tick, Key(fifths, "minor" if payload[1] else "major")))
        elif kind == 0x05:
            self.remarks.add("lyrics")
        elif kind in (0x01, 0x06, 0x07) and not payload.startswith(FACTS.encode()) and payload.strip():
            self.remarks.add("texts")

    def _take_tempo(self, tick: int, microseconds: int) -> None:
        if self.seconds:
            return
        if microseconds <= 6_000:  # 10,000 quarter notes a minute
            self.remarks.add("bad_tempo", tick)
            return
        exact, short = 60e6 / microseconds, round(60e6 / microseconds, 2)
        self.tempos.append(Tempo(tick, short if round(60e6 / short) == microseconds else exact))

    def _voice(self, channel: int) -> _Voice:
        voices = self.voices[-1]
        if channel not in voices:
            voices[channel] = _Voice()
        return voices[channel]

    def _keep(self, voice: _Voice, onset: int, pitch: int, end: int, velocity: int) -> None:
        if end <= onset:
            if voice is not self.voices[-1].get(DRUMS):
                self.remarks.add("zero_length", onset)
            end = onset + max(self.resolution // 8, 1)
        voice.notes.append((onset, pitch, end - onset, velocity))

    def _end_notes(self) -> None:
        for voice in self.voices[-1].values():
            for pitch, waiting in voice.sounding.items():
                for onset, velocity in waiting:
                    self.remarks.add("stuck", onset)
                    self.stuck.append((voice, onset, pitch, velocity))
            voice.sounding.clear()

    def _text(self, payload: bytes) -> str:
        text, encoding = decode(payload)
        if self.facts:
            return text
        if encoding not in ("utf-8", "latin-1", "cp1252"):
            names = {"cp932": "Shift-JIS", "gb18030": "GB 18030"}
            self.remarks.add("encoding", text=names.get(encoding, encoding.upper()))
        return clean(text)

    def _remark_damage(self) -> None:
        source = self.source
        for number, tick in source.broken.items():
            self.remarks.add("broken", tick, text=str(number + 1))
        if len(source.tracks) < source.promised and len(source.tracks) > 0:
            self.remarks.add("missing_tracks", count=len(source.tracks), text=f"{source.promised:,}")
        if source.clipped:
            self.remarks.add("clipped", count=source.clipped)
        if self.seconds:
            self.remarks.add("smpte")

    # --- the score ----------------------------------------------------------------------------

    def _parts(self) -> list[tuple[str, int, _Voice]]:
        """(name, channel, voice) of everything that holds notes, or of every track of a file of our own."""
        parts: list[tuple[str, int, _Voice]] = []
        mine = self._track_map()
        stuck = {id(voice) for voice, *_ in self.stuck}
        for number, voices in enumerate(self.voices):
            heard = {c: v for c, v in sorted(voices.items()) if v.notes or id(v) in stuck}
            if mine is not None:
                if number:
                    channel = next(iter(voices), 0)
                    parts.append((self.names[number], channel, voices.get(channel, _Voice())))
            elif not heard and number and self.names[number]:
                self.remarks.add("empty_tracks")
            elif len(heard) > 1:
                self.remarks.add("channels")
            if mine is None:
                for channel, voice in heard.items():
                    name = self.names[number]
                    if len(heard) > 1:
                        name = f"{name}, channel {channel + 1}".lstrip(", ")
                    parts.append((name, channel, voice))
        return parts

    def _track_map(self) -> list[int] | None:
        """For each track chunk behind the first, the part it belongs to; None for files of other programs."""
        places = self.facts.get("parts")
        if not isinstance(places, list) or len(places) != len(self.voices) - 1:
            return None
        whole = all(isinstance(place, int) for place in places)
        whole = whole and sorted(set(places)) == list(range(len(set(places))))
        one_channel = all(len(voices) <= 1 for voices in self.voices)
        return places if whole and one_channel and places else None

    def _score(self, parts: list[tuple[str, int, _Voice]]) -> Score:
        programs = self._first_programs()
        places = self._track_map() or range(len(parts))
        tracks: dict[int, Track] = {}
        rows: list[tuple[int, int, int, int, int]] = []
        owner: dict[int, int] = {}
        for place, (name, channel, voice) in zip(places, parts, strict=True):
            program = voice.programs[0] if voice.programs else programs.get(channel, 0)
            if len(set(voice.programs)) > 1:
                self.remarks.add("programs", count=len(voice.programs) - 1)
            tracks.setdefault(place, Track(name, program, channel == DRUMS))
            owner[id(voice)] = place
            rows += [(*note, place) for note in voice.notes]
        facts, unit = self.facts, self.resolution
        tempos = facts.get("tempos")
        draft = Score(
            notes=tuple(Note(*row) for row in sorted(rows)),
            tracks=tuple(tracks[place] for place in sorted(tracks)),
            resolution=unit,
            tempos=_own_tempos(tempos) or tuple(self.tempos),
            metres=tuple(m for m in self.metres if self._fits(m)),
            key=self._key(),
            pickup=facts["pickup"] if _is_tick(facts.get("pickup")) else 0,
            title=self._title(),
            composer=_string(facts.get("composer")),
            provenance=_strings(facts.get("provenance")),
        )
        check_length(draft)
        return self._with_stuck(draft, owner) if self.stuck else draft

    def _with_stuck(self, draft: Score, owner: Mapping[int, int]) -> Score:
        last = max(draft.end, max(onset for _, onset, _, _ in self.stuck) + 1)
        probe = draft.replace(notes=(*draft.notes, Note(last - 1, 0, 1)))
        check_length(probe)
        ends = [bar.end for bar in probe.bars()]
        extra = [
            Note(onset, pitch, ends[bisect_right(ends, onset)] - onset, velocity, owner[id(voice)])
            for voice, onset, pitch, velocity in self.stuck
        ]
        return draft.replace(notes=(*draft.notes, *extra))

    def _first_programs(self) -> dict[int, int]:
        """Program of each channel, for tracks whose channel is set up in another track."""
        programs: dict[int, int] = {}
        for voices in self.voices:
            for channel, voice in voices.items():
                if voice.programs:
                    programs.setdefault(channel, voice.programs[0])
        return programs

    def _fits(self, metre: Metre) -> bool:
        fits = (4 * self.resolution * metre.numerator) % metre.denominator == 0
        if not fits:
            self.remarks.add("bad_metre", metre.tick, text=str(metre))
        return fits

    def _key(self) -> Key | None:
        if not self.keys:
            return None
        tick, key = self.keys[0]
        for tick, other in self.keys[1:]:
            if other != key:
                self.remarks.add("key_changes", tick)
        return Key(key.fifths, "") if self.facts.get("mode") == "" else key

    def _title(self) -> str:
        if "title" in self.facts:
            return _string(self.facts["title"])
        conductor = not any(voice.notes for voice in self.voices[0].values())
        return self.names[0] if conductor or self.source.type == 0 or len(self.voices) == 1 else ""


def _resolution(division: int) -> tuple[int, bool]:
    """Ticks per quarter note, and whether the file counts in seconds (then at 120 quarter notes a minute)."""
    if division > 0:
        return division, False
    frames, ticks = divmod(-division, 256)
    return max(frames * ticks // 2, 1), True


def _find_facts(tracks: list[list[Event]]) -> dict[str, Any]:
    for _, status, kind, _, payload in tracks[0] if tracks else ():
        if status == META and kind == 0x01 and payload.startswith(FACTS.encode()):
            try:
                facts = json.loads(payload[len(FACTS) :])
            except (ValueError, RecursionError):
                return {}
            return facts if isinstance(facts, dict) else {}
    return {}


def _is_tick(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**28


def _own_tempos(rows: object) -> tuple[Tempo, ...]:
    try:
        tempos = tuple(Tempo(int(tick), float(qpm)) for tick, qpm in rows)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return ()
    return tempos if all(0 <= t.tick < 2**28 and 0 < t.qpm < 10_000 for t in tempos) else ()


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> dict[str, str]:
    return {str(k): v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}
