/**
 * Owns canonical bytes: the one spelling of a value in msgpack, and the strict reading of it.
 *
 * Integers are BigInt, byte strings Uint8Array, arrays Array, maps Map. Spec: canonical.md.
 */

import { compare, concat, textOf, unsigned, utf8 } from "./bytes.js";
import { refuse } from "./refusal.js";
import { isAssigned, isNormal } from "./unicode.js";

export const ARRAY_MAX = 1024;
export const MAP_MAX = 256;
export const DEPTH_MAX = 16;
const LEAST = -(1n << 63n);
const MOST = (1n << 64n) - 1n;

/** A place in bytes from anyone. Every length is compared with what is left before it is used. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    /** Whether something was spelled in another way than the one right way. */
    this.loose = false;
  }

  /** The next `count` bytes. */
  take(count) {
    if (count > this.bytes.length - this.at) refuse("format.truncated", { at: this.at });
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** The big-endian integer in the next `count` bytes; smaller ones have a shorter spelling. */
  number(count, least) {
    const value = unsigned(this.take(count));
    if (value < least) this.loose = true;
    return value;
  }

  /** The length in the next `count` bytes. */
  length(count, least) {
    return Number(this.number(count, BigInt(least)));
  }

  /** Refuse unless everything was read and spelled in the one way. */
  end() {
    if (this.at !== this.bytes.length) refuse("format.trailing", { at: this.at });
    if (this.loose) refuse("format.not_canonical");
  }
}

/**
 * The value that `bytes` spell.
 *
 * @param {Uint8Array} bytes from anyone
 * @param {number} sizeMax cap of the whole, compared before anything is read
 * @throws {Refusal} a `format.*` code
 */
export function decode(bytes, sizeMax) {
  if (bytes.length > sizeMax) refuse("format.too_large", { size: bytes.length, limit: sizeMax });
  const reader = new Reader(bytes);
  const value = readValue(reader, 0);
  reader.end();
  return value;
}

/** The next value; `depth` arrays and maps stand around it. */
function readValue(reader, depth) {
  const first = reader.take(1)[0];
  if (first <= 0x7f) return BigInt(first);
  if (first <= 0x8f) return readMap(reader, first & 0x0f, depth);
  if (first <= 0x9f) return readArray(reader, first & 0x0f, depth);
  if (first <= 0xbf) return readText(reader, first & 0x1f);
  if (first >= 0xe0) return BigInt(first) - 256n;
  const read = READERS[first];
  return read === undefined ? refuseType(reader, first) : read(reader, depth);
}

const READERS = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (reader) => reader.take(reader.length(1, 0)),
  0xc5: (reader) => reader.take(reader.length(2, 0x100)),
  0xc6: (reader) => reader.take(reader.length(4, 0x10000)),
  0xcc: (reader) => reader.number(1, 0x80n),
  0xcd: (reader) => reader.number(2, 0x100n),
  0xce: (reader) => reader.number(4, 0x10000n),
  0xcf: (reader) => reader.number(8, 0x100000000n),
  0xd0: (reader) => readNegative(reader, 1, -0x20n),
  0xd1: (reader) => readNegative(reader, 2, -0x80n),
  0xd2: (reader) => readNegative(reader, 4, -0x8000n),
  0xd3: (reader) => readNegative(reader, 8, -0x80000000n),
  0xd9: (reader) => readText(reader, reader.length(1, 0x20)),
  0xda: (reader) => readText(reader, reader.length(2, 0x100)),
  0xdb: (reader) => readText(reader, reader.length(4, 0x10000)),
  0xdc: (reader, depth) => readArray(reader, reader.length(2, 0x10), depth),
  0xdd: (reader, depth) => readArray(reader, reader.length(4, 0x10000), depth),
  0xde: (reader, depth) => readMap(reader, reader.length(2, 0x10), depth),
  0xdf: (reader, depth) => readMap(reader, reader.length(4, 0x10000), depth),
};

/** A float, an ext type or the reserved byte; cut short if its own bytes are not there. */
function refuseType(reader, first) {
  const sizes = { 0xca: 4, 0xcb: 8, 0xd4: 2, 0xd5: 3, 0xd6: 5, 0xd7: 9, 0xd8: 17 };
  if (first >= 0xc7 && first <= 0xc9) reader.take(reader.length(1 << (first - 0xc7), 0) + 1);
  else reader.take(sizes[first] ?? 0);
  refuse("format.not_allowed", { type: first.toString(16) });
}

/** A signed integer, which has a shorter spelling unless it is below `bound`. */
function readNegative(reader, count, bound) {
  const value = BigInt.asIntN(8 * count, unsigned(reader.take(count)));
  if (value >= bound) reader.loose = true;
  return value;
}

function readText(reader, length) {
  const text = textOf(reader.take(length));
  if (text === null || !isAssigned(text)) refuse("format.not_allowed", { type: "text" });
  if (!isNormal(text)) refuse("format.not_nfc");
  return text;
}

function readArray(reader, length, depth) {
  if (depth === DEPTH_MAX) refuse("format.too_deep", { limit: DEPTH_MAX });
  if (length > ARRAY_MAX) refuse("format.too_large", { size: length, limit: ARRAY_MAX });
  const items = [];
  for (let count = 0; count < length; count += 1) items.push(readValue(reader, depth + 1));
  return items;
}

function readMap(reader, length, depth) {
  if (depth === DEPTH_MAX) refuse("format.too_deep", { limit: DEPTH_MAX });
  if (length > MAP_MAX) refuse("format.too_large", { size: length, limit: MAP_MAX });
  const found = new Map();
  let last = null;
  for (let count = 0; count < length; count += 1) {
    const key = readValue(reader, depth + 1);
    if (typeof key !== "string") refuse("format.not_allowed", { type: "key" });
    if (found.has(key)) refuse("format.duplicate", { key });
    const spelled = utf8(key);
    if (last !== null && compare(last, spelled) > 0) reader.loose = true;
    last = spelled;
    found.set(key, readValue(reader, depth + 1));
  }
  return found;
}

/**
 * The one spelling of `value`.
 *
 * Whole Numbers may stand for BigInts. Caps are those of reading.
 */
export function encode(value) {
  const parts = [];
  write(value, parts);
  return concat(...parts);
}

function write(value, parts) {
  if (value === null) parts.push(Uint8Array.of(0xc0));
  else if (typeof value === "boolean") parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "bigint" || Number.isSafeInteger(value)) writeInteger(value, parts);
  else if (typeof value === "string") {
    const bytes = utf8(value);
    parts.push(head(bytes.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), bytes);
  } else if (value instanceof Uint8Array) {
    parts.push(head(value.length, 0, 0, [0xc4, 0xc5, 0xc6]), value);
  } else if (Array.isArray(value)) {
    parts.push(head(value.length, 0x90, 16, [null, 0xdc, 0xdd]));
    for (const item of value) write(item, parts);
  } else if (value instanceof Map) writeMap(value, parts);
  else refuse("format.not_allowed", { type: typeof value });
}

function writeMap(map, parts) {
  parts.push(head(map.size, 0x80, 16, [null, 0xde, 0xdf]));
  const keys = [...map.keys()].map((key) => [utf8(key), key]);
  for (const [, key] of keys.sort(([one], [other]) => compare(one, other))) {
    write(key, parts);
    write(map.get(key), parts);
  }
}

function writeInteger(number, parts) {
  const value = BigInt(number);
  if (value < LEAST || value > MOST) refuse("format.not_allowed", { type: "integer" });
  if (value >= -32n && value < 128n) {
    parts.push(Uint8Array.of(Number(BigInt.asUintN(8, value))));
    return;
  }
  for (const [place, count] of [1, 2, 4, 8].entries()) {
    const bits = BigInt(8 * count);
    const fits = value < 0n ? value >= -(1n << (bits - 1n)) : value < 1n << bits;
    if (!fits) continue;
    parts.push(Uint8Array.of((value < 0n ? 0xd0 : 0xcc) + place), bigEndian(value, count));
    return;
  }
}

/** The first bytes of a text, byte string, array or map of this length, in the shortest form. */
function head(length, fixed, fixedBelow, [one, two, four]) {
  if (length < fixedBelow) return Uint8Array.of(fixed | length);
  if (one !== null && length < 0x100) return Uint8Array.of(one, length);
  if (length < 0x10000) return concat(Uint8Array.of(two), bigEndian(BigInt(length), 2));
  return concat(Uint8Array.of(four), bigEndian(BigInt(length), 4));
}

/** `value` in `count` bytes, most significant first; two's complement where it is negative. */
export function bigEndian(value, count) {
  const bytes = new Uint8Array(count);
  for (let rest = BigInt.asUintN(8 * count, value), at = count - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
