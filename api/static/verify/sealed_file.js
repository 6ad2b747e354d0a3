/** Owns what an author's file proves: that what is under seal was committed. Spec: sealed.md. */

import { equal, hex } from "./bytes.js";
import { decodeBundleHeader } from "./bundle.js";
import { checkDocuments } from "./checks.js";
import { decodeRecord, recordId } from "./record.js";
import { Refusal, numbered, refuse } from "./refusal.js";
import { verifyCommitted, verifyInnerHeader } from "./sealed.js";
import { verifyEntered } from "./verdict.js";

export const DOCUMENT_STEP = 10;
export const COMMITMENT_STEP = 11;
const OFF_LEDGER_TYPES = ["ledger.evidence_accessed", "tender.clue_filed", "tender.logged_in"];

/**
 * Verify an author's file: the ten checks of its commitment, with documents asked of the record
 * under seal, and that the commitment holds it.
 *
 * @returns {object} the commitment's verdict, with `inner`, the record under seal
 * @throws {Refusal} with the number of the check
 */
export function verifySealedFile(file, trust, documents = [], policy = null) {
  const { verdict, inner } = verifyCommitment(file, trust, policy);
  const steps = verdict.steps.slice(0, -1);
  try {
    const facts = numbered(DOCUMENT_STEP, () => checkDocuments(inner, documents));
    steps.push({ number: DOCUMENT_STEP, applies: facts !== null, facts: facts ?? {} });
    const told = { record: hex(recordId(file.carried.record)), author: inner.issuer };
    steps.push({ number: COMMITMENT_STEP, applies: true, facts: told });
    const standing = OFF_LEDGER_TYPES.includes(inner.type) ? "off_ledger" : "sealed";
    return { ...verdict, steps, caveats: [standing, ...verdict.caveats], inner };
  } catch (problem) {
    if (problem instanceof Refusal) problem.passed = steps;
    throw problem;
  }
}

/**
 * The commitment of an author's file, which holds, and what is under seal, whatever its type.
 *
 * @returns {object} `verdict` of the commitment and `inner`
 * @throws {Refusal} as `verifySealedFile`
 */
export function verifyCommitment(file, trust, policy) {
  if (file.receipt === null) numbered(COMMITMENT_STEP, () => refuse("bid.receipt"));
  const verdict = verifyEntered(file.receipt, trust, policy);
  const inner = numbered(COMMITMENT_STEP, () => {
    verifyCommitted(file, verdict.record);
    const record = decodeRecord(file.carried.record, trust.genesis.parameters);
    if (!equal(file.networkId, trust.networkId)) refuse("bundle.network");
    const header = decodeBundleHeader(file.carried.header);
    verifyInnerHeader(header, trust.networkId, record, file.carried);
    return record;
  });
  return { verdict, inner };
}
