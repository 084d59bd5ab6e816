// Keeps what lies on a person's desk in this browser: nothing of it stays on the server.
// A reload of the tab finds its own desk (sessionStorage); a new tab the last one of this browser (localStorage).

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

/**
 * @param {object} component Streamlit's: data = { ask: whether the server wants to know what is kept here,
 *   text: what to keep, "" = forget it, null = leave it, unread: whether what was found could not be read };
 *   says "found" (a text, "" for none) and "failed".
 */
export function mount({ data, setTriggerValue }) {
  if (data.unread) layAside();
  if (data.ask) {
    setTriggerValue("found", read());
  } else if (typeof data.text === "string" && !write(data.text) && !refused) {
    refused = true;
    setTriggerValue("failed", true);
  }
}
