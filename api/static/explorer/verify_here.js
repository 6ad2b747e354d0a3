/** Owns the button that verifies a record's receipt on its page, in the reader's browser. */

import { hex } from "../verify/bytes.js";
import { decodeTrust } from "../verify/genesis.js";
import { element } from "./elements.js";
import { judgeDropped } from "./judging_dropped.js";
import { outcomeView } from "./outcome_view.js";
import { sorted } from "./sorting.js";
import { loadWords } from "./words.js";

const NAME = "receipt.json";

/** The file at an address; never one that was kept from before. */
async function fetched(address, headers) {
  const answer = await fetch(address, { cache: "no-store", headers });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Judge a record's receipt under the trust root of the node, and show what became of it.
 *
 * @param {string} address of the receipt
 * @param {Element} place what is shown stands there
 * @param {object} [headers] that prove who asks
 * @returns {Promise<?object>} the outcome; null where there was none
 */
export async function judgeAt(address, place, headers = {}) {
  const words = await loadWords(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  try {
    const [trustBytes, receipt] =
      await Promise.all([fetched("/v1/trust"), fetched(address, headers)]);
    const trust = decodeTrust(trustBytes);
    const files = await sorted(new File([receipt], NAME));
    const [outcome] = judgeDropped(files, [trust]).outcomes;
    const root = words.say("here_root", { network: hex(trust.networkId) });
    place.replaceChildren(
      outcomeView(outcome, words, { live: true, title: words.say("here_title") }),
      element("p", { class: "note" }, root));
    return outcome;
  } catch (problem) {
    place.replaceChildren(element("p", { class: "verdict edge" },
      words.say("here_refused", { code: problem.code ?? problem.message })));
    return null;
  }
}

/**
 * Bring the button of a record's page to life.
 *
 * @param {ParentNode} page that may have one
 * @param {function(): Promise<object>} headers that prove who asks
 */
export function verifyHere(page, headers = async () => ({})) {
  const button = page.querySelector("#verify-here");
  if (button === null) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const place = page.querySelector("#verified-here");
    await judgeAt(button.dataset.receipt, place, await headers());
    button.disabled = false;
  });
}

verifyHere(document);
