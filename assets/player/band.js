/** The players of one score: where each part stands, whether it is heard, and the voices that sound. */

import { Voice } from "./sampler.js";

export const MAX_VOICES = 64;
const SPREAD = 0.3; // how far the outer parts stand from the middle, of 0-1
const CUT_S = 0.01;
const FADE_S = 0.012; // a mute that is quicker clicks

export class Band {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} destination
   */
  constructor(context, destination) {
    this.context = context;
    this.destination = destination;
    this.voices = new Set();
    this.parts = [];
    this.layout = "";
  }

  /** @param {[string, number, boolean][]} tracks parts as in score JSON: pitched ones side by side, drums in the middle */
  seat(tracks) {
    const layout = tracks.map(([, , isDrum]) => (isDrum ? "d" : "p")).join("");
    if (layout === this.layout) return;
    this.layout = layout;
    const pitched = tracks.flatMap(([, , isDrum], i) => (isDrum ? [] : [i]));
    const before = this.parts;
    this.parts = tracks.map((_, i) => {
      const place = pitched.indexOf(i);
      const position = place < 0 || pitched.length < 2 ? 0 : SPREAD * ((2 * place) / (pitched.length - 1) - 1);
      const gain = new GainNode(this.context, { gain: before[i]?.heard === false ? 0 : 1 });
      gain.connect(this.destination);
      return { position, gain, heard: before[i]?.heard ?? true, seats: new Map() };
    });
    for (const { gain } of before) setTimeout(() => gain.disconnect(), 5000); // when its last voice has rung out
  }

  /** @param {(track: number) => boolean} audible which parts are heard from now on */
  balance(audible) {
    this.parts.forEach((part, track) => {
      const heard = audible(track);
      if (heard === part.heard) return;
      part.heard = heard;
      part.gain.gain.setTargetAtTime(heard ? 1 : 0, this.context.currentTime, FADE_S / 3);
    });
  }

  /**
   * Sounds a note.
   * @param {number} track
   * @param {import("./sampler.js").Instrument} instrument
   * @param {{pitch: number, velocity: number, start: number, end?: number}} note seconds of the context
   * @param {object} about fields to remember with its voices
   * @returns {Voice[]} one for each region that sounds
   */
  strike(track, instrument, { pitch, velocity, start, end = Infinity }, about = {}) {
    const part = this.parts[track];
    if (!part || !instrument) return [];
    return instrument.regionsFor(pitch, velocity).map((region) => {
      if (region.exclusiveClass) this._silence(track, region.exclusiveClass, start);
      this._makeRoom(start);
      const voice = new Voice(this.context, region, { pitch, velocity, start, destination: this._seat(part, region.pan) });
      Object.assign(voice, about, { track, pitch });
      if (end < Infinity) voice.release(end);
      this.voices.add(voice);
      voice.done = () => this.voices.delete(voice);
      return voice;
    });
  }

  /** Everything that sounds goes out within `seconds`; what has not begun never does. */
  hush(time, seconds = 0.03) {
    for (const voice of this.voices) voice.fade(time, seconds);
  }

  /** Takes the band from its destination. */
  leave() {
    for (const voice of this.voices) voice.cancel();
    for (const { gain } of this.parts) gain.disconnect();
    this.parts = [];
    this.layout = "";
  }

  _seat(part, pan) {
    if (!part.seats.has(pan)) {
      const seat = new StereoPannerNode(this.context, { pan: Math.min(Math.max(pan + part.position, -1), 1) });
      seat.connect(part.gain);
      part.seats.set(pan, seat);
    }
    return part.seats.get(pan);
  }

  /** Notes of an exclusive class cut those struck before them. */
  _silence(track, exclusiveClass, time) {
    for (const voice of this.voices) {
      if (voice.track === track && voice.region.exclusiveClass === exclusiveClass && voice.start < time) {
        voice.fade(time - CUT_S > this.context.currentTime ? time - CUT_S : time, CUT_S);
      }
    }
  }

  /** Where too many voices would sound at `time`, the one let go longest ago ends, else the one begun longest ago. */
  _makeRoom(time) {
    const sounding = [...this.voices].filter(({ start, over, faded }) => start <= time && Math.min(over, faded) > time);
    if (sounding.length < MAX_VOICES) return;
    const age = (voice) => (voice.end <= time ? voice.end - 1e6 : voice.start);
    sounding.reduce((oldest, voice) => (age(voice) < age(oldest) ? voice : oldest)).fade(time, CUT_S);
  }
}
