/**
 * Owns a form that the local signer signs: builds the record, has its documents hashed here, has it
 * signed, submits it, waits for its receipt, and verifies that in this page. No document leaves the
 * machine; the signer shows every line of the record before it signs.
 */

import { hex } from "../verify/bytes.js";
import { certificateNumber } from "../verify/certificate_number.js";
import { KEPT_MAX, forget, keep, textOf, unanswered } from "./desk_kept.js";
import {
  delivered, isFinal, linkOpenings, receiptOf, showUnanswered,
} from "./desk_unanswered.js";
import { digestBeside } from "./digesting.js";
import { sayAt, watchFields } from "./unfit_fields.js";
import { judgeAt } from "./verify_here.js";
import { chosenLanguage } from "./words.js";

const ANY_TYPE = "application/octet-stream";
const BEIJING = "+08:00";

/** What a control says, as it stands in a record. */
const AS = {
  text: (value) => value,
  integer: (value) => Number(value),
  time: (value) => Date.parse(`${value}${BEIJING}`),
  hex: (value) => ({ hex: value.toLowerCase() }),
};

/**
 * Bring the form of a page to life.
 *
 * @param {Element} part the page that is shown
 * @param {Login} login
 */
export function wireForm(part, login) {
  part.querySelectorAll("form[data-missing]").forEach(watchFields);
  const form = part.querySelector(".desk-form");
  if (form === null) return;
  const title = part.querySelector("h1").textContent;
  const desk = { form, login, title, place: part.querySelector(".made") };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const isDone = await made(desk);
    button.disabled = isDone;
  });
}

/** Go through all steps; whether the record is on the ledger and its receipt holds. */
async function made(desk) {
  const { form, login } = desk;
  const refusal = form.querySelector(".problem");
  refusal.hidden = true;
  if (login.signer === null) {
    tell(refusal, refusal.dataset.loggedOut);
    return false;
  }
  // Whoever logs in as another member meanwhile sends nothing in this one's name.
  const { member } = login;
  let kept;
  try {
    const said = JSON.stringify(await recordOf(form));
    kept = unanswered(member).find((each) => each.said === said);
    const isAgain = kept !== undefined;
    if (!isAgain && unanswered(member).length >= KEPT_MAX) {
      tell(refusal, refusal.dataset.full);
      return false;
    }
    kept ??= await signed(desk, member, said);
    step(form, "sending");
    const isDone = await received(desk, kept.record, await delivered(kept, login, isAgain));
    if (isDone) forget(member, kept.record);
    return isDone;
  } catch (problem) {
    const isOver = kept === undefined || isFinal(problem);
    if (kept !== undefined && isOver) forget(member, kept.record);
    refuse(desk, problem, isOver);
    return false;
  } finally {
    step(form, null);
    showUnanswered(login);
  }
}

/** The record under its signature, kept until it is answered: it is not signed a second time. */
async function signed({ form, login, title, place }, member, said) {
  step(form, "consent");
  const record = JSON.parse(said);
  const signedAtMs = Date.now();
  const told = await login.sign([{ ...record, occurred_at_ms: signedAtMs }]);
  const { bundle, record_ids: [id], openings: [openings] } = told;
  const kept = {
    said, title, subject: record.subject, signedAtMs, bundle: textOf(bundle), record: id, openings,
  };
  keep(member, kept);
  // Of private fields nobody else has what opens them: it is offered before anything can fail.
  offerOpenings(place, kept);
  return kept;
}

/** Say why it was not done: at the field where one is to blame, else under the form. */
function refuse({ form, login }, problem, isOver) {
  const words = login.words(problem);
  const field = form.querySelector(`[data-part][name="${CSS.escape(problem.facts?.field ?? "")}"]`);
  if (field !== null) {
    sayAt(field, words);
    field.focus();
  }
  const refusal = form.querySelector(".problem");
  tell(refusal, isOver ? words : `${words} ${refusal.dataset.unsent}`);
}

/** The record that the form says, its documents hashed beside the page. */
async function recordOf(form) {
  const record = JSON.parse(form.dataset.record);
  record.private = {};
  for (const control of form.querySelectorAll("[data-part]")) {
    const value = control.value.trim();
    if (value !== "") record[control.dataset.part][control.name] = AS[control.dataset.as](value);
  }
  step(form, "hashing");
  record.evidence = [];
  for (const file of form.querySelector("[data-evidence]").files) {
    const { sha256, sm3, sizeBytes } = await digestBeside(file, () => {});
    record.evidence.push({
      label: file.name,
      sha256: hex(sha256),
      sm3: hex(sm3),
      size_bytes: Number(sizeBytes),
      media_type: file.type || ANY_TYPE,
    });
  }
  return record;
}

/** Verify the receipt here, once it is there, and show it under its number. */
async function received({ form, place, login }, record, isThere) {
  if (!isThere) {
    const refusal = form.querySelector(".problem");
    tell(refusal, `${refusal.dataset.pending} ${record}`);
    return false;
  }
  step(form, "verifying");
  const address = receiptOf(record);
  const headers = await login.headers();
  const outcome = await judgeAt(address, place.querySelector("[data-verified]"), headers);
  place.hidden = false;
  const holds = (outcome?.verdict ?? null) !== null && outcome.verdict.recordId === record;
  place.querySelector(".verdict").hidden = !holds;
  if (!holds) return false;
  place.querySelector("[data-number]").textContent =
    certificateNumber(form.dataset.domain, outcome.verdict.index);
  const link = place.querySelector("[data-made-record]");
  link.href = `/records/${record}${chosenLanguage()}`;
  link.querySelector("code").textContent = record;
  const receipt = place.querySelector("[data-made-receipt]");
  receipt.href = address;
  receipt.dataset.take = `${record.slice(0, 16)}.receipt.json`;
  form.hidden = true;
  place.scrollIntoView({ block: "start" });
  return true;
}

/** What opens the private fields, as a file that its author must keep. */
function offerOpenings(place, kept) {
  const link = place.querySelector("[data-openings]");
  if (!linkOpenings(link, kept)) return;
  place.querySelector("[data-openings-told]").hidden = false;
  link.click();
}

function step(form, name) {
  const place = form.querySelector("[data-progress]");
  place.textContent = name === null ? "" : place.dataset[name];
}

function tell(place, words) {
  place.textContent = words;
  place.hidden = false;
}
