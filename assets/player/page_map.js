/**
 * Where the ticks of a score are on its engraved pages (SVG of `musegen.notation`): systems, bars, heads.
 *
 * The head of note i is in a group with the id `<prefix>n<i>`, its tied continuations in `<prefix>n<i>-2` and so on. Bars are
 * groups of class "measure" or with an id `<prefix>b<number>`, systems are groups of class "system".
 *
 * @typedef {{bar: import("./music.js").Bar, left: number, right: number, top: number, bottom: number,
 *   anchors: [number, number][]}} Place one bar on the page; anchors are [tick, x], both rising
 * @module
 */

import { barIndexAt, lastIndex } from "./music.js";

const HEAD = /-n(\d+)(?:-(\d+))?$/;
const BAR = /-b(\d+)$/;
const RESTS = ".rest, .mRest, .space, .mSpace, .multiRest";

export class PageMap {
  /**
   * @param {HTMLElement} sheet holds the pages; all places are in its pixels
   * @param {import("./music.js").Score} score the one that was engraved
   * @param {import("./music.js").Bar[]} bars of that score
   */
  constructor(sheet, score, bars) {
    this.heads = new Map();
    this.places = [];
    const origin = sheet.getBoundingClientRect();
    const box = (element) => {
      const r = element.getBoundingClientRect();
      return { left: r.left - origin.left, right: r.right - origin.left, top: r.top - origin.top, bottom: r.bottom - origin.top };
    };
    let next = 0;
    for (const element of barElements(sheet)) {
      const heads = headsIn(element);
      for (const { index, group } of heads) {
        if (!this.heads.has(index)) this.heads.set(index, []);
        this.heads.get(index).push(group);
      }
      const number = BAR.exec(element.id)?.[1];
      const first = heads.find(({ part }) => part === 1);
      if (number !== undefined) next = bars.findIndex((bar) => bar.number === Number(number));
      else if (first && score.notes[first.index]) next = barIndexAt(bars, score.notes[first.index][0]);
      const bar = bars[next];
      next += 1;
      if (bar) this.places.push(place(element, heads, bar, score, box));
    }
    this.places.sort((a, b) => a.bar.start - b.bar.start);
    this.#join(sheet, box);
  }

  /** Bars of one system get its height and touch each other. */
  #join(sheet, box) {
    this.systems = [];
    for (const one of this.places) {
      const system = this.systems.at(-1);
      const same = system && one.left > system.places.at(-1).left && one.top < system.bottom && one.bottom > system.top;
      if (same) {
        system.places.push(one);
        system.top = Math.min(system.top, one.top);
        system.bottom = Math.max(system.bottom, one.bottom);
      } else this.systems.push({ places: [one], top: one.top, bottom: one.bottom });
    }
    for (const system of this.systems) {
      system.places.forEach((one, i) => {
        one.system = system;
        if (i) one.left = system.places[i - 1].right;
        const last = one.anchors.at(-1);
        if (!last || last[0] < one.bar.end) one.anchors.push([one.bar.end, Math.max(one.right, last?.[1] ?? 0)]);
      });
    }
  }

  get isEmpty() {
    return !this.places.length;
  }

  /** Where a tick is: {x, top, bottom}; null on an empty page. */
  at(tick) {
    const one = this.places[Math.max(0, lastIndex(this.places, ({ bar }) => bar.start <= tick))];
    if (!one) return null;
    const { anchors } = one;
    const i = Math.max(0, lastIndex(anchors, ([start]) => start <= tick));
    const [[from, x], [to, end]] = [anchors[i], anchors[i + 1] ?? anchors[i]];
    const share = to > from ? Math.min(Math.max((tick - from) / (to - from), 0), 1) : 0;
    return { x: x + share * (end - x), top: one.system.top, bottom: one.system.bottom };
  }

  /** The bar nearest to a point. @returns {?Place} */
  placeAt(x, y) {
    const away = ({ top, bottom }) => Math.max(top - y, y - bottom, 0);
    const system = this.systems.reduce((best, one) => (!best || away(one) < away(best) ? one : best), null);
    return system && (system.places.find((one) => x < one.right) ?? system.places.at(-1));
  }

  /** The tick nearest to a point. */
  tickAt(x, y) {
    const one = this.placeAt(x, y);
    if (!one) return 0;
    const { anchors } = one;
    const i = Math.min(Math.max(0, lastIndex(anchors, ([, start]) => start <= x)), anchors.length - 2);
    if (i < 0) return one.bar.start;
    const [[from, left], [to, right]] = [anchors[i], anchors[i + 1]];
    return from + Math.min(Math.max((x - left) / Math.max(right - left, 1), 0), 1) * (to - from);
  }
}

function barElements(sheet) {
  const measures = [...sheet.querySelectorAll("g.measure")];
  if (measures.length) return measures;
  const bars = [...sheet.querySelectorAll("g[id]")].filter((group) => BAR.test(group.id));
  return bars.length ? bars : [...sheet.querySelectorAll("svg")];
}

function headsIn(element) {
  const found = [];
  for (const group of element.querySelectorAll("g[id]")) {
    const match = HEAD.exec(group.id);
    if (match) found.push({ group, index: Number(match[1]), part: Number(match[2] ?? 1) });
  }
  return found;
}

function place(element, heads, bar, score, box) {
  const staves = [...element.querySelectorAll(".staff > path, .area")]; // lines of staves, or the box of a numbered bar
  const whole = (staves.length ? staves : [element]).map(box);
  const edges = {
    left: Math.min(...whole.map((b) => b.left)), right: Math.max(...whole.map((b) => b.right)),
    top: Math.min(...whole.map((b) => b.top)), bottom: Math.max(...whole.map((b) => b.bottom)),
  };
  const at = new Map();
  const anchor = (tick, x) => at.set(tick, Math.min(x, at.get(tick) ?? Infinity));
  let first = Infinity;
  for (const { group, index, part } of heads) {
    const note = score.notes[index];
    const b = box(group.querySelector(".notehead, text") ?? group);
    const x = (b.left + b.right) / 2;
    first = Math.min(first, x);
    if (note && part === 1 && note[0] >= bar.start && note[0] < bar.end) anchor(note[0], x);
  }
  for (const rest of element.querySelectorAll(RESTS)) {
    const b = box(rest);
    if (b.right > b.left && !rest.classList.contains("mRest")) first = Math.min(first, (b.left + b.right) / 2);
  }
  if (!at.has(bar.start)) at.set(bar.start, Number.isFinite(first) ? first : edges.left + (edges.right - edges.left) * 0.15);
  const anchors = [...at].sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < anchors.length; i++) anchors[i][1] = Math.max(anchors[i][1], anchors[i - 1][1]);
  return { bar, ...edges, anchors };
}
