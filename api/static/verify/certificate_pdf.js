/**
 * Owns the judgement of a certificate in PDF: its receipt, and that it is of what it names.
 *
 * Its signature is not judged here. Spec: certificate_pdf.md.
 */

import { hex } from "./bytes.js";
import { certificateNumber } from "./certificate_number.js";
import { leafHash } from "./merkle.js";
import { readCertificate } from "./pdf_attachment.js";
import { decodeReceipt } from "./receipt.js";
import { Refusal, numbered, refuse } from "./refusal.js";
import { verifyDecoded } from "./verdict.js";

export const FORMAT = "application/pdf";
const CERTIFICATE_STEP = 14;

/** The certificate that a PDF is, with the receipt inside decoded; not judged. */
export function decodeCertificatePdf(bytes) {
  const certificate = readCertificate(bytes);
  return { ...certificate, receipt: decodeReceipt(certificate.receipt) };
}

/**
 * Verify what a certificate carries, and that it is what the certificate names.
 *
 * @param {object} certificate of `decodeCertificatePdf`
 * @param {object} trust of `decodeTrust`
 * @param {object[]} documents in the reader's hands
 * @param {object|null} policy of `parsePolicy`
 * @returns {object} the verdict of its receipt, with check 14 and the caveats of paper
 * @throws {Refusal} as `verifyDecoded`; `certificate_pdf.other` in check 14
 */
export function verifyCertificate(certificate, trust, documents, policy) {
  const verdict = verifyDecoded(certificate.receipt, trust, documents, policy);
  const number = certificateNumber(trust.genesis.domain, verdict.index);
  try {
    numbered(CERTIFICATE_STEP, () => requireNamed(certificate, number));
  } catch (problem) {
    if (problem instanceof Refusal) problem.passed = verdict.steps;
    throw problem;
  }
  const step = { number: CERTIFICATE_STEP, applies: true, facts: { number } };
  const paper = ["pages", certificate.isSigned ? "signature" : "unsigned"];
  return {
    ...verdict, steps: [...verdict.steps, step], caveats: [...paper, ...verdict.caveats],
  };
}

/** Network, record, entry and number in the metadata are those of the receipt. */
function requireNamed({ receipt, ...named }, number) {
  const pairs = [
    ["network", hex(named.networkId), hex(receipt.networkId)],
    ["record", hex(named.recordId), hex(receipt.recordId)],
    ["entry", hex(named.entryHash), hex(leafHash(receipt.entry.leaf))],
    ["number", named.number, number],
  ];
  for (const [what, said, found] of pairs) {
    if (said !== found) refuse("certificate_pdf.other", { what, named: said, found });
  }
}
