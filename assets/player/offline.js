/** A whole score as samples, through the same sampler, band and mixer as when it is heard; faster than it lasts. */

import { Band } from "./band.js";
import { evenGain } from "./loudness.js";
import { Mixer } from "./mixer.js";
import { instrument, request } from "./packs.js";
import { TempoMap } from "./tempo.js";

const TAIL_S = 2.5;

/**
 * @param {object} score score JSON
 * @param {{packUrl?: string, sampleRate?: number, room?: boolean}} options room: false = the dry sound, for measuring
 * @returns {Promise<AudioBuffer>} tick 0 is its first sample
 */
export async function render(score, { packUrl = "/player/instrument/", sampleRate = 44100, room = true } = {}) {
  const tempo = new TempoMap(score);
  const address = (track) => packUrl + (score.tracks[track][2] ? "drums" : score.tracks[track][1]);
  await Promise.all([...new Set(score.notes.map((note) => address(note[4])))].map(request));
  const end = score.notes.reduce((last, [onset, , duration]) => Math.max(last, tempo.secondsAt(onset + duration)), 0);
  const context = new OfflineAudioContext(2, Math.ceil((end + TAIL_S) * sampleRate), sampleRate);
  const mixer = new Mixer(context);
  if (!room) mixer.room.buffer = null;
  const gain = evenGain(score, tempo, (track) => instrument(address(track)));
  const volume = new GainNode(context, { gain });
  volume.connect(mixer.input);
  const band = new Band(context, volume);
  band.seat(score.tracks);
  for (const [onset, pitch, duration, velocity, track] of score.notes) {
    const times = { start: tempo.secondsAt(onset), end: tempo.secondsAt(onset + duration) };
    band.strike(track, instrument(address(track)), { pitch, velocity, ...times });
  }
  return context.startRendering();
}
