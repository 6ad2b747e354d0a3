/**
 * Owns which pages may stand beside the desk: those of this node, and of its answers only pages.
 * What an answer in another form quotes was written by members, and would become part of the page.
 */

const PAGES = /^\/(?:desk|records|projects|addresses|seals|members|v|search)(?:\/|$)/;
const HTML = /^text\/html(?:;|$)/;

/** An address at which there is no page of this node. */
export class Elsewhere extends Error {}

/**
 * The page that an address leads to, as its path and query; null where it leads to no page here.
 * What is judged is where the browser would go, not how the address is written.
 *
 * @param {string} address absolute, or relative to the page that is open
 */
export function pageAt(address) {
  if (!URL.canParse(address, location.href)) return null;
  const { origin, pathname, search } = new URL(address, location.href);
  return origin === location.origin && PAGES.test(pathname) ? pathname + search : null;
}

/**
 * The page in an answer.
 *
 * @param {Response} answer
 * @throws {Elsewhere} where it is none, or came from another place
 * @throws {Error} where something before the node, such as a proxy, answered in its place
 */
export async function pageIn(answer) {
  const isPage = HTML.test(answer.headers.get("Content-Type") ?? "");
  if (pageAt(answer.url) === null || (!isPage && answer.ok)) throw new Elsewhere(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!isPage || page.querySelector("#part, #content") === null) throw new Error(answer.status);
  return page;
}
