/** Owns `epochs.json`: links between epochs, for a holder of a trust root. Spec: epochs.md. */

import { equal, hex } from "./bytes.js";
import { followLinks, openLinks } from "./epochs.js";
import { linksOf } from "./receipt.js";
import { refuse } from "./refusal.js";
import { jsonHex, parse, versionedObject } from "./strict_json.js";

const FORMAT = "bidwitness.epochs";
const EPOCHS_BYTES_MAX = 8 << 20;

/** The links in a file; nothing in it is judged here. */
export function decodeEpochsFile(bytes) {
  const value = parse(bytes, EPOCHS_BYTES_MAX);
  const [network, links] = versionedObject(value, FORMAT, ["network_id", "links"]);
  return { networkId: jsonHex(network, "network_id"), links: linksOf(links) };
}

/**
 * The trust root with the epochs to which the links in a file lead from those that it knows.
 *
 * @param {object} trust of `decodeTrust`
 * @param {Uint8Array} bytes of the file, from anyone
 * @returns {object} as `decodeTrust`
 * @throws {Refusal} a `format.*` code, `receipt.network` or `receipt.epoch_link`
 */
export function leadTrust(trust, bytes) {
  const { networkId, links } = decodeEpochsFile(bytes);
  if (!equal(networkId, trust.networkId)) refuse("receipt.network", { found: hex(networkId) });
  const epochs = followLinks(openLinks(links, trust.genesis.parameters), trust);
  return { ...trust, epochs, committee: epochs[epochs.length - 1].committee };
}
