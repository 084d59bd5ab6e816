"""The player's sound in a real browser: when notes begin and end, what they sound like, and what is recorded."""

from __future__ import annotations

import base64
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.screenshots import FLAGS, find_chromium  # noqa: E402
from musegen.audio import instrument_pack  # noqa: E402
from musegen.audio.master import loudness  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
    ),
]
RATE = 44100
ORGAN, CHOIR, PIANO = 19, 52, 0
# What every test's script can use: the modules, waiting, and the times at which samples were asked to begin. However
# slow the machine: no clock moves while a stretch of script runs, and what is waited for is a state or so much sound.
HELPERS = """
window.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
window.until = async (found) => {
  for (const limit = performance.now() + 30000; performance.now() < limit; await wait(5)) {
    const value = found();
    if (value) return value;
  }
  throw new Error(`waited in vain for ${found}`);
};
window.listen = (t, seconds) => {
  const end = t._mixer.context.currentTime + seconds;
  return until(() => t._mixer.context.currentTime >= end);
};
{
  let held = null;
  const hold = (name, read) => {
    if (!held) queueMicrotask(() => (held = null));
    held ??= {};
    return (held[name] ??= read());
  };
  const [now, stamp] = [performance.now, AudioContext.prototype.getOutputTimestamp];
  const { get: time } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "currentTime");
  performance.now = () => hold("now", () => now.call(performance));
  AudioContext.prototype.getOutputTimestamp = function () { return hold("stamp", () => stamp.call(this)); };
  Object.defineProperty(AudioContext.prototype, "currentTime", {
    get() { return hold("time", () => time.call(this)); },
  });
}
// The context's time that the browser says is heard now; null when it has not said so for long.
window.heardNow = (t) => {
  const { contextTime, performanceTime } = t._mixer.context.getOutputTimestamp();
  const ago = (performance.now() - performanceTime) / 1000;
  return contextTime && ago < 0.1 ? contextTime + ago : null;
};
window.starts = [];
window.ready = (async () => {
  const [transport, mixer, tempo, input, offline, packs] = await Promise.all(
    ["transport", "mixer", "tempo", "input", "offline", "packs"].map((name) => import(`/player/${name}.js`)));
  Object.assign(window, transport, mixer, tempo, input, offline, packs, { shared: mixer.page });
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (time) {
    window.starts.push(time);
    start.call(this, time);
  };
  window.made = async (score) => {
    const t = new Transport();
    t.log = [];
    for (const event of ["state", "loading", "ended", "error"]) t.on(event, (value) => t.log.push([event, value]));
    t.load(score);
    await t.prepare();
    return t;
  };
  window.meter = (t) => {
    const tap = new AnalyserNode(t._mixer.context, { fftSize: 2048 });
    t._volumeNode.connect(tap);
    const data = new Float32Array(2048);
    return () => {
      tap.getFloatTimeDomainData(data);
      return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / 2048);
    };
  };
})();
"""


class Handler(BaseHTTPRequestHandler):
    """The player's files, instrument packs, and an empty page."""

    def do_GET(self):
        path = self.path.removeprefix("/player/")
        kind = "application/octet-stream"
        if path.startswith("instrument/"):
            name = path.removeprefix("instrument/")
            if name == "126":  # an instrument that can't be had
                return self.send_error(500)
            data = instrument_pack(0, is_drum=True) if name == "drums" else instrument_pack(int(name))
        elif self.path.startswith("/player/"):
            data, kind = (ROOT / "assets" / "player" / path).read_bytes(), "text/javascript"
        else:
            data, kind = b'<!doctype html><title>t</title><link rel="icon" href="data:,"><input id="text">', "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=find_chromium(), args=flags, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.evaluate(HELPERS)
    yield page
    page.close()
    assert not faults


def run(page, script, *values):
    """Runs an async script body with the arguments a, b, ... in the page."""
    names = ", ".join("abc"[: len(values)])
    return page.evaluate(f"async ([{names}]) => {{ await window.ready; {script} }}", list(values))


def score(*notes, program=ORGAN, tempos=((0, 120),), tracks=1, **more):
    """Score JSON of notes [onset, pitch, duration, velocity, track]."""
    names = [["", program, False] for _ in range(tracks)]
    return {
        "resolution": 480, "tempos": tempos, "metres": [[0, 4, 4]], "tracks": names, "notes": notes, "pickup": 0, **more
    }  # fmt: skip


# --- time --------------------------------------------------------------------------------------


def test_ticks_and_seconds(page):
    # 480 ticks a quarter. 120 to the minute up to tick 960: 1 s. Then 60: a second a quarter; from 1920 on 240.
    tempos = [[0, 120], [960, 60], [1920, 240]]
    ticks = [-480, 0, 240, 960, 1200, 1920, 2400]
    seconds = [-0.5, 0, 0.25, 1, 1.5, 3, 3.25]
    found, back = run(
        page,
        "const map = new TempoMap(a); return [b.map((t) => map.secondsAt(t)), c.map((s) => map.tickAt(s))];",
        score(tempos=tempos), ticks, seconds,
    )  # fmt: skip
    assert found == pytest.approx(seconds, abs=1e-12)
    assert back == pytest.approx(ticks, abs=1e-9)


def test_beats(page):
    # A pick-up of a quarter, two bars of 3/4, then 6/8 in dotted quarters: accents on the first beat of each bar.
    metres = [[0, 3, 4], [480 + 2 * 1440, 6, 8]]
    beats = run(
        page,
        """const beats = []; let at = -480;
        for (let i = 0; i < 12; i++) {
          const beat = beatFrom(a, at);
          beats.push([beat.tick, beat.accent]);
          at = beat.tick + 1;
        }
        return beats;""",
        score(metres=metres, pickup=480),
    )
    assert beats == [
        [-480, False], [0, False], [480, True], [960, False], [1440, False], [1920, True], [2400, False], [2880, False],
        [3360, True], [4080, False], [4800, True], [5520, False],
    ]  # fmt: skip


def test_notes_begin_when_the_tempo_map_says(page):
    # At four times the tempo: 120 becomes 480 (0.125 s a quarter), from tick 960 on 60 becomes 240 (0.25 s).
    piece = score(*([480 * i, 60 + i, 240, 80, 0] for i in range(5)), tempos=[[0, 120], [960, 60]], program=73)
    starts, log = run(
        page,
        """const t = await made(a); t.setTempo(4); t.play();
        await until(() => t.log.some(([event]) => event === "ended")); return [starts, t.log];""",
        piece,
    )
    assert np.diff(starts) == pytest.approx([0.125, 0.125, 0.25, 0.25], abs=1e-6)
    assert log == [["loading", True], ["loading", False], ["state", True], ["state", False], ["ended", None]]


def test_a_loop_turns_without_a_gap(page):
    # Two quarters of 0.125 s again and again: every start is 0.125 s after the one before, over at least four turns.
    piece = score([0, 72, 480, 80, 0], [480, 74, 480, 80, 0], [960, 76, 480, 80, 0], program=73)
    starts, tick = run(
        page,
        """const t = await made(a); t.setTempo(4); t.setLoop([0, 960]); t.play(); await until(() => starts.length >= 9);
        const tick = t.tick; t.pause(); return [starts, tick];""",
        piece,
    )
    assert len(starts) >= 9
    assert np.diff(starts) == pytest.approx([0.125] * (len(starts) - 1), abs=1e-6)
    assert 0 <= tick <= 960


def test_a_change_of_tempo_moves_what_was_scheduled_already(page):
    # Quarters of 0.5 s; in the midst of the second four times as fast: from there on the starts lie 0.125 s apart,
    # and the note that sounds goes on (it is the same voice) but ends earlier.
    piece = score(*([480 * i, 60 + i, 480, 80, 0] for i in range(12)), program=73)
    starts, same, left, end = run(
        page,
        """const t = await made(a); t.play();
        const [left, end, same] = await until(() => {
          const now = t._mixer.context.currentTime;
          const voice = [...t._band.voices].find((v) => v.pitch > 60 && v.start < now && v.end > now + 0.2);
          if (!voice) return null;
          const left = voice.end - now;
          starts.length = 0;
          t.setTempo(4);
          return [left, voice.end - now, t._band.voices.has(voice) && voice.faded === Infinity];
        });
        await until(() => starts.length >= 6); t.pause(); return [starts, same, left, end];""",
        piece,
    )
    assert same
    assert end == pytest.approx(0.02 + (left - 0.02) / 4, abs=1e-6)
    assert np.diff(starts) == pytest.approx([0.125] * (len(starts) - 1), abs=1e-6)


def test_seek_plays_what_is_held_there(page):
    # Seeking to tick 720: the note from 0 to 1920 is begun in its middle, the one of 960 begins half a quarter later.
    piece = score([0, 60, 1920, 80, 0], [480, 64, 100, 80, 0], [960, 67, 480, 80, 0], program=73)
    starts, ticks, gone = run(
        page,
        """const t = await made(a); t.seek(5000); const far = t.tick; t.seek(720); const rest = t.tick;
        t.play(); await until(() => starts.length >= 2); const first = [...starts];
        t.seek(1440); const asked = t._mixer.context.currentTime; await until(() => t.tick > 1440 && heardNow(t));
        const gone = heardNow(t) - asked; const tick = t.tick; t.pause();
        return [first, [far, rest, tick, t.tick], gone];""",
        piece,
    )
    assert np.diff(starts) == pytest.approx([0.25], abs=1e-6)
    assert ticks[0] == 1920
    assert ticks[1] == 720
    assert ticks[2] == pytest.approx(1440 + (gone - 0.02) * 960, abs=1e-3)  # what is 0.02 s away can be changed
    assert ticks[3] == pytest.approx(ticks[2], abs=1e-3)


def test_the_playhead_keeps_step_with_the_sound(page):
    # Notes of 50 ms every 0.25 s. The tick shown when the browser says that a sample is being heard is that sample's.
    piece = score(*([240 * i, 84, 48, 120, 0] for i in range(60)), program=115)
    errors = run(
        page,
        """const t = await made(a); t.play(); await until(() => starts.length && t.tick > 0); const errors = [];
        for (let i = 0; i < 40; i++) {
          const heard = await until(() => heardNow(t) && [t.tickHeardAt(performance.now()) / 960, heardNow(t)]);
          errors.push(heard[0] - (heard[1] - starts[0]));
          await wait(37);
        }
        const playing = t.playing; t.pause(); return playing && errors;""",
        piece,
    )
    assert np.abs(errors).max() < 1e-3


def test_a_count_in_leads_to_the_first_note(page):
    # Two bars of 4/4 at twice 120: two seconds and eight clicks, the first note after the last.
    piece = score([0, 60, 480, 80, 0], program=73)
    starts, (tick, heard, gone) = run(
        page,
        """const t = await made(a); t.setTempo(2); t.play(0, { countInTicks: 3840 });
        const early = await until(() => {
          const heard = t.tickHeardAt(performance.now());
          return starts.length && heard > -3840 && heardNow(t) && [t.tick, heard, heardNow(t) - starts[0]];
        });
        await until(() => starts.length >= 9); t.pause(); return [starts, early];""",
        piece,
    )
    assert np.diff(sorted(starts)) == pytest.approx([0.25] * 8, abs=1e-6)
    assert tick == 0
    assert heard == pytest.approx(-3840 + 1920 * gone, abs=1e-3)
    assert heard < 0


def test_a_tab_that_goes_to_the_background_is_given_more_to_play(page):
    # A note every 0.125 s: the last that is given begins less than 0.6 s from now, then the last within 2.5 s.
    piece = score(*([120 * i, 60, 100, 80, 0] for i in range(60)), program=73)
    before, after = run(
        page,
        """const t = await made(a); t.play(); await until(() => starts.length);
        const ahead = () => starts.at(-1) - t._mixer.context.currentTime;
        const before = ahead();
        Object.defineProperty(document, "hidden", { value: true });
        document.dispatchEvent(new Event("visibilitychange"));
        const after = ahead(); t.pause(); return [before, after];""",
        piece,
    )
    assert before < 0.6
    assert 2.375 <= after < 2.5


# --- what is heard ---------------------------------------------------------------------------------


def test_mute_solo_and_volume_at_once_and_without_a_stop(page):
    held = score([0, 60, 48000, 80, 0], [0, 67, 48000, 80, 1], tracks=2)
    levels, playing = run(
        page,
        """const t = await made(a); await t.play(); await listen(t, 0.3); const level = meter(t); await listen(t, 0.2);
        const levels = [level()]; const voices = [...t._band.voices];
        const after = async (change) => { change(); await listen(t, 0.15); levels.push(level()); };
        await after(() => t.setMute(0, true)); await after(() => t.setMute(1, true));
        await after(() => t.setSolo(0, true)); await after(() => { t.setSolo(0, false); t.setMute(0, false); });
        await after(() => t.setMute(1, false)); await after(() => t.setVolume(0.5)); await after(() => t.setVolume(0));
        const same = voices.every((voice) => t._band.voices.has(voice));
        const playing = t.playing && same; t.pause(); return [levels, playing];""",
        held,
    )
    both, one, none, solo, first, again, half, silent = levels
    assert playing
    assert both > one > 0.01
    assert none < 1e-3
    assert solo == pytest.approx(first, rel=0.2)
    assert again == pytest.approx(both, rel=0.2)
    assert half == pytest.approx(both / 4, rel=0.25)  # the volume's square: 12 dB
    assert silent < 1e-3


def test_another_score_goes_on_at_the_same_tick(page):
    one, two = score([0, 60, 48000, 80, 0]), score([0, 64, 48000, 80, 0], tempos=[[0, 60]])
    before, after, gone, sounding, quiet = run(
        page,
        """const t = await made(a); await t.play(); await until(() => t.tick > 200);
        const level = meter(t); await listen(t, 0.1); await until(() => heardNow(t));
        const [before, asked] = [t.tick, heardNow(t)]; t.load(b); const levels = [];
        for (let i = 0; i < 12; i++) { await listen(t, 0.015); levels.push(level()); }
        await until(() => heardNow(t));
        const [after, gone] = [t.tick, heardNow(t) - asked]; const later = t._mixer.context.currentTime + 1;
        const pitches = [...t._band.voices].filter((v) => v.end > later).map((v) => v.pitch);
        t.pause(); return [before, after, gone, pitches, Math.min(...levels)];""",
        one, two,
    )  # fmt: skip
    assert before > 200
    assert before + 480 * gone <= after <= before + 480 * gone + 480 * 0.25  # at 120 until the change is heard
    assert set(sounding) == {64}
    assert quiet > 0.01  # no hole


def test_transpose_and_program_while_playing(page):
    piece = score([0, 60, 96000, 80, 0], [0, 49, 96000, 80, 1], tracks=2)  # a cymbal rings on however slow the machine
    piece["tracks"][1] = ["", 0, True]
    found = run(
        page,
        """const t = await made(a); await t.play(); await listen(t, 0.2);
        const now = () => { const at = t._mixer.context.currentTime + 0.1;
          return [...t._band.voices].filter((v) => v.start < at && v.end > at).map((v) => [v.track, v.pitch]); };
        const has = (regions) => [...t._band.voices].some((v) => regions.includes(v.region));
        t.setTranspose(-5); await listen(t, 0.08); const transposed = now();
        t.setProgram(0, 73); const tick = t.tick;
        const flute = () => instrument("/player/instrument/73")?.regions ?? [];
        await until(() => has(flute()));
        const changed = t.playing && t.tick > tick;
        t.setProgram(0, null); await until(() => !has(flute()));
        const back = now(); t.pause(); return [changed, transposed, back];""",
        piece,
    )
    assert found[0]
    for sounding in found[1:]:
        assert {tuple(pair) for pair in sounding} == {(0, 55), (1, 49)}  # drums stay


def test_only_one_sounds(page):
    found = run(
        page,
        """const [one, two] = [await made(a), await made(a)]; one.play(); await wait(150); two.play(); await wait(100);
        const both = [one.playing, two.playing]; one.audition(60, 0); await wait(50);
        return [both, two.playing, one.log.filter(([e]) => e === "state")];""",
        score([0, 60, 9600, 80, 0]),
    )
    assert found == [[False, True], False, [["state", True], ["state", False]]]


def test_voices_are_limited(page):
    cluster = score(*([i, 30 + i % 60, 96000, 80, 0] for i in range(100)))
    heard = run(
        page,
        """const t = await made(a); t.setTempo(4); await t.play(); await listen(t, 0.5);
        const at = t._mixer.context.currentTime;
        const heard = [...t._band.voices].filter((v) => v.start <= at && v.over > at + 0.1);
        t.pause(); await until(() => !t._band.voices.size); return heard.length;""",  # and nothing is left over
        cluster,
    )
    assert heard == 64


def test_live_notes_sound_until_they_are_let_go(page):
    found = run(
        page,
        """const t = await made(a); await t.audition(60, 0, { seconds: 0.1 }); const level = meter(t);
        await listen(t, 1); const rest = level(); t.noteOn(64, 100, 0); await listen(t, 0.2); const held = level();
        t.noteOff(64, 0); await listen(t, 0.9); return [rest, held, level(), t.playing];""",
        score(),
    )
    assert found[1] > 0.01
    assert max(found[0], found[2]) < found[1] / 30
    assert found[3] is False


def test_what_is_missing_is_said(page):
    log = run(page, "const t = await made(a); return t.log;", score([0, 60, 480, 80, 0], program=126))
    assert ["error", "no-instrument"] in log
    log = run(
        page,
        "const t = await made(a); delete window.AudioContext; shared.mixer = null; await t.play(); return t.log;",
        score([0, 60, 480, 80, 0]),
    )
    assert log[-1] == ["error", "no-audio"]
    assert ["state", True] not in log


def rendered(page, piece, **options):
    """The piece through an OfflineAudioContext: [2, samples]."""
    data = run(
        page,
        """const buffer = await render(a, b);
        const data = new Float32Array(2 * buffer.length);
        [0, 1].forEach((side) => data.set(buffer.getChannelData(side), side * buffer.length));
        const url = await new Promise((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(reader.result);
          reader.readAsDataURL(new Blob([data]));
        });
        return url.split(",")[1];""",
        piece, options,
    )  # fmt: skip
    return np.frombuffer(base64.b64decode(data), "<f4").reshape(2, -1)


@pytest.mark.parametrize(("program", "limit"), [(PIANO, 5), (ORGAN, 5), (73, 5), (24, 5), (40, 5), (48, 5)])
def test_a_has_440_hertz(page, program, limit):
    sound = rendered(page, score([0, 69, 1920, 90, 0], program=program), room=False).mean(axis=0)
    part = sound[RATE // 4 : 2 * RATE]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2**20))
    hertz = np.fft.rfftfreq(2**20, 1 / RATE)
    near = (hertz > 425) & (hertz < 455)
    assert abs(1200 * np.log2(hertz[near][spectrum[near].argmax()] / 440)) < limit


def test_pieces_come_out_equally_loud_and_none_clips(page):
    chords = [[1920 * i, p + i, 1920, v, 0] for i in range(3) for p, v in ((60, 80), (64, 80), (67, 80), (48, 80))]
    for program in (ORGAN, CHOIR, PIANO):
        for velocity in (30, 110):
            notes = [[onset, pitch, length, velocity, 0] for onset, pitch, length, _, _ in chords]
            sound = rendered(page, score(*notes, program=program))
            assert loudness(sound, RATE) == pytest.approx(-18, abs=2)
            assert np.abs(sound).max() < 0.9


# --- by hand ------------------------------------------------------------------------------------


def test_quantising(page):
    # A grid of 16ths, 120 ticks. Played: a C slightly early and held for 0.7 of a quarter (to the next onset), an E and
    # G together, the E struck again at once; a short B; the last note a little before its line.
    taken = [
        {"onset": 930, "end": 1290, "pitch": 60, "velocity": 70},
        {"onset": 1445, "end": 1900, "pitch": 64, "velocity": 80},
        {"onset": 1450, "end": 2390, "pitch": 67, "velocity": 81},
        {"onset": 1910, "end": 2000, "pitch": 64, "velocity": 82},
        {"onset": 2410, "end": 2420, "pitch": 71, "velocity": 83},
        {"onset": 700, "end": 800, "pitch": 50, "velocity": 83},  # in the count-in
    ]
    notes = run(
        page,
        "return quantise(a, { resolution: 480, stepsPerQuarter: 4, fromTick: 960, track: 2 });",
        taken,
    )
    assert notes == [
        [960, 60, 480, 70, 2],  # 360 of the 480 ticks to the next onset
        [1440, 64, 480, 80, 2],
        [1440, 67, 960, 81, 2],  # a held voice is not cut by the others
        [1920, 64, 120, 82, 2],  # 90 of 480 ticks: a short note stays short
        [2400, 71, 120, 83, 2],
    ]
    # In triplets, 160 ticks: 310 is nearest to 320; the same key again ends the note before.
    again = [
        {"onset": 5, "end": 700, "pitch": 60, "velocity": 80}, {"onset": 310, "end": 500, "pitch": 60, "velocity": 80}
    ]  # fmt: skip
    notes = run(page, "return quantise(a, { resolution: 480, stepsPerQuarter: 3 });", again)
    assert notes == [[0, 60, 320, 80, 0], [320, 60, 160, 80, 0]]


def test_the_computer_keyboard_plays_and_is_recorded(page):
    # Count-in of one beat's bar (1/4 at 240 to the minute: 0.25 s); then keys by the keyboard's places.
    piece = score(tempos=[[0, 240]], metres=[[0, 1, 4]])
    run(
        page,
        """window.t = await made(a); window.r = new Recorder(t); window.heard = []; window.states = [];
        r.on("note", (note) => heard.push([note.pitch, note.on, note.tick]));
        r.on("state", (state) => states.push(state));
        await r.start({ countIn: 1, stepsPerQuarter: 2 }); await until(() => r.state === "recording");""",
        piece,
    )
    page.keyboard.down("a")
    page.wait_for_function("t.tick > heard[0][2] + 720")
    page.keyboard.up("a")
    page.keyboard.press("x")
    page.keyboard.down("w")
    page.keyboard.press("z")
    page.keyboard.up("w")
    page.focus("#text")
    page.keyboard.press("s")  # typing is typing
    notes, heard, states = run(page, "const notes = r.stop(); return [notes, heard, states];")
    assert [note[:2] for note in heard] == [[60, True], [60, False], [73, True], [73, False]]
    assert page.input_value("#text") == "s"
    assert states == ["count-in", "recording", "idle"]
    assert [note[1] for note in notes] == [60, 73]
    assert all(note[0] % 240 == 0 and note[2] % 240 == 0 and note[2] > 0 for note in notes)
    assert notes[0][2] >= 480  # a quarter and a half and more, on the grid of eighths
    assert notes[1][0] >= notes[0][0] + 240


def test_recorded_onsets_are_where_they_were_heard(page):
    # Keys at the very moment at which beats are heard: with the browser's latency taken off they lie on the beats.
    found = run(
        page,
        """const t = await made(a); const r = new Recorder(t); await r.start({ countIn: 0, stepsPerQuarter: 8 });
        await until(() => t.tick > 0); const at = (tick) => {
          const now = performance.now(); return now + (t.secondsAt(tick) - t.secondsAt(t.tickHeardAt(now))) * 1000; };
        const [one, two, three, four] = [480, 840, 960, 1440].map(at);
        r.midiMessage([0x90, 60, 90], one); r.midiMessage([0x80, 60, 0], two);
        r.midiMessage([0xb0, 64, 127], three); r.midiMessage([0x90, 62, 70], three);
        r.midiMessage([0x90, 62, 0], three + 50);
        r.midiMessage([0xb0, 64, 0], four);
        return r.stop();""",
        score(),
    )
    assert found == [[480, 60, 480, 90, 0], [960, 62, 480, 70, 0]]  # 360 of 480 ticks; the pedal held the second


def test_midi_keyboards_or_a_code_why_not(page):
    answer = run(page, "const t = await made(a); return new Recorder(t).connectMidi();", score())
    assert answer["ok"] == (answer["why"] == "")
    assert answer["why"] in ("", "none", "refused")
    answers = run(
        page,
        """const r = new Recorder(await made(a)); const found = [];
        const say = (name, value, of = navigator) => Object.defineProperty(of, name, { value, configurable: true });
        say("requestMIDIAccess", undefined); found.push((await r.connectMidi()).why);
        say("isSecureContext", false, globalThis); found.push((await r.connectMidi()).why);
        const keys = { name: "Keys", state: "connected" };
        say("requestMIDIAccess", async () => ({ inputs: new Map([["1", keys]]) })); found.push(await r.connectMidi());
        const notes = []; r.on("note", (note) => notes.push([note.pitch, note.velocity]));
        keys.onmidimessage({ data: [0x91, 55, 44], timeStamp: performance.now() });
        keys.onmidimessage({ data: [0x81, 55, 0], timeStamp: performance.now() }); found.push(notes); return found;""",
        score(),
    )
    assert answers == ["unsupported", "insecure", {"ok": True, "why": "", "names": ["Keys"]}, [[55, 44], [55, 0]]]
