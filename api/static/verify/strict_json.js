/**
 * Owns strict JSON: the spelling of receipts and of the other files that people keep.
 *
 * Objects are Maps, integers BigInt. `JSON.parse` is not enough: it takes floats, forgets a name
 * that comes twice, and rounds integers. Spec: receipt.md, Spelling.
 */

import { fromBase64, fromHex, textOf } from "./bytes.js";
import { DIGEST_BYTES } from "./hashing.js";
import { refuse } from "./refusal.js";
import { INDEX_MAX } from "./shape.js";

const VALUES_MAX = 16384;
const DEPTH_MAX = 32;
const DIGITS_MAX = 19;
const PATH_MAX = 63;
const MARKS = new Set([0x2c, 0x5b, 0x7b]);
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const STRING = /"((?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
const SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * The value that `bytes` spell.
 *
 * @throws {Refusal} `format.too_large`, `.json`, `.duplicate`, `.not_allowed` or `.too_deep`
 */
export function parse(bytes, sizeMax) {
  if (bytes.length > sizeMax) refuse("format.too_large", { size: bytes.length, limit: sizeMax });
  let values = 0;
  for (const byte of bytes) if (MARKS.has(byte)) values += 1;
  if (values > VALUES_MAX) refuse("format.too_large", { size: values, limit: VALUES_MAX });
  const text = textOf(bytes);
  if (text === null) refuse("format.json", { at: 0 });
  const source = { text, at: 0 };
  const value = readValue(source, 0);
  skip(source, SPACE);
  return source.at === text.length ? value : refuse("format.json", { at: source.at });
}

/** What `pattern` matches here, having gone past it, or null. */
function skip(source, pattern) {
  pattern.lastIndex = source.at;
  const found = pattern.exec(source.text);
  if (found !== null) source.at = pattern.lastIndex;
  return found;
}

/** Go past one mark, with space before it; whether it stood there. */
function passes(source, mark) {
  skip(source, SPACE);
  if (source.text[source.at] !== mark) return false;
  source.at += 1;
  return true;
}

function readValue(source, depth) {
  if (passes(source, "{")) return readObject(source, deeper(depth));
  if (passes(source, "[")) return readArray(source, deeper(depth));
  if (source.text[source.at] === '"') return readString(source);
  const word = skip(source, WORD);
  if (word !== null) return readWord(word[0]);
  return readNumber(source);
}

function deeper(depth) {
  return depth === DEPTH_MAX ? refuse("format.too_deep", { limit: DEPTH_MAX }) : depth + 1;
}

function readWord(word) {
  const values = { true: true, false: false, null: null };
  return word in values ? values[word] : refuse("format.not_allowed", { type: word });
}

function readNumber(source) {
  const found = skip(source, NUMBER);
  if (found === null) refuse("format.json", { at: source.at });
  const [spelled, fraction, exponent] = found;
  const float = fraction !== undefined || exponent !== undefined;
  if (float || spelled === "-0") refuse("format.not_allowed", { type: spelled.slice(0, 32) });
  const value = spelled.length <= DIGITS_MAX ? BigInt(spelled) : -1n;
  return jsonInteger(value, "integer");
}

function readString(source) {
  const found = skip(source, STRING);
  if (found === null) refuse("format.json", { at: source.at });
  const text = found[1].includes("\\") ? JSON.parse(found[0]) : found[1];
  return SURROGATE.test(text) ? refuse("format.not_allowed", { type: "surrogate" }) : text;
}

function readArray(source, depth) {
  const items = [];
  if (passes(source, "]")) return items;
  do items.push(readValue(source, depth)); while (passes(source, ","));
  return passes(source, "]") ? items : refuse("format.json", { at: source.at });
}

function readObject(source, depth) {
  const pairs = [];
  if (passes(source, "}")) return new Map();
  do {
    skip(source, SPACE);
    const name = readString(source);
    if (!passes(source, ":")) refuse("format.json", { at: source.at });
    pairs.push([name, readValue(source, depth)]);
  } while (passes(source, ","));
  if (!passes(source, "}")) refuse("format.json", { at: source.at });
  const found = new Map();
  for (const [name, value] of pairs) {
    if (found.has(name)) refuse("format.duplicate", { key: name });
    found.set(name, value);
  }
  return found;
}

/** A value as this software writes it: indented by two, nothing escaped that need not be. */
export function spell(value, margin = "\n") {
  if (typeof value === "bigint") return value.toString();
  const items = value instanceof Map
    ? [...value].map(([name, each]) => `${JSON.stringify(name)}: ${spell(each, `${margin}  `)}`)
    : Array.isArray(value) && value.map((each) => spell(each, `${margin}  `));
  if (items === false) return JSON.stringify(value);
  const [open, close] = value instanceof Map ? "{}" : "[]";
  if (!items.length) return open + close;
  return `${open}${margin}  ${items.join(`,${margin}  `)}${margin}${close}`;
}

/** The values of an object with exactly these names, in this order. */
export function table(value, what, names) {
  const fits = value instanceof Map && value.size === names.length
    && names.every((name) => value.has(name));
  return fits ? names.map((name) => value.get(name)) : refuse("format.shape", { what });
}

/** The values of `{"format": word, "version": known, …names}`, in this order. */
export function versionedObject(value, word, names, known = 1n) {
  if (!(value instanceof Map) || value.get("format") !== word) {
    refuse("format.shape", { what: word });
  }
  const version = jsonInteger(value.get("version"), "version");
  if (version !== known) refuse("format.version", { found: version, known });
  return table(value, word, ["format", "version", ...names]).slice(2);
}

/** An array of `least` to `most` values. */
export function jsonArray(value, what, most, least = 0) {
  const fits = Array.isArray(value) && value.length >= least && value.length <= most;
  return fits ? value : refuse("format.shape", { what });
}

/** An integer from `least` to `most`. */
export function jsonInteger(value, what, most = INDEX_MAX, least = 0n) {
  const fits = typeof value === "bigint" && value >= least && value <= most;
  return fits ? value : refuse("format.shape", { what });
}

/** Text of at most `most` characters. */
export function jsonText(value, what, most) {
  const fits = typeof value === "string" && [...value].length <= most;
  return fits ? value : refuse("format.shape", { what });
}

/** Exactly `size` bytes in lower-case hex. */
export function jsonHex(value, what, size = DIGEST_BYTES) {
  const bytes = fromHex(jsonText(value, what, 2 * size));
  return bytes !== null && bytes.length === size ? bytes : refuse("format.shape", { what });
}

/** A byte string of at most `most` bytes in padded base64. */
export function jsonOctets(value, what, most) {
  const bytes = fromBase64(jsonText(value, what, Math.ceil(most / 3) * 4));
  return bytes !== null && bytes.length <= most ? bytes : refuse("format.shape", { what });
}

/** An RFC 6962 path: at most 63 digests in hex. */
export function jsonPath(value, what) {
  return jsonArray(value, what, PATH_MAX).map((each) => jsonHex(each, what));
}

/** What `read` makes of `value`, or null where it is null. */
export function jsonOptional(value, read) {
  return value === null ? null : read(value);
}
