/**
 * Staff and numbered notation: engraved pages with a playhead over them, sounding heads in colour, bars to be chosen.
 * @module
 */

import { h, keyed, put } from "./dom.js";
import { barsOf, endOf, lastIndex } from "./music.js";
import { PageMap } from "./page_map.js";

const STILL = 6;
const MOST_FETCHED = 12;
const fetched = new Map(); // pages and what went wrong, by address

export class ScorePages {
  /** @param {import("./bench.js").Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.tick = 0;
    this.lit = [];
    this.sheet = h("div", { class: "sheet" });
    this.marks = h("div", { class: "sheet-marks", "aria-hidden": "true" });
    this.head = h("div", { class: "playhead page-head", hidden: true, "aria-hidden": "true" });
    this.paper = h("div", { class: "paper" }, this.sheet, this.marks, this.head);
    this.note = h("p", { class: "page-note", role: "status" });
    this.hint = h("p", { class: "page-hint", text: bench.t("pages_sideways") }); // on a phone
    this.element = h("div", { class: "pages", tabindex: "0", role: "group", "aria-label": bench.t("view.staff") }, this.note, this.hint, this.paper);
    this.watch = new ResizeObserver(() => this.#lost());
    this.watch.observe(this.paper);
    this.#gestures();
  }

  dispose() {
    this.watch.disconnect();
  }

  /** Takes over what `bench.view` says now. */
  render() {
    const { view, clip } = this.bench;
    const kind = this.bench.kind;
    const pages = this.#pagesOf(clip.pages?.[kind]);
    put(this.element, "aria-label", view.label);
    this.element.dataset.kind = kind;
    const stale = this.bench.isStale;
    this.note.textContent = pages.length ? (stale ? view.t("pages_behind") : "") : this.problem || view.t("pages_wait");
    this.note.hidden = Boolean(pages.length) && !stale;
    this.paper.hidden = this.hint.hidden = !pages.length;
    if (keyed(this.sheet, [kind, pages.map(print)], () => pages.map(pageElement))) {
      this.score = clip.score;
      this.longest = clip.score.notes.reduce((most, note) => Math.max(most, note[2]), 0);
      this.#lost();
    }
    this.#shadeBars();
  }

  /** Pages as they were given, or from the address that was given; [] until they are there. */
  #pagesOf(source) {
    this.problem = "";
    if (typeof source !== "string") return source ?? [];
    if (!fetched.has(source)) {
      if (fetched.size >= MOST_FETCHED) fetched.delete(fetched.keys().next().value);
      fetched.set(source, { pages: [], problem: "" });
      fetchPages(source).then((found) => {
        fetched.set(source, found);
        if (this.bench.view) this.bench.changed();
      });
    }
    const { pages, problem } = fetched.get(source);
    this.problem = problem;
    if (problem) fetched.delete(source); // the next time it is looked at, it is asked for again
    return pages;
  }

  /** Puts the playhead at a tick, and lights what sounds there. */
  moveTo(tick, playing) {
    this.tick = tick;
    const map = this.#found();
    const at = map?.at(tick);
    this.head.hidden = !at;
    if (!at) return;
    this.head.style.transform = `translate(${at.x.toFixed(1)}px, ${at.top - 6}px)`;
    this.head.style.height = `${at.bottom - at.top + 12}px`;
    this.#light(playing ? this.#sounding(tick) : []);
    if (playing && this.seenTop !== at.top) {
      this.seenTop = at.top;
      this.#bringIntoSight(at);
    }
  }

  /** Indices of the engraved score's notes that sound at a tick. */
  #sounding(tick) {
    const { notes } = this.score;
    const found = [];
    for (let i = lastIndex(notes, ([onset]) => onset <= tick); i >= 0 && notes[i][0] > tick - this.longest; i--) {
      if (notes[i][0] + notes[i][2] > tick && !this.bench.sound.isSilent(notes[i][4])) found.push(i);
    }
    return found;
  }

  #bringIntoSight(at) {
    const box = this.element;
    if (at.top < box.scrollTop || at.bottom > box.scrollTop + box.clientHeight) {
      box.scrollTo({ top: at.top - 20, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }
  }

  #light(indices) {
    const now = indices.flatMap((index) => this.map.heads.get(index) ?? []);
    for (const group of this.lit) if (!now.includes(group)) group.classList.remove("sounding");
    for (const group of now) group.classList.add("sounding");
    this.lit = now;
  }

  /** The map of the pages, made when it is first needed: it asks for where everything is. */
  #found() {
    if (!this.map && this.sheet.firstChild && this.paper.offsetWidth) {
      this.bars = barsOf(this.score, endOf(this.score.notes));
      this.map = new PageMap(this.sheet, this.score, this.bars);
      if (this.map.isEmpty) this.map = null;
    }
    return this.map;
  }

  #lost() {
    this.map = null;
    this.lit = [];
    if (!this.bench.view) return;
    this.#shadeBars();
    this.moveTo(this.tick, this.bench.playing);
  }

  #shadeBars() {
    const bars = this.bench.choice.bars;
    const map = bars && this.#found();
    const chosen = map ? map.places.filter(({ bar }) => bar.number >= bars[0] && bar.number <= bars[1]) : [];
    const boxes = chosen.map(({ left, right, system }) => {
      const box = h("div", { class: "chosen-bar" });
      Object.assign(box.style, { left: `${left}px`, width: `${right - left}px`, top: `${system.top - 6}px`, height: `${system.bottom - system.top + 12}px` });
      return box;
    });
    this.marks.replaceChildren(...boxes);
  }

  #gestures() {
    const point = (event) => {
      const box = this.paper.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let from = null;
    const range = (event) => {
      const numbers = [from.bar, this.map?.placeAt(...point(event))?.bar.number ?? from.bar];
      return [Math.min(...numbers), Math.max(...numbers)];
    };
    this.paper.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.#found()) return;
      const [x, y] = point(event);
      const drags = event.pointerType !== "touch" && this.bench.selectable;
      from = { x, y, id: event.pointerId, bar: this.map.placeAt(x, y).bar.number, drags, moved: false };
      if (drags) event.preventDefault();
      this.element.focus({ preventScroll: true });
    });
    this.paper.addEventListener("pointermove", (event) => {
      if (!from?.drags || event.pointerId !== from.id) return;
      const [x, y] = point(event);
      if (!from.moved && Math.hypot(x - from.x, y - from.y) < STILL) return;
      if (!from.moved) this.paper.setPointerCapture(event.pointerId);
      from.moved = true;
      this.bench.choice.selectBars(range(event), false);
    });
    this.paper.addEventListener("pointerup", (event) => {
      if (!from || event.pointerId !== from.id) return;
      if (from.moved) this.bench.choice.selectBars(range(event), true);
      else this.bench.seek(this.map ? this.map.tickAt(...point(event)) : 0);
      from = null;
    });
    this.paper.addEventListener("pointercancel", () => (from = null));
  }

}

async function fetchPages(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? { pages: await answer.json(), problem: "" } : { pages: [], problem: await answer.text() };
  } catch (error) {
    return { pages: [], problem: String(error.message) };
  }
}

/** Our own engraving, trusted as it comes from the server's pen: names in it are escaped there. */
function pageElement(svg) {
  const page = h("div", { class: "page" });
  page.innerHTML = svg;
  return page;
}

/** Enough of a page to know it again. */
function print(svg) {
  return `${svg.length} ${/ id="([^"]*)"/.exec(svg)?.[1]}`;
}
