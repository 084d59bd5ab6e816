/**
 * The small player on a card: play, where we are, and the whole piece in one line to seek in. Costs next to nothing until it
 * is played: one drawing, no sound loaded.
 * @module
 */

import { button, h, icon, put, say } from "./dom.js";
import { lookOf, paletteOf } from "./look.js";
import { clock, endOf, secondsAt } from "./music.js";
import { Transport } from "./transport.js";
import { makeWords } from "./words.js";


export class Card {
  /** @param {Object} component what Streamlit gives */
  constructor(component) {
    this.element = h("div", { class: "musegen-player card", role: "group" });
    this.canvas = h("canvas", { class: "overview", "aria-hidden": "true" });
    this.head = h("div", { class: "playhead" });
    this.slider = h("input", { type: "range", min: 0, step: "any", class: "overview-slider" });
    this.slider.addEventListener("input", () => this.#seek(Number(this.slider.value)));
    this.time = h("span", { class: "clock" });
    this.watch = new ResizeObserver(() => this.#draw());
    for (const event of ["pointerenter", "focusin"]) this.element.addEventListener(event, () => this.#wake(), { once: true });
    this.update(component);
  }

  update({ data }) {
    const clip = data.clips.find(({ id }) => id === data.active) ?? data.clips[0];
    const print = JSON.stringify([clip, data.theme, data.words, data.language]);
    if (print === this.print) return;
    this.print = print;
    Object.assign(this, { clip, theme: data.theme, t: makeWords(data.words), end: Math.max(endOf(clip.score.notes), 1) });
    put(this.element, "lang", data.language === "zh" ? "zh-Hans" : data.language);
    put(this.element, "aria-label", clip.name);
    this.element.dataset.theme = data.theme;
    this.play = button({ label: this.t("play"), icon: "play", class: "primary round play", onClick: () => this.toggle() });
    put(this.slider, "max", this.end);
    put(this.slider, "aria-label", this.t("seek", { name: clip.name }));
    this.element.replaceChildren(this.play, h("div", { class: "overview-box" }, this.canvas, this.head, this.slider), this.time);
    this.transport?.load(clip.score);
    this.watch.observe(this.canvas.parentElement);
    this.#show(this.transport?.tick ?? 0);
    this.#playingChanged();
  }

  dispose() {
    cancelAnimationFrame(this.frame);
    this.watch.disconnect();
    this.transport?.dispose();
    this.element.remove();
  }

  toggle() {
    this.#wake();
    if (this.transport.playing) this.transport.pause();
    else this.transport.play(this.transport.tick >= this.end - 1 ? 0 : this.transport.tick);
  }

  /** Makes the sound ready: when someone comes near. */
  #wake() {
    if (this.transport) return;
    this.transport = new Transport();
    this.transport.on("state", () => this.#playingChanged());
    this.transport.on("error", (code) => say(this.time, this.t(`error.${code}`)));
    this.transport.on("loading", (busy) => put(this.element, "aria-busy", busy ? "true" : null));
    this.transport.load(this.clip.score);
  }

  #seek(tick) {
    this.#wake();
    this.transport.seek(tick);
    this.#show(tick);
  }

  #playingChanged() {
    const playing = this.transport?.playing ?? false;
    this.element.dataset.playing = playing;
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
    const words = this.t(playing ? "pause_named" : "play_named", { name: this.clip.name });
    put(this.play, "aria-label", words);
    put(this.play, "title", words);
    cancelAnimationFrame(this.frame);
    if (playing) this.#run();
    else this.#show(this.transport?.tick ?? 0);
  }

  #run() {
    this.#show(this.transport.tick);
    if (this.transport.playing) this.frame = requestAnimationFrame(() => this.#run());
  }

  #show(tick) {
    const { score } = this.clip;
    const words = `${clock(secondsAt(score, tick))} / ${clock(secondsAt(score, this.end))}`;
    say(this.time, words);
    put(this.slider, "aria-valuetext", words);
    if (this.shownTick !== tick) this.slider.value = String(tick);
    this.shownTick = tick;
    this.head.hidden = tick <= 0;
    this.head.style.left = `${(100 * tick) / this.end}%`;
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const c = this.canvas.getContext("2d");
    c.scale(ratio, ratio);
    c.fillStyle = paletteOf(this.theme).stripe;
    c.fillRect(0, 0, width, height);
    const { notes } = this.clip.score;
    const pitches = notes.map((note) => note[1]);
    const low = pitches.reduce((a, b) => Math.min(a, b), 127) - 2;
    const high = Math.max(pitches.reduce((a, b) => Math.max(a, b), 0) + 2, low + 16);
    const row = height / (high - low);
    for (const [onset, pitch, duration, , track] of notes) {
      c.fillStyle = lookOf(track).colour;
      const x = (onset / this.end) * width;
      c.fillRect(x, (high - pitch - 0.5) * row, Math.max((duration / this.end) * width - 0.7, 1.2), Math.max(row, 2.5) - 0.4);
    }
  }
}
