// One record: in a line of the table, and whole in a panel.
import { badge, element, problem, replace, table } from "./dom.js";
import { bytes, number, time } from "./format.js";
import { get } from "./server.js";

/** Return a record's value in short. */
export function brief(record) {
  if (record.tombstone) return badge("tombstone", "off");
  if (record.change) return rowChange(record.change);
  return parts(record.value);
}

/** Return a key in short. */
export function briefKey(key) {
  return key === null ? element("span", { class: "dim" }, "none") : parts(key);
}

function parts(value) {
  if (isBytes(value)) return bytesHint(value);
  if (value === null || typeof value !== "object") return plain(value);
  return fields(value, []);
}

function fields(value, bold) {
  return Object.entries(value ?? {}).map(([name, part]) => [
    element("span", { class: "field" }, element("span", { class: "dim" }, `${name}=`), element(bold.includes(name) ? "b" : "span", {}, plain(part))),
    " ",
  ]);
}

function rowChange({ operation, before, after, changed }) {
  return [badge(operation, operation === "delete" || operation === "truncate" ? "waiting" : "ok"), " ", fields(after ?? before, changed)];
}

function plain(value) {
  if (isBytes(value)) return `${bytes(value.bytes)} of bytes`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isBytes(value) {
  return value !== null && typeof value === "object" && typeof value.bytes === "number" && typeof value.hex === "string";
}

function bytesHint(value) {
  return [
    `${bytes(value.bytes)} of bytes, beginning with `,
    element("span", { class: "code" }, value.hex),
    value.error ? element("span", { class: "reason" }, ` ${value.error}`) : null,
  ];
}

/** Show a record whole in a dialog, until it is closed or `signal` aborts. */
export async function showRecord(topic, partition, offset, signal) {
  const content = element("div", { class: "dim" }, "Reading it…");
  const dialog = element(
    "dialog",
    { class: "record", "aria-labelledby": "record-title" },
    element(
      "div",
      { class: "record-head" },
      element("h2", { id: "record-title" }, `Partition ${partition}, offset ${offset}`),
      element("button", { onclick: () => dialog.close() }, "Close"),
    ),
    content,
  );
  const closed = new AbortController();
  const close = () => dialog.close();
  signal.addEventListener("abort", close, { signal: closed.signal });
  dialog.addEventListener("close", () => {
    closed.abort();
    dialog.remove();
  });
  document.getElementById("view").append(dialog);
  dialog.showModal();
  try {
    const record = await get(`/api/topics/${encodeURIComponent(topic)}/messages/${partition}/${offset}`, closed.signal);
    content.className = "";
    replace(content, whole(topic, record));
  } catch (error) {
    if (error.name !== "AbortError") replace(content, problem(error.message));
  }
}

function whole(topic, record) {
  const facts = [
    ["Time", `${time(record.timestamp)} UTC`],
    ["Key", record.key === null ? "none" : isBytes(record.key) ? bytesHint(record.key) : typeof record.key === "object" ? fields(record.key, []) : plain(record.key)],
    ["Size", `key ${bytes(record.key_bytes)}, value ${bytes(record.value_bytes)}`],
  ];
  return [
    element("dl", { class: "facts" }, facts.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    valueOf(topic, record),
    record.headers.length
      ? table("Headers", [{ title: "Name" }, { title: "Value" }], record.headers.map(([name, value]) => [code(name), text(value)]))
      : element("p", { class: "dim" }, "It has no headers."),
  ];
}

function valueOf(topic, record) {
  if (record.tombstone) return element("p", {}, badge("tombstone", "off"), " It has no value: it deletes its key.");
  if (isBytes(record.value)) {
    const hint = topic === "images" ? element("p", {}, "It is an image: ", element("a", { href: "#/data" }, "Data"), " shows the newest ones.") : null;
    return [element("h3", {}, "Value"), element("p", {}, bytesHint(record.value)), hint];
  }
  if (record.value === null || typeof record.value !== "object") return [element("h3", {}, "Value"), text(record.value)];
  const rows = [...flattened("", record.value)].map(([name, value]) => [code(name), text(value)]);
  return table(`Value, ${number(rows.length)} field${rows.length === 1 ? "" : "s"}`, [{ title: "Field" }, { title: "Value" }], rows);
}

function* flattened(path, value) {
  if (value === null || typeof value !== "object" || isBytes(value) || !Object.keys(value).length) {
    yield [path, value];
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    yield* flattened(Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name, part);
  }
}

function code(value) {
  return element("span", { class: "code" }, value);
}

function text(value) {
  return element("pre", { class: "value" }, plain(value));
}
