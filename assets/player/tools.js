/**
 * The tools of the roll: what the pen does, for which part, on which grid; undo, copy, zoom.
 * @module
 */

import { button, h, keyed, offer, put, unless } from "./dom.js";
import { GRIDS, voiceName } from "./music.js";

/** @param {import("./bench.js").Bench} bench */
export function toolsPanel(bench) {
  const { t, desk } = bench;
  const tell = (why) => bench.tell(why);
  const hand = (tool) => button({ label: t(`tool.${tool}`), icon: tool, onClick: () => {
    desk.tool = tool;
    bench.tell(t(`tool_hint.${tool}`));
    bench.changed();
  } });
  const tools = new Map(["select", "draw", "erase"].map((tool) => [tool, hand(tool)]));
  const voice = h("select", { class: "field", "aria-label": t("voice_in_hand") });
  voice.addEventListener("change", () => desk.giveTo(Number(voice.value)));
  const grid = h("select", { class: "field", "aria-label": t("grid") }, ...Object.keys(GRIDS).map((name) => h("option", { value: name, text: t(`grid.${name}`) })));
  grid.addEventListener("change", () => {
    desk.gridName = grid.value;
    bench.changed();
  });
  const act = (label, name, keys, run) => button({ label: t(label), icon: name, keys, onClick: unless(tell, run) });
  const undo = act("undo", "undo", "Ctrl+Z", () => desk.undo());
  const redo = act("redo", "redo", "Ctrl+Shift+Z", () => desk.redo());
  const copy = act("copy", "copy", "Ctrl+C", () => desk.copy());
  const paste = act("paste", "paste", "Ctrl+V", () => desk.paste());
  const remove = act("delete", "remove", "Delete", () => desk.removeChosen());
  const zoom = h("div", { class: "cluster zoom", role: "group", "aria-label": t("zoom") },
    button({ label: t("zoom_out"), icon: "minus", keys: "-", onClick: () => bench.zoom(1 / 1.3) }),
    button({ label: t("zoom_in"), icon: "plus", keys: "+", onClick: () => bench.zoom(1.3) }),
    button({ label: t("zoom_fit"), icon: "fit", onClick: () => bench.roll.fit() }),
  );
  const editing = h("div", { class: "cluster editing" },
    h("div", { class: "cluster joined", role: "group", "aria-label": t("tools") }, ...tools.values()),
    h("label", { class: "named" }, h("span", { text: t("voice") }), voice),
    h("label", { class: "named" }, h("span", { text: t("grid") }), grid),
    h("div", { class: "cluster joined", role: "group", "aria-label": t("edit") }, undo, redo, copy, paste, remove),
  );
  const element = h("div", { class: "row tools", role: "toolbar", "aria-label": t("roll_tools") }, editing, zoom);
  return {
    element,
    render() {
      element.hidden = bench.kind !== "roll";
      editing.hidden = !bench.editable;
      for (const [name, one] of tools) put(one, "aria-pressed", String(desk.tool === name));
      const { score } = bench.clip;
      keyed(voice, score.tracks, () => score.tracks.map((_, track) => h("option", { value: track, text: voiceName(t, score, track) })));
      voice.value = String(desk.voice);
      grid.value = desk.gridName;
      const none = desk.chosen.size ? "" : t("why.nothing");
      offer(undo, desk.editor.canUndo || bench.offers("undo") ? "" : t("why.undo"));
      offer(redo, desk.editor.canRedo || bench.offers("redo") ? "" : t("why.redo"));
      offer(copy, none);
      offer(remove, none);
      offer(paste, desk.clipboard.length ? "" : t("why.clipboard"));
    },
  };
}
