/**
 * Editing the notes of one clip: pure values, no elements. Notes are frozen, every state is a list of its own, so undo
 * is a walk through states.
 *
 * @typedef {{id: number, onset: number, pitch: number, duration: number, velocity: number, track: number,
 *   given: boolean, locked: boolean}} Note
 * @typedef {{done: boolean, why: string, count: number, ids: number[]}} Outcome `why` is "" or a code: "locked" (all the
 *   notes are), "some-locked" (those stayed as they were), "range", "nothing".
 * @module
 */

import { compareNotes, plainScore } from "./music.js";

const MOST_STATES = 200;
let lastId = 0;

/** @returns {Note} */
function newNote(onset, pitch, duration, velocity, track, given = false, locked = false) {
  return Object.freeze({ id: ++lastId, onset, pitch, duration, velocity, track, given, locked });
}

export class Editor {
  #past = [];
  #future = [];
  #now = [];
  #shown = null; // while something is being dragged
  #synced = ""; // the notes that Python and we agreed on last
  #sent = []; // what was sent since, not yet seen in an answer

  /**
   * @param {import("./music.js").Score} score
   * @param {{given?: number[], locked?: number[]}} flags indices into `score.notes`
   */
  constructor(score, { given = [], locked = [] } = {}) {
    this.#take(score, given, locked);
  }

  /** The notes as they are to be seen, sorted. @returns {Note[]} */
  get notes() {
    return this.#shown ?? this.#now;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Whether there is something that Python has not been told. */
  get isDirty() {
    return this.#print(this.#now) !== (this.#sent.at(-1) ?? this.#synced);
  }

  /** The note of this id, as it is to be seen. */
  note(id) {
    return this.notes.find((note) => note.id === id);
  }

  /** The clip as score JSON. */
  toScore() {
    return { ...plainScore(this.score), notes: this.#now.map(rowOf) };
  }

  /**
   * What came from Python: an echo of what was sent changes nothing here, anything else takes the place of all that is here.
   * @returns {"same"|"behind"|"new"}
   */
  adopt(score, { given = [], locked = [] } = {}) {
    const print = JSON.stringify(score.notes);
    this.score = score;
    if (print === this.#print(this.#now)) {
      this.#sent = [];
      this.#synced = print;
      this.#flag(given, locked);
      return "same";
    }
    const index = this.#sent.indexOf(print);
    if (index >= 0) this.#sent.splice(0, index + 1);
    if (index >= 0 || (print === this.#synced && (this.#sent.length || this.isDirty))) return "behind";
    this.#take(score, given, locked);
    return "new";
  }

  /** Whether these notes are a state that was sent and not yet answered. */
  awaits(score) {
    return this.#sent.includes(JSON.stringify(score.notes));
  }

  /** The score to send, noted as sent. */
  send() {
    this.#sent.push(this.#print(this.#now));
    return this.toScore();
  }

  // --- changes; each gives an Outcome; with `preview` it only shows what would be ------------------

  /** A new note. @returns {Outcome} */
  add({ onset, pitch, duration, velocity = 80, track }, preview = false) {
    if (onset < 0 || duration < 1 || pitch < 0 || pitch > 127) return refused("range");
    return this.#settle([...this.#now], [newNote(onset, pitch, duration, velocity, track)], preview);
  }

  /** Copies of notes, put so that the first begins at `tick`. @returns {Outcome} */
  paste(notes, tick) {
    if (!notes.length) return refused("nothing");
    const first = Math.min(...notes.map((note) => note.onset));
    const copies = notes.map((n) => newNote(n.onset - first + tick, n.pitch, n.duration, n.velocity, n.track));
    return this.#settle([...this.#now], copies, false);
  }

  /** Moves notes together, as far as the first and the outer ones can go. @returns {Outcome} */
  move(ids, ticks, semitones, preview = false) {
    return this.#change(ids, preview, (free) => {
      const pitches = free.map((note) => note.pitch);
      const later = Math.max(ticks, -Math.min(...free.map((note) => note.onset)));
      const up = Math.min(Math.max(semitones, -Math.min(...pitches)), 127 - Math.max(...pitches));
      return later || up ? (note) => ({ onset: note.onset + later, pitch: note.pitch + up }) : "range";
    });
  }

  /** Makes notes longer or shorter, none shorter than `least`. @returns {Outcome} */
  stretch(ids, ticks, least = 1, preview = false) {
    return this.#change(ids, preview, (free) => {
      if (free.every((note) => Math.max(note.duration + ticks, Math.min(least, note.duration)) === note.duration)) return "range";
      return (note) => ({ duration: Math.max(note.duration + ticks, Math.min(least, note.duration), 1) });
    });
  }

  /** Gives notes to another part. @returns {Outcome} */
  giveTo(ids, track) {
    return this.#change(ids, false, () => () => ({ track }));
  }

  /** @returns {Outcome} */
  remove(ids, preview = false) {
    const { free, locked } = this.#parted(ids);
    if (!free.length) return refused(locked ? "locked" : "nothing");
    const gone = new Set(free.map((note) => note.id));
    this.#put(this.#now.filter((note) => !gone.has(note.id)), preview);
    return { done: true, why: locked ? "some-locked" : "", count: free.length, ids: [] };
  }

  /** Forgets what was only shown. */
  cancel() {
    this.#shown = null;
  }

  undo() {
    return this.#walk(this.#past, this.#future);
  }

  redo() {
    return this.#walk(this.#future, this.#past);
  }

  // --- within ------------------------------------------------------------------------------------

  #take(score, given, locked) {
    const [isGiven, isLocked] = [new Set(given), new Set(locked)];
    this.score = score;
    this.#now = score.notes.map((row, i) => newNote(...row, isGiven.has(i), isLocked.has(i)));
    this.#synced = this.#print(this.#now);
    this.#sent = [];
    this.#past = [];
    this.#future = [];
    this.#shown = null;
  }

  #flag(given, locked) {
    const [isGiven, isLocked] = [new Set(given), new Set(locked)];
    const right = (note, i) => note.given === isGiven.has(i) && note.locked === isLocked.has(i);
    if (this.#now.every(right)) return;
    this.#now = this.#now.map((note, i) =>
      right(note, i) ? note : Object.freeze({ ...note, given: isGiven.has(i), locked: isLocked.has(i) }),
    );
  }

  #print(notes) {
    return JSON.stringify(notes.map(rowOf));
  }

  #parted(ids) {
    const chosen = new Set(ids);
    const wanted = this.#now.filter((note) => chosen.has(note.id));
    const free = wanted.filter((note) => !note.locked);
    return { free, locked: wanted.length - free.length };
  }

  #change(ids, preview, plan) {
    this.#shown = null;
    const { free, locked } = this.#parted(ids);
    if (!free.length) return refused(locked ? "locked" : "nothing");
    const change = plan(free);
    if (typeof change === "string") return refused(change);
    const gone = new Set(free.map((note) => note.id));
    const moved = free.map((note) => Object.freeze({ ...note, ...change(note) }));
    const outcome = this.#settle(this.#now.filter((note) => !gone.has(note.id)), moved, preview);
    return outcome.done && locked ? { ...outcome, why: "some-locked" } : outcome;
  }

  /** Puts `coming` among `staying`: on one pitch of one part a note ends where the next begins, as on a keyboard. */
  #settle(staying, coming, preview) {
    let kept = staying;
    if (!preview) {
      const makesWay = (old, note) => clash(old, note) && old.locked;
      if (coming.some((note) => staying.some((old) => makesWay(old, note)))) {
        this.#shown = null;
        return refused("locked");
      }
      for (const note of coming) kept = kept.flatMap((old) => (clash(old, note) ? cut(old, note) : [old]));
    }
    this.#put([...kept, ...coming].sort(compareNotes), preview);
    return { done: true, why: "", count: coming.length, ids: coming.map((note) => note.id) };
  }

  #put(notes, preview) {
    this.#shown = preview ? notes : null;
    if (preview) return;
    this.#past.push(this.#now);
    if (this.#past.length > MOST_STATES) this.#past.shift();
    this.#future = [];
    this.#now = notes;
  }

  #walk(from, to) {
    if (!from.length) return false;
    this.#shown = null;
    const flags = new Map(this.#now.map((note) => [note.id, note]));
    to.push(this.#now);
    this.#now = from.pop().map((note) => {
      const known = flags.get(note.id); // what was locked since then is locked in older states too
      return known && known.locked !== note.locked ? Object.freeze({ ...note, locked: known.locked }) : note;
    });
    return true;
  }
}

function rowOf(note) {
  return [note.onset, note.pitch, note.duration, note.velocity, note.track];
}

function clash(old, note) {
  const together = old.onset < note.onset + note.duration && note.onset < old.onset + old.duration;
  return together && old.pitch === note.pitch && old.track === note.track;
}

/** What is left of `old` where `note` comes upon it: its beginning, else its end, else nothing. */
function cut(old, note) {
  const [end, noteEnd] = [old.onset + old.duration, note.onset + note.duration];
  if (old.onset < note.onset) return [Object.freeze({ ...old, duration: note.onset - old.onset })];
  return end > noteEnd ? [Object.freeze({ ...old, onset: noteEnd, duration: end - noteEnd })] : [];
}

function refused(why) {
  return { done: false, why, count: 0, ids: [] };
}
