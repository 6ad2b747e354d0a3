/** Owns disclosed private fields and documents in a batch. Spec: openings.md. */

import { compare, equal, hex, utf8 } from "./bytes.js";
import { decode } from "./canonical.js";
import { leafHashOf, verifyInclusion } from "./merkle.js";
import { receiptOf } from "./receipt.js";
import { numbered, refuse, refusedAs } from "./refusal.js";
import { INDEX_MAX } from "./shape.js";
import {
  jsonArray, jsonHex, jsonInteger, jsonOctets, jsonOptional, jsonPath, jsonText, parse, table,
  versionedObject,
} from "./strict_json.js";
import { verifyDecoded } from "./verdict.js";

export const OPENINGS_FORMAT = "bidwitness.openings";
export const BATCH_FORMAT = "bidwitness.batch-proof";
export const OPENINGS_BYTES_MAX = 8 << 20;
export const BATCH_BYTES_MAX = 2 << 20;
const OPENINGS_MAX = 256;
const NAME_MAX = 64;
const VALUE_BYTES_MAX = 16384;
const SALT_BYTES = 16;
const SIZE_MAX = 1n << 53n;
const BATCH_TYPES = ["ledger.batch_anchored", "seal.used_in_batch"];
const DOCUMENT_STEP = 10;

/** The openings that a file spells. */
export function decodeOpenings(bytes) {
  return openingsOf(parse(bytes, OPENINGS_BYTES_MAX));
}

/** The openings in a JSON value. */
export function openingsOf(value) {
  const names = ["record_id", "openings", "receipt"];
  const [recordId, openings, receipt] = versionedObject(value, OPENINGS_FORMAT, names);
  const opened = jsonArray(openings, "openings", OPENINGS_MAX, 1).map(openingOf);
  const spelled = opened.map(({ name }) => utf8(name));
  if (!spelled.every((name, at) => !at || compare(spelled[at - 1], name) < 0)) {
    refuse("format.shape", { what: "openings" });
  }
  return {
    recordId: jsonHex(recordId, "record_id"),
    openings: opened,
    receipt: jsonOptional(receipt, receiptOf),
  };
}

function openingOf(given) {
  const [name, value, salt, path] = table(given, "openings", ["name", "value", "salt", "path"]);
  return {
    name: jsonText(name, "name", NAME_MAX),
    value: decode(jsonOctets(value, "value", VALUE_BYTES_MAX), VALUE_BYTES_MAX),
    salt: jsonHex(salt, "salt", SALT_BYTES),
    path: jsonPath(path, "path"),
  };
}

/**
 * Verify that a record, which is proved, commits to every disclosed field.
 *
 * @throws {Refusal} `opening.record` or `opening.invalid`
 */
export function verifyOpenings(file, record, recordId) {
  if (!equal(file.recordId, recordId)) refuse("opening.record", { record: hex(file.recordId) });
  for (const { name, value, salt, path } of file.openings) {
    refusedAs("opening.invalid", { name }, () => {
      const names = record.private === null ? [] : record.private.names;
      const index = BigInt(names.indexOf(name));
      const leaf = leafHashOf(["field", record.issuer, name, value, salt]);
      if (index < 0n) refuse("opening.invalid");
      verifyInclusion(leaf, index, BigInt(names.length), path, record.private.root);
    });
  }
}

/** The batch proof that a file spells. */
export function decodeBatchProof(bytes) {
  return batchProofOf(parse(bytes, BATCH_BYTES_MAX));
}

/** The batch proof in a JSON value. */
export function batchProofOf(value) {
  const names = ["sha256", "size_bytes", "index", "count", "path", "receipt"];
  const [sha256, size, index, count, path, receipt] = versionedObject(value, BATCH_FORMAT, names);
  return {
    sha256: jsonHex(sha256, "sha256"),
    sizeBytes: jsonInteger(size, "size_bytes", SIZE_MAX),
    index: jsonInteger(index, "index"),
    count: jsonInteger(count, "count", INDEX_MAX, 1n),
    path: jsonPath(path, "path"),
    receipt: receiptOf(receipt),
  };
}

/**
 * Verify that a document is in an anchored batch. What check 10 is for a receipt is this here.
 *
 * @throws {Refusal} with the number of the check
 */
export function verifyBatchProof(proof, trust, documents = [], policy = null) {
  const verdict = verifyDecoded(proof.receipt, trust, [], policy);
  numbered(DOCUMENT_STEP, () => {
    const { type, fields } = verdict.record;
    const root = fields.get("root");
    const fits = BATCH_TYPES.includes(type) && root instanceof Uint8Array
      && fields.get("count") === proof.count;
    if (!fits) refuse("batch.record");
    const leaf = leafHashOf(["document", proof.sha256, proof.sizeBytes]);
    verifyInclusion(leaf, proof.index, proof.count, proof.path, root);
    for (const { sha256, sizeBytes } of documents) {
      const same = equal(sha256, proof.sha256) && sizeBytes === proof.sizeBytes;
      if (!same) refuse("receipt.document", { sha256: hex(sha256) });
    }
  });
  const document = { number: DOCUMENT_STEP, applies: true, facts: { count: 1 } };
  return { ...verdict, steps: [...verdict.steps.slice(0, -1), document] };
}
