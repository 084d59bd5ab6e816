"""A page with nothing but the player, and a stand-in for Streamlit's component object: for tests and benchmarks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from musegen.formats.json_value import to_json_value
from musegen.notation import numbered_svg, staff_svg
from musegen.score import Key, Note, Score, Tempo, Track

ROOT = Path(__file__).parents[2]
PLAYER = ROOT / "assets" / "player"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>
:root { --st-text-color: #20242B; --st-background-color: #FBFAF7; --st-secondary-background-color: #F0EEE8;
  --st-primary-color: #0072B2; font-size: 18px; }
:root.dark { --st-text-color: #ECEAE4; --st-background-color: #15181D; --st-secondary-background-color: #23272F;
  --st-primary-color: #56B4E9; }
body { margin: 0; padding: 16px; background: var(--st-background-color); font-family: system-ui, sans-serif; }
</style><input id="outside" aria-label="outside"><div id="host"></div><div id="cards"></div><script type="module">
import { mount } from "/player/player.js";
import { Transport } from "/player/transport.js";
const load = Transport.prototype.load;
Transport.prototype.load = function (score) {
  Object.assign(window, { transport: this, loaded: score });
  return load.call(this, score);
};
const root = document.getElementById("host").attachShadow({ mode: "open" });
window.said = [];
const { setTimeout: later, clearTimeout: never } = window;
window.timers = new Map(); // milliseconds of those that run, by their id
window.setTimeout = (act, ms, ...more) => {
  const id = later(() => {
    timers.delete(id);
    act(...more);
  }, ms);
  timers.set(id, ms);
  return id;
};
window.clearTimeout = (id) => {
  timers.delete(id);
  never(id);
};
const component = (data, parentElement) => ({
  data, parentElement, key: "player", name: "player",
  setStateValue: (name, value) => said.push(["state", name, value]),
  setTriggerValue: (name, value) => said.push(["trigger", name, value]),
});
window.show = (data) => {
  document.documentElement.classList.toggle("dark", data.theme === "dark");
  window.clean = mount(component(data, root));
};
window.card = (data) => {
  const place = document.createElement("div");
  place.className = "card-place";
  place.style.margin = "12px 0";
  document.getElementById("cards").append(place);
  mount(component(data, place.attachShadow({ mode: "open" })));
};
window.ready = true;
</script></html>"""


@lru_cache(maxsize=8)
def _pack(name: str) -> bytes:
    from musegen.audio import instrument_pack

    return instrument_pack(0, is_drum=True) if name == "drums" else instrument_pack(int(name))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        file = PLAYER / Path(path).name
        if path == "/":
            self._give(PAGE.encode(), "text/html; charset=utf-8")
        elif path.startswith("/player/instrument/"):
            self._give(_pack(Path(path).name), "application/octet-stream")
        elif path.startswith("/player/") and file.is_file():
            self._give(file.read_bytes(), TYPES[file.suffix])
        else:
            self.send_error(404)

    def _give(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the page was closed meanwhile
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_player() -> Iterator[str]:
    """The player's files, instruments and the page on a free port of this machine; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def chorale(bars: int = 4, shift: int = 0) -> Score:
    """Four voices in 4/4 at 120: soprano in quarters, alto and tenor in halves, bass in whole notes."""
    notes = []
    for bar in range(bars):
        start = 1920 * bar
        notes += [Note(start + 480 * i, p + shift, 480, 80, 0) for i, p in enumerate((72, 74, 76, 77))]
        notes += [Note(start + 960 * i, p + shift, 960, 80, 1) for i, p in enumerate((67, 69))]
        notes += [Note(start + 960 * i, p, 960, 80, 2) for i, p in enumerate((60, 62))]
        notes.append(Note(start, 48, 1920, 80, 3))
    tracks = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
    return Score(tuple(notes), tracks, tempos=(Tempo(0, 120.0),), key=Key(0, "major"), title="Test chorale")


def clip(score: Score, id: str = "piece", label: str = "0", name: str = "Original", **more: Any) -> dict[str, Any]:
    """A score as the component takes it."""
    value = to_json_value(score)
    value["bars"] = [[bar.number, bar.start, bar.length] for bar in score.bars()]
    pages = {"staff": staff_svg(score), "numbered": numbered_svg(score)} if more.pop("paper", False) else {}
    empty: dict[str, Any] = {"pages": pages, "given": [], "locked": [], "marks": [], "bar_values": None}
    return {"id": id, "label": label, "name": name, "score": value} | empty | more


@lru_cache(maxsize=2)
def words(language: str) -> dict[str, str]:
    """The player's words in one language, without their prefix."""
    catalogue = json.loads((ROOT / "assets" / "locale" / f"{language}.json").read_text("utf-8"))
    return {key.removeprefix("player."): text for key, text in catalogue.items() if key.startswith("player.")}


def data_of(*clips: dict[str, Any], language: str = "en", **more: Any) -> dict[str, Any]:
    """What Python gives the component."""
    defaults: dict[str, Any] = {
        "clips": list(clips), "active": clips[0]["id"], "mode": "bench", "view": "roll",
        "views": ["roll", "staff", "numbered"], "selectable": True, "editable": True,
        "actions": {"keep": "", "lock": "", "undo": "", "redo": "There is nothing after this."}, "selection": None,
        "version": "1", "theme": "light", "language": language, "words": words(language),
    }  # fmt: skip
    return defaults | more
