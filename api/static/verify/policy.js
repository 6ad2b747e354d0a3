/** Owns policies: whose signatures a reader of checkpoints asks for. Spec: policy.md. */

import { characters, hex, octetsIn, textOf } from "./bytes.js";
import {
  COSIGNATURE_TYPE, LOG_TYPE, knownLines, parseCheckpoint, parseVerifierKey, verifyNote,
} from "./note.js";
import { refuse } from "./refusal.js";

const POLICY_BYTES_MAX = 64 << 10;
const DEFINED_MAX = 64;
const NONE = "none";
const OUTSIDE = /[\0-\x08\x0b-\x1f\x7f]/;

/**
 * The policy that `bytes` spell, of which each octet is a character: `logs` and `witnesses` by
 * name, `groups`, and the `quorum`.
 *
 * @throws {Refusal} `policy.invalid` with the line, or `note.invalid` for a key
 */
export function parsePolicy(bytes) {
  const text = bytes.length <= POLICY_BYTES_MAX ? characters(bytes) : "";
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null };
  if (OUTSIDE.test(text) || !text.endsWith("\n")) wrong(0);
  text.slice(0, -1).split("\n").forEach((line, at) => readLine(policy, line, at + 1));
  return policy.quorum === null ? wrong(0) : policy;
}

/**
 * Verify that a checkpoint is what a policy asks for.
 *
 * @param {object} policy of `parsePolicy`
 * @param {object} note of `parseNote`
 * @returns {object[]} the signatures of known keys
 * @throws {Refusal} `note.*`, `policy.log` or `policy.quorum`
 */
export function verifyPolicy(policy, note) {
  const { logs, witnesses } = policy;
  const { origin } = parseCheckpoint(note.text);
  const found = verifyNote(note, [...logs, ...witnesses.values()]);
  const signed = new Set(found.map(({ key }) => key));
  const logged = logs.some((key) => key.name === origin && signed.has(key));
  if (logs.length && !logged) refuse("policy.log", { origin });
  requireQuorum(policy, signed);
  return found;
}

/**
 * Verify that heads of one log, each the beginning of the next, together are what a policy asks
 * for. No log has to have signed, for the caller has asked the log's committee.
 *
 * @param {object} policy of `parsePolicy`
 * @param {string} origin of the log
 * @param {object[]} notes of these heads
 * @returns {object[]} `key` and `timeS` of each witness that is there, in the policy's order
 * @throws {Refusal} `note.signature`, `policy.log` or `policy.quorum`
 */
export function verifyPolicyOf(policy, origin, notes) {
  const { logs } = policy;
  if (logs.length && !logs.some(({ name }) => name === origin)) refuse("policy.log", { origin });
  const witnesses = [...policy.witnesses.values()];
  const found = notes.flatMap((note) => knownLines(note, [...logs, ...witnesses]));
  requireQuorum(policy, new Set(found.map(({ key }) => key)));
  return witnesses.flatMap((witness) => found.filter(({ key }) => key === witness).slice(0, 1));
}

function requireQuorum({ witnesses, groups, quorum }, signed) {
  const isThere = (name) => {
    const group = groups.get(name);
    if (group === undefined) return signed.has(witnesses.get(name));
    return group.members.filter(isThere).length >= group.needed;
  };
  if (quorum !== NONE && !isThere(quorum)) refuse("policy.quorum", { quorum });
}

function readLine(policy, line, number) {
  const words = line.split(/[ \t]+/).filter(Boolean);
  if (!words.length || words[0].startsWith("#")) return;
  const [kind, ...rest] = words;
  const read = { log: readLog, witness: readWitness, group: readGroup, quorum: readQuorum };
  if (!Object.hasOwn(read, kind)) wrong(number);
  read[kind](policy, rest, number);
  const { logs, witnesses, groups } = policy;
  if (Math.max(logs.length, witnesses.size, groups.size) > DEFINED_MAX) wrong(number);
}

function readLog(policy, words, number) {
  if (words.length < 1 || words.length > 2) wrong(number);
  policy.logs.push(keyOf(policy, words[0], LOG_TYPE, number));
}

function readWitness(policy, words, number) {
  if (words.length < 2 || words.length > 3) wrong(number);
  const [name, spelled] = words;
  if (isDefined(policy, name)) wrong(number);
  policy.witnesses.set(name, keyOf(policy, spelled, COSIGNATURE_TYPE, number));
}

function readGroup(policy, [name, many, ...members], number) {
  const { groups } = policy;
  const taken = new Set([...groups.values()].flatMap((group) => group.members));
  const counts = { any: 1, all: members.length };
  const counted = many !== undefined && /^[1-9][0-9]{0,2}$/.test(many);
  const needed = counted ? Number(many) : counts[many];
  const known = members.every((each) =>
    each !== NONE && isDefined(policy, each) && !taken.has(each));
  const fits = members.length && known && new Set(members).size === members.length
    && needed <= members.length && !isDefined(policy, name);
  if (!fits) wrong(number);
  groups.set(name, { needed, members });
}

function readQuorum(policy, [name, ...more], number) {
  if (policy.quorum !== null || more.length || !isDefined(policy, name)) wrong(number);
  policy.quorum = name;
}

/** Whether a name may not be defined again, and may be cited. */
function isDefined({ witnesses, groups }, name) {
  return name === NONE || witnesses.has(name) || groups.has(name);
}

/** A key of the one type; neither its public key nor what names it in a note came before. */
function keyOf({ logs, witnesses }, spelled, type, number) {
  const key = parseVerifierKey(textOf(octetsIn(spelled)) ?? refuse("note.invalid"));
  const again = [...logs, ...witnesses.values()].some((other) =>
    (other.type === key.type && hex(other.publicKey) === hex(key.publicKey))
      || (other.name === key.name && other.id === key.id));
  return key.type === type && !again ? key : wrong(number);
}

function wrong(line) {
  return refuse("policy.invalid", { line });
}
