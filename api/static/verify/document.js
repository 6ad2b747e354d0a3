/**
 * Owns the digests of a document in the reader's hands: SHA-256 and SM3, read piece by piece.
 *
 * A file of any size costs the memory of one piece, and a page stays awake meanwhile. Nothing of it
 * leaves the machine.
 */

import { sha256 } from "./hashing.js";
import { Sm3 } from "./sm3.js";

const PIECE_BYTES = 1 << 20;
/** Up to here the whole is handed to WebCrypto, where there is one; it cannot be fed in pieces. */
const WHOLE_BYTES_MAX = 64 << 20;
/** A page that does not come to its turn for longer feels frozen. */
const TURN_MS = 40;

/**
 * Digests and size of a document.
 *
 * @param {Blob|Uint8Array|AsyncIterable<Uint8Array>} source a File too; a stream of Node too
 * @param {object} [options]
 * @param {function(number): void} [options.onProgress] told how many bytes are done
 * @param {AbortSignal} [options.signal] ends the reading, by its reason
 * @param {boolean} [options.sm3] false where the record names no SM3: saves most of the time
 * @param {boolean} [options.webCrypto] false never asks WebCrypto; the digests are the same
 * @returns {Promise<{sha256: Uint8Array, sm3: Uint8Array|null, sizeBytes: bigint}>}
 */
export async function digestDocument(source, options = {}) {
  const { onProgress = () => {}, signal, sm3 = true, webCrypto = true } = options;
  const subtle = webCrypto ? globalThis.crypto?.subtle : undefined;
  const size = source.size ?? source.length;
  const whole = subtle !== undefined && size !== undefined && size <= WHOLE_BYTES_MAX;
  const fast = whole ? subtle.digest("SHA-256", await bytesOf(source)) : null;
  const hashes = [whole ? null : sha256.create(), sm3 ? new Sm3() : null];
  let done = 0;
  let turn = Date.now();
  for await (const piece of hashes.some(Boolean) ? piecesOf(source) : []) {
    signal?.throwIfAborted();
    hashes.forEach((hash) => hash?.update(piece));
    done += piece.length;
    onProgress(done);
    if (Date.now() - turn > TURN_MS) {
      await new Promise((resume) => { setTimeout(resume, 0); });
      turn = Date.now();
    }
  }
  const [slow, other] = hashes.map((hash) => hash?.digest() ?? null);
  const digest = fast === null ? slow : new Uint8Array(await fast);
  return { sha256: digest, sm3: other, sizeBytes: BigInt(size ?? done) };
}

/** All bytes of a source whose size is known. */
function bytesOf(source) {
  return source instanceof Uint8Array ? source : source.arrayBuffer();
}

async function* piecesOf(source) {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += PIECE_BYTES) {
      yield source.subarray(at, at + PIECE_BYTES);
    }
  } else if (typeof source.slice === "function") {
    for (let at = 0; at < source.size; at += PIECE_BYTES) {
      yield new Uint8Array(await source.slice(at, at + PIECE_BYTES).arrayBuffer());
    }
  } else {
    yield* source;
  }
}
