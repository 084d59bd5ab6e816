/**
 * The player as a workbench: several versions of a piece, three ways to see it, one playhead; select, hear, edit, act.
 * It holds the state and passes it to its parts; they tell it what the person does.
 * @module
 */

import { Choice } from "./choice.js";
import { Desk } from "./desk.js";
import { debounce, h, put, say } from "./dom.js";
import { helpPanel } from "./help.js";
import { attachKeys } from "./keys.js";
import { isHeld, say as sayWhenHeard } from "./line.js";
import { barIndexAt, placeWords } from "./music.js";
import { ScorePages } from "./page.js";
import { actionsPanel, clipsPanel, marksPanel, selectionPanel, viewsPanel } from "./panels.js";
import { recordPanel } from "./record.js";
import { PianoRoll } from "./roll.js";
import { Sound } from "./sound.js";
import { Synced } from "./synced.js";
import { toolsPanel } from "./tools.js";
import { transportPanel } from "./transport_panel.js";
import { viewOf } from "./view.js";
import { voicesPanel } from "./voices.js";
import { makeWords } from "./words.js";

const TELL_ACTIVE = 300; // ms before Python hears which version is looked at

export class Bench {
  /** @param {Object} component what Streamlit gives: data, parentElement, setStateValue, setTriggerValue */
  constructor(component) {
    this.component = component;
    this.sound = new Sound(this);
    this.transport = this.sound.transport;
    this.element = h("div", { class: "musegen-player bench" });
    const { data } = component;
    this.shown = new Synced(data.active ?? data.clips[0].id, (value) => this.component.setStateValue("active", value));
    this.sayActive = debounce(() => this.shown.set(this.active), TELL_ACTIVE);
    this.seen = new Synced(data.view ?? "roll", (value) => this.component.setStateValue("view", value));
    this.sounding = new Set(); // ids of the notes that sound
    this.desk = new Desk(this);
    this.choice = new Choice(this, data.selection);
    this.off = [
      this.transport.on("state", () => this.#playingChanged()),
      this.transport.on("loading", (busy) => this.#loading(busy)),
      this.transport.on("ended", () => this.tell(this.t("ended"))),
      this.transport.on("error", (code) => this.tell(this.t(`error.${code}`))),
      attachKeys(this),
    ];
    this.element.addEventListener("focusout", ({ relatedTarget }) => this.element.contains(relatedTarget) || this.desk.flush());
    this.update(component);
  }

  /** New data from Python: after every rerun. */
  update(component) {
    this.component = component;
    const { data } = component;
    if (data.asking && this.data) return; // a new server's example: what lies here comes back in a moment
    this.data = data;
    const asked = this.asked && this.status?.textContent === this.asked;
    if (asked) this.tell(""); // it was answered
    this.asked = "";
    const words = JSON.stringify([data.language, data.words]);
    if (this.words !== words) {
      this.words = words;
      this.t = makeWords(data.words);
      this.#build();
    }
    put(this.element, "lang", data.language === "zh" ? "zh-Hans" : data.language);
    this.element.dataset.theme = data.theme;
    const before = this.active;
    this.shown.receive(data.active ?? data.clips[0].id);
    if (!data.clips.some((clip) => clip.id === this.active)) this.shown.value = data.clips[0].id;
    this.seen.receive(data.view ?? "roll");
    this.choice.receive(data.selection);
    if (this.desk.take(data.clips) || before !== this.active || !this.loaded) this.notesChanged();
    else this.changed();
    const made = this.version && this.version !== data.version && data.active !== data.clips[0].id;
    this.version = data.version;
    if (made && !this.isOnScreen) this.element.scrollIntoView(); // on a phone the button lies far below
    this.#refused(data.refusal, asked);
  }

  /** Says why what was asked for could not be done, once; to whom asked here it is shown. */
  #refused(refusal, asked) {
    if (!refusal || refusal.id === this.refusal) return;
    this.refusal = refusal.id;
    this.tell(refusal.text);
    if (asked) this.status.scrollIntoView({ block: "nearest" });
  }

  dispose() {
    this.desk.flush();
    this.sayActive.now();
    cancelAnimationFrame(this.frame);
    for (const off of this.off) off?.();
    this.recorder?.dispose();
    this.roll.dispose();
    this.pages.dispose();
    this.transport.dispose();
    this.element.remove();
  }

  #build() {
    this.roll?.dispose();
    this.pages?.dispose();
    this.recorder?.dispose();
    this.roll = new PianoRoll(this);
    this.pages = new ScorePages(this);
    this.status = h("p", { class: "status", role: "status", "aria-live": "polite" });
    this.help = helpPanel(this);
    this.recorder = recordPanel(this);
    const make = { clips: clipsPanel, views: viewsPanel, transport: transportPanel, voices: voicesPanel, tools: toolsPanel, selection: selectionPanel, actions: actionsPanel, marks: marksPanel };
    const p = Object.fromEntries(Object.entries(make).map(([name, panel]) => [name, panel(this)]));
    this.panels = [...Object.values(p), this.recorder];
    this.clock = p.transport;
    this.stage = h("div", { class: "stage" }, this.roll.element, this.pages.element);
    put(this.element, "role", "region");
    put(this.element, "aria-label", this.t("label"));
    this.element.replaceChildren(
      h("div", { class: "row top" }, p.clips.element, p.views.element), p.transport.element, p.voices.element, p.tools.element,
      this.stage, this.status, h("div", { class: "row bottom" }, p.selection.element, p.actions.element), p.marks.element,
      this.recorder.element, this.help.element,
    );
  }

  // --- what is there -----------------------------------------------------------------------------

  get active() {
    return this.shown.value;
  }

  get clip() {
    return this.data.clips.find((clip) => clip.id === this.active);
  }

  /** Which way the piece is seen: "roll", "staff" or "numbered". */
  get kind() {
    return this.seen.value;
  }

  get selectable() {
    return Boolean(this.data.selectable);
  }

  get editable() {
    return Boolean(this.data.editable) && this.kind === "roll";
  }

  get playing() {
    return this.transport.playing;
  }

  /** Where the playhead is; at rest it may stand in empty bars beyond the music, where one can write. */
  get tick() {
    return this.playing ? this.transport.tick : (this.beyond ?? this.transport.tick);
  }

  get isOnScreen() {
    const box = this.element.getBoundingClientRect();
    return box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  }

  /** Shows the state again, once, soon. */
  changed() {
    this.pending ??= Promise.resolve().then(() => {
      this.pending = null;
      this.render();
    });
  }

  render() {
    this.view = viewOf(this);
    const pages = this.kind !== "roll";
    this.roll.element.hidden = pages;
    this.pages.element.hidden = !pages;
    for (const panel of this.panels) panel.render();
    if (pages) this.pages.render();
    else this.roll.render();
    this.sound.loopOver(this.view.loop);
    this.show(this.tick);
  }

  // --- playing -----------------------------------------------------------------------------------

  /** The active version's notes are others now. */
  notesChanged() {
    this.loaded = true;
    const score = this.desk.editor.toScore();
    this.sound.load(score);
    this.desk.voice = Math.min(this.desk.voice, score.tracks.length - 1);
    this.changed();
  }

  toggle() {
    if (this.playing) return this.transport.pause();
    this.roll.follow();
    const at = this.tick;
    return this.transport.play(at >= this.view.end - 1 ? (this.view.loop?.[0] ?? 0) : at);
  }

  seek(tick) {
    const at = Math.min(Math.max(tick, 0), this.view.most);
    this.transport.seek(at);
    this.beyond = at > this.transport.tick + 1 ? at : null;
    this.roll.follows = true;
    this.show(at);
    this.roll.reveal(at);
  }

  /** One step of the grid (or one bar) back or on. */
  step(way, wholeBar) {
    const { bars, score } = this.view;
    const bar = bars[Math.max(barIndexAt(bars, this.tick + 1), 0)];
    const grid = wholeBar ? 0 : this.data.editable ? this.desk.grid : (4 * score.resolution) / bar.denominator;
    const next = way > 0 ? bar.end : this.tick - bar.start > 1 ? bar.start : bars[Math.max(barIndexAt(bars, this.tick + 1) - 1, 0)].start;
    const lines = Math.round((this.tick - bar.start) / grid) + way;
    this.seek(wholeBar || lines < 0 ? next : Math.min(bar.start + lines * grid, bar.end));
    this.tell(placeWords(this.t, bars, Math.min(this.tick + 0.5, this.view.most), score.resolution));
  }

  #playingChanged() {
    const { playing } = this;
    this.beyond = null;
    this.element.dataset.playing = playing;
    this.tell(this.t(playing ? "now_playing" : "now_paused", { name: this.clip.name }));
    cancelAnimationFrame(this.frame);
    if (playing) this.#tickOn();
    else this.show(this.tick);
    this.changed();
  }

  #tickOn() {
    this.show(this.tick, true);
    if (this.playing) this.frame = requestAnimationFrame(() => this.#tickOn());
  }

  /** Puts everything at a tick. */
  show(tick, running = this.playing) {
    if (!this.view) return;
    this.clock.moveTo(tick);
    if (this.kind !== "roll") return void this.pages.moveTo(tick, running);
    const now = running ? [...this.view.layout.between(tick, tick + 0.01)].map((note) => note.id) : [];
    if (now.length !== this.sounding.size || now.some((id) => !this.sounding.has(id))) {
      this.sounding = this.view.sounding = new Set(now);
      this.roll.redraw();
    }
    this.roll.moveTo(tick, running);
  }

  #loading(busy) {
    this.element.dataset.loading = busy;
    put(this.element, "aria-busy", busy ? "true" : null);
  }

  // --- versions and views ------------------------------------------------------------------------

  /** Goes over to another version at the same place, playing on. */
  showClip(id) {
    if (id === this.active) return;
    this.desk.flush();
    this.desk.chosen = new Set();
    this.shown.value = id;
    this.sayActive();
    this.notesChanged();
    this.tell(this.t(this.playing ? "now_playing" : "now_shown", { name: this.clip.name }));
  }

  clipOf(number) {
    return this.data.clips.find((clip) => keyOf(clip) === number);
  }

  hasClip(number) {
    return Boolean(this.clipOf(number));
  }

  showNumber(number) {
    this.showClip(this.clipOf(number).id);
  }

  /** Which key shows a clip: its label where that is a digit, else 0. */
  keyOf(clip) {
    return keyOf(clip);
  }

  setKind(kind) {
    if (kind !== "roll") this.desk.flush();
    this.desk.chosen = new Set();
    this.seen.set(kind);
    this.changed();
  }

  // --- actions and words -------------------------------------------------------------------------

  /** Whether an action is there and possible now. */
  offers(name) {
    return this.actions.get(name) === "";
  }

  /** Actions by name, with the reason why not; notes that are chosen can be locked and unlocked. */
  get actions() {
    const actions = actionsOf(this.data);
    if (!this.desk.chosen.size) return actions;
    return new Map([...actions].map(([name, why]) => [name, name === "lock" || name === "unlock" ? "" : why]));
  }

  act(name) {
    this.desk.flush();
    const notes = this.desk.chosenNotes.map(({ onset, pitch, track }) => [onset, pitch, track]);
    this.asked = this.t(`asked.${name}`);
    this.tell(this.asked);
    this.trigger("action", { name, clip: this.active, selection: this.choice.value, notes });
  }

  trigger(name, value) {
    sayWhenHeard(() => this.component.setTriggerValue(name, value));
    if (isHeld()) this.tell((this.asked = this.t("held")));
  }

  zoom(factor) {
    this.roll.zoom(factor);
  }

  showHelp() {
    this.help.open();
  }

  /** The bar's value in words, and the playhead at it. */
  showBarValue(tick) {
    const bar = this.view.bars[barIndexAt(this.view.bars, tick)];
    const row = this.view.barValues.values.find(([number]) => number === bar.number);
    this.seek(bar.start);
    if (row) this.tell(this.t("bar_value", { name: this.view.barValues.name, bar: bar.number, text: row[2] }));
  }

  /** Says something, to be read and to be heard. */
  tell(text) {
    say(this.status, text);
  }
}

/** Actions by name, with the reason why not ("" = possible); Python gives a list or a table. */
export function actionsOf(data) {
  const actions = data.actions ?? [];
  return new Map(Array.isArray(actions) ? actions.map((name) => [name, ""]) : Object.entries(actions));
}

function keyOf(clip) {
  return /^\d$/.test(clip.label) ? Number(clip.label) : 0;
}
