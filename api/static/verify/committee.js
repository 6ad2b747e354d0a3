/** Owns the committee: its nodes in their order, f and q. Spec: committee.md. */

import { hex } from "./bytes.js";
import { KEY_BYTES, fitKey } from "./ed25519.js";
import { refuse } from "./refusal.js";
import { array, digest, identifier, octets } from "./shape.js";

export const COMMITTEE_MAX = 32;
/** Of its canonical spelling in a record or in a trust root. */
export const COMMITTEE_BYTES_MAX = 8 << 10;
const LISTED_MAX = 1024;

/** How many Byzantine nodes a committee of `n` survives. */
export function faultsOf(n) {
  return Math.floor((n - 1) / 3);
}

/** The one quorum of a committee of `n`. */
export function quorumOf(n) {
  return Math.ceil((n + faultsOf(n) + 1) / 2);
}

/**
 * The committee of an epoch: `[[node id, member id, node key, log key, TLS digest] …]`.
 *
 * @throws {Refusal} `format.shape`, `committee.invalid` or `key.weak`
 */
export function committeeOf(value, epoch) {
  const nodes = array(value, "committee", LISTED_MAX, 0).map(nodeOf);
  const distinct = (items) => new Set(items).size === items.length;
  const keys = nodes.flatMap((node) => [hex(node.nodeKey), hex(node.logKey)]);
  const fits = nodes.length >= 1 && nodes.length <= COMMITTEE_MAX && distinct(keys)
    && distinct(nodes.map((node) => node.nodeId)) && distinct(nodes.map(({ tls }) => hex(tls)));
  if (!fits) refuse("committee.invalid", { nodes: nodes.length });
  nodes.forEach((node) => [node.nodeKey, node.logKey].forEach(fitKey));
  return { epoch, nodes, n: nodes.length, f: faultsOf(nodes.length), q: quorumOf(nodes.length) };
}

function nodeOf(value) {
  const [nodeId, memberId, nodeKey, logKey, tls] = array(value, "node", 5);
  return {
    nodeId: identifier(nodeId, "node_id"),
    memberId: identifier(memberId, "member_id"),
    nodeKey: octets(nodeKey, "node_key", KEY_BYTES),
    logKey: octets(logKey, "log_key", KEY_BYTES),
    tls: digest(tls, "tls"),
  };
}
