"""What a SoundFont says about one sample: its range, pitch, envelopes, oscillators and filter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Envelope:
    """Delay, attack, hold, decay and release in seconds; ``sustain`` in the envelope's own unit.

    Attributes:
        sustain: Of a volume envelope the attenuation in dB (>= 0), of a modulation envelope the level 0-1.
    """

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float


@dataclass(frozen=True, slots=True)
class Lfo:
    """A triangular oscillator: starts after ``delay`` seconds, ``rate`` in Hz."""

    delay: float
    rate: float


@dataclass(frozen=True, slots=True)
class Region:
    """One sample as it sounds in a range of keys and velocities.

    Attributes:
        keys: First and last MIDI key.
        velocities: First and last velocity.
        start: First sample point in ``SoundFont.points``.
        end: First point after the sample.
        loop: First point of the loop and first point after it; None = plays once.
        rate: Sample rate of the recording in Hz.
        root: Key at which the recording sounds at its own pitch, in semitones, tuning included.
        semitones_per_key: 1 where a key is a semitone, 0 where all keys sound alike.
        fixed_key: Key that sounds whatever key is played, or -1.
        fixed_velocity: Velocity that sounds whatever velocity is played, or -1.
        attenuation: dB below full level.
        pan: -1 left to 1 right.
        volume: Volume envelope.
        modulation: Modulation envelope.
        mod_lfo: Oscillator for pitch, cutoff and volume.
        vib_lfo: Oscillator for pitch.
        mod_env_pitch: Cents at the modulation envelope's full level.
        mod_lfo_pitch: Cents at the oscillator's crest.
        vib_lfo_pitch: Cents at the oscillator's crest.
        mod_lfo_volume: dB at the oscillator's crest.
        cutoff: Low-pass cutoff in cents above 8.176 Hz; 13500 and more = open.
        resonance: Height of the filter's peak in dB.
        mod_env_cutoff: Cents at the modulation envelope's full level.
        mod_lfo_cutoff: Cents at the oscillator's crest.
        exclusive_class: Notes of one class (not 0) cut each other off, as open and closed hi-hat do.
        key_to_hold: Timecents by which the volume envelope's hold shortens for each key above 60.
        key_to_decay: The same for its decay.
    """

    keys: tuple[int, int]
    velocities: tuple[int, int]
    start: int
    end: int
    loop: tuple[int, int] | None
    rate: int
    root: float
    semitones_per_key: float
    fixed_key: int
    fixed_velocity: int
    attenuation: float
    pan: float
    volume: Envelope
    modulation: Envelope
    mod_lfo: Lfo
    vib_lfo: Lfo
    mod_env_pitch: float
    mod_lfo_pitch: float
    vib_lfo_pitch: float
    mod_lfo_volume: float
    cutoff: float
    resonance: float
    mod_env_cutoff: float
    mod_lfo_cutoff: float
    exclusive_class: int
    key_to_hold: float
    key_to_decay: float
