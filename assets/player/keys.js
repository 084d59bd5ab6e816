/**
 * The keyboard. Works while the focus is in the player, and while it is nowhere where one types; never takes a key from a
 * field, and never Space or Enter from a button that was reached by keyboard.
 * @module
 */

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], [role=listbox], [role=searchbox], [role=spinbutton]";
const ARROWS = "input[type=range], input[type=radio], [role=slider], [role=radio], [role=tab], [role=menuitem], [role=menu], [role=grid], video, audio";
const PRESSED = "button, a[href], summary, [role=button], [role=checkbox], [role=switch], [role=tab], input[type=checkbox], input[type=radio]";
let pressed = null; // what was last pressed by mouse or finger: it is not "reached by keyboard"
const players = new Set(); // all that listen, the one last used at the end

addEventListener("pointerdown", (event) => (pressed = event.composedPath()[0]?.closest?.(PRESSED)), true);
addEventListener("keydown", (event) => event.key === "Tab" && (pressed = null), true);

/** Has `bench` listen; gives a function that ends it. */
export function attachKeys(bench) {
  const used = () => {
    players.delete(bench);
    players.add(bench);
  };
  used();
  const down = (event) => {
    if ([...players].at(-1) === bench) handle(bench, event);
  };
  const root = bench.element;
  root.addEventListener("pointerdown", used);
  root.addEventListener("focusin", used);
  document.addEventListener("keydown", down);
  return () => {
    players.delete(bench);
    document.removeEventListener("keydown", down);
  };
}

/** The element that has the focus, through shadow roots. */
function focused() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}

function handle(bench, event) {
  if (event.defaultPrevented || event.isComposing || bench.element.querySelector("dialog[open]")) return;
  const target = focused();
  const inside = bench.element.contains(target);
  const nowhere = !target || target === document.body;
  if (target?.matches(TYPING)) return;
  if (!inside && !bench.isOnScreen) return;
  const isArrow = /^(Arrow|Home|End|Page|Delete|Backspace|Escape|Enter|\[|\]|Tab)/.test(event.key);
  if (isArrow && !(inside || nowhere)) return;
  if (/^(Arrow|Home|End|Page)/.test(event.key) && target?.matches(ARROWS)) return;
  if ((event.key === " " || event.key === "Enter") && target?.matches(PRESSED) && (event.key === "Enter" || target !== pressed)) return;
  const act = (event.ctrlKey || event.metaKey) && !event.altKey ? withControl(bench, event) : event.altKey ? null : plain(bench, event, inside);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === " " && target?.matches(PRESSED)) swallowUp(target);
  act();
}

/** Some browsers press a button when Space goes up. */
function swallowUp(target) {
  target.addEventListener("keyup", (event) => event.preventDefault(), { once: true });
}

function withControl(bench, { key, shiftKey }) {
  if (!bench.editable) return null;
  switch (key.toLowerCase()) {
    case "z": return () => (shiftKey ? bench.desk.redo() : bench.desk.undo());
    case "y": return () => bench.desk.redo();
    case "c": return bench.desk.chosen.size ? () => bench.desk.copy() : null;
    case "x": return bench.desk.chosen.size ? () => (bench.desk.copy(), bench.desk.removeChosen()) : null;
    case "v": return () => bench.desk.paste();
    case "a": return () => bench.desk.chooseAll();
    default: return null;
  }
}

function plain(bench, { key, shiftKey, repeat, code }, inside) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1] ?? (/^\d$/.test(key) ? key : null);
  if (digit !== null && !shiftKey) return bench.hasClip(Number(digit)) && !repeat ? () => bench.showNumber(Number(digit)) : null;
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case " ": return repeat ? () => {} : () => bench.toggle();
    case "l": return () => bench.sound.setLoop(!bench.sound.isLooping);
    case "k": return bench.offers("keep") ? () => bench.act("keep") : null;
    case "u": return () => (shiftKey ? bench.desk.redo() : bench.desk.undo());
    case "m": return () => bench.sound.toggleMute(bench.desk.voice);
    case "?": return () => bench.showHelp();
    case "+": case "=": return () => bench.zoom(1.3);
    case "-": case "_": return () => bench.zoom(1 / 1.3);
    case "Home": return () => bench.seek(0);
    case "End": return () => bench.seek(bench.view.end);
    case "[": return bench.editable ? () => bench.desk.chooseNext(-1) : null;
    case "]": return bench.editable ? () => bench.desk.chooseNext(1) : null;
    case "Enter": return bench.editable && inside ? () => bench.desk.chooseHere() : null;
    case "n": return bench.editable ? () => bench.desk.drawHere() : null;
    case "Escape": return bench.desk.chosen.size ? () => bench.desk.choose([]) : null;
    case "Delete": case "Backspace": return bench.editable && bench.desk.chosen.size ? () => bench.desk.removeChosen() : null;
    case "ArrowUp": case "ArrowDown": {
      const up = key === "ArrowUp" ? 1 : -1;
      if (!bench.editable || !bench.desk.chosen.size) return null;
      return () => bench.desk.moveChosen(0, up * (shiftKey ? 12 : 1));
    }
    case "ArrowLeft": case "ArrowRight": {
      const way = key === "ArrowRight" ? 1 : -1;
      if (!bench.editable || !bench.desk.chosen.size) return () => bench.step(way, shiftKey);
      return () => (shiftKey ? bench.desk.stretchChosen(way) : bench.desk.moveChosen(way, 0));
    }
    default: return null;
  }
}
