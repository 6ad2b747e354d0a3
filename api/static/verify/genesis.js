/** Owns the genesis and the trust root file: what a reader trusts first. Spec: genesis.md. */

import { anchorsOf } from "./anchors.js";
import { hex } from "./bytes.js";
import { committeeOf } from "./committee.js";
import { KEY_BYTES, fitKey } from "./ed25519.js";
import { tagged } from "./hashing.js";
import { refuse } from "./refusal.js";
import {
  NETWORK_MEMBER, array, digest, identifier, integer, octets, text, time, versioned,
} from "./shape.js";
import { parse, jsonOctets, versionedObject } from "./strict_json.js";

export const GENESIS_BYTES_MAX = 1 << 20;
export const TRUST_BYTES_MAX = 4 << 20;
/** Of a file that holds later anchors. */
const ANCHORED_VERSION = 2n;
const FORMAT = "bidwitness.trust";
const NAME_BYTES_MAX = 256;
const DOMAIN_BYTES_MAX = 128;
const CODE_BYTES_MAX = 18;
const ROLE_BYTES_MAX = 64;
const SCOPE_BYTES_MAX = 128;
const ITEMS = 9;
const HOURS_PER_DAY = 24n;
const LISTED_MAX = 1024;
const KINDS = new Set(["organisation", "system", "person", "label"]);
const RESERVED = new Set(["", "bidwitness", "cosignature", "subtree"]);
const LIMITS = [
  "record_bytes_max", "fields_max", "refs_max", "evidence_max", "bundle_records_max",
  "bundle_bytes_max", "block_bytes_max", "block_bundles_max", "block_timers_max", "committee_max",
  "clock_ahead_ms", "clock_behind_ms", "bundle_life_ms_max", "sealing_tick_ms", "deadline_grace_ms",
  "acknowledgement_promise_ms", "day_ms", "snapshot_interval",
];

/**
 * The trust root in a file `trust.json`; its words are not looked at.
 *
 * @param {Uint8Array} bytes from a source that the reader trusts
 * @returns {object} genesis, networkId, origin, the `epochs` that are known, as of `followLinks`,
 *   and the committee of the last of them
 * @throws {Refusal} a `format.*` code, `genesis.invalid`, `committee.invalid`, `key.weak` or
 *   `trust.invalid`
 */
export function decodeTrust(bytes) {
  const value = parse(bytes, TRUST_BYTES_MAX);
  const anchored = value instanceof Map && value.get("version") === ANCHORED_VERSION;
  const [genesis, words, anchors] = anchored
    ? versionedObject(value, FORMAT, ["genesis", "words", "anchors"], ANCHORED_VERSION)
    : versionedObject(value, FORMAT, ["genesis", "words"]);
  if (!(words instanceof Map)) refuse("trust.invalid", { what: "words" });
  const root = decodeGenesis(jsonOctets(genesis, "genesis", GENESIS_BYTES_MAX));
  if (!anchored) return root;
  const epochs = anchorsOf(anchors, root.committee);
  return { ...root, epochs, committee: epochs[epochs.length - 1].committee };
}

/** The genesis that `bytes` spell, with what follows from it: the trust root. */
export function decodeGenesis(bytes) {
  const [name, domain, created, nodes, members, catalogue, parameters] =
    versioned(bytes, GENESIS_BYTES_MAX, "genesis", ITEMS);
  const networkId = tagged("genesis", bytes);
  const genesis = {
    name: text(name, "name", NAME_BYTES_MAX),
    domain: domainOf(domain),
    createdAtMs: time(created, "created_at_ms"),
    committee: committeeOf(nodes, 0n),
    members: array(members, "members", LISTED_MAX, 0).map(memberOf),
    catalogueHash: digest(catalogue, "catalogue_hash"),
    parameters: parametersOf(parameters),
  };
  belongTogether(genesis);
  const origin = `${genesis.domain}/${hex(networkId).slice(0, 16)}`;
  const { committee } = genesis;
  return { genesis, networkId, origin, committee, epochs: [{ committee, endedAt: null }] };
}

function domainOf(value) {
  const domain = text(value, "domain", DOMAIN_BYTES_MAX);
  const fits = /^[!-~]*$/.test(domain) && !domain.includes("+");
  if (!fits || RESERVED.has(domain.split("/")[0])) refuse("genesis.invalid", { what: "domain" });
  return domain;
}

function memberOf(value) {
  const [id, kind, names, code, roles, keys] = array(value, "member", 6);
  const [zh, en] = array(names, "names", 2);
  if (typeof kind !== "string") refuse("format.shape", { what: "kind" });
  if (!KINDS.has(kind)) refuse("genesis.invalid", { what: "kind" });
  return {
    memberId: identifier(id, "member_id"),
    kind,
    nameZh: text(zh, "name", NAME_BYTES_MAX),
    nameEn: text(en, "name", NAME_BYTES_MAX),
    creditCode: text(code, "credit_code", CODE_BYTES_MAX),
    roles: array(roles, "roles", LISTED_MAX, 0).map(roleOf),
    keys: array(keys, "keys", LISTED_MAX, 0).map((key) => octets(key, "key", KEY_BYTES)),
  };
}

function roleOf(value) {
  const [role, scope] = array(value, "role", 2);
  return { role: text(role, "role", ROLE_BYTES_MAX), scope: text(scope, "scope", SCOPE_BYTES_MAX) };
}

function parametersOf(value) {
  const known = value instanceof Map && value.size === LIMITS.length + 1 && value.has("algorithms");
  if (!known || !LIMITS.every((name) => value.has(name))) {
    refuse("format.shape", { what: "parameters" });
  }
  const found = Object.fromEntries(LIMITS.map((name) => [name, integer(value.get(name), name)]));
  const algorithms = array(value.get("algorithms"), "algorithms", LISTED_MAX, 0);
  const grace = found.sealing_tick_ms + 5n * found.clock_ahead_ms;
  const fits = algorithms.length === 1 && algorithms[0] === "ed25519"
    && found.deadline_grace_ms >= grace && found.day_ms >= HOURS_PER_DAY;
  if (!fits) refuse("genesis.invalid", { what: "parameters" });
  return { ...found, algorithms };
}

/** Refuse too large a committee, nodes of nobody, members or keys that come twice, weak keys. */
function belongTogether({ committee, members, parameters }) {
  const ids = members.map((member) => member.memberId);
  const keys = members.flatMap((member) => member.keys);
  keys.forEach(fitKey);
  const all = [...keys, ...committee.nodes.flatMap((node) => [node.nodeKey, node.logKey])].map(hex);
  const fits = committee.n <= parameters.committee_max
    && new Set(ids).size === ids.length && !ids.includes(NETWORK_MEMBER)
    && committee.nodes.every((node) => ids.includes(node.memberId))
    && new Set(all).size === all.length;
  if (!fits) refuse("genesis.invalid", { what: "members" });
}
