"""A pitch track to notes: the tuning of the voice, and the likeliest row of notes and rests.

The notes are the best path through a hidden Markov model with an attack and a steady part for each semitone, after
M. Mauch, C. Cannam, R. Bittner et al., "Computer-aided melody note transcription using the Tony software: accuracy and
efficiency", Proceedings of the First International Conference on Technologies for Music Notation and Representation
(2015). Added here: what the loudness says about a new note on the same pitch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from musegen.transcribe.onsets import dips, place_onsets, tone_level
from musegen.transcribe.pitch import HOP_S, Floats, PitchTrack
from musegen.transcribe.recording import Samples

_ATTACK = 6  # frames of the attack: with one of the steady part the shortest note, 70 ms
_WIDE, _NARROW = 0.9, 0.4  # spread in semitones: scoops in the attack; vibrato in the steady part
_STRAY = {_WIDE: -2.5, _NARROW: -5.0}  # log likelihood of a pitch that is far from the note: glides, slips
_GAP_IN_NOTE = -3.0  # of a frame without pitch inside a note (a consonant, a crack)
_VOICED_REST = -2.5  # of a frame with pitch in a rest
_CHANGE = -7.0  # log probability of another pitch with no rest between
_REPEAT = -14.0  # of the same pitch again
_BEGIN = -4.0  # of a note after a rest
_END = -4.0  # of a rest after a note
_RISE_DB = 1.0  # how much the bands rise in vibrato and noise
_RISE_WORTH = 2.0  # log likelihood ratio a decibel above it, that a note begins
_MOST_RISE = 16.0
_DIP_WORTH = 24.0  # of a dip in the tone's own partials: more than the same note again costs
_LATE = 1  # frames by which a pitch is heard after it begins: half of one, and the half of slow instruments' attack
_SLIDE_S = 0.095  # a shorter note that leads to a longer one is how it began
_VIBRATO = 19  # frames in which vibrato of 5-6 Hz swings once
_TUNING_S = 5.0  # over how long a voice keeps its tuning


@dataclass(frozen=True)
class Segment:
    """One note as it was sung.

    Attributes:
        onset_s: Start in seconds.
        end_s: End in seconds.
        pitch: MIDI pitch with its fraction, as it sounded.
        tuning: How far the voice's semitones lay from 440 Hz tuning there, in semitones.
        strength: How periodic it was, 0-1.
        spread: Half of the range in semitones that holds the middle two thirds of its frames.
        slide: How far its second half lay above its first (negative: below), in semitones.
        level: dB; 0 = the recording's loudest.
        attack: How clearly it begins: the rise of the bands in dB, or of a new pitch after another.
    """

    onset_s: float
    end_s: float
    pitch: float
    tuning: float
    strength: float
    spread: float
    slide: float
    level: float
    attack: float

    @property
    def semitone(self) -> int:
        """The nearest semitone in the voice's own tuning."""
        return round(self.pitch - self.tuning)


def tuning_curve(track: PitchTrack) -> Floats:
    """[frames] How far the semitones lie from 440 Hz tuning, in semitones; continuous where a voice drifts.

    The circular mean of the pitches modulo a semitone, over some seconds, drawn towards that of the whole. Vibrato is
    averaged out first, and only frames where the pitch then stands count. Its middle lies within half a semitone of 0.
    """
    voiced = ~np.isnan(track.pitch)
    share = ndimage.uniform_filter1d(voiced.astype(float), _VIBRATO)
    pitch = ndimage.uniform_filter1d(np.nan_to_num(track.pitch), _VIBRATO) / np.maximum(share, 0.01)
    stands = voiced & (share > 0.95) & (np.abs(np.gradient(pitch)) < 0.03)
    weight = np.where(stands, track.strength, 0.0)
    turns = weight * np.exp(2j * np.pi * pitch)
    if not weight.any():
        return np.zeros(len(pitch))
    width = _TUNING_S / HOP_S / 2
    near = sum(
        unit * ndimage.gaussian_filter1d(part, width, mode="constant")
        for unit, part in ((1, turns.real), (1j, turns.imag))
    )
    near = near + 0.15 * turns.sum() / weight.sum()
    curve = np.unwrap(np.angle(near)) / (2 * np.pi)
    return np.asarray(curve - round(float(np.median(curve))), dtype=np.float64)


def find_notes(track: PitchTrack, samples: Samples) -> list[Segment]:
    """The notes of one voice, in order, none overlapping; empty where nothing has a pitch.

    Args:
        track: What ``track_pitch`` found in ``samples``.
        samples: [samples] mono at ``RATE``.
    """
    voiced = ~np.isnan(track.pitch)
    if voiced.sum() < _ATTACK:
        return []
    tuning = tuning_curve(track)
    steady = track.pitch - tuning
    low, high = int(np.floor(np.nanmin(steady))), int(np.ceil(np.nanmax(steady)))
    dipped = dips(tone_level(samples, track.pitch), voiced) > 0
    path = _best_path(track, steady, dipped, low, high)
    segments = []
    for start, stop, _ in _runs(path):
        segment = _measure(track, tuning, start, stop)
        if segment is not None:
            segments.append(segment)
    return place_onsets(samples, _without_slides(segments))


def _without_slides(segments: list[Segment]) -> list[Segment]:
    """Short steps on the way to a note become its beginning."""
    result: list[Segment] = []
    for segment in segments:
        before = result[-1] if result else None
        if (
            before is not None
            and before.end_s - before.onset_s < _SLIDE_S
            and segment.onset_s - before.end_s < 0.03
            and segment.end_s - segment.onset_s > before.end_s - before.onset_s
        ):
            result[-1] = replace(segment, onset_s=before.onset_s, attack=max(before.attack, segment.attack))
        else:
            result.append(segment)
    return result


def _best_path(track: PitchTrack, steady: Floats, dipped: NDArray[np.bool_], low: int, high: int) -> NDArray[np.int64]:
    """[frames] number of the note that sounds, counted up with each new one; -1 in rests."""
    pitches = np.arange(low, high + 1)
    size = len(pitches)
    distance = np.where(np.isnan(steady)[:, None], 0.0, steady[:, None] - pitches)  # [frames, pitches]
    voiced = ~np.isnan(steady)[:, None]
    scores = {}
    for spread in (_WIDE, _NARROW):
        fit = np.logaddexp(-0.5 * (distance / spread) ** 2 - np.log(spread), _STRAY[spread])
        scores[spread] = np.where(voiced, fit * np.clip(track.strength, 0.3, 1)[:, None], _GAP_IN_NOTE)
    rest = np.where(voiced[:, 0], _VOICED_REST, 0.0)
    evidence = np.clip((track.onset - _RISE_DB) * _RISE_WORTH, 0, _MOST_RISE)
    evidence = np.where(dipped, _DIP_WORTH, evidence)

    frames = len(steady)
    # Layers 0.._ATTACK-1 are the attack, the last is the steady part; a rest stands apart.
    total = np.full((_ATTACK + 1, size), -1e9)
    total[0] = scores[_WIDE][0] + _BEGIN
    silent = rest[0]
    came = np.zeros((frames, size), np.int64)  # where an attack came from: a pitch, or size for a rest
    held = np.zeros((frames, size), bool)  # the steady part came from itself
    woke = np.zeros(frames, np.int64)  # what a rest came from: a pitch, or size for the rest
    change = np.full((size, size), _CHANGE) - 0.08 * np.abs(pitches[:, None] - pitches[None, :])
    np.fill_diagonal(change, _REPEAT)
    for t in range(1, frames):
        steady_before = total[-1]
        options = change + steady_before[None, :]
        best = options.argmax(axis=1)
        value = options[np.arange(size), best]
        from_rest = silent + _BEGIN
        came[t] = np.where(from_rest >= value, size, best)
        entering = np.maximum(value, from_rest) + evidence[t] + scores[_WIDE][t]
        held[t] = steady_before >= total[-2]
        staying = np.maximum(steady_before, total[-2]) + scores[_NARROW][t]
        loudest = int(steady_before.argmax())
        ending = steady_before[loudest] + _END
        woke[t] = loudest if ending > silent else size
        silent = max(silent, ending) + rest[t]
        total[1:-1] = total[:-2] + scores[_WIDE][t]
        total[0], total[-1] = entering, staying
    return _walk_back(came, held, woke, int(total[-1].argmax()), bool(total[-1].max() + _END > silent))


def _walk_back(
    came: NDArray[np.int64], held: NDArray[np.bool_], woke: NDArray[np.int64], pitch: int, sounding: bool
) -> NDArray[np.int64]:
    frames, size = came.shape
    path = np.full(frames, -1, np.int64)
    t, note = frames - 1, 0
    layer = _ATTACK
    while t >= 0:
        if not sounding:
            if woke[t] < size and t > 0:
                pitch, sounding, layer = int(woke[t]), True, _ATTACK
                note += 1
            t -= 1
            continue
        path[t] = note
        if layer == _ATTACK:
            layer = _ATTACK if held[t, pitch] else _ATTACK - 1
        elif layer > 0:
            layer -= 1
        else:
            if came[t, pitch] == size:
                sounding = False
            else:
                pitch, layer = int(came[t, pitch]), _ATTACK
                note += 1
        t -= 1
    return np.where(path >= 0, note - path, -1)


def _runs(path: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(first frame, first frame after, number) of each note."""
    edges = np.flatnonzero(np.diff(path)) + 1
    bounds = [0, *edges.tolist(), len(path)]
    return [(a, b, int(path[a])) for a, b in pairwise(bounds) if path[a] >= 0]


def _measure(track: PitchTrack, tuning: Floats, start: int, stop: int) -> Segment | None:
    """What was heard between two frames; None if hardly anything has a pitch."""
    inside = slice(start, stop)
    voiced = np.flatnonzero(~np.isnan(track.pitch[inside])) + start
    if len(voiced) < 4:
        return None
    first, last = int(voiced[0]), int(voiced[-1]) + 1
    # The middle of the note: scoops lie before it, falls behind it.
    margin = min((last - first) // 5, 8)
    core = voiced[(voiced >= first + margin) & (voiced < last - margin)]
    core = core if len(core) >= 3 else voiced
    pitch = float(np.median(track.pitch[core]))
    low, high = np.quantile(track.pitch[core], [1 / 6, 5 / 6])
    return Segment(
        onset_s=max((first - _LATE) * HOP_S, 0.0),
        end_s=(last - _LATE) * HOP_S,
        pitch=pitch,
        tuning=float(np.median(tuning[core])),
        strength=float(track.strength[voiced].mean()),
        spread=float(high - low) / 2,
        slide=float(track.pitch[core[len(core) // 2 :]].mean() - track.pitch[core[: len(core) // 2]].mean()),
        level=float(np.median(track.level[core])),
        attack=float(track.onset[max(start - 2, 0) : start + 4].max()),
    )
