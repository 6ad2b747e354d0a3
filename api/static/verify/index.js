/**
 * The verifier: judges the files that people keep, with nothing but trust roots and policies.
 *
 * No network, no clock, no store; everything is synchronous but the reading of documents and court
 * bundles. A second implementation of docs/spec, written from its pages. How to call it:
 * javascript-verifier.md.
 */

import { openEvidence } from "./evidence.js";
import { judgePresented } from "./judging.js";
import { decodePresented, receiptsBeside } from "./presented.js";
import { decodeReceipt } from "./receipt.js";
import { verifyDecoded } from "./verdict.js";

export { digestDocument } from "./document.js";
export { leadTrust } from "./epochs_file.js";
export { decodeTrust } from "./genesis.js";
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

/**
 * Verify each of several files under its own network's trust root, and follow what it cites to the
 * others.
 *
 * @param {Uint8Array[]} files from anyone
 * @param {object[]} trusts of `decodeTrust`, at least one, each of another network
 * @param {object} [options] `documents` and `policies`, lists of what `verifyFile` takes
 * @returns {object[]} for each file its `trust`, and either `verdict` with `citations` or `refusal`
 * @throws {Refusal} where one of them is no such file at all: then nothing is judged
 */
export function verifyFiles(files, trusts, options = {}) {
  return judgePresented(files.map(decodePresented), trusts, options);
}

/**
 * Verify evidence as it is handed in: the same files, and court bundles, which hold many.
 *
 * @param {(Blob|Uint8Array)[]} sources from anyone; Files too, and what a `slice` of has bytes
 * @param {object[]} trusts as `verifyFiles`
 * @param {object} [options] as `verifyFiles`; `onProgress`, told how many bytes of a bundle are
 *   read; `signal`, which ends the reading by its reason
 * @returns {Promise<object[]>} as `verifyFiles`, for each file presented or held by a bundle; with
 *   `source`, its place among `sources`, and `name`, the one in the bundle or null
 * @throws {Refusal} as `verifyFiles`; `court_bundle.*`
 */
export async function verifyEvidence(sources, trusts, options = {}) {
  const { presented, documents } = await openEvidence(sources, options);
  const whole = [...(options.documents ?? []), ...documents];
  const outcomes = judgePresented(presented, trusts, { ...options, documents: whole });
  return outcomes.map((outcome, at) => {
    const { source, name } = presented[at];
    return { source, name, ...outcome };
  });
}
