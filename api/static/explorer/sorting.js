/**
 * Owns the recognition of what a reader drops: trust roots, policies, evidence, and documents.
 *
 * By what the bytes say, never by a file's name. What is none of the known forms is a document, of
 * which only the digest counts.
 */

import { characters } from "../verify/bytes.js";
import { decodeTrust } from "../verify/genesis.js";
import { isPdf } from "../verify/pdf_attachment.js";
import { parsePolicy } from "../verify/policy.js";
import { decodePresented } from "../verify/presented.js";
import { Refusal } from "../verify/refusal.js";
import { FIRST_LINE } from "../verify/tlog_proof.js";

const EVIDENCE_BYTES_MAX = 8 << 20;
const START_BYTES = 4096;
const TRUST_FORMAT = "bidwitness.trust";
const OWN_FORMAT = /^bidwitness\./;
const POLICY_START = /^(?:(?:#[^\n]*|[ \t]*)\n)*(?:log|witness|group|quorum)[ \t]/;
const OTHERS_PDF = "certificate_pdf.form";
/** In the metadata of certificates: a PDF with it says that it is one, whatever became of it. */
const OWN_PDF_MARK = "/Bidwitness 1/BidwitnessNumber(";

/**
 * What one file is.
 *
 * @param {File} file
 * @returns {Promise<object>} `file`, `kind` (`trust`, `policy`, `evidence`, `document` or
 *   `refused`), and `trust`, `policy`, `bytes` with `presented`, or `refusal`
 */
export async function sorted(file) {
  if (file.size > EVIDENCE_BYTES_MAX) return { file, kind: "document" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    return { file, ...kindOf(bytes) };
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const isOthers = refusal.code === OTHERS_PDF && !characters(bytes).includes(OWN_PDF_MARK);
    return isOthers ? { file, kind: "document" } : { file, kind: "refused", refusal };
  }
}

function kindOf(bytes) {
  const start = characters(bytes.subarray(0, START_BYTES));
  const format = formatOf(bytes, start);
  if (format === TRUST_FORMAT) return { kind: "trust", trust: decodeTrust(bytes) };
  if (POLICY_START.test(start)) return { kind: "policy", policy: parsePolicy(bytes) };
  if (format !== null || start.startsWith(`${FIRST_LINE}\n`) || isPdf(bytes)) {
    return { kind: "evidence", bytes, presented: decodePresented(bytes) };
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
