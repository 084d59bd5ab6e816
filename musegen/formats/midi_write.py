"""A score as a Standard MIDI File of type 1, one voice per track; ``midi.read_midi`` reads it back equal."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from math import gcd

from musegen.formats.midi import DRUMS
from musegen.formats.midi_events import META, build, meta
from musegen.formats.midi_facts import pack_facts
from musegen.formats.midi_metres import short_metre
from musegen.formats.refusal import refuse
from musegen.score import Note, Score, Track

_PITCHED = [channel for channel in range(16) if channel != DRUMS]
_Message = tuple[int, bytes]


def write_midi(score: Score) -> bytes:
    """``score`` as the bytes of a MIDI file.

    The first track holds tempo, metre, key and title; each part follows on a channel of its own (drums on 10; from
    the 16th pitched part on, on further ports). Notes of one part that overlap on one pitch can't be told apart in
    MIDI and go to a second track of the same name. What MIDI has no place for (composer, provenance, that the short
    first bar is a pick-up) stands in a text event. A resolution above MIDI's 32,767 is brought down: to the coarsest
    that is exact, else to 10,080 with times rounded.

    Raises:
        ScoreError: A time or a metre is too large for MIDI.
    """
    if score.resolution > 32_767:
        score = score.with_resolution(_coarser(score))
    last = max(score.end, score.tempos[-1].tick, score.metres[-1].tick)
    if last >= 2**28:
        raise refuse("midi_ticks", ticks=last)
    chunks: list[list[_Message]] = []
    places: list[int] = []
    pitched = 0
    for index, track in enumerate(score.tracks):
        port, channel = (0, DRUMS) if track.is_drum else (pitched // 15, _PITCHED[pitched % 15])
        pitched += not track.is_drum
        for layer in _layers(score.track_notes(index)):
            chunks.append(_head(track, port, channel) + _note_messages(layer, channel))
            places.append(index)
    if len(chunks) > 65_534:
        raise refuse("midi_voices", count=len(chunks))
    return build([_conductor(score, places), *chunks], score.resolution)


def _coarser(score: Score) -> int:
    ticks = [time for note in score.notes for time in (note.onset, note.duration)]
    ticks += [score.pickup, *(m.tick for m in score.metres), *(t.tick for t in score.tempos)]
    exact = score.resolution // gcd(score.resolution, *ticks)
    return exact if exact <= 32_767 else 10_080


def _conductor(score: Score, places: list[int]) -> list[_Message]:
    messages: list[_Message] = []
    if score.title:
        messages.append((0, meta(0x03, score.title.encode(errors="replace"))))
    if score.key:
        minor = score.key.mode == "minor"
        messages.append((0, meta(0x59, score.key.fifths.to_bytes(1, signed=True) + bytes((minor,)))))
    messages += _metres(score)
    exact = True
    for tempo in score.tempos:
        microseconds = min(max(round(60e6 / tempo.qpm), 6_001), 2**24 - 1)
        exact = exact and round(60e6 / microseconds, 2) == round(tempo.qpm, 2)
        messages.append((tempo.tick, meta(0x51, microseconds.to_bytes(3))))
    messages.insert(0, (0, meta(0x01, pack_facts(score, places, tempos=not exact))))
    return sorted(messages, key=lambda message: message[0])


def _metres(score: Score) -> list[_Message]:
    """Time signatures; a pick-up gets a metre of its own, or everybody else's bar lines would be wrong."""
    first, *later = score.metres
    short = short_metre(score)
    metres = [(0, short), (score.pickup, first)] if short else [(0, first)]
    messages: list[_Message] = []
    for tick, metre in [*metres, *((metre.tick, metre) for metre in later)]:
        if metre.numerator > 255:
            raise refuse("midi_metre", metre=metre)
        power = metre.denominator.bit_length() - 1
        messages.append((tick, meta(0x58, bytes((metre.numerator, power, 24, 8)))))
    return messages


def _head(track: Track, port: int, channel: int) -> list[_Message]:
    messages = [(0, meta(0x03, track.name.encode(errors="replace")))] if track.name else []
    if port:
        messages.append((0, bytes((META, 0x21, 1, port))))
    return [*messages, (0, bytes((0xC0 | channel, track.program)))]


def _layers(notes: Iterable[Note]) -> list[list[Note]]:
    """The notes spread on as few lists as let no pitch begin while it sounds; one empty list for no notes."""
    layers: list[list[Note]] = [[]]
    free: dict[int, list[int]] = {}  # by pitch: layers where it is silent, the first on top
    busy: dict[int, list[tuple[int, int]]] = {}  # by pitch: (end, layer) of the others, the next to end on top
    used: dict[int, int] = {}
    for note in notes:
        silent, sounding = free.setdefault(note.pitch, []), busy.setdefault(note.pitch, [])
        while sounding and sounding[0][0] <= note.onset:
            heappush(silent, heappop(sounding)[1])
        place = heappop(silent) if silent else used.get(note.pitch, 0)
        used[note.pitch] = max(used.get(note.pitch, 0), place + 1)
        if place == len(layers):
            layers.append([])
        layers[place].append(note)
        heappush(sounding, (note.end, place))
    return layers


def _note_messages(notes: Iterable[Note], channel: int) -> list[_Message]:
    rows = []
    for note in notes:
        rows.append((note.onset, 1, note.pitch, bytes((0x90 | channel, note.pitch, note.velocity))))
        rows.append((note.end, 0, note.pitch, bytes((0x80 | channel, note.pitch, 64))))
    return [(tick, message) for tick, _, _, message in sorted(rows)]
