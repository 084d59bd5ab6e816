"""How long films of 30 s of music take at 720p, how large they are, what they need, and whether they are in step.

The pieces are those of ``sound_and_staff.py``: four voices in halves, quarters and eighths at 100 to the minute; the
film adds a title card and the last sound. Every film is made in a new process, for its memory: the process's peak, and
how far that is above what was there once everything was imported and a short film had been made. Then films of single
notes are decoded again: the sound is laid over what ``synthesize`` makes, and the picture is searched for light.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time

import av
import numpy as np
import psutil
from machine import spread, write
from sound_and_staff import piece

from musegen.audio import synthesize
from musegen.film import film, lead_s
from musegen.score import Note, Score, Tempo, Track

RATE, RUNS = 48000, 2
TITLED = {"title": "Ein feste Burg ist unser Gott", "composer": "Johann Sebastian Bach"}


def half_minute() -> Score:
    """30 s: 12 bars and a half."""
    score = piece(13)
    end = 50 * 480
    notes = tuple(Note(n.onset, n.pitch, min(n.end, end) - n.onset, 80, n.track) for n in score.notes if n.onset < end)
    return score.replace(notes=notes, **TITLED)


def one(kind: str, view: str, minutes: float = 0.5) -> dict[str, float]:
    """A film in this process: seconds and mebibytes."""
    score = half_minute() if minutes == 0.5 else piece(round(minutes * 25)).replace(**TITLED)
    film(score.slice_bars(1, 1), kind=kind, view=view, size=(320, 180), fps=10)
    process, peak, done = psutil.Process(), 0, threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    wall, processor = time.perf_counter(), time.process_time()
    data = film(score, kind=kind, view=view)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    done.set()
    watcher.join()
    with av.open(io.BytesIO(data)) as file:
        length = float(file.duration) / 1_000_000
    return {
        "music_s": round(score.duration_s, 2),
        "film_s": round(length, 2),
        "wall_s": round(wall, 2),
        "processor_s": round(processor, 2),
        "size_mib": round(len(data) / 2**20, 2),
        "peak_mib": round(peak / 2**20),
        "above_before_mib": round((peak - before) / 2**20),
    }


def fresh(*arguments: object) -> dict[str, float]:
    """``one`` in a new process."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)], capture_output=True, text=True, check=True
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def in_step(kind: str) -> dict[str, float]:
    """Between picture and sound, in ms: by the decoded film of single notes of a piano, at 30 frames a second.

    ``sound_ms`` is how late the decoded sound best fits what ``synthesize`` made; ``light_ms_most`` how far the first
    frame on which a note is lit lies from its onset, at most; ``between_ms_most`` how far it lies from where the note
    is heard in the film.
    """
    onsets = [480 * 2 * i + 37 * (i % 7) for i in range(24)]
    score = Score(tuple(Note(t, 60, 480) for t in onsets), (Track("Piano", 0),), tempos=(Tempo(0, 97.0),))
    lead = lead_s(score)
    frames, times, sound, start = [], [], [], None
    with av.open(io.BytesIO(film(score, kind=kind, size=(640, 360)))) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        for packet in file.demux(video, audio):
            for frame in packet.decode():
                if packet.stream is video:
                    image = frame.to_ndarray(format="rgb24", src_colorspace="ITU709").astype(int)
                    frames.append(int(((image[:, :, 1] > 145) & (image[:, :, 2] - image[:, :, 0] > 40)).sum()))
                    times.append(float(frame.time))
                else:
                    start = float(frame.time) if start is None else start
                    sound.append(frame.to_ndarray().mean(0))
    heard, played = np.concatenate(sound), synthesize(score, sample_rate=RATE).mean(1)
    size = 1 << (len(heard) + len(played)).bit_length()
    lag = int(np.argmax(np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size)))))
    lights = [times[i] for i in range(1, len(frames)) if frames[i] > 20 >= frames[i - 1]]
    wanted = [lead + score.seconds(t) for t in onsets]
    assert len(lights) == len(wanted)
    shift = lag / RATE + float(start or 0) - lead
    light = np.subtract(lights, wanted)
    return {
        "sound_ms": round(1000 * shift, 3),
        "light_ms_most": round(1000 * float(np.abs(light).max()), 2),
        "between_ms_most": round(1000 * float(np.abs(light - shift).max()), 2),
        "frame_ms": round(1000 / 30, 2),
    }


def main() -> None:
    results: dict[str, object] = {}
    for view in ("roll", "staff", "both"):
        for kind in ("mp4", "webm"):
            rows = [fresh(kind, view) for _ in range(RUNS)]
            results[f"30 s at 720p, {view}, {kind}"] = rows[0] | {
                name: spread([row[name] for row in rows]) for name in ("wall_s", "processor_s")
            }
    results["3 minutes at 720p, roll, mp4"] = fresh("mp4", "roll", 3)
    for kind in ("mp4", "webm"):
        results[f"in step, {kind}"] = in_step(kind)
    write("film", "30 s at 720p in under 20 s on 2 cores; picture and sound in step to a frame", results)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(*sys.argv[1:3], *map(float, sys.argv[3:]))))
    else:
        main()
