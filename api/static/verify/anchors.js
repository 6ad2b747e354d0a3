/** Owns a trust root's anchors: later epochs that its holder has verified. Spec: genesis.md. */

import { decode } from "./canonical.js";
import { COMMITTEE_BYTES_MAX, committeeOf } from "./committee.js";
import { refuse } from "./refusal.js";
import { jsonArray, jsonInteger, jsonOctets, table } from "./strict_json.js";

const ANCHORS_MAX = 1024;

/**
 * The epochs that the slot `anchors` spells, behind that of the genesis.
 *
 * @param {*} value of the slot
 * @param {object} founding the committee of epoch 0
 * @returns {object[]} as `followLinks`
 * @throws {Refusal} `format.shape`, `trust.invalid`, `committee.invalid` or `key.weak`
 */
export function anchorsOf(value, founding) {
  const rows = jsonArray(value, "anchors", ANCHORS_MAX)
    .map((each) => table(each, "anchor", ["epoch", "began_at", "committee"]));
  const numbers = rows.map(([epoch]) => jsonInteger(epoch, "epoch"));
  const begins = rows.map(([, began]) => jsonInteger(began, "began_at", undefined, 1n));
  const fits = rows.length > 0 && numbers.every((epoch, at) => epoch === BigInt(at) + 1n)
    && begins.every((began, at) => at === 0 || began > begins[at - 1]);
  if (!fits) refuse("trust.invalid", { what: "anchors" });
  const later = rows.map(([epoch, , bytes]) =>
    committeeOf(decode(jsonOctets(bytes, "committee", COMMITTEE_BYTES_MAX), COMMITTEE_BYTES_MAX),
      epoch));
  return [founding, ...later].map((committee, at) =>
    ({ committee, endedAt: begins[at] ?? null }));
}
