/**
 * Owns what follows from a receipt in a court bundle: the same facts, for eyes and public tools.
 *
 * Made again and compared, so nothing in these files can say other than the receipt. Spec:
 * court_bundle.md.
 */

import { decodeEntry } from "./block.js";
import { hex, utf8 } from "./bytes.js";
import { parseNote } from "./note.js";
import { decodeRecord } from "./record.js";
import { decodeKeyRow } from "./status.js";
import { spell } from "./strict_json.js";

const INDEX_DIGITS = 12;
const ID_DIGITS = 16;
const BEIJING_MS = 28_800_000n;
/** End of the year 9999 in Beijing, beyond which a calendar date cannot be written. */
const LATEST_MS = 253_402_271_999_999n;

/** How the files about a receipt's record are named: its place in the log, and its id. */
export function stemOf({ entry, recordId }) {
  const index = String(entry.index).padStart(INDEX_DIGITS, "0");
  return `${index}-${hex(recordId).slice(0, ID_DIGITS)}`;
}

/**
 * The files that follow from a receipt: bytes by name.
 *
 * @param {object} receipt of `decodeReceipt`
 * @throws {Refusal} where a part of it does not decode
 */
export function derivedParts(receipt) {
  const stem = stemOf(receipt);
  const logged = receipt.sealed === null ? receipt.record : receipt.sealed.opening;
  const parts = new Map([
    [`records/${stem}.record`, logged],
    [`records/${stem}.json`, utf8(`${spell(told(receipt))}\n`)],
    [`heads/${stem}.txt`, utf8(parseNote(utf8(receipt.checkpoint)).text)],
  ]);
  receipt.timestamps.forEach(({ checkpoint, token }, at) => {
    parts.set(`times/${stem}-${at + 1}.txt`, utf8(checkpoint));
    parts.set(`times/${stem}-${at + 1}.der`, token);
  });
  return parts;
}

/** A record with its place and its key, readable. */
function told(receipt) {
  const entry = decodeEntry(receipt.entry.leaf);
  return new Map([
    ["record_id", hex(receipt.recordId)],
    ["network_id", hex(receipt.networkId)],
    ["came_out_of_a_seal", receipt.sealed !== null],
    ...said(decodeRecord(receipt.record)),
    ["log_index", receipt.entry.index],
    ["block_height", entry.height],
    ["block_time_ms", entry.blockTimeMs],
    ["block_time", beijingTime(entry.blockTimeMs)],
    ["signed_by", receipt.key === null ? null : signedBy(receipt.key)],
  ]);
}

function said(record) {
  return new Map([
    ["type", record.type],
    ["issuer", record.issuer],
    ["subject", record.subject],
    ["occurred_at_ms", record.occurredAtMs],
    ["occurred_at", beijingTime(record.occurredAtMs)],
    ["evidence", record.evidence.map((each) => new Map([
      ["label", each.label],
      ["sha256", hex(each.sha256)],
      ["sm3", each.sm3 === null ? null : hex(each.sm3)],
      ["size_bytes", each.sizeBytes],
      ["media_type", each.mediaType],
    ]))],
    ["fields", plain(record.fields)],
    ["committed_fields", record.private === null ? null : record.private.names],
    ["refs", record.refs.map((each) => new Map([
      ["relation", each.relation],
      ["record_id", hex(each.recordId)],
      ["network_id", each.networkId === null ? null : hex(each.networkId)],
    ]))],
  ]);
}

/** The key that signed, as the status tree has it. */
function signedBy({ row }) {
  const { memberId, publicKey, interval } = decodeKeyRow(row);
  return new Map([
    ["member", memberId],
    ["public_key", hex(publicKey)],
    ["in_force_from_index", interval.fromIndex],
    ["in_force_until_index", interval.untilIndex],
  ]);
}

/** A canonical value as JSON: byte strings as lower-case hex. */
function plain(value) {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return new Map([...value].map(([name, each]) => [name, plain(each)]));
}

/** Beijing time to the second; the bare number where no calendar has that date. */
function beijingTime(timeMs) {
  if (timeMs > LATEST_MS) return `${timeMs} ms`;
  const moment = new Date(Number(timeMs + BEIJING_MS)).toISOString();
  return `${moment.slice(0, 10)} ${moment.slice(11, 19)} +08:00`;
}
