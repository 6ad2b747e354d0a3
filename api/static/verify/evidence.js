/**
 * Owns evidence as it is handed in: files by themselves, and court bundles, which hold many.
 *
 * From here on nothing knows that a file came in a bundle. Spec: verifying.md.
 */

import { HELD_BYTES_MAX, readCourtBundle } from "./court_bundle.js";
import { isZip } from "./court_zip.js";
import { FILE_BYTES_MAX, decodePresented } from "./presented.js";
import { refuse } from "./refusal.js";

/** All files together: they are judged together, and held until then. */
const PRESENTED_BYTES_MAX = 512 << 20;

/**
 * What some files are and hold, decoded and not judged.
 *
 * @param {(Blob|Uint8Array)[]} sources
 * @param {object} options `onProgress` and `signal`, for the reading of bundles
 * @returns {Promise<object>} `presented`, as of `decodePresented`, each with its `source`, the
 *   place among `sources`, and its `name` in a bundle or null; and `documents`, the originals
 *   in bundles, as of `digestDocument`, with their `name` there
 * @throws {Refusal} as `decodePresented`; `court_bundle.*`; `verify.too_large` for all together
 */
export async function openEvidence(sources, options = {}) {
  const found = { presented: [], documents: [] };
  let size = 0;
  for (const [source, given] of sources.entries()) {
    const file = given instanceof Uint8Array ? new Blob([given]) : given;
    const isBundle = await isZip(file);
    size += isBundle ? HELD_BYTES_MAX : Math.min(file.size, FILE_BYTES_MAX + 1);
    if (size > PRESENTED_BYTES_MAX) refuse("verify.too_large", { limit: PRESENTED_BYTES_MAX });
    if (isBundle) {
      await openBundle(file, source, options, found);
      continue;
    }
    if (file.size > FILE_BYTES_MAX) {
      refuse("format.too_large", { size: file.size, limit: FILE_BYTES_MAX });
    }
    const data = new Uint8Array(await file.arrayBuffer());
    found.presented.push({ source, name: null, ...decodePresented(data) });
  }
  return found;
}

/** Put what a bundle holds beside what was presented by itself. */
async function openBundle(file, source, options, found) {
  const { receipts, presented, originals } = await readCourtBundle(file, options);
  const inside = [...receipts, ...presented]
    .map(([name, data]) => ({ source, name, ...decodePresented(data) }));
  for (const [name, original] of originals) {
    if (!inside.some((each) => each.names(original))) refuse("court_bundle.original", { name });
  }
  found.presented.push(...inside);
  for (const [name, original] of originals) found.documents.push({ name, ...original });
}
