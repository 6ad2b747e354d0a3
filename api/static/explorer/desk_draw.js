/**
 * Owns the buttons that recompute draws on the page: the receipts are fetched, each is verified
 * here, and the places are computed anew from seeds and block.
 */

import { decodeTrust } from "../verify/genesis.js";
import { verifyDraw } from "../verify/draws.js";
import { Refusal } from "../verify/refusal.js";
import { element } from "./elements.js";
import { loadWords } from "./words.js";

/**
 * Bring the buttons of a page to life.
 *
 * @param {Element} part the page that is shown
 * @param {Login} login whose token is shown where somebody logged in
 */
export function wireDraws(part, login) {
  for (const button of part.querySelectorAll("[data-draw]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const place = button.closest("li").querySelector(".drawn");
      place.replaceChildren(...await recomputed(button, login));
      button.disabled = false;
    });
  }
}

async function recomputed(button, login) {
  try {
    const headers = await login.headers();
    const ids = button.dataset.draw.split(" ");
    const addresses = ids.map((each) => `/v1/records/${each}/receipt`);
    const [trust, ...receipts] =
      await Promise.all(["/v1/trust", ...addresses].map((each) => fetched(each, headers)));
    const found = verifyDraw(receipts, decodeTrust(trust));
    const { places, seeders, poolCount, height } = found;
    const facts = {
      places: places.join(", "), seeders: seeders.join(", "), pool: poolCount, height,
      count: receipts.length,
    };
    const shown = found.commitmentsShown ? "committed" : "vouched";
    return [
      verdict("fine", "✓", filled(button.dataset.holds, facts)),
      element("p", {}, filled(button.dataset.told, facts)),
      element("p", { class: "note" }, button.dataset[shown]),
    ];
  } catch (problem) {
    if (!(problem instanceof Refusal)) return [verdict("edge", "–", login.words(problem))];
    const words = await loadWords(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
    return [verdict("still", "✗", `${words.refused(problem)} [${problem.code}]`)];
  }
}

async function fetched(address, headers) {
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
}

function verdict(mark, sign, words) {
  return element("p", { class: `verdict ${mark}` },
    element("span", { class: "sign", "aria-hidden": "true" }, sign), " ",
    element("strong", {}, words));
}

function filled(words, facts) {
  return words.replace(/\[([a-z]+)\]/g, (_, name) => facts[name]);
}
