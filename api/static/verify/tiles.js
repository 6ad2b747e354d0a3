/** Owns the log as files: names of tiles, the hashes in them, and entry bundles. Spec: tiles.md. */

import { concat } from "./bytes.js";
import { rootOf } from "./merkle.js";
import { refuse } from "./refusal.js";

export const WIDTH_MAX = 256;
const LEVEL_MAX = 63;
const INDEX_END = 1n << 55n;
const LENGTH_BYTES = 2;
const LEAF_BYTES_MAX = 1024;
const PATH = new RegExp(
  "^tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\\.p/([1-9][0-9]{0,2}))?$",
);

/**
 * What a path names: `level` (a number, or `entries`), `index` and `width`.
 *
 * @throws {Refusal} `tile.path`
 */
export function parseTilePath(path) {
  const [whole, level, groups, width] = PATH.exec(path) ?? refuse("tile.path", { path });
  const index = BigInt(groups.replaceAll(/[x/]/g, ""));
  const tile = {
    level: level === "entries" ? level : Number(level),
    index,
    width: width === undefined ? WIDTH_MAX : Number(width),
  };
  const fits = whole === path && index < INDEX_END && !groups.startsWith("x000/")
    && (width === undefined || tile.width < WIDTH_MAX)
    && (tile.level === "entries" || tile.level <= LEVEL_MAX);
  return fits ? tile : refuse("tile.path", { path });
}

/** The bytes of a hash tile of the log with these leaf hashes. */
export function hashTile(leaves, { level, index, width }) {
  const span = WIDTH_MAX ** level;
  const first = WIDTH_MAX * Number(index);
  const nodes = Array.from({ length: width }, (_, place) =>
    rootOf(leaves.slice((first + place) * span, (first + place + 1) * span)));
  return concat(...nodes);
}

/**
 * The leaves in an entry bundle of a known width.
 *
 * @throws {Refusal} `tile.bundle`
 */
export function readEntryBundle(bytes, width) {
  const wrong = () => refuse("tile.bundle", { width });
  const leaves = [];
  let at = 0;
  while (leaves.length < width) {
    if (at + LENGTH_BYTES > bytes.length) wrong();
    const end = at + LENGTH_BYTES + (bytes[at] << 8) + bytes[at + 1];
    if (end > bytes.length || end - at > LENGTH_BYTES + LEAF_BYTES_MAX) wrong();
    leaves.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return at === bytes.length ? leaves : wrong();
}
