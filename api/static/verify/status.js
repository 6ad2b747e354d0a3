/** Owns status rows, their intervals and the state hash. Spec: status.md. */

import { equal, hex, utf8 } from "./bytes.js";
import { decode } from "./canonical.js";
import { KEY_BYTES, keyId } from "./ed25519.js";
import { taggedValue } from "./hashing.js";
import { leafHashOf, rootOf, verifyInclusion } from "./merkle.js";
import { refuse } from "./refusal.js";
import { array, identifier, integer, octets, optional, time } from "./shape.js";

export const ROW_BYTES_MAX = 16384;

/** The leaf hash of a status row; `key` is what follows `status/`. */
export function statusLeaf(key, value) {
  return leafHashOf(["status", key, value]);
}

/** The root over rows, as [key, value] ascending by key. */
export function statusRoot(rows) {
  return rootOf(rows.map(([key, value]) => statusLeaf(key, value)));
}

/** The state hash after writing `writes`: [key, value or null], ascending by key. */
export function stateHash(parent, writes) {
  const root = rootOf(writes.map(([key, value]) => leafHashOf(["state", key, value])));
  return taggedValue("state", [parent, BigInt(writes.length), root]);
}

/** The interval that begins a row's value. */
export function intervalOf(value) {
  const [fromIndex, fromTime, untilIndex, untilTime] = array(value, "interval", 4);
  const index = (each) => integer(each, "interval");
  return {
    fromIndex: optional(fromIndex, index),
    fromTimeMs: optional(fromTime, (each) => time(each, "interval")),
    untilIndex: optional(untilIndex, index),
    untilTimeMs: optional(untilTime, (each) => time(each, "interval")),
  };
}

/** Whether a row with this interval is in force at a log index. */
export function isInForce({ fromIndex, untilIndex }, index) {
  return (fromIndex === null || fromIndex < index) && (untilIndex === null || index < untilIndex);
}

/** The row of a member's key that `bytes` spell. */
export function decodeKeyRow(bytes) {
  const [interval, member, key] = array(decode(bytes, ROW_BYTES_MAX), "row", 3);
  return {
    interval: intervalOf(interval),
    memberId: identifier(member, "member_id"),
    publicKey: octets(key, "public_key", KEY_BYTES),
  };
}

/**
 * Verify that the row is of the key that signed this header, stands under the head, and was in
 * force at `index`.
 *
 * @param {object} part the receipt's `key`: bytes of the row, its place and its path
 * @param {object} row what these bytes spell
 * @param {object} header of the bundle that the key signed
 * @param {object} head the block leaf
 * @param {bigint} index of the log
 * @throws {Refusal} `receipt.key_row`, `proof.inclusion` or `receipt.key_not_in_force`
 */
export function verifyKeyRow(part, row, header, head, index) {
  if (row.memberId !== header.issuer || !equal(keyId(row.publicKey), header.keyId)) {
    refuse("receipt.key_row", { member: row.memberId });
  }
  const key = utf8(`key/${header.issuer}/${hex(header.keyId)}`);
  const leaf = statusLeaf(key, part.row);
  verifyInclusion(leaf, part.index, head.statusSize, part.path, head.statusRoot);
  if (!isInForce(row.interval, index)) refuse("receipt.key_not_in_force", { index });
}
