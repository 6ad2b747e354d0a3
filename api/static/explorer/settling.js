/**
 * Owns how a page that is open takes over what is new in it. What did not change stays the same
 * element, where it is on the screen: the reader keeps focus, selection and place.
 */

/** What scripts put on the page themselves: it is not the server's to take away. */
const OWN = ".copy, [data-own]";
const FRESH = "fresh";
const LINES = "h2, h3, p, li, tr";

/**
 * Gives an element the content of another one, and leaves in its place what the reader looks at.
 *
 * @param {HTMLElement} here on the page
 * @param {Element} there as the server writes it now; it is used up
 */
export function settleInView(here, there) {
  // Not every browser holds its place by itself, and two who do would move it twice.
  here.style.overflowAnchor = "none";
  const held = scrollY > 0 ? looked(here) : null;
  const before = held?.getBoundingClientRect().top;
  settleChildren(here, there);
  if (held?.isConnected) scrollBy(0, held.getBoundingClientRect().top - before);
}

/** What has the focus and is on the screen; else the first line there. */
function looked(page) {
  const isSeen = (each) => {
    const { top, bottom } = each.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const focused = document.activeElement;
  if (focused !== page && page.contains(focused) && isSeen(focused)) return focused;
  return [...page.querySelectorAll(LINES)].find(isSeen) ?? null;
}

/** Makes an element what another one is, with as little as possible exchanged. */
function settle(here, there) {
  if (here.isEqualNode(there)) return;
  for (const { name } of [...here.attributes]) {
    if (!there.hasAttribute(name)) here.removeAttribute(name);
  }
  for (const { name, value } of there.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  settleChildren(here, there);
}

/** Keeps the children that are the same at both ends, and exchanges those between them. */
function settleChildren(here, there) {
  const old = serversOf(here);
  const fresh = serversOf(there);
  while (old.length > 0 && fresh.length > 0 && areSame(old[0], fresh[0])) {
    settleOne(old.shift(), fresh.shift());
  }
  let next = null;
  while (old.length > 0 && fresh.length > 0 && areSame(old.at(-1), fresh.at(-1))) {
    next = old.pop();
    settleOne(next, fresh.pop());
  }
  old.forEach((each) => each.remove());
  for (const each of fresh) {
    const added = document.adoptNode(each);
    if (added.nodeName === "LI") added.classList.add(FRESH);
    here.insertBefore(added, next);
  }
}

function settleOne(here, there) {
  if (here instanceof Element) settle(here, there);
  else if (here.nodeValue !== there.nodeValue) here.nodeValue = there.nodeValue;
}

function serversOf(parent) {
  return [...parent.childNodes].filter((each) => !(each instanceof Element && each.matches(OWN)));
}

function areSame(one, other) {
  return one.nodeName === other.nodeName && nameOf(one) === nameOf(other);
}

/** What a child is known by among its brothers: an entry of a list by the record it leads to. */
function nameOf(node) {
  if (!(node instanceof Element)) return "";
  const leads = ["LI", "TR"].includes(node.nodeName) ? node.querySelector("a")?.href : null;
  return node.id || node.getAttribute("aria-labelledby") || (leads ?? "");
}
