/** Owns what scripts add to the home page: figures drawn from tables, and blocks as they come. */

import { followBlocks } from "./live_blocks.js";
import { drawPlots } from "./plots.js";

drawPlots();

const runners = [...document.querySelectorAll("[data-node]")].map((each) =>
  [each.dataset.node, each.querySelector("a").textContent]);
const live = document.getElementById("live");
const table = document.querySelector("table.blocks");
const source = followBlocks(table, new Map(runners), (header) => {
  document.getElementById("height").textContent = String(header.height);
  document.getElementById("entries").textContent = String(header.log_size);
  document.getElementById("no-blocks")?.remove();
});
source.addEventListener("open", () => { live.hidden = false; });
source.addEventListener("error", () => { live.hidden = true; });
