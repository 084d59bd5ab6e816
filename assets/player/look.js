/**
 * How parts look: a colour (Okabe & Ito 2008), a shape and a hatch each, so that nothing rests on colour alone.
 * @module
 */

const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
const HATCHES = ["none", "rising", "dots", "falling", "cross", "lines", "upright", "rings"];
const SHAPES = ["square", "round", "slanted", "pointed"];
const TILE = 8; // pixels

/** Colours of the drawing in both themes. */
const PALETTES = {
  light: {
    ground: "#ffffff", ink: "#20242b", soft: "#5b6270", line: "#b9bdc6", faint: "#e3e5ea", stripe: "#f3f4f7", beyond: "#f7f7f9",
    key: "#ffffff", blackKey: "#3a3f4a", accent: "#0072B2", playhead: "#c02a1d", error: "#b3261e", warning: "#8a5300", hatch: "#ffffff",
  },
  dark: {
    ground: "#15181d", ink: "#eceae4", soft: "#a9afba", line: "#4a505c", faint: "#2a2f38", stripe: "#1b1f26", beyond: "#111317",
    key: "#d9dbe0", blackKey: "#0b0d10", accent: "#56B4E9", playhead: "#ff8a75", error: "#ff8f85", warning: "#f0b44c", hatch: "#15181d",
  },
};

export function paletteOf(theme) {
  return PALETTES[theme === "dark" ? "dark" : "light"];
}

/** @returns {{colour: string, shape: string, hatch: string, ink: string}} of the part with this index */
export function lookOf(track) {
  const round = Math.floor(track / OKABE_ITO.length);
  const colour = OKABE_ITO[track % OKABE_ITO.length];
  return { colour, shape: SHAPES[track % SHAPES.length], hatch: HATCHES[(track + round) % HATCHES.length], ink: inkOn(colour) };
}

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.19 ? "#10131a" : "#ffffff";
}

const tiles = new Map();

/** The hatch of a part as something a canvas can fill with; null for none. `ratio`: device pixels per pixel. */
export function hatchOf(context, hatch, colour, ratio) {
  if (hatch === "none") return null;
  const key = `${hatch} ${colour} ${ratio}`;
  if (!tiles.has(key)) tiles.set(key, drawTile(hatch, colour, ratio));
  const pattern = context.createPattern(tiles.get(key), "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

function drawTile(hatch, colour, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * ratio);
  const c = tile.getContext("2d");
  c.scale(tile.width / TILE, tile.height / TILE);
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 1.3;
  c.globalAlpha = 0.75;
  c.beginPath();
  const line = (x, y, u, v) => (c.moveTo(x, y), c.lineTo(u, v));
  if (hatch === "rising" || hatch === "cross") for (const x of [-TILE, 0, TILE]) line(x - 1, TILE + 1, x + TILE + 1, -1);
  if (hatch === "falling" || hatch === "cross") for (const x of [-TILE, 0, TILE]) line(x - 1, -1, x + TILE + 1, TILE + 1);
  if (hatch === "lines") line(0, 4, TILE, 4);
  if (hatch === "upright") line(4, 0, 4, TILE);
  c.stroke();
  c.beginPath();
  if (hatch === "dots") for (const [x, y] of [[2, 2], [6, 6]]) c.rect(x - 0.9, y - 0.9, 1.8, 1.8);
  c.fill();
  c.beginPath();
  if (hatch === "rings") c.arc(4, 4, 2.2, 0, 7);
  c.stroke();
  return tile;
}

/** The outline of a note of a shape in the box (x, y, w, h), as the context's path. */
export function outline(c, shape, x, y, w, h) {
  const slope = Math.min(h * 0.45, w * 0.3);
  c.beginPath();
  if (shape === "slanted" && w > 6) {
    c.moveTo(x + slope, y);
    c.lineTo(x + w, y);
    c.lineTo(x + w - slope, y + h);
    c.lineTo(x, y + h);
    c.closePath();
  } else if (shape === "pointed" && w > 6) {
    c.moveTo(x, y);
    c.lineTo(x + w - slope, y);
    c.lineTo(x + w, y + h / 2);
    c.lineTo(x + w - slope, y + h);
    c.lineTo(x, y + h);
    c.closePath();
  } else c.roundRect(x, y, w, h, shape === "round" ? Math.min(h, w) / 2 : Math.min(2.5, w / 3));
}

/** A small picture of how a part looks: for its chip. */
export function swatch(track, theme, size = [34, 16]) {
  const canvas = document.createElement("canvas");
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = size;
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  canvas.style.width = `${w}px`;
  canvas.style.height = `${h}px`;
  canvas.setAttribute("aria-hidden", "true");
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  const look = lookOf(track);
  outline(c, look.shape, 1, 1, w - 2, h - 2);
  c.fillStyle = look.colour;
  c.fill();
  const pattern = hatchOf(c, look.hatch, paletteOf(theme).hatch, ratio);
  if (pattern) {
    c.fillStyle = pattern;
    c.fill();
  }
  return canvas;
}
