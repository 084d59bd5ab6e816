"""A melody that is sung comes back as its notes; what can't be a melody is refused in a sentence."""

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter

from musegen.formats.limits import Limits
from musegen.formats.refusal import Refusal
from musegen.score import Key, Metre
from musegen.transcribe import transcribe
from musegen.transcribe.notes import find_notes
from musegen.transcribe.onsets import dips, tone_level
from musegen.transcribe.pitch import track_pitch
from musegen.transcribe.recording import RATE, read_recording
from musegen.transcribe.rhythm import find_rhythm, place_chances
from musegen.transcribe.wording import DOUBTS, REMARKS, remark_sentence

# Quarters at 100 to the minute: 0.6 s. (pitch, quarters); None is a rest.
SCALE = [(60, 1), (62, 1), (64, 1), (65, 1), (67, 2), (64, 2), (60, 4)]


def voice(melody, tempo=100.0, rate=16000, cents=0.0, vibrato=0.0, lead=0.3, legato=False):
    """A voice with ten harmonics; notes are 40 ms apart unless legato."""
    total = lead + sum(length for _, length in melody) * 60 / tempo + 0.3
    time = np.arange(round(total * rate)) / rate
    pitch, loud = np.full(len(time), 60.0), np.zeros(len(time))
    start = lead
    for note, length in melody:
        stop = start + length * 60 / tempo
        here = (time >= start) & (time < stop)
        if note is not None:
            pitch[here] = note
            loud[here & ((time < stop - 0.04) | legato)] = 1
        start = stop
    loud = np.convolve(loud, np.ones(rate // 100) / (rate // 100), "same")
    pitch = pitch + cents / 100 + vibrato * np.sin(2 * np.pi * 5.5 * time)
    turns = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / rate
    return 0.2 * loud * sum(np.sin(k * turns) / k**1.2 for k in range(1, 11))


def file(samples, rate=16000, format="WAV", subtype=None):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=format, subtype=subtype)
    return buffer.getvalue()


def notes(sung):
    """(pitch, onset, length) in quarters."""
    unit = sung.score.resolution
    return [(n.pitch, n.onset / unit, n.duration / unit) for n in sung.score.notes]


def expected(melody):
    found, at = [], 0.0
    for pitch, length in melody:
        if pitch is not None:
            found.append((pitch, at, float(length)))
        at += length
    return found


def refusal(data, **settings):
    with pytest.raises(Refusal) as caught:
        transcribe(data, **settings)
    english, chinese = str(caught.value), caught.value.sentence("zh")
    assert "{" not in english + chinese
    assert english.endswith(".")
    assert chinese.endswith("。")
    return caught.value.kind


def test_a_scale_comes_back_exactly():
    sung = transcribe(file(voice(SCALE)), tempo=100, title="Mine")
    assert notes(sung) == expected(SCALE)
    assert sung.score.tempos[0].qpm == 100
    assert sung.score.key == Key(0, "major")
    assert sung.score.pickup == 0
    assert sung.score.title == "Mine"
    assert sung.report.tuning_cents == pytest.approx(0, abs=5)
    assert sung.report.octaves == 0


def test_the_tempo_is_found():
    melody = [(67, 0.5), (65, 0.5), (64, 1), (62, 1), (64, 0.5), (65, 0.5), (67, 1), (67, 1), (65, 1), (64, 1), (60, 3)]
    sung = transcribe(file(voice(melody, tempo=88)))
    assert sung.report.tempo == pytest.approx(88, rel=0.03)
    assert notes(sung) == expected(melody)
    assert not sung.report.tempo_given
    assert "tempo_guessed" in {remark.code for remark in sung.report.remarks}


@pytest.mark.parametrize("legato", [False, True])
def test_vibrato_is_not_a_row_of_notes(legato):
    sung = transcribe(file(voice(SCALE, vibrato=0.5, legato=legato)), tempo=100)
    assert notes(sung) == expected(SCALE)


@pytest.mark.parametrize("cents", [-40, 30])
def test_another_tuning_is_taken_out(cents):
    sung = transcribe(file(voice(SCALE, cents=cents)), tempo=100)
    assert notes(sung) == expected(SCALE)
    assert sung.report.tuning_cents == pytest.approx(cents, abs=6)
    assert sung.report.heard[0].sounding == pytest.approx(60 + cents / 100, abs=0.06)
    remark = next(remark for remark in sung.report.remarks if remark.code == "tuning")
    assert remark.facts["direction"] == ("above" if cents > 0 else "below")


def test_a_voice_that_falls_keeps_its_notes():
    melody = [(60, 1), (62, 1), (64, 1), (62, 1)] * 4 + [(60, 4)]
    time = np.linspace(0, -0.6, 20)  # 60 cents over 12 s
    rate, parts = 16000, []
    for (pitch, length), fall in zip(melody, time, strict=False):
        parts.append(voice([(pitch, length)], cents=100 * fall, lead=0.0)[: round(length * 0.6 * rate)])
    sung = transcribe(file(np.concatenate([np.zeros(4000), *parts, np.zeros(4000)])), tempo=100)
    assert [n[0] for n in notes(sung)] == [pitch for pitch, _ in melody]
    assert sung.report.drift_cents < -25
    assert "drift" in {remark.code for remark in sung.report.remarks}


def test_repeated_notes_stay_apart():
    melody = [(64, 1), (64, 1), (64, 2), (62, 0.5), (62, 0.5), (62, 1), (60, 2)]
    assert notes(transcribe(file(voice(melody)), tempo=100)) == expected(melody)


def test_rests_stay_and_breaths_do_not():
    melody = [(60, 1), (None, 1), (64, 1.5), (None, 0.5), (67, 2), (None, 2), (60, 2)]
    assert notes(transcribe(file(voice(melody)), tempo=100)) == expected(melody)


def test_sixteenths_and_six_eight():
    melody = [
        (67, 0.5),
        (69, 0.25),
        (67, 0.25),
        (65, 0.5),
        (64, 1),
        (60, 0.5),
        (62, 0.5),
        (64, 0.5),
        (65, 0.5),
        (67, 1.5),
    ]
    sung = transcribe(file(voice(melody, tempo=80)), tempo=80, metre=(6, 8))
    assert notes(sung) == expected(melody)
    assert sung.score.metres == (Metre(0, 6, 8),)


def test_a_pickup_is_found():
    melody = [(67, 1), (72, 3), (67, 1), (74, 3), (72, 0.5), (74, 0.5), (76, 3)]
    sung = transcribe(file(voice(melody)), tempo=100)
    assert notes(sung) == expected(melody)
    assert sung.score.pickup == sung.score.resolution
    assert [bar.number for bar in sung.score.bars()] == [0, 1, 2, 3]


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_mono_or_stereo(rate, channels):
    samples = voice(SCALE, rate=rate)
    samples = np.stack([samples, 0.5 * samples], axis=1) if channels == 2 else samples
    assert notes(transcribe(file(samples, rate), tempo=100)) == expected(SCALE)


def test_a_channel_the_wrong_way_round():
    samples = voice(SCALE)
    assert notes(transcribe(file(np.stack([samples, -samples], axis=1)), tempo=100)) == expected(SCALE)


@pytest.mark.parametrize("format", ["FLAC", "OGG", "MP3", "AIFF"])
def test_other_files(format):
    samples = voice(SCALE, rate=44100)
    assert notes(transcribe(file(samples, 44100, format), tempo=100)) == expected(SCALE)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT"])
def test_other_samples(subtype):
    assert notes(transcribe(file(voice(SCALE), subtype=subtype), tempo=100)) == expected(SCALE)


def test_a_truncated_file_gives_what_is_there():
    data = file(voice(SCALE))
    end = 0.3 + 4.5 * 0.6  # half a quarter into the fifth note
    sung = transcribe(data[: 44 + 2 * round(end * 16000)], tempo=100)
    assert notes(sung)[:4] == expected(SCALE)[:4]
    assert len(notes(sung)) == 5
    assert sung.report.remarks[0].code == "cut_off"


def test_moved_into_a_range():
    sung = transcribe(file(voice([(p - 12, q) for p, q in SCALE])), tempo=100, low=60, high=79)
    assert notes(sung) == expected(SCALE)
    assert sung.report.octaves == 1
    assert sung.report.heard[0].sounding == pytest.approx(48, abs=0.1)
    assert "up by an octave" in " ".join(sung.report.sentences())


def test_a_whistle():
    tune = [(p + 36, q) for p, q in SCALE]
    time = np.arange(round(8.0 * 16000)) / 16000
    start = 0.3
    frequency = np.zeros(len(time))
    for pitch, length in tune:
        stop = start + length * 0.6
        frequency[(time >= start) & (time < stop)] = 440 * 2 ** ((pitch - 69) / 12)
        start = stop
    loud = (frequency > 0) * 0.3
    samples = loud * np.sin(2 * np.pi * np.cumsum(frequency) / 16000)
    assert notes(transcribe(file(samples), tempo=100)) == expected(tune)


def test_noise_room_and_clicks_change_nothing():
    rng = np.random.default_rng(3)
    samples = voice(SCALE, vibrato=0.3)
    noise = rng.standard_normal(len(samples)) * samples.std() * 0.3
    room = rng.standard_normal(6400) * 10 ** (-3 * np.arange(6400) / 6400) * 0.02
    room[0] = 1
    heard = np.convolve(samples, room)[: len(samples)] + noise
    for start in range(3000, len(samples) - 500, 9600):
        heard[start : start + 300] += 0.4 * np.sin(0.7 * np.arange(300)) * np.exp(-np.arange(300) / 60)
    assert notes(transcribe(file(heard / 3), tempo=100)) == expected(SCALE)


def test_the_report_says_before_and_after():
    melody = [(60, 1), (62, 1), (None, 1), (64, 1)]
    sung = transcribe(file(voice(melody)), tempo=100, key=Key(-1, "major"))
    first, _, last = sung.report.heard
    assert first.onset_s == pytest.approx(0.3, abs=0.03)
    assert first.duration_s == pytest.approx(0.56, abs=0.05)
    assert last.onset_quarters == 3
    assert last.onset_s == pytest.approx(0.3 + 3 * 0.6, abs=0.03)
    assert all(0 <= note.confidence <= 1 for note in sung.report.heard)
    assert sung.report.key == Key(-1, "major")
    assert sung.report.key_given
    assert sung.report.sentences()[0] == "3 notes heard, F major, 4/4, 100 quarter notes a minute"
    assert sung.report.sentences("zh")[0] == "听到 3 个音，F大调，4/4 拍，每分钟 100 个四分音符"
    values = sung.report.to_dict()
    assert values["heard"][2]["pitch"] == 64
    assert values["key"] == "F major"


def test_a_note_between_two_semitones_is_uncertain():
    melody = [(60, 1), (62, 1), (64, 1), (65.5, 1), (67, 1), (65, 1), (64, 1), (62, 1), (60, 2)]
    sung = transcribe(file(voice(melody)), tempo=100)
    assert sung.report.uncertain[0] == 3
    assert "between" in sung.report.heard[3].doubts
    assert sung.report.heard[3].confidence < min(note.confidence for i, note in enumerate(sung.report.heard) if i != 3)
    assert sung.report.heard[3].reasons("zh")[0] == "音高在两个半音之间"
    assert any(sentence.startswith("Look again at") for sentence in sung.report.sentences())


def test_the_same_bytes_give_the_same_notes():
    data = file(voice(SCALE, vibrato=0.4))
    assert transcribe(data) == transcribe(data)


def test_never_two_notes_at_once():
    rng = np.random.default_rng(5)
    melody = [(int(rng.integers(55, 75)), float(rng.choice([0.25, 0.5, 1]))) for _ in range(30)]
    noisy = voice(melody, legato=True)
    sung = transcribe(file(noisy + 0.02 * rng.standard_normal(len(noisy))))
    assert all(a.end <= b.onset for a, b in pairwise(sung.score.notes))


# --- refusals ---------------------------------------------------------------------------------


def test_silence_is_refused():
    assert refusal(file(np.zeros(32000))) == "silent"
    assert refusal(file(np.full(32000, 0.3))) == "silent"  # a constant offset is silence too
    assert refusal(file(1e-4 * np.random.default_rng(1).standard_normal(32000))) == "silent"


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_refused(seed):
    noise = np.random.default_rng(seed).standard_normal(64000)
    assert refusal(file(0.1 * noise)) == "no_pitch"
    pink = lfilter([1], [1, -0.95], noise)
    assert refusal(file(0.1 * pink / pink.std())) in ("no_pitch", "no_melody")


@pytest.mark.parametrize("seed", range(4))
def test_a_speaking_voice_is_refused(seed):
    """Syllables of 0.15-0.25 s, each with a pitch that falls or rises by 3-8 semitones."""
    rng = np.random.default_rng(seed)
    rate, parts = 16000, []
    for _ in range(20):
        length = round(rng.uniform(0.15, 0.25) * rate)
        path = rng.uniform(45, 52) + rng.choice([-1, 1]) * rng.uniform(3, 8) * np.linspace(0, 1, length)
        turns = 2 * np.pi * np.cumsum(440 * 2 ** ((path - 69) / 12)) / rate
        parts += [np.hanning(length) * sum(np.sin(k * turns) / k for k in range(1, 15)), np.zeros(rate // 20)]
    assert refusal(file(0.1 * np.concatenate(parts))) == "no_melody"


def test_overdriven_to_bits_is_refused():
    assert refusal(file(np.clip(50 * voice(SCALE), -1, 1))) == "clipped"


def test_too_short_and_too_long():
    assert refusal(file(voice([(60, 1)])[: RATE // 4])) == "short"
    assert refusal(file(np.zeros(8000 * 121), 8000)) == "long"


def test_what_unpacks_to_hours_is_not_unpacked(monkeypatch):
    bomb = file(np.zeros(8000 * 3600), 8000, "FLAC")
    assert len(bomb) < 2_000_000
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("it was decoded"))
    assert refusal(bomb) == "long"


def test_a_header_that_lies_is_stopped_while_decoding():
    with pytest.raises(Refusal) as caught:
        read_recording(file(voice(SCALE), format="OGG"), Limits(sound_seconds=2))
    assert caught.value.kind == "long"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"MThd\0\0\0\6", "foreign"),
        (b"RIFF\0\0\0\0AVI LIST", "foreign"),
        (b"\0\0\0\x18ftypM4A ", "container"),
        (b"\x1aE\xdf\xa3webm", "container"),
        (b"RIFF\0\0\0\0WAVEfmt ", "damaged"),
        (b"fLaC\0\0\0\x22junk", "damaged"),
        (b"OggS" + bytes(60), "damaged"),
        (bytes(Limits().sound_bytes + 1), "size"),
    ],
)
def test_other_files_are_refused(data, kind):
    assert refusal(data) == kind


def test_too_many_channels_are_refused():
    assert refusal(file(np.zeros((16000, 9)))) == "layout"


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"tempo": 10}, "tempo"),
        ({"tempo": float("nan")}, "tempo"),
        ({"metre": (4, 3)}, "metre"),
        ({"metre": (0, 4)}, "metre"),
        ({"low": 60, "high": 65}, "range"),
    ],
)
def test_settings_are_checked(settings, kind):
    assert refusal(file(voice(SCALE)), **settings) == kind


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_end_in_notes_or_a_sentence(seed):
    rng = np.random.default_rng(seed)
    format = ("WAV", "FLAC", "OGG", "MP3")[seed % 4]
    data = bytearray(file(voice(SCALE, rate=44100), 44100, format))
    for place in rng.integers(4, len(data), 40):
        data[place] = int(rng.integers(256))
    try:
        found = len(transcribe(bytes(data[: rng.integers(100, len(data))])).score.notes)
    except Refusal as error:
        found = len(error.sentence("zh"))
    assert found


# --- parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pitch", [40, 52, 69, 81, 93, 104])
def test_pitch_is_within_a_few_cents(pitch):
    time = np.arange(RATE) / RATE
    turns = 2 * np.pi * 440 * 2 ** ((pitch + 0.3 - 69) / 12) * time
    samples = sum(np.sin(k * turns) / k**2 for k in range(1, 4 if pitch < 90 else 2))
    track = track_pitch((0.2 * samples).astype(np.float32))
    middle = track.pitch[10:-10]
    assert np.abs(middle - pitch - 0.3).max() < 0.08
    assert track.strength[10:-10].min() > 0.7


def test_a_dip_is_as_deep_as_its_lower_edge():
    level = np.zeros(60)
    level[20:24] = [-10, -14, -14, -10]
    level[24:] = -3  # what follows is 3 dB softer: 14 - 3 = 11 deep
    found = dips(level, np.ones(60, bool))
    assert np.flatnonzero(found).tolist() == [21]
    assert found[21] == 11


def test_what_is_too_short_or_a_fall_is_no_dip():
    level = np.zeros(60)
    level[20:22] = -20  # 20 ms: a lost packet
    level[40:] = -15
    assert not dips(level, np.ones(60, bool)).any()


def test_a_tone_that_beats_must_dip_deeper():
    beating = 5 * np.cos(2 * np.pi * np.arange(200) / 20)  # 10 dB deep every 0.2 s
    assert not dips(beating, np.ones(200, bool)).any()
    beating[100:105] -= 60
    assert np.flatnonzero(dips(beating, np.ones(200, bool))).size == 1


def test_the_level_of_a_tone_hears_no_noise_beside_it():
    time = np.arange(RATE) / RATE
    loud = np.where(time < 0.5, 1.0, 0.1)  # 20 dB
    tone = loud * np.sin(2 * np.pi * 440 * time)
    other = 0.5 * np.sin(2 * np.pi * 1000 * time)
    level = tone_level((tone + other).astype(np.float32), np.full(101, 69.0))
    assert level[20:40].mean() - level[60:80].mean() == pytest.approx(20, abs=0.3)


def test_equal_notes_of_a_pure_tone_are_two():
    """A flute's gap of 60 ms that the room fills: one partial dips by 7 dB, and the breath in all else stays."""
    time = np.arange(3 * 16000) / 16000
    loud = 0.2 * ((time > 0.3) & (time < 2.7))
    for at in (0.9, 1.5):
        loud = np.where((time > at - 0.06) & (time < at), 0.09, loud)
    loud = np.convolve(loud, np.hanning(640) / np.hanning(640).sum(), "same")
    breath = np.random.default_rng(4).standard_normal(len(time)) * 0.01
    samples = loud * np.sin(2 * np.pi * 784 * time) + breath
    assert notes(transcribe(file(samples), tempo=100)) == [(79, 0, 1), (79, 1, 1), (79, 2, 2)]


def test_a_slow_attack_begins_where_its_partials_do():
    """Each tone takes 120 ms to grow while the last one dies away as slowly: they cross 60 ms late."""
    rate, starts, pitches = RATE, (0.3, 0.9, 1.5, 2.1), (60, 64, 62, 67)
    time = np.arange(3 * rate) / rate
    samples = np.zeros(len(time))
    for start, pitch in zip(starts, pitches, strict=True):
        loud = np.clip((time - start) / 0.12, 0, 1) * np.clip((start + 0.72 - time) / 0.12, 0, 1)
        turns = 2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time
        samples += 0.2 * loud * sum(np.sin(k * turns) / k for k in range(1, 9))
    samples = samples.astype(np.float32)
    found = find_notes(track_pitch(samples), samples)
    assert [segment.semitone for segment in found] == list(pitches)
    assert [segment.onset_s for segment in found] == pytest.approx(starts, abs=0.04)
    assert [a.end_s for a in found[:-1]] == [b.onset_s for b in found[1:]]


def test_two_four_is_not_taken_for_twice_the_tempo():
    """Running sixteenths at 100 in 2/4 are a reel; eighths at 200 would be none."""
    steps = np.array([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 19, 20, 21, 22, 23, 24, 28])
    onsets = 0.5 + steps * 0.15
    rhythm = find_rhythm(onsets, np.append(onsets[1:], onsets[-1] + 0.6), Metre(0, 2, 4), None)
    assert rhythm.tempo == pytest.approx(100, rel=0.02)
    assert (rhythm.steps % 8 == steps % 8).all()


def test_the_grid_is_found_from_times_alone():
    steps = np.array([0, 4, 6, 8, 12, 16, 20, 22, 23, 24, 32])
    onsets = 1.0 + steps * 0.15 + np.random.default_rng(2).normal(0, 0.01, len(steps))
    rhythm = find_rhythm(onsets, np.append(onsets[1:], onsets[-1] + 0.6), Metre(0, 4, 4), None)
    assert (np.diff(rhythm.steps) == np.diff(steps)).all()
    assert rhythm.tempo == pytest.approx(100, rel=0.02)
    assert (rhythm.ends[:-1] == rhythm.steps[1:]).all()


def test_places_in_the_bar():
    four = place_chances(Metre(0, 4, 4))
    assert len(four) == 16
    assert four[0] > four[8] > four[4] > four[2] > four[1]
    six = place_chances(Metre(0, 6, 8))
    assert len(six) == 12
    assert six[6] > six[2]


def test_every_remark_has_words_in_both_languages():
    facts = {
        "percent": 1.0,
        "tempo": 90.0,
        "cents": 30.0,
        "count": 2,
        "numbers": "1, 2",
        "key": "C major",
        "key_zh": "C 大调",
    }
    directions = {"tuning": "above", "drift": "fell", "octaves": "down"}
    for code in REMARKS:
        for language in ("en", "zh"):
            words = remark_sentence(code, {**facts, "direction": directions.get(code, "")}, language)
            assert words[-1] in ".。"
            assert "{" not in words
    assert all(len(words) == 2 for words in DOUBTS.values())
