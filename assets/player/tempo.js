/** Ticks to seconds and back, and where a score's beats fall. */

/** The tempo map of a score: piecewise straight, continued before its beginning and past its end. */
export class TempoMap {
  /** @param {{resolution: number, tempos: [number, number][]}} score score JSON; times in ticks, tempos in quarters a minute */
  constructor(score) {
    const tempos = score.tempos?.length ? score.tempos : [[0, 120]];
    this.ticks = tempos.map(([tick]) => tick);
    this.pace = tempos.map(([, qpm]) => 60 / qpm / score.resolution); // seconds a tick
    this.seconds = [0];
    for (let i = 1; i < tempos.length; i++) {
      this.seconds.push(this.seconds[i - 1] + (this.ticks[i] - this.ticks[i - 1]) * this.pace[i - 1]);
    }
  }

  /** Seconds from the start, at the score's own tempo. */
  secondsAt(tick) {
    const i = lastNotAfter(this.ticks, tick);
    return this.seconds[i] + (tick - this.ticks[i]) * this.pace[i];
  }

  /** The fractional tick at a time in seconds from the start, at the score's own tempo. */
  tickAt(seconds) {
    const i = lastNotAfter(this.seconds, seconds);
    return this.ticks[i] + (seconds - this.seconds[i]) / this.pace[i];
  }
}

/** Index of the last of the rising `values` that is <= `value`; 0 where all are greater. */
export function lastNotAfter(values, value) {
  return Math.max(firstFrom(values, value, true) - 1, 0);
}

/** Index of the first of the rising `values` that is >= `value` (with `past`: > `value`); their number if none is. */
export function firstFrom(values, value, past = false) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value || (past && values[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The first beat at or after a tick. Compound metres (6/8, 9/8, 12/8) beat in dotted notes. The last metre goes on past
 * the score's end and, for a count-in, the first one before its beginning.
 * @returns {{tick: number, accent: boolean, length: number}} accent = first beat of a bar; length of the beat in ticks
 */
export function beatFrom(score, from) {
  const metres = score.metres?.length ? score.metres : [[0, 4, 4]];
  let i = lastNotAfter(metres.map(([tick]) => tick), from);
  for (;;) {
    const [tick, numerator, denominator] = metres[i];
    const unit = (4 * score.resolution) / denominator;
    const compound = denominator >= 8 && numerator > 3 && numerator % 3 === 0;
    const length = compound ? 3 * unit : unit;
    const start = i === 0 ? score.pickup || 0 : tick; // the pick-up's beats count back from the first whole bar
    const number = Math.ceil((from - start) / length - 1e-9);
    const beat = start + number * length;
    if (i + 1 < metres.length && beat >= metres[i + 1][0]) {
      i += 1;
      from = metres[i][0];
      continue;
    }
    const beats = compound ? numerator / 3 : numerator;
    return { tick: beat, accent: ((number % beats) + beats) % beats === 0, length };
  }
}

/** Length in ticks of a bar of the metre in force at a tick. */
export function barLength(score, tick) {
  const metres = score.metres?.length ? score.metres : [[0, 4, 4]];
  const [, numerator, denominator] = metres[lastNotAfter(metres.map(([at]) => at), tick)];
  return (4 * score.resolution * numerator) / denominator;
}

/** First tick after the music: the end of the last bar where the bars are given, else of the last note. */
export function endOf(score) {
  const notes = score.notes.reduce((end, [onset, , duration]) => Math.max(end, onset + duration), 0);
  const last = score.bars?.at(-1);
  return last && notes ? Math.max(notes, last[1] + last[2]) : notes;
}
