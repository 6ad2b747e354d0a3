/**
 * Owns what is said at a field that cannot be taken as it is: beside it, in the page's language,
 * for as long as nobody changes it. A browser's own words come in its own language, and go away.
 */

import { element } from "./elements.js";

/**
 * Says at each field of a form what it lacks, once somebody wants to hand the form over.
 *
 * @param {HTMLFormElement} form its `data-missing` says that a field is empty; a field's own
 *   `data-unfit` says what it takes
 */
export function watchFields(form) {
  form.addEventListener("invalid", (event) => {
    // The browser then says nothing by itself, and leaves the focus to us.
    event.preventDefault();
    const field = event.target;
    const isEmpty = field.validity.valueMissing || field.value.trim() === "";
    const unfit = field.dataset.unfit ?? form.dataset.missing;
    sayAt(field, isEmpty && !field.validity.badInput ? form.dataset.missing : unfit);
    form.querySelector(":invalid").focus();
  }, true);
  form.addEventListener("input", ({ target }) => {
    const isBlank = target.required && target.value !== "" && target.value.trim() === "";
    target.setCustomValidity(isBlank ? form.dataset.missing : "");
    calm(target);
  });
}

/** Says something at a field. */
export function sayAt(field, words) {
  calm(field);
  const said = element("span", { class: "unfit", id: `unfit-${field.id}` }, words);
  field.parentElement.append(said);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", said.id);
}

function calm(field) {
  document.getElementById(`unfit-${field.id}`)?.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}
