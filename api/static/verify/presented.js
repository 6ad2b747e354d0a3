/**
 * Owns the kinds of files that people present: recognised, decoded, and judged with what each
 * leans on. Spec: verifying.md.
 */

import * as batch from "./openings.js";
import * as bid from "./bid_proof.js";
import { characters, equal, utf8 } from "./bytes.js";
import {
  FORMAT as PDF_FORMAT, decodeCertificatePdf, verifyCertificate,
} from "./certificate_pdf.js";
import {
  FORMAT as MISCONDUCT_FORMAT, MISCONDUCT_BYTES_MAX, misconductOf, verifyMisconduct,
} from "./misconduct.js";
import { isPdf } from "./pdf_attachment.js";
import {
  FORMAT as RECEIPT_FORMAT, RECEIPT_BYTES_MAX, decodeReceipt, receiptOf,
} from "./receipt.js";
import { recordId } from "./record.js";
import { numbered, refuse } from "./refusal.js";
import { FORMAT as SEALED_FORMAT, SEALED_FILE_BYTES_MAX, sealedFileOf } from "./sealed.js";
import { COMMITMENT_STEP, DOCUMENT_STEP, verifySealedFile } from "./sealed_file.js";
import * as status from "./status_answer.js";
import { parse } from "./strict_json.js";
import { FIRST_LINE, decodeTlogProof } from "./tlog_proof.js";
import { verifyDecoded } from "./verdict.js";

/** The largest file of any kind but a court bundle. */
export const FILE_BYTES_MAX = 8 << 20;
const KINDS = {
  [RECEIPT_FORMAT]: [RECEIPT_BYTES_MAX, (value) => receiptFile(receiptOf(value))],
  [batch.OPENINGS_FORMAT]: [batch.OPENINGS_BYTES_MAX, (value) => openingsFile(value)],
  [batch.BATCH_FORMAT]: [batch.BATCH_BYTES_MAX, (value) => batchFile(batch.batchProofOf(value))],
  [bid.FORMAT]: [bid.BID_PROOF_BYTES_MAX, (value) => bidFile(bid.bidProofOf(value))],
  [SEALED_FORMAT]: [SEALED_FILE_BYTES_MAX, (value) => sealedFile(sealedFileOf(value))],
  [MISCONDUCT_FORMAT]: [MISCONDUCT_BYTES_MAX, (value) => misconductFile(misconductOf(value))],
  [status.FORMAT]: [status.ANSWER_BYTES_MAX, (value) => answerFile(status.statusAnswerOf(value))],
};

/**
 * The file that `bytes` spell, known by the word in its `format` or by its first line.
 *
 * @param {Uint8Array} bytes from anyone
 * @returns {object} `format`; the `receipt` that it is or carries, or null; `leansOn(others)`,
 *   its receipt or the one of its record among `others`; `names(document)`, whether it speaks of a
 *   document; and `judge(held, trust, options)`
 * @throws {Refusal} `format.*`, or as the decoder of the kind
 */
export function decodePresented(bytes) {
  if (equal(bytes.subarray(0, FIRST_LINE.length + 1), utf8(`${FIRST_LINE}\n`))) {
    return { format: FIRST_LINE, ...receiptFile(decodeTlogProof(bytes)) };
  }
  if (isPdf(bytes)) return { format: PDF_FORMAT, ...paperFile(decodeCertificatePdf(bytes)) };
  const value = parse(bytes, FILE_BYTES_MAX);
  const format = value instanceof Map ? value.get("format") : null;
  const known = typeof format === "string" && Object.hasOwn(KINDS, format);
  const [sizeMax, read] = known ? KINDS[format] : refuse("format.shape", { what: "format" });
  if (bytes.length > sizeMax) refuse("format.too_large", { size: bytes.length, limit: sizeMax });
  return { format, ...read(value) };
}

function receiptFile(receipt) {
  return {
    receipt,
    isReceipt: true,
    leansOn: () => receipt,
    names: speaksOf(receipt.record),
    judge: (held, trust, { documents, policy }) => verifyDecoded(held, trust, documents, policy),
  };
}

function paperFile(certificate) {
  return {
    ...receiptFile(certificate.receipt),
    isReceipt: false,
    judge: (_, trust, { documents, policy }) =>
      verifyCertificate(certificate, trust, documents, policy),
  };
}

function openingsFile(value) {
  const file = batch.openingsOf(value);
  return {
    receipt: file.receipt,
    leansOn: (others) => file.receipt
      ?? others.find((each) => equal(each.recordId, file.recordId)) ?? refuse("opening.receipt"),
    names: file.receipt === null ? () => false : speaksOf(file.receipt.record),
    judge: (held, trust, { documents, policy }) => {
      const verdict = verifyDecoded(held, trust, documents, policy);
      batch.verifyOpenings(file, verdict.record, recordId(held.record));
      return { ...verdict, disclosed: file.openings };
    },
  };
}

function batchFile(proof) {
  return {
    receipt: proof.receipt,
    leansOn: () => proof.receipt,
    names: ({ sha256 }) => equal(sha256, proof.sha256),
    judge: (_, trust, { documents, policy }) =>
      batch.verifyBatchProof(proof, trust, documents, policy),
  };
}

function bidFile(proof) {
  return {
    ...underSeal(proof.sealed),
    judge: (_, trust, { documents, policy }) =>
      bid.verifyBidProof(proof, trust, documents, policy),
  };
}

function sealedFile(file) {
  return {
    ...underSeal(file),
    judge: (_, trust, { documents, policy }) => verifySealedFile(file, trust, documents, policy),
  };
}

/** Evidence leans on no receipt, and no document is part of it. */
function misconductFile(fault) {
  return {
    receipt: null,
    leansOn: () => fault,
    names: () => false,
    judge: (_, trust, { documents }) => {
      const culprit = verifyMisconduct(fault, trust);
      if (documents.length) numbered(DOCUMENT_STEP, () => refuse("receipt.document"));
      return { culprit, record: null, steps: [], caveats: [], witnesses: [] };
    },
  };
}

function answerFile(answer) {
  return {
    receipt: answer.receipt,
    leansOn: () => answer.receipt,
    // The record inside only carries the head.
    names: () => false,
    judge: (_, trust, { documents, policy }) =>
      status.verifyStatusAnswer(answer, trust, documents, policy),
  };
}

function underSeal(file) {
  return {
    receipt: file.receipt,
    leansOn: () => file.receipt
      ?? numbered(COMMITMENT_STEP, () => refuse("bid.receipt")),
    names: speaksOf(file.carried.record),
  };
}

/** Whether canonical bytes hold the digest of a document; what they say of it is judged later. */
function speaksOf(record) {
  const spelled = characters(record);
  return ({ sha256 }) => spelled.includes(characters(sha256));
}

/** For openings that carry no receipt: the one that the caller holds beside them. */
export function receiptsBeside(bytes) {
  return bytes === null ? [] : [decodeReceipt(bytes)];
}
