/** The page's instruments: each is fetched once, by its address, and shared by all Transports. */

import { page } from "./mixer.js";
import { Instrument } from "./sampler.js";

/** The instrument at an address if it is there already, else null. */
export function instrument(address) {
  return page.packs.get(address)?.instrument ?? null;
}

/** Fetches the instrument at an address; null if it can't be had (and then the next request tries again). */
export function request(address) {
  if (!page.packs.has(address)) {
    const entry = { instrument: null };
    page.packs.set(address, entry);
    entry.promise = fetch(address)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.statusText))))
      .then((pack) => (entry.instrument = new Instrument(pack)))
      .catch(() => {
        page.packs.delete(address);
        return null;
      });
  }
  return page.packs.get(address).promise;
}
