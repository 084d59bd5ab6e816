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
 * Shows the player in `component.parentElement`, or gives the one that is there its new data.
 * @param {{data: Object, parentElement: HTMLElement|ShadowRoot, setStateValue: function(string, *),
 *   setTriggerValue: function(string, *)}} component as Streamlit's components v2 gives it; `data`: see docs of the player
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
