/**
 * The player of a page: play, seek, loop, tempo, mute, other instruments, and notes played by hand, all without a wait.
 *
 * Sound is made here, in the browser, from instrument packs (docs/decisions/player-sound.md). `sequencer.js` says when
 * which note sounds, `band.js` and `sampler.js` how, `mixer.js` holds what all Transports of the page share.
 */

import { heardAt, page, rest, wake } from "./mixer.js";
import { Sequencer } from "./sequencer.js";
import { Stage } from "./stage.js";

const ROUND_MS = 100;
const FADE_S = 0.03;

/**
 * Plays one score at a time; of all Transports on the page one sounds. Also here, from `stage.js`: prepare, setVolume,
 * setMute, setSolo, setProgram, setTranspose, audition, noteOn, noteOff, on.
 */
export class Transport extends Stage {
  /** @param {{packUrl?: string}} [options] where the instrument packs are */
  constructor(options) {
    super(options);
    this._factor = 1;
    this._loop = null;
    this._metronome = false;
    this._endless = false;
    this._resting = 0; // the tick while nothing plays
    this._attempt = null; // the play() that has not been called off
  }

  // --- what is played ----------------------------------------------------------------------------

  /** Takes a score (JSON); while playing it goes on at the same tick. */
  load(score) {
    this._take(score);
    this._resting = this._within(this._resting);
    this._refresh();
    const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 300));
    idle(() => this.prepare(), { timeout: 3000 });
  }

  get playing() {
    return this._attempt !== null;
  }

  /** The fractional tick that is heard now. */
  get tick() {
    const first = this._started ? this._sequencer.waiting : null;
    return Math.max(this.tickHeardAt(performance.now()), first ? first.tick : 0);
  }

  /** The fractional tick heard at a time of `performance.now()`; in a count-in less than the tick it leads to. */
  tickHeardAt(timeMs) {
    return this._started ? this._sequencer.tickAt(heardAt(this._mixer, timeMs)) : this._resting;
  }

  /** The score that was loaded. */
  get score() {
    return this._plan.score;
  }

  /** Ticks to the end of the last bar. */
  get durationTicks() {
    return this._plan.end;
  }

  /** Seconds from the start, at the score's own tempo. */
  secondsAt(tick) {
    return this._plan.tempo.secondsAt(tick);
  }

  tickAt(seconds) {
    return this._plan.tempo.tickAt(seconds);
  }

  // --- playing -------------------------------------------------------------------------------------

  /**
   * Plays from a tick, or from where it stands; other Transports pause.
   * @param {number} [fromTick]
   * @param {{endless?: boolean, countInTicks?: number}} [options] endless: on past the last note, for recording
   */
  async play(fromTick, { endless = false, countInTicks = 0 } = {}) {
    const was = this._attempt;
    if (was && fromTick === undefined) return;
    this._endless = endless;
    this._resting = this._within(fromTick ?? this._resting);
    if (!this._setUp()) return;
    const attempt = (this._attempt = {});
    this._claim();
    if (!was) this._emit("state", true);
    if (this._mixer.context.state !== "running" || !this._complete()) {
      const [awake] = await Promise.all([wake(this._mixer), this.prepare()]);
      if (attempt !== this._attempt) return;
      if (!awake) {
        this.pause();
        this._emit("error", "no-audio");
        return;
      }
    }
    const [start, end] = this._loop ?? [0, this._plan.end];
    const from = !endless && this._resting >= end ? start : this._resting;
    this._tell();
    if (this._started) {
      this._sequencer.rebase({ tick: from, replace: true });
    } else {
      this._sequencer.start(from, countInTicks);
      this._timer = setInterval(() => this._round(), ROUND_MS);
    }
  }

  /** Stops where it is heard now. */
  pause() {
    if (this.playing) this._stop(this.tick);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Goes to a tick, playing or not. */
  seek(tick) {
    this._resting = this._within(tick);
    if (this._started) this._sequencer.rebase({ tick: this._resting, replace: true });
  }

  /** @param {[number, number] | null} range ticks; playing turns at its end without a gap */
  setLoop(range) {
    const valid = range && range[1] - range[0] >= this._plan.score.resolution / 8;
    this._loop = valid ? [Math.max(range[0], 0), range[1]] : null;
    if (!this._started) return;
    const past = this._loop && this._sequencer.tickAt(this._sequencer.soon) >= this._loop[1];
    this._change(past ? { tick: this._loop[0], replace: true } : {});
  }

  /** @param {number} factor 1 = as written, 0.5 = half as fast; 0.1-4 */
  setTempo(factor) {
    this._factor = Math.min(Math.max(Number(factor) || 1, 0.1), 4);
    this._change();
  }

  /** @param {number} semitones drums stay */
  setTranspose(semitones) {
    this._transpose = Math.round(semitones) || 0;
    this._change({ replace: true });
  }

  setMetronome(on) {
    this._metronome = Boolean(on);
    this._change();
  }

  /** Silent for good. */
  dispose() {
    this.pause();
    super.dispose();
    this._sequencer = null;
  }

  // --- within --------------------------------------------------------------------------------------------

  _begin() {
    this._sequencer = new Sequencer(this._mixer, this._band, (...note) => this._strike(...note));
  }

  get _started() {
    return Boolean(this._sequencer?.running);
  }

  _within(tick) {
    return Math.min(Math.max(Number(tick) || 0, 0), this._endless ? Infinity : this._plan.end);
  }

  /** Tells the sequencer how to play. */
  _tell() {
    const { _plan: plan, _loop: loop, _factor: factor, _endless: endless, _metronome: metronome } = this;
    Object.assign(this._sequencer, { plan, loop, factor, endless, metronome });
  }

  _change(how = {}) {
    if (!this._started) return;
    this._tell();
    this._sequencer.rebase(how);
  }

  /** At the same place. */
  _refresh() {
    super._refresh();
    this._change({ replace: true });
  }

  _round() {
    this._sequencer.advance();
    if (heardAt(this._mixer, performance.now()) < this._sequencer.finish) return;
    this._stop(this._plan.end);
    this._emit("ended");
  }

  _stop(tick) {
    this._attempt = null;
    clearInterval(this._timer);
    if (this._started) this._sequencer.stop(FADE_S);
    this._endless = false;
    this._resting = this._within(tick);
    if (page.playing === this) page.playing = null;
    rest();
    this._emit("state", false);
  }
}

if (typeof document !== "undefined") {
  // Before a tab goes to the background, it is given more to play from.
  document.addEventListener("visibilitychange", () => page.playing?._started && page.playing._round());
}
