/**
 * An instrument pack (`musegen/audio/pack.py`) as buffers, and one sounding note of it: the sample at its pitch, through
 * its filter and its volume envelope, as `musegen/audio/voice.py` has it.
 */

const MAGIC = "MGI1";
const BUFFER_RATE = 44100; // what the buffers say; the real rate is in the playback rate
const SILENCE_DB = 96;
const MIN_ATTACK_S = 0.002;
const MIN_RELEASE_S = 0.02;
const MAX_RELEASE_S = 4;
const OPEN_CUTOFF = 13500; // cents above 8.176 Hz
const TAPS = 8; // points either side that a point between two is made of

/** One instrument: its regions, each with its buffer. */
export class Instrument {
  /** @param {ArrayBuffer} pack @throws {Error} it is no pack */
  constructor(pack) {
    const bytes = new Uint8Array(pack);
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) throw new Error("not an instrument pack");
    const size = new DataView(pack).getUint32(4, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
    const points = new DataView(pack, 8 + size);
    const buffers = new Map(); // regions often share a recording
    this.spans = header.spans;
    this.regions = header.regions.map((row) => {
      const name = `${row.sample} ${row.loop}`;
      if (!buffers.has(name)) buffers.set(name, upsample(points, row));
      return new Region(row, buffers.get(name));
    });
  }

  /** The regions that sound for a key and a velocity. */
  regionsFor(pitch, velocity) {
    return this.regions.filter(
      ({ keys, velocities }) =>
        keys[0] <= pitch && pitch <= keys[1] && velocities[0] <= velocity && velocity <= velocities[1],
    );
  }
}

/** One region of a pack; the fields are those of `musegen/audio/region.py`, with the defaults that packs leave out. */
export class Region {
  constructor(row, buffer) {
    const rest = {
      attenuation: 0, pan: 0, scale: 1, fixedKey: -1, fixedVelocity: -1, cutoff: OPEN_CUTOFF, resonance: 0, loop: null,
      exclusiveClass: 0, keyToHold: 0, keyToDecay: 0, modEnvPitch: 0, modEnvCutoff: 0, modLfoPitch: 0,
      modLfoCutoff: 0, modLfoVolume: 0, vibLfoPitch: 0,
    };
    Object.assign(this, rest, row, { buffer });
    const [, , , , sustain, release] = row.volume;
    this.sustain = Math.min(sustain, SILENCE_DB);
    this.release = Math.max(release, MIN_RELEASE_S);
    /** Seconds that a note is heard after its key is let go. */
    this.tail = Math.min(((SILENCE_DB - Math.min(sustain, SILENCE_DB / 2)) / 100) * this.release, MAX_RELEASE_S);
    this.filtered = this.resonance > 0 || this.cutoff < OPEN_CUTOFF || this.modEnvCutoff < 0;
    this.quality = 10 ** ((this.resonance - 3.01) / 20);
  }

  /** Factor of a velocity, 1-127: its square, and the region's own level. */
  gain(velocity) {
    const strength = (this.fixedVelocity > 0 ? this.fixedVelocity : velocity) / 127;
    return strength ** 2 * 10 ** (-this.attenuation / 20);
  }

  /** Playback rate at which the buffer sounds as a key. */
  speed(key) {
    const semitones = this.scale * (key - 60) + 60 - this.root;
    return (2 ** (semitones / 12) * 2 * this.rate) / BUFFER_RATE;
  }
}

/**
 * A recording with a point made between each two (windowed sinc), because browsers go straight from point to point.
 * Past a loop's end stands its beginning again.
 */
function upsample(points, { sample: [first, count], loop }) {
  const at = (i) => {
    if (i < 0) return 0;
    if (i >= count) {
      if (!loop) return 0;
      i = loop[0] + ((i - loop[0]) % (loop[1] - loop[0]));
    }
    return points.getInt16(2 * (first + i), true) / 32768;
  };
  const source = Float32Array.from({ length: count + 3 * TAPS }, (_, i) => at(i - TAPS));
  const data = new Float32Array(2 * (count + TAPS));
  for (let i = 0; i < count + TAPS; i++) {
    let sum = 0;
    for (let k = 0; k < 2 * TAPS; k++) sum += KERNEL[k] * source[i + 1 + k];
    data[2 * i] = source[i + TAPS];
    data[2 * i + 1] = sum;
  }
  const buffer = new AudioBuffer({ length: data.length, sampleRate: BUFFER_RATE, numberOfChannels: 1 });
  buffer.copyToChannel(data, 0);
  return buffer;
}

const KERNEL = (() => {
  const taps = Float64Array.from({ length: 2 * TAPS }, (_, k) => {
    const x = k + 0.5 - TAPS;
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * Math.cos((Math.PI * x) / (2 * TAPS + 1)) ** 2;
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
})();

/** One region sounding as one note: from `start` on, until `release`, `fade` or `cancel`. Times are the context's. */
export class Voice {
  /**
   * @param {BaseAudioContext} context
   * @param {Region} region
   * @param {{pitch: number, velocity: number, start: number, destination: AudioNode}} note
   */
  constructor(context, region, { pitch, velocity, start, destination }) {
    const key = region.fixedKey >= 0 ? region.fixedKey : pitch;
    const looped = region.loop !== null;
    this.context = context;
    this.region = region;
    this.start = start;
    this.end = Infinity; // the key is let go
    this.over = Infinity; // nothing is heard any more
    this.faded = Infinity; // sent away before its time
    this.done = null; // called when it is over
    this.source = new AudioBufferSourceNode(context, {
      buffer: region.buffer,
      playbackRate: region.speed(key),
      loop: looped,
      loopStart: looped ? (2 * region.loop[0]) / BUFFER_RATE : 0,
      loopEnd: looped ? (2 * region.loop[1]) / BUFFER_RATE : 0,
    });
    this.envelope = new GainNode(context, { gain: 0 });
    this.gate = new GainNode(context);
    this.helpers = [];
    let level = region.gain(velocity);
    let last = this.source;
    if (region.filtered) {
      // A sharp resonance lowers the whole, as FluidSynth does.
      level /= Math.sqrt(Math.max(region.quality, 0.7071) * Math.SQRT2);
      last = last.connect(this._filter());
    }
    if (region.modEnvPitch && this.source.detune) this._follow(this.source.detune, region.modEnvPitch);
    if (this.source.detune) {
      this._swing(region.modLfo, region.modLfoPitch, this.source.detune);
      this._swing(region.vibLfo, region.vibLfoPitch, this.source.detune);
    }
    if (Math.abs(region.modLfoVolume) >= 0.2) {
      const tremolo = new GainNode(context);
      this._swing(region.modLfo, (region.modLfoVolume * Math.LN10) / 20, tremolo.gain);
      last = last.connect(tremolo);
    }
    last.connect(this.envelope).connect(this.gate).connect(destination);
    this.source.onended = () => this._finish();
    this.source.start(start);
    this._shape(level, key);
  }

  /** The volume envelope: a straight attack, then dB by time. It does not depend on when the note ends. */
  _shape(level, key) {
    const { region, start } = this;
    const [delay, attack, hold, decay] = region.volume;
    const gain = this.envelope.gain;
    const top = start + delay + Math.max(attack, MIN_ATTACK_S);
    const fall = top + hold * 2 ** ((region.keyToHold * (60 - key)) / 1200);
    const fallS = (decay * 2 ** ((region.keyToDecay * (60 - key)) / 1200) * region.sustain) / 100;
    gain.setValueAtTime(0, start);
    if (delay) gain.setValueAtTime(0, start + delay);
    gain.linearRampToValueAtTime(level, top);
    if (region.sustain > 0) {
      gain.setValueAtTime(level, fall);
      gain.exponentialRampToValueAtTime(level * 10 ** (-region.sustain / 20), fall + Math.max(fallS, 0.001));
      if (region.sustain >= SILENCE_DB) this._stop(fall + fallS);
    }
    if (!region.loop) {
      const seconds = (2 * region.sample[1]) / BUFFER_RATE / this.source.playbackRate.value;
      this.over = Math.min(this.over, start + 1.1 * seconds);
    }
  }

  _filter() {
    const { region } = this;
    const nyquist = 0.45 * this.context.sampleRate;
    const filter = new BiquadFilterNode(this.context, {
      type: "lowpass",
      frequency: Math.min(8.176 * 2 ** (region.cutoff / 1200), nyquist),
      Q: region.resonance - 3.01, // in dB
    });
    try {
      filter.detune.automationRate = "k-rate"; // once in 128 samples is enough, and much cheaper
    } catch {
      // older browsers know no choice
    }
    const room = OPEN_CUTOFF - region.cutoff;
    if (region.modEnvCutoff) this._follow(filter.detune, Math.min(region.modEnvCutoff, room));
    this._swing(region.modLfo, region.modLfoCutoff, filter.detune);
    return filter;
  }

  /** Moves a parameter with the modulation envelope, to `amount` at its height. */
  _follow(parameter, amount) {
    const [delay, attack, hold, decay, sustain] = this.region.modulation;
    const begin = this.start + delay;
    const fall = begin + attack + hold;
    parameter.setValueAtTime(attack > 1e-4 ? 0 : amount, begin);
    if (attack > 1e-4) parameter.linearRampToValueAtTime(amount, begin + attack);
    if (sustain < 1) {
      parameter.setValueAtTime(amount, fall);
      parameter.linearRampToValueAtTime(amount * sustain, fall + Math.max(decay, 1e-4) * (1 - sustain));
    }
  }

  /** Moves a parameter with a triangular oscillator, by `amount` at its crest. */
  _swing(lfo, amount, parameter) {
    if (!lfo || !amount) return;
    const [delay, rate] = lfo;
    const oscillator = new OscillatorNode(this.context, { type: "triangle", frequency: rate });
    oscillator.connect(new GainNode(this.context, { gain: amount })).connect(parameter);
    oscillator.start(this.start + delay);
    this.helpers.push(oscillator);
  }

  /** The key is let go at `time`; may be said again with another time as long as it has not come. */
  release(time) {
    if (Math.min(this.end, this.over) <= this.context.currentTime || this.faded < Infinity) return;
    const { gain } = this.gate;
    const { release, tail } = this.region;
    this.end = Math.max(time, this.start);
    gain.cancelScheduledValues(0);
    gain.setValueAtTime(1, this.end);
    gain.exponentialRampToValueAtTime(this._released(tail), this.end + tail);
    gain.linearRampToValueAtTime(0, this.end + tail + 0.005);
    this.over = Infinity;
    this._stop(this.end + tail + 0.005);
  }

  /** Level of the release `seconds` after the key was let go: it falls by 100 dB in the region's release time. */
  _released(seconds) {
    return 10 ** ((-5 * Math.max(seconds, 0)) / this.region.release);
  }

  /** Out within `seconds` from `time` on, whatever it was doing: for seeking, stopping, and notes that cut each other. */
  fade(time, seconds = 0.03) {
    if (this.over <= time || this.faded <= time) return;
    if (this.start >= time) {
      this.cancel();
      return;
    }
    const { gain } = this.gate;
    const level = this._released(time - this.end);
    gain.cancelScheduledValues(0);
    if (this.end < time && this.end > this.context.currentTime) {
      gain.setValueAtTime(1, this.end);
      gain.exponentialRampToValueAtTime(level, time);
    } else {
      gain.setValueAtTime(level, time);
    }
    gain.linearRampToValueAtTime(0, time + seconds);
    this.end = Math.min(this.end, time);
    this.faded = time;
    this._stop(time + seconds);
  }

  /** As if it had never been asked for. */
  cancel() {
    this.source.onended = null;
    this.source.stop();
    this._finish();
  }

  _stop(time) {
    if (time >= this.over) return;
    this.over = time;
    this.source.stop(time + 0.01);
  }

  _finish() {
    this.over = Math.min(this.over, this.context.currentTime);
    this.helpers.forEach((oscillator) => oscillator.stop());
    this.source.disconnect();
    this.gate.disconnect();
    this.done?.(this);
  }
}
