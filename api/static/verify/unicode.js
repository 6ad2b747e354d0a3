/** Owns which texts may be hashed: characters of Unicode 14.0, in form C. Spec: canonical.md. */

import { RUNS } from "./unicode_14.js";

const starts = [];
const ends = [];
for (let at = 0, pairs = RUNS.split(" "), place = 0; place < pairs.length; place += 2) {
  at += Number.parseInt(pairs[place], 36);
  starts.push(at);
  at += Number.parseInt(pairs[place + 1], 36);
  ends.push(at);
}

/** Whether Unicode 14.0 assigns every character of `text`; surrogates are no characters. */
export function isAssigned(text) {
  if (/^[\0-\x7f]*$/.test(text)) return true;
  for (const character of text) {
    if (!isPointAssigned(character.codePointAt(0))) return false;
  }
  return true;
}

/**
 * Whether `text`, whose characters are assigned, is in normalisation form C.
 *
 * The form of an assigned character never changes, so a later Unicode of the engine agrees.
 */
export function isNormal(text) {
  return text.normalize("NFC") === text;
}

/** Whether Unicode 14.0 assigns this code point. */
export function isPointAssigned(point) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= point) low = middle + 1;
    else high = middle;
  }
  return low > 0 && point < ends[low - 1];
}
