/**
 * What the player must know about music: bars, time, names. Works on score JSON (see `musegen/score_json.py`).
 *
 * @typedef {{title: string, composer: string, resolution: number, pickup: number, key: ?[number, string],
 *   tempos: number[][], metres: number[][], tracks: [string, number, boolean][], notes: number[][]}} Score
 * @typedef {{number: number, start: number, length: number, end: number, numerator: number, denominator: number}} Bar
 * @module
 */

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const KEYS = ["title", "composer", "resolution", "pickup", "key", "tempos", "metres", "tracks", "notes"];

/** General MIDI drums by the word for them (`player.drum.<word>`). */
const DRUMS = {
  35: "bass", 36: "bass", 37: "rim", 38: "snare", 39: "clap", 40: "snare", 41: "tom", 42: "hat", 43: "tom", 44: "pedal",
  45: "tom", 46: "open", 47: "tom", 48: "tom", 49: "crash", 50: "tom", 51: "ride", 52: "crash", 53: "ride", 54: "tambourine",
  55: "crash", 56: "cowbell", 57: "crash", 59: "ride",
};

/** Lengths of the grid in ticks, by name. */
export const GRIDS = {
  quarter: (resolution) => resolution,
  eighth: (resolution) => Math.max(1, Math.round(resolution / 2)),
  sixteenth: (resolution) => Math.max(1, Math.round(resolution / 4)),
  triplet: (resolution) => Math.max(1, Math.round(resolution / 3)),
};

/** Only what belongs to a score, of something that may hold more (such as "bars"). */
export function plainScore(score) {
  return Object.fromEntries(KEYS.filter((key) => key in score).map((key) => [key, score[key]]));
}

/** First tick after the last note. */
export function endOf(notes) {
  return notes.reduce((end, [onset, , duration]) => Math.max(end, onset + duration), 0);
}

/**
 * The bars that hold the first `until` ticks, as `musegen.score.Score.bars` counts them: 0 is the pick-up.
 * @param {Score} score
 * @param {number} until in ticks
 * @returns {Bar[]} never empty
 */
export function barsOf(score, until) {
  const { metres, pickup = 0, resolution } = score;
  const bars = [];
  const add = (number, start, length, [, numerator, denominator]) =>
    bars.push({ number, start, length, end: start + length, numerator, denominator });
  if (pickup) add(0, 0, pickup, metres[0]);
  for (let start = pickup, number = 1; start < Math.max(until, 1); number++) {
    const index = lastIndex(metres, ([tick]) => tick <= start);
    const [, numerator, denominator] = metres[index];
    const whole = Math.floor((4 * resolution * numerator) / denominator);
    const length = Math.min(whole, metres[index + 1] ? metres[index + 1][0] - start : whole);
    add(number, start, length, metres[index]);
    start += length;
  }
  return bars;
}

/** Index of the bar that `tick` is in; the first or the last where it is in none. */
export function barIndexAt(bars, tick) {
  return Math.max(0, lastIndex(bars, (bar) => bar.start <= tick));
}

/** Index of the last item for which `holds` is true, in a list where it is true first and false then; -1 for none. */
export function lastIndex(list, holds) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** First tick and first tick after the bars numbered `first` to `last`; null where there are none. */
export function spanOf(bars, [first, last]) {
  const chosen = bars.filter((bar) => bar.number >= first && bar.number <= last);
  return chosen.length ? [chosen[0].start, chosen[chosen.length - 1].end] : null;
}

/** Bar number, and beat in it, counted from 1 in units of the metre's denominator; an upbeat (bar 0) ends its bar. */
export function placeOf(bars, tick, resolution) {
  const bar = bars[barIndexAt(bars, tick)];
  const beats = (ticks) => (ticks * bar.denominator) / (4 * resolution);
  const missing = bar.number === 0 ? bar.numerator - beats(bar.length) : 0;
  return { bar: bar.number, beat: Math.floor(missing + beats(tick - bar.start)) + 1 };
}

/** The same in words. */
export function placeWords(t, bars, tick, resolution) {
  const place = placeOf(bars, tick, resolution);
  return t(place.bar ? "bar_beat" : "upbeat_beat", place);
}

/**
 * The nearest (or, with `down`, the last) line of the grid; lines are counted from each bar's start, and bar lines count.
 */
export function snap(bars, tick, grid, down = false) {
  const bar = bars[barIndexAt(bars, tick)];
  const steps = (tick - bar.start) / grid;
  const line = bar.start + (down ? Math.floor(steps + 1e-9) : Math.round(steps)) * grid;
  return Math.max(0, line > bar.end || (!down && bar.end - tick < Math.abs(line - tick)) ? bar.end : line);
}

/** Seconds from the start of the score to `tick`, by its tempo map. */
export function secondsAt(score, tick) {
  return score.tempos.reduce((total, [from, qpm], i) => {
    const until = Math.min(tick, score.tempos[i + 1]?.[0] ?? tick);
    return total + (Math.max(until - from, 0) / score.resolution) * (60 / qpm);
  }, 0);
}

/** Seconds as minutes and seconds, "1:05". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Name of a pitch, "C♯4"; 60 is C4. */
export function pitchName(pitch) {
  return `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

/** Whether a pitch is a black key. */
export function isBlack(pitch) {
  return BLACK.has(pitch % 12);
}

/** The word for a drum, for `player.drum.<word>`. */
export function drumWord(pitch) {
  return DRUMS[pitch] ?? "other";
}

/** The order of notes in a score: onset, pitch, duration, velocity, track. */
export function compareNotes(a, b) {
  return a.onset - b.onset || a.pitch - b.pitch || a.duration - b.duration || a.velocity - b.velocity || a.track - b.track;
}

/** Name of a part, in the page's language where it is a common one; "Part 2" where it has none. */
export function voiceName(t, score, track) {
  const name = score.tracks[track][0].trim();
  // Beside a tenor a bass is a singer, who has another name in Chinese.
  const sung = name.toLowerCase() === "bass" && score.tracks.some(([other]) => other.trim().toLowerCase() === "tenor");
  const key = `name.${name.toLowerCase()}${sung ? "_voice" : ""}`;
  const words = t(key);
  const number = /^voice (\d+)$/i.exec(name)?.[1] ?? (name ? null : track + 1);
  if (number) return t("voice_number", { n: number });
  return words === key ? name : words;
}

/** One or two letters for each part, all different: the first letter of its name, or its number. */
export function voiceTags(score) {
  const letters = score.tracks.map(([name]) => [...name.trim()][0]?.toUpperCase() ?? "");
  const clear = letters.every((letter, i) => letter && letters.indexOf(letter) === i);
  return letters.map((letter, i) => (clear ? letter : String(i + 1)));
}
