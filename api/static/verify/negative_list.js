/** Owns proofs that an address is on a negative list, or is not. Spec: negative_list.md. */

import { Point } from "../vendor/noble-ed25519/index.js";
import { compare, concat } from "./bytes.js";
import { encode } from "./canonical.js";
import { fitKey, littleEndian, pointOf } from "./ed25519.js";
import { TAG, sha512 } from "./hashing.js";
import { leafHashOf, verifyInclusion } from "./merkle.js";
import { refuse } from "./refusal.js";
import { array, digest, integer, octets, optional, versioned } from "./shape.js";

const PROOF_BYTES_MAX = 4096;
const VRF_BYTES = 80;
const POINT_BYTES = 32;
const CHALLENGE_END = 48;
const PATH_MAX = 40;
const ITEMS = 6;
const ORDER = Point.CURVE().n;
const SUITE = Uint8Array.of(0x03);
const [TO_CURVE, CHALLENGE, TO_HASH, END] = [1, 2, 3, 0].map((byte) => Uint8Array.of(byte));

/** What a proof shows of an address for a list's head: `listed` or `absent`. */
export function verifyListing(head, address, bytes) {
  const proof = decodeListProof(bytes);
  fitKey(head.key);
  const input = concat(TAG.listed, encode([head.list, head.version, address]));
  const keyed = vrfHash(head.key, input, proof.vrf).subarray(0, POINT_BYTES);
  const { own, left, right } = proof;
  if (own !== null) {
    if (left !== null || right !== null) refuse("proof.negative_list");
    stands(head, { ...own, keyed });
    return "listed";
  }
  const first = left === null ? 0n : left.index + 1n;
  const meets = first === (right === null ? head.count : right.index)
    && (left === null || compare(left.keyed, keyed) < 0)
    && (right === null || compare(keyed, right.keyed) < 0);
  if (!meets) refuse("proof.negative_list");
  [left, right].filter(Boolean).forEach((neighbour) => stands(head, neighbour));
  return "absent";
}

function stands({ root, count }, { index, path, keyed }) {
  verifyInclusion(leafHashOf(["listed", keyed]), index, count, path, root);
}

/** The proof that `bytes` spell. */
export function decodeListProof(bytes) {
  const items = versioned(bytes, PROOF_BYTES_MAX, "negative-list-proof", ITEMS);
  const [vrf, own, left, right] = items;
  return {
    vrf: octets(vrf, "vrf", VRF_BYTES),
    own: optional(own, (value) => {
      const [index, path] = array(value, "own", 2);
      return { index: integer(index, "index"), path: pathOf(path) };
    }),
    left: optional(left, neighbourOf),
    right: optional(right, neighbourOf),
  };
}

function neighbourOf(value) {
  const [index, keyed, path] = array(value, "neighbour", 3);
  return {
    index: integer(index, "index"),
    keyed: digest(keyed, "keyed"),
    path: pathOf(path),
  };
}

function pathOf(value) {
  return array(value, "path", PATH_MAX, 0).map((each) => digest(each, "path"));
}

/**
 * The hash of ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381) that `proof` shows for `input`.
 *
 * @throws {Refusal} `proof.vrf`
 */
export function vrfHash(publicKey, input, proof) {
  const wrong = () => refuse("proof.vrf");
  const key = pointOf(publicKey) ?? wrong();
  const gamma = pointOf(proof.subarray(0, POINT_BYTES)) ?? wrong();
  const challenge = littleEndian(proof.subarray(POINT_BYTES, CHALLENGE_END));
  const scalar = littleEndian(proof.subarray(CHALLENGE_END));
  if (scalar >= ORDER || gamma.isSmallOrder() || !gamma.isTorsionFree()) wrong();
  const base = curvePoint(publicKey, input) ?? wrong();
  const times = (point, by) => point.multiply(by, false);
  const one = times(Point.BASE, scalar).subtract(times(key, challenge));
  const two = times(base, scalar).subtract(times(gamma, challenge));
  const points = [key, base, gamma, one, two].map((point) => point.toBytes());
  const made = sha512(concat(SUITE, CHALLENGE, ...points, END));
  if (littleEndian(made.subarray(0, CHALLENGE_END - POINT_BYTES)) !== challenge) wrong();
  return sha512(concat(SUITE, TO_HASH, times(gamma, 8n).toBytes(), END));
}

/** The first hash of salt, input and counter that is a point, cleared of its small-order part. */
function curvePoint(publicKey, input) {
  for (let counter = 0; counter < 256; counter += 1) {
    const hash = sha512(concat(SUITE, TO_CURVE, publicKey, input, Uint8Array.of(counter), END));
    const point = pointOf(hash.subarray(0, POINT_BYTES));
    if (point !== null && !point.isSmallOrder()) return point.multiply(8n, false);
  }
  return null;
}
