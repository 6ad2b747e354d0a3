/**
 * Owns the sentences about a verdict, word for word those of the other implementation's report:
 * tests compare them over all vectors.
 */

import { hex } from "../verify/bytes.js";
import { moment } from "./words.js";

/** What a passed check established, in one sentence. */
export function stepTold({ number, applies, facts }, words) {
  const key = `step.${number}.${spellingOf(number, applies, facts)}`;
  return words.phrase(key, Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, shown(name, value)])));
}

function spellingOf(number, applies, facts) {
  if (number === 4 && Object.hasOwn(facts, "rule")) return "derived";
  if (number === 8 && Object.hasOwn(facts, "outside")) return "policy";
  return applies ? "passed" : "absent";
}

function shown(name, value) {
  if (name === "time" && typeof value === "bigint") return moment(value);
  return value instanceof Uint8Array ? hex(value) : value;
}

/** What became of a sealed bid; null where the verdict is of something else. */
export function bidTold({ bid }, words) {
  return bid === undefined ? null : words.phrase(`bid.${bid.standing}`, bid);
}

/**
 * How the sentence about a verdict looks. A proof that a bid was left out is sound as well, and
 * good news for nobody.
 */
export function bidTone({ bid }) {
  if (bid === undefined || bid.standing === "in_set") return "fine";
  return bid.standing === "dropped" ? "still" : "edge";
}

/** What a status row says; null where the verdict is of something else. */
export function statusTold({ status }, words) {
  if (status === undefined) return null;
  const { standing, row, atMs, value } = status;
  const said = value.slice(0, 3).filter((each) => typeof each === "string").join(" ");
  const time = `${moment(atMs)} +08:00`;
  return words.phrase(`status.${standing}`, { row, time, value: said });
}
