/** Owns a node's signed word about a bundle: received, or refused. Spec: acknowledgement.md. */

import { concat } from "./bytes.js";
import { encode } from "./canonical.js";
import { verifySignature } from "./ed25519.js";
import { TAG } from "./hashing.js";

/** Verify that a node acknowledged the bundle with this pool key. */
export function verifyAcknowledgement(networkId, word, publicKey) {
  const { nodeId, bundle, receivedAtMs, signature } = word;
  const signed = encode([networkId, nodeId, bundle, receivedAtMs]);
  verifySignature(publicKey, concat(TAG.acknowledgement, signed), signature);
}

/** Verify that a node refused the bundle with this pool key. */
export function verifyRefusal(networkId, word, publicKey) {
  const { nodeId, bundle, code, headHash, signature } = word;
  const signed = encode([networkId, nodeId, bundle, code, headHash]);
  verifySignature(publicKey, concat(TAG.refusal, signed), signature);
}
