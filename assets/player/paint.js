/**
 * Draws the piano roll on its canvases: the ruler, and the body with names, bars, notes, faults and values by bar.
 * Only what is in sight is drawn.
 *
 * @typedef {import("./view.js").View} View
 * @module
 */

import { GUTTER } from "./geometry.js";
import { lastIndex } from "./music.js";
import { paintMarks, paintNotes } from "./paint_notes.js";

const SMALL = "600 11px system-ui, sans-serif";
const TEXT = "600 13px system-ui, sans-serif";

/** Fits a canvas to its place and the screen's pixels; gives its context, wiped, in CSS pixels. */
export function prepare(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const c = canvas.getContext("2d", { alpha: false });
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  return c;
}

/** Bars that are at least partly in sight. */
function barsInSight(view, [from, to]) {
  const first = Math.max(0, lastIndex(view.bars, (bar) => bar.start <= from));
  return view.bars.slice(first, lastIndex(view.bars, (bar) => bar.start < to) + 1);
}

/** Bar numbers, metres, the selection and the loop above the roll. */
export function paintRuler(c, geometry, view, height) {
  const { palette: p } = view;
  const { width } = geometry;
  c.fillStyle = p.stripe;
  c.fillRect(0, 0, width, height);
  c.save();
  clip(c, GUTTER, 0, width - GUTTER, height);
  shadeSelection(c, geometry, view, height, 0.3);
  const all = barsInSight(view, geometry.sight);
  const every = barStep(geometry, view);
  c.font = TEXT;
  c.textBaseline = "middle";
  for (const bar of all) {
    const x = Math.round(geometry.x(bar.start)) + 0.5;
    const numbered = bar.number % every === 0 || bar.number === 1 || every === 1;
    c.strokeStyle = p.line;
    stroke(c, x, numbered ? 4 : height - 8, x, height);
    if (!numbered || (bar.number === 0 && every > 1)) continue;
    c.fillStyle = bar.start < view.end ? p.ink : p.soft;
    c.fillText(String(bar.number), x + 5, height / 2);
    const metre = view.metres.find(([tick]) => tick === bar.start || (bar.start === 0 && tick === 0));
    if (metre && bar.length * geometry.scale * every > 70) {
      c.fillStyle = p.soft;
      c.font = SMALL;
      c.fillText(`${metre[1]}/${metre[2]}`, x + 12 + 8 * String(bar.number).length, height / 2);
      c.font = TEXT;
    }
  }
  if (view.loop) {
    const [from, to] = view.loop.map((tick) => geometry.x(tick));
    c.fillStyle = p.accent;
    c.fillRect(from, height - 4, to - from, 4);
    c.fillRect(from, height - 12, 3, 12);
    c.fillRect(to - 3, height - 12, 3, 12);
  }
  c.restore();
  c.fillStyle = p.stripe;
  c.fillRect(0, 0, GUTTER, height);
  c.fillStyle = p.soft;
  c.font = SMALL;
  c.textBaseline = "middle";
  c.fillText(view.t("bar"), 8, height / 2);
  c.strokeStyle = p.line;
  stroke(c, 0, height - 0.5, width, height - 0.5);
}

/** Every how many bars a number has room. */
function barStep(geometry, view) {
  const room = view.bars[view.bars.length - 1].length * geometry.scale;
  return [1, 2, 4, 5, 8, 10, 16, 20, 25, 50, 100, 200, 500].find((step) => step * room >= 36) ?? 1000;
}

/** Everything under the ruler. */
export function paintBody(c, geometry, view) {
  const { palette: p } = view;
  const { width, height, rows } = geometry;
  c.fillStyle = p.ground;
  c.fillRect(0, 0, width, height);
  c.save();
  clip(c, GUTTER, 0, width - GUTTER, height);
  paintRows(c, geometry, view);
  paintLines(c, geometry, view);
  shadeSelection(c, geometry, view, Math.min(height, geometry.y(rows.length)), 0.14);
  paintNotes(c, geometry, view);
  paintMarks(c, geometry, view);
  if (view.box) {
    const [x, y, w, h] = view.box;
    c.fillStyle = p.accent;
    c.globalAlpha = 0.16;
    c.fillRect(x, y, w, h);
    c.globalAlpha = 1;
    c.strokeStyle = p.accent;
    c.setLineDash([5, 3]);
    c.strokeRect(x, y, w, h);
    c.setLineDash([]);
  }
  c.restore();
  paintNames(c, geometry, view);
}

function paintRows(c, geometry, { palette: p, end }) {
  const { rows, rowHeight, height, width } = geometry;
  const bottom = geometry.row(height);
  for (let i = geometry.row(0); i <= bottom; i++) {
    const [row, y] = [rows.list[i], geometry.y(i)];
    if (row.black || (row.drum && i % 2)) {
      c.fillStyle = p.stripe;
      c.fillRect(GUTTER, y, width - GUTTER, rowHeight);
    }
    const next = rows.list[i + 1];
    if ((row.pitch % 12 === 0 && !row.drum) || (next && next.drum !== row.drum)) {
      c.strokeStyle = next?.drum && !row.drum ? p.ink : p.line;
      stroke(c, GUTTER, Math.round(y + rowHeight) - 0.5, width, Math.round(y + rowHeight) - 0.5);
    }
  }
  c.fillStyle = p.beyond;
  const x = geometry.x(end);
  c.globalAlpha = 0.7;
  if (x < width) c.fillRect(Math.max(x, GUTTER), 0, width - x, height);
  c.globalAlpha = 1;
}

function paintLines(c, geometry, view) {
  const { palette: p } = view;
  const bottom = Math.min(geometry.height, geometry.y(geometry.rows.length));
  for (const bar of barsInSight(view, geometry.sight)) {
    const beat = (4 * view.resolution) / bar.denominator;
    const fine = view.editable && view.grid * geometry.scale >= 9 ? view.grid : null;
    c.strokeStyle = p.faint;
    c.beginPath();
    const step = fine ?? (beat * geometry.scale >= 12 ? beat : bar.length);
    for (let tick = bar.start + step; tick < bar.end; tick += step) {
      const x = Math.round(geometry.x(tick)) + 0.5;
      c.moveTo(x, 0);
      c.lineTo(x, bottom);
    }
    c.stroke();
    const x = Math.round(geometry.x(bar.start)) + 0.5;
    c.strokeStyle = p.line;
    if (bar.length * geometry.scale >= 5) stroke(c, x, 0, x, bottom);
  }
  const x = Math.round(geometry.x(view.end)) + 0.5;
  c.strokeStyle = p.ink;
  c.lineWidth = 2;
  stroke(c, x, 0, x, bottom);
  c.lineWidth = 1;
}

function shadeSelection(c, geometry, { palette: p, span }, height, strength) {
  if (!span) return;
  const [from, to] = span.map((tick) => geometry.x(tick));
  c.fillStyle = p.accent;
  c.globalAlpha = strength;
  c.fillRect(from, 0, to - from, height);
  c.globalAlpha = 1;
  c.fillRect(from - 1, 0, 2, height);
  c.fillRect(to - 1, 0, 2, height);
}

/** Keys and names at the left. */
function paintNames(c, geometry, { palette: p }) {
  const { rows, rowHeight, height } = geometry;
  c.fillStyle = p.ground;
  c.fillRect(0, 0, GUTTER, height);
  const bottom = geometry.row(height);
  c.textBaseline = "middle";
  c.font = rowHeight >= 15 ? TEXT : SMALL;
  for (let i = geometry.row(0); i <= bottom; i++) {
    const [row, y] = [rows.list[i], geometry.y(i)];
    if (!row.drum) {
      c.fillStyle = p.key;
      c.fillRect(40, y, GUTTER - 40, rowHeight);
      if (row.black) {
        c.fillStyle = p.blackKey;
        c.fillRect(40, y + 0.5, 11, rowHeight - 1);
      } else if ([0, 5].includes(row.pitch % 12)) {
        c.strokeStyle = p.line;
        stroke(c, 40, Math.round(y + rowHeight) - 0.5, GUTTER, Math.round(y + rowHeight) - 0.5);
      }
    }
    const shown = row.drum || rowHeight >= 13 ? !row.black : rowHeight >= 8 ? [0, 4, 7].includes(row.pitch % 12) : row.pitch % 12 === 0;
    if (!shown) continue;
    c.fillStyle = row.pitch % 12 === 0 || row.drum ? p.ink : p.soft;
    c.fillText(row.name, 6, y + rowHeight / 2 + 0.5, row.drum ? GUTTER - 10 : 33);
  }
  c.strokeStyle = p.line;
  stroke(c, GUTTER - 0.5, 0, GUTTER - 0.5, height);
}

/** A value for each bar, in a strip under the roll. */
export function paintValues(c, geometry, view, height) {
  const { palette: p, barValues } = view;
  c.fillStyle = p.ground;
  c.fillRect(0, 0, geometry.width, height);
  c.save();
  clip(c, GUTTER, 0, geometry.width - GUTTER, height);
  const values = new Map(barValues.values.map((row) => [row[0], row]));
  c.font = SMALL;
  c.textBaseline = "middle";
  for (const bar of barsInSight(view, geometry.sight)) {
    const row = values.get(bar.number);
    if (!row) continue;
    const value = Math.min(Math.max(row[1], 0), 1);
    const [x, w] = [geometry.x(bar.start) + 1, Math.max(bar.length * geometry.scale - 2, 1)];
    c.fillStyle = p.faint;
    c.fillRect(x, 4, w, height - 8);
    c.fillStyle = p.accent;
    c.fillRect(x, 4 + (height - 8) * (1 - value), w, (height - 8) * value);
    const text = c.measureText(row[2]).width + 12 < w ? row[2] : w >= 30 ? String(Math.round(value * 100)) : "";
    if (!text) continue;
    c.fillStyle = p.ground;
    c.globalAlpha = 0.86;
    c.fillRect(x + 3, height / 2 - 8, c.measureText(text).width + 6, 16);
    c.globalAlpha = 1;
    c.fillStyle = p.ink;
    c.fillText(text, x + 6, height / 2 + 0.5);
  }
  c.restore();
  c.strokeStyle = p.line;
  stroke(c, 0, 0.5, geometry.width, 0.5);
  c.fillStyle = p.soft;
  c.font = SMALL;
  c.fillText(barValues.name, 6, height / 2, GUTTER - 10);
}

function clip(c, x, y, w, h) {
  c.beginPath();
  c.rect(x, y, w, h);
  c.clip();
}

function stroke(c, x, y, u, v) {
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(u, v);
  c.stroke();
}
