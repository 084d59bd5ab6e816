"""One instrument of the SoundFont as a browser needs it: its regions as JSON, and the sample points they use.

A pack is ``MGI1``, the header's length in bytes (uint32), the header (JSON in UTF-8, padded with spaces to an even
length), and int16 points, all little-endian. The header's ``regions`` say the same as ``musegen.audio.region.Region``,
with what is at rest left out; ``sample`` is [first point, number of points], and ``loop`` counts from there.

Each region also says how loud it is (``power``), so that a player can bring a whole score to an even loudness before
it has heard it.
"""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import signal

from musegen.audio.master import k_weighting
from musegen.audio.region import Region
from musegen.audio.soundfont import SoundFont, SoundFontError, find_soundfont, load_soundfont
from musegen.audio.voice import Voice
from musegen.errors import ScoreError

MAGIC = b"MGI1"
MAX_BYTES = 24 * 2**20
"""Largest pack; TimGM6mb's are 3 to 675 KiB."""
MAX_ONE_SHOT_S = 8.0
"""Longest recording without a loop; what is longer is faded out."""
POWER_SPANS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds after the onset between which ``power`` is measured."""

_FADE_S = 0.05
_MEASURING_RATE = 22050
_ORDINARY_VELOCITY = 80  # the layer that stays where all are too much


def instrument_pack(program: int, *, is_drum: bool = False, soundfont: Path | str | None = None) -> bytes:
    """What a browser needs of one instrument of the SoundFont that ``synthesize`` plays.

    The same instrument gives the same bytes. A SoundFont whose layers of loudness pass ``MAX_BYTES`` gives one of them
    for all velocities.

    Args:
        program: General MIDI program, 0-127; of a drum kit mostly 0.
        is_drum: The drum kit instead of the instrument.
        soundfont: A .sf2 file; by default the one of ``find_soundfont``.

    Returns:
        The pack, in the format that this module's first lines describe.

    Raises:
        ScoreError: ``program`` is not one of 0-127.
        SoundFontError: The SoundFont is missing, damaged, lacks the instrument, or the instrument is too large.
    """
    if isinstance(program, bool) or not isinstance(program, int) or not 0 <= program <= 127:
        raise ScoreError("There is no instrument number {program}; General MIDI has programs 0-127.", program=program)
    return _pack(Path(soundfont) if soundfont else find_soundfont(), program, is_drum)


@lru_cache(maxsize=129)
def _pack(path: Path, program: int, is_drum: bool) -> bytes:
    font = load_soundfont(path)
    regions = list(font.regions(program, is_drum=is_drum))
    if _size(regions) > MAX_BYTES:
        ordinary = [r for r in regions if r.velocities[0] <= _ORDINARY_VELOCITY <= r.velocities[1]]
        regions = [replace(region, velocities=(0, 127)) for region in ordinary]
    if _size(regions) > MAX_BYTES:
        raise SoundFontError(
            "Instrument {program} of “{name}” takes {size:.0f} MB, too much for a browser "
            "(at most {most}). Name a smaller SoundFont in MUSEGEN_SOUNDFONT.",
            program=program,
            name=path.name,
            size=_size(regions) / 2**20,
            most=MAX_BYTES // 2**20,
        )
    points: list[bytes] = []
    places: dict[tuple[int, int], int] = {}  # of a stretch of the SoundFont: its first point in the pack
    rows, total = [], 0
    for region in regions:
        first, last = _stretch(region)
        if (first, last) not in places:
            places[first, last] = total
            points.append(_points(font, region, first, last))
            total += last - first
        rows.append(_row(font, region, places[first, last], last - first))
    header = {"program": program, "drums": is_drum, "spans": POWER_SPANS, "regions": rows}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (len(text) % 2)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *points])


def _stretch(region: Region) -> tuple[int, int]:
    """First point that sounds, and first one after: nothing past a loop is ever heard."""
    if region.loop:
        return region.start, region.loop[1]
    return region.start, min(region.end, region.start + round(MAX_ONE_SHOT_S * region.rate))


def _size(regions: list[Region]) -> int:
    return sum(2 * (last - first) for first, last in {_stretch(region) for region in regions})


def _points(font: SoundFont, region: Region, first: int, last: int) -> bytes:
    points = font.points[first:last].astype("<i2")
    if not region.loop and last < region.end:
        fade = min(round(_FADE_S * region.rate), len(points))
        points[-fade:] = np.round(points[-fade:] * np.linspace(1, 0, fade)).astype("<i2")
    return points.tobytes()


def _row(font: SoundFont, region: Region, first: int, count: int) -> dict[str, object]:
    """A region for JSON. What is left out is the player's default, as `sampler.js` has it."""
    row: dict[str, object] = {
        "keys": region.keys,
        "velocities": region.velocities,
        "sample": (first, count),
        "rate": region.rate,
        "root": round(region.root, 4),
        "volume": [round(value, 5) for value in astuple(region.volume)],
        "power": _power(font, region),
    }
    if region.loop:
        row["loop"] = (region.loop[0] - region.start, region.loop[1] - region.start)
    moving = {"modEnvPitch": region.mod_env_pitch, "modEnvCutoff": region.mod_env_cutoff}
    mod = {"modLfoPitch": region.mod_lfo_pitch, "modLfoCutoff": region.mod_lfo_cutoff}
    optional = {
        "attenuation": (round(region.attenuation, 3), 0.0),
        "pan": (round(region.pan, 3), 0.0),
        "scale": (region.semitones_per_key, 1.0),
        "fixedKey": (region.fixed_key, -1),
        "fixedVelocity": (region.fixed_velocity, -1),
        "cutoff": (region.cutoff, 13500.0),
        "resonance": (region.resonance, 0.0),
        "exclusiveClass": (region.exclusive_class, 0),
        "keyToHold": (region.key_to_hold, 0.0),
        "keyToDecay": (region.key_to_decay, 0.0),
        "vibLfoPitch": (region.vib_lfo_pitch, 0.0),
        "modLfoVolume": (region.mod_lfo_volume, 0.0),
        **{name: (value, 0.0) for name, value in (moving | mod).items()},
    }
    row.update({name: value for name, (value, rest) in optional.items() if value != rest})
    if any(moving.values()):
        row["modulation"] = [round(value, 5) for value in astuple(region.modulation)]
    if any(mod.values()) or region.mod_lfo_volume:
        row["modLfo"] = [round(value, 5) for value in astuple(region.mod_lfo)]
    if region.vib_lfo_pitch:
        row["vibLfo"] = [round(value, 5) for value in astuple(region.vib_lfo)]
    return row


def _power(font: SoundFont, region: Region) -> list[float]:
    """Mean square between ``POWER_SPANS`` of a held note at full velocity, weighted as loudness is (BS.1770)."""
    key = min(max((region.keys[0] + region.keys[1]) // 2, 36), 96)
    key = min(max(key, region.keys[0]), region.keys[1])
    edges = [round(span * _MEASURING_RATE) for span in POWER_SPANS]
    sound = Voice(font, region, key, edges[-1], _MEASURING_RATE).note(edges[-1])[: edges[-1]]
    heard = signal.sosfilt(k_weighting(_MEASURING_RATE), sound.astype(np.float64))
    return [float(f"{(heard[a:b] ** 2).mean():.4g}") for a, b in pairwise(edges)]
