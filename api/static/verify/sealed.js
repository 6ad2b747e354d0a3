/** Owns commitments, openings and the author's file of a sealed record. Spec: sealed.md. */

import { equal } from "./bytes.js";
import { HEADER_BYTES_MAX, covers, decodeBundleHeader, verifyHeader } from "./bundle.js";
import { decodeEntry } from "./block.js";
import { SIGNATURE_BYTES } from "./ed25519.js";
import { taggedValue } from "./hashing.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { decodeRecord, recordId } from "./record.js";
import { receiptOf } from "./receipt.js";
import { refuse } from "./refusal.js";
import { identifier, octets } from "./shape.js";
import { decodeKeyRow, verifyKeyRow } from "./status.js";
import {
  jsonHex, jsonOctets, jsonOptional, jsonText, parse, versionedObject,
} from "./strict_json.js";

export const FORMAT = "bidwitness.sealed";
export const SEALED_FILE_BYTES_MAX = 2 << 20;
const INNER_RECORD_BYTES_MAX = 12 << 10;
const SALT_BYTES = 32;
const MEMBER_BYTES_MAX = 32;
const PARTS = ["header", "signature", "record", "salt"];
const COMMITMENT_TYPE = "sealed.commitment";
const OPENING_TYPE = "sealed.opening";

/** C: what the ledger keeps of a sealed record until it is opened. */
export function commitmentDigest(networkId, committedBy, { header, signature, record, salt }) {
  return taggedValue("commitment", [networkId, committedBy, header, signature, record, salt]);
}

/** Verify that `commitment` is a record of the kind that commits, and commits to `sealed`. */
export function verifyCommits(commitment, networkId, sealed) {
  const found = commitment.fields.get("commitment");
  const fits = commitment.type === COMMITMENT_TYPE && found instanceof Uint8Array
    && equal(found, commitmentDigest(networkId, commitment.issuer, sealed));
  if (!fits) refuse("sealed.commitment");
}

/**
 * What an opening carries: header, signature and record of the inner bundle, and the salt.
 *
 * @throws {Refusal} `sealed.opening`, `sealed.too_large` or `format.shape`
 */
export function carriedBy(opening) {
  const { type, fields } = opening;
  const parts = PARTS.map((name) => fields.get(name));
  const whole = fields.size === PARTS.length && parts.every((part) => part instanceof Uint8Array);
  if (type !== OPENING_TYPE || !whole) refuse("sealed.opening", { what: "fields" });
  const [header, signature, record, salt] = parts;
  if (header.length > HEADER_BYTES_MAX || signature.length !== SIGNATURE_BYTES) {
    refuse("sealed.opening", { what: "header" });
  }
  if (record.length > INNER_RECORD_BYTES_MAX) refuse("sealed.too_large", { size: record.length });
  return { header, signature, record, salt: octets(salt, "salt", SALT_BYTES) };
}

/** The id of the commitment that an opening opens. */
export function openedBy(opening) {
  const [ref, ...more] = opening.refs;
  const fits = ref !== undefined && !more.length && ref.relation === "opens"
    && ref.networkId === null;
  return fits ? ref.recordId : refuse("sealed.opening", { what: "refs" });
}

/** The sealed part of a receipt, decoded; null where it has none. Check 1. */
export function decodeSealedPart(part, limits) {
  if (part === null) return null;
  const opening = decodeRecord(part.opening, limits);
  const carried = carriedBy(opening);
  return {
    part,
    opening,
    carried,
    commitment: decodeRecord(part.commitment, limits),
    author: decodeBundleHeader(carried.header),
    entry: decodeEntry(part.leaf),
    row: decodeKeyRow(part.key.row),
  };
}

/** Check 9, first half: the commitment is the one that is opened, and stands before it. */
export function verifyCommitment(unsealed, networkId, openingIndex, checkpoint) {
  const { part, opening, carried, commitment, author, entry } = unsealed;
  const committed = recordId(part.commitment);
  if (!equal(openedBy(opening), committed) || !equal(entry.recordId, committed)) {
    refuse("receipt.sealed", { what: "commitment" });
  }
  verifyCommits(commitment, networkId, carried);
  const mayOpen = [commitment.issuer, author.issuer].includes(opening.issuer);
  if (part.index >= openingIndex || !mayOpen) refuse("receipt.sealed", { what: "opening" });
  verifyInclusion(leafHash(part.leaf), part.index, checkpoint.size, part.path, checkpoint.root);
}

/** Check 9, second half: the inner bundle is its author's, whose key was in force. */
export function verifyAuthor(unsealed, networkId, record, head) {
  const { part, carried, author, row } = unsealed;
  verifyInnerHeader(author, networkId, record, carried);
  verifyHeader(author, carried.header, carried.signature, row.publicKey);
  verifyKeyRow(part.key, row, author, head, part.index);
}

/** Verify that the inner header is of this network, of the record's issuer, and covers it alone. */
export function verifyInnerHeader(header, networkId, record, carried) {
  if (!equal(header.networkId, networkId)) refuse("bundle.network");
  if (header.issuer !== record.issuer) refuse("bundle.issuer");
  covers(header, [recordId(carried.record)]);
}

/** The author's file that `bytes` spell. */
export function decodeSealedFile(bytes) {
  return sealedFileOf(parse(bytes, SEALED_FILE_BYTES_MAX));
}

/** The author's file in a JSON value. */
export function sealedFileOf(value) {
  const names = ["network_id", "committed_by", ...PARTS, "receipt"];
  const [networkId, committedBy, header, signature, record, salt, receipt] =
    versionedObject(value, FORMAT, names);
  const issuer = jsonText(committedBy, "committed_by", MEMBER_BYTES_MAX);
  return {
    networkId: jsonHex(networkId, "network_id"),
    committedBy: identifier(issuer, "committed_by"),
    carried: {
      header: jsonOctets(header, "header", HEADER_BYTES_MAX),
      signature: jsonHex(signature, "signature", SIGNATURE_BYTES),
      record: jsonOctets(record, "record", INNER_RECORD_BYTES_MAX),
      salt: jsonHex(salt, "salt", SALT_BYTES),
    },
    receipt: jsonOptional(receipt, receiptOf),
  };
}

/**
 * Verify that the record of the file's receipt, which holds, commits to what the file holds.
 *
 * @throws {Refusal} `sealed.commitment`
 */
export function verifyCommitted(file, commitment) {
  if (commitment.issuer !== file.committedBy) refuse("sealed.commitment");
  verifyCommits(commitment, file.networkId, file.carried);
}
