/** The worker that hashes documents, one after the other; spoken to by digesting.js. */

import { digestDocument } from "../verify/document.js";

const PACE_MS = 100;

let last = Promise.resolve();

globalThis.onmessage = ({ data: { number, file } }) => {
  last = last.then(() => hash(number, file));
};

/** Hash one file, telling how far it is a few times a second. */
async function hash(number, file) {
  let told = 0;
  const onProgress = (done) => {
    if (Date.now() - told < PACE_MS) return;
    told = Date.now();
    globalThis.postMessage({ number, done });
  };
  try {
    globalThis.postMessage({ number, digests: await digestDocument(file, { onProgress }) });
  } catch (problem) {
    globalThis.postMessage({ number, problem: String(problem.message ?? problem) });
  }
}
