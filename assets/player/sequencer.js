/**
 * When which note sounds. Notes are given to the sampler some time ahead, so that a busy page is not heard; what was given
 * too early is taken back when something changes.
 *
 * `anchors` say which tick sounds when, and how fast it goes on from there. A new one is set at every seek, change of tempo
 * and turn of a loop. All times are the AudioContext's.
 */

import { clickBuffer } from "./click.js";
import { TempoMap, beatFrom, endOf, firstFrom } from "./tempo.js";

const AHEAD_S = 0.6; // notes are scheduled so far ahead,
const AHEAD_HIDDEN_S = 2.5; // and further in a tab in the background, whose timers run once a second
const MARGIN_S = 0.02; // the next moment that can still be changed
const LEAST_HELD_S = 0.05; // what is left of a note that is worth beginning in its middle

/** A score made ready for playing. */
export class Plan {
  /** @param {object} score score JSON */
  constructor(score) {
    this.score = score;
    this.tempo = new TempoMap(score);
    this.notes = [...score.notes].sort((a, b) => a[0] - b[0]);
    this.onsets = this.notes.map(([onset]) => onset);
    this.end = endOf(score);
    this.used = new Set(score.notes.map((note) => note[4]));
  }
}

export class Sequencer {
  /**
   * @param {import("./mixer.js").Mixer} mixer
   * @param {import("./band.js").Band} band
   * @param {(track: number, note: object, about: object) => void} strike sounds a note
   */
  constructor(mixer, band, strike) {
    this.mixer = mixer;
    this.context = mixer.context;
    this.band = band;
    this.strike = strike;
    this.running = false;
    this.anchors = [];
    this.clicks = [];
    this.finish = Infinity; // when the end sounds
    /** What may be changed, followed by `rebase`. */
    this.plan = null;
    this.loop = null;
    this.factor = 1;
    this.endless = false;
    this.metronome = false;
  }

  /** The first moment that can still be changed. */
  get soon() {
    return this.context.currentTime + MARGIN_S;
  }

  /** The fractional tick at a time. */
  tickAt(time) {
    let anchor = this.anchors[0];
    for (const next of this.anchors) if (next.time <= time) anchor = next;
    return anchor.tempo.tickAt(anchor.seconds + (time - anchor.time) * anchor.factor);
  }

  /** The time of a tick, as the last anchor has it. */
  timeOf(tick) {
    const anchor = this.anchors.at(-1);
    return anchor.time + (anchor.tempo.secondsAt(tick) - anchor.seconds) / anchor.factor;
  }

  /** Before the first anchor nothing moves, but in a count-in. */
  get waiting() {
    return this.anchors.length === 1 ? this.anchors[0] : null;
  }

  /** Begins at a tick, after a count-in of `countInTicks` at the tempo that holds there. */
  start(tick, countInTicks = 0) {
    const { tempo } = this.plan;
    const countIn = (tempo.secondsAt(tick) - tempo.secondsAt(tick - countInTicks)) / this.factor;
    this.running = true;
    this.anchors = [];
    this._anchor(this.soon + countIn, tick);
    this._follow(tick, tick - countInTicks);
    this._chase(tick);
    this.advance();
  }

  /** Stops within `seconds`; notes played by hand go on. */
  stop(seconds) {
    this.running = false;
    this.clicks.forEach(({ source }) => source.stop());
    this.clicks = [];
    for (const voice of [...this.band.voices]) if (!voice.live) voice.fade(this.soon, seconds);
  }

  /**
   * From the next moment on otherwise: at another tick, tempo or loop, or with other notes.
   * @param {{tick?: number, replace?: boolean}} change replace: what sounds is begun anew, else it goes on
   */
  rebase({ tick, replace = false } = {}) {
    const { soon } = this;
    const counting = tick === undefined && this.waiting && this.waiting.time > soon; // a count-in is kept to
    const time = counting ? this.waiting.time : soon;
    const from = counting ? this.waiting.tick : (tick ?? this.tickAt(time));
    const beat = counting ? this.tickAt(soon) : from;
    for (const voice of [...this.band.voices]) {
      if (voice.live) continue;
      if (voice.start >= time) voice.cancel();
      else if (replace) voice.fade(time, 0.03);
    }
    this.clicks.forEach(({ source, start }) => start >= soon && source.stop());
    this.anchors = this.anchors.filter((anchor) => anchor.time < time).slice(-8);
    this._anchor(time, from);
    for (const voice of replace ? [] : this.band.voices) {
      if (!voice.live && voice.end > time) voice.release(Math.max(this.timeOf(voice.endTick), time));
    }
    this._follow(from, beat);
    if (replace) this._chase(from);
    this.advance();
  }

  /** Schedules what comes next; to be called at least every half second. */
  advance() {
    const horizon = this.context.currentTime + (globalThis.document?.hidden ? AHEAD_HIDDEN_S : AHEAD_S);
    while (this.running && this._stretch(horizon));
  }

  /** Schedules up to `horizon`, or to the turn of the loop, and then says true. */
  _stretch(horizon) {
    const { notes, end } = this.plan;
    const looped = this.loop !== null && this.anchors.at(-1).tick < this.loop[1];
    const limit = looped ? this.loop[1] : this.endless ? Infinity : end;
    for (; this._cursor < notes.length; this._cursor++) {
      const note = notes[this._cursor];
      const time = this.timeOf(note[0]);
      if (note[0] >= limit || time >= horizon) break;
      this._schedule(note, Math.max(time, this.context.currentTime));
    }
    this._beats(limit, horizon);
    const turn = limit === Infinity ? Infinity : this.timeOf(limit);
    if (turn >= horizon) return false;
    if (!looped) {
      this.finish = turn;
      return false;
    }
    this.anchors = this.anchors.slice(-64);
    this._anchor(turn, this.loop[0]);
    this._follow(this.loop[0], this.loop[0]);
    this._chase(this.loop[0]);
    return true;
  }

  _anchor(time, tick) {
    const { tempo } = this.plan;
    this.anchors.push({ time, tick, seconds: tempo.secondsAt(tick), factor: this.factor, tempo });
  }

  /** The next note and the next beat to be scheduled. */
  _follow(tick, beat) {
    this.finish = Infinity;
    this._cursor = firstFrom(this.plan.onsets, tick - 1e-6);
    this._beat = beat - 1e-6;
  }

  /** Notes that began before the last anchor's `tick` and are still held there. */
  _chase(tick) {
    const { time } = this.anchors.at(-1);
    for (const note of this.plan.notes) {
      if (note[0] >= tick - 1e-6) break;
      if (this.timeOf(note[0] + note[2]) - time > LEAST_HELD_S) this._schedule(note, time);
    }
  }

  _schedule([onset, pitch, duration, velocity, track], start) {
    const cut = this.loop !== null && this.anchors.at(-1).tick < this.loop[1] ? this.loop[1] : Infinity;
    const endTick = Math.min(onset + duration, cut);
    this.strike(track, { pitch, velocity, start, end: this.timeOf(endTick) }, { endTick, live: false });
  }

  /** The metronome's beats up to a tick and a time. */
  _beats(limit, horizon) {
    for (;;) {
      const beat = beatFrom(this.plan.score, this._beat);
      const start = this.timeOf(beat.tick);
      if (beat.tick >= limit || start >= horizon) return;
      this._beat = beat.tick + beat.length / 2;
      const countIn = this.waiting && beat.tick < this.waiting.tick - 1;
      if (!(this.metronome || countIn) || start < this.context.currentTime) continue;
      const source = new AudioBufferSourceNode(this.context, { buffer: clickBuffer(beat.accent) });
      source.connect(this.mixer.input);
      source.start(start);
      this.clicks = [...this.clicks.slice(-32), { source, start }];
    }
  }
}
