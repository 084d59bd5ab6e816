/** Playing by hand, on the computer's keyboard or a MIDI keyboard, and recording what was played. */

import { barLength } from "./tempo.js";

/** Semitones above C by the key's place (not its letter): two rows as in every studio program. */
export const PIANO_KEYS = {
  KeyA: 0, KeyW: 1, KeyS: 2, KeyE: 3, KeyD: 4, KeyF: 5, KeyT: 6, KeyG: 7, KeyY: 8, KeyH: 9, KeyU: 10, KeyJ: 11,
  KeyK: 12, KeyO: 13, KeyL: 14, KeyP: 15, Semicolon: 16, Quote: 17,
};
const OCTAVE_KEYS = { KeyZ: -1, KeyX: 1 };
const LEGATO = 0.6; // held for so much of the way to the next onset = held to it
const EARLY_S = 0.15; // so long before the first beat a note still belongs to it
const SUSTAIN_PEDAL = 64;

/**
 * Live sound and recording through a Transport. Events: "note" {pitch, velocity, on, tick}, "midi" [names of the devices],
 * "state" "idle" | "count-in" | "recording", "octave" number.
 */
export class Recorder {
  /** @param {import("./transport.js").Transport} transport */
  constructor(transport) {
    this._transport = transport;
    this._handlers = {};
    this._taken = []; // finished notes: {onset, end, pitch, velocity} in fractional ticks
    this._open = new Map(); // keys that are down, by pitch
    this._codes = new Map(); // which pitch a key of the computer sounds, whatever the octave is by now
    this._pedal = false;
    this._track = 0;
    this._octave = 4;
    this.velocity = 80;
    this.state = "idle";
    this._onKey = (event) => this._key(event);
    this._onBlur = () => this.releaseAll();
  }

  // --- what sounds -------------------------------------------------------------------------------------

  /** The part that is played. */
  set track(track) {
    this.releaseAll();
    this._track = track;
  }

  get track() {
    return this._track;
  }

  /** The octave that the key A begins, 1-7; 4 = middle C. */
  get octave() {
    return this._octave;
  }

  set octave(octave) {
    this._octave = Math.min(Math.max(Math.round(octave), 1), 7);
    this._emit("octave", this._octave);
  }

  octaveUp() {
    this.octave += 1;
  }

  octaveDown() {
    this.octave -= 1;
  }

  /**
   * Lets the computer's keyboard play or not. Its keys then do nothing else, but in text fields and with Ctrl, Alt or Meta.
   * @param {boolean} on
   */
  setKeyboard(on) {
    const change = on ? "addEventListener" : "removeEventListener";
    window[change]("keydown", this._onKey, true);
    window[change]("keyup", this._onKey, true);
    window[change]("blur", this._onBlur);
    if (!on) this.releaseAll();
  }

  /**
   * Listens to every MIDI keyboard, also those plugged in later.
   * @returns {Promise<{ok: boolean, why: "" | "insecure" | "unsupported" | "refused" | "none", names: string[]}>}
   *   none: allowed, but no keyboard is there (yet)
   */
  async connectMidi() {
    if (!navigator.requestMIDIAccess) {
      return { ok: false, why: globalThis.isSecureContext ? "unsupported" : "insecure", names: [] };
    }
    try {
      this._midi ??= await navigator.requestMIDIAccess();
    } catch {
      return { ok: false, why: "refused", names: [] };
    }
    const listen = () => {
      const inputs = [...this._midi.inputs.values()].filter((input) => input.state !== "disconnected");
      for (const input of inputs) input.onmidimessage = ({ data, timeStamp }) => this.midiMessage(data, timeStamp);
      return inputs.map((input) => input.name || "MIDI");
    };
    this._midi.onstatechange = () => this._emit("midi", listen());
    const names = listen();
    return { ok: names.length > 0, why: names.length ? "" : "none", names };
  }

  /** What a MIDI keyboard says: note on, note off, sustain pedal. */
  midiMessage([status, first, second = 0], timeMs = performance.now()) {
    const kind = status & 0xf0;
    if (kind === 0x90 && second > 0) this.press(first, second, timeMs);
    else if (kind === 0x80 || kind === 0x90) this.release(first, timeMs);
    else if (kind === 0xb0 && first === SUSTAIN_PEDAL) {
      this._pedal = second >= 64;
      if (!this._pedal) for (const [pitch, key] of this._open) if (key.lifted) this._close(pitch, timeMs);
    }
  }

  /** A key goes down (also for keys on the screen). */
  press(pitch, velocity = this.velocity, timeMs = performance.now()) {
    if (pitch < 0 || pitch > 127) return;
    this._close(pitch, timeMs);
    this._transport.noteOn(pitch, velocity, this._track);
    const tick = this._transport.tickHeardAt(timeMs);
    this._open.set(pitch, { onset: tick, velocity, lifted: false });
    this._emit("note", { pitch, velocity, on: true, tick });
  }

  /** A key is let go. */
  release(pitch, timeMs = performance.now()) {
    const key = this._open.get(pitch);
    if (key && this._pedal) key.lifted = true;
    else this._close(pitch, timeMs);
  }

  releaseAll() {
    this._pedal = false;
    this._codes.clear();
    for (const pitch of [...this._open.keys()]) this._close(pitch, performance.now());
  }

  // --- recording -------------------------------------------------------------------------------------------

  /**
   * Counts in, plays the score from a tick, and takes down what is played with it.
   * @param {{track?: number, fromTick?: number, countIn?: number, metronome?: boolean, stepsPerQuarter?: number}} how
   *   countIn: bars that are counted first; stepsPerQuarter: the grid of the result, 3 and 6 for triplets
   */
  async start({ track = 0, fromTick = 0, countIn = 1, metronome = true, stepsPerQuarter = 4 } = {}) {
    this.stop();
    this.track = track;
    this._grid = { fromTick, stepsPerQuarter };
    this._taken = [];
    this.setKeyboard(true);
    const { _transport: transport } = this;
    transport.pause();
    transport.setLoop(null);
    transport.setMetronome(metronome);
    this._become(countIn ? "count-in" : "recording");
    await transport.play(fromTick, { endless: true, countInTicks: countIn * barLength(transport.score, fromTick) });
    if (this.state === "idle") return;
    this._timer = setInterval(() => {
      if (!transport.playing) clearInterval(this._timer);
      else if (this.state === "count-in" && transport.tickHeardAt(performance.now()) >= fromTick) this._become("recording");
    }, 30);
  }

  /**
   * Ends the recording.
   * @returns {[number, number, number, number, number][]} notes as in score JSON, quantised; [] if none was going on
   */
  stop() {
    if (this.state === "idle") return [];
    clearInterval(this._timer);
    this.releaseAll();
    this._transport.pause();
    this._transport.setMetronome(false);
    this._become("idle");
    const { score } = this._transport;
    return quantise(this._taken, { ...this._grid, resolution: score.resolution, track: this._track, early: this._early() });
  }

  on(event, handler) {
    const handlers = (this._handlers[event] ??= new Set());
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  dispose() {
    this.stop();
    this.setKeyboard(false);
    if (this._midi) {
      this._midi.onstatechange = null;
      for (const input of this._midi.inputs.values()) input.onmidimessage = null;
    }
    this._handlers = {};
  }

  // --- within -------------------------------------------------------------------------------------------------

  _emit(event, value) {
    this._handlers[event]?.forEach((handler) => handler(value));
  }

  _become(state) {
    this.state = state;
    this._emit("state", state);
  }

  /** Ticks before the first beat in which a note still belongs to it. */
  _early() {
    const { _transport: transport, _grid: grid } = this;
    const seconds = transport.secondsAt(grid.fromTick);
    return grid.fromTick - transport.tickAt(seconds - EARLY_S);
  }

  _close(pitch, timeMs) {
    const key = this._open.get(pitch);
    if (!key) return;
    this._open.delete(pitch);
    this._transport.noteOff(pitch, this._track);
    const end = this._transport.tickHeardAt(timeMs);
    if (this.state !== "idle") this._taken.push({ onset: key.onset, end, pitch, velocity: key.velocity });
    this._emit("note", { pitch, velocity: 0, on: false, tick: end });
  }

  _key(event) {
    const { code, target, type } = event;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const within = event.composedPath?.()[0] ?? target;
    if (within?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(within?.tagName ?? "")) {
      if (type === "keydown") return;
    }
    const up = type === "keyup";
    if (!(code in PIANO_KEYS) && !(code in OCTAVE_KEYS)) return;
    if (!up || this._codes.has(code)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (up) {
      const pitch = this._codes.get(code);
      this._codes.delete(code);
      if (pitch !== undefined) this.release(pitch, event.timeStamp);
    } else if (!event.repeat && code in OCTAVE_KEYS) {
      this.octave += OCTAVE_KEYS[code];
    } else if (!event.repeat) {
      const pitch = 12 * (this._octave + 1) + PIANO_KEYS[code];
      this._codes.set(code, pitch);
      this.press(pitch, this.velocity, event.timeStamp);
    }
  }
}

/**
 * What was played, on a grid. Onsets and ends go to the nearest line, no note is shorter than a step; a note held for most
 * of the way to the next onset is held to it, and one that is struck again ends there. Chords and voices that overlap stay.
 * @param {{onset: number, end: number, pitch: number, velocity: number}[]} taken fractional ticks
 * @param {{resolution: number, stepsPerQuarter: number, fromTick?: number, track?: number, early?: number}} grid
 *   early: ticks before `fromTick` from which a note counts as its first; what is earlier is left out
 * @returns {[number, number, number, number, number][]} [onset, pitch, duration, velocity, track], sorted
 */
export function quantise(taken, { resolution, stepsPerQuarter, fromTick = 0, track = 0, early = 0 }) {
  const step = resolution / stepsPerQuarter;
  const near = (tick) => Math.round((tick - fromTick) / step); // in steps
  const notes = taken
    .filter(({ onset }) => onset >= fromTick - Math.max(early, step / 2))
    .map((note) => ({ ...note, from: Math.max(near(note.onset), 0) }))
    .sort((a, b) => a.from - b.from || a.pitch - b.pitch || a.onset - b.onset);
  const onsets = [...new Set(notes.map(({ from }) => from))];
  const result = [];
  for (const [i, { from, end, onset, pitch, velocity }] of notes.entries()) {
    let to = Math.max(near(Math.max(end, onset)), from + 1);
    const next = onsets.find((other) => other > from);
    const held = (Math.max(end, onset) - onset) / step;
    if (next !== undefined && to < next && held >= LEGATO * (next - from)) to = next;
    const again = notes.slice(i + 1).find((other) => other.pitch === pitch);
    if (again && again.from === from) continue; // twice on one line: the later one stays
    if (again) to = Math.min(to, again.from);
    const start = Math.round(fromTick + from * step);
    result.push([start, pitch, Math.round(fromTick + to * step) - start, velocity, track]);
  }
  return result;
}
