/** Owns how a document is shown: its digests, and whether evidence or the ledger names it. */

import { hex } from "../verify/bytes.js";
import { element, factList } from "./elements.js";
import { plain } from "./words.js";

/**
 * What became of a document.
 *
 * @param {object} found of `judgeDropped`: `file`, `digests`, and the `outcomes` that name it
 * @param {Words} words
 * @param {{ask: boolean}} options whether the node is asked: only for its digest, and only where no
 *   evidence was dropped beside it
 * @returns {Promise<Element>} an article
 */
export async function documentView({ file, digests, outcomes, refused }, words, { ask }) {
  const sha256 = hex(digests.sha256);
  const [mark, told] = await sentenceOf(sha256, outcomes, refused, words, ask);
  return element("article", { class: "outcome" },
    element("h2", {}, plain(file.name)),
    element("p", { class: `verdict ${mark}` },
      element("span", { class: "sign", "aria-hidden": "true" },
        { fine: "✓", edge: "–", still: "✗" }[mark]), " ", ...told),
    factList([
      ["SHA-256", element("code", {}, sha256)],
      ["SM3", element("code", {}, hex(digests.sm3))],
      [words.say("size"), words.say("bytes", { size: digests.sizeBytes })],
    ]));
}

async function sentenceOf(sha256, outcomes, refused, words, ask) {
  if (outcomes.length) {
    const names = outcomes.map(({ file }) => file.name).join(", ");
    return ["fine", [element("strong", {}, words.say("document_named", { names }))]];
  }
  if (refused.length) return ["still", [element("strong", {}, words.say("document_refused"))]];
  if (!ask) return ["edge", [element("strong", {}, words.say("document_alone"))]];
  const records = await onLedger(sha256);
  if (records === null) return ["edge", [element("strong", {}, words.say("document_unasked"))]];
  if (!records.length) return ["edge", [element("strong", {}, words.say("document_unknown"))]];
  const links = records.flatMap((id) =>
    [" ", element("a", { href: `/records/${id}` }, `${id.slice(0, 12)}…`)]);
  return ["fine", [element("strong", {}, words.say("document_known")), ...links]];
}

/** Ids of the records that name a document; null where the node does not answer. */
async function onLedger(sha256) {
  try {
    const answer = await fetch(`/v1/records?digest=${sha256}&limit=5`);
    if (!answer.ok) return null;
    const { items } = await answer.json();
    return items.map((each) => each.record_id);
  } catch {
    return null;
  }
}
