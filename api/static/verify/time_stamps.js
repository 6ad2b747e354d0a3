/**
 * Owns the heads of a receipt that time stamping authorities stamped.
 *
 * The tokens themselves are not looked into here: a verdict says so. Spec: check 8 of receipt.md.
 */

import { verifyConsistency } from "./merkle.js";
import { parseCheckpoint } from "./note.js";
import { refuse } from "./refusal.js";

/** The stamped heads of a receipt, decoded: `checkpoint` and the `path` to it. */
export function openStamped(heads) {
  const words = heads.map(({ checkpoint, path }) => (
    { checkpoint: parseCheckpoint(checkpoint), path }));
  words.slice(1).forEach(({ checkpoint }, at) => {
    if (checkpoint.size < words[at].checkpoint.size) refuse("receipt.timestamps");
  });
  return words;
}

/** Verify that each stamped head follows the receipt's. */
export function checkStamped({ checkpoint, stamped }) {
  stamped.forEach(({ checkpoint: later, path }) => {
    if (later.origin !== checkpoint.origin) refuse("receipt.origin", { found: later.origin });
    if (later.size < checkpoint.size) refuse("receipt.timestamps");
    verifyConsistency(checkpoint.size, later.size, path, checkpoint.root, later.root);
  });
}
