"""Two ways to sound in a browser, tried on one machine: instrument packs played there, or files rendered by the server.

Measured in headless Chromium, which plays into a null device. What sounds is taken from the signal itself by an
AudioWorklet (allowed on 127.0.0.1; the player needs none), sample by sample, in the AudioContext's time; to the time at
which loudspeakers get it, it is brought by the browser's own getOutputTimestamp(). What a sound card adds without
telling the browser is in no figure.

    python benchmarks/player_sound.py            all (about six minutes, three of them in real time)
"""

from __future__ import annotations

import base64
import json
import multiprocessing
import sys
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import psutil
from browser import FLAGS
from machine import spread, write
from sound_and_staff import piece

from musegen.audio import instrument_pack, synthesize, write_audio
from musegen.audio.master import loudness
from musegen.score import Metre, Note, Score, Tempo, Track

ROOT = Path(__file__).resolve().parents[1]
RATE = 44100
PUPILS = 35
INSTRUMENTS = {
    "choir": 52, "organ": 19, "piano": 0, "strings": 48, "flute": 73, "koto": 107, "violin": 40, "guitar": 24
}  # fmt: skip
PACKS = ("52", "0", "73", "40", "drums")  # a choir, a piano, a flute, a violin and the drums: more than a lesson needs


def to_json(score: Score) -> dict:
    """As the player takes a score."""
    return {
        "resolution": score.resolution,
        "tempos": [[t.tick, t.qpm] for t in score.tempos],
        "metres": [[m.tick, m.numerator, m.denominator] for m in score.metres],
        "tracks": [[t.name, t.program, t.is_drum] for t in score.tracks],
        "notes": [[n.onset, n.pitch, n.duration, n.velocity, n.track] for n in score.notes],
    }


def from_json(value: dict) -> Score:
    return Score(
        tuple(Note(*note) for note in value["notes"]),
        tuple(Track(*track) for track in value["tracks"]),
        resolution=value["resolution"],
        tempos=tuple(Tempo(*tempo) for tempo in value["tempos"]),
        metres=tuple(Metre(*metre) for metre in value["metres"]),
    )


class Handler(BaseHTTPRequestHandler):
    """The player's files, packs, and rendering on request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.removeprefix("/player/")
        if path.startswith("instrument/"):
            name = path.removeprefix("instrument/")
            self.give(instrument_pack(0, is_drum=True) if name == "drums" else instrument_pack(int(name)))
        elif self.path.startswith("/player/"):
            self.give((ROOT / "assets" / "player" / path).read_bytes(), "text/javascript")
        else:
            self.give(b'<!doctype html><title>t</title><link rel="icon" href="data:,">', "text/html")

    def do_POST(self) -> None:
        score = from_json(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.give(write_audio(synthesize(score), self.path.removeprefix("/render/")))

    def give(self, data: bytes, kind: str = "application/octet-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # a class that asks at once
    daemon_threads = True


def serve(pipe) -> None:
    server = Server(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


# --- the class ------------------------------------------------------------------------------------


def class_load(port: int, process: psutil.Process, requests: list[list[tuple[str, str, bytes]]]) -> dict:
    """All pupils ask at once; bytes, the server's processor seconds, and when the last has everything."""
    sizes: list[int] = []

    def pupil(asked: list[tuple[str, str, bytes]]) -> None:
        line = HTTPConnection("127.0.0.1", port, timeout=300)
        for method, path, body in asked:
            line.request(method, path, body)
            sizes.append(len(line.getresponse().read()))

    threads = [threading.Thread(target=pupil, args=(asked,)) for asked in requests]
    before, wall = sum(process.cpu_times()[:2]), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == sum(map(len, requests)), "a pupil was turned away"
    return {
        "megabytes": round(sum(sizes) / 2**20, 2),
        "server_processor_s": round(sum(process.cpu_times()[:2]) - before, 3),
        "last_pupil_after_s": round(time.perf_counter() - wall, 2),
    }


# --- in the browser -----------------------------------------------------------------------------------

SETUP = """async () => {
  const names = ["transport", "mixer", "offline", "packs", "input"];
  for (const name of names) Object.assign(window, await import(`/player/${name}.js`));
  window.shared = (await import("/player/mixer.js")).page;
  window.started = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (time) {
    started.push(Math.max(time, this.context.currentTime));
    start.call(this, time);
  };
  window.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  // Onsets (a sample above `threshold` after 60 ms without one) and levels of a node, in the context's time.
  const worklet = `registerProcessor("tap", class extends AudioWorkletProcessor {
    constructor({ processorOptions }) { super(); this.threshold = processorOptions.threshold; this.quiet = 1e9; }
    process([[data]]) {
      if (!data) { this.quiet += 128; return true; }
      const onsets = [];
      let sum = 0;
      data.forEach((x, i) => {
        sum += x * x;
        if (Math.abs(x) > this.threshold) {
          if (this.quiet > 0.06 * sampleRate) onsets.push(currentTime + i / sampleRate);
          this.quiet = 0;
        } else this.quiet += 1;
      });
      this.port.postMessage({ onsets, time: currentTime, level: Math.sqrt(sum / data.length) });
      return true;
    }
  });`;
  const address = URL.createObjectURL(new Blob([worklet], { type: "text/javascript" }));
  window.tap = async (context, node, onMessage, threshold = 1e-4) => {
    await context.audioWorklet.addModule(address);
    const processor = new AudioWorkletNode(context, "tap", { processorOptions: { threshold }, numberOfOutputs: 0 });
    processor.port.onmessage = ({ data }) => onMessage(data);
    node.connect(processor);
  };
  // As performance.now(): when the first sample that is not silence is heard.
  window.firstSound = (context, node) => new Promise((resolve) => {
    let found = false;
    tap(context, node, ({ onsets }) => {
      if (found || !onsets.length) return;
      found = true;
      const stamp = context.getOutputTimestamp();
      resolve(stamp.performanceTime + (onsets[0] - stamp.contextTime) * 1000);
    });
  });
}"""
PRESS = """async ([score, how]) => {
  const t = new Transport();
  t.load(score);
  window.result = new Promise((resolve) => {
    window.onkeydown = async (event) => {
      window.onkeydown = null;
      if (how === "server-ogg" || how === "server-flac") {
        const context = new AudioContext();
        const audio = new Audio();
        const source = context.createMediaElementSource(audio);
        const sound = firstSound(context, source);
        const answer = await fetch(`/render/${how.slice(7)}`, { method: "POST", body: JSON.stringify(score) });
        audio.src = URL.createObjectURL(await answer.blob());
        audio.play();
        resolve((await sound) - event.timeStamp);
        audio.pause();
        return;
      }
      if (how === "note") t.noteOn(60, 100, 0);
      else t.play();
      const { context } = shared.mixer;
      // A start comes when it was ordered for (see "onset_after_order_ms"): no tap need be in the way.
      while (!started.length || context.state !== "running") await wait(1);
      const stamp = context.getOutputTimestamp();
      const plain = performance.now() + (started[0] - context.currentTime + context.outputLatency) * 1000;
      const stamped = stamp.performanceTime + (started[0] - stamp.contextTime) * 1000;
      resolve(Math.max(plain, stamp.contextTime ? stamped : plain) - event.timeStamp);
      await wait(200);
      t.noteOff(60, 0);
      t.dispose();
    };
  });
  if (how === "warm" || how === "note") { await t.prepare(); pageMixer(); await wake(shared.mixer); await wait(500); }
  else if (how === "packs") { await t.prepare(); await wait(200); }
}"""
WAITS = """async (score) => {
  const t = new Transport();
  t.load(score);
  await t.play();
  await wait(700);
  const { context, output } = shared.mixer;
  const found = {};
  const until = async (change) => {
    const levels = [];
    await tap(context, t._volumeNode, ({ time, level }) => levels.push([time, level]));
    await wait(150);
    const asked = context.currentTime;
    change();
    await wait(300);
    const before = Math.min(...levels.filter(([time]) => time < asked).map(([, level]) => level));
    return (levels.find(([time, level]) => time > asked && level < before / 10)[0] - asked) * 1000;
  };
  found.mute = await until(() => t.setMute(0, true));
  t.setMute(0, false);
  await wait(300);
  const at = context.currentTime;
  t.setTempo(2);
  found.tempo = (t._sequencer.anchors.at(-1).time - at) * 1000;
  found.transpose = null;
  t.setTranspose(2);
  found.transpose = (t._sequencer.anchors.at(-1).time - context.currentTime) * 1000;
  found.latency = { output: context.outputLatency * 1000, base: context.baseLatency * 1000 };
  t.pause();
  return found;
}"""
FOLLOW = """async ([score, seconds, changes]) => {
  const t = new Transport();
  t.load(score);
  await t.prepare();
  pageMixer();
  await wake(shared.mixer);
  const { context } = shared.mixer;
  const [ticks, onsets, stamps, waiting] = [[], [], [], [...changes]];
  await t.play(0);
  await tap(context, t._volumeNode, (found) => onsets.push(...found.onsets), 0.02); // the dry sound: the room blurs it
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    ticks.push([now, t.tick]);
    const stamp = context.getOutputTimestamp();
    stamps.push([now, stamp.contextTime + (now - stamp.performanceTime) / 1000,
      context.currentTime - context.outputLatency]);
    if (waiting.length && performance.now() - start > waiting[0][0] * 1000) t.setTempo(waiting.shift()[1]);
  }
  t.pause();
  return { ticks, onsets, stamps, started };
}"""


def clicks(minutes: float) -> Score:
    """A wood block on every quarter, with a new tempo every sixteen; the same length whatever the tempo."""
    count = round(minutes * 110)
    notes = tuple(Note(480 * i, 76, 60, 110) for i in range(count))
    tempos = tuple(Tempo(480 * 16 * i, (96.0, 132.0, 84.0, 120.0)[i % 4]) for i in range(count // 16))
    return Score(notes, (Track("", 115),), tempos=tempos)


def playhead(page) -> dict:
    """How far the tick that is shown is from the click that is heard, in milliseconds of music at the tempo then."""
    score = clicks(4.2)
    changes = [[45, 1.25], [90, 0.8], [135, 1.0]]
    found = page.evaluate(FOLLOW, [to_json(score), 182, changes])
    ticks, stamps = np.array(found["ticks"]), np.array(found["stamps"])
    errors = []
    for onset in found["onsets"]:
        heard_ms = np.interp(onset, stamps[:, 1], stamps[:, 0])
        if not ticks[0, 0] < heard_ms < ticks[-1, 0] - 100:
            continue
        shown = np.interp(heard_ms, ticks[:, 0], ticks[:, 1])
        click = 480 * round(shown / 480)
        pace = np.interp(heard_ms + 40, ticks[:, 0], ticks[:, 1]) - np.interp(heard_ms - 40, ticks[:, 0], ticks[:, 1])
        errors.append((shown - click) / pace * 80)
    size = np.abs(errors)
    ordered = np.array(found["started"])
    late = [1000 * (onset - ordered[ordered <= onset].max()) for onset in found["onsets"]]
    return {
        "clicks_heard": len(errors),
        "seconds": 182,
        "tempo_changes_in_the_score": len(score.tempos) - 1,
        "tempo_changes_by_hand": len(changes),
        "shown_minus_heard_ms": {
            "median": round(float(np.median(errors)), 2), "p95_of_size": round(float(np.quantile(size, 0.95)), 2),
            "largest": round(float(size.max()), 2), "first_20": round(float(np.mean(errors[:20])), 2),
            "last_20": round(float(np.mean(errors[-20:])), 2),
        },
        "onset_after_order_ms": spread(late),
        "timestamp_minus_latency_ms": spread(list(1000 * (stamps[:, 1] - stamps[:, 2]))),
        "frames": len(ticks),
    }  # fmt: skip


def rendered(page, score: Score, *, room: bool) -> tuple[np.ndarray, float]:
    """[2, samples] as the browser plays it, and how long it took."""
    script = """async ([score, room]) => {
      const begin = performance.now();
      const buffer = await render(score, { room });
      const took = (performance.now() - begin) / 1000;
      const data = new Float32Array(2 * buffer.length);
      [0, 1].forEach((side) => data.set(buffer.getChannelData(side), side * buffer.length));
      const reader = new FileReader();
      const read = new Promise((resolve) => (reader.onload = () => resolve(reader.result.split(",")[1])));
      reader.readAsDataURL(new Blob([data]));
      return [await read, took];
    }"""
    data, took = page.evaluate(script, [to_json(score), room])
    return np.frombuffer(base64.b64decode(data), "<f4").reshape(2, -1), took


def pitch_hz(samples: np.ndarray) -> float:
    """Of an A4: the strongest frequency within a quarter tone, between bins."""
    part = samples.mean(axis=0)[RATE // 4 : 3 * RATE]
    size = 2**20
    spectrum = np.log(np.abs(np.fft.rfft(part * np.hanning(len(part)), size)) + 1e-12)
    first, last = (round(440 * 2 ** (cents / 1200) * size / RATE) for cents in (-50, 50))
    at = first + int(spectrum[first:last].argmax())
    a, b, c = spectrum[at - 1 : at + 2]
    return float((at + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / size)


def bands(samples: np.ndarray) -> np.ndarray:
    """Log energy [frames, 48 bands from 43 Hz to 22 kHz], 46 ms a frame."""
    mono = samples.mean(axis=0)
    frames = np.stack([mono[i : i + 4096] for i in range(0, len(mono) - 4096, 2048)]) * np.hanning(4096)
    edges = np.unique(np.round(np.geomspace(4, 2048, 49)).astype(int))
    return np.log10(np.add.reduceat(np.abs(np.fft.rfft(frames)) ** 2, edges[:-1], axis=1) + 1e-4)


def alike(page) -> dict:
    """The browser's sound beside `synthesize`."""
    found = {}
    for name, program in INSTRUMENTS.items():
        note = Score((Note(0, 69, 1920, 90),), (Track("", program),), tempos=(Tempo(0, 60.0),))
        ours, _ = rendered(page, note, room=False)
        dry = synthesize(note).T
        four = piece(4, program)
        wet, took = rendered(page, four, room=True)
        theirs = synthesize(four).T
        a, b = bands(wet), bands(theirs)
        frames = min(len(a), len(b))
        a, b = a[:frames], b[:frames]
        found[name] = {
            "a4_cents_from_440": round(1200 * np.log2(pitch_hz(ours) / 440), 2),
            "a4_cents_from_synthesize": round(1200 * np.log2(pitch_hz(ours) / pitch_hz(dry)), 2),
            "four_voices_lufs": round(loudness(wet, RATE), 2),
            "four_voices_peak": round(float(np.abs(wet).max()), 3),
            "spectral_correlation": round(float(np.corrcoef(a.ravel(), b.ravel())[0, 1]), 4),
            "times_faster_than_real_time": round(wet.shape[1] / RATE / took, 1),
        }
    return found


def first_sound(browser, address: str) -> dict:
    """Milliseconds from a key press (its event's time stamp) to the first sample that is heard, fresh pages."""
    clip = to_json(piece(8))
    found = {}
    ways = {
        "packs, page just opened": "cold",
        "packs fetched, no AudioContext yet": "packs",
        "packs, second time": "warm",
        "one note by hand": "note",
        "rendered on the server, OGG": "server-ogg",
        "rendered on the server, FLAC": "server-flac",
    }
    for name, how in ways.items():
        times = []
        for _ in range(7):
            page = browser.new_page()
            page.goto(address)
            page.evaluate(SETUP)
            page.evaluate(PRESS, [clip, how])
            page.keyboard.press("Space")
            times.append(page.evaluate("window.result"))
            page.close()
        found[name] = spread(times)
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    from docs.screenshots import find_chromium

    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    process = psutil.Process(server.pid)
    sizes = {p: len(instrument_pack(p)) for p in range(128)} | {"drums": len(instrument_pack(0, is_drum=True))}
    results: dict[str, object] = {
        "pack_kilobytes": {**spread([size / 1024 for size in sizes.values()]), "all": round(sum(sizes.values()) / 1024)}
    }
    with sync_playwright() as play:
        flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path=find_chromium(), args=flags, headless=True)
        address = f"http://127.0.0.1:{port}"
        class_load(port, process, [[("GET", f"/player/instrument/{name}", b"") for name in PACKS]])  # made once
        results["key_to_sound_ms"] = first_sound(browser, address)
        page = browser.new_page()
        page.goto(address)
        page.evaluate(SETUP)
        results["changes_ms"] = page.evaluate(WAITS, to_json(piece(8, 19).select_tracks([0])))
        results["sound"] = alike(page)
        results["playhead"] = playhead(page)
        browser.close()
    packs = [("GET", f"/player/instrument/{name}", b"") for name in PACKS]
    clips = [json.dumps(to_json(piece(8, seed=10 + pupil))).encode() for pupil in range(PUPILS)]
    results[f"class_of_{PUPILS}"] = {
        f"{len(PACKS)} packs each, then nothing more": class_load(port, process, [packs] * PUPILS),
        **{
            f"one clip of 8 bars each, {kind.upper()}": class_load(
                port, process, [[("POST", f"/render/{kind}", clip)] for clip in clips]
            )
            for kind in ("ogg", "flac")
        },
    }
    server.terminate()
    target = "first note within 150 ms of the key; playhead within 30 ms of the sound over 3 minutes"
    write("player_sound", target, results)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
