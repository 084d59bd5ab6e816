/**
 * The parts: which are selected, which sound, on which instrument. A strip that folds away on a phone.
 * @module
 */

import { button, h, icon, keyed, put } from "./dom.js";
import { swatch } from "./look.js";
import { voiceName, voiceTags } from "./music.js";

/** General MIDI programs that are offered, with a word each (`player.gm.<program>`). */
const PROGRAMS = [0, 6, 11, 12, 19, 21, 24, 32, 40, 42, 46, 48, 52, 56, 60, 66, 68, 71, 73, 74, 77, 105, 106, 107, 110];

/** @param {import("./bench.js").Bench} bench */
export function voicesPanel(bench) {
  const { t } = bench;
  const list = h("ul", { class: "voice-list" });
  const summary = h("summary", { class: "button" }, icon("solo"), h("span", { text: t("voices") }));
  const element = h("details", { class: "voices" }, summary, list);
  element.open = !matchMedia("(max-width: 700px)").matches;
  let chips = [];

  function chip(track) {
    const { score } = bench.clip;
    const name = voiceName(t, score, track);
    const include = h("button", { type: "button", class: "button voice-name", "data-name": `voice ${track}` },
      h("span", { class: "tick", "aria-hidden": "true" }), swatch(track, bench.data.theme), h("b", { text: voiceTags(score)[track] }), h("span", { class: "name", text: name, title: name }));
    include.addEventListener("click", () => (bench.selectable ? bench.choice.toggleVoice(track) : bench.tell(name)));
    const mute = button({ label: t("mute", { voice: name }), icon: "mute", keys: track === 0 ? "M" : null, onClick: () => bench.sound.toggleMute(track) });
    const solo = button({ label: t("solo", { voice: name }), icon: "solo", onClick: () => bench.sound.toggleSolo(track) });
    mute.dataset.name = `mute ${track}`;
    solo.dataset.name = `solo ${track}`;
    const program = score.tracks[track][2] ? null : instruments(track, name);
    return { track, include, mute, solo, program, element: h("li", { class: "voice" }, include, mute, solo, program) };
  }

  function instruments(track, name) {
    const own = bench.clip.score.tracks[track][1];
    const word = (program) => (PROGRAMS.includes(program) ? t(`gm.${program}`) : t("gm_other", { n: program + 1 }));
    const options = [h("option", { value: "", text: word(own) }), ...PROGRAMS.filter((p) => p !== own).map((p) => h("option", { value: p, text: word(p) }))];
    const select = h("select", { class: "field", "aria-label": t("instrument", { voice: name }), title: t("instrument", { voice: name }), "data-name": `program ${track}` }, ...options);
    select.addEventListener("change", () => bench.sound.setProgram(track, select.value === "" ? null : Number(select.value)));
    return select;
  }

  return {
    element,
    render() {
      const { score } = bench.clip;
      keyed(list, [score.tracks, bench.selectable, bench.data.theme], () => {
        chips = score.tracks.map((_, track) => chip(track));
        return chips.map((one) => one.element);
      });
      for (const { track, include, mute, solo, program, element: host } of chips) {
        put(include, "aria-pressed", bench.selectable ? String(bench.choice.voices.has(track)) : null);
        put(mute, "aria-pressed", String(bench.sound.mutes.has(track)));
        put(solo, "aria-pressed", String(bench.sound.solos.has(track)));
        host.classList.toggle("silent", bench.sound.isSilent(track));
        host.classList.toggle("in-hand", bench.editable && bench.desk.voice === track);
        const value = String(bench.sound.programs.get(track) ?? "");
        if (program && program.value !== value) program.value = value;
      }
    },
  };
}
