/**
 * Owns RFC 6962 trees: roots, and the proofs of inclusion and of consistency.
 *
 * Sizes and indexes are BigInt, below 2^63. Verified by RFC 9162, sections 2.1.3.2 and 2.1.4.2.
 * Spec: hashing.md.
 */

import { concat, equal } from "./bytes.js";
import { encode } from "./canonical.js";
import { DIGEST_BYTES, sha256 } from "./hashing.js";
import { refuse } from "./refusal.js";

const SIZE_MAX = (1n << 63n) - 1n;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of a leaf with this data. */
export function leafHash(data) {
  return sha256(concat(LEAF, data));
}

/** The hash of the leaf whose data is the canonical array `value`. */
export function leafHashOf(value) {
  return leafHash(encode(value));
}

/** The hash of an inner node. */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/** The root over leaf hashes, built level by level; an odd last node moves up as it is. */
export function rootOf(hashes) {
  if (hashes.length === 0) return sha256(new Uint8Array());
  let level = hashes;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

/**
 * Verify that the leaf with hash `leaf` stands at `index` in the tree of `size` leaves.
 *
 * @param {Uint8Array} leaf
 * @param {bigint} index from 0
 * @param {bigint} size
 * @param {Uint8Array[]} path from the leaf upwards
 * @param {Uint8Array} root
 * @throws {Refusal} `proof.inclusion`
 */
export function verifyInclusion(leaf, index, size, path, root) {
  const wrong = () => refuse("proof.inclusion", { index, size });
  const fits = index >= 0n && index < size && size <= SIZE_MAX;
  if (!fits || ![leaf, root, ...path].every(isDigest)) wrong();
  let place = index;
  let last = size - 1n;
  let hash = leaf;
  for (const other of path) {
    if (last === 0n) wrong();
    if (place & 1n || place === last) {
      hash = nodeHash(other, hash);
      while (!(place & 1n) && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, other);
    }
    place >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n || !equal(hash, root)) wrong();
}

/**
 * Verify that the tree of `oldSize` leaves is the beginning of the tree of `newSize` leaves.
 *
 * @throws {Refusal} `proof.consistency`
 */
export function verifyConsistency(oldSize, newSize, path, oldRoot, newRoot) {
  const wrong = () => refuse("proof.consistency", { oldSize, newSize });
  const fits = oldSize >= 1n && oldSize <= newSize && newSize <= SIZE_MAX;
  if (!fits || ![oldRoot, newRoot, ...path].every(isDigest)) wrong();
  if (oldSize === newSize) {
    if (path.length || !equal(oldRoot, newRoot)) wrong();
    return;
  }
  const hashes = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...path] : path;
  if (path.length === 0) wrong();
  const [older, newer, left] = climb(oldSize, newSize, hashes);
  if (left !== 0n || !equal(older, oldRoot) || !equal(newer, newRoot)) wrong();
}

/** Both roots that the proof leads to, and what of the tree's height it left unclimbed. */
function climb(oldSize, newSize, [first, ...hashes]) {
  let place = oldSize - 1n;
  let last = newSize - 1n;
  while (place & 1n) {
    place >>= 1n;
    last >>= 1n;
  }
  let older = first;
  let newer = first;
  for (const other of hashes) {
    if (last === 0n) return [older, newer, -1n];
    if (place & 1n || place === last) {
      older = nodeHash(other, older);
      newer = nodeHash(other, newer);
      while (!(place & 1n) && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = nodeHash(newer, other);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return [older, newer, last];
}

function isDigest(hash) {
  return hash.length === DIGEST_BYTES;
}
