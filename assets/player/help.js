/**
 * The list of keys, in a dialog.
 * @module
 */

import { button, h } from "./dom.js";

/** Keys and the word for what they do (`player.help.<word>`), by group. */
const GROUPS = {
  playing: [["Space", "play"], ["L", "loop"], ["0 1 2 3 4", "versions"], ["← →", "step"], ["Shift+← →", "step_bar"], ["Home End", "ends"], ["M", "mute"], ["+ −", "zoom"], ["Ctrl+wheel", "zoom_wheel"]],
  choosing: [["ruler", "drag_bars"], ["Shift+drag", "drag_bars_anywhere"], ["K", "keep"], ["U", "undo"], ["?", "help"]],
  editing: [["N", "draw"], ["[ ]", "next"], ["Enter", "here"], ["↑ ↓", "pitch"], ["Shift+↑ ↓", "octave"], ["← →", "move"], ["Shift+← →", "length"], ["Delete", "delete"], ["Ctrl+C X V A", "clipboard"], ["Ctrl+Z", "undo_edit"], ["Ctrl+Shift+Z", "redo_edit"], ["Esc", "escape"]],
};
const SPOKEN = new Set(["Space", "ruler", "Shift+drag", "Ctrl+wheel"]);

/** @param {import("./bench.js").Bench} bench */
export function helpPanel(bench) {
  const { t } = bench;
  const name = (keys) => (SPOKEN.has(keys) ? t(`key.${keys}`) : keys);
  const row = ([keys, word]) => h("div", { class: "help-row" }, h("dt", {}, SPOKEN.has(keys) && keys !== "Space" ? h("span", { text: name(keys) }) : h("kbd", { text: name(keys) })), h("dd", { text: t(`help.${word}`) }));
  const groups = Object.entries(GROUPS).map(([group, rows]) => {
    const element = h("section", {}, h("h3", { text: t(`help_group.${group}`) }), h("dl", {}, ...rows.map(row)));
    element.dataset.group = group;
    return element;
  });
  const dialog = h("dialog", { class: "help", "aria-label": t("help") });
  const close = button({ label: t("close"), icon: "close", onClick: () => dialog.close() });
  dialog.append(h("header", {}, h("h2", { text: t("help") }), close), h("div", { class: "help-groups" }, ...groups));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    element: dialog,
    open() {
      for (const group of groups) group.hidden = group.dataset.group === "editing" && !bench.data.editable;
      dialog.showModal();
    },
  };
}
