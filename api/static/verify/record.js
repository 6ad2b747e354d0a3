/** Owns the record: what a member says, or a rule concludes. Spec: record.md. */

import { compare, equal, utf8 } from "./bytes.js";
import { tagged, taggedValue } from "./hashing.js";
import { refuse } from "./refusal.js";
import {
  array, digest, identifier, integer, octets, optional, text, time, versioned,
} from "./shape.js";

export const DEFAULT_LIMITS = Object.freeze({
  record_bytes_max: 16384n, fields_max: 64n, refs_max: 32n, evidence_max: 64n,
});
const TYPE_BYTES_MAX = 64;
const SUBJECT_BYTES_MAX = 200;
const LABEL_BYTES_MAX = 200;
const MEDIA_TYPE_BYTES_MAX = 100;
const NAME_BYTES_MAX = 64;
const SIZE_MAX = 1n << 53n;
const NONCE_BYTES = 16;
const ITEMS = 11;
const LISTED_MAX = 1024;
const RELATIONS = new Set([
  "follows", "amends", "opens", "answers", "voids", "confirms", "redacts", "alert", "batch",
]);

/** The id of a record with these bytes. */
export function recordId(bytes) {
  return tagged("record", bytes);
}

/**
 * The record that `bytes` spell, within the network's limits.
 *
 * @param {Uint8Array} bytes
 * @param {Object<string, bigint>} limits parameters of the network
 * @throws {Refusal} a `format.*` code, `record.too_large` or `record.invalid`
 */
export function decodeRecord(bytes, limits = DEFAULT_LIMITS) {
  if (bytes.length > limits.record_bytes_max) refuse("record.too_large", { size: bytes.length });
  const items = versioned(bytes, bytes.length, "record", ITEMS);
  const [type, issuer, subject, occurred, evidence, fields, committed, refs, nonce] = items;
  return {
    type: text(type, "type", TYPE_BYTES_MAX),
    issuer: identifier(issuer, "issuer"),
    subject: text(subject, "subject", SUBJECT_BYTES_MAX),
    occurredAtMs: time(occurred, "occurred_at_ms"),
    evidence: listed(evidence, "evidence", limits.evidence_max).map(evidenceOf),
    fields: fieldsOf(fields, limits),
    private: optional(committed, (value) => privateOf(value, limits)),
    refs: listed(refs, "refs", limits.refs_max).map(refOf),
    nonce: octets(nonce, "nonce", NONCE_BYTES),
  };
}

function listed(value, what, most) {
  const items = array(value, what, LISTED_MAX, 0);
  if (items.length > most) refuse("record.invalid", { what });
  return items;
}

function evidenceOf(value) {
  const [label, sha256, sm3, size, mediaType] = array(value, "evidence", 5);
  return {
    label: text(label, "label", LABEL_BYTES_MAX),
    sha256: digest(sha256, "sha256"),
    sm3: optional(sm3, (each) => digest(each, "sm3")),
    sizeBytes: integer(size, "size_bytes", 0n, SIZE_MAX),
    mediaType: text(mediaType, "media_type", MEDIA_TYPE_BYTES_MAX),
  };
}

function fieldsOf(value, limits) {
  const fits = value instanceof Map && value.size <= limits.fields_max;
  return fits ? value : refuse("format.shape", { what: "fields" });
}

function privateOf(value, limits) {
  const [root, given] = array(value, "private", 2);
  const names = array(given, "private", LISTED_MAX, 0);
  names.forEach((name) => text(name, "private", NAME_BYTES_MAX));
  const ascend = names.every((name, at) => !at || compare(utf8(names[at - 1]), utf8(name)) < 0);
  if (!names.length || names.length > limits.fields_max || !ascend) {
    refuse("record.invalid", { what: "private" });
  }
  return { root: digest(root, "private"), names };
}

function refOf(value) {
  const [relation, id, network] = array(value, "refs", 3);
  if (typeof relation !== "string") refuse("format.shape", { what: "refs" });
  if (!RELATIONS.has(relation)) refuse("record.invalid", { what: "relation" });
  return {
    relation,
    recordId: digest(id, "refs"),
    networkId: optional(network, (each) => digest(each, "refs")),
  };
}

/**
 * Verify that the nonce of a derived record follows from its rule and refs.
 *
 * @throws {Refusal} `receipt.nonce`
 */
export function verifyDerivedNonce(record) {
  const rule = record.fields.get("rule");
  const version = record.fields.get("rule_version");
  if (typeof rule !== "string" || typeof version !== "bigint") refuse("receipt.nonce");
  const made = taggedValue("derived", [rule, version, record.refs.map((ref) => ref.recordId)]);
  if (!equal(made.subarray(0, NONCE_BYTES), record.nonce)) refuse("receipt.nonce");
}
