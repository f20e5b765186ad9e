// One topic's configuration in Kafka.
import { element, table } from "./dom.js";
import { bytes } from "./format.js";
import { get } from "./server.js";

const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000]];

export async function showSettings(container, topic, signal) {
  const settings = await get(`/api/topics/${encodeURIComponent(topic)}/configuration`, signal);
  const own = settings.filter((setting) => setting.own);
  const others = settings.filter((setting) => !setting.own);
  container.append(
    own.length
      ? table("Set for this topic", [{ title: "Setting" }, { title: "Value" }, { title: "Default" }], own.map((one) => [name(one), value(one.name, one.value), value(one.name, one.default)]))
      : element("p", {}, "Nothing is set for this topic: it has the broker's defaults."),
    element(
      "details",
      {},
      element("summary", {}, `The broker's values for the other ${others.length}`),
      table("Not set for this topic", [{ title: "Setting" }, { title: "Value" }], others.map((one) => [name(one), value(one.name, one.value)])),
    ),
  );
}

/** How long and how much of a topic Kafka keeps, in words. */
export function kept(settings) {
  const named = Object.fromEntries(settings.map((setting) => [setting.name, setting.value]));
  const policy = named["cleanup.policy"] ?? "";
  const parts = [];
  if (policy.includes("compact")) parts.push("newest of each key");
  if (policy.includes("delete") && named["retention.ms"] !== "-1") parts.push(duration(Number(named["retention.ms"])));
  if (policy.includes("delete") && named["retention.bytes"] !== "-1") parts.push(`${bytes(Number(named["retention.bytes"]))} a partition`);
  return parts.join(", ") || "for ever";
}

function name(setting) {
  return element("span", { class: "code" }, setting.name);
}

function value(setting, text) {
  if (text === null) return "–";
  if (text === "") return element("span", { class: "dim" }, "empty");
  const count = Number(text);
  let meaning = "";
  if (setting.endsWith(".ms") && count >= 1000 && count < 1e15) meaning = duration(count);
  if (setting.endsWith(".bytes") && count >= 1024 && count < 1e15) meaning = bytes(count);
  return [element("span", { class: "code" }, text), meaning && element("span", { class: "dim" }, ` ${meaning}`)];
}

function duration(milliseconds) {
  for (const [unit, length] of UNITS) {
    const count = milliseconds / length;
    if (count >= 1) return `${Number(count.toFixed(1))} ${unit}${count === 1 ? "" : "s"}`;
  }
  return `${milliseconds} ms`;
}
