/** Owns the two files that say what a court bundle is. Spec: court_bundle.md. */

import { characters, equal, fromHex, hex, utf8 } from "./bytes.js";
import { refuse } from "./refusal.js";
import { TIME_MAX } from "./shape.js";
import { jsonHex, jsonInteger, jsonText, parse, versionedObject } from "./strict_json.js";

export const MANIFEST = "manifest.json";
export const DIGESTS = "SHA256SUMS";
export const MANIFEST_BYTES_MAX = 16 << 10;
export const DIGESTS_BYTES_MAX = 8 << 20;
const FORMAT = "bidwitness.court-bundle";
const ABOUT_MAX = 256;
const LINE = /^([0-9a-f]{64}) {2}([!-~]{1,180})$/;

/**
 * What a bundle says of itself.
 *
 * @throws {Refusal} a `format.*` code
 */
export function decodeManifest(bytes) {
  const names = ["network_id", "network_name", "about", "made_at_ms", "records_count"];
  const value = parse(bytes, MANIFEST_BYTES_MAX);
  const [networkId, name, about, made, count] = versionedObject(value, FORMAT, names);
  return {
    networkId: jsonHex(networkId, "network_id"),
    networkName: jsonText(name, "network_name", ABOUT_MAX),
    about: jsonText(about, "about", ABOUT_MAX),
    madeAtMs: jsonInteger(made, "made_at_ms", TIME_MAX),
    recordsCount: jsonInteger(count, "records_count"),
  };
}

/**
 * The digests that `SHA256SUMS` lists, by name, in its order.
 *
 * @throws {Refusal} `court_bundle.form`
 */
export function parseDigests(bytes) {
  const found = new Map();
  for (const line of characters(bytes).split("\n")) {
    const said = LINE.exec(line);
    if (said !== null) found.set(said[2], fromHex(said[1]));
  }
  const lines = [...found].map(([name, digest]) => `${hex(digest)}  ${name}\n`);
  const same = equal(utf8(lines.join("")), bytes);
  return same ? found : refuse("court_bundle.form", { what: DIGESTS });
}
