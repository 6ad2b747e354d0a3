/**
 * Owns the court bundle: one ZIP with everything that proves some records, opened and compared.
 *
 * What follows from something else in it is made again; what remains are proofs, judged like those
 * that are presented by themselves, originals, and pages for people. Spec: court_bundle.md.
 */

import { equal, utf8 } from "./bytes.js";
import {
  DIGESTS, DIGESTS_BYTES_MAX, MANIFEST, MANIFEST_BYTES_MAX, decodeManifest, parseDigests,
} from "./court_manifest.js";
import { derivedParts, stemOf } from "./court_parts.js";
import { openZip } from "./court_zip.js";
import { digestDocument } from "./document.js";
import { sha256 } from "./hashing.js";
import { parseNote } from "./note.js";
import { OPENINGS_BYTES_MAX } from "./openings.js";
import { RECEIPT_BYTES_MAX, decodeReceipt } from "./receipt.js";
import { refuse } from "./refusal.js";
import { PROOF_BYTES_MAX, decodeTlogProof } from "./tlog_proof.js";

const RECORDS_MAX = 1000;
const PAGES = ["verify.html", "verify.txt"];
/** For looking at: a reader's own trust root is never taken from what it judges. */
const NETWORK = /^network\/(?:trust\.json|policy(?:-(?:0|[1-9][0-9]{0,8}))?\.txt)$/;
const PRESENTED = ["batches", "bids", "certificates", "openings", "sealed"];
/** All files but the originals, which are read piece by piece. */
export const HELD_BYTES_MAX = 256 << 20;
const PART_BYTES_MAX = 1 << 20;
const SIZES = {
  receipts: RECEIPT_BYTES_MAX,
  proofs: PROOF_BYTES_MAX,
  ...Object.fromEntries(PRESENTED.map((folder) => [folder, OPENINGS_BYTES_MAX])),
};

/**
 * The bundle in a ZIP file, every byte of which was compared; nothing in it is judged.
 *
 * @param {Blob} source
 * @param {object} [options] `onProgress`, told how many bytes are read, and `signal`
 * @returns {Promise<object>} `manifest`; `receipts` and `presented`, bytes by name, in their order;
 *   and `originals`, digests of `digestDocument` by name
 * @throws {Refusal} `court_bundle.*` or a `format.*` code
 */
export async function readCourtBundle(source, options = {}) {
  const zip = await openZip(source);
  const manifest = decodeManifest(await zip.read(MANIFEST, MANIFEST_BYTES_MAX));
  const digests = parseDigests(await zip.read(DIGESTS, DIGESTS_BYTES_MAX));
  const names = [...zip.entries.keys()].filter((name) => name !== DIGESTS);
  if (names.join("\n") !== [...digests.keys()].join("\n")) {
    refuse("court_bundle.form", { what: DIGESTS });
  }
  const held = await readParts(zip, digests, options);
  const receipts = partsIn(held.files, "receipts");
  if (!receipts.length || receipts.length > RECORDS_MAX) {
    refuse("court_bundle.form", { what: "receipts" });
  }
  const bundle = {
    manifest,
    digests,
    receipts: new Map(receipts.map(([name, data]) => [name, decodeReceipt(data)])),
    proofs: new Map(partsIn(held.files, "proofs")),
    presented: new Map(PRESENTED.flatMap((folder) => partsIn(held.files, folder))),
    originals: held.originals,
  };
  requireWhole(bundle);
  const { presented, originals } = bundle;
  return { manifest, receipts: new Map(receipts), presented, originals };
}

/** Every file once: originals hashed as they pass, all else held. */
async function readParts(zip, digests, { onProgress = () => {}, signal } = {}) {
  const files = new Map();
  const originals = new Map();
  let [left, done] = [HELD_BYTES_MAX, 0];
  for (const [name, expected] of digests) {
    signal?.throwIfAborted();
    let found = null;
    if (folderOf(name) === "originals") {
      const told = (bytes) => onProgress(done + bytes);
      originals.set(name, await digestDocument(zip.pieces(name), { onProgress: told, signal }));
      found = originals.get(name).sha256;
    } else {
      const data = await zip.read(name, Math.min(SIZES[folderOf(name)] ?? PART_BYTES_MAX, left));
      left -= data.length;
      files.set(name, data);
      found = sha256(data);
    }
    if (!equal(found, expected)) refuse("court_bundle.changed", { name });
    done += zip.entries.get(name);
    onProgress(done);
  }
  return { files, originals };
}

function folderOf(name) {
  return name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
}

function partsIn(files, folder) {
  return [...files].filter(([name]) => folderOf(name) === folder);
}

/** That nothing is missing or strange, and that the parts fit together. */
function requireWhole({ manifest, digests, receipts, proofs, presented, originals }) {
  const known = [MANIFEST, ...PAGES, ...originals.keys(), ...presented.keys()];
  const left = new Set([...digests.keys()].filter((name) => !NETWORK.test(name)));
  known.forEach((name) => left.delete(name));
  if (manifest.recordsCount !== BigInt(receipts.size)) other(MANIFEST);
  for (const [name, receipt] of receipts) {
    const stem = stemOf(receipt);
    const ours = equal(receipt.networkId, manifest.networkId);
    if (!ours || name !== `receipts/${stem}.receipt.json`) other(name);
    left.delete(name);
    for (const [derived, data] of derivedParts(receipt)) {
      const said = digests.get(derived) ?? refuse("court_bundle.missing", { name: derived });
      if (!equal(said, sha256(data))) other(derived);
      left.delete(derived);
    }
    const proof = `proofs/${stem}.tlog-proof`;
    if (proofs.has(proof)) {
      requireProofOf(receipt, proofs.get(proof), proof);
      left.delete(proof);
    }
  }
  if (left.size) refuse("court_bundle.stray", { name: [...left].sort()[0] });
  PAGES.forEach((name) => digests.get(name) ?? refuse("court_bundle.missing", { name }));
}

/** A proof for tools of other people is the receipt's, but for lines under its checkpoint. */
function requireProofOf(receipt, data, name) {
  const proved = decodeTlogProof(data);
  const textOf = ({ checkpoint }) => parseNote(utf8(checkpoint)).text;
  // Witnesses and authorities are asked later: of two answers one may know more.
  const { checkpoint, cosignatures, timestamps } = receipt;
  const plain = { ...proved, checkpoint, cosignatures, timestamps };
  if (textOf(proved) !== textOf(receipt) || !isSame(plain, receipt)) other(name);
}

/** Whether two decoded values say the same. */
function isSame(one, two) {
  const whole = [one, two].some((each) => typeof each !== "object" || each === null);
  if (whole) return one === two;
  if (one instanceof Uint8Array) return two instanceof Uint8Array && equal(one, two);
  const names = Object.keys(one);
  return names.length === Object.keys(two).length
    && names.every((name) => Object.hasOwn(two, name) && isSame(one[name], two[name]));
}

function other(name) {
  return refuse("court_bundle.other", { name });
}
