// View Topics: all topics, and one topic with its tabs.
import { element, replace, table } from "./dom.js";
import { bytes, number, rate } from "./format.js";
import { show as showAnew, showChanged, showProblem } from "./keep_focus.js";
import { listen } from "./server.js";
import { showMessages } from "./topic_messages.js";
import { showOverview } from "./topic_overview.js";
import { showSchemas } from "./topic_schema.js";
import { showSettings } from "./topic_settings.js";

export const title = "Topics";

const TABS = {
  overview: { name: "Overview", show: showOverview },
  messages: { name: "Messages", show: showMessages },
  schema: { name: "Schema", show: showSchemas },
  configuration: { name: "Configuration", show: showSettings },
};

export function show(container, [topic, tab = "overview"], signal) {
  if (topic) return showTopic(container, topic, TABS[tab] ?? TABS.overview, signal);
  const list = element("div", { class: "topics" });
  container.append(list);
  follow(list, "/api/topics", (topics) => (topics.length ? topicTable(topics) : nothing()), signal);
}

/** Show what is drawn of each sample of a path, where it has changed; while none comes, what is wrong above the last. */
export function follow(node, path, draw, signal) {
  const trouble = element("div");
  const body = element("div", {}, element("p", { class: "dim" }, "Asking Kafka…"));
  node.append(trouble, body);
  let last = "";
  listen(path, {
    receive: (sample) => {
      showProblem(trouble, null);
      showChanged(body, sample, draw);
      last = " Below is what was known last.";
    },
    fail: (sentence) => {
      showProblem(trouble, `${sentence}${last}`);
      if (!last) showAnew(body);
    },
    signal,
  });
}

function topicTable(topics) {
  const rows = topics.map((topic) => [
    element("a", { href: `#/topics/${encodeURIComponent(topic.name)}`, "data-key": topic.name }, topic.name),
    number(topic.messages),
    rate(topic.rate),
    approximately(topic.bytes),
    [number(topic.partitions), topic.silent ? element("span", { class: "reason" }, `, ${number(topic.silent)} do not answer`) : null],
  ]);
  const all = table("All topics", [{ title: "Topic" }, ...["Records", "New", "Size", "Partitions"].map((name) => ({ title: name, number: true }))], rows);
  all.dataset.key = "All topics";
  return [
    all,
    element("p", { class: "dim" }, "≈ The size is an estimate: the mean of some records times their number, uncompressed. Records are counted by offsets, which include deleted ones of a compacted topic."),
  ];
}

function nothing() {
  return element("p", {}, "There is no topic that the console may read. Start the pipeline: ", element("code", {}, "sluice up"), ".");
}

/** An estimated number of bytes. */
export function approximately(count) {
  return count ? `≈ ${bytes(count)}` : bytes(count);
}

function showTopic(container, topic, tab, signal) {
  replace(
    container.querySelector("h1"),
    element("a", { href: "#/topics" }, title),
    element("span", { class: "dim", "aria-hidden": "true" }, " / "),
    element("span", { class: "topic-name" }, topic),
  );
  const links = Object.entries(TABS).map(([key, each]) =>
    element("a", { href: `#/topics/${encodeURIComponent(topic)}/${key}`, "aria-current": each === tab ? "page" : null }, each.name),
  );
  const body = element("div", { class: "topic" });
  container.append(element("nav", { class: "tabs", "aria-label": "Of this topic" }, links), body);
  return tab.show(body, topic, signal);
}
