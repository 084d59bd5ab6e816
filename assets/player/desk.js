/**
 * The editing desk of the bench: the notes of every clip as they are now, which are chosen, the tool in hand, and what can be
 * done with them. Tells Python some moments after a change.
 * @module
 */

import { debounce } from "./dom.js";
import { Editor } from "./edit.js";
import { Layout } from "./geometry.js";
import { barIndexAt, GRIDS, lastIndex, pitchName, placeOf, snap, voiceName } from "./music.js";

const PATIENCE = 400; // ms from a change to its telling

export class Desk {
  /** @param {import("./bench.js").Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.editors = new Map();
    this.chosen = new Set();
    this.clipboard = [];
    this.tool = "select";
    this.gridName = "eighth";
    this.voice = 0;
    this.how = "edit";
    this.tellPython = debounce(() => this.#send(), PATIENCE);
  }

  /** Takes the clips that Python gave. True if the notes of the active one are others than before. */
  take(clips) {
    const before = this.editor?.notes;
    this.#follow(clips);
    const known = new Set(clips.map((clip) => clip.id));
    for (const id of this.editors.keys()) if (!known.has(id)) this.editors.delete(id);
    for (const clip of clips) {
      const editor = this.editors.get(clip.id);
      if (!editor) this.editors.set(clip.id, new Editor(clip.score, clip));
      else editor.adopt(clip.score, clip);
    }
    this.chosen = new Set([...this.chosen].filter((id) => this.editor?.note(id))); // others may lie here now
    return this.editor?.notes !== before;
  }

  /** Python may put what was edited into the place of another clip: the editor goes along, with what can be undone. */
  #follow(clips) {
    for (const [id, editor] of [...this.editors]) {
      const here = clips.find((clip) => clip.id === id);
      if (here && editor.awaits(here.score)) continue;
      const there = clips.find((clip) => editor.awaits(clip.score));
      if (!there) continue;
      this.editors.delete(id);
      this.editors.set(there.id, editor);
    }
  }

  /** The editor of the active clip. */
  get editor() {
    return this.editors.get(this.bench.active);
  }

  get grid() {
    return GRIDS[this.gridName](this.bench.clip.score.resolution);
  }

  /** Whether the notes are no longer those that Python knows and engraved. */
  get isStale() {
    return JSON.stringify(this.editor.toScore().notes) !== JSON.stringify(this.bench.clip.score.notes);
  }

  // --- choosing ----------------------------------------------------------------------------------

  choose(ids, final = true) {
    this.chosen = new Set(ids);
    this.bench.view.chosen = this.chosen;
    if (!final) return;
    const notes = this.chosenNotes;
    if (notes.length === 1) {
      this.voice = notes[0].track;
      this.bench.tell(this.#describe(notes[0]));
    } else if (notes.length) this.bench.tell(this.bench.t("notes_chosen", { n: notes.length }));
    this.bench.changed();
  }

  get chosenNotes() {
    return this.editor.notes.filter((note) => this.chosen.has(note.id));
  }

  chooseAll() {
    const { view } = this.bench;
    const inside = (note) => !view.span || (note.onset >= view.span[0] && note.onset < view.span[1]);
    this.choose(this.editor.notes.filter((note) => inside(note) && view.voices.has(note.track)).map((note) => note.id));
  }

  /** The next (1) or the previous (-1) note of the voice in hand. */
  chooseNext(step) {
    const notes = this.editor.notes.filter((note) => note.track === this.voice);
    if (!notes.length) return;
    const at = notes.findIndex((note) => this.chosen.has(note.id));
    const here = lastIndex(notes, (note) => note.onset <= this.bench.tick);
    const index = at >= 0 ? at + step : step > 0 ? Math.max(here, 0) : here;
    this.#pick(notes[Math.min(Math.max(index, 0), notes.length - 1)]);
  }

  /** What sounds at the playhead; again: the next voice there. */
  chooseHere() {
    const notes = [...this.bench.view.layout.between(this.bench.tick, this.bench.tick + 1)];
    if (!notes.length) return this.bench.tell(this.bench.t("why.no_note_here"));
    const at = notes.findIndex((note) => this.chosen.has(note.id));
    return this.#pick(notes[(at + 1) % notes.length]);
  }

  #pick(note) {
    this.choose([note.id]);
    this.bench.sound.audition(note.pitch, note.track);
    this.#reveal(note);
  }

  #reveal(note) {
    this.bench.roll.reveal(note.onset);
    this.bench.roll.revealRow(this.bench.view.rows.of(note.pitch, this.bench.view.tracks[note.track][2]));
  }

  #describe(note) {
    const { t, view } = this.bench;
    const score = this.bench.clip.score;
    const row = view.tracks[note.track][2] ? view.rows.list[view.rows.of(note.pitch, true)]?.name : pitchName(note.pitch);
    const { bar, beat } = placeOf(view.bars, note.onset, score.resolution);
    const length = Number((note.duration / score.resolution).toFixed(2));
    const words = t("note", { pitch: row, voice: voiceName(t, score, note.track), bar, beat, length });
    return note.locked ? `${words} ${t("note_locked")}` : words;
  }

  // --- changing ----------------------------------------------------------------------------------

  /** What has become of a change: chosen, heard, told; or why it was not made. */
  apply(outcome, what) {
    if (!outcome.done || outcome.why) this.explain(outcome);
    if (!outcome.done) return this.cancel();
    this.how = "edit";
    this.chosen = new Set(outcome.ids);
    if (!outcome.why) this.bench.tell(this.bench.t(`did.${what}`, { n: outcome.count }));
    return this.#changed();
  }

  explain({ why }) {
    if (why) this.bench.tell(this.bench.t(`why.${why.replace("-", "_")}`));
  }

  /** Takes back what was only shown. */
  cancel() {
    this.editor.cancel();
    this.bench.changed();
    this.relayout();
  }

  /** Shows notes that are being dragged, without telling anyone. */
  relayout() {
    this.bench.view.layout = new Layout(this.editor.notes);
    this.bench.roll.redraw();
  }

  #changed() {
    this.tellPython();
    this.bench.notesChanged();
  }

  moveChosen(steps, semitones) {
    const [first] = this.chosenNotes;
    if (!first) return;
    const { bars } = this.bench.view;
    const away = Math.abs(snap(bars, first.onset, this.grid) - first.onset);
    const target = snap(bars, first.onset + steps * this.grid + (steps && away ? -steps * away : 0), this.grid);
    this.apply(this.editor.move(this.chosen, steps ? target - first.onset : 0, semitones), "moved");
    const [moved] = this.chosenNotes;
    if (!moved) return;
    this.#reveal(moved);
    if (semitones) this.bench.sound.audition(moved.pitch, moved.track);
    if (this.chosen.size === 1) this.bench.tell(this.#describe(moved));
  }

  stretchChosen(steps) {
    this.apply(this.editor.stretch(this.chosen, steps * this.grid, this.grid), "stretched");
    if (this.chosen.size === 1) this.bench.tell(this.#describe(this.chosenNotes[0]));
  }

  removeChosen() {
    this.apply(this.editor.remove(this.chosen), "erased");
  }

  giveTo(track) {
    this.voice = track;
    if (this.chosen.size) this.apply(this.editor.giveTo(this.chosen, track), "given");
    this.bench.changed();
  }

  /** A note of the voice in hand at the playhead, as high as its last one. */
  drawHere() {
    const { bars, end, tracks } = this.bench.view;
    const onset = snap(bars, Math.min(this.bench.tick, end), this.grid, true);
    const mine = this.editor.notes.filter((note) => note.track === this.voice);
    const near = mine[Math.max(0, lastIndex(mine, (note) => note.onset <= onset))];
    const pitch = near?.pitch ?? (tracks[this.voice][2] ? 38 : 67);
    this.bench.sound.audition(pitch, this.voice);
    this.apply(this.editor.add({ onset, pitch, duration: this.grid, track: this.voice }), "drawn");
  }

  copy() {
    this.clipboard = this.chosenNotes;
    this.bench.tell(this.bench.t("did.copied", { n: this.clipboard.length }));
    this.bench.changed();
  }

  /** At the playhead, on its bar's grid. */
  paste() {
    const { bars, end } = this.bench.view;
    if (!this.clipboard.length) return this.bench.tell(this.bench.t("why.clipboard"));
    const bar = bars[barIndexAt(bars, this.bench.tick)];
    const at = Math.min(this.bench.tick, Math.max(end, bar.start));
    return this.apply(this.editor.paste(this.clipboard, snap(bars, at, this.grid, true)), "pasted");
  }

  undo() {
    this.#walk("undo");
  }

  redo() {
    this.#walk("redo");
  }

  #walk(way) {
    const { bench } = this;
    if (bench.editable && this.editor[way]()) {
      this.how = way;
      this.chosen = new Set([...this.chosen].filter((id) => this.editor.note(id)));
      bench.tell(bench.t(`did.${way}`));
      this.#changed();
    } else if (bench.offers(way)) bench.act(way);
    else bench.tell(bench.t(`why.${way}`));
  }

  // --- telling Python ----------------------------------------------------------------------------

  /** Tells now what has not been told. */
  flush() {
    this.tellPython.now();
  }

  #send() {
    this.tellPython.cancel();
    for (const [clip, editor] of this.editors) {
      if (editor.isDirty) this.bench.trigger("edited", { clip, score: editor.send(), how: this.how });
    }
  }
}
