#!/usr/bin/env node
/**
 * The verifier as a command of Node:
 * `node verify.js FILE … --trust FILE|FOLDER … [--policy FILE] … [--document FILE] …`
 *
 * Opens no connection. Exit status: 0 all proved, 1 one refused, 2 not understood.
 */

import {
  closeSync, createReadStream, openSync, readFileSync, readSync, readdirSync, statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { TRUST_BYTES_MAX } from "./genesis.js";
import { decodeTrust, digestDocument, parsePolicy, Refusal, verifyEvidence } from "./index.js";
import { refuse } from "./refusal.js";

const NETWORKS_MAX = 64;
const TRUST_FILES_MAX = 4096;
const NOT_PRINTABLE = /(?! )[\p{C}\p{Z}]/gu;
const USAGE = "node verify.js FILE … --trust FILE|FOLDER … [--policy FILE] … [--document FILE] … "
  + "[--json]\n";
const CHECKS = [
  "格式 format", "网络 network", "记录编号 record id", "提交包 bundle", "签名密钥 signing key",
  "日志 log", "委员会 committee", "联署 quorum", "封存 sealed", "文件 document",
  "承诺 commitment", "截止时间 deadline", "封存集合 bid set", "证书 certificate",
  "电子签名 PDF signature", "状态行 status rows", "节点声明 statements",
];

/** Verify what the arguments name and say so on standard output; the exit status. */
async function main(given) {
  const list = { type: "string", multiple: true, default: [] };
  const { values, positionals } = parseArgs({
    args: given,
    allowPositionals: true,
    options: { trust: list, policy: list, document: list, json: { type: "boolean" } },
  });
  if (!positionals.length || !values.trust.length) {
    process.stderr.write(USAGE);
    return 2;
  }
  const documents = [];
  for (const path of values.document) documents.push(await digestDocument(createReadStream(path)));
  const policies = values.policy.map((path) => parsePolicy(readFileSync(path)));
  const outcomes = await verifyEvidence(
    positionals.map(fileAt), trustsIn(values.trust), { documents, policies });
  const tell = values.json ? asJson : asText;
  outcomes.forEach(({ source, name, verdict, refusal, citations }) => {
    const file = name === null ? positionals[source] : `${positionals[source]}: ${name}`;
    if (outcomes.length > 1 && !values.json) process.stdout.write(`${shown(file)}\n`);
    const steps = refusal === null ? verdict.steps : refusal.passed;
    const told = verdict === null ? null : { ...verdict, citations };
    process.stdout.write(tell(steps, told, refusal));
  });
  return outcomes.every(({ verdict }) => verdict !== null) ? 0 : 1;
}

/** A file in the manner of a Blob: read as it is asked for, because a bundle may have 4 GiB. */
function fileAt(path) {
  const found = statSync(path);
  if (!found.isFile()) return new Uint8Array(readFileSync(path));
  const file = openSync(path, "r");
  const part = (from, to) => ({
    size: to - from,
    slice: (start, end) => part(from + start, Math.min(from + end, to)),
    arrayBuffer: async () => {
      const data = new Uint8Array(to - from);
      let done = 0;
      for (let read = -1; read !== 0; done += read) {
        read = readSync(file, data, done, data.length - done, from + done);
      }
      return data.buffer.slice(0, done);
    },
  });
  return part(0, found.size);
}

/**
 * The trust roots in files, and in folders every `trust.json` and what else says to be one.
 *
 * A folder that others can write to holds up nobody: so many files are looked at, of so many bytes.
 */
function trustsIn(paths) {
  const found = new Map();
  const take = (path) => {
    const trust = decodeTrust(readCapped(path));
    found.set(trust.origin, trust);
    if (found.size > NETWORKS_MAX) refuse("trust.too_many", { limit: NETWORKS_MAX });
  };
  for (const path of paths) {
    if (!statSync(path).isDirectory()) {
      take(path);
      continue;
    }
    const names = readdirSync(path);
    const beside = names.map((each) => join(path, each)).filter((each) => each.endsWith(".json"));
    const below = names.map((each) => join(path, each, "trust.json")).filter(isFile);
    const looked = [...beside, ...below];
    if (looked.length > TRUST_FILES_MAX) refuse("trust.too_many", { limit: TRUST_FILES_MAX });
    looked.filter(isFile)
      .filter((each) => basename(each) === "trust.json" || saysTrust(each))
      .forEach(take);
  }
  if (!found.size) throw new Error("no trust root: trust.none");
  return [...found.values()];
}

/** Whether there is a file, at the end of whatever links. */
function isFile(path) {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A whole file, of which at most one byte more than a trust root may have is read. */
function readCapped(path) {
  const data = Buffer.alloc(Math.min(statSync(path).size, TRUST_BYTES_MAX) + 1);
  const file = openSync(path, "r");
  let size = 0;
  try {
    for (let read = -1; read !== 0; size += read) {
      read = readSync(file, data, size, data.length - size, null);
    }
  } finally {
    closeSync(file);
  }
  if (size > TRUST_BYTES_MAX) refuse("format.too_large", { size, limit: TRUST_BYTES_MAX });
  return Uint8Array.prototype.slice.call(data, 0, size);
}

function saysTrust(path) {
  try {
    return JSON.parse(new TextDecoder().decode(readCapped(path)))?.format === "bidwitness.trust";
  } catch (problem) {
    if (problem instanceof SyntaxError || problem instanceof Refusal) return false;
    throw problem;
  }
}

function asText(steps, verdict, problem) {
  const lines = steps.map(({ number, applies }) =>
    `${String(number).padStart(2)} ${applies ? "✓" : "–"} ${CHECKS[number - 1]}`);
  if (problem !== null) {
    const place = problem.step === null ? "" : ` ${CHECKS[problem.step - 1]}`;
    lines.push(`${String(problem.step ?? "").padStart(2)} ✗${place}: ${problem.code}`);
  } else if (verdict.culprit) {
    const { kind, nodeId, memberId, key, epoch } = verdict.culprit;
    lines.push(
      `不当行为成立 misconduct proven: ${kind}`,
      `节点 node ${nodeId}, 单位 organisation ${memberId}, 届次 epoch ${epoch}`,
      `公钥 public key ${Buffer.from(key).toString("hex")}`,
      "未证明 not proved: intent, others",
    );
  } else {
    const { recordId, height, index, committedAtMs, existedByMs, quorum, caveats } = verdict;
    lines.push(
      "", `已证明 proved: ${recordId}`, `高度 height ${height}, 序号 index ${index}`,
      `上链时间 committed ${utc(committedAtMs)}, 最迟存在 existed by ${utc(existedByMs)}`,
      `共签节点 cosigned by ${quorum.map(({ nodeId }) => nodeId).join(", ")}`,
      ...verdict.witnesses.map(({ name, timeMs }) => `外部联署 witnessed by ${name} ${utc(timeMs)}`),
      ...verdict.citations.map(({ relation, recordId: cited, standing }) =>
        `引用 ${relation} ${Buffer.from(cited).toString("hex")}: ${standing}`),
      `未证明 not proved: ${caveats.join(", ")}`,
      ...(verdict.bid ? [`投标状态 standing: ${verdict.bid.standing}`] : []),
      ...(verdict.status ? [`状态 status: ${told(verdict.status)}`] : []),
    );
  }
  return `${lines.map(shown).join("\n")}\n`;
}

/** What a status row says, on one line. */
function told({ row, standing, atMs, value, stated, statedNeeded }) {
  const words = value.filter((each) => typeof each === "string").join(" ");
  return `${row} ${standing} @ ${utc(atMs)} ${words} (${stated.length}/${statedNeeded})`;
}

/** A text from anyone on one line: nothing in it writes on the reader's terminal by itself. */
function shown(text) {
  return text.replace(NOT_PRINTABLE, "\ufffd");
}

/** The same in JSON, which machines read as it is. */
function escaped(json) {
  return json.replace(NOT_PRINTABLE, (found) => found.replace(/[^]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

/** One line for programs; integers are decimal text, byte strings hex. */
function asJson(steps, verdict, problem) {
  const told = problem === null
    ? { holds: true, ...verdict } : { holds: false, step: problem.step, code: problem.code, steps };
  const json = JSON.stringify(told, (_, value) => {
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Map) return Object.fromEntries(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
  });
  return `${escaped(json)}\n`;
}

function utc(timeMs) {
  const time = new Date(Number(timeMs));
  return Number.isNaN(time.getTime()) ? `${timeMs} ms` : time.toISOString();
}

// Whoever read our output has left, as `| head` does; there is nobody to tell.
process.stdout.on("error", () => process.exit(2));
process.exitCode = await main(process.argv.slice(2)).catch((problem) => {
  const code = problem instanceof Refusal ? problem.code : problem.message;
  process.stderr.write(`${shown(code)}\n`);
  return 2;
});
