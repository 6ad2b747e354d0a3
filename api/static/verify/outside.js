/**
 * Owns what bodies outside the committee say of a log, and a reader's policy.
 *
 * Spec: check 8 of receipt.md.
 */

import { equal, utf8 } from "./bytes.js";
import { verifyConsistency } from "./merkle.js";
import { parseCheckpoint, parseNote } from "./note.js";
import { verifyPolicyOf } from "./policy.js";
import { refuse } from "./refusal.js";

/** The later heads of a receipt, decoded: `note`, `checkpoint` and the `path` to it. */
export function openOutside(heads) {
  const words = heads.map(({ checkpoint, path }) => {
    const note = parseNote(utf8(checkpoint));
    return { note, checkpoint: parseCheckpoint(note.text), path };
  });
  words.slice(1).forEach(({ checkpoint }, at) => {
    if (checkpoint.size <= words[at].checkpoint.size) refuse("receipt.cosignatures");
  });
  return words;
}

/**
 * Verify that each later head follows the receipt's, and that the policy is fulfilled.
 *
 * @param {object} one of `checks.open`
 * @param {object} trust of `decodeTrust`, with the `committees` whose nodes are not outside
 * @param {object|null} policy of `parsePolicy`
 * @returns {object[]|null} `name` and `timeMs` of those outside the committee; null: not judged
 */
export function checkOutside({ note, checkpoint, outside }, trust, policy) {
  outside.forEach(({ checkpoint: later, path }) => {
    if (later.origin !== checkpoint.origin) refuse("receipt.origin", { found: later.origin });
    if (later.size < checkpoint.size) refuse("receipt.cosignatures");
    verifyConsistency(checkpoint.size, later.size, path, checkpoint.root, later.root);
  });
  if (policy === null) return null;
  const notes = [note, ...outside.map((word) => word.note)];
  const isInside = ({ publicKey }) =>
    trust.committees.some(({ nodes }) => nodes.some(({ nodeKey }) => equal(nodeKey, publicKey)));
  return verifyPolicyOf(policy, checkpoint.origin, notes)
    .filter(({ key }) => !isInside(key))
    .map(({ key, timeS }) => ({ name: key.name, timeMs: timeS * 1000n }));
}
