/**
 * The visible words. All of them come from the page (`data.words`); here they only get their values.
 * @module
 */

/**
 * @param {Object<string, string>} words by key, with or without the prefix "player."; `{name}` stands for a value.
 * @returns {function(string, Object=): string} the words of a key; the key itself where there are none.
 */
export function makeWords(words = {}) {
  return (key, values = {}) => {
    const text = words[`player.${key}`] ?? words[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
