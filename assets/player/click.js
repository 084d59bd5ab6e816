/** The metronome's tick: a short sine, higher on the first beat of a bar. */

const RATE = 44100;
const made = new Map();

/** @param {boolean} accent @returns {AudioBuffer} */
export function clickBuffer(accent) {
  if (!made.has(accent)) {
    const buffer = new AudioBuffer({ length: RATE * 0.04, sampleRate: RATE, numberOfChannels: 1 });
    const frequency = accent ? 1760 : 1175;
    const data = buffer.getChannelData(0);
    for (let i = 0; i < data.length; i++) {
      data[i] = 0.3 * Math.sin((2 * Math.PI * frequency * i) / RATE) * Math.exp((-9 * i) / data.length);
    }
    made.set(accent, buffer);
  }
  return made.get(accent);
}
