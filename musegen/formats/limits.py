"""How much of anything musegen reads: the one place where the limits of an import stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What an imported file may ask for; more is refused in one sentence that names the limit.

    A symphony movement stays below all of them. They keep a server with many visitors alive.

    Attributes:
        upload_bytes: Size of the file as given.
        unpacked_bytes: Size of what a compressed .mxl unpacks to, all members together.
        members: Files inside an .mxl.
        ratio: Unpacked size over packed size, from 1 MiB unpacked on (music reaches about 60).
        depth: XML elements inside each other (MusicXML needs about 12).
        elements: XML elements.
        notes: Notes of one score, repeats written out.
        tracks: Parts of one score.
        chunks: Tracks of a MIDI file, with and without notes.
        bars: Bars of one score, repeats written out.
        tunes: Tunes of one file (an ABC book).
        resolution: Ticks per quarter note that a score is given at most; finer times are rounded and reported.
        seconds: How long reading may take in the guarded child process.
        memory_mb: How much memory that child process may use.
        in_process_bytes: Text (unpacked) up to this size is read in this process, by readers whose time grows with
            the size only; more goes to the child process, so that a server stays quick for its other visitors.
        in_process_book_bytes: The same for a book of ABC tunes of which all are wanted, which takes longer.
        sound_bytes: Size of a recording as given (two minutes of stereo WAV in 24 bits take 35 MB).
        sound_seconds: Length of a recording; nothing is decoded beyond it.
    """

    upload_bytes: int = 8 * 2**20
    unpacked_bytes: int = 48 * 2**20
    members: int = 200
    ratio: int = 300
    depth: int = 60
    elements: int = 1_500_000
    notes: int = 60_000
    tracks: int = 200
    chunks: int = 2_000
    bars: int = 6_000
    tunes: int = 3_000
    resolution: int = 1_000_000
    seconds: float = 30.0
    memory_mb: int = 1_500
    in_process_bytes: int = 1_000_000
    in_process_book_bytes: int = 150_000
    sound_bytes: int = 40 * 2**20
    sound_seconds: float = 120.0


LIMITS = Limits()
