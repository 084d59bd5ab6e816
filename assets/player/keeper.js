// Keeps what lies on a person's desk in this browser: nothing of it stays on the server.
// A reload of the tab finds its own desk (sessionStorage); a new tab the last one of this browser (localStorage).

import { hold } from "./line.js";

const NAME = "musegen-desk";

/** Storage that a browser may refuse (private windows, full disks): null where it does. */
function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

function read() {
  for (const kind of ["sessionStorage", "localStorage"]) {
    try {
      const text = storage(kind)?.getItem(NAME);
      if (text) return text;
    } catch {
      // the next one may answer
    }
  }
  return "";
}

/** True if at least one of the two took it. */
function write(text) {
  let done = false;
  for (const kind of ["sessionStorage", "localStorage"]) {
    try {
      if (text) storage(kind).setItem(NAME, text);
      else storage(kind).removeItem(NAME);
      done = true;
    } catch {
      // full, or refused
    }
  }
  return done;
}

let refused = false;

/** Lays what could not be read aside, so that the next desk doesn't take its place. */
function layAside() {
  try {
    storage("localStorage").setItem(`${NAME}-unread`, read());
  } catch {
    // nowhere to lay it
  }
}

let component = null; // as it was mounted last
let answer = ""; // which of our answers the server has heard last
let unheard = null; // the same when we said another one; null = it has heard them all
const told = new Set(); // names of all answers since this page was loaded
const watched = new WeakSet();

/** Tells the server what is kept here; until it has heard that, what the person does waits. */
function tell(before) {
  unheard = before;
  const name = Math.random().toString(36).slice(2);
  told.add(name);
  component.setTriggerValue("found", { name, text: read() });
}

/**
 * Streamlit asks a new server for nothing until something is done, and of what is done first the new server hears nothing: it has
 * shown nothing yet that could have been pressed. So once the line is back we speak first.
 */
function watch() {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app || watched.has(app)) return;
  watched.add(app);
  let down = false;
  const look = () => {
    if (!component.parentElement.isConnected) return; // another page is open
    const up = app.dataset.testConnectionState === "CONNECTED";
    if (!up) hold(true);
    else if (down) tell(answer);
    down = !up;
  };
  new MutationObserver(look).observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}

/**
 * @param {object} mounted Streamlit's: data = { ask: 0, or a number where the server wants to know what is kept here, answer:
 *   names the last answer that it has heard, text: what to keep, "" = forget it, null = leave it, unread: whether what was found
 *   could not be read }; says "found" ({ name: of this answer, text: "" for none }) and "failed".
 */
export function mount(mounted) {
  const { data } = mounted;
  const isNew = component?.parentElement !== mounted.parentElement; // then nothing is in view that could be acted upon
  component = mounted;
  if (isNew) unheard = null;
  watch();
  if (data.unread) layAside();
  if (data.ask) {
    if (!isNew) hold(true);
    tell("");
    return;
  }
  if (!told.has(data.answer)) {
    layAside(); // a server that never heard what is kept here writes nothing over it
    tell(data.answer);
    return;
  }
  answer = data.answer;
  if (answer !== unheard) {
    unheard = null;
    hold(false);
  }
  if (typeof data.text === "string" && !write(data.text) && !refused) {
    refused = true;
    component.setTriggerValue("failed", true);
  }
}
