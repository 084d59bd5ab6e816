/**
 * The band on the page's stage: instruments, who is heard and how loud, and notes played by hand. `transport.js` adds time.
 */

import { Band } from "./band.js";
import { evenGain } from "./loudness.js";
import { page, pageMixer, rest, wake } from "./mixer.js";
import { instrument, request } from "./packs.js";
import { Plan } from "./sequencer.js";

const FADE_S = 0.03;
const EMPTY = { resolution: 480, tempos: [[0, 120]], metres: [[0, 4, 4]], tracks: [["", 0, false]], notes: [] };

/** What a Transport is but for its time; made through it. */
export class Stage {
  constructor({ packUrl = "/player/instrument/" } = {}) {
    this._packUrl = packUrl;
    this._handlers = {};
    this._programs = new Map();
    this._muted = new Set();
    this._solo = new Set();
    this._transpose = 0;
    this._volume = 1;
    this._held = new Map(); // keys that are down
    this._loading = 0; // calls of prepare() that wait
    this._take(EMPTY);
  }

  /** There is a band: a Transport gets its sequencer. */
  _begin() {}

  /** Other notes or other instruments. */
  _refresh() {
    this._settle();
  }

  _take(score) {
    this._plan = new Plan({ ...EMPTY, ...score, tracks: score.tracks?.length ? score.tracks : EMPTY.tracks });
    this._gain = null;
  }

  /** Fetches the instruments now; load() does it as soon as the page is idle. */
  async prepare() {
    const missing = this._names().filter((name) => !instrument(this._packUrl + name));
    if (!missing.length) return;
    if (!this._loading++) this._emit("loading", true);
    const found = await Promise.all(missing.map((name) => request(this._packUrl + name)));
    if (!--this._loading) {
      this._emit("loading", false);
      if (found.includes(null)) this._emit("error", "no-instrument");
      this._refresh();
    }
  }

  /** @param {number} volume 0-1 */
  setVolume(volume) {
    this._volume = Math.min(Math.max(volume, 0), 1);
    this._settle();
  }

  setMute(track, muted) {
    this._muted[muted ? "add" : "delete"](track);
    this._settle();
  }

  setSolo(track, solo) {
    this._solo[solo ? "add" : "delete"](track);
    this._settle();
  }

  /** Another General MIDI program for a part; null = the score's own. */
  setProgram(track, program) {
    if (program === null) this._programs.delete(track);
    else this._programs.set(track, program);
    this._gain = null;
    if (this._complete()) this._refresh();
    else this.prepare(); // and what sounds goes on until it is there
  }

  // --- by hand ------------------------------------------------------------------------------------

  /** One note, at once, for as long as it says. */
  async audition(pitch, track, { velocity = 80, seconds = 0.4 } = {}) {
    const ready = this._ready(track);
    if (ready !== true && !(await ready)) return;
    const start = this._mixer.context.currentTime;
    this._strike(track, { pitch, velocity, start, end: start + seconds }, { live: true });
  }

  /** A key goes down: sounds until noteOff. */
  noteOn(pitch, velocity, track) {
    const name = `${track} ${pitch}`;
    const key = { voices: [] };
    this.noteOff(pitch, track);
    this._held.set(name, key);
    const sound = () => {
      if (this._held.get(name) !== key) return; // let go before the instrument was there
      const start = this._mixer.context.currentTime;
      key.voices = this._strike(track, { pitch, velocity, start }, { live: true });
    };
    const ready = this._ready(track);
    if (ready === true) sound(); // not a moment later
    else ready.then((is) => is && sound());
  }

  noteOff(pitch, track) {
    const name = `${track} ${pitch}`;
    this._held.get(name)?.voices.forEach((voice) => voice.release(this._mixer.context.currentTime));
    this._held.delete(name);
  }

  // --- events ------------------------------------------------------------------------------------

  /**
   * @param {"state" | "loading" | "ended" | "error"} event
   * @param {(value: unknown) => void} handler state: playing or not; loading: whether; error: "no-audio", "no-instrument"
   * @returns {() => void} takes the handler off
   */
  on(event, handler) {
    const handlers = (this._handlers[event] ??= new Set());
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  _emit(event, value) {
    this._handlers[event]?.forEach((handler) => handler(value));
  }

  /** Silent for good. */
  dispose() {
    this._handlers = {};
    this._held.clear();
    const { _band: band, _volumeNode: volume } = this;
    if (!band) return;
    this._band = null;
    setTimeout(() => {
      band.leave();
      volume.disconnect();
    }, 200);
  }

  // --- within --------------------------------------------------------------------------------------------

  /** The band in the page's mixer; false (and an error said) where there is no sound. */
  _setUp() {
    this._mixer = pageMixer();
    if (!this._mixer) {
      this._emit("error", "no-audio");
      return false;
    }
    if (!this._band) {
      const { context, input } = this._mixer;
      this._volumeNode = new GainNode(context);
      this._volumeNode.connect(input);
      this._band = new Band(context, this._volumeNode);
      this._begin();
    }
    this._settle();
    return true;
  }

  /** The others fall silent. */
  _claim(forHand = false) {
    if (page.playing && page.playing !== this) page.playing.pause();
    if (!forHand) page.playing = this;
    rest();
  }

  /** True, or a promise of whether this part can sound. */
  _ready(track) {
    if (!this._setUp()) return Promise.resolve(false);
    this._claim(true);
    const name = this._packUrl + this._name(track);
    if (this._mixer.context.state === "running" && instrument(name)) return true;
    return Promise.all([wake(this._mixer), request(name)]).then(([awake, found]) => {
      if (!awake || !found) this._emit("error", awake ? "no-instrument" : "no-audio");
      this._settle();
      return Boolean(awake && found && this._band);
    });
  }

  _name(track) {
    const [, program, isDrum] = this._plan.score.tracks[track] ?? this._plan.score.tracks[0];
    return isDrum ? "drums" : String(this._programs.get(track) ?? program);
  }

  _instrument(track) {
    return instrument(this._packUrl + this._name(track));
  }

  /** Packs of the parts that have notes; of all parts where none has. */
  _names() {
    const { score, used } = this._plan;
    return [...new Set(score.tracks.flatMap((_, i) => (used.has(i) || !used.size ? [this._name(i)] : [])))];
  }

  _complete() {
    return this._names().every((name) => instrument(this._packUrl + name));
  }

  _strike(track, note, about) {
    const pitch = note.pitch + (this._plan.score.tracks[track]?.[2] ? 0 : this._transpose);
    return this._band.strike(track, this._instrument(track), { ...note, pitch }, about);
  }

  /** Parts seated, heard or not, and as loud as they should be. */
  _settle() {
    if (!this._band) return;
    const { currentTime } = this._mixer.context;
    this._band.seat(this._plan.score.tracks);
    this._band.balance((track) => (this._solo.size ? this._solo.has(track) : !this._muted.has(track)));
    const even = this._gain ?? evenGain(this._plan.score, this._plan.tempo, (track) => this._instrument(track));
    if (this._complete()) this._gain = even;
    const gain = even * this._volume ** 2; // the square sounds even on a slider
    if (gain === this._aim) return;
    if (this._aim === undefined) this._volumeNode.gain.setValueAtTime(gain, currentTime);
    else this._volumeNode.gain.setTargetAtTime(gain, currentTime, FADE_S / 3);
    this._aim = gain;
  }
}
