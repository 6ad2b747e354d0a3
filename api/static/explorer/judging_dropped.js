/**
 * Owns what becomes of everything that a reader dropped together: each piece of evidence judged
 * under its network's trust root, each document looked for in all of them.
 */

import { hex } from "../verify/bytes.js";
import { judgePresented } from "../verify/judging.js";
import { Refusal } from "../verify/refusal.js";

/**
 * Judge what was dropped.
 *
 * @param {object[]} files of `sorted`; documents with their `digests`
 * @param {object[]} held trust roots that the page has, of `decodeTrust`: a dropped one comes first
 * @returns {{outcomes: object[], documents: object[], roots: object[]}} for each piece of evidence
 *   its `file` and either `verdict` or `refusal`; for each document the `outcomes` that name it and
 *   hold; and the trust roots that counted
 */
export function judgeDropped(files, held) {
  const of = (kind) => files.filter((each) => each.kind === kind);
  const roots = distinct([...of("trust").map(({ trust }) => trust), ...held]);
  const policies = of("policy").map(({ policy }) => policy);
  const documents = of("document");
  const evidence = of("evidence");
  const named = (each) => documents.filter(({ digests }) => each.presented.names(digests));
  const outcomes = [
    ...judged(evidence, roots, named, policies),
    ...of("refused").map(({ file, refusal }) => ({ file, verdict: null, refusal })),
  ];
  const found = documents.map(({ file, digests }) => ({
    file,
    digests,
    outcomes: outcomes.filter(({ asked, verdict }) =>
      verdict !== null && asked.some((each) => each.file === file)),
    refused: outcomes.filter(({ asked = [], verdict }) =>
      verdict === null && asked.some((each) => each.file === file)),
  }));
  return { outcomes, documents: found, roots };
}

function judged(evidence, roots, named, policies) {
  if (!evidence.length) return [];
  if (!roots.length) {
    return evidence.map(({ file }) =>
      ({ file, asked: [], verdict: null, refusal: new Refusal("trust.none") }));
  }
  const digests = evidence.flatMap((each) => named(each).map((document) => document.digests));
  const outcomes = judgePresented(
    evidence.map(({ presented }) => presented), roots,
    { documents: [...new Set(digests)], policies });
  return outcomes.map((outcome, at) =>
    ({ ...outcome, file: evidence[at].file, asked: named(evidence[at]) }));
}

/** One root for each network: the first. */
function distinct(roots) {
  const found = new Map();
  for (const root of roots) {
    const name = hex(root.networkId);
    if (!found.has(name)) found.set(name, root);
  }
  return [...found.values()];
}
