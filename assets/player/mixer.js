/**
 * What all music of the page passes before it is heard: a little room, a limiter, and the one AudioContext.
 *
 * Room and levels are those of `musegen/audio/master.py`. No AudioWorklet: it needs a secure context, and a class reaches
 * the app by plain http.
 */

const TAIL_S = 1.2;
const WET = 0.2; // level of the room against the direct sound
const STRAIGHT = 0.75; // peaks up to here pass as they are,
const CEILING = 0.891; // and none passes this: -1 dB
const OVERDRIVE = 4; // loudest peak that the limiter's curve knows
const IDLE_S = 30;

/** Input, room, limiter and output within one (offline or sounding) context. */
export class Mixer {
  /**
   * @param {BaseAudioContext} context
   * @param {{lazyRoom?: boolean}} options lazyRoom: the room is made a moment later, so that the first note need not wait
   */
  constructor(context, { lazyRoom = false } = {}) {
    this.context = context;
    this.input = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
    const rumble = new BiquadFilterNode(context, { type: "highpass", frequency: 16, Q: -3.01 });
    const mono = new GainNode(context, { channelCount: 1, channelCountMode: "explicit" });
    this.room = new ConvolverNode(context, { disableNormalization: true });
    // A curve, and no DynamicsCompressorNode: Chromium's lets the first tenth of a second come up from -20 dB.
    const down = new GainNode(context, { gain: 1 / OVERDRIVE });
    const limiter = new WaveShaperNode(context, { curve: limitingCurve() });
    this.output = limiter;
    this.input.connect(rumble).connect(down).connect(limiter).connect(context.destination);
    rumble.connect(mono).connect(this.room).connect(down);
    const furnish = () => {
      this.room.buffer = impulse(context);
    };
    if (lazyRoom) setTimeout(furnish, 120);
    else furnish();
  }
}

/** Straight up to `STRAIGHT`, then bending towards `CEILING`, for -`OVERDRIVE` to `OVERDRIVE`. */
function limitingCurve() {
  const room = CEILING - STRAIGHT;
  return Float32Array.from({ length: 8001 }, (_, i) => {
    const x = OVERDRIVE * (i / 4000 - 1);
    const over = Math.abs(x) - STRAIGHT;
    return over <= 0 ? x : Math.sign(x) * (STRAIGHT + room * Math.tanh(over / room));
  });
}

/** Decaying noise, low sounds longer than high ones, different left and right. */
function impulse(context) {
  const rate = context.sampleRate;
  const length = Math.round(TAIL_S * rate);
  const delay = Math.round(0.012 * rate);
  const buffer = new AudioBuffer({ length, sampleRate: rate, numberOfChannels: 2 });
  for (const channel of [0, 1]) {
    const noise = gaussian(length, 7 + channel);
    const low = lowPass(noise, 1800 / rate);
    const scale = 1 / Math.sqrt(low.reduce((sum, x) => sum + x * x, 0) / length);
    const bass = Math.exp((-2 * Math.PI * 150) / rate); // one-pole high-pass
    const room = new Float32Array(length);
    let [energy, held, before] = [0, 0, 0];
    for (let i = 0; i < length - delay; i++) {
      const time = i / rate;
      const x = low[i] * scale * 10 ** ((-3 * time) / 1.5) + 0.5 * noise[i] * 10 ** ((-3 * time) / 0.5);
      held = bass * (held + x - before);
      before = x;
      room[i + delay] = held * Math.min(1, 6 * (1 - (i + delay) / length));
      energy += room[i + delay] ** 2;
    }
    const gain = WET * Math.sqrt(44100 / rate / energy); // as strong at every rate
    buffer.copyToChannel(room.map((x) => x * gain), channel);
  }
  return buffer;
}

/** Normal noise, the same every time: a linear congruential generator through Box and Muller. */
function gaussian(length, seed) {
  let state = (seed * 2654435761) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 4294967297;
  };
  const noise = new Float32Array(length);
  for (let i = 0; i < length; i++) noise[i] = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return noise;
}

/** Second-order Butterworth low-pass (R. Bristow-Johnson's cookbook); frequency in cycles a sample. */
function lowPass(samples, frequency) {
  const angle = 2 * Math.PI * frequency;
  const alpha = Math.sin(angle) * Math.SQRT1_2;
  const b = (1 - Math.cos(angle)) / 2 / (1 + alpha);
  const a1 = (-2 * Math.cos(angle)) / (1 + alpha);
  const a2 = (1 - alpha) / (1 + alpha);
  const result = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const y = b * (samples[i] + 2 * x1 + x2) - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, samples[i], y1, y];
    result[i] = y;
  }
  return result;
}

/** What all Transports of the page share, however often this module is loaded. */
export const page = (globalThis[Symbol.for("musegen.player")] ??= {
  mixer: null,
  packs: new Map(), // address -> {instrument, promise}
  playing: null, // the one Transport that sounds
  idle: null,
});

/** The page's mixer, made when first asked for; null where the browser has no Web Audio. */
export function pageMixer() {
  if (!page.mixer) {
    try {
      page.mixer = new Mixer(new AudioContext({ latencyHint: "interactive" }), { lazyRoom: true });
    } catch {
      return null;
    }
  }
  return page.mixer;
}

/** Lets the sound run (again): true once it does, false if the browser refuses, as it does before the first gesture. */
export async function wake(mixer) {
  clearTimeout(page.idle);
  const { context } = mixer;
  if (context.state !== "running") {
    const patience = new Promise((resolve) => setTimeout(resolve, 2000));
    await Promise.race([context.resume().catch(() => {}), patience]);
  }
  return context.state === "running";
}

/** The context's time of what comes out of the loudspeakers at a time of `performance.now()`. */
export function heardAt({ context }, timeMs) {
  const stamp = context.getOutputTimestamp?.();
  const latency = context.outputLatency || context.baseLatency || 0;
  const plain = context.currentTime - latency + (timeMs - performance.now()) / 1000;
  const stamped = stamp?.contextTime ? stamp.contextTime + (timeMs - stamp.performanceTime) / 1000 : plain;
  // A stamp that is far off is one that a browser has not kept up.
  return Math.abs(stamped - plain) < 0.25 ? stamped : plain;
}

/** After half a minute without music the sound card may rest. */
export function rest() {
  clearTimeout(page.idle);
  page.idle = setTimeout(() => {
    if (!page.playing) page.mixer?.context.suspend();
  }, 1000 * IDLE_S);
}

// The first touch or key makes the context, so that the click that follows finds it running.
if (typeof window !== "undefined") {
  for (const gesture of ["pointerdown", "keydown"]) {
    window.addEventListener(gesture, () => {
      const mixer = pageMixer();
      if (mixer) wake(mixer).then(() => page.playing || rest());
    }, { capture: true, once: true });
  }
}
