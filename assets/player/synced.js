/**
 * A value that both the person in the browser and Python can change. What the person does counts at once; Python's answer
 * to it, which may come late, changes nothing; anything else from Python counts.
 * @module
 */

export class Synced {
  #seen;
  #sent = [];

  /**
   * @param {*} value to begin with; anything JSON can hold
   * @param {function(*)} send tells Python
   */
  constructor(value, send) {
    this.value = value;
    this.#seen = JSON.stringify(value);
    this.send = send;
  }

  /** What Python says. True if the value is another one now. */
  receive(value) {
    const text = JSON.stringify(value);
    if (text === this.#seen) return false;
    this.#seen = text;
    const index = this.#sent.indexOf(text);
    this.#sent = this.#sent.slice(index + 1);
    if (index >= 0 || text === JSON.stringify(this.value)) return false;
    this.value = value;
    return true;
  }

  /** What the person did; told to Python only if it is news to it. */
  set(value) {
    this.value = value;
    const text = JSON.stringify(value);
    if (text === (this.#sent.at(-1) ?? this.#seen)) return;
    this.#sent.push(text);
    this.send(value);
  }
}
