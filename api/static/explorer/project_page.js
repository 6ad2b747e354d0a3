/** Owns what scripts add to a project's page: it shows what comes while somebody looks. */

const REST_MS = 1000;
const PARTS = ["band", "timeline-part", "alerts-part"];

const live = document.getElementById("live");
if (live !== null) follow(live.dataset.subject);

function follow(subject) {
  const query = new URLSearchParams({ kinds: "records,alerts", subject, within: "true" });
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
  source.addEventListener("open", () => { live.hidden = false; });
  source.addEventListener("error", () => { live.hidden = true; });
}

/** The parts that move, as this node writes them now: it escaped them as it did the first time. */
async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of PARTS) {
    const [here, there] = [document.getElementById(id), fresh.getElementById(id)];
    if (here !== null && there !== null) here.replaceWith(document.adoptNode(there));
  }
}
