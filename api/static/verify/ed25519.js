/**
 * Owns when a signature holds and which keys are fit: the rule of signing.md, on the curve
 * arithmetic of @noble/ed25519.
 *
 * The library's own `verify` is not used: its default is ZIP 215 and its strict form keeps the
 * cofactor, and both accept what libsodium refuses.
 */

import { Point } from "../vendor/noble-ed25519/index.js";
import { concat, equal, unsigned } from "./bytes.js";
import { sha512, taggedValue } from "./hashing.js";
import { refuse } from "./refusal.js";

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const ORDER = Point.CURVE().n;
const NAME = "ed25519";

/**
 * Verify an Ed25519 signature.
 *
 * @throws {Refusal} `signature.invalid`
 */
export function verifySignature(publicKey, message, signature) {
  const wrong = () => refuse("signature.invalid");
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) wrong();
  const nonce = signature.subarray(0, KEY_BYTES);
  const scalar = littleEndian(signature.subarray(KEY_BYTES));
  const key = pointOf(publicKey);
  if (scalar >= ORDER || key === null || key.isSmallOrder()) wrong();
  const challenge = littleEndian(sha512(concat(nonce, publicKey, message))) % ORDER;
  const product = key.multiply(challenge, false);
  // The encoding of a point is canonical, so an R that equals it byte for byte is too.
  const found = Point.BASE.multiply(scalar, false).subtract(product);
  if (!equal(found.toBytes(), nonce) || found.isSmallOrder()) wrong();
}

/**
 * The bytes of a key that may be enrolled: canonical, of the prime-order subgroup, not weak.
 *
 * @throws {Refusal} `key.weak`
 */
export function fitKey(publicKey) {
  const key = publicKey.length === KEY_BYTES ? pointOf(publicKey) : null;
  if (key === null || key.isSmallOrder() || !key.isTorsionFree()) refuse("key.weak");
  return publicKey;
}

/** The name of a public key, 32 bytes. */
export function keyId(publicKey) {
  return taggedValue("key", [NAME, publicKey]);
}

/** The point that `bytes` encode canonically, or null. */
export function pointOf(bytes) {
  try {
    return Point.fromBytes(bytes, false);
  } catch (problem) {
    if (problem instanceof Error) return null;
    throw problem;
  }
}

/** The integer in `bytes`, least significant first. */
export function littleEndian(bytes) {
  return unsigned(Uint8Array.from(bytes).reverse());
}

