/** Owns the draw that anyone recomputes: its value and its places. Spec: draw.md. */

import { unsigned } from "./bytes.js";
import { taggedValue } from "./hashing.js";
import { refuse } from "./refusal.js";

const DRAWN_MAX = 99;
const POOL_MAX = 1 << 20;
const WORD_BYTES = 8;
const WORDS = 1n << 64n;

/** What a seeder commits to before the draw. */
export function seedCommitment(networkId, request, seeder, seed) {
  return taggedValue("draw-seed", [networkId, request, seeder, seed]);
}

/** The value of a draw; `seeds` are [seeder, seed], ascending by seeder. */
export function drawValue(networkId, request, seeds, headerHash) {
  return taggedValue("draw", [networkId, request, seeds, headerHash]);
}

/** The places that are drawn out of a pool, in the order drawn. */
export function drawnPlaces(value, poolCount, drawCount) {
  const fits = drawCount >= 1 && drawCount <= Math.min(poolCount, DRAWN_MAX)
    && poolCount <= POOL_MAX;
  if (!fits) refuse("format.shape", { what: "draw" });
  const places = Array.from({ length: poolCount }, (_, place) => place);
  let step = 0n;
  for (let at = 0; at < drawCount; at += 1) {
    const left = BigInt(poolCount - at);
    const most = (WORDS / left) * left;
    let word = most;
    while (word >= most) {
      word = unsigned(taggedValue("draw-step", [value, step]).subarray(0, WORD_BYTES));
      step += 1n;
    }
    const other = at + Number(word % left);
    [places[at], places[other]] = [places[other], places[at]];
  }
  return places.slice(0, drawCount);
}
