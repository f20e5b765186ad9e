// One dead letter, whole.
import { badge, element, problem, table } from "./dom.js";
import { number, time } from "./format.js";
import { show } from "./keep_focus.js";
import { get } from "./server.js";

/** Show the letter of an address, CONNECTOR:PARTITION:OFFSET. */
export async function showLetter(container, address, { resend, signal }) {
  const connector = address.replace(/:\d+:\d+$/, "");
  const back = element("p", {}, element("a", { href: `#/dead_letters/${encodeURIComponent(connector)}` }, `← Dead letters of ${connector}`));
  const body = element("div");
  container.append(back, body);
  const load = async () => {
    try {
      show(body, content(await get(`/api/dead-letters/letter?address=${encodeURIComponent(address)}`, signal), { address, resend, load }));
    } catch (error) {
      if (error.name !== "AbortError") show(body, problem(error.message));
    }
  };
  await load();
}

function content(letter, { address, resend, load }) {
  const send = async () => {
    if (await resend({ letters: [address], again: letter.sent_again })) await load();
  };
  return [
    element(
      "div",
      { class: "section-head" },
      element("h2", {}, element("span", { class: "code" }, address), " ", letter.sent_again ? badge("sent again", "ok") : null),
      element("button", { type: "button", class: "primary", "data-key": "send", onclick: send }, letter.sent_again ? "Send once more" : "Send again"),
    ),
    element(
      "div",
      { class: "problem failure" },
      element("p", {}, letter.reason),
      letter.cause && !letter.reason.includes(letter.cause) ? element("p", {}, element("strong", {}, "Caused by: "), letter.cause) : null,
    ),
    facts([
      ["Connector", letter.connector + (letter.task ? `, task ${letter.task}` : "")],
      ["Step", letter.step || "unknown"],
      ["Exception", letter.exception || "unknown"],
      ["Original record", letter.original_record],
      ["Time (UTC)", time(letter.time)],
      ["Key", letter.key],
    ]),
    element("h2", {}, "Value"),
    element("p", { class: "dim" }, size(letter.value)),
    element("pre", { class: letter.value.decoded ? "card" : "card lines", "data-key": "value", tabindex: "0", role: "region", "aria-label": "Value" }, letter.value.text),
    letter.headers.length
      ? table("Headers", [{ title: "Name" }, { title: "Value" }], letter.headers.map((header) => [header.name, header.value ?? element("span", { class: "dim" }, "null")]))
      : element("p", { class: "dim" }, "The record has no headers of its own."),
    letter.trace
      ? element("details", { class: "trace", "data-key": "trace" }, element("summary", {}, "Stack trace"), element("pre", { class: "card lines", tabindex: "0", role: "region", "aria-label": "Stack trace" }, letter.trace))
      : null,
  ];
}

function facts(pairs) {
  return element("dl", { class: "facts" }, pairs.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function size(value) {
  if (value.bytes === null) return "A tombstone.";
  return `${number(value.bytes)} bytes${value.decoded ? "" : ", not decoded"}`;
}
