// View Data: the newest fixes, images, rows of the table, and changes of the watched table.
import { badge, element, replace, table } from "./dom.js";
import { imagesPart } from "./data_images.js";
import { colorScale, colorStrip, drawMap, near } from "./data_map.js";
import { number, time } from "./format.js";
import { show as showAnew, showChanged, showProblem } from "./keep_focus.js";
import { listen } from "./server.js";

export const title = "Data";

const OPERATIONS = { insert: "ok", snapshot: "ok", update: "waiting", delete: "bad", truncate: "bad" };
const MAP_HEIGHT = 520;

export function show(container, _names, signal) {
  const parts = { fixes: fixesPart(signal), images: imagesPart(signal), rows: rowsPart(), changes: changesPart() };
  const notice = element("div");
  container.append(
    notice,
    element("div", { class: "data-top" }, parts.fixes.node, parts.images.node),
    parts.rows.node,
    parts.changes.node,
  );
  listen("/api/data", {
    receive: (event) => {
      showProblem(notice, null);
      for (const [name, sample] of Object.entries(event)) parts[name].receive(sample);
    },
    fail: (sentence) => showProblem(notice, sentence),
    signal,
  });
}

/** Return a part of the view: a heading, what is wrong, and contents that `receive` fills. */
function part(heading, contents, receive, side = null) {
  const trouble = element("div");
  return {
    node: element("section", { class: "data-part" }, element("div", { class: "data-head" }, element("h2", {}, heading), side), trouble, contents),
    receive: (sample) => {
      showProblem(trouble, sample.problem);
      if (!sample.problem) receive(sample);
    },
  };
}

function fixesPart(signal) {
  let sample = null;
  const picture = element("div", { class: "map-box" }, element("p", { class: "dim" }, "Reading the newest fixes …"));
  const facts = element("div", { class: "map-facts" });
  const by = element("select", { onchange: () => draw() }, element("option", { value: "altitude" }, "altitude"), element("option", { value: "time" }, "time"));
  const draw = () => {
    if (!sample) return;
    const points = near(sample.points);
    const width = Math.max(280, picture.clientWidth);
    if (points.length) replace(picture, drawMap(points, { width, height: Math.min(MAP_HEIGHT, width), by: by.value }));
    else replace(picture, element("p", { class: "empty" }, noFixes(sample)));
    replace(facts, points.length ? legend(points, by.value) : null, sample.newest ? newestFix(sample, points.length) : null);
  };
  const observer = new ResizeObserver(draw);
  observer.observe(picture);
  signal.addEventListener("abort", () => observer.disconnect());
  const receive = (received) => {
    sample = received;
    draw();
  };
  return part("Newest fixes", [picture, facts], receive, element("label", { class: "inline-label" }, "Colour by", by));
}

function noFixes(sample) {
  return sample.fixes
    ? `None of the newest ${number(sample.fixes)} fixes has a position.`
    : "The topic gps-fixes has no fix yet. Load a log: sluice load gps FILE";
}

function legend(points, by) {
  const { low, high, some } = colorScale(points, by);
  if (!some) return element("p", { class: "dim" }, `None of these fixes has ${by === "time" ? "a time" : "an altitude"}.`);
  const text = by === "time" ? clock(high - low) : (value) => `${number(Math.round(value * 10) / 10)} m`;
  const label = by === "time" ? "Time, UTC" : "Altitude";
  if (low === high) return element("p", { class: "legend" }, `${label}: ${text(low)} everywhere`);
  return element("p", { class: "legend" }, `${label}:`, element("span", {}, text(low)), colorStrip(), element("span", {}, text(high)));
}

function clock(span) {
  const [from, to] = span < 86400 ? [11, 19] : [0, 16];
  return (seconds) => new Date(seconds * 1000).toISOString().slice(from, to).replace("T", " ");
}

function newestFix({ newest, fixes, points }, shown) {
  const measured = (value, digits, unit) => (value === null ? "–" : `${value.toFixed(digits)}${unit}`.replace("-", "−"));
  const facts = [
    ["Shown", `${number(shown)} ${shown === 1 ? "fix" : "fixes"}`],
    ["Far away, not shown", points.length > shown ? number(points.length - shown) : null],
    ["Without position", fixes > points.length ? number(fixes - points.length) : null],
    ["Newest", time(newest.utime)],
    ["Latitude", measured(newest.latitude, 6, "°")],
    ["Longitude", measured(newest.longitude, 6, "°")],
    ["Altitude", measured(newest.altitude, 1, " m")],
    ["Speed", measured(newest.speed, 1, " m/s")],
  ];
  return element("dl", { class: "facts" }, facts.filter(([, value]) => value !== null).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function rowsPart() {
  const box = element("div", {}, element("p", { class: "dim" }, "Reading the table …"));
  let body = null;
  const receive = ({ table: name, columns, rows }) => {
    if (!rows.length) {
      body = null;
      replace(box, element("p", { class: "empty" }, `The table ${name} has no row yet.`));
      return;
    }
    if (!body) {
      replace(box, table(`${name}, by primary key, the highest first`, columns.map((column) => ({ title: column, number: true })), []));
      body = box.querySelector("tbody");
    }
    // Only the rows are replaced: the table keeps its scroll position.
    showChanged(body, rows, () => rows.map((row) => element("tr", {}, row.map((cell) => element("td", { class: "number" }, cell ?? element("span", { class: "dim" }, "NULL"))))));
  };
  return part("Newest rows", box, receive);
}

function changesPart() {
  const box = element("div", {}, element("p", { class: "dim" }, "Reading the topic …"));
  const receive = ({ topic, changes }) => {
    if (changes.length) showChanged(box, changes, () => element("ol", { class: "changes" }, changes.map(changeItem)));
    else showAnew(box, element("p", { class: "empty" }, `The topic ${topic} has no change yet: insert, update or delete a row of myDB.test.`));
  };
  return part("Changes of the watched table", box, receive);
}

function changeItem(change) {
  return element(
    "li",
    {},
    element("span", { class: "change-kind" }, badge(change.operation, OPERATIONS[change.operation] ?? "off")),
    element("code", { class: "change-key" }, change.key),
    element("span", { class: "change-columns" }, change.columns.map(column), change.left_out ? element("span", { class: "dim" }, `and ${change.left_out} more columns`) : null),
    element("time", { class: "dim" }, time(change.time)),
  );
}

function column({ name, value, before }) {
  const shown = before === undefined ? value : [element("del", {}, before), " → ", element("ins", {}, value)];
  return element("span", { class: before === undefined ? "column" : "column changed" }, element("span", { class: "dim" }, `${name} `), shown);
}
