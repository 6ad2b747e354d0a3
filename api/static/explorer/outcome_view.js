/** Owns how a judged file is shown: one sentence, the numbered checks, what is proved and not. */

import { hex } from "../verify/bytes.js";
import { element, factList, timeElement } from "./elements.js";
import { bidTold, bidTone, statusTold, stepTold } from "./told.js";
import { plain } from "./words.js";

/** The checks that every receipt goes through. */
const RECEIPT_CHECKS = 10;
const TONES = { fine: "✓", edge: "△", still: "✗" };
const SIGNS = { passed: "✓", absent: "–", failed: "✗", unreached: "·" };

/**
 * What became of one file.
 *
 * @param {object} outcome of `judgeDropped`
 * @param {Words} words
 * @param {{live: boolean, title: ?string}} options whether records have pages that can be linked; a
 *   heading other than the name of the file
 * @returns {Element} an article
 */
export function outcomeView(outcome, words, { live, title = null }) {
  const { file, verdict, refusal } = outcome;
  const holds = verdict !== null;
  const tone = holds ? bidTone(verdict) : "still";
  return element("article", { class: "outcome" },
    element("h2", {}, title ?? plain(file.name)),
    element("p", { class: `verdict ${tone}` },
      element("span", { class: "sign", "aria-hidden": "true" }, TONES[tone]), " ",
      element("strong", {}, holds ? headline(verdict, words) : failedHeadline(refusal, words)), " ",
      holds ? words.say("holds_told") : words.refused(refusal)),
    checkList(outcome, words),
    ...(holds ? proved(verdict, outcome.citations ?? [], words, live) : []));
}

/** The numbered checks: those that passed, the one that failed, those that were not reached. */
export function checkList({ verdict, refusal }, words) {
  const steps = verdict === null ? refusal.passed : verdict.steps;
  const rows = steps.map((step) => passedRow(step, words));
  if (verdict === null && refusal.step !== null) {
    const told = `${words.refused(refusal)} [${refusal.code}]`;
    rows.push(row(refusal.step, "failed", words, told));
    for (let number = refusal.step + 1; number <= RECEIPT_CHECKS; number += 1) {
      rows.push(row(number, "unreached", words, ""));
    }
  }
  rows.forEach((each, at) => each.style.setProperty("--turn", String(at)));
  return rows.length ? element("ol", { class: "checks turning" }, ...rows) : null;
}

function passedRow(step, words) {
  return row(step.number, step.applies ? "passed" : "absent", words, stepTold(step, words));
}

function row(number, mark, words, told) {
  return element("li", { value: number, class: mark },
    element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[mark]), " ",
    element("strong", {}, words.phrase(`step.${number}.name`)), " ",
    element("small", {}, `(${words.say(mark)})`), " ", told);
}

function headline(verdict, words) {
  if (verdict.culprit) return words.phrase("misconduct.proven");
  return bidTold(verdict, words) ?? statusTold(verdict, words)
    ?? words.say("holds", { found: verdict.quorum.length, nodes: verdict.nodesCount });
}

function failedHeadline(refusal, words) {
  if (refusal.step === null) return words.phrase("label.refused_file");
  const name = words.phrase(`step.${refusal.step}.name`);
  return words.phrase("label.refused", { number: refusal.step, name });
}

function proved(verdict, citations, words, live) {
  if (verdict.culprit) return [culpritFacts(verdict.culprit, words)];
  const caveats = verdict.caveats.filter((each) => words.has(`caveat.${each}`));
  return [
    element("h3", {}, words.say("proved")),
    factList([...recordFacts(verdict, words, live), ...placeFacts(verdict, words),
      ...citations.map((each) => citationRow(each, words))]),
    element("h3", {}, words.phrase("label.not_proved")),
    element("ul", {}, ...caveats.map((each) =>
      element("li", {}, words.phrase(`caveat.${each}`)))),
  ];
}

function recordFacts(verdict, words, live) {
  const { record, recordId, inner, disclosed = [] } = verdict;
  const label = (name) => words.phrase(`label.${name}`);
  const id = element("code", {}, recordId);
  return [
    [label("record"), live ? element("a", { href: `/records/${recordId}` }, id) : id],
    [label("type"), element("code", {}, plain(record.type))],
    [label("issuer"), plain(record.issuer)],
    ...(record.subject ? [[label("subject"), plain(record.subject)]] : []),
    ...record.evidence.map((each) => [label("evidence"), plain(each.label), " ",
      element("small", {}, `SHA-256 `), element("code", {}, hex(each.sha256))]),
    ...(inner ? [[label("inner"), element("code", {}, plain(inner.type)), " ",
      plain(`${inner.issuer} ${inner.subject}`)]] : []),
    ...disclosed.map(({ name, value }) => [label("disclosed"), `${plain(name)} = ${told(value)}`]),
    [label("occurred"), timeElement(verdict.occurredAtMs)],
    [label("committed"), timeElement(verdict.committedAtMs)],
    [label("existed_by"), timeElement(verdict.existedByMs)],
  ];
}

/** A field's value on one line. */
function told(value) {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(told).join(", ");
  if (!(value instanceof Map)) return plain(value);
  return [...value].map(([name, each]) => `${name}: ${told(each)}`).join("; ");
}

function placeFacts(verdict, words) {
  const label = (name, facts) => words.phrase(`label.${name}`, facts);
  const { height, index, root, treeSize } = verdict;
  return [
    [label("place"), label("place_value", { height, index })],
    [label("root"), element("code", {}, root), ` (${treeSize})`],
    ...verdict.quorum.map(({ nodeId, memberId, timeMs }) => [label("quorum"),
      label("quorum_value", { node: nodeId, member: memberId }), " ", timeElement(timeMs)]),
    ...verdict.witnesses.map(({ name, timeMs }) =>
      [label("witnessed"), plain(name), " ", timeElement(timeMs)]),
  ];
}

function citationRow({ relation, recordId, standing }, words) {
  const name = words.has(`relation.${relation}`) ? words.phrase(`relation.${relation}`) : relation;
  return [name, element("code", {}, hex(recordId)), " ", words.say(`cited_${standing}`)];
}

function culpritFacts({ kind, nodeId, memberId, key, epoch }, words) {
  return factList([
    [words.phrase("misconduct.culprit"),
      words.phrase("misconduct.culprit_value", { node: nodeId, member: memberId })],
    [words.phrase("misconduct.kind"), words.phrase(`misconduct.kinds.${kind}`)],
    [words.phrase("misconduct.epoch"), String(epoch)],
    [words.phrase("misconduct.key"), element("code", {}, hex(key))],
  ]);
}
