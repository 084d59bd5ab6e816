"""Sound: what is heard is what the score says, without clicks or clipping. Pitches are read from spectra."""

import io
import struct

import numpy as np
import pytest
import soundfile

from musegen.audio import MAX_MINUTES, SoundFontError, find_soundfont, synthesize, write_audio
from musegen.audio.master import loudness
from musegen.audio.soundfont import load_soundfont
from musegen.audio.voice import Voice
from musegen.errors import ScoreError
from musegen.score import Note, Score, Tempo, Track

RATE = 44100
CHOIR, ORGAN, PIANO, STRINGS, FLUTE, KOTO, VIOLIN, GUITAR = 52, 19, 0, 48, 73, 107, 40, 24


SECONDS = (Tempo(0, 60.0),)


def score(*notes, program=FLUTE, drums=False, tempos=SECONDS):
    """Notes as (onset in quarters, pitch, quarters, velocity) at 60 to the minute: a quarter is a second."""
    return Score(
        tuple(Note(round(t * 480), p, round(d * 480), v) for t, p, d, v in notes),
        (Track("", program, drums),),
        tempos=tempos,
    )


def between(samples, start_s, end_s):
    return samples[int(start_s * RATE) : int(end_s * RATE)]


def rms(samples):
    return float(np.sqrt((samples.astype(float) ** 2).mean()))


def strength_at(samples, frequency):
    """Sum of the spectrum at the first six harmonics, each the highest within a third of a semitone."""
    mono = samples.mean(axis=1) * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(mono, 2**18))
    at = np.fft.rfftfreq(2**18, 1 / RATE)
    near = 2 ** (1 / 36)
    return sum(spectrum[(at > h * frequency / near) & (at < h * frequency * near)].max() for h in range(1, 7))


@pytest.mark.parametrize("program", [CHOIR, ORGAN, PIANO, STRINGS, FLUTE, KOTO, VIOLIN, GUITAR])
def test_a_note_has_its_pitch(program):
    # 67 is G4: 440 * 2^(-2/12) = 392.0 Hz; its neighbours F#4 and G#4 are a semitone off.
    sound = between(synthesize(score((0, 67, 1.5, 90), program=program)), 0.2, 1.4)
    right = strength_at(sound, 391.995)
    assert right > 3 * strength_at(sound, 391.995 * 2 ** (1 / 12))
    assert right > 3 * strength_at(sound, 391.995 * 2 ** (-1 / 12))


def test_the_tempo_map_is_kept():
    # Two quarters at 60 (2 s), then 120: the third note begins at 2 s, the fourth half a second later.
    tempos = (Tempo(0, 60.0), Tempo(960, 120.0))
    sound = synthesize(score((2, 80, 0.2, 90), (3, 80, 0.2, 90), program=115, tempos=tempos))
    for onset in (2.0, 2.5):
        before, after = between(sound, onset - 0.05, onset - 0.002), between(sound, onset, onset + 0.05)
        assert rms(after) > 10 * rms(before)


def test_velocity_is_loudness():
    # 40 log10(127/64) = 11.9 dB between velocity 127 and 64.
    sound = synthesize(score((0, 72, 1, 127), (4, 72, 1, 64), program=ORGAN))
    ratio = rms(between(sound, 0.2, 0.9)) / rms(between(sound, 4.2, 4.9))
    assert 20 * np.log10(ratio) == pytest.approx(11.9, abs=0.3)


def test_each_piece_is_equally_loud_and_none_clips():
    quiet = synthesize(score((0, 60, 3, 10), program=FLUTE))
    dense = synthesize(score(*((0, p, 3, 127) for p in range(36, 96)), program=ORGAN))
    strokes = synthesize(score(*((t / 2, 36, 0.1, 127) for t in range(8)), drums=True))
    for sound in (quiet, dense, strokes):
        assert np.abs(sound).max() <= 10 ** (-1 / 20) + 1e-6  # -1 dB
        assert abs(sound.mean()) < 1e-4
    for sound in (quiet, dense):
        assert loudness(sound.T, RATE) == pytest.approx(-18, abs=0.5)


def test_louder_by_choice():
    plain, louder = (synthesize(score((0, 60, 1, 80)), gain_db=gain) for gain in (-12.0, -6.0))
    assert np.abs(louder).max() / np.abs(plain).max() == pytest.approx(10 ** (6 / 20), rel=1e-3)


def test_silence_at_the_edges_and_no_click_within():
    for program in (FLUTE, CHOIR, STRINGS):
        sound = synthesize(score((0, 64, 5, 90), program=program)).mean(axis=1)
        assert abs(sound[0]) < 1e-3
        assert np.abs(sound[-20:]).max() < 1e-3
        # A click would stand out of the second differences; loops go round several times in 5 s.
        bend = np.abs(np.diff(sound, 2))
        assert bend.max() < 4 * np.quantile(bend, 0.999)


def test_the_same_score_gives_the_same_samples():
    piece = score((0, 60, 1, 80), (0.5, 64, 1, 90), program=CHOIR)
    first = synthesize(piece)
    synthesize(score((0, 60, 4, 80), program=CHOIR))  # longer notes of the same voices fill the cache
    assert first.dtype == np.float32
    assert first.shape[1] == 2
    assert np.array_equal(first, synthesize(piece))


def test_parts_stand_side_by_side():
    tracks = (Track("upper", FLUTE), Track("lower", FLUTE))
    piece = Score((Note(0, 79, 480, 80, 0), Note(1920, 67, 480, 80, 1)), tracks, tempos=(Tempo(0, 60.0),))
    sound = synthesize(piece)
    left, right = (rms(between(sound, 0.2, 0.9)[:, side]) for side in (0, 1))
    assert left > 1.2 * right
    left, right = (rms(between(sound, 4.2, 4.9)[:, side]) for side in (0, 1))
    assert right > 1.2 * left


def test_a_closed_hi_hat_cuts_an_open_one():
    sound = synthesize(score((0, 46, 0.1, 100), (3, 46, 0.1, 100), (3.1, 42, 0.1, 1), drums=True))
    assert rms(between(sound, 3.25, 3.6)) < 0.3 * rms(between(sound, 0.25, 0.6))


def test_drums_are_drums():
    drum, piano = (synthesize(score((0, 38, 0.5, 100), drums=kit)) for kit in (True, False))
    spectra = [np.abs(np.fft.rfft(between(s, 0, 0.3).mean(axis=1))) for s in (drum, piano)]
    centres = [(s * np.arange(len(s))).sum() / s.sum() / 0.3 for s in spectra]
    assert centres[0] > 3 * centres[1]  # a snare hisses, a low D does not


def test_an_empty_score_is_silent():
    sound = synthesize(Score(()))
    assert len(sound) > 0
    assert not sound.any()


def test_what_can_not_be_played_is_refused():
    with pytest.raises(ScoreError, match=f"lasts 21 minutes.*{MAX_MINUTES} at most"):
        synthesize(score((21 * 60 - 1, 60, 1, 80)))
    with pytest.raises(ScoreError, match="7999 Hz"):
        synthesize(Score(()), sample_rate=7999)


def test_other_sample_rates_sound_alike():
    sound = synthesize(score((0, 69, 1, 90)), sample_rate=22050)
    spectrum = np.abs(np.fft.rfft(sound[4410:17640].mean(axis=1)))
    # 13230 samples at 22050 Hz: 440 Hz is line 440 * 0.6 = 264.
    assert abs(int(spectrum[:400].argmax()) - 264) <= 2


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "kind", "tolerance"), [("wav", "WAV", 1e-4), ("flac", "FLAC", 1e-4), ("ogg", "OGG", 0.1)]
)
def test_sound_files_read_back(format, kind, tolerance):
    time = np.arange(RATE // 2) / RATE
    samples = np.stack([0.5 * np.sin(2 * np.pi * 300 * time), 0.25 * np.sin(2 * np.pi * 500 * time)], 1).astype(
        np.float32
    )
    data = write_audio(samples, format, sample_rate=RATE)
    assert soundfile.info(io.BytesIO(data)).format == kind
    back, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE
    assert back.shape == samples.shape
    assert np.abs(back - samples).max() < tolerance


def test_a_minute_and_more_of_ogg():
    long = np.zeros((70 * RATE, 2), np.float32)
    assert soundfile.info(io.BytesIO(write_audio(long, "ogg"))).frames == 70 * RATE


def test_an_unknown_format_is_refused():
    with pytest.raises(ScoreError, match="“mp4”; choose wav, flac, ogg"):
        write_audio(np.zeros((10, 2), np.float32), "mp4")


# --- SoundFonts -------------------------------------------------------------------------------


def make_soundfont(path, generators, points=None):
    """A SoundFont with one instrument: by default a sine of 441 Hz (100 points at 44100 Hz), root key 69, looped."""
    if points is None:
        points = np.round(20000 * np.sin(2 * np.pi * np.arange(1000) / 100)).astype("<i2")

    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    def gens(pairs):
        return b"".join(struct.pack("<Hh", *pair) for pair in pairs)

    zone = [*generators, (54, 1), (53, 0)]  # looping; the link to the sample comes last
    sample = struct.pack("<20sIIIIIBbHH", b"sine", 0, 1000, 200, 900, 44100, 69, 0, 0, 1)
    hydra = {
        b"phdr": struct.pack("<20sHHHIII", b"One", 0, 0, 0, 0, 0, 0)
        + struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0),
        b"pbag": struct.pack("<HHHH", 0, 0, 1, 0),
        b"pmod": b"\0" * 10,
        b"pgen": gens([(41, 0), (0, 0)]),
        b"inst": struct.pack("<20sH", b"One", 0) + struct.pack("<20sH", b"EOI", 1),
        b"ibag": struct.pack("<HHHH", 0, 0, len(zone), 0),
        b"imod": b"\0" * 10,
        b"igen": gens([*zone, (0, 0)]),
        b"shdr": sample + struct.pack("<20sIIIIIBbHH", b"EOS", *[0] * 9),
    }
    lists = (
        chunk(b"LIST", b"INFO" + chunk(b"INAM", b"test\0\0"))
        + chunk(b"LIST", b"sdta" + chunk(b"smpl", points.tobytes()))
        + chunk(b"LIST", b"pdta" + b"".join(chunk(name, data) for name, data in hydra.items()))
    )
    path.write_bytes(chunk(b"RIFF", b"sfbk" + lists))
    return path


def loudest_hz(samples):
    mono = samples.mean(axis=1) * np.hanning(len(samples))
    return np.fft.rfftfreq(2**18, 1 / RATE)[np.abs(np.fft.rfft(mono, 2**18)).argmax()]


@pytest.mark.parametrize(
    ("generators", "pitch", "hertz"),
    [
        ((), 69, 441.0),
        ((), 81, 882.0),  # an octave above the root
        (((51, -12),), 69, 220.5),  # coarse tuning an octave down
        (((52, 50),), 69, 441.0 * 2 ** (50 / 1200)),  # fine tuning, cents
        (((58, 57),), 69, 882.0),  # the zone says that the recording is an octave lower
        (((56, 0),), 50, 441.0 * 2 ** (-9 / 12)),  # no key tracking: every key sounds as key 60
        (((46, 69),), 40, 441.0),  # a fixed key
    ],
)
def test_pitch_generators(tmp_path, generators, pitch, hertz):
    font = make_soundfont(tmp_path / "a.sf2", generators)
    sound = synthesize(score((0, pitch, 1, 100), program=0), soundfont=font)
    assert loudest_hz(between(sound, 0.1, 0.9)) == pytest.approx(hertz, rel=1e-3)


def voice_note(path, pitch, seconds):
    """One dry note of a made SoundFont."""
    font = load_soundfont(path)
    (region,) = font.regions(0)
    length = round(seconds * RATE)
    return Voice(font, region, pitch, length, RATE).note(length)


def test_loop_and_release(tmp_path):
    # 1000 points last 23 ms; looped, the note sounds for its whole second. Release 0 timecents = 1 s for 100 dB:
    # 0.3 s after its end it is 30 dB down.
    note = voice_note(make_soundfont(tmp_path / "a.sf2", ((38, 0),)), 69, 1.0)
    level = rms(between(note, 0.8, 0.9))
    assert rms(between(note, 0.4, 0.5)) == pytest.approx(level, rel=0.01)
    assert 20 * np.log10(rms(between(note, 1.29, 1.31)) / level) == pytest.approx(-30, abs=0.3)
    bend = np.abs(np.diff(between(note, 0.2, 0.9), 2))
    assert bend.max() < 1.1 * np.quantile(bend, 0.99)  # nothing but the sine, over 30 rounds of the loop


def test_envelope_and_filter(tmp_path):
    # Decay -1200 timecents = 0.5 s for 100 dB; a sustain of 200 cB is 20 dB down, reached after 0.1 s; half way 10 dB.
    # The attack takes the first 2 ms.
    note = voice_note(make_soundfont(tmp_path / "a.sf2", ((36, -1200), (37, 200))), 69, 2.0)
    at_start, half, held = (rms(between(note, t, t + 1 / 441)) for t in (0.002, 0.0509, 1.0))
    assert 20 * np.log10(at_start / held) == pytest.approx(20, abs=0.4)
    assert 20 * np.log10(half / held) == pytest.approx(10, abs=0.4)
    # A low-pass at 8.176 * 2^(6000/1200) = 261.6 Hz against notes at 441 and 882 Hz:
    # |H|^2 = 1 / (1 + (f/f0)^4), 10 log10((1 + 3.371^4) / (1 + 1.686^4)) = 10 log10(130.2 / 9.07) = 11.6 dB.
    font = make_soundfont(tmp_path / "b.sf2", ((8, 6000),))
    low, high = (rms(between(voice_note(font, pitch, 1.0), 0.3, 0.9)) for pitch in (69, 81))
    assert 20 * np.log10(low / high) == pytest.approx(11.6, abs=0.3)


def test_key_and_velocity_ranges_say_what_sounds(tmp_path):
    # Keys 60-72 only, velocities up to 100 only (low byte the first, high byte the last).
    font = make_soundfont(tmp_path / "a.sf2", ((43, 60 + (72 << 8)), (44, 0 + (100 << 8))))
    assert synthesize(score((0, 66, 1, 100), program=0), soundfont=font).any()
    assert not synthesize(score((0, 73, 1, 100), program=0), soundfont=font).any()
    assert not synthesize(score((0, 66, 1, 101), program=0), soundfont=font).any()


def test_a_missing_program_is_replaced_and_missing_drums_are_said(tmp_path):
    font = make_soundfont(tmp_path / "a.sf2", ())
    assert synthesize(score((0, 69, 1, 100), program=80), soundfont=font).any()
    with pytest.raises(SoundFontError, match=r"a\.sf2.*no drum kit"):
        synthesize(score((0, 38, 1, 100), drums=True), soundfont=font)


def test_the_setting_names_the_soundfont(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_SOUNDFONT", str(make_soundfont(tmp_path / "mine.sf2", ())))
    assert find_soundfont() == tmp_path / "mine.sf2"
    sound = synthesize(score((0, 69, 1, 100)))
    assert loudest_hz(between(sound, 0.1, 0.9)) == pytest.approx(441, rel=1e-3)
    monkeypatch.delenv("MUSEGEN_SOUNDFONT")
    assert find_soundfont().name == "TimGM6mb.sf2"


def test_a_bad_soundfont_is_refused(tmp_path):
    with pytest.raises(SoundFontError, match=r"is not there.*MUSEGEN_SOUNDFONT"):
        synthesize(score((0, 69, 1, 100)), soundfont=tmp_path / "none.sf2")
    text = tmp_path / "text.sf2"
    text.write_text("no sounds here")
    with pytest.raises(SoundFontError, match="can't be read as a SoundFont 2"):
        synthesize(score((0, 69, 1, 100)), soundfont=text)
    (tmp_path / "empty.sf2").write_bytes(b"")
    with pytest.raises(SoundFontError, match="can't be read"):
        synthesize(score((0, 69, 1, 100)), soundfont=tmp_path / "empty.sf2")


def test_a_damaged_soundfont_never_ends_in_another_error(tmp_path):
    whole = make_soundfont(tmp_path / "whole.sf2", ()).read_bytes()
    rng = np.random.default_rng(3)
    refused = 0
    for case in range(60):
        data = bytearray(whole[: len(whole) - 7 * case])
        for at in rng.integers(0, len(data), 3):
            data[at] = int(rng.integers(256))
        path = tmp_path / f"damaged-{case}.sf2"
        path.write_bytes(data)
        try:
            synthesize(score((0, 69, 0.1, 100), program=0), soundfont=path)
        except SoundFontError:
            refused += 1
    assert refused > 20


def test_every_general_midi_program_sounds():
    font = load_soundfont(find_soundfont())
    assert all(font.regions(program) for program in range(128))
    assert font.regions(0, is_drum=True)
