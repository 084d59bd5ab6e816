"""Films, decoded again: what is seen and heard, when, and what is refused."""

import io
import json
import sys
import tempfile
from dataclasses import dataclass
from math import ceil

import numpy as np
import pytest

from musegen.audio import synthesize
from musegen.cli import main
from musegen.errors import ScoreError
from musegen.film import film, lead_s
from musegen.film.encode import SAMPLE_RATE
from musegen.film.lettering import Text, set_texts
from musegen.film.paint import SHAPES, Paints, halo, paint, shape, shape_of
from musegen.film.picture import Picture
from musegen.film.roll import Roll
from musegen.film.timing import Timing
from musegen.formats import write_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track

av = pytest.importorskip("av")

FPS = 20
SMALL = (320, 180)
# At 120 a minute: one second of silence, a second of C5, silence, a short C5. Without a title the music begins at 1 s.
LONE = Score((Note(960, 72, 960), Note(2880, 72, 240)), (Track("Piano", 0),))
SONG = Score(
    tuple(Note(480 * i, p, 480, 80, 0) for i, p in enumerate((60, 64, 67, 72)))
    + tuple(Note(960 * i, p, 960, 80, 1) for i, p in enumerate((48, 43))),
    (Track("Melody", 73), Track("Bass", 0)),
    tempos=(Tempo(0, 160.0),),
    key=Key(0, "major"),
    title="茉莉花 (Jasmine Flower)",
    composer="traditional",
    provenance={"recipe": json.dumps({"seed": 7, "name": "“茉莉花”"}, ensure_ascii=False)},
)


@dataclass
class Seen:
    """A film as a player sees it."""

    frames: list
    times: list
    sound: np.ndarray  # [samples]
    sound_start_s: float
    codecs: tuple
    size: tuple
    fps: float
    tags: dict


def play(data):
    with av.open(io.BytesIO(data)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        frames, times, sound, start = [], [], [], None
        for packet in file.demux(video, audio):
            for frame in packet.decode():
                if packet.stream is video:
                    frames.append(frame.to_ndarray(format="rgb24", src_colorspace="ITU709").astype(int))
                    times.append(frame.time)
                else:
                    start = frame.time if start is None else start
                    sound.append(frame.to_ndarray().mean(0))
        tags = {k.lower(): v for k, v in file.metadata.items()}
        codecs = tuple(stream.codec_context.codec.canonical_name for stream in (video, audio))
        return Seen(
            frames,
            times,
            np.concatenate(sound),
            start,
            codecs,
            (video.width, video.height),
            float(video.average_rate),
            tags,
        )


@pytest.fixture(scope="module", params=["mp4", "webm"])
def song(request):
    shares = []
    data = film(SONG, kind=request.param, size=SMALL, fps=FPS, view="both", progress=shares.append)
    return request.param, data, play(data), shares


@pytest.fixture(scope="module", params=["roll", "staff"])
def lone(request):
    return play(film(LONE, size=(640, 360), fps=FPS, view=request.param))


def lit(frame):
    """Which pixels have the first part's colour, brightened."""
    return (frame[:, :, 1] > 145) & (frame[:, :, 2] - frame[:, :, 0] > 40)


# --- the file ---------------------------------------------------------------------------------


def test_a_film_has_the_streams_the_size_and_the_length_that_were_asked(song):
    kind, _, seen, _ = song
    assert seen.codecs == {"mp4": ("h264", "aac"), "webm": ("vp9", "opus")}[kind]
    assert (seen.size, seen.fps) == (SMALL, FPS)
    sound_s = len(synthesize(SONG, sample_rate=SAMPLE_RATE)) / SAMPLE_RATE
    assert len(seen.frames) == 3 * FPS + ceil((sound_s + 0.7) * FPS)
    np.testing.assert_allclose(seen.times, np.arange(len(seen.frames)) / FPS, atol=1e-3)


def test_title_composer_and_recipe_are_in_the_tags(song):
    _, _, seen, _ = song
    assert seen.tags["title"] == SONG.title
    assert seen.tags["artist"] == SONG.composer
    assert json.loads(seen.tags["comment"]) == {"seed": 7, "name": "“茉莉花”"}


def test_the_sound_is_what_is_played_and_begins_after_the_title(song):
    _, _, seen, _ = song
    played = synthesize(SONG, sample_rate=SAMPLE_RATE).mean(1)
    begin = round((lead_s(SONG) - seen.sound_start_s) * SAMPLE_RATE)
    size = 1 << (len(seen.sound) + len(played)).bit_length()
    match = np.fft.irfft(np.fft.rfft(seen.sound, size) * np.conj(np.fft.rfft(played, size)))
    lag = int(np.argmax(match))
    assert abs(lag - begin) <= SAMPLE_RATE // 500  # 2 ms
    heard = seen.sound[lag : lag + len(played)]
    assert np.corrcoef(heard, played[: len(heard)])[0, 1] > 0.98
    assert np.abs(seen.sound[: begin - SAMPLE_RATE // 50]).max() < 1e-3  # silence under the title


def test_the_end_is_silent_and_empty(song):
    _, _, seen, _ = song
    assert np.abs(seen.sound[-SAMPLE_RATE // 20 :]).max() < 1e-3
    assert seen.frames[-1].std(axis=(0, 1)).max() < 3


def test_an_mp4_can_be_played_before_it_is_all_there(song):
    kind, data, _, _ = song
    if kind == "mp4":
        assert data.index(b"moov") < data.index(b"mdat")
    else:
        assert data.startswith(b"\x1a\x45\xdf\xa3")


def test_progress_grows_from_0_to_1(song):
    _, _, _, shares = song
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert len(shares) > 50


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_the_same_score_gives_the_same_bytes(kind):
    settings = {"kind": kind, "size": SMALL, "fps": 10}
    assert film(LONE, **settings) == film(LONE, **settings)


# --- what is seen, and when -------------------------------------------------------------------


def test_a_note_is_lit_from_its_onset_to_its_end(lone):
    """1 s before the music, 1 s of silence, 1 s of note: the light comes with frame 40 and goes with frame 60."""
    counts = np.array([lit(frame).sum() for frame in lone.frames])
    assert counts[40:60].min() > 8
    assert max(counts[:40].max(), counts[60:80].max()) < 6  # a trace that compression left


def test_picture_and_sound_are_in_step(lone):
    """The piano is heard within a frame of the picture that shows its note lit, at both notes."""
    counts = np.array([lit(frame).sum() for frame in lone.frames])
    level = np.abs(lone.sound)
    for first_s in (1.5, 3.5):
        shown = np.argmax(counts[round(first_s * FPS) :] > 8) + round(first_s * FPS)
        start = round((first_s - lone.sound_start_s) * SAMPLE_RATE)
        part = level[start : start + SAMPLE_RATE]
        heard = first_s + int(np.argmax(part > 0.2 * part.max())) / SAMPLE_RATE
        assert abs(lone.times[shown] - heard) <= 1 / FPS


def test_the_box_of_a_note_changes_colour_with_its_sound():
    """By hand: 9 s over 320 pixels at 20 frames a second are 2 pixels a frame; frame 20 is the onset of C5."""
    timing, paints = Timing(LONE, FPS), Paints("dark")
    roll = Roll(LONE, timing, SMALL, 0.25, paints)
    image = np.empty((180, 320, 3), np.uint8)
    x, y, width, height = roll.box_of(0)
    assert roll.pixels_a_frame == 2
    assert (x, width) == (40, 39)  # onset at 1 s; 1 s long, less the gap of a pixel
    look = {}
    for frame in (19, 20, 39, 40):
        roll.draw(image, frame)
        middle = x - frame * 2 + roll.playhead + width // 2
        look[frame] = image[y + height // 2, middle].astype(float)
    coming = paints.voice(0) + (paints.ground - paints.voice(0)) * 0.12
    np.testing.assert_allclose(look[19], coming, atol=1.5)
    assert look[20].sum() > look[19].sum() + 100
    assert look[39].sum() > look[19].sum() + 50
    past = paints.voice(0) + (paints.ground - paints.voice(0)) * 0.62
    np.testing.assert_allclose(look[40], past, atol=1.5)


def test_in_a_unison_both_parts_are_seen():
    """The lower part's note is half as high, in the middle of the upper one's; the same pitch later is not touched."""
    notes = (Note(0, 60, 480, 80, 0), Note(240, 60, 240, 80, 1), Note(480, 60, 480, 80, 1))
    roll = Roll(
        Score(notes, (Track("A"), Track("B"))), Timing(Score(notes, (Track(), Track())), FPS), SMALL, 1, Paints("dark")
    )
    (_, top, _, height), (_, inner_top, _, inner), (_, later_top, _, later) = (roll.box_of(n) for n in range(3))
    assert inner == height - round(height / 2)
    assert top < inner_top < inner_top + inner < top + height
    assert (later_top, later) == (top, height)


def test_the_playhead_of_the_staves_stands_at_the_note_that_begins():
    score = LONE.replace(notes=tuple(Note(480 * i, 60 + i, 480) for i in range(8)))
    picture = Picture(
        score, Timing(score, FPS), (640, 360), view="staff", theme="dark", language="en", chords=(), lead=0, frames=200
    )
    places = []
    for beat in range(8):
        image = picture.draw(beat * FPS // 2).astype(int)[20:330]
        orange = (image[:, :, 0] - image[:, :, 2] > 120).sum(0)
        places.append(int(np.argmax(orange)))
        assert abs(places[-1] - np.average(np.arange(640), weights=lit(image).sum(0))) < 4
    assert places == sorted(set(places))


def test_the_first_picture_is_the_title_card(song):
    """So a player shows the title before it is started: large letters in the middle, the same for 2 s."""
    _, _, seen, _ = song
    assert seen.frames[0][60:110, 60:260].max() > 200
    assert np.abs(seen.frames[0] - seen.frames[2 * FPS - 1]).mean() < 2


def test_a_chord_in_force_stays_in_sight():
    timing, paints = Timing(LONE, FPS), Paints("dark")
    roll = Roll(LONE, timing, (640, 360), 0.5, paints, [(0, "Am"), (2880, "G")])
    image = np.empty((360, 640, 3), np.uint8)
    roll.draw(image, 58)  # 0.1 s before the G
    accent = np.abs(image[:17].astype(float) - paints.accent).sum(2) < 60
    columns = np.nonzero(accent.any(0))[0]
    assert columns.min() >= 0.03 * 640
    assert columns.max() < roll.playhead
    roll.draw(image, 60)
    columns = np.nonzero((np.abs(image[:17].astype(float) - paints.accent).sum(2) < 60).any(0))[0]
    assert columns.min() >= roll.playhead


@pytest.mark.parametrize("view", ["roll", "staff", "both"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_all_kinds_of_music_are_drawn(view, theme):
    """Ten parts and drums, a pick-up, changes of metre and tempo, a unison; upright, too."""
    notes = [Note(240 + 480 * i, 40 + 4 * t, 480, 80, t) for t in range(10) for i in range(8)]
    drums = [Note(240 * i, (36, 38, 42)[i % 3], 60, 90, 10) for i in range(16)]
    score = Score(
        (*notes, *drums, Note(240, 40, 960, 80, 5)),
        (*(Track(f"Part {i} <&> $x$ #y", 5 * i) for i in range(10)), Track("Drums", 0, is_drum=True)),
        tempos=(Tempo(0, 100.0), Tempo(960, 60.0)),
        metres=(Metre(0, 4, 4), Metre(2160, 3, 8)),
        pickup=240,
        title="#panic() *so* $long$ a title that it needs more than one line of the card, and still is read to its end",
    )
    picture = Picture(
        score, Timing(score, FPS), (360, 640), view=view, theme=theme, language="zh", chords=[(240, "C♯m7♭5")], lead=60,
        frames=300,
    )  # fmt: skip
    ground = Paints(theme).ground
    for number in (0, 50, 75, 150, 298):
        image = picture.draw(number)
        assert (image.shape, image.dtype) == ((640, 360, 3), np.uint8)
        assert np.abs(image - ground).max() > (60 if number < 290 else 0)
    np.testing.assert_allclose(picture.draw(299), np.broadcast_to(ground, (640, 360, 3)), atol=1)


# --- the parts --------------------------------------------------------------------------------


def test_seconds_are_those_of_the_score():
    score = LONE.replace(tempos=(Tempo(0, 90.0), Tempo(700, 33.0), Tempo(701, 240.0)))
    ticks = [0, 1, 699, 700, 701, 2000, 5000]
    np.testing.assert_allclose(Timing(score, 30).seconds(ticks), [score.seconds(tick) for tick in ticks])


def test_every_note_is_lit_and_no_light_is_half_a_frame_off():
    score = Score(tuple(Note(37 * i, 60, 11) for i in range(50)))
    timing = Timing(score, 25)
    assert (timing.last > timing.first).all()
    assert np.abs(timing.first / 25 - timing.onsets_s).max() <= 0.5 / 25 + 1e-9
    assert timing.sounding(int(timing.first[7])).count(7) == 1


def test_shapes_differ_and_stay_in_their_box():
    """The areas by hand: a circle's caps, a full box, two triangles and one slant less."""
    masks = {kind: shape(kind, 20, 60) for kind in SHAPES}
    areas = {kind: mask.sum() for kind, mask in masks.items()}
    assert areas["square"] == 1200
    assert areas["round"] == pytest.approx(1200 - (400 - np.pi * 100), rel=0.01)
    assert areas["pointed"] == pytest.approx(1200 - 200, rel=0.01)
    assert areas["slanted"] == pytest.approx(1200 - 200, rel=0.01)
    assert all(mask.min() >= 0 and mask.max() <= 1 for mask in masks.values())
    assert np.abs(masks["pointed"] - masks["slanted"]).sum() > 100
    looks = {(track % 8, shape_of(track)) for track in range(16)}
    assert len(looks) == 16


def test_paint_is_cut_at_the_edges():
    image = np.zeros((10, 10, 3), np.uint8)
    paint(image, np.ones((6, 6), np.float32), -3, 7, np.array([200, 100, 50], np.float32))
    assert image.sum() == 3 * 3 * 350
    paint(image, np.ones((6, 6), np.float32), 50, 50, np.array([200, 100, 50], np.float32))
    assert image.sum() == 3 * 3 * 350
    light = halo(4, 8, 3)
    assert (light.shape, light[5, 7]) == ((10, 14), 1.0)
    assert light[0].max() < 0.2


def test_letters_are_set_as_they_are_written():
    """No markup is read, and what one line doesn't hold is broken into lines."""
    plain, marked, narrow, chinese, empty = (
        Text("so", 20), Text("#so *so* $so$", 20), Text("so so so so so", 20, 400, 60), Text("茉莉花", 20),
        Text("\x07", 20),
    )  # fmt: skip
    made = set_texts([plain, marked, narrow, chinese, plain, empty])
    assert len(made) == 5
    assert made[marked].shape[1] > 3 * made[plain].shape[1]
    assert made[narrow].shape[1] <= 61
    assert made[narrow].shape[0] > 1.8 * made[plain].shape[0]
    assert all(0.5 < made[text].max() <= 1 for text in (plain, marked, narrow, chinese))
    assert made[empty].max() == 0


def test_the_command_line_writes_a_film(tmp_path, capsys):
    (tmp_path / "note.mid").write_bytes(write_score(Score((Note(0, 60, 120),)), "mid"))
    out = tmp_path / "note.mp4"
    assert main(["convert", str(tmp_path / "note.mid"), str(out)]) == 0
    assert capsys.readouterr().out.split() == [str(out)]
    assert b"ftyp" in out.read_bytes()[:16]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["note.mid", "note.mp4"]


# --- giving up, and what is refused -----------------------------------------------------------


class GivenUpError(Exception):
    pass


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5])
def test_giving_up_leaves_nothing_behind(share, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def stop(done):
        if done >= share:
            raise GivenUpError

    with pytest.raises(GivenUpError):
        film(LONE, size=SMALL, fps=10, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("score", "settings", "words"),
    [
        (LONE, {"kind": "avi"}, "mp4, webm"),
        (LONE, {"view": "side"}, "roll, staff, both"),
        (LONE, {"size": (321, 180)}, "even numbers from 320 x 180"),
        (LONE, {"size": (318, 180)}, "318 x 180"),
        (LONE, {"size": (3840, 2160)}, "1920 x 1920"),
        (LONE, {"fps": 5}, "10 to 60"),
        (LONE, {"fps": 61}, "10 to 60"),
        (LONE.replace(notes=()), {}, "no notes"),
        (LONE.replace(notes=(Note(0, 60, 480 * 1201),)), {}, "10.0 minutes; films are made of 10 at most"),
        (LONE.replace(notes=tuple(Note(i, 60, 1) for i in range(20_001))), {"view": "staff"}, "20001 notes"),
    ],
)
def test_what_cannot_be_filmed_is_refused_in_words(score, settings, words):
    with pytest.raises(ScoreError, match=words):
        film(score, **settings)


def test_without_pyav_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "av.codec", None)
    with pytest.raises(ScoreError, match="pip install av"):
        film(LONE)


def test_without_an_encoder_the_other_kind_is_named(monkeypatch):
    monkeypatch.setattr("musegen.film.encode._KINDS", {"mp4": type("None_", (), {"video": {}, "audio": "aac"})})
    with pytest.raises(ScoreError, match="choose webm"):
        film(LONE)
