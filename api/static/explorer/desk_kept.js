/**
 * Owns the records that a member signed here and that no node has answered: with what their private
 * fields open with, which nobody else has.
 *
 * They are kept by member in sessionStorage: they outlive a reload and a new login, and are gone
 * with the tab. Not in localStorage: openings say in plain words what the ledger only commits to,
 * names and telephone numbers among it, and whoever sat down at a shared computer next could read
 * them, the signer long closed. Whoever closes the tab loses no more than one who lost the file
 * that was saved when the record was signed; the page says so.
 */

export const KEPT_MAX = 16;
const KEPT_CHARACTERS_MAX = 256 * 1024;
const STORE = "bidwitness unanswered";
/** By member, the oldest first; it holds what the store of the tab has no room for, too. */
const held = new Map();

/**
 * What a member signed here and no node answered.
 *
 * @param {string} member
 * @returns {{said: string, title: string, subject: string, signedAtMs: number, bundle: string,
 *   record: string, openings: ?string}[]} `said` is the form's record, `bundle` base64
 */
export function unanswered(member) {
  if (!held.has(member)) held.set(member, stored(member));
  return held.get(member);
}

/** Keeps a signed record until it is answered or thrown away; of at most `KEPT_MAX`. */
export function keep(member, entry) {
  forget(member, entry.record);
  unanswered(member).push(entry);
  store(member);
}

/** Forgets a record: it was answered, or its member throws it away. */
export function forget(member, record) {
  held.set(member, unanswered(member).filter((each) => each.record !== record));
  store(member);
}

/** Bytes as text, and back: the store holds nothing but text. */
export function textOf(bytes) {
  return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
}

export function bytesOf(text) {
  return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
}

function stored(member) {
  try {
    const found = JSON.parse(sessionStorage.getItem(`${STORE} ${member}`) ?? "[]");
    return Array.isArray(found) ? found.slice(0, KEPT_MAX) : [];
  } catch {
    return [];
  }
}

/** Writes down what there is room for; the rest is kept by the page alone. */
function store(member) {
  const key = `${STORE} ${member}`;
  let room = KEPT_CHARACTERS_MAX;
  const fitting = unanswered(member).filter((each) => {
    const { length } = JSON.stringify(each);
    if (length > room) return false;
    room -= length;
    return true;
  });
  try {
    if (fitting.length === 0) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(fitting));
  } catch {
    // The browser gives this page no room: the page still has it, and the openings were offered.
  }
}
