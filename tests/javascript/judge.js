/**
 * Judges every vector with the JavaScript verifier, in Node and in a browser alike.
 *
 * `judge(file, case, trusts)` gives `{holds, step, code}`, or throws where the verifier computes
 * something else than the vector says.
 */

import { verifyAcknowledgement, verifyRefusal } from "../../api/static/verify/acknowledgement.js";
import * as block from "../../api/static/verify/block.js";
import * as bundle from "../../api/static/verify/bundle.js";
import { concat, fromBase64, fromHex, hex, utf8 } from "../../api/static/verify/bytes.js";
import { decode, encode } from "../../api/static/verify/canonical.js";
import { decodeCertificate, verifyCertificate } from "../../api/static/verify/certificate.js";
import {
  certificateNumber, parseCertificateNumber,
} from "../../api/static/verify/certificate_number.js";
import { faultsOf, quorumOf } from "../../api/static/verify/committee.js";
import { openZip } from "../../api/static/verify/court_zip.js";
import * as draw from "../../api/static/verify/draw.js";
import { verifyDraw } from "../../api/static/verify/draws.js";
import { fitKey, keyId, verifySignature } from "../../api/static/verify/ed25519.js";
import { decodeGenesis } from "../../api/static/verify/genesis.js";
import {
  Refusal, decodeTrust, leadTrust, verifyEvidence, verifyFile, verifyFiles, verifyReceipt,
} from "../../api/static/verify/index.js";
import * as merkle from "../../api/static/verify/merkle.js";
import { verifyListing, vrfHash } from "../../api/static/verify/negative_list.js";
import {
  decodeMisconduct, decodeMisconductFile,
} from "../../api/static/verify/misconduct.js";
import * as note from "../../api/static/verify/note.js";
import { decodeOpenings, verifyOpenings } from "../../api/static/verify/openings.js";
import { ownerCommitment } from "../../api/static/verify/owner.js";
import { bundlesRoot, decodePayload, rebuild } from "../../api/static/verify/payload.js";
import { parsePolicy, verifyPolicy } from "../../api/static/verify/policy.js";
import { decodePresented } from "../../api/static/verify/presented.js";
import { decodeReceipt } from "../../api/static/verify/receipt.js";
import { decodeRecord, recordId, verifyDerivedNonce } from "../../api/static/verify/record.js";
import { carriedBy, commitmentDigest, openedBy } from "../../api/static/verify/sealed.js";
import { sm3 } from "../../api/static/verify/sm3.js";
import * as status from "../../api/static/verify/status.js";
import * as tiles from "../../api/static/verify/tiles.js";
import { decodeTlogProof } from "../../api/static/verify/tlog_proof.js";
import { nodesDigest } from "../../api/static/verify/witness.js";

/** What the verifier says of one case of a vector file. */
export async function judge(file, given, trusts) {
  try {
    await JUDGES[file](given, trusts);
    return { holds: true, step: null, code: null };
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw new Error(`${file}: ${given.name}: ${problem.stack}`);
    return { holds: false, step: problem.step, code: problem.code };
  }
}

/** All files with all their cases: `{file: [{name, holds, step, code} …]}`. */
export async function judgeAll(files) {
  const trusts = trustsOf(files["receipt/trusts"]);
  const judged = {};
  for (const [file, cases] of Object.entries(files)) {
    judged[file] = [];
    for (const each of cases) {
      judged[file].push({ name: each.name, ...await judge(file, each, trusts) });
    }
  }
  return judged;
}

/** What the verifier says of files from anyone: `[{trust, text, documents} …]`, text in base64. */
export function judgeFiles(trusts, files) {
  const roots = trustsOf(trusts);
  return files.map(({ trust, data }) => {
    try {
      verifyFile(Uint8Array.from(atob(data), (each) => each.charCodeAt(0)), roots[trust]);
      return [true, null, null];
    } catch (problem) {
      if (problem instanceof Refusal) return [false, problem.step, problem.code];
      return [false, null, `crash: ${problem.stack}`];
    }
  });
}

/**
 * Of each proof in a bundle from anyone, in base64, whether it holds, or the step that refused it;
 * `[null]` of what is no bundle.
 */
export async function judgeBundles(trust, files) {
  const said = [];
  for (const data of files) {
    const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
    try {
      const outcomes = await verifyEvidence([bytes], [decodeTrust(spelled(trust))]);
      said.push(outcomes.map(({ refusal }) => refusal === null || (refusal.step ?? 0)));
    } catch (problem) {
      said.push([problem instanceof Refusal ? null : `crash: ${problem.stack}`]);
    }
  }
  return said;
}

function trustsOf(cases) {
  return Object.fromEntries(cases.map(({ name, trust }) => [name, decodeTrust(spelled(trust))]));
}

const spelled = (value) => utf8(JSON.stringify(value));
const all = (texts) => texts.map(fromHex);

/** Throw where two values differ that must be the same. */
function same(found, expected, what) {
  const [one, other] = [found, expected].map(plain);
  if (one !== other) throw new Error(`${what}: ${one} is not ${other}`);
}

function plain(value) {
  return JSON.stringify(value, (_, each) => {
    if (each instanceof Uint8Array) return hex(each);
    return typeof each === "bigint" ? Number(each) : each;
  });
}

/** The canonical value that a vector tells. */
function untold(value) {
  if (Array.isArray(value)) return value.map(untold);
  if (value !== null && typeof value === "object") {
    if ("bytes" in value) return fromHex(value.bytes);
    if ("int" in value) return BigInt(value.int);
    return new Map(value.map.map(([key, each]) => [key, untold(each)]));
  }
  return typeof value === "number" ? BigInt(value) : value;
}

function documentsOf(documents) {
  return documents.map((each) => ({
    sha256: fromHex(each.sha256),
    sizeBytes: BigInt(each.size_bytes),
    sm3: each.sm3 === null ? null : fromHex(each.sm3),
  }));
}

const refusedBy = (decoder) => ({ data }) => decoder(fromHex(data));

/** Several files: each outcome's step and code, its citations, and who outside cosigned. */
function judgeFolder(given) {
  const outcomes = verifyFiles(
    given.files.map(utf8),
    given.trusts.map((trust) => decodeTrust(spelled(trust))),
    { policies: given.policies.map((policy) => parsePolicy(utf8(policy))) },
  );
  const told = outcomes.map(({ verdict, refusal, citations }) => ({
    step: refusal === null ? null : refusal.step ?? 0,
    code: refusal === null ? null : refusal.code,
    citations: citations.map(({ standing }) => standing),
    witnesses: verdict === null ? 0 : verdict.witnesses.length,
  }));
  same(told, given.outcomes, "outcomes");
}

function judgeReceipt(given, trusts) {
  const documents = documentsOf(given.documents);
  const policy = given.policy ? parsePolicy(utf8(given.policy)) : null;
  const verdict = verifyReceipt(spelled(given.receipt), trusts[given.trust], { documents, policy });
  const named = verdict.witnesses.map(({ name }) => name);
  if (given.witnesses) same(named, given.witnesses, "witnesses");
  const { recordId: id, height, index, committedAtMs, existedByMs } = verdict;
  const { quorum, steps, opened } = verdict;
  same(
    [id, height, index, committedAtMs, existedByMs, quorum.length],
    [given.record_id, given.height, given.index, given.committed_at_ms,
      untold(given.existed_by_ms), given.cosigners],
    "verdict",
  );
  same(steps.map(({ number }) => number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "steps");
  if (given.opened) {
    const { height: at, index: place, timeMs } = opened;
    same([at, place, timeMs], Object.values(given.opened), "opened");
  }
}

/** A whole bundle: as many proofs as it holds are proved; of one that is refused, its refusal. */
async function judgeBundle({ data, trust, proved }, trusts) {
  const outcomes = await verifyEvidence([fromBase64(data)], [trusts[trust]]);
  same(outcomes.filter(({ verdict }) => verdict !== null).length, proved, "proved");
  outcomes.forEach(({ refusal }) => {
    if (refusal !== null) throw refusal;
  });
}

/** The form of a bundle's ZIP file: its files, by name. */
async function judgeZip({ data, files }) {
  const zip = await openZip(new Blob([fromHex(data)]));
  const found = [];
  for (const name of zip.entries.keys()) {
    found.push({ name, data: hex(await zip.read(name, 1 << 20)) });
  }
  same(found, files, "files");
}

/** A whole log in files: the checkpoint fulfils the policy, and all follows from the leaves. */
function judgeLog(given) {
  const signed = note.parseNote(utf8(given.checkpoint));
  verifyPolicy(parsePolicy(utf8(given.policy)), signed);
  const { origin, size, root } = note.parseCheckpoint(signed.text);
  same([origin, size, root], [given.origin, Number(given.size), given.root], "checkpoint");
  const files = Object.entries(given.files)
    .map(([path, data]) => [tiles.parseTilePath(path), fromHex(data)]);
  const bundles = files.filter(([{ level }]) => level === "entries")
    .sort(([one], [other]) => Number(one.index - other.index));
  const leaves = bundles.flatMap(([{ width }, data]) => tiles.readEntryBundle(data, width));
  const hashes = leaves.map(merkle.leafHash);
  same([hashes.length, merkle.rootOf(hashes)], [Number(size), root], "root");
  for (const [tile, data] of files.filter(([{ level }]) => level !== "entries")) {
    same(tiles.hashTile(hashes, tile), data, "tile");
  }
}

const JUDGES = {
  "acknowledgement/signed": (given) => {
    const [networkId, key] = all([given.network_id, given.public_key]);
    const word = {
      nodeId: given.node_id, bundle: fromHex(given.bundle), signature: fromHex(given.signature),
    };
    if (given.kind === "acknowledgement") {
      verifyAcknowledgement(networkId, { ...word, receivedAtMs: given.received_at_ms }, key);
    } else {
      const headHash = fromHex(given.head_hash);
      verifyRefusal(networkId, { ...word, code: given.code, headHash }, key);
    }
  },
  "bid_proof/proofs": (given) => {
    const documents = given.documents.map(([sha256, size]) =>
      ({ sha256: fromHex(sha256), sizeBytes: BigInt(size), sm3: null }));
    const trust = decodeTrust(spelled(given.trust));
    const verdict = verifyFile(spelled(given.proof), trust, { documents });
    same([verdict.bid.standing, verdict.bid.part], [given.standing, given.part], "standing");
    same(verdict.steps.length, 13, "steps");
  },
  "block/headers": (given) => {
    const data = fromHex(given.data);
    const header = block.decodeHeader(data);
    same(block.headerHash(data), given.hash, "hash");
    same(block.blockLeaf(header), given.leaf, "leaf");
    same([header.logSize, header.logRoot], [untold(given.log_size), given.log_root], "log");
    same(block.decodeBlockLeaf(fromHex(given.leaf)).items, header.items, "leaf");
  },
  "block/payloads": (given) => {
    const payload = fromHex(given.payload);
    const bundles = decodePayload(payload);
    same(bundles.map(({ entered }) => entered), given.entered, "entered");
    same(bundlesRoot(bundles), given.bundles_root, "bundles_root");
    rebuild(block.decodeHeader(fromHex(given.header)), payload);
    for (const other of [given.header_of_one_more, given.header_of_another_root]) {
      must("block.not_rebuilt", () => rebuild(block.decodeHeader(fromHex(other)), payload));
    }
  },
  "block/refused_headers": refusedBy(block.decodeHeader),
  "block/refused_payloads": refusedBy(decodePayload),
  "bundle/bundles": (given) => {
    const { header, headerBytes, signature, ids } = bundle.decodeBundle(fromHex(given.data));
    same(ids, given.record_ids, "record_ids");
    same(headerBytes, given.header, "header");
    same(bundle.recordsRoot(ids), given.records_root, "records_root");
    same(bundle.bundleId(headerBytes), given.bundle_id, "bundle_id");
    same(bundle.poolKey(headerBytes, signature), given.pool_key, "pool_key");
    bundle.verifyHeader(header, headerBytes, signature, fromHex(given.public_key));
  },
  "bundle/refused": refusedBy(bundle.decodeBundle),
  "bundle/signatures": (given) => {
    const [key, header, signature] = all([given.public_key, given.header, given.signature]);
    const decoded = bundle.decodeBundleHeader(header);
    bundle.verifyHeader(decoded, header, signature, key);
  },
  "canonical/values": (given) => {
    const data = fromHex(given.data);
    same(encode(untold(given.value)), data, "spelling");
    same(encode(decode(data, data.length)), data, "spelled again");
  },
  "canonical/refused": refusedBy((data) => decode(data, 1 << 20)),
  "certificate/certificates": (given) => {
    const trust = decodeGenesis(fromHex(given.genesis));
    verifyCertificate(decodeCertificate(fromHex(given.data)), trust);
  },
  "certificate/refused": refusedBy(decodeCertificate),
  "certificate_pdf/files": (given) => {
    const verdict = verifyFile(fromBase64(given.file), decodeTrust(spelled(given.trust)));
    same(verdict.steps.length, 11, "steps");
  },
  "certificate_pdf/refused_files": ({ file, trust }) =>
    verifyFile(fromBase64(file), decodeTrust(spelled(trust))),
  "certificate_pdf/numbers": ({ domain, index, number }) => {
    same(certificateNumber(domain, BigInt(index)), number, "number");
    same(parseCertificateNumber(number, domain), BigInt(index), "index");
  },
  "certificate_pdf/refused_numbers": ({ domain, number }) =>
    parseCertificateNumber(number, domain),
  "committee/sizes": ({ n, f, q }) => same([faultsOf(n), quorumOf(n)], [f, q], "f and q"),
  "address/owners": (given) => {
    const [network, salt] = all([given.network, given.salt]);
    const made = ownerCommitment(network, given.address, given.owner, salt);
    same(made, given.commitment, "commitment");
  },
  "court_bundle/accepted": judgeZip,
  "court_bundle/refused": judgeZip,
  "court_bundle/bundles": judgeBundle,
  "draw/draws": (given) => {
    const [network, request, header] = all([given.network, given.request, given.header]);
    const seeds = given.seeds.map(([seeder, word]) => [seeder, fromHex(word)]);
    const value = draw.drawValue(network, request, seeds, header);
    same(value, given.value, "value");
    same(draw.drawnPlaces(value, given.pool_count, given.draw_count), given.places, "places");
    const made = seeds.map(([seeder, word]) => draw.seedCommitment(network, request, seeder, word));
    same(made, given.seeds.map(([, , digest]) => digest), "commitments");
  },
  "draw/refused": (given) =>
    draw.drawnPlaces(new Uint8Array(32), given.pool_count, given.draw_count),
  "draw/receipts": ({ trust, receipts, proved }) => {
    const found = verifyDraw(receipts.map(spelled), decodeTrust(spelled(trust)));
    same(Object.values(found), Object.values(proved), "proved");
  },
  "epochs/files": ({ trust, file, epoch, led }) => {
    const found = leadTrust(decodeTrust(spelled(trust)), spelled(file));
    same(found.committee.epoch, epoch, "epoch");
    same(found.epochs, decodeTrust(spelled(led)).epochs, "epochs");
  },
  "epochs/anchors": ({ text }) => decodeTrust(utf8(text)),
  "epochs/receipts": ({ receipt, trust, caveat }) => {
    const { caveats } = verifyReceipt(spelled(receipt), decodeTrust(spelled(trust)));
    same(caveats[4], caveat, "caveat");
  },
  "genesis/genesis": (given) => {
    const { networkId, origin, committee } = decodeGenesis(fromHex(given.data));
    same([networkId, origin], [given.network_id, given.origin], "names");
    same([committee.n, committee.f, committee.q], [given.n, given.f, given.q], "committee");
    const rows = given.status_rows.map(([key, value]) => [utf8(key), fromHex(value)]);
    same(status.stateHash(networkId, rows), given.state_hash, "state_hash");
  },
  "genesis/refused": refusedBy(decodeGenesis),
  "keys/keys": (given) =>
    same(keyId(fitKey(fromHex(given.public_key))), given.key_id, "key_id"),
  "log/entries": (given) => {
    const entry = block.decodeEntry(fromHex(given.data));
    same(entry.recordId, given.record_id, "record_id");
    same(entry.bundleId, given.bundle_id, "bundle_id");
    same([entry.height, entry.blockTimeMs], untold([given.height, given.block_time_ms]), "place");
    same(block.entryLeaf(entry), given.data, "leaf");
  },
  "log/refused_entries": refusedBy(block.decodeEntry),
  "merkle/roots": (given) =>
    same(merkle.rootOf(all(given.leaves).map(merkle.leafHash)), given.root, "root"),
  "merkle/inclusion": ({ leaf, index, size, path, root }) =>
    merkle.verifyInclusion(fromHex(leaf), BigInt(index), BigInt(size), all(path), fromHex(root)),
  "merkle/consistency": (given) => {
    const sizes = [BigInt(given.old_size), BigInt(given.new_size)];
    const roots = all([given.old_root, given.new_root]);
    merkle.verifyConsistency(...sizes, all(given.path), ...roots);
  },
  "misconduct/proofs": (given) => {
    const { culprit } = verifyFile(spelled(given.file), decodeTrust(spelled(given.trust)));
    same(
      [culprit.nodeId, culprit.memberId, culprit.key],
      [given.node, given.member, given.public_key],
      "culprit",
    );
  },
  "misconduct/refused": refusedBy(decodeMisconduct),
  "misconduct/refused_files": ({ file }) => decodeMisconductFile(spelled(file)),
  "negative_list/vrf": (given) => {
    // The vector holds the seed, and the verifier knows no secret keys: see the keys of RFC 9381.
    const keys = {
      "9d61b19d": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "4ccd089b": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    };
    const key = fromHex(keys[given.seed.slice(0, 8)]);
    same(vrfHash(key, fromHex(given.input), fromHex(given.proof)), given.hash, "hash");
  },
  "negative_list/proofs": (given) =>
    same(verifyListing(headOf(given.head), given.address, fromHex(given.proof)), given.result, "?"),
  "negative_list/refused": (given) =>
    verifyListing(headOf(given.head), given.address, fromHex(given.proof)),
  "note/notes": (given) =>
    note.verifyNote(note.parseNote(utf8(given.note)), given.vkeys.map(note.parseVerifierKey)),
  "note/checkpoints": ({ text }) =>
    same(note.checkpointText(note.parseCheckpoint(text)), text, "text"),
  "openings/openings": (given) => {
    const file = decodeOpenings(spelled(given.openings));
    const record = fromHex(given.record);
    same(encode(file.openings[0].value), encode(untold(given.value)), "value");
    verifyOpenings(file, decodeRecord(record), recordId(record));
  },
  "openings/batch_proofs": (given) =>
    verifyFile(spelled(given.proof), decodeTrust(spelled(given.trust))),
  "status_answer/answers": ({ answer, trust, standing }) => {
    const { status: told } = verifyFile(spelled(answer), decodeTrust(spelled(trust)));
    same(told.standing, standing, "standing");
  },
  "policy/files": (given) => {
    const { logs, witnesses, groups } = parsePolicy(octetsOf(given));
    const counts = [logs.length, witnesses.size, groups.size];
    same(counts, [given.logs, given.witnesses, given.groups], "counts");
  },
  "policy/refused": (given) => parsePolicy(octetsOf(given)),
  "policy/checkpoints": ({ policy, checkpoint }) =>
    verifyPolicy(parsePolicy(utf8(policy)), note.parseNote(utf8(checkpoint))),
  "receipt/accepted": judgeReceipt,
  "receipt/refused": judgeReceipt,
  "receipt/outside_accepted": judgeReceipt,
  "receipt/outside_refused": judgeReceipt,
  "receipt/stamped_accepted": judgeReceipt,
  "receipt/stamped_refused": judgeReceipt,
  "receipt/epochs_accepted": judgeReceipt,
  "receipt/epochs_refused": judgeReceipt,
  "receipt/sealed_accepted": judgeReceipt,
  "receipt/sealed_refused": judgeReceipt,
  "receipt/refused_files": ({ text }) => decodeReceipt(utf8(text)),
  "genesis/trust_files": ({ text }) => decodeTrust(utf8(text)),
  "verifying/refused_files": ({ text }) => decodePresented(utf8(text)),
  "receipt/trusts": ({ trust }) => decodeTrust(spelled(trust)),
  "record/records": (given) => {
    const data = fromHex(given.data);
    const record = decodeRecord(data);
    same(recordId(data), given.record_id, "record_id");
    const { type, issuer, subject, occurredAtMs, nonce } = record;
    same(
      [type, issuer, subject, occurredAtMs, nonce],
      [given.type, given.issuer, given.subject, given.occurred_at_ms, given.nonce],
      "parts",
    );
    same(encode(record.fields), encode(untold(given.fields)), "fields");
    if (issuer === "network") verifyDerivedNonce(record);
  },
  "record/refused": refusedBy(decodeRecord),
  "sealed/digests": (given) => {
    const names = ["header", "signature", "record", "salt"];
    const sealed = Object.fromEntries(names.map((name) => [name, fromHex(given[name])]));
    const made = commitmentDigest(fromHex(given.network_id), given.committed_by, sealed);
    same(made, given.digest, "digest");
  },
  "sealed/files": (given) => {
    const documents = given.documents.map(([sha256, size]) =>
      ({ sha256: fromHex(sha256), sizeBytes: BigInt(size), sm3: null }));
    const trust = decodeTrust(spelled(given.trust));
    const { caveats } = verifyFile(spelled(given.file), trust, { documents });
    same(caveats[0], given.standing, "standing");
  },
  "sealed/refused_openings": refusedBy((data) => {
    const opening = decodeRecord(data);
    carriedBy(opening);
    openedBy(opening);
  }),
  "signing/signatures": (given) =>
    verifySignature(...all([given.public_key, given.message, given.signature])),
  "sm3/digests": ({ data, digest }) => same(sm3(fromHex(data)), digest, "digest"),
  "status/intervals": (given) => {
    const interval = status.intervalOf(untold(given.interval));
    same(status.isInForce(interval, BigInt(given.index)), given.in_force, "in_force");
  },
  "status/trees": (given) => {
    const rows = given.rows.map(all).sort(([one], [other]) => (hex(one) < hex(other) ? -1 : 1));
    same([rows.length, status.statusRoot(rows)], [given.size, given.root], "tree");
    rows.forEach(([key, value], at) => {
      const leaf = status.statusLeaf(key, value);
      const size = BigInt(rows.length);
      merkle.verifyInclusion(leaf, BigInt(at), size, all(given.paths[at]), fromHex(given.root));
    });
    const writes = rows.map(([key, value]) => [concat(utf8("status/"), key), value]);
    const parent = fromHex(given.parent);
    same(status.stateHash(parent, writes), given.state_hash, "state_hash");
    const gone = writes.map(([key]) => [key, null]);
    same(status.stateHash(parent, gone), given.state_hash_of_deletion, "state_hash_of_deletion");
  },
  "tiles/bundles": ({ data, width, leaves }) =>
    same(tiles.readEntryBundle(fromHex(data), width), leaves, "leaves"),
  "tiles/logs": judgeLog,
  "tiles/paths": ({ name, level, index, width }) =>
    same(tiles.parseTilePath(name), { level, index: Number(index), width }, "tile"),
  "tiles/refused_paths": ({ path }) => tiles.parseTilePath(path),
  "verifying/folders": judgeFolder,
  "tlog_proof/accepted": (given) => {
    const proof = utf8(given.proof);
    const verdict = verifyFile(proof, decodeTrust(spelled(given.trust)));
    const { entry, checkpoint } = decodeTlogProof(proof);
    same([verdict.recordId, entry.index], [given.record_id, given.index], "record");
    same(entry.leaf, given.leaf, "leaf");
    verifyPolicy(parsePolicy(utf8(given.policy)), note.parseNote(utf8(checkpoint)));
  },
  "tlog_proof/refused": ({ proof }) => decodeTlogProof(utf8(proof)),
  "witness/digests": ({ profile, version, nodes, digest }) => {
    const told = nodes.map(([types, ids]) => [types, all(ids)]);
    same(nodesDigest(profile, version, told), digest, "digest");
  },
};

/** A policy file, whose octets need not be text. */
function octetsOf({ policy, octets }) {
  return policy === null ? fromHex(octets) : utf8(policy);
}

function headOf({ list, version, root, count, key }) {
  const [rootBytes, keyBytes] = all([root, key]);
  return { list, version: BigInt(version), root: rootBytes, count: BigInt(count), key: keyBytes };
}

/** Throw unless `attempt` is refused with `code`. */
function must(code, attempt) {
  try {
    attempt();
  } catch (problem) {
    if (problem instanceof Refusal && problem.code === code) return;
    throw problem;
  }
  throw new Error(`${code} was expected`);
}
