/**
 * Owns the page that answers whether anything before a date has changed: two heads of the log, each
 * cosigned by a quorum and verified here, and a proof that the later log begins with the earlier.
 *
 * A head comes with the receipt of the last public record before its date, or with one that the
 * reader kept. Spec: receipt.md, checkpoint.md.
 */

import { decodeBlockLeaf } from "../verify/block.js";
import { fromHex } from "../verify/bytes.js";
import { decodeTrust } from "../verify/genesis.js";
import { verifyReceipt } from "../verify/index.js";
import { verifyConsistency } from "../verify/merkle.js";
import { decodeReceipt } from "../verify/receipt.js";
import { Refusal, refuse } from "../verify/refusal.js";
import { element, factList, timeElement } from "./elements.js";
import { loadWords } from "./words.js";

const DAY_MS = 86400000;
const BEIJING_MS = 8 * 3600000;

const place = (id) => document.getElementById(id);

async function answered(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

async function bytesAt(address) {
  return new Uint8Array(await (await answered(address)).arrayBuffer());
}

/** The end of a day in Beijing, in milliseconds. */
function endOf(day) {
  return Date.parse(`${day}T00:00:00Z`) - BEIJING_MS + DAY_MS;
}

/** The receipt of the last public record before the end of a day; null where there is none. */
async function receiptBefore(day) {
  const address = `/v1/records?to_ms=${endOf(day)}&newest_first=true&limit=1`;
  const { items } = await (await answered(address)).json();
  return items.length ? bytesAt(`/v1/records/${items[0].record_id}/receipt`) : null;
}

/** A head that a quorum cosigned, as a receipt that holds carries it. */
function headOf(bytes, trust) {
  const { treeSize, root, quorum, nodesCount } = verifyReceipt(bytes, trust);
  const { timeMs, height } = decodeBlockLeaf(decodeReceipt(bytes).headLeaf);
  return { size: treeSize, root, quorum, nodesCount, timeMs, height };
}

/** How many hashes prove that the log of one head begins with that of the other. */
async function extended(old, now) {
  if (old.size === now.size) {
    if (old.root !== now.root) refuse("checkpoint.conflict", { size: old.size });
    return 0;
  }
  const answer = await answered(`/v1/consistency?old=${old.size}&new=${now.size}`);
  const path = (await answer.json()).path.map(fromHex);
  verifyConsistency(old.size, now.size, path, fromHex(old.root), fromHex(now.root));
  return path.length;
}

async function judge(words) {
  const kept = place("kept").files[0];
  const [first, second] = await Promise.all([
    kept === undefined ? receiptBefore(place("first").value)
      : kept.arrayBuffer().then((data) => new Uint8Array(data)),
    receiptBefore(place("second").value),
  ]);
  if (first === null || second === null) return said("edge", words.say("unchanged_none"));
  const trust = decodeTrust(await bytesAt("/v1/trust"));
  const heads = [headOf(first, trust), headOf(second, trust)]
    .sort((one, other) => (one.size < other.size ? -1 : Number(one.size > other.size)));
  const count = await extended(...heads);
  const told = words.say("unchanged_held", { size: heads[0].size });
  return [
    ...said("fine", told, words.say("holds_told")),
    ...heads.flatMap((head, at) => headView(head, at, words)),
    element("h3", {}, words.say("unchanged_path")),
    element("p", {}, count ? words.say("unchanged_path_told",
      { count, old: heads[0].size, now: heads[1].size }) : words.say("unchanged_same")),
  ];
}

function said(mark, told, ...more) {
  const sign = { fine: "✓", edge: "–", still: "✗" }[mark];
  return [element("p", { class: `verdict ${mark}` },
    element("span", { class: "sign", "aria-hidden": "true" }, sign), " ",
    element("strong", {}, told), " ", ...more)];
}

function headView({ size, root, quorum, nodesCount, timeMs, height }, at, words) {
  const found = { found: quorum.length, nodes: nodesCount };
  return [
    element("h3", {}, words.say(at ? "unchanged_second" : "unchanged_first")),
    factList([
      [words.say("unchanged_time"), timeElement(timeMs)],
      [words.say("unchanged_size"), String(size)],
      [words.say("unchanged_height"), String(height)],
      [words.say("unchanged_root"), element("code", {}, root)],
      [words.say("unchanged_quorum"), words.say("unchanged_quorum_told", found)],
    ]),
  ];
}

// Listened to before the words are here: a form that is sent unheard would leave the page.
const loaded = loadWords(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
place("unchanged").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = await loaded;
  place("results").replaceChildren(element("p", {}, words.say("unchanged_working")));
  try {
    place("results").replaceChildren(...await judge(words));
  } catch (problem) {
    const told = problem instanceof Refusal
      ? words.refused(problem)
      : words.say("here_refused", { code: problem.message });
    place("results").replaceChildren(...said(problem instanceof Refusal ? "still" : "edge", told));
  }
});
await loaded;
document.documentElement.dataset.ready = "";
