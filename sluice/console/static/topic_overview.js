// One topic's numbers: records, rates, who reads them, partitions.
import { badge, element, problem, replace, table } from "./dom.js";
import { number, rate } from "./format.js";
import { get, listen } from "./server.js";
import { kept } from "./topic_settings.js";
import { approximately } from "./topics.js";

export function showOverview(container, topic, signal) {
  const path = `/api/topics/${encodeURIComponent(topic)}`;
  const body = element("div", {}, element("p", { class: "dim" }, "Asking Kafka…"));
  container.append(body);
  let retention = "–";
  get(`${path}/configuration`, signal).then((settings) => (retention = kept(settings)), () => {});
  listen(`${path}/numbers`, {
    receive: (numbers) => replace(body, cards(numbers, retention), readers(numbers.groups), partitions(numbers.spans)),
    fail: (sentence) => replace(body, problem(sentence)),
    signal,
  });
}

function cards(numbers, retention) {
  const mean = numbers.mean_bytes ? `${approximately(numbers.mean_bytes)} each` : "by some records";
  return element(
    "div",
    { class: "cards numbers" },
    card("Records", number(numbers.messages), "first to last offset"),
    card("New", rate(numbers.rate), "by all producers"),
    card("Size", approximately(numbers.bytes), mean),
    card("Kept", retention, "by Kafka"),
  );
}

function card(name, value, detail) {
  return element("div", { class: "card" }, element("p", { class: "dim" }, name), element("p", { class: "figure" }, value), element("p", { class: "dim" }, detail));
}

function readers(groups) {
  if (!groups.length) return element("p", { class: "dim" }, "No sink of Kafka Connect reads this topic.");
  const rows = groups.map((group) => [
    element("a", { href: `#/connectors/${encodeURIComponent(group.connector)}` }, group.connector),
    element("span", { class: "code" }, group.name),
    rate(group.rate),
    group.lag ? number(group.lag) : badge("none", "ok"),
  ]);
  return table("Read by", [{ title: "Connector" }, { title: "Consumer group" }, { title: "Out", number: true }, { title: "Lag", number: true }], rows);
}

function partitions(spans) {
  const rows = spans.map(([partition, begin, end]) => [partition, number(end - begin), begin, end]);
  const columns = ["Partition", "Records", "First offset", "Next offset"].map((name, index) => ({ title: name, number: index > 0 }));
  return table("Partitions", columns, rows);
}
