/**
 * The way in: Streamlit's component calls `mount` when it appears and after every rerun; what is playing plays on.
 * @module
 */

import { Bench } from "./bench.js";
import { Card } from "./card.js";

const GRACE = 400; // ms in which a rerun may bring back what was taken down
const players = new WeakMap();
const style = new CSSStyleSheet();
const styled = fetch(new URL("style.css", import.meta.url)).then(async (answer) => style.replace(await answer.text()));

/**
 * @typedef {{id: string, label: string, name: string, score: import("./music.js").Score, pages: Object<string, string|string[]>,
 *   given: number[], locked: number[], marks: {notes: number[], kind: "error"|"warning", text: string}[],
 *   bar_values: ?{name: string, values: [number, number, string][]}}} Clip
 *   `label`: its key, "0" to "9"; `pages`: by view, SVG documents or the address of a JSON list of them; `given`, `locked`,
 *   `marks[].notes`: indices into `score.notes`; `bar_values`: bar number, value 0-1, words
 * @typedef {{mode: "bench"|"clip", clips: Clip[], active: string, view: string, views: string[], selectable: boolean,
 *   editable: boolean, actions: Object<string, string>|string[], selection: ?{bars: ?number[], voices: ?number[]},
 *   theme: "light"|"dark", language: string, words: Object<string, string>}} Data
 *   `actions`: "" or why not, by name
 */

/**
 * Shows the player in `component.parentElement`, or gives the one that is there its new data.
 * @param {{data: Data, parentElement: HTMLElement|ShadowRoot, setStateValue: function(string, *),
 *   setTriggerValue: function(string, *)}} component as Streamlit's components v2 gives it
 *
 * What it says: state values "active" (id), "view", "selection" ({bars, voices} or null); triggers "edited" {clip, score, how:
 * "edit"|"undo"|"redo"}, "action" {name, clip, selection}, "recorded" {clip, notes}.
 * @returns {function()} takes it down
 */
export function mount(component) {
  const { parentElement, data } = component;
  const Kind = data.mode === "clip" ? Card : Bench;
  let held = players.get(parentElement);
  clearTimeout(held?.leaving);
  if (!(held?.player instanceof Kind)) {
    held?.player.dispose();
    dress(parentElement.getRootNode());
    held = { player: new Kind(component) };
    players.set(parentElement, held);
    held.player.element.hidden = true;
    styled.finally(() => (held.player.element.hidden = false));
  } else held.player.update(component);
  if (!parentElement.contains(held.player.element)) parentElement.append(held.player.element);
  return () => {
    held.player.desk?.flush();
    clearTimeout(held.leaving);
    held.leaving = setTimeout(() => {
      if (players.get(parentElement) === held) players.delete(parentElement);
      held.player.dispose();
    }, GRACE);
  };
}

/** Our style for the tree that the player stands in, once. */
function dress(tree) {
  if (!tree.adoptedStyleSheets.includes(style)) tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, style];
}
