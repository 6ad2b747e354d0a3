/**
 * The verifier: judges the files that people keep, with nothing but trust roots and policies.
 *
 * No network, no clock, no store; everything is synchronous but the hashing of documents. A second
 * implementation of docs/spec, written from its pages. How to call it: javascript-verifier.md.
 */

import { decodePresented, receiptsBeside } from "./presented.js";
import { decodeReceipt } from "./receipt.js";
import { verifyDecoded } from "./verdict.js";

export { digestDocument } from "./document.js";
export { leadTrust } from "./epochs_file.js";
export { decodeTrust } from "./genesis.js";
export { verifyFiles } from "./judging.js";
export { parsePolicy } from "./policy.js";
export { Refusal } from "./refusal.js";

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
 * Verify one file of any kind: a receipt, openings, a batch proof, a bid proof, the author's file
 * of a sealed record, a tlog-proof, a certificate in PDF, or evidence of misconduct. Several at
 * once: `verifyFiles`.
 *
 * @param {Uint8Array} bytes of the file, from anyone
 * @param {object} trust of `decodeTrust`
 * @param {object} [options]
 * @param {object[]} [options.documents] digests of `digestDocument`
 * @param {object} [options.policy] of `parsePolicy`
 * @param {Uint8Array} [options.receipt] for openings that carry none
 * @returns {object} the verdict, with `format`
 * @throws {Refusal} as `verifyReceipt`
 */
export function verifyFile(bytes, trust, { documents = [], policy = null, receipt = null } = {}) {
  const file = decodePresented(bytes);
  const held = file.leansOn(receiptsBeside(receipt));
  return { format: file.format, ...file.judge(held, trust, { documents, policy }) };
}
