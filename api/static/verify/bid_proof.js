/** Owns the bid proof: what became of a sealed bid. Spec: bid_proof.md. */

import { compare, hex } from "./bytes.js";
import { checkDocuments } from "./checks.js";
import { DIGEST_BYTES } from "./hashing.js";
import { receiptOf } from "./receipt.js";
import { recordId } from "./record.js";
import { Refusal, numbered, refuse } from "./refusal.js";
import { sealedFileOf } from "./sealed.js";
import { COMMITMENT_STEP, DOCUMENT_STEP, verifyCommitment } from "./sealed_file.js";
import { jsonArray, parse, versionedObject } from "./strict_json.js";
import { verifyEntered } from "./verdict.js";

export const FORMAT = "bidwitness.bid-proof";
export const BID_PROOF_BYTES_MAX = 8 << 20;
const PARTS_MAX = 64;
const [DEADLINE_STEP, SET_STEP] = [12, 13];
const BID_TYPE = "tender.bid_submitted";
const SET_TYPE = "tender.bid_set_sealed";
const DEADLINE_TYPES = new Set(["tender.announcement", "tender.change"]);

/** The bid proof that a file spells. */
export function decodeBidProof(bytes) {
  return bidProofOf(parse(bytes, BID_PROOF_BYTES_MAX));
}

/** The bid proof in a JSON value. */
export function bidProofOf(value) {
  const [sealed, deadline, parts] = versionedObject(value, FORMAT, ["sealed", "deadline", "parts"]);
  return {
    sealed: sealedFileOf(sealed),
    deadline: receiptOf(deadline),
    parts: jsonArray(parts, "parts", PARTS_MAX).map(receiptOf),
  };
}

/**
 * Verify a bid proof in its thirteen checks, and say what became of the bid.
 *
 * @returns {object} the commitment's verdict, with `bid`: its `standing`, which is `in_set`,
 *   `late`, `dropped` or `not_sealed`, its `subject`, the `part` that lists it, 0 where none does,
 *   of how many `parts`, how many commitments they `count`, and the times in milliseconds
 * @throws {Refusal} with the number of the check
 */
export function verifyBidProof(proof, trust, documents = [], policy = null) {
  const { verdict, inner: record } = verifyCommitment(proof.sealed, trust, policy);
  const entered = (receipt) => verifyEntered(receipt, trust, policy);
  const steps = verdict.steps.slice(0, -1);
  const take = (number, check) => {
    const facts = numbered(number, check);
    steps.push({ number, applies: facts !== null, facts: facts ?? {} });
    return facts;
  };
  try {
    numbered(COMMITMENT_STEP, () => checkType(record));
    take(DOCUMENT_STEP, () => checkDocuments(record, documents));
    const id = hex(recordId(proof.sealed.carried.record));
    take(COMMITMENT_STEP, () => ({ record: id, author: record.issuer }));
    const deadline = numbered(DEADLINE_STEP, () => checkDeadline(proof, record, entered));
    take(DEADLINE_STEP, () => ({ subject: record.subject }));
    const set = numbered(SET_STEP, () => checkSet(proof, record, verdict, entered));
    const shown = proof.parts.length;
    take(SET_STEP, () => (shown ? { shown, parts: set.parts } : null));
    const bid = { subject: record.subject, ...standingOf(verdict, deadline, set, trust) };
    return { ...verdict, steps, caveats: ["bid", ...verdict.caveats], bid };
  } catch (problem) {
    if (problem instanceof Refusal) problem.passed = steps;
    throw problem;
  }
}

function checkType({ type }) {
  if (type !== BID_TYPE) refuse("bid.type", { type });
}

function checkDeadline(proof, bid, entered) {
  const { record } = entered(proof.deadline);
  const deadline = record.fields.get("bid_deadline_ms");
  const about = record.subject === bid.subject || record.subject === bid.subject.split("/")[0];
  const fits = DEADLINE_TYPES.has(record.type) && about && typeof deadline === "bigint";
  return fits ? deadline : refuse("bid.deadline", { type: record.type });
}

/** The ids of the set in order of the parts, where in them the bid stands, and if it is whole. */
function checkSet(proof, bid, commitment, entered) {
  const ids = [];
  let first = null;
  let found = null;
  proof.parts.forEach((receipt, at) => {
    const { record } = entered(receipt);
    const { fields } = record;
    first ??= fields;
    const listed = fields.get("commitments");
    const fits = record.type === SET_TYPE && record.subject === bid.subject
      && record.issuer === commitment.record.issuer
      && ["part", "parts", "count"].every((name) => typeof fields.get(name) === "bigint")
      && fields.get("part") === BigInt(at + 1) && fields.get("part") <= fields.get("parts")
      && ["parts", "count"].every((name) => fields.get(name) === first.get(name))
      && Array.isArray(listed) && listed.every(isDigest);
    if (!fits) refuse("bid.set", { part: at + 1 });
    if (listed.some((id) => hex(id) === commitment.recordId)) found = at + 1;
    ids.push(...listed);
  });
  if (!ids.every((id, at) => !at || compare(ids[at - 1], id) < 0)) refuse("bid.set");
  const whole = first !== null && first.get("parts") === BigInt(proof.parts.length);
  if (whole && first.get("count") !== BigInt(ids.length)) refuse("bid.set", { what: "count" });
  const { parts = 0n, count = 0n } = Object.fromEntries(first ?? []);
  return { parts, count, part: found ?? 0, whole };
}

function standingOf(verdict, deadline, set, trust) {
  const receivedAtMs = verdict.committedAtMs;
  const late = receivedAtMs > deadline + trust.genesis.parameters.deadline_grace_ms;
  const names = [[set.part > 0, "in_set"], [late, "late"], [set.whole, "dropped"]];
  const [, standing] = names.find(([holds]) => holds) ?? [true, "not_sealed"];
  const { part, parts, count } = set;
  return { standing, part, parts, count, receivedAtMs, deadlineMs: deadline };
}

function isDigest(value) {
  return value instanceof Uint8Array && value.length === DIGEST_BYTES;
}
