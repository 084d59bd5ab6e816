/**
 * Where things are in the piano roll: rows, ticks to pixels and back, which notes are in sight. No elements.
 * @module
 */

import { drumWord, isBlack, lastIndex, pitchName } from "./music.js";

export const GUTTER = 58; // pixels for the names at the left

/**
 * The rows of a roll from top to bottom: pitches downwards, then the drums that are struck.
 */
export class Rows {
  /**
   * @param {?[number, number]} range lowest and highest pitch; null for none
   * @param {number[]} drums
   * @param {function(string): string} words names of drums
   */
  constructor(range, drums, words) {
    const [low, high] = range ?? [1, 0];
    this.list = [];
    for (let pitch = high; pitch >= low; pitch--) {
      this.list.push({ pitch, drum: false, black: isBlack(pitch), name: pitchName(pitch) });
    }
    for (const pitch of [...new Set(drums)].sort((a, b) => b - a)) {
      this.list.push({ pitch, drum: true, black: false, name: words(`drum.${drumWord(pitch)}`) });
    }
    this.places = new Map(this.list.map((row, i) => [row.pitch + (row.drum ? 1000 : 0), i]));
    this.key = `${low} ${high} ${this.list.length}`;
  }

  get length() {
    return this.list.length;
  }

  /** Index of the row of a pitch; undefined where it has none. */
  of(pitch, drum) {
    return this.places.get(pitch + (drum ? 1000 : 0));
  }
}

/**
 * Notes in the order of time, ready to be searched and drawn: `notes`, and for each the share of its row that it takes
 * (parts that sound one pitch at once share it, upper parts above).
 */
export class Layout {
  constructor(notes) {
    this.notes = notes;
    this.ends = [];
    let last = 0;
    for (const note of notes) this.ends.push((last = Math.max(last, note.onset + note.duration)));
    this.end = last;
    this.shares = new Map();
    this.#share();
  }

  #share() {
    const sounding = new Map();
    const meets = new Map();
    const meet = (note, track) => (meets.get(note) ?? meets.set(note, new Set([note.track])).get(note)).add(track);
    for (const note of this.notes) {
      const others = (sounding.get(note.pitch) ?? []).filter((n) => n.onset + n.duration > note.onset);
      for (const other of others) {
        if (other.track === note.track) continue;
        meet(note, other.track);
        meet(other, note.track);
      }
      others.push(note);
      sounding.set(note.pitch, others);
    }
    for (const [note, tracks] of meets) {
      const order = [...tracks].sort((a, b) => a - b);
      this.shares.set(note, [order.indexOf(note.track) / order.length, 1 / order.length]);
    }
  }

  /** Notes that sound between two ticks. */
  *between(from, to) {
    const { notes, ends } = this;
    for (let i = lastIndex(ends, (end) => end <= from) + 1; i < notes.length && notes[i].onset < to; i++) {
      if (notes[i].onset + notes[i].duration > from) yield notes[i];
    }
  }
}

/** Ticks and rows to pixels of the drawing, and back. */
export class Geometry {
  constructor() {
    Object.assign(this, { scale: 0.1, rowHeight: 14, left: 0, top: 0, width: 0, height: 0, rows: null, ticks: 0 });
  }

  /** Pixels from the drawing's left edge. */
  x(tick) {
    return GUTTER + tick * this.scale - this.left;
  }

  tick(x) {
    return Math.max(0, (x - GUTTER + this.left) / this.scale);
  }

  /** Top of a row. */
  y(row) {
    return row * this.rowHeight - this.top;
  }

  row(y) {
    return Math.min(Math.max(Math.floor((y + this.top) / this.rowHeight), 0), this.rows.length - 1);
  }

  /** First and last tick in sight. */
  get sight() {
    return [this.tick(GUTTER), this.tick(this.width)];
  }

  /** Box of a note: [x, y, width, height]; null where its pitch has no row. */
  box(note, share, drum) {
    const row = this.rows.of(note.pitch, drum);
    if (row === undefined) return null;
    const [from, part] = share ?? [0, 1];
    const gap = this.rowHeight > 9 ? 1 : 0.5;
    const x = this.x(note.onset);
    const width = Math.max(note.duration * this.scale - 1, 2.5);
    const inner = this.rowHeight - 2 * gap;
    return [x, this.y(row) + gap + from * inner, width, part * inner];
  }
}
