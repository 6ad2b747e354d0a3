/** Owns the button that verifies a record's receipt on its page, in the reader's browser. */

import { hex } from "../verify/bytes.js";
import { decodeTrust } from "../verify/genesis.js";
import { element } from "./elements.js";
import { judgeDropped } from "./judging_dropped.js";
import { outcomeView } from "./outcome_view.js";
import { sorted } from "./sorting.js";
import { loadWords } from "./words.js";

const NAME = "receipt.json";

const button = document.getElementById("verify-here");
const place = document.getElementById("verified-here");

/** The file at an address; never one that was kept from before. */
async function fetched(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

async function verify() {
  const words = await loadWords(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  try {
    const [trustBytes, receipt] =
      await Promise.all([fetched("/v1/trust"), fetched(button.dataset.receipt)]);
    const trust = decodeTrust(trustBytes);
    const files = await sorted(new File([receipt], NAME));
    const [outcome] = judgeDropped(files, [trust]).outcomes;
    const root = words.say("here_root", { network: hex(trust.networkId) });
    place.replaceChildren(
      outcomeView(outcome, words, { live: true, title: words.say("here_title") }),
      element("p", { class: "note" }, root));
  } catch (problem) {
    place.replaceChildren(element("p", { class: "verdict edge" },
      words.say("here_refused", { code: problem.code ?? problem.message })));
  }
}

if (button !== null) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    await verify();
    button.disabled = false;
  });
}
