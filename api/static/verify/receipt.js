/** Owns the form of a receipt: its names and the sizes of its parts. Spec: receipt.md, Form. */

import { equal, utf8 } from "./bytes.js";
import { ENTRY_BYTES_MAX, HEADER_BYTES_MAX as LEAF_BYTES_MAX } from "./block.js";
import { HEADER_BYTES_MAX } from "./bundle.js";
import { CERTIFICATE_BYTES_MAX } from "./certificate.js";
import { SIGNATURE_BYTES } from "./ed25519.js";
import { NOTE_BYTES_MAX } from "./note.js";
import { recordId } from "./record.js";
import { TIME_MAX, identifier } from "./shape.js";
import { ROW_BYTES_MAX } from "./status.js";
import {
  jsonArray, jsonHex, jsonInteger, jsonOctets, jsonOptional, jsonPath, jsonText, parse, spell,
  table, versionedObject,
} from "./strict_json.js";

export const FORMAT = "bidwitness.receipt";
export const RECEIPT_BYTES_MAX = 1 << 20;
export const RECORD_BYTES_MAX = 256 << 10;
const ACKNOWLEDGEMENTS_MAX = 32;
const OUTSIDE_HEADS_MAX = 8;
const STAMPED_HEADS_MAX = 8;
const CHECKPOINT_BYTES_MAX = 512;
const TOKEN_BYTES_MAX = 16 << 10;
const LINKS_MAX = 256;
const IDENTIFIER_MAX = 32;
const NAMES = [
  "network_id", "record", "entry", "head", "checkpoint", "bundle", "key", "epochs", "sealed",
  "acknowledgements", "cosignatures", "timestamps",
];
/** The order in which this software writes names, and in which `receiptOf` takes them. */
const ORDER = {
  receipt: ["format", "version", ...NAMES],
  entry: ["leaf", "index", "path"],
  head: ["leaf", "path"],
  bundle: ["header", "signature", "index", "path"],
  key: ["row", "index", "path"],
  sealed: ["opening", "commitment", "key"],
  commitment: ["record", "leaf", "index", "path"],
  acknowledgements: ["node_id", "bundle", "received_at_ms", "signature"],
  cosignatures: ["checkpoint", "path"],
  timestamps: ["checkpoint", "path", "token"],
  epochs: ["record", "entry", "header", "certificate"],
};

/**
 * The receipt that a file spells; nothing of it is judged.
 *
 * @param {Uint8Array} bytes from anyone
 * @throws {Refusal} a `format.*` code
 */
export function decodeReceipt(bytes) {
  return receiptOf(parse(bytes, RECEIPT_BYTES_MAX));
}

/** The receipt in a JSON value, on its own or inside another file. */
export function receiptOf(value) {
  const [
    networkId, record, entry, head, checkpoint, bundle, key, epochs, sealed, acknowledgements,
    cosignatures, timestamps,
  ] = versionedObject(value, FORMAT, NAMES);
  const [headLeaf, headPath] = table(head, "head", ORDER.head);
  const receipt = {
    networkId: jsonHex(networkId, "network_id"),
    record: jsonOctets(record, "record", RECORD_BYTES_MAX),
    entry: entryOf(entry),
    headLeaf: jsonOctets(headLeaf, "head", LEAF_BYTES_MAX),
    headPath: jsonPath(headPath, "head"),
    checkpoint: jsonText(checkpoint, "checkpoint", NOTE_BYTES_MAX),
    bundle: jsonOptional(bundle, bundleOf),
    key: jsonOptional(key, keyOf),
    sealed: jsonOptional(sealed, sealedOf),
    acknowledgements: jsonArray(acknowledgements, "acknowledgements", ACKNOWLEDGEMENTS_MAX)
      .map(acknowledgementOf),
    cosignatures: jsonArray(cosignatures, "cosignatures", OUTSIDE_HEADS_MAX).map(outsideHeadOf),
    timestamps: jsonArray(timestamps, "timestamps", STAMPED_HEADS_MAX).map(stampedHeadOf),
    epochs: linksOf(epochs),
  };
  return { ...receipt, recordId: recordId(receipt.record) };
}

/** Whether `bytes` spell a receipt, whose value this is, as this software writes it. */
export function isWritten(value, bytes) {
  return isOrdered(value, "receipt") && equal(bytes, utf8(`${spell(value)}\n`));
}

/** Whether names stand in the order of the form; they are the right ones already. */
function isOrdered(value, what) {
  if (Array.isArray(value)) return value.every((each) => isOrdered(each, what));
  if (!(value instanceof Map)) return true;
  const names = [...value.keys()];
  return ORDER[what].every((name, at) => name === names[at])
    && names.every((name) => isOrdered(value.get(name), name));
}

function entryOf(value) {
  const [leaf, index, path] = table(value, "entry", ORDER.entry);
  return {
    leaf: jsonOctets(leaf, "entry", ENTRY_BYTES_MAX),
    index: jsonInteger(index, "entry"),
    path: jsonPath(path, "entry"),
  };
}

function bundleOf(value) {
  const [header, signature, index, path] = table(value, "bundle", ORDER.bundle);
  return {
    header: jsonOctets(header, "bundle", HEADER_BYTES_MAX),
    signature: jsonHex(signature, "bundle", SIGNATURE_BYTES),
    index: jsonInteger(index, "bundle"),
    path: jsonPath(path, "bundle"),
  };
}

function keyOf(value) {
  const [row, index, path] = table(value, "key", ORDER.key);
  return {
    row: jsonOctets(row, "key", ROW_BYTES_MAX),
    index: jsonInteger(index, "key"),
    path: jsonPath(path, "key"),
  };
}

function sealedOf(value) {
  const [opening, commitment, key] = table(value, "sealed", ORDER.sealed);
  const [record, leaf, index, path] = table(commitment, "commitment", ORDER.commitment);
  return {
    opening: jsonOctets(opening, "opening", RECORD_BYTES_MAX),
    commitment: jsonOctets(record, "commitment", RECORD_BYTES_MAX),
    leaf: jsonOctets(leaf, "commitment", ENTRY_BYTES_MAX),
    index: jsonInteger(index, "commitment"),
    path: jsonPath(path, "commitment"),
    key: keyOf(key),
  };
}

function outsideHeadOf(value) {
  const [checkpoint, path] = table(value, "cosignatures", ORDER.cosignatures);
  return {
    checkpoint: jsonText(checkpoint, "cosignatures", NOTE_BYTES_MAX),
    path: jsonPath(path, "cosignatures"),
  };
}

function stampedHeadOf(value) {
  const [checkpoint, path, token] = table(value, "timestamps", ORDER.timestamps);
  return {
    checkpoint: jsonText(checkpoint, "timestamps", CHECKPOINT_BYTES_MAX),
    path: jsonPath(path, "timestamps"),
    token: jsonOctets(token, "timestamps", TOKEN_BYTES_MAX),
  };
}

/** The links between epochs that a slot `epochs` spells. */
export function linksOf(value) {
  return jsonArray(value, "epochs", LINKS_MAX).map(linkOf);
}

function linkOf(value) {
  const [record, entry, header, certificate] = table(value, "epochs", ORDER.epochs);
  return {
    record: jsonOctets(record, "epochs", RECORD_BYTES_MAX),
    entry: entryOf(entry),
    header: jsonOctets(header, "epochs", LEAF_BYTES_MAX),
    certificate: jsonOctets(certificate, "epochs", CERTIFICATE_BYTES_MAX),
  };
}

function acknowledgementOf(value) {
  const [node, bundle, received, signature] =
    table(value, "acknowledgements", ORDER.acknowledgements);
  return {
    nodeId: identifier(jsonText(node, "node_id", IDENTIFIER_MAX), "node_id"),
    bundle: jsonHex(bundle, "bundle"),
    receivedAtMs: jsonInteger(received, "received_at_ms", TIME_MAX),
    signature: jsonHex(signature, "signature", SIGNATURE_BYTES),
  };
}
