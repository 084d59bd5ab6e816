/**
 * Play, loop, where we are, tempo, transposition, volume.
 * @module
 */

import { button, h, icon, put, say } from "./dom.js";
import { clock, placeWords, secondsAt } from "./music.js";

/** A slider with its name and its value in words. */
function slider(label, name, [min, max, step], onInput) {
  const value = h("output", { class: "value" });
  const input = h("input", { type: "range", min, max, step, "aria-label": label });
  input.addEventListener("input", () => onInput(Number(input.value)));
  const element = h("label", { class: `slider ${name}` }, h("span", { class: "slider-name", text: label }), input, value);
  return { element, show: (number, words) => {
    if (Number(input.value) !== number) input.value = String(number);
    put(input, "aria-valuetext", words);
    say(value, words);
  } };
}

/** @param {import("./bench.js").Bench} bench */
export function transportPanel(bench) {
  const { t } = bench;
  const play = button({ label: t("play"), icon: "play", class: "primary round play", keys: "Space", onClick: () => bench.toggle() });
  const start = button({ label: t("to_start"), icon: "start", keys: "Home", onClick: () => bench.seek(bench.sound.isLooping && bench.view.span ? bench.view.span[0] : 0) });
  const loop = button({ label: t("loop"), icon: "loop", keys: "L", onClick: () => bench.sound.setLoop(!bench.sound.isLooping) });
  const now = h("span", { class: "now" });
  const whole = h("span", { class: "soft" });
  const bar = h("span", { class: "soft bar-now" });
  const time = h("div", { class: "time", role: "timer", "aria-label": t("time"), "aria-live": "off" }, h("span", { class: "clock" }, now, whole), bar);
  const tempo = slider(t("tempo"), "tempo", [50, 150, 5], (value) => bench.sound.setTempo(value / 100));
  const volume = slider(t("volume"), "volume", [0, 100, 5], (value) => bench.sound.setVolume(value / 100));
  const by = (step) => () => bench.sound.setTranspose(bench.sound.transpose + step);
  const shift = h("output", { class: "value" });
  const transpose = h("div", { class: "stepper", role: "group", "aria-label": t("transpose") },
    h("span", { class: "slider-name", text: t("transpose") }),
    button({ label: t("transpose_down"), icon: "minus", onClick: by(-1) }), shift,
    button({ label: t("transpose_up"), icon: "plus", onClick: by(1) }),
  );
  const sound = h("details", { class: "sound" }, h("summary", { class: "button" }, icon("volume"), h("span", { text: t("sound") })), h("div", { class: "sound-controls" }, tempo.element, transpose, volume.element));
  sound.open = !matchMedia("(max-width: 700px)").matches;
  const element = h("div", { class: "row transport", role: "group", "aria-label": t("playback") }, play, start, loop, time, sound);

  let isPlaying = null;
  return {
    element,
    render() {
      const { view, sound: { tempo: factor, transpose: semitones } } = bench;
      if (isPlaying !== bench.playing) {
        isPlaying = bench.playing;
        play.replaceChildren(icon(isPlaying ? "pause" : "play"));
        put(play, "aria-label", t(isPlaying ? "pause" : "play"));
        put(play, "title", `${t(isPlaying ? "pause" : "play")} (${t("key_space")})`);
      }
      put(loop, "aria-pressed", String(bench.sound.isLooping));
      const qpm = Math.round(view.score.tempos[0][1] * factor);
      tempo.show(Math.round(factor * 100), t("tempo_value", { percent: Math.round(factor * 100), qpm }));
      volume.show(Math.round(bench.sound.volume * 100), t("percent", { n: Math.round(bench.sound.volume * 100) }));
      say(shift, semitones > 0 ? `+${semitones}` : String(semitones).replace("-", "−"));
      say(whole, ` / ${clock(secondsAt(view.score, view.layout.end) / factor)}`);
    },
    moveTo(tick) {
      const { view } = bench;
      say(now, clock(secondsAt(view.score, tick) / bench.sound.tempo));
      say(bar, placeWords(t, view.bars, Math.min(tick + 0.5, view.most), view.score.resolution));
    },
  };
}
