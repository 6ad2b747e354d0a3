/** Owns the digest over what a witness certificate lists. Spec: witness.md. */

import { taggedValue } from "./hashing.js";

/** The digest over nodes, each [types, record ids], by which a section was judged. */
export function nodesDigest(profile, version, nodes) {
  return taggedValue("witness", [profile, version, nodes]);
}
