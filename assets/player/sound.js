/**
 * How the bench sounds: loop, tempo, transposition, volume, which parts sound and on what. All of it counts at once.
 * @module
 */

import { voiceName } from "./music.js";
import { Transport } from "./transport.js";

export class Sound {
  /** @param {import("./bench.js").Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.transport = new Transport();
    Object.assign(this, { isLooping: false, tempo: 1, transpose: 0, volume: 0.9 });
    this.mutes = new Set();
    this.solos = new Set();
    this.programs = new Map(); // other instruments than the score's, by part
    this.transport.setVolume(this.volume);
  }

  /** Takes a score; playing goes on at the same tick. */
  load(score) {
    this.transport.load(score);
    score.tracks.forEach((_, track) => this.#settle(track));
  }

  #settle(track) {
    this.transport.setMute(track, this.mutes.has(track));
    this.transport.setSolo(track, this.solos.has(track));
  }

  /** One note, at once. */
  audition(pitch, track, seconds = 0.4) {
    if (track >= 0) this.transport.audition(pitch, track, { velocity: 80, seconds });
  }

  setLoop(on) {
    const { bench } = this;
    this.isLooping = on;
    bench.tell(bench.t(!on ? "loop_off" : bench.choice.bars ? "loop_bars" : "loop_all"));
    bench.changed();
  }

  /** Loops these ticks, or nothing (null); says so to the transport only if it is news. */
  loopOver(span) {
    if (this.looped === String(span)) return;
    this.looped = String(span);
    this.transport.setLoop(span);
  }

  setTempo(factor) {
    this.transport.setTempo((this.tempo = factor));
    this.bench.changed();
  }

  setTranspose(semitones) {
    this.transport.setTranspose((this.transpose = Math.min(Math.max(semitones, -12), 12)));
    this.bench.changed();
  }

  setVolume(volume) {
    this.transport.setVolume((this.volume = volume));
    this.bench.changed();
  }

  isSilent(track) {
    return this.mutes.has(track) || (this.solos.size > 0 && !this.solos.has(track));
  }

  toggleMute(track) {
    this.#flip(this.mutes, track, "mute");
  }

  toggleSolo(track) {
    this.#flip(this.solos, track, "solo");
  }

  #flip(set, track, word) {
    const { bench } = this;
    if (!set.delete(track)) set.add(track);
    this.#settle(track);
    bench.tell(bench.t(`${word}_${set.has(track) ? "on" : "off"}`, { voice: voiceName(bench.t, bench.clip.score, track) }));
    bench.changed();
  }

  /** `program`: General MIDI 0-127, null = as in the score. */
  setProgram(track, program) {
    if (program === null) this.programs.delete(track);
    else this.programs.set(track, program);
    this.transport.setProgram(track, program);
    this.bench.changed();
  }
}
