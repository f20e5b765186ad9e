// One topic's numbers: records, rates, who reads them, partitions.
import { badge, element, replace, table } from "./dom.js";
import { number, rate } from "./format.js";
import { get } from "./server.js";
import { kept } from "./topic_settings.js";
import { approximately, follow } from "./topics.js";

export function showOverview(container, topic, signal) {
  const path = `/api/topics/${encodeURIComponent(topic)}`;
  const retention = element("span", {}, "–");
  get(`${path}/configuration`, signal).then((settings) => replace(retention, kept(settings)), () => {});
  const draw = (numbers) => [cards(numbers, retention), silent(numbers), readers(numbers), partitions(numbers.spans)];
  follow(container, `${path}/numbers`, draw, signal);
}

function silent({ silent: count, partitions: all }) {
  if (!count) return null;
  const sentence = `${number(count)} of ${number(all)} partitions do not answer: they may have no leader.`;
  return element("p", { class: "reason" }, `${sentence} The numbers are those of the others.`);
}

/** A rate in records and, by their mean size, in bytes. */
function rates(perSecond, meanBytes) {
  const size = perSecond && meanBytes ? `${approximately(perSecond * meanBytes)}/s` : "";
  return [rate(perSecond), size];
}

function cards(numbers, retention) {
  const mean = numbers.mean_bytes ? `${approximately(numbers.mean_bytes)} each` : numbers.messages ? "not known yet" : "";
  const [records, size] = rates(numbers.rate, numbers.mean_bytes);
  return element(
    "div",
    { class: "cards numbers" },
    card("Records", number(numbers.messages), "first to last offset"),
    card("In", records, size || "by all producers"),
    card("Size", approximately(numbers.bytes), mean),
    card("Kept", retention, ""),
  );
}

function card(name, value, detail) {
  return element("div", { class: "card" }, element("p", { class: "dim" }, name), element("p", { class: "figure" }, value), element("p", { class: "dim" }, detail));
}

function readers({ groups, patterns, mean_bytes }) {
  if (groups === null) return element("p", { class: "dim" }, "Who reads it is not known: Kafka Connect does not answer.");
  const others = patterns.map((name) =>
    element("p", { class: "dim" }, `The sink ${name} reads topics by a pattern, and has read no record of this one.`),
  );
  if (!groups.length) return others.length ? others : element("p", { class: "dim" }, "No sink of Kafka Connect reads this topic.");
  const rows = groups.map((group) => [
    element("a", { href: `#/connectors/${encodeURIComponent(group.connector)}`, "data-key": group.connector }, group.connector),
    element("span", { class: "code" }, group.name),
    rates(group.rate, mean_bytes).filter(Boolean).join(", "),
    group.lag ? number(group.lag) : badge("none", "ok"),
  ]);
  const columns = [{ title: "Connector" }, { title: "Consumer group" }, { title: "Out", number: true }, { title: "Lag", number: true }];
  return [keyed(table("Read by", columns, rows)), others];
}

function partitions(spans) {
  const rows = spans.map(([partition, begin, end]) => [partition, number(end - begin), begin, end]);
  const columns = ["Partition", "Records", "First offset", "Next offset"].map((name, index) => ({ title: name, number: index > 0 }));
  return keyed(table("Partitions", columns, rows));
}

/** Return a table that keeps its scrolled place. */
function keyed(node) {
  node.dataset.key = node.getAttribute("aria-label");
  return node;
}
