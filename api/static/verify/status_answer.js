/**
 * Owns answers about a status row: what it is, now or at a time, under a head that is proved.
 *
 * Spec: status_answer.md.
 */

import { compare, concat, utf8 } from "./bytes.js";
import { decodeBlockLeaf } from "./block.js";
import { decode, encode } from "./canonical.js";
import { SIGNATURE_BYTES, verifySignature } from "./ed25519.js";
import { committeeAt, followLinks, openLinks } from "./epochs.js";
import { TAG } from "./hashing.js";
import { verifyInclusion } from "./merkle.js";
import { receiptOf } from "./receipt.js";
import { numbered, refuse, refusedAs } from "./refusal.js";
import { TIME_MAX, identifier } from "./shape.js";
import { ROW_BYTES_MAX, intervalOf, statusLeaf } from "./status.js";
import {
  jsonArray, jsonHex, jsonInteger, jsonOctets, jsonOptional, jsonPath, jsonText, table,
  versionedObject,
} from "./strict_json.js";
import { verifyDecoded } from "./verdict.js";

export const FORMAT = "bidwitness.status-answer";
export const ANSWER_BYTES_MAX = 2 << 20;
const KEY_BYTES_MAX = 512;
const ROWS_MAX = 2;
const STATEMENTS_MAX = 32;
const NAME_MAX = 32;
const STATUS_STEP = 16;
const STATEMENTS_STEP = 17;

/** The answer in a JSON value. */
export function statusAnswerOf(value) {
  const names = ["row", "at_ms", "rows", "statements", "receipt"];
  const [row, atMs, rows, statements, receipt] = versionedObject(value, FORMAT, names);
  return {
    row: jsonText(row, "row", KEY_BYTES_MAX),
    atMs: jsonOptional(atMs, (each) => jsonInteger(each, "at_ms", TIME_MAX)),
    rows: jsonArray(rows, "rows", ROWS_MAX).map(rowOf),
    statements: jsonArray(statements, "statements", STATEMENTS_MAX).map(statementOf),
    receipt: receiptOf(receipt),
  };
}

function rowOf(given) {
  const [key, value, index, path] = table(given, "rows", ["key", "value", "index", "path"]);
  return {
    key: jsonText(key, "rows.key", KEY_BYTES_MAX),
    value: jsonOctets(value, "rows.value", ROW_BYTES_MAX),
    index: jsonInteger(index, "rows.index"),
    path: jsonPath(path, "rows.path"),
  };
}

function statementOf(given) {
  const names = ["node_id", "answered_at_ms", "signature"];
  const [nodeId, answeredAtMs, signature] = table(given, "statements", names);
  return {
    nodeId: identifier(jsonText(nodeId, "node_id", NAME_MAX), "node_id"),
    answeredAtMs: jsonInteger(answeredAtMs, "answered_at_ms", TIME_MAX),
    signature: jsonHex(signature, "statements.signature", SIGNATURE_BYTES),
  };
}

/**
 * Verify an answer: the receipt inside proves the head, the rows stand under it.
 *
 * @returns {object} what the receipt proves, with `status`: row, standing, atMs, interval, value,
 *   height and headTimeMs of the head, `stated` and `statedNeeded`
 * @throws {Refusal} with the number of the check
 */
export function verifyStatusAnswer(answer, trust, documents = [], policy = null) {
  const verdict = verifyDecoded(answer.receipt, trust, documents, policy);
  const head = decodeBlockLeaf(answer.receipt.headLeaf);
  const found = numbered(STATUS_STEP, () => judge(answer, head));
  const links = openLinks(answer.receipt.epochs, trust.genesis.parameters);
  const committee = committeeAt(followLinks(links, trust), verdict.treeSize);
  const stated = numbered(STATEMENTS_STEP, () => statedBy(answer, committee));
  const statedNeeded = committee.f + 1;
  const steps = [
    ...verdict.steps,
    { number: STATUS_STEP, applies: true, facts: { row: answer.row, height: found.height } },
    {
      number: STATEMENTS_STEP,
      applies: stated.length > 0,
      facts: { found: stated.length, needed: statedNeeded },
    },
  ];
  const unstated = stated.length < statedNeeded ? ["unstated"] : [];
  const caveats = [...verdict.caveats, ...unstated];
  return { ...verdict, steps, caveats, status: { ...found, stated, statedNeeded } };
}

/** Check 16: the rows stand under the head, and answer what was asked. */
function judge(answer, head) {
  const atMs = answer.atMs ?? head.timeMs;
  if (atMs > head.timeMs) refuse("answer.future", { at: atMs });
  for (const { key, value, index, path } of answer.rows) {
    verifyInclusion(statusLeaf(utf8(key), value), index, head.statusSize, path, head.statusRoot);
  }
  const [first, second] = answer.rows;
  if (second !== undefined && second.index !== first.index + 1n) wrong("neighbours");
  const { standing, row } = standingOf(answer, atMs, head.statusSize);
  const [interval, ...value] = row === null ? [null] : read(row);
  return {
    row: answer.row,
    standing,
    atMs,
    interval: interval === null ? null : intervalOf(interval),
    value,
    height: head.height,
    headTimeMs: head.timeMs,
  };
}

function standingOf({ row, rows }, atMs, size) {
  const own = rows.filter(({ key }) => (row.endsWith("/") ? key.startsWith(row) : key === row));
  if (own.length === 1 && rows.length === 1) {
    const [only] = own;
    if (holdsAt(intervalOf(read(only)[0]), atMs)) return { standing: "in_force", row: only };
    if (only.key === row || only.index === 0n) return notInForce(only, atMs, only.key !== row);
  }
  if (rows.length === 2 && own.length === 1 && own[0] === rows[1]) {
    return notInForce(rows[1], atMs, true);
  }
  if (own.length || !isBetween(rows, utf8(row), size)) wrong("rows");
  return { standing: "absent", row: null };
}

/** Of a first spell only the time before it is told; of a single row also the time after. */
function notInForce(row, atMs, isFirst) {
  const interval = intervalOf(read(row)[0]);
  const begun = interval.fromTimeMs === null || interval.fromTimeMs <= atMs;
  if (holdsAt(interval, atMs) || (isFirst && begun)) wrong("spell");
  return { standing: "not_in_force", row };
}

/** Whether nothing that is asked about can stand between or beside the rows. */
function isBetween(rows, asked, size) {
  const order = rows.map(({ key }) => compare(utf8(key), asked));
  if (rows.length === 2) return order[0] < 0 && order[1] > 0;
  if (rows.length === 0) return size === 0n;
  const { index } = rows[0];
  return (index === 0n && order[0] > 0) || (index === size - 1n && order[0] < 0);
}

function holdsAt({ fromTimeMs, untilTimeMs }, atMs) {
  const begun = fromTimeMs === null || fromTimeMs <= atMs;
  return begun && (untilTimeMs === null || atMs < untilTimeMs);
}

function read({ value }) {
  const items = decode(value, ROW_BYTES_MAX);
  return Array.isArray(items) && items.length ? items : wrong("value");
}

/** Check 17: nodes of the committee signed exactly this answer, each once. */
function statedBy(answer, committee) {
  const stated = answer.statements.map((word) => {
    const node = committee.nodes.find(({ nodeId }) => nodeId === word.nodeId);
    if (node === undefined) refuse("answer.statement", { node: word.nodeId });
    refusedAs("answer.statement", { node: word.nodeId }, () => verifyStatement(answer, word, node));
    return { nodeId: word.nodeId, answeredAtMs: word.answeredAtMs };
  });
  if (new Set(stated.map(({ nodeId }) => nodeId)).size !== stated.length) {
    refuse("answer.statement", { node: "twice" });
  }
  return stated;
}

function verifyStatement({ receipt, row, atMs, rows }, { nodeId, answeredAtMs, signature }, node) {
  const told = rows.map(({ key, value }) => [key, value]);
  const signed = encode([receipt.networkId, nodeId, row, atMs, told, answeredAtMs]);
  verifySignature(node.nodeKey, concat(TAG["status-answer"], signed), signature);
}

function wrong(what) {
  return refuse("answer.rows", { what });
}
