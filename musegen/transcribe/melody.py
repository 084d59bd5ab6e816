"""``transcribe``: from the bytes of a recording to a melody on the page."""

from __future__ import annotations

import numpy as np

from musegen.formats.wording import key_name
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.theory import key_of
from musegen.transcribe.notes import Segment, find_notes
from musegen.transcribe.pitch import HOP_S, PitchTrack, track_pitch
from musegen.transcribe.recording import Recording, read_recording
from musegen.transcribe.report import HeardNote, Sung, SungRemark, SungReport, uncertain_remark
from musegen.transcribe.rhythm import FASTEST, SLOWEST, Rhythm, bar_steps, find_rhythm
from musegen.transcribe.wording import refuse

_RESOLUTION = 480
_STEP = _RESOLUTION // 4
_LONGEST_BAR = 12  # quarters
_LEAST_S = 0.15  # notes that sound less than this in all are no melody
_STANDING = 0.5  # share of the pitched time that lies in notes whose pitch stands; speech stays below
_SURE_MARGIN = 2.0
_NOISY = 0.68


def transcribe(
    data: bytes,
    *,
    tempo: float | None = None,
    metre: tuple[int, int] = (4, 4),
    key: Key | None = None,
    low: int | None = None,
    high: int | None = None,
    title: str = "",
) -> Sung:
    """Write down a recording of one voice: sung, hummed, whistled, or an instrument that plays one note at a time.

    The pitch is followed every 10 ms (``pitch``), cut into notes (``notes``), and put on a grid of sixteenths
    (``rhythm``). The same bytes and settings give the same notes.

    Args:
        data: A sound file: WAV as a browser records it, FLAC, OGG, MP3 or AIFF; at most ``LIMITS.sound_seconds`` long.
        tempo: Quarter notes a minute to which it was sung, 40-208; None = found from the notes.
        metre: Numerator and denominator of the metre to write in.
        key: The key to write in; None = found from the notes.
        low: Lowest MIDI pitch of a range into which the melody is moved by whole octaves; None = as it sounds.
        high: Highest MIDI pitch of that range, at least 11 above ``low``; None = as it sounds.
        title: Title of the score.

    Returns:
        A score of one track, monophonic, that begins with the first note's bar (a pick-up where it begins late), and
        the report; ``report.heard[i]`` is ``score.notes[i]``.

    Raises:
        Refusal: (a ``ScoreError``) The recording or a setting can't be used; ``sentence("en" or "zh")`` says why.
    """
    written = _check(tempo, metre, low, high)
    recording = read_recording(data)
    track = track_pitch(recording.samples)
    segments = find_notes(track, recording.samples)
    _check_melody(track, segments)
    onsets = np.array([s.onset_s for s in segments])
    ends = np.array([s.end_s for s in segments])
    rhythm = find_rhythm(onsets, ends, written, tempo)
    octaves = _octaves([s.semitone for s in segments], low, high)
    score = _score(segments, rhythm, written, tempo or rhythm.tempo, octaves).replace(key=key, title=title)
    score = score.replace(key=key_of(score))
    report = _report(score, segments, rhythm, recording, octaves, tempo is not None, key is not None, (low, high))
    return Sung(score, report)


def _check(tempo: float | None, metre: tuple[int, int], low: int | None, high: int | None) -> Metre:
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        raise refuse("tempo", tempo=tempo, slowest=SLOWEST, fastest=FASTEST)
    numerator, denominator = metre
    if denominator not in (2, 4, 8, 16) or not 0 < numerator / denominator * 4 <= _LONGEST_BAR:
        raise refuse("metre", metre=f"{numerator}/{denominator}", limit=_LONGEST_BAR)
    if low is not None and high is not None and high - low < 11:
        raise refuse("range", low=low, high=high)
    return Metre(0, numerator, denominator)


def _check_melody(track: PitchTrack, segments: list[Segment]) -> None:
    """Refuses noise and speech."""
    sounding = sum(s.end_s - s.onset_s for s in segments)
    if sounding < _LEAST_S:
        raise refuse("no_pitch")
    pitched = HOP_S * float((~np.isnan(track.pitch)).sum())
    standing = sum(s.end_s - s.onset_s for s in segments if abs(s.slide) < 0.5 and s.end_s - s.onset_s >= 0.1)
    if standing < _STANDING * pitched:
        raise refuse("no_melody")


def _octaves(pitches: list[int], low: int | None, high: int | None) -> int:
    """By how many octaves to move a melody so that most of it lies in a range, and its middle near the range's."""
    if low is None and high is None:
        return 0
    bottom, top = (0 if low is None else low), (127 if high is None else high)

    def misfit(octaves: int) -> tuple[int, float]:
        moved = [pitch + 12 * octaves for pitch in pitches]
        outside = sum(not bottom <= pitch <= top for pitch in moved)
        far = abs(octaves) if low is None or high is None else abs(float(np.median(moved)) - (bottom + top) / 2)
        return outside, far

    return min((o for o in range(-5, 6) if min(pitches) + 12 * o >= 0 and max(pitches) + 12 * o <= 127), key=misfit)


def _score(segments: list[Segment], rhythm: Rhythm, metre: Metre, tempo: float, octaves: int) -> Score:
    bar = bar_steps(metre)
    first = int(rhythm.steps[0]) % bar
    shift = int(rhythm.steps[0])  # the first note stands at tick 0; what comes before it in its bar is left out
    loud = float(np.median([s.level for s in segments]))
    notes = tuple(
        Note(
            (int(on) - shift) * _STEP,
            s.semitone + 12 * octaves,
            int(off - on) * _STEP,
            int(np.clip(80 + 1.5 * (s.level - loud), 45, 110)),
        )
        for s, on, off in zip(segments, rhythm.steps, rhythm.ends, strict=True)
    )
    return Score(
        notes,
        (Track("Melody", 0),),
        _RESOLUTION,
        (Tempo(0, round(tempo, 1)),),
        (metre,),
        pickup=(bar - first) * _STEP if first else 0,
    )


def _report(
    score: Score,
    segments: list[Segment],
    rhythm: Rhythm,
    recording: Recording,
    octaves: int,
    tempo_given: bool,
    key_given: bool,
    limits: tuple[int | None, int | None],
) -> SungReport:
    heard = tuple(
        _heard(i, segments, note, float(error), 15 / rhythm.tempo)
        for i, (note, error) in enumerate(zip(score.notes, rhythm.errors, strict=True))
    )
    lengths = [s.end_s - s.onset_s for s in segments]
    tunings = np.array([s.tuning for s in segments])
    tuning = float(np.average(tunings, weights=lengths))
    tuning = (tuning + 0.5) % 1 - 0.5
    drift = 100 * float(tunings[-1] - tunings[0])
    assert score.key is not None
    remarks = [SungRemark("cut_off")] if recording.cut_off else []
    if recording.clipped > 0.002:
        remarks.append(SungRemark("clipped", {"percent": 100 * recording.clipped}))
    if np.average([s.strength for s in segments], weights=lengths) < _NOISY:
        remarks.append(SungRemark("noisy"))
    if not tempo_given:
        doubtful = rhythm.margin < _SURE_MARGIN
        remarks.append(SungRemark("tempo_doubtful" if doubtful else "tempo_guessed", {"tempo": score.tempos[0].qpm}))
    else:
        remarks.append(SungRemark("bars_guessed"))
    if abs(tuning) >= 0.15:
        remarks.append(
            SungRemark("tuning", {"cents": 100 * abs(tuning), "direction": "above" if tuning > 0 else "below"})
        )
    if abs(drift) >= 25:
        remarks.append(SungRemark("drift", {"cents": abs(drift), "direction": "rose" if drift > 0 else "fell"}))
    if octaves:
        remarks.append(SungRemark("octaves", {"count": abs(octaves), "direction": "up" if octaves > 0 else "down"}))
    low, high = limits
    outside = sum(not (low or 0) <= n.pitch <= (127 if high is None else high) for n in score.notes)
    if outside:
        remarks.append(SungRemark("out_of_range", {"count": outside}))
    if not key_given:
        names = {"key": key_name(score.key, "en"), "key_zh": key_name(score.key, "zh")}
        remarks.append(SungRemark("key_guessed", names))
    unsure = uncertain_remark(heard)
    return SungReport(
        duration_s=recording.duration_s,
        tempo=score.tempos[0].qpm,
        tempo_given=tempo_given,
        metre=str(score.metres[0]),
        key=score.key,
        key_given=key_given,
        tuning_cents=100 * tuning,
        drift_cents=drift,
        octaves=octaves,
        heard=heard,
        remarks=(*remarks, unsure) if unsure else tuple(remarks),
    )


def _heard(i: int, segments: list[Segment], note: Note, error: float, step_s: float) -> HeardNote:
    """A note with its confidence: the product of what each doubt leaves of it."""
    s = segments[i]
    length = s.end_s - s.onset_s
    off = abs(s.pitch - s.tuning - s.semitone)
    again = i > 0 and segments[i - 1].semitone == s.semitone and s.onset_s - segments[i - 1].end_s < 0.03
    # (how doubtful, from which value on it is said, what the worst leaves)
    doubts = {
        "between": (off / 0.5, 0.66, 0.4),
        "unsteady": (s.spread / 1.2, 0.6, 0.5),
        "faint": (max((0.85 - s.strength) / 0.35, -s.level / 40), 0.7, 0.4),
        "short": (0.1 / max(length, 0.05), 1.0, 0.6),
        "timing": (2 * abs(error), 0.75, 0.6),
        "repeat": ((8 - s.attack) / 5 if again else 0.0, 0.7, 0.6),
    }
    confidence = 1.0
    for amount, _, worst in doubts.values():
        confidence *= 1 - (1 - worst) * float(np.clip(amount, 0, 1)) ** 2
    return HeardNote(
        onset_s=round(s.onset_s, 3),
        duration_s=round(length, 3),
        sounding=round(s.pitch, 2),
        pitch=note.pitch,
        onset_quarters=note.onset / _RESOLUTION,
        quarters=note.duration / _RESOLUTION,
        level_db=round(s.level, 1),
        confidence=round(confidence, 3),
        doubts=tuple(name for name, (amount, said, _) in doubts.items() if amount >= said),
    )
