"""The bytes of a Standard MIDI File as events, and back; sound events before a damaged place are kept.

A reader of its own, because neither mido nor symusic hands out what came before the damage, and both hide which
notes were never ended. Source: MIDI Manufacturers Association, Standard MIDI Files 1.0 (RP-001).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse

META = 0xFF
Event = tuple[int, int, int, int, bytes]
"""Tick, status byte, first and second data byte (0 where there is none), payload of a meta or sysex event.

A meta event has status ``META`` and its type as first data byte.
"""
_LENGTHS = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}


@dataclass(slots=True)
class MidiData:
    """What a MIDI file holds.

    Attributes:
        type: 0, 1 or 2, as the header says.
        division: Ticks per quarter note; negative where the file counts in frames: -(frames per second x 256 + ticks).
        tracks: Events of each track chunk, in time order.
        promised: Number of tracks in the header.
        broken: Index of each track that breaks off, and the tick where it does.
        clipped: Data bytes above 127, read as 127.
    """

    type: int
    division: int
    tracks: list[list[Event]] = field(default_factory=list)
    promised: int = 0
    broken: dict[int, int] = field(default_factory=dict)
    clipped: int = 0


class _Broken(Exception):
    """The track can't be read on."""


def parse(data: bytes) -> MidiData:
    """Reads a MIDI file, RIFF-wrapped (RMID) or not.

    Raises:
        ScoreError: The header is missing or makes no sense.
    """
    if data[:4] == b"RIFF":
        data = _unwrap(data)
    start = data.find(b"MThd", 0, 256)  # some files carry a Macintosh header of 128 bytes
    if start < 0 or len(data) < start + 14:
        raise refuse("midi_header")
    length = int.from_bytes(data[start + 4 : start + 8])
    kind, promised, division = (int.from_bytes(data[start + 8 + i : start + 10 + i]) for i in (0, 2, 4))
    if division & 0x8000:
        frames, ticks = 256 - (division >> 8), division & 0xFF
        division = -(frames * 256 + ticks)
        if ticks == 0:
            raise refuse("midi_division")
    if division == 0:
        raise refuse("midi_division")
    result = MidiData(kind, division, promised=promised)
    position = start + 8 + max(length, 6)
    while 0 <= position <= len(data) - 8:
        name, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8])
        following = position + 8 + size
        if name == b"MTrk":
            if len(result.tracks) >= LIMITS.chunks:
                raise refuse("tracks", count=len(result.tracks), limit=LIMITS.chunks)
            _parse_track(data, position + 8, size, result, fits=_is_chunk(data, following))
        if name == b"MTrk" or not name.isalnum():  # other kinds of chunk are allowed, and skipped
            following = _next_track(data, position + 4, following)
        position = following
    return result


def _next_track(data: bytes, behind: int, expected: int) -> int:
    """Where the next chunk begins: where the length says, or, if no chunk is there, at the next sound one."""
    return expected if _is_chunk(data, expected) else data.find(b"MTrk", behind)


def _is_chunk(data: bytes, position: int) -> bool:
    """Whether the file ends here or another chunk begins."""
    return position == len(data) or data[position : position + 4].isalnum()


def _unwrap(data: bytes) -> bytes:
    position = 12
    while position + 8 <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        if data[position : position + 4] == b"data":
            return data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    raise refuse("midi_header")


def _parse_track(data: bytes, position: int, size: int, result: MidiData, *, fits: bool) -> None:
    """Reads one track; ``fits`` tells that its stated length leads to the next chunk."""
    events: list[Event] = []
    end = min(position + size, len(data))
    ended = False
    try:
        ended = _read_events(data, position, end, events, result)
    except (_Broken, IndexError):
        result.broken[len(result.tracks)] = events[-1][0] if events else 0
    else:
        if not ended and not fits:
            result.broken[len(result.tracks)] = events[-1][0] if events else 0
    result.tracks.append(events)


def _read_events(data: bytes, position: int, end: int, events: list[Event], result: MidiData) -> bool:
    """Appends the events of one track; True when it ends with an end-of-track event."""
    tick = running = 0
    while position < end:
        delta, position = _variable(data, position, end)
        tick += delta
        status = data[position]
        if status >= 0x80:
            position += 1
        elif running:
            status = running
        else:
            raise _Broken
        if status < 0xF0:
            running = status
            count = _LENGTHS[status >> 4]
            if position + count > end:
                raise _Broken
            first, second = data[position], data[position + 1] if count == 2 else 0
            if first > 127 or second > 127:
                result.clipped += (first > 127) + (second > 127)
                first, second = min(first, 127), min(second, 127)
            position += count
            events.append((tick, status, first, second, b""))
        elif status in (META, 0xF0, 0xF7):
            kind = 0
            if status == META:
                kind = data[position]
                position += 1
            size, position = _variable(data, position, end)
            if position + size > end:
                raise _Broken
            events.append((tick, status, kind, 0, data[position : position + size]))
            position += size
            if status == META and kind == 0x2F:
                return True
        else:
            position += _SYSTEM_LENGTHS.get(status, 0)
    return False


def _variable(data: bytes, position: int, end: int) -> tuple[int, int]:
    value = 0
    for place in range(position, min(position + 4, end)):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    raise _Broken


def variable_length(value: int) -> bytes:
    """``value`` (0 to 2**28 - 1) in MIDI's variable length."""
    result = [value & 0x7F]
    while value := value >> 7:
        result.append(value & 0x7F | 0x80)
    return bytes(reversed(result))


def build(tracks: list[list[tuple[int, bytes]]], resolution: int) -> bytes:
    """A type 1 MIDI file of tracks of (tick, message bytes); each list must be in time order.

    Meta messages come whole (``meta``); the end of track is added.
    """
    chunks = [b"MThd" + (6).to_bytes(4) + (1).to_bytes(2) + len(tracks).to_bytes(2) + resolution.to_bytes(2)]
    for messages in tracks:
        body, now = bytearray(), 0
        for tick, message in messages:
            body += variable_length(tick - now) + message
            now = tick
        body += b"\x00\xff\x2f\x00"
        chunks.append(b"MTrk" + len(body).to_bytes(4) + bytes(body))
    return b"".join(chunks)


def meta(kind: int, payload: bytes) -> bytes:
    """A meta message of the given type."""
    return bytes((META, kind)) + variable_length(len(payload)) + payload
