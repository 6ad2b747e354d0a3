/** Owns the numbered checks of a receipt, one function each. Spec: receipt.md. */

import { equal, hex, utf8 } from "./bytes.js";
import { verifyAcknowledgement } from "./acknowledgement.js";
import { decodeBlockLeaf, decodeEntry, entryLeaf } from "./block.js";
import { bundleId, decodeBundleHeader, poolKey, recordLeaf, verifyHeader } from "./bundle.js";
import { committeeAt, followLinks, openLinks } from "./epochs.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { COSIGNATURE_TYPE, noteKey, parseCheckpoint, parseNote, verifyNote } from "./note.js";
import { openOutside } from "./outside.js";
import { decodeRecord, recordId, verifyDerivedNonce } from "./record.js";
import { holds, refuse } from "./refusal.js";
import { decodeSealedPart, verifyAuthor, verifyCommitment } from "./sealed.js";
import { NETWORK_MEMBER } from "./shape.js";
import { decodeKeyRow, verifyKeyRow } from "./status.js";
import { openStamped } from "./time_stamps.js";

/**
 * Check 1: every part decodes, within the network's limits.
 *
 * @returns {object} the case that the other checks judge; nothing in it is trusted yet
 */
export function open(receipt, trust) {
  const limits = trust.genesis.parameters;
  const note = parseNote(utf8(receipt.checkpoint));
  const checkpoint = parseCheckpoint(note.text);
  if ((receipt.bundle === null) !== (receipt.key === null)) refuse("receipt.bundle");
  const header = receipt.bundle === null ? null : decodeBundleHeader(receipt.bundle.header);
  const row = receipt.key === null ? null : decodeKeyRow(receipt.key.row);
  const record = decodeRecord(receipt.record, limits);
  const unsealed = decodeSealedPart(receipt.sealed, limits);
  const entry = decodeEntry(receipt.entry.leaf);
  const head = decodeBlockLeaf(receipt.headLeaf);
  const logged = unsealed === null ? record : unsealed.opening;
  const loggedBytes = unsealed === null ? receipt.record : receipt.sealed.opening;
  const loggedId = recordId(loggedBytes);
  const outside = openOutside(receipt.cosignatures);
  const stamped = openStamped(receipt.timestamps);
  const links = openLinks(receipt.epochs, limits);
  return {
    receipt, note, checkpoint, header, row, record, unsealed, entry, head, logged, loggedId,
    outside, stamped, links,
  };
}

/** Check 2: network id and origin are the trust root's. */
export function checkNetwork({ receipt, head, checkpoint }, trust) {
  for (const found of [receipt.networkId, head.networkId]) {
    if (!equal(found, trust.networkId)) refuse("receipt.network", { found: hex(found) });
  }
  if (checkpoint.origin !== trust.origin) refuse("receipt.origin", { found: checkpoint.origin });
  return { name: trust.genesis.name, network: hex(trust.networkId) };
}

/** Check 3: the entry names the logged record, and an opening carries the record. */
export function checkRecordId({ receipt, entry, unsealed, loggedId }) {
  const carried = unsealed === null || equal(unsealed.carried.record, receipt.record);
  if (!equal(loggedId, entry.recordId) || !carried) refuse("receipt.record_id");
  return { record: hex(receipt.recordId) };
}

/** Check 4: the issuer's signed bundle holds what is logged, or it is the network's own. */
export function checkBundle({ receipt, logged, loggedId, header, row }, trust) {
  if ((header === null) !== (logged.issuer === NETWORK_MEMBER)) refuse("receipt.bundle");
  if (header === null) {
    verifyDerivedNonce(logged);
    return { issuer: logged.issuer, rule: logged.fields.get("rule") };
  }
  if (!equal(header.networkId, trust.networkId)) refuse("bundle.network");
  if (header.issuer !== logged.issuer) refuse("bundle.issuer", { found: header.issuer });
  verifyHeader(header, receipt.bundle.header, receipt.bundle.signature, row.publicKey);
  const { index, path } = receipt.bundle;
  verifyInclusion(recordLeaf(loggedId), index, header.count, path, header.recordsRoot);
  return { issuer: logged.issuer, count: header.count };
}

/** Check 5: the signing key's row stands under the head and was in force at the entry. */
export function checkKey({ receipt, header, row, head }) {
  if (header === null) return null;
  verifyKeyRow(receipt.key, row, header, head, receipt.entry.index);
  return { issuer: row.memberId, index: receipt.entry.index };
}

/** Check 6: entry and block leaf stand in the log of the checkpoint. */
export function checkLog({ receipt, entry, header, head, checkpoint }) {
  const bundle = header === null ? null : bundleId(receipt.bundle.header);
  const same = bundle === null ? entry.bundleId === null
    : entry.bundleId !== null && equal(entry.bundleId, bundle);
  if (!same || !equal(entryLeaf(entry), receipt.entry.leaf)) refuse("receipt.entry");
  const { size, root } = checkpoint;
  const { leaf, index, path } = receipt.entry;
  verifyInclusion(leafHash(leaf), index, size, path, root);
  verifyInclusion(leafHash(receipt.headLeaf), size - 1n, size, receipt.headPath, root);
  if (entry.height > head.height) refuse("receipt.last_leaf", { height: head.height });
  return { index: receipt.entry.index, size, height: entry.height, time: entry.blockTimeMs };
}

/**
 * Check 7: the committee of the head's epoch is the trust root's, or linked to it one by one.
 *
 * @returns {object} that `committee`, and all `committees` up to it
 */
export function checkCommittee({ links, head, checkpoint }, trust) {
  const epochs = followLinks(links, trust);
  const committee = committeeAt(epochs, checkpoint.size);
  const linked = links.length ? links[links.length - 1].header.epoch + 1n : committee.epoch;
  if (head.epoch !== committee.epoch || head.epoch !== linked) {
    refuse("receipt.epoch", { found: head.epoch, expected: linked });
  }
  return { committee, committees: epochs.map((each) => each.committee) };
}

/**
 * Check 8: a quorum cosigned the checkpoint, and acknowledgements hold.
 *
 * @param {object} one of `open`
 * @param {object} trust of `decodeTrust`, with what check 7 found
 * @returns {object[]} the nodes that cosigned, in the committee's order, with their times
 */
export function checkQuorum({ receipt, note }, trust) {
  const { nodes, q } = trust.committee;
  const keys = nodes.map((node) =>
    noteKey(`${trust.origin}/${node.nodeId}`, COSIGNATURE_TYPE, node.nodeKey));
  const verified = verifyNote(note, keys);
  const cosigned = nodes.flatMap((node, place) => verified
    .filter(({ key }) => key === keys[place])
    .map(({ timeS }) => ({ nodeId: node.nodeId, memberId: node.memberId, timeMs: timeS * 1000n })));
  if (cosigned.length < q) refuse("receipt.quorum", { found: cosigned.length, needed: q });
  receipt.acknowledgements.forEach((word) => checkAcknowledgement(word, receipt, trust));
  return cosigned;
}

/** By one of the keys that the node has had. */
function checkAcknowledgement(word, receipt, trust) {
  const nodes = trust.committees.flatMap((committee) => committee.nodes)
    .filter(({ nodeId }) => nodeId === word.nodeId);
  const { bundle } = receipt;
  const ours = bundle !== null && equal(word.bundle, poolKey(bundle.header, bundle.signature));
  const isHeld = ours && nodes.some(({ nodeKey }) => holds(() =>
    verifyAcknowledgement(trust.networkId, word, nodeKey)));
  if (!isHeld) refuse("receipt.acknowledgement", { node: word.nodeId });
}

/** Check 9: what came out of a seal was committed before, by whom it says. */
export function checkSealed({ receipt, checkpoint, unsealed, record, head }, trust) {
  if (unsealed === null) return null;
  verifyCommitment(unsealed, trust.networkId, receipt.entry.index, checkpoint);
  verifyAuthor(unsealed, trust.networkId, record, head);
  const { author, part, entry } = unsealed;
  return { author: author.issuer, index: part.index, height: entry.height };
}

/** Check 10: every document in hand is named in the record's evidence. */
export function checkDocuments(record, documents) {
  for (const document of documents) {
    const named = record.evidence.some((each) => equal(each.sha256, document.sha256)
      && each.sizeBytes === document.sizeBytes
      && (each.sm3 === null || document.sm3 === null || equal(each.sm3, document.sm3)));
    if (!named) refuse("receipt.document", { sha256: hex(document.sha256) });
  }
  return documents.length ? { count: documents.length } : null;
}
