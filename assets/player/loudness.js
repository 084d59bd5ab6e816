/**
 * How loud a score will be, worked out before it sounds: ITU-R BS.1770-4's gated loudness, from the mean squares that
 * each pack states of its regions. Notes are taken as independent, so their powers add.
 */

export const LOUDNESS = -18; // LUFS, as `synthesize` aims at
const LOUDEST = 60; // dB by which a very quiet score is raised at most
const BLOCK_S = 0.4;
const ROOM_POWER = 0.4; // what the room adds to the power of the direct sound: most of it lies below 2 kHz, as the notes do

/**
 * The factor that brings a score to `LOUDNESS`.
 * @param {object} score score JSON
 * @param {import("./tempo.js").TempoMap} tempo
 * @param {(track: number) => import("./sampler.js").Instrument | null} instrumentOf
 */
export function evenGain(score, tempo, instrumentOf) {
  const notes = score.notes.length ? score.notes : [[0, 60, score.resolution * 2, 80, 0]];
  const end = notes.reduce((last, [onset, , duration]) => Math.max(last, onset + duration), 0);
  const blocks = new Float64Array(Math.ceil(tempo.secondsAt(end) / BLOCK_S) + 1);
  for (const [onset, pitch, duration, velocity, track] of notes) {
    const instrument = instrumentOf(track);
    if (!instrument) continue;
    const [start, stop] = [tempo.secondsAt(onset), tempo.secondsAt(onset + duration)];
    for (const region of instrument.regionsFor(pitch, velocity)) {
      addNote(blocks, start, stop, region, instrument.spans, region.gain(velocity) ** 2 * (1 + ROOM_POWER));
    }
  }
  const level = gatedLoudness(blocks);
  return Number.isFinite(level) ? 10 ** (Math.min(LOUDNESS - level, LOUDEST) / 20) : 1;
}

function addNote(blocks, start, stop, region, spans, factor) {
  let power = 0;
  region.power.forEach((value, i) => {
    const from = start + spans[i];
    const to = i + 1 < region.power.length ? start + spans[i + 1] : Infinity; // the last one goes on
    if (from >= stop) return;
    power = value * factor;
    addPower(blocks, from, Math.min(to, stop), power);
  });
  // The release falls by 100 dB in its time: its energy is that of release / (10 ln 10) seconds at full level.
  addPower(blocks, stop, stop + region.release / 23.03, power);
}

function addPower(blocks, from, to, power) {
  for (let block = Math.floor(from / BLOCK_S); block < blocks.length && block * BLOCK_S < to; block++) {
    const share = Math.min(to, (block + 1) * BLOCK_S) - Math.max(from, block * BLOCK_S);
    blocks[block] += (power * Math.max(share, 0)) / BLOCK_S;
  }
}

/** Loudness in LUFS of blocks' powers, those under -70 LUFS and those 10 LU below the mean left out. */
export function gatedLoudness(blocks) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  let heard = [...blocks].filter((power) => power > 10 ** ((-70 + 0.691) / 10));
  if (!heard.length) return -Infinity;
  const gate = mean(heard) / 10;
  heard = heard.filter((power) => power >= gate);
  return -0.691 + 10 * Math.log10(mean(heard));
}
