/** Owns byte strings: joining, comparing, and their spellings in hex, base64 and UTF-8. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CHUNK = 0x2000;

/** All `parts`, one after the other. */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether two byte strings are the same. */
export function equal(one, other) {
  return compare(one, other) === 0;
}

/** Below, at or above 0 as `one` stands before, is, or stands behind `other`. */
export function compare(one, other) {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    if (one[at] !== other[at]) return one[at] - other[at];
  }
  return one.length - other.length;
}

/** The UTF-8 bytes of a text without lone surrogates. */
export function utf8(text) {
  return encoder.encode(text);
}

/** The text that `bytes` spell in UTF-8, or null. A byte order mark is a character like others. */
export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch (problem) {
    if (problem instanceof TypeError) return null;
    throw problem;
  }
}

/** Lower-case hex. */
export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** The bytes that lower-case hex spells, or null. */
export function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** Padded standard base64. */
export function base64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** The bytes that padded standard base64 spells with zero in its unused bits, or null. */
export function fromBase64(text) {
  if (text.length % 4 || !BASE64.test(text)) return null;
  const binary = atob(text);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return base64(bytes) === text ? bytes : null;
}

/** One character, up to U+00FF, for each octet. */
export function characters(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The octets that `characters` spelled. */
export function octetsIn(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The big-endian unsigned integer in `bytes`. */
export function unsigned(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}
