/**
 * The smaller parts of the bench: versions, ways to see, selection, actions, faults. Each gives {element, render}.
 * @module
 */

import { button, h, icon, keyed, offer, put, say, unless } from "./dom.js";
import { voiceName } from "./music.js";

const KEYS = { keep: "K", undo: "U", redo: "Shift+U" };
const ICONS = { keep: "keep", lock: "lock", unlock: "unlock", undo: "undo", redo: "redo" };

/** One of several: buttons side by side, of which one is pressed. */
function choices(label, items, onChoose) {
  const buttons = items.map(({ value, text, keys, title }) => {
    const words = [keys ? h("kbd", { text: keys }) : null, h("span", { class: "choice-words", text })];
    const element = h("button", { type: "button", class: "button choice", "data-name": value, "aria-keyshortcuts": keys, title }, ...words);
    element.addEventListener("click", () => onChoose(value));
    return element;
  });
  return h("div", { class: "choices", role: "group", "aria-label": label }, ...buttons);
}

function press(host, value) {
  for (const element of host.querySelectorAll("[data-name]")) put(element, "aria-pressed", String(element.dataset.name === value));
}

/** The versions: original and alternatives; another one goes on at the same place. */
export function clipsPanel(bench) {
  const element = h("div", { class: "clips" });
  return {
    element,
    render() {
      const { clips } = bench.data;
      keyed(element, clips.map((clip) => [clip.id, clip.label, clip.name]), () => {
        const items = clips.map((clip) => {
          const key = String(bench.keyOf(clip));
          return { value: clip.id, text: clip.label === key ? clip.name : clip.label, keys: key, title: clip.name };
        });
        return [choices(bench.t("versions"), items, (id) => bench.showClip(id))];
      });
      press(element, bench.active);
    },
  };
}

/** Roll, staff, numbered notation; and help. */
export function viewsPanel(bench) {
  const list = h("div");
  const help = button({ label: bench.t("help"), icon: "help", keys: "?", onClick: () => bench.showHelp() });
  const element = h("div", { class: "views" }, list, help);
  return {
    element,
    render() {
      const views = bench.data.views ?? ["roll"];
      list.hidden = views.length < 2;
      keyed(list, views, () => {
        const items = views.map((value) => ({ value, text: bench.t(`view.${value}`) }));
        return [choices(bench.t("views"), items, (kind) => bench.setKind(kind))];
      });
      press(list, bench.kind);
    },
  };
}

/** The bars that are selected, as numbers that can be typed. */
export function selectionPanel(bench) {
  const { t } = bench;
  const field = (label) => h("input", { type: "number", inputmode: "numeric", class: "field bar-number", "aria-label": label, on: { input, change: typed } });
  let typing = null; // the field with a number that isn't finished: no answer from Python may take it away
  const [first, last] = [field(t("first_bar")), field(t("last_bar"))];
  const clear = button({ label: t("clear_selection"), icon: "close", onClick: () => bench.choice.selectBars(null) });
  const text = h("span", { class: "soft" });
  const element = h("div", { class: "selection", role: "group", "aria-label": t("selection") }, h("span", { text: t("bars") }), first, h("span", { text: "–" }), last, clear, text);
  function input(event) {
    typing = event.currentTarget;
  }
  function typed() {
    typing = null;
    const [low, high] = [first, last].map((input) => Number(input.min));
    const limit = (value) => Math.min(Math.max(Math.round(value), low), Number(first.max) || high);
    if (first.value === "" && last.value === "") return bench.choice.selectBars(null);
    const from = limit(first.value === "" ? Number(last.value) : Number(first.value));
    const to = limit(last.value === "" ? Number(first.value) : Number(last.value));
    return bench.choice.selectBars([Math.min(from, to), Math.max(from, to)]);
  }
  return {
    element,
    render() {
      element.hidden = !bench.selectable;
      const { bars } = bench.view;
      for (const input of [first, last]) {
        put(input, "min", bars[0].number);
        put(input, "max", bars[bench.choice.lastBar].number);
        put(input, "placeholder", input === first ? bars[0].number : bars[bench.choice.lastBar].number);
      }
      if (typing !== first) first.value = bench.choice.bars?.[0] ?? "";
      if (typing !== last) last.value = bench.choice.bars?.[1] ?? "";
      clear.hidden = !bench.choice.bars;
      const names = [...bench.choice.voices].sort((a, b) => a - b).map((track) => voiceName(t, bench.clip.score, track));
      say(text, bench.choice.only ? names.join(t("and")) : bench.choice.bars ? t("all_voices") : t("whole_piece"));
    },
  };
}

/** What Python can do with the version on show: buttons, with the reason where one can't be pressed. */
export function actionsPanel(bench) {
  const element = h("div", { class: "actions", role: "group", "aria-label": bench.t("actions") });
  return {
    element,
    render() {
      const actions = [...bench.actions];
      element.hidden = !actions.length;
      keyed(element, actions.map(([name]) => name), () =>
        actions.map(([name]) => {
          const onClick = unless((why) => bench.tell(why), () => bench.act(name));
          const one = button({ label: bench.t(`action.${name}`), icon: ICONS[name], words: true, keys: KEYS[name], class: name === "keep" ? "primary" : "", onClick });
          one.dataset.name = name;
          return one;
        }),
      );
      for (const [name, why] of actions) offer(element.querySelector(`[data-name="${CSS.escape(name)}"]`), why);
    },
  };
}

/** Faults in words; each leads to its place. */
export function marksPanel(bench) {
  const element = h("section", { class: "marks", "aria-label": bench.t("marks") });
  return {
    element,
    render() {
      const { marks } = bench.view;
      element.hidden = !marks.length;
      keyed(element, marks.map(({ kind, text, notes }) => [kind, text, notes.map((note) => note?.onset)]), () => {
        const rows = marks.map(({ kind, text, notes }, i) => {
          const onset = Math.min(...notes.filter(Boolean).map((note) => note.onset));
          const words = [icon("warning"), h("b", { text: String(i + 1) }), h("span", { text: bench.t("mark.said", { level: bench.t(`mark.${kind}`), text }) })];
          const go = () => Number.isFinite(onset) && bench.seek(onset);
          return h("li", {}, h("button", { type: "button", class: `button mark ${kind}`, on: { click: go } }, ...words));
        });
        return [h("ol", {}, ...rows)];
      });
    },
  };
}
