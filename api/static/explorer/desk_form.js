/**
 * Owns a form that the local signer signs: builds the record, has its documents hashed here, has it
 * signed, submits it, waits for its receipt, and verifies that in this page. No document leaves the
 * machine; the signer shows every line of the record before it signs.
 */

import { hex } from "../verify/bytes.js";
import { certificateNumber } from "../verify/certificate_number.js";
import { digestBeside } from "./digesting.js";
import { Refused, submit } from "./signer.js";
import { sayAt, watchFields } from "./unfit_fields.js";
import { judgeAt } from "./verify_here.js";
import { chosenLanguage } from "./words.js";

const RECEIPT_TRIES = 60;
const RECEIPT_PACE_MS = 1_000;
const ANY_TYPE = "application/octet-stream";
const BEIJING = "+08:00";
/** What a node answers that may take the same bundle later. */
const AGAIN = new Set([429, 502, 503, 504]);

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
  const desk = { form, login, place: part.querySelector(".made"), kept: null };
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
  try {
    if (login.signer === null) {
      tell(refusal, refusal.dataset.loggedOut);
      return false;
    }
    const signed = await signedOf(desk, await recordOf(form));
    step(form, "sending");
    await sent(desk, signed);
    step(form, "verifying");
    return await received(desk, signed.record_ids[0]);
  } catch (problem) {
    refuse(desk, problem);
    return false;
  } finally {
    step(form, null);
  }
}

/** The record under its signature; one that was signed and never answered is not signed again. */
async function signedOf(desk, record) {
  const said = JSON.stringify(record);
  if (desk.kept?.said !== said) {
    desk.kept = null;
    step(desk.form, "consent");
    const signed = await desk.login.sign([{ ...record, occurred_at_ms: Date.now() }]);
    // Of private fields nobody else has what opens them: it is offered before anything can fail.
    offerOpenings(desk.place, signed);
    desk.kept = { said, signed };
  }
  return desk.kept.signed;
}

/** Has the node take the bundle; what it refused for good is not kept to be sent again. */
async function sent(desk, { bundle }) {
  try {
    await submit(location.origin, bundle);
  } catch (problem) {
    if (problem instanceof Refused && !AGAIN.has(problem.status)) desk.kept = null;
    throw problem;
  }
}

/** Say why it was not done: at the field where one is to blame, else under the form. */
function refuse({ form, login, kept }, problem) {
  const words = login.words(problem);
  const field = form.querySelector(`[data-part][name="${CSS.escape(problem.facts?.field ?? "")}"]`);
  if (field !== null) {
    sayAt(field, words);
    field.focus();
  }
  const refusal = form.querySelector(".problem");
  tell(refusal, kept === null ? words : `${words} ${refusal.dataset.unsent}`);
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

/** Wait for the receipt, verify it here, and show it under its number. */
async function received({ form, place, login }, record) {
  const address = `/v1/records/${record}/receipt`;
  if (!await isThere(address, login)) {
    const refusal = form.querySelector(".problem");
    tell(refusal, `${refusal.dataset.pending} ${record}`);
    return false;
  }
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

async function isThere(address, login) {
  for (let tries = 0; tries < RECEIPT_TRIES; tries += 1) {
    const answer = await fetch(address, { headers: await login.headers(), cache: "no-store" });
    if (answer.ok) return true;
    await new Promise((done) => setTimeout(done, RECEIPT_PACE_MS));
  }
  return false;
}

/** What opens the private fields, as a file that its author must keep. */
function offerOpenings(place, { openings: [openings], record_ids: [record] }) {
  if (!openings) return;
  const link = place.querySelector("[data-openings]");
  link.href = URL.createObjectURL(new Blob([openings], { type: "application/json" }));
  link.download = `${record.slice(0, 16)}.openings.json`;
  link.hidden = false;
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
