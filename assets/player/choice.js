/**
 * What the verbs shall work on: bars and parts that the person selected. Python hears of it when a drag is over.
 * @module
 */

import { barsOf, endOf, lastIndex, spanOf } from "./music.js";
import { Synced } from "./synced.js";

export class Choice {
  #synced;

  /** @param {import("./bench.js").Bench} bench */
  constructor(bench, selection) {
    this.bench = bench;
    this.#synced = new Synced(selection ?? null, (value) => bench.component.setStateValue("selection", value));
    this.#take();
  }

  /** What Python says is selected. */
  receive(selection) {
    if (this.#synced.receive(selection ?? null)) this.#take();
  }

  #take() {
    const selection = this.#synced.value;
    this.bars = selection?.bars ?? null; // first and last number
    this.only = selection?.voices ? new Set(selection.voices) : null; // null = all parts
  }

  /** As Python is told: {bars, voices}, or null for the whole piece. */
  get value() {
    return this.#synced.value;
  }

  /** Parts that the selection holds. @returns {Set<number>} */
  get voices() {
    const all = [...this.bench.clip.score.tracks.keys()];
    return new Set(this.only ? all.filter((track) => this.only.has(track)) : all);
  }

  /** Index of the last bar that can be selected. */
  get lastBar() {
    const { view } = this.bench;
    return lastIndex(view.bars, (bar) => bar.start < view.end);
  }

  /** `range`: first and last bar number, or null; told to Python when it is `final`. */
  selectBars(range, final = true) {
    const { bench } = this;
    const span = range && spanOf(bench.view.bars, range);
    this.bars = range;
    if (final) {
      this.#tell();
      if (span && !bench.playing) bench.seek(span[0]);
      bench.tell(selectedWords(bench.t, range));
      bench.changed();
      return;
    }
    bench.view.span = span;
    if (bench.kind === "roll") bench.roll.redraw();
    else bench.pages.render();
  }

  toggleVoice(track) {
    const { bench } = this;
    const voices = this.voices;
    if (!voices.delete(track)) voices.add(track);
    if (!voices.size) return bench.tell(bench.t("why.one_voice"));
    this.only = voices.size === bench.clip.score.tracks.length ? null : voices;
    this.#tell();
    return bench.changed();
  }

  #tell() {
    const { score } = this.bench.clip;
    const bars = barsOf(score, endOf(score.notes));
    const whole = [bars[0].number, bars.at(-1).number];
    const voices = [...this.voices].sort((a, b) => a - b);
    this.#synced.set(this.bars || this.only ? { bars: this.bars ?? whole, voices } : null);
  }
}

function selectedWords(t, range) {
  if (!range) return t("nothing_selected");
  const [first, last] = range;
  return t(first ? "bars_selected" : last ? "upbeat_selected_to" : "upbeat_selected", { first, last });
}
