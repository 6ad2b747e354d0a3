/**
 * Owns signed notes, checkpoints and cosignatures of the C2SP family. Spec: checkpoint.md.
 *
 * A note is read once and spelled again: what does not come out as it went in is refused.
 */

import { base64, concat, fromBase64, hex, textOf, unsigned, utf8 } from "./bytes.js";
import { fitKey, verifySignature } from "./ed25519.js";
import { DIGEST_BYTES, sha256 } from "./hashing.js";
import { Refusal, refuse } from "./refusal.js";

export const NOTE_BYTES_MAX = 16384;
const LINES_MAX = 48;
const ID_BYTES = 4;
const TIME_BYTES = 8;
const TIME_MAX = (1n << 63n) - 1n;
const SIZE_MAX = (1n << 63n) - 1n;
export const LOG_TYPE = 0x01;
export const COSIGNATURE_TYPE = 0x04;
/** White space is listed, because what languages mean by it differs. */
const NAME = /^[^+\0-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;
const CONTROL = /[\0-\x09\x0b-\x1f]/;

/** A key that may sign notes: name, type and public key, with its 4-byte id in hex. */
export function noteKey(name, type, publicKey) {
  const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, type, publicKey, id: hex(id.subarray(0, ID_BYTES)) };
}

/**
 * The key in a verifier key `<name>+<id>+<base64 of type and key>`.
 *
 * @throws {Refusal} `note.invalid`, or `key.weak` for a key that is not fit for enrolment
 */
export function parseVerifierKey(spelled) {
  const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(spelled) ?? refuse("note.invalid");
  const bytes = fromBase64(encoded);
  if (!NAME.test(name) || bytes === null || bytes.length !== 33) refuse("note.invalid");
  const key = noteKey(name, bytes[0], bytes.subarray(1));
  const known = key.type === LOG_TYPE || key.type === COSIGNATURE_TYPE;
  if (!known || key.id !== id) refuse("note.invalid");
  fitKey(key.publicKey);
  return key;
}

/**
 * The note that `bytes` spell: its text and its signature lines.
 *
 * @throws {Refusal} `note.invalid`
 */
export function parseNote(bytes) {
  const whole = bytes.length <= NOTE_BYTES_MAX ? textOf(bytes) : null;
  if (whole === null || CONTROL.test(whole)) refuse("note.invalid");
  const cut = whole.lastIndexOf("\n\n");
  if (cut < 0 || !whole.endsWith("\n")) refuse("note.invalid");
  const text = whole.slice(0, cut + 1);
  const lines = whole.slice(cut + 2).split("\n").slice(0, -1);
  if (!lines.length || lines.length > LINES_MAX) refuse("note.invalid");
  const signatures = lines.map(signatureOf);
  const names = new Set(signatures.map(({ name, id }) => `${id} ${name}`));
  if (names.size !== signatures.length) refuse("note.invalid");
  return { text, signatures };
}

function signatureOf(line) {
  const [dash, name, encoded, ...more] = line.split(" ");
  const three = dash === "—" && encoded !== undefined && !more.length;
  const bytes = three ? fromBase64(encoded) : null;
  if (bytes === null || bytes.length <= ID_BYTES || !NAME.test(name)) refuse("note.invalid");
  return { name, id: hex(bytes.subarray(0, ID_BYTES)), signature: bytes.subarray(ID_BYTES) };
}

/**
 * Verify every line of a known key.
 *
 * @param {object} note of `parseNote`
 * @param {object[]} keys of `noteKey`
 * @returns {object[]} each known key whose line is there, with its `timeS` where it cosigned
 * @throws {Refusal} `note.signature`, or `note.unknown_key` where no line is of a known key
 */
export function verifyNote(note, keys) {
  const found = knownLines(note, keys);
  return found.length ? found : refuse("note.unknown_key");
}

/** As `verifyNote`, of a note that may have no line of a known key. */
export function knownLines(note, keys) {
  const found = [];
  for (const line of note.signatures) {
    const key = keys.find(({ name, id }) => name === line.name && id === line.id);
    if (key !== undefined) found.push({ key, timeS: verifyLine(note.text, line.signature, key) });
  }
  return found;
}

/** The time of a cosignature that holds; null for the signature of a log key. */
function verifyLine(text, signature, key) {
  const timed = key.type === COSIGNATURE_TYPE;
  const timeS = timed ? unsigned(signature.subarray(0, TIME_BYTES)) : null;
  if (timed && (signature.length <= TIME_BYTES || timeS > TIME_MAX)) refuse("note.signature");
  const message = timed ? `cosignature/v1\ntime ${timeS}\n${text}` : text;
  const held = timed ? signature.subarray(TIME_BYTES) : signature;
  try {
    verifySignature(key.publicKey, utf8(message), held);
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    refuse("note.signature", { name: key.name });
  }
  return timeS;
}

/**
 * The checkpoint in a note's text: origin, size and root, and no other line.
 *
 * @throws {Refusal} `note.invalid`
 */
export function parseCheckpoint(text) {
  const [origin, size, encoded, last, ...more] = text.split("\n");
  if (last !== "" || more.length || !/^(0|[1-9][0-9]{0,18})$/.test(size)) refuse("note.invalid");
  const root = fromBase64(encoded);
  const fits = origin !== "" && !CONTROL.test(origin) && BigInt(size) <= SIZE_MAX
    && root !== null && root.length === DIGEST_BYTES;
  return fits ? { origin, size: BigInt(size), root } : refuse("note.invalid");
}

/** The text of a checkpoint. */
export function checkpointText({ origin, size, root }) {
  return `${origin}\n${size}\n${base64(root)}\n`;
}
