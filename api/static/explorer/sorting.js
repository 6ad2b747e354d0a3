/**
 * Owns the recognition of what a reader drops: trust roots, policies, evidence, and documents.
 *
 * By what the bytes say, never by a file's name. What is none of the known forms is a document, of
 * which only the digest counts.
 */

import { characters } from "../verify/bytes.js";
import { openEvidence } from "../verify/evidence.js";
import { decodeTrust } from "../verify/genesis.js";
import { isPdf } from "../verify/pdf_attachment.js";
import { parsePolicy } from "../verify/policy.js";
import { decodePresented } from "../verify/presented.js";
import { Refusal } from "../verify/refusal.js";
import { FIRST_LINE } from "../verify/tlog_proof.js";

const EVIDENCE_BYTES_MAX = 8 << 20;
const START_BYTES = 4096;
const BUNDLE_START = /^PK\x03\x04[^]{26}manifest\.json$/;
const BUNDLE_START_BYTES = 43;
const TRUST_FORMAT = "bidwitness.trust";
const OWN_FORMAT = /^bidwitness\./;
const POLICY_START = /^(?:(?:#[^\n]*|[ \t]*)\n)*(?:log|witness|group|quorum)[ \t]/;
const OTHERS_PDF = "certificate_pdf.form";
/** In the metadata of certificates: a PDF with it says that it is one, whatever became of it. */
const OWN_PDF_MARK = /\/Bidwitness [12]\/BidwitnessNumber\(/;

/**
 * What one file is, or of a court bundle what lies in it.
 *
 * @param {File} file
 * @param {function(number): void} onProgress told how many bytes of a bundle are read
 * @returns {Promise<object[]>} `file`, `kind` (`trust`, `policy`, `evidence`, `document` or
 *   `refused`), and `trust`, `policy`, `presented`, `refusal`, or the `digests` of a document that
 *   lay in a bundle; `file` has a `name` there, and nothing else
 */
export async function sorted(file, onProgress) {
  if (!await isBundle(file)) return [await sortedAlone(file)];
  try {
    const { presented, documents } = await openEvidence([file], { onProgress });
    const inside = (name) => ({ name: `${file.name}: ${name}` });
    return [
      ...presented.map((each) => ({ file: inside(each.name), kind: "evidence", presented: each })),
      ...documents.map(({ name, ...digests }) => (
        { file: inside(name), kind: "document", digests })),
    ];
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    return [{ file, kind: "refused", refusal }];
  }
}

/** Whether a ZIP file says that it is a court bundle; other people's archives are documents. */
async function isBundle(file) {
  const start = new Uint8Array(await file.slice(0, BUNDLE_START_BYTES).arrayBuffer());
  return BUNDLE_START.test(characters(start));
}

async function sortedAlone(file) {
  if (file.size > EVIDENCE_BYTES_MAX) return { file, kind: "document" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return { file, ...kindOf(bytes) };
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const isOthers = refusal.code === OTHERS_PDF && !OWN_PDF_MARK.test(characters(bytes));
    return isOthers ? { file, kind: "document" } : { file, kind: "refused", refusal };
  }
}

function kindOf(bytes) {
  const start = characters(bytes.subarray(0, START_BYTES));
  const format = formatOf(bytes, start);
  if (format === TRUST_FORMAT) return { kind: "trust", trust: decodeTrust(bytes) };
  if (POLICY_START.test(start)) return { kind: "policy", policy: parsePolicy(bytes) };
  if (format !== null || start.startsWith(`${FIRST_LINE}\n`) || isPdf(bytes)) {
    return { kind: "evidence", presented: decodePresented(bytes) };
  }
  return { kind: "document" };
}

/** The word in the `format` of a JSON file of ours; null where it is none. */
function formatOf(bytes, start) {
  if (!/^\s*\{/.test(start)) return null;
  try {
    const { format } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof format === "string" && OWN_FORMAT.test(format) ? format : null;
  } catch {
    return null;
  }
}
