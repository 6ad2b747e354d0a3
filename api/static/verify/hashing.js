/**
 * Owns the hashes of the structure: tags, and SHA-256 over them. Spec: hashing.md.
 *
 * SHA-256 and SHA-512 are @noble/hashes; everything here works without WebCrypto.
 */

import { sha256, sha512 } from "../vendor/noble-hashes/sha2.js";
import { concat, utf8 } from "./bytes.js";
import { encode } from "./canonical.js";

export { sha256, sha512 };
export const DIGEST_BYTES = 32;

const NAMES = [
  "genesis", "record", "derived", "bundle", "signed-bundle", "acknowledgement", "refusal", "header",
  "state", "key", "possession", "prepare", "commit", "view-change", "new-view", "commitment",
  "draw", "draw-seed", "draw-step", "witness", "listed", "owner",
  "status-answer",
];

/** The bytes that begin whatever is hashed or signed under a name. */
export const TAG = Object.freeze(
  Object.fromEntries(NAMES.map((name) => [name, utf8(`bidwitness/${name}/v1\n`)])),
);

/** H(tag ‖ parts). */
export function tagged(name, ...parts) {
  return sha256(concat(TAG[name], ...parts));
}

/** H(tag ‖ canonical bytes of `value`). */
export function taggedValue(name, value) {
  return tagged(name, encode(value));
}
