/**
 * The piano roll: canvases that stay in place inside a scrolling box, so that touch, wheel and keyboard scroll as anywhere.
 * @module
 */

import { h, put, icon } from "./dom.js";
import { Geometry, GUTTER } from "./geometry.js";
import { paintBody, paintRuler, paintValues, prepare } from "./paint.js";
import { bodyGestures, rulerGestures } from "./pen.js";

const RULER = 40; // pixels; a finger must be able to drag in it
const VALUES = 44;
const EDGE = 8; // pixels at a note's end that stretch it
const WIDEST_QUARTER = 260;

export class PianoRoll {
  /** @param {import("./bench.js").Bench} bench gives `view` and takes what the person does */
  constructor(bench) {
    this.bench = bench;
    this.geometry = new Geometry();
    this.tick = 0;
    this.follows = true;
    this.ruler = h("canvas", { class: "roll-ruler" });
    this.body = h("canvas", { class: "roll-body" });
    this.values = h("canvas", { class: "roll-values" });
    this.head = h("div", { class: "playhead" });
    this.window = h("div", { class: "roll-window" }, this.ruler, this.body, this.values, this.head);
    this.space = h("div", { class: "roll-space" }, this.window);
    this.scroller = h("div", { class: "roll-scroll", tabindex: "0", role: "application" }, this.space);
    this.back = h("button", { type: "button", class: "button roll-back", hidden: true, on: { click: () => this.follow() } }, icon("play"), h("span"));
    this.element = h("div", { class: "roll" }, this.scroller, this.back);
    this.scroller.addEventListener("scroll", () => this.#scrolled());
    this.scroller.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#pinches();
    rulerGestures(this, bench);
    bodyGestures(this, bench);
    this.watch = new ResizeObserver(() => this.render());
    this.watch.observe(this.scroller);
    this.draw = this.draw.bind(this);
  }

  dispose() {
    this.watch.disconnect();
    cancelAnimationFrame(this.frame);
  }

  // --- showing -----------------------------------------------------------------------------------

  /** Takes over what `bench.view` says now. */
  render() {
    const { view } = this.bench;
    const g = this.geometry;
    if (!this.scroller.clientWidth || !view) return;
    put(this.scroller, "aria-label", view.label);
    this.back.lastChild.textContent = view.t("follow");
    g.rows = view.rows;
    g.ticks = view.bars[view.bars.length - 1].end;
    this.values.hidden = !view.barValues;
    const strips = RULER + (view.barValues ? VALUES : 0);
    const room = Math.min(Math.max(innerHeight * 0.55, 240), 480);
    const least = view.editable ? 14 : 9;
    g.rowHeight = Math.min(Math.max(Math.floor(room / g.rows.length), least), 22);
    const visible = Math.min(g.rows.length, Math.floor(room / g.rowHeight)) * g.rowHeight;
    this.scroller.style.height = `${visible + strips + this.scroller.offsetHeight - this.scroller.clientHeight}px`;
    if (this.shownWidth !== this.scroller.clientWidth || this.piece !== view.piece) this.#firstScale(view);
    this.space.style.width = `${GUTTER + g.ticks * g.scale + 40}px`;
    this.space.style.height = `${g.rows.length * g.rowHeight + strips}px`;
    this.#keepRows(view);
    this.#measure();
    this.redraw();
    this.moveTo(this.tick, false);
  }

  #firstScale(view) {
    const g = this.geometry;
    const first = this.piece !== view.piece;
    this.shownWidth = this.scroller.clientWidth;
    this.piece = view.piece;
    if (!first && this.touched) return;
    const bars = view.bars.length;
    const wide = Math.min(Math.max((this.shownWidth - GUTTER - 24) / bars, 110), 340);
    g.scale = (wide * bars) / g.ticks;
    if (first) this.scroller.scrollLeft = 0;
  }

  /** Where rows were added above, what one looks at stays where it is. */
  #keepRows(view) {
    const { rows, rowHeight } = this.geometry;
    const key = `${view.piece} ${rows.key} ${rowHeight}`;
    if (this.rowsKey === key) return;
    this.rowsKey = key;
    const top = this.topRow && this.rowsPiece === view.piece ? rows.of(this.topRow.pitch, this.topRow.drum) : undefined;
    this.rowsPiece = view.piece;
    if (top === undefined) this.#centre(view);
    else this.scroller.scrollTop = top * rowHeight;
  }

  /** Shows the rows in which most happens, if not all fit. */
  #centre(view) {
    const rows = view.layout.notes.map((note) => view.rows.of(note.pitch, view.tracks[note.track][2])).filter((row) => row >= 0);
    const middle = rows.length ? (Math.min(...rows) + Math.max(...rows) + 1) / 2 : view.rows.length / 2;
    const { rowHeight } = this.geometry;
    this.scroller.scrollTop = Math.round(middle - (this.scroller.clientHeight - RULER) / 2 / rowHeight) * rowHeight;
  }

  #measure() {
    const g = this.geometry;
    const { scroller } = this;
    const strips = RULER + (this.bench.view.barValues ? VALUES : 0);
    [g.left, g.top] = [scroller.scrollLeft, scroller.scrollTop];
    [g.width, g.height] = [scroller.clientWidth, Math.max(scroller.clientHeight - strips, 10)];
    this.topRow = g.rows.list[g.row(g.rowHeight / 2)];
    this.window.style.width = `${g.width}px`;
    this.window.style.height = `${scroller.clientHeight}px`;
  }

  /** Draws before the next picture is shown. */
  redraw() {
    this.frame ||= requestAnimationFrame(this.draw);
  }

  draw() {
    this.frame = 0;
    const { view } = this.bench;
    const g = this.geometry;
    if (!g.rows || !g.width || !view) return;
    paintRuler(prepare(this.ruler, g.width, RULER), g, view, RULER);
    paintBody(prepare(this.body, g.width, g.height), g, view);
    if (view.barValues) paintValues(prepare(this.values, g.width, VALUES), g, view, VALUES);
    this.drawn = (this.drawn ?? 0) + 1;
  }

  /** Puts the playhead at a tick; scrolls after it while it plays. */
  moveTo(tick, playing) {
    const g = this.geometry;
    this.tick = tick;
    if (!g.rows) return;
    let x = g.x(tick);
    if (playing && this.follows && (x > g.width - Math.min(80, g.width * 0.1) || x < GUTTER)) {
      this.#scrollTo(GUTTER + tick * g.scale - GUTTER - (g.width - GUTTER) * 0.08);
      x = g.x(tick);
    }
    const seen = x >= GUTTER - 1 && x <= g.width;
    if (playing && seen) this.follows = true;
    this.back.hidden = !(playing && !this.follows && !seen);
    this.head.style.transform = `translateX(${x.toFixed(2)}px)`;
    this.head.hidden = !seen;
  }

  /** Scrolls so that a tick is in sight. */
  reveal(tick) {
    const g = this.geometry;
    const x = g.x(tick);
    if (g.rows && (x < GUTTER + 10 || x > g.width - 30)) this.#scrollTo(tick * g.scale - (g.width - GUTTER) * 0.3);
  }

  /** Scrolls so that a note's row is in sight. */
  revealRow(row) {
    const g = this.geometry;
    if (row === undefined || !g.rows) return;
    const y = g.y(row);
    if (y < 0 || y > g.height - g.rowHeight) this.scroller.scrollTop = row * g.rowHeight - g.height / 2;
  }

  follow() {
    this.follows = true;
    this.reveal(this.tick);
    this.back.hidden = true;
  }

  #scrollTo(left) {
    this.ours = true;
    this.scroller.scrollLeft = Math.max(0, left);
    this.geometry.left = this.scroller.scrollLeft;
    this.redraw();
  }

  #scrolled() {
    this.#measure();
    if (!this.ours && this.bench.playing) this.follows = false;
    this.ours = false;
    this.redraw();
    this.moveTo(this.tick, this.bench.playing);
  }

  // --- zoom --------------------------------------------------------------------------------------

  /** Makes bars wider (`factor` > 1) or narrower around a point, the playhead or the middle. */
  zoom(factor, x) {
    const g = this.geometry;
    if (!g.rows) return;
    const head = g.x(this.tick);
    const anchor = x ?? (head > GUTTER && head < g.width ? head : g.width / 2);
    const tick = g.tick(anchor);
    this.touched = true;
    this.#setScale(g.scale * factor);
    this.#scrollTo(GUTTER + tick * g.scale - anchor);
    this.render();
  }

  /** The whole piece at once. */
  fit() {
    const g = this.geometry;
    this.touched = true;
    this.#setScale((this.scroller.clientWidth - GUTTER - 24) / g.ticks);
    this.#scrollTo(0);
    this.render();
  }

  #setScale(scale) {
    const g = this.geometry;
    const least = Math.min((this.scroller.clientWidth - GUTTER - 24) / g.ticks, 24 / this.bench.view.resolution);
    g.scale = Math.min(Math.max(scale, least), WIDEST_QUARTER / this.bench.view.resolution);
    this.space.style.width = `${GUTTER + g.ticks * g.scale + 40}px`;
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0025)), this.at(event).x);
  }

  #pinches() {
    let last = null;
    const two = (event) => {
      const [a, b] = event.touches;
      const left = this.scroller.getBoundingClientRect().left;
      return { gap: Math.max(Math.abs(a.clientX - b.clientX), 20), middle: (a.clientX + b.clientX) / 2 - left };
    };
    this.scroller.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const now = two(event);
      if (last) {
        this.zoom(now.gap / last.gap, now.middle);
        this.#scrollTo(this.geometry.left + last.middle - now.middle);
      }
      last = now;
    }, { passive: false });
    this.scroller.addEventListener("touchend", () => (last = null));
  }

  // --- what is where -----------------------------------------------------------------------------

  /** Where an event is, in the pixels of the body. */
  at(event) {
    const box = this.body.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** The note under a point, and whether it is taken at its end; null for none. `reach`: pixels that a finger may miss. */
  hit({ x, y }, reach = 0) {
    const { view } = this.bench;
    const g = this.geometry;
    if (x < GUTTER) return null;
    let best = null;
    for (const note of view.layout.between(g.tick(x - reach - 4) - 1, g.tick(x + reach) + 1)) {
      const box = g.box(note, view.layout.shares.get(note), view.tracks[note.track][2]);
      if (!box) continue;
      const [left, top, width, height] = box;
      const dx = Math.max(left - x, x - left - width, 0);
      const dy = Math.max(top - y, y - top - height, 0);
      const mine = (note.track === view.voice ? 0 : 0.5) + (view.chosen.has(note.id) ? -0.6 : 0);
      if (dx > reach + 4 * (dx > 0 && view.chosen.has(note.id)) || dy > reach) continue;
      const distance = Math.hypot(dx, dy) + mine;
      if (!best || distance <= best.distance) {
        best = { note, distance, atEnd: x > left + width - Math.min(EDGE + reach / 2, width * 0.35) };
      }
    }
    return best;
  }
}
