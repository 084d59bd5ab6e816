/**
 * Draws the notes of the piano roll, and the faults that are marked on them.
 * @module
 */

import { GUTTER } from "./geometry.js";
import { hatchOf, lookOf, outline } from "./look.js";

const SMALL = "600 11px system-ui, sans-serif";

/** The notes in sight: colour, hatch, shape and letter of their part; given, locked, chosen, sounding. */
export function paintNotes(c, geometry, view) {
  const { layout, palette: p, tracks, span, voices } = view;
  const ratio = globalThis.devicePixelRatio || 1;
  const hatches = tracks.map((_, i) => hatchOf(c, lookOf(i).hatch, p.hatch, ratio));
  const [from, to] = geometry.sight;
  c.font = SMALL;
  c.textBaseline = "middle";
  for (const note of layout.between(from, to)) {
    const box = geometry.box(note, layout.shares.get(note), tracks[note.track][2]);
    if (!box || box[1] > geometry.height || box[1] + box[3] < 0) continue;
    const look = lookOf(note.track);
    const [x, y, w, h] = box;
    const outside = span && note.onset < span[1] && note.onset + note.duration > span[0] && !voices.has(note.track);
    const pale = view.silent(note.track) || outside;
    c.globalAlpha = pale ? 0.3 : 1;
    outline(c, look.shape, x, y, w, h);
    c.fillStyle = look.colour;
    c.fill();
    if (hatches[note.track] && h > 4) {
      c.fillStyle = hatches[note.track];
      c.fill();
    }
    if (view.sounding.has(note.id)) {
      c.fillStyle = "#ffffff";
      c.globalAlpha = pale ? 0.1 : 0.45;
      c.fill();
      c.globalAlpha = pale ? 0.3 : 1;
      c.strokeStyle = p.playhead;
      c.lineWidth = note.given ? 4 : 2;
      c.stroke();
    }
    if (note.given) {
      c.strokeStyle = p.ink;
      c.lineWidth = 2;
      c.stroke();
    }
    if (view.chosen.has(note.id)) ring(c, look.shape, box, p);
    let inner = x + 4;
    if (note.locked) inner = padlock(c, look, x, y, w, h, p);
    c.globalAlpha = pale ? 0.45 : 1;
    const start = Math.max(inner, GUTTER + 4);
    if (h >= 11 && x + w - start >= 15) tag(c, view.tags[note.track], look, start, y + h / 2);
  }
  c.globalAlpha = 1;
  c.lineWidth = 1;
}

/** The part's letter on a plate of the part's colour, so that no hatch runs through it. */
function tag(c, text, look, x, y) {
  const width = c.measureText(text).width;
  c.fillStyle = look.colour;
  c.fillRect(x - 2, y - 6, width + 4, 12);
  c.fillStyle = look.ink;
  c.fillText(text, x, y + 0.5);
}

function ring(c, shape, [x, y, w, h], p) {
  outline(c, shape, x - 2.5, y - 2.5, w + 5, h + 5);
  c.strokeStyle = p.ink;
  c.lineWidth = 2;
  c.stroke();
  c.fillStyle = p.ink;
  c.fillRect(x + w - 1, y + h / 2 - Math.min(h, 12) / 2 - 1, 4, Math.min(h, 12) + 2); // where one pulls
}

/** A padlock at the note's start (above a note that is too small for it); gives where the rest of the note begins. */
function padlock(c, look, x, y, w, h, p) {
  const inside = w >= 16 && h >= 11;
  const [left, top] = inside ? [x + 4, y + h / 2 - 1] : [x, y - 6];
  if (inside) {
    c.fillStyle = look.colour;
    c.fillRect(left - 2, top - 5, 12, 11);
  }
  c.fillStyle = c.strokeStyle = inside ? look.ink : p.ink;
  c.fillRect(left, top, 8, 5.5);
  c.lineWidth = 1.5;
  c.beginPath();
  c.arc(left + 4, top, 2.6, Math.PI, 0);
  c.stroke();
  return inside ? left + 13 : x + 4;
}

/** Faults: the notes outlined and joined, with a number, and words where there is room for them. */
export function paintMarks(c, geometry, view) {
  const { palette: p, marks, tracks, layout } = view;
  const [from, to] = geometry.sight;
  const taken = [];
  marks.forEach((mark, number) => {
    const boxes = mark.notes
      .filter((note) => note && note.onset < to && note.onset + note.duration > from)
      .map((note) => geometry.box(note, layout.shares.get(note), tracks[note.track][2]))
      .filter(Boolean);
    if (!boxes.length) return;
    const colour = mark.kind === "error" ? p.error : p.warning;
    c.strokeStyle = colour;
    c.lineWidth = 3;
    c.setLineDash(mark.kind === "error" ? [] : [6, 3]);
    for (const [x, y, w, h] of boxes) {
      c.beginPath();
      c.roundRect(x - 4, y - 4, w + 8, h + 8, 5);
      c.stroke();
    }
    c.setLineDash([2, 3]);
    c.lineWidth = 2;
    const middles = boxes.map(([x, y, w, h]) => [x + Math.min(w, 24) / 2, y + h / 2]);
    c.beginPath();
    middles.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
    c.setLineDash([]);
    label(c, geometry, view, `${mark.kind === "error" ? "✕" : "!"} ${number + 1}`, mark.text, boxes, colour, taken);
  });
  c.lineWidth = 1;
}

function label(c, geometry, { palette: p }, sign, text, boxes, colour, taken) {
  c.font = SMALL;
  c.textBaseline = "middle";
  const x = Math.max(boxes[0][0] - 4, GUTTER + 2);
  const top = Math.min(...boxes.map((box) => box[1]));
  const free = (place) => taken.every(([a, b, w]) => Math.abs(b - place[1]) > 19 || a > place[0] + place[2] || place[0] > a + w);
  const fits = (place) => place[1] > 0 && place[0] + place[2] < geometry.width - 4 && free(place);
  const whole = `${sign} ${text}`;
  const widths = [c.measureText(whole).width + 12, c.measureText(sign).width + 12];
  const places = [top - 25, top - 45, 3].map((y) => Math.max(y, 3));
  const choices = [0, 1].flatMap((kind) => places.map((y) => [x, y, widths[kind], kind]));
  const place = choices.find(fits) ?? [x, 3, widths[1], 1];
  taken.push(place);
  c.fillStyle = p.ground;
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.beginPath();
  c.roundRect(place[0], place[1], place[2], 18, 5);
  c.fill();
  c.stroke();
  c.fillStyle = colour;
  c.fillText(place[3] ? sign : whole, place[0] + 6, place[1] + 9.5);
}
