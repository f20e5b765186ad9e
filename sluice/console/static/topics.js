// View Topics: all topics, and one topic with its tabs.
import { element, problem, replace, table } from "./dom.js";
import { bytes, number, rate } from "./format.js";
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
  const list = element("div", { class: "topics" }, element("p", { class: "dim" }, "Asking Kafka…"));
  container.append(list);
  listen("/api/topics", {
    receive: (topics) => replace(list, topics.length ? topicTable(topics) : nothing()),
    fail: (sentence) => replace(list, problem(sentence)),
    signal,
  });
}

function topicTable(topics) {
  const rows = topics.map((topic) => [
    element("a", { href: `#/topics/${encodeURIComponent(topic.name)}` }, topic.name),
    number(topic.messages),
    rate(topic.rate),
    approximately(topic.bytes),
    number(topic.partitions),
  ]);
  return [
    table("All topics", [{ title: "Topic" }, ...["Records", "New", "Size", "Partitions"].map((name) => ({ title: name, number: true }))], rows),
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
