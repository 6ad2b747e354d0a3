/** Runs the judge in Node: a question in JSON on standard input, the answer on standard output. */

import { readFileSync } from "node:fs";
import { judgeAll, judgeBundles, judgeFiles } from "./judge.js";
import { bidTold, statusTold, stepTold } from "../../api/static/explorer/told.js";
import { Words } from "../../api/static/explorer/words.js";
import { fromBase64, fromHex, hex } from "../../api/static/verify/bytes.js";
import { decodeTrust, digestDocument, verifyFile } from "../../api/static/verify/index.js";
import { isPointAssigned } from "../../api/static/verify/unicode.js";

/** The first and the last code point of every run that the verifier takes for assigned. */
function assignedRuns() {
  const runs = [];
  for (let point = 0; point <= 0x10ffff; point += 1) {
    if (!isPointAssigned(point)) continue;
    const last = runs[runs.length - 1];
    if (last !== undefined && last[1] === point - 1) last[1] = point;
    else runs.push([point, point]);
  }
  return runs;
}

async function digests({ path, webCrypto }) {
  const found = await digestDocument(new Uint8Array(readFileSync(path)), { webCrypto });
  return [hex(found.sha256), hex(found.sm3), Number(found.sizeBytes)];
}

/** What pages say of files that hold, in the words of one language. */
function told({ files, language, tables }) {
  const words = new Words(language, tables);
  return files.map(({ trust, data, documents }) => {
    const root = decodeTrust(fromBase64(trust));
    const asked = documents.map(([sha256, size]) =>
      ({ sha256: fromHex(sha256), sizeBytes: BigInt(size), sm3: null }));
    const verdict = verifyFile(fromBase64(data), root, { documents: asked });
    return [verdict.steps.map((step) => stepTold(step, words)),
      bidTold(verdict, words), statusTold(verdict, words)];
  });
}

const ANSWERS = {
  told,
  vectors: ({ files }) => judgeAll(files),
  files: ({ trusts, files }) => judgeFiles(trusts, files),
  bundles: ({ trust, files }) => judgeBundles(trust, files),
  assigned: assignedRuns,
  digests,
};

const question = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await ANSWERS[question.ask](question)));
