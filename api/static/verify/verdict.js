/** Owns the walk through the ten checks and what a receipt proves in the end. Spec: receipt.md. */

import { hex } from "./bytes.js";
import * as checks from "./checks.js";
import { checkOutside } from "./outside.js";
import { Refusal, numbered, refuse } from "./refusal.js";
import { checkStamped } from "./time_stamps.js";

/** What a verified receipt does not prove. */
const CAVEATS = ["truth", "amended", "alerts", "later"];

/**
 * Verify a decoded receipt under a trust root.
 *
 * @param {object} receipt of `decodeReceipt`
 * @param {object} trust of `decodeTrust`
 * @param {object[]} documents in the reader's hands: `sha256`, `sizeBytes`, and `sm3` or null
 * @param {object|null} policy of `parsePolicy`: what the reader demands besides the quorum
 * @returns {object} what is proved, with the ten `steps`
 * @throws {Refusal} with `step`, the number of the first check that fails, and the steps `passed`
 */
export function verifyDecoded(receipt, trust, documents = [], policy = null) {
  const steps = [];
  const take = (number, check) => {
    const facts = numbered(number, check);
    steps.push({ number, applies: facts !== null, facts: facts ?? {} });
  };
  try {
    let one = null;
    let quorum = null;
    let witnesses = null;
    let reached = trust;
    take(1, () => {
      one = checks.open(receipt, trust);
      return { size: receipt.record.length };
    });
    take(2, () => checks.checkNetwork(one, trust));
    take(3, () => checks.checkRecordId(one));
    take(4, () => checks.checkBundle(one, trust));
    take(5, () => checks.checkKey(one));
    take(6, () => checks.checkLog(one));
    take(7, () => {
      const anchor = trust.committee.epoch;
      reached = { ...trust, anchor, ...checks.checkCommittee(one, trust) };
      return { epoch: reached.committee.epoch, n: reached.committee.n };
    });
    take(8, () => {
      quorum = checks.checkQuorum(one, reached);
      witnesses = checkOutside(one, reached, policy);
      checkStamped(one);
      const counts = { found: quorum.length, needed: reached.committee.q };
      return witnesses === null ? counts : { ...counts, outside: witnesses.length };
    });
    take(9, () => checks.checkSealed(one, trust));
    take(10, () => checks.checkDocuments(one.record, documents));
    return verdictOf(one, reached, quorum, witnesses, steps);
  } catch (problem) {
    if (problem instanceof Refusal) problem.passed = steps;
    throw problem;
  }
}

/** The same of a record that another proof rests on: nothing that came out of a seal. */
export function verifyEntered(receipt, trust, policy = null) {
  const verdict = verifyDecoded(receipt, trust, [], policy);
  if (verdict.opened !== null) numbered(9, () => refuse("receipt.opened"));
  return verdict;
}

function verdictOf(one, trust, quorum, witnesses, steps) {
  const { epoch } = trust.committee;
  const keys = trust.anchor > 0n && epoch >= trust.anchor ? "former_keys_since" : "former_keys";
  const { receipt, record, checkpoint, unsealed } = one;
  const entry = unsealed === null ? one.entry : unsealed.entry;
  const times = quorum.map(({ timeMs }) => timeMs).sort((a, b) => (a < b ? -1 : Number(a > b)));
  const { f, q, n } = trust.committee;
  const unjudged = witnesses === null && receipt.cosignatures.length > 0;
  return {
    recordId: hex(receipt.recordId),
    record,
    height: entry.height,
    index: unsealed === null ? receipt.entry.index : unsealed.part.index,
    treeSize: checkpoint.size,
    root: hex(checkpoint.root),
    occurredAtMs: record.occurredAtMs,
    committedAtMs: entry.blockTimeMs,
    // At most f of the times lie, so the largest of the f + 1 smallest is an upper bound.
    existedByMs: times[f],
    received: receipt.acknowledgements,
    quorum,
    quorumNeeded: q,
    nodesCount: n,
    witnesses: witnesses ?? [],
    steps,
    caveats: [
      ...(unsealed ? ["unsealed"] : []), ...CAVEATS, keys, ...(unjudged ? ["outsiders"] : []),
      ...(receipt.timestamps.length ? ["time_stamps"] : []),
      ...(f ? [] : ["development"]),
    ],
    opened: unsealed === null ? null : openedOf(one),
  };
}

function openedOf({ receipt, entry, unsealed, loggedId }) {
  return {
    openingId: hex(loggedId),
    openedBy: unsealed.opening.issuer,
    committedBy: unsealed.commitment.issuer,
    height: entry.height,
    index: receipt.entry.index,
    timeMs: entry.blockTimeMs,
  };
}
