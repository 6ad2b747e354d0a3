/**
 * Owns the reader's last visit: how high the log was then. Kept in this browser alone, by network
 * and member, because no node keeps who looked and when.
 */

const HELD = "bidwitness desk visit";

/**
 * Offers what came since the last visit, and keeps this one; once for a tab.
 *
 * @param {Element} part the page that is shown
 * @param {Login} login somebody is logged in
 * @param {?object} before what this gave for the page before
 * @returns {Promise<?object>} `height` and `timeMs` of the last visit, null where this is the first
 */
export async function markVisit(part, login, before) {
  const visit = before ?? await turned(login);
  const place = part.querySelector("[data-since]");
  if (place !== null && visit.height !== null) {
    const link = place.querySelector("a");
    const url = new URL(link.href);
    url.searchParams.set("since", visit.height);
    link.href = url.pathname + url.search;
    const time = place.querySelector("time");
    const moment = new Date(visit.timeMs);
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
    place.hidden = false;
  }
  return visit;
}

/** The last visit of this member, of which this one takes the place. */
async function turned(login) {
  const { member, network_id: network } = await login.signer.state();
  const key = `${HELD} ${network} ${member}`;
  const inTab = sessionStorage.getItem(key);
  if (inTab !== null) return JSON.parse(inTab);
  const answer = await fetch("/v1/network", { cache: "no-store" });
  const { height } = await answer.json();
  const last = JSON.parse(localStorage.getItem(key) ?? '{"height": null, "timeMs": 0}');
  sessionStorage.setItem(key, JSON.stringify(last));
  localStorage.setItem(key, JSON.stringify({ height, timeMs: Date.now() }));
  return last;
}
