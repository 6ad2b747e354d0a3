/**
 * Owns the list, above every page of the desk, of what its member signed and no node answered: each
 * can be sent again, its openings saved, or thrown away. What is signed stays as it is: sending it
 * again makes no second record.
 */

import { bytesOf, forget, unanswered } from "./desk_kept.js";
import { timeElement } from "./elements.js";
import { Refused, submit } from "./signer.js";
import { judgeAt } from "./verify_here.js";
import { chosenLanguage } from "./words.js";

const RECEIPT_TRIES = 60;
const RECEIPT_PACE_MS = 1_000;
const BUSY = 429;
const BROKEN = 500;
/** Refusals of bundles that the node will never take. */
const final = new WeakSet();

/**
 * Shows what is unanswered to the member who is logged in; nothing to anybody else.
 *
 * @param {Login} login
 */
export function showUnanswered(login) {
  const place = document.getElementById("unanswered");
  const kept = login.signer === null ? [] : unanswered(login.member);
  place.hidden = kept.length === 0;
  place.querySelector("ul").replaceChildren(...kept.map((each) => rowOf(place, login, each)));
  count(place, kept.length);
}

/**
 * Has the node take a signed record, and waits for its receipt. One that came before is enough: the
 * answer to it may have been lost, and its time to be taken may be over.
 *
 * @param {{record: string, bundle: string}} signed
 * @param {Login} login
 * @param {boolean} isAgain whether it may have been sent before
 * @returns {Promise<boolean>} whether its receipt is there
 * @throws {Refused} where the node refuses it
 */
export async function delivered({ record, bundle }, login, isAgain) {
  if (isAgain && await hasReceipt(record, login)) return true;
  await submit(location.origin, bytesOf(bundle)).catch((problem) => {
    const isRefused = problem instanceof Refused && problem.code !== "";
    if (isRefused && problem.status < BROKEN && problem.status !== BUSY) final.add(problem);
    throw problem;
  });
  for (let tries = 0; tries < RECEIPT_TRIES; tries += 1) {
    if (await hasReceipt(record, login)) return true;
    await new Promise((done) => setTimeout(done, RECEIPT_PACE_MS));
  }
  return false;
}

/**
 * Whether the node refused a bundle for good. What a proxy answers in its place has no code, and
 * says nothing of the bundle; nor does a login that was declined while it was under way.
 */
export function isFinal(problem) {
  return final.has(problem);
}

/** Where the receipt of a record is. */
export function receiptOf(record) {
  return `/v1/records/${record}/receipt`;
}

/** Makes a link save what opens the private fields of a record; false where it has none. */
export function linkOpenings(link, { openings, record }) {
  if (!openings) return false;
  link.href = URL.createObjectURL(new Blob([openings], { type: "application/json" }));
  link.download = `${record.slice(0, 16)}.openings.json`;
  link.hidden = false;
  return true;
}

async function hasReceipt(record, login) {
  const options = { headers: await login.headers(), cache: "no-store" };
  const { ok } = await fetch(receiptOf(record), options);
  return ok;
}

function count(place, number) {
  const heading = place.querySelector("h2");
  heading.textContent = heading.dataset.told.replace("{count}", number);
}

function rowOf(place, login, entry) {
  const row = place.querySelector("template").content.cloneNode(true).firstElementChild;
  row.querySelector("[data-title]").textContent = entry.title;
  row.querySelector("[data-subject]").textContent = entry.subject;
  row.querySelector("[data-signed]").append(timeElement(entry.signedAtMs));
  const link = row.querySelector("[data-entry]");
  link.href = `/records/${entry.record}${chosenLanguage()}`;
  link.querySelector("code").textContent = entry.record;
  linkOpenings(row.querySelector("[data-openings]"), entry);
  row.querySelector("[data-again]").addEventListener("click", () => sendAgain(row, login, entry));
  row.querySelector("[data-discard-one]").addEventListener("click", () => {
    if (!globalThis.confirm(place.dataset.discard)) return;
    forget(login.member, entry.record);
    showUnanswered(login);
  });
  return row;
}

/** Sends a record once more; it leaves the list when its receipt was verified here. */
async function sendAgain(row, login, entry) {
  const buttons = row.querySelectorAll("button");
  const told = row.querySelector("[data-progress]");
  const refusal = row.querySelector(".problem");
  refusal.hidden = true;
  buttons.forEach((each) => { each.disabled = true; });
  told.textContent = told.dataset.sending;
  let isDone = false;
  try {
    const place = row.querySelector("[data-verified]");
    if (await delivered(entry, login, true)) {
      const outcome = await judgeAt(receiptOf(entry.record), place, await login.headers());
      isDone = outcome?.verdict?.recordId === entry.record;
    } else {
      refuse(refusal, refusal.dataset.pending);
    }
  } catch (problem) {
    const words = login.words(problem);
    refuse(refusal, isFinal(problem) ? `${words} ${refusal.dataset.refused}` : words);
  }
  told.textContent = isDone ? told.dataset.made : "";
  buttons.forEach((each) => { each.disabled = isDone; });
  if (!isDone) return;
  forget(login.member, entry.record);
  count(document.getElementById("unanswered"), unanswered(login.member).length);
}

function refuse(place, words) {
  place.textContent = words;
  place.hidden = false;
}
