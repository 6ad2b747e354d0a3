/** Owns the making of elements: text is always text, never markup. */

import { moment } from "./words.js";

/**
 * A new element.
 *
 * @param {string} tag
 * @param {object} [attributes] those that are null are left out
 * @param {...(Node|string|null)} children text becomes text; null is left out
 * @returns {Element}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Beijing time, with UTC for machines and on hover. */
export function timeElement(timeMs) {
  const date = new Date(Number(timeMs));
  if (Number.isNaN(date.getTime())) return element("span", {}, moment(timeMs));
  const utc = date.toISOString();
  const title = utc.replace("T", " ").replace(/\..*/, " UTC");
  return element("time", { datetime: utc, title }, moment(timeMs));
}

/** A list of facts, as on every page. */
export function factList(rows) {
  return element("dl", { class: "facts" }, ...rows.map(([label, ...value]) =>
    element("div", {}, element("dt", {}, label), element("dd", {}, ...value))));
}
