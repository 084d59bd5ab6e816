/**
 * Making elements without a framework. Text always goes in as text, never as markup.
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines of the icons, on a square of 24 by 24; drawn as strokes unless `solid` says otherwise. */
const ICONS = {
  play: { solid: true, d: "M7 4.5v15l12.5-7.5z" },
  pause: { solid: true, d: "M6 5h4.2v14H6zM13.8 5H18v14h-4.2z" },
  start: { solid: true, d: "M6 5h2.4v14H6zM19 5v14L9.5 12z" },
  loop: { d: "M17 3l3 3-3 3M20 6H8a4 4 0 0 0-4 4v1M7 21l-3-3 3-3M4 18h12a4 4 0 0 0 4-4v-1" },
  record: { solid: true, d: "M12 5a7 7 0 1 0 0 14a7 7 0 1 0 0-14z" },
  stop: { solid: true, d: "M6 6h12v12H6z" },
  select: { d: "M5 3l6.2 16 2.3-6.5L20 10z" },
  draw: { d: "M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19zM14.5 6.5l3 3" },
  erase: { d: "M8.5 19.5h11M4 15.5l9.5-10a1.6 1.6 0 0 1 2.2 0l4 4a1.6 1.6 0 0 1 0 2.2l-7.4 7.8H8zM9 10.2l6.2 6.2" },
  undo: { d: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-4" },
  redo: { d: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 0 0 0 11h4" },
  copy: { d: "M9 9h10.5v11.5H9zM15 9V4H4.5v11H9" },
  paste: { d: "M9 4.5h6v3H9zM9 6H5.5v14.5h13V6H15" },
  remove: { d: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.3 10.5v6.3M13.7 10.5v6.3" },
  plus: { d: "M12 5v14M5 12h14" },
  minus: { d: "M5 12h14" },
  fit: { d: "M3 5v14M21 5v14M7 12h10M9.5 9L6.5 12l3 3M14.5 9l3 3-3 3" },
  volume: { d: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" },
  mute: { d: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5" },
  solo: { d: "M5 15v-3a7 7 0 0 1 14 0v3M5 14h3v6H5zM16 14h3v6h-3z" },
  lock: { d: "M6 10.5h12V20H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5" },
  unlock: { d: "M6 10.5h12V20H6zM8.5 10.5V8a3.5 3.5 0 0 1 6.8-1.2" },
  keep: { d: "M5 12.5l4.5 4.5L19 7.5" },
  help: { d: "M9 9a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1.1-1.3 2.3M12 17.5v.6" },
  close: { d: "M6 6l12 12M18 6L6 18" },
  warning: { d: "M12 4L2.8 20h18.4zM12 10v4.5M12 17v.6" },
  keyboard: { d: "M3 6.5h18v11H3zM7 6.5v6M11 6.5v6M15 6.5v6M19 6.5v6" },
};

/**
 * One element. `props`: `class`, `text`, `on: {event: handler}`, `style: {name: value}`; everything else is an
 * attribute (`true` = present without a value; `null`, `undefined`, `false` = absent).
 * @param {string} tag
 * @param {Object} [props]
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else put(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, or takes it away. Writes only what changes, so that screen readers are not disturbed. */
export function put(element, name, value) {
  const text = value === true ? "" : String(value);
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets the text of an element if it is another one. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An icon as inline SVG; hidden from screen readers. */
export function icon(name) {
  const { d, solid } = ICONS[name];
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", solid ? "icon solid" : "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

/**
 * A button with an icon, words, or both. What it can't do now it says instead of doing it: see `offer`.
 * @param {{label: string, icon?: string, words?: boolean, keys?: string, class?: string, onClick: function(Event)}} spec
 *   `words`: show the label beside the icon; `keys`: the key that does the same, as for aria-keyshortcuts.
 */
export function button({ label, icon: name, words = !name, keys, class: kind = "", onClick }) {
  const element = h("button", { type: "button", class: `button ${kind}${words ? "" : " square"}`, "aria-keyshortcuts": keys });
  if (name) element.append(icon(name));
  if (words) element.append(h("span", { class: "button-words", text: label }));
  else put(element, "aria-label", label);
  put(element, "title", keys ? `${label} (${keys})` : label);
  element.addEventListener("click", onClick);
  return element;
}

/** Marks a button as possible (`why` is "") or not: then its tip says why, and a press tells it through `tell`. */
export function offer(element, why) {
  element.dataset.tip ??= element.title;
  put(element, "aria-disabled", why ? "true" : null);
  put(element, "aria-description", why || null);
  put(element, "title", why ? `${element.dataset.tip}: ${why}` : element.dataset.tip);
  element.dataset.why = why || "";
}

/** A press handler that says why not where `offer` gave a reason, and acts otherwise. */
export function unless(tell, act) {
  return (event) => {
    const why = event.currentTarget.dataset.why;
    if (why) tell(why);
    else act(event);
  };
}

/** Builds the children of `host` anew only when `key` (anything that JSON can hold) has changed. True if it did. */
export function keyed(host, key, build) {
  const text = JSON.stringify(key);
  if (host.keyedBy === text) return false;
  host.keyedBy = text;
  const focused = host.getRootNode().activeElement;
  const name = host.contains(focused) ? focused.dataset.name : null;
  host.replaceChildren(...build());
  if (name) [...host.querySelectorAll("[data-name]")].find((e) => e.dataset.name === name)?.focus();
  return true;
}

/** Calls `act` once, `wait` ms after the last call; `.now()` at once if a call is waiting, `.cancel()` never. */
export function debounce(act, wait) {
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(later.now, wait);
  };
  later.now = () => {
    if (!timer) return;
    later.cancel();
    act();
  };
  later.cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  return later;
}
