/**
 * Owns the hashing of documents beside the page: in a worker, so that the page never waits; in the
 * page itself, piece by piece, where a browser gives no worker.
 */

import { digestDocument } from "../verify/document.js";

/** The worker of a saved page is part of the page: there is no place to fetch it from. */
const BROUGHT = "digest-worker";

let worker = null;
let asked = 0;
const waiting = new Map();

/**
 * Digests of a document, as `digestDocument`.
 *
 * @param {File} file never leaves the machine
 * @param {function(number): void} onProgress told how many bytes are done
 * @returns {Promise<{sha256: Uint8Array, sm3: Uint8Array, sizeBytes: bigint}>}
 */
export async function digestBeside(file, onProgress) {
  worker ??= begun();
  if (worker === undefined) return digestDocument(file, { onProgress });
  const number = asked;
  asked += 1;
  const answer = new Promise((resolve, reject) => {
    waiting.set(number, { resolve, reject, onProgress });
  });
  worker.postMessage({ number, file });
  return answer.catch((problem) => {
    if (worker !== undefined) throw problem;
    return digestDocument(file, { onProgress });
  });
}

/** A running worker, or undefined where there can be none. */
function begun() {
  const brought = document.getElementById(BROUGHT);
  try {
    const place = brought === null
      ? new URL("./digest_worker.js", import.meta.url) : brought.textContent.trim();
    const made = new Worker(place, { type: "module" });
    made.onmessage = ({ data }) => take(data);
    made.onerror = () => {
      worker = undefined;
      waiting.forEach(({ reject }) => reject(new Error("worker")));
      waiting.clear();
    };
    return made;
  } catch {
    return undefined;
  }
}

function take({ number, done, digests, problem }) {
  const asker = waiting.get(number);
  if (asker === undefined) return;
  if (done !== undefined) {
    asker.onProgress(done);
    return;
  }
  waiting.delete(number);
  if (problem !== undefined) asker.reject(new Error(problem));
  else asker.resolve(digests);
}
