#!/usr/bin/env node
/**
 * The verifier as a command of Node: `node verify.js FILE --trust trust.json [--document FILE] …`
 *
 * Opens no connection. Exit status: 0 proved, 1 refused, 2 not understood.
 */

import { createReadStream, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { decodeTrust, digestDocument, Refusal, verifyFile } from "./index.js";

const USAGE =
  "node verify.js FILE --trust trust.json [--document FILE] [--receipt FILE] [--json]\n";
const CHECKS = [
  "格式 format", "网络 network", "记录编号 record id", "提交包 bundle", "签名密钥 signing key",
  "日志 log", "委员会 committee", "共签 quorum", "密封 sealed", "文件 document",
  "密封承诺 commitment", "截止时间 deadline", "投标集合 bid set",
];

/** Verify what the arguments name and say so on standard output; the exit status. */
async function main(given) {
  const options = { type: "string" };
  const { values, positionals } = parseArgs({
    args: given,
    allowPositionals: true,
    options: {
      trust: options, receipt: options, document: { ...options, multiple: true },
      json: { type: "boolean" },
    },
  });
  if (positionals.length !== 1 || values.trust === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const documents = [];
  for (const path of values.document ?? []) {
    documents.push(await digestDocument(createReadStream(path)));
  }
  const receipt = values.receipt === undefined ? null : readFileSync(values.receipt);
  const tell = values.json ? asJson : asText;
  try {
    const trust = decodeTrust(readFileSync(values.trust));
    const verdict = verifyFile(readFileSync(positionals[0]), trust, { documents, receipt });
    process.stdout.write(tell(verdict.steps, verdict, null));
    return 0;
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    process.stdout.write(tell(problem.passed, null, problem));
    return 1;
  }
}

function asText(steps, verdict, problem) {
  const lines = steps.map(({ number, applies }) =>
    `${String(number).padStart(2)} ${applies ? "✓" : "–"} ${CHECKS[number - 1]}`);
  if (problem !== null) {
    const place = problem.step === null ? "" : ` ${CHECKS[problem.step - 1]}`;
    lines.push(`${String(problem.step ?? "").padStart(2)} ✗${place}: ${problem.code}`);
  } else {
    const { recordId, height, index, committedAtMs, existedByMs, quorum, caveats } = verdict;
    lines.push(
      "", `已证明 proved: ${recordId}`, `高度 height ${height}, 序号 index ${index}`,
      `上链时间 committed ${utc(committedAtMs)}, 最迟存在 existed by ${utc(existedByMs)}`,
      `共签节点 cosigned by ${quorum.map(({ nodeId }) => nodeId).join(", ")}`,
      `未证明 not proved: ${caveats.join(", ")}`,
      ...(verdict.standing ? [`投标状态 standing: ${verdict.standing}`] : []),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** One line for programs; integers are decimal text, byte strings hex. */
function asJson(steps, verdict, problem) {
  const told = problem === null
    ? { holds: true, ...verdict } : { holds: false, step: problem.step, code: problem.code, steps };
  return `${JSON.stringify(told, (_, value) => {
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Map) return Object.fromEntries(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
  })}\n`;
}

function utc(timeMs) {
  const time = new Date(Number(timeMs));
  return Number.isNaN(time.getTime()) ? `${timeMs} ms` : time.toISOString();
}

process.exitCode = await main(process.argv.slice(2)).catch((problem) => {
  process.stderr.write(`${problem.message}\n`);
  return 2;
});
