/** Owns the links from a committee that is trusted to those of later epochs. Spec: committee.md. */

import { equal } from "./bytes.js";
import { decodeEntry, decodeHeader, headerHash } from "./block.js";
import { decode } from "./canonical.js";
import { decodeCertificate, verifyCertificate } from "./certificate.js";
import { COMMITTEE_BYTES_MAX, committeeOf } from "./committee.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { decodeRecord, recordId } from "./record.js";
import { refuse, refusedAs } from "./refusal.js";

const CHANGE_TYPE = "committee.change";

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
 * The epochs that a trust root knows, and those to which links lead from them.
 *
 * Links into epochs that are known must say the same.
 *
 * @param {object[]} links of `openLinks`
 * @param {object} trust of `decodeTrust`
 * @returns {object[]} `committee` and `endedAt`, the log size after its closing block, or null
 * @throws {Refusal} `receipt.epoch_link`
 */
export function followLinks(links, trust) {
  const epochs = trust.epochs.map((each) => ({ ...each }));
  links.forEach((link, place) => {
    const epoch = link.header.epoch + 1n;
    if (place > 0 && epoch !== links[place - 1].header.epoch + 2n) broken(epoch, "order");
    follow(link, epoch, epochs, trust);
  });
  return epochs;
}

/** Add the epoch to which one link leads, or compare it with the one that is known. */
function follow(link, epoch, epochs, trust) {
  const signers = epochs.find(({ committee }) => committee.epoch === link.header.epoch)
    ?? broken(epoch, "gap");
  verifyClosing(link, epoch, signers.committee, trust);
  const committee = committeeIn(link.record, epoch);
  const { logSize } = link.header;
  const held = epochs.find((each) => each.committee.epoch === epoch);
  if (held === undefined) {
    const before = epochs.length > 1 ? epochs[epochs.length - 2].endedAt : -1n;
    if (logSize <= before) broken(epoch, "order");
    signers.endedAt = logSize;
    epochs.push({ committee, endedAt: null });
  } else if (signers.endedAt !== logSize || !isSame(held.committee, committee)) {
    broken(epoch, "another");
  }
}

function isSame(one, other) {
  const names = ["nodeId", "memberId"];
  const keys = ["nodeKey", "logKey", "tls"];
  return one.n === other.n && one.nodes.every((node, at) =>
    names.every((name) => node[name] === other.nodes[at][name])
    && keys.every((name) => equal(node[name], other.nodes[at][name])));
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
