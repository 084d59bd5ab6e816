/**
 * The line to the server. While it is down, and until a new server knows what lay here, what the person does waits; then it is
 * said, one thing after the other.
 * @module
 */

const PACE = 100; // ms between two looks at whether the server is done
const HELD = "data-musegen-held"; // on the page meanwhile, for its style
const waiting = [];
let held = false;
let timer = 0;

export function isHeld() {
  return held;
}

/** Has what is said wait, or lets it go. */
export function hold(on) {
  if (held === on) return;
  held = on;
  document.documentElement.toggleAttribute(HELD, on);
  if (!on) next();
}

/** Calls `send` now, or when the line is free again. */
export function say(send) {
  waiting.push(send);
  if (waiting.length === 1) next();
}

function next() {
  clearTimeout(timer);
  if (held || !waiting.length) return;
  waiting.shift()();
  if (waiting.length) timer = setTimeout(onceDone, PACE); // of two that come at once Streamlit hears the last
}

function onceDone() {
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState ?? "notRunning";
  if (state === "notRunning") next();
  else timer = setTimeout(onceDone, PACE);
}
