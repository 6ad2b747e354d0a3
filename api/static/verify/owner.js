/** Owns the commitment to the owner of an address. Spec: addresses.md. */

import { taggedValue } from "./hashing.js";

/** What the registry says in the owner's stead; `salt` has 32 bytes. */
export function ownerCommitment(networkId, address, owner, salt) {
  return taggedValue("owner", [networkId, address, owner, salt]);
}
