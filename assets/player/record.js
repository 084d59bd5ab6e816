/**
 * Playing in: on the computer's keyboard or a MIDI keyboard, and recording what is played into the voice in hand.
 * @module
 */

import { button, h, icon, put, say } from "./dom.js";
import { barIndexAt, voiceName } from "./music.js";

const STEPS = { quarter: 1, eighth: 2, sixteenth: 4, triplet: 3 }; // of the grid, to a quarter note

/** @param {import("./bench.js").Bench} bench */
export function recordPanel(bench) {
  const { t, desk } = bench;
  const check = (word) => {
    const input = h("input", { type: "checkbox", checked: true });
    return { input, element: h("label", { class: "check" }, input, h("span", { text: t(word) })) };
  };
  const record = button({ label: t("record"), icon: "record", words: true, class: "record-button", onClick: () => (isOn() ? stop() : start()) });
  const keyboard = button({ label: t("computer_keyboard"), icon: "keyboard", words: true, onClick: () => listen(!listening) });
  const midi = button({ label: t("midi"), words: true, onClick: () => connect() });
  const [countIn, metronome] = [check("count_in"), check("metronome")];
  const octave = h("output", { class: "value" });
  const shift = h("div", { class: "stepper", role: "group", "aria-label": t("octave") },
    h("span", { class: "slider-name", text: t("octave") }),
    button({ label: t("octave_down"), icon: "minus", keys: "Z", onClick: () => withRecorder((r) => r.octaveDown()) }), octave,
    button({ label: t("octave_up"), icon: "plus", keys: "X", onClick: () => withRecorder((r) => r.octaveUp()) }),
  );
  const summary = h("summary", { class: "button" }, icon("record"), h("span", { text: t("play_in") }));
  const hint = h("p", { class: "soft" });
  const body = h("div", { class: "row record-controls" }, record, countIn.element, metronome.element, keyboard, midi, shift, hint);
  const element = h("details", { class: "record" }, summary, body);
  element.addEventListener("toggle", () => (element.open ? withRecorder(() => listen(true)) : leave()));

  let recorder = null;
  let listening = false;
  let coming = null;

  /** The recorder, fetched when it is first needed. */
  async function withRecorder(act) {
    coming ??= import("./input.js").then(({ Recorder }) => {
      recorder = new Recorder(bench.sound.transport);
      recorder.on("state", () => panel.render());
      recorder.on("octave", () => panel.render());
      recorder.on("midi", (names) => bench.tell(t("midi_found", { names: names.join(", ") || "–" })));
    });
    await coming;
    act(recorder);
    panel.render();
  }

  const isOn = () => recorder !== null && recorder.state !== "idle";

  function listen(on) {
    withRecorder((r) => {
      listening = on;
      r.track = desk.voice;
      r.setKeyboard(on);
      bench.tell(t(on ? "keyboard_on" : "keyboard_off"));
    });
  }

  async function connect() {
    await withRecorder(() => {});
    const { ok, why, names } = await recorder.connectMidi();
    bench.tell(ok ? t("midi_found", { names: names.join(", ") }) : t(`midi_why.${why}`));
  }

  function start() {
    const { bars } = bench.view;
    const fromTick = bars[barIndexAt(bars, bench.tick)].start;
    desk.flush();
    bench.tell(t("recording", { voice: voiceName(t, bench.clip.score, desk.voice) }));
    withRecorder((r) => r.start({
      track: desk.voice, fromTick, countIn: countIn.input.checked ? 1 : 0, metronome: metronome.input.checked, stepsPerQuarter: STEPS[desk.gridName],
    }));
  }

  function stop() {
    const notes = recorder.stop();
    bench.sound.looped = null;
    listen(listening);
    if (notes.length) bench.trigger("recorded", { clip: bench.active, notes });
    bench.tell(t(notes.length ? "recorded" : "recorded_nothing", { n: notes.length }));
    bench.changed();
  }

  function leave() {
    if (isOn()) stop();
    if (recorder) listen(false);
  }

  const panel = {
    element,
    render() {
      element.hidden = !bench.data.editable;
      const on = isOn();
      record.replaceChildren(icon(on ? "stop" : "record"), h("span", { text: t(on ? "record_stop" : "record") }));
      put(record, "aria-pressed", String(on));
      put(keyboard, "aria-pressed", String(listening));
      say(octave, String(recorder?.octave ?? 4));
      say(hint, t("piano_keys"));
      if (recorder && !on && recorder.track !== desk.voice) recorder.track = desk.voice;
    },
    dispose: () => recorder?.dispose(),
  };
  return panel;
}
