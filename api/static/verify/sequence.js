/** Owns sequences longer than an array may be, read item by item. Spec: canonical.md. */

import { textOf } from "./bytes.js";
import { refuse } from "./refusal.js";

/** The number of items in the array that begins here; at most `most`. */
export function readArrayHead(reader, most) {
  const first = reader.take(1)[0];
  let count = 0;
  if (first >= 0x90 && first <= 0x9f) count = first & 0x0f;
  else if (first === 0xdc) count = reader.length(2, 0x10);
  else if (first === 0xdd) count = reader.length(4, 0x10000);
  else refuse("format.shape", { what: "array" });
  if (reader.loose) refuse("format.not_canonical");
  if (count > most) refuse("format.too_large", { size: count, limit: most });
  if (count > reader.bytes.length - reader.at) refuse("format.truncated", { at: reader.at });
  return count;
}

/** The byte string that begins here; at most `most` bytes. */
export function readOctets(reader, most, what) {
  const first = reader.take(1)[0];
  const width = { 0xc4: [1, 0], 0xc5: [2, 0x100], 0xc6: [4, 0x10000] }[first];
  if (width === undefined) refuse("format.shape", { what });
  const size = reader.length(...width);
  if (reader.loose) refuse("format.not_canonical");
  if (size > most) refuse("format.too_large", { size, limit: most });
  return reader.take(size);
}

/** Read past a word and version 1, which begin every versioned array. */
export function readWord(reader, word) {
  const first = reader.take(1)[0];
  const found = first >= 0xa0 && first <= 0xbf ? textOf(reader.take(first & 0x1f)) : null;
  if (found !== word) refuse("format.shape", { what: word });
  const version = reader.take(1)[0];
  if (version > 0x7f) refuse("format.shape", { what: "version" });
  if (version !== 1) refuse("format.version", { found: version, known: 1 });
}
