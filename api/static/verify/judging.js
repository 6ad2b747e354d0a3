/**
 * Owns the judgement of several files under several trust roots, and what they cite of each other.
 *
 * Spec: verifying.md.
 */

import { equal, hex } from "./bytes.js";
import { Refusal, numbered, refuse } from "./refusal.js";

const NETWORK_STEP = 2;

/**
 * Verify each file under its own network's trust root, and follow what it cites to the others.
 *
 * @param {object[]} presented of `decodePresented`
 * @param {object[]} trusts of `decodeTrust`, at least one, each of another network
 * @param {object} [options]
 * @param {object[]} [options.documents] digests of `digestDocument`
 * @param {object[]} [options.policies] of `parsePolicy`
 * @returns {object[]} for each file its `trust`, and either `verdict` with `citations` or `refusal`
 * @throws {Refusal} `policy.twice`
 */
export function judgePresented(presented, trusts, { documents = [], policies = [] } = {}) {
  requireDistinct(policies);
  const asked = documentsFor(presented, documents);
  const judged = (file, at, others) => {
    const outcome = { trust: null, verdict: null, refusal: null, citations: [] };
    try {
      const held = file.leansOn(others);
      outcome.trust = rootOf(trusts, held.networkId);
      const policy = policyFor(policies, outcome.trust);
      outcome.verdict = file.judge(held, outcome.trust, { documents: asked[at], policy });
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      outcome.refusal = problem;
    }
    return outcome;
  };
  // Receipts first: openings lean on one that holds, whatever else is said to be of the record.
  const first = presented.map((file, at) => (file.isReceipt ? judged(file, at, []) : null));
  const receiptsThat = (hold) => presented
    .filter((file, at) => file.isReceipt && (first[at].verdict !== null) === hold)
    .map(({ receipt }) => receipt);
  const others = [...receiptsThat(true), ...receiptsThat(false)];
  const outcomes = presented.map((file, at) => first[at] ?? judged(file, at, others));
  return withCitations(presented, outcomes, trusts);
}

/** The documents that each file is asked for; what none names is asked of the last. */
function documentsFor(presented, documents) {
  if (presented.length === 1) return [documents];
  const asked = presented.map((file) => documents.filter(file.names));
  const stray = documents.filter((each) => !presented.some((file) => file.names(each)));
  return asked.map((found, at) => (at === asked.length - 1 ? [...found, ...stray] : found));
}

/** The trust root of a network; the only one, where there is one only. */
function rootOf(trusts, networkId) {
  if (trusts.length === 1) return trusts[0];
  return trusts.find((each) => equal(each.networkId, networkId))
    ?? numbered(NETWORK_STEP, () => refuse("trust.unknown", { found: hex(networkId) }));
}

/** No two policies for the same: one of them would be demanded of nobody. */
function requireDistinct(policies) {
  const names = policies.flatMap(({ logs }) =>
    logs.length ? [...new Set(logs.map(({ name }) => name))] : ["*"]);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) refuse("policy.twice", { log: twice });
}

/** The policy that lists a network's log, else the one that lists none, else the first. */
function policyFor(policies, { origin }) {
  return policies.find(({ logs }) => logs.some(({ name }) => name === origin))
    ?? policies.find(({ logs }) => !logs.length) ?? policies[0] ?? null;
}

function withCitations(presented, outcomes, trusts) {
  const shown = new Map();
  presented.forEach(({ receipt }, at) => {
    if (receipt === null) return;
    const name = `${hex(receipt.networkId)} ${hex(receipt.recordId)}`;
    if (!shown.get(name)?.verdict) shown.set(name, outcomes[at]);
  });
  const standingOf = (ref) => {
    if (!trusts.some((each) => equal(each.networkId, ref.networkId))) return "untrusted";
    const held = shown.get(`${hex(ref.networkId)} ${hex(ref.recordId)}`);
    if (held === undefined) return "absent";
    return held.verdict === null ? "refused" : "followed";
  };
  return outcomes.map((outcome) => {
    if (outcome.verdict === null || outcome.verdict.record === null) return outcome;
    const citations = outcome.verdict.record.refs
      .filter(({ networkId }) => networkId !== null && !equal(networkId, outcome.trust.networkId))
      .map((ref) => ({ ...ref, standing: standingOf(ref) }));
    const cited = citations.every(({ standing }) => standing === "followed") ? [] : ["cited"];
    const caveats = [...outcome.verdict.caveats, ...cited];
    return { ...outcome, citations, verdict: { ...outcome.verdict, caveats } };
  });
}
