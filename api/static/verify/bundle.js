/** Owns the bundle: what a member signs, its header, its names and its records. Spec: bundle.md. */

import { concat, equal, hex } from "./bytes.js";
import { Reader } from "./canonical.js";
import { keyId, verifySignature } from "./ed25519.js";
import { TAG, tagged } from "./hashing.js";
import { leafHashOf, rootOf } from "./merkle.js";
import { recordId } from "./record.js";
import { refuse, refusedAs } from "./refusal.js";
import { readArrayHead, readOctets, readWord } from "./sequence.js";
import { digest, identifier, integer, octets, time, versioned } from "./shape.js";

export const HEADER_BYTES_MAX = 512;
const SIGNATURE_BYTES = 64;
const COUNT_MAX = 1n << 31n;
const HEADER_VERSION = 2n;
const NONCE_BYTES = 16;
const ITEMS = 10;
export const DEFAULT_LIMITS = Object.freeze({
  record_bytes_max: 16384, bundle_records_max: 10000, bundle_bytes_max: 8 << 20,
});

/** The header that `bytes` spell. */
export function decodeBundleHeader(bytes) {
  const items = versioned(bytes, HEADER_BYTES_MAX, "bundle", ITEMS, HEADER_VERSION);
  const [networkId, issuer, key, created, expires, count, root, nonce] = items;
  return {
    networkId: digest(networkId, "network_id"),
    issuer: identifier(issuer, "issuer"),
    keyId: digest(key, "key_id"),
    createdAtMs: time(created, "created_at_ms"),
    expiresAtMs: time(expires, "expires_at_ms"),
    count: integer(count, "count", 1n, COUNT_MAX),
    recordsRoot: digest(root, "records_root"),
    nonce: octets(nonce, "nonce", NONCE_BYTES),
  };
}

/** The name of a bundle with this header, whoever signed it. */
export function bundleId(header) {
  return tagged("bundle", header);
}

/** The name of one signed bundle. */
export function poolKey(header, signature) {
  return tagged("signed-bundle", header, signature);
}

/** The leaf hash of a record in its bundle's tree. */
export function recordLeaf(id) {
  return leafHashOf(["record", id]);
}

/** The root over the records with these ids. */
export function recordsRoot(ids) {
  return rootOf(ids.map(recordLeaf));
}

/**
 * Verify the signature over a header by the key that the header names.
 *
 * @param {object} header that `bytes` spell
 * @param {Uint8Array} bytes
 * @param {Uint8Array} signature
 * @param {Uint8Array} publicKey
 * @throws {Refusal} `bundle.signature`
 */
export function verifyHeader(header, bytes, signature, publicKey) {
  if (!equal(header.keyId, keyId(publicKey))) refuse("bundle.signature");
  refusedAs("bundle.signature", {}, () =>
    verifySignature(publicKey, concat(TAG.bundle, bytes), signature));
}

/**
 * The bundle that `bytes` spell: header, signature and records, which its root covers.
 *
 * @throws {Refusal} a `format.*` code, `bundle.invalid` or `bundle.records_root`
 */
export function decodeBundle(bytes, limits = DEFAULT_LIMITS) {
  if (bytes.length > limits.bundle_bytes_max) refuse("format.too_large", { size: bytes.length });
  const reader = new Reader(bytes);
  if (readArrayHead(reader, 1024) !== 5) refuse("format.shape", { what: "bundle" });
  readWord(reader, "bundle");
  const headerBytes = readOctets(reader, HEADER_BYTES_MAX, "header");
  const signature = readOctets(reader, SIGNATURE_BYTES, "signature");
  if (signature.length !== SIGNATURE_BYTES) refuse("format.shape", { what: "signature" });
  const count = readArrayHead(reader, limits.bundle_records_max);
  const records = [];
  for (let at = 0; at < count; at += 1) {
    records.push(readOctets(reader, limits.record_bytes_max, "record"));
  }
  reader.end();
  const header = decodeBundleHeader(headerBytes);
  const ids = records.map(recordId);
  covers(header, ids);
  return { headerBytes, header, signature, records, ids };
}

/**
 * Verify that a header covers exactly the records with these ids.
 *
 * @throws {Refusal} `bundle.invalid` for no records or one twice, or `bundle.records_root`
 */
export function covers(header, ids) {
  const distinct = new Set(ids.map(hex)).size === ids.length;
  if (!ids.length || !distinct) refuse("bundle.invalid", { what: "records" });
  const fits = header.count === BigInt(ids.length) && equal(header.recordsRoot, recordsRoot(ids));
  if (!fits) refuse("bundle.records_root");
}
