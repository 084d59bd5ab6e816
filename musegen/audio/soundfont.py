"""Reading SoundFont 2 files: which samples sound for a program, key and velocity, and with which settings.

Source: SoundFont Technical Specification 2.04 (Creative/E-mu 2006). Numbers in ``_OPERATORS`` are its generator numbers
(section 8.1.2). Initial attenuation is scaled by 0.4, as the original hardware and FluidSynth do. Modulators other than
the default velocity-to-volume one are not read.
"""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.audio.region import Envelope, Lfo, Region
from musegen.errors import MusegenError

SETTING = "MUSEGEN_SOUNDFONT"
DRUM_BANK = 128

_PRESET = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", 3)])
_INSTRUMENT = np.dtype([("name", "S20"), ("bag", "<u2")])
_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("operator", "<u2"), ("amount", "<i2")])
_SAMPLE = np.dtype(
    {
        "names": ["name", "start", "end", "loop_start", "loop_end", "rate", "key", "correction", "link", "kind"],
        "formats": ["S20", "<u4", "<u4", "<u4", "<u4", "<u4", "u1", "i1", "<u2", "<u2"],
    }
)
_TABLES = {"phdr": _PRESET, "pbag": _BAG, "pgen": _GENERATOR, "inst": _INSTRUMENT, "ibag": _BAG, "igen": _GENERATOR}

_KEY_RANGE, _VELOCITY_RANGE, _INSTRUMENT_LINK, _SAMPLE_LINK = 43, 44, 41, 53
# Generator number: (name, default). Unnamed ones (chorus, reverb sends, ...) are not used.
_OPERATORS = {
    0: ("start_offset", 0), 1: ("end_offset", 0), 2: ("loop_start_offset", 0), 3: ("loop_end_offset", 0),
    4: ("start_coarse", 0), 12: ("end_coarse", 0), 45: ("loop_start_coarse", 0), 50: ("loop_end_coarse", 0),
    5: ("mod_lfo_pitch", 0), 6: ("vib_lfo_pitch", 0), 7: ("mod_env_pitch", 0),
    8: ("cutoff", 13500), 9: ("resonance", 0), 10: ("mod_lfo_cutoff", 0), 11: ("mod_env_cutoff", 0),
    13: ("mod_lfo_volume", 0), 17: ("pan", 0),
    21: ("mod_lfo_delay", -12000), 22: ("mod_lfo_rate", 0), 23: ("vib_lfo_delay", -12000), 24: ("vib_lfo_rate", 0),
    25: ("mod_delay", -12000), 26: ("mod_attack", -12000), 27: ("mod_hold", -12000), 28: ("mod_decay", -12000),
    29: ("mod_sustain", 0), 30: ("mod_release", -12000),
    33: ("vol_delay", -12000), 34: ("vol_attack", -12000), 35: ("vol_hold", -12000), 36: ("vol_decay", -12000),
    37: ("vol_sustain", 0), 38: ("vol_release", -12000), 39: ("key_to_hold", 0), 40: ("key_to_decay", 0),
    46: ("fixed_key", -1), 47: ("fixed_velocity", -1), 48: ("attenuation", 0),
    51: ("coarse_tune", 0), 52: ("fine_tune", 0), 54: ("loop_mode", 0), 56: ("scale_tuning", 100),
    57: ("exclusive_class", 0), 58: ("root_key", -1),
}  # fmt: skip
_Generators = dict[int, int]

# Cents by which recordings of TimGM6mb are raised: measured against their neighbours, they stand out of tune.
_TIMGM_CORRECTIONS = {
    "Choir-D#21": 10, "Choir-D#31": 25, "Choir-A31": 10,
    "FluteD5": -5, "FluteE5": -12, "FluteA#5": -10, "FluteC#6": 9,
}  # fmt: skip


class SoundFontError(MusegenError):
    """The SoundFont is missing, is not one, or lacks an instrument; the message says how to name another."""


class SoundFont:
    """A SoundFont 2 file: ``points`` [n] int16 sample points, and regions by program.

    Args:
        path: The .sf2 file.

    Raises:
        SoundFontError: The file is missing, damaged, or holds compressed samples (.sf3).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
            chunks = self._chunks()
            tables = {name: self._table(*chunks[name], kind) for name, kind in _TABLES.items()}
            self._samples = self._table(*chunks["shdr"], _SAMPLE)
            offset, size = chunks["smpl"]
            title = self._bytes[chunks["INAM"][0] :][: chunks["INAM"][1]].tobytes() if "INAM" in chunks else b""
            self._corrections = _TIMGM_CORRECTIONS if title.startswith(b"TimGM6mb") else {}
            self.points: NDArray[np.int16] = np.frombuffer(self._bytes, "<i2", size // 2, offset)
            if (self._samples["kind"] & 0x10).any():
                raise SoundFontError(
                    "“{name}” holds compressed samples (SoundFont 3); take a .sf2 file.", name=path.name
                )
            self._instruments = _zones(tables["inst"]["bag"], tables["ibag"]["generator"], tables["igen"])
            zones = _zones(tables["phdr"]["bag"], tables["pbag"]["generator"], tables["pgen"])
        except FileNotFoundError:
            raise SoundFontError(
                "The SoundFont “{path}” is not there. Install pretty_midi, or name a .sf2 file in {setting}.",
                path=path,
                setting=SETTING,
            ) from None
        except (OSError, KeyError, ValueError, IndexError) as error:
            raise SoundFontError(
                "“{path}” can't be read as a SoundFont 2 file ({error}). Name another one in {setting}.",
                path=path,
                error=error,
                setting=SETTING,
            ) from error
        heads = tables["phdr"][:-1]
        self._presets = {(int(h["bank"]), int(h["program"])): z for h, z in zip(heads, zones, strict=True)}
        if not self._presets:
            raise SoundFontError(
                "The SoundFont “{name}” holds no instruments; name another one in {setting}.",
                name=path.name,
                setting=SETTING,
            )
        self.names = {(int(h["bank"]), int(h["program"])): _text(h["name"]) for h in heads}
        self._regions: dict[tuple[int, int], tuple[Region, ...]] = {}

    def _chunks(self) -> dict[str, tuple[int, int]]:
        """Offset and size in bytes of each chunk within the three lists INFO, sdta and pdta."""
        data = self._bytes
        if data[:4].tobytes() != b"RIFF" or data[8:12].tobytes() != b"sfbk":
            raise ValueError("no RIFF sfbk header")
        found: dict[str, tuple[int, int]] = {}
        position = 12
        while position + 8 <= len(data):
            name = data[position : position + 4].tobytes()
            size = int.from_bytes(data[position + 4 : position + 8].tobytes(), "little")
            found[name.decode("latin-1")] = (position + 8, size)
            # A list is entered, any other chunk skipped; chunks are padded to an even size.
            position += 12 if name == b"LIST" else 8 + size + (size & 1)
        return found

    def _table(self, offset: int, size: int, kind: np.dtype[np.void]) -> NDArray[np.void]:
        return np.frombuffer(self._bytes, kind, size // kind.itemsize, offset)

    def regions(self, program: int, *, is_drum: bool = False) -> tuple[Region, ...]:
        """All regions of a General MIDI program (0-127); of its drum kit if ``is_drum``.

        A program that the SoundFont lacks is replaced by the next lower one of its bank (else by the first), a
        drum kit by the standard kit.

        Raises:
            SoundFontError: There is no instrument (or no drum kit) at all.
        """
        bank = DRUM_BANK if is_drum else 0
        has = sorted(p for b, p in self._presets if b == bank)
        if not has:
            if is_drum:
                raise SoundFontError(
                    "The SoundFont “{name}” has no drum kit; name another one in {setting}.",
                    name=self.path.name,
                    setting=SETTING,
                )
            raise SoundFontError(
                "The SoundFont “{name}” has no instrument; name another one in {setting}.",
                name=self.path.name,
                setting=SETTING,
            )
        if program not in has:
            program = has[0] if is_drum else max((p for p in has if p < program), default=has[0])
        if (bank, program) not in self._regions:
            self._regions[bank, program] = tuple(self._make_regions(self._presets[bank, program]))
        return self._regions[bank, program]

    def _make_regions(self, zones: list[_Generators]) -> list[Region]:
        regions = []
        for preset in _with_globals(zones, _INSTRUMENT_LINK):
            instrument = preset.get(_INSTRUMENT_LINK, -1)
            if not 0 <= instrument < len(self._instruments):
                raise SoundFontError(
                    "“{name}” is damaged: it has no instrument number {instrument}.",
                    name=self.path.name,
                    instrument=instrument,
                )
            for zone in _with_globals(self._instruments[instrument], _SAMPLE_LINK):
                region = self._region(zone, preset)
                if region is not None:
                    regions.append(region)
        return regions

    def _region(self, zone: _Generators, preset: _Generators) -> Region | None:
        """The instrument's zone with the preset's values added; None where it can't sound."""
        number = zone[_SAMPLE_LINK]
        if not 0 <= number < len(self._samples) - 1:
            return None
        sample = self._samples[number]
        g: dict[str, int] = {}
        for operator, (name, default) in _OPERATORS.items():
            # Sample offsets, loop mode, fixed keys, root key and class belong to the instrument alone.
            own = operator in (0, 1, 2, 3, 4, 12, 45, 46, 47, 50, 54, 57, 58)
            g[name] = zone.get(operator, default) + (0 if own else preset.get(operator, 0))
        keys, velocities = (
            (max(zone_low, low), min(zone_high, high))
            for (zone_low, zone_high), (low, high) in (
                (_range(zone, operator), _range(preset, operator)) for operator in (_KEY_RANGE, _VELOCITY_RANGE)
            )
        )
        start = int(sample["start"]) + g["start_offset"] + 32768 * g["start_coarse"]
        end = int(sample["end"]) + g["end_offset"] + 32768 * g["end_coarse"]
        loop_start = int(sample["loop_start"]) + g["loop_start_offset"] + 32768 * g["loop_start_coarse"]
        loop_end = int(sample["loop_end"]) + g["loop_end_offset"] + 32768 * g["loop_end_coarse"]
        start, end = max(start, 0), min(end, len(self.points))
        if keys[0] > keys[1] or velocities[0] > velocities[1] or end - start < 4 or not sample["rate"]:
            return None
        loops = g["loop_mode"] & 1 and start <= loop_start < loop_end - 1 and loop_end <= len(self.points)
        original = int(sample["key"]) if sample["key"] <= 127 else 60
        correction = int(sample["correction"]) + self._corrections.get(_text(sample["name"]), 0)
        root = (g["root_key"] if g["root_key"] >= 0 else original) - correction / 100
        return Region(
            keys=keys,
            velocities=velocities,
            start=start,
            end=max(end, loop_end) if loops else end,
            loop=(loop_start, loop_end) if loops else None,
            rate=int(sample["rate"]),
            root=root - g["coarse_tune"] - g["fine_tune"] / 100,
            semitones_per_key=g["scale_tuning"] / 100,
            fixed_key=g["fixed_key"],
            fixed_velocity=g["fixed_velocity"],
            attenuation=0.4 * max(g["attenuation"], 0) / 10,
            pan=min(max(g["pan"] / 500, -1.0), 1.0),
            volume=_envelope(g, "vol", min(max(g["vol_sustain"], 0) / 10, 100.0)),
            modulation=_envelope(g, "mod", 1 - min(max(g["mod_sustain"], 0), 1000) / 1000),
            mod_lfo=Lfo(_seconds(g["mod_lfo_delay"]), _hertz(g["mod_lfo_rate"])),
            vib_lfo=Lfo(_seconds(g["vib_lfo_delay"]), _hertz(g["vib_lfo_rate"])),
            mod_env_pitch=float(g["mod_env_pitch"]),
            mod_lfo_pitch=float(g["mod_lfo_pitch"]),
            vib_lfo_pitch=float(g["vib_lfo_pitch"]),
            mod_lfo_volume=g["mod_lfo_volume"] / 10,
            cutoff=float(min(max(g["cutoff"], 1500), 13500)),
            resonance=min(max(g["resonance"], 0), 960) / 10,
            mod_env_cutoff=float(g["mod_env_cutoff"]),
            mod_lfo_cutoff=float(g["mod_lfo_cutoff"]),
            exclusive_class=g["exclusive_class"],
            key_to_hold=float(g["key_to_hold"]),
            key_to_decay=float(g["key_to_decay"]),
        )


@lru_cache(maxsize=1)
def _shipped_soundfont() -> Path | None:
    spec = importlib.util.find_spec("pretty_midi")  # found, not imported: that would cost half a second
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / "TimGM6mb.sf2").exists():
            return path
    return None


def find_soundfont() -> Path:
    """The SoundFont to play with: the one named in ``MUSEGEN_SOUNDFONT``, else pretty_midi's General MIDI set.

    Raises:
        SoundFontError: Neither is there.
    """
    if os.environ.get(SETTING):
        return Path(os.environ[SETTING]).expanduser()
    if path := _shipped_soundfont():
        return path
    raise SoundFontError(
        "No SoundFont was found. Install pretty_midi, or name a .sf2 file in {setting}.", setting=SETTING
    )


@lru_cache(maxsize=2)
def load_soundfont(path: Path) -> SoundFont:
    """The SoundFont at ``path``; the last two stay in memory."""
    return SoundFont(path)


def _zones(
    bags: NDArray[np.uint16], firsts: NDArray[np.uint16], generators: NDArray[np.void]
) -> list[list[_Generators]]:
    """Generators by number, of each zone of each preset or instrument (the closing record left out)."""
    if (np.diff(bags.astype(int)) < 0).any() or bags[-1] >= len(firsts):
        raise ValueError("its zones are out of order")
    operators, amounts = generators["operator"].tolist(), generators["amount"].tolist()
    starts = firsts.tolist()
    zones = [dict(zip(operators[a:b], amounts[a:b], strict=True)) for a, b in pairwise(starts)]
    return [zones[a:b] for a, b in pairwise(bags.tolist())]


def _with_globals(zones: list[_Generators], link: int) -> list[_Generators]:
    """The zones that lead somewhere, each over the values of a first zone that leads nowhere."""
    shared = zones[0] if zones and link not in zones[0] else {}
    return [{**shared, **zone} for zone in zones if link in zone]


def _text(name: bytes) -> str:
    return bytes(name).split(b"\0")[0].decode("latin-1")


def _range(zone: _Generators, operator: int) -> tuple[int, int]:
    packed = zone.get(operator, 127 << 8) & 0xFFFF
    return packed & 0xFF, packed >> 8


def _envelope(g: dict[str, int], kind: str, sustain: float) -> Envelope:
    delay, attack, hold, decay, release = (
        _seconds(g[f"{kind}_{stage}"]) for stage in ("delay", "attack", "hold", "decay", "release")
    )
    return Envelope(delay, attack, hold, decay, sustain, release)


def _seconds(timecents: float) -> float:
    """Seconds of a time in timecents; -12000 and less (1 ms) counts as none, 100 s is the longest."""
    return 0.0 if timecents <= -12000 else min(2.0 ** (timecents / 1200), 100.0)


def _hertz(cents: float) -> float:
    return float(8.176 * 2.0 ** (cents / 1200))
