/**
 * Owns the page on which files are verified: what was dropped, and what became of it.
 *
 * The same page lives on a node, where it takes the node's trust root and can ask whether a digest
 * is on the ledger, and as a file of its own that asks nobody.
 */

import { hex } from "../verify/bytes.js";
import { decodeTrust } from "../verify/genesis.js";
import { digestBeside } from "./digesting.js";
import { documentView } from "./document_view.js";
import { element, factList } from "./elements.js";
import { judgeDropped } from "./judging_dropped.js";
import { outcomeView } from "./outcome_view.js";
import { sorted } from "./sorting.js";
import { loadWords, plain } from "./words.js";

const FILES_MAX = 1000;
const isSaved = document.documentElement.hasAttribute("data-standalone");
const place = (id) => document.getElementById(id);

let words = null;
let trusts = [];
let dropped = [];

/** Take files in, beside those that are here already, and judge all of them together. */
async function take(files) {
  const given = [...files];
  await begun;
  for (const file of given.slice(0, FILES_MAX - dropped.length)) {
    for (const one of await sorted(file, progress("reading", file))) {
      if (one.kind === "document") one.digests ??= await digested(file);
      dropped.push(one);
    }
  }
  place("progress").replaceChildren();
  await show();
}

/** Digests of a document, with a bar meanwhile. */
function digested(file) {
  return digestBeside(file, progress("hashing", file));
}

/** What moves a bar for one file; the bar is there with the first byte. */
function progress(word, file) {
  const bar = element("progress", { max: String(file.size || 1), value: "0" });
  const told = words.say(word, { name: file.name });
  const line = element("p", {}, element("label", {}, told, " ", bar));
  return (done) => {
    if (!line.isConnected) place("progress").replaceChildren(line);
    bar.value = done;
  };
}

async function show() {
  const { outcomes, documents, roots } = judgeDropped(dropped, trusts);
  showRoots(roots);
  const live = !isSaved;
  const alone = !outcomes.length && live;
  const views = [
    ...outcomes.map((each) => outcomeView(each, words, { live })),
    ...await Promise.all(documents.map((each) => documentView(each, words, { ask: alone }))),
  ];
  const again = element("button", { type: "button", class: "button" }, words.say("again"));
  again.addEventListener("click", () => { dropped = []; show(); });
  const summary = outcomes.length > 1 ? [element("p", { class: "lead" }, summaryOf(outcomes))] : [];
  place("results").replaceChildren(...summary, ...views,
    ...(views.length ? [element("p", { class: "actions no-print" }, again)] : []));
}

function summaryOf(outcomes) {
  const held = outcomes.filter(({ verdict }) => verdict !== null).length;
  const refused = outcomes.length - held;
  return words.phrase("label.summary", { total: outcomes.length, ok: held, refused });
}

/** Whom the reader trusts: the roots that are here, those that were dropped first. */
function showRoots(roots) {
  place("trusts").replaceChildren(...(roots.length
    ? roots.map(({ genesis, networkId, committee }) => factList([
      [words.say("root_name"), plain(genesis.name)],
      [words.say("root_id"), element("code", {}, hex(networkId))],
      [words.say("root_nodes"),
        words.say("root_nodes_told", { n: committee.n, q: committee.q, epoch: committee.epoch })],
    ]))
    : [element("p", {}, words.say("root_none"))]));
}

/** The trust roots that came with the page: inside it, or from its node. */
async function rootsAtHand() {
  const inside = [...document.querySelectorAll("script.trust")].map(({ textContent }) =>
    new TextEncoder().encode(textContent));
  if (isSaved) return inside.map(decodeTrust);
  const answer = await fetch("/v1/trust").catch(() => null);
  return answer?.ok ? [decodeTrust(new Uint8Array(await answer.arrayBuffer()))] : [];
}

async function speak(language) {
  words = await loadWords(language);
  if (!isSaved) return;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.querySelectorAll("[data-say]").forEach((each) => {
    each.textContent = words.say(each.dataset.say);
  });
  document.title = `${words.say("title")} · bidwitness`;
}

function listen() {
  const drop = place("drop");
  place("files").addEventListener("change", async ({ target }) => {
    await take(target.files);
    target.value = "";
  });
  for (const name of ["dragover", "dragenter"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  document.addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files);
  });
  place("language")?.addEventListener("click", async ({ target }) => {
    const next = words.language === "zh" ? "en" : "zh";
    await speak(next);
    target.textContent = next === "zh" ? "English" : "中文";
    target.lang = next === "zh" ? "en" : "zh-CN";
    await show();
  });
}

async function begin() {
  await speak(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  trusts = await rootsAtHand();
  await show();
  document.documentElement.dataset.ready = "";
}

// Readers do not wait: what they choose before the words and the trust root are here is judged when
// both are, and what they chose before this script ran is still in the form.
const begun = begin();
listen();
take(place("files").files);
