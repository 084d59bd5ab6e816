"""Which reader reads which format; whatever goes wrong becomes one sentence."""

from __future__ import annotations

from musegen.errors import MusegenError
from musegen.formats.abc import read_abc
from musegen.formats.kern import read_kern
from musegen.formats.midi import read_midi
from musegen.formats.musicxml import read_musicxml
from musegen.formats.refusal import refuse
from musegen.formats.report import Imported

NAMES = {"mid": "MIDI", "musicxml": "MusicXML", "mxl": "MXL", "abc": "ABC", "kern": "Humdrum"}
"""What the report calls each format."""


def read_tunes(kind: str, data: bytes, *, first_only: bool = False) -> list[Imported]:
    """Every tune of ``data``, or the first; an .mxl must be unpacked already.

    Raises:
        ScoreError: It can't be read; also for a fault of the reader itself, which is named.
    """
    try:
        match kind:
            case "mid":
                return [read_midi(data)]
            case "abc":
                return read_abc(data, first_only=first_only)
            case "kern":
                return [read_kern(data)]
            case _:
                return [read_musicxml(data, NAMES[kind])]
    except MusegenError:
        raise
    except Exception as error:  # a user must never see a traceback; the cause stays attached for developers
        raise refuse("crash", format=NAMES[kind], reason=type(error).__name__) from error
