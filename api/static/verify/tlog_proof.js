/** Owns the tlog-proof: a receipt in the form of C2SP. Spec: tlog_proof.md. */

import { base64, equal, fromBase64, textOf, utf8 } from "./bytes.js";
import { DIGEST_BYTES } from "./hashing.js";
import { RECEIPT_BYTES_MAX, isWritten, receiptOf } from "./receipt.js";
import { refuse } from "./refusal.js";
import { INDEX_MAX } from "./shape.js";
import { parse } from "./strict_json.js";

export const FIRST_LINE = "c2sp.org/tlog-proof@v1";
export const PROOF_BYTES_MAX = 2 << 20;
const PATH_MAX = 63;

/**
 * The receipt in a tlog-proof, which is nothing but what follows from it.
 *
 * @throws {Refusal} `tlog_proof.invalid`, `.bare` or `.other`, or as `decodeReceipt`
 */
export function decodeTlogProof(bytes) {
  const proof = parseTlogProof(bytes);
  if (proof.extra === null) refuse("tlog_proof.bare");
  const value = parse(proof.extra, RECEIPT_BYTES_MAX);
  const receipt = receiptOf(value);
  const { index, path } = receipt.entry;
  const lines = [
    FIRST_LINE, `extra ${base64(proof.extra)}`, `index ${index}`, ...path.map(base64),
    "", receipt.checkpoint,
  ];
  const same = isWritten(value, proof.extra) && equal(bytes, utf8(lines.join("\n")));
  return same ? receipt : refuse("tlog_proof.other");
}

/** Extra data or null, index, path and checkpoint of a proof. */
function parseTlogProof(bytes) {
  const text = bytes.length <= PROOF_BYTES_MAX ? textOf(bytes) : null;
  const cut = text === null ? -1 : text.indexOf("\n\n");
  if (cut < 0) wrong("empty line");
  const [first, ...lines] = text.slice(0, cut).split("\n");
  if (first !== FIRST_LINE) wrong("first line");
  const extra = lines[0]?.startsWith("extra ") ? octetsOf(lines.shift().slice(6)) : null;
  const [, index] = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "") ?? wrong("index");
  if (BigInt(index) > INDEX_MAX || extra?.length === 0) wrong("index");
  const path = lines.map(octetsOf);
  if (path.length > PATH_MAX || path.some((hash) => hash.length !== DIGEST_BYTES)) wrong("path");
  return { extra, index: BigInt(index), path, checkpoint: text.slice(cut + 2) };
}

function octetsOf(spelled) {
  return fromBase64(spelled) ?? wrong("base64");
}

function wrong(reason) {
  return refuse("tlog_proof.invalid", { reason });
}
