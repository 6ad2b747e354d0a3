/** Owns the rows of newest blocks while they come: told by the node, read as JSON, drawn here. */

import { element, timeElement } from "./elements.js";
import { chosenLanguage } from "./words.js";

const SHOWN = 10;
const REST_MS = 1000;

/**
 * Follows the newest blocks, and keeps a table of them.
 *
 * @param {HTMLTableElement} table as the server made it
 * @param {Map<string, string>} organisations who runs each node
 * @param {(header: object) => void} told is called with the newest header
 */
export function followBlocks(table, organisations, told) {
  let waiting = false;
  const source = new EventSource("/v1/events?kinds=blocks");
  source.addEventListener("block", () => {
    if (waiting) return;
    waiting = true;
    // Blocks come faster than a person reads: one look a second shows all of them.
    setTimeout(async () => {
      waiting = false;
      await renew(table, organisations, told);
    }, REST_MS);
  });
  return source;
}

async function renew(table, organisations, told) {
  const answer = await fetch(`/v1/blocks?limit=${SHOWN}`);
  if (!answer.ok) return;
  const { items } = await answer.json();
  const body = table.tBodies[0];
  const known = Number(body.rows[0]?.cells[0].textContent ?? 0);
  const rows = items.map((block) => row(table, block, organisations, block.header.height > known));
  body.replaceChildren(...rows);
  if (items.length > 0) told(items[0].header);
}

function row(table, { header, certificate }, organisations, fresh) {
  const signed = table.dataset.signed
    .replace("{k}", certificate.votes.length).replace("{n}", table.dataset.n);
  const href = `/blocks/${header.height}${chosenLanguage()}`;
  const link = element("a", { href }, String(header.height));
  return element("tr", { class: fresh ? "fresh" : null },
    element("th", { scope: "row", class: "number" }, link),
    element("td", { class: "narrow" }, timeElement(BigInt(header.time_ms))),
    element("td", { class: "number entries", "data-label": table.dataset.entries },
      String(header.entry_count)),
    element("td", { class: "name" }, organisations.get(header.proposer) ?? header.proposer),
    element("td", { class: "number view" }, String(certificate.view)),
    element("td", { class: "narrow signed" }, signed));
}
