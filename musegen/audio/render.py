"""``synthesize``: a score to stereo samples, by its tempo map, velocities, programs and drums."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.audio.master import LOUDNESS, REVERB_TAIL_S, add_room, limit, loudness
from musegen.audio.region import Region
from musegen.audio.soundfont import SoundFont, find_soundfont, load_soundfont
from musegen.audio.voice import Voice, release_s
from musegen.errors import ScoreError
from musegen.score import Note, Score

MAX_MINUTES = 20
_SPREAD = 0.3  # how far the outer parts stand from the middle, of 0-1
_LOUDEST = 60.0  # dB by which a very quiet piece is raised at most


def synthesize(
    score: Score, *, sample_rate: int = 44100, soundfont: Path | str | None = None, gain_db: float = 0.0
) -> NDArray[np.float32]:
    """Play a score on a SoundFont.

    The first sample is tick 0, so a note at tick t sounds at ``score.seconds(t)``. Parts stand side by side from left
    to right in a small room. Every piece comes out equally loud (-18 LUFS); within a piece velocities count. The
    same score gives the same samples.

    Args:
        score: What to play; at most 20 minutes.
        sample_rate: Hz, 8000-96000.
        soundfont: A .sf2 file; by default the one named in ``MUSEGEN_SOUNDFONT``, else pretty_midi's.
        gain_db: Louder or softer than the usual loudness, in dB; peaks never pass -1 dB below full scale.

    Returns:
        [samples, 2] float32, -1..1: left and right, to the end of the last note's sound.

    Raises:
        ScoreError: The score is longer than 20 minutes, or the sample rate is out of range.
        SoundFontError: The SoundFont is missing or damaged.
    """
    if not 8000 <= sample_rate <= 96000:
        raise ScoreError(
            "A sample rate of {sample_rate} Hz is not possible; take one from 8000 to 96000.", sample_rate=sample_rate
        )
    starts, ends = _seconds(score, [n.onset for n in score.notes]), _seconds(score, [n.end for n in score.notes])
    duration = float(ends.max(initial=0.0))
    if duration > MAX_MINUTES * 60:
        raise ScoreError(
            "The piece lasts {minutes:.0f} minutes; sound is made for {most} at most. Choose fewer bars.",
            minutes=duration / 60,
            most=MAX_MINUTES,
        )
    font = load_soundfont(Path(soundfont) if soundfont else find_soundfont())
    begin, stop = (np.round(times * sample_rate).astype(np.int64).tolist() for times in (starts, ends))
    groups = _groups(score, begin, font)
    last = max((ends[n] + release_s(region) for (region, _), notes in groups.items() for n, _ in notes), default=0.0)
    bus = np.zeros((2, int((last + REVERB_TAIL_S) * sample_rate) + 2), np.float32)
    positions = _positions(score)
    for (region, key), notes in groups.items():
        lengths = [max(stop[n] - begin[n], 1) for n, _ in notes]
        voice = Voice(font, region, key, max(lengths), sample_rate)
        for (n, cut), length in zip(notes, lengths, strict=True):
            sound = voice.note(length)
            if cut is not None and cut - begin[n] < len(sound):
                sound = _faded(sound[: cut - begin[n]], sample_rate // 100)
            left, right = _gains(score.notes[n], region, positions[score.notes[n].track])
            place = slice(begin[n], begin[n] + len(sound))
            bus[0, place] += left * sound
            bus[1, place] += right * sound
    add_room(bus, sample_rate)
    _faded(bus, sample_rate // 20)
    level = loudness(bus, sample_rate)
    if np.isfinite(level):
        limit(bus, 10 ** ((min(LOUDNESS - level, _LOUDEST) + gain_db) / 20))
    return bus.T  # a view: twenty minutes are 400 MB


def _seconds(score: Score, ticks: list[int]) -> NDArray[np.float64]:
    """``score.seconds`` for many ticks at once: a performance may hold thousands of tempos."""
    corners = np.array([t.tick for t in score.tempos], float)
    pace = np.array([60.0 / t.qpm / score.resolution for t in score.tempos])
    times = np.concatenate(([0.0], np.cumsum(np.diff(corners) * pace[:-1])))
    at = np.asarray(ticks, float)
    place = np.searchsorted(corners, at, side="right") - 1
    return np.asarray(times[place] + (at - corners[place]) * pace[place], dtype=np.float64)


def _positions(score: Score) -> list[float]:
    """Where each part stands, -1 left to 1 right: pitched parts evenly spread, drums in the middle."""
    pitched = [i for i, track in enumerate(score.tracks) if not track.is_drum]
    positions = [0.0] * len(score.tracks)
    for place, track in enumerate(pitched):
        if len(pitched) > 1:
            positions[track] = _SPREAD * (2 * place / (len(pitched) - 1) - 1)
    return positions


def _groups(score: Score, begin: list[int], font: SoundFont) -> dict[tuple[Region, int], list[tuple[int, int | None]]]:
    """What sounds: for each region and key (note's index, sample at which an exclusive class cuts it or None)."""
    regions = [font.regions(track.program, is_drum=track.is_drum) for track in score.tracks]
    chosen: dict[tuple[int, int, int], list[Region]] = {}
    groups: dict[tuple[Region, int], list[tuple[int, int | None]]] = {}
    following: dict[tuple[int, int], tuple[int, int | None]] = {}  # of a class: next onset, and the one after
    for index in range(len(score.notes) - 1, -1, -1):  # backwards, so that the note that cuts is known already
        note = score.notes[index]
        name = (note.track, note.pitch, note.velocity)
        if name not in chosen:
            chosen[name] = [
                r
                for r in regions[note.track]
                if r.keys[0] <= note.pitch <= r.keys[1] and r.velocities[0] <= note.velocity <= r.velocities[1]
            ]
        for region in chosen[name]:
            cut = None
            if region.exclusive_class:
                group = (note.track, region.exclusive_class)
                onset, later = following.get(group, (None, None))
                cut = later if onset == begin[index] else onset  # notes struck together don't cut each other
                following[group] = (begin[index], cut)
            groups.setdefault((region, note.pitch), []).append((index, cut))
    return groups


def _faded(sound: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """``sound`` [..., samples] itself, its last ``length`` samples brought to nothing."""
    length = min(length, sound.shape[-1])
    sound[..., sound.shape[-1] - length :] *= np.linspace(1, 0, length, dtype=np.float32)
    return sound


def _gains(note: Note, region: Region, position: float) -> tuple[float, float]:
    """Left and right factor: velocity squared, the region's level, and the place between the loudspeakers."""
    velocity = region.fixed_velocity if region.fixed_velocity > 0 else note.velocity
    level = (velocity / 127) ** 2 * 10 ** (-region.attenuation / 20)
    angle = (min(max(region.pan + position, -1.0), 1.0) + 1) * pi / 4
    return float(level * cos(angle)), float(level * sin(angle))
