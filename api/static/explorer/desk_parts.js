/**
 * Owns what a page of the desk does by itself once it is shown: the button that verifies a record,
 * here as elsewhere but with the reader's token, the buttons that copy, draws that are recomputed,
 * the form that the signer signs, what was signed and never answered, and printing.
 */

import { offerCopies } from "./copying.js";
import { wireDraws } from "./desk_draw.js";
import { wireForm } from "./desk_form.js";
import { showUnanswered } from "./desk_unanswered.js";
import { verifyHere } from "./verify_here.js";

/**
 * Brings the parts of a page to life.
 *
 * @param {Element} part the page that is shown
 * @param {Login} login
 */
export function wire(part, login) {
  offerCopies(part);
  verifyHere(part, () => login.headers());
  wireDraws(part, login);
  wireForm(part, login);
  showUnanswered(login);
  const print = part.querySelector("[data-print]");
  if (print === null) return;
  print.hidden = false;
  print.addEventListener("click", () => globalThis.print());
}
