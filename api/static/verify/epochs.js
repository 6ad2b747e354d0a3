/** Owns the links from a committee that is trusted to those of later epochs. Spec: committee.md. */

import { equal } from "./bytes.js";
import { decodeEntry, decodeHeader, headerHash } from "./block.js";
import { decode } from "./canonical.js";
import { decodeCertificate, verifyCertificate } from "./certificate.js";
import { committeeOf } from "./committee.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { decodeRecord, recordId } from "./record.js";
import { refuse, refusedAs } from "./refusal.js";

const CHANGE_TYPE = "committee.change";
const COMMITTEE_BYTES_MAX = 8 << 10;

/** The links of a receipt, decoded; nothing in them is trusted yet. */
export function openLinks(links, limits) {
  return links.map((link) => ({
    link,
    record: decodeRecord(link.record, limits),
    entry: decodeEntry(link.entry.leaf),
    header: decodeHeader(link.header),
    certificate: decodeCertificate(link.certificate),
  }));
}

/**
 * The committees that links lead to, beginning with the trust root's.
 *
 * @param {object[]} links of `openLinks`
 * @param {object} trust of `decodeTrust`
 * @returns {object[]} `committee` and `endedAt`, the log size after its closing block, or null
 * @throws {Refusal} `receipt.epoch_link`
 */
export function followLinks(links, trust) {
  const epochs = [{ committee: trust.committee, endedAt: null }];
  for (const link of links) {
    const last = epochs[epochs.length - 1];
    const epoch = link.header.epoch + 1n;
    if (epoch !== last.committee.epoch + 1n) broken(epoch, "order");
    verifyClosing(link, epoch, last.committee, trust);
    const committee = committeeIn(link.record, epoch);
    const before = epochs.length > 1 ? epochs[epochs.length - 2].endedAt : -1n;
    if (link.header.logSize <= before) broken(epoch, "order");
    last.endedAt = link.header.logSize;
    epochs.push({ committee, endedAt: null });
  }
  return epochs;
}

/** The committee that cosigns the head of `size` leaves. */
export function committeeAt(epochs, size) {
  return epochs.find(({ endedAt }) => endedAt === null || size <= endedAt).committee;
}

/** The old committee certified the closing block, and the change is an entry of it. */
function verifyClosing({ link, entry, header, certificate }, epoch, signers, trust) {
  const ours = equal(header.networkId, trust.networkId) && certificate.height === header.height
    && equal(certificate.headerHash, headerHash(link.header));
  if (!ours) broken(epoch, "certificate");
  refusedAs("receipt.epoch_link", { epoch, what: "certificate" }, () =>
    verifyCertificate(certificate, { ...trust, committee: signers }));
  const named = equal(entry.recordId, recordId(link.record)) && entry.height === header.height;
  if (!named) broken(epoch, "entry");
  const { leaf, index, path } = link.entry;
  refusedAs("receipt.epoch_link", { epoch, what: "path" }, () =>
    verifyInclusion(leafHash(leaf), index, header.logSize, path, header.logRoot));
}

function committeeIn(record, epoch) {
  const data = record.fields.get("committee");
  const is = record.type === CHANGE_TYPE && record.fields.get("epoch") === epoch
    && data instanceof Uint8Array;
  if (!is) broken(epoch, "record");
  return refusedAs("receipt.epoch_link", { epoch, what: "committee" }, () =>
    committeeOf(decode(data, COMMITTEE_BYTES_MAX), epoch));
}

function broken(epoch, what) {
  return refuse("receipt.epoch_link", { epoch, what });
}
