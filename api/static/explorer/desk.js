/**
 * Owns the desk in a browser: once somebody has logged in, every page that is opened from it is
 * asked for with the reader's token and put in the place of the one before. The document stays, so
 * the token never leaves its memory; without a login links are links.
 */

import { Login } from "./desk_login.js";
import { pageAt, pageIn } from "./desk_pages.js";
import { wire } from "./desk_parts.js";
import { markVisit } from "./desk_visits.js";
import { refusalOf } from "./signer.js";
import { carryTyped } from "./typed.js";
import { sayAt } from "./unfit_fields.js";

const READER = "Bidwitness-Reader";
const ASIDE = "view";
const FRAME = "/desk";
const FIELD = "input:not([type=hidden]), select";

const login = new Login(document.getElementById("signer"), () => open(here(), { moved: false }));
const part = document.getElementById("part");
let visit = null;
/** Path and query of the page that is shown. */
let shown = here();

/** The page that the address stands for: one beside the desk is kept in its query. */
function here() {
  const aside = new URLSearchParams(location.search).get(ASIDE);
  const page = aside === null ? null : pageAt(aside);
  return page ?? location.pathname + location.search;
}

/** Under which address a page stands, so that it is opened here again when it is loaded anew. */
function addressOf(path) {
  if (path.startsWith(FRAME)) return path;
  const lang = new URLSearchParams(path.split("?")[1] ?? "").get("lang");
  const query = new URLSearchParams({ [ASIDE]: path, ...(lang ? { lang } : {}) });
  return `${FRAME}?${query}`;
}

/**
 * Puts the page at `path`, as the reader may see it, in the place of the one that is here. What was
 * typed into `form` to get there stays where the node refuses it.
 */
async function open(path, { moved, form = null }) {
  login.calm();
  try {
    const answer = await asked(path, { Accept: "text/html" });
    const made = await pageIn(answer);
    const refused = made.getElementById("refused");
    if (form !== null && refused !== null) {
      const field = form.querySelector(FIELD);
      sayAt(field, refused.textContent);
      field.focus();
      return;
    }
    const reader = answer.headers.get(READER);
    if (reader !== null) login.name(decodeURIComponent(reader));
    const found = made.getElementById("part") ?? made.getElementById("content");
    const fresh = document.importNode(found, true);
    // A member who logs in goes on with what a guest began; whoever logs out leaves nothing behind.
    if (path === shown && login.signer !== null) carryTyped(part, fresh);
    part.replaceChildren(...fresh.childNodes);
    shown = path;
    document.title = made.title;
    if (moved) history.pushState(null, "", addressOf(path));
    mark(path);
    wire(part, login);
    if (moved) {
      scrollTo(0, 0);
      part.focus({ preventScroll: true });
    }
    if (login.signer !== null) visit = await markVisit(part, login, visit);
  } catch (problem) {
    login.refuse(problem);
  }
}

/** Which tab the page belongs to. */
function mark(path) {
  const place = path.split("?")[0];
  document.querySelectorAll(".tabs a").forEach((tab) => {
    const { pathname } = new URL(tab.href);
    const isHere = place === pathname || (pathname !== FRAME && place.startsWith(`${pathname}/`));
    if (isHere) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  });
}

/** What the node answers to the reader; that it answers nothing is not the signer's fault. */
async function asked(path, accepted = {}) {
  const headers = { ...accepted, ...await login.headers() };
  return fetch(path, { headers, cache: "no-store" }).catch(({ message }) => {
    throw new Error(message);
  });
}

/** Takes a file away as the reader: the browser saves what the token got. */
async function take(link) {
  login.calm();
  try {
    const answer = await asked(link.href);
    if (!answer.ok) throw await refusalOf(answer);
    const url = URL.createObjectURL(await answer.blob());
    const saved = document.createElement("a");
    saved.href = url;
    saved.download = link.dataset.take ?? link.getAttribute("download") ?? "";
    saved.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (problem) {
    login.refuse(problem);
  }
}

function clicked(event) {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (link === null || !plain || login.signer === null) return;
  const { origin, pathname } = new URL(link.href);
  if (origin !== location.origin) return;
  const page = pageAt(link.href);
  if (link.dataset.take !== undefined || pathname.startsWith("/v1/")) {
    event.preventDefault();
    take(link);
  } else if (page !== null) {
    event.preventDefault();
    open(page, { moved: true });
  }
}

function submitted(event) {
  const form = event.target;
  if (login.signer === null || form.method !== "get" || !part.contains(form)) return;
  event.preventDefault();
  const { pathname } = new URL(form.action);
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  open(`${pathname}?${new URLSearchParams(said)}`, { moved: true, form });
}

document.addEventListener("click", clicked);
document.addEventListener("submit", submitted);
addEventListener("popstate", () => open(here(), { moved: false }));
wire(part, login);
await login.resume();
if (login.signer === null && here() !== location.pathname + location.search) {
  await open(here(), { moved: false });
}
document.documentElement.dataset.ready = "";
