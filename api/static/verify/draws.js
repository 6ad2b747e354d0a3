/**
 * Owns the proof of a draw: whether its places follow from its seeds and its block, recomputed from
 * receipts alone. The quorum vouches for the header hash in the result and for the order of the
 * records; seeds, value and places are recomputed. Spec: draw.md.
 */

import { equal, fromHex, hex } from "./bytes.js";
import { drawValue, drawnPlaces, seedCommitment } from "./draw.js";
import { decodeReceipt } from "./receipt.js";
import { refuse, refusedAs } from "./refusal.js";
import { verifyEntered } from "./verdict.js";

const REQUESTED = ["tender.expert_draw_requested", "draw.requested"];
const COMMITTED = ["draw.seed_committed"];
const REVEALED = ["draw.seed_revealed"];
/** Of experts, and of anything else: in step with `REQUESTED`. */
const DRAWN = ["tender.experts_drawn", "draw.drawn"];

/**
 * Verify the receipts of one draw, and recompute it.
 *
 * @param {Uint8Array[]} files receipts of the request, of every seed revealed and of the result, in
 *   any order; those of the seeds' commitments may be among them
 * @param {object} trust of `decodeTrust`
 * @returns {object} `subject`, `requestId`, `resultId`, `height`, `header`, `seeders`, `poolCount`,
 *   `places` in the order of the draw, and `commitmentsShown`: whether each seed's commitment was
 *   among the files, below the block
 * @throws {Refusal} of a receipt, or `draw.proof` where one is missing, of another draw, or the
 *   places do not follow
 */
export function verifyDraw(files, trust) {
  const verified = files.map((bytes) => verifyEntered(decodeReceipt(bytes), trust));
  const [request] = of(verified, REQUESTED, 1);
  const [result] = of(verified, [DRAWN[REQUESTED.indexOf(request.record.type)]], 1);
  const said = result.record.fields;
  const asked = askedFor(request);
  const seeds = seedsOf(verified, request, asked.height);
  if (!same([...seeds.keys()].sort(), asked.seeders)) wrong("seeders");
  const paired = asked.seeders.map((each) => [each, seeds.get(each)]);
  const header = said.get("header");
  const drawnAs = { id: fromHex(request.recordId), network: trust.networkId };
  const value = drawValue(drawnAs.network, drawnAs.id, paired, header);
  const places = placesOf(value, asked);
  const named = (said.get("places") ?? []).map(Number);
  if (!cites(result, request) || !same(named, places)) wrong("places");
  const committed = committedOf(verified, request, asked.height, seeds, drawnAs);
  return {
    subject: request.record.subject,
    requestId: request.recordId,
    resultId: result.recordId,
    height: asked.height,
    header: hex(header),
    seeders: asked.seeders,
    poolCount: asked.pool,
    places,
    commitmentsShown: committed.size === asked.seeders.length,
  };
}

function askedFor({ record: { fields } }) {
  const [seeders, height, pool, count] =
    ["seeders", "draw_height", "pool_count", "draw_count"].map((name) =>
      fields.get(name) ?? wrong(name));
  return { seeders: [...seeders].sort(), height, pool: Number(pool), count: Number(count) };
}

function placesOf(value, { pool, count }) {
  return refusedAs("draw.proof", { what: "draw" }, () => drawnPlaces(value, pool, count));
}

/** Every seed by seeder, each of this draw and revealed above the block. */
function seedsOf(verified, request, height) {
  const seeds = new Map();
  for (const each of of(verified, REVEALED)) {
    const { issuer, fields } = each.record;
    if (!cites(each, request) || each.height <= height || seeds.has(issuer)) wrong("seed");
    seeds.set(issuer, fields.get("seed") ?? wrong("seed"));
  }
  return seeds;
}

/** The seeders whose commitment is shown; one that is not of their seed refuses all. */
function committedOf(verified, request, height, seeds, { id, network }) {
  const shown = new Set();
  for (const each of of(verified, COMMITTED)) {
    const { issuer, fields } = each.record;
    const digest = seedCommitment(network, id, issuer, seeds.get(issuer) ?? new Uint8Array());
    const opens = equal(fields.get("commitment") ?? new Uint8Array(), digest);
    if (!cites(each, request) || each.height >= height || !opens) wrong("commitment");
    shown.add(issuer);
  }
  return shown;
}

/** The records of some types; exactly `count` of them where that is not 0. */
function of(verified, types, count = 0) {
  const found = verified.filter(({ record }) => types.includes(record.type));
  if (count && found.length !== count) wrong(`${types[0]}: ${found.length} ≠ ${count}`);
  return found;
}

function cites({ record }, { recordId }) {
  return record.refs.some((ref) => ref.networkId === null && hex(ref.recordId) === recordId);
}

function same(some, others) {
  return some.length === others.length && some.every((each, at) => each === others[at]);
}

function wrong(what) {
  return refuse("draw.proof", { what });
}
