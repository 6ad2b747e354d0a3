/** Owns the commit certificate: q votes of one slot. Spec: certificate.md. */

import { concat, equal } from "./bytes.js";
import { encode } from "./canonical.js";
import { COMMITTEE_MAX } from "./committee.js";
import { SIGNATURE_BYTES, verifySignature } from "./ed25519.js";
import { TAG } from "./hashing.js";
import { refuse } from "./refusal.js";
import { array, digest, identifier, integer, octets, versioned } from "./shape.js";

export const CERTIFICATE_BYTES_MAX = 8192;
const ITEMS = 8;

/** The certificate that `bytes` spell. */
export function decodeCertificate(bytes) {
  const [networkId, epoch, height, view, hash, votes] =
    versioned(bytes, CERTIFICATE_BYTES_MAX, "certificate", ITEMS);
  return {
    networkId: digest(networkId, "network_id"),
    epoch: integer(epoch, "epoch"),
    height: integer(height, "height"),
    view: integer(view, "view"),
    headerHash: digest(hash, "header_hash"),
    votes: array(votes, "votes", COMMITTEE_MAX, 0).map(voteOf),
  };
}

/**
 * Verify that q nodes of the network's committee, in its order, committed.
 *
 * @param {object} certificate of `decodeCertificate`
 * @param {object} trust of `decodeTrust`; other networks may be served by the same node keys
 * @throws {Refusal} `certificate.invalid`, `certificate.quorum` or `signature.invalid`
 */
export function verifyCertificate(certificate, trust) {
  const { networkId, epoch, height, view, headerHash, votes } = certificate;
  const { committee } = trust;
  if (!equal(networkId, trust.networkId)) refuse("certificate.invalid", { what: "network" });
  if (epoch !== committee.epoch) refuse("certificate.invalid", { what: "epoch" });
  if (votes.length < committee.q) refuse("certificate.quorum", { found: votes.length });
  const places = votes.map(({ nodeId }) =>
    committee.nodes.findIndex((node) => node.nodeId === nodeId));
  if (!places.every((place, at) => place > (at ? places[at - 1] : -1))) {
    refuse("certificate.invalid", { what: "votes" });
  }
  const signed = encode([networkId, epoch, height, view, headerHash]);
  votes.forEach(({ signature }, at) => {
    verifySignature(committee.nodes[places[at]].nodeKey, concat(TAG.commit, signed), signature);
  });
}

function voteOf(value) {
  const [node, signature] = array(value, "vote", 2);
  return {
    nodeId: identifier(node, "node_id"),
    signature: octets(signature, "signature", SIGNATURE_BYTES),
  };
}
