/**
 * Owns what scripts add to a project's page: it shows what comes while somebody looks, and says
 * whether it does.
 */

import { offerCopies } from "./copying.js";
import { settleInView } from "./settling.js";

const REST_MS = 1_000;
/** How long a node that has no place for one more reader is left alone. */
const RETRY_MS = 15_000;

const live = document.getElementById("live");
const page = document.getElementById("content");
let isFollowing = false;
if (live !== null) follow();

function follow() {
  const { subject, since } = live.dataset;
  const query = new URLSearchParams({ kinds: "records,alerts", subject, within: "true", since });
  const source = new EventSource(`/v1/events?${query}`);
  let waiting = false;
  const renewed = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => {
      waiting = false;
      await renew();
    }, REST_MS);
  };
  source.addEventListener("record", renewed);
  source.addEventListener("alert", renewed);
  source.addEventListener("open", () => tell(true));
  source.addEventListener("error", () => {
    tell(false);
    // Other losses the browser mends by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
  });
}

/** The page as this node writes it now: it escaped what it quotes as it did the first time. */
async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
    .catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  live.dataset.since = fresh.getElementById("live").dataset.since;
  settleInView(page, document.adoptNode(fresh.getElementById("content")));
  offerCopies(page);
  document.title = fresh.title;
  tell(isFollowing);
}

/** Says whether the page renews itself, and whether that is an opening as it happens. */
function tell(isSo) {
  isFollowing = isSo;
  const isOpening = document.getElementById("opening") !== null;
  const state = isOpening ? "live" : "follows";
  live.dataset.state = isSo ? state : "still";
  live.textContent = live.dataset[live.dataset.state];
}
