/** Owns entries, block headers and block leaves: what stands in the log. Spec: log.md, block.md. */

import { encode } from "./canonical.js";
import { tagged } from "./hashing.js";
import {
  array, digest, identifier, integer, optional, time, versioned,
} from "./shape.js";

export const ENTRY_BYTES_MAX = 128;
export const HEADER_BYTES_MAX = 1024;
const ENTRY_ITEMS = 6;
const LEAF_ITEMS = 15;
const HEADER_ITEMS = 17;

/** The entry that `bytes` spell. */
export function decodeEntry(bytes) {
  const [height, blockTime, bundle, record] =
    versioned(bytes, ENTRY_BYTES_MAX, "entry", ENTRY_ITEMS);
  return {
    height: integer(height, "height", 1n),
    blockTimeMs: time(blockTime, "block_time_ms"),
    bundleId: optional(bundle, (each) => digest(each, "bundle_id")),
    recordId: digest(record, "record_id"),
  };
}

/** The data of an entry's leaf. */
export function entryLeaf(entry) {
  return encode(["entry", 1n, entry.height, entry.blockTimeMs, entry.bundleId, entry.recordId]);
}

/** The header that `bytes` spell. */
export function decodeHeader(bytes) {
  const items = versioned(bytes, HEADER_BYTES_MAX, "header", HEADER_ITEMS);
  const [size, root] = items.slice(-2);
  return {
    ...headOf(items),
    logSize: integer(size, "log_size"),
    logRoot: digest(root, "log_root"),
  };
}

/** What a block leaf says: the header without the size and root of the log that commit to it. */
export function decodeBlockLeaf(bytes) {
  return headOf(versioned(bytes, HEADER_BYTES_MAX, "block", LEAF_ITEMS));
}

/** The hash that names a header with these bytes. */
export function headerHash(bytes) {
  return tagged("header", bytes);
}

/** The data of the leaf of a block with this header. */
export function blockLeaf(header) {
  return encode(["block", 1n, ...header.items]);
}

function headOf(items) {
  const [
    networkId, height, previous, timeMs, proposer, epoch, bundles, bundlesRoot,
    entries, stateHash, statusSize, statusRoot, snapshot,
  ] = items;
  return {
    items: items.slice(0, LEAF_ITEMS - 2),
    networkId: digest(networkId, "network_id"),
    height: integer(height, "height", 1n),
    previous: digest(previous, "previous"),
    timeMs: time(timeMs, "time_ms"),
    proposer: identifier(proposer, "proposer"),
    epoch: integer(epoch, "epoch", 0n),
    bundleCount: integer(bundles, "bundle_count", 0n),
    bundlesRoot: digest(bundlesRoot, "bundles_root"),
    entryCount: integer(entries, "entry_count", 0n),
    stateHash: digest(stateHash, "state_hash"),
    statusSize: integer(statusSize, "status_size", 0n),
    statusRoot: digest(statusRoot, "status_root"),
    snapshot: optional(snapshot, snapshotOf),
  };
}

function snapshotOf(value) {
  const [height, size, root] = array(value, "snapshot", 3);
  return {
    height: integer(height, "snapshot", 1n),
    size: integer(size, "snapshot", 0n),
    root: digest(root, "snapshot"),
  };
}
