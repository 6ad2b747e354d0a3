/** Owns the buttons that copy what stands beside them: ids, digests, keys, signed notes. */

import { element } from "./elements.js";

const SHOWN_MS = 1500;
const { copy, copied } = document.documentElement.dataset;

function copyButton(place) {
  const button = element("button", { type: "button", class: "copy no-print" }, copy);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(place.dataset.copy || place.textContent);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, SHOWN_MS);
  });
  return button;
}

/**
 * Give all that may be copied its button.
 *
 * Browsers give the clipboard to safe origins alone; elsewhere a button would do nothing.
 *
 * @param {ParentNode} page whose places have none yet
 */
export function offerCopies(page) {
  if (navigator.clipboard === undefined) return;
  for (const place of page.querySelectorAll("code[data-copy]:not(:has(+ .copy))")) {
    place.after(copyButton(place));
  }
}

offerCopies(document);
