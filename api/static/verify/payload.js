/** Owns the payload of a block, and whether it rebuilds a header. Spec: block.md. */

import { equal } from "./bytes.js";
import { Reader } from "./canonical.js";
import { covers, decodeBundleHeader, HEADER_BYTES_MAX } from "./bundle.js";
import { leafHashOf, rootOf } from "./merkle.js";
import { recordId } from "./record.js";
import { refuse } from "./refusal.js";
import { readArrayHead, readOctets, readWord } from "./sequence.js";

const DEFAULT_LIMITS = Object.freeze({
  record_bytes_max: 16384, bundle_records_max: 10000, block_bundles_max: 10000,
  block_bytes_max: 16 << 20,
});
const ID_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ITEMS = 6;

/** The bundles of a payload, each with the records that entered and the ids of the others. */
export function decodePayload(bytes, limits = DEFAULT_LIMITS) {
  if (bytes.length > limits.block_bytes_max) refuse("format.too_large", { size: bytes.length });
  const reader = new Reader(bytes);
  const count = readArrayHead(reader, limits.block_bundles_max);
  const read = [];
  for (let at = 0; at < count; at += 1) read.push(readBundle(reader, limits));
  reader.end();
  return read.map(judged);
}

/** The root over the bundles of a payload. */
export function bundlesRoot(bundles) {
  return rootOf(bundles.map(({ headerBytes, signature, entered }) =>
    leafHashOf(["bundle", 1n, headerBytes, signature, entered])));
}

/**
 * The bundles of a payload that is this header's.
 *
 * @throws {Refusal} as `decodePayload`, or `block.not_rebuilt`
 */
export function rebuild(header, bytes, limits = DEFAULT_LIMITS) {
  const bundles = decodePayload(bytes, limits);
  const same = header.bundleCount === BigInt(bundles.length)
    && equal(header.bundlesRoot, bundlesRoot(bundles));
  if (!same) refuse("block.not_rebuilt");
  return bundles;
}

function readBundle(reader, limits) {
  if (readArrayHead(reader, 1024) !== ITEMS) refuse("format.shape", { what: "bundle" });
  readWord(reader, "bundle");
  const headerBytes = readOctets(reader, HEADER_BYTES_MAX, "header");
  const signature = readOctets(reader, SIGNATURE_BYTES, "signature");
  if (signature.length !== SIGNATURE_BYTES) refuse("format.shape", { what: "signature" });
  const entered = readOctets(reader, Math.ceil(limits.bundle_records_max / 8), "entered");
  const count = readArrayHead(reader, limits.bundle_records_max);
  if (entered.length !== Math.ceil(count / 8)) refuse("block.invalid", { what: "entered" });
  const items = [];
  for (let at = 0; at < count; at += 1) {
    items.push(readOctets(reader, isSet(entered, at) ? limits.record_bytes_max : ID_BYTES, "item"));
  }
  return { headerBytes, signature, entered, items };
}

/** The bundle, once its header covers its items and its bitmap has the one right form. */
function judged(bundle) {
  const { entered, items } = bundle;
  const header = decodeBundleHeader(bundle.headerBytes);
  const fits = entered.some((byte) => byte !== 0) && !unusedBits(entered, items.length)
    && header.count === BigInt(items.length);
  if (!fits) refuse("block.invalid", { what: "entered" });
  const ids = items.map((item, at) => (isSet(entered, at) ? recordId(item) : item));
  if (ids.some((id) => id.length !== ID_BYTES)) refuse("block.invalid", { what: "item" });
  covers(header, ids);
  return { ...bundle, header, ids };
}

function isSet(bitmap, place) {
  return (bitmap[place >> 3] & (0x80 >> (place & 7))) !== 0;
}

function unusedBits(bitmap, count) {
  return count % 8 !== 0 && (bitmap[bitmap.length - 1] & (0xff >> (count % 8))) !== 0;
}
