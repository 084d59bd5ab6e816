"""Standard MIDI Files in: types 0 and 1, RIFF-wrapped too. ``midi_write`` is the way back.

Times stay as the file has them; ``midi_metres`` says what its time signatures mean. Each channel of each track becomes
a part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

from musegen.formats import midi_events
from musegen.formats.limits import LIMITS
from musegen.formats.midi_events import META, Event, MidiData
from musegen.formats.midi_facts import find_facts, is_facts
from musegen.formats.midi_key import is_unchosen
from musegen.formats.midi_metres import find_pickup, late_start, without_short_metre
from musegen.formats.refusal import refuse
from musegen.formats.report import Imported, Remarks, check_length, report_on
from musegen.formats.text import clean, decode
from musegen.score import Key, Metre, Note, Score, Tempo, Track

DRUMS = 9
"""Channel of the drums (10, as people count)."""
_NO_MUSIC = frozenset((0, 32, *range(98, 102), *range(120, 128)))
"""Controllers that choose sounds or reset devices; leaving them out loses nothing."""
_ENCODINGS = {"cp932": "Shift-JIS", "gb18030": "GB 18030"}


def read_midi(data: bytes) -> Imported:
    """Reads a MIDI file of type 0 or 1.

    What is damaged, and what a score doesn't hold, stands in the report.

    Raises:
        ScoreError: Damaged beyond rescue, no notes, independent patterns (type 2), or past a limit.
    """
    source = midi_events.parse(data)
    if source.type == 2 and len(source.tracks) > 1:
        raise refuse("midi_type2", count=len(source.tracks))
    return _Reader(source).result()


@dataclass(slots=True)
class _Voice:
    """What one channel of one track plays.

    Attributes:
        notes: (onset, pitch, end, velocity); an end of -1 where the file never ends the note.
        sounding: By pitch, the (onset, velocity) of the notes that are not ended yet.
        programs: Program changes, in order.
    """

    is_drum: bool
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    sounding: dict[int, deque[tuple[int, int]]] = field(default_factory=dict)
    programs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Chunk:
    """One track of the file: its name, and what it plays on each channel."""

    name: str = ""
    voices: dict[int, _Voice] = field(default_factory=dict)

    def voice(self, channel: int) -> _Voice:
        if channel not in self.voices:
            self.voices[channel] = _Voice(channel == DRUMS)
        return self.voices[channel]

    def heard(self) -> list[tuple[int, _Voice]]:
        """(channel, voice) of the channels that have notes."""
        return [(channel, voice) for channel, voice in sorted(self.voices.items()) if voice.notes]


class _Reader:
    """One pass over a file's events."""

    def __init__(self, source: MidiData) -> None:
        self.source = source
        self.remarks = Remarks()
        self.counts_seconds = source.division < 0
        self.resolution = _resolution(source.division)
        self.facts = find_facts(source.tracks)
        self.tempos: list[Tempo] = []
        self.metres: list[Metre] = []
        self.keys: list[tuple[int, Key]] = []
        self.chunks: list[_Chunk] = []
        self.count = 0

    def result(self) -> Imported:
        for events in self.source.tracks:
            self.chunks.append(_Chunk())
            for event in events:
                self._take(event)
            self._end_notes()
        if not self.count:
            damaged = self.source.broken or len(self.source.tracks) < self.source.promised
            raise refuse("midi_damaged" if damaged else "no_notes", format="MIDI")
        self._remark_damage()
        score = self._score(self._parts())
        return Imported(score, report_on(score, "MIDI", self.remarks))

    # --- events -------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        tick, status, first, second, payload = event
        kind = status >> 4
        if kind in (0x8, 0x9):
            self._take_note(tick, status & 15, first, second if kind == 0x9 else 0)
        elif kind == 0xC:
            self.chunks[-1].voice(status & 15).programs.append(first)
        elif status == META:
            self._take_meta(tick, first, payload)
        elif kind == 0xF:
            self.remarks.add("sysex")
        elif kind == 0xB:
            if first not in _NO_MUSIC:
                self.remarks.add("pedal" if first == 64 else "controllers")
        elif kind != 0xE:
            self.remarks.add("aftertouch", tick)
        elif (first, second) != (0, 64):  # a bend of nothing
            self.remarks.add("bends", tick)

    def _take_note(self, tick: int, channel: int, pitch: int, velocity: int) -> None:
        """A note begins, or ends (velocity 0); of several that sound on one pitch the first ends first."""
        voice = self.chunks[-1].voice(channel)
        waiting = voice.sounding.setdefault(pitch, deque())
        if velocity:
            if waiting and not voice.is_drum:  # how long a drum sounds means nothing
                self.remarks.add("overlapping", tick)
            waiting.append((tick, velocity))
            self.count += 1
            if self.count > LIMITS.notes:
                raise refuse("notes", count=self.count, limit=LIMITS.notes)
        elif waiting:
            onset, loudness = waiting.popleft()
            if tick <= onset:
                tick = onset + max(self.resolution // 8, 1)
                if not voice.is_drum:
                    self.remarks.add("zero_length", onset)
            voice.notes.append((onset, pitch, tick, loudness))

    def _end_notes(self) -> None:
        for voice in self.chunks[-1].voices.values():
            for pitch, waiting in voice.sounding.items():
                for onset, velocity in waiting:
                    self.remarks.add("stuck", onset)
                    voice.notes.append((onset, pitch, -1, velocity))

    def _take_meta(self, tick: int, kind: int, payload: bytes) -> None:
        chunk = self.chunks[-1]
        if kind == 0x03 and not chunk.name:
            chunk.name = self._text(payload)
        elif kind == 0x51 and len(payload) >= 3 and not self.counts_seconds:
            self._take_tempo(tick, int.from_bytes(payload[:3]))
        elif kind == 0x58 and len(payload) >= 2:
            self._take_metre(tick, payload[0], payload[1])
        elif kind == 0x59 and len(payload) >= 2:
            fifths = int.from_bytes(payload[:1], signed=True)
            if -7 <= fifths <= 7 and payload[1] in (0, 1):
                self.keys.append((tick, Key(fifths, "minor" if payload[1] else "major")))
        elif kind == 0x05:
            self.remarks.add("lyrics")
        elif kind in (0x01, 0x06, 0x07) and payload.strip() and not is_facts(payload):
            self.remarks.add("texts")

    def _take_tempo(self, tick: int, microseconds: int) -> None:
        if microseconds <= 6_000:  # 10,000 quarter notes a minute
            self.remarks.add("bad_tempo", tick)
            return
        exact, short = 60e6 / microseconds, round(60e6 / microseconds, 2)
        self.tempos.append(Tempo(tick, short if round(60e6 / short) == microseconds else exact))

    def _take_metre(self, tick: int, numerator: int, power: int) -> None:
        text = f"{numerator}/{2**power}" if power <= 10 else f"{numerator}/2^{power}"
        if numerator == 0 or 2**power > 64 or (4 * self.resolution * numerator) % 2**power:
            self.remarks.add("bad_metre", tick, text=text)
        else:
            self.metres.append(Metre(tick, numerator, 2**power))

    def _text(self, payload: bytes) -> str:
        text, encoding = decode(payload)
        if self.facts:
            return text
        if encoding not in ("utf-8", "latin-1", "cp1252"):
            self.remarks.add("encoding", text=_ENCODINGS.get(encoding, encoding.upper()))
        return clean(text)

    def _remark_damage(self) -> None:
        source = self.source
        for number, tick in source.broken.items():
            self.remarks.add("broken", tick, text=str(number + 1))
        if len(source.tracks) < source.promised:
            self.remarks.add("missing_tracks", count=len(source.tracks), text=f"{source.promised:,}")
        if source.clipped:
            self.remarks.add("clipped", count=source.clipped)
        if self.counts_seconds:
            self.remarks.add("smpte")

    # --- the score ----------------------------------------------------------------------------

    def _parts(self) -> list[tuple[int, Track, _Voice]]:
        """(place among the parts, track, what it plays) of everything that has notes."""
        programs = self._programs_of_channels()
        if self.facts:
            voices = [next(iter(chunk.voices.items()), (0, _Voice(False))) for chunk in self.chunks[1:]]
            rows = [(chunk.name, *voice) for chunk, voice in zip(self.chunks[1:], voices, strict=True)]
            places = self.facts.parts
        else:
            rows = [(name, *voice) for chunk in self.chunks for name, voice in self._named(chunk)]
            places = list(range(len(rows)))
        parts = []
        for place, (name, channel, voice) in zip(places, rows, strict=True):
            program = voice.programs[0] if voice.programs else programs.get(channel, 0)
            if len(set(voice.programs)) > 1:
                self.remarks.add("programs", count=len(voice.programs) - 1)
            parts.append((place, Track(name, program, channel == DRUMS), voice))
        return parts

    def _named(self, chunk: _Chunk) -> list[tuple[str, tuple[int, _Voice]]]:
        """The channels of one track that have notes, named by the track and, if there are several, the channel."""
        heard = chunk.heard()
        if not heard and chunk.name and chunk is not self.chunks[0]:
            self.remarks.add("empty_tracks")
        if len(heard) <= 1:
            return [(chunk.name, voice) for voice in heard]
        self.remarks.add("channels")
        start = (
            f"{chunk.name}, channel" if chunk.name and self.source.type == 1 else "Channel"
        )  # type 0: the piece's name
        return [(f"{start} {channel + 1}", (channel, voice)) for channel, voice in heard]

    def _programs_of_channels(self) -> dict[int, int]:
        """Program of each channel, for tracks whose channel is set up in another track."""
        programs: dict[int, int] = {}
        for chunk in self.chunks:
            for channel, voice in chunk.voices.items():
                if voice.programs:
                    programs.setdefault(channel, voice.programs[0])
        return programs

    def _score(self, parts: list[tuple[int, Track, _Voice]]) -> Score:
        tracks = {place: track for place, track, _ in reversed(parts)}
        rows = [(*note, place) for place, _, voice in parts for note in voice.notes]
        facts = self.facts
        late = 0 if facts else late_start(self.metres, (row[0] for row in rows))
        if late:
            rows = [(o - late, p, e - late if e > 0 else e, v, place) for o, p, e, v, place in rows]
            self.tempos = [Tempo(max(tempo.tick - late, 0), tempo.qpm) for tempo in self.tempos]
            self.metres = [Metre(metre.tick - late, metre.numerator, metre.denominator) for metre in self.metres]
        pickup = facts.pickup if facts else 0
        draft = Score(
            notes=tuple(Note(o, p, max(e, o + 1) - o, v, place) for o, p, e, v, place in sorted(rows)),
            tracks=tuple(tracks[place] for place in sorted(tracks)),
            resolution=self.resolution,
            tempos=(facts.tempos if facts else ()) or tuple(self.tempos),
            metres=without_short_metre(self.metres, pickup, self.resolution),
            key=self._key(),
            pickup=pickup,
            title=facts.title if facts else self._title(),
            composer=facts.composer if facts else "",
            provenance=facts.provenance if facts else {},
        )
        check_length(draft)
        pitched = (note for note in draft.notes if not draft.tracks[note.track].is_drum)
        if not facts and is_unchosen([key for _, key in self.keys], pitched):
            self.remarks.add("unchosen_key")
            draft = draft.replace(key=None)
        if not facts:
            first = draft.metres[0]
            draft = find_pickup(draft)
            if draft.pickup:
                self.remarks.add("pickup", text=str(first))
        if not any(end < 0 for _, _, end, _, _ in rows):
            return draft
        ends = [bar.end for bar in draft.bars()]
        rows = [(o, p, e if e >= 0 else ends[bisect_right(ends, o)], v, place) for o, p, e, v, place in rows]
        return draft.replace(notes=tuple(Note(o, p, e - o, v, place) for o, p, e, v, place in sorted(rows)))

    def _key(self) -> Key | None:
        if not self.keys:
            return None
        key = self.keys[0][1]
        for tick, other in self.keys[1:]:
            if other != key:
                self.remarks.add("key_changes", tick)
        return Key(key.fifths) if self.facts and self.facts.modeless else key

    def _title(self) -> str:
        """The name of a first track without notes, or of the only track."""
        first = self.chunks[0]
        return first.name if len(self.chunks) == 1 or not first.heard() else ""


def _resolution(division: int) -> int:
    """Ticks per quarter note; of a file that counts in seconds, at 120 quarter notes a minute."""
    frames, ticks = divmod(-division, 256)
    return division if division > 0 else max(frames * ticks // 2, 1)
