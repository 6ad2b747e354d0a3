/**
 * Owns evidence of misconduct: two signed statements of one committee key that no honest node
 * makes. Spec: misconduct.md.
 */

import { concat, equal, hex, textOf } from "./bytes.js";
import { decode } from "./canonical.js";
import { SIGNATURE_BYTES, verifySignature } from "./ed25519.js";
import { followLinks, openLinks } from "./epochs.js";
import { DIGEST_BYTES, TAG } from "./hashing.js";
import { verifyConsistency } from "./merkle.js";
import { parseCheckpoint } from "./note.js";
import { linksOf } from "./receipt.js";
import { refuse } from "./refusal.js";
import { array, digest, identifier, integer, octets, optional, text, versioned } from "./shape.js";
import { jsonOctets, parse, versionedObject } from "./strict_json.js";

export const FORMAT = "bidwitness.misconduct";
export const MISCONDUCT_BYTES_MAX = 1 << 20;
const PROOF_BYTES_MAX = 6 << 10;
const STATEMENT_BYTES_MAX = 1024;
const WORD_BYTES_MAX = 32;
const PATH_MAX = 63;
const ITEMS = 9;
const SLOT_ITEMS = 4;
const VIEW_MAX = 1n << 63n;
const TIME = /^cosignature\/v1\ntime (0|[1-9][0-9]{0,18})\n/;
const TIME_MAX = (1n << 63n) - 1n;
const ORIGIN_DIGITS = 16;

/** Of each kind, the words of its two statements; null for any two heads signed alike. */
const KINDS = {
  "two-prepares": ["prepare", "prepare"],
  "two-commits": ["commit", "commit"],
  "two-new-views": ["new-view", "new-view"],
  "forgotten-commit": ["commit", "view-change"],
  "two-heads": null,
};
/** Of each word about a slot, the items of what it signs. */
const WORDS = { prepare: 5, commit: 5, "view-change": 7, "new-view": 6 };
const HEADS = ["cosignature", "log"];

/**
 * The evidence that canonical bytes spell; nothing in it is judged here.
 *
 * @throws {Refusal} a `format.*` code
 */
export function decodeMisconduct(bytes) {
  const [networkId, epoch, node, kind, first, second, grown] =
    versioned(bytes, PROOF_BYTES_MAX, "misconduct", ITEMS);
  return {
    networkId: digest(networkId, "network_id"),
    epoch: integer(epoch, "epoch"),
    node: identifier(node, "node"),
    kind: oneOf(kind, Object.keys(KINDS), "kind"),
    statements: [statementOf(first, "first"), statementOf(second, "second")],
    grown: optional(grown, grownOf),
  };
}

/** The evidence in a file's value. */
export function misconductOf(value) {
  const [kind, node, proof, epochs] =
    versionedObject(value, FORMAT, ["kind", "node", "proof", "epochs"]);
  const found = decodeMisconduct(jsonOctets(proof, "proof", PROOF_BYTES_MAX));
  if (kind !== found.kind || node !== found.node) refuse("format.shape", { what: "kind or node" });
  return { ...found, epochs: linksOf(epochs) };
}

/** The evidence in a file `X.misconduct.json`. */
export function decodeMisconductFile(bytes) {
  return misconductOf(parse(bytes, MISCONDUCT_BYTES_MAX));
}

/**
 * Verify that the accused key signed both statements, and that no honest node says both.
 *
 * @param {object} fault of `misconductOf`
 * @param {object} trust of `decodeTrust`
 * @returns {object} whom it names: `kind`, `nodeId`, `memberId`, `key`, `epoch`
 * @throws {Refusal} `fault.network`, `receipt.epoch_link`, `fault.epoch`, `fault.node`,
 *   `signature.invalid`, `fault.none`, `proof.consistency`, or why a statement says nothing
 */
export function verifyMisconduct(fault, trust) {
  const { networkId, epoch, node: nodeId, kind, statements } = fault;
  if (!equal(networkId, trust.networkId)) refuse("fault.network", { network: hex(networkId) });
  const links = openLinks(fault.epochs, trust.genesis.parameters);
  const { committee } = followLinks(links, trust).find((each) => each.committee.epoch === epoch)
    ?? refuse("fault.epoch", { found: epoch });
  const node = committee.nodes.find((each) => each.nodeId === nodeId)
    ?? refuse("fault.node", { node: nodeId, epoch });
  const keyOf = ({ word }) => (word === "log" ? node.logKey : node.nodeKey);
  statements.forEach((said) => {
    const prefix = HEADS.includes(said.word) ? new Uint8Array() : TAG[said.word];
    verifySignature(keyOf(said), concat(prefix, said.body), said.signature);
  });
  const contradict = kind === "two-heads" ? headsContradict : slotsContradict;
  if (!contradict(fault)) refuse("fault.none", { kind, node: nodeId });
  return { kind, nodeId, memberId: node.memberId, key: keyOf(statements[0]), epoch };
}

function slotsContradict({ kind, networkId, epoch, statements, grown }) {
  const words = statements.map(({ word }) => word);
  if (`${words}` !== `${KINDS[kind]}` || grown !== null) return false;
  const [first, second] = statements.map(saidIn);
  const here = (said) => equal(said.networkId, networkId) && said.epoch === epoch;
  if (!here(first) || !here(second) || first.height !== second.height) return false;
  if (kind === "forgotten-commit") {
    const prepared = second.rest[1];
    return second.view > first.view && (prepared === null || prepared < first.view);
  }
  const same = first.rest.every((item, at) => alike(item, second.rest[at]));
  return first.view === second.view && !same;
}

function headsContradict({ networkId, statements, grown }) {
  const [first, second] = statements;
  if (first.word !== second.word || !HEADS.includes(first.word)) return false;
  const [small, large] = statements.map(headIn);
  const ours = small.origin.endsWith(`/${hex(networkId).slice(0, ORIGIN_DIGITS)}`);
  if (!ours || small.origin !== large.origin || small.size > large.size) return false;
  if ((grown === null) !== (small.size === large.size)) return false;
  if (grown !== null) {
    verifyConsistency(small.size, large.size, grown.path, grown.root, large.root);
  }
  return !equal(grown === null ? large.root : grown.root, small.root);
}

/** What a statement about a slot says. */
function saidIn({ word, body }) {
  const items = array(decode(body, STATEMENT_BYTES_MAX), word, WORDS[word]);
  const [networkId, epoch, height, view] = items;
  return {
    networkId: digest(networkId, "network_id"),
    epoch: integer(epoch, "epoch"),
    height: integer(height, "height", 1n),
    view: integer(view, "view", 0n, VIEW_MAX),
    rest: restOf(word, items.slice(SLOT_ITEMS)),
  };
}

function restOf(word, [named, second, third]) {
  const first = digest(named, "digest");
  const hash = (value) => optional(value, (each) => digest(each, "header hash"));
  if (word === "new-view") return [first, hash(second)];
  if (word !== "view-change") return [first];
  if ((second === null) !== (third === null)) refuse("format.shape", { what: "prepared" });
  const view = optional(second, (each) => integer(each, "prepared view", 0n, VIEW_MAX));
  return [first, view, hash(third)];
}

/** The head that a cosignature or a log signature names. */
function headIn({ word, body }) {
  const spelled = textOf(body) ?? refuse("note.invalid");
  let shown = spelled;
  if (word === "cosignature") {
    const [timed, time] = TIME.exec(spelled) ?? refuse("format.shape", { what: word });
    if (BigInt(time) > TIME_MAX) refuse("format.shape", { what: word });
    shown = spelled.slice(timed.length);
  }
  const head = parseCheckpoint(shown);
  return head.size > 0n ? head : refuse("format.shape", { what: "size" });
}

function alike(one, other) {
  if (one === null || other === null) return one === other;
  return equal(one, other);
}

function statementOf(value, what) {
  const [word, body, signature] = array(value, what, 3);
  const fits = body instanceof Uint8Array && body.length <= STATEMENT_BYTES_MAX;
  if (!fits) refuse("format.shape", { what });
  return {
    word: oneOf(word, [...Object.keys(WORDS), ...HEADS], what),
    body,
    signature: octets(signature, what, SIGNATURE_BYTES),
  };
}

function grownOf(value) {
  const [root, path] = array(value, "grown", 2);
  return {
    root: octets(root, "root", DIGEST_BYTES),
    path: array(path, "path", PATH_MAX, 0).map((each) => digest(each, "path")),
  };
}

function oneOf(value, known, what) {
  const word = text(value, what, WORD_BYTES_MAX);
  return known.includes(word) ? word : refuse("format.shape", { what });
}
