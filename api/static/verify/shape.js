/**
 * Owns the shapes of single items in canonical bytes: integers, texts, ids, digests, arrays.
 *
 * Each returns the item, or refuses with `format.shape`. Spec: README.md, Conventions.
 */

import { utf8 } from "./bytes.js";
import { decode } from "./canonical.js";
import { DIGEST_BYTES } from "./hashing.js";
import { refuse } from "./refusal.js";

export const NETWORK_MEMBER = "network";
export const UNSIGNED_MAX = (1n << 64n) - 1n;
export const INDEX_MAX = (1n << 63n) - 1n;
export const TIME_MAX = 1n << 53n;
const VERSION = 1n;
const IDENTIFIER = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** The items of `["word", version, …]` with exactly `count` items in all, without these two. */
export function versioned(bytes, sizeMax, word, count, version = VERSION) {
  return versionedItems(decode(bytes, sizeMax), word, count, version);
}

/** The same of a value that is decoded already. */
export function versionedItems(value, word, count, version = VERSION) {
  if (!Array.isArray(value) || value[0] !== word) refuse("format.shape", { what: word });
  if (typeof value[1] !== "bigint") refuse("format.shape", { what: `${word} version` });
  if (value[1] !== version) refuse("format.version", { found: value[1], known: version });
  return array(value, word, count).slice(2);
}

/** An array of exactly `count` items, or of `least` to `count`. */
export function array(value, what, count, least = count) {
  const fits = Array.isArray(value) && value.length >= least && value.length <= count;
  return fits ? value : refuse("format.shape", { what });
}

/** An integer from `least` to `most`. */
export function integer(value, what, least = 0n, most = UNSIGNED_MAX) {
  const fits = typeof value === "bigint" && value >= least && value <= most;
  return fits ? value : refuse("format.shape", { what });
}

/** Milliseconds since 1970, at most 2^53. */
export function time(value, what) {
  return integer(value, what, 0n, TIME_MAX);
}

/** Text of at most `sizeMax` bytes. */
export function text(value, what, sizeMax) {
  const fits = typeof value === "string" && utf8(value).length <= sizeMax;
  return fits ? value : refuse("format.shape", { what });
}

/** A byte string of exactly `size` bytes. */
export function octets(value, what, size) {
  const fits = value instanceof Uint8Array && value.length === size;
  return fits ? value : refuse("format.shape", { what });
}

/** A digest, an id or a root. */
export function digest(value, what) {
  return octets(value, what, DIGEST_BYTES);
}

/** What `read` makes of `value`, or null where it is nil. */
export function optional(value, read) {
  return value === null ? null : read(value);
}

/** A member id or node id. */
export function identifier(value, what) {
  const fits = typeof value === "string" && IDENTIFIER.test(value);
  return fits ? value : refuse("format.shape", { what });
}
