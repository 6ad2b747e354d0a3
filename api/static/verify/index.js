/**
 * The verifier: judges the files that people keep, with nothing but a trust root.
 *
 * No network, no clock, no store; everything is synchronous but the hashing of documents. A second
 * implementation of docs/spec, written from its pages. How to call it: javascript-verifier.md.
 */

import * as batch from "./openings.js";
import * as bid from "./bid_proof.js";
import { equal, utf8 } from "./bytes.js";
import {
  FORMAT as RECEIPT_FORMAT, RECEIPT_BYTES_MAX, decodeReceipt, receiptOf,
} from "./receipt.js";
import { recordId } from "./record.js";
import { refuse } from "./refusal.js";
import {
  FORMAT as SEALED_FORMAT, SEALED_FILE_BYTES_MAX, sealedFileOf, verifyCommitted,
} from "./sealed.js";
import { parse } from "./strict_json.js";
import { FIRST_LINE, decodeTlogProof } from "./tlog_proof.js";
import { verifyDecoded } from "./verdict.js";

export { digestDocument } from "./document.js";
export { decodeTrust } from "./genesis.js";
export { parsePolicy } from "./policy.js";
export { Refusal } from "./refusal.js";

const FILE_BYTES_MAX = 8 << 20;
const KINDS = {
  [RECEIPT_FORMAT]: [RECEIPT_BYTES_MAX, (value, trust, { documents }) =>
    verifyDecoded(receiptOf(value), trust, documents)],
  [batch.OPENINGS_FORMAT]: [batch.OPENINGS_BYTES_MAX, verifyOpenedFields],
  [batch.BATCH_FORMAT]: [batch.BATCH_BYTES_MAX, (value, trust, { documents }) =>
    batch.verifyBatchProof(batch.batchProofOf(value), trust, documents)],
  [bid.FORMAT]: [bid.BID_PROOF_BYTES_MAX, (value, trust, { documents }) =>
    bid.verifyBidProof(bid.bidProofOf(value), trust, documents)],
  [SEALED_FORMAT]: [SEALED_FILE_BYTES_MAX, verifySealedFile],
};

/**
 * Verify a receipt.
 *
 * @param {Uint8Array} bytes of the file, from anyone
 * @param {object} trust of `decodeTrust`, from a source that the reader trusts
 * @param {object} [options]
 * @param {object[]} [options.documents] digests of `digestDocument`; each must be evidence
 * @param {object} [options.policy] of `parsePolicy`: whose cosignatures the reader demands
 * @returns {object} what is proved: `recordId`, `record`, the times, `quorum`, `steps`, `caveats`
 * @throws {Refusal} its `code`, the `step` that failed, and the steps `passed` before
 */
export function verifyReceipt(bytes, trust, { documents = [], policy = null } = {}) {
  return verifyDecoded(decodeReceipt(bytes), trust, documents, policy);
}

/**
 * Verify a file of any kind, known by the word in its `format`: a receipt, openings, a batch
 * proof, a bid proof, the author's file of a sealed record; or a tlog-proof, by its first line.
 *
 * @param {Uint8Array} bytes of the file, from anyone
 * @param {object} trust of `decodeTrust`
 * @param {object} [options]
 * @param {object[]} [options.documents] digests of `digestDocument`
 * @param {Uint8Array} [options.receipt] for openings that carry none
 * @returns {object} the verdict, with `format`
 * @throws {Refusal} as `verifyReceipt`
 */
export function verifyFile(bytes, trust, { documents = [], receipt = null } = {}) {
  if (beginsWith(bytes, FIRST_LINE)) {
    return { format: FIRST_LINE, ...verifyDecoded(decodeTlogProof(bytes), trust, documents) };
  }
  const value = parse(bytes, FILE_BYTES_MAX);
  const format = value instanceof Map ? value.get("format") : null;
  const known = typeof format === "string" && Object.hasOwn(KINDS, format);
  const [sizeMax, verify] = known ? KINDS[format] : refuse("format.shape", { what: "format" });
  if (bytes.length > sizeMax) refuse("format.too_large", { size: bytes.length, limit: sizeMax });
  return { format, ...verify(value, trust, { documents, receipt }) };
}

function beginsWith(bytes, line) {
  return equal(bytes.subarray(0, line.length + 1), utf8(`${line}\n`));
}

function verifyOpenedFields(value, trust, { documents, receipt }) {
  const file = batch.openingsOf(value);
  const beside = receipt === null ? null : decodeReceipt(receipt);
  const held = file.receipt ?? beside ?? refuse("opening.receipt");
  const verdict = verifyDecoded(held, trust, documents);
  batch.verifyOpenings(file, verdict.record, recordId(held.record));
  return { ...verdict, disclosed: file.openings };
}

function verifySealedFile(value, trust, { documents }) {
  const file = sealedFileOf(value);
  const held = file.receipt ?? refuse("bid.receipt");
  const verdict = verifyDecoded(held, trust, documents);
  verifyCommitted(file, verdict.record);
  return verdict;
}
