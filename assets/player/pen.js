/**
 * What mouse, pen and finger do in the piano roll: seek, select bars, choose, draw, move, stretch, erase.
 * @module
 */

import { GUTTER } from "./geometry.js";
import { barIndexAt, snap } from "./music.js";

const STILL = 5; // pixels that a press may wander and still be a click
const FINGER = 14; // pixels that a finger may miss a note by

/** Follows one press from down to up. `start(point, event)` gives null or {move, end, cancel}, each of them optional. */
function follow(element, roll, start) {
  let active = null;
  const done = (name) => (event) => {
    if (!active || event.pointerId !== active.id) return;
    const { gesture, moved } = active;
    active = null;
    gesture[name]?.(roll.at(event), event, moved);
    roll.redraw();
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (active && active.id !== event.pointerId)) {
      if (active) active.gesture.cancel?.();
      active = null; // a second finger: pinching
      return;
    }
    const point = roll.at(event);
    const gesture = start(point, event);
    roll.scroller.focus({ preventScroll: true });
    if (!gesture) return;
    active = { id: event.pointerId, gesture, from: point, moved: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!active || event.pointerId !== active.id) return;
    const point = roll.at(event);
    if (!active.moved && Math.hypot(point.x - active.from.x, point.y - active.from.y) < STILL) return;
    active.moved = true;
    edgeScroll(roll, point);
    active.gesture.move?.(point, event);
    roll.redraw();
  });
  element.addEventListener("pointerup", done("end"));
  element.addEventListener("pointercancel", done("cancel"));
  roll.scroller.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !active) return;
    active.gesture.cancel?.();
    active = null;
    roll.redraw();
    event.stopPropagation();
  });
}

function edgeScroll(roll, { x }) {
  const { width } = roll.geometry;
  if (x > width - 16) roll.scroller.scrollLeft += 14;
  else if (x < GUTTER + 4) roll.scroller.scrollLeft -= 14;
}

/** Selecting whole bars from the bar at `from` on. */
function barGesture(roll, bench, from, onClick) {
  const barAt = ({ x }) => bench.view.bars[Math.min(barIndexAt(bench.view.bars, roll.geometry.tick(x)), bench.choice.lastBar)].number;
  const first = barAt(from);
  const before = bench.choice.bars;
  const range = (point) => [Math.min(first, barAt(point)), Math.max(first, barAt(point))];
  return {
    move: (point) => bench.choice.selectBars(range(point), false),
    end: (point, event, moved) => (moved ? bench.choice.selectBars(range(point), true) : onClick(point)),
    cancel: () => bench.choice.selectBars(before, false),
  };
}

/** In the ruler: a click seeks, dragging selects bars (or, where nothing can be selected, seeks along). */
export function rulerGestures(roll, bench) {
  follow(roll.ruler, roll, (from) => {
    if (from.x < GUTTER) return null;
    const seek = (point) => bench.seek(roll.geometry.tick(point.x));
    return bench.selectable ? barGesture(roll, bench, from, seek) : { move: seek, end: seek };
  });
  follow(roll.values, roll, ({ x }) => ({ end: () => x >= GUTTER && bench.showBarValue(roll.geometry.tick(x)) }));
}

/** In the body: what the tool in hand does. */
export function bodyGestures(roll, bench) {
  const { geometry } = roll;
  const seek = (point) => bench.seek(geometry.tick(point.x));
  const reach = (event) => (event.pointerType === "touch" ? FINGER : 0);

  follow(roll.body, roll, (from, event) => {
    if (from.x < GUTTER) return audition(from);
    const hit = roll.hit(from, reach(event));
    if (!bench.editable) {
      const drags = bench.selectable && event.pointerType !== "touch";
      return drags ? barGesture(roll, bench, from, seek) : { end: seek };
    }
    if (bench.desk.tool === "erase") return erase(event);
    if (event.shiftKey && !hit && bench.selectable) return barGesture(roll, bench, from, seek);
    if (hit) return take(hit, from, event);
    if (bench.desk.tool === "draw") return draw(from);
    return event.pointerType === "touch" ? tap() : box(from, event);
  });

  roll.body.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "touch") return;
    const hit = bench.editable ? roll.hit(roll.at(event)) : null;
    const tools = { draw: "crosshair", erase: "not-allowed", select: "default" };
    roll.body.style.cursor = !bench.editable ? "default" : bench.desk.tool === "erase" ? "crosshair" : hit ? (hit.atEnd ? "ew-resize" : "grab") : tools[bench.desk.tool];
  });

  roll.body.addEventListener("touchstart", (event) => {
    if (!bench.editable || event.touches.length !== 1) return;
    const hit = roll.hit(roll.at(event.touches[0]), FINGER);
    if (bench.desk.tool !== "select" || (hit && bench.desk.chosen.has(hit.note.id))) event.preventDefault(); // else it scrolls
  }, { passive: false });

  function audition({ y }) {
    const row = geometry.rows.list[geometry.row(y)];
    const track = row.drum ? bench.view.tracks.findIndex((t) => t[2]) : bench.desk.voice;
    bench.sound.audition(row.pitch, track);
    return null;
  }

  function tap() {
    return { end: (point) => (bench.desk.chosen.size ? bench.desk.choose([]) : seek(point)) };
  }

  function box(from, event) {
    const before = event.shiftKey ? [...bench.desk.chosen] : [];
    const inside = (point) => {
      const [left, right] = [from.x, point.x].sort((a, b) => a - b);
      const [top, bottom] = [from.y, point.y].sort((a, b) => a - b);
      bench.view.box = [left, top, right - left, bottom - top];
      const { view } = bench;
      return [...view.layout.between(geometry.tick(left), geometry.tick(right))].filter((note) => {
        const [, y, , height] = geometry.box(note, view.layout.shares.get(note), view.tracks[note.track][2]) ?? [0, -1e9, 0, 0];
        return y < bottom && y + height > top;
      });
    };
    return {
      move: (point) => bench.desk.choose([...before, ...inside(point).map((note) => note.id)], false),
      end: (point, _, moved) => {
        bench.view.box = null;
        if (moved) bench.desk.choose([...bench.desk.chosen]);
        else if (bench.desk.chosen.size) bench.desk.choose([]);
        else seek(point);
      },
      cancel: () => (bench.view.box = null),
    };
  }

  function take({ note, atEnd }, from, event) {
    const { bars, grid } = bench.view;
    if (event.shiftKey) {
      bench.desk.choose(bench.desk.chosen.has(note.id) ? [...bench.desk.chosen].filter((id) => id !== note.id) : [...bench.desk.chosen, note.id]);
      return null;
    }
    if (!bench.desk.chosen.has(note.id)) bench.desk.choose([note.id]);
    bench.sound.audition(note.pitch, note.track);
    const [fromTick, fromRow] = [geometry.tick(from.x), geometry.rows.list[geometry.row(from.y)]];
    let heard = note.pitch;
    const change = (point, preview) => {
      const ticks = geometry.tick(point.x) - fromTick;
      if (atEnd) {
        const end = note.onset + note.duration;
        return bench.desk.editor.stretch(bench.desk.chosen, snap(bars, end + ticks, grid) - end, grid, preview);
      }
      const row = geometry.rows.list[geometry.row(point.y)];
      const up = row.drum === fromRow.drum ? row.pitch - fromRow.pitch : 0;
      if (preview && note.pitch + up !== heard && !note.locked) bench.sound.audition((heard = note.pitch + up), note.track);
      return bench.desk.editor.move(bench.desk.chosen, snap(bars, note.onset + ticks, grid) - note.onset, up, preview);
    };
    return {
      move: (point) => {
        const outcome = change(point, true);
        if (outcome.why.includes("locked")) bench.desk.explain(outcome);
        bench.desk.relayout();
      },
      end: (point, _, moved) => moved && bench.desk.apply(change(point, false), atEnd ? "stretched" : "moved"),
      cancel: () => bench.desk.cancel(),
    };
  }

  function draw(from) {
    const { bars, grid, tracks } = bench.view;
    const row = geometry.rows.list[geometry.row(from.y)];
    if (row.drum !== tracks[bench.desk.voice][2]) {
      bench.tell(bench.t(row.drum ? "why.drum_row" : "why.pitch_row"));
      return null;
    }
    const onset = snap(bars, geometry.tick(from.x), grid, true);
    const put = (point, preview) => {
      const end = Math.max(onset + grid, snap(bars, geometry.tick(point.x), grid));
      return bench.desk.editor.add({ onset, pitch: row.pitch, duration: end - onset, track: bench.desk.voice }, preview);
    };
    bench.sound.audition(row.pitch, bench.desk.voice);
    put(from, true);
    bench.desk.relayout();
    return {
      move: (point) => (put(point, true), bench.desk.relayout()),
      end: (point, _, moved) => bench.desk.apply(put(moved ? point : from, false), "drawn"),
      cancel: () => bench.desk.cancel(),
    };
  }

  function erase(event) {
    const gone = new Set();
    const rub = (point) => {
      const note = roll.hit(point, reach(event))?.note;
      if (!note) return;
      if (note.locked) bench.desk.explain({ why: "locked" });
      gone.add(note.id);
      bench.desk.editor.remove(gone, true);
      bench.desk.relayout();
    };
    rub(roll.at(event));
    return {
      move: rub,
      end: () => gone.size && bench.desk.apply(bench.desk.editor.remove(gone), "erased"),
      cancel: () => bench.desk.cancel(),
    };
  }
}
