/** Owns the drawing of figures from the tables beside them: a number stands in a page once. */

import { BarChart, Svg } from "../vendor/chartist/index.js";

const ROW_PX = 30;
const COLUMNS_PX = 220;
const LABEL_MAX = 14;
const MARKS_MAX = 6;

/** The library sets styles as attributes, which the policy refuses: set them as properties. */
const attr = Svg.prototype.attr;
Svg.prototype.attr = function styled(attributes, ...rest) {
  if (typeof attributes !== "object" || !("style" in attributes)) {
    return attr.call(this, attributes, ...rest);
  }
  const { style, ...others } = attributes;
  this.getNode().style.cssText = style;
  return attr.call(this, others, ...rest);
};

/** Draws every figure of the page, and closes the tables that they are drawn from. */
export function drawPlots() {
  for (const figure of document.querySelectorAll(".plot[data-shape]")) {
    const table = figure.querySelector("table");
    if (table === null) continue;
    draw(figure, readTable(table));
    figure.querySelector("details").open = false;
    for (const hidden of figure.querySelectorAll(".legend, .drawn")) hidden.hidden = false;
  }
}

/** What a table says: the labels of its rows, and one list of numbers for each series. */
function readTable(table) {
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent.trim());
  const width = rows[0].cells.length - 1;
  const series = Array.from({ length: width }, (_, at) =>
    rows.map((row) => Number(row.cells[at + 1].textContent)));
  return { labels, series };
}

function draw(figure, data) {
  const place = figure.querySelector(".drawn");
  place.hidden = false;
  if (figure.dataset.shape === "rows") drawRows(place, data);
  else drawColumns(place, data);
}

/** Bars from left to right, the first on top, each with its sum behind it. */
function drawRows(place, { labels, series }) {
  const narrow = place.clientWidth < 420;
  const high = most(series);
  // Rows are drawn upwards. The library's own `reverseData` would exchange the shades as well.
  const upwards = {
    labels: labels.map(short).reverse(), series: series.map((values) => values.toReversed()),
  };
  const chart = new BarChart(place, upwards, {
    horizontalBars: true, stackBars: true, low: 0, high,
    height: `${labels.length * ROW_PX + 10}px`,
    chartPadding: { top: 0, right: 56, bottom: 0, left: 0 },
    axisX: { showLabel: false, showGrid: false, offset: 0, onlyInteger: true },
    axisY: { showGrid: false, offset: narrow ? 120 : 175 },
  });
  fitting(chart, place);
  sums(chart, series, (end) => ({ x: end.x2 + 6, y: end.y2 + 4 }));
}

/** Columns in the order of the table; where there are many, only some are named. */
function drawColumns(place, { labels, series }) {
  const every = Math.ceil(labels.length / (place.clientWidth < 420 ? MARKS_MAX - 2 : MARKS_MAX));
  const chart = new BarChart(place, { labels, series }, {
    stackBars: true, low: 0, high: most(series), height: `${COLUMNS_PX}px`,
    chartPadding: { top: 12, right: 8, bottom: 0, left: 0 },
    axisX: { showGrid: false, labelInterpolationFnc: (label, at) =>
      (at % every === 0 ? label.replace(/^\d{4}-/, "") : null) },
    axisY: { onlyInteger: true, offset: 48, scaleMinSpace: 36 },
  });
  fitting(chart, place);
  chart.on("draw", (drawn) => widen(drawn, labels.length, place.clientWidth));
}

/** What was drawn for a screen fits a sheet of paper. */
function fitting(chart, place) {
  chart.on("created", ({ svg }) => {
    const node = svg.getNode();
    node.setAttribute("viewBox", `0 0 ${place.clientWidth} ${node.clientHeight}`);
  });
}

/** The end of each row's last bar gets its sum. */
function sums(chart, series, where) {
  const count = series[0].length;
  const whole = Array.from({ length: count }, (_, at) =>
    series.reduce((sum, values) => sum + values[at], 0));
  chart.on("draw", (drawn) => {
    if (drawn.type !== "bar" || drawn.seriesIndex !== series.length - 1) return;
    const value = whole[count - 1 - drawn.index];
    drawn.group.elem("text", where(drawn), "sum").text(String(value));
  });
}

function widen(drawn, count, width) {
  if (drawn.type !== "bar") return;
  const wide = Math.max(3, Math.min(28, (width - 70) / count * 0.7));
  drawn.element.getNode().style.strokeWidth = `${wide}px`;
}

function most(series) {
  return Math.max(1, ...series[0].map((_, at) =>
    series.reduce((sum, values) => sum + values[at], 0)));
}

function short(label) {
  return label.length > LABEL_MAX ? `${label.slice(0, LABEL_MAX - 1)}…` : label;
}
