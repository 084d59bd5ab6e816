/**
 * What the bench shows, as one value: made anew whenever something changed, read by all that draws.
 *
 * @typedef {{t: function(string, Object=): string, score: import("./music.js").Score, bars: import("./music.js").Bar[],
 *   end: number, most: number, span: ?[number, number], rows: Rows, layout: Layout, palette: Object, resolution: number,
 *   metres: number[][], tracks: [string, number, boolean][], tags: string[], voices: Set<number>, loop: ?[number, number],
 *   marks: {notes: Object[], kind: string, text: string}[], barValues: ?Object, chosen: Set<number>, sounding: Set<number>,
 *   box: ?number[], silent: function(number): boolean, editable: boolean, grid: number, voice: number, label: string,
 *   piece: string}} View
 *   `end`: first tick after the bars that hold music; `most`: after all bars that can be reached; `span`: ticks of the selected
 *   bars; `chosen`, `sounding`: ids of notes; `box`: what is being drawn around notes, in pixels; `piece`: another one for
 *   another piece
 * @module
 */

import { Layout, Rows } from "./geometry.js";
import { paletteOf } from "./look.js";
import { barsOf, endOf, spanOf, voiceTags } from "./music.js";

const SPARE_ROWS = 4; // above and below, where one can write
const FEWEST_ROWS = 14;
const NO_NOTES = [57, 76];
const DRUM_KIT = [36, 38, 42, 46, 49];

/** @param {import("./bench.js").Bench} bench @returns {View} */
export function viewOf(bench) {
  const { clip, t, data, desk, sound } = bench;
  const { score } = clip;
  const { notes } = desk.editor;
  const layout = new Layout(notes);
  const own = barsOf(score, layout.end);
  const end = own.at(-1).end;
  const most = Math.max(end, ...data.clips.map((other) => lastTick(other.score)));
  const bars = barsOf(score, data.editable && end === most ? most + 1 : most);
  const span = bench.choice.bars && spanOf(bars, bench.choice.bars);
  const marked = (index) => notes.find((note) => isAt(note, score.notes[index]));
  const piece = JSON.stringify([data.piece ?? data.clips[0].score.title, score.metres, score.pickup]);
  return {
    t, score, bars, end, most, span, layout,
    rows: rowsOf(bench, score, notes, piece),
    piece,
    palette: paletteOf(data.theme),
    resolution: score.resolution, metres: score.metres, tracks: score.tracks, tags: voiceTags(score),
    voices: bench.choice.voices, loop: sound.isLooping ? (span ?? [0, end]) : null,
    marks: (clip.marks ?? []).map((mark) => ({ ...mark, notes: mark.notes.map(marked) })),
    barValues: clip.bar_values ?? null,
    chosen: desk.chosen, sounding: bench.sounding, box: null, silent: (track) => sound.isSilent(track),
    editable: bench.editable, grid: desk.grid, voice: desk.voice,
    label: t("roll_label", { name: clip.name, bars: own.at(-1).number, notes: notes.length }),
  };
}

/**
 * Rows for all versions, so that nothing jumps when one is switched to another; they grow only when a note comes to their edge.
 */
function rowsOf(bench, score, notes, piece) {
  const { data, t } = bench;
  const pitched = [];
  const drums = data.editable && score.tracks.some(([, , drum]) => drum) ? [...DRUM_KIT] : [];
  const put = (pitch, drum) => (drum ? drums : pitched).push(pitch);
  for (const note of notes) put(note.pitch, score.tracks[note.track]?.[2]);
  for (const clip of data.clips) for (const [, pitch, , , track] of clip.score.notes) put(pitch, clip.score.tracks[track][2]);
  const known = bench.rowsKnown?.piece === piece ? bench.rowsKnown.range : null;
  const range = pitched.length || !drums.length ? rangeOf(pitched, known, data.editable ? SPARE_ROWS : 1) : null;
  bench.rowsKnown = { piece, range };
  return new Rows(range, drums, t);
}

/** Lowest and highest row, with `spare` ones around the notes; `known` where that still holds them. */
function rangeOf(pitches, known, spare) {
  if (!pitches.length) return known ?? NO_NOTES;
  const lowest = pitches.reduce((a, b) => Math.min(a, b));
  const highest = pitches.reduce((a, b) => Math.max(a, b));
  const edge = Math.min(spare, 1);
  const within = (from, to) => [Math.max(from, 0), Math.min(to, 127)];
  if (known) {
    const [low, high] = known;
    return within(lowest - edge < low ? lowest - spare : low, highest + edge > high ? highest + spare : high);
  }
  const short = Math.max(FEWEST_ROWS - (highest - lowest + 1 + 2 * spare), 0);
  return within(lowest - spare - Math.ceil(short / 2), highest + spare + Math.floor(short / 2));
}

/** First tick after the bars that a clip is to be seen with: those that it holds, and empty ones to write in. */
function lastTick(score) {
  const [, start, length] = score.bars?.at(-1) ?? [0, 0, 0];
  return Math.max(start + length, barsOf(score, endOf(score.notes)).at(-1).end);
}

function isAt(note, row) {
  return row && note.onset === row[0] && note.pitch === row[1] && note.track === row[4];
}
